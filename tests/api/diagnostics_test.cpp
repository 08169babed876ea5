// What dorm notices about the data and tells its observers.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Warnings final : Observer {
  void on_statement(const StatementEvent&) noexcept override {}
  void on_warning(std::string_view, std::string_view text) noexcept override { texts.emplace_back(text); }
  std::vector<std::string> texts;
};

class Diagnostics : public Api {};
DORM_API_TESTS(Diagnostics);

TEST_P(Diagnostics, KeysWhoseRowsAreGoneReadAsNullAndAreTold) {
  const Database db = open(R"({"dorm": 1, "models": {
    "User": {"fields": {"name": {"type": "text"}}},
    "Note": {"fields": {"user": {"type": "foreign_key", "to": "User", "nullable": true, "db_constraint": false},
                        "text": {"type": "text"}}}}})");
  const Model user = db["User"], note = db["Note"];
  user.create({{"name", "huey"}});
  for (const int key : {1, 7, 7, 8}) note.create({{"user", key}, {"text", "x"}});
  note.create({{"text", "of nobody"}});
  const auto warnings = std::make_shared<Warnings>();
  const std::shared_ptr<void> registration = db.add_observer(warnings);
  const std::string told = "'Note.user' has 2 keys of 'User' rows that are gone; the relation reads as null there";
  std::vector<std::string> seen;
  for (const Row& row : note.select().order_by(note["id"]))
    seen.push_back(row["user"].is_null() ? "null" : row["user"]["name"].to_text());
  EXPECT_THAT(seen, ElementsAre("huey", "null", "null", "null", "null"));
  EXPECT_THAT(warnings->texts, ElementsAre(told));
  // A prefetch tells it, too; one that filters does not know.
  warnings->texts.clear();
  prefetch(note.select(), user.select().where(user["name"] == "huey"));
  EXPECT_THAT(warnings->texts, IsEmpty());
  prefetch(note.select(), user.select());
  EXPECT_THAT(warnings->texts, ElementsAre(told));
  // What leads to nothing, and what nothing leads to, is as it should be.
  warnings->texts.clear();
  EXPECT_TRUE(note.get(5)["user"].is_null());
  EXPECT_EQ(user.create({{"name", "mickey"}}).related("note_set").size(), 0U);
  EXPECT_THAT(warnings->texts, IsEmpty());
}

}  // namespace
}  // namespace dorm::test
