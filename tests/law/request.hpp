// law/request.hpp: a request as a tree of what is wanted, made up from a seed; spoken to dorm by its public API.
//
// One thread at a time. The tree points into the World it was made for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dorm/dorm.hpp"
#include "law/random.hpp"
#include "law/world.hpp"

namespace dorm::test::law {

using Steps = std::vector<const RelationInfo*>;

struct Condition {
  enum class Kind { all, any, negate, compare, some, none, every } kind = Kind::compare;
  std::vector<Condition> children;   // of all, any, negate; the condition on related rows of some, none, every
  Steps path;                        // compare, some, none, every
  const FieldInfo* field = nullptr;  // compare
  std::string op;                    // "", "ne", "lt", "gt", "in", "isnull"
  Value value;
};

struct Term {
  Steps path;
  const FieldInfo* field = nullptr;
  bool descending = false;
};

// How the rows of a node get there. A statement starts at the root and at every node that is not joined.
enum class Way {
  join,   // select_related, in the statement of its parent
  fetch,  // prefetch_related
  best,   // load_related of the QuerySet
  later,  // load_related of the rows, afterwards
  touch,  // lazily, by reading
};

// A node of the tree of paths.
struct Want {
  Want* parent = nullptr;  // null for the root
  const RelationInfo* via = nullptr;
  const ModelInfo* model = nullptr;
  Way way = Way::join;
  bool loaded = true;                   // false: joined for an order only
  bool partial = false;                 // a condition keeps rows out
  bool named = false;                   // fetched beside the relation, as "aside_…"
  bool named_by_condition = false;      // nobody asked: a condition leads through it
  bool unasked = false;                 // nobody named it: a required foreign key, or of select_all
  std::vector<std::uint32_t> included;  // fields; empty: all
  std::vector<std::uint32_t> excluded;
  Strategy strategy = Strategy::automatic;
  // Of the first node of a statement; paths start there.
  std::vector<Condition> where;
  std::vector<Term> order;
  bool order_from_root = false;   // said by the order_by() of the whole request
  bool fields_from_root = false;  // by its fields() and exclude_fields()
  bool reversed = false;
  std::optional<std::int64_t> limit;
  std::optional<std::int64_t> offset;
  std::vector<std::unique_ptr<Want>> children;

  bool is_statement() const { return parent == nullptr || way != Way::join; }
  bool is_afterwards() const { return parent != nullptr && (way == Way::later || way == Way::touch); }
  Want* joined(const RelationInfo* relation) const {
    for (const auto& child : children)
      if (child->via == relation && child->way == Way::join) return child.get();
    return nullptr;
  }
};

struct Request {
  std::unique_ptr<Want> root;
  bool load_required = true;
  std::optional<bool> select_all;  // whether it follows
};

Request make_request(const World& world, Random& random);
void choose_no_strategy(Request& request);
// Adds the required foreign keys that load themselves (rule 2).
void add_required(const World& world, Request& request);

QuerySet spoken(const Database& db, const Request& request);
// Loads what is loaded afterwards.
void load_afterwards(const Request& request, const Rows& rows);
std::string to_text(const Request& request);

}  // namespace dorm::test::law
