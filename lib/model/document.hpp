// model/document.hpp: what the files behind query documents share: places of mistakes, filters as JSON, policies.
//
// Pure functions and values, thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_reader.hpp"
#include "dorm/query_document.hpp"
#include "model/json.hpp"
#include "query/lookup.hpp"
#include "query/request.hpp"

namespace dorm {

// A policy bound to a registry: what may be named and told.
class QueryGate : public JsonGate {
 public:
  // Throws QueryError for names that the registry does not have, and for what is sensitive or hidden.
  QueryGate(Registry registry, const Policy& policy);

  const QueryLimits& limits() const noexcept { return limits_; }
  // Null if all rows are seen.
  const query::RowRulesPtr& rules() const noexcept { return rules_; }
  bool allows(const ModelInfo& model) const { return grants_[model.id].model; }
  bool shows(const ModelInfo& model, const FieldInfo& field) const override;
  bool shows(const ModelInfo& model, const RelationInfo& relation) const override;
  // Of the fields that are read when nothing is named.
  std::vector<std::uint32_t> shown_fields(const ModelInfo& model) const;
  std::vector<std::string> shown_models() const;

  struct Use {
    bool relations = false;  // relations alone are named
    bool keys = true;        // a relation at the end stands for the key of what it leads to
    bool lists = true;       // the path may go along lists
    bool rows = false;       // the rows at its end are read, not only their key
    bool apart = false;      // no row is joined beside those that the path starts at
  };
  // Throws QueryError for what may not be named, in the words that a wrong name gets.
  void require(const ModelInfo& root, std::string_view path, const Use& use) const;

 private:
  struct Grant {
    bool model = false;
    std::vector<bool> fields;
    std::vector<bool> relations;
  };
  void require_key(const RelationInfo& relation, const ModelInfo& holder, std::string_view path) const;
  void require_links(const RelationInfo& relation, const ModelInfo& holder, std::string_view path,
                     const Use& use) const;
  bool has_rule(std::uint32_t model) const { return rules_ && rules_->by_model[model]; }
  void add_rules(const Policy& policy);
  [[noreturn]] void refuse_unknown(const ModelInfo& model, std::string_view path, const std::string& step) const;

  Registry registry_;
  QueryLimits limits_;
  std::vector<Grant> grants_;  // by model id
  query::RowRulesPtr rules_;
};

namespace document {

// ---- places ----

[[noreturn]] inline void fail(const json::Node& node, const std::string& why) {
  throw DocumentError(node.pointer(), why);
}
[[noreturn]] void fail_kind(const json::Node& node, std::string_view what);  // "'limit' takes …; text does not fit"

// Runs `action`; what it throws stands at `node`.
template <class Action>
auto at(const json::Node& node, const Action& action) {
  try {
    return action();
  } catch (const DocumentError&) {
    throw;
  } catch (const QueryError& error) {
    fail(node, error.what());
  } catch (const DataError& error) {
    fail(node, error.what());
  } catch (const LimitError& error) {
    fail(node, error.what());
  }
}

// Throws for members that are none of these, with a suggestion.
void require_keys(const json::Node& object, const std::vector<std::string_view>& known, std::string_view what);
const std::string& text_of(const json::Node& node, std::string_view what);
bool flag_of(const json::Node& node);
// One value, or a list of them.
std::vector<const json::Node*> one_or_many(const json::Node& node);

// ---- filters ----

inline constexpr std::string_view filter_words[] = {"and", "or", "not", "any", "none", "every"};
bool is_filter_word(std::string_view name);

// What the paths of a filter start from.
struct Ground {
  query::SourcePtr root;
  query::Scope scope;
  bool lists = true;       // untrusted: paths may go along lists
  std::string place = {};  // the path that leads here from the document's model
};
// The same ground for the rows that relations lead to. `name`: as in require_path().
Ground ground_along(const Ground& ground, const std::vector<std::uint32_t>& relations, std::string_view name = {});
// The model that relations lead to.
const ModelInfo& model_at(const query::SourcePtr& root, const std::vector<std::uint32_t>& relations);

class FilterReader {
 public:
  explicit FilterReader(const QueryGate* gate) : gate_(gate) {}
  Filter filter(const json::Node& node, const Ground& ground, std::size_t depth = 1);
  // any, none or every; of a list all hold.
  Filter predicate(const json::Node& node, const std::string& word, const Ground& ground, std::size_t depth = 1);
  // A path that is no condition. `name`: what the rows that it leads to are called, if not by the path.
  void require_path(const json::Node& node, std::string_view path, const Ground& ground, QueryGate::Use use,
                    std::string_view name = {});

 private:
  Filter combined(const json::Node& node, const Ground& ground, std::size_t depth);
  // Adds a condition, or one for each operator of an object.
  void add_lookups(const std::string& path, const json::Node& node, const Ground& ground, std::vector<Filter>& all);
  void count(const json::Node& node);
  // Each step along a relation that a path makes the database take.
  void count_relations(const json::Node& node, std::string_view path, const Ground& ground, const QueryGate::Use& use,
                       std::string_view name);

  const QueryGate* gate_;
  std::size_t conditions_ = 0;
  std::set<std::string> relations_;  // their paths from the document's model
};

// ---- the other way ----

// A path of `request` that a term stands for: nothing if there is none.
std::optional<std::string> spelled(const query::TermPtr& term, const query::Request& request);
// A condition as JSON; `request` is of the model that it is about. Throws QueryError where it has no such form.
std::string filter_text(const query::FilterPtr& filter, const query::Request& request);
std::string request_text(const query::Request& request, const std::optional<std::vector<std::string>>& values);

// ---- policies ----

// Adds limits and fields to what an untrusted caller asked for. Throws QueryError where it asks for too much.
void confine(query::Request& request, const QueryGate& gate);

// ---- the whole ----

struct Parsed {
  QuerySet set;
  std::optional<std::vector<std::string>> values;
};
Parsed read_document(const Registry& registry, const std::shared_ptr<DatabaseImpl>& database, std::string_view text,
                     const QueryGate* gate);

}  // namespace document
}  // namespace dorm
