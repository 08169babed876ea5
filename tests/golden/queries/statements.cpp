// What else a query can be asked: counts, existence, one row; and what it can do to its rows.
#include "golden/queries/world.hpp"

namespace dorm::test {

QueryCases statement_cases() {
  return {
      {"count", [](const QueryWorld& w) { w.user.select().count(); }},
      {"count of a filtered join leaves out order and columns",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet, w.user)
             .join(w.user)
             .where(w.user["username"] == "huey")
             .order_by(w.tweet["id"])
             .count();
       }},
      {"count of a limited query",
       [](const QueryWorld& w) { w.tweet.select().order_by(w.tweet["id"]).limit(3).count(); }},
      {"count of distinct rows", [](const QueryWorld& w) { w.tweet.select(w.tweet["user"]).distinct().count(); }},
      {"count of groups",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["user"], fn::count().as("n")).group_by(w.tweet["user"]).having(fn::count() > 1).count();
       }},
      {"count of a union",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["user"]).union_with(w.favorite.select(w.favorite["user"])).count();
       }},
      {"exists",
       [](const QueryWorld& w) {
         w.tweet.select().where(w.tweet["content"] == "meow").order_by(w.tweet["id"]).exists();
       }},
      {"exists of groups",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).having(fn::count() > 9).exists();
       }},
      {"exists of a union",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["user"]).union_all(w.favorite.select(w.favorite["user"])).exists();
       }},
      {"exists beyond an offset", [](const QueryWorld& w) { w.tweet.select().limit(5).offset(10).exists(); }},
      {"first", [](const QueryWorld& w) { w.tweet.select().order_by(w.tweet["id"]).first(); }},
      {"one row or none asks for two", [](const QueryWorld& w) { w.user.get_or_none(w.user["username"] == "nobody"); }},
      {"one row by its key", [](const QueryWorld& w) { w.user.get_or_none(4711); }},
      {"scalar", [](const QueryWorld& w) { w.tweet.select(fn::max(w.tweet["timestamp"])).scalar(); }},
      {"update",
       [](const QueryWorld& w) {
         w.user.select().where(w.user["id"] == 4711).update({{"username", "charlie"}});
       }},
      {"update from its own columns",
       [](const QueryWorld& w) {
         w.track.select()
             .where(w.track["position"] > 1)
             .update({{"position", w.track["position"] + 1}, {"play_count", nullptr}});
       }},
      {"update of a foreign key",
       [](const QueryWorld& w) {
         w.track.select().where(w.track["id"] == 1).update({{"album", nullptr}});
       }},
      {"update with a subquery",
       [](const QueryWorld& w) {
         const Model other = w.track.alias();
         w.track.select()
             .where(w.track["play_count"].is_null())
             .update({{"play_count", other.select(fn::max(other["play_count"]))}});
       }},
      {"update of the rows of a join",
       [](const QueryWorld& w) {
         const Query of_huey = w.tweet.select(w.tweet["id"]).join(w.user).where(w.user["username"] == "huey");
         w.tweet.select().where(w.tweet["id"].in(of_huey)).update({{"content", "meow"}});
       }},
      {"update of every row",
       [](const QueryWorld& w) {
         w.track.update_every({{"play_count", 0}});
       }},
      {"delete", [](const QueryWorld& w) { w.favorite.select().where(w.favorite["user"] == 4711).delete_rows(); }},
      {"delete of what is not referred to",
       [](const QueryWorld& w) {
         w.album.select().where(not_exists(w.track.select().where(w.track["album"] == w.album["id"]))).delete_rows();
       }},
      {"delete of every row", [](const QueryWorld& w) { w.activity_log.delete_every(); }},
  };
}

}  // namespace dorm::test
