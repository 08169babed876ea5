// The same query written as a QuerySet and with the explicit builder: one text.
#include <gtest/gtest.h>

#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

void both(const QueryWorld& w, const QuerySet& set, const Query& query) {
  const BoundSql one = set.sql();
  const BoundSql other = query.sql();
  EXPECT_EQ(one.sql, other.sql);
  EXPECT_EQ(one.parameters, other.parameters);
  w.rows(query);
}

}  // namespace

QueryCases facade_cases() {
  return {
      {"all rows", [](const QueryWorld& w) { both(w, w.track.objects(), w.track.select().order_by(w.track["id"])); }},
      {"conditions",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter({{"position__gte", 2}, {"title__contains", "b"}}),
              w.track.select()
                  .where((w.track["position"] >= 2) & w.track["title"].contains("b"))
                  .order_by(w.track["id"]));
       }},
      {"one or the other",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter(Filter("position", 1) | Filter("play_count", nullptr)),
              w.track.select()
                  .where((w.track["position"] == 1) | w.track["play_count"].is_null())
                  .order_by(w.track["id"]));
       }},
      {"excluded",
       [](const QueryWorld& w) {
         both(w, w.track.objects().exclude("position", 1),
              w.track.select().where(!(w.track["position"] == 1)).order_by(w.track["id"]));
       }},
      {"order and page",
       [](const QueryWorld& w) {
         both(w, w.track.objects().order_by("-title").paginate(2, 3),
              w.track.select().order_by(w.track["title"].desc(), w.track["id"]).limit(3).offset(3));
       }},
      {"a joined relation",
       [](const QueryWorld& w) {
         both(w, w.track.objects().select_related("album"),
              w.track.select(w.track, w.album).left_outer_join(w.album).order_by(w.track["id"]));
       }},
      {"a condition along a relation",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter("album__name", "Malibu"),
              w.track.select(w.track, w.album)
                  .left_outer_join(w.album)
                  .where(w.album["name"] == "Malibu")
                  .order_by(w.track["id"]));
       }},
      {"a list of keys",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter("album__in", Values{1, 2}),
              w.track.select().where(w.track["album"].in({1, 2})).order_by(w.track["id"]));
       }},
      {"a query of keys",
       [](const QueryWorld& w) {
         both(w, w.track.objects().filter("album__in", w.album.objects().filter("name", "Malibu")),
              w.track.select()
                  .where(w.track["album"].in(w.album.select(w.album["id"]).where(w.album["name"] == "Malibu")))
                  .order_by(w.track["id"]));
       }},
      {"rows that have related ones",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         both(w, w.album.objects().filter(any("tracks", {"position__gt", 1})),
              w.album.select()
                  .where(exists(on_it.select().where((on_it["album"] == w.album["id"]) & (on_it["position"] > 1))))
                  .order_by(w.album["id"]));
       }},
      {"rows that have no related ones",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         both(w, w.album.objects().filter(none("tracks", {"title", "nothing"})),
              w.album.select()
                  .where(not_exists(
                      on_it.select().where((on_it["album"] == w.album["id"]) & (on_it["title"] == "nothing"))))
                  .order_by(w.album["id"]));
       }},
      {"an annotation",
       [](const QueryWorld& w) {
         const Model on_it = w.track.alias();
         both(w, w.album.objects().annotate("n", Aggregate::count("tracks")),
              w.album.select(w.album, Expr(on_it.select(fn::count()).where(on_it["album"] == w.album["id"])).as("n"))
                  .order_by(w.album["id"]));
       }},
  };
}

}  // namespace dorm::test
