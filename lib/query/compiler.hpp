// query/compiler.hpp: one pass over a QuerySpec: terms become nodes of sql, nodes become text.
//
// Made for one plan, by make_plan() alone, and not shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "query/plan.hpp"
#include "sql/arena.hpp"

namespace dorm::query {

class Compiler {
 public:
  Compiler(const sql::Dialect& dialect, const Shaped& shaped, Plan& plan)
      : dialect_(dialect), shaped_(shaped), plan_(plan) {}

  // compiler.cpp
  void rows(const QuerySpec& spec);
  void count(const QuerySpec& spec);
  void exists(const QuerySpec& spec);
  // compile_write.cpp
  void update(const QuerySpec& spec, std::span<const Change> changes);
  void insert(const QuerySpec& spec, const InsertTarget& into);
  void remove(const QuerySpec& spec);

 private:
  // What a select is for decides its outputs.
  enum class Role : std::uint8_t {
    result,     // the rows the user gets
    source,     // a subquery or CTE: every output has a name
    value,      // IN, scalar: outputs without names
    rows_only,  // no outputs: the caller writes them
    counted,    // outputs only where they decide the number of rows
  };
  struct Entry {
    const Source* key;
    const sql::Source* source;
    bool outer = false;     // its columns can be NULL because a join missed
    std::string_view name;  // as the statement calls it; empty where that is left to the lowering
  };
  using Frame = std::vector<Entry>;
  // The CTEs that one select brings along.
  struct Level {
    const std::vector<SourcePtr>* given;
    std::size_t frames;                  // open where its WITH stands
    std::vector<const Source*> visible;  // declared so far, or about to be by themselves
    std::vector<const sql::CommonTable*> tables;
  };
  // One that a select declares in its WINDOW clause.
  struct NamedWindow {
    const Term* term;  // the first that used it
    const sql::Window* window;
  };

  // ---- compiler.cpp: the statement and what stands in it as it is ----

  // Whether there are as many rows whatever is selected, so that nothing need be where only rows are asked for.
  static bool plain_rows(const QuerySpec& spec);
  std::uint32_t slot_of(const void* origin);
  const sql::Expr* param(std::uint32_t slot);
  const sql::Expr* integer(std::int64_t value);
  template <class T>
  sql::List<T> list(std::initializer_list<T> items) {
    return arena_.list(std::span<const T>(items.begin(), items.size()));
  }
  void finish(const sql::Statement& statement);

  // ---- compile_write.cpp ----

  void update_from(const QuerySpec& spec, sql::Update& update);
  void update_found(const QuerySpec& spec, std::span<const Change> changes);
  const sql::Select* fitted_select(const QuerySpec& spec, const InsertTarget& into);
  const sql::Expr* assigned(const Term& value, const FieldInfo& field);
  const sql::Expr* fitted(const sql::Expr* made, const Term& value, const FieldInfo& field);
  template <class Statement>
  void finish_write(Statement& statement, const QuerySpec& spec);
  void return_rows(const QuerySpec& spec);

  // ---- compile_source.cpp ----

  void push_frame() { frames_.emplace_back(); }
  const Entry& entry(const Source& source) const;
  void require_not_hidden(const Entry& entry, std::size_t inner_frames) const;
  void require_new_alias(const Source& source) const;
  void require_table(const ModelInfo& model) const;
  void require_innermost(const Source& cte) const;
  const sql::Source* table_of(const QuerySpec& spec);
  const sql::Source* add_source(const SourcePtr& source, bool outer, bool lateral = false);
  void require_one_snapshot(const Source& source) const;
  void require_few_tables(const QuerySpec& spec) const;
  bool is_declared(const Source& source) const;
  bool declare_if_given(const Source& source);
  void declare(std::size_t at, const SourcePtr& cte);

  // ---- compile_select.cpp, compile_distinct_on.cpp, compile_window.cpp ----

  const sql::Select* select(const QuerySpec& spec, Role role);
  void plain(const QuerySpec& spec, Role role, sql::Select& made);
  sql::List<sql::Output> outputs(const QuerySpec& spec, Role role);
  void mark_ordered(const QuerySpec& spec);
  const sql::Expr* union_column(const QuerySpec& spec, const Term& term, bool& nullable);
  void tail(const QuerySpec& spec, sql::Select& made, bool by_name);
  sql::Select first_of_each(const sql::Select& made);
  const sql::Window* window(const Term& term);

  // ---- compile_term.cpp ----

  const sql::Expr* expr(const Term& term);
  sql::Exprs exprs(const std::vector<TermPtr>& terms);
  // Of a comparison, where a tuple may stand.
  const sql::Expr* side(const Term& term);
  const sql::Expr* column(const Source& source, std::string_view name, const Type& type, bool nullable);
  const sql::Expr* call(const Term& term);
  const sql::Expr* settled(const Term& call, const sql::Expr* made);
  const sql::Expr* case_when(const Term& term);
  const sql::Expr* in_list(const Term& term);
  const sql::Expr* in_query(const Term& term);
  const sql::Expr* json_path(const Term& term);
  sql::List<sql::Order> order_of(const std::vector<OrderSpec>& terms);
  bool may_be_null(const Term& term) const;

  // ---- compile_number.cpp ----

  // What numbers that stand side by side are counted in: each as it is, as integers scaled by a power of ten, as
  // doubles.
  struct Measure {
    enum class Kind : std::uint8_t { own, scaled, real } kind = Kind::own;
    std::uint16_t scale = 0;
  };
  // Whether numbers of this type are kept as texts here.
  bool is_kept_as_text(const Type& type) const;
  // Throws QueryError if it is one: nothing is known of those but equality.
  void refuse_kept_as_text(const Term& term, std::string_view operation) const;
  // Whether they are texts; QueryError if only some of them are, or not of one scale.
  bool are_kept_as_text(const std::vector<const Term*>& terms) const;
  void require_same_form(const Term& value, const FieldInfo& field) const;
  // Throws QueryError where there is none.
  Measure measure(const std::vector<const Term*>& terms) const;
  const sql::Expr* measured(const Term& term, const Measure& measure);
  const sql::Expr* in_measure(const sql::Expr* made, const Type& type, const Measure& measure);
  const sql::Expr* real_of(const sql::Expr* made, const Type& type);
  static bool may_exceed(const Term& other, const Measure& measure);
  const sql::Expr* measured_beside(const Term& term, const Term& other, const Measure& measure);
  const sql::Expr* compared(sql::BinaryOp op, const Term& left, const Term& right);
  const sql::Expr* compared_tuples(sql::BinaryOp op, const Term& left, const Term& right);
  const sql::Expr* binary(const Term& term);
  const sql::Expr* computed(sql::BinaryOp op, const Term& term);
  static bool is_narrow(const Term& term);
  const sql::Expr* between(const Term& term);
  void check_arguments(const Term& call) const;
  const sql::Expr* null_if(const Term& call);

  // ---- compile_value.cpp ----

  const sql::Expr* cast(const Term& term);
  const sql::Expr* widened(const Term& term);
  const EnumInfo* native_enum(const Term& term) const;
  const sql::Expr* text_of(const Term& term);
  // The same where it is put in an order: texts by their bytes, wherever they come from.
  const sql::Expr* by_bytes(const Term& term);
  const sql::Expr* enum_binary(sql::BinaryOp op, const Term& left, const Term& right);

  const sql::Dialect& dialect_;
  const Shaped& shaped_;
  SlotIndex index_;
  bool excludes_ = false;  // in the update of an upsert
  Plan& plan_;
  sql::Arena arena_;
  std::vector<Frame> frames_;
  std::vector<Level> levels_;  // of the selects we are in
  std::vector<std::vector<NamedWindow>> windows_;
  std::unordered_map<const QuerySpec*, std::vector<std::size_t>> ordered_;  // of members of unions: columns
};

}  // namespace dorm::query
