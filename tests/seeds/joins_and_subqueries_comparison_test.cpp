// Second seed, "select_related vs prefetch_related": code blocks 11 to 13, how many rows, queries and objects there
// are, and who sees a change.

#include "seeds/joins_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;

// "Imagine that you have 10 000 object in one table A and each of those objects have 3 children in table B, and
// subsequently each object in table B has 2 children in table C." Here with 100.
constexpr int parents = 100;

class SeedRowCount : public testing::TestWithParam<Backend> {
 protected:
  struct Seen {
    std::vector<std::int64_t> rows;  // of each query
    std::size_t a = 0;
    std::size_t b = 0;
    std::size_t c = 0;
    std::size_t elements = 0;  // of the lists of C
  };

  Database open(std::string_view schema) const {
    Database db = Database::open(fresh_database(GetParam()), Registry::parse(schema));
    db.create_tables();
    return db;
  }
  Database unique_children() const {
    Database db = open(R"({"dorm": 1, "models": {
      "A": {"fields": {"name": {"type": "text"}}},
      "B": {"fields": {"a": {"type": "foreign_key", "to": "A", "nullable": true, "backref": "bs"}}},
      "C": {"fields": {"b": {"type": "foreign_key", "to": "B", "nullable": true, "backref": "cs"}}}}})");
    Transaction all = db.transaction();
    for (int i = 0; i < parents; ++i) {
      const Row a = db["A"].create({{"name", "a"}});
      for (int j = 0; j < 3; ++j) {
        const Row b = db["B"].create({{"a", a}});
        for (int k = 0; k < 2; ++k) db["C"].create({{"b", b}});
      }
    }
    all.commit();
    return db;
  }
  Database same_children() const {
    Database db = open(R"({"dorm": 1, "models": {
      "A": {"fields": {"name": {"type": "text"}, "bs": {"type": "many_to_many", "to": "B"}}},
      "B": {"fields": {"name": {"type": "text"}, "cs": {"type": "many_to_many", "to": "C"}}},
      "C": {"fields": {"name": {"type": "text"}}}}})");
    Transaction all = db.transaction();
    std::vector<Row> cs;
    std::vector<Row> bs;
    for (const char* name : {"c1", "c2"}) cs.push_back(db["C"].create({{"name", name}}));
    for (const char* name : {"b1", "b2", "b3"}) {
      bs.push_back(db["B"].create({{"name", name}}));
      bs.back().related("cs").add(cs);
    }
    for (int i = 0; i < parents; ++i) db["A"].create({{"name", "a"}}).related("bs").add(bs);
    all.commit();
    return db;
  }

  static Seen walk(const Database& db, const QuerySet& query) {
    const RowCount read(db);
    const Rows rows = query.all();
    Objects a;
    Objects b;
    Objects c;
    Seen seen;
    for (const Row& one : rows) {
      a.add(one);
      for (const Row& two : one.related("bs")) {
        b.add(two);
        for (const Row& three : two.related("cs")) {
          c.add(three);
          ++seen.elements;
        }
      }
    }
    seen.rows = read.statements();
    seen.a = a.count();
    seen.b = b.count();
    seen.c = c.count();
    return seen;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedRowCount, testing::ValuesIn(backends()), backend_name);

// "That means that select_related will always return 60 000 rows (10 000 * 3 * 2) later compacted to 10 000 models."
// "you will always have 10 000 Models A, 30 000 Models B … And 60 000 Models C."
TEST_P(SeedRowCount, SelectRelatedReadsTheProductInOneQuery) {
  const Database db = unique_children();
  const Seen seen = walk(db, db["A"].objects().select_related("bs__cs"));
  EXPECT_THAT(seen.rows, ElementsAre(6 * parents));
  EXPECT_EQ(seen.a, 1U * parents);
  EXPECT_EQ(seen.b, 3U * parents);
  EXPECT_EQ(seen.c, 6U * parents);
}

// "if each of models B and C is unique it will return 10 000 rows in first query, 30 000 rows … in second query and
// 60 000 rows … in 3rd query"
TEST_P(SeedRowCount, PrefetchRelatedReadsEachUniqueRowOnce) {
  const Database db = unique_children();
  const Seen seen = walk(db, db["A"].objects().prefetch_related("bs__cs"));
  EXPECT_THAT(seen.rows, ElementsAre(parents, 3 * parents, 6 * parents));
  EXPECT_EQ(seen.a, 1U * parents);
  EXPECT_EQ(seen.b, 3U * parents);
  EXPECT_EQ(seen.c, 6U * parents);
}

// "But what if each Model A has exactly the same 3 models B and each models C has exactly same models C? select_related
// will still return 60 000 rows", "(even if the unique number of rows in db is 3 - processing of select_related spawns
// new child models for each parent model)"
TEST_P(SeedRowCount, SelectRelatedMakesNewChildrenForEachParent) {
  const Database db = same_children();
  const Seen seen = walk(db, db["A"].objects().select_related("bs__cs"));
  EXPECT_THAT(seen.rows, ElementsAre(6 * parents));
  EXPECT_EQ(seen.a, 1U * parents);
  EXPECT_EQ(seen.b, 3U * parents);
  EXPECT_EQ(seen.c, 6U * parents);
}

// "prefetch_related will return 10 000 for model A, 3 rows for model B and 2 rows for Model C." "there will be only 5
// children nested models shared between all model A instances". The rows of B and C come joined to the links that lead
// to them, so as many are read as there are links; each is made once.
TEST_P(SeedRowCount, PrefetchRelatedMakesEachSharedChildOnce) {
  const Database db = same_children();
  const Seen seen = walk(db, db["A"].objects().prefetch_related("bs__cs"));
  EXPECT_THAT(seen.rows, ElementsAre(parents, 3 * parents, 3 * 2));
  EXPECT_EQ(seen.a, 1U * parents);
  EXPECT_EQ(seen.b, 3U);
  EXPECT_EQ(seen.c, 2U);
  EXPECT_EQ(seen.elements, 6U * parents);
}

// ---- "Memory" ----

class SeedMemory : public CompanyWorld {
 protected:
  // B2 as Acme and as Globex have it.
  static std::pair<Row, Row> b2(const Rows& companies) {
    return {companies[0].related("branches")[1], companies[1].related("branches")[0]};
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedMemory, testing::ValuesIn(backends()), backend_name);

// "By default all children (or event the same models loaded 2+ times) are completely independent, distinct python
// objects, despite that they represent the same row in db. They will evaluate to True when compared"
TEST_P(SeedMemory, WhatIsTheSameRowInTheDatabaseIsEqual) {
  const auto [acmes, globexs] = b2(company.objects().select_related("branches").all());
  EXPECT_TRUE(acmes == globexs);
  const Row model1 = company.objects().get("pk", 1);
  const Row model2 = company.objects().get("pk", 1);
  EXPECT_TRUE(model1 == model2);
  EXPECT_FALSE(model1 == company.objects().get("pk", 2));
  EXPECT_FALSE(model1 == branch.objects().get("pk", 1));
  // Whatever columns are loaded.
  EXPECT_TRUE(company.objects().fields("name").get("pk", 1) == model1);
}

// "but" id(model1) == id(model2) is False
TEST_P(SeedMemory, WhatWasLoadedTwiceIsNotIdentical) {
  const auto [acmes, globexs] = b2(company.objects().select_related("branches").all());
  EXPECT_FALSE(acmes.same_row(globexs));
  EXPECT_FALSE(company.objects().get("pk", 1).same_row(company.objects().get("pk", 1)));
}

// "If the same Model B is shared by rows 1, 10, 100 etc. and you update one of those, the rest of rows that share the
// same child will not be updated on the spot. If you persist your changes into the database the change will be
// available only after reload (either each child separately or the whole query again)."
TEST_P(SeedMemory, AChangeOfASelectedChildIsSeenElsewhereOnlyAfterReload) {
  const Rows companies = company.objects().select_related("branches").all();
  const auto [acmes, globexs] = b2(companies);
  acmes.set("name", "Z");
  EXPECT_EQ(globexs["name"].text(), "B2");
  acmes.save();
  EXPECT_EQ(globexs["name"].text(), "B2");
  const Rows again = company.objects().select_related("branches").all();
  EXPECT_EQ(b2(again).second["name"].text(), "Z");
  EXPECT_EQ(globexs["name"].text(), "B2");
  globexs.load();
  EXPECT_EQ(globexs["name"].text(), "Z");
}

// "On the contrary - with prefetch_related each unique distinct child model is instantiated only once and the same
// child models is shared across all parent models. … That also means that if you update any attribute it will be
// updated on all parents as they share the same child object."
TEST_P(SeedMemory, AChangeOfAPrefetchedChildIsSeenOnAllParents) {
  const Rows companies = company.objects().prefetch_related("branches").all();
  const auto [acmes, globexs] = b2(companies);
  EXPECT_TRUE(acmes == globexs);
  EXPECT_TRUE(acmes.same_row(globexs));
  acmes.set("name", "Z");
  EXPECT_EQ(globexs["name"].text(), "Z");
  EXPECT_EQ(companies[1].related("branches")[0]["name"].text(), "Z");
}

}  // namespace
}  // namespace dorm::test
