// The same rows asked for as a QuerySet and with the explicit builder: one text.
//
// What can be said of rows of a model by name has its pair here: orders, limits, columns, what comes along; conditions
// have theirs in facades_of_conditions.cpp, values and groups in facades_of_values.cpp, counts, totals and writes in
// facades_of_calls.cpp. Each condition of conditions.cpp and types.cpp, and each computed column there and in
// functions.cpp, is held to its pair where it stands.
// A QuerySet joins left outer, so that no row is lost, and orders its rows by their key in the end. It does not say:
// inner, right, full and cross joins, joins that are no relations, subqueries and common tables to be joined, set
// operations, row locks, parameters; query() and values_query() lead to those.
#include <gtest/gtest.h>

#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

// An order of tracks; equal ones follow by key.
QueryCase order(const char* name, const std::vector<Order>& by_name,
                std::vector<OrderExpr> (*terms)(const Model& track)) {
  return {name, [by_name, terms](const QueryWorld& w) {
            std::vector<OrderExpr> total = terms(w.track);
            total.emplace_back(w.track["id"].asc());
            w.both(w.track.objects().order_by(by_name), w.track.select().order_by(total));
            EXPECT_EQ(w.track.objects().order_by(std::vector<Order>(total.begin(), total.end() - 1)).sql().sql,
                      w.track.select().order_by(total).sql().sql);
          }};
}

// Rows with what they lead to, in one statement.
QueryCases rows_with_related_ones() {
  return {
      {"a list",
       [](const QueryWorld& w) {
         w.both(w.user.objects().select_related("tweets"),
                w.user.select(w.user, w.tweet).join(w.tweet, Join::left_outer).order_by(w.user["id"], w.tweet["id"]));
       }},
      {"lists in a list",
       [](const QueryWorld& w) {
         w.both(w.user.objects().load_required(false).select_related("tweets__favorites"),
                w.user.select(w.user, w.tweet, w.favorite)
                    .left_outer_join(w.tweet)
                    .left_outer_join(w.favorite)
                    .order_by(w.user["id"], w.tweet["id"], w.favorite["id"]));
       }},
      {"a row and a list beside it",
       [](const QueryWorld& w) {
         w.both(w.tweet.objects().load_required(false).select_related({"user", "favorites"}),
                w.tweet.select(w.tweet, w.user, w.favorite)
                    .left_outer_join(w.user)
                    .switch_to(w.tweet)
                    .left_outer_join(w.favorite)
                    .order_by(w.tweet["id"], w.favorite["id"]));
       }},
      {"one table twice",
       [](const QueryWorld& w) {
         const Model fan = w.user.alias();
         w.both(w.favorite.objects().select_related({"user", "tweet__user"}),
                w.favorite.select(w.favorite, fan, w.tweet, w.user)
                    .left_outer_join(fan)
                    .switch_to(w.favorite)
                    .left_outer_join(w.tweet)
                    .left_outer_join(w.user)
                    .order_by(w.favorite["id"]));
       }},
      {"a model with itself, over three levels",
       [](const QueryWorld& w) {
         const Model parent = w.category.alias(), grandparent = w.category.alias();
         w.both(w.category.objects().select_related("parent__parent"),
                w.category.select(w.category, parent, grandparent)
                    .left_outer_join(parent, {.on = w.category["parent"]})
                    .left_outer_join(grandparent, {.on = parent["parent"]})
                    .order_by(w.category["id"]));
       }},
      {"a condition on the parent of a model with itself",
       [](const QueryWorld& w) {
         const Model parent = w.category.alias();
         w.both(w.category.objects().filter("parent__name", "Electronics"),
                w.category.select(w.category, parent)
                    .left_outer_join(parent, {.on = w.category["parent"] == parent["id"]})
                    .where(parent["name"] == "Electronics")
                    .order_by(w.category["id"]));
       }},
      {"all relations",
       [](const QueryWorld& w) {
         w.both(w.album.objects().select_all(),
                w.album.select(w.album, w.track).left_outer_join(w.track).order_by(w.album["id"], w.track["id"]));
       }},
      {"a condition on a list",
       [](const QueryWorld& w) {
         w.both(w.album.objects().filter("tracks__position__gt", 1), w.album.select(w.album, w.track)
                                                                         .left_outer_join(w.track)
                                                                         .where(w.track["position"] > 1)
                                                                         .order_by(w.album["id"], w.track["id"]));
       }},
      {"a limit beside a list",
       [](const QueryWorld& w) {
         const Query one = w.album.select(w.album["id"]).order_by(w.album["id"]).limit(1);
         w.both(w.album.objects().select_related("tracks").limit(1), w.album.select(w.album, w.track)
                                                                         .left_outer_join(w.track)
                                                                         .where(w.album["id"].in(one))
                                                                         .order_by(w.album["id"], w.track["id"]));
       }},
      {"a limit of joined rows",
       [](const QueryWorld& w) {
         w.both(
             w.album.objects().select_related("tracks").limit(3).raw_limit(),
             w.album.select(w.album, w.track).left_outer_join(w.track).order_by(w.album["id"], w.track["id"]).limit(3));
       }},
  };
}

QueryCases parts_of_rows() {
  return {
      {"some columns",
       [](const QueryWorld& w) {
         const Query query = w.track.select(w.track["id"], w.track["title"]).order_by(w.track["id"]);
         w.both(w.track.objects().fields({"title"}), query);
         w.both(w.track.objects().exclude_fields({"album_id", "position", "play_count"}), query);
       }},
      {"a computed column",
       [](const QueryWorld& w) {
         const Expr twice = w.track["position"] * 2;
         w.both(w.track.objects().annotate("twice", twice),
                w.track.select(w.track, twice.as("twice")).order_by(w.track["id"]));
       }},
      {"limits of rows",
       [](const QueryWorld& w) {
         const Query by_id = w.user.select().order_by(w.user["id"]);
         w.both(w.user.objects().limit(10), by_id.limit(10));
         w.both(w.user.objects().offset(2), by_id.offset(2));
         w.both(w.user.objects().slice(1, 3), by_id.limit(2).offset(1));
       }},
      {"the last rows",
       [](const QueryWorld& w) {
         const Query last = w.track.select(w.track["id"]).order_by(w.track["id"].desc()).limit(3);
         w.both(w.track.objects().slice(-3), w.track.select().where(w.track["id"].in(last)).order_by(w.track["id"]));
       }},
      {"in the reversed order",
       [](const QueryWorld& w) {
         w.both(w.track.objects().order_by("title").reverse(),
                w.track.select().order_by(w.track["title"].desc(), w.track["id"].desc()));
       }},
      {"in the order of a query for each row",
       [](const QueryWorld& w) {
         const Expr count(w.tweet.select(fn::count(w.tweet["id"])).where(w.tweet["user"] == w.user["id"]));
         w.both(w.user.objects().order_by(count.desc()), w.user.select().order_by(count.desc(), w.user["id"]));
       }},
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
      {"all rows", [](const QueryWorld& w) { w.both(w.track.objects(), w.track.select().order_by(w.track["id"])); }},
      {"rows of an alias",
       [](const QueryWorld& w) {
         const Model t = w.tweet.alias("t");
         w.both(t.objects().load_required(false).filter("content", "meow").order_by("-timestamp"),
                t.select().where(t["content"] == "meow").order_by(t["timestamp"].desc(), t["id"]));
       }},
      {"rows in the order of their relation",
       [](const QueryWorld& w) {
         w.both(w.track.objects().order_by("album__name"),
                w.track.select().left_outer_join(w.album).order_by(w.album["name"], w.track["id"]));
       }},
      {"nulls where they are asked for",
       [](const QueryWorld& w) {
         w.both(w.track.objects().order_by(w.track["play_count"].desc().nulls_last()),
                w.track.select().order_by(w.track["play_count"].desc().nulls_last(), w.track["id"]));
       }},
      {"some values",
       [](const QueryWorld& w) {
         const QuerySet titles = w.track.objects().distinct().order_by("title");
         const Query query = w.track.select(w.track["title"]).distinct().order_by(w.track["title"]);
         w.same(titles.values_query({"title"}).sql(), query.sql());
         w.rows(query);
         if (w.ask != QueryWorld::Ask::rows) return;
         Values found;
         for (const Row& row : query.all()) found.push_back(row["title"].value());
         EXPECT_EQ(titles.flat("title"), found);
       }},
      {"order and page",
       [](const QueryWorld& w) {
         w.both(w.track.objects().order_by("-title").paginate(2, 3),
                w.track.select().order_by(w.track["title"].desc(), w.track["id"]).limit(3).offset(3));
       }},
      {"a joined relation",
       [](const QueryWorld& w) {
         w.both(w.track.objects().select_related("album"),
                w.track.select(w.track, w.album).left_outer_join(w.album).order_by(w.track["id"]));
       }},
      {"an annotation",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         w.both(w.album.objects().annotate("n", Aggregate::count("tracks")),
                w.album.select(w.album, Expr(on_it.select(fn::count()).where(on_it["album"] == w.album["id"])).as("n"))
                    .order_by(w.album["id"]));
       }},
  };
  for (const QueryCases& more : {orders_by_name(), rows_with_related_ones(), parts_of_rows()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace dorm::test
