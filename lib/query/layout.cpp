#include "query/layout.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "dorm/error.hpp"

namespace dorm::query {
namespace {

class Layout {
 public:
  explicit Layout(Plan& plan) : plan_(plan) {}

  void run(const QuerySpec& whole) {
    const QuerySpec& spec = whole.leftmost();
    const std::vector<TermPtr> terms = expanded_outputs(spec);
    const std::vector<OutputColumn> columns = output_columns(whole);
    const bool flat = whole.mode != RowMode::models || !spec.root || spec.root->model == nullptr;
    parents_ = whole.parents && !flat;
    std::vector<Part> parts(1);
    parts[0].source = spec.root;
    parts[0].needed = true;
    if (!flat) {
      for (const JoinSpec& join : spec.joins) {
        Part part;
        part.source = join.target;
        part.join = &join;
        parts.push_back(std::move(part));
      }
    }
    for (std::size_t i = 0; i < terms.size(); ++i) {
      const auto column = static_cast<std::uint16_t>(i);
      const Term& term = *terms[i];
      const Term& inner = unaliased(term);
      plan_.statement.columns.push_back({columns[i].type, describe(term)});
      if (const Source* list = list_placed_by(spec, terms[i])) {
        part_of(parts, *list).place = column;
        continue;
      }
      Part* part = parts.data();
      if (!flat && inner.source)
        for (Part& candidate : parts)
          if (same_source(*candidate.source, *inner.source)) part = &candidate;
      part->needed = true;
      const bool own_field = !flat && term.kind != TermKind::alias && field_of(term) != nullptr &&
                             same_source(*part->source, *term.source) && part->source->model == term.source->model;
      if (own_field) {
        part->fields.emplace_back(column, field_of(term)->index);
      } else {
        part->extras.push_back(
            {unique_name(*part, member_name(term, columns[i])), columns[i].type, columns[i].sensitive});
        part->extra_columns.push_back(column);
      }
    }
    // A source that only leads to a needed one is needed too.
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      if (part->needed && part->join != nullptr) part_of(parts, *part->join->from).needed = true;
    for (Part& part : parts)
      if (part.needed) add_segment(parts, part, flat);
    if (parents_) find_distinct(spec);
    // A relation that was joined itself is not also filled from its other side.
    for (SegmentPlan& segment : plan_.segments) {
      for (const SegmentPlan& below : plan_.segments) {
        const bool there = below.parent != graph::RowSink::none && &plan_.segments[below.parent] == &segment &&
                           below.relation == segment.inverse;
        if (there && segment.inverse != no_index) segment.inverse = no_index;
      }
    }
  }

 private:
  struct Part {
    SourcePtr source;
    const JoinSpec* join = nullptr;                               // null for the root
    std::vector<std::pair<std::uint16_t, std::uint32_t>> fields;  // result column, field
    std::vector<graph::Shape::Extra> extras;
    std::vector<std::uint16_t> extra_columns;
    std::uint32_t place = graph::RowSink::none;  // column
    bool needed = false;
    std::uint32_t segment = graph::RowSink::none;
  };

  static std::string unique_name(const Part& part, const std::string& wanted) {
    const auto taken = [&](const std::string& name) {
      return std::any_of(part.extras.begin(), part.extras.end(), [&](const auto& extra) { return extra.name == name; });
    };
    if (!taken(wanted)) return wanted;
    for (int i = 2;; ++i)
      if (std::string name = wanted + "_" + std::to_string(i); !taken(name)) return name;
  }

  // As a member of a flat row: fields by their accessor.
  static std::string member_name(const Term& term, const OutputColumn& column) {
    if (term.kind == TermKind::alias) return term.name;
    if (const FieldInfo* field = field_of(term)) return field->name;
    return column.name;
  }

  static const Source* list_placed_by(const QuerySpec& spec, const TermPtr& term) {
    for (const OutputSpec& output : spec.outputs)
      if (output.is_place() && output.term == term) return output.source.get();
    return nullptr;
  }

  // Without a second list beside it, joined for whatever reason, a list repeats none of its rows.
  void find_distinct(const QuerySpec& spec) {
    const auto is_list = [](const JoinSpec& join) {
      return join.target->from && !join.target->links &&
             join.target->from->model->relations[join.target->via].to_many();
    };
    if (std::count_if(spec.joins.begin(), spec.joins.end(), is_list) != 1) return;
    for (SegmentPlan& segment : plan_.segments) {
      if (segment.fold != graph::RowSink::Fold::many) continue;
      bool shared = false;
      for (std::uint32_t i = segment.parent; i != graph::RowSink::none; i = plan_.segments[i].parent)
        shared = shared || plan_.segments[i].shared;
      segment.distinct = !shared;
    }
  }

  // One name on a row is one thing.
  static void require_place(const std::vector<Part>& parts, const Part& part, const Part& from) {
    const std::string& name = part.join->accessor;
    const auto refuse = [&](const std::string& other) {
      throw QueryError("'" + name + "' on a row of '" + from.source->label() + "' would be both the row of '" +
                       part.source->label() + "' and " + other + "; give one of them another name with attr");
    };
    for (const Part& other : parts) {
      const bool same_place = &other != &part && other.needed && other.join != nullptr &&
                              other.join->accessor == name && same_source(*other.join->from, *part.join->from);
      if (same_place) refuse("that of '" + other.source->label() + "'");
    }
    for (const graph::Shape::Extra& extra : from.extras)
      if (extra.name == name) refuse("a selected expression");
  }

  static Part& part_of(std::vector<Part>& parts, const Source& source) {
    for (Part& part : parts)
      if (same_source(*part.source, source)) return part;
    return parts.front();
  }

  void add_segment(std::vector<Part>& parts, Part& part, bool flat) {
    SegmentPlan segment;
    auto shape = std::make_shared<graph::Shape>();
    const ModelInfo* model = flat || !part.source ? nullptr : part.source->model;
    shape->model = model;
    shape->fields = model == nullptr ? 0 : static_cast<std::uint32_t>(model->fields.size());
    shape->extras = part.extras;
    if (model != nullptr) {
      for (const graph::Shape::Extra& extra : part.extras) {
        if (model->find(extra.name)) {
          throw QueryError("the alias '" + extra.name + "' is a member of '" + model->name +
                           "' already; choose another, or use objects()");
        }
      }
    }
    const bool root = part.join == nullptr;
    // A joined row is stored once per key, however many rows of the result repeat it; so is the root where rows fold.
    const bool plain_root = root && !parents_;
    std::vector<std::uint32_t> key = plain_root || model == nullptr ? std::vector<std::uint32_t>{} : model->primary_key;
    for (const std::uint32_t field : key) {
      if (std::none_of(part.fields.begin(), part.fields.end(),
                       [&](const auto& item) { return item.second == field; })) {
        key.clear();
        break;
      }
    }
    // Aliased expressions belong to the row of the result, not to the key.
    if (!part.extras.empty() && !(root && parents_)) key.clear();
    for (const std::uint32_t field : key) {
      for (const auto& [column, index] : part.fields)
        if (index == field) {
          segment.key.push_back({column, static_cast<std::uint16_t>(index)});
          break;
        }
    }
    for (const auto& [column, field] : part.fields) {
      const bool in_key = std::any_of(segment.key.begin(), segment.key.end(),
                                      [&, c = column](const auto& target) { return target.column == c; });
      if (!in_key) segment.columns.push_back({column, static_cast<std::uint16_t>(field)});
    }
    for (std::size_t i = 0; i < part.extra_columns.size(); ++i) {
      segment.columns.push_back({part.extra_columns[i], static_cast<std::uint16_t>(shape->fields + i)});
    }
    if (!root && parents_) {
      fold(parts, part, segment);
    } else if (!root) {
      Part& from = part_of(parts, *part.join->from);
      segment.parent = from.segment;
      segment.relation = part.join->relation;
      segment.accessor = part.join->accessor;
      if (segment.accessor.empty()) {
        throw QueryError("the joined rows of '" + part.source->label() + "' need a name of their own on '" +
                         from.source->label() + "'; give one with attr");
      }
      require_place(parts, part, from);
      segment.absent_is_null = part.join->kind != sql::JoinKind::inner && part.join->kind != sql::JoinKind::cross;
      const bool may_miss = segment.absent_is_null || plan_.segments[from.segment].optional;
      const bool has_columns = !part.fields.empty() || !part.extras.empty();
      segment.optional = may_miss && has_columns;
      segment.shell = may_miss && !has_columns;
    }
    if (!root) mark(part, segment);
    segment.shape = std::move(shape);
    part.segment = static_cast<std::uint32_t>(plan_.segments.size());
    plan_.segments.push_back(std::move(segment));
  }

  // How joined rows hang on the rows of their parents, where these are kept once each.
  void fold(std::vector<Part>& parts, Part& part, SegmentPlan& segment) {
    using Fold = graph::RowSink::Fold;
    const Source& target = *part.join->target;
    Part* from = &part_of(parts, *part.join->from);
    if (target.from && target.links) {
      segment.parent = from->segment;
      segment.optional = true;
      return;
    }
    if (from->join != nullptr && from->join->target->links) {
      segment.links = from->segment;
      from = &part_of(parts, *from->join->from);
    }
    segment.parent = from->segment;
    segment.relation = part.join->relation;
    segment.accessor = part.join->accessor;
    segment.absent_is_null = true;
    segment.optional = true;
    const bool many = segment.relation != no_index && from->source->model->relations[segment.relation].to_many();
    segment.fold = many ? Fold::many : Fold::one;
    segment.place = part.place;
    if (segment.accessor.empty() || (many && segment.key.empty()))
      throw QueryError("internal: joined rows of '" + part.source->label() + "' cannot be told apart");
  }

  // What is known of a joined row beyond its columns.
  void mark(const Part& part, SegmentPlan& segment) {
    segment.shared = part.join->shared;
    segment.partial = part.join->partial;
    segment.lazy = part.join->lazy;
    const Source& target = *part.join->target;
    if (!target.from || target.links || target.model == nullptr) return;
    const RelationInfo& via = target.from->model->relations[target.via];
    if (via.inverse == no_index || via.through != no_index) return;
    const RelationInfo& back = target.model->relations[via.inverse];
    if (back.to_many() || back.name.empty()) return;
    segment.inverse = back.index;
    segment.inverse_accessor = back.name;
  }

  Plan& plan_;
  bool parents_ = false;
};

}  // namespace

void lay_out(const QuerySpec& spec, Plan& plan) { Layout(plan).run(spec); }

}  // namespace dorm::query
