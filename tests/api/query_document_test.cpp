// Query documents: each key is the call of a QuerySet, printed and parsed without loss; mistakes say where they are.
#include <nlohmann/json.hpp>

#include "api/music.hpp"
#include "support/json_schema.hpp"

namespace dorm::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

class QueryDocuments : public Music {
 protected:
  // What a set would run, as text: statements with their parameters, and the load plan.
  static std::string asked(const QuerySet& set) {
    const BoundSql bound = set.sql();
    std::string text = bound.sql + "\n";
    for (const Value& value : bound.parameters) text += value.to_text() + ",";
    if (set.request() && text.find("GROUP BY") == std::string::npos) text += "\n" + set.explain_load().to_text();
    return text;
  }

  static void expect_printed(const Database& db, const QueryDocument& document) {
    const std::string printed = document.to_json();
    const QueryDocument again = QueryDocument::parse(db, printed);
    EXPECT_EQ(again.to_json(), printed);
    EXPECT_EQ(asked(again.objects()), asked(document.objects())) << printed;
    EXPECT_EQ(again.values(), document.values()) << printed;
  }

  // The document asks what the calls ask, and both print as documents that ask it again.
  static void expect_same(const Database& db, const std::string& json, const QuerySet& calls) {
    SCOPED_TRACE(json);
    const QueryDocument document = QueryDocument::parse(db, json);
    EXPECT_EQ(asked(document.objects()), asked(calls));
    expect_printed(db, document);
    expect_printed(db, QueryDocument(calls, document.values()));
    EXPECT_THAT(json_schema_errors(nlohmann::json::parse(query_schema(db.registry())), nlohmann::json::parse(json)),
                IsEmpty());
  }

  static std::string refused(const Database& db, const std::string& json) {
    try {
      QueryDocument::parse(db, json);
    } catch (const DocumentError& error) {
      return error.pointer() + " | " + error.what();
    }
    return "accepted";
  }

  static std::string refused(const Database& db, const std::string& json, const Policy& policy) {
    try {
      QueryDocument::parse(db, json, policy);
    } catch (const DocumentError& error) {
      return error.what();
    }
    return "accepted";
  }
};
DORM_API_TESTS(QueryDocuments);

TEST_P(QueryDocuments, EachKeyIsACall) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects(), albums = db["Album"].objects();
  expect_same(db, R"({"model": "Track"})", tracks);
  expect_same(db, R"({"model": "Track", "filter": {"album__name": "Malibu", "position__gte": 2}})",
              tracks.filter({{"album__name", "Malibu"}, {"position__gte", 2}}));
  expect_same(db, R"({"model": "Track", "filter": {"position": {"gte": 1, "lt": 3}}})",
              tracks.filter({{"position__gte", 1}, {"position__lt", 3}}));
  expect_same(db, R"({"model": "Track", "filter": [{"title": "Heart"}, {"position": 2}]})",
              tracks.filter("title", "Heart").filter("position", 2));
  expect_same(db, R"({"model": "Track", "filter": {"or": [{"title": "Heart"}, {"not": {"position": 1}}]}})",
              tracks.filter(or_({Filter("title", "Heart"), not_(Filter("position", 1))})));
  expect_same(db, R"({"model": "Track", "filter": {"and": [{"title": "a"}, {"title": "b"}]}})",
              tracks.filter(and_({Filter("title", "a"), Filter("title", "b")})));
  expect_same(db, R"({"model": "Track", "filter": {"or": []}})", tracks.filter(or_({})));
  expect_same(db, R"({"model": "Track", "exclude": {"title__startswith": "The"}})",
              tracks.exclude("title__startswith", "The"));
  expect_same(db, R"({"model": "Track", "filter": {"album": null, "play_count__isnull": false}})",
              tracks.filter({{"album", nullptr}, {"play_count__isnull", false}}));
  expect_same(db, R"({"model": "Track", "filter": {"position": {"in": [1, "2"]}, "play_count": {"range": [1, 10]}}})",
              tracks.filter({{"position__in", Values{1, 2}}, {"play_count__range", Values{1, 10}}}));
  expect_same(db, R"({"model": "Album", "any": {"path": "tracks", "filter": {"position": 3}}, "none": "tracks"})",
              albums.filter(any("tracks", {{"position", 3}})).filter(none("tracks")));
  expect_same(
      db,
      R"({"model": "Album", "every": {"path": "tracks", "filter": {"position__gt": 0}},
                  "filter": {"or": [{"any": {"path": "tracks"}}, {"name": "Empty"}]}})",
      albums.filter(or_({any("tracks"), Filter("name", "Empty")})).filter(every("tracks", {{"position__gt", 0}})));
  expect_same(db, R"({"model": "Track", "order_by": ["-position", "album__name"], "reverse": true, "limit": 3})",
              tracks.order_by("-position", "album__name").reverse().limit(3));
  expect_same(db, R"({"model": "Track", "order_by": {"by": "play_count", "descending": true, "nulls": "last"}})",
              tracks.order_by(db["Track"]["play_count"].desc().nulls_last()));
  expect_same(db, R"({"model": "Track", "limit": 2, "offset": 1})", tracks.limit(2).offset(1));
  expect_same(db, R"({"model": "Track", "slice": [-3]})", tracks.slice(-3));
  expect_same(db, R"({"model": "Track", "slice": [-3, -1]})", tracks.slice(-3, -1));
  expect_same(db, R"({"model": "Track", "slice": [1, 4]})", tracks.slice(1, 4));
  expect_same(db, R"({"model": "Album", "select_related": "tracks", "raw_limit": true, "limit": 2})",
              albums.select_related("tracks").raw_limit().limit(2));
  expect_same(db, R"({"model": "Track", "select_related": ["album"], "fields": ["title", {"album": ["name"]}]})",
              tracks.select_related("album").fields({"title", FieldTree("album", {"name"})}));
  expect_same(db, R"({"model": "Track", "exclude_fields": "play_count"})", tracks.exclude_fields("play_count"));
  expect_same(db, R"({"model": "Album", "prefetch_related": ["tracks"]})", albums.prefetch_related("tracks"));
  expect_same(db,
              R"({"model": "Album", "prefetch_related": {"path": "tracks", "filter": {"position__gt": 1},
                  "order_by": "-position", "limit": 1, "offset": 1, "fields": ["title"], "select_related": "album",
                  "as": "later", "strategy": "key_set", "lazy": "raise"}})",
              albums.prefetch_related(Prefetch("tracks")
                                          .where("position__gt", 1)
                                          .order_by("-position")
                                          .limit(1)
                                          .offset(1)
                                          .fields({"title"})
                                          .select_related("album")
                                          .as("later")
                                          .strategy(Strategy::key_set)
                                          .lazy(LazyPolicy::raise)));
  expect_same(db,
              R"({"model": "Album", "prefetch_related": {"path": "tracks", "prefetch_related": [
                  {"path": "album", "fields": "name"}]}})",
              albums.prefetch_related(Prefetch("tracks").prefetch_related(Prefetch("album").fields("name"))));
  expect_same(db, R"({"model": "Album", "load_related": "tracks__album", "strategy": {"tracks": "subquery"}})",
              albums.load_related("tracks__album").strategy("tracks", Strategy::subquery));
  expect_same(db, R"({"model": "Album", "select_all": true})", albums.select_all());
  expect_same(db, R"({"model": "Album", "load_all": "follow"})", albums.load_all(true));
  expect_same(db, R"({"model": "Track", "load_required": false, "lazy": "raise"})",
              tracks.load_required(false).lazy(LazyPolicy::raise));
  expect_same(db, R"({"model": "Album", "select_related": "tracks", "lazy": {"": "batch", "tracks": "each"}})",
              albums.select_related("tracks").lazy(LazyPolicy::batch).lazy("tracks", LazyPolicy::each));
  expect_same(db,
              R"({"model": "Album", "annotate": {"n": {"count": "tracks", "filter": {"position__gt": 1}},
                  "most": {"max": "tracks__play_count"}}, "filter": {"n__gt": 1}, "order_by": ["-n"]})",
              albums.annotate("n", Aggregate::count("tracks").where({{"position__gt", 1}}))
                  .annotate("most", Aggregate::max("tracks__play_count"))
                  .filter("n__gt", 1)
                  .order_by("-n"));
  expect_same(db, R"({"model": "Track", "annotate": {"on": "album__name"}, "filter": {"on": "Malibu"}})",
              tracks.annotate("on", db["Track"]["album"]["name"]).filter("on", "Malibu"));
  expect_same(
      db,
      R"({"model": "Track", "annotate": {"n": {"count": "id", "distinct": true}, "plays": {"sum": "play_count"}},
                  "group_by": "album__name", "having": {"n": {"gt": 1}}, "order_by": "n"})",
      tracks.annotate("n", Aggregate::count("id").distinct())
          .annotate("plays", Aggregate::sum("play_count"))
          .group_by({"album__name"})
          .having({{"n__gt", 1}})
          .order_by("n"));
  expect_same(db, R"({"model": "Track", "distinct": true, "values": ["position"]})", tracks.distinct());
}

TEST_P(QueryDocuments, WhatTheProgramBuiltIsPrinted) {
  const Database db = music();
  const Model track = db["Track"];
  const QuerySet tracks = track.objects();
  const Row malibu = db["Album"].objects().get("name", "Malibu");
  for (const QuerySet& set :
       {tracks.filter(track["position"] >= 2), tracks.filter((track["title"] == "Heart") | !(track["position"] == 1)),
        tracks.filter(track["album"] == malibu), tracks.filter("album", malibu),
        tracks.filter("album__in", std::vector<Row>{malibu}), tracks.filter(track["album"]["name"].icontains("mal")),
        tracks.filter(track["position"].in(Values{1, 2})), tracks.filter(track["position"].between(1, 2)),
        tracks.filter(track["play_count"].is_null()), tracks.order_by(track["title"].desc()),
        tracks.filter("album.name", "Malibu"), tracks.filter({{"title", "a"}}).filter({{"title", "b"}}),
        tracks.paginate(2, 3)}) {
    expect_printed(db, QueryDocument(set));
  }
  EXPECT_EQ(QueryDocument(tracks.filter("position", 2).limit(1), std::vector<std::string>{"title"}).to_json(),
            R"({"model": "Track", "filter": {"position": 2}, "limit": 1, "values": ["title"]})");
  const auto refused = [](const QuerySet& set, const char* why) {
    EXPECT_THAT([&] { (void)QueryDocument(set).to_json(); },
                ThrowsMessage<QueryError>(HasSubstr("cannot be written as a document: " + std::string(why))));
  };
  refused(tracks.filter(track["position"] > track["play_count"]), "a condition compares two expressions");
  refused(tracks.filter(track["position"] + 1 > 2), "what a condition compares is an expression");
  refused(tracks.order_by(track["position"] + 1), "an order is an expression");
  refused(tracks.filter("pk__in", tracks.limit(1)), "a value is a query");
  refused(malibu.related("tracks").objects(), "");
}

TEST_P(QueryDocuments, ValuesHaveTheFormOfTheirField) {
  const Database db = open(R"({"dorm": 1, "models": {"Thing": {"fields": {
    "big": {"type": "bigint", "nullable": true}, "price": {"type": "decimal", "precision": 12, "scale": 4},
    "day": {"type": "date"}, "moment": {"type": "datetime"}, "flag": {"type": "boolean"}, "wide": {"type": "double"},
    "token": {"type": "uuid"}, "bytes": {"type": "binary"}, "any": {"type": "text"},
    "color": {"type": "enum", "values": ["red", "green"]}}}}})");
  db["Thing"].create({{"big", 9007199254740993},
                      {"price", Decimal::parse("12.5")},
                      {"day", Date::parse("2026-11-21")},
                      {"moment", DateTime::parse("2024-02-29T13:45:07Z")},
                      {"flag", true},
                      {"wide", 0.5},
                      {"token", Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")},
                      {"bytes", Blob{std::string("\0\1\2", 3)}},
                      {"any", "thing"},
                      {"color", "red"}});
  for (const char* filter :
       {R"({"big": 9007199254740993})", R"({"big": "9007199254740993"})", R"({"price": "12.5000"})",
        R"({"price": 12.5})", R"({"price": {"in": ["1", 12.5]}})", R"({"day": "2026-11-21"})",
        R"({"day": {"year": {"gte": 2026}}})", R"({"moment": "2024-02-29T13:45:07Z"})",
        R"({"moment__date": "2024-02-29"})", R"({"moment": {"hour": 13, "month": {"in": [2]}}})", R"({"flag": true})",
        R"({"wide": 0.5, "wide__lt": 1})", R"({"token": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"})",
        R"({"bytes": "AAEC"})", R"({"any__exact": "thing"})", R"({"color": {"ne": "green"}})"}) {
    const QueryDocument document =
        QueryDocument::parse(db, R"({"model": "Thing", "filter": )" + std::string(filter) + "}");
    EXPECT_EQ(document.run().size(), 1U) << filter;
    expect_printed(db, document);
    EXPECT_EQ(QueryDocument::parse(db, document.to_json()).run().size(), 1U) << document.to_json();
  }
  EXPECT_THAT(refused(db, R"({"model": "Thing", "filter": {"big": "9x"}})"), HasSubstr("/filter/big | "));
  EXPECT_THAT(refused(db, R"({"model": "Thing", "filter": {"flag": 1}})"), HasSubstr("an integer does not fit"));
  EXPECT_THAT(refused(db, R"({"model": "Thing", "filter": {"day": "yesterday"}})"), HasSubstr("/filter/day | "));
  EXPECT_THAT(refused(db, R"({"model": "Thing", "filter": {"color": "blue"}})"), HasSubstr("/filter/color | "));
  EXPECT_THAT(refused(db, R"({"model": "Thing", "filter": {"price": {"in": ["1", "x"]}}})"),
              HasSubstr("/filter/price/in/1 | "));
}

TEST_P(QueryDocuments, AMistakeSaysWhereItIsAndWhatWasMeant) {
  const Database db = music();
  const nlohmann::json schema = nlohmann::json::parse(query_schema(db.registry()));
  struct Case {
    const char* document;
    const char* pointer;
    const char* message;
    bool seen_by_schema = true;
  };
  const Case cases[] = {
      {R"([])", "", "a query document is an object"},
      {R"({})", "", "'model' is missing"},
      {R"({"model": "Trak"})", "/model", "did you mean 'Track'?"},
      {R"({"model": "Track", "filtr": {}})", "/filtr", "did you mean 'filter'?"},
      {R"({"model": "Track", "filter": {"titel": "x"}})", "/filter/titel", "did you mean 'title'?"},
      {R"({"model": "Track", "filter": {"title": {"startwith": "x"}}})", "/filter/title/startwith",
       "did you mean 'startswith'?"},
      {R"({"model": "Track", "filter": {"title__startwith": "x"}})", "/filter/title__startwith",
       "did you mean 'startswith'?"},
      {R"({"model": "Track", "filter": {"position": "many"}})", "/filter/position", "string does not fit"},
      {R"({"model": "Track", "filter": {"position": {}}})", "/filter/position", "holds operators"},
      {R"({"model": "Track", "filter": {"position": [1, 2]}})", "/filter/position", "'in' takes lists"},
      {R"({"model": "Track", "filter": {"position": {"in": [{"a": 1}]}}})", "/filter/position/in/0",
       "a single value belongs here"},
      {R"({"model": "Track", "filter": {"or": {"title": "x"}}})", "/filter/or", "'or' takes a list"},
      {R"({"model": "Track", "filter": "title"})", "/filter", "a filter is an object"},
      {R"({"model": "Track", "filter": {"or": [{"title": "x"}, {"album__nam": "y"}]}})", "/filter/or/1/album__nam",
       "did you mean 'name'?", false},
      {R"({"model": "Track", "exclude": {}})", "/exclude", "would leave no rows"},
      {R"({"model": "Album", "any": {"path": "trakcs"}})", "/any/path", "did you mean 'tracks'?"},
      {R"({"model": "Album", "any": {"path": "tracks", "filtr": {}}})", "/any/filtr", "did you mean 'filter'?"},
      {R"({"model": "Album", "every": {"path": "tracks"}})", "/every", "'every' needs a 'filter'"},
      {R"({"model": "Album", "any": {"path": "tracks", "filter": {"titl": 1}}})", "/any/filter/titl",
       "did you mean 'title'?", false},
      {R"({"model": "Track", "order_by": ["title", "-postion"]})", "/order_by/1", "did you mean 'position'?"},
      {R"({"model": "Track", "order_by": {"by": "title", "nulls": "fist"}})", "/order_by/nulls",
       "did you mean 'first'?"},
      {R"({"model": "Track", "limit": -1})", "/limit", "must not be negative"},
      {R"({"model": "Track", "limit": "3"})", "/limit", "takes a whole number"},
      {R"({"model": "Track", "limit": 1, "slice": [1]})", "/slice", "leave one out"},
      {R"({"model": "Track", "slice": [-1, 2]})", "/slice", "counts both ends", false},
      {R"({"model": "Track", "select_related": ["album", "title"]})", "/select_related/1", "name a relation"},
      {R"({"model": "Album", "prefetch_related": [{"path": "tracks", "filter": {"titl": "x"}}]})",
       "/prefetch_related/0/filter/titl", "did you mean 'title'?", false},
      {R"({"model": "Track", "prefetch_related": [{"path": "album", "limit": 1}]})", "/prefetch_related/0",
       "leads to one row", false},
      {R"({"model": "Album", "prefetch_related": [{"path": "tracks", "as": "a b"}]})", "/prefetch_related/0/as",
       "is not an identifier", false},
      {R"({"model": "Album", "annotate": {"n": {"cuont": "tracks"}}})", "/annotate/n/cuont", "did you mean 'count'?"},
      {R"({"model": "Album", "annotate": {"name": {"count": "tracks"}}})", "/annotate/name", "choose another name",
       false},
      {R"({"model": "Album", "annotate": {"n": {"count": "tracks", "sum": "id"}}})", "/annotate/n/sum", "not several"},
      {R"({"model": "Track", "fields": ["titl"]})", "/fields/0", "did you mean 'title'?"},
      {R"({"model": "Track", "fields": ["album__name"]})", "/fields/0", "which is not loaded", false},
      {R"({"model": "Track", "values": ["titl"]})", "/values/0", "did you mean 'title'?"},
      {R"({"model": "Track", "values": "titl"})", "/values", "did you mean 'title'?"},
      {R"({"model": "Track", "values": []})", "/values", "needs a path"},
      {R"({"model": "Track", "filter": {"position__regex": "1"}})", "/filter/position__regex", "does not fit"},
      {R"({"model": "Track", "filter": {"position": {"regex": "1"}}})", "/filter/position/regex", "does not fit"},
      {R"({"model": "Track", "filter": {"position.lt": null}})", "/filter/position.lt", "with null is never true"},
      {R"({"model": "Track", "filter": {"position": {"gte": null}}})", "/filter/position/gte",
       "with null is never true"},
      {R"({"model": "Track", "filter": {"position__in": [1, null]}})", "/filter/position__in", "never matches"},
      {R"({"model": "Track", "filter": {"position__isnull": 1}})", "/filter/position__isnull", "does not fit"},
      {R"({"model": "Track", "filter": {"album__regex": "1"}})", "/filter/album__regex", "does not fit", false},
      {R"({"model": "Album", "every": "tracks"})", "/every", "'every' needs a 'filter'"},
      {R"({"model": "Track", "offset": 1, "slice": [1]})", "/slice", "leave one out"},
      {R"({"model": "Track", "slice": [null, 1]})", "/slice", "two whole numbers"},
      {R"({"model": "Album", "annotate": {"n": {"distinct": true}}})", "/annotate/n", "needs one of"},
      {R"({"model": "Track", "strategy": {"albm": "join"}})", "/strategy/albm", "did you mean 'album'?"},
      {R"({"model": "Track", "values": false})", "/values", "leave it out for rows"},
      {R"({"model": "Track", "distinct": 1})", "/distinct", "takes true or false"},
      {R"({"model": "Track", "strategy": {"album": "jion"}})", "/strategy/album", "did you mean 'join'?"},
      {R"({"model": "Track", "strategy": {"album": "join"}})", "/strategy/album", "which is not loaded", false},
      {R"({"model": "Track", "lazy": {"": "batch", "album": "raise"}})", "/lazy/album", "which is not loaded", false},
      {R"({"model": "Track", "fields": ["title", {"album": ["nam"]}]})", "/fields/1", "did you mean 'name'?", false},
      {R"({"model": "Track", "exclude_fields": ["title", "positio"]})", "/exclude_fields/1",
       "did you mean 'position'?"},
      {R"({"model": "Track", "group_by": "album__name", "values": ["title"]})", "/values/0",
       "neither grouped nor aggregated", false},
      {R"({"model": "Track", "group_by": "position", "values": ["position", "title"]})", "/values/1",
       "neither grouped nor aggregated", false},
      {R"({"model": "Track", "group_by": "position", "values": ["title", "play_count"]})", "/values/0",
       "neither grouped nor aggregated", false},
      {R"({"model": "Track", "group_by": "position", "order_by": ["position", "title"]})", "/order_by/1",
       "neither grouped nor aggregated", false},
      {R"({"model": "Track", "group_by": "position", "having": {"title": "x"}})", "/having",
       "neither grouped nor aggregated", false},
      {R"({"model": "Track", "distinct": true, "values": ["title"], "order_by": ["title", "position"]})", "/order_by/1",
       "which is not selected", false},
      {R"({"model": "Track", "distinct": true, "values": ["title"], "slice": [-1]})", "/slice", "needs an order",
       false},
      {R"({"model": "Album", "annotate": {"n": {"count": "tracks"}}, "having": {"n__gt": 1}})", "/having",
       "say which with group_by()", false},
      {R"({"model": "Track", "model": "Album"})", nullptr, "", false},
      {R"({"model": "Track")", nullptr, "line 1, column", false},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.document);
    const std::string error = refused(db, each.document);
    if (each.pointer != nullptr) {
      EXPECT_THAT(error, testing::StartsWith(std::string(each.pointer) + " | query document"));
    }
    EXPECT_NE(error, "accepted");
    EXPECT_THAT(error, HasSubstr(each.message));
    if (!nlohmann::json::accept(each.document) || each.pointer == nullptr) continue;
    EXPECT_EQ(!json_schema_errors(schema, nlohmann::json::parse(each.document)).empty(), each.seen_by_schema);
  }
  const std::string deep = R"({"model": "Track", "filter": )" + [] {
    std::string text = R"({"title": "x"})";
    for (int i = 0; i < 200; ++i) text = R"({"not": )" + text + "}";
    return text;
  }() + "}";
  EXPECT_NE(refused(db, deep), "accepted");
}

TEST_P(QueryDocuments, RowsComeAsJson) {
  const Database db = music();
  const auto albums = nlohmann::json::parse(
      QueryDocument::parse(db, R"({"model": "Album", "filter": {"name": "Fantasies"}, "fields": ["name"],
                               "prefetch_related": {"path": "tracks", "fields": "title", "limit": 1}})")
          .run_json());
  ASSERT_EQ(albums.size(), 1U);
  EXPECT_EQ(albums[0]["id"], 2);
  EXPECT_EQ(albums[0]["name"], "Fantasies");
  EXPECT_FALSE(albums[0].contains("is_best_seller"));
  ASSERT_EQ(albums[0]["tracks"].size(), 1U);
  EXPECT_EQ(albums[0]["tracks"][0]["title"], "Help");
  EXPECT_FALSE(albums[0]["tracks"][0].contains("position"));
  EXPECT_EQ(
      QueryDocument::parse(db, R"({"model": "Track", "filter": {"position": 1}, "values": ["title"]})").run_json(),
      R"([{"title":"The Bird"},{"title":"Help"}])");
  EXPECT_EQ(
      QueryDocument::parse(db, R"({"model": "Track", "annotate": {"n": {"count": "id"}}, "order_by": "album__name",
                                     "group_by": "album__name", "having": {"n__gt": 1}})")
          .run_json(),
      R"([{"album__name":"Fantasies","n":3},{"album__name":"Malibu","n":3}])");
}

// ---- untrusted callers ----

TEST_P(QueryDocuments, NothingIsExposedUnlessItIsAllowed) {
  const Database db = music();
  const Policy nothing;
  EXPECT_THAT(refused(db, R"({"model": "Track"})", nothing), HasSubstr("there is no model 'Track'"));
  const Policy titles = Policy().allow("Track", {"title", "album"});
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Track", "limit": 2})", titles).run_json(),
            R"([{"title":"The Bird"},{"title":"Heart"}])");
  // The same words as for a name that there is not.
  for (const char* name : {"position", "album", "album__name", "pk", "id", "album_id", "nonsense"}) {
    SCOPED_TRACE(name);
    const std::string step = name == std::string("album__name") ? "album" : name;
    const std::string unknown = "model 'Track' has no field or relation '" + step + "'";
    const std::string quoted = "\"" + std::string(name) + "\"";
    for (const std::string& document :
         {R"("filter": {)" + quoted + ": 1}", R"("exclude": {)" + quoted + ": 1}",
          R"("filter": {"not": {)" + quoted + ": 1}}", R"("filter": {)" + quoted + R"(: {"isnull": true}})",
          R"("order_by": )" + quoted, R"("order_by": {"by": )" + quoted + "}", R"("fields": )" + quoted,
          R"("exclude_fields": )" + quoted, R"("values": [)" + quoted + "]", R"("annotate": {"n": )" + quoted + "}",
          R"("annotate": {"n": {"max": )" + quoted + "}}", R"("annotate": {"n": {"count": )" + quoted + "}}",
          R"("annotate": {"n": {"count": "title", "filter": {)" + quoted + R"(: 1}}}, "group_by": "title")",
          R"("group_by": )" + quoted, R"("group_by": "title", "having": {)" + quoted + ": 1}",
          R"("any": {"path": )" + quoted + "}", R"("select_related": )" + quoted, R"("prefetch_related": )" + quoted,
          R"("load_related": {"path": )" + quoted + "}"}) {
      const std::string error = refused(db, R"({"model": "Track", )" + document + "}", titles);
      EXPECT_THAT(error, HasSubstr(unknown)) << document;
      EXPECT_THAT(error, Not(HasSubstr("play_count"))) << document;
    }
  }
  for (const char* key : {R"("select_all": true)", R"("load_all": true)", R"("load_required": true)",
                          R"("raw_limit": true)", R"("lazy": "batch")", R"("strategy": {})"})
    EXPECT_THAT(refused(db, R"({"model": "Track", )" + std::string(key) + "}", titles),
                HasSubstr("is not allowed here"));
}

TEST_P(QueryDocuments, PathsNeedEachRelationAndWhatItLeadsTo) {
  const Database db = music();
  const Policy policy = Policy().allow("Track", {"title", "album"}).allow("Album", {"name", "tracks"});
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Track", "filter": {"album__name": "Malibu"}, "limit": 1,
                                     "select_related": "album"})",
                                 policy)
                .run_json(),
            R"([{"title":"The Bird","album":{"name":"Malibu"}}])")
      << "no keys, nothing that is not allowed";
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Track", "filter": {"album__name": "Malibu"}, "limit": 1})", policy)
                .run_json(),
            R"([{"title":"The Bird","album":{"name":"Malibu"}}])");
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Album", "filter": {"name": "Fantasies"},
                                     "prefetch_related": {"path": "tracks", "order_by": "-title", "limit": 1}})",
                                 policy)
                .run_json(),
            R"([{"name":"Fantasies","tracks":[{"title":"Sick Muse"}]}])");
  EXPECT_THAT(refused(db, R"({"model": "Album", "filter": {"tracks__position": 1}})", policy), HasSubstr("a list"));
  EXPECT_THAT(
      refused(db, R"({"model": "Album", "prefetch_related": {"path": "tracks", "filter": {"position": 1}}})", policy),
      HasSubstr("has no field or relation 'position'; it has 'title' and 'album'"));
  EXPECT_THAT(refused(db, R"({"model": "Album", "any": {"path": "tracks", "filter": {"play_count__gt": 1}}})", policy),
              HasSubstr("has no field or relation 'play_count'"));
  EXPECT_THAT(refused(db, R"({"model": "Track", "filter": {"album": 1}})", policy), HasSubstr("whose key is not"));
  EXPECT_EQ(refused(db, R"({"model": "Track", "filter": {"album": null}})", policy), "accepted");
  EXPECT_EQ(refused(db, R"({"model": "Album", "annotate": {"n": {"count": "tracks"}}, "order_by": "-n"})", policy),
            "accepted");
  EXPECT_EQ(refused(db, R"({"model": "Album", "any": "tracks"})", policy), "accepted");
  // A step that only leads on is loaded with limits and fields, too.
  QueryLimits limits;
  limits.max_per_parent = 1;
  const auto albums = nlohmann::json::parse(QueryDocument::parse(db, R"({"model": "Album",
                                                                 "filter": {"name": "Fantasies"},
                                                                 "prefetch_related": ["tracks__album"]})",
                                                                 Policy(policy).limit(limits))
                                                .run_json());
  ASSERT_EQ(albums.size(), 1U);
  ASSERT_EQ(albums[0]["tracks"].size(), 1U);
  EXPECT_EQ(albums[0]["tracks"][0]["title"], "Help");
  EXPECT_FALSE(albums[0]["tracks"][0].contains("position"));
}

TEST_P(QueryDocuments, WhatIsSensitiveIsNeverNamed) {
  const Database db = open(R"({"dorm": 1, "models": {
    "User": {"fields": {"name": {"type": "text"}, "hash": {"type": "text", "sensitive": true}}},
    "Post": {"fields": {"title": {"type": "text"}, "author": {"type": "foreign_key", "to": "User", "backref": "posts"}}}}})");
  const Row huey = db["User"].create({{"name", "huey"}, {"hash", "canary"}});
  const Row post = db["Post"].make({{"title", "meow"}});
  post.set("author", huey);
  post.save();
  EXPECT_THAT([&] { QueryDocument::parse(db, R"({"model": "User"})", Policy().allow("User", {"hash"})); },
              ThrowsMessage<QueryError>(HasSubstr("'User.hash' is sensitive")));
  EXPECT_THAT([&] { QueryDocument::parse(db, R"({"model": "User"})", Policy().allow("User", {"nam"})); },
              ThrowsMessage<QueryError>(HasSubstr("did you mean 'name'?")));
  const Policy all = Policy().allow("User").allow("Post");
  for (const char* document :
       {R"({"model": "User", "filter": {"hash__startswith": "c"}})", R"({"model": "User", "order_by": "hash"})",
        R"({"model": "User", "fields": "hash"})", R"({"model": "User", "values": ["hash"]})",
        R"({"model": "User", "group_by": "hash"})", R"({"model": "User", "annotate": {"n": {"max": "hash"}}})",
        R"({"model": "User", "annotate": {"n": "hash"}})", R"({"model": "Post", "filter": {"author__hash": "c"}})",
        R"({"model": "Post", "filter": {"author.hash": "c"}})", R"({"model": "Post", "order_by": "author__hash"})",
        R"({"model": "Post", "annotate": {"n": {"max": "author__hash"}}})",
        R"({"model": "Post", "fields": {"author": ["hash"]}, "select_related": "author"})",
        R"({"model": "User", "any": {"path": "posts", "filter": {"author__hash": "c"}}})",
        R"({"model": "User", "annotate": {"n": {"count": "posts", "filter": {"author__hash__gt": "c"}}}})",
        R"({"model": "User", "prefetch_related": {"path": "posts", "filter": {"author__hash": "c"}}})",
        R"({"model": "User", "prefetch_related": {"path": "posts", "order_by": "author__hash"}})"})
    EXPECT_THAT(refused(db, document, all), HasSubstr("model 'User' has no field or relation 'hash'")) << document;
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Post"})", all).run_json(),
            R"([{"id":1,"title":"meow","author_id":1}])")
      << "a required key loads nothing";
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Post", "values": true})", all).run_json(),
            R"([{"id":1,"title":"meow","author_id":1}])");
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Post", "select_related": "author"})", all).run_json(),
            R"([{"id":1,"title":"meow","author_id":1,"author":{"id":1,"name":"huey"}}])");
}

TEST_P(QueryDocuments, ThereIsALimitOfEverything) {
  const Database db = music();
  QueryLimits limits;
  limits.default_rows = 1;
  limits.max_rows = 2;
  limits.max_per_parent = 1;
  limits.max_depth = 2;
  limits.max_path = 2;
  limits.max_relations = 2;
  limits.max_conditions = 2;
  limits.max_items = 2;
  limits.max_names = 2;
  const Policy policy = Policy().allow("Track").allow("Album").limit(limits);
  const auto rows = [&](const char* document) { return QueryDocument::parse(db, document, policy).run().size(); };
  EXPECT_EQ(rows(R"({"model": "Track"})"), 1U);
  EXPECT_EQ(rows(R"({"model": "Track", "limit": 2})"), 2U);
  EXPECT_EQ(rows(R"({"model": "Track", "limit": 100})"), 2U);
  EXPECT_EQ(rows(R"({"model": "Track", "slice": [-3]})"), 2U);
  EXPECT_EQ(rows(R"({"model": "Track", "limit": 100, "values": true})"), 2U);
  EXPECT_EQ(rows(R"({"model": "Track", "limit": 100, "group_by": "position", "values": ["position"]})"), 2U);
  const Row album =
      QueryDocument::parse(db, R"({"model": "Album", "prefetch_related": {"path": "tracks", "limit": 9}})", policy)
          .run()[0];
  EXPECT_EQ(album.related("tracks").size(), 1U);
  const auto error = [&](const std::string& rest) {
    return refused(db, R"({"model": "Track", )" + rest + "}", policy);
  };
  EXPECT_EQ(error(R"("filter": {"or": [{"title": "a"}]})"), "accepted");
  EXPECT_THAT(error(R"("filter": {"not": {"not": {"title": "a"}}})"), HasSubstr("(max_depth)"));
  EXPECT_EQ(error(R"("filter": {"title": "a", "position": 1})"), "accepted");
  EXPECT_THAT(error(R"("filter": {"title": "a", "position": 1, "play_count": 1})"), HasSubstr("(max_conditions)"));
  EXPECT_EQ(error(R"("filter": {"position__in": [1, 2]})"), "accepted");
  EXPECT_THAT(error(R"("filter": {"position__in": [1, 2, 3]})"), HasSubstr("(max_items)"));
  EXPECT_THAT(error(R"("order_by": ["title", "position", "id"])"), HasSubstr("(max_names)"));
  EXPECT_THAT(error(R"("prefetch_related": "album__tracks__album")"), HasSubstr("(max_path)"));
  EXPECT_EQ(error(R"("prefetch_related": "album__tracks")"), "accepted");
  EXPECT_THAT(error(R"("prefetch_related": [{"path": "album__tracks", "prefetch_related": ["album"]}])"),
              HasSubstr("(max_relations)"));
  EXPECT_THAT(error(R"("filter": {"title__regex": "a"})"), HasSubstr("'regex' is not allowed here"));
  EXPECT_THAT(error(R"("filter": {"title": {"ilike": "a"}})"), HasSubstr("'ilike' is not allowed here"));
  EXPECT_EQ(error(R"("filter": {"title__icontains": "a"})"), "accepted");
  EXPECT_THAT(refused(db, R"({"model": "Album", "select_related": "tracks"})", policy), HasSubstr("leads to a list"));
  EXPECT_THAT(refused(db, R"({"model": "Album", "order_by": "tracks__title"})", policy), HasSubstr("leads to a list"));
  EXPECT_THAT(refused(db, R"({"model": "Album", "values": ["tracks__title"]})", policy), HasSubstr("leads to a list"));
}

TEST_P(QueryDocuments, EachRelationCountsForWhicheverKeyNamesIt) {
  const Database db = music();
  const auto asked_with = [&](std::size_t relations, const std::string& document) {
    QueryLimits limits;
    limits.max_relations = relations;
    return refused(db, document, Policy().allow("Track").allow("Album").limit(limits));
  };
  const auto tracks = [&](std::size_t relations, const std::string& rest) {
    return asked_with(relations, R"({"model": "Track", )" + rest + "}");
  };
  for (const auto& [rest, pointer] : std::vector<std::pair<std::string, std::string>>{
           {R"("values": ["title", "album__name"])", "/values/1"},
           {R"("order_by": "-album__name")", "/order_by"},
           {R"("order_by": [{"by": "album__name"}])", "/order_by/0/by"},
           {R"("group_by": ["album__name"])", "/group_by/0"},
           {R"("annotate": {"on": "album__name"})", "/annotate/on"},
           {R"("annotate": {"n": {"max": "album__name"}})", "/annotate/n/max"},
           {R"("annotate": {"n": {"count": "album"}})", "/annotate/n/count"},
           {R"("filter": {"album__name": "Malibu"})", "/filter/album__name"},
           {R"("filter": {"or": [{"title": "Help"}, {"album__name": {"gt": "M"}}]})", "/filter/or/1/album__name/gt"},
           {R"("any": "album")", "/any"},
           {R"("select_related": ["album"])", "/select_related/0"},
           {R"("prefetch_related": {"path": "album"})", "/prefetch_related/path"}}) {
    EXPECT_THAT(tracks(0, rest), AllOf(HasSubstr("at '" + pointer + "'"), HasSubstr("more than 0 relations"),
                                       HasSubstr("(max_relations); ask for less at once")))
        << rest;
    EXPECT_EQ(tracks(1, rest), "accepted") << rest;
  }
  // A key that the row itself holds needs no other one.
  EXPECT_EQ(tracks(0, R"("values": ["album", "album__id"], "filter": {"album": 1}, "order_by": "album")"), "accepted");
  // Each path once.
  EXPECT_EQ(tracks(1, R"("values": ["album__name", "album__is_best_seller"], "filter": {"album__name": "Malibu"},
                         "order_by": "album__name", "any": {"path": "album", "filter": {"name": "Malibu"}})"),
            "accepted");
  EXPECT_THAT(tracks(1, R"("filter": {"album__name": "Malibu"}, "prefetch_related": "album__tracks")"),
              HasSubstr("at '/prefetch_related'"));
  EXPECT_THAT(tracks(1, R"("group_by": "album__tracks__title")"), HasSubstr("at '/group_by'"));
  EXPECT_THAT(tracks(2, R"("any": {"path": "album", "filter": {"any": {"path": "tracks", "filter": {
                               "album__name": "Malibu"}}}})"),
              HasSubstr("at '/any/filter/any/filter/album__name'"));
  EXPECT_EQ(tracks(3, R"("any": {"path": "album", "filter": {"any": {"path": "tracks", "filter": {
                             "album__name": "Malibu"}}}})"),
            "accepted");
  EXPECT_THAT(asked_with(1, R"({"model": "Album", "annotate": {"n": {"count": "tracks",
                                 "filter": {"album__name": "Malibu"}}}})"),
              HasSubstr("at '/annotate/n/filter/album__name'"));
  // What is loaded under another name is loaded once more.
  const std::string twice = R"({"model": "Album", "prefetch_related": [{"path": "tracks", "as": "first", "limit": 1},
                                 {"path": "tracks", "as": "second", "limit": 1}]})";
  EXPECT_THAT(asked_with(1, twice), HasSubstr("at '/prefetch_related/1/path'"));
  EXPECT_EQ(asked_with(2, twice), "accepted");
}

TEST_P(QueryDocuments, WhatIsAllowedPrintsAsADocumentThatIsAllowed) {
  const Database db = music();
  const Policy policy = Policy().allow("Track", {"title", "album"}).allow("Album", {"name", "tracks"});
  for (const char* document : {R"({"model": "Track", "select_related": "album", "order_by": "-title"})",
                               R"({"model": "Album", "prefetch_related": [{"path": "tracks", "limit": 2}]})",
                               R"({"model": "Album", "any": {"path": "tracks", "filter": {"title": "Help"}}})"}) {
    const QueryDocument parsed = QueryDocument::parse(db, document, policy);
    const QueryDocument again = QueryDocument::parse(db, parsed.to_json(), policy);
    EXPECT_EQ(again.run_json(), parsed.run_json()) << parsed.to_json();
    EXPECT_EQ(again.to_json(), parsed.to_json());
  }
}

// ---- rows that a policy hides ----

constexpr std::string_view two_tenants = R"({"dorm": 1, "models": {
  "Shop": {"fields": {"tenant": {"type": "integer"}, "name": {"type": "text"}}},
  "Item": {"fields": {"tenant": {"type": "integer"}, "title": {"type": "text"}, "price": {"type": "integer"},
                      "shop": {"type": "foreign_key", "to": "Shop", "nullable": true, "backref": "items"},
                      "tags": {"type": "many_to_many", "to": "Tag", "backref": "items", "through": "Labelling"}}},
  "Tag": {"fields": {"tenant": {"type": "integer"}, "name": {"type": "text"}}},
  "Labelling": {"fields": {"item": {"type": "foreign_key", "to": "Item", "backref": "labels"},
                           "tag": {"type": "foreign_key", "to": "Tag"}}}}})";

class HiddenRows : public QueryDocuments {
 protected:
  // Rows of a first tenant that lead to rows of a second one, and the other way round. `alone`: only the first has any.
  Database shops(bool alone) {
    Database db = open(two_tenants);
    const auto make = [&](const char* model, int tenant, const char* name) {
      return alone && tenant == 2 ? Row() : db[model].create({{"tenant", tenant}, {"name", name}});
    };
    const Row ours = make("Shop", 1, "ours"), theirs = make("Shop", 2, "theirs");
    const Row red = make("Tag", 1, "red"), canary = make("Tag", 2, "canary");
    const auto add = [&](int tenant, const char* title, int price, const Row& seller, const std::vector<Row>& tags) {
      if (alone && tenant == 2) return;
      const Row item = db["Item"].make({{"tenant", tenant}, {"title", title}, {"price", price}});
      if (seller.has_value()) item.set("shop", seller);
      item.save();
      for (const Row& tag : tags)
        if (tag.has_value()) item.related("tags").add(tag);
    };
    add(1, "apple", 5, ours, {red, canary});
    add(1, "stray", 6, theirs, {canary});
    add(2, "secret", 9, ours, {red});
    add(1, "loose", 7, Row(), {red});
    add(2, "hidden", 8, theirs, {canary});
    return db;
  }

  static Policy all_rows() {
    return Policy()
        .allow("Shop", {"name", "items"})
        .allow("Item", {"title", "price", "shop", "tags"})
        .allow("Tag", {"name", "items"});
  }
  static Policy own_rows() {
    const Filter own("tenant", 1);
    return all_rows().rows("Shop", own).rows("Item", own).rows("Tag", own);
  }
  static std::string told(const Database& db, const std::string& json, const Policy& policy) {
    return QueryDocument::parse(db, json, policy).run_json();
  }
};
DORM_API_TESTS(HiddenRows);

TEST_P(HiddenRows, AreAsIfTheyWereNotThere) {
  const Database both = shops(false), alone = shops(true);
  std::size_t telling = 0;
  for (
      const char* document :
      {R"({"model": "Shop"})", R"({"model": "Item"})", R"({"model": "Tag"})", R"({"model": "Item", "values": true})",
       R"({"model": "Item", "limit": 2, "offset": 1})", R"({"model": "Item", "slice": [-2]})",
       R"({"model": "Shop", "filter": {"or": [{"name": "theirs"}, {"name": "ours"}]}})",
       // In the statement of the rows that lead there.
       R"({"model": "Item", "select_related": "shop"})",
       R"({"model": "Item", "select_related": "shop", "fields": ["title", {"shop": ["name"]}]})",
       R"({"model": "Item", "filter": {"shop__name__startswith": "t"}})",
       R"({"model": "Item", "filter": {"shop__name__isnull": true}})",
       R"({"model": "Item", "filter": {"not": {"shop__name": "ours"}}})",
       R"({"model": "Item", "filter": {"or": [{"shop__name": "theirs"}, {"price__lt": 6}]}})",
       R"({"model": "Item", "exclude": {"shop__name": "theirs"}})", R"({"model": "Item", "any": "shop"})",
       R"({"model": "Item", "none": {"path": "shop", "filter": {"name": "theirs"}}})",
       R"({"model": "Item", "order_by": ["-shop__name", "title"]})",
       R"({"model": "Item", "values": ["title", "shop__name"]})",
       R"({"model": "Item", "annotate": {"on": "shop__name"}})",
       R"({"model": "Item", "annotate": {"n": {"count": "shop"}, "m": {"max": "shop__name"}}, "filter": {"n": 0}})",
       R"({"model": "Item", "group_by": "shop__name", "annotate": {"n": {"count": "title"}}, "order_by": "shop__name"})",
       R"({"model": "Item", "group_by": "shop__items__title", "order_by": "shop__items__title"})",
       R"({"model": "Shop", "group_by": "items__title", "annotate": {"n": {"sum": "items__price"}},
            "having": {"n__gt": 0}, "order_by": "items__title"})",
       // About lists.
       R"({"model": "Shop", "any": {"path": "items", "filter": {"price__gt": 8}}})",
       R"({"model": "Shop", "none": {"path": "items", "filter": {"price": 9}}})",
       R"({"model": "Shop", "every": {"path": "items", "filter": {"price": 5}}})",
       R"({"model": "Shop", "any": {"path": "items", "filter": {"any": {"path": "tags", "filter": {"name": "canary"}}}}})",
       R"({"model": "Item", "any": {"path": "shop__items", "filter": {"title": "secret"}}})",
       R"({"model": "Item", "any": {"path": "tags", "filter": {"name": "canary"}}})",
       R"({"model": "Item", "none": "tags"})",
       R"({"model": "Tag", "any": {"path": "items", "filter": {"shop__name": "theirs"}}})",
       R"({"model": "Tag", "every": {"path": "items", "filter": {"price__lt": 8}}})",
       R"({"model": "Shop", "annotate": {"n": {"count": "items"}, "most": {"max": "items__price"}}, "order_by": "-n"})",
       R"({"model": "Shop", "annotate": {"n": {"count": "items", "filter": {"shop__name": "ours"}}}})",
       R"({"model": "Shop", "annotate": {"n": {"sum": "items__price", "filter": {"price__gt": 6}}}})",
       // In statements of their own.
       R"({"model": "Shop", "prefetch_related": "items"})",
       R"({"model": "Shop", "prefetch_related": {"path": "items", "order_by": "-price", "limit": 1}})",
       R"({"model": "Shop", "prefetch_related": {"path": "items", "order_by": "shop__name", "filter": {"price__gt": 6},
            "select_related": "shop", "as": "dear"}})",
       R"({"model": "Item", "prefetch_related": "shop"})", R"({"model": "Item", "load_related": ["shop", "tags"]})",
       R"({"model": "Item", "prefetch_related": "shop__items"})",
       R"({"model": "Item", "select_related": "shop", "prefetch_related": "shop__items__tags"})",
       R"({"model": "Item", "prefetch_related": {"path": "tags", "prefetch_related": ["items"]}})",
       R"({"model": "Tag", "prefetch_related": [{"path": "items", "fields": "title", "select_related": "shop"}]})"}) {
    const std::string seen = told(both, document, own_rows());
    EXPECT_EQ(seen, told(alone, document, all_rows())) << document;
    if (seen != told(both, document, all_rows())) ++telling;
  }
  EXPECT_GE(telling, 35U) << "what the policy hides would be told without it";
  EXPECT_EQ(told(both, R"({"model": "Item", "select_related": "shop"})", own_rows()),
            R"([{"title":"apple","price":5,"shop":{"name":"ours"}},{"title":"stray","price":6,"shop":null},)"
            R"({"title":"loose","price":7,"shop":null}])");
}

TEST_P(HiddenRows, AreNotCountedByTheLinksThatLeadToThem) {
  const Database db = shops(false);
  for (const char* document : {R"({"model": "Item", "group_by": "tags__name"})",
                               R"({"model": "Item", "group_by": "title", "annotate": {"n": {"count": "tags"}}})",
                               R"({"model": "Item", "annotate": {"n": {"count": "tags"}}})"})
    EXPECT_THAT(refused(db, document, own_rows()),
                AllOf(HasSubstr("'Item.tags' leads through link rows to rows of which not all may be seen"),
                      HasSubstr("ask about it with any, none or every")))
        << document;
  const Policy links = all_rows().rows("Labelling", Filter("tag", 1));
  for (const char* document :
       {R"({"model": "Item", "prefetch_related": "tags"})", R"({"model": "Item", "any": "tags"})",
        R"({"model": "Tag", "group_by": "items__title"})"})
    EXPECT_THAT(refused(db, document, links), HasSubstr("through link rows of 'Labelling'")) << document;
}

TEST_P(HiddenRows, AreChosenByFieldsOrByWhatIsAskedWithAny) {
  const Database db = shops(false);
  const Policy by_shop = all_rows().rows("Item", any("shop", {{"tenant", 1}}));
  const char* prices = R"({"model": "Item", "values": ["price"], "order_by": "price"})";
  EXPECT_EQ(told(db, prices, by_shop), R"([{"price":5},{"price":9}])");
  EXPECT_EQ(
      told(db, R"({"model": "Tag", "prefetch_related": {"path": "items", "fields": "title"}})", by_shop),
      R"([{"name":"red","items":[{"title":"apple"},{"title":"secret"}]},{"name":"canary","items":[{"title":"apple"}]}])");
  EXPECT_EQ(told(db, R"({"model": "Shop", "annotate": {"n": {"max": "items__price"}}})", by_shop),
            R"([{"name":"ours","n":9},{"name":"theirs","n":null}])");
  EXPECT_EQ(told(db, prices, Policy(by_shop).rows("Item", Filter("tenant", 1))), R"([{"price":5}])") << "both";
  const QuerySet own_shops = db["Shop"].objects().filter("tenant", 1);
  EXPECT_EQ(told(db, prices, all_rows().rows("Item", Filter("shop__in", own_shops))), R"([{"price":5},{"price":9}])");
  // The condition sees what it hides.
  const Policy in_full_shops = all_rows().rows("Shop", any("items", {{"tenant", 2}})).rows("Item", {{"tenant", 1}});
  EXPECT_EQ(told(db, R"({"model": "Shop", "prefetch_related": {"path": "items", "fields": "title"}})", in_full_shops),
            R"([{"name":"ours","items":[{"title":"apple"}]},{"name":"theirs","items":[{"title":"stray"}]}])");
  const auto mistake = [&](const Policy& policy, const char* what) {
    EXPECT_THAT([&] { QueryDocument::parse(db, prices, policy); }, ThrowsMessage<QueryError>(HasSubstr(what)));
  };
  mistake(all_rows().rows("Item", Filter("shop__tenant", 1)), "say any(\"shop\", …)");
  mistake(all_rows().rows("Item", Filter()), "is empty");
  mistake(all_rows().rows("Itm", Filter("tenant", 1)), "did you mean 'Item'?");
  mistake(all_rows().rows("Item", Filter("tenat", 1)), "did you mean 'tenant'?");
}

TEST_P(HiddenRows, LeaveNoTraceInTheDocumentAndMarkWhatIsLoaded) {
  const Database db = shops(false);
  const QueryDocument document = QueryDocument::parse(
      db, R"({"model": "Shop", "filter": {"name__ne": "x"}, "prefetch_related": {"path": "items", "limit": 5}})",
      own_rows());
  EXPECT_THAT(document.to_json(), AllOf(HasSubstr("name__ne"), Not(HasSubstr("tenant"))));
  const QueryDocument again = QueryDocument::parse(db, document.to_json(), own_rows());
  EXPECT_EQ(again.to_json(), document.to_json());
  EXPECT_EQ(again.run_json(), document.run_json());
  EXPECT_EQ(QueryDocument::parse(db, R"({"model": "Tag", "prefetch_related": "items"})", own_rows()).to_json(),
            QueryDocument::parse(db, R"({"model": "Tag", "prefetch_related": "items"})", all_rows()).to_json());
  const Row found = document.run()[0];
  EXPECT_EQ(found.related("items").size(), 1U);
  EXPECT_TRUE(found.related("items").is_partial());
  EXPECT_THROW(found.related("items").clear(), StateError);
  const Row item = QueryDocument::parse(
                       db, R"({"model": "Item", "filter": {"title": "stray"}, "select_related": "shop"})", own_rows())
                       .run()[0];
  EXPECT_TRUE(item.is_partial("shop"));
  EXPECT_TRUE(item["shop"].is_null());
  // What a program adds to the query is asked of the same rows.
  const Model items = db["Item"];
  const QuerySet seen = QueryDocument::parse(db, R"({"model": "Item"})", own_rows()).objects();
  EXPECT_EQ(seen.count(), 3);
  EXPECT_EQ(seen.filter("shop__name", "theirs").count(), 0);
  EXPECT_EQ(seen.filter(items["shop"]["name"] == "theirs").count(), 0);
  EXPECT_EQ(seen.filter("price__gt", 7).count(), 0);
}

}  // namespace
}  // namespace dorm::test
