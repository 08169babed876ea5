// sql/lowering.hpp: the tree as SQL text; the base class writes standard SQL, a dialect overrides what it spells
// otherwise.
//
// One object lowers one statement. One thread at a time.
// The dispatcher (put, with an Expr) has another name than the overloads (write): a node without an overload does not
// compile. Invariant of write(const Node&) of an expression: what it leaves is either in parentheses or binds tighter
// than any operator; the exceptions (NOT, NOT EXISTS, raw text) are known to operand().
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "sql/ast.hpp"
#include "sql/dialect.hpp"

namespace dorm::sql {

// A name to be quoted, for put().
struct Name {
  std::string_view text;
};
// An expression that an operator takes apart from its neighbours, for put().
struct Operand {
  const Expr* expr;
};
struct Limit {
  const Expr* limit;  // may be null, as offset; not both
  const Expr* offset;
};

class Lowering {
 public:
  // Both must outlive the lowering.
  Lowering(std::string_view dialect, const Capabilities& capabilities)
      : dialect_(dialect), capabilities_(capabilities) {}
  Lowering(const Lowering&) = delete;
  Lowering& operator=(const Lowering&) = delete;
  virtual ~Lowering() = default;

  // Once. Throws QueryError for what the backend cannot do, LimitError for a tree that is too deep or a text that is
  // too long.
  Text text(const Statement& statement);

 protected:
  virtual void write(const Column& column);
  virtual void write(const Param& param);
  virtual void write(const Constant& constant);
  virtual void write(const Star& star);
  virtual void write(const Unary& unary);
  virtual void write(const Binary& binary);
  virtual void write(const Logical& logical);
  virtual void write(const IsNull& is_null);
  virtual void write(const Between& between);
  virtual void write(const InList& in);
  virtual void write(const InArray& in) = 0;  // no standard spelling
  virtual void write(const InSelect& in);
  virtual void write(const Match& match) = 0;  // no standard spelling that folds the same letters everywhere
  virtual void write(const Call& call);
  virtual void write(const Over& over);
  virtual void write(const Case& choice);
  virtual void write(const Cast& cast) = 0;  // types are spelled by dialects
  virtual void write(const Fit& fit);
  virtual void write(const JsonElement& element);
  virtual void write(const Subquery& subquery);
  virtual void write(const Exists& exists);
  virtual void write(const Tuple& tuple);
  virtual void write(const OutputRef& output);
  virtual void write(const Collate& collate);
  virtual void write(const DatePart& part) = 0;        // no standard spelling that gives whole numbers
  virtual void write(const DateTrunc& truncated) = 0;  // no standard spelling
  virtual void write(const JsonPath& path) = 0;        // no standard spelling that both know
  virtual void write(const Raw& raw);
  virtual void write(const Excluded& excluded);

  virtual void write(const Table& table);
  virtual void write(const Derived& derived);
  virtual void write(const CommonTableRef& reference);
  virtual void write(const ValuesList& values);
  virtual void write_column_names(const ValuesList& values);  // behind the alias

  virtual void write(const Select& select);
  virtual void write(const Insert& insert);
  virtual void write(const Update& update);
  virtual void write(const Delete& remove);

  virtual void write(const Order& order);
  virtual void write(const Join& join);
  virtual void write(const Window& window);
  virtual void write(const Frame& frame);
  virtual void write(const Limit& limit);
  virtual void write(const Lock& lock);
  virtual void write(const CommonTable& table);
  virtual void write(const Conflict& conflict);
  virtual void write_grouped(const Select& member);  // of a set operation, where flat text would mean something else
  virtual void write_rows(const Select& select, bool conflict);  // INSERT … SELECT

  // Text pieces, quoted names, nodes and numbers, one after the other.
  template <class... Parts>
  void put(const Parts&... parts) {
    (put_one(parts), ...);
  }
  template <class Items>
  void put_list(const Items& items, std::string_view separator = ", ") {
    std::string_view before;
    for (const auto& item : items) {
      put(before);
      put_one(item);
      before = separator;
    }
  }
  void put_names(List<std::string_view> names);  //  ("a", "b")
  void put_rows(List<Exprs> rows);               // (a, b), (c, d)
  static Operand operand(const Expr* expr) { return {expr}; }
  // Registers the value that goes here; its number in the text, from 1.
  std::size_t placeholder(const Param& param);
  // The same, with one number for all places of a value.
  std::size_t shared_placeholder(const Param& param);
  // Throws QueryError "sqlite has no FULL OUTER JOIN; …" unless the capability is there.
  void require(bool capability, std::string_view what, std::string_view mend) const;
  [[noreturn]] void refuse(std::string_view what, std::string_view mend) const;
  const Capabilities& capabilities() const noexcept { return capabilities_; }

 private:
  void put_one(std::string_view text) { out_ += text; }
  void put_one(const char* text) { out_ += text; }
  void put_one(const std::string& text) { out_ += text; }
  void put_one(std::size_t number) { out_ += std::to_string(number); }
  void put_one(Name name);
  void put_one(Operand operand);
  void put_one(const Expr& expr);
  void put_one(const Expr* expr) { put_one(*expr); }
  void put_one(const Source& source);
  void put_one(const Select& select) { write(select); }
  void put_one(const Order& order) { write(order); }
  void put_one(const Join& join) { write(join); }
  void put_one(const Window& window) { write(window); }
  void put_one(const Frame& frame) { write(frame); }
  void put_one(const Output& output);
  void put_one(const Assignment& assignment);
  void put_one(const CommonTable* table) { write(*table); }

  void with(List<const CommonTable*> tables);
  void plain(const Select& select);
  void set_operation(const Select& select);
  void member(const Select& select, SetOp outer, bool first);
  void balanced(std::string_view word, Exprs operands);
  void target(const Source* source);
  void inserted_row(Exprs row);
  void returning(List<Output> outputs, bool several_tables);
  std::string_view alias_of(const Source* source);
  std::string fresh_alias();
  bool name_is_taken_here(const CommonTable* table, const Source* by) const;

  std::string_view dialect_;
  const Capabilities& capabilities_;
  std::string out_;
  std::vector<Param> parameters_;
  std::vector<std::size_t> numbers_;  // by slot: its shared placeholder, 0 for none
  std::unordered_map<const Source*, std::string> aliases_;
  std::unordered_set<std::string_view> reserved_;  // names that t1, t2, … must not become
  std::size_t numbered_ = 0;
  std::vector<const Select*> open_selects_;  // outermost first
  bool bare_columns_ = false;
};

}  // namespace dorm::sql
