#include "law/evaluate.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>

namespace dorm::test::law {
namespace {

constexpr std::size_t most_rows = 20'000;

// NULL is the smallest (rule 7); texts by bytes.
int order_of(const Value& left, const Value& right) {
  if (left.is_null() || right.is_null()) return static_cast<int>(right.is_null()) - static_cast<int>(left.is_null());
  if (left.kind() == ValueKind::text) return left.text().compare(right.text());
  return left.integer() < right.integer() ? -1 : left.integer() > right.integer() ? 1 : 0;
}

bool refers(const Record& from, const std::vector<std::uint32_t>& fields, const Record& to,
            const std::vector<std::uint32_t>& target_fields) {
  for (std::size_t i = 0; i < fields.size(); ++i)
    if (from[fields[i]].is_null() || !(from[fields[i]] == to[target_fields[i]])) return false;
  return true;
}

struct Match {
  const Record* row = nullptr;
  const Record* link = nullptr;
  friend bool operator==(const Match&, const Match&) = default;
};

using Truth = std::optional<bool>;  // nothing: unknown

class Evaluator {
 public:
  // `ahead`: a statement may be sent before it is known whether there are parents.
  Evaluator(const World& world, Answer& answer, bool ahead) : world_(world), answer_(answer), ahead_(ahead) {}

  std::vector<Found*> statement(const Want& root) {
    Statement statement{root, {}, {}};
    list_joined(root, 0, statement);
    std::vector<Joined> rows = joined_rows(statement);
    sort(rows, [&](const Joined& left, const Joined& right) { return compare_roots(root, statement, left, right); });
    std::vector<const Record*> keys;
    for (const Joined& row : rows)
      if (std::find(keys.begin(), keys.end(), row[0].row) == keys.end()) keys.push_back(row[0].row);
    if (root.parent == nullptr) cut(keys, root);
    std::vector<Found*> found;
    for (const Record* key : keys) {
      std::vector<Joined> own;
      std::copy_if(rows.begin(), rows.end(), std::back_inserter(own),
                   [&](const Joined& row) { return row[0].row == key; });
      found.push_back(build(statement, 0, *key, own));
    }
    for (std::size_t node = 0; node < statement.nodes.size(); ++node)
      for (const auto& child : statement.nodes[node].want->children)
        if (child->way != Way::join) attach(*child, statement.nodes[node].found);
    return found;
  }

 private:
  using Joined = std::vector<Match>;  // one for each node
  struct Node {
    const Want* want = nullptr;
    std::size_t parent = 0;
    Steps path;
    std::vector<Found*> found;
  };
  struct Statement {
    const Want& root;
    std::vector<Node> nodes;
    std::map<Steps, std::size_t> by_path;
  };

  template <class Less>
  static void sort(std::vector<Joined>& rows, Less compare) {
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const Joined& left, const Joined& right) { return compare(left, right) < 0; });
  }
  template <class Item>
  static void cut(std::vector<Item>& items, const Want& want) {
    const auto size = static_cast<std::int64_t>(items.size());
    const std::int64_t first = std::min(size, want.offset.value_or(0));
    const std::int64_t last = std::min(size, first + want.limit.value_or(size));
    items.assign(items.begin() + first, items.begin() + last);
  }

  // ---- joins: nested loops ----

  void list_joined(const Want& want, std::size_t parent, Statement& statement) {
    const std::size_t number = statement.nodes.size();
    Steps path = number == 0 ? Steps() : statement.nodes[parent].path;
    if (number != 0) path.push_back(want.via);
    statement.by_path[path] = number;
    statement.nodes.push_back({&want, parent, path, {}});
    for (const auto& child : want.children)
      if (child->way == Way::join) list_joined(*child, number, statement);
  }

  std::vector<Match> related(const Record& row, const RelationInfo& relation) const {
    std::vector<Match> found;
    const Table& targets = world_.tables[relation.target];
    if (relation.through == no_index) {
      for (const Record& target : targets)
        if (refers(relation.holds_key() ? row : target, relation.holds_key() ? relation.fields : relation.target_fields,
                   relation.holds_key() ? target : row,
                   relation.holds_key() ? relation.target_fields : relation.fields))
          found.push_back({&target, nullptr});
      return found;
    }
    const ModelInfo& links = world_.registry.model(relation.through);
    const RelationInfo& to_source = links.relations[relation.through_source];
    const RelationInfo& to_target = links.relations[relation.through_target];
    for (const Record& link : world_.table(links)) {
      if (!refers(link, to_source.fields, row, to_source.target_fields)) continue;
      for (const Record& target : targets)
        if (refers(link, to_target.fields, target, to_target.target_fields)) found.push_back({&target, &link});
    }
    return found;
  }

  std::vector<Joined> joined_rows(const Statement& statement) const {
    std::vector<Joined> rows;
    for (const Record& record : world_.table(*statement.root.model)) rows.push_back({{&record, nullptr}});
    for (std::size_t node = 1; node < statement.nodes.size(); ++node) {
      std::vector<Joined> wider;
      for (const Joined& row : rows) {
        const Record* parent = row[statement.nodes[node].parent].row;
        std::vector<Match> matches;
        if (parent != nullptr) matches = related(*parent, *statement.nodes[node].want->via);
        if (matches.empty()) matches.emplace_back();  // a left join
        for (const Match& match : matches) {
          wider.push_back(row);
          wider.back().push_back(match);
        }
        if (wider.size() > most_rows) throw std::length_error("too many rows");
      }
      rows = std::move(wider);
    }
    rows.erase(std::remove_if(rows.begin(), rows.end(), [&](const Joined& row) { return !passes(statement, row); }),
               rows.end());
    return rows;
  }

  // ---- conditions: three-valued ----

  bool passes(const Statement& statement, const Joined& row) const {
    const auto at = [&](const Steps& path) { return row[statement.by_path.at(path)].row; };
    return std::all_of(statement.root.where.begin(), statement.root.where.end(),
                       [&](const Condition& condition) { return truth(condition, at).value_or(false); });
  }

  using At = std::function<const Record*(const Steps&)>;

  Truth truth(const Condition& condition, const At& at) const {
    using Kind = Condition::Kind;
    switch (condition.kind) {
      case Kind::all:
      case Kind::any: {
        Truth result = condition.kind == Kind::all;
        for (const Condition& child : condition.children) {
          const Truth one = truth(child, at);
          if (one == Truth(condition.kind == Kind::any)) return one;
          if (!one) result = std::nullopt;
        }
        return result;
      }
      case Kind::negate: {
        const Truth one = truth(condition.children[0], at);
        return one ? Truth(!*one) : one;
      }
      case Kind::compare:
        return compared(condition, at(condition.path));
      default:
        break;
    }
    bool some = false;
    bool all = true;
    if (const Record* row = at({})) {
      for (const Match& match : related(*row, *condition.path[0])) {
        const bool holds = truth(condition.children[0], [&](const Steps&) { return match.row; }).value_or(false);
        some = some || holds;
        all = all && holds;
      }
    }
    return condition.kind == Kind::some ? some : condition.kind == Kind::none ? !some : all;
  }

  static Truth compared(const Condition& condition, const Record* row) {
    const Value& value = row == nullptr ? null_ : (*row)[condition.field->index];
    if (condition.op == "isnull") return value.is_null() == condition.value.boolean();
    if (value.is_null()) return std::nullopt;
    if (condition.op == "in") {
      const Values& list = condition.value.list();
      return std::find(list.begin(), list.end(), value) != list.end();
    }
    const int order = order_of(value, condition.value);
    if (condition.op == "ne") return order != 0;
    if (condition.op == "lt") return order < 0;
    if (condition.op == "gt") return order > 0;
    return order == 0;
  }

  // ---- order ----

  static int compare_field(const Match& left, const Match& right, std::uint32_t field, bool descending) {
    const int order =
        order_of(left.row == nullptr ? null_ : (*left.row)[field], right.row == nullptr ? null_ : (*right.row)[field]);
    return descending ? -order : order;
  }
  static int compare_key(const ModelInfo& model, const Record* left, const Record* right, bool descending) {
    for (const std::uint32_t field : model.primary_key)
      if (const int order = compare_field({left, nullptr}, {right, nullptr}, field, descending); order != 0)
        return order;
    return 0;
  }
  static int compare_defaults(const Want& want, const Match& left, const Match& right, bool flip) {
    const std::vector<OrderTerm>& terms =
        want.via != nullptr && !want.via->order_by.empty() ? want.via->order_by : want.model->order_by;
    for (const OrderTerm& term : terms)
      if (const int order = compare_field(left, right, term.field, term.descending != flip); order != 0) return order;
    return 0;
  }

  int compare_roots(const Want& root, const Statement& statement, const Joined& left, const Joined& right) const {
    for (const Term& term : root.order) {
      const std::size_t node = statement.by_path.at(term.path);
      if (const int order = compare_field(left[node], right[node], term.field->index, term.descending != root.reversed);
          order != 0)
        return order;
    }
    if (root.order.empty())
      if (const int order = compare_defaults(root, left[0], right[0], root.reversed); order != 0) return order;
    return compare_key(*root.model, left[0].row, right[0].row, root.reversed);
  }

  // Children of one parent: by the explicit terms at or below them, else by default, then by key.
  int compare_children(const Statement& statement, std::size_t node, const Joined& left, const Joined& right) const {
    const Node& place = statement.nodes[node];
    bool ordered = false;
    for (const Term& term : statement.root.order) {
      if (term.path.size() < place.path.size() || !std::equal(place.path.begin(), place.path.end(), term.path.begin()))
        continue;
      ordered = ordered || term.path == place.path;
      const std::size_t by = statement.by_path.at(term.path);
      if (const int order =
              compare_field(left[by], right[by], term.field->index, term.descending != statement.root.reversed);
          order != 0)
        return order;
    }
    if (!ordered)
      if (const int order = compare_defaults(*place.want, left[node], right[node], false); order != 0) return order;
    if (const int order = compare_key(*place.want->model, left[node].row, right[node].row, false); order != 0)
      return order;
    return left[node].link == nullptr ? 0 : compare_links(*place.want->via, left[node].link, right[node].link);
  }
  int compare_links(const RelationInfo& via, const Record* left, const Record* right) const {
    return compare_key(world_.registry.model(via.through), left, right, false);
  }

  // ---- the graph ----

  Found* make(const Want& want, const Record& record) {
    Found& found = answer_.found.emplace_back();
    found.model = want.model;
    found.record = &record;
    found.loaded.assign(want.model->fields.size(), want.included.empty());
    const auto set = [&](const std::vector<std::uint32_t>& fields, bool loaded) {
      for (const std::uint32_t field : fields) found.loaded[field] = loaded;
    };
    set(want.included, true);
    set(want.excluded, false);
    set(want.model->primary_key, true);
    return &found;
  }

  static void lead_back(const RelationInfo* via, const ModelInfo& target, Found& parent, Found& child) {
    if (via->inverse == no_index || target.relations[via->inverse].to_many()) return;
    const auto [back, made] = child.relations.try_emplace(via->inverse);
    if (made) back->second.asked = false;
    if (!back->second.asked) back->second.rows.push_back(&parent);
  }

  Found* build(Statement& statement, std::size_t node, const Record& record, const std::vector<Joined>& rows) {
    Found* found = make(*statement.nodes[node].want, record);
    statement.nodes[node].found.push_back(found);
    for (std::size_t child = node + 1; child < statement.nodes.size(); ++child) {
      const Want& want = *statement.nodes[child].want;
      if (statement.nodes[child].parent != node || !want.loaded) continue;
      Led led;
      led.partial = want.partial;
      std::vector<Joined> sorted = rows;
      sort(sorted,
           [&](const Joined& left, const Joined& right) { return compare_children(statement, child, left, right); });
      std::vector<Match> seen;
      for (const Joined& row : sorted) {
        const Match match = row[child];
        if (match.row == nullptr || std::find(seen.begin(), seen.end(), match) != seen.end()) continue;
        seen.push_back(match);
        std::vector<Joined> own;
        std::copy_if(rows.begin(), rows.end(), std::back_inserter(own),
                     [&](const Joined& other) { return other[child] == match; });
        led.rows.push_back(build(statement, child, *match.row, own));
        led.links.push_back(match.link);
        lead_back(want.via, *want.model, *found, *led.rows.back());
      }
      found->relations[want.via->index] = std::move(led);
    }
    return found;
  }

  // What a statement of its own has found, shared by all parents.
  void attach(const Want& want, const std::vector<Found*>& parents) {
    if (parents.empty() && !ahead_) return;
    answer_.statements += want.via->through == no_index ? 1 : 2;
    const std::vector<Found*> children = statement(want);
    for (Found* parent : parents) {
      std::vector<std::pair<Found*, const Record*>> elements;
      const std::vector<Match> matches = related(*parent->record, *want.via);
      for (Found* child : children) {
        std::vector<const Record*> links;
        for (const Match& match : matches)
          if (match.row == child->record) links.push_back(match.link);
        if (want.via->through != no_index)
          std::sort(links.begin(), links.end(),
                    [&](const Record* left, const Record* right) { return compare_links(*want.via, left, right) < 0; });
        for (const Record* link : links) elements.emplace_back(child, link);
      }
      cut(elements, want);
      Led led;
      led.partial = !want.where.empty() || want.limit || want.offset;
      for (const auto& [child, link] : elements) {
        led.rows.push_back(child);
        led.links.push_back(link);
        lead_back(want.via, *want.model, *parent, *child);
      }
      (want.named ? parent->named : parent->relations)[want.via->index] = std::move(led);
    }
  }

  static inline const Value null_;
  const World& world_;
  Answer& answer_;
  const bool ahead_;
};

bool is_ahead(const Want& want) {
  return want.strategy == Strategy::pipelined || want.way == Way::best ||
         std::any_of(want.children.begin(), want.children.end(), [](const auto& child) { return is_ahead(*child); });
}

}  // namespace

Answer evaluate(const World& world, const Request& request) {
  Answer answer;
  answer.rows = Evaluator(world, answer, is_ahead(*request.root)).statement(*request.root);
  return answer;
}

}  // namespace dorm::test::law
