// Values and groups, written as a QuerySet and with the explicit builder: one text.
//
// values_query() shows what values() asks. The QuerySet orders its rows by their key, which the explicit query says
// itself; groups and different values have no such order. It joins whatever a path names as a left outer join.
// A QuerySet has no words for: several totals of all rows at once, DISTINCT ON, rollups.
#include <gtest/gtest.h>

#include <algorithm>

#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

std::vector<std::string> sorted_lines(const Rows& rows) {
  std::vector<std::string> lines;
  for (const Row& row : rows) lines.push_back(row.to_json());
  std::sort(lines.begin(), lines.end());
  return lines;
}

void same_values(const QueryWorld& w, const QuerySet& set, const std::vector<std::string>& paths, const Query& query) {
  const Query flat = query.dicts();
  w.same(set.values_query(paths).sql(), flat.sql());
  w.rows(flat);
  if (w.ask == QueryWorld::Ask::rows) {
    EXPECT_EQ(sorted_lines(set.values(paths)), sorted_lines(flat.all()));
  }
}

QueryCases flat_values() {
  return {
      {"some columns",
       [](const QueryWorld& w) {
         same_values(w, w.track.objects().order_by("title"), {"title", "position"},
                     w.track.select(w.track["title"], w.track["position"]).order_by(w.track["title"], w.track["id"]));
       }},
      {"a key by the name of its column and of its relation",
       [](const QueryWorld& w) {
         same_values(w, w.tweet.objects(), {"user_id", "user"},
                     w.tweet.select(w.tweet["user"], w.tweet["user"].as("user")).order_by(w.tweet["id"]));
       }},
      {"columns of a relation",
       [](const QueryWorld& w) {
         same_values(w, w.tweet.objects(), {"content", "user__username"},
                     w.tweet.select(w.tweet["content"], w.user["username"].as("user__username"))
                         .left_outer_join(w.user)
                         .order_by(w.tweet["id"]));
       }},
      {"columns under other names",
       [](const QueryWorld& w) {
         same_values(w, w.tweet.objects().annotate("said", w.tweet["content"]).annotate("by", w.tweet["user"]),
                     {"said", "by"},
                     w.tweet.select(w.tweet["content"].as("said"), w.tweet["user"].as("by")).order_by(w.tweet["id"]));
       }},
      {"in the order of a relation",
       [](const QueryWorld& w) {
         same_values(w, w.track.objects().order_by("album__name"), {"id"},
                     w.track.select(w.track["id"]).left_outer_join(w.album).order_by(w.album["name"], w.track["id"]));
       }},
      {"in the order of a function along a relation",
       [](const QueryWorld& w) {
         same_values(w, w.track.objects().order_by(fn::lower(w.track["album"]["name"]).desc()), {"id"},
                     w.track.select(w.track["id"])
                         .left_outer_join(w.album)
                         .order_by(fn::lower(w.album["name"]).desc(), w.track["id"]));
       }},
      {"nulls first, nulls last",
       [](const QueryWorld& w) {
         same_values(w, w.track.objects().order_by(w.track["play_count"].desc().nulls_first()), {"id"},
                     w.track.select(w.track["id"]).order_by(w.track["play_count"].desc().nulls_first(), w.track["id"]));
         same_values(w, w.track.objects().order_by(w.track["play_count"].asc().nulls_last()), {"id"},
                     w.track.select(w.track["id"]).order_by(w.track["play_count"].asc().nulls_last(), w.track["id"]));
       }},
      {"an order that is replaced, and cleared",
       [](const QueryWorld& w) {
         const Query by_id = w.user.select(w.user["id"]).order_by(w.user["id"]);
         same_values(w, w.user.objects().order_by("username").order_by("id"), {"id"}, by_id);
         same_values(w, w.user.objects().order_by("username").order_by(std::vector<Order>{}), {"id"}, by_id);
       }},
      {"limits",
       [](const QueryWorld& w) {
         const QuerySet users = w.user.objects();
         const Query by_id = w.user.select(w.user["id"]).order_by(w.user["id"]);
         same_values(w, users.limit(10), {"id"}, by_id.limit(10));
         same_values(w, users.offset(2), {"id"}, by_id.offset(2));
         same_values(w, users.limit(10).offset(1), {"id"}, by_id.limit(10).offset(1));
         same_values(w, users.paginate(2, 2), {"id"}, by_id.paginate(2, 2));
         same_values(w, users.slice(1, 3), {"id"}, by_id.limit(2).offset(1));
       }},
      {"different values",
       [](const QueryWorld& w) {
         same_values(w, w.tweet.objects().distinct(), {"user_id"}, w.tweet.select(w.tweet["user"]).distinct());
       }},
      {"different values no more",
       [](const QueryWorld& w) {
         same_values(w, w.tweet.objects().distinct().distinct(false), {"user_id"},
                     w.tweet.select(w.tweet["user"]).order_by(w.tweet["id"]));
       }},
      {"some of the different values",
       [](const QueryWorld& w) {
         same_values(w, w.track.objects().distinct().order_by("-title").limit(3).offset(1), {"title"},
                     w.track.select(w.track["title"]).distinct().order_by(w.track["title"].desc()).limit(3).offset(1));
       }},
      {"a value of a query for each row",
       [](const QueryWorld& w) {
         const Expr count(w.tweet.select(fn::count(w.tweet["id"])).where(w.tweet["user"] == w.user["id"]));
         same_values(w, w.user.objects().annotate("tweets_written", count), {"username", "tweets_written"},
                     w.user.select(w.user["username"], count.as("tweets_written")).order_by(w.user["id"]));
         same_values(w, w.user.objects().order_by(count.desc(), "id"), {"username"},
                     w.user.select(w.user["username"]).order_by(count.desc(), w.user["id"]));
       }},
      {"aggregates of related rows",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         const auto of_album = [&](const Expr& value) {
           return Expr(on_it.select(value).where(on_it["album"] == w.album["id"]));
         };
         same_values(
             w,
             w.album.objects()
                 .annotate("plays", Aggregate::sum("tracks__play_count"))
                 .annotate("mean", Aggregate::avg("tracks__position"))
                 .annotate("first", Aggregate::min("tracks__title"))
                 .annotate("places", Aggregate::count("tracks__position").distinct()),
             {"name", "plays", "mean", "first", "places"},
             w.album
                 .select(w.album["name"], of_album(fn::sum(on_it["play_count"])).as("plays"),
                         of_album(fn::avg(on_it["position"])).as("mean"), of_album(fn::min(on_it["title"])).as("first"),
                         of_album(fn::count_distinct(on_it["position"])).as("places"))
                 .order_by(w.album["id"]));
       }},
      {"an aggregate of some related rows",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         const Expr later(on_it.select(fn::count()).where((on_it["album"] == w.album["id"]) & (on_it["position"] > 1)));
         same_values(w, w.album.objects().annotate("later", Aggregate::count("tracks").where({"position__gt", 1})),
                     {"name", "later"}, w.album.select(w.album["name"], later.as("later")).order_by(w.album["id"]));
       }},
      {"rows by what was computed for them",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         const Expr count(on_it.select(fn::count()).where(on_it["album"] == w.album["id"]));
         same_values(w, w.album.objects().annotate("n", Aggregate::count("tracks")).filter("n__gte", 2).order_by("-n"),
                     {"name", "n"},
                     w.album.select(w.album["name"], count.as("n"))
                         .where(count >= 2)
                         .order_by(count.as("n").desc(), w.album["id"]));
       }},
  };
}

QueryCases groups_of_rows() {
  return {
      {"group by and having",
       [](const QueryWorld& w) {
         const Query query =
             w.tweet.select(w.tweet["user"], fn::count().as("n")).group_by(w.tweet["user"]).having(fn::count() > 1);
         const QuerySet groups = w.tweet.objects().group_by({"user"}).annotate("n", fn::count());
         same_values(w, groups.having({"n__gt", 1}), {}, query);
         w.same(groups.having(fn::count() > 1).sql(), query.sql());
       }},
      {"group by all columns of a model",
       [](const QueryWorld& w) {
         same_values(
             w, w.user.objects().group_by({"id", "username"}).annotate("n", Aggregate::count("tweets")), {},
             w.user.select(w.user, fn::count(w.tweet["id"]).as("n")).join(w.tweet, Join::left_outer).group_by(w.user));
       }},
      {"straight through three models",
       [](const QueryWorld& w) {
         same_values(
             w, w.user.objects().group_by({"username"}).annotate("count", Aggregate::count("tweets__favorites")), {},
             w.user.select(w.user["username"], fn::count(w.favorite["id"]).as("count"))
                 .join(w.tweet, Join::left_outer)
                 .join(w.favorite, Join::left_outer)
                 .group_by(w.user["username"]));
       }},
      {"group by an expression",
       [](const QueryWorld& w) {
         const Expr half = w.track["position"] % 2;
         same_values(w, w.track.objects().annotate("half", half).group_by({"half"}).annotate("n", fn::count()),
                     {"half", "n"}, w.track.select(half.as("half"), fn::count().as("n")).group_by(half));
       }},
      {"group by a part of a time",
       [](const QueryWorld& w) {
         const Expr day = w.tweet["timestamp"].part(DatePart::day);
         same_values(w, w.tweet.objects().group_by({"timestamp__day"}).annotate("n", fn::count()), {},
                     w.tweet.select(day.as("timestamp__day"), fn::count().as("n")).group_by(day));
       }},
      {"group by a column of a relation",
       [](const QueryWorld& w) {
         same_values(w, w.tweet.objects().group_by({"user__username"}).annotate("n", Aggregate::count("id")), {},
                     w.tweet.select(w.user["username"].as("user__username"), fn::count(w.tweet["id"]).as("n"))
                         .left_outer_join(w.user)
                         .group_by(w.user["username"]));
       }},
      {"aggregates of groups",
       [](const QueryWorld& w) {
         const Column place = w.track["position"];
         same_values(w,
                     w.track.objects()
                         .group_by({"position"})
                         .annotate("albums", Aggregate::count("album_id").distinct())
                         .annotate("total", Aggregate::sum("play_count"))
                         .annotate("mean", Aggregate::avg("play_count"))
                         .annotate("first", Aggregate::min("title"))
                         .annotate("last", Aggregate::max("title")),
                     {},
                     w.track
                         .select(place, fn::count_distinct(w.track["album"]).as("albums"),
                                 fn::sum(w.track["play_count"]).as("total"), fn::avg(w.track["play_count"]).as("mean"),
                                 fn::min(w.track["title"]).as("first"), fn::max(w.track["title"]).as("last"))
                         .group_by(place));
       }},
      {"an aggregate of some rows of groups",
       [](const QueryWorld& w) {
         const Expr counted = fn::count(case_when({{w.track["title"] != "a", w.track["id"]}}));
         same_values(
             w,
             w.track.objects().group_by({"position"}).annotate("n", Aggregate::count("id").where({"title__ne", "a"})),
             {}, w.track.select(w.track["position"], counted.as("n")).group_by(w.track["position"]));
       }},
      {"groups by what an aggregate says of them",
       [](const QueryWorld& w) {
         const Expr dear = fn::sum(w.item["price"]) > Decimal::parse("1.499");
         same_values(w, w.item.objects().group_by({"small"}).having(dear), {},
                     w.item.select(w.item["small"]).group_by(w.item["small"]).having(dear));
       }},
      {"groups of some rows",
       [](const QueryWorld& w) {
         same_values(w,
                     w.track.objects()
                         .filter("position__gt", 1)
                         .group_by({"position"})
                         .annotate("n", fn::count())
                         .order_by("position")
                         .limit(2),
                     {},
                     w.track.select(w.track["position"], fn::count().as("n"))
                         .where(w.track["position"] > 1)
                         .group_by(w.track["position"])
                         .order_by(w.track["position"])
                         .limit(2));
       }},
      {"groups in the order of an output",
       [](const QueryWorld& w) {
         const Expr count = fn::count().as("n");
         same_values(w, w.tweet.objects().group_by({"user"}).annotate("n", fn::count()).order_by("-n"), {},
                     w.tweet.select(w.tweet["user"], count).group_by(w.tweet["user"]).order_by(count.desc()));
       }},
      {"groups in the order of an output that may be null",
       [](const QueryWorld& w) {
         const Expr best = fn::max(w.track["play_count"]).as("best");
         same_values(
             w,
             w.track.objects()
                 .group_by({"album"})
                 .annotate("best", Aggregate::max("play_count"))
                 .order_by("-best", "album"),
             {},
             w.track.select(w.track["album"], best).group_by(w.track["album"]).order_by(best.desc(), w.track["album"]));
       }},
      {"groups in the order of what is not selected",
       [](const QueryWorld& w) {
         same_values(w, w.tweet.objects().group_by({"user"}).order_by(fn::count().as("n").desc()), {},
                     w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).order_by(fn::count().as("n").desc()));
         same_values(
             w, w.tweet.objects().group_by({"user"}).order_by(fn::count().desc(), "user"), {},
             w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).order_by(fn::count().desc(), w.tweet["user"]));
         same_values(w, w.track.objects().group_by({"id"}).order_by(fn::count(w.track["album"]["name"])), {},
                     w.track.select(w.track["id"])
                         .left_outer_join(w.album)
                         .group_by(w.track["id"])
                         .order_by(fn::count(w.album["name"])));
       }},
  };
}

}  // namespace

QueryCases value_facade_cases() {
  QueryCases cases;
  for (const QueryCases& more : {flat_values(), groups_of_rows()}) cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace dorm::test
