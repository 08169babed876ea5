// Second seed, "select_all": code blocks 5 and 6, the box about visited models, and its notes.

#include "seeds/joins_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class SeedSelectAll : public CompanyWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSelectAll, testing::ValuesIn(backends()), backend_name);

// "To select all Companies with all Branches and Addresses you can simply query:
// Company.objects.select_all(follow=True)" "in this case it's quite easy to issue explicit relation names in
// select_related"
TEST_P(SeedSelectAll, FollowLoadsRelatedModelsOfRelatedModels) {
  QueryCount count(db);
  EXPECT_EQ(lines(company.objects().select_all(true).all(), with_branches), companies_with_branches);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(lines(company.objects().select_related("branches__address").all(), with_branches), companies_with_branches);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(loaded_paths(company.objects().select_all(true)),
              UnorderedElementsAre("", "branches", "branches__address"));
}

// "By default adds only directly related models of a parent model (from which the query is run)."
TEST_P(SeedSelectAll, LoadsOnlyDirectlyRelatedModelsByDefault) {
  const Lines direct{"Acme 1950: B1 #1, B2 #2", "Globex 1988: B2 #2, B3 none", "Solo null: "};
  QueryCount count(db);
  EXPECT_EQ(lines(company.objects().select_all().all(), with_branches), direct);
  EXPECT_EQ(lines(company.objects().select_all(false).all(), with_branches), direct);
  EXPECT_EQ(count.count(), 2U);
}

// "By default when you select all() none of the relations are loaded"
TEST_P(SeedSelectAll, AllAloneLoadsNone) {
  QueryCount count(db);
  for (const Row& row : company.objects().all()) EXPECT_FALSE(row.is_loaded("branches"));
  EXPECT_EQ(count.count(), 1U);
}

// "To exclude relations use exclude_fields() call with names of relations (also nested) to exclude."
TEST_P(SeedSelectAll, RelationsAreExcludedByName) {
  QueryCount count(db);
  for (const Row& row : company.objects().select_all(true).exclude_fields("branches__address").all()) {
    for (const Row& of : row.related("branches")) EXPECT_FALSE(of.is_loaded("address"));
  }
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(
      lines(company.objects().select_all(true).exclude_fields("branches__address").all(),
            [](const Row& row) { return row["name"].to_text() + ": " + listed(row.related("branches"), "name"); }),
      Lines({"Acme: B1, B2", "Globex: B2, B3", "Solo: "}));
  count.reset();
  for (const Row& row : company.objects().select_all(true).exclude_fields("branches").all()) {
    EXPECT_FALSE(row.is_loaded("branches"));
    EXPECT_TRUE(row["founded"].is_loaded());
  }
  EXPECT_EQ(count.count(), 1U);
}

// "Note that you can chain select_all() with other QuerySet methods like filter, exclude_fields etc."
TEST_P(SeedSelectAll, IsChainedWithFilter) {
  QueryCount count(db);
  EXPECT_THAT(
      lines(company.objects().select_all(true).filter("branches__address__street", "Side").all(), with_branches),
      ElementsAre("Acme 1950: B2 Side", "Globex 1988: B2 Side"));
  EXPECT_THAT(
      lines(company.objects().filter("branches__address__street", "Side").select_all(true).all(), with_branches),
      ElementsAre("Acme 1950: B2 Side", "Globex 1988: B2 Side"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(SeedSelectAll, StartsInTheMiddle) {
  QueryCount count(db);
  const Rows branches = branch.objects().select_all(true).all();
  EXPECT_THAT(
      lines(branches,
            [](const Row& row) { return branch_and_street(row) + ": " + listed(row.related("companies"), "name"); }),
      ElementsAre("B1 Main: Acme", "B2 Side: Acme, Globex", "B3 none: Globex"));
  for (const Row& row : branches)
    for (const Row& of : row.related("companies")) EXPECT_FALSE(of.is_loaded("branches"));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(loaded_paths(branch.objects().select_all(true)), UnorderedElementsAre("", "address", "companies"));
}

TEST_P(SeedSelectAll, StartsAtTheLeaf) {
  QueryCount count(db);
  EXPECT_THAT(lines(address.objects().select_all(true).all(),
                    [](const Row& row) {
                      return row["street"].to_text() + ": " + listed(row.related("branches"), [](const Row& of) {
                               return of["name"].to_text() + " (" + listed(of.related("companies"), "name") + ")";
                             });
                    }),
              ElementsAre("Main: B1 (Acme)", "Side: B2 (Acme, Globex)"));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(loaded_paths(address.objects().select_all(true)),
              UnorderedElementsAre("", "branches", "branches__companies"));
}

class SeedSelectAllSchemas : public testing::TestWithParam<Backend> {
 protected:
  Database open(std::string_view schema) const {
    Database db = Database::open(fresh_database(GetParam()), Registry::parse(schema));
    db.create_tables();
    return db;
  }
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSelectAllSchemas, testing::ValuesIn(backends()), backend_name);

// "select_all() is also resistant to change in names of relations."
TEST_P(SeedSelectAllSchemas, IsResistantToChangeInNamesOfRelations) {
  for (const std::string relation : {"address", "location"}) {
    const Database db = open(R"({"dorm": 1, "models": {
      "Address": {"fields": {"street": {"type": "text"}}},
      "Branch": {"fields": {"name": {"type": "text"}, ")" +
                             relation + R"(": {"type": "foreign_key", "to": "Address", "nullable": true}}},
      "Company": {"fields": {"name": {"type": "text"}, "branches": {"type": "many_to_many", "to": "Branch"}}}}})");
    const Row street = db["Address"].create({{"street", "Main"}});
    const Row b1 = db["Branch"].create({{"name", "B1"}, {relation, street}});
    db["Company"].create({{"name", "Acme"}}).related("branches").add(b1);
    QueryCount count(db);
    const Rows companies = db["Company"].objects().select_all(true).all();
    EXPECT_EQ(companies[0].related("branches")[0][relation]["street"].text(), "Main");
    EXPECT_EQ(count.count(), 1U);
  }
}

// "If for example Company would have 3 relations and all of those 3 relations have it's own 3 relations you would have
// to issue 9 relation strings to select_related"
TEST_P(SeedSelectAllSchemas, ThreeRelationsWithThreeRelationsEachNeedNoNames) {
  std::string schema = R"({"dorm": 1, "models": {"R": {"fields": {"name": {"type": "text"})";
  std::string others;
  const auto foreign_key = [](const std::string& name, const std::string& target) {
    return R"(, ")" + name + R"(": {"type": "foreign_key", "to": ")" + target +
           R"(", "nullable": true, "backref": false})";
  };
  std::vector<Path> nine;
  for (const char* i : {"1", "2", "3"}) {
    const std::string number = i;
    schema += foreign_key("r" + number, "T" + number);
    others += R"(, "T)" + number + R"(": {"fields": {"name": {"type": "text"})";
    for (const char* j : {"1", "2", "3"}) {
      others += foreign_key(std::string("s") + j, "U" + number + j);
      nine.emplace_back("r" + number + "__s" + j);
    }
    others += "}}";
    for (const char* j : {"1", "2", "3"})
      others += R"(, "U)" + number + j + R"(": {"fields": {"name": {"type": "text"}}})";
  }
  const Database db = open(schema + "}}" + others + "}}");
  std::vector<std::pair<std::string, Value>> root{{"name", "r"}};
  for (const char* i : {"1", "2", "3"}) {
    const std::string number = i;
    std::vector<std::pair<std::string, Value>> values{{"name", "t" + number}};
    for (const char* j : {"1", "2", "3"}) {
      const Row leaf = db["U" + number + j].create({{"name", "u" + number + j}});
      values.emplace_back(std::string("s") + j + "_id", leaf["id"].value());
    }
    root.emplace_back("r" + number + "_id", db["T" + number].create(values)["id"].value());
  }
  db["R"].create(root);

  const QuerySet direct = db["R"].objects().select_all();
  const QuerySet followed = db["R"].objects().select_all(true);
  EXPECT_THAT(loaded_paths(direct), SizeIs(1 + 3));
  EXPECT_THAT(loaded_paths(followed), SizeIs(1 + 3 + 9));
  QueryCount count(db);
  for (const QuerySet& query : {followed, db["R"].objects().select_related(nine)}) {
    const Row row = query.get();
    for (const char* i : {"1", "2", "3"})
      for (const char* j : {"1", "2", "3"})
        EXPECT_EQ(row[std::string("r") + i][std::string("s") + j]["name"].text(), std::string("u") + i + j);
  }
  EXPECT_EQ(count.count(), 2U);
}

// "visited models set is kept. That way already visited models that are nested are loaded, but the load do not follow
// them inside. So Model A -> Model B -> Model C -> Model A -> Model X will load second Model A but will never follow
// into Model X. Nested relations of those kind need to be loaded manually."
class SeedVisitedModels : public SeedSelectAllSchemas {
 protected:
  SeedVisitedModels()
      : db(open(R"({"dorm": 1, "models": {
          "X": {"fields": {"name": {"type": "text"}}},
          "A": {"fields": {"name": {"type": "text"},
                "b": {"type": "foreign_key", "to": "B", "nullable": true, "backref": false},
                "x": {"type": "foreign_key", "to": "X", "nullable": true, "backref": false}}},
          "B": {"fields": {"name": {"type": "text"}, "c": {"type": "foreign_key", "to": "C", "nullable": true, "backref": false}}},
          "C": {"fields": {"name": {"type": "text"}, "a": {"type": "foreign_key", "to": "A", "nullable": true, "backref": false}}}}})")) {
    const Row x1 = db["X"].create({{"name", "x1"}});
    const Row a1 = db["A"].create({{"name", "a1"}, {"x", x1}});
    const Row c1 = db["C"].create({{"name", "c1"}, {"a", a1}});
    const Row b1 = db["B"].create({{"name", "b1"}, {"c", c1}});
    a1.set("b", b1);
    a1.save();
  }
  const Database db;
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedVisitedModels, testing::ValuesIn(backends()), backend_name);

TEST_P(SeedVisitedModels, AreLoadedButNotFollowed) {
  QueryCount count(db);
  const Row a1 = db["A"].objects().select_all(true).get();
  EXPECT_EQ(a1["x"]["name"].text(), "x1");
  const Row again = a1["b"]["c"]["a"].row();
  EXPECT_EQ(again["name"].text(), "a1");
  EXPECT_FALSE(again.is_loaded("x"));
  EXPECT_FALSE(again.is_loaded("b"));
  EXPECT_EQ(again["x_id"].integer(), 1);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(loaded_paths(db["A"].objects().select_all(true)), UnorderedElementsAre("", "b", "b__c", "b__c__a", "x"));
}

TEST_P(SeedVisitedModels, AreFollowedByHand) {
  for (const bool fetched : {false, true}) {
    const QuerySet query =
        fetched ? db["A"].objects().prefetch_related("b__c__a__x") : db["A"].objects().select_related("b__c__a__x");
    QueryCount count(db);
    const Row a1 = query.get();
    const Row again = a1["b"]["c"]["a"].row();
    EXPECT_EQ(again["x"]["name"].text(), "x1");
    EXPECT_TRUE(again == a1);
    EXPECT_FALSE(again.same_row(a1));
    EXPECT_EQ(count.count(), fetched ? 5U : 1U);
  }
}

TEST_P(SeedSelectAllSchemas, ARelationToOneselfIsLoadedButNotFollowed) {
  const Database db = open(R"({"dorm": 1, "models": {"Person": {"fields": {"name": {"type": "text"},
      "supervisor": {"type": "foreign_key", "to": "self", "nullable": true, "backref": "employees"}}}}})");
  const Model person = db["Person"];
  const Row ann = person.create({{"name", "Ann"}});
  const Row bob = person.create({{"name", "Bob"}, {"supervisor", ann}});
  person.create({{"name", "Cid"}, {"supervisor", bob}});
  QueryCount count(db);
  const Rows people = person.objects().select_all(true).all();
  EXPECT_THAT(lines(people,
                    [](const Row& row) {
                      return row["name"].to_text() + " under " + known(row, "supervisor", "name") + " over " +
                             listed(row.related("employees"), "name");
                    }),
              ElementsAre("Ann under none over Bob", "Bob under Ann over Cid", "Cid under Bob over "));
  EXPECT_FALSE(people[2]["supervisor"].row().is_loaded("supervisor"));
  EXPECT_FALSE(people[2]["supervisor"].row().is_loaded("employees"));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(loaded_paths(person.objects().select_all(true)), UnorderedElementsAre("", "supervisor", "employees"));
}

class SeedSelectAllOfClasses : public ClassesWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSelectAllOfClasses, testing::ValuesIn(backends()), backend_name);

TEST_P(SeedSelectAllOfClasses, FollowsEachPathUntilItMeetsAModelAgain) {
  const QuerySet query = school_class.objects().select_all(true);
  EXPECT_THAT(loaded_paths(query),
              UnorderedElementsAre("", "department", "students", "students__category", "students__category__teachers",
                                   "students__category__teachers__schoolclass", "teachers", "teachers__category",
                                   "teachers__category__students", "teachers__category__students__schoolclass"));
  QueryCount count(db);
  const Rows classes = query.all();
  EXPECT_THAT(lines(classes, with_members),
              ElementsAre("Math (Math Department): teachers Joe Domestic; students Jane Foreign, Judy Domestic",
                          "Logic (Law Department): teachers ; students Jack Domestic"));
  const Row judy = classes[0].related("students")[1];
  const Row joe = classes[0].related("teachers")[0];
  EXPECT_EQ(listed(judy["category"].related("teachers"), "name"), "Joe");
  EXPECT_EQ(listed(joe["category"].related("students"), "name"), "Judy, Jack");
  const Row met_again = joe["category"].related("students")[1]["schoolclass"].row();
  EXPECT_EQ(met_again["name"].text(), "Logic");
  EXPECT_FALSE(met_again.is_loaded("department"));
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(SeedSelectAllOfClasses, DirectRelationsOnly) {
  QueryCount count(db);
  EXPECT_THAT(lines(school_class.objects().select_all().all(), with_members),
              ElementsAre("Math (Math Department): teachers Joe #2; students Jane #1, Judy #2",
                          "Logic (Law Department): teachers ; students Jack #2"));
  EXPECT_EQ(count.count(), 1U);
}

}  // namespace
}  // namespace dorm::test
