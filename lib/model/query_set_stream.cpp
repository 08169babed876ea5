// iterate(): the keys of all rows first, then the rows chunk by chunk.
#include <algorithm>
#include <utility>

#include "dorm/error.hpp"
#include "dorm/query_set.hpp"
#include "load/run.hpp"
#include "model/database_impl.hpp"
#include "model/query_set_request.hpp"

namespace dorm {

struct QuerySet::Stream::Impl {
  std::shared_ptr<DatabaseImpl> database;
  query::Request request;  // without limits
  std::uint32_t chunk = 0;
  HeldSnapshot snapshot;
  Rows keys;
  std::size_t next_key = 0;
  Rows rows{};
  std::size_t next_row = 0;

  // False after the last one.
  bool load_chunk() {
    if (next_key == keys.size()) return false;
    const std::size_t end = std::min(keys.size(), next_key + chunk);
    const std::size_t width = request.root->model->primary_key.size();
    Values wanted;
    wanted.reserve(end - next_key);
    for (; next_key < end; ++next_key) {
      const Row key = keys[next_key];
      if (width == 1) {
        wanted.push_back(key[0].value());
        continue;
      }
      Values parts;
      for (std::size_t i = 0; i < width; ++i) parts.push_back(key[i].value());
      wanted.emplace_back(std::move(parts));
    }
    query::Request part = request;
    part.where = query::all_of(part.where, key_of(request.root).in(std::move(wanted)).term());
    const HeldSnapshot::Use use(snapshot);
    rows = run_rows(*database, part);
    next_row = 0;
    return true;
  }
};

QuerySet::Stream::Stream(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
QuerySet::Stream::Stream(Stream&&) noexcept = default;
QuerySet::Stream& QuerySet::Stream::operator=(Stream&&) noexcept = default;
QuerySet::Stream::~Stream() = default;

Row QuerySet::Stream::next() {
  if (!impl_) return {};
  while (impl_->next_row == impl_->rows.size()) {
    // The connection is given back as soon as there is nothing left to ask.
    if (!impl_->load_chunk()) {
      impl_.reset();
      return {};
    }
  }
  return impl_->rows[impl_->next_row++];
}

QuerySet::Stream QuerySet::iterate(std::uint32_t chunk) const {
  require_rows(*request_, "iterate");
  if (chunk == 0) throw QueryError("a chunk has at least 1 row");
  database_->require_open();
  query::Request in_order = keys_of(rows_of(*request_));
  in_order.offset = in_order.offset.value_or(0);  // keys have an order where limits need it
  query::QuerySpec keys = query::resolve_keys(in_order);
  keys.mode = query::RowMode::tuples;
  query::Request rows = *request_;
  rows.limit.reset();
  rows.offset.reset();
  rows.from_end = false;
  // What is required may be loaded for each row when it is touched.
  rows.load_required = rows.load_required.value_or(false);
  auto impl = std::make_unique<Stream::Impl>(
      Stream::Impl{database_, std::move(rows), chunk, HeldSnapshot(*database_->session), {}});
  const HeldSnapshot::Use use(impl->snapshot);
  const std::shared_ptr<graph::Graph> graph =
      load::run(*database_, database_->context(request_->root->registry), keys, chunk);
  impl->keys = Rows(graph->share(graph->root()), graph->root()->slot_count());
  return Stream(std::move(impl));
}

}  // namespace dorm
