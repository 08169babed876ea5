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

TEST_P(QuerySetPromises, FieldsThatNameARelationNameItsKey) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects().order_by("id").fields({"title", "album"});
  for (const QuerySet& each : {tracks.select_related("album"), tracks.prefetch_related("album")}) {
    const QueryCount count(db);
    const Row track = each.first().value();
    const auto asked = count.count();
    EXPECT_EQ(track["album_id"].integer(), track["album"]["id"].integer());
    EXPECT_FALSE(track.is_loaded("position"));
    EXPECT_EQ(count.count(), asked);
  }
}

TEST_P(QuerySetPromises, TheLastRowAloneNeedsNoSecondQueryOfKeys) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects().select_related("tracks");
  const auto nested = [](const QuerySet& set) {
    const std::string text = set.sql().sql;
    std::size_t selects = 0;
    for (std::size_t at = text.find("SELECT"); at != std::string::npos; at = text.find("SELECT", at + 1)) ++selects;
    return selects;
  };
  EXPECT_EQ(nested(albums.slice(-1)), nested(albums.limit(1)));
  EXPECT_EQ(albums.slice(-1).first(), albums.last());
  EXPECT_EQ(albums.slice(-1).all().size(), 1U);
  EXPECT_EQ(albums.slice(-2, -1).get(), albums[-2]);
  EXPECT_EQ(albums.order_by("-id").slice(-1).get(), albums.first());
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
  for (const Strategy other : {Strategy::key_set, Strategy::subquery})
    EXPECT_THAT([&] { albums.select_related("tracks").strategy("tracks", other).all(); },
                ThrowsMessage<QueryError>(HasSubstr("strategy() names 'tracks', which this query joins")));
  EXPECT_EQ(albums.select_related("tracks").strategy("tracks", Strategy::join).all().size(), 3U);
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

// ---- updates and the rows they are chosen by ----

class UpdatesBySubquery : public Api {
 protected:
  Database staff() {
    Database db = open(R"({"dorm": 1, "models": {"Person": {"fields": {
      "name": {"type": "text"}, "rank": {"type": "integer", "nullable": true},
      "mentor": {"type": "foreign_key", "to": "Person", "nullable": true, "backref": "pupils"}}}}})");
    Row mentor;
    // Each is the mentor of the next one, whose rank is one more.
    for (int rank = 1; rank <= 4; ++rank) {
      const Row made = db["Person"].make({{"name", std::string(1, static_cast<char>('a' + rank - 1))}, {"rank", rank}});
      if (mentor.has_value()) made.set("mentor", mentor);
      made.save();
      mentor = made;
    }
    return db;
  }
  static std::vector<std::string> ranks(const Database& db) { return texts(db["Person"].objects().all(), "rank"); }
};
DORM_API_TESTS(UpdatesBySubquery);

TEST_P(UpdatesBySubquery, ChooseRowsAsTheyWereBefore) {
  const Database db = staff();
  const Model person = db["Person"];
  // Were the rows chosen one by one, each change would make the next row fit.
  EXPECT_EQ(person.objects().filter(Filter("name", "a") | any("mentor", {"rank", 77})).update({{"rank", 77}}), 1);
  EXPECT_THAT(ranks(db), ElementsAre("77", "2", "3", "4"));
  const QuerySet low = person.objects().filter(none("mentor", {"rank__gt", 2}));
  EXPECT_EQ(low.count(), 2);
  EXPECT_EQ(low.update({{"rank", 5}}), 2);
  EXPECT_THAT(ranks(db), ElementsAre("5", "2", "5", "4"));
}

TEST_P(UpdatesBySubquery, ComputeFromRowsAsTheyWereBefore) {
  const Database db = staff();
  const Model person = db["Person"];
  QueryCount count(db);
  EXPECT_EQ(person.objects().update_every({{"rank", person["mentor"]["rank"] + 10}}), 4)
      << "the first one has no mentor, and so no rank";
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(ranks(db), ElementsAre("null", "11", "12", "13"));
}

TEST_P(UpdatesBySubquery, ReachNoOtherRowsInTheBuilderEither) {
  const Database db = staff();
  const Model person = db["Person"], mentor = person.alias("mentor");
  const Query rows = person.select().where(
      person["name"] == "a" || exists(mentor.select().where(mentor["id"] == person["mentor"] && mentor["rank"] == 77)));
  EXPECT_EQ(rows.update({{"rank", Expr(77)}}), 1);
  EXPECT_THAT(ranks(db), ElementsAre("77", "2", "3", "4"));
}

// ---- more that is easily asked in a wrong way ----

TEST_P(QuerySetPromises, AnOffsetOfValuesCountsRowsOfTheModel) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects();
  const auto pairs = [](const Rows& rows) {
    std::vector<std::string> found;
    for (const Row& row : rows)
      found.push_back(row["name"].to_text() + " " +
                      (row["tracks__title"].is_null() ? "-" : row["tracks__title"].to_text()));
    return found;
  };
  EXPECT_THAT(pairs(albums.offset(1).values({"name", "tracks__title"})),
              ElementsAre("Fantasies Help", "Fantasies Sick Muse", "Fantasies 50%_Gold", "Empty -"));
  EXPECT_THAT(pairs(albums.slice(2).values({"name", "tracks__title"})), ElementsAre("Empty -"));
}

TEST_P(QuerySetPromises, RowsOfAnotherModelAreNotLookedFor) {
  const Database db = music();
  const Model album = db["Album"], track = db["Track"];
  const auto refused = [](const auto& run) {
    EXPECT_THAT(run, ThrowsMessage<QueryError>(HasSubstr("a key of 'Album', among rows of 'Track'")));
  };
  refused([&] { track.objects().filter("album__in", track.objects()); });
  refused([&] { album.objects().filter("pk__in", track.objects()); });
  refused([&] { static_cast<void>(track["album"].in(track.select())); });
  EXPECT_EQ(
      track.objects().filter("album__in", track.objects().filter("position", 1).query().select(track["album"])).count(),
      6)
      << "a column that is named is what it is";
}

TEST_P(QuerySetPromises, TheQueryOfACollectionDoesNotCreate) {
  const Database db = music();
  const Row malibu = db["Album"].objects().get("name", "Malibu");
  EXPECT_THAT(
      [&] {
        malibu.related("tracks").filter("position", 1).create({{"title", "x"}, {"position", 1}});
      },
      ThrowsMessage<QueryError>(HasSubstr("call it on related(\"tracks\") itself")));
  EXPECT_EQ(db["Track"].count(), 7);
}

TEST_P(QuerySetPromises, AConditionOnNothingIsNone) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  for (const QuerySet& all : {tracks.exclude(or_({})), tracks.filter(not_(or_({}))), tracks.filter(Filter())}) {
    EXPECT_THAT([&] { all.delete_rows(); }, ThrowsMessage<QueryError>(HasSubstr("say delete_every()")));
    EXPECT_THAT(
        [&] {
          all.update({{"position", Expr(1)}});
        },
        ThrowsMessage<QueryError>(HasSubstr("say update_every()")));
  }
  EXPECT_EQ(tracks.count(), 7);
}

TEST_P(QuerySetPromises, ALimitPerParentIsForLists) {
  const Database db = music();
  EXPECT_THAT([&] { db["Track"].objects().prefetch_related(Prefetch("album").limit(1)); },
              ThrowsMessage<QueryError>(HasSubstr("'Track.album' leads to one row")));
}

TEST_P(QuerySetPromises, LinksLeadToTheirTargetsWhateverTheStrategy) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Book": {"fields": {"name": {"type": "text"}, "tags": {"type": "many_to_many", "to": "Tag", "backref": "books"}}},
    "Tag": {"fields": {"name": {"type": "text"}, "weight": {"type": "integer"}}}}})");
  const Row book = db["Book"].create({{"name", "b"}}), other = db["Book"].create({{"name", "c"}});
  for (int weight : {1, 2}) {
    const Row tag = db["Tag"].create({{"name", std::to_string(weight)}, {"weight", weight}});
    book.related("tags").add(tag);
    other.related("tags").add(tag);
  }
  for (const Strategy strategy : {Strategy::key_set, Strategy::subquery, Strategy::join}) {
    const Rows books = db["Book"].objects().prefetch_related(Prefetch("tags").strategy(strategy)).all();
    QueryCount count(db);
    for (const Row& row : books) {
      const Related tags = row.related("tags");
      ASSERT_EQ(tags.links().size(), 2U);
      for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_TRUE(tags.links()[i].is_loaded("tag"));
        EXPECT_TRUE(tags.links()[i]["tag"].row().same_row(tags[i]));
      }
    }
    EXPECT_EQ(count.count(), 0U);
  }
}

TEST_P(QuerySetPromises, ATargetLinkedTwiceCountsTwiceWithAnyCondition) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Book": {"fields": {"tags": {"type": "many_to_many", "to": "Tag", "through": "BookTag", "backref": "books"}}},
    "Tag": {"fields": {"weight": {"type": "integer"}}},
    "BookTag": {"fields": {"book": {"type": "foreign_key", "to": "Book"}, "tag": {"type": "foreign_key", "to": "Tag"},
                           "place": {"type": "integer"}}}}})");
  const Row book = db["Book"].create({}), tag = db["Tag"].create({{"weight", 3}});
  for (int place : {1, 2}) db["BookTag"].create({{"book", book}, {"tag", tag}, {"place", place}});
  const QuerySet books = db["Book"].objects();
  EXPECT_EQ(books.sum("tags__weight").integer(), 6);
  EXPECT_EQ(books.filter("book_tag_set__place__gt", 0).sum("tags__weight").integer(), 6);
}

TEST_P(QuerySetPromises, MoreTablesThanABackendJoinsAreRefusedByName) {
  if (is_postgres()) return;  // it has no such limit
  std::string fields;
  std::string models;
  for (int i = 0; i < 70; ++i) {
    const std::string n = std::to_string(i);
    fields +=
        (i == 0 ? "" : ", ") +
        ("\"r" + n + "\": {\"type\": \"foreign_key\", \"to\": \"T\", \"nullable\": true, \"backref\": \"b" + n + "\"}");
  }
  const Database db =
      open(R"({"dorm": 1, "models": {"T": {"fields": {"x": {"type": "text", "nullable": true}}}, "R": {"fields": {)" +
           fields + "}}}}");
  std::vector<Path> paths;
  for (int i = 0; i < 64; ++i) paths.emplace_back("r" + std::to_string(i));
  Database wide = Database::open(
      [&] {
        DatabaseConfig config;
        config.url = url();
        config.max_load_nodes = 200;
        return config;
      }(),
      db.registry());
  QueryCount count(wide);
  EXPECT_THAT([&] { wide["R"].objects().select_related(paths).all(); },
              ThrowsMessage<LimitError>(testing::AllOf(HasSubstr("the query joins 65 tables; sqlite allows 64: 'r0'"),
                                                       HasSubstr("prefetch_related"))));
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(QuerySetPromises, AForbiddenLoadNamesThePathFromTheRowsAskedFor) {
  const Database db = music();
  const Rows tracks = db["Track"].objects().select_related("album").lazy(LazyPolicy::raise).order_by("id").all();
  EXPECT_THAT([&] { tracks[0]["album"].related("tracks").size(); },
              ThrowsMessage<QueryError>(HasSubstr("load it with prefetch_related(\"album__tracks\")")));
}

TEST_P(QuerySetPromises, AllRelationsComeByOtherWaysWhenAsked) {
  const Database db = music();
  const auto read = [](const QuerySet& set) { return set.order_by("id").all().to_json(); };
  for (const bool follow : {false, true}) {
    for (const char* model : {"Album", "Track"}) {
      const QuerySet all = db[model].objects();
      EXPECT_EQ(read(all.load_all(follow)), read(all.select_all(follow))) << model << follow;
    }
  }
  QueryCount count(db);
  const Rows tracks = db["Track"].objects().load_all().strategy("album", Strategy::key_set).order_by("id").all();
  EXPECT_EQ(count.count(), 2U);
  EXPECT_TRUE(tracks[0]["album"].row().same_row(tracks[1]["album"].row())) << "children are shared";
  EXPECT_EQ(count.count(), 2U);
  const Rows bare = db["Track"].objects().load_all(true).exclude_fields("album").all();
  EXPECT_FALSE(bare[0].is_loaded("album"));
}

TEST_P(QuerySetPromises, AModelThatIsMetAgainIsLoadedAndNotFollowedByAnyWay) {
  const Database db = open(R"({"dorm": 1, "models": {
    "A": {"fields": {"name": {"type": "text"}, "b": {"type": "foreign_key", "to": "B", "backref": false},
                     "x": {"type": "foreign_key", "to": "X", "backref": false}}},
    "B": {"fields": {"name": {"type": "text"}, "c": {"type": "foreign_key", "to": "C", "backref": false}}},
    "C": {"fields": {"name": {"type": "text"}, "a": {"type": "foreign_key", "to": "A", "nullable": true, "backref": false}}},
    "X": {"fields": {"name": {"type": "text"}}}}})");
  const Row c = db["C"].create({{"name", "c"}});
  const Row a = db["A"].create(
      {{"name", "a"}, {"b", db["B"].create({{"name", "b"}, {"c", c}})}, {"x", db["X"].create({{"name", "x"}})}});
  c.set("a", a);
  c.save();
  const std::string joined = db["A"].objects().select_all(true).all().to_json();
  EXPECT_EQ(db["A"].objects().load_all(true).all().to_json(), joined);
  const Row again = db["A"].objects().load_all(true).get()["b"]["c"]["a"].row();
  EXPECT_EQ(again["name"].text(), "a");
  EXPECT_FALSE(again.is_loaded("x"));
}

TEST_P(QuerySetPromises, ACountIsOfRowsOfTheModel) {
  const Database db = music();
  EXPECT_THAT([&] { db["Album"].objects().select_related("tracks").raw_limit().limit(4).count(); },
              ThrowsMessage<QueryError>(HasSubstr("raw_limit() counts joined rows")));
}

}  // namespace
}  // namespace dorm::test
