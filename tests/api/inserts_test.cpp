// Rows inserted, changed and met again in bulk: counts, keys, states, and what is refused.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

constexpr const char* pages = R"({"dorm": 1, "models": {
  "Page": {"fields": {"url": {"type": "string", "max_length": 20, "unique": true},
    "hits": {"type": "integer", "default": 0}, "title": {"type": "text", "nullable": true},
    "token": {"type": "uuid", "default": {"fn": "uuid4"}}}},
  "Visit": {"primary_key": ["page", "day"], "fields": {
    "page": {"type": "foreign_key", "to": "Page", "on_delete": "cascade"},
    "day": {"type": "date"}, "count": {"type": "integer", "default": 1}}},
  "Note": {"version_field": "revision", "fields": {"text": {"type": "text"}, "revision": {"type": "integer"}}}}})";

using NamedValues = std::vector<std::pair<std::string, Value>>;

class Inserts : public Api {
 protected:
  Database db = open(pages);
  Model page = db["Page"], visit = db["Visit"], note = db["Note"];

  std::vector<std::string> rows() const {
    std::vector<std::string> found;
    for (const Row& row : page.select(page["url"], page["hits"]).order_by(page["url"]).dicts())
      found.push_back(row["url"].to_text() + " " + row["hits"].to_text());
    return found;
  }
};
DORM_API_TESTS(Inserts);

TEST_P(Inserts, ManyRowsGetTheirKeysInFewStatements) {
  std::vector<NamedValues> given;
  for (int i = 0; i < 300; ++i) given.push_back({{"url", "/" + std::to_string(i)}, {"hits", i}});
  const QueryCount count(db);
  const Rows made = page.bulk_create(given);
  EXPECT_EQ(count.count(), 1U);
  ASSERT_EQ(made.size(), 300U);
  for (std::size_t i = 0; i < made.size(); ++i) {
    EXPECT_TRUE(made[i].is_saved());
    EXPECT_FALSE(made[i].is_dirty());
    EXPECT_EQ(made[i]["hits"].integer(), static_cast<std::int64_t>(i));
    if (i != 0) {
      EXPECT_GT(made[i]["id"].integer(), made[i - 1]["id"].integer());
    }
  }
  EXPECT_EQ(page.get(made[7]["id"].integer())["url"].text(), "/7");
  EXPECT_EQ(page.select(page["token"]).distinct().count(), 300) << "each row has a default of its own";
  EXPECT_TRUE(page.bulk_create({}).empty());
}

TEST_P(Inserts, ABulkThatFailsLeavesNothing) {
  page.create({{"url", "/b"}});
  EXPECT_THROW(page.bulk_create({{{"url", "/a"}}, {{"url", "/b"}}}), UniqueViolation);
  EXPECT_THROW(page.bulk_create({{{"url", "/a"}}, {{"hits", 1}}}), DataError);
  EXPECT_THROW(page.bulk_create({{{"url", std::string(21, 'x')}}}), DataError);
  EXPECT_THAT(rows(), ElementsAre("/b 0"));
  Transaction tx = db.transaction();
  const Rows made = page.bulk_create({{{"url", "/c"}}});
  tx.rollback();
  EXPECT_FALSE(made[0].is_saved());
  EXPECT_FALSE(made[0].is_loaded("id"));
  EXPECT_TRUE(made[0].save());
}

TEST_P(Inserts, ChangedRowsAreWrittenTogether) {
  std::vector<NamedValues> given;
  for (int i = 0; i < 50; ++i) given.push_back({{"url", "/" + std::to_string(i)}});
  std::vector<Row> changed;
  for (const Row& row : page.bulk_create(given)) changed.push_back(row);
  for (std::size_t i = 0; i < changed.size(); ++i) {
    changed[i].set("hits", static_cast<std::int64_t>(i * 2));
    if (i % 2 == 0) changed[i].set("title", i == 0 ? Value() : Value("even"));
  }
  changed[1].set("title", "odd");
  const QueryCount count(db);
  EXPECT_EQ(page.bulk_update(changed), 50);
  EXPECT_EQ(count.count(), 2U) << "one for each set of changed fields";
  EXPECT_EQ(page.bulk_update(changed), 0);
  EXPECT_EQ(count.count(), 2U);
  EXPECT_FALSE(changed[3].is_dirty());
  EXPECT_EQ(page.get(page["url"] == "/9")["hits"].integer(), 18);
  EXPECT_EQ(page.objects().filter("title", "even").count(), 24);
  EXPECT_EQ(page.get(page["url"] == "/1")["title"].text(), "odd");
}

TEST_P(Inserts, AChangedRowThatIsGoneStopsTheBulk) {
  const Row a = page.create({{"url", "/a"}}), b = page.create({{"url", "/b"}});
  page.select().where(page["url"] == "/b").delete_rows();
  a.set("hits", 1);
  b.set("hits", 1);
  EXPECT_THAT([&] { page.bulk_update({a, b}); }, ThrowsMessage<NotFound>(HasSubstr("1 of 2 rows of model 'Page'")));
  EXPECT_TRUE(a.is_dirty());
  EXPECT_THAT(rows(), ElementsAre("/a 0"));
  EXPECT_THROW(page.bulk_update({page.make()}), StateError);
  EXPECT_THROW(visit.bulk_update({a}), QueryError);
}

TEST_P(Inserts, KeysOfSeveralColumnsAndVersionsAreUpdatedInBulk) {
  const Row home = page.create({{"url", "/"}});
  const Rows days = visit.bulk_create(
      {{{"page", home["id"].value()}, {"day", "2026-11-01"}}, {{"page", home["id"].value()}, {"day", "2026-11-02"}}});
  days[0].set("count", 5);
  days[1].set("count", 6);
  EXPECT_EQ(visit.bulk_update({days[0], days[1]}), 2);
  EXPECT_EQ(visit.select(fn::sum(visit["count"])).scalar().integer(), 11);
  const Row one = note.create({{"text", "a"}});
  const Row same = note.get(one["id"].integer());
  one.set("text", "b");
  EXPECT_EQ(note.bulk_update({one}), 1);
  EXPECT_EQ(one["revision"].integer(), 2);
  same.set("text", "c");
  EXPECT_THROW(note.bulk_update({same}), StaleRow);
}

TEST_P(Inserts, ABulkUpdateOfMoreRowsThanAStatementTakesWritesThemAll) {
  // PostgreSQL takes 65,535 parameters, SQLite 32,766: three for each row, so several statements on both.
  constexpr std::int64_t total = 25'000;
  std::vector<NamedValues> given;
  for (std::int64_t i = 0; i < total; ++i) given.push_back({{"url", "/" + std::to_string(i)}});
  std::vector<Row> changed;
  for (const Row& row : page.bulk_create(given)) changed.push_back(row);
  for (std::int64_t i = 0; i < total; ++i) {
    changed[static_cast<std::size_t>(i)].set("hits", i + 1);
    changed[static_cast<std::size_t>(i)].set("title", "t" + std::to_string(i));
  }
  const QueryCount count(db);
  EXPECT_EQ(page.bulk_update(changed), total);
  EXPECT_GE(count.count(), 2U);
  EXPECT_LE(count.count(), 10U);
  std::int64_t number = 0;
  for (const Row& row : page.select(page["url"], page["hits"], page["title"]).order_by(page["id"]).tuples()) {
    const std::string text = std::to_string(number++);
    ASSERT_EQ(row[0].text(), "/" + text);
    ASSERT_EQ(row[1].integer(), number);
    ASSERT_EQ(row[2].text(), "t" + text);
  }
  EXPECT_EQ(number, total);
  EXPECT_FALSE(changed.front().is_dirty());
  EXPECT_FALSE(changed.back().is_dirty());
  EXPECT_EQ(page.bulk_update(changed), 0);
}

TEST_P(Inserts, AFailureInTheLastOfSeveralStatementsLeavesNoneOfTheirRows) {
  constexpr std::size_t total = 25'000;
  std::vector<NamedValues> given;
  for (std::size_t i = 0; i < total; ++i) given.push_back({{"url", "/" + std::to_string(i)}});
  std::vector<Row> changed;
  for (const Row& row : page.bulk_create(given)) changed.push_back(row);
  page.select().where(page["url"] == "/24999").delete_rows();
  for (const Row& row : changed) {
    row.set("hits", 1);
    row.set("title", "new");
  }
  EXPECT_THROW(page.bulk_update(changed), NotFound);
  EXPECT_EQ(page.objects().filter("hits", 1).count(), 0);
  EXPECT_TRUE(changed.front().is_dirty());
  changed.pop_back();
  EXPECT_EQ(page.bulk_update(changed), static_cast<std::int64_t>(total) - 1);
  EXPECT_EQ(page.objects().filter({{"hits", 1}, {"title", "new"}}).count(), static_cast<std::int64_t>(total) - 1);
}

TEST_P(Inserts, KeysThatAreGivenLeaveTheSequenceOfPostgresqlBehind) {
  const std::int64_t first = page.create({{"url", "/made"}})["id"].integer();
  page.bulk_create({{{"id", first + 1}, {"url", "/given"}}, {{"id", first + 2}, {"url", "/too"}}});
  if (is_postgres()) {
    EXPECT_THROW(page.create({{"url", "/next"}}), UniqueViolation);
    db.execute("SELECT setval(pg_get_serial_sequence('page', 'id'), (SELECT max(id) FROM page))");
  }
  EXPECT_EQ(page.create({{"url", "/next"}})["id"].integer(), first + 3);
}

TEST_P(Inserts, AnUpsertMeetsWhatIsThere) {
  const auto hit = [&](const char* url, int times) {
    return page.insert({{"url", url}, {"hits", times}})
        .on_conflict_update({.target = {"url"}, .set = {{"hits", page["hits"] + excluded(page["hits"])}}});
  };
  EXPECT_EQ(hit("/", 1).run(), 1);
  EXPECT_EQ(hit("/", 4).run(), 1);
  EXPECT_EQ(hit("/other", 2).run(), 1);
  EXPECT_THAT(rows(), ElementsAre("/ 5", "/other 2"));
  // Only where it is less.
  const Upsert greater{.target = {"url"}, .preserve = {"hits"}, .where = page["hits"] < excluded(page["hits"])};
  EXPECT_EQ(page.insert_many({{{"url", "/"}, {"hits", 3}}, {{"url", "/other"}, {"hits", 3}}})
                .on_conflict_update(greater)
                .run(),
            1);
  EXPECT_THAT(rows(), ElementsAre("/ 5", "/other 3"));
  EXPECT_EQ(page.insert_many({{{"url", "/"}}, {{"url", "/new"}}}).on_conflict_ignore().run(), 1);
  EXPECT_EQ(page.insert({{"url", "/"}, {"hits", 1}}).replace({"url"}).run(), 1);
  EXPECT_THAT(rows(), ElementsAre("/ 1", "/new 0", "/other 3"));
}

TEST_P(Inserts, AnUpsertGivesBackTheRowsAsTheyAre) {
  page.create({{"url", "/"}, {"hits", 7}});
  const Insert two = page.insert_many({{{"url", "/"}, {"hits", 1}}, {{"url", "/new"}, {"hits", 2}}});
  const Rows written =
      two.on_conflict_update({.target = {"url"}, .set = {{"hits", page["hits"] + excluded(page["hits"])}}}).rows();
  EXPECT_THAT(texts(written, "hits"), UnorderedElementsAre("8", "2"));
  const Row first = written[0]["url"].text() == "/" ? written[0] : written[1];
  first.set("title", "home");
  EXPECT_TRUE(first.save()) << "they are rows like any other";
  EXPECT_TRUE(page.insert({{"url", "/"}}).on_conflict_ignore().rows().empty());
  const Rows named = page.insert({{"url", "/x"}}).returning({page["url"], (page["hits"] + 1).as("next")}).rows();
  EXPECT_EQ(named[0]["next"].integer(), 1);
}

TEST_P(Inserts, VersionsCountUpsertsToo) {
  const Row one = note.create({{"text", "a"}});
  const std::int64_t id = one["id"].integer();
  EXPECT_EQ(note.insert({{"id", id}, {"text", "b"}}).on_conflict_update({.preserve = {"text"}}).run(), 1);
  EXPECT_EQ(note.get(id)["revision"].integer(), 2);
  EXPECT_EQ(note.insert({{"id", id}, {"text", "c"}}).replace().run(), 1);
  EXPECT_EQ(note.get(id)["revision"].integer(), 3);
  EXPECT_EQ(note.insert({{"text", "new"}}).rows()[0]["revision"].integer(), 1);
  one.set("text", "d");
  EXPECT_THROW(one.save(), StaleRow);
}

TEST_P(Inserts, RowsOfAQueryTakeDefaultsAlong) {
  page.insert_many({{{"url", "/a"}, {"hits", 1}}, {{"url", "/b"}, {"hits", 2}}}).run();
  EXPECT_EQ(
      visit.insert_from(page.select(page["id"], Expr(Date::parse("2026-11-01")).as("day")), {"page", "day"}).run(), 2);
  EXPECT_EQ(visit.select(fn::sum(visit["count"])).scalar().integer(), 2);
  EXPECT_THAT([&] { page.insert_from(page.select(page["url"].concat("x")), {"url"}); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("Page.token"), HasSubstr("select it, too"))));
  const Expr token(Uuid::parse("00000000-0000-4000-8000-000000000001"));
  EXPECT_EQ(page.insert_from(page.select(page["url"].concat("x"), token.as("token")).where(page["url"] == "/a"),
                             {"url", "token"})
                .run(),
            1);
  EXPECT_THROW(page.insert_from(page.select(page["url"]), {"url", "hits"}), QueryError);
  EXPECT_THROW(page.insert_from(page.select(page["url"], page["token"]), {"hits", "token"}), QueryError);
  // What is computed must fit, on every backend.
  const auto long_url = page.select(page["url"].concat(std::string(30, 'x')), token.as("token")).limit(1);
  EXPECT_THROW(page.insert_from(long_url, {"url", "token"}).run(), DataError);
}

TEST_P(Inserts, MoreRowsThanParametersAreSeveralStatementsAndOneTransaction) {
  std::vector<std::vector<std::pair<std::string, Expr>>> many;
  const Expr token(Uuid::parse("00000000-0000-4000-8000-000000000001"));
  for (int i = 0; i < 12'000; ++i)
    many.push_back({{"url", "/" + std::to_string(i)}, {"hits", i}, {"title", nullptr}, {"token", token}});
  const QueryCount count(db);
  EXPECT_EQ(page.insert_many(many).run(), 12'000);
  EXPECT_EQ(count.count(), is_postgres() ? 1U : 48U) << "COPY has no parameters";
  page.delete_every();
  many.back().front().second = Expr("/1");
  EXPECT_THROW(page.insert_many(many).run(), UniqueViolation);
  EXPECT_EQ(page.count(), 0);
}

TEST_P(Inserts, RowsOfTheSameFieldsAreGivenByTheirOrder) {
  EXPECT_EQ(page.insert_many({"url", "hits", "title"}, {{"/a", 1, "A"}, {"/b", 2, nullptr}, {"/c", 3, "C"}}).run(), 3);
  EXPECT_THAT(texts(page.select().order_by(page["hits"]).all(), "title"), testing::ElementsAre("A", "null", "C"));
  EXPECT_FALSE(page.get(page["url"] == "/b")["token"].is_null()) << "defaults are filled in";
  EXPECT_EQ(page.insert_many({"url", "hits"}, {{"/a", 5}, {"/d", 6}})
                .on_conflict_update({.target = {"url"}, .preserve = {"hits"}})
                .run(),
            2);
  EXPECT_EQ(page.get(page["url"] == "/a")["hits"].integer(), 5);
  EXPECT_EQ(page.insert_many({"url"}, {}).run(), 0);
  EXPECT_THAT(
      [&] {
        page.insert_many({"url", "hits"}, {{"/x", 1}, {"/y"}});
      },
      ThrowsMessage<QueryError>(HasSubstr("row 2 of the insert into 'Page' has 1 values for 2 fields")));
  EXPECT_THROW(page.insert_many({"url", "url"}, {{"/x", "/y"}}), QueryError);
  EXPECT_THROW(page.insert_many({"nothing"}, {{1}}), QueryError);
  EXPECT_THROW(page.insert_many({"url", "hits"}, {{"/x", "many"}}), DataError);
  // Values alone and computed ones of the same fields.
  EXPECT_EQ(
      page.insert_many(
              {{{"url", "/e"}, {"hits", 1}}, {{"url", "/f"}, {"hits", Expr(1) + 1}}, {{"url", "/g"}, {"hits", 3}}})
          .run(),
      3);
  EXPECT_EQ(page.get(page["url"] == "/f")["hits"].integer(), 2);
}

TEST_P(Inserts, ReplaceWritesWhatWasGivenAndNothingElse) {
  const Row home = page.create({{"url", "/"}, {"title", "home"}});
  const std::string token = home["token"].to_text();
  EXPECT_EQ(page.insert({{"url", "/"}, {"hits", 1}}).replace({"url"}).run(), 1);
  const Row after = page.get(home["id"].integer());
  EXPECT_EQ(after["token"].to_text(), token) << "a default is no wish";
  EXPECT_EQ(after["title"].text(), "home");
  EXPECT_EQ(after["hits"].integer(), 1);
}

TEST_P(Inserts, RowsOfAUnionTakeDefaultsAndAreHeldToTheirColumns) {
  page.insert_many({{{"url", "/a"}, {"hits", 1}}, {{"url", "/b"}, {"hits", 2}}}).run();
  const Query days = page.select(page["id"], Expr(Date::parse("2026-11-01")).as("day"))
                         .where(page["hits"] == 1)
                         .union_all(page.select(page["id"], Expr(Date::parse("2026-11-02")).as("day")));
  EXPECT_EQ(visit.insert_from(days, {"page", "day"}).run(), 3);
  EXPECT_EQ(visit.select(fn::sum(visit["count"])).scalar().integer(), 3);
  const Query big = page.select(page["hits"] + 5'000'000'000).union_all(page.select(page["hits"] + 6'000'000'000));
  EXPECT_THAT([&] { page.insert_from(big, {"hits"}); }, ThrowsMessage<DataError>(HasSubstr("is required")));
  const Query notes = note.select(note["text"]).union_all(page.select(page["url"]));
  EXPECT_EQ(note.insert_from(notes, {"text"}).run(), 2);
  EXPECT_EQ(note.select().first().value()["revision"].integer(), 1);
  EXPECT_THROW(visit.insert_from(days, {"page", "page"}), QueryError);
}

TEST_P(Inserts, OneRowOfTheDatabaseInTwoRowsIsWrittenInOrder) {
  const std::int64_t id = page.create({{"url", "/"}})["id"].integer();
  const Row first = page.get(id), second = page.get(id);
  first.set("hits", 1);
  second.set("hits", 2);
  EXPECT_EQ(page.bulk_update({first, second}), 2);
  EXPECT_EQ(page.get(id)["hits"].integer(), 2);
  const Database other = open(pages);
  const Row stranger = other["Page"].create({{"url", "/"}});
  stranger.set("hits", 1);
  EXPECT_THROW(page.bulk_update({stranger}), QueryError);
}

TEST_P(Inserts, AnUpsertMeetsARowOnceAndProposesWhatFits) {
  const Insert twice = page.insert_many({{{"url", "/"}, {"hits", 1}}, {{"url", "/"}, {"hits", 2}}});
  EXPECT_THAT([&] { twice.on_conflict_update({.target = {"url"}, .preserve = {"hits"}}); },
              ThrowsMessage<QueryError>(HasSubstr("two rows of the insert into 'Page' have the same 'url'")));
  EXPECT_EQ(twice.on_conflict_ignore().run(), 1);
  const Row there = page.get(page["url"] == "/");
  EXPECT_EQ(page.insert({{"id", there["id"].value()}, {"url", "/"}, {"title", "new"}})
                .on_conflict_update({.preserve = {"title"}})
                .run(),
            1)
      << "the primary key that the rows bring is meant";
  const Insert longer = page.insert({{"url", "/"}, {"title", std::string(30, 'x')}});
  EXPECT_THROW(longer.on_conflict_update({.target = {"url"}, .set = {{"url", excluded(page["title"])}}}).run(),
               DataError)
      << "a title is no url";
}

TEST_P(Inserts, SayWhatDoesNotFitBeforeAnythingIsSent) {
  const QueryCount count(db);
  const Insert one = page.insert({{"url", "/"}});
  const auto refused = [](const auto& run, const char* why) {
    EXPECT_THAT(run, ThrowsMessage<QueryError>(HasSubstr(why)));
  };
  refused([&] { page.insert({{"urk", "/"}}); }, "did you mean 'url'?");
  refused([&] { page.insert({{"url", "/"}, {"url", "/"}}); }, "'Page.url' is given twice");
  refused([&] { page.insert({{"url", page.select(page["hits"]).limit(1)}}); }, "cast it");
  refused([&] { one.on_conflict_ignore({"hits"}); }, "'hits' together are not unique; unique are 'id', or 'url'");
  refused([&] { one.on_conflict_update({.target = {"url"}}); }, "sets nothing");
  refused([&] { one.on_conflict_update({.preserve = {"nothing"}}); }, "nothing");
  refused(
      [&] {
        note.insert({{"text", "a"}}).on_conflict_update({.preserve = {"text"}});
      },
      "the rows bring the values of nothing unique; unique are 'id'");
  refused([&] { page.alias("p").insert({{"url", "/"}}); }, "an alias of it");
  refused([&] { page.insert({{"url", param("u")}}); }, "parameter 'u' has no value");
  refused([&] { page.insert({{"url", "/"}, {"hits", page["hits"]}}).run(); }, "'Page' is not part of the query");
  refused([&] { page.select().where(page["hits"] == excluded(page["hits"])).all(); }, "of what an upsert proposes");
  refused([&] { one.returning({fn::count()}).rows(); }, "the aggregate COUNT");
  EXPECT_THROW(page.insert({{"hits", 1}}), DataError);
  EXPECT_THROW(page.insert({{"url", nullptr}}), DataError);
  EXPECT_THROW(page.insert({{"url", "/"}, {"hits", "many"}}), DataError);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(page.insert_many({}).run(), 0);
}

TEST_P(Inserts, WritesGiveBackTheRowsTheyWrote) {
  page.insert_many({{{"url", "/a"}, {"hits", 1}}, {{"url", "/b"}, {"hits", 2}}}).run();
  const Rows changed = page.select().where(page["hits"] > 0).update_returning({{"hits", page["hits"] * 10}});
  EXPECT_THAT(texts(changed, "hits"), UnorderedElementsAre("10", "20"));
  const Rows gone = page.select().where(page["hits"] > 10).delete_returning({page["url"].as("was")});
  EXPECT_THAT(texts(gone, "was"), ElementsAre("/b"));
  EXPECT_THAT(rows(), ElementsAre("/a 10"));
}

TEST_P(Inserts, AnUpdateTakesValuesFromJoinedRows) {
  page.insert_many({{{"url", "/a"}}, {{"url", "/b"}}}).run();
  const Row a = page.get(page["url"] == "/a");
  visit.create({{"page", a}, {"day", "2026-11-01"}, {"count", 9}});
  EXPECT_EQ(page.select().join(visit).update_every({{"hits", visit["count"]}}), 1);
  EXPECT_THAT(rows(), ElementsAre("/a 9", "/b 0"));
  const Subquery given = values_as("given", {"url", "n"}, {{"/a", 1}, {"/b", 2}});
  const Query both = page.select().join(given, {.on = page["url"] == given.c("url")});
  EXPECT_EQ(both.where(given.c("n") > 1).update({{"hits", given.c("n")}}), 1);
  EXPECT_THAT(rows(), ElementsAre("/a 9", "/b 2"));
  EXPECT_THROW(page.select().left_outer_join(visit).update_every({{"hits", 1}}), QueryError);
  EXPECT_THROW(both.delete_every(), QueryError);
  EXPECT_THROW(both.update_returning({{"hits", 1}}, {given.c("n")}), QueryError);
}

TEST_P(Inserts, AWriteFindsItsRowsByAQueryThatDeclaresCommonTables) {
  page.insert_many({{{"url", "/a"}, {"hits", 1}}, {{"url", "/b"}, {"hits", 5}}, {{"url", "/c"}, {"hits", 9}}}).run();
  const Model other = page.alias("other");
  const CommonTable busy = other.select(other["id"]).where(other["hits"] > 2).cte("busy");
  const Query declared = page.select().where(page["hits"] < 9).with_cte(busy);
  EXPECT_THAT(
      [&] {
        declared.update({{"hits", 0}});
      },
      ThrowsMessage<QueryError>(AllOf(HasSubstr("with_cte() was given 'busy'"),
                                      HasSubstr("where(key.in(query.with_cte(…)))"), HasSubstr("alias()"))));
  EXPECT_THAT([&] { declared.update_returning({{"hits", 0}}); }, ThrowsMessage<QueryError>(HasSubstr("'busy'")));
  EXPECT_THAT([&] { declared.delete_rows(); },
              ThrowsMessage<QueryError>(HasSubstr("where(key.in(query.with_cte(…)))")));
  EXPECT_THAT([&] { declared.delete_returning(); }, ThrowsMessage<QueryError>(HasSubstr("'busy'")));
  EXPECT_THAT(rows(), ElementsAre("/a 1", "/b 5", "/c 9"));
  // As the message says.
  const Query found = page.select().where(page["id"].in(busy.select_from({busy.c("id")})));
  EXPECT_EQ(found.where(page["hits"] < 9).update({{"hits", 0}}), 1);
  EXPECT_THAT(rows(), ElementsAre("/a 1", "/b 0", "/c 9"));
  const Query joined = other.select(other["id"]).join(busy, {.on = other["id"] == busy.c("id")}).with_cte(busy);
  EXPECT_EQ(page.select().where(page["id"].in(joined)).delete_rows(), 1);
  EXPECT_THAT(rows(), ElementsAre("/a 1", "/b 0"));
}

}  // namespace
}  // namespace dorm::test
