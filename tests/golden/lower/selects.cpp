// The clauses of SELECT and everything that stands in FROM. Pinned texts are those of the relationships guide.
#include "golden/lower/world.hpp"
#include "sql/operators.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree
using Table = const Source*;

Statement tweets_of(World& w) {
  Table tweet = w.table("tweet");
  Select select = w.select(
      {w.id(tweet), w.column(tweet, "content"), w.column(tweet, "timestamp"), w.column(tweet, "user_id")}, tweet);
  select.where = w.equal(w.column(tweet, "user_id"), w.number());
  return select;
}

Statement tweets_by_username(World& w) {
  Table tweet = w.table("tweet");
  Table user = w.table("user");
  Select select = w.select({w.id(tweet), w.column(tweet, "content")}, tweet);
  select.joins = w.list({Join{JoinKind::inner, user, w.equal(w.column(tweet, "user_id"), w.id(user)), false}});
  select.where = w.equal(w.column(user, "username"), w.param());
  return select;
}

Statement favorites_counted(World& w) {
  Table user = w.table("user");
  Table tweet = w.table("tweet");
  Table favorite = w.table("favorite");
  Select select{};
  select.outputs = w.list({Output{w.column(user, "username"), {}}, Output{w.call("COUNT", {w.id(favorite)}), "count"}});
  select.from = user;
  select.joins = w.list({Join{JoinKind::left, tweet, w.equal(w.column(tweet, "user_id"), w.id(user)), false},
                         Join{JoinKind::left, favorite, w.equal(w.column(favorite, "tweet_id"), w.id(tweet)), false}});
  select.group_by = w.list({w.column(user, "username")});
  return select;
}

Statement select_list_first(World& w) {
  Table tweet = w.table("tweet");
  Table user = w.table("user");
  Select select = w.select({w.column(user, "username"), w.column(tweet, "content")}, tweet);
  select.joins = w.list({Join{JoinKind::inner, user, w.equal(w.column(tweet, "user_id"), w.id(user)), false}});
  return select;
}

Statement joined_subquery(World& w) {
  Table category = w.table("category");
  Table parent = w.table("category");
  Select inner = w.select({w.id(parent)}, parent);
  inner.where = w.equal(w.column(parent, "name"), w.param());
  Table jq = w.source(Derived{w.keep(inner)}, "jq");
  Select select = w.select({w.id(category), w.column(category, "name"), w.column(category, "parent_id")}, category);
  select.joins = w.list({Join{JoinKind::inner, jq, w.equal(w.column(category, "parent_id"), w.id(jq)), false}});
  return select;
}

Select latest_of(World& w) {
  Table latest = w.table("tweet");
  Select select{};
  select.outputs = w.list(
      {Output{w.column(latest, "user_id"), {}}, Output{w.call("MAX", {w.column(latest, "timestamp")}), "max_ts"}});
  select.from = latest;
  select.group_by = w.list({w.column(latest, "user_id")});
  return select;
}

Statement joined_common_table(World& w) {
  const CommonTable* cte = w.keep(CommonTable{"latest", {}, w.keep(latest_of(w)), false});
  Table latest = w.source(CommonTableRef{cte});
  Table tweet = w.table("tweet");
  Select select = w.select({w.id(tweet), w.column(tweet, "content")}, tweet);
  select.with = w.list({cte});
  select.joins = w.list({Join{JoinKind::inner, latest,
                              w.all({w.equal(w.column(tweet, "user_id"), w.column(latest, "user_id")),
                                     w.equal(w.column(tweet, "timestamp"), w.column(latest, "max_ts"))}),
                              false}});
  return select;
}

Statement common_table_twice(World& w) {
  const CommonTable* cte = w.keep(CommonTable{"latest", {}, w.keep(latest_of(w)), false});
  Table one = w.source(CommonTableRef{cte});
  Table two = w.source(CommonTableRef{cte});
  Table three = w.source(CommonTableRef{cte}, "third");
  Select select = w.select({w.column(one, "max_ts"), w.column(two, "max_ts"), w.column(three, "max_ts")}, one);
  select.with = w.list({cte});
  select.joins = w.list({Join{JoinKind::cross, two, nullptr, false}, Join{JoinKind::cross, three, nullptr, false}});
  return select;
}

Statement recursive_common_table(World& w) {
  CommonTable* cte =
      const_cast<CommonTable*>(w.keep(CommonTable{"tree", w.list<std::string_view>({"id", "level"}), nullptr, true}));
  Table base = w.table("category");
  Select roots = w.select({w.id(base), w.constant(0)}, base);
  roots.where = w.expr(IsNull{w.column(base, "parent_id"), false});
  Table child = w.table("category");
  Table tree = w.source(CommonTableRef{cte});
  Select step = w.select({w.id(child), w.binary(BinaryOp::add, w.column(tree, "level"), w.constant(1))}, child);
  step.joins = w.list({Join{JoinKind::inner, tree, w.equal(w.column(child, "parent_id"), w.id(tree)), false}});
  Select both{};
  both.set_op = SetOp::union_all;
  both.left = w.keep(roots);
  both.right = w.keep(step);
  cte->select = w.keep(both);
  Table outer = w.source(CommonTableRef{cte});
  Select select = w.select({w.id(outer), w.column(outer, "level")}, outer);
  select.with = w.list<const CommonTable*>({cte});
  return select;
}

Statement values_joined(World& w) {
  Table pairs = w.source(ValuesList{w.list<Exprs>({w.list({w.number(), w.param()}), w.list({w.number(), w.param()})}),
                                    w.list<std::string_view>({"id", "name"})},
                         "v");
  Table user = w.table("user");
  Select select = w.select({w.id(user), w.column(pairs, "name")}, user);
  select.joins = w.list({Join{JoinKind::inner, pairs, w.equal(w.id(user), w.id(pairs)), false}});
  return select;
}

Statement ordered(World& w, bool nullable, bool descending, NullsOrder nulls) {
  Table tweet = w.table("tweet");
  Select select = w.select({w.id(tweet)}, tweet);
  select.order_by =
      w.list({sql::Order{w.column(tweet, "content", TypeKind::text, nullable), descending, nulls, nullable}});
  return select;
}

Statement limited(World& w, bool limit, bool offset) {
  Table tweet = w.table("tweet");
  Select select = w.select({w.id(tweet)}, tweet);
  if (limit) select.limit = w.number();
  if (offset) select.offset = w.number();
  return select;
}

Statement locked(World& w, Lock lock) {
  Table tweet = w.table("tweet");
  Select select = w.select({w.id(tweet)}, tweet);
  select.lock = lock;
  return select;
}

Statement lateral(World& w) {
  Table user = w.table("user");
  Table tweet = w.table("tweet");
  Select newest = w.select({w.column(tweet, "content")}, tweet);
  newest.where = w.equal(w.column(tweet, "user_id"), w.id(user));
  newest.limit = w.constant(1);
  Table sub = w.source(Derived{w.keep(newest)});
  Select select = w.select({w.id(user), w.column(sub, "content")}, user);
  select.joins = w.list({Join{JoinKind::left, sub, nullptr, true}});
  return select;
}

void add_orders(LowerCases& cases) {
  for (const NullsOrder nulls : {NullsOrder::smallest, NullsOrder::first, NullsOrder::last})
    for (const bool descending : {false, true})
      cases.push_back(
          {std::string("order ") + (descending ? "descending" : "ascending") + ", nulls " + std::string(word(nulls)),
           [=](World& w) { return ordered(w, true, descending, nulls); }});
}

void add_joins(LowerCases& cases) {
  for (int i = 0; !word(static_cast<JoinKind>(i)).empty(); ++i) {
    const auto kind = static_cast<JoinKind>(i);
    cases.push_back({"join " + std::string(word(kind)), [kind](World& w) {
                       Table user = w.table("user");
                       Table tweet = w.table("tweet");
                       Select select = w.select({w.id(user), w.id(tweet)}, user);
                       const Expr* on =
                           kind == JoinKind::cross ? nullptr : w.equal(w.column(tweet, "user_id"), w.id(user));
                       select.joins = w.list({Join{kind, tweet, on, false}});
                       return select;
                     }});
  }
}

}  // namespace

LowerCases select_cases() {
  LowerCases cases{
      {"pre-filtered backref", tweets_of},
      {"join and filter", tweets_by_username},
      {"two left joins and a count", favorites_counted},
      {"aliases are numbered by the select list", select_list_first},
      {"self-join by subquery", joined_subquery},
      {"join with a common table", joined_common_table},
      {"one common table three times", common_table_twice},
      {"recursive common table", recursive_common_table},
      {"values as a source", values_joined},
      {"lateral join", lateral},
      {"subquery in from gets a number",
       [](World& w) {
         Table tweet = w.table("tweet");
         Table sub = w.source(Derived{w.keep(w.select({w.id(tweet)}, tweet))});
         return w.select({w.call("count", {w.id(sub)})}, sub);
       }},
      {"given aliases are kept and their numbers skipped",
       [](World& w) {
         Table mine = w.table("tweet", "t1");
         Table other = w.table("user");
         Select select = w.select({w.id(other), w.id(mine)}, mine);
         select.joins = w.list({Join{JoinKind::inner, other, w.equal(w.column(mine, "user_id"), w.id(other)), false}});
         return select;
       }},
      {"schema-qualified table",
       [](World& w) {
         Table t = w.table("tweet", {}, "blog");
         return w.select({w.id(t)}, t);
       }},
      {"no from", [](World& w) { return w.select({w.constant(1)}, nullptr); }},
      {"distinct",
       [](World& w) {
         Select select = w.of_tweet([&](Table t) { return w.column(t, "content"); });
         select.distinct = true;
         return select;
       }},
      {"distinct on",
       [](World& w) {
         Table tweet = w.table("tweet");
         Select select = w.select({w.id(tweet)}, tweet);
         select.distinct_on = w.list({w.column(tweet, "user_id")});
         select.order_by = w.list({sql::Order{w.column(tweet, "user_id"), false, NullsOrder::smallest, false}});
         return select;
       }},
      {"group by, having and order by an output",
       [](World& w) {
         Table tweet = w.table("tweet");
         Select select{};
         select.outputs =
             w.list({Output{w.column(tweet, "user_id"), {}}, Output{w.call("COUNT", {w.id(tweet)}), "count"}});
         select.from = tweet;
         select.group_by = w.list({w.column(tweet, "user_id")});
         select.having = w.binary(BinaryOp::gt, w.call("COUNT", {w.id(tweet)}), w.number());
         select.order_by = w.list({sql::Order{w.expr(OutputRef{"count"}), true, NullsOrder::smallest, false}});
         return select;
       }},
      {"order of a column that is never null", [](World& w) { return ordered(w, false, true, NullsOrder::smallest); }},
      {"limit", [](World& w) { return limited(w, true, false); }},
      {"offset alone", [](World& w) { return limited(w, false, true); }},
      {"limit and offset", [](World& w) { return limited(w, true, true); }},
      {"lock for update",
       [](World& w) {
         return locked(w, {Lock::Strength::update, false, false});
       }},
      {"lock for share nowait",
       [](World& w) {
         return locked(w, {Lock::Strength::share, true, false});
       }},
      {"lock skip locked",
       [](World& w) {
         return locked(w, {Lock::Strength::update, false, true});
       }},
  };
  add_orders(cases);
  add_joins(cases);
  return cases;
}

}  // namespace dorm::test
