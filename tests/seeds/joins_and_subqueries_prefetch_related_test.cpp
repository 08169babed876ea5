// Second seed, "prefetch_related": code blocks 7 to 10 and the sentences around them.

#include "seeds/joins_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::ThrowsMessage;

class SeedPrefetchRelated : public MusicWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedPrefetchRelated, testing::ValuesIn(backends()), backend_name);

// "Allows to prefetch related models during query - but opposite to select_related each subsequent model is fetched in
// a separate database query. With prefetch_related always one query per Model is run against the database"
TEST_P(SeedPrefetchRelated, ReturnsAlbumsWithAllColumnsOfTheirTracksInTwoQueries) {
  QueryCount count(db);
  const RowCount read(db);
  EXPECT_EQ(lines(album.objects().prefetch_related("tracks").all(), with_tracks), albums_with_tracks);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(read.statements(), ElementsAre(3, 5));
}

// "You can provide a string, or a list of strings (or a field/ list of fields)"
TEST_P(SeedPrefetchRelated, TakesAStringAListOrAField) {
  const Column field = album["tracks"];
  for (const QuerySet& query : {album.objects().prefetch_related("tracks"), album.objects().prefetch_related(field),
                                album.objects().prefetch_related({"tracks"}), album.objects().prefetch_related({field}),
                                album.objects().prefetch_related("tracks").prefetch_related("tracks"),
                                album.objects().prefetch_related({"tracks", field})}) {
    QueryCount count(db);
    EXPECT_EQ(lines(query.all(), with_tracks), albums_with_tracks);
    EXPECT_EQ(count.count(), 2U);
  }
}

TEST_P(SeedPrefetchRelated, AsksNothingForNoParents) {
  track.delete_every();
  album.delete_every();
  QueryCount count(db);
  EXPECT_THAT(album.objects().prefetch_related("tracks").all(), IsEmpty());
  EXPECT_EQ(count.count(), 1U);
}

// "To fetch related model use ForeignKey names." "each unique distinct child model is instantiated only once and the
// same child models is shared across all parent models"
TEST_P(SeedPrefetchRelated, FollowsAForeignKeyByItsNameAndSharesWhatItFinds) {
  QueryCount count(db);
  const RowCount read(db);
  const Rows tracks = track.objects().prefetch_related("album").all();
  EXPECT_EQ(lines(tracks, title_and_album), tracks_with_album);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(read.statements(), ElementsAre(5, 2));
  const Row malibu = tracks[0]["album"].row();
  EXPECT_TRUE(malibu.same_row(tracks[1]["album"].row()));
  EXPECT_TRUE(malibu.same_row(tracks[2]["album"].row()));
  EXPECT_FALSE(malibu.same_row(tracks[3]["album"].row()));
  malibu.set("name", "Malibu (deluxe)");
  EXPECT_EQ(tracks[2]["album"]["name"].text(), "Malibu (deluxe)");
}

TEST_P(SeedPrefetchRelated, AsksNothingForKeysThatAreNull) {
  track.update_every({{"album", Value()}});
  QueryCount count(db);
  for (const Row& row : track.objects().prefetch_related("album").all()) EXPECT_TRUE(row["album"].is_null());
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(SeedPrefetchRelated, LimitCountsParentsAndTheirChildrenAreComplete) {
  QueryCount count(db);
  EXPECT_THAT(lines(album.objects().prefetch_related("tracks").limit(2).all(), with_tracks),
              ElementsAre(albums_with_tracks[0], albums_with_tracks[1]));
  EXPECT_EQ(count.count(), 2U);
}

// "Tip: To control which model fields to select use fields() and exclude_fields() QuerySet methods."
TEST_P(SeedPrefetchRelated, FieldsAreChosenAndExcluded) {
  for (const QuerySet& query :
       {album.objects().prefetch_related("tracks").fields({"name", "tracks__title", "tracks__position"}),
        album.objects().prefetch_related("tracks").exclude_fields({"is_best_seller", "tracks__play_count"})}) {
    QueryCount count(db);
    const Rows albums = query.all();
    for (const Row& row : albums) {
      EXPECT_FALSE(row["is_best_seller"].is_loaded());
      for (const Row& of : row.related("tracks")) {
        EXPECT_TRUE(of["position"].is_loaded());
        EXPECT_FALSE(of["play_count"].is_loaded());
      }
    }
    EXPECT_EQ(lines(albums, with_titles), Lines({"Malibu: The Bird, Heart don't stand a chance, The Waters",
                                                 "Fantasies: Help I'm Alive, Sick Muse", "Empty: "}));
    EXPECT_EQ(count.count(), 2U);
  }
}

// "Tip: To control order of models (both main or nested) use order_by() method."
TEST_P(SeedPrefetchRelated, OrderOfNestedModelsLeavesTheParentsInTheirs) {
  QueryCount count(db);
  EXPECT_EQ(lines(album.objects().prefetch_related("tracks").order_by("-tracks__title").all(), with_titles),
            Lines({"Malibu: The Waters, The Bird, Heart don't stand a chance", "Fantasies: Sick Muse, Help I'm Alive",
                   "Empty: "}));
  EXPECT_EQ(lines(album.objects().prefetch_related("tracks").order_by("-name", "tracks__title").all(), with_titles),
            Lines({"Malibu: Heart don't stand a chance, The Bird, The Waters", "Fantasies: Help I'm Alive, Sick Muse",
                   "Empty: "}));
  EXPECT_EQ(count.count(), 4U);
}

TEST_P(SeedPrefetchRelated, UnknownNamesFailBeforeAnySql) {
  QueryCount count(db);
  EXPECT_THAT([&] { album.objects().prefetch_related("track").all(); },
              ThrowsMessage<QueryError>(HasSubstr("'tracks'")));
  EXPECT_THAT([&] { album.objects().prefetch_related("tracks__title").all(); },
              ThrowsMessage<QueryError>(HasSubstr("'tracks__title'")));
  EXPECT_EQ(count.count(), 0U);
}

// ---- blocks 9 and 10 ----

class SeedPrefetchRelatedLists : public ClassesWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedPrefetchRelatedLists, testing::ValuesIn(backends()), backend_name);

// "To chain related Models relation use double underscores between names." "will return classes with teachers and
// teachers categories as well as classes students"
// "Warning: If you set ForeignKey field as not nullable (so required) during all queries the not nullable Models will
// be auto prefetched"
TEST_P(SeedPrefetchRelatedLists, LoadsClassesTeachersTheirCategoriesAndStudentsInAQueryEach) {
  const QuerySet query = school_class.objects().prefetch_related({"teachers__category", "students"});
  QueryCount count(db);
  EXPECT_THAT(lines(query.all(), with_members),
              ElementsAre("Math (Math Department): teachers Joe Domestic; students Jane #1, Judy #2",
                          "Logic (Law Department): teachers ; students Jack #2"));
  EXPECT_EQ(count.count(), 5U);  // classes, departments, teachers, their categories, students
  count.reset();
  EXPECT_THAT(lines(query.load_required(false).all(), with_members),
              ElementsAre("Math (#1): teachers Joe Domestic; students Jane #1, Judy #2",
                          "Logic (#2): teachers ; students Jack #2"));
  EXPECT_EQ(count.count(), 4U);
}

TEST_P(SeedPrefetchRelatedLists, TakesFieldsWithTheirPath) {
  QueryCount count(db);
  const Rows classes =
      school_class.objects().prefetch_related({school_class["teachers"]["category"], school_class["students"]}).all();
  EXPECT_EQ(with_members(classes[0]), "Math (Math Department): teachers Joe Domestic; students Jane #1, Judy #2");
  EXPECT_EQ(count.count(), 5U);
}

// "one query per Model" is one per path: what two paths lead to is asked twice, and shared along each alone.
TEST_P(SeedPrefetchRelatedLists, OneModelUnderTwoPathsIsTwoQueries) {
  const QuerySet query = school_class.objects().prefetch_related({"teachers__category", "students__category"});
  QueryCount count(db);
  const Rows classes = query.all();
  EXPECT_THAT(lines(classes, with_members),
              ElementsAre("Math (Math Department): teachers Joe Domestic; students Jane Foreign, Judy Domestic",
                          "Logic (Law Department): teachers ; students Jack Domestic"));
  EXPECT_EQ(count.count(), 6U);
  const Row judys = classes[0].related("students")[1]["category"].row();
  EXPECT_TRUE(judys.same_row(classes[1].related("students")[0]["category"].row()));
  const Row joes = classes[0].related("teachers")[0]["category"].row();
  EXPECT_TRUE(judys == joes);
  EXPECT_FALSE(judys.same_row(joes));
  count.reset();
  query.load_required(false).all();
  EXPECT_EQ(count.count(), 5U);
}

TEST_P(SeedPrefetchRelatedLists, IsMixedWithSelectRelated) {
  QueryCount count(db);
  EXPECT_THAT(lines(school_class.objects().select_related("teachers__category").prefetch_related("students").all(),
                    with_members),
              ElementsAre("Math (Math Department): teachers Joe Domestic; students Jane #1, Judy #2",
                          "Logic (Law Department): teachers ; students Jack #2"));
  EXPECT_EQ(count.count(), 2U);  // the department is joined
}

// ---- many-to-many ----

class SeedPrefetchRelatedManyToMany : public CompanyWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedPrefetchRelatedManyToMany, testing::ValuesIn(backends()), backend_name);

// "Exactly the same behavior is for Many2Many fields, where you put the names of Many2Many fields and the final Models
// are fetched for you."
TEST_P(SeedPrefetchRelatedManyToMany, FetchesTheFinalModelsAndSharesThem) {
  QueryCount count(db);
  const Rows companies = company.objects().prefetch_related("branches__address").all();
  EXPECT_EQ(lines(companies, with_branches), companies_with_branches);
  EXPECT_EQ(count.count(), 3U);
  const Row b2 = companies[0].related("branches")[1];
  EXPECT_TRUE(b2.same_row(companies[1].related("branches")[0]));
}

TEST_P(SeedPrefetchRelatedManyToMany, AsksOnlyForKeysThatThereAre) {
  address.create({{"street", "Unused"}, {"number", 3}, {"post_code", "00-003"}});
  const RowCount read(db);
  company.objects().prefetch_related("branches__address").all();
  const std::vector<std::int64_t> rows = read.statements();
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0], 3);
  EXPECT_EQ(rows[2], 2);
}

}  // namespace
}  // namespace dorm::test
