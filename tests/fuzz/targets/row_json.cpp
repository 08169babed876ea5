// Rows from JSON and back, in memory and through a database.
#include "dorm/dorm.hpp"
#include "fuzz/target.hpp"

namespace dorm::fuzz {
namespace {

constexpr std::string_view schema = R"({"dorm": 1, "models": {
  "Owner": {"fields": {"name": {"type": "text"}}},
  "Thing": {"fields": {
    "flag": {"type": "boolean", "nullable": true},
    "small": {"type": "smallint", "nullable": true},
    "whole": {"type": "integer", "nullable": true, "min": -1000},
    "big": {"type": "bigint", "nullable": true},
    "narrow": {"type": "real", "nullable": true},
    "wide": {"type": "double", "nullable": true},
    "price": {"type": "decimal", "precision": 12, "scale": 4, "nullable": true},
    "name": {"type": "string", "max_length": 20, "pattern": "[a-z]*", "nullable": true},
    "words": {"type": "text", "nullable": true},
    "bytes": {"type": "binary", "nullable": true},
    "token": {"type": "uuid", "nullable": true},
    "day": {"type": "date", "nullable": true},
    "hour": {"type": "time", "nullable": true},
    "moment": {"type": "datetime", "nullable": true},
    "clock": {"type": "datetime", "timezone": false, "nullable": true},
    "extra": {"type": "json", "nullable": true},
    "color": {"type": "enum", "values": ["red", "green"], "nullable": true},
    "owner": {"type": "foreign_key", "to": "Owner", "nullable": true}
  }}}})";

// What a row says of itself in JSON makes an equal row.
void round_trip(const Row& row, const Model& model) {
  const std::string text = row.to_json();
  require(model.from_json(text).to_json() == text, "a row and its JSON are the same");
}

// Rolled back in the end.
void store(const Database& db, const Model& model, const Row& row) {
  const Transaction transaction = db.transaction();
  try {
    save_related(row, true);
  } catch (const DataError&) {
    return;
  } catch (const IntegrityError&) {
    return;
  } catch (const NotFound&) {
    return;
  }
  require(save_related(row, true) == 0, "what was saved is saved");
  row.load();
  const std::string text = row.detached().to_json();
  require(model.get(row.key().fields.front().second).to_json() == text, "a stored row is read as it was written");
}

}  // namespace

std::vector<std::string> seeds() {
  return {
      R"({"flag": true, "small": 1, "whole": 2, "big": 9007199254740993, "narrow": 0.5, "wide": 1e300})",
      R"({"price": "12.5000", "name": "abc", "words": "a\u00e9\ud83d\ude00", "bytes": "AAECAw=="})",
      R"({"token": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "day": "2026-11-21", "hour": "13:45:07.5"})",
      R"({"moment": "2024-02-29T13:45:07Z", "clock": "2024-02-29 13:45:07.123456", "extra": {"a": [1, null]}})",
      R"({"color": "red", "owner": 1, "id": 7})",
      R"({"owner": {"id": 1}, "color": null, "price": 1.25})",
      R"({"owner_id": 1})",
      R"({"owner": {"name": "x", "thing_set": [{"flag": true}, {"id": 3, "owner": null}, 4]}, "owner_id": 1})",
      R"({"owner": {"id": 1, "name": "y", "thing_set": []}})",
  };
}

void run(std::string_view text) {
  static const Database db = [] {
    Database made = Database::open("sqlite::memory:", Registry::parse(schema));
    made.create_tables();
    made["Owner"].create({{"name", "huey"}});
    return made;
  }();
  static const Model model = db["Thing"];
  try {
    const Row row = model.from_json(text);
    round_trip(row, model);
    store(db, model, row);
  } catch (const DataError&) {
  } catch (const QueryError&) {
  }
}

}  // namespace dorm::fuzz
