#include "load/key_chunks.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "dorm/error.hpp"
#include "load/run.hpp"

namespace dorm::load {
namespace {

constexpr std::uint32_t keys_per_query = 1'000'000;       // they travel as one value
constexpr std::uint32_t spread_keys_per_query = 16'384;   // each is a parameter
constexpr std::uint32_t composite_keys_per_query = 1024;  // each is an AND of its own

}  // namespace

bool is_complete(const graph::Node& node, std::uint32_t slot, const std::vector<std::uint32_t>& fields,
                 const char* what) {
  const Cell* cells = node.cells(slot);
  for (const std::uint32_t field : fields) {
    if (!cells[field].is_loaded()) {
      throw StateError(std::string(what) + " needs '" + node.shape->model->name + "." +
                       node.shape->model->fields[field].name + "', which was not selected; select it too");
    }
    if (cells[field].is_null()) return false;
  }
  return true;
}

void in_chunks(const KeyGroups& groups, bool spread, const std::function<void(FlatKeys)>& run) {
  const std::uint32_t chunk = groups.fields().size() != 1 ? composite_keys_per_query
                              : spread                    ? spread_keys_per_query
                                                          : keys_per_query;
  for (std::uint32_t begin = 0; begin < groups.size(); begin += chunk) {
    FlatKeys keys;
    const std::uint32_t end = std::min(groups.size(), begin + chunk);
    keys.values.reserve((end - begin) * groups.fields().size());
    for (std::uint32_t group = begin; group < end; ++group)
      for (const std::uint32_t field : groups.fields()) keys.values.push_back(value_of(groups.row(group)[field]));
    run(std::move(keys));
  }
}

}  // namespace dorm::load
