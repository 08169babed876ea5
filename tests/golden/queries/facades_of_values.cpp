// Values, groups, totals and writes, written as a QuerySet and with the explicit builder: one text.
//
// values_query() shows what values() asks; of counts, totals and writes both ways are run, and what they asked is
// compared. The QuerySet orders its rows by their key, which the explicit query says itself. It joins whatever a path
// names as a left outer join, so that no row is lost; inner joins are the explicit builder's.
//
// These differ, rightly: scalar() asks for one row, sum() and its like know that there is one; an update that takes a
// value along a path finds it by a subquery, where the explicit builder may join; get_or_none(key) of a Model knows
// that there is at most one row, and get_or_none(condition) asks for two. A QuerySet has no words for: several totals
// at once, DISTINCT ON, rollups, RETURNING.
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

QueryCases value_facade_cases() {
  QueryCases cases;
  for (const QueryCases& more : {flat_values(), groups_of_rows(), calls_of_rows(), writes_to_rows()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace dorm::test
