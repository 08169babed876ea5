// iterate(): every row once, in order, chunk by chunk.
#include "api/music.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QuerySetIterate : public Music {};
DORM_API_TESTS(QuerySetIterate);

std::vector<std::string> read(QuerySet::Stream stream, const char* column) {
  std::vector<std::string> found;
  for (const Row& row : stream) found.push_back(row[column].to_text());
  return found;
}

TEST_P(QuerySetIterate, IsOneQueryForKeysAndOneForAChunk) {
  const Database db = music();
  QueryCount count(db);
  EXPECT_THAT(read(db["Track"].objects().order_by("-title").iterate(3), "title"),
              ElementsAre("The Waters", "The Bird", "Sick Muse", "Loose", "Help", "Heart", "50%_Gold"));
  EXPECT_EQ(count.count(), 4U);
  count.reset();
  EXPECT_THAT(read(db["Track"].objects().filter("position", 77).iterate(), "title"), IsEmpty());
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(QuerySetIterate, WhatComesAlongComesPerChunk) {
  const Database db = music();
  QueryCount count(db);
  std::vector<std::string> found;
  for (const Row& album : db["Album"].objects().order_by("name").prefetch_related("tracks").iterate(2)) {
    found.push_back(album["name"].to_text());
    for (const Row& track : album.related("tracks")) found.back() += " " + track["title"].to_text();
  }
  EXPECT_THAT(found, ElementsAre("Empty", "Fantasies Help Sick Muse 50%_Gold", "Malibu The Bird Heart The Waters"));
  EXPECT_EQ(count.count(), 5U);
}

TEST_P(QuerySetIterate, JoinedRowsSplitNoParent) {
  const Database db = music();
  EXPECT_THAT(
      read(db["Album"].objects().select_related("tracks").order_by("tracks__position", "name").iterate(1), "name"),
      ElementsAre("Empty", "Fantasies", "Malibu"));
  EXPECT_THAT(read(db["Album"].objects().filter("tracks__position__gt", 1).iterate(1), "name"),
              ElementsAre("Malibu", "Fantasies"));
}

TEST_P(QuerySetIterate, LimitsAndSlicesHold) {
  const Database db = music();
  const QuerySet tracks = db["Track"].objects().order_by("title");
  EXPECT_THAT(read(tracks.limit(3).iterate(2), "title"), ElementsAre("50%_Gold", "Heart", "Help"));
  EXPECT_THAT(read(tracks.slice(-3).iterate(2), "title"), ElementsAre("Sick Muse", "The Bird", "The Waters"));
  EXPECT_THAT(read(tracks.reverse().limit(2).iterate(1), "title"), ElementsAre("The Waters", "The Bird"));
  EXPECT_THROW(tracks.iterate(0), QueryError);
}

TEST_P(QuerySetIterate, RowsAreWrittenOnTheWay) {
  const Database db = music();
  for (const Row& track : db["Track"].objects().order_by("id").iterate(2)) {
    track.set("position", track["position"].integer() + 100);
    track.save();
  }
  EXPECT_EQ(db["Track"].objects().filter("position__gt", 100).count(), 7);
}

TEST_P(QuerySetIterate, TransactionsBeginAndEndOnTheWay) {
  const Database db = music();
  std::size_t seen = 0;
  for (const Row& track : db["Track"].objects().iterate(2)) {
    Transaction transaction = db.transaction();
    track.set("position", static_cast<std::int64_t>(++seen));
    track.save();
    transaction.commit();
  }
  EXPECT_EQ(seen, 7U);
  EXPECT_EQ(db["Track"].objects().sum("position"), Value(28));
}

TEST_P(QuerySetIterate, InATransactionItIsPartOfIt) {
  const Database db = music();
  Transaction transaction = db.transaction();
  db["Album"].create({{"name", "Uncommitted"}});
  EXPECT_THAT(read(db["Album"].objects().iterate(2), "name"),
              ElementsAre("Malibu", "Fantasies", "Empty", "Uncommitted"));
  transaction.rollback();
  EXPECT_EQ(db["Album"].objects().count(), 3);
}

TEST_P(QuerySetIterate, SeesOneStateOfTheDatabase) {
  const Database db = music();
  QuerySet::Stream stream = db["Track"].objects().iterate(2);
  EXPECT_EQ(stream.next()["title"].text(), "The Bird");
  db["Track"].objects().update_every({{"title", "changed"}});
  db["Track"].objects().filter("position", 9).delete_rows();
  if (in_memory()) {  // its only connection cannot keep a state apart
    EXPECT_THAT(read(std::move(stream), "title"), ElementsAre("Heart", "changed", "changed", "changed", "changed"));
  } else {
    EXPECT_THAT(read(std::move(stream), "title"),
                ElementsAre("Heart", "The Waters", "Help", "Sick Muse", "50%_Gold", "Loose"));
  }
  EXPECT_EQ(db["Track"].objects().filter("title", "changed").count(), 6);
}

TEST_P(QuerySetIterate, MayBeLeftEarly) {
  const Database db = music();
  for (int i = 0; i < 20; ++i) {
    QuerySet::Stream stream = db["Track"].objects().iterate(1);
    EXPECT_TRUE(stream.next().has_value());
  }
  EXPECT_EQ(db["Track"].objects().count(), 7);
}

TEST_P(QuerySetIterate, KeysOfSeveralColumns) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Place": {"primary_key": ["row", "number"], "fields": {"row": {"type": "integer"}, "number": {"type": "integer"}}}}})");
  for (const int number : {1, 2, 3, 4, 5}) db["Place"].create({{"row", number % 2}, {"number", number}});
  EXPECT_THAT(read(db["Place"].objects().order_by("-number").iterate(2), "number"),
              ElementsAre("5", "4", "3", "2", "1"));
}

}  // namespace
}  // namespace dorm::test
