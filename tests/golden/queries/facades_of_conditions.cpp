// Conditions by name and as expressions, each in terms of the other: one text. These are among the cases of
// facades.cpp.
#include <gtest/gtest.h>

#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

// A condition on tracks, by name and as an expression.
QueryCase condition(const char* name, const Filter& by_name, Expr (*expression)(const Model& track)) {
  return {name, [by_name, expression](const QueryWorld& w) {
            const Query query = w.track.select().where(expression(w.track)).order_by(w.track["id"]);
            w.both(w.track.objects().filter(by_name), query);
            // An expression is a condition of a QuerySet, too.
            EXPECT_EQ(w.track.objects().filter(expression(w.track)).sql().sql, query.sql().sql);
          }};
}

QueryCase moment(const char* name, const Filter& by_name, Expr (*expression)(const Model& tweet)) {
  return {name, [by_name, expression](const QueryWorld& w) {
            w.both(w.tweet.objects().load_required(false).filter(by_name),
                   w.tweet.select().where(expression(w.tweet)).order_by(w.tweet["id"]));
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

QueryCases more_conditions() {
  return {
      {"conditions",
       [](const QueryWorld& w) {
         w.both(w.track.objects().filter({{"position__gte", 2}, {"title__contains", "b"}}),
                w.track.select()
                    .where((w.track["position"] >= 2) & w.track["title"].contains("b"))
                    .order_by(w.track["id"]));
       }},
      {"expressions of several columns",
       [](const QueryWorld& w) {
         const Expr sum = (w.track["position"] + 1) * 2 - w.track["play_count"] / 2;
         w.both(w.track.objects().filter(sum > 0), w.track.select().where(sum > 0).order_by(w.track["id"]));
       }},
      {"a column by name and another",
       [](const QueryWorld& w) {
         w.both(w.track.objects().filter("position", w.track["play_count"]),
                w.track.select().where(w.track["position"] == w.track["play_count"]).order_by(w.track["id"]));
       }},
      {"one or the other",
       [](const QueryWorld& w) {
         w.both(w.track.objects().filter(Filter("position", 1) | Filter("play_count", nullptr)),
                w.track.select()
                    .where((w.track["position"] == 1) | w.track["play_count"].is_null())
                    .order_by(w.track["id"]));
       }},
      {"excluded",
       [](const QueryWorld& w) {
         w.both(w.track.objects().exclude("position", 1),
                w.track.select().where(!(w.track["position"] == 1)).order_by(w.track["id"]));
       }},
      {"a list of keys",
       [](const QueryWorld& w) {
         w.both(w.track.objects().filter("album__in", Values{1, 2}),
                w.track.select().where(w.track["album"].in({1, 2})).order_by(w.track["id"]));
       }},
      {"a query of keys",
       [](const QueryWorld& w) {
         w.both(w.track.objects().filter("album__in", w.album.objects().filter("name", "Malibu")),
                w.track.select()
                    .where(w.track["album"].in(w.album.select(w.album["id"]).where(w.album["name"] == "Malibu")))
                    .order_by(w.track["id"]));
       }},
      {"rows that have related ones",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         w.both(w.album.objects().filter(any("tracks", {"position__gt", 1})),
                w.album.select()
                    .where(exists(on_it.select().where((on_it["album"] == w.album["id"]) & (on_it["position"] > 1))))
                    .order_by(w.album["id"]));
       }},
      {"rows that have no related ones",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         w.both(w.album.objects().filter(none("tracks", {"title", "nothing"})),
                w.album.select()
                    .where(not_exists(
                        on_it.select().where((on_it["album"] == w.album["id"]) & (on_it["title"] == "nothing"))))
                    .order_by(w.album["id"]));
       }},
      {"a condition along a relation",
       [](const QueryWorld& w) {
         w.both(w.track.objects().filter("album__name", "Malibu"), w.track.select(w.track, w.album)
                                                                       .left_outer_join(w.album)
                                                                       .where(w.album["name"] == "Malibu")
                                                                       .order_by(w.track["id"]));
       }},
      {"conditions call by call",
       [](const QueryWorld& w) {
         w.both(w.user.objects().filter("id__gt", 1).filter("id__lt", 9),
                w.user.select().where(w.user["id"] > 1).where(w.user["id"] < 9).order_by(w.user["id"]));
       }},
      {"all before or another",
       [](const QueryWorld& w) {
         w.both(w.user.objects().filter((Filter("id__gt", 1) & Filter("id__lt", 9)) | Filter("username", "huey")),
                w.user.select()
                    .where(w.user["id"] > 1)
                    .where(w.user["id"] < 9)
                    .or_where(w.user["username"] == "huey")
                    .order_by(w.user["id"]));
       }},
      {"a truth, true and false",
       [](const QueryWorld& w) {
         for (const bool best : {true, false})
           w.both(w.album.objects().filter("is_best_seller", best),
                  w.album.select().where(w.album["is_best_seller"] == best).order_by(w.album["id"]));
         w.both(w.album.objects().exclude(w.album["is_best_seller"]),
                w.album.select().where(!w.album["is_best_seller"]).order_by(w.album["id"]));
       }},
      {"contains another column",
       [](const QueryWorld& w) {
         w.both(w.track.objects().filter("title__contains", w.track["title"]),
                w.track.select().where(w.track["title"].contains(w.track["title"])).order_by(w.track["id"]));
       }},
      {"in the rows of a query",
       [](const QueryWorld& w) {
         const Query query = w.tweet.select().where(w.tweet["user"].in(w.user.select())).order_by(w.tweet["id"]);
         w.both(w.tweet.objects().load_required(false).filter("user__in", w.user.select()), query);
         w.both(w.tweet.objects().load_required(false).filter("user__in", w.user.objects()), query);
       }},
      {"not in a query",
       [](const QueryWorld& w) {
         const Query writers = w.tweet.select(w.tweet["user"]);
         w.both(w.user.objects().filter("id__not_in", writers),
                w.user.select().where(w.user["id"].not_in(writers)).order_by(w.user["id"]));
       }},
      {"the value of a query",
       [](const QueryWorld& w) {
         const Model t = w.tweet.alias();
         const Query latest = t.select(fn::max(t["timestamp"]));
         w.both(w.tweet.objects().load_required(false).filter("timestamp", latest),
                w.tweet.select().where(w.tweet["timestamp"] == latest).order_by(w.tweet["id"]));
       }},
      {"exists two levels down",
       [](const QueryWorld& w) {
         const Model written = w.tweet.alias(), like = w.favorite.alias();
         const Query liked = like.select().where(like["tweet"] == written["id"]);
         w.both(w.user.objects().filter(any("tweets", any("favorites"))),
                w.user.select()
                    .where(exists(written.select().where((written["user"] == w.user["id"]) & exists(liked))))
                    .order_by(w.user["id"]));
       }},
      {"rows that none of the same model comes after",
       [](const QueryWorld& w) {
         const Model later = w.tweet.alias();
         const Expr last = not_exists(
             later.select().where((later["user"] == w.tweet["user"]) & (later["timestamp"] > w.tweet["timestamp"])));
         w.both(w.tweet.objects().load_required(false).filter(last),
                w.tweet.select().where(last).order_by(w.tweet["id"]));
       }},
      {"one value used twice",
       [](const QueryWorld& w) {
         const Expr shared("huey");
         const Expr holds = w.user["username"] == shared || fn::lower(w.user["username"]) == shared;
         w.both(w.user.objects().filter(holds), w.user.select().where(holds).order_by(w.user["id"]));
       }},
      {"rows all of whose related ones match",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         const Expr other = (on_it["position"] < 4).is_distinct_from(true);
         w.both(w.album.objects().filter(every("tracks", {"position__lt", 4})),
                w.album.select()
                    .where(not_exists(on_it.select().where((on_it["album"] == w.album["id"]) & other)))
                    .order_by(w.album["id"]));
       }},
      {"a tuple in a query",
       [](const QueryWorld& w) {
         const Expr last =
             tuple({w.track["album"], w.track["position"]})
                 .in(w.track.select(w.track["album"], fn::max(w.track["position"])).group_by(w.track["album"]));
         w.both(w.track.objects().filter(last), w.track.select().where(last).order_by(w.track["id"]));
       }},
      {"tuples in a list, and compared",
       [](const QueryWorld& w) {
         const Expr place = tuple({w.track["album"], w.track["position"]});
         for (const Expr& holds : {place.in({Values{1, 1}, Values{2, 2}}), place == tuple({1, 4}),
                                   place != tuple({1, 4}), place > tuple({1, 2})})
           w.both(w.track.objects().filter(holds), w.track.select().where(holds).order_by(w.track["id"]));
       }},
  };
}

}  // namespace

QueryCases condition_facade_cases() {
  QueryCases cases = conditions_by_name();
  const QueryCases more = more_conditions();
  cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace dorm::test
