// Writing a to-many relation: link rows of a many_to_many, or the foreign keys of the rows on the other side.
#include <algorithm>

#include "dorm/model.hpp"
#include "dorm/query_set.hpp"
#include "dorm/row.hpp"
#include "load/relation_load.hpp"
#include "load/run.hpp"
#include "model/collection.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "query/automatic.hpp"
#include "query/builder.hpp"
#include "query/snapshots.hpp"
#include "write/links.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

using Assignments = std::vector<std::pair<std::string, Value>>;

// One write to the collection of one row.
class Collection {
 public:
  Collection(const Row& row, const RelationInfo& relation)
      : row_(row),
        relation_(relation),
        context_(access::context_of(*row.node())),
        database_(database_of(*context_)),
        target_(context_->registry.model(relation.target)) {}

  // What was loaded may not be true any more: the next reader asks. So does the first one after a rollback.
  std::int64_t done(std::int64_t changed) const {
    access::forget_relation(*row_.node(), row_.slot(), relation_.index);
    if (TransactionLevel* level = database_->session->current_transaction()) {
      level->on_rollback([node = std::weak_ptr<graph::Node>(row_.node()), slot = row_.slot(), index = relation_.index] {
        if (const std::shared_ptr<graph::Node> alive = node.lock()) access::forget_relation(*alive, slot, index);
      });
    }
    return changed;
  }

  void tell(Signal signal, const std::vector<Row>& rows) const {
    if (database_->signals->any()) database_->signals->collection(signal, row_, relation_.name, rows);
  }

  bool has_links() const noexcept { return relation_.through != no_index; }
  Model target() const { return {database_, query::model_source(context_->registry, target_)}; }
  TransactionScope begin() const { return database_->session->begin(); }

  // Half of a collection cannot be told from the whole when something is taken out of it.
  void require_whole(const char* verb) const {
    const graph::Node::Found found = row_.node()->find_span(row_.slot(), relation_.index);
    if (found.span.state == graph::RelationState::not_loaded || !found.relation->partial) return;
    throw StateError("'" + target_label() + "' was loaded in part, with a condition or a limit; " + verb +
                     " needs the whole collection: load it without, or use a query");
  }

  void require_target(const Row& row) const {
    if (row.model() == nullptr || !query::same_model(*row.model(), target_))
      throw QueryError("'" + target_label() + (has_links() ? "' links rows of '" : "' holds rows of '") + target_.name +
                       "'; another row was given");
  }

  // ---- links ----

  std::int64_t link(const std::vector<Row>& rows) const { return link(rows_by_key(rows)); }
  std::int64_t link(const query::SpecPtr& targets) const { return write::add_links(*database_, end(), targets); }
  std::int64_t unlink(const std::vector<Row>& rows) const { return unlink(rows_by_key(rows)); }
  std::int64_t unlink(const query::SpecPtr& targets) const { return write::remove_links(*database_, end(), targets); }

  std::int64_t link_with(const std::vector<Row>& rows, const Assignments& values) const {
    const ModelInfo& through = context_->registry.model(relation_.through);
    const Model links(database_, query::model_source(context_->registry, through));
    const RelationInfo& to_target = through.relations[relation_.through_target];
    for (const Row& row : rows) require_target(row);
    TransactionScope all = begin();
    // Links that exist already are left as they are.
    std::vector<Values> linked;
    const Column target = links[to_target.name];
    const Column source = links[source_name(through)];
    for (const Row& link : links.select().where(source == row_ && target.in(rows)).lazy(LazyPolicy::raise).all())
      linked.push_back(cells_of(link, to_target.fields));
    std::int64_t made = 0;
    for (const Row& row : rows) {
      Values key = cells_of(row, to_target.target_fields);
      if (std::find(linked.begin(), linked.end(), key) != linked.end()) continue;
      linked.push_back(std::move(key));
      const Row link = links.make();
      link.set(source_name(through), row_);
      link.set(to_target.name, row);
      for (const auto& [name, value] : values) link.set(name, value);
      link.save();
      ++made;
    }
    all.commit();
    return made;
  }

  // ---- foreign keys of the other side ----

  const RelationInfo& key() const { return target_.relations[relation_.inverse]; }

  std::int64_t point_here(const std::vector<Row>& rows) const {
    std::int64_t changed = 0;
    TransactionScope all = begin();
    for (const Row& row : rows) {
      require_target(row);
      point(row, row_);
      if (row.save()) ++changed;
    }
    all.commit();
    return changed;
  }

  std::int64_t point_away(const std::vector<Row>& rows, const char* verb) const {
    require_nullable(verb);
    for (const Row& row : rows) {
      require_target(row);
      if (!points_here(row)) {
        throw StateError("the row given does not belong to '" + target_label() + "' of this row; " + verb +
                         " takes rows that do");
      }
    }
    TransactionScope all = begin();
    for (const Row& row : rows) {
      point(row, Row());
      row.save();
    }
    all.commit();
    return static_cast<std::int64_t>(rows.size());
  }

  // All of them, or those of a query, in one statement.
  std::int64_t clear_keys(const query::SpecPtr& which, const char* verb) const {
    require_nullable(verb);
    const query::SourcePtr source = query::model_source(context_->registry, target_);
    query::QuerySpec spec;
    spec.root = source;
    spec.context = source;
    spec.where = collection::key_condition(source, relation_.target_fields, collection::key_values(row_, relation_));
    if (which) spec.where = query::all_of(spec.where, in_query(source, which));
    std::vector<query::Change> changes;
    for (const std::uint32_t field : relation_.target_fields)
      changes.push_back({field, query::value_term(Value(), target_.fields[field].type)});
    query::add_automatic(source, changes);
    return load::run_write(*database_, spec, query::Purpose::update, changes);
  }

  bool points_here(const Row& row) const {
    const Values own = collection::key_values(row_, relation_);
    const graph::Node& node = *row.node();
    const Cell* cells = node.cells(row.slot());
    for (std::size_t i = 0; i < own.size(); ++i) {
      const Cell& cell = cells[relation_.target_fields[i]];
      if (!cell.is_loaded() || cell.is_null() || !(load::value_of(cell) == own[i])) return false;
    }
    return true;
  }

 private:
  std::string target_label() const { return context_->registry.model(relation_.model).name + "." + relation_.name; }

  const std::string& source_name(const ModelInfo& through) const {
    return through.relations[relation_.through_source].name;
  }

  static Values cells_of(const Row& row, const std::vector<std::uint32_t>& fields) {
    Values values;
    for (const std::uint32_t field : fields) values.push_back(row[static_cast<std::size_t>(field)].value());
    return values;
  }

  write::LinkEnd end() const { return {*context_, relation_, collection::key_values(row_, relation_)}; }

  void point(const Row& row, const Row& at) const {
    const std::string& name = key().name;
    if (at.has_value()) {
      row.set(name, at);
    } else {
      row.set(name, Value());
    }
  }

  void require_nullable(const char* verb) const {
    if (key().nullable) return;
    throw StateError("'" + target_.name + "." + key().name + "' cannot be null, so " + verb +
                     " cannot take rows out of '" + target_label() + "'; delete them, or give them to another row");
  }

  query::TermPtr in_query(const query::SourcePtr& source, const query::SpecPtr& which) const {
    if (!which->root || which->root->model == nullptr || !query::same_model(*which->root->model, target_))
      throw QueryError("'" + target_label() + "' holds rows of '" + target_.name +
                       "'; the query given selects another model");
    auto keys = std::make_shared<query::QuerySpec>(*which);
    keys->default_projection = false;
    keys->outputs.clear();
    auto tuple = std::make_shared<query::Term>();
    tuple->kind = query::TermKind::tuple;
    for (const std::uint32_t field : target_.primary_key) {
      keys->outputs.push_back({query::column_term(keys->root, field), nullptr});
      tuple->children.push_back(query::column_term(source, field));
    }
    auto term = std::make_shared<query::Term>();
    term->kind = query::TermKind::in_query;
    term->type.kind = TypeKind::boolean;
    term->children.push_back(tuple->children.size() == 1 ? tuple->children.front() : query::TermPtr(tuple));
    term->query = std::move(keys);
    return term;
  }

  query::SpecPtr rows_by_key(const std::vector<Row>& rows) const {
    const query::SourcePtr source = query::model_source(context_->registry, target_);
    std::vector<Values> keys;
    for (const Row& row : rows) {
      require_target(row);
      const KeyRef key = row.key();
      Values values;
      for (const std::uint32_t field : relation_.target_fields) {
        const Value* value = key.find(field);
        if (value == nullptr) {
          throw StateError("'" + target_label() +
                           "' needs a column of the row given that was not selected; select it too");
        }
        values.push_back(*value);
      }
      keys.push_back(std::move(values));
    }
    auto spec = std::make_shared<query::QuerySpec>();
    spec->root = source;
    spec->context = source;
    spec->where = load::key_condition(source, relation_.target_fields, std::move(keys));
    return spec;
  }

  const Row& row_;
  const RelationInfo& relation_;
  std::shared_ptr<const load::Context> context_;
  std::shared_ptr<DatabaseImpl> database_;
  const ModelInfo& target_;
};

}  // namespace

Row Related::create(const Assignments& values, const Assignments& through) const {
  const Collection collection(row_, collection::declared(row_, relation_, name_));
  if (!collection.has_links()) {
    if (!through.empty()) throw QueryError("'" + name_ + "' has no links to give values to");
    Row made = collection.target().make();
    for (const auto& [name, value] : values) made.set(name, value);
    collection.tell(Signal::before_add, {made});
    collection.done(collection.point_here({made}));
    collection.tell(Signal::after_add, {made});
    return made;
  }
  Row made = collection.target().make();
  for (const auto& [name, value] : values) made.set(name, value);
  collection.tell(Signal::before_add, {made});
  TransactionScope both = collection.begin();
  made.save();
  if (through.empty()) {
    collection.link(std::vector<Row>{made});
  } else {
    collection.link_with({made}, through);
  }
  collection.tell(Signal::after_add, {made});
  both.commit();
  collection.done(1);
  return made;
}

std::int64_t Related::add(const Row& row, const Assignments& through) const {
  return add(std::vector<Row>{row}, through);
}

std::int64_t Related::add(const std::vector<Row>& rows, const Assignments& through) const {
  const RelationInfo& info = collection::declared(row_, relation_, name_);
  collection::key_values(row_, info);
  if (rows.empty()) return 0;
  const Collection collection(row_, info);
  if (!collection.has_links() && !through.empty()) throw QueryError("'" + name_ + "' has no links to give values to");
  collection.tell(Signal::before_add, rows);
  const std::int64_t added = !collection.has_links() ? collection.point_here(rows)
                             : through.empty()       ? collection.link(rows)
                                                     : collection.link_with(rows, through);
  collection.done(added);
  collection.tell(Signal::after_add, rows);
  return added;
}

std::int64_t Related::add(const Query& query) const {
  const Collection collection(row_, collection::declared(row_, relation_, name_));
  if (!collection.has_links())
    throw QueryError("'" + name_ + "' is the other side of a foreign key; update the key of the query's rows instead");
  collection.tell(Signal::before_add, {});
  const std::int64_t added = collection.done(collection.link(query.spec()));
  collection.tell(Signal::after_add, {});
  return added;
}

std::int64_t Related::remove(const Row& row) const { return remove(std::vector<Row>{row}); }

std::int64_t Related::remove(const std::vector<Row>& rows) const {
  const Collection collection(row_, collection::declared(row_, relation_, name_));
  collection.require_whole("remove");
  if (rows.empty()) return 0;
  collection.tell(Signal::before_remove, rows);
  const std::int64_t removed =
      collection.done(collection.has_links() ? collection.unlink(rows) : collection.point_away(rows, "remove"));
  collection.tell(Signal::after_remove, rows);
  return removed;
}

std::int64_t Related::remove(const Query& query) const {
  const Collection collection(row_, collection::declared(row_, relation_, name_));
  collection.require_whole("remove");
  collection.tell(Signal::before_remove, {});
  const std::int64_t removed = collection.done(collection.has_links() ? collection.unlink(query.spec())
                                                                      : collection.clear_keys(query.spec(), "remove"));
  collection.tell(Signal::after_remove, {});
  return removed;
}

std::int64_t Related::clear() const {
  const Collection collection(row_, collection::declared(row_, relation_, name_));
  collection.require_whole("clear");
  collection.tell(Signal::before_remove, {});
  const std::int64_t removed = collection.done(collection.has_links() ? collection.unlink(query::SpecPtr())
                                                                      : collection.clear_keys(nullptr, "clear"));
  collection.tell(Signal::after_remove, {});
  return removed;
}

std::int64_t Related::set(const std::vector<Row>& rows) const {
  const RelationInfo& info = collection::declared(row_, relation_, name_);
  const Collection collection(row_, info);
  collection.require_whole("set");
  TransactionScope all = collection.begin();
  std::vector<Row> gone;
  std::vector<Row> come = rows;
  for (const Row& row : objects().load_required(false).all()) {
    const auto kept = std::find_if(come.begin(), come.end(), [&](const Row& other) { return other == row; });
    if (kept == come.end()) {
      gone.push_back(row);
    } else {
      come.erase(kept);
    }
  }
  if (!gone.empty()) collection.tell(Signal::before_remove, gone);
  if (!come.empty()) collection.tell(Signal::before_add, come);
  std::int64_t changed = 0;
  if (!gone.empty()) changed += collection.has_links() ? collection.unlink(gone) : collection.point_away(gone, "set");
  if (!come.empty()) changed += collection.has_links() ? collection.link(come) : collection.point_here(come);
  if (!gone.empty()) collection.tell(Signal::after_remove, gone);
  if (!come.empty()) collection.tell(Signal::after_add, come);
  all.commit();
  return collection.done(changed);
}

}  // namespace dorm
