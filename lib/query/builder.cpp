#include "query/builder.hpp"

#include <algorithm>
#include <vector>

#include "core/suggest.hpp"
#include "core/text.hpp"
#include "dorm/error.hpp"
#include "query/names.hpp"
#include "query/path.hpp"
#include "query/snapshots.hpp"
#include "query/typing.hpp"
#include "query/visit.hpp"

namespace dorm::query {
namespace {

// One foreign key that could connect the two sides of a join.
struct Candidate {
  const RelationInfo* relation = nullptr;
  bool forward = true;  // the side we come from holds the key
};

const ModelInfo& holder_of(const Candidate& candidate, const SourcePtr& from, const SourcePtr& target) {
  return candidate.forward ? *from->model : *target->model;
}

std::string candidate_name(const Candidate& candidate, const SourcePtr& from, const SourcePtr& target) {
  return holder_of(candidate, from, target).name + "." + candidate.relation->name;
}

std::vector<Candidate> keys_between(const Source& holder, const Source& target, bool forward) {
  std::vector<Candidate> found;
  for (const RelationInfo& relation : holder.model->relations)
    if (relation.holds_key() && leads_to(holder.registry, relation, *target.model))
      found.push_back({&relation, forward});
  return found;
}

// The field of the target that this part of the holder's foreign key refers to.
std::uint32_t target_field(const RelationInfo& relation, std::size_t part, const Source& holder, const Source& target) {
  const ModelInfo& known = holder.registry.model(relation.target);
  const std::uint32_t field = field_in(*target.model, known, relation.target_fields[part]);
  if (field != no_index) return field;
  throw QueryError("'" + target.label() + "' has no '" + known.fields[relation.target_fields[part]].name +
                   "', which '" + relation.name + "' of '" + holder.label() +
                   "' refers to; take new handles after a reload");
}

std::string link_hint(const ModelInfo& from, const ModelInfo& target, const Registry& registry) {
  std::vector<std::string> links;
  for (const RelationInfo& relation : from.relations)
    if (relation.through != no_index && leads_to(registry, relation, target))
      links.push_back(registry.model(relation.through).name);
  // A model that links to itself has one relation each way.
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
  if (links.empty()) return "; give the condition with on";
  return "; they are linked through " + quote_list(links) + ": join " +
         (links.size() == 1 ? "that first" : "one of them first");
}

Candidate infer(const SourcePtr& from, const SourcePtr& target) {
  if (from->model == nullptr || target->model == nullptr) {
    throw QueryError("joining '" + from->label() + "' with '" + target->label() +
                     "' needs a condition; give it with on");
  }
  std::vector<Candidate> forward = keys_between(*from, *target, true);
  std::vector<Candidate> backward = keys_between(*target, *from, false);
  if (from->model == target->model && !forward.empty()) {
    // Both directions fit equally; guessing would give the wrong half of the tree.
    throw QueryError("joining '" + from->label() + "' with itself by '" + forward.front().relation->name +
                     "' can mean '" + from->label() + "' is the child or the parent; give the condition with on");
  }
  std::vector<Candidate>& candidates = forward.empty() ? backward : forward;
  if (candidates.empty()) {
    throw QueryError("no foreign key between '" + from->model->name + "' and '" + target->model->name + "'" +
                     link_hint(*from->model, *target->model, from->registry));
  }
  if (candidates.size() == 1) return candidates.front();
  const ModelInfo& referenced = forward.empty() ? *from->model : *target->model;
  for (const Candidate& candidate : candidates)
    if (candidate.relation->name == referenced.snake_name) return candidate;
  std::vector<std::string> names;
  for (const Candidate& candidate : candidates) names.push_back(candidate_name(candidate, from, target));
  throw QueryError("more than one foreign key between '" + from->model->name + "' and '" + target->model->name +
                   "': " + quote_list(names) + "; say which with on");
}

// The foreign key that a term names, seen from the join; relation stays null if it names none.
Candidate named_key(const Term& term, const SourcePtr& from, const SourcePtr& target) {
  if (term.kind != TermKind::column && term.kind != TermKind::relation) return {};
  const ModelInfo& model = *term.source->model;
  const bool at_from = same_source(*term.source, *from);
  const bool at_target = same_source(*term.source, *target);
  const std::uint32_t index = term.kind == TermKind::relation ? term.index : model.fields[term.index].relation;
  if (index == no_index) return {};
  const RelationInfo* relation = &model.relations[index];
  bool holder_is_from = at_from;
  if (!relation->holds_key()) {
    if (relation->through != no_index || relation->inverse == no_index) {
      throw QueryError("'" + describe(term) + "' goes through link rows; join the link model, then the target");
    }
    relation = &term.source->registry.model(relation->target).relations[relation->inverse];
    holder_is_from = at_target;
  }
  if (!at_from && !at_target) {
    throw QueryError("'" + describe(term) + "' belongs to neither side of the join of '" + from->label() + "' with '" +
                     target->label() + "'");
  }
  const SourcePtr& other = holder_is_from ? target : from;
  if (other->model == nullptr || !leads_to(term.source->registry, *relation, *other->model)) {
    throw QueryError("'" + describe(term) + "' does not lead to '" + other->label() + "'; it refers to '" +
                     term.source->registry.model(relation->target).name + "'");
  }
  // A handle of another snapshot has numbers of its own.
  return {(holder_is_from ? from : target)->model->find_relation(relation->name), holder_is_from};
}

void conjuncts(const TermPtr& term, std::vector<TermPtr>& found) {
  if (term->kind != TermKind::all) {
    found.push_back(term);
    return;
  }
  for (const TermPtr& child : term->children) conjuncts(child, found);
}

// The foreign key whose equality a predicate states in full, among other things. Where it states another condition the
// joined row is not "the" related row and must not be shown as if it were.
Candidate key_in_predicate(const TermPtr& on, const SourcePtr& from, const SourcePtr& target) {
  if (from->model == nullptr || target->model == nullptr) return {};
  std::vector<TermPtr> terms;
  conjuncts(on, terms);
  const auto states = [&](const SourcePtr& a, std::uint32_t field_a, const SourcePtr& b, std::uint32_t field_b) {
    const auto is = [](const Term& term, const SourcePtr& source, std::uint32_t field) {
      return (term.kind == TermKind::column || term.kind == TermKind::relation) && term.field == field &&
             same_source(*term.source, *source);
    };
    return std::any_of(terms.begin(), terms.end(), [&](const TermPtr& term) {
      if (term->kind != TermKind::binary || static_cast<sql::BinaryOp>(term->op) != sql::BinaryOp::eq) return false;
      const Term& left = *term->children[0];
      const Term& right = *term->children[1];
      return (is(left, a, field_a) && is(right, b, field_b)) || (is(left, b, field_b) && is(right, a, field_a));
    });
  };
  std::vector<Candidate> candidates = keys_between(*from, *target, true);
  for (const Candidate& candidate : keys_between(*target, *from, false)) candidates.push_back(candidate);
  for (const Candidate& candidate : candidates) {
    const SourcePtr& holder = candidate.forward ? from : target;
    const SourcePtr& referenced = candidate.forward ? target : from;
    bool all = true;
    for (std::size_t i = 0; i < candidate.relation->fields.size(); ++i) {
      all = all && states(holder, candidate.relation->fields[i], referenced,
                          target_field(*candidate.relation, i, *holder, *referenced));
    }
    if (all) return candidate;
  }
  return {};
}

// Whether an outer join asks for more than the key, so that a row it leads to may be missed.
bool may_keep_out(const JoinRequest& request, const Candidate& key) {
  if (key.relation == nullptr || (request.kind != sql::JoinKind::left && request.kind != sql::JoinKind::full))
    return false;
  std::vector<TermPtr> terms;
  conjuncts(request.on, terms);
  return terms.size() > key.relation->fields.size();
}

// The named other side of the holder's foreign key, as `model` has it.
const RelationInfo* back_of(const RelationInfo& key, const Source& holder, const ModelInfo& model) {
  if (key.inverse == no_index) return nullptr;
  const std::string& name = holder.registry.model(key.target).relations[key.inverse].name;
  return name.empty() ? nullptr : model.find_relation(name);
}

// Where the joined row is put on the row of `from`.
void place(JoinSpec& join, const Candidate& key, const std::string& attr) {
  const ModelInfo* model = join.from->model;
  if (!attr.empty()) {
    if (!is_identifier(attr)) throw QueryError("attr " + quote(attr) + " is not an identifier");
    join.accessor = attr;
    if (model == nullptr) return;
    const ModelInfo::Member member = model->find(attr);
    if (member.kind == ModelInfo::Member::Kind::field) {
      throw QueryError("attr '" + attr + "' is a field of '" + model->name + "'; choose another name");
    }
    if (key.relation != nullptr && key.forward && key.relation->name == attr) {
      join.relation = key.relation->index;
    } else if (member) {
      throw QueryError("attr '" + attr + "' is another relation of '" + model->name + "'; choose another name");
    }
    return;
  }
  if (join.target->kind != SourceKind::model) {
    join.accessor = join.target->alias;
  } else if (key.relation != nullptr && key.forward) {
    join.relation = key.relation->index;
    join.accessor = key.relation->name;
    return;
  } else if (key.relation != nullptr && key.relation->kind == RelationKind::one_to_one &&
             back_of(*key.relation, *join.target, *model) != nullptr) {
    const RelationInfo& back = *back_of(*key.relation, *join.target, *model);
    join.relation = back.index;
    join.accessor = back.name;
    return;
  } else {
    join.accessor = join.target->alias.empty() ? join.target->model->snake_name : join.target->alias;
  }
  // A name that means something else on this model cannot be the place: asking for the row will say so.
  if (model != nullptr && model->find(join.accessor)) join.accessor.clear();
}

// Whether the term is computed from some of these sources and nothing else.
template <class IsOne>
bool is_of(const Term& term, const IsOne& is_one) {
  std::vector<SourcePtr> sources;
  collect_sources(term, sources);
  return !sources.empty() && std::all_of(sources.begin(), sources.end(),
                                         [&](const SourcePtr& source) { return is_one(*first_of(source)); });
}

// PostgreSQL finds the rows of a full join by sorting or hashing them, for which it takes something of one side that
// is equal to something of the other.
void require_equality(const QuerySpec& spec, const TermPtr& on, const SourcePtr& target) {
  const auto is_target = [&](const Source& source) { return same_source(source, *target); };
  const auto is_before = [&](const Source& source) { return has_source(spec, source); };
  std::vector<TermPtr> terms;
  conjuncts(on, terms);
  const bool has_one = std::any_of(terms.begin(), terms.end(), [&](const TermPtr& term) {
    if (term->kind != TermKind::binary || static_cast<sql::BinaryOp>(term->op) != sql::BinaryOp::eq) return false;
    const Term& left = *term->children[0];
    const Term& right = *term->children[1];
    return (is_of(left, is_before) && is_of(right, is_target)) || (is_of(left, is_target) && is_of(right, is_before));
  });
  if (has_one) return;
  throw QueryError("a full join with '" + target->label() +
                   "' needs a condition in which something of it is equal to something of what was joined before; "
                   "for any other, join left and unite with union_all() the rows that it misses");
}

std::vector<std::string> part_names(const QuerySpec& spec) {
  std::vector<std::string> names;
  if (spec.root) names.push_back(spec.root->label());
  for (const JoinSpec& join : spec.joins) names.push_back(join.target->label());
  return names;
}

void require_plain(const QuerySpec& spec, std::string_view verb) {
  if (spec.set_op != sql::SetOp::none)
    throw QueryError(std::string(verb) + " applies to a single select, not to a union; apply it to its members");
}

}  // namespace

TermPtr relation_condition(const RelationInfo& relation, const SourcePtr& holder, const SourcePtr& target) {
  TermPtr condition;
  for (std::size_t i = 0; i < relation.fields.size(); ++i) {
    condition = all_of(condition, equal(column_term(holder, relation.fields[i]),
                                        column_term(target, target_field(relation, i, *holder, *target))));
  }
  return condition;
}

TermPtr member(const SourcePtr& source, std::string_view name) {
  auto term = std::make_shared<Term>();
  term->source = source;
  if (source->kind == SourceKind::model) {
    const ModelInfo::Member found = source->model->get(name);
    if (found.kind == ModelInfo::Member::Kind::field) return column_term(source, found.index);
    const RelationInfo& relation = source->model->relations[found.index];
    term->kind = TermKind::relation;
    term->index = found.index;
    if (relation.holds_key() && relation.fields.size() == 1) {
      const FieldInfo& field = source->model->fields[relation.fields.front()];
      term->field = field.index;
      term->type = field.type;
      term->nullable = field.nullable;
    }
    return term;
  }
  require_one_column(*source, name);
  const OutputColumn* found = nullptr;
  std::vector<std::string> names;
  for (const OutputColumn& column : source->outputs) {
    names.push_back(column.name);
    if (column.name == name) found = &column;
  }
  if (found == nullptr) {
    throw QueryError("'" + source->label() + "' has no column " + quote(name) + "; it has " + quote_list(names) +
                     did_you_mean(name, names));
  }
  term->kind = TermKind::output;
  term->name = found->name;
  term->type = found->type;
  term->nullable = found->nullable;
  term->sensitive = found->sensitive;
  return term;
}

QuerySpec join(QuerySpec spec, const JoinRequest& request) {
  require_plain(spec, "join");
  const HomePtr& home = spec.context->home;
  if (home && request.target->home && home != request.target->home)
    refuse_two_homes(request.target->label(), *request.target->home, *home);
  if (has_source(spec, *request.target)) {
    throw QueryError("'" + request.target->label() + "' is already part of the query; join an alias of it");
  }
  JoinSpec join;
  join.kind = request.kind;
  join.from = spec.context;
  join.target = request.target;
  join.lateral = request.lateral;
  if (request.lateral && request.kind != sql::JoinKind::inner && request.kind != sql::JoinKind::left &&
      request.kind != sql::JoinKind::cross)
    throw QueryError("a lateral join is an inner or a left one: what it reads stands on its left");
  if (request.lateral && request.target->kind != SourceKind::subquery)
    throw QueryError("only a subquery can be joined as lateral; '" + request.target->label() + "' is none");
  Candidate key;
  if (request.kind == sql::JoinKind::cross) {
    if (request.on) throw QueryError("a cross join has no condition; use an inner join with on");
  } else if (!request.on && request.lateral) {
    // What the subquery names of the rows before it is the condition.
  } else if (!request.on) {
    key = infer(join.from, join.target);
  } else {
    key = named_key(*request.on, join.from, join.target);
    if (key.relation == nullptr) {
      if (request.on->type.kind != TypeKind::boolean && request.on->type.kind != TypeKind::unknown) {
        throw QueryError("on must be a condition or a foreign key; " + describe(*request.on) + " is " +
                         to_string(request.on->type));
      }
      join.on = request.on;
      key = key_in_predicate(request.on, join.from, join.target);
      join.partial = may_keep_out(request, key);
    }
  }
  if (!join.on && key.relation != nullptr) {
    join.on = key.forward ? relation_condition(*key.relation, join.from, join.target)
                          : relation_condition(*key.relation, join.target, join.from);
  }
  if (join.kind == sql::JoinKind::full && join.on) require_equality(spec, join.on, join.target);
  place(join, key, request.attr);
  const bool moves = request.kind != sql::JoinKind::cross &&
                     (join.target->kind == SourceKind::model ||
                      (join.target->kind == SourceKind::subquery && join.target->model != nullptr));
  spec.joins.push_back(join);
  if (moves) spec.context = request.target;
  return spec;
}

QuerySpec switch_to(QuerySpec spec, const SourcePtr& source) {
  require_plain(spec, "switch_to");
  if (!source) {
    spec.context = spec.root;
    return spec;
  }
  if (!has_source(spec, *source)) {
    throw QueryError("'" + source->label() + "' is not part of the query; it has " + quote_list(part_names(spec)));
  }
  spec.context = source;
  return spec;
}

SourcePtr as_subquery(const SpecPtr& spec, std::string_view alias) {
  if (!is_identifier(alias))
    throw QueryError("alias " + quote(alias) + " is not an identifier; use letters, digits and '_', at most 63");
  auto source = std::make_shared<Source>();
  source->kind = SourceKind::subquery;
  source->alias = alias;
  source->query = spec;
  source->outputs = output_columns(*spec);
  const QuerySpec& first = spec->leftmost();
  if (first.root) {
    source->registry = first.root->registry;
    source->home = first.root->home;
  }
  return source;
}

SourcePtr as_cte(const SpecPtr& spec, std::string_view name, const std::vector<std::string>& columns) {
  auto source = std::make_shared<Source>(*as_subquery(spec, name));
  source->kind = SourceKind::cte;
  if (!columns.empty() && columns.size() != source->outputs.size()) {
    throw QueryError("the CTE '" + std::string(name) + "' names " + std::to_string(columns.size()) +
                     " columns, its query selects " + std::to_string(source->outputs.size()));
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!is_identifier(columns[i]))
      throw QueryError("column " + quote(columns[i]) + " of the CTE '" + std::string(name) + "' is not an identifier");
    source->outputs[i].name = columns[i];
  }
  return source;
}

SourcePtr as_values(std::string_view alias, const std::vector<std::string>& columns,
                    std::vector<std::vector<TermPtr>> rows) {
  if (!is_identifier(alias))
    throw QueryError("alias " + quote(alias) + " is not an identifier; use letters, digits and '_', at most 63");
  if (rows.empty() || columns.empty()) throw QueryError("a list of values needs a row and a column");
  auto source = std::make_shared<Source>();
  source->kind = SourceKind::values;
  source->alias = alias;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!is_identifier(columns[i]))
      throw QueryError("column " + quote(columns[i]) + " of '" + std::string(alias) + "' is not an identifier");
    std::vector<TermPtr> cells;
    bool nullable = false;
    bool sensitive = false;
    for (const std::vector<TermPtr>& row : rows) {
      if (row.size() != columns.size()) {
        throw QueryError("a row of '" + std::string(alias) + "' has " + std::to_string(row.size()) + " values for " +
                         std::to_string(columns.size()) + " columns");
      }
      cells.push_back(row[i]);
      sensitive = sensitive || is_sensitive(*row[i]);
      nullable = nullable || row[i]->nullable;
    }
    const Type type = unify(cells, columns[i]);
    for (const TermPtr& cell : cells) {
      if (is_parameter(*cell) && cell->type.kind == TypeKind::unknown)
        throw QueryError(describe(*cell) + " has no type in the values of '" + std::string(alias) +
                         "'; give it one: param(name, type)");
    }
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row][i] = cells[row];
    source->outputs.push_back({columns[i], type, nullable, sensitive});
  }
  source->rows = std::move(rows);
  require_different_columns(*source);
  return source;
}

}  // namespace dorm::query
