#include "query/lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "dorm/error.hpp"
#include "query/path.hpp"
#include "query/plan.hpp"
#include "sqlite/dialect.hpp"

namespace dorm::query {
namespace {

using ::testing::HasSubstr;

const Registry& music() {
  static const Registry registry = Registry::parse(R"({"dorm": 1, "models": {
    "Album": {"fields": {"name": {"type": "text"}, "made_on": {"type": "date"}}},
    "Track": {"fields": {"title": {"type": "text"}, "position": {"type": "integer"},
                         "started": {"type": "datetime"}, "opens": {"type": "time"},
                         "album": {"type": "foreign_key", "to": "Album", "nullable": true, "backref": "tracks"}}},
    "Tag": {"fields": {"label": {"type": "text"}, "tracks": {"type": "many_to_many", "to": "Track", "backref": "tags"}}}}})");
  return registry;
}

SourcePtr source(const char* model) { return model_source(music(), music().get(model)); }

// What follows WHERE in the statement for the rows of a model.
std::string where(const char* model, const Filter& filter, const Scope& scope = {}) {
  QuerySpec spec;
  spec.root = source(model);
  spec.context = spec.root;
  spec.default_projection = false;
  spec.outputs.push_back({column_term(spec.root, 0), nullptr});
  spec.where = bound_filter(filter.node(), spec.root, scope);
  join_paths(spec);
  const std::string sql =
      make_plan(spec, Purpose::rows, shape_of(spec, Purpose::rows), sqlite::dialect())->statement.sql;
  const std::size_t at = sql.find(" WHERE ");
  return at == std::string::npos ? "" : sql.substr(at + 7);
}
template <class Given>
std::string track(std::string_view path, Given&& value) {
  return where("Track", Filter(path, std::forward<Given>(value)));
}

std::string refusal(const std::function<void()>& run) {
  try {
    run();
  } catch (const QueryError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Lookup, NoOperatorIsEquality) {
  EXPECT_EQ(track("title", "a"), R"(("t1"."title" = ?))");
  EXPECT_EQ(track("title__exact", "a"), R"(("t1"."title" = ?))");
  EXPECT_EQ(track("title__ne", "a"), R"(("t1"."title" != ?))");
}

TEST(Lookup, NullIsAskedForAsNull) {
  EXPECT_EQ(track("album", nullptr), R"(("t1"."album_id" IS NULL))");
  EXPECT_EQ(track("album__ne", nullptr), R"(("t1"."album_id" IS NOT NULL))");
  EXPECT_EQ(track("album__isnull", true), R"(("t1"."album_id" IS NULL))");
  EXPECT_EQ(track("album__isnull", false), R"(("t1"."album_id" IS NOT NULL))");
}

TEST(Lookup, PathsAreJoinedAndKeysAreNot) {
  EXPECT_EQ(track("album__name", "x"), R"(("t2"."name" = ?))");
  EXPECT_EQ(track("album.name", "x"), R"(("t2"."name" = ?))");
  EXPECT_EQ(track("album__id", 1), R"(("t1"."album_id" = ?))");
  EXPECT_EQ(track("album__pk", 1), R"(("t1"."album_id" = ?))");
  EXPECT_EQ(track("pk__gt", 1), R"(("t1"."id" > ?))");
}

TEST(Lookup, AToManyRelationStandsForTheKeyOfItsRows) {
  EXPECT_EQ(where("Album", {"tracks", 3}), R"(("t2"."id" = ?))");
  EXPECT_EQ(where("Album", {"tracks__isnull", true}), R"(("t2"."id" IS NULL))");
  EXPECT_EQ(where("Tag", {"tracks__in", Values{1, 2}}), R"x(("t3"."id" IN (SELECT value FROM json_each(?))))x");
}

TEST(Lookup, OrdersAndMatches) {
  EXPECT_EQ(track("position__gte", 2), R"(("t1"."position" >= ?))");
  EXPECT_EQ(track("position__lt", 2), R"(("t1"."position" < ?))");
  EXPECT_EQ(track("position__range", Values{1, 3}), R"(("t1"."position" BETWEEN ? AND ?))");
  EXPECT_EQ(track("title__contains", "%"), R"x((instr("t1"."title", ?) > 0))x");
  EXPECT_EQ(track("title__istartswith", "A"), R"x((instr(lower("t1"."title"), lower(?)) = 1))x");
  EXPECT_EQ(track("title__not_in", Values{}), R"((1 = 1))");
}

TEST(Lookup, PartsOfDatesTakeOperators) {
  EXPECT_EQ(track("started__year", 2020), R"x((CAST(substr("t1"."started", 1, 4) AS INTEGER) = ?))x");
  EXPECT_EQ(track("started__date__gte", "2020-01-31"), R"x((substr("t1"."started", 1, 10) >= ?))x");
  EXPECT_EQ(track("started__date__month__in", Values{1, 2}),
            R"x((CAST(substr(substr("t1"."started", 1, 10), 6, 2) AS INTEGER) IN (SELECT value FROM json_each(?))))x");
  EXPECT_EQ(track("opens__hour__lt", 9), R"x((CAST(substr("t1"."opens", 1, 2) AS INTEGER) < ?))x");
}

TEST(Lookup, SeveralAreAllAndGroupsNest) {
  EXPECT_EQ(where("Track", {{"position", 1}, {"title", "a"}}), R"((("t1"."position" = ?) AND ("t1"."title" = ?)))");
  EXPECT_EQ(where("Track", Filter("position", 1) | Filter{{"title", "a"}, {"title", "b"}}),
            R"((("t1"."position" = ?) OR (("t1"."title" = ?) AND ("t1"."title" = ?))))");
  EXPECT_EQ(where("Track", !Filter{{"position", 1}, {"title", "a"}}),
            R"(NOT (("t1"."position" = ?) AND ("t1"."title" = ?)))");
  EXPECT_EQ(where("Track", {}), "");
  EXPECT_EQ(where("Track", or_({})), "FALSE");
}

TEST(Lookup, NegationLeavesItsOperandAlone) {
  const Filter first{"position", 1};
  const std::string before = where("Track", first);
  static_cast<void>(where("Track", !first));
  EXPECT_EQ(where("Track", first), before);
}

TEST(Lookup, AnyNoneAndEveryAreSubqueries) {
  EXPECT_EQ(
      where("Album", any("tracks", {"position__gt", 1})),
      R"x(EXISTS(SELECT 1 FROM "track" AS "t2" WHERE (("t2"."album_id" = "t1"."id") AND ("t2"."position" > ?))))x");
  EXPECT_EQ(where("Album", none("tracks")),
            R"x(NOT EXISTS(SELECT 1 FROM "track" AS "t2" WHERE ("t2"."album_id" = "t1"."id")))x");
  EXPECT_EQ(where("Album", every("tracks", {"position__gt", 1})),
            R"x(NOT EXISTS(SELECT 1 FROM "track" AS "t2" WHERE (("t2"."album_id" = "t1"."id") AND )x"
            R"x((("t2"."position" > ?) IS NOT ?))))x");
}

TEST(Lookup, AnyGoesThroughLinksAndSeveralSteps) {
  EXPECT_EQ(
      where("Tag", any("tracks", {"title", "a"})),
      R"x(EXISTS(SELECT 1 FROM "track" AS "t2" INNER JOIN "tag_tracks" AS "t3" ON ("t3"."track_id" = "t2"."id") )x"
      R"x(WHERE (("t3"."tag_id" = "t1"."id") AND ("t2"."title" = ?))))x");
  EXPECT_EQ(
      where("Album", any("tracks__tags", {"label", "x"})),
      R"x(EXISTS(SELECT 1 FROM "track" AS "t2" INNER JOIN "tag_tracks" AS "t3" ON ("t3"."track_id" = "t2"."id") )x"
      R"x(INNER JOIN "tag" AS "t4" ON ("t3"."tag_id" = "t4"."id") )x"
      R"x(WHERE (("t2"."album_id" = "t1"."id") AND ("t4"."label" = ?))))x");
  EXPECT_EQ(
      where("Tag", any("tracks", {"album__name", "x"})),
      R"x(EXISTS(SELECT 1 FROM "track" AS "t2" INNER JOIN "tag_tracks" AS "t3" ON ("t3"."track_id" = "t2"."id") )x"
      R"x(LEFT OUTER JOIN "album" AS "t4" ON ("t2"."album_id" = "t4"."id") )x"
      R"x(WHERE (("t3"."tag_id" = "t1"."id") AND ("t4"."name" = ?))))x");
}

TEST(Lookup, UnknownStepsAreNamedWithWhatThereIs) {
  EXPECT_THAT(refusal([] { track("titel", "a"); }), HasSubstr("did you mean 'title'"));
  EXPECT_THAT(refusal([] { track("album__nam", "a"); }), HasSubstr("did you mean 'name'"));
  EXPECT_THAT(refusal([] { track("title__contain", "a"); }),
              HasSubstr("'contain' is no operator for Track.title, which is text; did you mean 'contains'?"));
  EXPECT_THAT(refusal([] { track("position__contains", "a"); }),
              HasSubstr("'contains' does not fit Track.position, which is integer; possible are 'exact'"));
  EXPECT_THAT(refusal([] { track("opens__year", 1); }), HasSubstr("'year' does not fit Track.opens"));
  EXPECT_THAT(refusal([] { track("position__gt__lt", 1); }), HasSubstr("'lt' follows 'gt'"));
}

TEST(Lookup, ValuesThatDoNotFitAreRefused) {
  EXPECT_THAT(refusal([] { track("title", Values{"a"}); }), HasSubstr("'in' takes lists"));
  EXPECT_THAT(refusal([] { track("title__in", "a"); }), HasSubstr("'in' takes a list"));
  EXPECT_THAT(refusal([] { track("title__in", Values{nullptr}); }), HasSubstr("null"));
  EXPECT_THAT(refusal([] { track("position__range", Values{1}); }), HasSubstr("two values"));
  EXPECT_THAT(refusal([] { track("album__isnull", 1); }), HasSubstr("true or false"));
  EXPECT_THAT(refusal([] { where("Album", any("name", {"name", "x"})); }), HasSubstr("relation"));
  EXPECT_THROW(track("position__gt", nullptr), QueryError);
  EXPECT_THROW(track("position", "many"), DataError);
}

TEST(Lookup, AnnotationsAreFoundByName) {
  Annotation annotation;
  annotation.name = "twice";
  annotation.term = (Expr(column_term(source("Track"), 2)) * 2).term();
  const std::vector<Annotation> annotations{annotation};
  EXPECT_EQ(where("Track", {"twice__gt", 4}, {annotations, false}), R"((("t1"."position" * ?) > ?))");
}

TEST(Lookup, ValuesAreBoundAlongPathsToo) {
  EXPECT_EQ(bind_value("started__year", source("Track"))->kind, TermKind::part);
  EXPECT_THAT(refusal([] { bind_value("started__gt", source("Track")); }), HasSubstr("an operator of conditions"));
}

}  // namespace
}  // namespace dorm::query
