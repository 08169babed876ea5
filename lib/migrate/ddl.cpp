#include "migrate/ddl.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "core/text.hpp"

namespace dorm::migrate {
namespace {

namespace ddl = sql::ddl;

using Models = std::vector<std::uint32_t>;

bool refers_only_to(const ModelInfo& model, const std::set<std::uint32_t>& models) {
  return std::all_of(model.relations.begin(), model.relations.end(), [&](const RelationInfo& relation) {
    return !relation.holds_key() || models.contains(relation.target);
  });
}

std::set<std::uint32_t> chosen(const Registry& registry, std::span<const std::uint32_t> models) {
  std::set<std::uint32_t> result;
  for (const auto& model : registry.models()) {
    const bool named = std::find(models.begin(), models.end(), model->id) != models.end();
    if (model->managed && (named || models.empty())) result.insert(model->id);
  }
  if (models.empty()) return result;
  const std::set<std::uint32_t> ends = result;
  for (const auto& model : registry.models())
    if (model->derived && model->managed && refers_only_to(*model, ends)) result.insert(model->id);
  return result;
}

// Each model after those it refers to. A key whose target comes later closes a cycle.
class Order {
 public:
  Order(const Registry& registry, std::set<std::uint32_t> models) : registry_(registry), models_(std::move(models)) {
    for (const std::uint32_t model : models_) visit(model);
  }
  const Models& models() const { return order_; }
  bool closes_cycle(const ModelInfo& model, const RelationInfo& relation) const {
    return relation.target != model.id && models_.contains(relation.target) &&
           position(relation.target) > position(model.id);
  }

 private:
  // Depth first, with a stack of its own: a chain of references may be longer than the thread's stack takes.
  void visit(std::uint32_t first) {
    std::vector<std::pair<std::uint32_t, std::size_t>> open;  // model, next relation
    const auto enter = [&](std::uint32_t model) {
      if (models_.contains(model) && seen_.insert(model).second) open.emplace_back(model, 0);
    };
    enter(first);
    while (!open.empty()) {
      const auto [id, next] = open.back();
      const ModelInfo& model = registry_.model(id);
      if (next == model.relations.size()) {
        positions_.resize(std::max<std::size_t>(positions_.size(), std::size_t{id} + 1));
        positions_[id] = order_.size();
        order_.push_back(id);
        open.pop_back();
        continue;
      }
      ++open.back().second;
      const RelationInfo& relation = model.relations[next];
      if (relation.holds_key() && relation.constraint) enter(relation.target);
    }
  }
  std::size_t position(std::uint32_t model) const { return positions_[model]; }

  const Registry& registry_;
  const std::set<std::uint32_t> models_;
  std::set<std::uint32_t> seen_;
  Models order_;
  std::vector<std::size_t> positions_;  // by model id
};

// Relations that hold a key with a constraint, in the order of CreateTable::foreign_keys.
std::vector<const RelationInfo*> keys_of(const ModelInfo& model) {
  std::vector<const RelationInfo*> keys;
  for (const RelationInfo& relation : model.relations)
    if (relation.holds_key() && relation.constraint) keys.push_back(&relation);
  return keys;
}

std::set<std::uint32_t> native_enums_of(const ModelInfo& model, const Registry& registry) {
  std::set<std::uint32_t> found;
  for (const FieldInfo& field : model.fields)
    if (field.enumeration != no_index && registry.enums()[field.enumeration].native) found.insert(field.enumeration);
  return found;
}

std::set<std::uint32_t> native_enums_of(const Models& models, const Registry& registry) {
  std::set<std::uint32_t> found;
  for (const std::uint32_t model : models) found.merge(native_enums_of(registry.model(model), registry));
  return found;
}

// Takes the keys of cycles out of the table where they can be added later.
std::vector<ddl::AddForeignKey> take_late_keys(const ModelInfo& model, const Order& order, ddl::CreateTable& table) {
  std::vector<ddl::AddForeignKey> late;
  std::vector<ddl::ForeignKey> inside;
  const std::vector<const RelationInfo*> keys = keys_of(model);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (order.closes_cycle(model, *keys[i])) {
      late.push_back({table.table, table.foreign_keys[i]});
    } else {
      inside.push_back(table.foreign_keys[i]);
    }
  }
  table.foreign_keys = std::move(inside);
  return late;
}

// Both ends of every key that closes a cycle.
std::set<std::uint32_t> ends_of_cycles(const Order& order, const Registry& registry) {
  std::set<std::uint32_t> ends;
  for (const std::uint32_t id : order.models())
    for (const RelationInfo* key : keys_of(registry.model(id)))
      if (order.closes_cycle(registry.model(id), *key)) ends.insert({id, key->target});
  return ends;
}

}  // namespace

std::vector<ddl::Statement> create_statements(const Registry& registry, const sql::Dialect& dialect,
                                              std::span<const std::uint32_t> models) {
  const Order order(registry, chosen(registry, models));
  std::vector<ddl::Statement> statements;
  if (dialect.capabilities().enum_types)
    for (const std::uint32_t each : native_enums_of(order.models(), registry)) {
      const EnumInfo& enumeration = registry.enums()[each];
      statements.emplace_back(ddl::CreateEnum{{"", snake_case(enumeration.name)}, enumeration.values});
    }
  std::vector<ddl::AddForeignKey> late;
  std::set<std::string> schemas;
  for (const std::uint32_t id : order.models()) {
    const ModelInfo& model = registry.model(id);
    // A dialect without schemas refuses the table.
    if (dialect.capabilities().schemas && !model.db_schema.empty() && schemas.insert(model.db_schema).second)
      statements.emplace_back(ddl::CreateSchema{model.db_schema});
    ddl::CreateTable table = create_table(registry, model, dialect);
    // SQLite looks for the target of a key only when a row is written, so there it may come later.
    if (dialect.capabilities().add_constraint)
      for (ddl::AddForeignKey& key : take_late_keys(model, order, table)) late.push_back(std::move(key));
    statements.emplace_back(std::move(table));
    for (ddl::CreateIndex& index : create_indexes(model)) statements.emplace_back(std::move(index));
  }
  for (ddl::AddForeignKey& key : late) statements.emplace_back(std::move(key));
  return statements;
}

std::vector<ddl::Statement> drop_statements(const Registry& registry, const sql::Dialect& dialect,
                                            std::span<const std::uint32_t> models) {
  const std::set<std::uint32_t> dropped = chosen(registry, models);
  const Order order(registry, dropped);
  const bool can_alter = dialect.capabilities().add_constraint;
  std::vector<ddl::Statement> statements;
  for (const std::uint32_t id : order.models()) {
    if (!can_alter) break;
    const ModelInfo& model = registry.model(id);
    ddl::CreateTable table = create_table(registry, model, dialect);
    for (const ddl::AddForeignKey& key : take_late_keys(model, order, table))
      statements.emplace_back(ddl::DropForeignKey{key.table, key.key.name});
  }
  const std::set<std::uint32_t> tangled = can_alter ? std::set<std::uint32_t>() : ends_of_cycles(order, registry);
  for (auto id = order.models().rbegin(); id != order.models().rend(); ++id) {
    const ModelInfo& model = registry.model(*id);
    statements.emplace_back(ddl::DropTable{{model.db_schema, model.table}, true, tangled.contains(*id)});
  }
  if (!dialect.capabilities().enum_types) return statements;
  std::set<std::uint32_t> kept;
  for (const auto& model : registry.models())
    if (!dropped.contains(model->id)) kept.merge(native_enums_of(*model, registry));
  for (const std::uint32_t each : native_enums_of(order.models(), registry))
    if (!kept.contains(each)) statements.emplace_back(ddl::DropEnum{{"", snake_case(registry.enums()[each].name)}});
  return statements;
}

}  // namespace dorm::migrate
