// Joins of every kind, inferred, by key and by condition.
#include "golden/queries/world.hpp"

namespace dorm::test {

QueryCases join_cases() {
  return {
      {"no join", [](const QueryWorld& w) { w.rows(w.tweet.select()); }},
      {"forward, inferred", [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet["content"]).join(w.user)); }},
      {"backward, inferred", [](const QueryWorld& w) { w.rows(w.user.select(w.user["username"]).join(w.tweet)); }},
      {"on a condition",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["content"]).join(w.user, {.on = w.tweet["user"] == w.user["id"]}));
       }},
      {"on a condition with more than the key",
       [](const QueryWorld& w) {
         const Expr recent = w.tweet["timestamp"] > DateTime::parse("2026-11-01 00:00:00");
         w.rows(w.user.select(w.user["username"])
                    .join(w.tweet, Join::left_outer, {.on = (w.tweet["user"] == w.user["id"]) & recent}));
       }},
      {"on a key of the target",
       [](const QueryWorld& w) { w.rows(w.user.select().join(w.relationship, {.on = w.relationship["to_user"]})); }},
      {"on a key of the source",
       [](const QueryWorld& w) { w.rows(w.relationship.select().join(w.user, {.on = w.relationship["from_user"]})); }},
      {"on a back-reference",
       [](const QueryWorld& w) { w.rows(w.user.select().join(w.relationship, {.on = w.user["related_to"]})); }},
      {"left outer",
       [](const QueryWorld& w) { w.rows(w.user.select(w.user, w.tweet).join(w.tweet, Join::left_outer)); }},
      {"right outer",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet, w.user).join(w.user, Join::right_outer)); }},
      {"full outer",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet, w.user).join(w.user, Join::full_outer)); }},
      {"cross",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["username"], w.album["name"]).join(w.album, Join::cross).dicts());
       }},
      {"straight through three models",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["username"], fn::count(w.favorite["id"]).as("count"))
                    .join(w.tweet, Join::left_outer)
                    .join(w.favorite, Join::left_outer)
                    .group_by(w.user["username"]));
       }},
      {"switch_to",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["id"]).join(w.user).switch_to(w.tweet).join(w.favorite, Join::left_outer));
       }},
      {"join_from",
       [](const QueryWorld& w) {
         w.rows(
             w.tweet.select(w.tweet["id"]).join_from(w.tweet, w.user).join_from(w.tweet, w.favorite, Join::left_outer));
       }},
      {"aliases are numbered as the text reads",
       [](const QueryWorld& w) {
         w.rows(w.favorite.select(w.user["username"], w.tweet["content"]).join(w.tweet).join(w.user));
       }},
      {"one table twice",
       [](const QueryWorld& w) {
         const Model owner = w.user.alias();
         w.rows(w.favorite.select(w.favorite, w.tweet["content"], w.user["username"], owner["username"])
                    .join(owner)
                    .switch_to(w.favorite)
                    .join(w.tweet)
                    .join(w.user));
       }},
      {"an alias with a name",
       [](const QueryWorld& w) {
         const Model owner = w.user.alias("owner");
         w.rows(w.favorite.select(owner["username"]).join(owner).where(owner["username"] != "huey"));
       }},
      {"an alias as the root",
       [](const QueryWorld& w) {
         const Model t = w.tweet.alias("t");
         w.rows(t.select().where(t["content"] == "meow"));
       }},
      {"an alias named like a number is kept",
       [](const QueryWorld& w) {
         const Model owner = w.user.alias("t1");
         w.rows(w.tweet.select(w.tweet["content"], owner["username"]).join(owner));
       }},
      {"self-join",
       [](const QueryWorld& w) {
         const Model parent = w.category.alias();
         w.rows(w.category.select()
                    .join(parent, {.on = w.category["parent"] == parent["id"]})
                    .where(parent["name"] == "Electronics"));
       }},
      {"self-join by the key of one side",
       [](const QueryWorld& w) {
         const Model other = w.category.alias();
         w.rows(w.category.select(w.category["name"], other["name"].as("other"))
                    .join(other, {.on = other["parent"], .attr = "child"}));
       }},
      {"self-join over three levels",
       [](const QueryWorld& w) {
         const Model parent = w.category.alias("parent"), grandparent = w.category.alias("grandparent");
         w.rows(w.category.select(w.category, parent, grandparent)
                    .join(parent, Join::left_outer, {.on = w.category["parent"]})
                    .join(grandparent, Join::left_outer, {.on = parent["parent"]}));
       }},
      {"without a foreign key",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user, w.activity_log)
                    .join(w.activity_log, {.on = w.user["id"] == w.activity_log["object_id"], .attr = "log"})
                    .where((w.activity_log["activity_type"] == "user_activity") & (w.user["username"] == "charlie")));
       }},
      {"a table whose names are not the model's",
       [](const QueryWorld& w) {
         w.rows(
             w.track.select(w.track["title"], w.album["name"]).join(w.album).where(w.album["is_best_seller"] == true));
       }},
  };
}

}  // namespace dorm::test
