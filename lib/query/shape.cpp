#include "query/shape.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "dorm/error.hpp"

namespace dorm::query {
namespace {

class Shaper {
 public:
  explicit Shaper(Shaped& shaped) : text_(shaped.text), slots_(shaped.slots), of_(shaped.of) {}

  void spec(const QuerySpec& spec) {
    const std::size_t outside = bound_.size();
    for (const SourcePtr& cte : spec.ctes) keep_bound(cte);
    keep_bound(spec.root);
    for (const JoinSpec& join : spec.joins) keep_bound(join.target);
    put('m', static_cast<std::uint64_t>(spec.mode));
    if (spec.parents) text_ += 'P';
    if (spec.returning) text_ += 'V';
    if (spec.set_op != sql::SetOp::none) {
      put('u', static_cast<std::uint64_t>(spec.set_op));
      text_ += '(';
      this->spec(*spec.left);
      text_ += ';';
      this->spec(*spec.right);
      text_ += ')';
    } else {
      if (spec.distinct) text_ += 'D';
      for (const TermPtr& term : spec.distinct_on) optional('d', term);
      if (spec.root) source(*spec.root);
      if (spec.default_projection) {
        text_ += '*';
      } else {
        text_ += '[';
        for (const OutputSpec& output : spec.outputs) {
          if (output.source) source(*output.source);
          if (output.term) term(*output.term);
          text_ += ',';
        }
        text_ += ']';
      }
      for (const JoinSpec& join : spec.joins) {
        put('j', static_cast<std::uint64_t>(join.kind));
        source(*join.from);
        source(*join.target);
        name(join.accessor);
        put('r', join.relation);
        if (join.lateral) text_ += 'l';
        if (join.shared) text_ += 's';
        if (join.lazy != LazyPolicy::unset) put('z', static_cast<std::uint64_t>(join.lazy));
        if (join.partial) text_ += 'p';
        if (join.on) term(*join.on);
      }
    }
    for (const SourcePtr& cte : spec.ctes) {
      text_ += 'c';
      source(*cte);
    }
    optional('w', spec.where);
    for (const TermPtr& group : spec.group_by) optional('g', group);
    if (spec.rollup) text_ += 'R';
    optional('h', spec.having);
    if (spec.lock.strength != sql::Lock::Strength::none) {
      put('k', static_cast<std::uint64_t>(spec.lock.strength));
      if (spec.lock.nowait) text_ += 'n';
      if (spec.lock.skip_locked) text_ += 's';
    }
    for (const OrderSpec& term : spec.order_by) order(term);
    number('l', spec.limit);
    number('f', spec.offset);
    bound_.resize(outside);
  }

  void target(const InsertTarget& into) {
    source(*into.table);
    for (const std::uint32_t field : into.fields) put('i', field);
    for (const std::vector<TermPtr>& row : into.rows) {
      text_ += '(';
      for (const TermPtr& value : row) term(*value);
      text_ += ')';
    }
    put('a', static_cast<std::uint64_t>(into.action));
    for (const std::uint32_t field : into.conflict) put('c', field);
    changes(into.set);
    optional('w', into.where);
    if (into.returned) {
      text_ += 'V';
      spec(*into.returned);
    }
  }

  void changes(std::span<const Change> changes) {
    for (const Change& change : changes) {
      put('s', change.field);
      term(*change.value);
    }
  }

 private:
  void put(char tag, std::uint64_t value) {
    text_ += tag;
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value);
    text_.append(digits, end.ptr);
  }

  // A name with its length in front: no separator in it can be mistaken.
  void name(const std::string& name) {
    put('\'', name.size());
    text_ += ':';
    text_ += name;
  }

  void type(const Type& type) {
    put('t', static_cast<std::uint64_t>(type.kind));
    if (type.kind == TypeKind::decimal) {
      put('.', type.scale);
      put('p', type.precision);
    }
    if (type.max_length != 0) put('l', type.max_length);
    if (type.storage != Storage::native) put('s', static_cast<std::uint64_t>(type.storage));
    if (!type.timezone) text_ += 'z';
  }

  void order(const OrderSpec& order) {
    text_ += order.descending ? "o-" : "o+";
    put('n', static_cast<std::uint64_t>(order.nulls));
    term(*order.term);
  }

  void frame(const sql::Frame& frame) {
    put('F', static_cast<std::uint64_t>(frame.unit));
    put('x', static_cast<std::uint64_t>(frame.exclude));
    put('a', static_cast<std::uint64_t>(frame.start));
    put('d', static_cast<std::uint64_t>(frame.start_distance));
    put('z', static_cast<std::uint64_t>(frame.end));
    put('d', static_cast<std::uint64_t>(frame.end_distance));
  }

  // What is written into the text: it is no value.
  void texts(const Values& pieces) {
    for (const Value& piece : pieces) {
      if (piece.kind() == ValueKind::text) {
        name(piece.text());
      } else {
        put('e', static_cast<std::uint64_t>(piece.integer()));
      }
    }
  }

  void optional(char tag, const TermPtr& term) {
    if (!term) return;
    text_ += tag;
    this->term(*term);
  }

  void number(char tag, const std::optional<std::int64_t>& number) {
    if (!number) return;
    text_ += tag;
    SlotValue slot;
    slot.number = *number;
    slot.type.kind = TypeKind::bigint;
    slot.origin = &number;
    slots_.push_back(slot);
  }

  // Terms may name the source that it was without values.
  void keep_bound(const SourcePtr& source) {
    if (source && source->unbound) bound_.push_back(source.get());
  }

  void source(const Source& named) {
    const auto bound = std::find_if(bound_.rbegin(), bound_.rend(),
                                    [&](const Source* with) { return identity(*with) == identity(named); });
    const Source& source = bound == bound_.rend() ? named : **bound;
    if (source.home) {
      if (of_ == nullptr) of_ = &source;
      if (of_->home != source.home) refuse_two_homes(source.label(), *source.home, *of_->home);
    }
    const Source* same = identity(source);
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      // The same with other values is another one.
      const bool has_other_values = source.unbound && shaped_[i] != &source;
      if (!has_other_values && same_source(*sources_[i], source)) {
        put('#', i);
        // The same model in another snapshot may have other numbers.
        if (sources_[i]->model != source.model) put('v', source.registry.generation());
        return;
      }
    }
    if (source.from) {
      put(source.links ? 'L' : 'P', source.via);
      this->source(*source.from);
    }
    sources_.push_back(same);
    shaped_.push_back(&source);
    put('S', static_cast<std::uint64_t>(source.kind));
    if (source.model != nullptr) {
      put('i', source.model->id);
      put('v', source.registry.generation());
    }
    name(source.alias);
    if (source.materialized != sql::CommonTable::Materialized::automatic)
      put('M', static_cast<std::uint64_t>(source.materialized));
    if (!source.rows.empty()) {
      for (const OutputColumn& column : source.outputs) name(column.name);
      text_ += '(';
      for (const std::vector<TermPtr>& row : source.rows)
        for (const TermPtr& cell : row) term(*cell);
      text_ += ')';
    }
    if (source.query) {
      for (const OutputColumn& column : source.outputs) name(column.name);
      text_ += '{';
      spec(*source.query);
      text_ += '}';
    }
  }

  void value(const Term& term) {
    if (const std::uint32_t known = index_.find(slots_, &term); known != SlotIndex::none) {
      put('=', known);
      return;
    }
    text_ += '?';
    if (term.value.is_null() && !term.bound) text_ += 'N';
    const bool list = term.value.kind() == ValueKind::list;
    if (list) text_ += term.value.list().empty() ? 'E' : 'A';
    type(term.type);
    if (list && is_spread(term.type) && !term.value.list().empty()) {
      const Values& items = term.value.list();
      const std::size_t padded = std::bit_ceil(items.size());
      put('B', padded);
      for (std::size_t i = 0; i < padded; ++i) {
        SlotValue slot;
        slot.value = &items[std::min(i, items.size() - 1)];
        slot.type = term.type;
        slot.origin = i == 0 ? &term : nullptr;
        slots_.push_back(slot);
      }
      return;
    }
    SlotValue slot;
    slot.value = &term.value;
    slot.type = term.type;
    slot.array = list;
    slot.origin = &term;
    slots_.push_back(slot);
  }

  void term(const Term& term) {
    if (term.kind == TermKind::value) {
      value(term);
      return;
    }
    if (is_parameter(term)) throw QueryError(describe(term) + " has no value; give it with bind()");
    put('k', static_cast<std::uint64_t>(term.kind));
    if (term.op != 0) put('p', term.op);
    if (term.negated) text_ += '!';
    if (term.distinct) text_ += 'D';
    if (term.settled) text_ += 'T';
    if (term.index != no_index) put('i', term.index);
    if (!term.name.empty()) name(term.name);
    // What the program says of a type decides how it is read.
    if (term.kind == TermKind::cast || term.kind == TermKind::call || term.kind == TermKind::raw) type(term.type);
    if (term.source) source(*term.source);
    if (term.query) {
      text_ += '{';
      spec(*term.query);
      text_ += '}';
    }
    for (const OrderSpec& by : term.order) order(by);
    optional('f', term.filter);
    if (term.frame) frame(*term.frame);
    if (term.kind == TermKind::json_path || term.kind == TermKind::raw) texts(term.value.list());
    if (term.children.empty()) return;
    text_ += '(';
    for (const TermPtr& child : term.children) {
      this->term(*child);
      text_ += ',';
    }
    text_ += ')';
  }

  std::string& text_;
  std::vector<SlotValue>& slots_;
  const Source*& of_;
  SlotIndex index_;
  std::vector<const Source*> sources_;  // by identity
  std::vector<const Source*> shaped_;   // as they were met
  std::vector<const Source*> bound_;
};

}  // namespace

std::uint32_t SlotIndex::find(const std::vector<SlotValue>& slots, const void* origin) {
  constexpr std::size_t few = 64;
  if (slots.size() <= few) {
    for (std::uint32_t i = 0; i < slots.size(); ++i)
      if (slots[i].origin == origin) return i;
    return none;
  }
  for (; indexed_ < slots.size(); ++indexed_)
    if (slots[indexed_].origin != nullptr)
      known_.try_emplace(slots[indexed_].origin, static_cast<std::uint32_t>(indexed_));
  const auto found = known_.find(origin);
  return found == known_.end() ? none : found->second;
}

bool is_spread(const Type& type) noexcept { return type.kind == TypeKind::binary || type.storage == Storage::blob; }

Shaped shape_of(const QuerySpec& spec, Purpose purpose, std::span<const Change> changes, const InsertTarget* into) {
  Shaped shaped;
  shaped.text.reserve(128);
  shaped.text += static_cast<char>('0' + static_cast<int>(purpose));
  Shaper shaper(shaped);
  shaper.spec(spec);
  shaper.changes(changes);
  if (into != nullptr) shaper.target(*into);
  return shaped;
}

}  // namespace dorm::query
