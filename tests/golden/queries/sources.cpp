// Subqueries in FROM, WHERE and the select list; common table expressions.
#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

Query latest_of(const Model& latest) {
  return latest.select(latest["user"], fn::max(latest["timestamp"]).as("max_ts")).group_by(latest["user"]);
}

}  // namespace

QueryCases source_cases() {
  return {
      {"joined subquery",
       [](const QueryWorld& w) {
         const Subquery latest = latest_of(w.tweet.alias()).alias("latest_query");
         const Expr predicate = (w.tweet["user"] == latest.c("user_id")) & (w.tweet["timestamp"] == latest.c("max_ts"));
         w.rows(w.tweet.select(w.tweet, w.user).join(latest, {.on = predicate}).join_from(w.tweet, w.user));
       }},
      {"joined subquery of all columns",
       [](const QueryWorld& w) {
         const Model parent = w.category.alias();
         const Subquery jq = parent.select().where(parent["name"] == "Electronics").alias("jq");
         w.rows(w.category.select().join(jq, {.on = w.category["parent"] == jq.c("id")}));
       }},
      {"columns of a joined subquery",
       [](const QueryWorld& w) {
         const Model t = w.tweet.alias();
         const Subquery counts = t.select(t["user"], fn::count(t["id"]).as("n")).group_by(t["user"]).alias("counts");
         w.rows(w.user.select(w.user["username"], counts.c("n"))
                    .join(counts, Join::left_outer, {.on = w.user["id"] == counts.c("user_id")}));
       }},
      {"a limit inside a subquery",
       [](const QueryWorld& w) {
         const Model t = w.tweet.alias();
         const Subquery recent = t.select(t["id"]).order_by(t["timestamp"].desc()).limit(3).alias("recent");
         w.rows(w.tweet.select(w.tweet["content"])
                    .join(recent, {.on = w.tweet["id"] == recent.c("id")})
                    .where(w.tweet["content"] != "hiss"));
       }},
      {"values are numbered as the text reads",
       [](const QueryWorld& w) {
         const Model t = w.tweet.alias();
         const Subquery meows = t.select(t["user"]).where(t["content"] == "meow").alias("meows");
         w.rows(w.user.select(w.user["id"], (w.user["id"] + 1).as("next"))
                    .join(meows, {.on = w.user["id"] == meows.c("user_id")})
                    .where(w.user["username"] == "huey")
                    .limit(5));
       }},
      {"in a query",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["content"])
                    .where(w.tweet["user"].in(w.user.select(w.user["id"]).where(w.user["username"] == "huey"))));
       }},
      {"in a query without a select list means its key",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["content"]).where(w.tweet["user"].in(w.user.select())));
       }},
      {"not in a query",
       [](const QueryWorld& w) {
         w.rows(w.user.select().where(w.user["id"].not_in(w.tweet.select(w.tweet["user"]))));
       }},
      {"scalar subquery in a condition",
       [](const QueryWorld& w) {
         const Model t = w.tweet.alias();
         w.rows(w.tweet.select(w.tweet["content"]).where(w.tweet["timestamp"] == t.select(fn::max(t["timestamp"]))));
       }},
      {"correlated subquery in the select list",
       [](const QueryWorld& w) {
         const Query count = w.tweet.select(fn::count(w.tweet["id"])).where(w.tweet["user"] == w.user["id"]);
         w.rows(w.user.select(w.user["username"], Expr(count).as("tweets_written")));
       }},
      {"correlated subquery in an order",
       [](const QueryWorld& w) {
         const Query count = w.tweet.select(fn::count(w.tweet["id"])).where(w.tweet["user"] == w.user["id"]);
         w.rows(w.user.select(w.user["username"]).order_by(Expr(count).desc(), w.user["id"]));
       }},
      {"exists",
       [](const QueryWorld& w) {
         w.rows(w.user.select().where(exists(w.tweet.select().where(w.tweet["user"] == w.user["id"]))));
       }},
      {"not exists",
       [](const QueryWorld& w) {
         w.rows(w.user.select().where(not_exists(w.tweet.select().where(w.tweet["user"] == w.user["id"]))));
       }},
      {"exists two levels down",
       [](const QueryWorld& w) {
         const Query liked =
             w.favorite.select().where((w.favorite["tweet"] == w.tweet["id"]) & (w.favorite["user"] == w.user["id"]));
         w.rows(w.user.select(w.user["id"]).where(exists(w.tweet.select().where(exists(liked)))));
       }},
      {"the same model outside and inside needs an alias",
       [](const QueryWorld& w) {
         const Model later = w.tweet.alias();
         w.rows(w.tweet.select(w.tweet["id"])
                    .where(not_exists(later.select().where((later["user"] == w.tweet["user"]) &
                                                           (later["timestamp"] > w.tweet["timestamp"])))));
       }},
      {"common table expression",
       [](const QueryWorld& w) {
         const CommonTable latest = latest_of(w.tweet.alias()).cte("latest");
         const Expr predicate = (w.tweet["user"] == latest.c("user_id")) & (w.tweet["timestamp"] == latest.c("max_ts"));
         w.rows(w.tweet.select(w.tweet, w.user)
                    .join(latest, {.on = predicate})
                    .join_from(w.tweet, w.user)
                    .with_cte(latest));
       }},
      {"common table expression with column names",
       [](const QueryWorld& w) {
         const CommonTable latest = latest_of(w.tweet).cte("latest", {"author", "at"});
         w.rows(
             latest.select_from({latest.c("author")}).where(latest.c("at") > DateTime::parse("2026-01-01 00:00:00")));
       }},
      {"common table expression of another one",
       [](const QueryWorld& w) {
         const CommonTable meows = w.tweet.select(w.tweet["user"]).where(w.tweet["content"] == "meow").cte("meows");
         const CommonTable owners =
             w.user.select().join(meows, {.on = w.user["id"] == meows.c("user_id")}).cte("owners");
         w.rows(owners.select_from({owners.c("username")}).with_cte({meows, owners}));
       }},
      {"common table expression in a condition",
       [](const QueryWorld& w) {
         const CommonTable meows = w.tweet.select(w.tweet["user"]).where(w.tweet["content"] == "meow").cte("meows");
         w.rows(w.user.select().where(w.user["id"].in(meows.select_from({meows.c("user_id")}))));
       }},
      {"recursive common table expression: a tree",
       [](const QueryWorld& w) {
         const Model child = w.category.alias();
         const CommonTable tree = w.category.select(w.category["id"], w.category["name"], Expr(0).as("level"))
                                      .where(w.category["parent"].is_null())
                                      .recursive_cte("tree", [&](const CommonTable& above) {
                                        return child.select(child["id"], child["name"], above.c("level") + 1)
                                            .join(above, {.on = child["parent"] == above.c("id")});
                                      });
         w.rows(tree.select_from({tree.c("name"), tree.c("level")}).order_by(tree.c("level")));
       }},
      {"recursive common table expression: paths, numbers and what is not known at first",
       [](const QueryWorld& w) {
         const Model child = w.category.alias();
         const CommonTable tree = w.category
                                      .select(w.category["id"], w.category["name"].as("path"),
                                              Expr(Value()).as("came_from"), Expr(1).as("share"))
                                      .where(w.category["parent"].is_null())
                                      .recursive_cte("tree", [&](const CommonTable& above) {
                                        return child
                                            .select(child["id"], above.c("path").concat("/").concat(child["name"]),
                                                    child["parent"], above.c("share") * 0.5)
                                            .join(above, {.on = child["parent"] == above.c("id")});
                                      });
         w.rows(tree.select_from({tree.c("path"), tree.c("came_from"), tree.c("share")}).order_by(tree.c("path")));
       }},
      {"recursive common table expression without duplicates: ancestors",
       [](const QueryWorld& w) {
         const Model parent = w.category.alias();
         const CommonTable up = w.category.select(w.category["id"], w.category["parent"])
                                    .where(w.category["name"] == "leaf")
                                    .recursive_cte(
                                        "up",
                                        [&](const CommonTable& below) {
                                          return parent.select(parent["id"], parent["parent"])
                                              .join(below, {.on = parent["id"] == below.c("parent_id")});
                                        },
                                        true);
         w.rows(w.category.select().join(up, {.on = w.category["id"] == up.c("id")}).with_cte(up));
       }},
  };
}

}  // namespace dorm::test
