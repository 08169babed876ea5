// Functions, and what is computed from rows: bits, periods of time, json, aggregates of some rows, windows.
#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

// What is computed for each row; a QuerySet says it, too, and orders its rows by their key.
void computed_in(const QueryWorld& w, const Model& model, const std::vector<std::pair<std::string, Expr>>& columns) {
  std::vector<Selectable> items{model["id"]};
  std::vector<std::string> names{"id"};
  QuerySet set = model.objects();
  for (const auto& [name, column] : columns) {
    items.emplace_back(column.as(name));
    names.push_back(name);
    set = set.annotate(name, column);
  }
  const Query query = model.select_list(items);
  w.rows(query);
  w.same(set.values_query(names).sql(), query.order_by(model["id"]).sql());
}

void found_in(const QueryWorld& w, const Model& model, const Expr& found) { computed_in(w, model, {{"found", found}}); }

}  // namespace

QueryCases function_cases() {
  const auto item = [](auto expr) { return [expr](const QueryWorld& w) { found_in(w, w.item, expr(w.item)); }; };
  const auto track = [](auto expr) { return [expr](const QueryWorld& w) { found_in(w, w.track, expr(w.track)); }; };
  // One value of all tracks.
  const auto all = [](auto expr) {
    return [expr](const QueryWorld& w) { w.rows(w.track.select(Expr(expr(w.track)).as("found"))); };
  };
  return {
      {"bits that both have", track([](const Model& t) { return t["position"].bit_and(3); })},
      {"bits that one has", item([](const Model& i) { return i["small"].bit_or(i["small"].shift_left(2)); })},
      {"bits that differ", track([](const Model& t) { return t["position"].bit_xor(t["id"]); })},
      {"bits the other way round", item([](const Model& i) { return i["small"].bit_not(); })},
      {"bits shifted", track([](const Model& t) { return t["id"].shift_left(40).shift_right(38); })},
      {"parts of an instant",
       [](const QueryWorld& w) {
         const Column at = w.item["moment"];
         computed_in(w, w.item,
                     {{"y", at.part(DatePart::year)},
                      {"w", at.part(DatePart::week)},
                      {"d", at.part(DatePart::week_day)},
                      {"date", at.part(DatePart::date)}});
       }},
      {"a part in a condition",
       [](const QueryWorld& w) {
         const Query query = w.item.select(w.item["id"]).where(w.item["moment"].part(DatePart::month) == 11);
         w.rows(query);
         w.same(w.item.objects().filter("moment__month", 11).values_query({"id"}).sql(),
                query.order_by(w.item["id"]).sql());
       }},
      {"starts of periods of instants",
       [](const QueryWorld& w) {
         const Column at = w.item["moment"];
         computed_in(w, w.item,
                     {{"y", at.start_of(DatePart::year)},
                      {"q", at.start_of(DatePart::quarter)},
                      {"m", at.start_of(DatePart::month)},
                      {"w", at.start_of(DatePart::week)},
                      {"d", at.start_of(DatePart::day)},
                      {"h", at.start_of(DatePart::hour)},
                      {"mi", at.start_of(DatePart::minute)},
                      {"s", at.start_of(DatePart::second)}});
       }},
      {"starts of periods of dates and local times",
       [](const QueryWorld& w) {
         computed_in(w, w.item,
                     {{"w", w.item["made_on"].start_of(DatePart::week)},
                      {"q", w.item["made_on"].start_of(DatePart::quarter)},
                      {"m", w.item["local"].start_of(DatePart::month)}});
       }},
      {"rows by the month they are of",
       [](const QueryWorld& w) {
         const Expr month = w.item["moment"].start_of(DatePart::month);
         const Query query = w.item.select(month.as("month"), fn::count().as("n")).group_by(month);
         w.rows(query);
         w.same(w.item.objects()
                    .annotate("month", month)
                    .group_by({"month"})
                    .annotate("n", fn::count())
                    .values_query({"month", "n"})
                    .sql(),
                query.sql());
       }},
      {"json at a path", item([](const Model& i) {
         return i["info"].json({"a", 1});
       })},
      {"json as text", item([](const Model& i) {
         return i["info"].json_text({"a", 1});
       })},
      {"json as an integer", item([](const Model& i) {
         return i["info"].json_integer({"a", -1});
       })},
      {"json as a number", item([](const Model& i) {
         return i["info"].json_real({"a", 0});
       })},
      {"json as a truth", item([](const Model& i) { return i["info"].json_boolean({"a"}); })},
      {"elements of a json array", item([](const Model& i) { return i["info"].json_length({"a"}); })},
      {"what json has", item([](const Model& i) { return i["info"].json_exists({"a"}); })},
      {"json that contains",
       [](const QueryWorld& w) {
         const Expr holds = w.item["info"].json_contains(Json{R"({"a": [2]})"});
         const Query query = w.item.select(w.item["id"]).where(holds);
         w.rows(query);
         w.same(w.item.objects().filter(holds).values_query({"id"}).sql(), query.order_by(w.item["id"]).sql());
       }},
      {"a case of one value", track([](const Model& t) {
         return case_of(t["position"], {{1, "first"}, {2, "second"}}, "later");
       })},
      {"a case of decimals", item([](const Model& i) {
         return case_of(i["price"], {{Decimal::parse("1.5"), "cheap"}, {Decimal::parse("19.990"), "dear"}});
       })},
      {"null where it equals", track([](const Model& t) { return fn::nullif(t["position"], 1); })},
      {"without its sign", item([](const Model& i) { return fn::abs(i["price"]); })},
      {"a function with a type", track([](const Model& t) {
         return fn::call("replace", {t["title"], "a", "b"}, Type{.kind = TypeKind::text});
       })},
      {"a piece of SQL", track([](const Model& t) {
         return fn::raw_sql("CASE WHEN {} > {} THEN '{{' ELSE '}}' END", {t["position"], 2},
                            Type{.kind = TypeKind::text});
       })},
      {"numbers out of texts", track([](const Model& t) {
         return t["position"].cast(Type{.kind = TypeKind::text}).cast(Type{.kind = TypeKind::bigint});
       })},
      {"doubles are rounded to integers",
       item([](const Model& i) { return (i["ratio"] * 10).cast(Type{.kind = TypeKind::bigint}); })},
      {"casts to single precision, and of integers to decimals",
       [](const QueryWorld& w) {
         const Type decimal{.kind = TypeKind::decimal, .precision = 6, .scale = 2};
         w.rows(w.item
                    .select(w.item["id"], w.item["ratio"].cast(Type{.kind = TypeKind::real}).as("r"),
                            w.item["small"].cast(decimal).as("d"), w.item["flag"].cast(decimal).as("f"))
                    .dicts());
       }},
      {"casts that change nothing",
       [](const QueryWorld& w) {
         w.rows(w.item
                    .select(w.item["id"], w.item["flag"].cast(Type{.kind = TypeKind::boolean}).as("f"),
                            w.item["code"].cast(Type{.kind = TypeKind::uuid}).as("c"),
                            w.item["opens_at"].cast(Type{.kind = TypeKind::time}).as("o"),
                            w.item["moment"].cast(Type{.kind = TypeKind::datetime}).as("m"))
                    .dicts());
       }},
      {"a truth as text", item([](const Model& i) { return i["flag"].cast(Type{.kind = TypeKind::text}); })},
      {"an aggregate of some rows", all([](const Model& t) { return fn::count().filter(t["position"] > 1); })},
      {"a sum of some rows", all([](const Model& t) { return fn::sum(t["position"]).filter(t["title"] != "a"); })},
      {"an aggregate of different values", all([](const Model& t) { return fn::sum(t["position"]).distinct(); })},
      {"texts put together",
       [](const QueryWorld& w) {
         w.rows(w.album.select(w.album["id"], fn::string_agg(w.track["title"], ", ").as("found"))
                    .join(w.track)
                    .where(w.track["title"] == "a")
                    .group_by(w.album["id"]));
       }},
      {"values in a json list",
       [](const QueryWorld& w) {
         w.rows(
             w.album.select(w.album["id"], fn::json_agg(w.track["title"]).filter(w.track["position"] > 0).as("found"))
                 .join(w.track)
                 .where(w.track["title"] == "a")
                 .group_by(w.album["id"]));
       }},
      {"truths, numbers and texts in json lists",
       [](const QueryWorld& w) {
         w.rows(w.item.select(fn::json_agg(w.item["flag"]).as("f"),
                              fn::json_agg(w.item["small"]).distinct().json_length().as("s"),
                              fn::json_agg(w.item["code"]).as("c")));
       }},
      {"rows numbered", track([](const Model& t) {
         return fn::row_number().over(Window().partition_by(t["position"]).order_by(t["id"].desc()));
       })},
      {"ranks",
       [](const QueryWorld& w) {
         const Window by_place = Window().order_by(w.track["position"]);
         computed_in(w, w.track,
                     {{"r", fn::rank().over(by_place)},
                      {"d", fn::dense_rank().over(by_place)},
                      {"p", fn::percent_rank().over(by_place)},
                      {"c", fn::cume_dist().over(by_place)},
                      {"n", fn::ntile(3).over(Window().order_by(w.track["id"]))}});
       }},
      {"neighbours",
       [](const QueryWorld& w) {
         const Window in_order = Window().order_by(w.track["id"]);
         computed_in(w, w.track,
                     {{"before", fn::lag(w.track["title"]).over(in_order)},
                      {"after", fn::lead(w.track["title"], 2, "none").over(in_order)},
                      {"first", fn::first_value(w.track["title"]).over(in_order)},
                      {"second", fn::nth_value(w.track["title"], 2).over(in_order)}});
       }},
      {"running sums", track([](const Model& t) {
         return fn::sum(t["position"]).over(Window().order_by(t["id"]).rows(FrameEdge::unbounded_preceding()));
       })},
      {"moving sums",
       [](const QueryWorld& w) {
         const Window ordered = Window().order_by(w.track["id"]);
         const auto sum = [&](const Window& window) { return fn::sum(w.track["position"]).over(window); };
         computed_in(w, w.track,
                     {{"a", sum(ordered.rows(FrameEdge::preceding(1), FrameEdge::following(1)))},
                      {"b", sum(ordered.range(FrameEdge::preceding(2), FrameEdge::following(0)))},
                      {"c", sum(ordered.groups(FrameEdge::current_row(), FrameEdge::following(1)))},
                      {"d", sum(ordered.rows(FrameEdge::unbounded_preceding(), FrameEdge::unbounded_following())
                                    .exclude(Window::Exclude::current_row))}});
       }},
      {"values that may be null in a window",
       track([](const Model& t) { return fn::rank().over(Window().order_by(t["play_count"].desc())); })},
      {"aggregates over all rows", track([](const Model&) { return fn::count().over(); })},
      {"aggregates of some rows over a window",
       track([](const Model& t) { return fn::count().filter(t["position"] == 1).over(Window().order_by(t["id"])); })},
      {"a window with a name",
       [](const QueryWorld& w) {
         const Window place = Window("place").order_by(w.track["position"], w.track["id"]);
         const Expr number = fn::row_number().over(place), before = fn::lag(w.track["id"]).over(place);
         const Query query = w.track.select(w.track["id"], number.as("n"), before.as("l"));
         w.rows(query.order_by(number));
         w.same(w.track.objects()
                    .annotate("n", number)
                    .annotate("l", before)
                    .order_by(number)
                    .values_query({"id", "n", "l"})
                    .sql(),
                query.order_by(number, w.track["id"]).sql());
       }},
      {"a window over groups",
       [](const QueryWorld& w) {
         const Expr running = fn::sum(fn::count()).over(Window().order_by(w.track["position"]));
         const Query query = w.track.select(w.track["position"], running.as("n")).group_by(w.track["position"]);
         w.rows(query);
         w.same(w.track.objects().group_by({"position"}).annotate("n", running).sql(), query.sql());
       }},
  };
}

QueryCases selecting_cases() {
  return {
      {"the first row of each",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select().distinct_on({w.tweet["user"]}).order_by(w.tweet["user"], w.tweet["timestamp"].desc()));
       }},
      {"the first row of each, some columns and a limit",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["position"], w.track["title"].as("name"))
                    .distinct_on({w.track["position"]})
                    .order_by(w.track["position"].desc(), w.track["id"])
                    .limit(2)
                    .offset(1));
       }},
      {"the first row of each, joined",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet, w.user)
                    .join(w.user)
                    .distinct_on({w.user["username"]})
                    .order_by(w.user["username"], w.tweet["id"]));
       }},
      {"the first row of each is counted",
       [](const QueryWorld& w) {
         w.value(w.tweet.select().distinct_on({w.tweet["user"]}).order_by(w.tweet["user"], w.tweet["id"]).count());
       }},
      {"keys of the first row of each",
       [](const QueryWorld& w) {
         const Query firsts =
             w.tweet.select(w.tweet["id"]).distinct_on({w.tweet["user"]}).order_by(w.tweet["user"], w.tweet["id"]);
         w.rows(w.favorite.select().where(w.favorite["tweet"].in(firsts)));
       }},
      {"rollup",
       [](const QueryWorld& w) {
         w.rows(w.track.select(w.track["album"], w.track["position"], fn::count().as("n"))
                    .group_by_rollup({w.track["album"], w.track["position"]})
                    .order_by(w.track["album"], w.track["position"]));
       }},
      {"a lateral join",
       [](const QueryWorld& w) {
         const Subquery latest = w.tweet.select(w.tweet["content"], w.tweet["timestamp"])
                                     .where(w.tweet["user"] == w.user["id"])
                                     .order_by(w.tweet["id"].desc())
                                     .limit(1)
                                     .alias("latest");
         w.rows(w.user.select(w.user["username"], latest.c("content"))
                    .join(latest, Join::left_outer, {.lateral = true})
                    .order_by(w.user["id"]));
       }},
      {"a list of values",
       [](const QueryWorld& w) {
         const Subquery wanted = values_as("wanted", {"name", "rank"}, {{"huey", 2}, {"zaizee", 1}});
         w.rows(w.user.select(w.user["username"], wanted.c("rank"))
                    .join(wanted, {.on = w.user["username"] == wanted.c("name")})
                    .order_by(wanted.c("rank")));
       }},
      {"a list of values in a condition",
       [](const QueryWorld& w) {
         const Subquery wanted = values_as("wanted", {"id"}, {{1}, {3}});
         const Model other = w.user.alias();
         w.rows(w.user.select().where(
             w.user["id"].in(other.select(wanted.c("id")).join(wanted, {.on = other["id"] == wanted.c("id")}))));
       }},
      {"row locks", [](const QueryWorld& w) { w.rows(w.user.select().where(w.user["id"] < 3).for_update()); }},
      {"row locks that do not wait",
       [](const QueryWorld& w) {
         w.rows(w.user.select().for_update({.share = true, .nowait = true}));
         w.rows(w.tweet.select(w.tweet, w.user).left_outer_join(w.user).for_update({.skip_locked = true}));
       }},
      {"a common table computed once",
       [](const QueryWorld& w) {
         const CommonTable busy = w.tweet.select(w.tweet["user"].as("who"), fn::count().as("n"))
                                      .group_by(w.tweet["user"])
                                      .cte("busy", {}, Materialized::yes);
         w.rows(w.user.select(w.user["username"], busy.c("n"))
                    .join(busy, {.on = busy.c("who") == w.user["id"]})
                    .with_cte(busy));
       }},
      {"values that come later",
       [](const QueryWorld& w) {
         const Query asked = w.track.select(w.track["id"])
                                 .where((w.track["title"] == param("title")) | (w.track["position"] > param("from")))
                                 .where(w.track["title"].startswith(param("begin")));
         w.rows(asked.bind({{"title", "a"}, {"from", 3}, {"begin", "M"}}));
         w.rows(asked.bind({{"from", 1}}).bind({{"title", "a"}, {"begin", "a"}}));
       }},
  };
}

}  // namespace dorm::test
