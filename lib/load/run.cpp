#include "load/run.hpp"

#include <bit>
#include <cstring>

#include "core/coerce.hpp"
#include "dorm/error.hpp"

namespace dorm::load {
namespace {

class Mark final : public graph::TransactionMark, public PendingChange {
 public:
  explicit Mark(std::uint64_t serial) : serial_(serial) {}
  ~Mark() override { withdraw(); }
  std::uint64_t serial() const noexcept { return serial_; }
  void committed() noexcept override { ended = true; }
  void rolled_back() noexcept override { ended = true; }
  void in_doubt() noexcept override { ended = true; }

 private:
  std::uint64_t serial_;
};

// One mark per transaction, shared by all that is loaded in it.
std::shared_ptr<const graph::TransactionMark> mark_of(TransactionLevel& level) {
  thread_local std::weak_ptr<Mark> newest;
  if (std::shared_ptr<Mark> known = newest.lock(); known && known->serial() == level.serial()) return known;
  auto mark = std::make_shared<Mark>(level.serial());
  level.enlist(*mark);
  newest = mark;
  return mark;
}

}  // namespace

std::shared_ptr<graph::Graph> make_graph(const Engine& engine, std::shared_ptr<const Context> context) {
  auto graph = std::make_shared<graph::Graph>(std::move(context));
  if (TransactionLevel* level = engine.session->current_transaction()) graph->transaction = mark_of(*level);
  return graph;
}

bool is_loaded_in(const graph::Graph& graph, const TransactionLevel& level) noexcept {
  // There are no other marks than those made here.
  const auto* mark = static_cast<const Mark*>(graph.transaction.get());
  return mark != nullptr && mark->serial() == level.serial();
}

Context::Context(Registry snapshot, std::weak_ptr<Engine> database)
    : registry(std::move(snapshot)), engine(std::move(database)) {
  shapes_.reserve(registry.models().size());
  for (const auto& model : registry.models()) shapes_.push_back(query::model_shape(*model));
}

std::shared_ptr<Engine> Context::open_engine() const {
  if (std::shared_ptr<Engine> alive = engine.lock(); alive && !alive->closed) return alive;
  throw StateError("the database is closed; what was loaded stays readable, but nothing more can be loaded");
}

namespace {
constexpr std::size_t most_rows_kept = 8;
}  // namespace

std::shared_ptr<const query::Plan> plan_of(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose,
                                           const query::Shaped& shaped, std::span<const query::Change> changes,
                                           const query::InsertTarget* into) {
  if (shaped.of != nullptr && engine.home && shaped.of->home != engine.home)
    query::refuse_two_homes(shaped.of->label(), *shaped.of->home, *engine.home);
  if (std::shared_ptr<const query::Plan> known = engine.plans.find(shaped.text)) return known;
  std::shared_ptr<const query::Plan> plan =
      query::make_plan(spec, purpose, shaped, engine.session->dialect(), changes, into);
  // Short lists of rows come again, long ones of the same length seldom.
  if (into != nullptr && into->rows.size() > most_rows_kept) {
    auto once = std::make_shared<query::Plan>(*plan);
    once->statement.cached = false;
    return once;
  }
  engine.plans.put(shaped.text, plan);
  return plan;
}

Parameters::Parameters(const query::Plan& plan, std::span<const query::SlotValue> slots) {
  reserve(plan.bindings.size());
  for (const std::uint32_t index : plan.bindings) {
    const query::SlotValue& slot = slots[index];
    if (slot.value == nullptr) {
      cells_.push_back(Cell::of_integer(slot.number));
    } else {
      add(*slot.value);
    }
  }
}

void Parameters::add(const Value& value) {
  if (value.kind() != ValueKind::list) {
    cells_.push_back(cell_of(value));
    return;
  }
  const Values& items = value.list();
  lists_.push_back(std::make_unique<Cell[]>(items.size()));
  for (std::size_t i = 0; i < items.size(); ++i) lists_.back()[i] = cell_of(items[i]);
  cells_.push_back(Cell::of_list(lists_.back().get(), static_cast<std::uint32_t>(items.size())));
}

Cell Parameters::cell_of(const Value& value) {
  if (value.kind() == ValueKind::decimal && !value.decimal().fits()) {
    texts_.push_back(std::make_unique<std::string>(value.decimal().text()));
    return Cell::of_bytes(CellTag::decimal_text, *texts_.back());
  }
  return borrow(value);
}

Filling::Filling(graph::Graph& graph, const query::Plan& plan, Sharing sharing, std::uint32_t rows, graph::Node* root) {
  const unsigned shift = rows <= 1 ? 0U : std::min(10U, static_cast<unsigned>(std::bit_width(rows - 1)));
  sink_.segments.resize(plan.segments.size());
  for (std::size_t i = 0; i < plan.segments.size(); ++i) {
    const query::SegmentPlan& from = plan.segments[i];
    graph::RowSink::Segment& segment = sink_.segments[i];
    segment.node = i == 0 && root != nullptr ? root : graph.add_node(from.shape, shift);
    if (from.lazy != LazyPolicy::unset) segment.node->lazy = static_cast<std::uint8_t>(from.lazy);
    segment.columns = from.columns;
    segment.key = from.key;
    for (const graph::RowSink::Target target : from.key) segment.key_cells.push_back(target.cell);
    segment.optional = from.optional;
    segment.shell = from.shell;
    segment.absent_is_null = from.absent_is_null;
    segment.parent = from.parent;
    segment.fold = from.fold;
    segment.links = from.links;
    segment.distinct = from.distinct;
    segment.place = from.place;
    if (from.parent == graph::RowSink::none || from.accessor.empty()) continue;
    if (!from.key.empty() && !from.shared && sharing == Sharing::per_parent) segment.node->use_slots();
    graph::Node* parent = sink_.segments[from.parent].node;
    auto entry = std::make_unique<graph::Relation>(from.accessor, from.relation, segment.node,
                                                   from.fold == graph::RowSink::Fold::many);
    entry->partial = from.partial;
    if (from.links != graph::RowSink::none) {
      entry->links = sink_.segments[from.links].node;
      // Where each parent has its own row of the target, a link row that two of them share has none to name.
      if (from.shared) {
        const RelationInfo& relation = parent->shape->model->relations[from.relation];
        const RelationInfo& to_target = entry->links->shape->model->relations[relation.through_target];
        segment.linked = entry->links->add_relation(
            std::make_unique<graph::Relation>(to_target.name, to_target.index, segment.node, false));
      }
    }
    segment.relation = parent->add_relation(std::move(entry));
    if (from.inverse == no_index) continue;
    segment.inverse = segment.node->add_relation(
        std::make_unique<graph::Relation>(from.inverse_accessor, from.inverse, parent, false));
  }
}

void Filling::execute(Engine& engine, const query::Plan& plan, std::span<const Cell> parameters) {
  engine.session->execute(plan.statement, parameters, &sink_);
}

graph::Node* Filling::finish() {
  sink_.finish();
  return sink_.segments.front().node;
}

graph::Node* run_into(Engine& engine, graph::Graph& graph, const query::Plan& plan, std::span<const Cell> parameters,
                      Sharing sharing, std::uint32_t rows, graph::Node* root) {
  Filling filling(graph, plan, sharing, rows, root);
  filling.execute(engine, plan, parameters);
  return filling.finish();
}

std::shared_ptr<graph::Graph> run(Engine& engine, const std::shared_ptr<const Context>& context,
                                  const query::QuerySpec& spec, std::uint32_t rows) {
  const query::Shaped shaped = query::shape_of(spec, query::Purpose::rows);
  const std::shared_ptr<const query::Plan> plan = plan_of(engine, spec, query::Purpose::rows, shaped);
  std::shared_ptr<graph::Graph> graph = make_graph(engine, context);
  graph->lazy = static_cast<std::uint8_t>(spec.lazy);
  run_into(engine, *graph, *plan, shaped.slots, Sharing::per_parent, rows);
  return graph;
}

std::optional<Value> run_scalar(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose) {
  const query::Shaped shaped = query::shape_of(spec, purpose);
  const std::shared_ptr<const query::Plan> plan = plan_of(engine, spec, purpose, shaped);
  graph::Graph graph(nullptr);
  auto shape = std::make_shared<graph::Shape>();
  shape->extras.resize(plan->statement.columns.size());
  graph::RowSink sink;
  sink.segments.resize(1);
  sink.segments[0].node = graph.add_node(shape, 0);
  for (std::size_t i = 0; i < shape->extras.size(); ++i)
    sink.segments[0].columns.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(i)});
  const Parameters parameters(*plan, shaped.slots);
  engine.session->execute(plan->statement, parameters.cells(), &sink);
  if (sink.rows() == 0) return std::nullopt;
  return value_of(graph.root()->rows.at(0)[0]);
}

std::int64_t run_write(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose,
                       std::span<const query::Change> changes, const query::InsertTarget* into) {
  const query::Shaped shaped = query::shape_of(spec, purpose, changes, into);
  const std::shared_ptr<const query::Plan> plan = plan_of(engine, spec, purpose, shaped, changes, into);
  const Parameters parameters(*plan, shaped.slots);
  return engine.session->execute(plan->statement, parameters.cells()).affected;
}

RepeatedInsert::RepeatedInsert(Engine& engine, const query::QuerySpec& spec, query::InsertTarget into)
    : engine_(engine),
      into_(std::move(into)),
      shaped_(query::shape_of(spec, query::Purpose::insert, {}, &into_)),
      plan_(plan_of(engine, spec, query::Purpose::insert, shaped_, {}, &into_)) {}

std::int64_t RepeatedInsert::run(std::span<const Value> values) {
  // Nothing stands before the rows, so that theirs are the first slots.
  for (std::size_t i = 0; i < values.size(); ++i) shaped_.slots[i].value = &values[i];
  const Parameters parameters(*plan_, shaped_.slots);
  return engine_.session->execute(plan_->statement, parameters.cells()).affected;
}

BoundSql bound_sql(Engine& engine, const query::QuerySpec& spec, query::Purpose purpose,
                   std::span<const query::Change> changes, const query::InsertTarget* into) {
  const query::Shaped shaped = query::shape_of(spec, purpose, changes, into);
  const auto plan = plan_of(engine, spec, purpose, shaped, changes, into);
  BoundSql bound;
  bound.sql = plan->statement.sql;
  for (const std::uint32_t index : plan->bindings) {
    const query::SlotValue& slot = shaped.slots[index];
    bound.parameters.push_back(slot.value == nullptr ? Value(slot.number) : *slot.value);
  }
  return bound;
}

std::shared_ptr<graph::Graph> run_returning(Engine& engine, const std::shared_ptr<const Context>& context,
                                            const query::QuerySpec& spec, query::Purpose purpose,
                                            std::span<const query::Change> changes,
                                            std::span<const query::InsertTarget> batches) {
  std::shared_ptr<graph::Graph> graph = make_graph(engine, context);
  graph->lazy = static_cast<std::uint8_t>(spec.lazy);
  std::optional<Filling> filling;
  for (std::size_t i = 0; i < std::max<std::size_t>(batches.size(), 1); ++i) {
    const query::InsertTarget* into = batches.empty() ? nullptr : &batches[i];
    const query::Shaped shaped = query::shape_of(spec, purpose, changes, into);
    const std::shared_ptr<const query::Plan> plan = plan_of(engine, spec, purpose, shaped, changes, into);
    if (!filling) filling.emplace(*graph, *plan, Sharing::per_parent, 64);
    filling->execute(engine, *plan, Parameters(*plan, shaped.slots).cells());
  }
  filling->finish();
  return graph;
}

Value value_of(const Cell& cell) {
  switch (cell.tag) {
    case CellTag::unloaded:
    case CellTag::null:
    case CellTag::list:
      return {};
    case CellTag::boolean:
      return Value(cell.integer != 0);
    case CellTag::integer:
      return Value(cell.integer);
    case CellTag::real:
      return Value(cell.real);
    case CellTag::decimal:
      return Value(Decimal(cell.integer, cell.scale));
    case CellTag::decimal_text:
      return Value(Decimal::parse(cell.view()));
    case CellTag::text:
      return Value(cell.view());
    case CellTag::blob:
      return Value(Blob{std::string(cell.view())});
    case CellTag::json:
      return Value(Json{std::string(cell.view())});
    case CellTag::uuid: {
      Uuid uuid;
      std::memcpy(uuid.bytes.data(), cell.data, uuid.bytes.size());
      return Value(uuid);
    }
    case CellTag::date:
      return Value(Date{static_cast<std::int32_t>(cell.integer)});
    case CellTag::time:
      return Value(Time{cell.integer});
    case CellTag::datetime:
      return Value(DateTime{cell.integer});
  }
  return {};
}

}  // namespace dorm::load
