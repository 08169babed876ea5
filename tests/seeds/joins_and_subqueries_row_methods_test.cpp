// Second seed, "Model methods" and "QuerysetProxy methods": load(), and what a relation of one row can be asked.

#include "seeds/joins_world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;

class SeedRowMethods : public MusicWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedRowMethods, testing::ValuesIn(backends()), backend_name);

// "You can load the ForeignKey related model by calling load() method."
TEST_P(SeedRowMethods, ARelatedModelIsLoadedOnDemand) {
  QueryCount count(db);
  const Row bird = track.objects().get("title", "The Bird");
  EXPECT_FALSE(bird.is_loaded("album"));
  EXPECT_EQ(bird["album_id"].integer(), 1);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(bird["album"]["name"].text(), "Malibu");
  EXPECT_EQ(count.count(), 2U);
  bird["album"].row().load();
  EXPECT_EQ(bird["album"]["name"].text(), "Malibu");
  EXPECT_EQ(count.count(), 3U);
}

// "load() can be used to refresh the model from the database (if it was changed by some other process)."
TEST_P(SeedRowMethods, LoadRefreshesTheRow) {
  const Row bird = track.objects().get("title", "The Bird");
  const Row other = track.objects().get("pk", bird["id"].value());
  other.set("title", "The Bird (live)");
  other.save();
  EXPECT_EQ(bird["title"].text(), "The Bird");
  QueryCount count(db);
  bird.load();
  EXPECT_EQ(bird["title"].text(), "The Bird (live)");
  EXPECT_EQ(count.count(), 1U);
  other.delete_row();
  EXPECT_THROW(bird.load(), NotFound);
}

// "When access directly the related ManyToMany field as well as ReverseForeignKey returns the list of related models."
TEST_P(SeedRowMethods, ARelationIsTheListOfRelatedModels) {
  const Row malibu = album.objects().get("name", "Malibu");
  QueryCount count(db);
  EXPECT_EQ(column(malibu.related("tracks"), "title"), Lines({"The Bird", "Heart don't stand a chance", "The Waters"}));
  EXPECT_EQ(count.count(), 1U);
}

// "But at the same time it exposes subset of QuerySet API, so you can filter, create, select related etc related models
// directly from parent model."
TEST_P(SeedRowMethods, ARelationIsAskedLikeAModel) {
  const Row malibu = album.objects().get("name", "Malibu");
  const QuerySet tracks = malibu.related("tracks").objects();
  QueryCount count(db);
  EXPECT_THAT(column(tracks.filter("position__gte", 2).all(), "title"),
              ElementsAre("Heart don't stand a chance", "The Waters"));
  EXPECT_EQ(tracks.count(), 3);
  EXPECT_EQ((*tracks.order_by("-position").first())["title"].text(), "The Waters");
  EXPECT_EQ(count.count(), 3U);
  malibu.related("tracks").create({{"title", "Am I Wrong"}, {"position", 4}});
  EXPECT_EQ(tracks.count(), 4);
  EXPECT_EQ(track.objects().filter("album", malibu).count(), 4);
}

// "select_related: Works exactly the same as select_related function above but allows you to fetch related objects from
// other side of the relation."
TEST_P(SeedRowMethods, SelectRelatedFromTheOtherSide) {
  const Row malibu = album.objects().get("name", "Malibu");
  QueryCount count(db);
  EXPECT_THAT(lines(malibu.related("tracks").objects().select_related("album").all(), title_and_album),
              ElementsAre("The Bird: Malibu", "Heart don't stand a chance: Malibu", "The Waters: Malibu"));
  EXPECT_EQ(count.count(), 1U);
}

// "select_all: Works exactly the same as select_all function above"
TEST_P(SeedRowMethods, SelectAllFromTheOtherSide) {
  const Row malibu = album.objects().get("name", "Malibu");
  QueryCount count(db);
  EXPECT_THAT(lines(malibu.related("tracks").objects().select_all().all(), title_and_album),
              ElementsAre("The Bird: Malibu", "Heart don't stand a chance: Malibu", "The Waters: Malibu"));
  EXPECT_EQ(count.count(), 1U);
}

// "prefetch_related: Works exactly the same as prefetch_related function above"
TEST_P(SeedRowMethods, PrefetchRelatedFromTheOtherSide) {
  const Row malibu = album.objects().get("name", "Malibu");
  QueryCount count(db);
  const Rows tracks = malibu.related("tracks").objects().prefetch_related("album").all();
  EXPECT_THAT(lines(tracks, title_and_album),
              ElementsAre("The Bird: Malibu", "Heart don't stand a chance: Malibu", "The Waters: Malibu"));
  EXPECT_TRUE(tracks[0]["album"].row().same_row(tracks[1]["album"].row()));
  EXPECT_EQ(count.count(), 2U);
}

class SeedRowMethodsManyToMany : public CompanyWorld {};
INSTANTIATE_TEST_SUITE_P(Backends, SeedRowMethodsManyToMany, testing::ValuesIn(backends()), backend_name);

TEST_P(SeedRowMethodsManyToMany, AManyToManyIsAskedLikeAModel) {
  const Row acme = company.objects().get("name", "Acme");
  QueryCount count(db);
  EXPECT_EQ(column(acme.related("branches"), "name"), Lines({"B1", "B2"}));
  EXPECT_EQ(count.count(), 1U);
  const QuerySet branches = acme.related("branches").objects();
  EXPECT_EQ(lines(branches.select_related("address").all(), branch_and_street), Lines({"B1 Main", "B2 Side"}));
  EXPECT_EQ(lines(branches.select_all().all(), branch_and_street), Lines({"B1 Main", "B2 Side"}));
  EXPECT_EQ(count.count(), 3U);
  EXPECT_EQ(lines(branches.prefetch_related("address").all(), branch_and_street), Lines({"B1 Main", "B2 Side"}));
  EXPECT_EQ(count.count(), 5U);
  EXPECT_EQ(column(branches.filter("address__street", "Side").all(), "name"), Lines({"B2"}));
}

}  // namespace
}  // namespace dorm::test
