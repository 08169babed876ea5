// Rows that are there afterwards, whoever made them.
#include <utility>

#include "dorm/error.hpp"
#include "dorm/model.hpp"
#include "dorm/query_set.hpp"
#include "model/database_impl.hpp"
#include "model/query_set_request.hpp"
#include "session/transaction.hpp"

namespace dorm {
namespace {

using Given = std::vector<Assignment>;
using Pairs = std::vector<std::pair<std::string, Value>>;

// Each attempt starts from what another has just written, so one that fails means that others did not.
constexpr int most_attempts = 20;

Given given(const Pairs& values) {
  Given made;
  for (const auto& [member, value] : values) made.emplace_back(member, value);
  return made;
}

void assign(const Row& row, const Given& values) {
  for (const Assignment& assignment : values) {
    if (assignment.row().has_value()) {
      row.set(assignment.member(), assignment.row());
    } else {
      row.set(assignment.member(), assignment.value());
    }
  }
}

class Finder {
 public:
  // Everything given is checked here, whether it will be needed or not: a mistake is one every time.
  Finder(const QuerySet& set, const Given& by, const Given& others)
      : set_(set), model_(set.database(), set.request()->root), by_(by), others_(others) {
    if (by.empty())
      throw QueryError("a row of '" + model_.info().name + "' is looked for by nothing; name what it is known by");
    new_row();
    for (const Assignment& assignment : by) {
      const Column column = model_[assignment.member()];
      conditions_.emplace_back(condition(column, assignment));
    }
  }

  std::optional<Row> find() const { return set_.get_or_none(and_(conditions_)); }

  // Nothing if another was faster, and has what is unique about the row.
  std::optional<Row> create() const {
    const Row row = new_row();
    try {
      insert(row);
      return row;
    } catch (const UniqueViolation&) {
      if (find()) return std::nullopt;
      throw;
    }
  }

 private:
  static Expr condition(const Column& column, const Assignment& assignment) {
    if (assignment.row().has_value()) return column == assignment.row();
    if (assignment.value().is_null()) return column.is_null();
    return column == Expr(assignment.value());
  }

  Row new_row() const {
    Row row = model_.make();
    assign(row, by_);
    assign(row, others_);
    return row;
  }

  // A failure ends no transaction that was open before.
  void insert(const Row& row) const {
    Session& session = *set_.database()->session;
    if (session.current_transaction() == nullptr) {
      row.save();
      return;
    }
    TransactionScope savepoint = session.begin();
    row.save();
    savepoint.commit();
  }

  const QuerySet& set_;
  const Model model_;
  const Given& by_;
  const Given& others_;
  std::vector<Filter> conditions_;
};

void require_own_rows(const QuerySet& set, const char* verb) {
  require_rows(*set.request(), verb);
  if (set.request()->via == nullptr) return;
  throw QueryError(std::string(verb) + "() on the query of a collection does not put the row into it; call it on the " +
                   "model, with the key among what is given");
}

std::pair<Row, bool> find_or_insert(const QuerySet& set, const Given& by, const Given& defaults) {
  require_own_rows(set, "get_or_create");
  const Finder finder(set, by, defaults);
  for (int attempt = 1;; ++attempt) {
    if (std::optional<Row> found = finder.find()) return {*std::move(found), false};
    if (std::optional<Row> made = finder.create()) return {*std::move(made), true};
    if (attempt == most_attempts) break;
  }
  throw NotFound("the row of model '" + set.request()->root->model->name +
                 "' comes and goes: others make and delete it all the time");
}

std::pair<Row, bool> update_or_insert(const QuerySet& set, const Given& by, const Given& changes) {
  require_own_rows(set, "update_or_create");
  const Finder finder(set, by, changes);
  for (int attempt = 1;; ++attempt) {
    const bool is_last = attempt == most_attempts;
    if (std::optional<Row> found = finder.find()) {
      assign(*found, changes);
      try {
        found->save();
        return {*std::move(found), false};
      } catch (const StaleRow&) {
        if (is_last) throw;
      } catch (const NotFound&) {
        if (is_last) throw;
      }
    } else if (std::optional<Row> made = finder.create()) {
      return {*std::move(made), true};
    } else if (is_last) {
      break;
    }
  }
  throw NotFound("the row of model '" + set.request()->root->model->name +
                 "' comes and goes: others make and delete it all the time");
}

}  // namespace

std::pair<Row, bool> QuerySet::get_or_create(std::initializer_list<Assignment> by,
                                             std::initializer_list<Assignment> defaults) const {
  return find_or_insert(*this, by, defaults);
}
std::pair<Row, bool> QuerySet::get_or_create(const Pairs& by, const Pairs& defaults) const {
  return find_or_insert(*this, given(by), given(defaults));
}
std::pair<Row, bool> QuerySet::update_or_create(std::initializer_list<Assignment> by,
                                                std::initializer_list<Assignment> changes) const {
  return update_or_insert(*this, by, changes);
}
std::pair<Row, bool> QuerySet::update_or_create(const Pairs& by, const Pairs& changes) const {
  return update_or_insert(*this, given(by), given(changes));
}

std::pair<Row, bool> Model::get_or_create(std::initializer_list<Assignment> by,
                                          std::initializer_list<Assignment> defaults) const {
  return objects().get_or_create(by, defaults);
}
std::pair<Row, bool> Model::get_or_create(const Pairs& by, const Pairs& defaults) const {
  return objects().get_or_create(by, defaults);
}
std::pair<Row, bool> Model::update_or_create(std::initializer_list<Assignment> by,
                                             std::initializer_list<Assignment> changes) const {
  return objects().update_or_create(by, changes);
}
std::pair<Row, bool> Model::update_or_create(const Pairs& by, const Pairs& changes) const {
  return objects().update_or_create(by, changes);
}

}  // namespace dorm
