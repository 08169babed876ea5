// The same query written as a QuerySet and with the explicit builder: one text.
//
// What conditions.cpp and shaping.cpp say of rows of one model has its pair here. A QuerySet does not say: projections
// other than values(), joins that are no relations, set operations, row locks; query() leads to those.
#include <gtest/gtest.h>

#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

void both(const QueryWorld& w, const QuerySet& set, const Query& query) {
  const BoundSql one = set.sql();
  const BoundSql other = query.sql();
  EXPECT_EQ(one.sql, other.sql);
  EXPECT_EQ(one.parameters, other.parameters);
  w.rows(query);
}

// A condition on tracks, by name and as an expression.
QueryCase condition(const char* name, const Filter& by_name, Expr (*expression)(const Model& track)) {
  return {name, [by_name, expression](const QueryWorld& w) {
            const Query query = w.track.select().where(expression(w.track)).order_by(w.track["id"]);
            both(w, w.track.objects().filter(by_name), query);
            // An expression is a condition of a QuerySet, too.
            EXPECT_EQ(w.track.objects().filter(expression(w.track)).sql().sql, query.sql().sql);
          }};
}

QueryCase moment(const char* name, const Filter& by_name, Expr (*expression)(const Model& tweet)) {
  return {name, [by_name, expression](const QueryWorld& w) {
            both(w, w.tweet.objects().load_required(false).filter(by_name),
                 w.tweet.select().where(expression(w.tweet)).order_by(w.tweet["id"]));
          }};
}

// An order of tracks; equal ones follow by key.
QueryCase order(const char* name, const std::vector<Order>& by_name,
                std::vector<OrderExpr> (*terms)(const Model& track)) {
  return {name, [by_name, terms](const QueryWorld& w) {
            std::vector<OrderExpr> total = terms(w.track);
            total.emplace_back(w.track["id"].asc());
            both(w, w.track.objects().order_by(by_name), w.track.select().order_by(total));
            EXPECT_EQ(w.track.objects().order_by(std::vector<Order>(total.begin(), total.end() - 1)).sql().sql,
                      w.track.select().order_by(total).sql().sql);
          }};
}

QueryCases conditions_by_name() {
  return {
      condition("equal", {{"title", "a"}}, [](const Model& t) { return t["title"] == "a"; }),
      condition("exactly equal", {{"title__exact", "a"}}, [](const Model& t) { return t["title"] == "a"; }),
      condition("not equal", {{"title__ne", "a"}}, [](const Model& t) { return t["title"] != "a"; }),
      condition("greater and at most", {{"position__gt", 1}, {"position__lte", 5}},
                [](const Model& t) { return (t["position"] > 1) & (t["position"] <= 5); }),
      condition("less or at least", Filter("position__lt", 2) | Filter("position__gte", 5),
                [](const Model& t) { return (t["position"] < 2) | (t["position"] >= 5); }),
      condition("equal to null", {{"play_count", nullptr}}, [](const Model& t) { return t["play_count"] == nullptr; }),
      condition("not equal to null", {{"play_count__ne", nullptr}},
                [](const Model& t) { return t["play_count"] != nullptr; }),
      condition("is null", {{"play_count__isnull", true}}, [](const Model& t) { return t["play_count"].is_null(); }),
      condition("is not null", {{"play_count__isnull", false}},
                [](const Model& t) { return t["play_count"].is_not_null(); }),
      condition("a relation is null", {{"album__isnull", true}}, [](const Model& t) { return t["album"].is_null(); }),
      condition("and is flat", {{"id__gt", 1}, {"id__gt", 2}, {"id__gt", 3}},
                [](const Model& t) { return t["id"] > 1 && t["id"] > 2 && t["id"] > 3; }),
      condition("or inside and", (Filter("id", 1) | Filter("id", 2)) & Filter("position", 2),
                [](const Model& t) { return (t["id"] == 1 || t["id"] == 2) && t["position"] == 2; }),
      condition("not", !(Filter("title", "a") | Filter("title", "b")),
                [](const Model& t) { return !(t["title"] == "a" || t["title"] == "b"); }),
      condition("not twice", !!Filter("title", "a"), [](const Model& t) { return !!(t["title"] == "a"); }),
      condition("between", {{"position__range", Values{1, 3}}},
                [](const Model& t) { return t["position"].between(1, 3); }),
      condition("in a list", {{"id__in", Values{1, 2, 3}}},
                [](const Model& t) {
                  return t["id"].in({1, 2, 3});
                }),
      condition("not in a list", {{"title__not_in", Values{"a", "b"}}},
                [](const Model& t) {
                  return t["title"].not_in({"a", "b"});
                }),
      condition("in an empty list", {{"id__in", Values{}}}, [](const Model& t) { return t["id"].in(Values{}); }),
      condition("not in an empty list", {{"id__not_in", Values{}}},
                [](const Model& t) { return t["id"].not_in(Values{}); }),
      condition("like", {{"title__like", "a%"}}, [](const Model& t) { return t["title"].like("a%"); }),
      condition("ilike", {{"title__ilike", "a%"}}, [](const Model& t) { return t["title"].ilike("a%"); }),
      condition("contains", {{"title__contains", "50%"}}, [](const Model& t) { return t["title"].contains("50%"); }),
      condition("icontains", {{"title__icontains", "A"}}, [](const Model& t) { return t["title"].icontains("A"); }),
      condition("startswith", {{"title__startswith", "CS"}},
                [](const Model& t) { return t["title"].startswith("CS"); }),
      condition("istartswith", {{"title__istartswith", "cs"}},
                [](const Model& t) { return t["title"].istartswith("cs"); }),
      condition("endswith", {{"title__endswith", "_"}}, [](const Model& t) { return t["title"].endswith("_"); }),
      condition("iendswith", {{"title__iendswith", "U"}}, [](const Model& t) { return t["title"].iendswith("U"); }),
      condition("iexact", {{"title__iexact", "malibu"}}, [](const Model& t) { return t["title"].iexact("malibu"); }),
      condition("regex", {{"title__regex", "^C[A-Z]"}}, [](const Model& t) { return t["title"].regex("^C[A-Z]"); }),
      condition("iregex", {{"title__iregex", "^c[a-z]"}}, [](const Model& t) { return t["title"].iregex("^c[a-z]"); }),
      moment("before a date", {{"timestamp__gte", Date::parse("2026-11-01")}},
             [](const Model& t) { return t["timestamp"] >= Date::parse("2026-11-01"); }),
      moment("a year", {{"timestamp__year", 2026}},
             [](const Model& t) { return t["timestamp"].part(DatePart::year) == 2026; }),
      moment("a month from one on", {{"timestamp__month__gte", 11}},
             [](const Model& t) { return t["timestamp"].part(DatePart::month) >= 11; }),
      moment("a day among some", {{"timestamp__day__in", Values{1, 2}}},
             [](const Model& t) {
               return t["timestamp"].part(DatePart::day).in({1, 2});
             }),
      moment("one date", {{"timestamp__date", Date::parse("2026-11-01")}},
             [](const Model& t) { return t["timestamp"].part(DatePart::date) == Date::parse("2026-11-01"); }),
  };
}

QueryCases orders_by_name() {
  return {
      order("by a column", {"title"}, [](const Model& t) { return std::vector<OrderExpr>{t["title"].asc()}; }),
      order("by a column, descending", {"-title"},
            [](const Model& t) { return std::vector<OrderExpr>{t["title"].desc()}; }),
      order("by two columns", {"-position", "title"},
            [](const Model& t) {
              return std::vector<OrderExpr>{t["position"].desc(), t["title"].asc()};
            }),
      order("by a column that may be null", {"play_count"},
            [](const Model& t) { return std::vector<OrderExpr>{t["play_count"].asc()}; }),
      order("by a column that may be null, descending", {"-play_count"},
            [](const Model& t) { return std::vector<OrderExpr>{t["play_count"].desc()}; }),
  };
}

}  // namespace

QueryCases facade_cases() {
  QueryCases cases = {
      {"all rows", [](const QueryWorld& w) { both(w, w.track.objects(), w.track.select().order_by(w.track["id"])); }},
      {"conditions",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter({{"position__gte", 2}, {"title__contains", "b"}}),
              w.track.select()
                  .where((w.track["position"] >= 2) & w.track["title"].contains("b"))
                  .order_by(w.track["id"]));
       }},
      {"expressions of several columns",
       [](const QueryWorld& w) {
         const Expr sum = (w.track["position"] + 1) * 2 - w.track["play_count"] / 2;
         both(w, w.track.objects().filter(sum > 0), w.track.select().where(sum > 0).order_by(w.track["id"]));
       }},
      {"a column by name and another",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter("position", w.track["play_count"]),
              w.track.select().where(w.track["position"] == w.track["play_count"]).order_by(w.track["id"]));
       }},
      {"rows in the order of their relation",
       [](const QueryWorld& w) {
         both(w, w.track.objects().order_by("album__name"),
              w.track.select().left_outer_join(w.album).order_by(w.album["name"], w.track["id"]));
       }},
      {"nulls where they are asked for",
       [](const QueryWorld& w) {
         both(w, w.track.objects().order_by(w.track["play_count"].desc().nulls_last()),
              w.track.select().order_by(w.track["play_count"].desc().nulls_last(), w.track["id"]));
       }},
      {"some values",
       [](const QueryWorld& w) {
         const QuerySet titles = w.track.objects().distinct().order_by("title");
         EXPECT_EQ(titles.flat("title").size(), w.ask == QueryWorld::Ask::sql ? 0U : 7U);
         w.rows(w.track.select(w.track["title"]).distinct().order_by(w.track["title"]));
       }},
      {"one or the other",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter(Filter("position", 1) | Filter("play_count", nullptr)),
              w.track.select()
                  .where((w.track["position"] == 1) | w.track["play_count"].is_null())
                  .order_by(w.track["id"]));
       }},
      {"excluded",
       [](const QueryWorld& w) {
         both(w, w.track.objects().exclude("position", 1),
              w.track.select().where(!(w.track["position"] == 1)).order_by(w.track["id"]));
       }},
      {"order and page",
       [](const QueryWorld& w) {
         both(w, w.track.objects().order_by("-title").paginate(2, 3),
              w.track.select().order_by(w.track["title"].desc(), w.track["id"]).limit(3).offset(3));
       }},
      {"a joined relation",
       [](const QueryWorld& w) {
         both(w, w.track.objects().select_related("album"),
              w.track.select(w.track, w.album).left_outer_join(w.album).order_by(w.track["id"]));
       }},
      {"a condition along a relation",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter("album__name", "Malibu"),
              w.track.select(w.track, w.album)
                  .left_outer_join(w.album)
                  .where(w.album["name"] == "Malibu")
                  .order_by(w.track["id"]));
       }},
      {"a list of keys",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter("album__in", Values{1, 2}),
              w.track.select().where(w.track["album"].in({1, 2})).order_by(w.track["id"]));
       }},
      {"a query of keys",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter("album__in", w.album.objects().filter("name", "Malibu")),
              w.track.select()
                  .where(w.track["album"].in(w.album.select(w.album["id"]).where(w.album["name"] == "Malibu")))
                  .order_by(w.track["id"]));
       }},
      {"rows that have related ones",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         both(w, w.album.objects().filter(any("tracks", {"position__gt", 1})),
              w.album.select()
                  .where(exists(on_it.select().where((on_it["album"] == w.album["id"]) & (on_it["position"] > 1))))
                  .order_by(w.album["id"]));
       }},
      {"rows that have no related ones",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         both(w, w.album.objects().filter(none("tracks", {"title", "nothing"})),
              w.album.select()
                  .where(not_exists(
                      on_it.select().where((on_it["album"] == w.album["id"]) & (on_it["title"] == "nothing"))))
                  .order_by(w.album["id"]));
       }},
      {"an annotation",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         both(w, w.album.objects().annotate("n", Aggregate::count("tracks")),
              w.album.select(w.album, Expr(on_it.select(fn::count()).where(on_it["album"] == w.album["id"])).as("n"))
                  .order_by(w.album["id"]));
       }},
  };
  for (const QueryCases& more : {conditions_by_name(), orders_by_name()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace dorm::test
