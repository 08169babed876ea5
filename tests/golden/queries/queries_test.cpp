// The cases of this folder against its files, and against every backend.
#include <gtest/gtest.h>

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

constexpr std::array<QueryTopic, 6> topics{{{"joins", join_cases},
                                            {"sources", source_cases},
                                            {"conditions", condition_cases},
                                            {"shaping", shaping_cases},
                                            {"statements", statement_cases},
                                            {"mistakes", mistake_cases}}};

Registry registry() {
  const std::string folder = DORM_SOURCE_DIR "/schemas/";
  const std::vector<std::filesystem::path> paths{folder + "social", folder + "music"};
  return Registry::load(std::span<const std::filesystem::path>(paths));
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

// A database that writes down what it is asked; counts are 0 and lists empty.
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
      return rows;
    };
  }

  // What the case says, and whether it was refused.
  std::pair<std::string, bool> run(const QueryCase& each) {
    Database db = Database::open("mock:", registry(), Drivers({driver_}));
    std::string written;
    text_.clear();
    try {
      each.run(QueryWorld(db, &written));
    } catch (const QueryError& error) {
      EXPECT_EQ(text_, "") << "a mistake was sent: " << each.name;
      return {std::string("QueryError: ") + error.what(), true};
    } catch (const DataError& error) {
      EXPECT_EQ(text_, "") << "a mistake was sent: " << each.name;
      return {std::string("DataError: ") + error.what(), true};
    }
    return {written.empty() ? text_ : written, false};
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

class GoldenQueriesRun : public testing::TestWithParam<Backend> {};
INSTANTIATE_TEST_SUITE_P(Backends, GoldenQueriesRun, testing::ValuesIn(backends()), backend_name);

TEST_P(GoldenQueriesRun, OnTheBackend) {
  Database db = Database::open(fresh_database(GetParam()), registry());
  db.create_tables();
  for (const QueryTopic& topic : topics) {
    if (topic.cases == mistake_cases) continue;
    for (const QueryCase& each : topic.cases()) {
      SCOPED_TRACE(each.name);
      try {
        each.run(QueryWorld(db, nullptr));
      } catch (const QueryError& error) {
        // What this backend has not got is refused before it is sent; the files say where.
        EXPECT_NE(Golden("queries/" + std::string(topic.name) + ".txt")
                      .find(each.name + ": " + std::string(db.backend()) + " error"),
                  nullptr)
            << error.what();
      } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
      }
    }
  }
}

}  // namespace

void QueryWorld::rows(const Query& query) const {
  if (written == nullptr) {
    query.all();
    return;
  }
  const BoundSql bound = query.sql();
  if (!written->empty()) *written += '\n';
  *written += bound.sql + values_line(bound.parameters);
}

}  // namespace dorm::test
