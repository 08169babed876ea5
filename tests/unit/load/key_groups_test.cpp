#include "load/key_groups.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <string>

namespace dorm::load {
namespace {

// A model with one text field after an integer one, whose key is the text.
ModelInfo land(const std::string& collation, const std::string& db_type = {}) {
  ModelInfo model;
  model.name = "Land";
  for (const char* name : {"size", "code"}) {
    FieldInfo& field = model.fields.emplace_back();
    field.index = static_cast<std::uint32_t>(model.fields.size() - 1);
    field.name = name;
    field.type.kind = field.index == 0 ? TypeKind::integer : TypeKind::text;
  }
  model.fields[1].collation.all = collation;
  model.fields[1].db_type.all = db_type;
  return model;
}

class Keys {
 public:
  explicit Keys(const ModelInfo& model) : groups_(model, {1}) {}
  std::uint32_t add(const char* code) { return groups_.add(row(code)); }
  std::uint32_t find(const char* code) { return groups_.find(row(code), {1}); }
  const KeyGroups& groups() const { return groups_; }

 private:
  const Cell* row(const char* code) {
    std::vector<Cell>& cells = rows_.emplace_back();
    cells = {Cell::of_integer(static_cast<std::int64_t>(rows_.size())), Cell::of_bytes(CellTag::text, code)};
    return cells.data();
  }
  std::deque<std::vector<Cell>> rows_;
  KeyGroups groups_;
};

TEST(KeyGroups, EqualBytesAreOneGroup) {
  Keys keys(land(""));
  EXPECT_EQ(keys.add("de"), 0U);
  EXPECT_EQ(keys.add("fr"), 1U);
  EXPECT_EQ(keys.add("de"), 0U);
  EXPECT_EQ(keys.find("fr"), 1U);
  EXPECT_EQ(keys.find("DE"), KeyGroups::none);
  EXPECT_EQ(keys.find("de "), KeyGroups::none);
}

TEST(KeyGroups, NocaseFoldsAsciiLettersOnly) {
  Keys keys(land("NOCASE"));
  EXPECT_EQ(keys.add("Ärger"), 0U);
  EXPECT_EQ(keys.find("ÄRGER"), 0U);
  EXPECT_EQ(keys.find("ärger"), KeyGroups::none);
  EXPECT_EQ(keys.find("Ärger "), KeyGroups::none);
}

TEST(KeyGroups, RtrimForgetsSpacesAtTheEnd) {
  Keys keys(land("RTRIM"));
  EXPECT_EQ(keys.add("de  "), 0U);
  EXPECT_EQ(keys.find("de"), 0U);
  EXPECT_EQ(keys.find(" de"), KeyGroups::none);
  EXPECT_EQ(keys.find("DE"), KeyGroups::none);
}

TEST(KeyGroups, OtherCollationsAndTypesAreTheDatabasesToCompare) {
  EXPECT_FALSE(Keys(land("")).groups().asks_database());
  EXPECT_FALSE(Keys(land("C")).groups().asks_database());
  EXPECT_FALSE(Keys(land("BINARY")).groups().asks_database());
  EXPECT_FALSE(Keys(land("nocase")).groups().asks_database());
  EXPECT_TRUE(Keys(land("de-x-icu")).groups().asks_database());
  EXPECT_TRUE(Keys(land("", "citext")).groups().asks_database());
  ModelInfo either = land("");
  either.fields[1].collation.by_dialect = {{"sqlite", "NOCASE"}};
  EXPECT_TRUE(Keys(either).groups().asks_database());
  ModelInfo foreign = land("");
  foreign.managed = false;
  EXPECT_TRUE(Keys(foreign).groups().asks_database());
}

TEST(KeyGroups, OfRowsThatAreNothingButTheirKeysCompareLikeTheFields) {
  KeyGroups groups(land("NOCASE"), {1, 0}, {0, 1});
  const auto add = [&](const Cell(&cells)[2]) { return groups.add(cells); };
  const Cell rows[][2] = {{Cell::of_bytes(CellTag::text, "de"), Cell::of_integer(1)},
                          {Cell::of_bytes(CellTag::text, "DE"), Cell::of_integer(1)},
                          {Cell::of_bytes(CellTag::text, "de"), Cell::of_integer(2)}};
  EXPECT_EQ(add(rows[0]), 0U);
  EXPECT_EQ(add(rows[1]), 0U);
  EXPECT_EQ(add(rows[2]), 1U);
}

TEST(KeyGroups, ManyKeysStayApart) {
  const ModelInfo model = land("");
  KeyGroups groups(model, {0});
  std::deque<Cell> cells;
  for (int i = 0; i < 5000; ++i)
    EXPECT_EQ(groups.add(&cells.emplace_back(Cell::of_integer(i * 1024))), static_cast<std::uint32_t>(i));
  for (int i = 0; i < 5000; ++i)
    EXPECT_EQ(groups.find(&cells[static_cast<std::size_t>(i)], {0}), static_cast<std::uint32_t>(i));
}

}  // namespace
}  // namespace dorm::load
