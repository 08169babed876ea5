// Numbers of several kinds and scales side by side, against results worked out by hand: each backend gives them, or
// refuses before it runs anything.
#include <functional>
#include <string>
#include <vector>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

Decimal number(std::string_view text) { return Decimal::parse(text); }

class Numbers : public Api {
 protected:
  Database db = filled();
  Model item = db["Item"];

  // Of the rows that a condition holds for: a, b, c, d.
  std::string names(const Expr& condition) const {
    std::string found;
    for (const Row& row : item.select(item["name"]).where(condition).order_by(item["id"]).dicts())
      found += row["name"].text();
    return found;
  }
  std::vector<std::string> column(const Expr& expr) const {
    return texts(item.select(expr.as("x")).order_by(item["id"]).dicts().all(), "x");
  }
  std::string listed(const Expr& expr) const {
    std::string found;
    for (const std::string& text : column(expr)) found += (found.empty() ? "" : " ") + text;
    return found;
  }
  // What needs decimals of the database's own gives this, or is refused with these words.
  void or_refused(const char* words, const std::string& expected, const std::function<std::string()>& run) const {
    if (is_postgres()) {
      EXPECT_EQ(run(), expected);
    } else {
      EXPECT_THAT(run, ThrowsMessage<QueryError>(HasSubstr(words))) << expected;
    }
  }
  double single_of(const char* name) const { return item.get(item["name"] == name)["flt"].real(); }

 private:
  Database filled() {
    Database made = open(R"({"dorm": 1, "models": {"Item": {"fields": {
      "name": {"type": "string", "max_length": 9, "unique": true},
      "num": {"type": "integer", "default": 0},
      "flt": {"type": "real", "nullable": true}, "dbl": {"type": "double", "nullable": true},
      "price": {"type": "decimal", "precision": 10, "scale": 2, "nullable": true},
      "cost": {"type": "decimal", "precision": 12, "scale": 4, "nullable": true},
      "tiny": {"type": "decimal", "precision": 18, "scale": 18, "nullable": true},
      "huge": {"type": "decimal", "precision": 30, "scale": 10, "nullable": true},
      "twin": {"type": "decimal", "precision": 30, "scale": 10, "nullable": true}}}}})");
    const Model items = made["Item"];
    items.create({{"name", "a"},
                  {"num", 3},
                  {"flt", 1.25},
                  {"dbl", 12.0},
                  {"price", number("1.25")},
                  {"cost", number("1.2500")},
                  {"tiny", number("0.5")},
                  {"huge", 5},
                  {"twin", number("5.000")}});
    items.create({{"name", "b"},
                  {"num", 15},
                  {"flt", 20.0},
                  {"dbl", 20.0},
                  {"price", number("20.00")},
                  {"cost", number("19.9999")},
                  {"huge", number("10.5")},
                  {"twin", number("9.5")}});
    items.create({{"name", "c"}, {"num", 1}});
    items.create({{"name", "d"},
                  {"flt", 0.1},
                  {"dbl", 0.1},
                  {"price", number("0.10")},
                  {"cost", number("0.2000")},
                  {"tiny", number("0.000000000000000001")},
                  {"huge", number("12345678901234567890.1234567890")},
                  {"twin", number("-7")}});
    return made;
  }
};
DORM_API_TESTS(Numbers);

TEST_P(Numbers, LongDecimalsAreEqualOrNot) {
  const Expr huge = item["huge"], twin = item["twin"];
  EXPECT_EQ(names(huge == 5), "a");
  EXPECT_EQ(names(huge == number("10.50")), "b");
  EXPECT_EQ(names(huge != number("5.00000000000000")), "bd") << "digits that say nothing";
  EXPECT_EQ(names(huge == number("12345678901234567890.123456789")), "d");
  EXPECT_EQ(names(huge == "10.5"), "b");
  EXPECT_EQ(names(huge.is_null()), "c");
  EXPECT_EQ(names(huge == twin), "a");
  EXPECT_EQ(names(huge.is_distinct_from(twin)), "bd");
  EXPECT_EQ(names(huge.is_not_distinct_from(twin)), "ac");
  EXPECT_EQ(names(huge.in({5, number("10.50"), number("77")})), "ab");
  EXPECT_EQ(names(huge.not_in({5, number("12345678901234567890.123456789")})), "b");
  EXPECT_EQ(names(tuple({huge, item["num"]}) == tuple({twin, item["num"]})), "a");
  const Model other = item.alias();
  EXPECT_EQ(names(twin.in(other.select(other["huge"]))), "a");
  EXPECT_EQ(item.objects().filter("huge", number("10.500")).count(), 1U);
}

TEST_P(Numbers, LongDecimalsAreTakenAsTheyAre) {
  const Expr huge = item["huge"], twin = item["twin"];
  EXPECT_THAT(column(fn::coalesce({huge, number("7.5")})),
              ElementsAre("5.0000000000", "10.5000000000", "7.5000000000", "12345678901234567890.1234567890"));
  EXPECT_THAT(column(case_when({{item["num"] > 1, huge}}, twin)),
              ElementsAre("5.0000000000", "10.5000000000", "null", "-7.0000000000"));
  EXPECT_THAT(column(fn::nullif(huge, twin)),
              ElementsAre("null", "10.5000000000", "null", "12345678901234567890.1234567890"));
  EXPECT_EQ(names(fn::coalesce({huge, twin}) == number("10.5")), "b");
  EXPECT_EQ(item.select(fn::count_distinct(huge)).scalar().integer(), 3);
  EXPECT_EQ(item.update_every({{"huge", fn::coalesce({twin, huge})}}), 4);
  EXPECT_EQ(listed(huge), "5.0000000000 9.5000000000 null -7.0000000000");
  EXPECT_EQ(
      item.insert_from(item.select(item["name"].concat("x"), twin).where(item["name"] == "d"), {"name", "huge"}).run(),
      1);
  EXPECT_EQ(names(huge == -7), "ddx");
}

TEST_P(Numbers, NothingElseIsKnownOfLongDecimalsKeptAsTexts) {
  const Expr huge = item["huge"];
  const auto text = [&](const std::string& expected, const std::function<std::string()>& run) {
    or_refused("as text", expected, run);
  };
  text("bd", [&] { return names(huge > 6); });
  text("ab", [&] { return names(huge <= number("10.5")); });
  text("ab", [&] { return names(huge.between(1, 11)); });
  text("d", [&] { return names(huge > item["num"] && huge > item["twin"] && huge > 100); });
  text("a", [&] { return names(huge == item["num"] + 2); });
  text("", [&] { return names(huge == item["price"]); });
  text("a", [&] { return names(huge + 1 == 6); });
  text("-5.0000000000", [&] { return column(-huge).front(); });
  text("5.0000000000", [&] { return column(fn::abs(huge)).front(); });
  text("d", [&] { return item.select(item["name"]).order_by(huge.desc()).scalar().text(); });
  text("b",
       [&] { return item.objects().filter("huge__gt", 6).order_by("huge").values({"name"})[0]["name"].to_text(); });
  text("12345678901234567890.1234567890", [&] { return item.select(fn::max(huge)).scalar().to_text(); });
  text("-7.0000000000", [&] { return item.objects().min("twin").to_text(); });
  text("7.5000000000", [&] { return item.select(fn::sum(item["twin"])).scalar().to_text(); });
  text("1.2500000000", [&] {
    return column(item["price"].cast(Type{.kind = TypeKind::decimal, .precision = 25, .scale = 10})).front();
  });
  text("5.0000000000", [&] { return column(fn::coalesce({huge, item["price"]})).front(); });
  text("20.0000000000", [&] { return column(case_when({{item["num"] < 9, huge}}, item["price"]))[1]; });
  text("3 4 1 2", [&] { return listed(fn::row_number().over(Window().order_by(item["twin"]))); });
}

TEST_P(Numbers, LongDecimalsAreWrittenFromTheirLike) {
  const std::string before = listed(item["huge"]);
  const auto text = [&](const std::string& expected, const Expr& value) {
    or_refused("as text", expected, [&] {
      item.select().where(item["name"] == "a").update({{"huge", value}});
      return column(item["huge"]).front();
    });
    if (!is_postgres()) {
      EXPECT_EQ(listed(item["huge"]), before) << "nothing was sent";
    }
  };
  text("1.2500000000", item["price"]);
  text("3.0000000000", item["num"]);
  text("4.0000000000", item["huge"] + 1);
  or_refused("as text", "1.2500000000", [&] {
    item.insert_from(item.select(item["name"].concat("x"), item["price"]).where(item["name"] == "a"), {"name", "huge"})
        .run();
    return column(item["huge"]).back();
  });
}

TEST_P(Numbers, ADecimalBesideADoubleIsOne) {
  const Expr price = item["price"], dbl = item["dbl"], flt = item["flt"];
  EXPECT_EQ(names(price > dbl), "");
  EXPECT_EQ(names(price < dbl), "a");
  EXPECT_EQ(names(price == dbl), "bd");
  EXPECT_EQ(names(dbl <= price), "bd");
  EXPECT_EQ(names(price.is_not_distinct_from(dbl)), "bcd");
  EXPECT_EQ(names(price == flt), "ab") << "0.1 is not the single next to it";
  EXPECT_EQ(names(price < flt), "d");
  EXPECT_EQ(names(price.between(dbl, dbl + 1.0)), "bd");
  EXPECT_EQ(names(price.not_between(dbl, dbl + 1.0)), "a");
  EXPECT_EQ(names(dbl.between(item["cost"], price)), "b");
  EXPECT_EQ(names(item["num"].between(price, dbl)), "a");
  EXPECT_EQ(names(tuple({dbl, item["num"]}) <= tuple({price, item["num"]})), "bd");
  EXPECT_EQ(names(fn::coalesce({price, item["cost"]}) + item["cost"] > dbl * 1.5), "bd");
  EXPECT_THAT(column(case_of(dbl, {{price, "same"}}, "other")), ElementsAre("other", "same", "other", "same"));
  EXPECT_THAT(column(fn::nullif(price, dbl)), ElementsAre("1.25", "null", "null", "null"));
  EXPECT_THAT(column(fn::nullif(dbl, price)), ElementsAre("12.0", "null", "null", "null"));
  EXPECT_EQ(item.objects().filter("price", dbl).count(), 2U);
  const Model other = item.alias();
  const Query pairs = item.select(item["name"], other["name"].as("other")).join(other, {.on = price == other["dbl"]});
  EXPECT_THAT(texts(pairs.order_by(item["id"]).dicts().all(), "other"), ElementsAre("b", "d"));
  EXPECT_THROW(static_cast<void>(price + dbl), QueryError);
  EXPECT_THROW(static_cast<void>(fn::coalesce({price, dbl})), QueryError);
}

TEST_P(Numbers, DecimalsOfTwoScalesMeetInTuplesCasesAndNullif) {
  const Expr price = item["price"], cost = item["cost"], num = item["num"];
  EXPECT_EQ(names(tuple({price, num}) < tuple({cost, num})), "d");
  EXPECT_EQ(names(tuple({price, num}) >= tuple({cost, num})), "ab");
  EXPECT_EQ(names(tuple({price, num}) <= tuple({cost, num})), "ad");
  EXPECT_EQ(names(tuple({num, num}) < tuple({price, num})), "bd");
  EXPECT_EQ(names(tuple({num, price}).in({Values{3, number("1.250")}, Values{0, number("0.1")}})), "ad");
  EXPECT_THAT(column(case_of(num, {{number("1.5"), "hit"}}, "miss")), ElementsAre("miss", "miss", "miss", "miss"));
  EXPECT_THAT(column(case_of(num, {{number("1.0"), "hit"}}, "miss")), ElementsAre("miss", "miss", "hit", "miss"));
  EXPECT_THAT(column(case_of(price, {{cost, "hit"}, {num, "num"}}, "miss")),
              ElementsAre("hit", "miss", "miss", "miss"));
  EXPECT_THAT(column(fn::nullif(price, cost)), ElementsAre("null", "20.00", "null", "0.10"));
  EXPECT_THAT(column(fn::nullif(cost, price)), ElementsAre("null", "19.9999", "null", "0.2000"));
  EXPECT_THAT(column(fn::nullif(num, number("1.5"))), ElementsAre("3", "15", "1", "0"));
  EXPECT_THAT(column(fn::nullif(num, number("15.0"))), ElementsAre("3", "null", "1", "0"));
  EXPECT_THAT(column(fn::nullif(number("20.0"), price)), ElementsAre("20.00", "null", "20.00", "20.00"));
  EXPECT_EQ(names(cost.between(price, num + 5)), "ad");
}

TEST_P(Numbers, MoreDigitsThanCanBeCountedAreRefused) {
  const Expr tiny = item["tiny"];
  EXPECT_EQ(names(tiny < item["num"]), "a");
  EXPECT_EQ(names(tiny < item["price"]), "ad");
  or_refused("36 digits after the point", "a", [&] { return names(tiny * tiny < item["num"]); });
  or_refused("20 digits after the point", "a", [&] { return names(tiny * item["price"] > number("0.5")); });
  or_refused("19 digits after the point", "ab", [&] { return names(item["price"] > number("1.0000000000000000001")); });
}

TEST_P(Numbers, ACastToADecimalIsHeldToItsDigits) {
  const Type narrow{.kind = TypeKind::decimal, .precision = 5, .scale = 4};
  const Type wide{.kind = TypeKind::decimal, .precision = 6, .scale = 4};
  EXPECT_EQ(listed(item["num"].cast(wide)), "3.0000 15.0000 1.0000 0.0000");
  EXPECT_EQ(listed(item["price"].cast(wide)), "1.2500 20.0000 null 0.1000");
  EXPECT_THROW(column(item["num"].cast(narrow)), DataError);
  EXPECT_THROW(column(item["price"].cast(narrow)), DataError);
}

TEST_P(Numbers, ValuesBeyondAColumnCompareAsSuch) {
  const Expr price = item["price"];
  const Decimal beyond = number("12345678901234567890.12"), below = number("-12345678901234567890.12");
  EXPECT_EQ(names(price < beyond), "abd");
  EXPECT_EQ(names(price > beyond), "");
  EXPECT_EQ(names(price > below), "abd");
  EXPECT_EQ(names(price == beyond), "");
  EXPECT_EQ(names(price != beyond), "abd");
  EXPECT_EQ(names(price.between(below, beyond)), "abd");
  EXPECT_EQ(names(price.between(1, beyond)), "ab");
  EXPECT_EQ(names(price.in({beyond, number("1.25")})), "a");
  EXPECT_EQ(names(price.not_in({beyond, number("1.25")})), "bd");
  EXPECT_EQ(names(price < number("90000000000000000.00")), "abd") << "64 bits, and more digits than a column";
  EXPECT_EQ(names(price < number("1e300")), "abd");
  EXPECT_EQ(names(price > number("-1e400")), "abd");
  EXPECT_EQ(names(item["tiny"] < number("99999999.99")), "ad");
  EXPECT_EQ(names(item["num"] < number("99999999999999999999.5")), "abcd");
  EXPECT_EQ(names(tuple({price, item["num"]}) < tuple({beyond, 0})), "abd");
  EXPECT_EQ(item.objects().filter("price__lt", beyond).count(), 3U);
}

TEST_P(Numbers, ARealColumnHoldsTheNearestSingleOfWhatIsComputed) {
  const auto nearest = [](double value) { return static_cast<double>(static_cast<float>(value)); };
  EXPECT_EQ(item.update_every({{"flt", item["flt"] / 3.0}}), 4);
  EXPECT_EQ(single_of("a"), nearest(1.25 / 3.0));
  EXPECT_EQ(single_of("b"), nearest(20.0 / 3.0));
  EXPECT_EQ(item.objects().filter("flt", 20.0 / 3.0).count(), 1U);
  item.insert_from(item.select(item["name"].concat("x"), item["dbl"] / 3.0).where(item["name"] == "b"), {"name", "flt"})
      .run();
  EXPECT_EQ(single_of("bx"), nearest(20.0 / 3.0));
  item.insert({{"name", "a"}}).on_conflict_update({.target = {"name"}, .set = {{"flt", item["dbl"] / 7.0}}}).run();
  EXPECT_EQ(single_of("a"), nearest(12.0 / 7.0));
  item.insert({{"name", "e"}, {"flt", Expr(1.0) / Expr(3.0)}}).run();
  EXPECT_EQ(single_of("e"), nearest(1.0 / 3.0));
  item.select().where(item["name"] == "d").update({{"flt", item["dbl"]}});
  EXPECT_EQ(single_of("d"), nearest(0.1));
  EXPECT_EQ(item.select(item["dbl"].cast(Type{.kind = TypeKind::real})).where(item["name"] == "d").scalar().real(),
            nearest(0.1));
  EXPECT_EQ(item.select(item["price"].cast(Type{.kind = TypeKind::double_precision}).cast(Type{.kind = TypeKind::real}))
                .where(item["name"] == "d")
                .scalar()
                .real(),
            nearest(0.1));
}

TEST_P(Numbers, ComputedRealsBeyondTheirColumnAreRefused) {
  const std::string before = listed(item["flt"]) + listed(item["dbl"]);
  EXPECT_THROW(item.update_every({{"flt", item["flt"] * 1e300}}), DataError);
  EXPECT_THROW(item.update_every({{"flt", item["dbl"] * 1e-300}}), DataError) << "0 is not next to it";
  EXPECT_THROW(item.update_every({{"dbl", item["dbl"] * 1e308 * 10.0}}), DataError);
  EXPECT_THROW(item.insert_from(item.select(item["name"].concat("x"), item["dbl"] * 1e300), {"name", "flt"}).run(),
               DataError);
  EXPECT_EQ(listed(item["flt"]) + listed(item["dbl"]), before);
}

TEST_P(Numbers, SinglesAreComputedWithAsDoubles) {
  const Expr flt = item["flt"];
  const double single = 0.1F;
  const auto of_d = [&](const Expr& expr) { return item.select(expr).where(item["name"] == "d").scalar().real(); };
  EXPECT_EQ(of_d(flt / (flt + flt + flt)), 1.0 / 3.0);
  EXPECT_EQ(of_d(flt * flt), single * single);
  EXPECT_EQ(of_d(flt - item["num"]), single);
  EXPECT_EQ(item.select(fn::sum(flt)).scalar().real(), 21.25 + single);
  EXPECT_EQ(item.select(fn::avg(flt)).scalar().real(), (21.25 + single) / 3);
  EXPECT_EQ(item.objects().sum("flt").real(), 21.25 + single);
  EXPECT_EQ((flt + flt).type().kind, TypeKind::double_precision);
}

TEST_P(Numbers, AUnionHasDecimalsOfOneKind) {
  const auto both = [&](const Expr& left, const Expr& right) {
    return item.select(left.as("x"))
        .where(item["num"] == 15)
        .union_all(item.select(right.as("x")).where(item["num"] == 15));
  };
  const Expr price = item["price"].cast(Type{.kind = TypeKind::decimal, .precision = 12, .scale = 4}).as("x");
  EXPECT_THAT(texts(both(price, item["cost"]).order_by(price).dicts().all(), "x"), ElementsAre("19.9999", "20.0000"));
  EXPECT_THAT(texts(both(item["cost"], item["price"]).dicts().all(), "x"), UnorderedElementsAre("19.9999", "20.0000"));
  // One kept as text and one kept as a number.
  EXPECT_THAT([&] { both(item["huge"], item["price"]); }, ThrowsMessage<QueryError>(HasSubstr("cast one of them")));
}

}  // namespace
}  // namespace dorm::test
