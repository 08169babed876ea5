// Paths, wherever QuerySets take them: names of a registry or typed errors, never SQL.
#include "dorm/dorm.hpp"
#include "fuzz/target.hpp"

namespace dorm::fuzz {
namespace {

constexpr std::string_view schema = R"({"dorm": 1, "models": {
  "Album": {"fields": {"name": {"type": "text"}, "released": {"type": "date", "nullable": true}}},
  "Tag": {"fields": {"word": {"type": "text"}}},
  "Track": {"fields": {
    "album": {"type": "foreign_key", "to": "Album", "nullable": true, "backref": "tracks"},
    "title": {"type": "text"},
    "position": {"type": "integer"},
    "at": {"type": "datetime", "nullable": true},
    "tags": {"type": "many_to_many", "to": "Tag", "backref": "tracks"}
  }}}})";

// Run, too: what was built must be SQL that a database takes.
template <class Action>
void ask(const Action& action) {
  try {
    action();
  } catch (const QueryError&) {
  } catch (const DataError&) {
  } catch (const LimitError&) {
  }
}

}  // namespace

std::vector<std::string> seeds() {
  return {"title",
          "-title",
          "album__name__icontains",
          "album.name",
          "pk__in",
          "tracks__tags",
          "album__tracks",
          "at__year__gte",
          "at__date__range",
          "tags__word__startswith",
          "album__isnull",
          "tracks__position",
          "album__released__week_day",
          "position__ne",
          "tags__track_tag__id",
          "title__regex",
          "a___b"};
}

void run(std::string_view text) {
  static const Database db = [] {
    Database made = Database::open("sqlite::memory:", Registry::parse(schema));
    made.create_tables();
    return made;
  }();
  static const std::vector<Value> values{Value("a"), Value(1), Value(nullptr), Value(true), Value(Values{1, 2})};
  const std::string path(text);
  for (const char* model : {"Track", "Album"}) {
    const QuerySet rows = db[model].objects();
    for (const Value& value : values) {
      ask([&] {
        if (value.kind() == ValueKind::list) {
          rows.filter(Filter(Lookup(path, value.list()))).all();
        } else {
          rows.filter(Filter(Lookup(path, Expr(value)))).all();
        }
      });
    }
    ask([&] { rows.order_by(path).all(); });
    ask([&] { rows.select_related(path).all(); });
    ask([&] { rows.prefetch_related(Prefetch(path)).all(); });
    ask([&] { rows.load_related(Prefetch(path).limit(1)).all(); });
    ask([&] { rows.fields(path).all(); });
    ask([&] { rows.exclude_fields(path).all(); });
    ask([&] { rows.filter(any(path)).all(); });
    ask([&] { rows.annotate("n", Aggregate::count(path)).all(); });
    ask([&] { rows.group_by({path}).annotate("n", Aggregate::max(path)).values(); });
    ask([&] { rows.values({path}); });
    ask([&] { rows.sum(path); });
  }
}

}  // namespace dorm::fuzz
