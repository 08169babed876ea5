// QuerySets: which rows come, in what order, how many, in how many queries.
#include "api/music.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

class QuerySets : public Music {};
DORM_API_TESTS(QuerySets);

std::vector<std::string> titles(const QuerySet& set) { return texts(set.all(), "title"); }
std::vector<std::string> names(const QuerySet& set) { return texts(set.all(), "name"); }

TEST_P(QuerySets, ConditionsAreAllMet) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  EXPECT_THAT(titles(tracks.filter("position", 1)), ElementsAre("The Bird", "Help"));
  EXPECT_THAT(titles(tracks.filter({{"position", 1}, {"play_count__gt", 5}})), ElementsAre("The Bird"));
  EXPECT_THAT(titles(tracks.filter("position", 1).filter("play_count__gt", 5)), ElementsAre("The Bird"));
  EXPECT_THAT(titles(tracks.filter({"title", "Help"})), ElementsAre("Help"));
  EXPECT_THAT(titles(tracks.filter({})), testing::SizeIs(7));
}

TEST_P(QuerySets, AQuerySetNeverChanges) {
  const Database db = music();
  const QuerySet all = db["Track"].objects();
  static_cast<void>(all.filter("position", 1).order_by("title").limit(1));
  EXPECT_EQ(all.count(), 7);
}

TEST_P(QuerySets, RowsComeByPrimaryKeyIfNothingElseIsSaid) {
  const Database db = music();
  EXPECT_THAT(titles(db["Track"].objects().filter("play_count", 7)), ElementsAre("Sick Muse", "50%_Gold"));
  EXPECT_THAT(titles(db["Track"].objects().order_by("play_count").filter("play_count", 7).reverse()),
              ElementsAre("50%_Gold", "Sick Muse"));
}

TEST_P(QuerySets, MatchesAreLiteralAndKnowCase) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  EXPECT_THAT(titles(tracks.filter("title__contains", "e B")), ElementsAre("The Bird"));
  EXPECT_THAT(titles(tracks.filter("title__contains", "the")), IsEmpty());
  EXPECT_THAT(titles(tracks.filter("title__icontains", "THE")), ElementsAre("The Bird", "The Waters"));
  EXPECT_THAT(titles(tracks.filter("title__contains", "%")), ElementsAre("50%_Gold"));
  EXPECT_THAT(titles(tracks.filter("title__contains", "_")), ElementsAre("50%_Gold"));
  EXPECT_THAT(titles(tracks.filter("title__startswith", "%")), IsEmpty());
  EXPECT_THAT(titles(tracks.filter("title__iexact", "help")), ElementsAre("Help"));
  EXPECT_THAT(titles(tracks.filter("title__iexact", "____")), IsEmpty());
  EXPECT_THAT(titles(tracks.filter("title__exact", "help")), IsEmpty());
  EXPECT_THAT(titles(tracks.filter("title__iendswith", "MUSE")), ElementsAre("Sick Muse"));
  EXPECT_THAT(titles(tracks.filter("title__istartswith", "the")), ElementsAre("The Bird", "The Waters"));
  EXPECT_THAT(titles(tracks.filter("title__endswith", "s")), ElementsAre("The Waters"));
  EXPECT_THAT(titles(tracks.filter("title__like", "H%")), ElementsAre("Heart", "Help"));
  EXPECT_THAT(titles(tracks.filter("title__ilike", "h%")), ElementsAre("Heart", "Help"));
  EXPECT_THAT(titles(tracks.filter("title__regex", "^H.*t$")), ElementsAre("Heart"));
  EXPECT_THAT(titles(tracks.filter("title__iregex", "^h.*T$")), ElementsAre("Heart"));
}

TEST_P(QuerySets, OrdersListsAndRanges) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  EXPECT_THAT(titles(tracks.filter("position__gte", 3)), ElementsAre("The Waters", "50%_Gold", "Loose"));
  EXPECT_THAT(titles(tracks.filter("position__lt", 2)), ElementsAre("The Bird", "Help"));
  EXPECT_THAT(titles(tracks.filter("position__range", Values{2, 3})).size(), 4U);
  EXPECT_THAT(titles(tracks.filter("position__in", Values{3, 9})), ElementsAre("The Waters", "50%_Gold", "Loose"));
  EXPECT_THAT(titles(tracks.filter("position__not_in", Values{1, 2, 3})), ElementsAre("Loose"));
  EXPECT_THAT(titles(tracks.filter("position__in", Values{})), IsEmpty());
  EXPECT_THAT(titles(tracks.filter("position__not_in", Values{})), testing::SizeIs(7));
  EXPECT_THAT(titles(tracks.filter("position__ne", 1).filter("position__lte", 2)), ElementsAre("Heart", "Sick Muse"));
}

TEST_P(QuerySets, NullIsAValueToAskFor) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  EXPECT_THAT(titles(tracks.filter("play_count", nullptr)), ElementsAre("Heart"));
  EXPECT_THAT(titles(tracks.filter("play_count__isnull", true)), ElementsAre("Heart"));
  EXPECT_EQ(tracks.filter("play_count__isnull", false).count(), 6);
  EXPECT_EQ(tracks.filter("play_count__ne", nullptr).count(), 6);
  EXPECT_THAT(titles(tracks.filter("album", nullptr)), ElementsAre("Loose"));
}

TEST_P(QuerySets, AForeignKeyIsComparedWithItsKeyOrARow) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  const Row malibu = db["Album"].get(1), fantasies = db["Album"].get(2);
  QueryCount count(db);
  EXPECT_EQ(titles(tracks.filter("album", 1)).size(), 3U);
  EXPECT_EQ(titles(tracks.filter("album", malibu)).size(), 3U);
  EXPECT_EQ(titles(tracks.filter("album__in", std::vector<Row>{malibu, fantasies})).size(), 6U);
  EXPECT_EQ(titles(tracks.filter("album__in", std::vector<Row>{})).size(), 0U);
  EXPECT_EQ(titles(tracks.filter("album__not_in", std::vector<Row>{malibu})).size(), 3U);
  EXPECT_EQ(titles(tracks.filter("album__id", 1)).size(), 3U);
  EXPECT_EQ(titles(tracks.filter("album__pk__in", Values{1, 2})).size(), 6U);
  for (const std::string& statement : count.statements()) EXPECT_THAT(statement, testing::Not(HasSubstr("JOIN")));
}

TEST_P(QuerySets, AQueryIsAListOfKeys) {
  const Database db = music();
  const Model album = db["Album"];
  const QuerySet tracks = db["Track"].objects();
  QueryCount count(db);
  EXPECT_EQ(tracks.filter("album__in", album.objects().filter("name", "Malibu")).count(), 3);
  EXPECT_EQ(tracks.filter("album__in", album.select().where(album["name"] == "Malibu")).count(), 3);
  EXPECT_EQ(tracks.filter("album__in", album.objects().order_by("-name").limit(1)).count(), 3);
  EXPECT_EQ(tracks.filter("album__in", album.objects().filter("tracks__title", "Help")).count(), 3);
  EXPECT_EQ(count.count(), 4U);
}

TEST_P(QuerySets, PathsFilterBothEndsOfARelation) {
  const Database db = music();
  EXPECT_THAT(titles(db["Track"].objects().filter("album__name", "Malibu")),
              ElementsAre("The Bird", "Heart", "The Waters"));
  EXPECT_THAT(titles(db["Track"].objects().filter(db["Track"]["album"]["name"] == "Malibu")),
              ElementsAre("The Bird", "Heart", "The Waters"));
  EXPECT_THAT(names(db["Album"].objects().filter("tracks__position__gte", 2)), ElementsAre("Malibu", "Fantasies"));
  EXPECT_THAT(names(db["Album"].objects().filter("tracks__isnull", true)), ElementsAre("Empty"));
  EXPECT_THAT(names(db["Album"].objects().filter("tracks", 5)), ElementsAre("Fantasies"));
}

TEST_P(QuerySets, ConditionsOnOnePathMeanOneRelatedRow) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects();
  EXPECT_THAT(names(albums.filter({{"tracks__title", "Help"}, {"tracks__position", 2}})), IsEmpty());
  EXPECT_THAT(names(albums.filter("tracks__title", "Help").filter("tracks__position", 2)), IsEmpty());
  EXPECT_THAT(names(albums.filter(any("tracks", {"title", "Help"})).filter(any("tracks", {"position", 2}))),
              ElementsAre("Fantasies"));
}

TEST_P(QuerySets, AFilterAlongAPathTrimsAndAPredicateDoesNot) {
  const Database db = music();
  QueryCount count(db);
  const Rows trimmed = db["Album"].objects().select_related("tracks").filter("tracks__position", 1).all();
  ASSERT_EQ(trimmed.size(), 2U);
  EXPECT_THAT(texts(trimmed[0].related("tracks"), "title"), ElementsAre("The Bird"));
  const Rows whole = db["Album"].objects().select_related("tracks").filter(any("tracks", {"position", 1})).all();
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_THAT(texts(whole[0].related("tracks"), "title"), ElementsAre("The Bird", "Heart", "The Waters"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(QuerySets, PredicatesOfRelatedRows) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects();
  EXPECT_THAT(names(albums.filter(any("tracks"))), ElementsAre("Malibu", "Fantasies"));
  EXPECT_THAT(names(albums.filter(none("tracks"))), ElementsAre("Empty"));
  EXPECT_THAT(names(albums.filter(none("tracks", {"play_count", 7}))), ElementsAre("Malibu", "Empty"));
  EXPECT_THAT(names(albums.filter(every("tracks", {"play_count__gt", 1}))), ElementsAre("Fantasies", "Empty"));
  EXPECT_THAT(names(albums.filter(every("tracks", {"position__gt", 0}))), ElementsAre("Malibu", "Fantasies", "Empty"));
  EXPECT_THAT(names(albums.filter(!any("tracks", {"title__startswith", "The"}))), ElementsAre("Fantasies", "Empty"));
  EXPECT_THAT(titles(db["Track"].objects().filter(any("album__tracks", {"title", "Heart"}))),
              ElementsAre("The Bird", "Heart", "The Waters"));
}

TEST_P(QuerySets, ExcludeIsNotAllOfIt) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  EXPECT_THAT(titles(tracks.exclude("position__lte", 2)), ElementsAre("The Waters", "50%_Gold", "Loose"));
  EXPECT_THAT(titles(tracks.exclude({{"position", 1}, {"album", 1}})),
              ElementsAre("Heart", "The Waters", "Help", "Sick Muse", "50%_Gold", "Loose"));
  EXPECT_THAT(titles(tracks.exclude("position", 1).exclude("position", 2)),
              ElementsAre("The Waters", "50%_Gold", "Loose"));
  EXPECT_THAT(titles(tracks.exclude("play_count", 7)), ElementsAre("The Bird", "The Waters", "Help", "Loose"));
  EXPECT_THROW(tracks.exclude({}), QueryError);
}

TEST_P(QuerySets, GroupsOfConditions) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  const Model track = db["Track"];
  EXPECT_THAT(titles(tracks.filter(Filter("position", 9) | Filter("title", "Help"))), ElementsAre("Help", "Loose"));
  EXPECT_THAT(titles(tracks.filter(or_({Filter{{"position", 1}, {"album", 2}}, Filter("position", 9)}))),
              ElementsAre("Help", "Loose"));
  EXPECT_THAT(titles(tracks.filter(and_({Filter("position", 1), track["title"] != "Help"}))), ElementsAre("The Bird"));
  EXPECT_THAT(titles(tracks.exclude(or_({Filter("position__lt", 3), Filter("album", 1)}))), ElementsAre("50%_Gold"));
  EXPECT_THAT(titles(tracks.filter(Filter("play_count", track["position"] + 6))), IsEmpty());
  EXPECT_THAT(titles(tracks.filter("play_count__gt", track["position"] * 4)),
              ElementsAre("The Bird", "The Waters", "Help"));
}

TEST_P(QuerySets, OrderByPathsAndExpressions) {
  const Database db = music();
  const Model track = db["Track"];
  const QuerySet tracks = track.objects();
  EXPECT_THAT(titles(tracks.order_by("-position", "title")),
              ElementsAre("Loose", "50%_Gold", "The Waters", "Heart", "Sick Muse", "Help", "The Bird"));
  EXPECT_THAT(titles(tracks.order_by("album__name", "-title")),
              ElementsAre("Loose", "Sick Muse", "Help", "50%_Gold", "The Waters", "The Bird", "Heart"));
  EXPECT_THAT(titles(tracks.order_by(OrderExpr(track["play_count"]).nulls_last(), "title")).back(), "Heart");
  EXPECT_THAT(titles(tracks.order_by("play_count")).front(), "Heart");
  EXPECT_THAT(titles(tracks.order_by("-play_count")).back(), "Heart");
  EXPECT_THAT(titles(tracks.order_by("-title").order_by("title")).front(), "50%_Gold");
  EXPECT_THROW(tracks.order_by("titel"), QueryError);
  EXPECT_THROW(tracks.order_by("title__contains"), QueryError);
}

TEST_P(QuerySets, LimitsCountRowsOfTheModel) {
  const Database db = music();
  QueryCount count(db);
  const QuerySet joined = db["Album"].objects().select_related("tracks");
  EXPECT_THAT(names(joined.limit(2)), ElementsAre("Malibu", "Fantasies"));
  EXPECT_THAT(names(joined.limit(2).offset(1)), ElementsAre("Fantasies", "Empty"));
  EXPECT_EQ(joined.limit(1).all()[0].related("tracks").size(), 3U);
  EXPECT_THAT(names(joined.limit(0)), IsEmpty());
  EXPECT_THAT(names(joined.paginate(2, 2)), ElementsAre("Empty"));
  EXPECT_THAT(names(db["Album"].objects().limit(1).select_related("tracks")), ElementsAre("Malibu"));
  EXPECT_EQ(count.count(), 6U);
  EXPECT_THROW(joined.limit(-1), QueryError);
  EXPECT_THROW(joined.offset(-1), QueryError);
  EXPECT_THROW(joined.paginate(0), QueryError);
  EXPECT_THROW(joined.paginate(1, 0), QueryError);
  EXPECT_THROW(joined.paginate(INT64_MAX, 20), QueryError);
}

TEST_P(QuerySets, SlicesCountFromEitherEnd) {
  const Database db = music();
  const QuerySet by_title = db["Track"].objects().order_by("title");
  // 50%_Gold Heart Help Loose Sick Muse, The Bird, The Waters
  EXPECT_THAT(titles(by_title.slice(0, 2)), ElementsAre("50%_Gold", "Heart"));
  EXPECT_THAT(titles(by_title.slice(5)), ElementsAre("The Bird", "The Waters"));
  EXPECT_THAT(titles(by_title.slice(-2)), ElementsAre("The Bird", "The Waters"));
  EXPECT_THAT(titles(by_title.slice(-5, -2)), ElementsAre("Help", "Loose", "Sick Muse"));
  EXPECT_THAT(titles(by_title.slice(-1)), ElementsAre("The Waters"));
  EXPECT_THAT(titles(by_title.slice(-100)), testing::SizeIs(7));
  EXPECT_THAT(titles(by_title.slice(8, 2)), IsEmpty());
  EXPECT_THAT(titles(by_title.slice(-2, -5)), IsEmpty());
  EXPECT_THAT(titles(by_title.slice(0, 5).slice(1, 2)), ElementsAre("Heart"));
  EXPECT_THAT(titles(by_title.slice(-2).limit(1)), ElementsAre("50%_Gold"));
  EXPECT_THROW(by_title.slice(0, -2), QueryError);
  EXPECT_THROW(by_title.slice(-2, 2), QueryError);
  QueryCount count(db);
  EXPECT_THAT(names(db["Album"].objects().select_related("tracks").slice(-2)), ElementsAre("Fantasies", "Empty"));
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(QuerySets, FirstAndLastFollowTheOrder) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  QueryCount count(db);
  EXPECT_EQ(tracks.first()->operator[]("title").text(), "The Bird");
  EXPECT_EQ((*tracks.last())["title"].text(), "Loose");
  EXPECT_EQ((*tracks.order_by("title").first())["title"].text(), "50%_Gold");
  EXPECT_EQ((*tracks.order_by("title").last())["title"].text(), "The Waters");
  EXPECT_EQ((*tracks.order_by("-title").last())["title"].text(), "50%_Gold");
  EXPECT_EQ((*tracks.limit(3).last())["title"].text(), "The Waters");
  EXPECT_EQ((*tracks.slice(-3).first())["title"].text(), "Sick Muse");
  EXPECT_FALSE(tracks.filter("position", 77).first());
  EXPECT_FALSE(tracks.filter("position", 77).last());
  EXPECT_FALSE(tracks.limit(0).first());
  EXPECT_EQ(count.count(), 10U);
}

TEST_P(QuerySets, ByNumber) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  EXPECT_EQ(tracks[0]["title"].text(), "The Bird");
  EXPECT_EQ(tracks[6]["title"].text(), "Loose");
  EXPECT_EQ(tracks[-1]["title"].text(), "Loose");
  EXPECT_EQ(tracks[-7]["title"].text(), "The Bird");
  EXPECT_EQ(tracks.offset(2)[1]["title"].text(), "Help");
  EXPECT_EQ(tracks.limit(2)[-1]["title"].text(), "Heart");
  EXPECT_THROW(tracks[7], NotFound);
  EXPECT_THROW(tracks[-8], NotFound);
  EXPECT_THROW(tracks.limit(2)[2], NotFound);
  EXPECT_THROW(tracks[INT64_MIN], NotFound);
}

TEST_P(QuerySets, GetIsExactlyOneRowOfTheModel) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects();
  QueryCount count(db);
  EXPECT_EQ(albums.get("name", "Malibu")["id"].integer(), 1);
  EXPECT_EQ(albums.filter("tracks__position__gt", 0).filter("name", "Malibu").get()["id"].integer(), 1);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THROW(albums.get(), MultipleFound);
  EXPECT_THROW(albums.get("name__ne", "Malibu"), MultipleFound);
  EXPECT_THROW(albums.get("name", "nothing"), NotFound);
  EXPECT_FALSE(albums.get_or_none({"name", "nothing"}));
  EXPECT_THROW(albums.get_or_none(), MultipleFound);
  count.reset();
  static_cast<void>(albums.get("name", "Malibu"));
  EXPECT_THAT(count.statements()[0], testing::Not(HasSubstr("ORDER BY")));
  EXPECT_EQ(albums.limit(1).get()["id"].integer(), 1);
}

TEST_P(QuerySets, CountsAreRowsOfTheModel) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects();
  QueryCount count(db);
  EXPECT_EQ(albums.count(), 3);
  EXPECT_EQ(albums.filter("tracks__position__gt", 0).count(), 2);
  EXPECT_EQ(albums.filter("tracks__position__gt", 0).limit(1).count(), 1);
  EXPECT_EQ(albums.select_related("tracks").count(), 3);
  EXPECT_EQ(albums.limit(2).count(), 2);
  EXPECT_EQ(albums.offset(2).count(), 1);
  EXPECT_EQ(albums.slice(-2).count(), 2);
  EXPECT_EQ(albums.limit(0).count(), 0);
  EXPECT_EQ(count.count(), 8U);
  EXPECT_TRUE(albums.exists());
  EXPECT_TRUE(albums.filter("tracks__title", "Help").exists());
  EXPECT_FALSE(albums.filter("tracks__title", "nothing").exists());
  EXPECT_FALSE(albums.limit(0).exists());
  EXPECT_EQ(count.count(), 12U);
}

TEST_P(QuerySets, PartsOfDatesAreTheSameEverywhere) {
  const Database db = open(R"({"dorm": 1, "models": {"Event": {"fields": {
    "at": {"type": "datetime"}, "local": {"type": "datetime", "timezone": false},
    "on": {"type": "date"}, "from": {"type": "time"}}}}})");
  const QuerySet events = db["Event"].objects();
  const auto add = [&](const char* at) {
    const DateTime moment = DateTime::parse(at);
    const std::string text = moment.text();
    events.create({{"at", moment}, {"local", moment}, {"on", text.substr(0, 10)}, {"from", text.substr(11)}});
  };
  add("2020-12-31 23:59:59.999999");  // Thursday of week 53
  add("2021-01-03 00:00:00");         // Sunday, still week 53
  add("2021-01-04 09:05:07.5");       // Monday of week 1
  add("2024-02-29 12:00:00");         // Thursday of week 9
  const auto found = [&](const char* path, const Value& value) {
    return texts(events.filter(path, Expr(value)).all(), "id");
  };
  for (const std::string field : {"at", "local", "on"}) {
    EXPECT_THAT(found((field + "__year").c_str(), 2021), ElementsAre("2", "3")) << field;
    EXPECT_THAT(found((field + "__year__lte").c_str(), 2020), ElementsAre("1")) << field;
    EXPECT_THAT(found((field + "__quarter").c_str(), 4), ElementsAre("1")) << field;
    EXPECT_THAT(found((field + "__month").c_str(), 2), ElementsAre("4")) << field;
    EXPECT_THAT(found((field + "__day").c_str(), 31), ElementsAre("1")) << field;
    EXPECT_THAT(found((field + "__week").c_str(), 53), ElementsAre("1", "2")) << field;
    EXPECT_THAT(found((field + "__week").c_str(), 1), ElementsAre("3")) << field;
    EXPECT_THAT(found((field + "__week").c_str(), 9), ElementsAre("4")) << field;
    EXPECT_THAT(found((field + "__week_day").c_str(), 7), ElementsAre("2")) << field;
    EXPECT_THAT(found((field + "__week_day").c_str(), 1), ElementsAre("3")) << field;
    EXPECT_THAT(found((field + "__week_day__gt").c_str(), 3), ElementsAre("1", "2", "4")) << field;
  }
  for (const std::string field : {"at", "local", "from"}) {
    EXPECT_THAT(found((field + "__hour").c_str(), 23), ElementsAre("1")) << field;
    EXPECT_THAT(found((field + "__minute").c_str(), 5), ElementsAre("3")) << field;
    EXPECT_THAT(found((field + "__second").c_str(), 59), ElementsAre("1")) << field;
    EXPECT_THAT(found((field + "__second").c_str(), 7), ElementsAre("3")) << field;
  }
  EXPECT_THAT(found("at__date", Date::parse("2020-12-31")), ElementsAre("1"));
  EXPECT_THAT(found("at__time__lt", Time::parse("09:05:07.6")), ElementsAre("2", "3"));
  EXPECT_THAT(texts(events.order_by("at__month", "-at__day").all(), "id"), ElementsAre("3", "2", "4", "1"));
}

TEST_P(QuerySets, MistakesAreToldBeforeAnySql) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects();
  QueryCount count(db);
  EXPECT_THAT([&] { static_cast<void>(tracks.filter("titel", 1)); }, ThrowsMessage<QueryError>(HasSubstr("'title'")));
  EXPECT_THAT([&] { static_cast<void>(tracks.filter("album__titel", 1)); },
              ThrowsMessage<QueryError>(HasSubstr("no field or relation 'titel'")));
  EXPECT_THAT([&] { static_cast<void>(tracks.filter("position__contains", "a")); },
              ThrowsMessage<QueryError>(HasSubstr("possible are")));
  EXPECT_THROW(static_cast<void>(tracks.filter("position", "x")), DataError);
  EXPECT_THROW(static_cast<void>(tracks.select_related("title")), QueryError);
  EXPECT_THROW(static_cast<void>(tracks.prefetch_related("albun")), QueryError);
  EXPECT_THROW(static_cast<void>(tracks.fields({"titel"})), QueryError);
  EXPECT_THROW(static_cast<void>(tracks.filter(db["Track"]["position"])), QueryError);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(QuerySets, AnExplicitQueryOfTheSameRows) {
  const Database db = music();
  const Model album = db["Album"], track = db["Track"];
  EXPECT_THAT(texts(album.objects().filter("tracks__position__gt", 0).query().all(), "name"),
              UnorderedElementsAre("Malibu", "Fantasies"));
  EXPECT_THAT(texts(track.objects().order_by("-title").limit(2).query().all(), "title"),
              ElementsAre("The Waters", "The Bird"));
  EXPECT_THAT(texts(track.objects().order_by("title").slice(-2).query().all(), "title"),
              ElementsAre("The Bird", "The Waters"));
  EXPECT_THAT(
      texts(track.objects().filter("album__name", "Malibu").query().select(track["title"]).dicts().all(), "title"),
      UnorderedElementsAre("The Bird", "Heart", "The Waters"));
}

TEST_P(QuerySets, SqlIsToldWithoutRunningIt) {
  const Database db = music();
  QueryCount count(db);
  const BoundSql sql = db["Track"].objects().filter("position__gt", 1).sql();
  EXPECT_THAT(sql.sql, HasSubstr("WHERE (\"t1\".\"position\" > "));
  EXPECT_EQ(sql.parameters, Values{1});
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(QuerySets, OfAnAliasAreQueriesOfItsModel) {
  const Database db = music();
  const Model other = db["Track"].alias("other");
  EXPECT_THAT(titles(other.objects().filter("position", 1)), ElementsAre("The Bird", "Help"));
  EXPECT_THAT(titles(other.objects().filter(other["position"] == 9)), ElementsAre("Loose"));
  EXPECT_THAT(titles(other.objects().filter(db["Track"]["position"] == 9)), ElementsAre("Loose"));
}

}  // namespace
}  // namespace dorm::test
