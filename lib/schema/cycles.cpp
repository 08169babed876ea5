#include "schema/cycles.hpp"

#include <algorithm>
#include <functional>

#include "core/text.hpp"

namespace dorm::schema {
namespace {

using Edges = std::vector<std::vector<std::uint32_t>>;

// The strongly connected components of more than one model (Tarjan). With a stack of its own: a circle may be as long
// as there are models.
class Components {
 public:
  explicit Components(const Edges& edges)
      : edges_(edges), number_(edges.size(), 0), low_(edges.size(), 0), on_stack_(edges.size(), false) {}

  std::vector<std::vector<std::uint32_t>> find() {
    for (std::uint32_t i = 0; i < edges_.size(); ++i) {
      if (number_[i] == 0) visit(i);
    }
    return std::move(found_);
  }

 private:
  struct Step {
    std::uint32_t node;
    std::size_t next;
  };

  void enter(std::uint32_t node) {
    number_[node] = low_[node] = ++counter_;
    stack_.push_back(node);
    on_stack_[node] = true;
    steps_.push_back({node, 0});
  }

  void visit(std::uint32_t start) {
    enter(start);
    while (!steps_.empty()) {
      Step& step = steps_.back();
      const std::uint32_t node = step.node;
      if (step.next < edges_[node].size()) {
        const std::uint32_t target = edges_[node][step.next++];
        if (number_[target] == 0) {
          enter(target);
        } else if (on_stack_[target]) {
          low_[node] = std::min(low_[node], number_[target]);
        }
        continue;
      }
      steps_.pop_back();
      if (!steps_.empty()) low_[steps_.back().node] = std::min(low_[steps_.back().node], low_[node]);
      if (low_[node] == number_[node]) close(node);
    }
  }

  void close(std::uint32_t root) {
    std::vector<std::uint32_t> component;
    for (;;) {
      const std::uint32_t node = stack_.back();
      stack_.pop_back();
      on_stack_[node] = false;
      component.push_back(node);
      if (node == root) break;
    }
    if (component.size() < 2) return;
    std::sort(component.begin(), component.end());
    found_.push_back(std::move(component));
  }

  const Edges& edges_;
  std::vector<std::uint32_t> number_;
  std::vector<std::uint32_t> low_;
  std::vector<bool> on_stack_;
  std::vector<std::uint32_t> stack_;
  std::vector<Step> steps_;
  std::vector<std::vector<std::uint32_t>> found_;
  std::uint32_t counter_ = 0;
};

Edges edges_of(const Draft& draft, const std::function<bool(const RelationInfo&)>& wanted) {
  Edges edges(draft.models.size());
  for (const auto& model : draft.models) {
    for (const RelationInfo& relation : model->info->relations) {
      if (relation.holds_key() && relation.target != no_index && wanted(relation)) {
        edges[model->info->id].push_back(relation.target);
      }
    }
  }
  return edges;
}

// The foreign keys between the models of a circle, as notes; at most a handful is worth reading.
void note_keys(Draft& draft, Diagnostic& diagnostic, const std::vector<std::uint32_t>& models,
               const std::function<bool(const RelationInfo&)>& wanted) {
  static constexpr std::size_t shown = 5;
  for (const std::uint32_t id : models) {
    for (const FieldDraft& field : draft.model(id).fields) {
      if (!is_to_one(field.kind) || !wanted(draft.info(id).relations[field.relation])) continue;
      if (!std::binary_search(models.begin(), models.end(), field.target)) continue;
      if (diagnostic.notes.size() == shown) return;
      note(diagnostic, full_name(draft.model(id), field.name) + " leads to " + quote(draft.info(field.target).name),
           at_name(*field.node));
    }
  }
}

std::string names_of(Draft& draft, const std::vector<std::uint32_t>& models) {
  std::vector<std::string> names;
  for (const std::uint32_t id : models) names.push_back(draft.info(id).name);
  return quote_list(names, 5);
}

}  // namespace

void check_cycles(Draft& draft) {
  // A row that refers to itself can be inserted, so only circles of several models are without a beginning.
  const auto blocking = [](const RelationInfo& relation) {
    return relation.constraint && !relation.nullable && relation.deferrable == Deferrable::no;
  };
  for (const auto& models : Components(edges_of(draft, blocking)).find()) {
    Diagnostic& diagnostic = draft.report.error(
        Stage::meaning, "on_delete.cycle", draft.model(models.front()).place(),
        "no row of " + names_of(draft, models) + " can ever be inserted first: each needs another of them");
    note_keys(draft, diagnostic, models, blocking);
    diagnostic.help = "make one of the foreign keys \"nullable\": true or \"deferrable\": \"initially_deferred\"";
  }
  const auto cascading = [](const RelationInfo& relation) { return relation.on_delete == ReferentialAction::cascade; };
  for (const auto& models : Components(edges_of(draft, cascading)).find()) {
    Diagnostic& diagnostic =
        draft.report.warning("on_delete.cycle", draft.model(models.front()).place(),
                             "deleting a row may cascade in a circle through " + names_of(draft, models));
    note_keys(draft, diagnostic, models, cascading);
    diagnostic.help = "choose another \"on_delete\" for one of the foreign keys";
  }
}

}  // namespace dorm::schema
