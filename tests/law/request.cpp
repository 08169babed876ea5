#include "law/request.hpp"

#include <algorithm>
#include <functional>

namespace dorm::test::law {
namespace {

constexpr std::size_t most_nodes = 7;
constexpr std::size_t most_nodes_of_all = 24;

bool contains(const std::vector<std::uint32_t>& list, std::uint32_t item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

Want* add(Want& parent, const World& world, const RelationInfo* via, Way way) {
  auto want = std::make_unique<Want>();
  want->parent = &parent;
  want->via = via;
  want->model = &world.target(*via);
  want->way = way;
  parent.children.push_back(std::move(want));
  return parent.children.back().get();
}

// From the root, or from the first node of the statement.
Steps path_of(const Want& want, bool in_statement) {
  Steps path;
  for (const Want* step = &want; step->parent != nullptr && !(in_statement && step->is_statement());
       step = step->parent)
    path.insert(path.begin(), step->via);
  return path;
}
std::string text_of(const Steps& path, const std::string& last = {}) {
  std::string text;
  for (const RelationInfo* step : path) text += (text.empty() ? "" : "__") + step->name;
  return last.empty() ? text : text.empty() ? last : text + "__" + last;
}

template <class Visit>
void each(Want& want, const Visit& visit) {
  visit(want);
  for (const auto& child : want.children) each(*child, visit);
}

const RelationInfo* back_of(const Want& want) {
  return want.via == nullptr || want.via->inverse == no_index ? nullptr : &want.model->relations[want.via->inverse];
}

// Whether the model is on the path to the root a second time.
bool is_met_again(const Want& want) {
  for (const Want* step = want.parent; step != nullptr; step = step->parent)
    if (step->model == want.model) return true;
  return false;
}

bool is_in_part(const Want& want) {
  for (const Want* step = &want; step->parent != nullptr; step = step->parent)
    if (step->partial || !step->where.empty() || step->limit || step->offset) return true;
  return false;
}

class Maker {
 public:
  Maker(const World& world, Random& random) : world_(world), random_(random) {}

  Request make() {
    Request request;
    request.load_required = random_.percent(70);
    later_ = random_.percent(50) && !request.load_required ? Way::later : Way::touch;
    request.root = std::make_unique<Want>();
    request.root->model = world_.registry.models()[random_.below(world_.registry.models().size())].get();
    Want& root = *request.root;
    if (random_.percent(8)) {
      request.select_all = random_.percent(60);
      select_all(root, *request.select_all);
    } else {
      grow(root, 0);
    }
    if (random_.percent(50)) root.where = conditions(root);
    if (random_.percent(50)) order(root);
    if (random_.percent(10)) root.reversed = true;
    limit(root, 30);
    choose_fields(root);
    return request;
  }

 private:
  static bool is_own(const FieldInfo& field) { return field.name == "n" || field.name == "t" || field.name == "w"; }
  std::vector<std::uint32_t> own_fields(const ModelInfo& model) const {
    std::vector<std::uint32_t> fields;
    for (const FieldInfo& field : model.fields)
      if (is_own(field)) fields.push_back(field.index);
    return fields;
  }

  // ---- the tree ----

  void grow(Want& want, std::size_t depth) {
    for (const RelationInfo& relation : want.model->relations) {
      if (relation.name.empty() || depth == 3 || nodes_ >= most_nodes || !random_.percent(depth == 0 ? 45 : 30))
        continue;
      const bool back = &relation == back_of(want);
      if (back && !random_.percent(25)) continue;
      Way way = want.is_afterwards() ? later_ : pick_way();
      if (back && !relation.to_many() && (way == Way::touch || way == Way::later)) continue;  // known already
      ++nodes_;
      Want& child = *add(want, world_, &relation, way);
      grow(child, depth + 1);
      if (way == Way::fetch || way == Way::best || way == Way::later) adorn(child);
      if (way == Way::fetch && random_.percent(10)) {
        ++nodes_;
        Want& aside = *add(want, world_, &relation, Way::fetch);
        aside.named = true;
        adorn(aside);
      }
    }
  }
  // Rule 1: direct relations, or all of them up to a model that was met before; never the way that was come, no links.
  void select_all(Want& want, bool follow) {
    for (const RelationInfo& relation : want.model->relations) {
      const bool links = std::any_of(want.model->relations.begin(), want.model->relations.end(),
                                     [&](const RelationInfo& other) { return other.through == relation.target; });
      if (relation.name.empty() || links || &relation == back_of(want)) continue;
      Want& child = *add(want, world_, &relation, Way::join);
      child.unasked = true;
      ++nodes_;
      if (follow && nodes_ < most_nodes_of_all && !is_met_again(child)) select_all(child, true);
    }
  }

  Way pick_way() {
    const std::size_t dice = random_.below(100);
    return dice < 45 ? Way::join : dice < 75 ? Way::fetch : dice < 88 ? Way::best : later_;
  }

  void adorn(Want& want) {
    if (random_.percent(25)) want.where = conditions(want);
    if (random_.percent(30)) order(want);
    if (want.via->to_many()) limit(want, 20);
    if (want.way != Way::later && random_.percent(40)) want.strategy = static_cast<Strategy>(random_.below(5));
    // What the order_by() of the request says of a fetched path; one that has conditions of its own has its own order,
    // too.
    want.order_from_root = !want.named && want.way == Way::fetch && want.via->to_many() && random_.percent(30);
  }

  void limit(Want& want, unsigned chance) {
    if (random_.percent(chance)) want.limit = static_cast<std::int64_t>(random_.below(4));
    if (random_.percent(chance / 2)) want.offset = static_cast<std::int64_t>(random_.below(3));
  }

  // ---- conditions and orders, in terms of a statement's first node ----

  // A joined node of the statement, often itself. What is not there yet is joined.
  Want& place(Want& root, bool loaded) {
    Want* at = &root;
    while (random_.percent(35) && path_of(*at, true).size() < 2) {
      std::vector<const RelationInfo*> steps;
      for (const RelationInfo& relation : at->model->relations) {
        const bool fetched = std::any_of(at->children.begin(), at->children.end(), [&](const auto& child) {
          return child->via == &relation && child->way != Way::join;
        });
        if (!relation.name.empty() && !fetched && (at->joined(&relation) != nullptr || nodes_ < most_nodes))
          steps.push_back(&relation);
      }
      if (steps.empty()) break;
      const RelationInfo* step = random_.pick(steps);
      Want* next = at->joined(step);
      if (next == nullptr) {
        ++nodes_;
        next = add(*at, world_, step, Way::join);
        next->loaded = false;
      }
      if (loaded && !next->loaded) next->loaded = next->named_by_condition = true;
      at = next;
    }
    return *at;
  }

  std::vector<Condition> conditions(Want& root) {
    std::vector<Condition> list;
    for (std::size_t i = 1 + random_.below(2); i > 0; --i) list.push_back(condition(root, 2));
    return list;
  }

  Condition condition(Want& root, int depth) {
    Condition made;
    const std::size_t dice = random_.below(100);
    if (depth > 0 && dice < 25) {
      made.kind = dice < 8 ? Condition::Kind::all : dice < 20 ? Condition::Kind::any : Condition::Kind::negate;
      for (int i = made.kind == Condition::Kind::negate ? 1 : 2; i > 0; --i)
        made.children.push_back(condition(root, depth - 1));
      return made;
    }
    if (dice < 37) {
      std::vector<const RelationInfo*> lists;
      for (const RelationInfo& relation : root.model->relations)
        if (!relation.name.empty() && relation.to_many() && !own_fields(world_.target(relation)).empty())
          lists.push_back(&relation);
      if (!lists.empty()) {
        made.kind = dice < 29 ? Condition::Kind::some : dice < 33 ? Condition::Kind::none : Condition::Kind::every;
        made.path = {random_.pick(lists)};
        made.children.push_back(comparison(world_.target(*made.path[0]), {}));
        return made;
      }
    }
    Want& at = place(root, true);
    if (own_fields(*at.model).empty()) return comparison(*root.model, {});
    for (Want* step = &at; step != &root; step = step->parent)
      if (step->via->to_many()) step->partial = true;
    return comparison(*at.model, path_of(at, true));
  }

  Condition comparison(const ModelInfo& model, Steps path) {
    Condition made;
    const std::vector<std::uint32_t> fields = own_fields(model);
    if (fields.empty()) {  // a derived link: nothing but keys
      made.kind = Condition::Kind::all;
      return made;
    }
    made.path = std::move(path);
    made.field = &model.fields[random_.pick(fields)];
    const bool text = made.field->type.kind == TypeKind::text;
    const auto value = [&] {
      return text ? Value(random_.pick(std::vector<std::string>{"", "a", "A", "ab", "b"}))
                  : Value(static_cast<std::int64_t>(random_.below(5)) - 2);
    };
    made.op = random_.pick(std::vector<std::string>{"", "", "ne", "lt", "gt", "in", "isnull"});
    made.value = value();
    if (made.op == "in") made.value = Values{value(), value()};
    if (made.op == "isnull") made.value = random_.percent(50);
    return made;
  }

  void order(Want& root) {
    for (std::size_t i = 1 + random_.below(2); i > 0; --i) {
      Want& at = place(root, false);
      const std::vector<std::uint32_t> fields = own_fields(*at.model);
      if (!fields.empty())
        root.order.push_back({path_of(at, true), &at.model->fields[random_.pick(fields)], random_.percent(50)});
    }
  }

  // ---- fields ----

  // What is loaded afterwards needs its keys; a root that something is named below names something, too.
  void choose_fields(Want& root) {
    if (random_.percent(70)) return;
    const bool exclude = random_.percent(50);
    each(root, [&](Want& want) {
      if (is_apart(want) || !want.loaded || own_fields(*want.model).empty()) return;
      if (!want.is_statement() && !random_.percent(50)) return;
      const std::vector<std::uint32_t> own = own_fields(*want.model);
      if (exclude) {
        want.excluded.push_back(random_.pick(own));
        return;
      }
      want.included.push_back(random_.pick(own));
      for (const RelationInfo& relation : want.model->relations)
        for (const std::uint32_t field : relation.fields)
          if ((random_.percent(50) || afterwards(want, relation)) && !contains(want.included, field))
            want.included.push_back(field);
    });
    if (root.included.empty() && !exclude) each(root, [](Want& want) { want.included.clear(); });
    bool asides = false;
    each(root, [&](Want& want) { asides = asides || want.named; });
    if (!asides) each(root, [&](Want& want) { want.fields_from_root = !want.is_afterwards() && random_.percent(50); });
  }
  // Of a statement whose fields are left alone.
  static bool is_apart(const Want& want) {
    return want.named || want.is_afterwards() || (want.parent != nullptr && is_apart(*want.parent));
  }
  static bool afterwards(const Want& want, const RelationInfo& relation) {
    return std::any_of(want.children.begin(), want.children.end(),
                       [&](const auto& child) { return child->via == &relation && child->is_afterwards(); });
  }

  const World& world_;
  Random& random_;
  Way later_ = Way::touch;
  std::size_t nodes_ = 1;
};

bool is_selected(const Want& want, std::uint32_t field) {
  return (want.included.empty() && !contains(want.excluded, field)) || contains(want.included, field) ||
         contains(want.model->primary_key, field);
}

void add_required(const World& world, Want& statement) {
  const bool joins = std::any_of(statement.children.begin(), statement.children.end(),
                                 [](const auto& child) { return child->way == Way::join && child->loaded; });
  const std::function<void(Want&)> visit = [&](Want& want) {
    if (want.loaded && !(want.unasked && is_met_again(want))) {
      for (const RelationInfo& relation : want.model->relations) {
        if (!relation.holds_key() || relation.nullable || relation.name.empty() || &relation == back_of(want)) continue;
        const bool selected = std::all_of(relation.fields.begin(), relation.fields.end(),
                                          [&](std::uint32_t field) { return is_selected(want, field); });
        if (!selected) continue;
        Want* there = nullptr;
        for (const auto& child : want.children)
          if (child->via == &relation && !child->named && (child->loaded || joins)) there = child.get();
        if (there != nullptr && there->loaded && !there->is_afterwards()) continue;
        if (there == nullptr) there = add(want, world, &relation, Way::join);
        there->way = joins ? Way::join : Way::fetch;
        there->loaded = there->unasked = true;
      }
    }
    // By number: the list grows.
    for (std::size_t i = 0; i < want.children.size(); ++i) {
      Want& child = *want.children[i];
      if (child.way == Way::join) {
        visit(child);
      } else if (!child.is_afterwards()) {
        add_required(world, child);
      }
    }
  };
  visit(statement);
}

// ---- spoken to dorm ----

Filter filter_of(const Condition& condition) {
  std::vector<Filter> children;
  for (const Condition& child : condition.children) children.push_back(filter_of(child));
  switch (condition.kind) {
    case Condition::Kind::all:
      return children.empty() ? Filter() : and_(children);
    case Condition::Kind::any:
      return or_(children);
    case Condition::Kind::negate:
      return not_(children[0]);
    case Condition::Kind::some:
      return any(text_of(condition.path), children[0]);
    case Condition::Kind::none:
      return none(text_of(condition.path), children[0]);
    case Condition::Kind::every:
      return every(text_of(condition.path), children[0]);
    case Condition::Kind::compare:
      break;
  }
  const std::string name =
      text_of(condition.path, condition.field->name) + (condition.op.empty() ? "" : "__" + condition.op);
  if (condition.op == "in") return Filter(Lookup(name, condition.value.list()));
  return Filter(Lookup(name, Expr(condition.value)));
}

std::string order_text(const Steps& before, const Term& term) {
  Steps path = before;
  path.insert(path.end(), term.path.begin(), term.path.end());
  return (term.descending ? "-" : "") + text_of(path, term.field->name);
}

struct Names {
  std::vector<std::string> joined;
  std::vector<std::string> included;
  std::vector<std::string> excluded;
};
// Of the joined nodes of a statement, from its first node on.
Names names_of(Want& statement, bool from_root) {
  Names names;
  const std::function<void(Want&)> visit = [&](Want& want) {
    if (&want != &statement && want.loaded && !want.named_by_condition && !want.unasked)
      names.joined.push_back(text_of(path_of(want, true)));
    const Steps path = path_of(want, !from_root);
    for (const std::uint32_t field : want.included)
      names.included.push_back(text_of(path, want.model->fields[field].name));
    for (const std::uint32_t field : want.excluded)
      names.excluded.push_back(text_of(path, want.model->fields[field].name));
    for (const auto& child : want.children)
      if (child->way == Way::join) visit(*child);
  };
  visit(statement);
  return names;
}

template <class Item>
std::vector<Item> list_of(const std::vector<std::string>& names) {
  return std::vector<Item>(names.begin(), names.end());
}

Prefetch prefetch_of(Want& want) {
  Prefetch prefetch(text_of(path_of(want, false)));
  for (const Condition& condition : want.where) prefetch = prefetch.where(filter_of(condition));
  if (!want.order_from_root && !want.order.empty()) {
    std::vector<Order> terms;
    for (const Term& term : want.order) terms.emplace_back(order_text({}, term));
    prefetch = prefetch.order_by(terms);
  }
  if (want.limit) prefetch = prefetch.limit(*want.limit);
  if (want.offset) prefetch = prefetch.offset(*want.offset);
  const Names names = names_of(want, false);
  if (!names.joined.empty()) prefetch = prefetch.select_related(list_of<Path>(names.joined));
  if (!want.fields_from_root && !names.included.empty()) prefetch = prefetch.fields(list_of<FieldTree>(names.included));
  if (!want.fields_from_root && !names.excluded.empty())
    prefetch = prefetch.exclude_fields(list_of<FieldTree>(names.excluded));
  if (want.strategy != Strategy::automatic) prefetch = prefetch.strategy(want.strategy);
  if (want.named) prefetch = prefetch.as("aside_" + want.via->name);
  return prefetch;
}

void touch(const Row& row, const Steps& path, std::size_t step) {
  const RelationInfo& relation = *path[step];
  std::vector<Row> found;
  if (relation.to_many()) {
    for (const Row& one : row.related(relation.name)) found.push_back(one);
  } else if (const std::optional<Row> one = row[relation.name].row_or_none()) {
    found.push_back(*one);
  }
  if (step + 1 == path.size()) return;
  for (const Row& one : found) touch(one, path, step + 1);
}

std::string text_of(const Condition& condition) {
  static const char* const names[] = {"all", "any", "not", "", "any", "none", "every"};
  if (condition.kind == Condition::Kind::compare) {
    return text_of(condition.path, condition.field->name) + (condition.op.empty() ? "" : "__" + condition.op) + " = " +
           (condition.op == "in" ? condition.value.list()[0].to_text() + "|" + condition.value.list()[1].to_text()
                                 : condition.value.to_text());
  }
  std::string text = names[static_cast<int>(condition.kind)] + std::string("(");
  if (!condition.path.empty()) text += text_of(condition.path) + ": ";
  for (const Condition& child : condition.children)
    text += (&child == &condition.children.front() ? "" : ", ") + text_of(child);
  return text + ")";
}

}  // namespace

Request make_request(const World& world, Random& random) {
  for (;;) {
    Request request = Maker(world, random).make();
    std::size_t nodes = 0;
    each(*request.root, [&](Want&) { ++nodes; });
    // What is loaded in part is loaded again, as a whole, by load_related afterwards: not a case for the law.
    bool suits = nodes < most_nodes_of_all;
    each(*request.root, [&](Want& want) { suits = suits && !(want.way == Way::later && is_in_part(*want.parent)); });
    if (suits) return request;
  }
}

void choose_no_strategy(Request& request) {
  each(*request.root, [](Want& want) { want.strategy = Strategy::automatic; });
}

void add_required(const World& world, Request& request) {
  if (request.load_required) add_required(world, *request.root);
}

QuerySet spoken(const Database& db, const Request& request) {
  Want& root = *request.root;
  QuerySet query = db[root.model->name].objects().load_required(request.load_required);
  for (const Condition& condition : root.where) query = query.filter(filter_of(condition));
  std::vector<Order> order;
  std::vector<FieldTree> included;
  std::vector<FieldTree> excluded;
  each(root, [&](Want& want) {
    if (!want.is_statement() || want.is_afterwards()) return;
    if (want.parent == nullptr || want.order_from_root)
      for (const Term& term : want.order) order.emplace_back(order_text(path_of(want, false), term));
    if (want.parent == nullptr || want.fields_from_root) {
      const Names names = names_of(want, true);
      included.insert(included.end(), names.included.begin(), names.included.end());
      excluded.insert(excluded.end(), names.excluded.begin(), names.excluded.end());
    }
    if (want.way == Way::fetch) query = query.prefetch_related(prefetch_of(want));
    if (want.way == Way::best) query = query.load_related(prefetch_of(want));
  });
  if (const Names names = names_of(root, true); !names.joined.empty())
    query = query.select_related(list_of<Path>(names.joined));
  if (request.select_all) query = query.select_all(*request.select_all);
  if (!order.empty()) query = query.order_by(order);
  if (root.reversed) query = query.reverse();
  if (root.limit) query = query.limit(*root.limit);
  if (root.offset) query = query.offset(*root.offset);
  if (!included.empty()) query = query.fields(included);
  if (!excluded.empty()) query = query.exclude_fields(excluded);
  return query;
}

void load_afterwards(const Request& request, const Rows& rows) {
  std::vector<Prefetch> later;
  each(*request.root, [&](Want& want) {
    if (want.parent == nullptr) return;
    if (want.way == Way::later) later.push_back(prefetch_of(want));
    if (want.way == Way::touch)
      for (const Row& row : rows) touch(row, path_of(want, false), 0);
  });
  if (!later.empty()) load_related(rows, later);
}

std::string to_text(const Request& request) {
  static const char* const ways[] = {"select_related", "prefetch_related", "QuerySet::load_related",
                                     "load_related afterwards", "touched"};
  static const char* const strategies[] = {"automatic", "join", "key_set", "subquery", "pipelined"};
  std::string text = request.root->model->name + (request.load_required ? "" : " load_required(false)");
  if (request.select_all) text += *request.select_all ? " select_all(true)" : " select_all()";
  each(*request.root, [&](Want& want) {
    if (want.parent != nullptr) {
      text += "\n  " + text_of(path_of(want, false)) + " -> " + want.model->name + ": ";
      text += want.unasked              ? "unasked"
              : !want.loaded            ? "for an order"
              : want.named_by_condition ? "for a condition"
                                        : ways[static_cast<int>(want.way)];
      if (want.named) text += " as aside_" + want.via->name;
      if (want.strategy != Strategy::automatic)
        text += std::string(" strategy ") + strategies[static_cast<int>(want.strategy)];
    }
    for (const Condition& condition : want.where) text += ", where " + text_of(condition);
    for (const Term& term : want.order) text += ", order " + order_text({}, term);
    if (want.order_from_root) text += " said at the root";
    if (want.reversed) text += ", reversed";
    if (want.limit) text += ", limit " + std::to_string(*want.limit);
    if (want.offset) text += ", offset " + std::to_string(*want.offset);
    for (const std::uint32_t field : want.included) text += ", field " + want.model->fields[field].name;
    for (const std::uint32_t field : want.excluded) text += ", without " + want.model->fields[field].name;
  });
  return text;
}

}  // namespace dorm::test::law
