// What else a query can be asked: counts, existence, one row; and what it can do to its rows.
#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

// What the call returns and the rows it leaves are the answer.
template <class Call>
std::function<void(const QueryWorld&)> answer(Call call) {
  return [call](const QueryWorld& w) { w.value(Value(call(w))); };
}

}  // namespace

QueryCases statement_cases() {
  return {
      {"count", answer([](const QueryWorld& w) { return w.user.select().count(); })},
      {"count of a filtered join leaves out order and columns", answer([](const QueryWorld& w) {
         return w.tweet.select(w.tweet, w.user)
             .join(w.user)
             .where(w.user["username"] == "huey")
             .order_by(w.tweet["id"])
             .count();
       })},
      {"count of a limited query",
       answer([](const QueryWorld& w) { return w.tweet.select().order_by(w.tweet["id"]).limit(3).count(); })},
      {"count of distinct rows",
       answer([](const QueryWorld& w) { return w.tweet.select(w.tweet["user"]).distinct().count(); })},
      {"count of groups", answer([](const QueryWorld& w) {
         return w.tweet.select(w.tweet["user"], fn::count().as("n"))
             .group_by(w.tweet["user"])
             .having(fn::count() > 1)
             .count();
       })},
      {"count of a union", answer([](const QueryWorld& w) {
         return w.tweet.select(w.tweet["user"]).union_with(w.favorite.select(w.favorite["user"])).count();
       })},
      {"exists", answer([](const QueryWorld& w) {
         return w.tweet.select().where(w.tweet["content"] == "meow").order_by(w.tweet["id"]).exists();
       })},
      {"exists of groups", answer([](const QueryWorld& w) {
         return w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).having(fn::count() > 9).exists();
       })},
      {"exists of a union", answer([](const QueryWorld& w) {
         return w.tweet.select(w.tweet["user"]).union_all(w.favorite.select(w.favorite["user"])).exists();
       })},
      {"exists beyond an offset",
       answer([](const QueryWorld& w) { return w.tweet.select().limit(5).offset(10).exists(); })},
      {"first",
       answer([](const QueryWorld& w) { return w.tweet.select().order_by(w.tweet["id"]).first().has_value(); })},
      {"one row or none asks for two",
       answer([](const QueryWorld& w) { return w.user.get_or_none(w.user["username"] == "nobody").has_value(); })},
      {"one row by its key", answer([](const QueryWorld& w) { return w.user.get_or_none(4711).has_value(); })},
      {"scalar", answer([](const QueryWorld& w) { return w.tweet.select(fn::max(w.tweet["timestamp"])).scalar(); })},
      {"update", answer([](const QueryWorld& w) {
         return w.user.select().where(w.user["id"] == 4711).update({{"username", "charlie"}});
       })},
      {"update from its own columns", answer([](const QueryWorld& w) {
         return w.track.select()
             .where(w.track["position"] > 1)
             .update({{"position", w.track["position"] + 1}, {"play_count", nullptr}});
       })},
      {"update of a foreign key", answer([](const QueryWorld& w) {
         return w.track.select().where(w.track["id"] == 1).update({{"album", nullptr}});
       })},
      {"update with a subquery", answer([](const QueryWorld& w) {
         const Model other = w.track.alias();
         return w.track.select()
             .where(w.track["play_count"].is_null())
             .update({{"play_count", other.select(fn::max(other["play_count"]))}});
       })},
      {"update of the rows of a join", answer([](const QueryWorld& w) {
         const Query of_huey = w.tweet.select(w.tweet["id"]).join(w.user).where(w.user["username"] == "huey");
         return w.tweet.select().where(w.tweet["id"].in(of_huey)).update({{"content", "meow"}});
       })},
      {"update of every row", answer([](const QueryWorld& w) {
         return w.track.update_every({{"play_count", 0}});
       })},
      {"delete",
       answer([](const QueryWorld& w) { return w.favorite.select().where(w.favorite["user"] == 4711).delete_rows(); })},
      {"delete of what is not referred to", answer([](const QueryWorld& w) {
         return w.album.select()
             .where(not_exists(w.track.select().where(w.track["album"] == w.album["id"])))
             .delete_rows();
       })},
      {"delete of every row", answer([](const QueryWorld& w) { return w.activity_log.delete_every(); })},
  };
}

}  // namespace dorm::test
