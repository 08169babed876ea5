// dorm/query_document.hpp: QuerySets as JSON: for stored queries, forms of low-code tools, and clients one does not
// trust.
//
//   {"model": "Track", "filter": {"album__name": "Malibu", "position": {"gte": 2}}, "limit": 10,
//    "prefetch_related": [{"path": "album__tracks", "filter": {"title__contains": "a"}, "limit": 3}]}
//
// A key is the method of QuerySet that it calls: model filter exclude any none every annotate group_by having order_by
// reverse limit offset slice raw_limit distinct select_related prefetch_related load_related select_all load_all fields
// exclude_fields load_required strategy lazy values. Their order does not matter.
//   A filter: {"path": value}, {"path": {"gte": 1, "lt": 9}}, {"or": […]}, {"and": […]}, {"not": {…}}, and of lists
//     {"any": {"path": "tracks", "filter": {…}}}, also "none" and "every". Members of one object all hold. The words
//     are operators wherever a filter stands: a field that is called "any" is written "any__exact".
//   "filter", "exclude", "having": a filter, or a list of them for as many calls. "any", "none", "every": as in a
//   filter. "annotate": {"n": {"count": "tracks", "filter": {…}, "distinct": true}}, {"year": "released__year"}
//   "order_by", "fields", "select_related", …: a name or a list. A name of order_by may be {"by": …, "descending":
//   true,
//     "nulls": "last"}, one of fields {"album": ["name"]}, one of prefetch_related {"path": …, "filter": …, "order_by":
//     …, "limit": …, "offset": …, "fields": …, "select_related": …, "prefetch_related": …, "as": …}.
//   "values": true for all, or the paths of flat rows. "slice": [first, last], as QuerySet::slice().
// Values have the JSON form of their field; integers and decimals also as text. What is compared with an integer may
// have a fraction: 1.5 is a double, "1.5" a decimal.
//
// A QueryDocument is immutable and cheap to copy; any number of threads may use one. A Policy is a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/database.hpp"
#include "dorm/detail/export.hpp"
#include "dorm/error.hpp"
#include "dorm/query_set.hpp"
#include "dorm/registry.hpp"

namespace dorm {

// What is wrong with a query document, and where: nothing was sent to a database. What a Policy hides is told as if it
// did not exist; only an annotation, or an "as", of the name of a hidden member is told that the name is taken.
class DORM_EXPORT DocumentError : public QueryError {
 public:
  DocumentError(std::string pointer, const std::string& message);
  const std::string& pointer() const noexcept { return *pointer_; }  // RFC 6901; empty: the document as a whole

 private:
  std::shared_ptr<const std::string> pointer_;
};

// How much a document of an untrusted caller may ask for.
struct QueryLimits {
  std::size_t max_bytes = 64U * 1024U;
  std::size_t max_depth = 8;          // filters in filters, prefetches in prefetches
  std::size_t max_path = 4;           // relations in one path
  std::size_t max_relations = 8;      // joined or loaded, for whatever key names them; each path counts once
  std::size_t max_conditions = 64;    // in all
  std::size_t max_items = 1000;       // of one list of values
  std::size_t max_names = 64;         // of one list of names, and of annotations
  std::int64_t default_rows = 100;    // where no limit is asked for
  std::int64_t max_rows = 1000;       // greater limits mean this one
  std::int64_t max_per_parent = 100;  // rows of one list of one row
  bool allow_like = false;            // like and ilike, whose patterns may be slow
  bool allow_regex = false;           // regex and iregex
};

// What a document of an untrusted caller may name: nothing, but for what is allowed here. A path needs each relation on
// its way and the model that leads to; a relation stands for a key where it is compared, which needs the key, too.
// Sensitive and hidden fields are never allowed. Along lists, such a document asks by any, none, every, annotate and
// prefetch_related alone, or in groups, so that limits hold.
class DORM_EXPORT Policy {
 public:
  // All fields and relations of a model that are neither sensitive nor hidden.
  Policy& allow(std::string_view model);
  // These fields and relations, beside those that were allowed before.
  Policy& allow(std::string_view model, const std::vector<std::string>& members);
  // Of a model only the rows for which the condition is true, wherever a document comes across them: as its own rows,
  // in what it loads, and in each path and each any, none, every and annotate, where the others are as if they were not
  // there. Several calls are joined with AND. The condition itself sees all rows; it names fields of the model, and
  // what is further away by any(), none(), or in with a query: rows("Track", any("album", {{"tenant", 7}})). A key that
  // leads to a hidden row stays what the row that holds it says, and a relation through link rows to such a model is
  // only asked about with any, none and every and loaded with prefetch_related; one through link rows of such a model
  // is refused. What is loaded is marked partial: writing a whole list anew would take the hidden rows for gone. The
  // rows that run() gives know of the condition no more: what the program loads for them later are all rows.
  Policy& rows(std::string_view model, const Filter& condition);
  Policy& limit(const QueryLimits& given);

  struct RowCondition {
    std::string model;
    Filter condition;
  };
  struct Grant {
    std::string model;
    std::optional<std::vector<std::string>> members;  // none: all
  };
  const std::vector<Grant>& grants() const noexcept { return grants_; }
  const std::vector<RowCondition>& row_conditions() const noexcept { return rows_; }
  const QueryLimits& limits() const noexcept { return limits_; }

 private:
  std::vector<Grant> grants_;
  std::vector<RowCondition> rows_;
  QueryLimits limits_;
};

class QueryGate;

// A QuerySet, and what values() is to read of it, if anything.
class DORM_EXPORT QueryDocument {
 public:
  // Reads and checks a document; all of it is bound to the database's registry of this moment. Throws DocumentError,
  // for parts that do not fit together (a column beside groups, an order of distinct values) at the one to be left out.
  // The caller is trusted: everything may be named, and there is no limit but that of a JSON file.
  static QueryDocument parse(const Database& database, std::string_view json);
  // The caller is not: see Policy. Throws QueryError if the policy names what the registry does not have, or what is
  // sensitive or hidden, or chooses rows along a path.
  static QueryDocument parse(const Database& database, std::string_view json, const Policy& policy);

  explicit QueryDocument(QuerySet set, std::optional<std::vector<std::string>> values = {});

  const QuerySet& objects() const noexcept { return set_; }
  const std::optional<std::vector<std::string>>& values() const noexcept { return values_; }  // none: rows, empty: all

  // A document that parses to the same query, under the same policy if there is one. Throws QueryError for what
  // documents cannot say: the rows of an accessor, queries as values, expressions other than comparisons of a path with
  // a value.
  std::string to_json() const;

  // Runs it: all(), or values() where the document has them or groups. Rows may hold more than the policy allows, keys
  // for one: what goes to an untrusted caller is run_json().
  Rows run() const;
  // The rows as a JSON list, with what was loaded along; of an untrusted document only what its policy allows.
  std::string run_json() const;

 private:
  QuerySet set_;
  std::optional<std::vector<std::string>> values_;
  std::shared_ptr<const QueryGate> gate_;  // null: trusted
};

// A JSON Schema (draft 2020-12) of the documents that a registry's models can be asked by: what editors complete and
// forms check. It takes what parse() takes, and is looser where JSON Schema cannot follow: beyond the first relation of
// a path and in what belongs to its rows (the filters of any, none, every and annotate, the keys of prefetch_related),
// in documents with annotations, which may be named wherever a path may, in whether groups, distinct values and loads
// fit together, in texts that stand for numbers, times, uuids and bytes, and in dates where a validator takes "format"
// for a remark.
DORM_EXPORT std::string query_schema(const Registry& registry);

}  // namespace dorm
