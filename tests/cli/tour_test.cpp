// The guided tour prints the same on every run, and leaves a database as it found it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/program.hpp"
#include "dorm/dorm.hpp"
#include "support/backends.hpp"
#include "support/golden.hpp"

namespace dorm::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Tour : public testing::TestWithParam<test::Backend> {
 protected:
  int tour(const std::string& url, bool color = false, const Arguments& more = {}) {
    out_.str("");
    err_.str("");
    Arguments arguments{"tour", "--database-url", url};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments, {out_, err_, color});
  }
  std::string out() const { return out_.str(); }
  std::string err() const { return err_.str(); }

 private:
  std::ostringstream out_;
  std::ostringstream err_;
};
INSTANTIATE_TEST_SUITE_P(Backends, Tour, testing::ValuesIn(test::backends()), test::backend_name);

// Rows of a query without an order come as the database likes: they are compared as sets.
std::string with_sorted_rows(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  const auto is_row = [](const std::string& line) { return line.starts_with("   | "); };
  for (auto begin = lines.begin(); begin != lines.end();) {
    begin = std::find_if(begin, lines.end(), is_row);
    const auto end = std::find_if_not(begin, lines.end(), is_row);
    std::sort(begin, end);
    begin = end;
  }
  std::string sorted;
  for (const std::string& line : lines) sorted += line + '\n';
  return sorted;
}

TEST_P(Tour, PrintsWhatTheGoldenFileSays) {
  ASSERT_EQ(tour(test::fresh_database(GetParam())), success) << err();
  test::Golden golden(GetParam().name == "postgres" ? "tour/postgres.txt" : "tour/sqlite.txt");
  golden.expect("output", with_sorted_rows(out()));
}

TEST_P(Tour, LeavesNothingBehind) {
  if (GetParam().name == "sqlite_memory") return;  // is another database each time
  const std::string url = test::fresh_database(GetParam());
  ASSERT_EQ(tour(url), success) << err();
  ASSERT_EQ(tour(url), success) << err();
  const Database db = Database::open(url, Registry::load(std::string(DORM_SOURCE_DIR) + "/schemas/social"));
  for (const auto& model : db.registry().models()) EXPECT_THROW(db[model->name].count(), SchemaMismatch);
}

TEST_P(Tour, TouchesNoTableThatIsThereAlready) {
  if (GetParam().name == "sqlite_memory") return;  // is another database each time
  const std::string url = test::fresh_database(GetParam());
  const Database db = Database::open(
      url, Registry::parse(
               R"({"dorm": 1, "models": {"Mine": {"table": "category", "fields": {"n": {"type": "integer"}}}}})"));
  db.create_tables();
  db["Mine"].create({{"n", 7}});
  EXPECT_EQ(tour(url), failure);
  EXPECT_THAT(err(), HasSubstr("'category'"));
  EXPECT_EQ(db["Mine"].get(1)["n"].integer(), 7);
  db.drop_tables();
  EXPECT_EQ(tour(url), success) << "nothing of the refused tour is left: " << err();
}

TEST_P(Tour, HasColorsOnlyWhereTheyAreWanted) {
  const std::string url = test::fresh_database(GetParam());
  ASSERT_EQ(tour(url), success) << err();
  EXPECT_THAT(out(), Not(HasSubstr("\x1b[")));
  ASSERT_EQ(tour(url, true), success);
  EXPECT_THAT(out(), HasSubstr("\x1b["));
  ASSERT_EQ(tour(url, true, {"--no-color"}), success);
  EXPECT_THAT(out(), Not(HasSubstr("\x1b[")));
}

}  // namespace
}  // namespace dorm::cli
