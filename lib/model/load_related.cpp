// What is loaded for rows that are there: relations of many rows at once, or all there is to know of one row.
#include <algorithm>
#include <map>
#include <utility>

#include "dorm/error.hpp"
#include "dorm/query_set.hpp"
#include "load/related_load.hpp"
#include "load/run.hpp"
#include "load/transplant.hpp"
#include "model/database_impl.hpp"
#include "model/row_access.hpp"
#include "model/row_make.hpp"
#include "query/request.hpp"
#include "query/snapshots.hpp"
#include "write/related_keys.hpp"
#include "write/row_write.hpp"

namespace dorm {
namespace {

using ContextPtr = std::shared_ptr<const load::Context>;

// Rows of one registry snapshot, by node.
struct Origin {
  ContextPtr context;
  std::vector<load::Slots> places;
  std::map<const graph::Node*, std::size_t> index;  // in places
};

const ModelInfo& saved_model(const graph::Node& node, std::uint32_t slot, const char* what) {
  if (node.shape->model == nullptr)
    throw StateError("a flat row belongs to no model; " + std::string(what) + " takes rows of models");
  if (!write::is_saved(node, slot))
    throw StateError("the row of model '" + node.shape->model->name + "' is not saved; there is nothing to load");
  return *node.shape->model;
}

std::vector<Origin> by_origin(const std::vector<Row>& rows) {
  std::vector<Origin> origins;
  const ModelInfo* first = nullptr;
  for (const Row& row : rows) {
    const graph::Node& node = access::node_of(row);
    const ModelInfo& model = saved_model(node, row.slot(), "load_related");
    if (first == nullptr) first = &model;
    if (!query::same_model(*first, model))
      throw QueryError("load_related takes rows of one model; there are rows of '" + first->name + "' and '" +
                       model.name + "'");
    const ContextPtr context = access::context_of(node);
    auto origin = std::find_if(origins.begin(), origins.end(), [&](const Origin& o) { return o.context == context; });
    if (origin == origins.end()) origin = origins.insert(origins.end(), Origin{context, {}, {}});
    const auto [place, is_new] = origin->index.try_emplace(&node, origin->places.size());
    if (is_new) origin->places.push_back({row.node(), {}});
    origin->places[place->second].slots.push_back(row.slot());
  }
  for (Origin& origin : origins) {
    for (load::Slots& place : origin.places) {
      std::sort(place.slots.begin(), place.slots.end());
      place.slots.erase(std::unique(place.slots.begin(), place.slots.end()), place.slots.end());
    }
  }
  return origins;
}

QuerySet keyed_set(const load::Context& context, const ModelInfo& model, query::TermPtr where) {
  auto request = std::make_shared<query::Request>();
  request->root = query::model_source(context.registry, model);
  request->where = std::move(where);
  request->load_required = false;
  return {database_of(context), std::move(request)};
}

}  // namespace

void load_related(const std::vector<Row>& rows, const std::vector<Prefetch>& paths, bool refresh) {
  for (Origin& origin : by_origin(rows)) {
    const std::shared_ptr<load::Engine> engine = origin.context->open_engine();
    const ModelInfo& model = *origin.places.front().node->shape->model;
    const QuerySet wanted = keyed_set(*origin.context, model, nullptr).prefetch_related(paths);
    const auto unit = query::resolve(*wanted.request(), engine->requests);
    load::load_related(*engine, origin.context, *unit, std::move(origin.places), refresh);
  }
}

void load_related(const Rows& rows, const std::vector<Prefetch>& paths, bool refresh) {
  load_related(std::vector<Row>(rows.begin(), rows.end()), paths, refresh);
}

void load_related(const Row& row, const std::vector<Prefetch>& paths, bool refresh) {
  load_related(std::vector<Row>{row}, paths, refresh);
}

void load_all(const Row& row, bool follow, const std::vector<FieldTree>& exclude, bool discard_changes) {
  graph::Node& node = access::node_of(row);
  const std::uint32_t slot = row.slot();
  const ModelInfo& model = saved_model(node, slot, "load_all");
  if (!discard_changes && write::has_changes(node, slot)) {
    throw StateError("the row of model '" + model.name +
                     "' has unsaved changes; save it, or let load_all discard them");
  }
  const ContextPtr context = access::context_of(node);
  const std::shared_ptr<load::Engine> engine = context->open_engine();
  QuerySet wanted = keyed_set(*context, model, nullptr).select_all(follow);
  if (!exclude.empty()) wanted = wanted.exclude_fields(exclude);
  query::Request request = *wanted.request();
  request.where = make::stored_key(request.root, node, slot);
  const auto unit = query::resolve(request, engine->requests);
  const std::shared_ptr<graph::Graph> loaded = load::run(*engine, context, *unit->spec, 1);
  graph::Node& fresh = *loaded->root();
  if (fresh.slot_count() == 0) throw NotFound("the row of model '" + model.name + "' is gone from the database");
  std::vector<std::uint32_t> fields;
  for (std::uint32_t field = 0; field < node.shape->fields; ++field)
    if (fresh.cells(0)[field].is_loaded()) fields.push_back(field);
  make::take_loaded(node, slot, fresh.cells(0), fields);
  load::Transplant transplant(*node.graph);
  transplant.place(fresh, 0, node, slot);
  transplant.graft(fresh, 0);
}

}  // namespace dorm
