// query/snapshots.hpp: models and fields of one registry snapshot, as another snapshot knows them.
//
// Numbers belong to the snapshot that gave them; names outlive a reload. Pure functions, thread-safe.
#pragma once

#include <cstdint>

#include "dorm/model_info.hpp"
#include "dorm/registry.hpp"

namespace dorm::query {

bool same_model(const ModelInfo& left, const ModelInfo& right);
// Whether a relation of this registry leads to that model.
bool leads_to(const Registry& registry, const RelationInfo& relation, const ModelInfo& target);
// The field of `to` that is called like the one of `from`; no_index if there is none.
std::uint32_t field_in(const ModelInfo& to, const ModelInfo& from, std::uint32_t field) noexcept;
// The part of a row's key that is this field of this model; nullptr if the key has none, or is another model's.
const Value* key_part(const KeyRef& key, const ModelInfo& model, std::uint32_t field);

}  // namespace dorm::query
