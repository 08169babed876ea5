// Values that are given to a query after it was written, wherever in it they stand.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class Parameters : public Api {
 protected:
  Database db = filled_shop();
  Model visit = db["Visit"];
  Expr all_of_them = fn::count().as("n");

  Database filled_shop() {
    Database made = open(R"({"dorm": 1, "enums": {"Mood": {"values": ["glad", "sad"]}}, "models": {"Visit": {"fields": {
      "who": {"type": "text"}, "minutes": {"type": "integer"}, "mood": {"type": "enum", "enum": "Mood"}, "tall": {"type": "real"}}}}})");
    const auto add = [&](const char* who, int minutes, const char* mood, double tall) {
      made["Visit"].create({{"who", who}, {"minutes", minutes}, {"mood", mood}, {"tall", tall}});
    };
    add("ann", 10, "glad", 0.1);
    add("ann", 30, "sad", 0.2);
    add("bob", 20, "glad", 0.3);
    return made;
  }
};
DORM_API_TESTS(Parameters);

TEST_P(Parameters, StandInAJoinedSubquery) {
  const Query longest = visit.select(visit["who"], fn::max(visit["minutes"]).as("most"))
                            .where(visit["minutes"] < param("below"))
                            .group_by(visit["who"]);
  const Subquery best = longest.alias("best");
  const Query asked = visit.select(visit["who"], best.c("most"))
                          .join(best, {.on = best.c("who") == visit["who"]})
                          .where(visit["minutes"] == best.c("most"))
                          .order_by(visit["who"])
                          .dicts();
  EXPECT_THAT([&] { asked.all(); }, ThrowsMessage<QueryError>(HasSubstr("parameter 'below' has no value")));
  EXPECT_THAT(texts(asked.bind({{"below", 25}}).all(), "most"), ElementsAre("10", "20"));
  EXPECT_THAT(texts(asked.bind({{"below", 100}}).all(), "most"), ElementsAre("30", "20"));
  // What is named after the values were given is still the same column.
  EXPECT_THAT(texts(asked.bind({{"below", 100}}).where(best.c("most") > 20).all(), "most"), ElementsAre("30"));
}

TEST_P(Parameters, StandInACommonTableAndInWhatNamesIt) {
  const CommonTable some = visit.select(visit["id"], visit["who"]).where(visit["minutes"] > param("above")).cte("some");
  const Query asked = some.select_from({some.c("who")}).where(some.c("who") != param("not_who")).with_cte(some).dicts();
  EXPECT_THAT(texts(asked.bind({{"above", 5}, {"not_who", "ann"}}).all(), "who"), ElementsAre("bob"));
  EXPECT_THAT(texts(asked.bind({{"above", 5}}).bind({{"not_who", "bob"}}).order_by(some.c("id")).all(), "who"),
              ElementsAre("ann", "ann"));
}

TEST_P(Parameters, StandInARecursiveCommonTable) {
  const CommonTable steps =
      visit.select(visit["minutes"].as("n"))
          .where(visit["id"] == param("first"))
          .recursive_cte("steps", [&](const CommonTable& before) {
            return before.select_from({(before.c("n") + 1).as("n")}).where(before.c("n") < param("last"));
          });
  const Query asked = steps.select_from({steps.c("n")}).with_cte(steps).order_by(steps.c("n")).dicts();
  EXPECT_THAT(texts(asked.bind({{"first", 1}, {"last", 12}}).all(), "n"), ElementsAre("10", "11", "12"));
  EXPECT_THAT(texts(asked.bind({{"first", 3}, {"last", 5}}).all(), "n"), ElementsAre("20"));
}

TEST_P(Parameters, OneThatIsNamedTwiceIsOneTerm) {
  const Query asked = visit.select((visit["minutes"] / param("size")).as("bucket"), all_of_them)
                          .group_by(visit["minutes"] / param("size"))
                          .order_by(visit["minutes"] / param("size"))
                          .dicts();
  EXPECT_THAT(texts(asked.bind({{"size", 20}}).all(), "n"), ElementsAre("1", "2"));
}

TEST_P(Parameters, AreHeldAgainstWhatTheyStandBesideWhenTheyGetTheirValue) {
  const Query by_mood = visit.select(visit["who"]).where(visit["mood"] == param("mood")).dicts();
  EXPECT_THAT(texts(by_mood.bind({{"mood", "sad"}}).all(), "who"), ElementsAre("ann"));
  EXPECT_THAT([&] { by_mood.bind({{"mood", "gladd"}}); }, ThrowsMessage<DataError>(HasSubstr("did you mean 'glad'?")));
  const Query like = visit.select(visit["who"]).where(visit["who"].like(param("pattern"))).dicts();
  EXPECT_EQ(like.bind({{"pattern", "a%"}}).count(), 2);
  EXPECT_THAT(
      [&] {
        like.bind({{"pattern", "a\\"}});
      },
      ThrowsMessage<QueryError>(HasSubstr("ends in a lone backslash")));
  const Query regex = visit.select(visit["who"]).where(visit["who"].regex(param("pattern"))).dicts();
  EXPECT_EQ(regex.bind({{"pattern", "^a"}}).count(), 2);
  EXPECT_THAT(
      [&] {
        regex.bind({{"pattern", "(?<=a)b"}});
      },
      ThrowsMessage<QueryError>(HasSubstr("which not every backend reads alike")));
  // A column of single precision holds the nearest of its numbers.
  EXPECT_EQ(visit.select().where(visit["tall"] == param("tall")).bind({{"tall", 0.1}}).count(), 1);
  EXPECT_EQ(visit.select().where(param("tall") == visit["tall"]).bind({{"tall", 0.3}}).count(), 1);
}

TEST_P(Parameters, StandInListsOfValues) {
  const Subquery names = values_as("names", {"who", "rank"}, {{"ann", 1}, {param("second"), param("rank")}});
  const Query asked = visit.select(visit["who"], names.c("rank"))
                          .join(names, {.on = names.c("who") == visit["who"]})
                          .where(names.c("rank") > 1)
                          .dicts();
  EXPECT_THAT(texts(asked.bind({{"second", "bob"}, {"rank", 7}}).all(), "rank"), ElementsAre("7"));
  EXPECT_THAT([&] { values_as("typeless", {"x"}, {{param("x")}}); },
              ThrowsMessage<QueryError>(HasSubstr("parameter 'x' has no type in the values of 'typeless'")));
}

TEST_P(Parameters, HaveTheTypeThatIsComputedWith) {
  const Type decimal{.kind = TypeKind::decimal, .precision = 10, .scale = 2};
  const Expr price = visit["minutes"].cast(decimal);
  const Query alone = visit.select(param("x").as("x")).where(visit["id"] == 1).dicts();
  EXPECT_EQ(alone.bind({{"x", Decimal::parse("1.5")}}).get()["x"].to_text(), "1.5");
  EXPECT_EQ(alone.bind({{"x", Date::parse("2026-01-02")}}).get()["x"].date(), Date::parse("2026-01-02"));
  EXPECT_EQ(alone.bind({{"x", true}}).get()["x"].boolean(), true);
  for (const Expr& computed :
       {param("a") + param("b"), -param("a"), case_when({{price > 1, param("a")}}, param("b"))}) {
    EXPECT_THAT(
        [&] {
          visit.select().where(price > computed).bind({{"a", 1}, {"b", 2}}).count();
        },
        ThrowsMessage<QueryError>(HasSubstr("give it one: param(name, type)")));
  }
  EXPECT_EQ(
      visit.select().where(price > param("a", decimal) + param("b", decimal)).bind({{"a", 10}, {"b", 15}}).count(), 1);
  EXPECT_THROW(visit.select().where(price + param("x") > 1).bind({{"x", Decimal::parse("0.005")}}), DataError);
  const Subquery named = visit.select(visit["id"], param("x").as("x")).alias("named");
  const Query joined = visit.select(named.c("x")).join(named, {.on = named.c("id") == visit["id"]});
  EXPECT_THAT(
      [&] {
        joined.bind({{"x", 1}});
      },
      ThrowsMessage<QueryError>(HasSubstr("column 'x' of 'named' is a parameter that has no type")));
}

TEST_P(Parameters, TwoBindingsOfOneQueryStandSideBySide) {
  const Subquery long_ones =
      visit.select(visit["who"].as("name")).where(visit["minutes"] > param("than")).alias("long_ones");
  const Query asked = visit.select(visit["who"], visit["minutes"])
                          .join(long_ones, {.on = long_ones.c("name") == visit["who"]})
                          .where(visit["mood"] == "glad");
  const Query both = asked.bind({{"than", 25}}).union_all(asked.bind({{"than", 15}})).dicts();
  EXPECT_THAT(texts(both.all(), "who"), testing::UnorderedElementsAre("ann", "ann", "bob"));
  const Query ids = visit.select(visit["id"]).where(visit["minutes"] > param("than"));
  EXPECT_EQ(visit.select()
                .where(visit["id"].in(ids.bind({{"than", 15}})) && visit["id"].not_in(ids.bind({{"than", 25}})))
                .count(),
            1);
}

TEST_P(Parameters, StandInAQuerySet) {
  const QuerySet asked =
      visit.objects().filter({{"who", param("who")}, {"minutes__gte", param("least")}}).order_by("id");
  EXPECT_THAT(texts(asked.bind({{"who", "ann"}, {"least", 20}}).all(), "minutes"), ElementsAre("30"));
  EXPECT_EQ(asked.bind({{"who", "ann"}}).bind({{"least", 5}}).count(), 2);
  EXPECT_THAT(
      [&] {
        static_cast<void>(asked.bind({{"who", "ann"}}).exists());
      },
      ThrowsMessage<QueryError>(HasSubstr("parameter 'least' has no value")));
  EXPECT_THAT([&] { asked.bind({{"lest", 5}}); }, ThrowsMessage<QueryError>(HasSubstr("did you mean 'least'?")));
  EXPECT_THROW(asked.bind({{"least", "many"}}), DataError);
  EXPECT_THROW(visit.objects().filter("mood", param("mood")).bind({{"mood", "gladd"}}), DataError);

  const QuerySet grouped = visit.objects()
                               .annotate("long", visit["minutes"] > param("than"))
                               .annotate("n", Aggregate::count("pk"))
                               .group_by({"long"})
                               .having(Filter("n__gte", param("times")))
                               .order_by("long");
  EXPECT_EQ(grouped.bind({{"than", 15}, {"times", 1}}).values({"n"}).size(), 2U);
  EXPECT_EQ(grouped.bind({{"than", 15}, {"times", 2}}).values({"n"}).size(), 1U);
}

TEST_P(Parameters, StandInTheRowsThatAreFetched) {
  Database shop = open(R"({"dorm": 1, "models": {"Shop": {"fields": {"name": {"type": "text"}}},
    "Item": {"fields": {"price": {"type": "integer"},
      "shop": {"type": "foreign_key", "to": "Shop", "backref": "items"}}}}})");
  const Row one = shop["Shop"].create({{"name", "one"}});
  for (const int price : {1, 2, 3}) shop["Item"].create({{"price", price}, {"shop", one}});
  const QuerySet asked =
      shop["Shop"].objects().prefetch_related(Prefetch("items").where(Filter("price__lt", param("below"))));
  EXPECT_EQ(asked.bind({{"below", 3}}).get().related("items").size(), 2U);
  EXPECT_EQ(asked.bind({{"below", 2}}).get().related("items").size(), 1U);
  EXPECT_THROW(asked.all(), QueryError);
}

}  // namespace
}  // namespace dorm::test
