// Every operator on a field of every type, printed as a document and read again: nothing of it is lost.
#include "api/world.hpp"

namespace dorm::test {
namespace {

constexpr const char* things_of_all_types = R"({"dorm": 1, "models": {
  "Holder": {"fields": {"name": {"type": "text"}}},
  "Thing": {"fields": {
    "small": {"type": "smallint"}, "num": {"type": "integer"}, "big": {"type": "bigint", "nullable": true},
    "price": {"type": "decimal", "precision": 12, "scale": 4}, "wide": {"type": "double"}, "thin": {"type": "real"},
    "flag": {"type": "boolean"}, "name": {"type": "string", "max_length": 20}, "note": {"type": "text"},
    "color": {"type": "enum", "values": ["red", "green"]}, "token": {"type": "uuid"}, "bytes": {"type": "binary"},
    "day": {"type": "date"}, "clock": {"type": "time"}, "moment": {"type": "datetime"},
    "holder": {"type": "foreign_key", "to": "Holder", "nullable": true, "backref": "things"}}}}})";

// A path and what is compared with it.
struct Compared {
  const char* path;
  Values values;
};

std::vector<Compared> compared_values() {
  const auto decimal = [](const char* text) { return Value(Decimal::parse(text)); };
  const Values numbers{3,
                       -7,
                       0,
                       1.5,
                       2.0,
                       -1e-5,
                       1e100,
                       decimal("1.5"),
                       decimal("3.00"),
                       decimal("3"),
                       decimal("-0.25"),
                       decimal("12345678901234567")};
  std::vector<Compared> all;
  for (const char* path : {"small", "num", "big", "moment__year", "holder__id"}) all.push_back({path, numbers});
  all.push_back({"big", {std::int64_t{9007199254740993}, std::int64_t{-9007199254740993}}});
  all.push_back({"price", {3, -1, decimal("12.5"), decimal("12.5000"), decimal("0.00001"), decimal("7")}});
  all.push_back({"wide", {3, 2.0, 0.1, 1e300, 5e-324, -0.25}});
  all.push_back({"thin", {3, 2.0, 0.1, -0.25}});
  all.push_back({"flag", {true, false}});
  for (const char* path : {"name", "note", "holder__name"})
    all.push_back({path, {"", "it's \"q\" \\ \xC3\xA9\n\x01", "50%_off", "1.5", "null"}});
  all.push_back({"color", {"red", "green"}});
  all.push_back({"token", {Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")}});
  all.push_back({"bytes", {Blob{}, Blob{std::string("\0\xFF", 2)}}});
  for (const char* path : {"day", "moment__date"}) all.push_back({path, {Date::parse("2024-02-29"), "1999-12-31"}});
  for (const char* path : {"clock", "moment__time"})
    all.push_back({path, {Time::parse("10:11:12.5"), Time::parse("00:00:00")}});
  all.push_back({"moment", {DateTime::parse("2024-02-29T10:11:12.000001Z"), Date::parse("2024-02-29")}});
  return all;
}

class DocumentRoundTrips : public Api {
 protected:
  Database db = open(things_of_all_types);
  Model thing = db["Thing"];

  void SetUp() override {
    const Row holder = db["Holder"].create({{"name", "it's"}});
    thing.create({{"small", 3},
                  {"num", 3},
                  {"big", std::int64_t{9007199254740993}},
                  {"price", Decimal::parse("12.5")},
                  {"wide", 0.1},
                  {"thin", 0.1},
                  {"flag", true},
                  {"name", "50%_off"},
                  {"note", ""},
                  {"color", "red"},
                  {"token", Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8")},
                  {"bytes", Blob{std::string("\0\xFF", 2)}},
                  {"day", Date::parse("2024-02-29")},
                  {"clock", Time::parse("10:11:12.5")},
                  {"moment", DateTime::parse("2024-02-29T10:11:12Z")},
                  {"holder", holder}});
  }

  static std::string statement_of(const BoundSql& bound) {
    std::string text = bound.sql;
    for (const Value& value : bound.parameters)
      text += "\n" + std::string(kind_name(value.kind())) + " " + value.to_text();
    return text;
  }

  void expect_kept(const QuerySet& set, const std::optional<std::vector<std::string>>& values = {}) const {
    const std::string printed = QueryDocument(set, values).to_json();
    SCOPED_TRACE(printed);
    try {
      const QueryDocument again = QueryDocument::parse(db, printed);
      EXPECT_EQ(again.to_json(), printed);
      EXPECT_EQ(statement_of(again.objects().sql()), statement_of(set.sql()));
      EXPECT_EQ(again.run().size(), QueryDocument(set, values).run().size());
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }

  void expect_kept(const std::string& path, const Value& value) const {
    SCOPED_TRACE(path + " " + value.to_text());
    expect_kept(value.kind() == ValueKind::list ? thing.objects().filter(path, value.list())
                                                : thing.objects().filter(path, value));
  }
};
DORM_API_TESTS(DocumentRoundTrips);

TEST_P(DocumentRoundTrips, EveryTypeUnderEveryOperator) {
  for (const Compared& one : compared_values()) {
    const std::string path = one.path;
    for (const Value& value : one.values)
      for (const char* op : {"", "__exact", "__ne", "__gt", "__gte", "__lt", "__lte"}) expect_kept(path + op, value);
    for (const char* op : {"__in", "__not_in"}) {
      expect_kept(path + op, Value(Values{}));
      for (const Value& value : one.values) expect_kept(path + op, Value(Values{value}));
      expect_kept(path + op, Value(Values{one.values.front(), one.values.back()}));
    }
    expect_kept(path + "__range", Value(Values{one.values.front(), one.values.back()}));
    for (const bool is_null : {true, false}) expect_kept(path + "__isnull", is_null);
    expect_kept(path, Value());
    expect_kept(thing.objects().exclude(path, one.values.front()));
  }
}

TEST_P(DocumentRoundTrips, EveryMatchOfTexts) {
  for (const char* path : {"name", "note", "color", "holder__name"}) {
    for (const char* op : {"iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith",
                           "like", "ilike", "regex", "iregex"}) {
      for (const char* text : {"", "5", "50%_o.*", "\xC3\xA9 \"x\"\t"})
        expect_kept(std::string(path) + "__" + op, Value(text));
    }
  }
}

TEST_P(DocumentRoundTrips, AnnotationsGroupsAndExpressions) {
  const QuerySet holders = db["Holder"].objects();
  const Model holder = db["Holder"];
  const Values numbers{1, 0.5, 1.0, Decimal::parse("0.5"), Decimal::parse("1"), Decimal::parse("1.00")};
  for (const Value& number : numbers) {
    SCOPED_TRACE(number.to_text());
    expect_kept(holders.annotate("n", Aggregate::count("things")).filter("n__gte", number));
    expect_kept(holders.annotate("n", Aggregate::count("things")).filter("n__in", Values{number}));
    expect_kept(thing.objects().group_by({"color"}).annotate("n", Aggregate::count("id")).having({{"n__gte", number}}),
                std::vector<std::string>{"color", "n"});
    expect_kept(thing.objects().filter(thing["num"] > Expr(number)));
    expect_kept(thing.objects().filter(thing["num"].in({number})));
    expect_kept(thing.objects().filter(thing["num"].between(Expr(number), Expr(number))));
  }
  expect_kept(thing.objects().filter(thing["price"] > Decimal::parse("0.5") && thing["wide"] < 1.0));
  expect_kept(thing.objects().filter("holder", holder.all()[0]));
  expect_kept(thing.objects().filter("holder__in", std::vector<Row>{holder.all()[0]}));
}

TEST_P(DocumentRoundTrips, AFractionBesideAnIntegerIsReadAsItIsWritten) {
  const auto found = [&](const char* filter) {
    return QueryDocument::parse(db, R"({"model": "Thing", "filter": )" + std::string(filter) + "}").run().size();
  };
  EXPECT_EQ(found(R"({"num__gt": "2.5"})"), 1U);
  EXPECT_EQ(found(R"({"num__gt": 2.5})"), 1U);
  EXPECT_EQ(found(R"({"num__gt": "3.5"})"), 0U);
  EXPECT_EQ(found(R"({"num": "3.0"})"), 1U);
  EXPECT_EQ(found(R"({"num": "3e0"})"), 1U);
  EXPECT_EQ(found(R"({"num__in": ["2.5", 3]})"), 1U);
  EXPECT_EQ(found(R"({"big": "9007199254740993"})"), 1U);
  EXPECT_THROW(found(R"({"num": "2,5"})"), DocumentError);
  EXPECT_THROW(found(R"({"num": "99999999999999999999"})"), DocumentError) << "no integer of 64 bits";
}

}  // namespace
}  // namespace dorm::test
