// Conditions, and the expressions in them.
#include "golden/queries/world.hpp"

namespace dorm::test {

QueryCases condition_cases() {
  // Each is a condition of a QuerySet, too, which orders its rows by their key.
  const auto where = [](auto condition) {
    return [condition](const QueryWorld& w) {
      const Expr holds = condition(w.track);
      const Query query = w.track.select(w.track["id"]).where(holds);
      w.rows(query);
      w.same(w.track.objects().filter(holds).values_query({"id"}).sql(), query.order_by(w.track["id"]).sql());
    };
  };
  return {
      {"equal", where([](const Model& t) { return t["title"] == "a"; })},
      {"not equal", where([](const Model& t) { return t["title"] != "a"; })},
      {"order", where([](const Model& t) { return (t["position"] > 1) & (t["position"] <= 5); })},
      {"value on the left", where([](const Model& t) { return Expr(1) < t["position"]; })},
      {"column with column", where([](const Model& t) { return t["position"] == t["play_count"]; })},
      {"equal to null", where([](const Model& t) { return t["play_count"] == nullptr; })},
      {"not equal to null", where([](const Model& t) { return t["play_count"] != nullptr; })},
      {"relation is null", where([](const Model& t) { return t["album"].is_null(); })},
      {"distinct from", where([](const Model& t) { return t["play_count"].is_distinct_from(3); })},
      {"not distinct from null", where([](const Model& t) { return t["play_count"].is_not_distinct_from(nullptr); })},
      {"and is flat", where([](const Model& t) { return t["id"] > 1 && t["id"] > 2 && t["id"] > 3; })},
      {"or inside and", where([](const Model& t) { return (t["id"] == 1 || t["id"] == 2) && t["position"] == 2; })},
      {"not", where([](const Model& t) { return !(t["title"] == "a" || t["title"] == "b"); })},
      {"not twice", where([](const Model& t) { return !!(t["title"] == "a"); })},
      {"between", where([](const Model& t) { return t["position"].between(1, 3); })},
      {"not between", where([](const Model& t) { return t["position"].not_between(1, 3); })},
      {"in a list", where([](const Model& t) {
         return t["id"].in({1, 2, 3});
       })},
      {"not in a list", where([](const Model& t) {
         return t["title"].not_in({"a", "b"});
       })},
      {"in an empty list", where([](const Model& t) { return t["id"].in(Values{}); })},
      {"not in an empty list", where([](const Model& t) { return t["id"].not_in(Values{}); })},
      {"in a list of relations", where([](const Model& t) {
         return t["album"].in({1, 2});
       })},
      {"like", where([](const Model& t) { return t["title"].like("a%"); })},
      {"ilike", where([](const Model& t) { return t["title"].ilike("a%"); })},
      {"contains", where([](const Model& t) { return t["title"].contains("50%"); })},
      {"startswith", where([](const Model& t) { return t["title"].startswith("CS"); })},
      {"endswith", where([](const Model& t) { return t["title"].endswith("_"); })},
      {"icontains", where([](const Model& t) { return t["title"].icontains("A"); })},
      {"contains another column", where([](const Model& t) { return t["title"].contains(t["title"]); })},
      {"iexact", where([](const Model& t) { return t["title"].iexact("Malibu"); })},
      {"concatenation", where([](const Model& t) { return t["title"].concat("!") == "Malibu!"; })},
      {"arithmetic", where([](const Model& t) { return (t["position"] + 1) * 2 - t["play_count"] / 2 > 0; })},
      {"function by name", where([](const Model& t) { return fn::call("ABS", {t["position"]}) == 1; })},
      {"lower and length",
       where([](const Model& t) { return fn::lower(t["title"]) == "malibu" && fn::length(t["title"]) > 3; })},
      {"coalesce", where([](const Model& t) {
         return fn::coalesce({t["play_count"], 0}) == 0;
       })},
      {"case", where([](const Model& t) {
         return case_when({{t["position"] == 1, "first"}, {t["position"] == 2, "second"}}, "later") == "first";
       })},
      {"cast", where([](const Model& t) { return t["position"].cast(Type{.kind = TypeKind::text}) == "1"; })},
      {"boolean column",
       [](const QueryWorld& w) { w.rows(w.album.select(w.album["id"]).where(w.album["is_best_seller"])); }},
      {"boolean column negated",
       [](const QueryWorld& w) { w.rows(w.album.select(w.album["id"]).where(!w.album["is_best_seller"])); }},
      {"boolean value",
       [](const QueryWorld& w) { w.rows(w.album.select(w.album["id"]).where(w.album["is_best_seller"] == false)); }},
      {"tuple in a query",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["id"])
                    .where(tuple({w.track["album"], w.track["position"]})
                               .in(w.track.select(w.track["album"], fn::max(w.track["position"]))
                                       .group_by(w.track["album"]))));
       }},
      {"tuple in a list",
       [](const QueryWorld& w) {
         w.rows(
             w.track.select(w.track["id"])
                 .where(tuple({w.track["album"], w.track["position"]}).in({Values{1, 1}, Values{2, 2}, Values{1, 4}})));
       }},
      {"tuples are compared item by item",
       [](const QueryWorld& w) {
         const Expr both = tuple({w.track["album"], w.track["position"]});
         w.rows(w.track.select(w.track["id"]).where(both == tuple({1, 4})));
         w.rows(w.track.select(w.track["id"]).where(both != tuple({1, 4})));
         w.rows(w.track.select(w.track["id"]).where(both.is_distinct_from(tuple({1, 4}))));
         w.rows(w.track.select(w.track["id"]).where(both > tuple({1, 2})));
       }},
      {"division and remainder",
       where([](const Model& t) { return (t["play_count"] / t["position"] > 0) & (t["id"] % 2 == 1); })},
      {"where twice is and",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["id"]).where(w.user["id"] > 1).where(w.user["id"] < 9));
       }},
      {"or_where takes in everything before",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["id"])
                    .where(w.user["id"] > 1)
                    .where(w.user["id"] < 9)
                    .or_where(w.user["username"] == "huey"));
       }},
      {"a date beside a datetime",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["id"]).where(w.tweet["timestamp"] >= Date::parse("2026-11-01")));
       }},
      {"one value used twice",
       [](const QueryWorld& w) {
         const Expr shared("huey");
         w.rows(w.user.select(w.user["id"])
                    .where(w.user["username"] == shared || fn::lower(w.user["username"]) == shared));
       }},
  };
}

}  // namespace dorm::test
