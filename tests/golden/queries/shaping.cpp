// What comes of the rows: groups, order, limits, distinct rows, set operations, row types.
#include "golden/queries/world.hpp"

namespace dorm::test {

QueryCases shaping_cases() {
  return {
      {"group by and having",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["user"], fn::count().as("n")).group_by(w.tweet["user"]).having(fn::count() > 1));
       }},
      {"group by a model is by all its columns",
       [](const QueryWorld& w) {
         w.rows(
             w.user.select(w.user, fn::count(w.tweet["id"]).as("n")).join(w.tweet, Join::left_outer).group_by(w.user));
       }},
      {"group by an expression",
       [](const QueryWorld& w) {
         const Expr half = (w.track["position"] % 2).as("half");
         w.rows(w.track.select(half, fn::count().as("n")).group_by(half));
       }},
      {"aggregates",
       [](const QueryWorld& w) {
         w.rows(w.track.select(fn::count().as("rows"), fn::count_distinct(w.track["album"]).as("albums"),
                               fn::sum(w.track["position"]).as("total"), fn::avg(w.track["position"]).as("mean"),
                               fn::min(w.track["title"]).as("first"), fn::max(w.track["title"]).as("last")));
       }},
      {"order",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["id"]).order_by(w.user["username"], w.user["id"].desc()));
       }},
      {"order of a nullable column",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["id"]).order_by(w.track["play_count"], w.track["id"]));
       }},
      {"order of a nullable column, descending",
       [](const QueryWorld& w) { w.rows(w.track.select(w.track["id"]).order_by(w.track["play_count"].desc())); }},
      {"order with nulls first",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["id"]).order_by(w.track["play_count"].desc().nulls_first()));
       }},
      {"order with nulls last",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["id"]).order_by(w.track["play_count"].asc().nulls_last()));
       }},
      {"order of a column that an outer join may miss",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["id"]).join(w.album, Join::left_outer).order_by(w.album["name"]));
       }},
      {"order of what was joined inside",
       [](const QueryWorld& w) { w.rows(w.track.select(w.track["id"]).join(w.album).order_by(w.album["name"])); }},
      {"order by an output",
       [](const QueryWorld& w) {
         const Expr count = fn::count().as("n");
         w.rows(w.tweet.select(w.tweet["user"], count).group_by(w.tweet["user"]).order_by(count.desc()));
       }},
      {"order by a nullable output",
       [](const QueryWorld& w) {
         const Expr best = fn::max(w.track["play_count"]).as("best");
         w.rows(
             w.track.select(w.track["album"], best).group_by(w.track["album"]).order_by(best.desc(), w.track["album"]));
       }},
      {"order by an alias that is not selected is by its expression",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).order_by(fn::count().as("n").desc()));
       }},
      {"order by a function of what an outer join may miss",
       [](const QueryWorld& w) {
         w.rows(
             w.track.select(w.track["id"]).join(w.album, Join::left_outer).order_by(fn::lower(w.album["name"]).desc()));
         w.rows(w.track.select(w.track["id"])
                    .join(w.album, Join::left_outer)
                    .group_by(w.track["id"])
                    .order_by(fn::count(w.album["id"])));
       }},
      {"order by a column of a subquery that an outer join may miss",
       [](const QueryWorld& w) {
         const Subquery names =
             w.track.select(w.track["id"], w.album["name"]).join(w.album, Join::left_outer).alias("names");
         const Model other = w.track.alias();
         w.rows(other.select(other["id"]).join(names, {.on = other["id"] == names.c("id")}).order_by(names.c("name")));
       }},
      {"order by an aggregate",
       [](const QueryWorld& w) {
         w.rows(
             w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).order_by(fn::count().desc(), w.tweet["user"]));
       }},
      {"order is replaced and cleared",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["id"]).order_by(w.user["username"]).order_by(w.user["id"]));
         w.rows(w.user.select(w.user["id"]).order_by(w.user["username"]).order_by(std::vector<OrderExpr>{}));
       }},
      {"limit", [](const QueryWorld& w) { w.rows(w.user.select(w.user["id"]).limit(10)); }},
      {"offset", [](const QueryWorld& w) { w.rows(w.user.select(w.user["id"]).offset(2)); }},
      {"limit and offset", [](const QueryWorld& w) { w.rows(w.user.select(w.user["id"]).limit(10).offset(1)); }},
      {"paginate",
       [](const QueryWorld& w) { w.rows(w.user.select(w.user["id"]).order_by(w.user["id"]).paginate(2, 2)); }},
      {"distinct", [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet["user"]).distinct()); }},
      {"distinct no more",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet["user"]).distinct().distinct(false)); }},
      {"select replaces",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet["user"]).select(w.tweet["content"])); }},
      {"aliases of outputs",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet["content"].as("said"), w.tweet["user"].as("by"))); }},
      {"row types say the same",
       [](const QueryWorld& w) {
         const Query query = w.tweet.select(w.tweet["content"], w.user["username"]).join(w.user);
         w.rows(query.dicts());
         w.rows(query.tuples());
         w.rows(query.objects());
       }},
      {"union",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["user"]).union_with(w.favorite.select(w.favorite["user"])));
       }},
      {"union all, intersect, except",
       [](const QueryWorld& w) {
         const Query writers = w.tweet.select(w.tweet["user"]), likers = w.favorite.select(w.favorite["user"]);
         w.rows(writers.union_all(likers));
         w.rows(writers.intersect(likers));
         w.rows(writers.except(likers));
       }},
      {"union with order and limit",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["user"])
                    .union_with(w.favorite.select(w.favorite["user"]))
                    .order_by(w.tweet["user"])
                    .limit(2));
       }},
      {"union with order by a renamed output",
       [](const QueryWorld& w) {
         const Query writers = w.tweet.select(w.tweet["user"].as("who"));
         w.rows(writers.union_with(w.favorite.select(w.favorite["user"])).order_by(w.tweet["user"].desc()));
         w.rows(writers.union_with(w.favorite.select(w.favorite["user"])).order_by(w.tweet["user"].as("who")));
       }},
      {"union with order of a column that is null on one side",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["position"])
                    .union_all(w.track.select(w.track["play_count"]))
                    .order_by(w.track["position"]));
       }},
      {"union of limited members",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["id"])
                    .order_by(w.tweet["id"])
                    .limit(1)
                    .union_all(w.favorite.select(w.favorite["id"]).order_by(w.favorite["id"]).limit(1)));
       }},
      {"nested set operations keep their grouping",
       [](const QueryWorld& w) {
         const Query a = w.user.select(w.user["id"]), b = w.tweet.select(w.tweet["user"]),
                     c = w.favorite.select(w.favorite["user"]);
         w.rows(a.except(b.except(c)));
         w.rows(a.except(b).except(c));
         w.rows(a.union_with(b.intersect(c)));
       }},
      {"in a union",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["id"])
                    .where(w.user["id"].in(
                        w.tweet.select(w.tweet["user"]).union_with(w.favorite.select(w.favorite["user"])))));
       }},
      {"exists of a union",
       [](const QueryWorld& w) {
         w.rows(
             w.user.select(w.user["id"])
                 .where(exists(
                     w.tweet.select(w.tweet["user"])
                         .where(w.tweet["user"] == w.user["id"])
                         .union_all(w.favorite.select(w.favorite["user"]).where(w.favorite["user"] == w.user["id"])))));
       }},
      {"union of integers with doubles, and of two scales",
       [](const QueryWorld& w) {
         const Query small = w.item.select(w.item["small"].as("n")).dicts();
         w.rows(small.union_all(w.item.select(w.item["ratio"])));
         w.rows(small.union_all(w.item.select(w.item["price"])));
         w.rows(w.item.select(w.item["price"]).dicts().union_with(w.item.select(w.item["weight"])));
       }},
      {"union with nothing on one side",
       [](const QueryWorld& w) {
         w.rows(w.track.select(Expr(Value()).as("n")).dicts().union_with(w.track.select(w.track["position"])));
       }},
      {"a union as a subquery",
       [](const QueryWorld& w) {
         const Subquery active =
             w.tweet.select(w.tweet["user"]).union_with(w.favorite.select(w.favorite["user"])).alias("active");
         w.rows(w.user.select().join(active, {.on = w.user["id"] == active.c("user_id")}));
       }},
  };
}

}  // namespace dorm::test
