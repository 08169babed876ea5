// The cases of this folder against its files, and against every backend.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "golden/queries/world.hpp"
#include "load/run.hpp"
#include "postgres/dialect.hpp"
#include "sqlite/dialect.hpp"
#include "support/backends.hpp"
#include "support/golden.hpp"
#include "support/mock_driver.hpp"

namespace dorm::test {
namespace {

struct QueryTopic {
  const char* name;
  QueryCases (*cases)();
};

constexpr std::array<QueryTopic, 14> topics{{{"joins", join_cases},
                                             {"sources", source_cases},
                                             {"conditions", condition_cases},
                                             {"shaping", shaping_cases},
                                             {"statements", statement_cases},
                                             {"types", type_cases},
                                             {"functions", function_cases},
                                             {"selects", selecting_cases},
                                             {"inserts", insert_cases},
                                             {"facades", facade_cases},
                                             {"facades_of_conditions", condition_facade_cases},
                                             {"facades_of_values", value_facade_cases},
                                             {"facades_of_calls", call_facade_cases},
                                             {"mistakes", mistake_cases}}};

Registry registry() {
  const std::string folder = DORM_SOURCE_DIR "/schemas/";
  const std::vector<std::filesystem::path> paths{folder + "social", folder + "music"};
  return Registry::load(std::span<const std::filesystem::path>(paths)).with(R"({"dorm": 1,
    "enums": {"Status": {"values": ["open", "closed", "lost"]}},
    "models": {"Item": {"fields": {
      "price": {"type": "decimal", "precision": 12, "scale": 2},
      "weight": {"type": "decimal", "precision": 8, "scale": 4, "nullable": true},
      "small": {"type": "smallint"},
      "ratio": {"type": "double"},
      "code": {"type": "uuid"},
      "data": {"type": "binary", "nullable": true},
      "made_on": {"type": "date"},
      "opens_at": {"type": "time"},
      "moment": {"type": "datetime"},
      "local": {"type": "datetime", "timezone": false},
      "flag": {"type": "boolean", "nullable": true},
      "status": {"type": "enum", "enum": "Status"},
      "info": {"type": "json", "nullable": true}}}}})");
}

std::string values_line(const Values& values) {
  if (values.empty()) return {};
  std::string line = "\n-- with";
  for (const Value& value : values) {
    if (value.kind() != ValueKind::list) {
      line += " " + value.to_text();
      continue;
    }
    line += " [";
    for (const Value& item : value.list()) line += (line.back() == '[' ? "" : " ") + item.to_text();
    line += "]";
  }
  return line;
}

// Whether a statement makes one row of all rows, also of none.
bool is_total(const driver::Statement& statement) {
  const std::string_view sql = statement.sql;
  constexpr std::array<std::string_view, 4> totals{"SELECT SUM(", "SELECT MIN(", "SELECT MAX(", "SELECT CAST(AVG("};
  return statement.columns.size() == 1 && sql.find("GROUP BY") == std::string_view::npos &&
         std::any_of(totals.begin(), totals.end(), [&](std::string_view total) { return sql.starts_with(total); });
}

// A database that writes down what it is asked; counts are 0, totals null, and lists empty.
class Recorder {
 public:
  explicit Recorder(const sql::Dialect& dialect) : driver_(std::make_shared<MockDriver>(&dialect)) {
    driver_->on_query = [this](const driver::Statement& statement, std::span<const Cell> parameters) {
      Values values;
      bool has_list = false;
      for (const Cell& cell : parameters) {
        has_list = has_list || cell.tag == CellTag::list;
        values.push_back(load::value_of(cell));
      }
      if (!text_.empty()) text_ += '\n';
      text_ += statement.sql + (has_list ? std::string() : values_line(values));
      MockDriver::Rows rows;
      if (statement.sql.starts_with("SELECT COUNT(*)")) rows.push_back({Cell::of_integer(0)});
      if (is_total(statement)) rows.push_back({Cell::of_null()});
      return rows;
    };
  }

  // What the case says, and whether it was refused.
  std::pair<std::string, bool> run(const QueryCase& each) {
    Database db = Database::open("mock:", registry(), Drivers({driver_}));
    std::vector<std::string> answered;
    text_.clear();
    try {
      each.run(QueryWorld(db, QueryWorld::Ask::sql, answered, text_));
    } catch (const QueryError& error) {
      EXPECT_EQ(text_, "") << "a mistake was sent: " << each.name;
      return {std::string("QueryError: ") + error.what(), true};
    } catch (const DataError& error) {
      EXPECT_EQ(text_, "") << "a mistake was sent: " << each.name;
      return {std::string("DataError: ") + error.what(), true};
    }
    for (const std::string& text : answered) text_ += text;
    return {text_, false};
  }

 private:
  std::shared_ptr<MockDriver> driver_;
  std::string text_;
};

class GoldenQueries : public testing::TestWithParam<QueryTopic> {};
INSTANTIATE_TEST_SUITE_P(Topics, GoldenQueries, testing::ValuesIn(topics),
                         [](const auto& topic) { return std::string(topic.param.name); });

TEST_P(GoldenQueries, SayWhatTheFileSays) {
  Golden golden("queries/" + std::string(GetParam().name) + ".txt");
  for (const QueryCase& each : GetParam().cases()) {
    const auto [sqlite, sqlite_refuses] = Recorder(sqlite::dialect()).run(each);
    const auto [postgres, postgres_refuses] = Recorder(postgres::dialect()).run(each);
    if (sqlite_refuses && postgres_refuses && sqlite == postgres) {
      golden.expect(each.name + ": error", sqlite);
      continue;
    }
    golden.expect(each.name + ": sqlite" + (sqlite_refuses ? " error" : ""), sqlite);
    golden.expect(each.name + ": postgres" + (postgres_refuses ? " error" : ""), postgres);
  }
}

TEST(GoldenQueryCases, HaveNamesOfTheirOwn) {
  for (const QueryTopic& topic : topics) {
    std::set<std::string> names;
    for (const QueryCase& each : topic.cases()) EXPECT_TRUE(names.insert(each.name).second) << each.name;
  }
}

void populate(Database& db) {
  db.create_tables();
  std::vector<Row> users, tweets, categories, albums;
  for (const char* name : {"huey", "mickey", "zaizee", "charlie"})
    users.push_back(db["User"].create({{"username", name}}));
  DateTime when = DateTime::parse("2026-11-01 00:00:00");
  int author = 0;
  for (const char* content : {"meow", "hiss", "purr", "woof", "whine", "meow"}) {
    tweets.push_back(db["Tweet"].create(
        {{"user", users[static_cast<std::size_t>(author++ / 3)]}, {"content", content}, {"timestamp", when}}));
    when.microseconds += 7'000'000'000;
  }
  for (const std::size_t liked : {0U, 2U, 2U, 4U})
    db["Favorite"].create({{"user", users[liked % 3]}, {"tweet", tweets[liked]}});
  db["Relationship"].create({{"from_user", users[0]}, {"to_user", users[1]}});
  db["Relationship"].create({{"from_user", users[3]}, {"to_user", users[0]}});
  for (const char* name : {"Electronics", "Phones", "Smart", "leaf", "Books"}) {
    const bool is_root = categories.empty() || std::string_view(name) == "Books";
    categories.push_back(is_root ? db["Category"].create({{"name", name}})
                                 : db["Category"].create({{"name", name}, {"parent", categories.back()}}));
  }
  db["ActivityLog"].create(
      {{"object_id", 4}, {"activity_type", "user_activity"}, {"description", "logged in"}, {"timestamp", when}});
  for (const bool best : {true, false})
    albums.push_back(db["Album"].create({{"name", best ? "Malibu" : "fantasies"}, {"is_best_seller", best}}));
  int position = 0;
  for (const char* title : {"The Bird", "a", "b", "Malibu", "50% CS_", "CS 101", "Ärger"}) {
    const Row track = db["Track"].make({{"title", title}, {"position", position % 4 + 1}});
    if (position % 3 != 2) track.set("album", albums[static_cast<std::size_t>(position % 3)]);
    if (position % 2 == 0) track.set("play_count", position + 1);
    track.save();
    ++position;
  }
}

void populate_items(const Database& db) {
  const Model item = db["Item"];
  const auto code = [](int last) { return "00000000-0000-4000-8000-00000000000" + std::to_string(last); };
  item.create({{"price", "1.50"},
               {"weight", "0.0001"},
               {"small", 1},
               {"ratio", 0.25},
               {"code", code(1)},
               {"data", Blob{std::string("\x00\xFF", 2)}},
               {"made_on", "2026-11-01"},
               {"opens_at", "09:30"},
               {"moment", "2026-11-01 10:00:00.25"},
               {"local", "2026-11-01 10:00:00"},
               {"flag", true},
               {"status", "open"},
               {"info", Json{R"({"a": [1, 2]})"}}});
  item.create({{"price", "19.99"},
               {"weight", "20.5"},
               {"small", 2},
               {"ratio", -1.5},
               {"code", code(3)},
               {"data", Blob{"b"}},
               {"made_on", "2026-11-02"},
               {"opens_at", "08:15:00.000001"},
               {"moment", "2026-11-02 00:00:00"},
               {"local", "2026-11-02 00:00:00"},
               {"flag", false},
               {"status", "closed"},
               {"info", Json{"null"}}});
  item.create({{"price", "-0.01"},
               {"small", 3},
               {"ratio", 1e9},
               {"code", code(2)},
               {"made_on", "2026-11-03"},
               {"opens_at", "23:59:59.999999"},
               {"moment", "2026-10-31 23:59:59"},
               {"local", "2026-12-24 18:00:00"},
               {"status", "lost"}});
}

// What each case answers on a backend, the rows sorted.
std::vector<std::pair<std::string, std::vector<std::string>>> answers_of(const Backend& backend) {
  Database db = Database::open(fresh_database(backend), registry());
  populate(db);
  populate_items(db);
  std::vector<std::pair<std::string, std::vector<std::string>>> answers;
  for (const QueryTopic& topic : topics) {
    if (topic.cases == mistake_cases) continue;
    for (const QueryCase& each : topic.cases()) {
      const Transaction undone = db.transaction();
      std::vector<std::string> answered;
      std::string unrecorded;
      try {
        each.run(QueryWorld(db, QueryWorld::Ask::rows, answered, unrecorded));
      } catch (const QueryError& error) {
        // What this backend has not got is refused before it is sent; the files say where.
        const std::string section = each.name + ": " + std::string(db.backend()) + " error";
        EXPECT_NE(Golden("queries/" + std::string(topic.name) + ".txt").find(section), nullptr)
            << section << ": " << error.what();
        answered = {"refused"};
      } catch (const std::exception& error) {
        ADD_FAILURE() << backend.name << ", " << each.name << ": " << error.what();
      }
      std::sort(answered.begin(), answered.end());
      answers.emplace_back(each.name, std::move(answered));
    }
  }
  return answers;
}

TEST(GoldenQueries, GiveTheSameRowsOnEveryBackend) {
  const auto first = answers_of(backends().front());
  for (const auto& [name, rows] : first)
    EXPECT_EQ(rows.empty(), name == "in an empty list") << name << ": a case without rows shows little";
  for (const Backend& backend : backends()) {
    const auto other = answers_of(backend);
    ASSERT_EQ(other.size(), first.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      const std::vector<std::string> refused{"refused"};
      if (other[i].second == refused || first[i].second == refused || first[i].second == other[i].second) continue;
      EXPECT_EQ(other[i].second, first[i].second) << backend.name << ": " << first[i].first;
    }
  }
}

}  // namespace

void QueryWorld::rows(const Query& query) const {
  if (ask == Ask::rows) {
    const Rows found = query.all();
    for (const Row& row : found) answered.push_back(row.to_json());
    return;
  }
  const BoundSql bound = query.sql();
  answered.push_back((answered.empty() ? "" : "\n") + bound.sql + values_line(bound.parameters));
}

void QueryWorld::value(const Value& returned) const {
  if (ask != Ask::rows) return;
  answered.push_back(returned.to_text());
  for (const Model& model : {user, tweet, favorite, activity_log, album, track}) rows(model.select());
}

void QueryWorld::same(const BoundSql& as_set, const BoundSql& as_query) const {
  EXPECT_EQ(as_set.sql, as_query.sql);
  EXPECT_EQ(as_set.parameters, as_query.parameters);
}

void QueryWorld::both(const QuerySet& set, const Query& query) const {
  same(set.sql(), query.sql());
  rows(query);
}

}  // namespace dorm::test
