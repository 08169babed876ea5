// How names, keys and relations resolve where the sample schemas do not show it.
#include <gmock/gmock.h>

#include "dorm/registry.hpp"

namespace dorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Registry models(const std::string& text) { return Registry::parse(R"({"dorm": 1, "models": {)" + text + "}}"); }

std::vector<std::string> codes(const std::vector<Diagnostic>& diagnostics) {
  std::vector<std::string> result;
  for (const Diagnostic& diagnostic : diagnostics) result.push_back(diagnostic.code);
  return result;
}

TEST(Keys, AModelWithoutOneGetsAnId) {
  const Registry registry = models(R"("Note": {"fields": {}})");
  const ModelInfo& note = registry.get("Note");
  ASSERT_EQ(note.fields.size(), 1U);
  EXPECT_EQ(note.fields[0].name, "id");
  EXPECT_EQ(note.fields[0].type.kind, TypeKind::bigint);
  EXPECT_TRUE(note.fields[0].auto_increment);
  EXPECT_THAT(note.primary_key, ElementsAre(0U));
}

TEST(Keys, ColumnsFollowTheKeyInItsOrder) {
  const Registry registry = models(R"("Seat": {"fields": {"price": {"type": "integer"}, "row": {"type": "integer"},
    "hall": {"type": "foreign_key", "to": "Hall"}}, "primary_key": ["hall", "row"]}, "Hall": {"fields": {}})");
  const ModelInfo& seat = registry.get("Seat");
  EXPECT_THAT(seat.member_names(), ElementsAre("hall_id", "row", "price", "hall"));
  EXPECT_THAT(seat.primary_key, ElementsAre(0U, 1U));
  EXPECT_THAT(seat.relations[0].fields, ElementsAre(0U));
  EXPECT_THAT(seat.indexes, IsEmpty());
}

TEST(Keys, ANameThatEndsInIdKeepsItsColumn) {
  const Registry registry =
      models(R"("Note": {"fields": {"author_id": {"type": "foreign_key", "to": "self", "nullable": true}}})");
  EXPECT_THAT(codes(registry.warnings()), ElementsAre("relation.name_ends_in_id"));
  EXPECT_EQ(registry.get("Note").find_field("author_id_id")->column, "author_id");
  EXPECT_NE(registry.get("Note").find_relation("author_id"), nullptr);
}

TEST(Keys, ARenamedColumnKeepsTheRawKeysName) {
  const Registry registry = models(
      R"("Note": {"fields": {"author": {"type": "foreign_key", "to": "Note", "nullable": true, "column": "wrote"}}})");
  EXPECT_EQ(registry.get("Note").find_field("author_id")->column, "wrote");
}

TEST(ForeignKeys, TakeTheTypeOfTheirTargetThroughAnyNumberOfSteps) {
  const Registry registry = models(R"(
    "Person": {"fields": {"code": {"type": "string", "max_length": 9, "primary_key": true}}},
    "Member": {"fields": {"person": {"type": "one_to_one", "to": "Person", "primary_key": true}}},
    "Card": {"fields": {"member": {"type": "foreign_key", "to": "Member"}}})");
  EXPECT_EQ(to_string(registry.get("Card").find_field("member_id")->type), "string(9)");
  EXPECT_THAT(registry.get("Member").uniques, IsEmpty());
  EXPECT_EQ(registry.get("Person").find_relation("member_set")->kind, RelationKind::reverse_one);
}

TEST(ForeignKeys, MayLeadToAUniqueField) {
  const Registry registry = models(R"(
    "User": {"fields": {"name": {"type": "text", "unique": true}}},
    "Note": {"fields": {"user": {"type": "foreign_key", "to": "User", "to_field": "name"}}})");
  const RelationInfo& user = *registry.get("Note").find_relation("user");
  EXPECT_EQ(registry.get("User").fields[user.target_fields[0]].name, "name");
  EXPECT_EQ(registry.get("Note").find_field("user_id")->type.kind, TypeKind::text);
}

TEST(ForeignKeys, OfSeveralColumnsFollowTheTargetsKeyAndMayShareAColumn) {
  const Registry registry = models(R"(
    "Tenant": {"fields": {}},
    "User": {"fields": {"tenant": {"type": "foreign_key", "to": "Tenant"}, "number": {"type": "integer"}},
             "primary_key": ["tenant", "number"]},
    "Note": {"fields": {"tenant_id": {"type": "bigint"},
                        "author": {"type": "foreign_key", "to": "User", "nullable": true,
                                   "columns": {"author_number": "number", "tenant_id": "tenant"}}}})");
  EXPECT_THAT(registry.warnings(), IsEmpty());
  const ModelInfo& note = registry.get("Note");
  const RelationInfo& author = *note.find_relation("author");
  std::vector<std::string> pairs;
  for (std::size_t i = 0; i < author.fields.size(); ++i) {
    pairs.push_back(note.fields[author.fields[i]].name + "=" +
                    registry.get("User").fields[author.target_fields[i]].name);
  }
  EXPECT_THAT(pairs, ElementsAre("tenant_id=tenant_id", "author_number=number"));
  EXPECT_TRUE(author.nullable);
  EXPECT_FALSE(note.find_field("tenant_id")->nullable);
  EXPECT_EQ(author.constraint_name, "note_tenant_id_author_number_fkey");
  EXPECT_EQ(note.indexes[0].name, "note_tenant_id_author_number_idx");
}

TEST(Backrefs, FalseLeavesAnUnnamedOtherSide) {
  const Registry registry = models(R"("User": {"fields": {}},
    "Note": {"fields": {"user": {"type": "foreign_key", "to": "User", "backref": false}}})");
  const ModelInfo& user = registry.get("User");
  ASSERT_EQ(user.relations.size(), 1U);
  EXPECT_EQ(user.relations[0].name, "");
  EXPECT_THAT(user.member_names(), ElementsAre("id"));
  EXPECT_EQ(registry.get("Note").relations[0].inverse, 0U);
}

TEST(ManyToMany, OfAModelWithItselfTellsTheDirectionsApart) {
  const Registry registry = models(R"("Person": {"fields": {
    "friends": {"type": "many_to_many", "to": "self", "backref": "fans"}}})");
  const ModelInfo& link = registry.get("PersonFriends");
  EXPECT_THAT(link.member_names(), ElementsAre("from_person_id", "to_person_id", "from_person", "to_person"));
  const ModelInfo& person = registry.get("Person");
  EXPECT_EQ(link.relations[person.find_relation("friends")->through_target].name, "to_person");
  EXPECT_EQ(link.relations[person.find_relation("fans")->through_target].name, "from_person");
}

TEST(ManyToMany, LinksCompositeKeysColumnByColumn) {
  const Registry registry = models(R"(
    "Place": {"fields": {"country": {"type": "text"}, "number": {"type": "integer"}}, "primary_key": ["country", "number"]},
    "Tour": {"fields": {"places": {"type": "many_to_many", "to": "Place"}}})");
  const ModelInfo& link = registry.get("TourPlaces");
  EXPECT_THAT(link.member_names(), ElementsAre("tour_id", "place_country", "place_number", "tour", "place"));
  EXPECT_EQ(link.fields[1].type.kind, TypeKind::text);
  EXPECT_EQ(link.primary_key.size(), 3U);
}

TEST(ManyToMany, InAMixinMakesALinkModelForEachModel) {
  const Registry registry = Registry::parse(R"({"dorm": 1,
    "mixins": {"Tagged": {"fields": {"tags": {"type": "many_to_many", "to": "Tag"}}}},
    "models": {"Tag": {"fields": {}}, "Book": {"mixins": ["Tagged"], "fields": {}}, "Song": {"mixins": ["Tagged"], "fields": {}}}})");
  EXPECT_EQ(registry.get("BookTags").table, "book_tags");
  EXPECT_EQ(registry.get("SongTags").table, "song_tags");
  EXPECT_NE(registry.get("Tag").find_relation("book_set"), nullptr);
  EXPECT_NE(registry.get("Tag").find_relation("song_set"), nullptr);
}

TEST(Mixins, ComeFirstInOrderAndOnceWhenReachedTwice) {
  const Registry registry = Registry::parse(R"({"dorm": 1, "mixins": {
      "Base": {"fields": {"a": {"type": "text"}}},
      "One": {"mixins": ["Base"], "fields": {"b": {"type": "text"}}},
      "Two": {"mixins": ["Base"], "fields": {"c": {"type": "text"}}, "indexes": [{"fields": ["c", "a"]}]}},
    "models": {"Book": {"mixins": ["One", "Two"], "fields": {"d": {"type": "text"}}}}})");
  EXPECT_THAT(registry.get("Book").member_names(), ElementsAre("id", "a", "b", "c", "d"));
  EXPECT_EQ(registry.get("Book").indexes[0].name, "book_c_a_idx");
}

TEST(Conditions, BothSpellingsMeanTheSame) {
  const Registry registry = models(R"("Book": {
    "fields": {"pages": {"type": "integer"}, "sold": {"type": "integer", "nullable": true}, "kind": {"type": "enum", "values": ["a", "b"]}},
    "checks": [
      {"name": "one", "expr": {"or": [{"ge": [{"field": "pages"}, 1]}, {"not": {"is_null": {"field": "sold"}}}]}},
      {"name": "two", "expr": {"pages": {"ge": 1, "lt": 9}, "sold": null}},
      {"name": "three", "expr": {"kind": {"in": ["a", "b"]}, "pages": {"le": {"field": "sold"}}}},
      {"name": "four", "sql": {"sqlite": "pages > 1", "postgres": "pages > 2"}}]})");
  using Op = Condition::Op;
  const auto& checks = registry.get("Book").checks;
  EXPECT_EQ(checks[0].condition->op, Op::any);
  EXPECT_EQ(checks[0].condition->operands[0].op, Op::ge);
  EXPECT_EQ(checks[0].condition->operands[0].operands[1].value, Value(1));
  EXPECT_EQ(checks[0].condition->operands[1].operands[0].op, Op::is_null);
  EXPECT_EQ(checks[1].condition->op, Op::all);
  EXPECT_EQ(checks[1].condition->operands[0].op, Op::all);
  EXPECT_EQ(checks[1].condition->operands[1].op, Op::is_null);
  EXPECT_EQ(checks[2].condition->operands[0].op, Op::in);
  EXPECT_EQ(checks[2].condition->operands[0].operands.size(), 3U);
  EXPECT_EQ(checks[2].condition->operands[1].operands[1].op, Op::field);
  EXPECT_FALSE(checks[3].condition);
  EXPECT_EQ(checks[3].sql.get("postgres"), "pages > 2");
}

TEST(Defaults, AreValuesOfTheirField) {
  const Registry registry = models(R"("All": {"fields": {
    "a": {"type": "decimal", "precision": 6, "scale": 2, "default": 1.5},
    "b": {"type": "uuid", "default": "0190a5d4-1f2e-7abc-8def-0123456789ab"},
    "c": {"type": "datetime", "default": "2026-11-21T10:00:00+01:00"},
    "d": {"type": "binary", "default": "00fF"},
    "e": {"type": "json", "default": {"json": {"b": [1], "a": null}}},
    "f": {"type": "json", "default": [1, 2]},
    "g": {"type": "double", "default": 1},
    "h": {"type": "text", "nullable": true, "default": null},
    "i": {"type": "time", "default": {"fn": "now"}},
    "j": {"type": "date", "db_default": {"fn": "now"}},
    "k": {"type": "bigint", "generated": {"sql": "1"}}}})");
  const ModelInfo& all = registry.get("All");
  const auto literal = [&](const char* name) { return all.find_field(name)->default_value->literal; };
  EXPECT_EQ(literal("a").decimal().text(), "1.50");
  EXPECT_EQ(literal("b").kind(), ValueKind::uuid);
  EXPECT_EQ(literal("c").datetime().text(), "2026-11-21 09:00:00.000000");
  EXPECT_EQ(literal("d").blob().bytes, std::string("\0\xff", 2));
  EXPECT_EQ(literal("e").json().text, "{\"b\":[1],\"a\":null}");
  EXPECT_EQ(literal("f").json().text, "[1,2]");
  EXPECT_EQ(literal("g"), Value(1.0));
  EXPECT_TRUE(literal("h").is_null());
  EXPECT_EQ(all.find_field("i")->default_value->function, Function::now);
  EXPECT_EQ(all.find_field("j")->database_default->function, Function::now);
  EXPECT_TRUE(all.find_field("k")->generated->stored);
}

TEST(Names, LongOnesAreCutAndStayDifferent) {
  const std::string first(60, 'a');
  const std::string second = std::string(59, 'a') + "b";
  const Registry registry =
      models("\"Book\": {\"fields\": {\"" + first + "\": {\"type\": \"text\", \"index\": true}, \"" + second +
             "\": {\"type\": \"text\", \"index\": true}}}");
  const auto& indexes = registry.get("Book").indexes;
  EXPECT_EQ(indexes[0].name.size(), 63U);
  EXPECT_TRUE(indexes[0].name.ends_with("_idx"));
  EXPECT_NE(indexes[0].name, indexes[1].name);
}

TEST(Dialects, OnlyTheConfiguredOnesAreHeardOf) {
  SchemaOptions options;
  options.dialects = {"postgres"};
  const Registry registry =
      Registry::parse(R"({"dorm": 1, "models": {"Book": {"db_schema": "shop", "fields": {"tags": {"type": "json"}},
    "indexes": [{"fields": ["tags"], "method": "gin"}]}}})",
                      options);
  EXPECT_EQ(registry.get("Book").indexes[0].method, "gin");
}

TEST(Dialects, HaveTheirOwnLimitsOfColumns) {
  const auto mistakes = [](std::vector<std::string> dialects, int fields) {
    std::string text;
    for (int i = 1; i < fields; ++i)
      text += (i == 1 ? "\"f" : ", \"f") + std::to_string(i) + "\": {\"type\": \"text\"}";
    SchemaOptions options;
    options.dialects = std::move(dialects);
    options.max_fields = 5000;
    try {
      (void)Registry::parse(R"({"dorm": 1, "models": {"Wide": {"fields": {)" + text + "}}}}", options);
    } catch (const SchemaError& error) {
      EXPECT_EQ(error.diagnostics()[0].code, "limit.fields");
      return error.diagnostics()[0].message;
    }
    return std::string();
  };
  EXPECT_EQ(mistakes({"postgres"}, 1600), "");
  EXPECT_EQ(mistakes({"postgres"}, 1601), "1601 columns are more than the 1600 of postgres");
  EXPECT_EQ(mistakes({"sqlite"}, 2000), "");
  EXPECT_EQ(mistakes({"sqlite"}, 2001), "2001 columns are more than the 2000 of sqlite");
  EXPECT_EQ(mistakes({}, 2001), "");
}

TEST(Dialects, ACollationIsOneForAllOrOneForEach) {
  const Registry registry = models(R"(
    "Land": {"fields": {"code": {"type": "text", "primary_key": true,
                                 "collation": {"sqlite": "NOCASE", "postgres": "und-x-icu"}}}},
    "Town": {"fields": {"land": {"type": "foreign_key", "to": "Land"}, "name": {"type": "text", "collation": "C"}}})");
  const ModelInfo& town = registry.get("Town");
  EXPECT_EQ(town.find_field("land_id")->collation.get("sqlite"), "NOCASE");
  EXPECT_EQ(town.find_field("land_id")->collation.get("postgres"), "und-x-icu");
  EXPECT_EQ(town.find_field("name")->collation.get("sqlite"), "C");
  SchemaOptions options;
  options.dialects = {"postgres"};
  EXPECT_EQ(Registry::parse(
                R"({"dorm": 1, "models": {"Land": {"fields": {"name": {"type": "text", "collation": "und-x-icu"}}}}})",
                options)
                .get("Land")
                .find_field("name")
                ->collation.all,
            "und-x-icu");
}

TEST(Mistakes, AllOfAStageAreReportedTogetherUpToTheLimit) {
  std::string fields;
  for (int i = 0; i < 150; ++i)
    fields += (i == 0 ? "" : ",\n") + std::string("\"f") + std::to_string(i) + "\": {\"type\": \"txt\"}";
  try {
    (void)models("\"Book\": {\"fields\": {" + fields + "}}");
    FAIL() << "nothing was thrown";
  } catch (const SchemaError& error) {
    EXPECT_EQ(error.diagnostics().size(), 100U);
    EXPECT_EQ(error.diagnostics().back().notes.back().message, "50 more mistakes are not shown");
    EXPECT_EQ(error.diagnostics()[99].where.line, 100U);
  }
}

TEST(Mistakes, TheEarliestStageHidesTheOthersInAllFiles) {
  const std::vector<SchemaText> texts = {
      {"a.json", R"({"dorm": 1, "models": {"A": {"fields": {"x": {"type": "txt"}}}}})"},
      {"b.json", "{"},
      {"c.json", R"({"dorm": 1, "dorm": 1})"}};
  try {
    (void)Registry::parse(texts);
    FAIL() << "nothing was thrown";
  } catch (const SchemaError& error) {
    EXPECT_THAT(codes(error.diagnostics()), ElementsAre("json.syntax", "json.duplicate_key"));
  }
}

// By construction, not by time: each model refers to its neighbours and to the first one.
TEST(Size, AThousandModelsOfTwentyFieldsLoad) {
  std::string text;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "M" + std::to_string(i);
    text += (i == 0 ? "\"" : ",\"") + name + "\": {\"fields\": {";
    for (int j = 0; j < 17; ++j) text += "\"f" + std::to_string(j) + "\": {\"type\": \"text\"},";
    text += "\"next\": {\"type\": \"foreign_key\", \"to\": \"M" + std::to_string((i + 1) % 1000) +
            "\", \"nullable\": true, \"on_delete\": \"set_null\", \"backref\": \"previous_of\"}," +
            "\"first\": {\"type\": \"foreign_key\", \"to\": \"M0\", \"backref\": \"of" + std::to_string(i) + "\"}}}";
  }
  const Registry registry = models(text);
  EXPECT_EQ(registry.models().size(), 1000U);
  EXPECT_THAT(registry.warnings(), IsEmpty());
  EXPECT_EQ(registry.get("M0").relations.size(), 2U + 1U + 1000U);
  EXPECT_EQ(registry.model(registry.get("M999").find_relation("next")->target).name, "M0");
}

TEST(Size, ACircleOfTenThousandModelsNeedsNoDeepStack) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) {
    text += (i == 0 ? "\"M" : ",\"M") + std::to_string(i) +
            "\": {\"fields\": {\"next\": {\"type\": \"one_to_one\", \"to\": \"M" + std::to_string((i + 1) % 10'000) +
            "\"" + (i == 9'999 ? ", \"nullable\": true}}}" : ", \"primary_key\": true}}}");
  }
  const Registry registry = models(text);
  EXPECT_EQ(registry.get("M0").fields[0].type.kind, TypeKind::bigint);
}

}  // namespace
}  // namespace dorm
