// To-many accessors: QuerySets of their own, and writes to what belongs to a row.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr const char* studios = R"({"dorm": 1, "models": {
  "Album": {"fields": {"name": {"type": "text"},
    "genres": {"type": "many_to_many", "to": "Genre", "through": "Tagging", "backref": "albums"}}},
  "Track": {"fields": {"title": {"type": "text"}, "position": {"type": "integer", "default": 0},
    "album": {"type": "foreign_key", "to": "Album", "nullable": true, "backref": "tracks"},
    "studio": {"type": "foreign_key", "to": "Studio", "nullable": true, "backref": "tracks"}}},
  "Studio": {"fields": {"name": {"type": "text"}}},
  "Session": {"fields": {"studio": {"type": "foreign_key", "to": "Studio", "backref": "sessions"}}},
  "Genre": {"fields": {"name": {"type": "text"}}},
  "Tagging": {"fields": {"album": {"type": "foreign_key", "to": "Album"}, "genre": {"type": "foreign_key", "to": "Genre"},
    "weight": {"type": "integer", "default": 1}}}}})";

class Collections : public Api {
 protected:
  Database db = open(studios);
  Model album = db["Album"], track = db["Track"], genre = db["Genre"], tagging = db["Tagging"];
  Row malibu = album.create({{"name", "Malibu"}}), other = album.create({{"name", "Other"}});
};
DORM_API_TESTS(Collections);

TEST_P(Collections, AreAskedLikeModels) {
  const Row tracks[] = {malibu.related("tracks").create({{"title", "A"}, {"position", 1}}),
                        malibu.related("tracks").create({{"title", "B"}, {"position", 2}})};
  track.create({{"title", "C"}, {"album", other}, {"position", 3}});
  EXPECT_THAT(texts(malibu.related("tracks").filter("position__gte", 2).all(), "title"), ElementsAre("B"));
  EXPECT_THAT(texts(malibu.related("tracks").exclude("title", "B").all(), "title"), ElementsAre("A"));
  EXPECT_EQ(malibu.related("tracks").filter("position__gt", 0).count(), 2);
  EXPECT_TRUE(malibu.related("tracks").exists());
  EXPECT_EQ(malibu.related("tracks").get({{"title", "B"}}), tracks[1]);
  EXPECT_FALSE(malibu.related("tracks").get_or_none({{"title", "C"}}).has_value());
  EXPECT_EQ(malibu.related("tracks").first(), tracks[0]);
  const QueryCount count(db);
  const Rows joined = malibu.related("tracks").select_related("album").all();
  EXPECT_EQ(joined[0]["album"]["name"].text(), "Malibu");
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Collections, AReadNeverReplacesWhatWasLoaded) {
  malibu.related("tracks").create({{"title", "A"}});
  malibu.related("tracks").create({{"title", "B"}});
  EXPECT_EQ(malibu.related("tracks").size(), 2U);
  const QueryCount count(db);
  EXPECT_EQ(malibu.related("tracks").filter("title", "A").all().size(), 1U);
  EXPECT_EQ(malibu.related("tracks").size(), 2U);
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Collections, ForeignKeysAreAddedTakenAwayAndSet) {
  const Row a = track.create({{"title", "A"}}), b = track.create({{"title", "B"}}), c = track.make({{"title", "C"}});
  EXPECT_EQ(malibu.related("tracks").add({a, b, c}), 3);
  EXPECT_TRUE(c.is_saved());
  EXPECT_THAT(texts(malibu.related("tracks"), "title"), ElementsAre("A", "B", "C"));
  EXPECT_EQ(malibu.related("tracks").remove(a), 1);
  EXPECT_TRUE(a["album"].is_null());
  EXPECT_THAT(texts(malibu.related("tracks"), "title"), ElementsAre("B", "C"));
  EXPECT_THAT([&] { malibu.related("tracks").remove(a); }, ThrowsMessage<StateError>(HasSubstr("does not belong")));
  EXPECT_EQ(malibu.related("tracks").set({a, b}), 2);
  EXPECT_THAT(texts(malibu.related("tracks"), "title"), ElementsAre("A", "B"));
  EXPECT_EQ(malibu.related("tracks").clear(), 2);
  EXPECT_TRUE(malibu.related("tracks").empty());
  EXPECT_EQ(track.count(), 3);
}

TEST_P(Collections, AKeyThatCannotBeNullIsNotTakenAway) {
  const Row studio = db["Studio"].create({{"name", "S"}});
  studio.related("sessions").create({});
  EXPECT_THAT([&] { studio.related("sessions").clear(); }, ThrowsMessage<StateError>(HasSubstr("cannot be null")));
  EXPECT_EQ(studio.related("sessions").count(), 1);
}

TEST_P(Collections, LinksCarryValuesOfTheirOwn) {
  const Row rock = genre.create({{"name", "rock"}}), jazz = genre.create({{"name", "jazz"}});
  EXPECT_EQ(malibu.related("genres").add(rock, {{"weight", 7}}), 1);
  malibu.related("genres").create({{"name", "soul"}}, {{"weight", 2}});
  EXPECT_EQ(malibu.related("genres").add(jazz), 1);
  std::vector<std::string> seen;
  for (std::size_t i = 0; i < malibu.related("genres").size(); ++i) {
    seen.push_back(malibu.related("genres")[i]["name"].to_text() + " " +
                   malibu.related("genres").links()[i]["weight"].to_text());
  }
  EXPECT_THAT(seen, ElementsAre("rock 7", "jazz 1", "soul 2"));
  // Under both loaders.
  for (const QuerySet& loaded :
       {album.objects().select_related("genres"), album.objects().prefetch_related("genres")}) {
    const Row row = loaded.filter("name", "Malibu").get();
    const QueryCount count(db);
    EXPECT_EQ(row.related("genres").links()[0]["weight"].integer(), 7);
    EXPECT_EQ(row.related("genres")[0]["name"].text(), "rock");
    EXPECT_EQ(count.count(), 0U);
  }
  EXPECT_THAT(texts(album.objects().filter("genres__tagging__weight__gt", 5).all(), "name"), ElementsAre("Malibu"));
}

TEST_P(Collections, ALinkThatExistsIsLeftAsItIsWhateverValuesAreGiven) {
  const Row rock = genre.create({{"name", "rock"}}), jazz = genre.create({{"name", "jazz"}});
  malibu.related("genres").add(rock);
  EXPECT_EQ(malibu.related("genres").add({rock, jazz, jazz}, {{"weight", 9}}), 1);
  EXPECT_EQ(tagging.count(), 2);
  EXPECT_EQ(malibu.related("genres").links()[0]["weight"].integer(), 1);
}

TEST_P(Collections, ValuesComeInTheOrderOfTheRelation) {
  for (const char* title : {"A", "B", "C"}) malibu.related("tracks").create({{"title", title}});
  EXPECT_EQ(malibu.related("tracks").objects().limit(2).flat("title"), (Values{"A", "B"}));
}

TEST_P(Collections, LinksAreSet) {
  const Row rock = genre.create({{"name", "rock"}}), jazz = genre.create({{"name", "jazz"}}),
            soul = genre.create({{"name", "soul"}});
  malibu.related("genres").add({rock, jazz});
  EXPECT_EQ(malibu.related("genres").set({jazz, soul}), 2);
  EXPECT_THAT(texts(malibu.related("genres"), "name"), ElementsAre("jazz", "soul"));
  EXPECT_EQ(malibu.related("genres").set({}), 2);
  EXPECT_EQ(tagging.count(), 0);
}

TEST_P(Collections, AFilteredLoadStandsBesideTheFullOne) {
  for (int i = 1; i <= 4; ++i) malibu.related("tracks").create({{"title", std::to_string(i)}, {"position", i}});
  const QueryCount count(db);
  const Row row =
      album.objects()
          .prefetch_related({"tracks", Prefetch("tracks").where("position__gt", 2).order_by("-position").as("late")})
          .filter("name", "Malibu")
          .get();
  EXPECT_EQ(count.count(), 3U);
  EXPECT_THAT(texts(row.related("tracks"), "title"), ElementsAre("1", "2", "3", "4"));
  EXPECT_THAT(texts(row.related("late"), "title"), ElementsAre("4", "3"));
  EXPECT_FALSE(row.related("tracks").is_partial());
  EXPECT_TRUE(row.related("late").is_partial());
  EXPECT_EQ(count.count(), 3U);
  EXPECT_EQ(row.related("tracks").remove(row.related("late")[0]), 1);
  EXPECT_THROW(row.related("late").clear(), QueryError);
}

TEST_P(Collections, WhatIsBelowANamedLoadComesWithIt) {
  const Row jazz = genre.create({{"name", "jazz"}});
  for (const Row& each : {malibu, other}) {
    each.related("genres").add(jazz);
    for (int i = 1; i <= 3; ++i)
      each.related("tracks").create({{"title", each["name"].get<std::string>() + std::to_string(i)}, {"position", i}});
  }
  const QueryCount count(db);
  const Prefetch latest = Prefetch("tracks").order_by("-position").limit(1).as("latest");
  const Row row =
      genre.objects()
          .prefetch_related(
              Prefetch("albums").where("name__ne", "Other").as("liked").prefetch_related({latest, "genres"}))
          .get();
  EXPECT_EQ(count.count(), 4U);
  const Row liked = row.related("liked")[0];
  EXPECT_EQ(row.related("liked").size(), 1U);
  EXPECT_THAT(texts(liked.related("latest"), "title"), ElementsAre("Malibu3"));
  EXPECT_THAT(texts(liked.related("genres"), "name"), ElementsAre("jazz"));
  EXPECT_FALSE(liked.is_loaded("tracks"));
  EXPECT_FALSE(row.is_loaded("albums"));
  EXPECT_EQ(count.count(), 4U);
}

TEST_P(Collections, AreNotPrefetchedAsAWholeAndInPartUnderOneName) {
  const Prefetch late = Prefetch("tracks").where("position__gt", 2);
  for (const std::vector<Prefetch>& paths : {std::vector<Prefetch>{"tracks", late}, {late, "tracks"}})
    EXPECT_THAT([&] { album.objects().prefetch_related(paths).all(); },
                ThrowsMessage<QueryError>(HasSubstr("'tracks' is prefetched as a whole and with conditions")));
  EXPECT_NO_THROW(album.objects().prefetch_related({late, "tracks__studio"}).all());
  EXPECT_NO_THROW(album.objects().prefetch_related({"tracks", Prefetch("tracks").order_by("-position")}).all());
}

TEST_P(Collections, OfAnUnsavedRowAreAMistake) {
  const Row unsaved = album.make({{"name", "new"}});
  EXPECT_THROW(static_cast<void>(unsaved.related("tracks").objects()), StateError);
  EXPECT_THROW(unsaved.related("tracks").clear(), StateError);
  EXPECT_THROW(unsaved.related("genres").add(genre.create({{"name", "rock"}})), StateError);
}

}  // namespace
}  // namespace dorm::test
