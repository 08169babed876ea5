#include "law/compare.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "graph/node.hpp"

namespace dorm::test::law {
namespace {

struct Differ {
  std::string text;
};

class Comparison {
 public:
  void rows(const std::vector<Found*>& expected, const Rows& actual, const std::string& where) {
    if (expected.size() != actual.size() || !std::equal(expected.begin(), expected.end(), actual.begin(), equal_keys))
      throw Differ{where + ": expected " + keys_of(expected) + ", got " + keys_of(actual)};
    for (std::size_t i = 0; i < expected.size(); ++i)
      row(*expected[i], actual[i], where + "[" + std::to_string(i) + "]");
  }

 private:
  using Place = std::pair<const void*, std::uint32_t>;
  static Place place_of(const Row& row) { return {row.node().get(), row.slot()}; }

  static std::string key_of(const Found& found) {
    std::string text;
    for (const std::uint32_t field : found.model->primary_key)
      text += (text.empty() ? "" : "/") + (*found.record)[field].to_text();
    return text;
  }
  static std::string key_of(const Row& row) {
    std::string text;
    for (const std::uint32_t field : row.model()->primary_key)
      text += (text.empty() ? "" : "/") + row[row.model()->fields[field].name].to_text();
    return text;
  }
  static bool equal_keys(const Found* found, const Row& row) {
    return found->model->name == row.model()->name && key_of(*found) == key_of(row);
  }
  static const Found& deref(const Found* found) { return *found; }
  static const Row& deref(const Row& row) { return row; }
  template <class List>
  static std::string keys_of(const List& list) {
    std::string text;
    for (const auto& item : list) text += (text.empty() ? "" : ", ") + key_of(deref(item));
    return "[" + text + "]";
  }

  void row(const Found& expected, const Row& actual, const std::string& where) {
    const auto [seen, is_new] = actual_of_.try_emplace(&expected, place_of(actual));
    const auto [same, is_new_too] = expected_of_.try_emplace(place_of(actual), &expected);
    if (seen->second != place_of(actual))
      throw Differ{where + ": expected the same row as elsewhere, got another one that is equal"};
    if (same->second != &expected) throw Differ{where + ": expected a row of its own, got one that is elsewhere, too"};
    if (!is_new || !is_new_too) return;
    if (!equal_keys(&expected, actual))
      throw Differ{where + ": expected " + key_of(expected) + ", got " + key_of(actual)};
    for (const FieldInfo& info : expected.model->fields) field(expected, actual, info, where);
    for (const RelationInfo& info : expected.model->relations) {
      if (info.name.empty()) continue;
      const auto led = expected.relations.find(info.index);
      relation(led == expected.relations.end() ? nullptr : &led->second, info, actual, info.name,
               where + "." + info.name);
    }
    for (const auto& [index, led] : expected.named)
      relation(&led, expected.model->relations[index], actual, "aside_" + expected.model->relations[index].name,
               where + ".aside");
  }

  static void field(const Found& expected, const Row& actual, const FieldInfo& info, const std::string& where) {
    // Keys may come along to attach rows to each other.
    const bool may_come =
        info.relation != no_index || info.name.size() > 1 || info.name == "u" || info.name == "a" || info.name == "b";
    const bool loaded = actual.is_loaded(info.name);
    if (loaded != expected.loaded[info.index] && !(loaded && may_come))
      throw Differ{where + "." + info.name + (loaded ? ": is loaded" : ": is not loaded")};
    if (loaded && !(actual[info.name].value() == (*expected.record)[info.index]))
      throw Differ{where + "." + info.name + ": expected " + (*expected.record)[info.index].to_text() + ", got " +
                   actual[info.name].value().to_text()};
  }

  void relation(const Led* expected, const RelationInfo& info, const Row& actual, const std::string& name,
                const std::string& where) {
    if (!actual.is_loaded(name)) {
      if (expected != nullptr) throw Differ{where + ": is not loaded"};
      return;
    }
    if (expected == nullptr) {
      // A key that is null is known without asking.
      if (info.to_many() || !actual[name].is_null()) throw Differ{where + ": is loaded"};
      return;
    }
    if (expected->asked) {
      const graph::Relation* entry = actual.node()->find_span(actual.slot(), std::string_view(name)).relation;
      if (info.to_many() && entry->partial != expected->partial)
        throw Differ{where + (entry->partial ? ": is partial" : ": is not partial")};
    }
    if (info.to_many()) {
      const Related related = actual.related(name);
      rows(expected->rows, related.rows(), where);
      if (info.through != no_index) links(*expected, info, actual, name, where);
      return;
    }
    if (expected->rows.empty() != actual[name].is_null())
      throw Differ{where + ": expected " + keys_of(expected->rows) + ", got " +
                   (actual[name].is_null() ? "null" : key_of(actual[name].row()))};
    if (expected->rows.empty()) return;
    const Row target = actual[name].row();
    if (expected->asked) {
      row(*expected->rows.front(), target, where);
      return;
    }
    // Shared by several parents: one of them.
    const auto met = expected_of_.find(place_of(target));
    if (met == expected_of_.end()
            ? !equal_keys(expected->rows.front(), target)
            : std::find(expected->rows.begin(), expected->rows.end(), met->second) == expected->rows.end())
      throw Differ{where + ": does not lead back to the row it was reached from"};
  }

  static void links(const Led& expected, const RelationInfo& info, const Row& actual, const std::string& name,
                    const std::string& where) {
    const graph::Node::Found found = actual.node()->find_span(actual.slot(), std::string_view(name));
    if (found.relation->links == nullptr) return;
    const graph::Shape& shape = *found.relation->links->shape;
    for (std::size_t i = 0; i < expected.links.size(); ++i) {
      const Row link(std::shared_ptr<graph::Node>(actual.node(), found.relation->links),
                     found.relation->link_slot(found.span.begin + static_cast<std::uint32_t>(i)));
      for (const std::uint32_t field : shape.model->primary_key)
        if (!(link[shape.model->fields[field].name].value() == (*expected.links[i])[field]))
          throw Differ{where + ": link " + std::to_string(i) + " is " + key_of(link)};
      // Rows that are fetched are shared, so a link can lead to the one that stands beside it.
      const std::string& target = shape.model->relations[info.through_target].name;
      if (link.is_loaded(target) && !link[target].row().same_row(actual.related(name).rows()[i]))
        throw Differ{where + ": link " + std::to_string(i) + " leads to another row than the list holds"};
    }
  }

  std::map<const Found*, Place> actual_of_;
  std::map<Place, const Found*> expected_of_;
};

}  // namespace

std::string difference(const Answer& expected, const Rows& actual) {
  try {
    Comparison().rows(expected.rows, actual, expected.rows.empty() ? "rows" : expected.rows.front()->model->name);
    return {};
  } catch (const Differ& differ) {
    return differ.text;
  }
}

}  // namespace dorm::test::law
