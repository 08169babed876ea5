// Writes through a QuerySet reach the rows that match, and no others.
#include "api/music.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QuerySetWrites : public Music {};
DORM_API_TESTS(QuerySetWrites);

TEST_P(QuerySetWrites, UpdateReturnsTheRowsThatMatched) {
  const Database db = music();
  const Model track = db["Track"];
  QueryCount count(db);
  EXPECT_EQ(track.objects().filter("position", 1).update({{"play_count", 100}}), 2);
  EXPECT_EQ(track.objects().filter("position", 9).update({{"play_count", track["position"] + 1}}), 1);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_EQ(track.objects().sum("play_count"), Value(254));
}

TEST_P(QuerySetWrites, AConditionAlongARelationIsKept) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects(), albums = db["Album"].objects();
  QueryCount count(db);
  EXPECT_EQ(tracks.filter("album__name", "Malibu").update({{"position", 50}}), 3);
  EXPECT_EQ(albums.filter("tracks__title", "Help").update({{"name", "Changed"}}), 1);
  EXPECT_EQ(albums.filter(none("tracks")).update({{"name", "Still empty"}}), 1);
  EXPECT_EQ(count.count(), 3U);
  EXPECT_EQ(tracks.filter("position", 50).count(), 3);
  EXPECT_THAT(texts(albums.all(), "name"), ElementsAre("Malibu", "Changed", "Still empty"));
  EXPECT_EQ(tracks.filter("album__name", "Changed").delete_rows(), 3);
  EXPECT_EQ(tracks.filter("album__isnull", true).delete_rows(), 1);
  EXPECT_EQ(tracks.count(), 3);
}

TEST_P(QuerySetWrites, ALimitIsOneOfRows) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  EXPECT_EQ(tracks.filter("position__gt", 0).order_by("-title").limit(2).delete_rows(), 2);
  EXPECT_THAT(texts(tracks.order_by("title").all(), "title"),
              ElementsAre("50%_Gold", "Heart", "Help", "Loose", "Sick Muse"));
  EXPECT_EQ(tracks.filter("album__name", "Fantasies").order_by("title").slice(-1).update({{"title", "last"}}), 1);
  EXPECT_EQ(tracks.filter("title", "last").get()["position"].integer(), 2);
  EXPECT_EQ(tracks.limit(1).delete_every(), 1);
}

TEST_P(QuerySetWrites, EveryRowIsSpelledOut) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  QueryCount count(db);
  EXPECT_THROW(tracks.update({{"position", 1}}), QueryError);
  EXPECT_THROW(tracks.filter({}).update({{"position", 1}}), QueryError);
  EXPECT_THROW(tracks.limit(3).delete_rows(), QueryError);
  EXPECT_THROW(tracks.delete_rows(), QueryError);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(tracks.update_every({{"position", 1}}), 7);
  EXPECT_EQ(tracks.delete_every(), 7);
  EXPECT_EQ(tracks.count(), 0);
}

TEST_P(QuerySetWrites, MistakesAreToldBeforeAnySql) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects().filter("position", 1);
  QueryCount count(db);
  EXPECT_THROW(tracks.update({{"positon", 1}}), QueryError);
  EXPECT_THROW(tracks.update({{"position", "many"}}), DataError);
  EXPECT_THROW(tracks.update({}), QueryError);
  EXPECT_THROW(tracks.group_by({"position"}).update({{"position", 1}}), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(QuerySetWrites, CreateInserts) {
  const Database db = music();
  const Row made = db["Album"].objects().create({{"name", "New"}});
  EXPECT_TRUE(made.is_saved());
  EXPECT_EQ(db["Album"].objects().get("name", "New"), made);
}

TEST_P(QuerySetWrites, KeysOfSeveralColumns) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Place": {"primary_key": ["row", "number"], "fields": {
      "row": {"type": "integer"}, "number": {"type": "integer"}, "taken": {"type": "boolean", "default": false}}},
    "Visit": {"fields": {"place": {"type": "foreign_key", "to": "Place", "nullable": true, "backref": "visits",
                "columns": {"place_row": "row", "place_number": "number"}},
      "who": {"type": "text"}}}}})");
  const Model place = db["Place"], visit = db["Visit"];
  std::vector<Row> places;
  for (const int number : {1, 2, 3}) places.push_back(place.create({{"row", number % 2}, {"number", number}}));
  visit.create({{"place", places[0]}, {"who", "ann"}});
  visit.create({{"place", places[2]}, {"who", "bob"}});
  visit.create({{"who", "eve"}});
  const QuerySet visits = visit.objects(), all = place.objects();
  EXPECT_THAT(texts(visits.filter("place", places[2]).all(), "who"), ElementsAre("bob"));
  EXPECT_THAT(texts(visits.filter("place__in", std::vector<Row>{places[0], places[1]}).all(), "who"),
              ElementsAre("ann"));
  EXPECT_THAT(texts(visits.filter("place__isnull", true).all(), "who"), ElementsAre("eve"));
  EXPECT_THAT(texts(visits.filter("place__in", all.filter("number", 3)).all(), "who"), ElementsAre("bob"));
  EXPECT_THAT(texts(all.filter(any("visits")).all(), "number"), testing::UnorderedElementsAre("1", "3"));
  EXPECT_EQ(all.filter("visits__who", "bob").update({{"taken", true}}), 1);
  EXPECT_THAT(texts(all.filter("taken", true).all(), "number"), ElementsAre("3"));
  EXPECT_EQ(all.slice(-1).get()["number"].integer(), 3);
  EXPECT_EQ(all.filter(none("visits")).delete_rows(), 1);
  EXPECT_EQ(all.count(), 2);
}

}  // namespace
}  // namespace dorm::test
