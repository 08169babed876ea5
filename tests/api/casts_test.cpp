// Each pair of types: a cast gives the same on every backend, or is refused where it is written.
#include <algorithm>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

struct CastTarget {
  const char* name;
  Type type;
};
const std::vector<CastTarget>& cast_targets() {
  static const std::vector<CastTarget> all{{"boolean", {.kind = TypeKind::boolean}},
                                           {"smallint", {.kind = TypeKind::smallint}},
                                           {"bigint", {.kind = TypeKind::bigint}},
                                           {"real", {.kind = TypeKind::real}},
                                           {"double", {.kind = TypeKind::double_precision}},
                                           {"decimal", {.kind = TypeKind::decimal, .precision = 12, .scale = 3}},
                                           {"string", {.kind = TypeKind::string, .max_length = 3}},
                                           {"text", {.kind = TypeKind::text}},
                                           {"binary", {.kind = TypeKind::binary}},
                                           {"uuid", {.kind = TypeKind::uuid}},
                                           {"date", {.kind = TypeKind::date}},
                                           {"time", {.kind = TypeKind::time}},
                                           {"datetime", {.kind = TypeKind::datetime}},
                                           {"json", {.kind = TypeKind::json}}};
  return all;
}

struct CastCase {
  const char* from;
  const char* to;
  const char* result;
};
// All others are refused.
constexpr CastCase possible_casts[] = {{"flag", "boolean", "true"},
                                       {"flag", "smallint", "1"},
                                       {"flag", "bigint", "1"},
                                       {"flag", "real", "1.0"},
                                       {"flag", "double", "1.0"},
                                       {"flag", "decimal", "1.000"},
                                       {"flag", "string", "tru"},
                                       {"flag", "text", "true"},
                                       {"small", "smallint", "-300"},
                                       {"small", "bigint", "-300"},
                                       {"small", "real", "-300.0"},
                                       {"small", "double", "-300.0"},
                                       {"small", "decimal", "-300.000"},
                                       {"small", "string", "-30"},
                                       {"small", "text", "-300"},
                                       {"num", "smallint", "7"},
                                       {"num", "bigint", "7"},
                                       {"num", "real", "7.0"},
                                       {"num", "double", "7.0"},
                                       {"num", "decimal", "7.000"},
                                       {"num", "string", "7"},
                                       {"num", "text", "7"},
                                       {"big", "smallint", nullptr},  // out of range
                                       {"big", "bigint", "16777217"},
                                       {"big", "real", "16777216.0"},
                                       {"big", "double", "16777217.0"},
                                       {"big", "decimal", "16777217.000"},
                                       {"big", "string", "167"},
                                       {"big", "text", "16777217"},
                                       {"flt", "smallint", "2"},
                                       {"flt", "bigint", "2"},
                                       {"flt", "real", "2.5"},
                                       {"flt", "double", "2.5"},
                                       {"dbl", "smallint", "0"},
                                       {"dbl", "bigint", "0"},
                                       {"dbl", "real", "0.10000000149011612"},
                                       {"dbl", "double", "0.1"},
                                       {"price", "double", "12.5"},
                                       {"price", "decimal", "12.500"},
                                       {"name", "smallint", "12"},
                                       {"name", "bigint", "12"},
                                       {"name", "double", "12.0"},
                                       {"name", "string", "12"},
                                       {"name", "text", "12"},
                                       {"name", "date", nullptr},  // it is none
                                       {"name", "json", "12"},
                                       {"words", "smallint", nullptr},
                                       {"words", "bigint", nullptr},
                                       {"words", "double", nullptr},
                                       {"words", "string", "202"},
                                       {"words", "text", "2026-01-04"},
                                       {"words", "date", "2026-01-04"},
                                       {"words", "json", nullptr},
                                       {"day", "string", "202"},
                                       {"day", "text", "2026-01-04"},
                                       {"day", "date", "2026-01-04"},
                                       {"clock", "time", "08:15:00.000001"},
                                       {"at", "date", "2026-01-04"},
                                       {"at", "datetime", "2026-01-04 20:30:00.000000"},
                                       {"wall", "date", "2026-01-04"},
                                       {"wall", "datetime", "2026-01-04 20:30:00.000000"},
                                       {"uid", "string", "550"},
                                       {"uid", "text", "550e8400-e29b-41d4-a716-446655440000"},
                                       {"uid", "uuid", "550e8400-e29b-41d4-a716-446655440000"},
                                       {"bin", "binary", "00ff"},
                                       {"doc", "json", "[]"}};

class Casts : public Api {
 protected:
  Casts() {
    item.create({{"flag", true},
                 {"small", -300},
                 {"num", 7},
                 {"big", 16'777'217},
                 {"flt", 2.5},
                 {"dbl", 0.1},
                 {"price", "12.50"},
                 {"huge", "1.5"},
                 {"name", "12"},
                 {"words", "2026-01-04"},
                 {"day", "2026-01-04"},
                 {"clock", "08:15:00.000001"},
                 {"at", "2026-01-04 20:30:00"},
                 {"wall", "2026-01-04 20:30:00"},
                 {"uid", "550e8400-e29b-41d4-a716-446655440000"},
                 {"bin", Blob{std::string("\x00\xFF", 2)}},
                 {"doc", Json{"[]"}}});
  }
  Database db = open(R"({"dorm": 1, "models": {"Item": {"fields": {
    "flag": {"type": "boolean"}, "small": {"type": "smallint"}, "num": {"type": "integer"}, "big": {"type": "bigint"},
    "flt": {"type": "real"}, "dbl": {"type": "double"},
    "price": {"type": "decimal", "precision": 10, "scale": 2},
    "huge": {"type": "decimal", "precision": 30, "scale": 10},
    "name": {"type": "string", "max_length": 10}, "words": {"type": "text"}, "day": {"type": "date"},
    "clock": {"type": "time"}, "at": {"type": "datetime"}, "wall": {"type": "datetime", "timezone": false},
    "uid": {"type": "uuid"}, "bin": {"type": "binary"}, "doc": {"type": "json"}}}}})");
  Model item = db["Item"];

  std::string one(const Expr& expr) const { return item.select(expr.as("x")).dicts().get()["x"].to_text(); }
};
DORM_API_TESTS(Casts);

TEST_P(Casts, GiveTheSameOrAreRefusedWhereTheyAreWritten) {
  for (const char* from : {"flag", "small", "num", "big", "flt", "dbl", "price", "huge", "name", "words", "day",
                           "clock", "at", "wall", "uid", "bin", "doc"}) {
    for (const CastTarget& to : cast_targets()) {
      SCOPED_TRACE(std::string(from) + " to " + to.name);
      const auto* const known =
          std::find_if(std::begin(possible_casts), std::end(possible_casts), [&](const CastCase& each) {
            return std::string_view(each.from) == from && std::string_view(each.to) == to.name;
          });
      if (known == std::end(possible_casts)) {
        EXPECT_THAT([&] { static_cast<void>(item[from].cast(to.type)); },
                    ThrowsMessage<QueryError>(HasSubstr(std::string("casting Item.") + from + ", which is ")));
      } else if (known->result == nullptr) {
        EXPECT_THROW(one(item[from].cast(to.type)), DataError);
      } else {
        EXPECT_EQ(one(item[from].cast(to.type)), known->result);
      }
    }
  }
}

TEST_P(Casts, OfDecimalsKeepTheirDigitsAndTheirRange) {
  const auto decimal = [](std::uint16_t precision, std::uint16_t scale) {
    return Type{.kind = TypeKind::decimal, .precision = precision, .scale = scale};
  };
  EXPECT_THAT([&] { static_cast<void>(item["price"].cast(decimal(10, 1))); },
              ThrowsMessage<QueryError>(HasSubstr("to decimal(10,1) would drop digits")));
  EXPECT_EQ(one(item["price"].cast(decimal(4, 2))), "12.50");
  EXPECT_THROW(one(item["price"].cast(decimal(4, 3))), DataError) << "two digits before the point do not fit";
  EXPECT_THROW(one(item["small"].cast(decimal(4, 2))), DataError);
  EXPECT_EQ(one(item["small"].cast(decimal(5, 2))), "-300.00");
  EXPECT_EQ(one(item["huge"].cast(decimal(38, 10))), "1.5000000000");
  EXPECT_THAT([&] { static_cast<void>(item["huge"].cast(decimal(38, 12))); },
              ThrowsMessage<QueryError>(HasSubstr("it may have more digits than 64 bits hold")));
}

TEST_P(Casts, OfNullAreNull) {
  for (const CastTarget& to : cast_targets()) EXPECT_EQ(one(Expr(Value()).cast(to.type)), "null") << to.name;
}

TEST_P(Casts, OfParametersAreHeldToTheirValue) {
  const Query asked = item.select(param("x").cast(Type{.kind = TypeKind::boolean}).as("x")).dicts();
  EXPECT_EQ(asked.bind({{"x", true}}).get()["x"].to_text(), "true");
  const QueryCount count(db);
  EXPECT_THROW(asked.bind({{"x", 1}}).all(), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

}  // namespace
}  // namespace dorm::test
