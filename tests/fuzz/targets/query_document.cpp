// Query documents: parsed, printed, parsed again and run, by a trusted and by an untrusted caller.
#include "dorm/dorm.hpp"
#include "fuzz/target.hpp"

namespace dorm::fuzz {
namespace {

constexpr std::string_view schema = R"({"dorm": 1, "models": {
  "Album": {"fields": {"name": {"type": "string", "max_length": 100}, "secret": {"type": "text", "nullable": true,
    "sensitive": true}, "price": {"type": "decimal", "precision": 12, "scale": 4, "nullable": true}}},
  "Tag": {"fields": {"word": {"type": "text"}}},
  "Track": {"fields": {
    "album": {"type": "foreign_key", "to": "Album", "nullable": true, "backref": "tracks"},
    "title": {"type": "string", "max_length": 100},
    "position": {"type": "integer"},
    "released": {"type": "datetime", "nullable": true},
    "live": {"type": "boolean", "default": false},
    "tags": {"type": "many_to_many", "to": "Tag", "backref": "tracks"}
  }}}})";

Database opened() {
  Database db = Database::open("sqlite::memory:", Registry::parse(schema));
  db.create_tables();
  const Row album = db["Album"].create({{"name", "Malibu"}, {"secret", "canary"}});
  db["Track"].create({{"title", "Heart"}, {"position", 2}, {"album", album.key().fields.front().second}});
  return db;
}

// A statement that the database refuses is a mistake of ours; what depends on the values is not.
template <class Run>
void allow_typed(const Run& run) {
  try {
    run();
  } catch (const QueryError&) {
  } catch (const DataError&) {
  } catch (const LimitError&) {
  } catch (const ResourceLimit&) {
  }
}

QueryDocument parsed_again(const Database& db, const std::string& text) {
  try {
    return QueryDocument::parse(db, text);
  } catch (const Error& error) {
    require(false, "a printed document parses: " + text + ": " + error.what());
    throw;
  }
}

std::string sql_of(const QueryDocument& document) {
  std::string text;
  allow_typed([&] { text = document.objects().sql().sql; });
  return text;
}

void round_trip(const Database& db, const QueryDocument& document) {
  const std::string text = document.to_json();
  const QueryDocument again = parsed_again(db, text);
  require(again.to_json() == text, "a printed document prints as itself");
  require(sql_of(document) == sql_of(again), "a printed document asks the same");
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      R"({"model": "Track", "filter": {"album__name": "Malibu", "position": {"gte": 1, "lt": "9"}}, "limit": 3})",
      R"({"model": "Album", "prefetch_related": [{"path": "tracks", "filter": {"title__contains": "a"}, "limit": 1,
        "order_by": "-position", "as": "best", "fields": ["title"], "select_related": ["album"]}]})",
      R"({"model": "Track", "filter": [{"or": [{"title": "x"}, {"not": {"live": true}}]}, {"tags__word__in": ["a"]}],
        "order_by": ["-title", {"by": "released", "nulls": "last", "descending": true}], "reverse": true})",
      R"({"model": "Album", "annotate": {"n": {"count": "tracks", "filter": {"position__gt": 1}, "distinct": true},
        "p": "price"}, "filter": {"n__gte": 0}, "values": ["name", "n"]})",
      R"({"model": "Track", "annotate": {"n": {"count": "id"}}, "group_by": ["album__name", "released__year"],
        "having": {"n": {"gt": 0}}, "order_by": ["n"]})",
      R"({"model": "Album", "any": {"path": "tracks", "filter": {"live": false}}, "none": [{"path": "tracks__tags"}],
        "every": {"path": "tracks", "filter": {"position": {"range": [1, 2]}}}, "select_all": "follow"})",
      R"({"model": "Track", "exclude": {"released__date": "2026-11-21"}, "slice": [-3, -1], "load_all": true})",
      R"({"model": "Track", "select_related": "album", "exclude_fields": [{"album": ["price"]}], "lazy": {"": "raise"},
        "load_required": false, "distinct": true, "values": true, "raw_limit": true, "offset": 1})",
      R"({"model": "Album", "load_related": ["tracks__tags"], "strategy": {"tracks": "subquery"},
        "filter": {"price": "1.5", "secret__isnull": true, "tracks": null}})",
  };
}

void run(std::string_view text) {
  static const Database db = opened();
  static const Policy policy = Policy()
                                   .allow("Album", {"name", "tracks"})
                                   .allow("Track", {"title", "position", "released", "album", "tags"})
                                   .allow("Tag");
  allow_typed([&] {
    const QueryDocument document = QueryDocument::parse(db, text);
    round_trip(db, document);
    document.run_json();
  });
  allow_typed([&] {
    const QueryDocument document = QueryDocument::parse(db, text, policy);
    require(document.run_json().find("canary") == std::string::npos, "what is sensitive is not told");
  });
}

}  // namespace dorm::fuzz
