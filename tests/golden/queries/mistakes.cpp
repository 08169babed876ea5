// Mistakes, refused before anything is sent.
#include "golden/queries/world.hpp"

namespace dorm::test {

QueryCases mistake_cases() {
  return {
      {"unknown model", [](const QueryWorld& w) { w.db["Twet"]; }},
      {"unknown field", [](const QueryWorld& w) { w.rows(w.user.select(w.user["usrname"])); }},
      {"unknown column of a subquery",
       [](const QueryWorld& w) { w.tweet.select(w.tweet["user"]).alias("authors").c("user"); }},
      {"a column of a model that is not joined",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.user["username"])); }},
      {"an alias that is not joined",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.user.alias("u")["username"]).join(w.user)); }},
      {"a to-many relation is not a column", [](const QueryWorld& w) { w.rows(w.user.select(w.user["tweets"])); }},
      {"joined twice", [](const QueryWorld& w) { w.tweet.select().join(w.user).join_from(w.tweet, w.user); }},
      {"joined with itself", [](const QueryWorld& w) { w.category.select().join(w.category.alias()); }},
      {"several keys", [](const QueryWorld& w) { w.user.select().join(w.relationship); }},
      {"no key", [](const QueryWorld& w) { w.user.select().join(w.activity_log); }},
      {"subquery without a condition", [](const QueryWorld& w) { w.user.select().join(w.tweet.select().alias("t")); }},
      {"a condition that is none", [](const QueryWorld& w) { w.user.select().where(w.user["username"]); }},
      {"an on that is none",
       [](const QueryWorld& w) { w.user.select().join(w.activity_log, {.on = w.user["username"]}); }},
      {"text beside a number", [](const QueryWorld& w) { w.user.select().where(w.user["id"] == "huey"); }},
      {"a text column beside a number column",
       [](const QueryWorld& w) { w.tweet.select().where(w.tweet["content"] == w.tweet["id"]); }},
      {"a pattern on a number", [](const QueryWorld& w) { w.user.select().where(w.user["id"].contains("1")); }},
      {"order with null", [](const QueryWorld& w) { w.track.select().where(w.track["play_count"] > nullptr); }},
      {"null in a list",
       [](const QueryWorld& w) {
         w.track.select().where(w.track["play_count"].in({1, nullptr}));
       }},
      {"two columns in a list",
       [](const QueryWorld& w) {
         w.user.select().where(w.user["id"].in(w.tweet.select(w.tweet["id"], w.tweet["user"])));
       }},
      {"two columns as a value", [](const QueryWorld& w) { w.user.select(Expr(w.tweet.select())); }},
      {"an alias that is no identifier", [](const QueryWorld& w) { w.user.select(w.user["id"].as("a\"b")); }},
      {"an alias that is a member",
       [](const QueryWorld& w) { w.rows(w.user.select(w.user["id"], fn::lower(w.user["username"]).as("username"))); }},
      {"a function that is no identifier", [](const QueryWorld&) { fn::call("count(*); --"); }},
      {"a negative limit", [](const QueryWorld& w) { w.user.select().limit(-1); }},
      {"a CTE that is not declared",
       [](const QueryWorld& w) {
         const CommonTable meows = w.tweet.select(w.tweet["user"]).cte("meows");
         w.rows(w.user.select().join(meows, {.on = w.user["id"] == meows.c("user_id")}));
       }},
      {"a union with a condition of its own",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["user"]).union_with(w.favorite.select(w.favorite["user"])).where(w.tweet["user"] == 1);
       }},
      {"a union with a select list of its own",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["user"]).union_with(w.favorite.select(w.favorite["user"])).select(w.tweet["id"]);
       }},
      {"a union made distinct",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["user"]).union_all(w.favorite.select(w.favorite["user"])).distinct();
       }},
      {"a union of different widths",
       [](const QueryWorld& w) { w.user.select(w.user["id"]).union_with(w.tweet.select()); }},
      {"a union ordered by what it does not select",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["user"])
                    .union_with(w.favorite.select(w.favorite["user"]))
                    .order_by(w.tweet["content"]));
       }},
      {"update without a condition",
       [](const QueryWorld& w) {
         w.user.select().update({{"username", "x"}});
       }},
      {"update of an unknown field",
       [](const QueryWorld& w) {
         w.user.select().where(w.user["id"] == 1).update({{"name", "x"}});
       }},
      {"update with a wrong type",
       [](const QueryWorld& w) {
         w.track.select().where(w.track["id"] == 1).update({{"position", "first"}});
       }},
      {"update to null where there is none",
       [](const QueryWorld& w) {
         w.user.select().where(w.user["id"] == 1).update({{"username", nullptr}});
       }},
      {"update of an outer join",
       [](const QueryWorld& w) {
         w.tweet.select().left_outer_join(w.user).where(w.user["id"] == 1).update({{"content", "x"}});
       }},
      {"an aggregate in where",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet["id"]).where(fn::max(w.tweet["id"]) > 1)); }},
      {"an aggregate in a join's condition",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["id"]).join(w.user, {.on = w.user["id"] == fn::max(w.tweet["user"])}));
       }},
      {"an aggregate in an update",
       [](const QueryWorld& w) {
         w.tweet.select().where(w.tweet["id"] == 1).update({{"content", fn::max(w.tweet["content"])}});
       }},
      {"an aggregate in an aggregate",
       [](const QueryWorld& w) { w.rows(w.tweet.select(fn::max(fn::count(w.tweet["id"])))); }},
      {"an aggregate of the query outside",
       [](const QueryWorld& w) {
         w.rows(w.user.select(w.user["id"]).where(w.user["id"] == w.tweet.select(fn::max(w.user["id"]))));
       }},
      {"a column that is not grouped",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["user"], w.tweet["content"]).group_by(w.tweet["user"]));
       }},
      {"having of a column that is not grouped",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["user"]).group_by(w.tweet["user"]).having(w.tweet["content"] == "meow"));
       }},
      {"a column beside an aggregate",
       [](const QueryWorld& w) { w.rows(w.tweet.select(w.tweet["content"], fn::count())); }},
      {"an expression grouped with other values",
       [](const QueryWorld& w) { w.rows(w.track.select(w.track["position"] % 2).group_by(w.track["position"] % 2)); }},
      {"distinct rows ordered by what is not selected",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["content"]).distinct().order_by(w.tweet["timestamp"]));
       }},
      {"a remainder of what is not whole", [](const QueryWorld& w) { w.item["ratio"] % 2; }},
      {"a tuple as a column",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(tuple({w.tweet["id"], w.tweet["user"]})));
       }},
      {"tuples of two lengths",
       [](const QueryWorld& w) {
         static_cast<void>(tuple({w.tweet["id"], w.tweet["user"]}) == tuple({1, 2, 3}));
       }},
      {"two outputs of one name in an order",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(w.tweet["content"].as("x"), w.tweet["id"].as("x"))
                    .tuples()
                    .order_by(w.tweet["content"].as("x")));
       }},
      {"two columns of a subquery whose names differ in case alone",
       [](const QueryWorld& w) {
         w.tweet.select(w.tweet["id"].as("X"), w.tweet["content"].as("x")).alias("t").c("x");
       }},
      {"one alias for two sources",
       [](const QueryWorld& w) {
         const Model one = w.category.alias("c"), other = w.category.alias("C");
         w.rows(one.select(one["id"]).join(other, {.on = one["parent"] == other["id"]}));
       }},
      {"an alias that hides one of the query outside",
       [](const QueryWorld& w) {
         const Model one = w.category.alias("c"), other = w.category.alias("c");
         w.rows(one.select(one["id"]).where(exists(other.select().where(other["parent"] == one["id"]))));
       }},
      {"two CTEs of one name",
       [](const QueryWorld& w) {
         const CommonTable one = w.tweet.select(w.tweet["user"]).cte("some");
         const CommonTable other = w.favorite.select(w.favorite["user"]).cte("some");
         w.rows(one.select_from({one.c("user_id")}).with_cte(other));
       }},
      {"a CTE named like a table that is read",
       [](const QueryWorld& w) {
         const CommonTable meows = w.tweet.select(w.tweet["user"]).where(w.tweet["content"] == "meow").cte("tweet");
         w.rows(meows.select_from({meows.c("user_id")}));
       }},
      {"a CTE hidden by another one",
       [](const QueryWorld& w) {
         const CommonTable one = w.tweet.select(w.tweet["user"]).cte("some");
         const CommonTable other = w.favorite.select(w.favorite["user"]).cte("some");
         w.rows(
             one.select_from({one.c("user_id")})
                 .where(exists(
                     w.user.select(w.user["id"]).join(one, {.on = w.user["id"] == one.c("user_id")}).with_cte(other))));
       }},
      {"two windows whose names differ in case alone",
       [](const QueryWorld& w) {
         w.rows(w.tweet.select(fn::rank().over(Window("w").order_by(w.tweet["id"])).as("a"),
                               fn::rank().over(Window("W").order_by(w.tweet["id"])).as("b")));
       }},
      {"a window function in a window function",
       [](const QueryWorld&) { static_cast<void>(fn::sum(fn::row_number().over()).over()); }},
      {"a window function in the order of a window",
       [](const QueryWorld&) { static_cast<void>(fn::rank().over(Window().order_by(fn::row_number().over()))); }},
      {"a window function in an aggregate",
       [](const QueryWorld& w) { w.rows(w.tweet.select(fn::sum(fn::row_number().over()).as("n"))); }},
      {"a cast of an integer to a truth",
       [](const QueryWorld& w) { w.track["position"].cast(Type{.kind = TypeKind::boolean}); }},
      {"a cast of a decimal to an integer",
       [](const QueryWorld& w) { w.item["price"].cast(Type{.kind = TypeKind::bigint}); }},
      {"a cast that drops digits",
       [](const QueryWorld& w) { w.item["price"].cast(Type{.kind = TypeKind::decimal, .precision = 10, .scale = 1}); }},
      {"a cast of a time to text", [](const QueryWorld& w) { w.item["opens_at"].cast(Type{.kind = TypeKind::text}); }},
      {"a full join on an inequality",
       [](const QueryWorld& w) {
         w.tweet.select().join(w.user, Join::full_outer, {.on = w.user["id"] > w.tweet["id"]});
       }},
      {"a collation of one backend",
       [](const QueryWorld& w) { w.rows(w.user.select(w.user["id"]).order_by(w.user["username"].collate("NOCASE"))); }},
      {"a union of integers and texts",
       [](const QueryWorld& w) { w.tweet.select(w.tweet["id"]).union_with(w.tweet.select(w.tweet["content"])); }},
      {"a union of decimals and doubles",
       [](const QueryWorld& w) { w.item.select(w.item["price"]).union_all(w.item.select(w.item["ratio"])); }},
      {"a union that is no field of its model any more",
       [](const QueryWorld& w) { w.rows(w.item.select(w.item["small"]).union_all(w.item.select(w.item["ratio"]))); }},
      {"a recursive CTE of two types",
       [](const QueryWorld& w) {
         w.track.select(w.track["position"].as("n")).recursive_cte("steps", [](const CommonTable& before) {
           return before.select_from({Expr("one more").as("n")});
         });
       }},
      {"a recursive CTE that gets more digits with every step",
       [](const QueryWorld& w) {
         w.item.select(w.item["price"].as("n")).recursive_cte("steps", [](const CommonTable& before) {
           return before.select_from({(before.c("n") * Decimal::parse("0.5")).as("n")});
         });
       }},
      {"a day before the calendar begins",
       [](const QueryWorld& w) { w.item.select().where(w.item["made_on"] > Date{-800'000}); }},
      {"delete without a condition", [](const QueryWorld& w) { w.user.select().delete_rows(); }},
  };
}

}  // namespace dorm::test
