// Rows inserted without Rows, upserts, and what writes give back.
#include "golden/queries/world.hpp"

namespace dorm::test {

QueryCases insert_cases() {
  return {
      {"one row",
       [](const QueryWorld& w) {
         w.value(w.user.insert({{"id", 50}, {"username", "new"}}).run());
       }},
      {"several rows",
       [](const QueryWorld& w) {
         w.value(w.track
                     .insert_many(
                         {{{"id", 50}, {"title", "x"}, {"position", 1}}, {{"id", 51}, {"title", "y"}, {"position", 2}}})
                     .run());
       }},
      {"rows with different fields",
       [](const QueryWorld& w) {
         w.value(w.track
                     .insert_many({{{"id", 50}, {"title", "x"}, {"position", 1}},
                                   {{"id", 51}, {"title", "y"}, {"position", 2}, {"play_count", 5}},
                                   {{"id", 52}, {"title", "z"}, {"position", 3}}})
                     .run());
       }},
      {"computed values",
       [](const QueryWorld& w) {
         const Expr next = Expr(w.track.select(fn::max(w.track["position"]))) + 1;
         w.value(w.track.insert({{"id", 50}, {"title", fn::upper("x")}, {"position", next}}).run());
       }},
      {"rows of a query",
       [](const QueryWorld& w) {
         w.value(w.track
                     .insert_from(w.track.select(w.track["id"] + 100, w.track["title"].concat("!"), w.track["position"])
                                      .where(w.track["position"] == 1),
                                  {"id", "title", "position"})
                     .run());
       }},
      {"rows of a union",
       [](const QueryWorld& w) {
         w.value(w.favorite
                     .insert_from(w.tweet.select((w.tweet["id"] + 100).as("key"), w.tweet["user"], w.tweet["id"])
                                      .where(w.tweet["id"] == 1)
                                      .union_all(w.tweet.select(w.tweet["id"] + 100, w.tweet["user"], w.tweet["id"])
                                                     .where(w.tweet["id"] == 2)),
                                  {"id", "user", "tweet"})
                     .run());
       }},
      {"conflicts ignored",
       [](const QueryWorld& w) {
         w.value(w.user.insert_many({{{"id", 1}, {"username", "huey"}}, {{"id", 50}, {"username", "new"}}})
                     .on_conflict_ignore()
                     .run());
       }},
      {"conflicts of one kind ignored",
       [](const QueryWorld& w) {
         w.value(w.user.insert({{"id", 1}, {"username", "hugo"}}).on_conflict_ignore({"id"}).run());
       }},
      {"upsert",
       [](const QueryWorld& w) {
         w.value(w.user.insert_many({{{"id", 1}, {"username", "hugo"}}, {{"id", 99}, {"username", "new"}}})
                     .on_conflict_update({.target = {"id"}, .preserve = {"username"}})
                     .run());
       }},
      {"upsert by computed values",
       [](const QueryWorld& w) {
         w.value(w.track.insert({{"id", 2}, {"title", "again"}, {"position", 10}})
                     .on_conflict_update({.set = {{"position", w.track["position"] + excluded(w.track["position"])},
                                                  {"title", w.track["title"].concat(excluded(w.track["title"]))}},
                                          .where = w.track["position"] < excluded(w.track["position"])})
                     .run());
       }},
      {"upsert of a query",
       [](const QueryWorld& w) {
         w.value(
             w.user
                 .insert_from(w.user.select(w.user["id"], w.user["username"]).where(w.user["id"] > 2),
                              {"id", "username"})
                 .on_conflict_update({.target = {"id"}, .set = {{"username", fn::upper(excluded(w.user["username"]))}}})
                 .run());
       }},
      {"replace",
       [](const QueryWorld& w) {
         w.value(w.track.insert({{"id", 1}, {"title", "other"}, {"position", 9}}).replace().run());
       }},
      {"insert that gives back",
       [](const QueryWorld& w) {
         const Rows made = w.track
                               .insert_many({{{"id", 50}, {"title", "x"}, {"position", 1}},
                                             {{"id", 51}, {"title", "y"}, {"position", 2}}})
                               .returning({w.track["title"], (w.track["position"] * 2).as("twice")})
                               .rows();
         w.value(static_cast<std::int64_t>(made.size()));
       }},
      {"update that gives back",
       [](const QueryWorld& w) {
         const Rows changed = w.track.select()
                                  .where(w.track["position"] == 1)
                                  .update_returning({{"play_count", fn::coalesce({w.track["play_count"], 0}) + 1}});
         w.value(static_cast<std::int64_t>(changed.size()));
       }},
      {"delete that gives back",
       [](const QueryWorld& w) {
         const Rows gone = w.track.select().where(w.track["position"] == 1).delete_returning({w.track["title"]});
         w.value(static_cast<std::int64_t>(gone.size()));
       }},
      {"update from a joined table",
       [](const QueryWorld& w) {
         w.value(w.track.select()
                     .join(w.album)
                     .where(w.album["is_best_seller"])
                     .update({{"title", w.album["name"].concat(": ").concat(w.track["title"])}}));
       }},
      {"update from values",
       [](const QueryWorld& w) {
         const Subquery counts = values_as("counts", {"id", "n"}, {{1, 10}, {3, 30}});
         w.value(w.track.select()
                     .join(counts, {.on = w.track["id"] == counts.c("id")})
                     .update_every({{"play_count", counts.c("n")}}));
       }},
      {"delete with a subquery",
       [](const QueryWorld& w) {
         w.value(w.favorite.select()
                     .where(w.favorite["tweet"].in(w.tweet.select(w.tweet["id"]).where(w.tweet["content"] == "meow")))
                     .delete_rows());
       }},
  };
}

}  // namespace dorm::test
