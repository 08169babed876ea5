// Flat values, annotations, groups and aggregates of QuerySets.
#include "api/music.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

class QuerySetValues : public Music {};
DORM_API_TESTS(QuerySetValues);

// "name=Malibu n=3", a line for each row.
std::vector<std::string> named_values(const Rows& rows) {
  std::vector<std::string> made;
  for (const Row& row : rows) {
    std::string line;
    for (const std::string& name : row.names())
      line += (line.empty() ? "" : " ") + name + "=" + (row[name].is_null() ? "null" : row[name].to_text());
    made.push_back(line);
  }
  return made;
}

TEST_P(QuerySetValues, AreFlatRowsByName) {
  const Database db = music();
  QueryCount count(db);
  const QuerySet tracks = db["Track"].objects().filter("position", 1);
  EXPECT_THAT(named_values(tracks.values({"title", "album__name"})),
              ElementsAre("title=The Bird album__name=Malibu", "title=Help album__name=Fantasies"));
  EXPECT_THAT(named_values(tracks.values()), ElementsAre("id=1 album_id=1 title=The Bird position=1 play_count=10",
                                                         "id=4 album_id=2 title=Help position=1 play_count=5"));
  EXPECT_THAT(named_values(tracks.fields({"title"}).values()), ElementsAre("id=1 title=The Bird", "id=4 title=Help"));
  EXPECT_EQ(count.count(), 3U);
  EXPECT_THAT(named_values(tracks.filter("position", 2).values()), IsEmpty());
}

TEST_P(QuerySetValues, AreOnePerJoinedRow) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects().select_related("tracks");
  EXPECT_EQ(albums.values().size(), 7U);
  EXPECT_EQ(albums.limit(1).values().size(), 3U);
  EXPECT_THAT(named_values(albums.filter("tracks__position", 1).values({"name", "tracks__title"})),
              ElementsAre("name=Malibu tracks__title=The Bird", "name=Fantasies tracks__title=Help"));
}

TEST_P(QuerySetValues, AListIsByPosition) {
  const Database db = music();
  const Rows rows = db["Track"].objects().order_by("title").limit(1).values_list({"title", "position"});
  EXPECT_EQ(rows[0][0].text(), "50%_Gold");
  EXPECT_EQ(rows[0][1].integer(), 3);
  EXPECT_THAT(db["Album"].objects().order_by("-name").flat("name"), ElementsAre("Malibu", "Fantasies", "Empty"));
  EXPECT_THAT(db["Track"].objects().distinct().order_by("position").flat("position"), ElementsAre(1, 2, 3, 9));
  EXPECT_THROW(db["Album"].objects().flat("tracks"), QueryError);
  EXPECT_THROW(db["Album"].objects().values({"nam"}), QueryError);
}

TEST_P(QuerySetValues, AnAnnotationIsNeverMultiplied) {
  const Database db = music();
  QueryCount count(db);
  const QuerySet albums = db["Album"]
                              .objects()
                              .annotate("tracks_in_all", Aggregate::count("tracks"))
                              .annotate("plays", Aggregate::sum("tracks__play_count"))
                              .annotate("best", Aggregate::max("tracks__play_count"))
                              .annotate("mean", Aggregate::avg("tracks__position"));
  const Rows rows = albums.select_related("tracks").all();
  EXPECT_THAT(texts(rows, "tracks_in_all"), ElementsAre("3", "3", "0"));
  EXPECT_THAT(texts(rows, "plays"), ElementsAre("40", "19", "null"));
  EXPECT_THAT(texts(rows, "best"), ElementsAre("30", "7", "null"));
  EXPECT_THAT(texts(rows, "mean"), ElementsAre("2.0", "2.0", "null"));
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(QuerySetValues, AnnotationsAreFilteredAndOrderedByName) {
  const Database db = music();
  const QuerySet albums = db["Album"]
                              .objects()
                              .annotate("plays", Aggregate::sum("tracks__play_count"))
                              .annotate("late", Aggregate::count("tracks").where({"position__gt", 1}));
  EXPECT_THAT(texts(albums.filter("plays__gt", 20).all(), "name"), ElementsAre("Malibu"));
  EXPECT_THAT(texts(albums.filter("plays__isnull", true).all(), "name"), ElementsAre("Empty"));
  EXPECT_THAT(texts(albums.order_by("-plays").all(), "name"), ElementsAre("Malibu", "Fantasies", "Empty"));
  EXPECT_THAT(texts(albums.order_by("plays").all(), "name"), ElementsAre("Empty", "Fantasies", "Malibu"));
  EXPECT_THAT(texts(albums.order_by("plays").limit(2).select_related("tracks").all(), "name"),
              ElementsAre("Empty", "Fantasies"));
  EXPECT_THAT(texts(albums.all(), "late"), ElementsAre("2", "2", "0"));
  EXPECT_EQ(albums.filter("late", 2).count(), 2);
  EXPECT_THAT(named_values(albums.filter("late", 0).values({"name", "late"})), ElementsAre("name=Empty late=0"));
}

TEST_P(QuerySetValues, AnAnnotationMayBeAnExpression) {
  const Database db = music();
  const Model track = db["Track"];
  const QuerySet tracks = track.objects().annotate("twice", track["position"] * 2);
  EXPECT_THAT(texts(tracks.filter("twice__gte", 6).all(), "twice"), ElementsAre("6", "6", "18"));
  const QuerySet by_album = track.objects().annotate("on_album", track["album"]["name"]);
  EXPECT_THAT(texts(by_album.filter("on_album", "Malibu").all(), "on_album"),
              ElementsAre("Malibu", "Malibu", "Malibu"));
}

TEST_P(QuerySetValues, SeveralStepsAndDistinctOnes) {
  const Database db = open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/school_m2m"));
  const Model course = db["Course"], student = db["Student"];
  const Row math = course.create({{"name", "math"}}), art = course.create({{"name", "art"}});
  course.create({{"name", "empty"}});
  const Row ann = student.create({{"name", "ann"}}), bob = student.create({{"name", "bob"}});
  math.related("students").add({ann, bob});
  art.related("students").add(ann);
  const QuerySet courses = course.objects().order_by("id");
  EXPECT_THAT(texts(courses.annotate("n", Aggregate::count("students")).all(), "n"), ElementsAre("2", "1", "0"));
  EXPECT_THAT(texts(courses.annotate("n", Aggregate::count("students__courses")).all(), "n"),
              ElementsAre("3", "2", "0"));
  EXPECT_THAT(texts(courses.annotate("n", Aggregate::count("students__courses").distinct()).all(), "n"),
              ElementsAre("2", "2", "0"));
  EXPECT_THAT(texts(courses.annotate("first", Aggregate::min("students__name")).all(), "first"),
              ElementsAre("ann", "ann", "null"));
  EXPECT_THAT(texts(courses.filter(any("students", {"name", "bob"})).all(), "name"), ElementsAre("math"));
  EXPECT_THAT(texts(courses.filter(any("students__courses", {"name", "art"})).all(), "name"),
              ElementsAre("math", "art"));
  EXPECT_THAT(texts(courses.filter("students__name", "ann").all(), "name"), ElementsAre("math", "art"));
  EXPECT_EQ(courses.filter("students__name__in", Values{"ann", "bob"}).count(), 2);
}

TEST_P(QuerySetValues, GroupsHaveAggregates) {
  const Database db = music();
  QueryCount count(db);
  const QuerySet by_album = db["Track"]
                                .objects()
                                .group_by({"album__name"})
                                .annotate("n", Aggregate::count("id"))
                                .annotate("plays", Aggregate::sum("play_count"))
                                .order_by("album__name");
  EXPECT_THAT(named_values(by_album.values()),
              ElementsAre("album__name=null n=1 plays=1", "album__name=Fantasies n=3 plays=19",
                          "album__name=Malibu n=3 plays=40"));
  EXPECT_THAT(named_values(by_album.having({"plays__gt", 10}).values({"album__name", "n"})),
              ElementsAre("album__name=Fantasies n=3", "album__name=Malibu n=3"));
  EXPECT_THAT(named_values(by_album.order_by("-plays").limit(1).values({"plays"})), ElementsAre("plays=40"));
  EXPECT_EQ(count.count(), 3U);
}

TEST_P(QuerySetValues, TheOrderOfCallsLeavesNoTrace) {
  const Database db = music();
  const QuerySet annotated =
      db["Album"].objects().annotate("plays", Aggregate::sum("tracks__play_count")).order_by("-plays");
  EXPECT_THAT(named_values(annotated.group_by({"is_best_seller"}).values()),
              ElementsAre("is_best_seller=true plays=40", "is_best_seller=false plays=19"));
  EXPECT_EQ(
      db["Album"].objects().group_by({"name"}).annotate("n", Aggregate::count("tracks")).order_by("-n").sql().sql,
      db["Album"].objects().annotate("n", Aggregate::count("tracks")).order_by("-n").group_by({"name"}).sql().sql);
}

TEST_P(QuerySetValues, GroupsOfParts) {
  const Database db = open(R"({"dorm": 1, "models": {"Event": {"fields": {"at": {"type": "datetime"}}}}})");
  for (const char* at : {"2020-01-01", "2020-06-01", "2021-01-01"}) db["Event"].create({{"at", at}});
  const QuerySet years = db["Event"].objects().group_by({"at__year"}).annotate("n", Aggregate::count("id"));
  EXPECT_THAT(named_values(years.order_by("at__year").values()), ElementsAre("at__year=2020 n=2", "at__year=2021 n=1"));
  EXPECT_THAT(named_values(years.order_by("-at__year").values({"n", "at__year"})),
              ElementsAre("n=1 at__year=2021", "n=2 at__year=2020"));
  EXPECT_THAT(db["Event"].objects().flat("at__month"), ElementsAre(1, 6, 1));
}

TEST_P(QuerySetValues, NothingIsCountedTwiceInAGroup) {
  const Database db = open(Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/school_m2m"));
  const QuerySet courses = db["Course"].objects().group_by({"name"});
  QueryCount count(db);
  EXPECT_THAT(
      [&] {
        static_cast<void>(courses.annotate("visitors", Aggregate::count("students"))
                              .annotate("rows", Aggregate::count("students__courses"))
                              .values());
      },
      ThrowsMessage<QueryError>(HasSubstr("'visitors' would count rows once for each row of")));
  EXPECT_THROW(courses.filter("students__name", "ann").annotate("n", Aggregate::count("id")).values(), QueryError);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_NO_THROW(courses.filter("students__name", "ann").annotate("n", Aggregate::count("id").distinct()).values());
  EXPECT_NO_THROW(courses.filter(any("students", {"name", "ann"})).annotate("n", Aggregate::count("id")).values());
}

TEST_P(QuerySetValues, GroupsAreReadAsValuesOnly) {
  const Database db = music();
  const QuerySet groups = db["Track"].objects().group_by({"position"}).annotate("n", Aggregate::count("id"));
  QueryCount count(db);
  EXPECT_THROW(groups.all(), QueryError);
  EXPECT_THROW(groups.count(), QueryError);
  EXPECT_THROW(groups.first(), QueryError);
  EXPECT_THROW(groups.sum("position"), QueryError);
  EXPECT_THAT([&] { static_cast<void>(db["Track"].objects().annotate("n", Aggregate::count("id")).all()); },
              ThrowsMessage<QueryError>(HasSubstr("group_by")));
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(QuerySetValues, AreAnExplicitQueryToo) {
  const Database db = music();
  const Model album = db["Album"], track = db["Track"];
  const QuerySet groups = track.objects().filter("album__isnull", false).group_by({"album"}).annotate("n", fn::count());
  QueryCount count(db);
  EXPECT_EQ(groups.values_query().count(), 2);
  EXPECT_FALSE(groups.having({"n__gt", 3}).values_query().exists());
  EXPECT_EQ(track.objects().distinct().values_query({"position"}).count(), 4);
  const Query place_of_help = track.objects().filter("title", "Help").values_query({"position"});
  EXPECT_EQ(track.select().where(track["position"].in(place_of_help)).count(), 2);
  const Subquery counted = groups.values_query().alias("counted");
  EXPECT_THAT(named_values(album.select(album["name"], counted.c("n"))
                               .join(counted, {.on = album["id"] == counted.c("album")})
                               .order_by(album["id"])
                               .dicts()
                               .all()),
              ElementsAre("name=Malibu n=3", "name=Fantasies n=3"));
  // Columns keep their names where the rows are turned round again.
  const Query last = track.objects().distinct().order_by("title").slice(-2).values_query({"title", "album__name"});
  EXPECT_THAT(named_values(last.all()),
              ElementsAre("title=The Bird album__name=Malibu", "title=The Waters album__name=Malibu"));
  EXPECT_EQ(count.count(), 6U);
  EXPECT_THROW(track.objects().values_query({"titel"}), QueryError);
  EXPECT_THROW(track.objects().values_query({"tracks"}), QueryError);
  EXPECT_EQ(count.count(), 6U);
}

TEST_P(QuerySetValues, AnnotationsNeedANameOfTheirOwn) {
  const Database db = music();
  const QuerySet albums = db["Album"].objects();
  EXPECT_THROW(albums.annotate("name", Aggregate::count("tracks")), QueryError);
  EXPECT_THROW(albums.annotate("a__b", Aggregate::count("tracks")), QueryError);
  EXPECT_THROW(albums.annotate("n", Aggregate::count("tracks")).annotate("n", Aggregate::count("tracks")), QueryError);
  EXPECT_THROW(albums.annotate("n", Aggregate::sum("tracks")), QueryError);
  EXPECT_THROW(albums.annotate("n", Aggregate::sum("tracks__title")), QueryError);
  EXPECT_THROW(albums.annotate("n", Aggregate::count("track")), QueryError);
}

TEST_P(QuerySetValues, AggregatesCountEachRowOnce) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects(), albums = db["Album"].objects();
  QueryCount count(db);
  EXPECT_EQ(tracks.sum("play_count"), Value(60));
  EXPECT_EQ(tracks.avg("play_count"), Value(10.0));
  EXPECT_EQ(tracks.min("title"), Value("50%_Gold"));
  EXPECT_EQ(tracks.max("position"), Value(9));
  EXPECT_EQ(tracks.filter("position", 77).sum("play_count"), Value());
  EXPECT_EQ(tracks.filter("album__name", "Malibu").sum("position"), Value(6));
  EXPECT_EQ(albums.sum("tracks__play_count"), Value(59));
  EXPECT_EQ(albums.filter("tracks__position__gt", 1).sum("tracks__play_count"), Value(44));
  EXPECT_EQ(albums.filter("tracks__position__gt", 1).sum("id"), Value(3));
  EXPECT_EQ(albums.select_related("tracks").sum("id"), Value(6));
  EXPECT_EQ(albums.limit(1).sum("tracks__play_count"), Value(40));
  EXPECT_EQ(tracks.order_by("-position").limit(2).sum("position"), Value(12));
  EXPECT_EQ(albums.annotate("n", Aggregate::count("tracks")).max("n"), Value(3));
  EXPECT_EQ(count.count(), 13U);
  EXPECT_THROW(tracks.sum("title"), QueryError);
  EXPECT_THROW(tracks.sum("nothing"), QueryError);
}

}  // namespace
}  // namespace dorm::test
