// What stands inside json documents, and where periods of time begin.
#include "golden/lower/world.hpp"
#include "sql/operators.hpp"

namespace dorm::test {
namespace {

using namespace sql;  // NOLINT: the words of the tree
using Table = const Source*;

void add_json(LowerCases& cases) {
  for (int i = 0; !sql::word(static_cast<JsonRead>(i)).empty(); ++i) {
    const auto as = static_cast<JsonRead>(i);
    for (const bool deep : {false, true})
      cases.push_back({std::string(sql::word(as)) + (deep ? " inside" : " at the top"), [as, deep](World& w) {
                         return w.of_tweet([&](Table t) {
                           const List<JsonStep> steps =
                               deep
                                   ? w.list({JsonStep{"it's", 0, false}, JsonStep{{}, 2, true}, JsonStep{{}, -1, true}})
                                   : List<JsonStep>();
                           return w.expr(JsonPath{as, w.column(t, "content", TypeKind::json), steps});
                         });
                       }});
  }
}

void add_starts(LowerCases& cases) {
  static const Type types[] = {
      {.kind = TypeKind::date}, {.kind = TypeKind::datetime}, {.kind = TypeKind::datetime, .timezone = false}};
  for (int i = 0; !sql::word(static_cast<DatePartKind>(i)).empty(); ++i) {
    const auto part = static_cast<DatePartKind>(i);
    if (part == DatePartKind::date || part == DatePartKind::time || part == DatePartKind::week_day) continue;
    for (const Type& type : types) {
      if (type.kind == TypeKind::date && part >= DatePartKind::hour) continue;
      cases.push_back(
          {"start of the " + std::string(sql::word(part)) + " of " + to_string(type), [part, type](World& w) {
             return w.of_tweet([&](Table t) { return w.expr(DateTrunc{part, w.column(t, "timestamp"), type}); });
           }});
    }
  }
}

}  // namespace

LowerCases inside_cases() {
  LowerCases cases{
      {"a document that has a part",
       [](World& w) {
         return w.where([&](Table t) {
           return w.binary(BinaryOp::json_contains, w.column(t, "content", TypeKind::json), w.param(TypeKind::json));
         });
       }},
      {"a name with a quote in it",
       [](World& w) {
         return w.of_tweet([&](Table t) {
           return w.expr(JsonPath{JsonRead::json, w.column(t, "content", TypeKind::json),
                                  w.list({JsonStep{"say \"hi\"", 0, false}})});
         });
       }},
  };
  add_json(cases);
  add_starts(cases);
  return cases;
}

}  // namespace dorm::test
