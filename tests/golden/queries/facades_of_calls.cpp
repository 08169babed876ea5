// Counts, totals and writes, called on a QuerySet and on an explicit query: both are run, and ask the same.
//
// These differ, rightly: scalar() asks for one row, sum() and its like know that there is one; an update that takes a
// value along a path finds it by a subquery, where the explicit builder may join; Model::get_or_none(key) knows that
// there is at most one row, where a condition asks for two. What a condition repeats is summed up once by a subquery in
// FROM, which the explicit builder can only join. Writes that give their rows back are those of query().
#include <gtest/gtest.h>

#include <utility>

#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

// What both calls ask, and what they answer; that of the first leaves nothing behind.
template <class BySet, class ByQuery>
QueryCase same_call(const char* name, BySet by_set, ByQuery by_query) {
  return {name, [by_set, by_query](const QueryWorld& w) {
            Value answer;
            {
              const Transaction undone = w.db.transaction();
              answer = Value(by_set(w));
            }
            const std::string asked = std::exchange(w.sent, {});
            const Value other = Value(by_query(w));
            EXPECT_EQ(asked, w.sent);
            EXPECT_EQ(asked.empty(), w.ask == QueryWorld::Ask::rows);
            EXPECT_EQ(answer, other);
            w.value(other);
          }};
}

Value total(const Query& query) { return query.tuples().all()[0][0].value(); }

QueryCases calls_of_rows() {
  return {
      same_call(
          "count", [](const QueryWorld& w) { return w.user.objects().count(); },
          [](const QueryWorld& w) { return w.user.select().count(); }),
      same_call(
          "count along a relation leaves out order and columns",
          [](const QueryWorld& w) {
            return w.tweet.objects()
                .select_related("favorites")
                .filter("user__username", "huey")
                .order_by("-content")
                .count();
          },
          [](const QueryWorld& w) {
            return w.tweet.select().left_outer_join(w.user).where(w.user["username"] == "huey").count();
          }),
      same_call(
          "count of rows that a list repeats",
          [](const QueryWorld& w) { return w.user.objects().filter("tweets__content__contains", "e").count(); },
          [](const QueryWorld& w) {
            return w.user.select(w.user["id"])
                .distinct()
                .left_outer_join(w.tweet)
                .where(w.tweet["content"].contains("e"))
                .count();
          }),
      same_call(
          "count of limited rows", [](const QueryWorld& w) { return w.tweet.objects().limit(3).count(); },
          [](const QueryWorld& w) { return w.tweet.select().limit(3).count(); }),
      same_call(
          "count of different values",
          [](const QueryWorld& w) { return w.tweet.objects().distinct().values_query({"user_id"}).count(); },
          [](const QueryWorld& w) { return w.tweet.select(w.tweet["user"]).distinct().count(); }),
      same_call(
          "count of groups",
          [](const QueryWorld& w) {
            return w.tweet.objects()
                .group_by({"user"})
                .annotate("n", fn::count())
                .having({"n__gt", 1})
                .values_query()
                .count();
          },
          [](const QueryWorld& w) {
            return w.tweet.select(w.tweet["user"], fn::count().as("n"))
                .group_by(w.tweet["user"])
                .having(fn::count() > 1)
                .count();
          }),
      same_call(
          "exists", [](const QueryWorld& w) { return w.tweet.objects().filter("content", "meow").exists(); },
          [](const QueryWorld& w) { return w.tweet.select().where(w.tweet["content"] == "meow").exists(); }),
      same_call(
          "exists of groups",
          [](const QueryWorld& w) {
            return w.tweet.objects().group_by({"user"}).having(fn::count() > 9).values_query().exists();
          },
          [](const QueryWorld& w) {
            return w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).having(fn::count() > 9).exists();
          }),
      same_call(
          "exists beyond an offset", [](const QueryWorld& w) { return w.tweet.objects().limit(5).offset(10).exists(); },
          [](const QueryWorld& w) { return w.tweet.select().limit(5).offset(10).exists(); }),
      same_call(
          "first",
          [](const QueryWorld& w) {
            return w.tweet.objects().load_required(false).order_by("content").first().has_value();
          },
          [](const QueryWorld& w) {
            return w.tweet.select().order_by(w.tweet["content"], w.tweet["id"]).first().has_value();
          }),
      same_call(
          "last", [](const QueryWorld& w) { return w.track.objects().order_by("title").last().has_value(); },
          [](const QueryWorld& w) {
            return w.track.select().order_by(w.track["title"].desc(), w.track["id"].desc()).first().has_value();
          }),
      same_call(
          "one row or none asks for two",
          [](const QueryWorld& w) {
            return w.user.objects().get_or_none({"username", "nobody"}).has_value();
          },
          [](const QueryWorld& w) { return w.user.get_or_none(w.user["username"] == "nobody").has_value(); }),
      same_call(
          "a sum", [](const QueryWorld& w) { return w.track.objects().sum("position"); },
          [](const QueryWorld& w) { return total(w.track.select(fn::sum(w.track["position"]))); }),
      same_call(
          "a sum of decimals", [](const QueryWorld& w) { return w.item.objects().sum("price"); },
          [](const QueryWorld& w) { return total(w.item.select(fn::sum(w.item["price"]))); }),
      same_call(
          "the first date", [](const QueryWorld& w) { return w.item.objects().min("made_on"); },
          [](const QueryWorld& w) { return total(w.item.select(fn::min(w.item["made_on"]))); }),
      same_call(
          "a mean of some rows",
          [](const QueryWorld& w) { return w.track.objects().filter("position__gt", 1).avg("position"); },
          [](const QueryWorld& w) {
            return total(w.track.select(fn::avg(w.track["position"])).where(w.track["position"] > 1));
          }),
      same_call(
          "the greatest along a relation", [](const QueryWorld& w) { return w.track.objects().max("album__name"); },
          [](const QueryWorld& w) { return total(w.track.select(fn::max(w.album["name"])).left_outer_join(w.album)); }),
      same_call(
          "the least along a list", [](const QueryWorld& w) { return w.album.objects().min("tracks__title"); },
          [](const QueryWorld& w) {
            return total(w.album.select(fn::min(w.track["title"])).left_outer_join(w.track));
          }),
  };
}

QueryCases writes_to_rows() {
  return {
      same_call(
          "update",
          [](const QueryWorld& w) {
            return w.user.objects().filter("id", 1).update({{"username", "charlie"}});
          },
          [](const QueryWorld& w) {
            return w.user.select().where(w.user["id"] == 1).update({{"username", "charlie"}});
          }),
      same_call(
          "update from its own columns",
          [](const QueryWorld& w) {
            return w.track.objects()
                .filter("position__gt", 1)
                .update({{"position", w.track["position"] + 1}, {"play_count", nullptr}});
          },
          [](const QueryWorld& w) {
            return w.track.select()
                .where(w.track["position"] > 1)
                .update({{"position", w.track["position"] + 1}, {"play_count", nullptr}});
          }),
      same_call(
          "update of a foreign key",
          [](const QueryWorld& w) {
            return w.track.objects().filter("id", 1).update({{"album", nullptr}});
          },
          [](const QueryWorld& w) {
            return w.track.select().where(w.track["id"] == 1).update({{"album", nullptr}});
          }),
      same_call(
          "update with a subquery",
          [](const QueryWorld& w) {
            const Model other = w.track.alias();
            return w.track.objects()
                .filter("play_count", nullptr)
                .update({{"play_count", other.select(fn::max(other["play_count"]))}});
          },
          [](const QueryWorld& w) {
            const Model other = w.track.alias();
            return w.track.select()
                .where(w.track["play_count"].is_null())
                .update({{"play_count", other.select(fn::max(other["play_count"]))}});
          }),
      same_call(
          "update from a row that a key leads to",
          [](const QueryWorld& w) {
            return w.tweet.objects().filter("id__lte", 4).update({{"content", w.tweet["user"]["username"]}});
          },
          [](const QueryWorld& w) {
            const Model owner = w.user.alias();
            return w.tweet.select()
                .where(w.tweet["id"] <= 4)
                .update({{"content", owner.select(owner["username"]).where(w.tweet["user"] == owner["id"])}});
          }),
      same_call(
          "update of rows along a relation",
          [](const QueryWorld& w) {
            return w.tweet.objects().filter("user__username", "huey").update({{"content", "meow"}});
          },
          [](const QueryWorld& w) {
            const Query of_huey =
                w.tweet.select(w.tweet["id"]).left_outer_join(w.user).where(w.user["username"] == "huey");
            return w.tweet.select().where(w.tweet["id"].in(of_huey)).update({{"content", "meow"}});
          }),
      same_call(
          "update of limited rows",
          [](const QueryWorld& w) {
            return w.track.objects().order_by("-position").limit(2).update_every({{"play_count", 0}});
          },
          [](const QueryWorld& w) {
            const Query two =
                w.track.select(w.track["id"]).order_by(w.track["position"].desc(), w.track["id"]).limit(2);
            return w.track.select().where(w.track["id"].in(two)).update({{"play_count", 0}});
          }),
      same_call(
          "update of every row",
          [](const QueryWorld& w) {
            return w.track.objects().update_every({{"play_count", 0}});
          },
          [](const QueryWorld& w) {
            return w.track.update_every({{"play_count", 0}});
          }),
      same_call(
          "delete", [](const QueryWorld& w) { return w.favorite.objects().filter("user", 1).delete_rows(); },
          [](const QueryWorld& w) { return w.favorite.select().where(w.favorite["user"] == 1).delete_rows(); }),
      same_call(
          "delete of what is not referred to",
          [](const QueryWorld& w) { return w.tweet.objects().filter(none("favorites")).delete_rows(); },
          [](const QueryWorld& w) {
            const Model like = w.favorite.alias();
            return w.tweet.select()
                .where(not_exists(like.select().where(like["tweet"] == w.tweet["id"])))
                .delete_rows();
          }),
      same_call(
          "delete of every row", [](const QueryWorld& w) { return w.activity_log.objects().delete_every(); },
          [](const QueryWorld& w) { return w.activity_log.delete_every(); }),
  };
}

}  // namespace

QueryCases call_facade_cases() {
  QueryCases cases = calls_of_rows();
  const QueryCases writes = writes_to_rows();
  cases.insert(cases.end(), writes.begin(), writes.end());
  return cases;
}

}  // namespace dorm::test
