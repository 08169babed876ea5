#include "query/plan.hpp"

namespace dorm::query {

std::shared_ptr<const Plan> PlanCache::find(const std::string& shape) const {
  const std::lock_guard lock(mutex_);
  const auto found = plans_.find(shape);
  return found == plans_.end() ? nullptr : found->second;
}

void PlanCache::put(const std::string& shape, std::shared_ptr<const Plan> plan) {
  const std::lock_guard lock(mutex_);
  if (plans_.size() >= capacity_) plans_.clear();
  plans_.insert_or_assign(shape, std::move(plan));
}

void PlanCache::clear() {
  const std::lock_guard lock(mutex_);
  plans_.clear();
}

std::size_t PlanCache::size() const {
  const std::lock_guard lock(mutex_);
  return plans_.size();
}

std::shared_ptr<const graph::Shape> model_shape(const ModelInfo& model) {
  auto shape = std::make_shared<graph::Shape>();
  shape->model = &model;
  shape->fields = static_cast<std::uint32_t>(model.fields.size());
  return shape;
}

}  // namespace dorm::query
