// Loading of related rows: the same graph by every strategy, few statements, limits per parent, keys as the database
// compares them, rows that are there already.
#include <chrono>
#include <map>
#include <set>

#include "api/world.hpp"
#include "model/database_impl.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::ThrowsMessage;

constexpr const char* loading_library = R"({"dorm": 1, "models": {
  "Author": {"fields": {"name": {"type": "text"}, "mentor": {"type": "foreign_key", "to": "self", "nullable": true}}},
  "Portrait": {"fields": {"author": {"type": "one_to_one", "to": "Author", "backref": "portrait"}, "painter": {"type": "text"}}},
  "Tag": {"fields": {"name": {"type": "text"}}},
  "Labelling": {"fields": {"book": {"type": "foreign_key", "to": "Book"}, "tag": {"type": "foreign_key", "to": "Tag"},
                           "weight": {"type": "integer", "default": 0}}},
  "Book": {"fields": {"title": {"type": "text"}, "year": {"type": "integer"},
                      "author": {"type": "foreign_key", "to": "Author", "nullable": true, "backref": "books"},
                      "tags": {"type": "many_to_many", "to": "Tag", "backref": "books", "through": "Labelling"}}},
  "Review": {"order_by": ["-stars"],
             "fields": {"book": {"type": "foreign_key", "to": "Book", "backref": "reviews"}, "stars": {"type": "integer"}}}}})";

class Loading : public Api {
 protected:
  // Five authors, the last without a book; books without an author; tags of several books; one linked twice.
  Database filled() {
    Database db = open(loading_library);
    db.execute(R"(
      INSERT INTO author (id, name, mentor_id) VALUES (1,'ann',NULL),(2,'bob',1),(3,'cy',1),(4,'dee',3),(5,'eve',3);
      INSERT INTO portrait (id, author_id, painter) VALUES (1,2,'p'),(2,1,'q');
      INSERT INTO tag (id, name) VALUES (1,'x'),(2,'y'),(3,'z');
      INSERT INTO book (id, title, year, author_id) VALUES
        (1,'f',2001,1),(2,'e',2002,1),(3,'d',2003,2),(4,'c',2001,3),(5,'b',2002,3),(6,'a',2003,3),(7,'n',2000,4),(8,'o',1999,NULL);
      INSERT INTO labelling (id, book_id, tag_id, weight) VALUES
        (1,1,1,5),(2,1,2,3),(3,2,1,1),(4,4,3,2),(5,4,3,7),(6,5,2,4),(7,8,1,9);
      INSERT INTO review (id, book_id, stars) VALUES (1,1,3),(2,1,5),(3,1,5),(4,4,1),(5,5,2),(6,7,4);)");
    return db;
  }
  std::vector<Strategy> strategies() const {
    std::vector<Strategy> all = {Strategy::key_set, Strategy::join, Strategy::subquery};
    if (is_postgres()) all.push_back(Strategy::pipelined);
    return all;
  }
};
DORM_API_TESTS(Loading);

// What can be told of loaded rows without a query: values, order, sharing, states, links, the way back.
class Portrayal {
 public:
  template <class List>
  std::string of(const List& rows) {
    std::string text;
    for (const Row& row : rows) text += of_row(row, "");
    return text;
  }

 private:
  std::string of_row(const Row& row, const std::string& indent) {
    const auto [place, is_new] = seen_.try_emplace({row.node().get(), row.slot()}, seen_.size());
    std::string text = indent + row.model()->name + " #" + std::to_string(place->second);
    if (!is_new) return text + " again\n";
    for (const FieldInfo& field : row.model()->fields)
      text += " " + (row.is_loaded(field.name) ? row[field.name].to_text() : std::string("-"));
    text += '\n';
    for (const RelationInfo& relation : row.model()->relations) {
      const std::string& name = relation.name;
      if (name.empty()) continue;
      if (!row.is_loaded(name)) continue;
      text += indent + "  " + name;
      if (!relation.to_many()) {
        const std::optional<Row> to = row[name].row_or_none();
        text += to ? ":\n" + of_row(*to, indent + "    ") : " null\n";
        continue;
      }
      text += row.related(name).is_partial() ? " (partial):\n" : ":\n";
      for (const Row& to : row.related(name).rows()) text += of_row(to, indent + "    ");
      if (relation.through == no_index) continue;
      for (const Row& link : row.related(name).links()) text += indent + "    via " + link["weight"].to_text() + '\n';
    }
    return text;
  }

  std::map<std::pair<const graph::Node*, std::uint32_t>, std::size_t> seen_;
};

template <class List>
std::string portrayal(const List& rows) {
  return Portrayal().of(rows);
}

// ---- the law ----

TEST_P(Loading, EveryStrategyGivesTheSameGraph) {
  const Database db = filled();
  const QuerySet authors = db["Author"].objects();
  const QuerySet books = db["Book"].objects();
  const std::vector<std::pair<QuerySet, std::vector<std::vector<Prefetch>>>> requests = {
      {authors, {{"books"}, {"books__reviews"}, {"portrait"}, {"mentor"}, {"mentor__books"}, {"books__tags"}}},
      {authors.order_by("-name").limit(3).offset(1), {{"books"}, {"books__tags"}, {"mentor"}, {"portrait"}}},
      {authors.filter(Lookup("name__in", Values{"ann", "cy"})), {{"books__reviews", "books__tags"}}},
      {authors,
       {{Prefetch("books").where("year__gte", 2002)},
        {Prefetch("books").order_by("title")},
        {Prefetch("books").order_by({"year", "-title"}), "books__reviews"},
        {Prefetch("books").fields({"title"})}}},
      {books,
       {{"author"},
        {"author__mentor"},
        {"author__portrait"},
        {"tags"},
        {"tags__books"},
        {"reviews", "tags"},
        {Prefetch("tags").where("name", "x")},
        {Prefetch("author").select_related({Path("mentor")})},
        {Prefetch("tags").order_by("-name")}}},
      {books.limit(0), {{"author__books"}, {"tags"}}},
      {db["Review"].objects(), {{"book__author__books"}}},
  };
  for (const auto& [set, paths] : requests) {
    for (const std::vector<Prefetch>& prefetched : paths) {
      std::string expected;
      for (const Strategy strategy : strategies()) {
        std::vector<Prefetch> pinned;
        for (const Prefetch& prefetch : prefetched) pinned.push_back(prefetch.strategy(strategy));
        const QuerySet wanted = set.prefetch_related(pinned);
        const Rows rows = wanted.all();
        const QueryCount count(db);
        const std::string found = portrayal(rows);
        if (expected.empty()) expected = found;
        EXPECT_EQ(found, expected) << wanted.explain_load().to_text();
        EXPECT_EQ(count.count(), 0U);
      }
    }
  }
}

TEST_P(Loading, AStrategyIsToldByItsStatements) {
  const Database db = filled();
  const QuerySet authors = db["Author"].objects().load_required(false);
  const auto statements = [&](Strategy strategy) {
    QueryCount count(db);
    authors.prefetch_related(Prefetch("books__reviews").strategy(strategy)).strategy("books", strategy).all();
    return count.count();
  };
  EXPECT_EQ(statements(Strategy::key_set), 3U);
  EXPECT_EQ(statements(Strategy::subquery), 3U);
  EXPECT_EQ(statements(Strategy::join), 1U);
  if (is_postgres()) {
    EXPECT_EQ(statements(Strategy::pipelined), 3U);
  }
}

TEST_P(Loading, AStrategyThatCannotGiveTheSameResultIsRefusedBeforeAnySql) {
  const Database db = filled();
  const QuerySet authors = db["Author"].objects();
  QueryCount count(db);
  const auto refused = [&](const Prefetch& prefetch, const char* why) {
    EXPECT_THAT([&] { authors.prefetch_related(prefetch).all(); }, ThrowsMessage<QueryError>(HasSubstr(why)));
    EXPECT_THAT([&] { authors.prefetch_related(prefetch).explain_load(); }, ThrowsMessage<QueryError>(HasSubstr(why)));
  };
  refused(Prefetch("books").limit(1).strategy(Strategy::join), "a limit per parent needs a statement of its own");
  refused(Prefetch("books").as("old").strategy(Strategy::join), "a name of its own");
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Loading, StatementsThatMustAgreeNeedOneStateOfTheDatabase) {
  const Database db = filled();
  const QuerySet authors = db["Author"].objects().prefetch_related(Prefetch("books").strategy(Strategy::subquery));
  Transaction standard = db.transaction();
  if (is_postgres()) {
    EXPECT_THAT([&] { authors.all(); }, ThrowsMessage<QueryError>(HasSubstr("begin it with repeatable_read")));
  } else {
    EXPECT_EQ(authors.all().size(), 5U);
  }
  standard.rollback();
  TransactionOptions options;
  options.isolation = Isolation::repeatable_read;
  const Transaction repeatable = db.transaction(options);
  EXPECT_EQ(authors.all().size(), 5U);
}

TEST_P(Loading, ParentsThatAnotherLookCouldChangeAreNotLookedForTwice) {
  const Database db = filled();
  const QuerySet random = db["Author"].objects().filter(fn::call("random") > 0.0);
  const auto refused = [&](Strategy strategy) {
    EXPECT_THAT([&] { random.prefetch_related(Prefetch("books").strategy(strategy)).all(); },
                ThrowsMessage<QueryError>(HasSubstr("could select other rows")));
  };
  refused(Strategy::subquery);
}

TEST_P(Loading, AnOrderAlongAFetchedKeyIsThatOfTheRowsAndAlongAFetchedListThatOfTheList) {
  const Database db = filled();
  const QuerySet books = db["Book"].objects().load_required(false);
  const QuerySet by_author = books.order_by("-author__name", "id");
  EXPECT_EQ(texts(by_author.prefetch_related("author").all(), "id"), texts(by_author.all(), "id"));
  EXPECT_EQ(texts(by_author.prefetch_related("author").limit(2).all(), "id"), texts(by_author.limit(2).all(), "id"));
  const QuerySet authors = db["Author"].objects().load_required(false);
  EXPECT_EQ(texts(authors.order_by("-books__title").prefetch_related("books").all(), "id"),
            texts(authors.prefetch_related("books").all(), "id"));
  EXPECT_EQ(authors.order_by("-books__title").prefetch_related("books").limit(2).count(), 2);
}

TEST_P(Loading, ALimitOnJoinedRowsLeavesListsInPart) {
  const Database db = filled();
  const QuerySet cut = db["Author"].objects().load_required(false).select_related("books").raw_limit().limit(1);
  const Rows rows = cut.all();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_TRUE(rows[0].related("books").is_partial());
  EXPECT_THROW(db["Author"].objects().order_by("-books__title").last(), QueryError);
  EXPECT_TRUE(db["Author"].objects().filter("books__id__gt", 0).offset(1).exists());
}

TEST_P(Loading, APipelineIsOneRoundTripWhateverItsDepth) {
  const Database db = filled();
  const QuerySet authors = db["Author"].objects().load_required(false);
  if (!is_postgres()) {
    // The same program runs there, in more round trips, and is told why.
    const QuerySet wish = authors.prefetch_related(Prefetch("books__reviews").strategy(Strategy::pipelined));
    const LoadPlan::Step reviews = wish.explain_load().steps.at(2);
    EXPECT_EQ(reviews.strategy, Strategy::key_set);
    EXPECT_THAT(reviews.reason, HasSubstr("one statement at a time"));
    EXPECT_EQ(portrayal(wish.all()), portrayal(authors.prefetch_related("books__reviews").all()));
    return;
  }
  const LoadPlan plan = authors
                            .prefetch_related({Prefetch("books__reviews").strategy(Strategy::pipelined),
                                               Prefetch("books__tags").strategy(Strategy::pipelined)})
                            .explain_load();
  EXPECT_EQ(plan.steps.size(), 4U);
  EXPECT_EQ(plan.round_trips, 1U);
}

// ---- the choice ----

TEST_P(Loading, TheChoiceFollowsDistanceNumbersAndIndexes) {
  const Database db = filled();
  const QuerySet authors = db["Author"].objects().load_required(false);
  const auto chosen = [&](const QuerySet& set) { return set.explain_load().steps.at(1); };
  Session& session = *authors.database()->session;
  for (int i = 0; i < 50; ++i) session.note_round_trip(std::chrono::microseconds(60));
  EXPECT_EQ(chosen(authors.limit(10).load_related("books")).strategy, Strategy::key_set);
  EXPECT_THAT(chosen(authors.limit(10).load_related("books")).reason, HasSubstr("the database is near: 0.06 ms"));
  for (int i = 0; i < 50; ++i) session.note_round_trip(std::chrono::milliseconds(2));
  EXPECT_EQ(chosen(authors.load_related("books")).strategy, Strategy::key_set);
  EXPECT_THAT(chosen(authors.load_related("books")).reason, HasSubstr("any number of parents"));
  EXPECT_EQ(chosen(authors.limit(10).load_related("books")).strategy,
            is_postgres() ? Strategy::pipelined : Strategy::key_set);
  EXPECT_EQ(chosen(authors.limit(500).load_related("mentor")).strategy, Strategy::join);
  EXPECT_EQ(chosen(authors.limit(500).load_related("books")).strategy, Strategy::key_set);
  EXPECT_EQ(chosen(authors.limit(10).prefetch_related("books")).strategy, Strategy::key_set);
  // Whatever is chosen, the result is what prefetch_related gives.
  for (const char* path : {"books", "mentor", "portrait", "books__tags", "mentor__books"}) {
    EXPECT_EQ(portrayal(authors.limit(3).load_related(path).all()),
              portrayal(authors.limit(3).prefetch_related(path).all()));
  }
}

// ---- statements ----

TEST_P(Loading, NobodyToLoadForCostsNothing) {
  const Database db = filled();
  QueryCount count(db);
  db["Author"].objects().filter("name", "nobody").prefetch_related("books__reviews").all();
  EXPECT_EQ(count.count(), 1U);
  count.reset();
  const Rows orphans = db["Book"].objects().filter("id", 8).prefetch_related("author__mentor").all();
  EXPECT_EQ(count.count(), 1U);
  EXPECT_TRUE(orphans[0].is_loaded("author"));
  EXPECT_TRUE(orphans[0]["author"].is_null());
  count.reset();
  // Nobody has written a book of 1850, so nobody asks for its reviews.
  db["Author"].objects().prefetch_related({Prefetch("books").where("year", 1850), Prefetch("books__reviews")}).all();
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Loading, AKeyWhoseTargetIsGoneReadsAsNull) {
  const Database db = open(R"({"dorm": 1, "models": {
      "Owner": {"fields": {"name": {"type": "text"}}},
      "Pet": {"fields": {"owner": {"type": "foreign_key", "to": "Owner", "db_constraint": false, "nullable": true}}}}})");
  db.execute(
      "INSERT INTO owner (id, name) VALUES (1, 'a'); INSERT INTO pet (id, owner_id) VALUES (1, 1), (2, 99), (3, "
      "NULL);");
  for (const Strategy strategy : strategies()) {
    const Rows pets = db["Pet"].objects().prefetch_related(Prefetch("owner").strategy(strategy)).order_by("id").all();
    QueryCount count(db);
    EXPECT_EQ(pets[0]["owner"]["name"].text(), "a");
    EXPECT_TRUE(pets[1]["owner"].is_null());
    EXPECT_EQ(pets[1]["owner_id"].integer(), 99);
    EXPECT_TRUE(pets[2]["owner"].is_null());
    EXPECT_EQ(count.count(), 0U);
  }
}

TEST_P(Loading, SharedChildrenAreOneRowAndJoinedOnesAreNot) {
  const Database db = filled();
  const Rows books = db["Book"].objects().filter("author_id", 3).order_by("id").prefetch_related("author").all();
  EXPECT_TRUE(books[0]["author"].row().same_row(books[1]["author"].row()));
  const Rows joined = db["Book"].objects().filter("author_id", 3).order_by("id").select_related("author").all();
  EXPECT_FALSE(joined[0]["author"].row().same_row(joined[1]["author"].row()));
  EXPECT_EQ(joined[0]["author"].row(), joined[1]["author"].row());
  // Below a fetched node, each row has its own.
  const Rows reviews =
      db["Review"].objects().prefetch_related(Prefetch("book").select_related({Path("author")})).order_by("id").all();
  EXPECT_TRUE(reviews[0]["book"].row().same_row(reviews[1]["book"].row()));
  EXPECT_FALSE(reviews[3]["book"]["author"].row().same_row(reviews[4]["book"]["author"].row()));
  EXPECT_EQ(reviews[3]["book"]["author"].row(), reviews[4]["book"]["author"].row());
}

// More than a statement has parameters.
TEST_P(Loading, ManyParentsAreOneStatement) {
  const Database db = open(loading_library);
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70000) ";
  db.execute("INSERT INTO author (id, name) " + numbers + "SELECT i, 'a' FROM n");
  db.execute("INSERT INTO book (id, title, year, author_id) " + numbers + "SELECT i, 'b', i, 70001 - i FROM n");
  QueryCount count(db);
  const Rows authors = db["Author"].objects().prefetch_related("books").order_by("id").all();
  EXPECT_EQ(count.count(), 2U);
  EXPECT_EQ(authors.size(), 70'000U);
  EXPECT_EQ(authors[0].related("books")[0]["id"].integer(), 70'000);
  EXPECT_EQ(authors[69'999].related("books")[0]["id"].integer(), 1);
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Loading, KeysOfSeveralColumnsFindTheirRows) {
  const Database db = open(R"({"dorm": 1, "models": {
      "Seat": {"primary_key": ["row", "number"], "fields": {"row": {"type": "text"}, "number": {"type": "integer"}}},
      "Ticket": {"fields": {"seat": {"type": "foreign_key", "to": "Seat", "nullable": true, "backref": "tickets",
                                              "columns": {"seat_row": "row", "seat_number": "number"}}, "name": {"type": "text"}}}}})");
  db.execute(
      "INSERT INTO seat (\"row\", number) VALUES ('a', 1), ('a', 2), ('b', 1);"
      "INSERT INTO ticket (id, seat_row, seat_number, name) VALUES "
      "(1,'a',1,'p'),(2,'b',1,'q'),(3,'a',1,'r'),(4,'a',NULL,'s');");
  for (const Strategy strategy : strategies()) {
    const Rows seats =
        db["Seat"].objects().prefetch_related(Prefetch("tickets").strategy(strategy)).order_by("row", "number").all();
    EXPECT_THAT(texts(seats[0].related("tickets"), "name"), ElementsAre("p", "r"));
    EXPECT_THAT(texts(seats[1].related("tickets"), "name"), IsEmpty());
    EXPECT_THAT(texts(seats[2].related("tickets"), "name"), ElementsAre("q"));
    const Rows tickets =
        db["Ticket"].objects().prefetch_related(Prefetch("seat").strategy(strategy)).order_by("id").all();
    EXPECT_EQ(tickets[0]["seat"].row(), seats[0]);
    EXPECT_TRUE(tickets[0]["seat"].row().same_row(tickets[2]["seat"].row()));
    EXPECT_TRUE(tickets[3]["seat"].is_null());
  }
  const Rows limited = db["Seat"]
                           .objects()
                           .prefetch_related(Prefetch("tickets").order_by("-id").limit(1))
                           .order_by("row", "number")
                           .all();
  EXPECT_THAT(texts(limited[0].related("tickets"), "name"), ElementsAre("r"));
}

// ---- limits per parent ----

TEST_P(Loading, ALimitPerParentIsEachParentsOwn) {
  const Database db = filled();
  QueryCount count(db);
  const QuerySet authors = db["Author"].objects().order_by("id");
  const Rows rows = authors.prefetch_related(Prefetch("books").order_by("-title").limit(2)).all();
  EXPECT_EQ(count.count(), 2U);
  EXPECT_THAT(texts(rows[0].related("books"), "title"), ElementsAre("f", "e"));
  EXPECT_THAT(texts(rows[1].related("books"), "title"), ElementsAre("d"));
  EXPECT_THAT(texts(rows[2].related("books"), "title"), ElementsAre("c", "b"));
  EXPECT_THAT(texts(rows[4].related("books"), "title"), IsEmpty());
  EXPECT_TRUE(rows[4].is_loaded("books"));
  EXPECT_TRUE(rows[0].related("books").is_partial());
  EXPECT_EQ(count.count(), 2U);
  const Rows later = authors.prefetch_related(Prefetch("books").order_by("-title").offset(1).limit(1)).all();
  EXPECT_THAT(texts(later[0].related("books"), "title"), ElementsAre("e"));
  EXPECT_THAT(texts(later[1].related("books"), "title"), IsEmpty());
  EXPECT_THAT(texts(later[2].related("books"), "title"), ElementsAre("b"));
  count.reset();
  const Rows none = authors.prefetch_related(Prefetch("books").limit(0)).all();
  EXPECT_THAT(none[0].related("books"), IsEmpty());
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Loading, ALimitPerParentCountsRowsAlsoWhereConditionsAndOrdersGoFurther) {
  const Database db = filled();
  const QuerySet authors = db["Author"].objects().order_by("id");
  // The condition multiplies book 1, which still counts once.
  const Rows rows =
      authors.prefetch_related(Prefetch("books").where("reviews__stars__gte", 2).order_by("id").limit(1)).all();
  EXPECT_THAT(texts(rows[0].related("books"), "title"), ElementsAre("f"));
  EXPECT_THAT(texts(rows[2].related("books"), "title"), ElementsAre("b"));
  EXPECT_THAT(texts(rows[3].related("books"), "title"), ElementsAre("n"));
  const Rows by_mentor = db["Tag"]
                             .objects()
                             .order_by("id")
                             .prefetch_related(Prefetch("books").order_by({"-author__name", "id"}).limit(1))
                             .all();
  EXPECT_THAT(texts(by_mentor[0].related("books"), "title"), ElementsAre("f"));
  EXPECT_THAT(texts(by_mentor[1].related("books"), "title"), ElementsAre("b"));
  EXPECT_EQ(by_mentor[1].related("books").links()[0]["weight"].integer(), 4);
  // What hangs on rows beyond the limit is not asked for.
  const Rows deep = authors
                        .prefetch_related({Prefetch("books").where("reviews__stars__gte", 1).order_by("-id").limit(1),
                                           Prefetch("books__tags")})
                        .all();
  EXPECT_THAT(texts(deep[2].related("books"), "title"), ElementsAre("b"));
  EXPECT_THAT(texts(deep[2].related("books")[0].related("tags"), "name"), ElementsAre("y"));
}

TEST_P(Loading, ALimitPerParentReadsAnOrderedIndexWhereThereIsOne) {
  const Database db = open(R"({"dorm": 1, "models": {
      "Feed": {"fields": {"name": {"type": "text"}}},
      "Entry": {"indexes": [{"fields": ["feed", "day"]}],
                "fields": {"feed": {"type": "foreign_key", "to": "Feed", "backref": "entries"}, "day": {"type": "integer"}}}}})");
  const std::string numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50) ";
  db.execute("INSERT INTO feed (id, name) " + numbers + "SELECT i, 'f' FROM n WHERE i <= 7");
  db.execute("INSERT INTO entry (id, feed_id, day) " + numbers + "SELECT i, i % 5 + 1, i * 7 % 11 FROM n");
  const auto read = [&](const Prefetch& prefetch) {
    std::vector<std::string> ids;
    for (const Row& feed : db["Feed"].objects().order_by("id").prefetch_related(prefetch).all()) {
      ids.push_back("of " + feed["id"].to_text());
      for (const Row& entry : feed.related("entries")) ids.push_back(entry["id"].to_text());
    }
    return joined(ids);
  };
  const Prefetch indexed = Prefetch("entries").order_by({"-day", "id"}).limit(3).offset(1);
  const std::string sql = db["Feed"].objects().prefetch_related(indexed).explain_load().steps.at(1).sql;
  EXPECT_THAT(sql, HasSubstr(is_postgres() ? "LATERAL" : "ROW_NUMBER() OVER (PARTITION BY"));
  // The same rows in the same order as numbered ones, and as those cut to size in the program.
  std::vector<std::string> expected;
  for (const Row& feed :
       db["Feed"].objects().order_by("id").prefetch_related(Prefetch("entries").order_by({"-day", "id"})).all()) {
    expected.push_back("of " + feed["id"].to_text());
    for (std::size_t i = 1; i < std::min<std::size_t>(4, feed.related("entries").size()); ++i)
      expected.push_back(feed.related("entries")[i]["id"].to_text());
  }
  EXPECT_EQ(read(indexed), joined(expected));
  EXPECT_EQ(read(indexed.strategy(Strategy::subquery)), joined(expected));
  if (is_postgres()) {
    EXPECT_EQ(read(indexed.strategy(Strategy::pipelined)), joined(expected));
  }
}

// ---- keys as the database compares them ----

TEST_P(Loading, KeysAreEqualWhereTheirCollationSaysSo) {
  const std::string schema = R"({"dorm": 1, "models": {
      "Land": {"fields": {"code": {"type": "string", "max_length": 8, "primary_key": true, "collation": "NOCASE"}}},
      "Town": {"fields": {"land": {"type": "foreign_key", "to": "Land", "backref": "towns"}, "name": {"type": "text"}}}}})";
  const Database db = Database::open(fresh_database(GetParam()), Registry::parse(schema));
  if (is_postgres())
    db.execute("CREATE COLLATION \"NOCASE\" (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
  db.create_tables();
  db.execute(
      "INSERT INTO land (code) VALUES ('De'), ('fr'); INSERT INTO town (id, land_id, name) VALUES "
      "(1,'DE','a'),(2,'de','b'),(3,'FR','c'),(4,'De','d');");
  for (const Strategy strategy : strategies()) {
    const Rows lands =
        db["Land"].objects().order_by("code").prefetch_related(Prefetch("towns").strategy(strategy)).all();
    EXPECT_THAT(texts(lands[0].related("towns"), "name"), ElementsAre("a", "b", "d"));
    EXPECT_THAT(texts(lands[1].related("towns"), "name"), ElementsAre("c"));
    QueryCount count(db);
    const Rows towns = db["Town"].objects().order_by("id").prefetch_related(Prefetch("land").strategy(strategy)).all();
    EXPECT_EQ(count.count(), strategy == Strategy::join ? 1U : 2U);
    EXPECT_THAT(texts(towns, "land_id"), ElementsAre("DE", "de", "FR", "De"));
    for (const int town : {0, 1, 3}) EXPECT_EQ(towns[static_cast<std::size_t>(town)]["land"]["code"].text(), "De");
    EXPECT_EQ(towns[2]["land"]["code"].text(), "fr");
    EXPECT_TRUE(towns[0]["land"].row().same_row(towns[1]["land"].row()));
  }
  std::size_t found = 0;
  for (const Row& land : db["Land"].objects().all()) found += land.related("towns").size();
  EXPECT_EQ(found, 4U);
}

TEST_P(Loading, KeysThatOnlyTheDatabaseCanCompareFindTheirRows) {
  const std::string schema = R"({"dorm": 1, "models": {
      "Land": {"fields": {"code": {"type": "text", "primary_key": true,
                                   "db_type": {"sqlite": "TEXT COLLATE NOCASE", "postgres": "folded"}}}},
      "Town": {"fields": {"land": {"type": "foreign_key", "to": "Land", "backref": "towns"}, "name": {"type": "text"}}}}})";
  const Database db = Database::open(fresh_database(GetParam()), Registry::parse(schema));
  if (is_postgres()) {
    db.execute("CREATE COLLATION anycase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
    db.execute("CREATE DOMAIN folded AS text COLLATE anycase");
  }
  db.create_tables();
  db.execute(
      "INSERT INTO land (code) VALUES ('De'), ('fr'); INSERT INTO town (id, land_id, name) VALUES "
      "(1,'DE','a'),(2,'de','b'),(3,'FR','c'),(4,'De','d');");
  for (const Strategy strategy : strategies()) {
    const Rows lands =
        db["Land"].objects().order_by("code").prefetch_related(Prefetch("towns").strategy(strategy)).all();
    EXPECT_THAT(texts(lands[0].related("towns"), "name"), ElementsAre("a", "b", "d"));
    EXPECT_THAT(texts(lands[1].related("towns"), "name"), ElementsAre("c"));
    const Rows towns = db["Town"].objects().order_by("id").prefetch_related(Prefetch("land").strategy(strategy)).all();
    for (const int town : {0, 1, 3}) EXPECT_EQ(towns[static_cast<std::size_t>(town)]["land"]["code"].text(), "De");
    EXPECT_EQ(towns[2]["land"]["code"].text(), "fr");
  }
}

// ---- rows that are there ----

TEST_P(Loading, WhatIsMissingIsLoadedForRowsOfAnyOrigin) {
  const Database db = filled();
  const Model author = db["Author"];
  const QuerySet plain = author.objects();
  const std::vector<Row> rows = {plain.get("id", 1), plain.get("id", 3), plain.order_by("id").all()[2],
                                 plain.get("id", 1)};
  QueryCount count(db);
  load_related(rows, {"books__reviews", "mentor", "books__tags"});
  EXPECT_EQ(count.count(), 4U);
  count.reset();
  EXPECT_THAT(texts(rows[0].related("books"), "title"), ElementsAre("f", "e"));
  EXPECT_THAT(texts(rows[1].related("books"), "title"), ElementsAre("c", "b", "a"));
  EXPECT_THAT(texts(rows[2].related("books"), "title"), ElementsAre("c", "b", "a"));
  EXPECT_THAT(texts(rows[0].related("books")[0].related("reviews"), "id"), ElementsAre("2", "3", "1"));
  EXPECT_THAT(texts(rows[1].related("books")[0].related("tags"), "name"), ElementsAre("z", "z"));
  EXPECT_EQ(rows[1].related("books")[0].related("tags").links()[1]["weight"].integer(), 7);
  EXPECT_TRUE(rows[0]["mentor"].is_null());
  EXPECT_EQ(rows[1]["mentor"]["name"].text(), "ann");
  EXPECT_TRUE(rows[0].related("books")[0]["author"].row().same_row(rows[0]));
  EXPECT_TRUE(rows[2].related("books")[0]["author"].row().same_row(rows[2]));
  load_related(rows, {"books__reviews", "mentor"});
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Loading, LoadedRelationsStayUnlessTheyAreRefreshed) {
  const Database db = filled();
  const Row ann = db["Author"].objects().prefetch_related("books").get("id", 1);
  db.execute("INSERT INTO book (id, title, year, author_id) VALUES (9, 'new', 2020, 1)");
  load_related(ann, {"books"});
  EXPECT_EQ(ann.related("books").size(), 2U);
  load_related(ann, {"books"}, true);
  EXPECT_EQ(ann.related("books").size(), 3U);
  // Part of them is not all of them.
  const Row cy = db["Author"].objects().prefetch_related(Prefetch("books").limit(1)).get("id", 3);
  load_related(cy, {"books"});
  EXPECT_EQ(cy.related("books").size(), 3U);
  EXPECT_FALSE(cy.related("books").is_partial());
}

TEST_P(Loading, OnlySavedRowsOfOneModelCanBeLoadedFor) {
  const Database db = filled();
  const Row ann = db["Author"].get(1);
  EXPECT_THROW(load_related({ann, db["Author"].make({{"name", "new"}})}, {"books"}), StateError);
  EXPECT_THROW(load_related({ann, db["Book"].get(1)}, {"books"}), QueryError);
  EXPECT_THROW(load_related(ann, {"boks"}), QueryError);
  QueryCount count(db);
  load_related(std::vector<Row>{}, {"books"});
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Loading, AFailedLoadLeavesEverythingUnloaded) {
  const Database db = filled();
  const Rows authors = db["Author"].objects().all();
  db.execute("ALTER TABLE book RENAME TO shelf");
  EXPECT_THROW(load_related(authors, {"books"}), Error);
  for (const Row& author : authors) EXPECT_FALSE(author.is_loaded("books"));
  db.execute("ALTER TABLE shelf RENAME TO book");
  load_related(authors, {"books"});
  EXPECT_EQ(authors[0].related("books").size(), 2U);
}

TEST_P(Loading, AllOfARowIsOneQuery) {
  const Database db = filled();
  const Row book = db["Book"].objects().get("id", 1);
  const Row same = book;
  db.execute(
      "UPDATE book SET title = 'changed' WHERE id = 1; INSERT INTO review (id, book_id, stars) VALUES (10, 1, 4);");
  QueryCount count(db);
  load_all(book);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(same["title"].text(), "changed");
  EXPECT_EQ(book["author"]["name"].text(), "ann");
  EXPECT_THAT(texts(book.related("reviews"), "stars"), ElementsAre("5", "5", "4", "3"));
  EXPECT_THAT(texts(book.related("tags"), "name"), ElementsAre("x", "y"));
  EXPECT_EQ(book.related("tags").links()[0]["weight"].integer(), 5);
  EXPECT_TRUE(book.related("reviews")[0]["book"].row().same_row(book));
  EXPECT_EQ(count.count(), 1U);
  count.reset();
  load_all(book, true);
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(book["author"]["portrait"]["painter"].text(), "q");
  EXPECT_EQ(count.count(), 1U);
  db.execute("DELETE FROM review WHERE id = 10");
  load_all(book, false, {"tags"});
  EXPECT_EQ(book.related("reviews").size(), 3U);
}

TEST_P(Loading, LoadingAllOfARowGuardsItsChanges) {
  const Database db = filled();
  const Row book = db["Book"].objects().get("id", 1);
  book.set("title", "mine");
  EXPECT_THROW(load_all(book), StateError);
  load_all(book, false, {}, true);
  EXPECT_EQ(book["title"].text(), "f");
  EXPECT_FALSE(book.is_dirty());
  EXPECT_THROW(load_all(db["Book"].make({{"title", "new"}, {"year", 1}})), StateError);
  db.execute("DELETE FROM labelling; DELETE FROM review; DELETE FROM book WHERE id = 1");
  EXPECT_THROW(load_all(book), NotFound);
}

// ---- what it will cost ----

TEST_P(Loading, ThePlanIsToldWithoutRunningIt) {
  const Database db = filled();
  QueryCount count(db);
  const LoadPlan plan =
      db["Author"].objects().select_related("books").prefetch_related("books__reviews").explain_load();
  EXPECT_EQ(count.count(), 0U);
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.round_trips, 2U);
  EXPECT_EQ(plan.steps[1].path, "books");
  EXPECT_EQ(plan.steps[1].strategy, Strategy::join);
  EXPECT_THAT(plan.steps[1].sql, IsEmpty());
  EXPECT_EQ(plan.steps[2].path, "books__reviews");
  EXPECT_EQ(plan.steps[2].strategy, Strategy::key_set);
  EXPECT_EQ(plan.steps[2].parent, 1U);
  EXPECT_THAT(plan.steps[2].sql, HasSubstr("FROM \"review\""));
  const std::string text = plan.to_text();
  EXPECT_THAT(text, HasSubstr("└─ books → Book (join: joined by the request)"));
  EXPECT_THAT(text, HasSubstr("   └─ reviews → Review (key_set: "));
  EXPECT_THAT(text, HasSubstr("2 round trips"));
}

TEST_P(Loading, ThePlanWarnsOfListsThatMultiplyAndOfMissingIndexes) {
  const Database db = open(R"({"dorm": 1, "models": {
      "Shop": {"fields": {"name": {"type": "text"}}},
      "Sale": {"fields": {"shop": {"type": "foreign_key", "to": "Shop", "backref": "sales", "index": false}}},
      "Clerk": {"fields": {"shop": {"type": "foreign_key", "to": "Shop", "backref": "clerks"}}}}})");
  const std::string both =
      db["Shop"].objects().select_related({Path("sales"), Path("clerks")}).explain_load().to_text();
  EXPECT_THAT(both, HasSubstr("warning: joined lists beside each other multiply the rows"));
  const std::string slow = db["Shop"].objects().prefetch_related("sales").explain_load().to_text();
  EXPECT_THAT(slow, HasSubstr("warning: no index starts with the foreign key of 'sales'"));
  EXPECT_THAT(db["Shop"].objects().prefetch_related("clerks").explain_load().to_text(), Not(HasSubstr("warning")));
}

}  // namespace
}  // namespace dorm::test
