// Trees that no backend writes, and why.
#include "golden/lower/world.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree
using Table = const Source*;

}  // namespace

LowerCases refused_cases() {
  return {
      {"column of a source that is not in from",
       [](World& w) { return w.where([&](Table t) { return w.equal(w.id(t), w.id(w.table("user"))); }); }},
      {"name with NUL",
       [](World& w) { return w.of_tweet([&](Table t) { return w.column(t, std::string_view("a\0b", 3)); }); }},
      {"empty name", [](World& w) { return w.of_tweet([&](Table t) { return w.column(t, ""); }); }},
      {"function name with text behind it",
       [](World& w) { return w.of_tweet([&](Table) { return w.call("count(*), abs", {}); }); }},
      {"condition of a cross join",
       [](World& w) {
         Table user = w.table("user");
         Table tweet = w.table("tweet");
         Select select = w.select({w.id(user)}, user);
         select.joins = w.list({Join{JoinKind::cross, tweet, w.equal(w.id(user), w.id(tweet)), false}});
         return select;
       }},
      {"two hundred levels",
       [](World& w) {
         return w.where([&](Table t) {
           const Expr* deep = w.equal(w.id(t), w.number());
           for (int i = 0; i < 200; ++i) deep = w.negate(deep);
           return deep;
         });
       }},
      {"upsert without columns",
       [](World& w) {
         Insert insert{};
         insert.table = w.table("user");
         insert.conflict = {Conflict::Action::update, {}, w.list({Assignment{"username", w.param()}}), nullptr};
         return insert;
       }},
      {"upsert that sets nothing",
       [](World& w) {
         Insert insert{};
         insert.table = w.table("user");
         insert.conflict = {Conflict::Action::update, w.list<std::string_view>({"id"}), {}, nullptr};
         return insert;
       }},
      {"update that sets nothing",
       [](World& w) {
         Update update{};
         update.table = w.table("user");
         return update;
       }},
      {"row that does not fit its columns",
       [](World& w) {
         Insert insert{};
         insert.table = w.table("user");
         insert.columns = w.list<std::string_view>({"id", "username"});
         insert.rows = w.list<Exprs>({w.list({w.param()})});
         return insert;
       }},
      {"write to a subquery",
       [](World& w) {
         Table tweet = w.table("tweet");
         Delete remove{};
         remove.table = w.source(Derived{w.keep(w.select({w.id(tweet)}, tweet))});
         return remove;
       }},
  };
}

}  // namespace dorm::test
