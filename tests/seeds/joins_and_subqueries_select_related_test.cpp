// Second seed, "select_related": code blocks 1 to 4, the sentences around them, and its tips.

#include <algorithm>
#include <array>
#include <functional>

#include "seeds/joins_world.hpp"

namespace dorm::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

class SeedSelectRelated : public MusicWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSelectRelated, testing::ValuesIn(backends()), backend_name);

// "Allows to prefetch related models during the same query. With select_related always only one query is run against
// the database, meaning that one (sometimes complicated) join is generated and later nested models are processed"
TEST_P(SeedSelectRelated, ReturnsAlbumsWithAllColumnsOfTheirTracksInOneQuery) {
  QueryCount count(db);
  const RowCount read(db);
  EXPECT_EQ(lines(album.objects().select_related("tracks").all(), with_tracks), albums_with_tracks);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(read.statements(), ElementsAre(6));  // 3 + 2 + 1 joined rows, 3 parents
}

// "You can provide a string or a list of strings (or a field/ list of fields)"
TEST_P(SeedSelectRelated, TakesAStringAListOrAField) {
  const Column field = album["tracks"];
  for (const QuerySet& query : {album.objects().select_related("tracks"), album.objects().select_related(field),
                                album.objects().select_related({"tracks"}), album.objects().select_related({field}),
                                album.objects().select_related("tracks").select_related("tracks"),
                                album.objects().select_related({"tracks", field})}) {
    QueryCount count(db);
    EXPECT_EQ(lines(query.all(), with_tracks), albums_with_tracks);
    EXPECT_EQ(count.count(), 1U);
    EXPECT_EQ(query.sql().sql, album.objects().select_related("tracks").sql().sql);
  }
}

TEST_P(SeedSelectRelated, JoinsOnceAndOrdersParentsThenChildrenByKey) {
  EXPECT_THAT(
      album.objects().select_related("tracks").sql().sql,
      AllOf(HasSubstr(R"( FROM "albums" AS "t1" LEFT OUTER JOIN "tracks" AS "t2" ON ("t2"."album" = "t1"."id"))"),
            HasSubstr(R"( ORDER BY "t1"."id", "t2"."id")")));
}

// "By default when you select all() none of the relations are loaded"
TEST_P(SeedSelectRelated, WithoutItNoneOfTheRelationsAreLoaded) {
  QueryCount count(db);
  const Rows albums = album.objects().all();
  EXPECT_EQ(column(albums, "name"), Lines({"Malibu", "Fantasies", "Empty"}));
  for (const Row& row : albums) EXPECT_FALSE(row.is_loaded("tracks"));
  for (const Row& row : track.objects().all()) EXPECT_FALSE(row.is_loaded("album"));
  EXPECT_EQ(count.count(), 2U);
}

// "To fetch related model use ForeignKey names."
TEST_P(SeedSelectRelated, FollowsAForeignKeyByItsName) {
  QueryCount count(db);
  const Rows tracks = track.objects().select_related("album").all();
  EXPECT_EQ(lines(tracks, title_and_album), tracks_with_album);
  EXPECT_TRUE(tracks[0]["album"].row() == tracks[1]["album"].row());
  EXPECT_FALSE(tracks[0]["album"].row().same_row(tracks[1]["album"].row()));
  EXPECT_EQ(count.count(), 1U);
}

// What was joined along a foreign key knows the row it was reached from.
TEST_P(SeedSelectRelated, ChildrenLeadBackToTheirParent) {
  const Rows albums = album.objects().select_related("tracks").all();
  QueryCount count(db);
  for (const Row& parent : albums)
    for (const Row& child : parent.related("tracks")) EXPECT_TRUE(child["album"].row().same_row(parent));
  EXPECT_EQ(count.count(), 0U);
}

// "All methods that do not return the rows explicitly returns a QuerySet instance so you can chain them together. So
// operations like filter(), select_related(), limit() and offset() etc. can be chained. Something like
// Track.object.select_related("album").filter(album__name="Malibu").offset(1).limit(1).all()"
TEST_P(SeedSelectRelated, CallsAreChainedInAnyOrder) {
  using Step = std::function<QuerySet(const QuerySet&)>;
  const std::array<Step, 4> steps{
      [](const QuerySet& query) { return query.select_related("album"); },
      [](const QuerySet& query) {
        return query.filter({{"album__name", "Malibu"}});
      },
      [](const QuerySet& query) { return query.offset(1); },
      [](const QuerySet& query) { return query.limit(1); },
  };
  std::array<std::size_t, 4> order{0, 1, 2, 3};
  do {
    QuerySet query = track.objects();
    for (const std::size_t step : order) query = steps[step](query);
    QueryCount count(db);
    EXPECT_THAT(lines(query.all(), title_and_album), ElementsAre("Heart don't stand a chance: Malibu"));
    EXPECT_EQ(count.count(), 1U);
  } while (std::next_permutation(order.begin(), order.end()));
}

// "Tip: To control which model fields to select use fields() and exclude_fields() QuerySet methods."
TEST_P(SeedSelectRelated, FieldsAreChosen) {
  QueryCount count(db);
  const Rows chosen =
      album.objects().select_related("tracks").fields({"name", "tracks__title", "tracks__position"}).all();
  ASSERT_THAT(chosen, SizeIs(3));
  for (const Row& row : chosen) {
    EXPECT_TRUE(row["id"].is_loaded());
    EXPECT_TRUE(row["name"].is_loaded());
    EXPECT_FALSE(row["is_best_seller"].is_loaded());
    for (const Row& of : row.related("tracks")) {
      EXPECT_TRUE(of["id"].is_loaded());
      EXPECT_TRUE(of["title"].is_loaded());
      EXPECT_TRUE(of["position"].is_loaded());
      EXPECT_FALSE(of["play_count"].is_loaded());
    }
  }
  EXPECT_EQ(lines(chosen, with_titles), Lines({"Malibu: The Bird, Heart don't stand a chance, The Waters",
                                               "Fantasies: Help I'm Alive, Sick Muse", "Empty: "}));
  EXPECT_EQ(count.count(), 1U);
  // The same as a map.
  EXPECT_EQ(
      album.objects().select_related("tracks").fields({"name", FieldTree("tracks", {"title", "position"})}).sql().sql,
      album.objects().select_related("tracks").fields({"name", "tracks__title", "tracks__position"}).sql().sql);
}

TEST_P(SeedSelectRelated, FieldsAreExcluded) {
  QueryCount count(db);
  for (const Row& row :
       album.objects().select_related("tracks").exclude_fields({"is_best_seller", "tracks__play_count"}).all()) {
    EXPECT_TRUE(row["name"].is_loaded());
    EXPECT_FALSE(row["is_best_seller"].is_loaded());
    for (const Row& of : row.related("tracks")) {
      EXPECT_TRUE(of["title"].is_loaded());
      EXPECT_TRUE(of["position"].is_loaded());
      EXPECT_FALSE(of["play_count"].is_loaded());
    }
  }
  EXPECT_EQ(count.count(), 1U);
}

// "Tip: To control order of models (both main or nested) use order_by() method."
TEST_P(SeedSelectRelated, OrderOfNestedModelsOrdersParentsByTheirFirstChild) {
  QueryCount count(db);
  EXPECT_EQ(lines(album.objects().select_related("tracks").order_by("-tracks__title").all(), with_titles),
            Lines({"Malibu: The Waters, The Bird, Heart don't stand a chance", "Fantasies: Sick Muse, Help I'm Alive",
                   "Empty: "}));
  EXPECT_EQ(lines(album.objects().select_related("tracks").order_by("tracks__title").all(), with_titles),
            Lines({"Empty: ", "Malibu: Heart don't stand a chance, The Bird, The Waters",
                   "Fantasies: Help I'm Alive, Sick Muse"}));
  EXPECT_EQ(lines(album.objects().select_related("tracks").order_by("name", "-tracks__position").all(), with_titles),
            Lines({"Empty: ", "Fantasies: Sick Muse, Help I'm Alive",
                   "Malibu: The Waters, Heart don't stand a chance, The Bird"}));
  EXPECT_EQ(count.count(), 3U);
}

TEST_P(SeedSelectRelated, LimitAndOffsetCountParents) {
  QueryCount count(db);
  EXPECT_THAT(lines(album.objects().select_related("tracks").limit(2).all(), with_tracks),
              ElementsAre(albums_with_tracks[0], albums_with_tracks[1]));
  EXPECT_THAT(lines(album.objects().select_related("tracks").offset(1).limit(1).all(), with_tracks),
              ElementsAre(albums_with_tracks[1]));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(SeedSelectRelated, UnknownNamesFailBeforeAnySql) {
  QueryCount count(db);
  EXPECT_THAT([&] { album.objects().select_related("track").all(); }, ThrowsMessage<QueryError>(HasSubstr("'tracks'")));
  EXPECT_THAT([&] { album.objects().select_related("tracks__albun").all(); },
              ThrowsMessage<QueryError>(HasSubstr("'album'")));
  EXPECT_THAT([&] { album.objects().select_related("name").all(); }, ThrowsMessage<QueryError>(HasSubstr("'name'")));
  EXPECT_EQ(count.count(), 0U);
}

// ---- blocks 3 and 4 ----

class SeedSelectRelatedLists : public ClassesWorld {
 protected:
  const QuerySet both = school_class.objects().select_related({"teachers__category", "students"});
};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSelectRelatedLists, testing::ValuesIn(backends()), backend_name);

// "To chain related Models relation use double underscores between names." "will return classes with teachers and
// teachers categories as well as classes students"
// "Warning: If you set ForeignKey field as not nullable (so required) during all queries the not nullable Models will
// be auto prefetched, even if you do not include them in select_related."
TEST_P(SeedSelectRelatedLists, LoadsClassesTeachersTheirCategoriesAndStudentsInOneQuery) {
  QueryCount count(db);
  const RowCount read(db);
  EXPECT_THAT(lines(both.all(), with_members),
              ElementsAre("Math (Math Department): teachers Joe Domestic; students Jane #1, Judy #2",
                          "Logic (Law Department): teachers ; students Jack #2"));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(read.statements(), ElementsAre(3));  // Math 2 (2 students × 1 teacher), Logic 1
}

TEST_P(SeedSelectRelatedLists, TakesFieldsWithTheirPath) {
  EXPECT_EQ(
      school_class.objects().select_related({school_class["teachers"]["category"], school_class["students"]}).sql().sql,
      both.sql().sql);
}

TEST_P(SeedSelectRelatedLists, RequiredModelsAreLeftOutOnRequest) {
  QueryCount count(db);
  EXPECT_THAT(lines(both.load_required(false).all(), with_members),
              ElementsAre("Math (#1): teachers Joe Domestic; students Jane #1, Judy #2",
                          "Logic (#2): teachers ; students Jack #2"));
  EXPECT_EQ(count.count(), 1U);
}

// "during all queries": also where nothing was asked to come along.
TEST_P(SeedSelectRelatedLists, RequiredModelsAreLoadedInAllQueries) {
  QueryCount count(db);
  for (const Row& row : school_class.objects().all()) EXPECT_TRUE(row.is_loaded("department"));
  EXPECT_EQ(count.count(), 2U);
  count.reset();
  EXPECT_TRUE(school_class.objects().get("name", "Math").is_loaded("department"));
  EXPECT_EQ(count.count(), 2U);
  count.reset();
  EXPECT_EQ(school_class.objects().count(), 2);
  EXPECT_EQ(school_class.objects().values({"name"}).size(), 2U);
  EXPECT_EQ(count.count(), 2U);
}

// await classes[0].students[0].category.load()
TEST_P(SeedSelectRelatedLists, WhatWasNotJoinedIsOneMoreQuery) {
  const Rows classes = both.all();
  const Row jane = classes[0].related("students")[0];
  ASSERT_FALSE(jane.is_loaded("category"));
  QueryCount count(db);
  EXPECT_EQ(jane["category"]["name"].text(), "Foreign");
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(SeedSelectRelatedLists, OneTableUnderTwoPathsIsJoinedTwice) {
  const QuerySet query = school_class.objects().select_related({"teachers__category", "students__category"});
  QueryCount count(db);
  EXPECT_THAT(lines(query.all(), with_members),
              ElementsAre("Math (Math Department): teachers Joe Domestic; students Jane Foreign, Judy Domestic",
                          "Logic (Law Department): teachers ; students Jack Domestic"));
  EXPECT_EQ(count.count(), 1U);
  const std::string sql = query.sql().sql;
  const std::string joined = R"(LEFT OUTER JOIN "categories" AS)";
  EXPECT_NE(sql.find(joined), std::string::npos);
  EXPECT_NE(sql.find(joined), sql.rfind(joined));
}

TEST_P(SeedSelectRelatedLists, TheTableOfTheRootIsJoinedAgain) {
  const QuerySet query = school_class.objects().select_related({"teachers__category", "students__schoolclass"});
  QueryCount count(db);
  Rows classes = query.all();
  const Row back = classes[0].related("students")[0]["schoolclass"].row();
  EXPECT_EQ(back["name"].text(), "Math");
  EXPECT_EQ(back["department"]["name"].text(), "Math Department");
  EXPECT_TRUE(back == classes[0]);
  EXPECT_FALSE(back.same_row(classes[0]));
  EXPECT_EQ(count.count(), 1U);

  count.reset();
  classes = query.load_required(false).all();
  EXPECT_EQ(count.count(), 1U);
  const Row first = classes[0].related("students")[0]["schoolclass"].row();
  EXPECT_FALSE(first.is_loaded("department"));
  EXPECT_EQ(first["department"]["name"].text(), "Math Department");
  const Row second = classes[1].related("students")[0]["schoolclass"].row();
  EXPECT_EQ(second["department"]["name"].text(), "Law Department");
  EXPECT_EQ(count.count(), 2U);  // both stubs in one batch
}

// ---- "you can select related across ForeignKey relation, reverse side of ForeignKey … and ManyToMany fields" ----

class SeedSelectRelatedManyToMany : public CompanyWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedSelectRelatedManyToMany, testing::ValuesIn(backends()), backend_name);

// "Exactly the same behavior is for Many2Many fields, where you put the names of Many2Many fields and the final Models
// are fetched for you."
TEST_P(SeedSelectRelatedManyToMany, FetchesTheFinalModels) {
  QueryCount count(db);
  const Rows companies = company.objects().select_related("branches").all();
  EXPECT_THAT(lines(companies, with_branches),
              ElementsAre("Acme 1950: B1 #1, B2 #2", "Globex 1988: B2 #2, B3 none", "Solo null: "));
  EXPECT_EQ(companies[0].related("branches")[0].model()->name, "Branch");
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(SeedSelectRelatedManyToMany, LinkRowsAreReadFromTheCollection) {
  const Rows companies = company.objects().select_related("branches").all();
  QueryCount count(db);
  const Rows links = companies[1].related("branches").links();
  ASSERT_THAT(links, SizeIs(2));
  EXPECT_EQ(links[0]["company_id"].integer(), 2);
  EXPECT_EQ(links[0]["branch_id"].integer(), 2);
  EXPECT_EQ(links[1]["branch_id"].integer(), 3);
  EXPECT_LE(count.count(), 1U);
}

TEST_P(SeedSelectRelatedManyToMany, CrossesForeignKeysTheirOtherSideAndManyToManyInOneQuery) {
  QueryCount count(db);
  Lines found;
  for (const Row& row : address.objects().select_related("branches__companies").all())
    found.push_back(row["street"].to_text() + ": " + listed(row.related("branches"), [](const Row& of) {
                      return of["name"].to_text() + " (" + listed(of.related("companies"), "name") + ")";
                    }));
  EXPECT_THAT(found, ElementsAre("Main: B1 (Acme)", "Side: B2 (Acme, Globex)"));
  EXPECT_EQ(count.count(), 1U);
}

}  // namespace
}  // namespace dorm::test
