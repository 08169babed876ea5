// What groups and aggregates count: each row once, whatever else is joined, ordered by or asked for.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::vector<std::string> lines(const Rows& rows) {
  std::vector<std::string> made;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.names().size(); ++i)
      line += (i == 0 ? "" : " ") + (row[i].is_null() ? "null" : row[i].to_text());
    made.push_back(line);
  }
  return made;
}

class QuerySetCounting : public Api {
 protected:
  void SetUp() override {
    db.emplace(open(R"({"dorm": 1, "models": {
      "Artist": {"fields": {"name": {"type": "text"}}},
      "Label": {"fields": {"name": {"type": "text"}}},
      "Album": {"fields": {"name": {"type": "text"}, "year": {"type": "integer", "nullable": true},
                           "artist": {"type": "foreign_key", "to": "Artist", "nullable": true, "backref": "albums"},
                           "labels": {"type": "many_to_many", "to": "Label", "backref": "albums"}}},
      "Track": {"fields": {"title": {"type": "text"}, "position": {"type": "integer"},
                           "plays": {"type": "integer", "nullable": true},
                           "album": {"type": "foreign_key", "to": "Album", "backref": "tracks"}}}}})"));
    const Row miley = (*db)["Artist"].create({{"name", "Miley"}});
    const Row emi = (*db)["Label"].create({{"name", "EMI"}}), rca = (*db)["Label"].create({{"name", "RCA"}});
    const Row malibu = (*db)["Album"].create({{"name", "Malibu"}, {"year", 2017}, {"artist", miley}});
    const Row fantasies = (*db)["Album"].create({{"name", "Fantasies"}, {"year", 2009}});
    (*db)["Album"].create({{"name", "Empty"}});
    malibu.related("labels").add({emi, rca});
    fantasies.related("labels").add({rca});
    const auto add = [&](const Row& album, const char* title, int position, int plays) {
      (*db)["Track"].create({{"album", album}, {"title", title}, {"position", position}, {"plays", plays}});
    };
    add(malibu, "Bird", 1, 10);
    add(malibu, "Heart", 2, 20);
    add(malibu, "Waters", 3, 30);
    add(fantasies, "Help", 1, 5);
    add(fantasies, "Sick", 2, 7);
  }
  QuerySet albums() const { return (*db)["Album"].objects(); }
  QuerySet tracks() const { return (*db)["Track"].objects(); }
  QuerySet counted_by_name() const {
    return albums().annotate("n", Aggregate::count("pk")).group_by({"name"}).order_by("name");
  }

  std::optional<Database> db;
};
DORM_API_TESTS(QuerySetCounting);

TEST_P(QuerySetCounting, WhatComesAlongDoesNotMultiplyGroups) {
  const auto once = ElementsAre("Empty 1", "Fantasies 1", "Malibu 1");
  EXPECT_THAT(lines(counted_by_name().values()), once);
  EXPECT_THAT(lines(counted_by_name().select_all().values()), once);
  EXPECT_THAT(lines(counted_by_name().select_related({"tracks", "labels"}).values()), once);
  EXPECT_THAT(lines(counted_by_name().select_related("tracks").fields("tracks__title").values()), once);
  EXPECT_THAT(lines(counted_by_name().select_related("tracks").values({"n"})), ElementsAre("1", "1", "1"));
}

TEST_P(QuerySetCounting, GroupsThatWouldCountRowsAgainAreRefused) {
  const Column position = (*db)["Album"]["tracks"]["position"];
  const auto refused = AllOf(HasSubstr("'n'"), HasSubstr("'tracks'"));
  EXPECT_THAT([&] { static_cast<void>(counted_by_name().having(fn::max(position) > 1).values()); },
              ThrowsMessage<QueryError>(refused));
  EXPECT_THAT([&] { static_cast<void>(counted_by_name().order_by(fn::max(position)).values()); },
              ThrowsMessage<QueryError>(refused));
  // Along the path that is counted nothing is repeated.
  const QuerySet plays = albums().annotate("plays", Aggregate::sum("tracks__plays")).group_by({"name"});
  EXPECT_THAT(lines(plays.having(fn::max(position) > 2).values()), ElementsAre("Malibu 60"));
  EXPECT_THAT(lines(plays.having(fn::max(position) > 0).order_by(fn::max(position).desc()).values()),
              ElementsAre("Malibu 60", "Fantasies 12"));
}

TEST_P(QuerySetCounting, AConditionOfAnAggregateCountsEachRelatedRowOnce) {
  const auto labelled = [](const Aggregate& aggregate) {
    return aggregate.where({"album__labels__name__in", Values{"EMI", "RCA"}});
  };
  const QuerySet annotated = albums()
                                 .annotate("n", labelled(Aggregate::count("tracks")))
                                 .annotate("plays", labelled(Aggregate::sum("tracks__plays")))
                                 .order_by("name");
  EXPECT_THAT(lines(annotated.values_list({"name", "n", "plays"})),
              ElementsAre("Empty 0 null", "Fantasies 2 12", "Malibu 3 60"));
  EXPECT_THAT(lines(annotated.group_by({"name"}).values()),
              ElementsAre("Empty 0 null", "Fantasies 2 12", "Malibu 3 60"));
  const QuerySet emi =
      albums().annotate("n", Aggregate::count("tracks").where({"album__labels__name", "EMI"})).order_by("name");
  EXPECT_THAT(lines(emi.values_list({"n"})), ElementsAre("0", "0", "3"));
  EXPECT_THAT(lines(emi.group_by({"name"}).values_list({"n"})), ElementsAre("0", "0", "3"));
  // Of a row two relations away, and along a many_to_many.
  EXPECT_THAT(lines((*db)["Artist"]
                        .objects()
                        .annotate("n", Aggregate::count("albums__labels").where({"albums__tracks__position__gte", 1}))
                        .values_list({"n"})),
              ElementsAre("2"));
}

TEST_P(QuerySetCounting, AConditionAlongToOnePathsIsPartOfTheGroup) {
  const QuerySet groups = albums()
                              .annotate("n", Aggregate::count("tracks").where({"album__year__gt", 2010}))
                              .group_by({"name"})
                              .order_by("name");
  EXPECT_THAT(lines(groups.values()), ElementsAre("Empty 0", "Fantasies 0", "Malibu 3"));
}

TEST_P(QuerySetCounting, SlicesFromTheEndCountGroups) {
  const QuerySet groups = tracks().annotate("n", Aggregate::count("pk")).group_by({"position"}).order_by("position");
  EXPECT_THAT(lines(groups.values()), ElementsAre("1 2", "2 2", "3 1"));
  EXPECT_THAT(lines(groups.slice(-2).values()), ElementsAre("2 2", "3 1"));
  EXPECT_THAT(lines(groups.slice(-2, -1).values()), ElementsAre("2 2"));
  EXPECT_THAT(lines(groups.slice(-1).values_list({"n"})), ElementsAre("1"));
  EXPECT_THAT(lines(groups.order_by("n", "-position").slice(-2).values()), ElementsAre("2 2", "1 2"));
  EXPECT_THAT(lines(groups.reverse().slice(-1).values()), ElementsAre("1 2"));
  EXPECT_EQ(groups.slice(-2).values()[0]["position"].integer(), 2);
  EXPECT_THAT(lines(groups.having({"n", 2}).slice(-1).values()), ElementsAre("2 2"));
  EXPECT_THAT(lines(groups.filter("position__lt", 3).slice(-10).values()), ElementsAre("1 2", "2 2"));
  EXPECT_THAT(groups.slice(-1).sql().sql, HasSubstr("GROUP BY"));
}

TEST_P(QuerySetCounting, SlicesFromTheEndCountDistinctValues) {
  const QuerySet positions = tracks().distinct().order_by("position");
  EXPECT_EQ(positions.flat("position"), (Values{1, 2, 3}));
  EXPECT_EQ(positions.slice(-2).flat("position"), (Values{2, 3}));
  EXPECT_EQ(positions.slice(-2, -1).flat("position"), (Values{2}));
  // The last two of the rows would be of one value.
  EXPECT_EQ(tracks().distinct().order_by("-position").slice(-2).flat("position"), (Values{2, 1}));
  const QuerySet years = albums().distinct().order_by((*db)["Album"]["year"].asc().nulls_last());
  EXPECT_THAT(lines(years.slice(-2).values({"year"})), ElementsAre("2017", "null"));
}

TEST_P(QuerySetCounting, ASliceFromTheEndOfGroupsNeedsAnOrder) {
  const QuerySet groups = tracks().annotate("n", Aggregate::count("pk")).group_by({"position"});
  EXPECT_THAT([&] { static_cast<void>(groups.slice(-1).values()); }, ThrowsMessage<QueryError>(HasSubstr("order_by")));
}

TEST_P(QuerySetCounting, ARowHasOneValueOfAnAnnotation) {
  EXPECT_THAT([&] { static_cast<void>(albums().annotate("label", (*db)["Album"]["labels"]["name"])); },
              ThrowsMessage<QueryError>(AllOf(HasSubstr("'label'"), HasSubstr("'labels'"), HasSubstr("Aggregate"))));
  EXPECT_THROW(static_cast<void>(albums().annotate("late", (*db)["Album"]["tracks"]["position"] > 1)), QueryError);
  EXPECT_NO_THROW(static_cast<void>(tracks().annotate("album_name", (*db)["Track"]["album"]["name"]).all()));
  // Of a group it may be an aggregate.
  const QuerySet last = albums().annotate("last", fn::max((*db)["Album"]["tracks"]["position"]));
  EXPECT_THAT(lines(last.group_by({"name"}).order_by("name").values()),
              ElementsAre("Empty null", "Fantasies 2", "Malibu 3"));
}

TEST_P(QuerySetCounting, ReversedGroupsHaveTheirNullsAtTheOtherEnd) {
  const Column year = (*db)["Album"]["year"];
  const QuerySet groups = albums().annotate("n", Aggregate::count("pk")).group_by({"year"});
  EXPECT_THAT(lines(groups.order_by(year.asc().nulls_last()).values()), ElementsAre("2009 1", "2017 1", "null 1"));
  EXPECT_THAT(lines(groups.order_by(year.asc().nulls_last()).reverse().values()),
              ElementsAre("null 1", "2017 1", "2009 1"));
  EXPECT_THAT(lines(albums().distinct().order_by(year.desc().nulls_first()).reverse().values({"year"})),
              ElementsAre("2009", "2017", "null"));
}

TEST_P(QuerySetCounting, RelationsAreNotAddedUp) {
  for (const char* path : {"tracks", "artist", "labels", "artist__albums"}) {
    EXPECT_THAT([&] { static_cast<void>(albums().sum(path)); },
                ThrowsMessage<QueryError>(AllOf(HasSubstr(path), HasSubstr("name a field"))));
    EXPECT_THROW(static_cast<void>(albums().max(path)), QueryError);
  }
  EXPECT_EQ(albums().sum("tracks__plays").integer(), 72);
  EXPECT_EQ(albums().max("pk").integer(), 3);
  EXPECT_EQ(albums().annotate("n", Aggregate::count("tracks")).sum("n").integer(), 5);
}

}  // namespace
}  // namespace dorm::test
