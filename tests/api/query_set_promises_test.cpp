// QuerySets: what is easily asked in a wrong way is refused, or right.
#include "api/music.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

class QuerySetPromises : public Music {};
DORM_API_TESTS(QuerySetPromises);

template <class Names>
concept NamesFields = requires(const QuerySet& set, Names names) {
  set.fields(names);
};
template <class Set>
concept TakesBracesAsMap = requires(const Set& set) {
  set.fields({"album", {"name"}});
};
static_assert(!TakesBracesAsMap<QuerySet>, "a map or a list: nobody could tell");
static_assert(NamesFields<FieldTree>);

TEST_P(QuerySetPromises, FieldsAreNamedAsAMapOrAsAList) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects().select_related("album");
  EXPECT_EQ(tracks.fields({"title", FieldTree("album", {"name"})}).sql().sql,
            tracks.fields({"title", "album__name"}).sql().sql);
  EXPECT_EQ(tracks.fields(FieldTree("album", {"name"})).sql().sql, tracks.fields("album__name").sql().sql);
}

TEST_P(QuerySetPromises, AnOperandOfInNeedsNoOrder) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects(), tracks = db["Track"].objects();
  const QuerySet ordered = albums.order_by("-tracks__title");
  EXPECT_THAT(texts(albums.filter("pk__in", ordered).all(), "name"), ElementsAre("Malibu", "Fantasies", "Empty"));
  EXPECT_THAT(texts(albums.filter("pk__in", ordered.limit(1)).all(), "name"), ElementsAre("Malibu"));
  EXPECT_THAT(texts(albums.filter("pk__in", ordered.filter("tracks__position", 2).limit(1)).all(), "name"),
              ElementsAre("Fantasies"));
  EXPECT_THAT(texts(albums.filter("pk__in", albums.order_by("-name").limit(1)).all(), "name"), ElementsAre("Malibu"));
  EXPECT_THAT(texts(tracks.filter(db["Track"]["album"].in(ordered.limit(1))).all(), "title"),
              ElementsAre("The Bird", "Heart", "The Waters"));
  EXPECT_THAT(texts(tracks.filter(db["Track"]["album"].not_in(ordered)).all(), "title"), IsEmpty());
}

TEST_P(QuerySetPromises, AnAccessorTakesWhateverALookupTakes) {
  const Database db = music();
  const Row malibu = db["Album"].objects().get("name", "Malibu");
  const Related tracks = malibu.related("tracks");
  EXPECT_THAT(texts(tracks.filter("position__in", Values{1, 3}).all(), "title"), ElementsAre("The Bird", "The Waters"));
  EXPECT_THAT(texts(tracks.filter("pk__in", db["Track"].objects().filter("position", 2)).all(), "title"),
              ElementsAre("Heart"));
  EXPECT_THAT(texts(tracks.filter("album", malibu).exclude("position__in", Values{1, 2}).all(), "title"),
              ElementsAre("The Waters"));
  EXPECT_THAT(texts(tracks.filter("title", "Heart").all(), "title"), ElementsAre("Heart"));
}

TEST_P(QuerySetPromises, AStrategyOrPolicyOfAPathThatIsNotLoadedIsAMistake) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects();
  EXPECT_THAT([&] { albums.strategy("tracks", Strategy::join).all(); },
              ThrowsMessage<QueryError>(HasSubstr("strategy() names 'tracks', which is not loaded")));
  EXPECT_THAT([&] { albums.lazy("tracks", LazyPolicy::raise).all(); },
              ThrowsMessage<QueryError>(HasSubstr("lazy() names 'tracks', which is not loaded")));
  EXPECT_THAT([&] { albums.prefetch_related("tracks").lazy("tracks__album", LazyPolicy::raise).all(); },
              ThrowsMessage<QueryError>(HasSubstr("lazy() names 'album', which is not loaded")));
  EXPECT_EQ(albums.prefetch_related("tracks").strategy("tracks", Strategy::subquery).all().size(), 3U);
  EXPECT_EQ(albums.select_related("tracks").lazy("tracks", LazyPolicy::raise).all().size(), 3U);
}

TEST_P(QuerySetPromises, AnAggregateIsNotMultipliedHoweverItIsWritten) {
  const Database db = music();
  const Model album = db["Album"];
  const QuerySet by_name = album.objects().group_by({"name"});
  const auto refused = [&](const QuerySet& groups) {
    EXPECT_THAT([&] { groups.values(); },
                ThrowsMessage<QueryError>(HasSubstr("would count rows once for each row of 'tracks'")));
  };
  refused(by_name.annotate("n", fn::count(album["id"])).filter("tracks__position__gt", 0));
  refused(by_name.annotate("n", fn::count(album["id"]) + 1).filter("tracks__position__gt", 0));
  refused(by_name.filter("tracks__position__gt", 0).having(fn::count(album["id"]) > 1));
  EXPECT_EQ(by_name.annotate("n", fn::count_distinct(album["id"])).filter("tracks__position__gt", 0).values().size(),
            2U);
  EXPECT_EQ(by_name.annotate("n", fn::max(album["id"])).filter("tracks__position__gt", 0).values().size(), 2U);
  EXPECT_EQ(by_name.annotate("n", fn::sum(album["tracks"]["position"])).values().size(), 3U);
}

TEST_P(QuerySetPromises, AnUpdateFollowsAToOnePath) {
  const Database db = music();
  const Model track = db["Track"];
  QueryCount count(db);
  EXPECT_EQ(track.objects().filter("position", 1).update({{"title", track["album"]["name"].concat(track["title"])}}),
            2);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(texts(track.objects().filter("position", 1).all(), "title"),
              ElementsAre("MalibuThe Bird", "FantasiesHelp"));
  const Model album = db["Album"];
  EXPECT_THAT(
      [&] {
        album.objects().update_every({{"name", album["tracks"]["title"]}});
      },
      ThrowsMessage<QueryError>(HasSubstr("is one for each row of 'tracks'")));
}

TEST_P(QuerySetPromises, WhatWasAddedInATransactionIsNotThereAfterARollback) {
  const Database db = music();
  const Row malibu = db["Album"].objects().get("name", "Malibu");
  const Related tracks = malibu.related("tracks");
  EXPECT_EQ(tracks.size(), 3U);
  {
    Transaction tx = db.transaction();
    tracks.create({{"title", "New"}, {"position", 4}});
    EXPECT_EQ(tracks.size(), 4U);
    {
      Transaction inner = db.transaction();
      tracks.create({{"title", "Newer"}, {"position", 5}});
      EXPECT_EQ(tracks.size(), 5U);
      inner.rollback();
    }
    EXPECT_EQ(tracks.size(), 4U);
    tx.rollback();
  }
  EXPECT_THAT(texts(tracks, "title"), ElementsAre("The Bird", "Heart", "The Waters"));
}

}  // namespace
}  // namespace dorm::test
