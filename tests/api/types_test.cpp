// Every field type of the schema format: written, read back, compared, ordered, the same on every backend.
#include <limits>

#include "api/sample_fields.hpp"
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Types : public Api {};
DORM_API_TESTS(Types);

const std::string everything = R"({"dorm": 1,
  "enums": {"Color": {"values": ["red", "green", "blue"]}},
  "models": {"Sample": {"fields": {
    "id": {"type": "bigint", "primary_key": true, "auto_increment": true},
    )" + sample_fields + R"(,
    "color": {"type": "enum", "enum": "Color", "nullable": true},
    "size": {"type": "enum", "values": ["S", "L"], "nullable": true}
  }}}})";

TEST_P(Types, EachValueComesBackAsItWasWritten) {
  const Database db = open(everything);
  const std::string bytes("\0\xff\x01'\"\\\n", 7);
  const std::string odd = "'; DROP TABLE \"sample\"; -- \xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x88 % _ \\ ?$1";
  const Uuid token = Uuid::parse("0190f3a2-7b1c-7def-8123-456789abcdef");
  const Row made = db["Sample"].create({
      {"flag", true},
      {"small", -32768},
      {"whole", 2147483647},
      {"big", std::numeric_limits<std::int64_t>::min()},
      {"single", 0.5},
      {"twice", 0.1},
      {"price", Decimal::parse("12345678.9012")},
      {"huge", Decimal::parse("12345678901234567890.0123456789")},
      {"short", "äöü€"},
      {"long", odd},
      {"bytes", Blob{bytes}},
      {"token", token},
      {"day", Date::parse("2024-02-29")},
      {"clock", Time::parse("23:59:59.999999")},
      {"instant", DateTime::parse("2026-11-21T12:30:00.000001Z")},
      {"wall", DateTime::parse("1969-12-31 23:59:59.5")},
      {"doc", Json{R"({"a": [1, "x", null]})"}},
      {"color", "green"},
      {"size", "L"},
  });
  const Row read = db["Sample"].get(made["id"].integer());
  for (const Row& row : {made, read}) {
    EXPECT_TRUE(row["flag"].boolean());
    EXPECT_EQ(row["small"].integer(), -32768);
    EXPECT_EQ(row["whole"].integer(), 2147483647);
    EXPECT_EQ(row["big"].integer(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(row["single"].real(), 0.5);
    EXPECT_EQ(row["twice"].real(), 0.1);
    EXPECT_EQ(row["price"].decimal(), Decimal::parse("12345678.9012"));
    EXPECT_EQ(row["huge"].decimal(), Decimal::parse("12345678901234567890.0123456789"));
    EXPECT_EQ(row["short"].text(), "äöü€");
    EXPECT_EQ(row["long"].text(), odd);
    EXPECT_EQ(row["bytes"].blob(), bytes);
    EXPECT_EQ(row["token"].uuid(), token);
    EXPECT_EQ(row["day"].date(), Date::parse("2024-02-29"));
    EXPECT_EQ(row["clock"].time(), Time::parse("23:59:59.999999"));
    EXPECT_EQ(row["instant"].datetime(), DateTime::parse("2026-11-21 12:30:00.000001"));
    EXPECT_EQ(row["wall"].datetime(), DateTime::parse("1969-12-31 23:59:59.5"));
    EXPECT_EQ(row["color"].text(), "green");
    EXPECT_EQ(row["size"].text(), "L");
  }
  EXPECT_NE(read["doc"].json().find("\"x\""), std::string_view::npos);
}

TEST_P(Types, NullIsNullInEveryType) {
  const Database db = open(everything);
  db["Sample"].create(std::initializer_list<Assignment>{});
  const Row row = db["Sample"].get(1);
  for (const FieldInfo& field : db["Sample"].info().fields) {
    if (field.primary_key) continue;
    EXPECT_TRUE(row[field.name].is_null()) << field.name;
    EXPECT_TRUE(row[field.name].value().is_null()) << field.name;
    const Model sample = db["Sample"];
    EXPECT_EQ(sample.select().where(sample[field.name].is_null()).count(), 1) << field.name;
  }
  EXPECT_THROW(row["flag"].boolean(), DataError);
  EXPECT_EQ(row["whole"].value_or<std::int64_t>(7), 7);
  EXPECT_FALSE(row["long"].get<std::optional<std::string>>().has_value());
}

TEST_P(Types, TheEdgesOfEachRangeFitAndOneBeyondDoesNot) {
  const Database db = open(everything);
  const Model sample = db["Sample"];
  const auto round_trip = [&](const char* field, const Value& value) {
    return sample.get(sample.create({{field, value}})["id"].integer())[field].value();
  };
  for (const std::int64_t edge : {-32768, 32767}) EXPECT_EQ(round_trip("small", edge), Value(edge));
  for (const std::int64_t edge : {-2147483648LL, 2147483647LL}) EXPECT_EQ(round_trip("whole", edge), Value(edge));
  for (const std::int64_t edge : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
    EXPECT_EQ(round_trip("big", edge), Value(edge));
  for (const char* edge : {"99999999.9999", "-99999999.9999", "0", "0.0001"})
    EXPECT_EQ(round_trip("price", Decimal::parse(edge)).decimal(), Decimal::parse(edge));
  for (const char* edge : {"99999999999999999999.9999999999", "-0.0000000001"})
    EXPECT_EQ(round_trip("huge", Decimal::parse(edge)).decimal(), Decimal::parse(edge));
  for (const char* edge : {"0001-01-01", "9999-12-31", "1970-01-01"})
    EXPECT_EQ(round_trip("day", Date::parse(edge)).date(), Date::parse(edge));
  for (const char* edge : {"0001-01-01 00:00:00", "9999-12-31 23:59:59.999999"})
    EXPECT_EQ(round_trip("wall", DateTime::parse(edge)).datetime(), DateTime::parse(edge));
  EXPECT_EQ(round_trip("clock", Time{0}).time(), Time{0});
  EXPECT_EQ(round_trip("long", "").text(), "");
  EXPECT_EQ(round_trip("bytes", Blob{}).blob(), Blob{});
  EXPECT_EQ(round_trip("twice", 1.7976931348623157e308).real(), 1.7976931348623157e308);
  EXPECT_EQ(round_trip("twice", 5e-324).real(), 5e-324);
  const std::int64_t rows = sample.count();
  QueryCount count(db);
  EXPECT_THROW(sample.create({{"small", 32768}}), DataError);
  EXPECT_THROW(sample.create({{"whole", 2147483648LL}}), DataError);
  EXPECT_THROW(sample.create({{"price", Decimal::parse("100000000")}}), DataError);
  EXPECT_THROW(sample.create({{"price", Decimal::parse("0.00001")}}), DataError);
  EXPECT_THROW(sample.create({{"short", "12345678901"}}), DataError);
  EXPECT_THROW(sample.create({{"long", std::string("a\0b", 3)}}), DataError);
  EXPECT_THROW(sample.create({{"long", "\xff\xfe"}}), DataError);
  EXPECT_THROW(sample.create({{"doc", Json{"{"}}}), DataError);
  EXPECT_THROW(sample.create({{"color", "pink"}}), DataError);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(sample.count(), rows);
}

TEST_P(Types, TextsOfDatesUuidsAndDecimalsAreAccepted) {
  const Database db = open(everything);
  const Row row = db["Sample"].create({{"token", "0190F3A2-7B1C-7DEF-8123-456789ABCDEF"},
                                       {"day", "2026-11-21"},
                                       {"clock", "13:45"},
                                       {"instant", "2026-11-21T12:00:00+02:00"},
                                       {"price", "1.5"}});
  EXPECT_EQ(row["token"].uuid().text(), "0190f3a2-7b1c-7def-8123-456789abcdef");
  EXPECT_EQ(row["day"].date(), Date::of(2026, 11, 21));
  EXPECT_EQ(row["clock"].time().text(), "13:45:00.000000");
  EXPECT_EQ(row["instant"].datetime().text(), "2026-11-21 10:00:00.000000");
  EXPECT_EQ(row["price"].decimal(), Decimal::parse("1.5"));
  EXPECT_THROW(db["Sample"].create({{"day", "21.11.2026"}}), DataError);
}

TEST_P(Types, EachTypeIsFoundByItsValue) {
  const Database db = open(everything);
  const Model sample = db["Sample"];
  const std::vector<std::pair<std::string, Value>> values = {
      {"flag", true},
      {"small", 5},
      {"whole", 6},
      {"big", 7},
      {"twice", 2.5},
      {"price", Decimal::parse("1.25")},
      {"short", "ab"},
      {"long", "cd"},
      {"bytes", Blob{std::string("\0x", 2)}},
      {"token", Uuid::parse("0190f3a2-7b1c-7def-8123-456789abcdef")},
      {"day", Date::of(2026, 1, 2)},
      {"clock", Time::parse("01:02:03")},
      {"instant", DateTime::parse("2026-01-02 03:04:05")},
      {"wall", DateTime::parse("2026-01-02 03:04:05")},
      {"color", "red"},
      {"size", "S"}};
  sample.create(values);
  sample.create(std::initializer_list<Assignment>{});
  for (const auto& [name, value] : values) {
    EXPECT_EQ(sample.select().where(sample[name] == value).count(), 1) << name;
    EXPECT_EQ(sample.select().where(sample[name].in({value})).count(), 1) << name;
    EXPECT_EQ(sample.select().where(sample[name] != value).count(), 0) << name;
    EXPECT_EQ(sample.select().where(sample[name].is_distinct_from(value)).count(), 1) << name;
  }
}

TEST_P(Types, DatetimesCompareAsInstants) {
  const Database db = open(everything);
  const Model sample = db["Sample"];
  for (const char* when : {"2026-11-21T12:00:00Z", "2026-11-21T13:30:00+02:00", "2026-11-21T12:00:00.000001Z"})
    sample.create({{"instant", when}});
  EXPECT_THAT(texts(sample.select().order_by(sample["instant"]), "id"), ElementsAre("2", "1", "3"));
  EXPECT_EQ(sample.select().where(sample["instant"] > DateTime::parse("2026-11-21 12:00")).count(), 1);
  EXPECT_EQ(sample.select().where(sample["instant"] >= "2026-11-21T14:00:00+02:00").count(), 2);
  EXPECT_EQ(sample.select().where(sample["instant"].between("2026-11-21T11:00:00Z", "2026-11-21T12:00:00Z")).count(),
            2);
  EXPECT_EQ(sample.select(fn::max(sample["instant"])).scalar().datetime(),
            DateTime::parse("2026-11-21 12:00:00.000001"));
}

TEST_P(Types, DecimalsAreExact) {
  const Database db = open(R"({"dorm": 1, "models": {"Item": {"fields": {
    "price": {"type": "decimal", "precision": 10, "scale": 2}, "rate": {"type": "decimal", "precision": 6, "scale": 4}, "n": {"type": "integer"}}}}})");
  const Model item = db["Item"];
  item.create({{"price", Decimal::parse("0.10")}, {"rate", Decimal::parse("0.1900")}, {"n", 3}});
  item.create({{"price", Decimal::parse("0.20")}, {"rate", Decimal::parse("0.0700")}, {"n", 7}});
  EXPECT_EQ(item.select(fn::sum(item["price"])).scalar().decimal(), Decimal::parse("0.3"));
  const auto value = [&](const Expr& expr) {
    return item.select(expr.as("v")).order_by(item["id"]).limit(1).scalar().decimal();
  };
  EXPECT_EQ(value(item["price"] + item["rate"]), Decimal::parse("0.29"));
  EXPECT_EQ(value(item["price"] - item["rate"]), Decimal::parse("-0.09"));
  EXPECT_EQ(value(item["price"] * item["rate"]), Decimal::parse("0.019"));
  EXPECT_EQ(value(item["price"] * item["n"]), Decimal::parse("0.30"));
  EXPECT_EQ(value(item["price"] + Decimal::parse("0.05")), Decimal::parse("0.15"));
  EXPECT_EQ(item.select().where(item["price"] == Decimal::parse("0.1")).count(), 1);
  EXPECT_EQ(item.select().where(item["price"] < item["rate"]).count(), 1);
  EXPECT_EQ(item.select().where(item["price"] > Decimal::parse("0.19")).count(), 1);
  EXPECT_EQ(item.select().where(item["id"] == 1).update({{"price", item["price"] + Decimal::parse("1.05")}}), 1);
  EXPECT_EQ(item.get(1)["price"].decimal(), Decimal::parse("1.15"));
}

TEST_P(Types, TextOrdersByBytes) {
  const Database db = social();
  const Model user = db["User"];
  for (const char* name : {"b", "a", "B", "_", "\xc3\xa4", "Z", "z", "ab", "a b"}) user.create({{"username", name}});
  EXPECT_THAT(texts(user.select().order_by(user["username"]), "username"),
              ElementsAre("B", "Z", "_", "a", "a b", "ab", "b", "z", "\xc3\xa4"));
  EXPECT_EQ(user.select().where(user["username"] < "a").count(), 3);
  EXPECT_EQ(user.select(fn::max(user["username"])).scalar().text(), "\xc3\xa4");
  EXPECT_EQ(user.select(fn::min(user["username"])).scalar().text(), "B");
}

TEST_P(Types, NullIsTheSmallestValueUnlessSaidOtherwise) {
  const Database db = open(R"({"dorm": 1, "models": {"N": {"fields": {"v": {"type": "integer", "nullable": true}}}}})");
  const Model n = db["N"];
  for (const Value& v : {Value(2), Value(), Value(1)}) n.create({{"v", v}});
  EXPECT_THAT(texts(n.select().order_by(n["v"]), "v"), ElementsAre("null", "1", "2"));
  EXPECT_THAT(texts(n.select().order_by(n["v"].desc()), "v"), ElementsAre("2", "1", "null"));
  EXPECT_THAT(texts(n.select().order_by(n["v"].asc().nulls_last()), "v"), ElementsAre("1", "2", "null"));
  EXPECT_THAT(texts(n.select().order_by(n["v"].desc().nulls_first()), "v"), ElementsAre("null", "2", "1"));
  EXPECT_EQ(n.select().where(n["v"] != 1).count(), 1);
  EXPECT_EQ(n.select().where(n["v"].is_distinct_from(1)).count(), 2);
  EXPECT_EQ(n.select().where(n["v"].is_not_distinct_from(Value())).count(), 1);
}

TEST_P(Types, TextMatchesAreLiteralAndCaseSensitive) {
  const Database db = social();
  const Model user = db["User"];
  for (const char* name : {"50% off", "50 off", "a_b", "aXb", "back\\slash", "Huey"}) user.create({{"username", name}});
  const auto found = [&](const Expr& condition) {
    return texts(user.select().where(condition).order_by(user["id"]), "username");
  };
  EXPECT_THAT(found(user["username"].contains("%")), ElementsAre("50% off"));
  EXPECT_THAT(found(user["username"].contains("_")), ElementsAre("a_b"));
  EXPECT_THAT(found(user["username"].contains("\\")), ElementsAre("back\\slash"));
  EXPECT_THAT(found(user["username"].startswith("h")), IsEmpty());
  EXPECT_THAT(found(user["username"].istartswith("h")), ElementsAre("Huey"));
  EXPECT_THAT(found(user["username"].endswith("off")), ElementsAre("50% off", "50 off"));
  EXPECT_THAT(found(user["username"].icontains("HUE")), ElementsAre("Huey"));
  EXPECT_THAT(found(user["username"].iexact("huey")), ElementsAre("Huey"));
  EXPECT_THAT(found(user["username"].like("a_b")), ElementsAre("a_b", "aXb"));
  EXPECT_THAT(found(user["username"].like("h%")), IsEmpty());
  EXPECT_THAT(found(user["username"].ilike("h%")), ElementsAre("Huey"));
  EXPECT_THAT(found(user["username"].regex("^5\\d")), ElementsAre("50% off", "50 off"));
}

TEST_P(Types, AnEmptyListMatchesNothing) {
  const Database db = social();
  const Model user = db["User"];
  user.create({{"username", "huey"}});
  EXPECT_EQ(user.select().where(user["id"].in(Values{})).count(), 0);
  EXPECT_EQ(user.select().where(user["id"].not_in(Values{})).count(), 1);
  Values many;
  for (int i = -500; i < 500; ++i) many.emplace_back(i);
  EXPECT_EQ(user.select().where(user["id"].in(many)).count(), 1);
}

TEST_P(Types, JsonGoesOutAndComesBack) {
  const Database db = open(everything);
  const Row made = db["Sample"].create({{"flag", false},
                                        {"big", std::numeric_limits<std::int64_t>::max()},
                                        {"twice", 0.1},
                                        {"price", Decimal::parse("1.5")},
                                        {"long", "quote \" line\n"},
                                        {"bytes", Blob{std::string("\0\xff", 2)}},
                                        {"day", "2026-11-21"},
                                        {"instant", "2026-11-21T12:00:00Z"},
                                        {"color", "red"}});
  const std::string text = db["Sample"].get(1).to_json();
  EXPECT_EQ(text.substr(0, 24), R"({"id":1,"flag":false,"sm)");
  EXPECT_NE(text.find(R"("big":9223372036854775807)"), std::string::npos);
  EXPECT_NE(text.find(R"("price":"1.5000")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("instant":"2026-11-21T12:00:00)"), std::string::npos);
  std::string other = text;
  other.replace(0, 7, R"({"id":2)");
  const Row again = db["Sample"].from_json(other);
  EXPECT_FALSE(again.is_saved());
  again.save();
  EXPECT_EQ(db["Sample"].get(2).to_json(), other);
  EXPECT_THROW(db["Sample"].from_json("{"), DataError);
  EXPECT_THROW(db["Sample"].from_json("[]"), DataError);
  EXPECT_THROW(db["Sample"].from_json(R"({"whole": "x"})"), DataError);
  EXPECT_THROW(db["Sample"].from_json(R"({"nothing": 1})"), QueryError);
}

TEST_P(Types, UuidsThatLieInTwoWaysAreEqualAllTheSame) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Key": {"fields": {"code": {"type": "uuid", "db_type": {"sqlite": "blob"}}, "name": {"type": "text"}}},
    "Note": {"fields": {"code": {"type": "uuid", "nullable": true}}}}})");
  const Model key = db["Key"], note = db["Note"];
  const Uuid one = Uuid::parse("0190f3a2-7b1c-7def-8123-456789abcdef");
  const Uuid two = Uuid::parse("f190f3a2-7b1c-7def-8123-456789abcdef");
  key.create({{"code", one}, {"name", "one"}});
  key.create({{"code", two}, {"name", "two"}});
  note.create({{"code", two}});
  note.create({{"code", nullptr}});
  const auto names = [&](const Query& query) { return texts(query.order_by(key["id"]).all(), "name"); };
  const Subquery given = values_as("given", {"code", "rank"}, {{two, 1}, {one, 2}, {Uuid{}, 3}});
  EXPECT_THAT(texts(key.select(key["name"], given.c("rank"))
                        .join(given, {.on = key["code"] == given.c("code")})
                        .order_by(given.c("rank"))
                        .dicts()
                        .all(),
                    "name"),
              ElementsAre("two", "one"));
  EXPECT_THAT(names(key.select().join(given, {.on = given.c("code") == key["code"]}).where(given.c("rank") == 1)),
              ElementsAre("two"));
  EXPECT_THAT(names(key.select().join(note, {.on = note["code"] == key["code"]})), ElementsAre("two"));
  EXPECT_THAT(names(key.select().where(key["code"].in(note.select(note["code"])))), ElementsAre("two"));
  EXPECT_THAT(texts(note.select(note["code"]).where(note["code"].in(key.select(key["code"]))).dicts().all(), "code"),
              ElementsAre(two.text()));
  EXPECT_THAT(names(key.select().where(tuple({key["code"], key["name"]}).in(key.select(key["code"], key["name"])))),
              ElementsAre("one", "two"));
  EXPECT_THAT(names(key.select().join(note, {.on = key["code"].between(note["code"], note["code"])})),
              ElementsAre("two"));
  EXPECT_THAT(names(key.select().join(note, {.on = key["code"] < note["code"]})), ElementsAre("one"));
  EXPECT_THAT(names(key.select().join(note, {.on = key["code"].is_distinct_from(note["code"])})),
              ElementsAre("one", "one", "two"));
  // One column of both, and one that is written from the other.
  const Query either = note.select(fn::coalesce({note["code"], key["code"]}).as("x"))
                           .join(key, {.on = key["name"] == "one"})
                           .order_by(note["id"])
                           .dicts();
  EXPECT_THAT(texts(either.all(), "x"), ElementsAre(two.text(), one.text()));
  EXPECT_EQ(key.insert_from(
                   note.select(note["code"], fn::coalesce({"copied", ""}).as("name")).where(note["code"].is_not_null()),
                   {"code", "name"})
                .run(),
            1);
  EXPECT_EQ(key.select().where(key["code"] == two).count(), 2);
  EXPECT_THROW(key.select(key["code"]).union_with(note.select(note["code"])), QueryError);
  const Query united = key.select(key["code"].cast(note.info().find_field("code")->type).as("code"))
                           .union_with(note.select(note["code"]))
                           .dicts();
  EXPECT_EQ(united.all().size(), 3U);
}

TEST_P(Types, JsonHoldsLoadedRelationsAndEndsInCycles) {
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  db["Tweet"].create({{"user", huey}, {"content", "meow"}, {"timestamp", "2026-11-21T12:00:00Z"}});
  const Row user = db["User"].get(1);
  QueryCount count(db);
  EXPECT_EQ(user.to_json(), R"({"id":1,"username":"huey"})");
  EXPECT_EQ(count.count(), 0U);
  user.related("tweets").size();
  EXPECT_EQ(
      user.to_json(),
      R"({"id":1,"username":"huey","tweets":[{"id":1,"content":"meow","timestamp":"2026-11-21T12:00:00.000000Z","user_id":1,"user":{"id":1}}]})");
  const Row tweet = db["Tweet"].from_json(R"({"content": "hiss", "user": {"id": 1}})");
  tweet.save();
  EXPECT_EQ(tweet["user"]["username"].text(), "huey");
}

}  // namespace
}  // namespace dorm::test
