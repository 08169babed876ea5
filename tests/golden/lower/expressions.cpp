// Every kind of expression, alone.
#include "golden/lower/world.hpp"
#include "sql/operators.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree
using Table = const Source*;

void add_operators(LowerCases& cases) {
  for (int i = 0; !word(static_cast<BinaryOp>(i)).empty(); ++i) {
    const auto op = static_cast<BinaryOp>(i);
    cases.push_back({"binary " + std::string(word(op)), [op](World& w) {
                       return w.of_tweet([&](Table t) { return w.binary(op, w.id(t), w.number()); });
                     }});
  }
  for (int i = 0; !word(static_cast<UnaryOp>(i)).empty(); ++i) {
    const auto op = static_cast<UnaryOp>(i);
    cases.push_back({"unary " + std::string(word(op)), [op](World& w) {
                       return w.where([&](Table t) {
                         if (op == UnaryOp::logical_not) return w.negate(w.column(t, "flag", TypeKind::boolean));
                         return w.equal(w.expr(Unary{op, w.id(t)}), w.number());
                       });
                     }});
  }
}

void add_casts(LowerCases& cases) {
  const std::vector<Type> types{
      {.kind = TypeKind::smallint},
      {.kind = TypeKind::bigint},
      {.kind = TypeKind::real},
      {.kind = TypeKind::double_precision},
      {.kind = TypeKind::string, .max_length = 30},
      {.kind = TypeKind::text},
      {.kind = TypeKind::binary},
      {.kind = TypeKind::date},
      {.kind = TypeKind::json},
      {.kind = TypeKind::decimal, .precision = 12, .scale = 4},
      {.kind = TypeKind::boolean},
      {.kind = TypeKind::uuid},
      {.kind = TypeKind::time},
      {.kind = TypeKind::datetime},
      {.kind = TypeKind::datetime, .timezone = false},
      {.kind = TypeKind::unknown},
  };
  for (const Type& type : types)
    cases.push_back({"cast to " + to_string(type), [type](World& w) {
                       return w.of_tweet([&](Table t) { return w.expr(Cast{w.column(t, "content"), type}); });
                     }});
}

void add_json_elements(LowerCases& cases) {
  const std::vector<Type> types{{.kind = TypeKind::bigint}, {.kind = TypeKind::boolean},
                                {.kind = TypeKind::real},   {.kind = TypeKind::double_precision},
                                {.kind = TypeKind::text},   {.kind = TypeKind::uuid},
                                {.kind = TypeKind::date},   {.kind = TypeKind::json}};
  for (const Type& type : types)
    cases.push_back({"json list of " + to_string(type), [type](World& w) {
                       return w.of_tweet([&](Table t) {
                         const auto* element = w.expr(JsonElement{w.column(t, "content", type.kind), type});
                         return w.expr(Call{"JSONB_AGG", w.list({element}), false, nullptr, {}});
                       });
                     }});
}

void add_date_parts(LowerCases& cases) {
  const std::vector<Type> types{{.kind = TypeKind::date},
                                {.kind = TypeKind::time},
                                {.kind = TypeKind::datetime},
                                {.kind = TypeKind::datetime, .timezone = false}};
  for (int i = 0; !sql::word(static_cast<sql::DatePartKind>(i)).empty(); ++i) {
    const auto part = static_cast<sql::DatePartKind>(i);
    const bool of_clock = part == sql::DatePartKind::time || part >= sql::DatePartKind::hour;
    for (const Type& type : types) {
      if ((of_clock && type.kind == TypeKind::date) || (!of_clock && type.kind == TypeKind::time)) continue;
      cases.push_back(
          {std::string(sql::word(part)) + " of " + to_string(type), [part, type](World& w) {
             return w.of_tweet([&](Table t) { return w.expr(sql::DatePart{part, w.column(t, "timestamp"), type}); });
           }});
    }
  }
}

Select of_user(World& w, Table user, const Expr* where) {
  Select select = w.select({w.id(user)}, user);
  select.where = where;
  return select;
}

}  // namespace

LowerCases expression_cases() {
  LowerCases cases{
      {"column", [](World& w) { return w.of_tweet([&](Table t) { return w.column(t, "content"); }); }},
      {"column with a quote in its name",
       [](World& w) { return w.of_tweet([&](Table t) { return w.column(t, "te\"st"); }); }},
      {"param", [](World& w) { return w.select({w.param()}, nullptr); }},
      {"params are numbered from left to right",
       [](World& w) {
         return w.where([&](Table t) {
           const Expr* second = w.equal(w.id(t), w.number());
           const Expr* first = w.equal(w.column(t, "content"), w.param());
           return w.all({first, second});
         });
       }},
      {"constants",
       [](World& w) {
         return w.select({w.expr(Constant{Constant::Kind::null, 0}), w.expr(Constant{Constant::Kind::boolean, 1}),
                          w.expr(Constant{Constant::Kind::boolean, 0}), w.constant(7), w.constant(-7)},
                         nullptr);
       }},
      {"star", [](World& w) { return w.of_tweet([&](Table) { return w.expr(Star{nullptr}); }); }},
      {"star of a source", [](World& w) { return w.of_tweet([&](Table t) { return w.expr(Star{t}); }); }},
      {"a minus of a minus is no comment",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           return w.expr(Unary{UnaryOp::negate, w.expr(Unary{UnaryOp::negate, w.id(t)})});
         });
       }},
      {"not of a comparison",
       [](World& w) { return w.where([&](Table t) { return w.negate(w.equal(w.id(t), w.number())); }); }},
      {"not of not",
       [](World& w) { return w.where([&](Table t) { return w.negate(w.negate(w.equal(w.id(t), w.number()))); }); }},
      {"not as an operand",
       [](World& w) {
         return w.where([&](Table t) {
           return w.equal(w.negate(w.column(t, "flag", TypeKind::boolean)),
                          w.expr(Constant{Constant::Kind::boolean, 1}));
         });
       }},
      {"logical all of two",
       [](World& w) {
         return w.where([&](Table t) {
           return w.all({w.equal(w.id(t), w.number()), w.equal(w.column(t, "content"), w.param())});
         });
       }},
      {"logical any of three",
       [](World& w) {
         return w.where([&](Table t) {
           return w.any({w.equal(w.id(t), w.number()), w.equal(w.id(t), w.number()), w.equal(w.id(t), w.number())});
         });
       }},
      {"logical of one",
       [](World& w) { return w.where([&](Table t) { return w.all({w.equal(w.id(t), w.number())}); }); }},
      {"logical all of none", [](World& w) { return w.where([&](Table) { return w.all({}); }); }},
      {"logical any of none", [](World& w) { return w.where([&](Table) { return w.any({}); }); }},
      {"logical of seven is balanced",
       [](World& w) {
         return w.where([&](Table t) {
           std::vector<const Expr*> seven;
           for (int i = 0; i < 7; ++i) seven.push_back(w.equal(w.id(t), w.constant(i)));
           return w.expr(Logical{LogicalOp::any, w.list(seven)});
         });
       }},
      {"is null", [](World& w) { return w.where([&](Table t) {
                                   return w.expr(IsNull{w.id(t), false});
                                 }); }},
      {"is not null", [](World& w) { return w.where([&](Table t) {
                                       return w.expr(IsNull{w.id(t), true});
                                     }); }},
      {"between",
       [](World& w) {
         return w.where([&](Table t) {
           const Expr* low = w.number();
           return w.expr(Between{w.id(t), low, w.number(), false});
         });
       }},
      {"not between",
       [](World& w) {
         return w.where([&](Table t) { return w.expr(Between{w.id(t), w.constant(1), w.constant(2), true}); });
       }},
      {"in list",
       [](World& w) {
         return w.where([&](Table t) { return w.expr(InList{w.id(t), w.list({w.constant(1), w.number()}), false}); });
       }},
      {"not in list",
       [](World& w) { return w.where([&](Table t) {
                        return w.expr(InList{w.id(t), w.list({w.number()}), true});
                      }); }},
      {"in an empty list",
       [](World& w) { return w.where([&](Table t) {
                        return w.expr(InList{w.id(t), {}, false});
                      }); }},
      {"not in an empty list",
       [](World& w) { return w.where([&](Table t) {
                        return w.expr(InList{w.id(t), {}, true});
                      }); }},
      {"tuple in list of tuples",
       [](World& w) {
         return w.where([&](Table t) {
           const auto pair = [&](const Expr* a, const Expr* b) { return w.expr(Tuple{w.list({a, b})}); };
           return w.expr(InList{pair(w.id(t), w.column(t, "user_id", TypeKind::bigint)),
                                w.list({pair(w.constant(1), w.constant(2)), pair(w.constant(3), w.constant(4))}),
                                false});
         });
       }},
      {"in array",
       [](World& w) {
         return w.where([&](Table t) {
           return w.expr(InArray{w.id(t), Param{0, Type{.kind = TypeKind::bigint}, true}, false});
         });
       }},
      {"not in array",
       [](World& w) {
         return w.where([&](Table t) {
           return w.expr(InArray{w.column(t, "content"), Param{0, Type{.kind = TypeKind::text}, true}, true});
         });
       }},
      {"in select",
       [](World& w) {
         return w.where([&](Table t) {
           Table user = w.table("user");
           return w.expr(InSelect{w.column(t, "user_id", TypeKind::bigint),
                                  w.keep(of_user(w, user, w.equal(w.column(user, "username"), w.param()))), false});
         });
       }},
      {"tuple not in select",
       [](World& w) {
         return w.where([&](Table t) {
           Table favorite = w.table("favorite");
           return w.expr(InSelect{
               w.expr(Tuple{w.list({w.id(t), w.column(t, "user_id", TypeKind::bigint)})}),
               w.keep(w.select({w.column(favorite, "tweet_id"), w.column(favorite, "user_id")}, favorite)), true});
         });
       }},
      {"exists correlated",
       [](World& w) {
         return w.where([&](Table t) {
           Table user = w.table("user");
           return w.expr(Exists{w.keep(of_user(w, user, w.equal(w.id(user), w.column(t, "user_id")))), false});
         });
       }},
      {"not exists as an operand",
       [](World& w) {
         return w.where([&](Table) {
           Table user = w.table("user");
           return w.equal(w.expr(Exists{w.keep(of_user(w, user, nullptr)), true}),
                          w.expr(Constant{Constant::Kind::boolean, 1}));
         });
       }},
      {"scalar subquery",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           Table user = w.table("user");
           Select inner = w.select({w.column(user, "username")}, user);
           inner.where = w.equal(w.id(user), w.column(t, "user_id"));
           return w.expr(Subquery{w.keep(inner)});
         });
       }},
      {"count distinct",
       [](World& w) {
         return w.of_tweet([&](Table t) { return w.expr(Call{"COUNT", w.list({w.id(t)}), true, nullptr, {}}); });
       }},
      {"count star",
       [](World& w) { return w.of_tweet([&](Table) { return w.call("count", {w.expr(Star{nullptr})}); }); }},
      {"aggregate with filter",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           return w.expr(Call{"COUNT", w.list({w.id(t)}), false, w.equal(w.column(t, "content"), w.param()), {}});
         });
       }},
      {"aggregate with order",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           return w.expr(Call{"max", w.list({w.id(t)}), false, nullptr,
                              w.list({sql::Order{w.column(t, "content"), true, NullsOrder::smallest, false}})});
         });
       }},
      {"over a window",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           Window window{};
           window.partition = w.list({w.column(t, "user_id")});
           window.order = w.list({sql::Order{w.column(t, "timestamp"), true, NullsOrder::smallest, false}});
           return w.expr(Over{w.call("row_number", {}), w.keep(window)});
         });
       }},
      {"over everything",
       [](World& w) { return w.of_tweet([&](Table) {
                        return w.expr(Over{w.call("rank", {}), w.keep(Window{})});
                      }); }},
      {"case searched",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           return w.expr(Case{nullptr, w.list({w.equal(w.id(t), w.constant(1))}), w.list({w.param()}), w.param()});
         });
       }},
      {"case simple without else",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           return w.expr(Case{w.id(t), w.list({w.constant(1), w.constant(2)}),
                              w.list({w.param(), w.column(t, "content")}), nullptr});
         });
       }},
      {"tuples equal",
       [](World& w) {
         return w.where([&](Table t) {
           return w.equal(w.expr(Tuple{w.list({w.id(t), w.column(t, "user_id")})}),
                          w.expr(Tuple{w.list({w.constant(1), w.constant(2)})}));
         });
       }},
      {"collate",
       [](World& w) {
         return w.where([&](Table t) {
           return w.binary(BinaryOp::lt, w.expr(Collate{w.column(t, "content"), "NOCASE"}), w.param());
         });
       }},
      {"collate by bytes",
       [](World& w) {
         return w.where([&](Table t) {
           return w.binary(BinaryOp::lt, w.expr(Collate{w.column(t, "content"), "C"}),
                           w.expr(Collate{w.column(t, "content"), "binary"}));
         });
       }},
      {"raw alone",
       [](World& w) {
         return w.of_tweet([&](Table) {
           return w.expr(Raw{w.list<std::string_view>({"abs(", ") + ", ""}), w.list({w.number(), w.number()})});
         });
       }},
      {"raw among conditions",
       [](World& w) {
         return w.where([&](Table t) {
           return w.all({w.equal(w.id(t), w.number()), w.expr(Raw{w.list<std::string_view>({"1 = 1 OR 2 = 2"}), {}})});
         });
       }},
  };
  add_operators(cases);
  add_casts(cases);
  add_json_elements(cases);
  add_date_parts(cases);
  return cases;
}

}  // namespace dorm::test
