#include "schema/write.hpp"

#include <gmock/gmock.h>

#include <filesystem>

namespace dorm {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> outline(const Registry& registry) {
  std::vector<std::string> lines;
  for (const auto& model : registry.models()) {
    lines.push_back(model->qualified_name());
    for (const std::string& name : model->member_names()) lines.push_back("  " + name);
  }
  return lines;
}

// The law: what is written reads back as the same registry, orders included.
void expect_round_trip(const Registry& registry) {
  const std::vector<SchemaText> texts = schema::write_files(registry.models(), registry.enums());
  const Registry again = Registry::parse(texts);
  EXPECT_EQ(again.storage_hash(), registry.storage_hash()) << texts.front().text;
  EXPECT_EQ(again.registry_hash(), registry.registry_hash()) << texts.front().text;
  EXPECT_EQ(outline(again), outline(registry)) << texts.front().text;
}

TEST(WrittenSchemas, OfTheSamplesReadBackTheSame) {
  for (const fs::directory_entry& folder : fs::directory_iterator(fs::path(DORM_SOURCE_DIR) / "schemas")) {
    if (folder.is_directory()) expect_round_trip(Registry::load(folder.path()));
  }
}

TEST(WrittenSchemas, KeepEveryKindOfThing) {
  expect_round_trip(Registry::parse(R"({"dorm": 1, "models": {
    "Tenant": {"fields": {"code": {"type": "uuid", "primary_key": true, "default": {"fn": "uuid7"}, "db_type": {"sqlite": "blob"}}}},
    "User": {"fields": {"number": {"type": "integer"}, "tenant": {"type": "foreign_key", "to": "Tenant", "backref": "users"},
                        "name": {"type": "text", "unique": true, "collation": "C"}}, "primary_key": ["tenant", "number"]},
    "Note": {"fields": {
      "a": {"type": "decimal", "precision": 9, "scale": 3, "default": "1.5", "min": 0},
      "author": {"type": "foreign_key", "to": "User", "nullable": true, "columns": {"tenant_id": "tenant", "number": "number"},
                 "backref": {"name": "notes", "order_by": ["-a"], "exposed": true}},
      "name": {"type": "foreign_key", "to": "User", "to_field": "name", "index": false, "backref": false, "on_delete": "restrict"},
      "b": {"type": "enum", "values": ["x", "y"], "default": "x", "collation": {"sqlite": "RTRIM", "postgres": "POSIX"}},
      "c": {"type": "json", "default": {"json": {"fn": [1, 2.5]}}, "deferred": true},
      "d": {"type": "datetime", "timezone": false, "db_default": {"fn": "now"}},
      "e": {"type": "bigint", "generated": {"sql": {"sqlite": "1", "postgres": "2"}}},
      "twin": {"type": "one_to_one", "to": "self", "nullable": true, "backref": "twin_of", "deferrable": "initially_deferred"},
      "likes": {"type": "many_to_many", "to": "User", "table": "liked", "order_by": ["name"], "backref": "liked_notes"},
      "f": {"type": "binary", "default": "00ff", "sensitive": true},
      "g": {"type": "integer"}},
     "version_field": "g",
     "uniques": [{"fields": ["a", "b"], "where": {"b": {"in": ["x", "y"]}}}],
     "indexes": [{"fields": ["-d", "a"], "where": {"or": [{"a": {"gt": "0.5"}}, {"not": {"b": null}}]}}],
     "checks": [{"name": "one", "expr": {"ne": [{"field": "b"}, "y"]}}, {"name": "two", "sql": "a < 9"}]}}})"));
}

TEST(WrittenSchemas, KeepNamespacesApart) {
  const std::vector<SchemaText> texts = {
      {"a",
       R"({"dorm": 1, "namespace": "blog", "enums": {"Kind": {"values": ["a"]}}, "models": {"User": {"table": "a", "fields": {
         "kind": {"type": "enum", "enum": "Kind"}, "other": {"type": "foreign_key", "to": "shop.User", "nullable": true}}}}})"},
      {"b", R"({"dorm": 1, "namespace": "shop", "models": {"User": {"table": "b", "fields": {
         "kind": {"type": "enum", "enum": "blog.Kind"}, "boss": {"type": "foreign_key", "to": "self", "nullable": true, "backref": "staff"}}}}})"}};
  expect_round_trip(Registry::parse(texts));
}

}  // namespace
}  // namespace dorm
