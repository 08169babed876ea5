// INSERT, UPDATE and DELETE.
#include "golden/lower/world.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree
using Table = const Source*;

Insert insert_users(World& w, int rows) {
  Insert insert{};
  insert.table = w.table("user");
  insert.columns = w.list<std::string_view>({"username"});
  std::vector<Exprs> made;
  for (int i = 0; i < rows; ++i) made.push_back(w.list({w.param()}));
  insert.rows = w.list(made);
  return insert;
}

Insert insert_selected(World& w) {
  Table tweet = w.table("tweet");
  Insert insert{};
  insert.table = w.table("user");
  insert.columns = w.list<std::string_view>({"username"});
  insert.select = w.keep(w.select({w.column(tweet, "content")}, tweet));
  return insert;
}

Update update_tweet(World& w) {
  Update update{};
  update.table = w.table("tweet");
  update.set = w.list({Assignment{"content", w.param()}});
  update.where = w.equal(w.id(update.table), w.number());
  return update;
}

Delete delete_tweets(World& w) {
  Delete remove{};
  remove.table = w.table("tweet");
  remove.where = w.equal(w.column(remove.table, "user_id"), w.number());
  return remove;
}

// What is computed must fit the column.
LowerCase fitting(const char* column, const Type& type) {
  return {"update to what fits " + to_string(type), [column, type](World& w) {
            Update update = update_tweet(w);
            const Expr* value = w.column(update.table, column, type.kind);
            update.set = w.list({Assignment{column, w.expr(Fit{value, type})}});
            return update;
          }};
}

Conflict overwrite(World& w, Table user) {
  return {Conflict::Action::update, w.list<std::string_view>({"username"}),
          w.list({Assignment{"username", w.expr(Excluded{"username"})}}),
          w.binary(BinaryOp::ne, w.column(user, "username"), w.expr(Excluded{"username"}))};
}

}  // namespace

LowerCases write_cases() {
  return {
      {"insert", [](World& w) { return insert_users(w, 1); }},
      {"insert many", [](World& w) { return insert_users(w, 3); }},
      {"insert returning",
       [](World& w) {
         Insert insert = insert_users(w, 1);
         insert.returning =
             w.list({Output{w.id(insert.table), {}}, Output{w.column(insert.table, "username"), "name"}});
         return insert;
       }},
      {"insert default values",
       [](World& w) {
         Insert insert{};
         insert.table = w.table("user");
         return insert;
       }},
      {"insert with DEFAULT among values",
       [](World& w) {
         Insert insert{};
         insert.table = w.table("user");
         insert.columns = w.list<std::string_view>({"id", "username"});
         insert.rows = w.list<Exprs>({w.list<const Expr*>({nullptr, w.param()})});
         return insert;
       }},
      {"insert from select", [](World& w) { return insert_selected(w); }},
      {"insert from select with a common table",
       [](World& w) {
         Table tweet = w.table("tweet");
         const CommonTable* cte =
             w.keep(CommonTable{"words", {}, w.keep(w.select({w.column(tweet, "content")}, tweet)), false});
         Table words = w.source(CommonTableRef{cte});
         Insert insert = insert_selected(w);
         insert.with = w.list({cte});
         insert.select = w.keep(w.select({w.column(words, "content")}, words));
         return insert;
       }},
      {"upsert, do nothing",
       [](World& w) {
         Insert insert = insert_users(w, 1);
         insert.conflict.action = Conflict::Action::nothing;
         return insert;
       }},
      {"upsert, update",
       [](World& w) {
         Insert insert = insert_users(w, 2);
         insert.conflict = overwrite(w, insert.table);
         insert.returning = w.outputs({w.id(insert.table)});
         return insert;
       }},
      {"upsert from select",
       [](World& w) {
         Insert insert = insert_selected(w);
         insert.conflict = overwrite(w, insert.table);
         return insert;
       }},
      {"insert into a schema",
       [](World& w) {
         Insert insert = insert_users(w, 1);
         insert.table = w.table("user", {}, "blog");
         return insert;
       }},
      {"update", [](World& w) { return update_tweet(w); }},
      {"update by an expression of its own column",
       [](World& w) {
         Update update = update_tweet(w);
         update.set =
             w.list({Assignment{"user_id", w.binary(BinaryOp::add, w.column(update.table, "user_id"), w.number())}});
         return update;
       }},
      fitting("user_id", {.kind = TypeKind::smallint}),
      fitting("user_id", {.kind = TypeKind::integer}),
      fitting("user_id", {.kind = TypeKind::bigint}),
      fitting("user_id", {.kind = TypeKind::decimal, .precision = 6, .scale = 2}),
      fitting("content", {.kind = TypeKind::decimal, .precision = 30, .scale = 2}),
      fitting("user_id", {.kind = TypeKind::real}),
      fitting("user_id", {.kind = TypeKind::double_precision}),
      fitting("content", {.kind = TypeKind::string, .max_length = 8}),
      fitting("content", {.kind = TypeKind::text}),
      {"update returning",
       [](World& w) {
         Update update = update_tweet(w);
         update.returning = w.outputs({w.id(update.table), w.column(update.table, "content")});
         return update;
       }},
      {"update from",
       [](World& w) {
         Update update = update_tweet(w);
         Table user = w.table("user");
         update.from = user;
         update.set = w.list({Assignment{"content", w.column(user, "username")}});
         update.where = w.equal(w.column(update.table, "user_id"), w.id(user));
         update.returning = w.outputs({w.id(update.table)});
         return update;
       }},
      {"update by a correlated subquery",
       [](World& w) {
         Update update = update_tweet(w);
         Table user = w.table("user");
         Select inner = w.select({w.column(user, "username")}, user);
         inner.where = w.equal(w.id(user), w.column(update.table, "user_id"));
         update.set = w.list({Assignment{"content", w.expr(Subquery{w.keep(inner)})}});
         update.where = nullptr;
         return update;
       }},
      {"delete", [](World& w) { return delete_tweets(w); }},
      {"delete returning",
       [](World& w) {
         Delete remove = delete_tweets(w);
         remove.returning = w.outputs({w.id(remove.table)});
         return remove;
       }},
      {"delete by a subquery with a common table",
       [](World& w) {
         Table user = w.table("user");
         const CommonTable* cte = w.keep(CommonTable{"gone", {}, w.keep(w.select({w.id(user)}, user)), false});
         Table gone = w.source(CommonTableRef{cte});
         Delete remove = delete_tweets(w);
         remove.with = w.list({cte});
         remove.where =
             w.expr(InSelect{w.column(remove.table, "user_id"), w.keep(w.select({w.id(gone)}, gone)), false});
         return remove;
       }},
  };
}

}  // namespace dorm::test
