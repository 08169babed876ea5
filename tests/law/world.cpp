#include "law/world.hpp"

#include <algorithm>
#include <optional>

#include "law/random.hpp"

namespace dorm::test::law {
namespace {

// ---- the registry ----

class SchemaMaker {
 public:
  explicit SchemaMaker(Random& random) : random_(random) {}

  std::string make() {
    const std::size_t count = 3 + random_.below(3);
    for (std::size_t i = 0; i < count; ++i)
      kinds_.push_back(random_.percent(40) ? Key::implicit : static_cast<Key>(random_.below(4)));
    for (std::size_t i = 0; i < count; ++i) add_model(i);
    return R"({"dorm": 1, "models": {)" + models_ + links_ + "}}";
  }

 private:
  enum class Key { implicit, number, text, pair };

  std::string order() {
    return random_.pick(std::vector<std::string>{R"(["-n"])", R"(["t"])", R"(["n", "-t"])", R"(["-u"])"});
  }
  std::string backref(const std::string& name) {
    if (random_.percent(10)) return "false";
    if (random_.percent(50)) return '"' + name + '"';
    return R"({"name": ")" + name + R"(", "order_by": )" + order() + "}";
  }

  void add_model(std::size_t number) {
    const std::string name = "M" + std::to_string(number);
    std::string fields;
    std::string rest;
    switch (kinds_[number]) {
      case Key::implicit:
        break;
      case Key::number:
        fields += R"("id": {"type": "bigint", "primary_key": true}, )";
        break;
      case Key::text:
        fields += R"("code": {"type": "text", "primary_key": true}, )";
        break;
      case Key::pair:
        fields += R"("a": {"type": "integer"}, "b": {"type": "integer"}, )";
        rest += R"(, "primary_key": ["a", "b"])";
        break;
    }
    fields += R"("n": {"type": "integer", "nullable": true}, "t": {"type": "text")";
    fields += random_.percent(50) ? R"(, "nullable": true})" : "}";
    fields += R"(, "u": {"type": "integer", "unique": true})";
    for (std::size_t i = 0, end = random_.below(4); i < end; ++i) fields += foreign_key(number, i);
    if (random_.percent(40)) fields += many_to_many(number);
    if (random_.percent(30)) rest += R"(, "order_by": )" + order();
    models_ += (number == 0 ? "" : ", ") + ('"' + name + R"(": {"fields": {)") + fields + "}" + rest + "}";
  }

  // Rows are inserted model by model, so what is enforced refers to models before, or to rows of one statement.
  std::string foreign_key(std::size_t owner, std::size_t number) {
    const std::string name = "r" + std::to_string(number);
    const std::size_t target = random_.percent(15) ? owner : random_.below(kinds_.size());
    const bool enforced = target <= owner && !random_.percent(25);
    const bool nullable = target == owner || random_.percent(60);
    std::string text = ", \"" + name + R"(": {"type": ")" + (random_.percent(20) ? "one_to_one" : "foreign_key");
    text += R"(", "to": "M)" + std::to_string(target) + '"';
    if (nullable) text += R"(, "nullable": true)";
    if (!enforced) text += R"(, "db_constraint": false)";
    if (kinds_[target] == Key::pair) {
      text += R"(, "columns": {")" + name + R"(_a": "a", ")" + name + R"(_b": "b"})";
    } else if (random_.percent(20)) {
      text += R"(, "to_field": "u")";
    }
    return text + R"(, "backref": )" + backref("m" + std::to_string(owner) + "_" + name) + "}";
  }

  std::string many_to_many(std::size_t owner) {
    const std::size_t target = random_.below(kinds_.size());
    std::string text = R"(, "m": {"type": "many_to_many", "to": "M)" + std::to_string(target) + '"';
    if (random_.percent(50)) {
      const std::string link = "L" + std::to_string(owner);
      text += R"(, "through": ")" + link + R"(", "through_fields": ["x", "y"])";
      links_ += ", \"" + link + R"(": {"fields": {)" + link_key("x", owner, link) + ", " + link_key("y", target, link) +
                R"(, "w": {"type": "integer", "nullable": true}})";
      if (random_.percent(50)) links_ += R"(, "uniques": [{"fields": ["x", "y"]}])";
      links_ += "}";
    }
    if (random_.percent(30)) text += R"(, "order_by": )" + order();
    return text + R"(, "backref": )" + backref("m" + std::to_string(owner) + "_m") + "}";
  }

  std::string link_key(const std::string& name, std::size_t target, const std::string& link) {
    std::string text = '"' + name + R"(": {"type": "foreign_key", "to": "M)" + std::to_string(target) + '"';
    if (random_.percent(20)) text += R"(, "nullable": true)";
    if (kinds_[target] == Key::pair) {
      text += R"(, "columns": {")" + name + R"(_a": "a", ")" + name + R"(_b": "b"})";
    } else if (random_.percent(20)) {
      text += R"(, "to_field": "u")";
    }
    const bool named = random_.percent(50);
    return text + R"(, "backref": )" + (named ? "\"l" + link.substr(1) + "_" + name + '"' : "false") + "}";
  }

  Random& random_;
  std::vector<Key> kinds_;
  std::string models_;
  std::string links_;
};

// ---- its rows ----

class DataMaker {
 public:
  DataMaker(World& world, Random& random) : world_(world), random_(random) {
    world_.tables.resize(world_.registry.models().size());
    // Links come after what they link.
    for (const bool links : {false, true})
      for (const auto& model : world_.registry.models())
        if (is_link(*model) == links) fill(*model);
  }

  static bool is_link(const ModelInfo& model) { return model.derived || model.name.front() == 'L'; }

 private:
  void fill(const ModelInfo& model) {
    if (random_.percent(10)) return;
    for (std::size_t rows = 1 + random_.below(is_link(model) ? 10 : 7); rows > 0; --rows) {
      for (int attempt = 0; attempt < 8; ++attempt) {
        std::optional<Record> record = make(model);
        if (!record || !is_unique(model, *record)) continue;
        table(model).push_back(std::move(*record));
        break;
      }
    }
  }

  Table& table(const ModelInfo& model) { return world_.tables[model.id]; }

  std::optional<Record> make(const ModelInfo& model) {
    Record record(model.fields.size());
    for (const FieldInfo& field : model.fields) record[field.index] = value(field);
    for (const RelationInfo& relation : model.relations)
      if (relation.holds_key() && !refer(model, relation, record)) return std::nullopt;
    return record;
  }

  Value value(const FieldInfo& field) {
    static const std::vector<std::string> texts{"", "a", "A", "b", "ab", "a_b", "a%", "\xC3\xA4", "z"};
    if (field.nullable && random_.percent(25)) return {};
    if (field.type.kind == TypeKind::text) return random_.pick(texts);
    return static_cast<std::int64_t>(random_.below(field.primary_key || field.unique ? 20 : 5)) - 2;
  }

  // Writes a key, or says that there is none to be had.
  bool refer(const ModelInfo& model, const RelationInfo& relation, Record& record) {
    const Table& targets = table(world_.target(relation));
    const bool to_itself = relation.target == model.id;
    if (relation.nullable && random_.percent(25)) {
      clear(model, relation, record);
      return true;
    }
    if (!relation.constraint && random_.percent(20)) {  // dangling, by a value that nobody has
      for (const std::uint32_t field : relation.fields)
        record[field] = model.fields[field].type.kind == TypeKind::text ? Value("nobody") : Value(99);
      return true;
    }
    if (to_itself && random_.percent(20)) {
      for (std::size_t i = 0; i < relation.fields.size(); ++i)
        record[relation.fields[i]] = record[relation.target_fields[i]];
      return true;
    }
    if (targets.empty()) {
      if (!relation.nullable) return false;
      clear(model, relation, record);
      return true;
    }
    const Record& target = random_.pick(targets);
    for (std::size_t i = 0; i < relation.fields.size(); ++i)
      record[relation.fields[i]] = target[relation.target_fields[i]];
    return true;
  }

  // Null as a whole, or in a part.
  void clear(const ModelInfo& model, const RelationInfo& relation, Record& record) {
    const std::size_t part = random_.below(relation.fields.size() * 2);
    for (std::size_t i = 0; i < relation.fields.size(); ++i)
      if (i == part || part >= relation.fields.size()) record[relation.fields[i]] = {};
    static_cast<void>(model);
  }

  bool is_unique(const ModelInfo& model, const Record& record) {
    std::vector<std::vector<std::uint32_t>> keys{model.primary_key};
    for (const UniqueInfo& unique : model.uniques) keys.push_back(unique.fields);
    return std::all_of(keys.begin(), keys.end(), [&](const std::vector<std::uint32_t>& key) {
      return std::none_of(table(model).begin(), table(model).end(), [&](const Record& other) {
        return std::all_of(key.begin(), key.end(), [&](std::uint32_t field) {
          return !record[field].is_null() && other[field] == record[field];
        });
      });
    });
  }

  World& world_;
  Random& random_;
};

std::string quote(std::string_view text, char quote) {
  std::string result(1, quote);
  for (const char c : text) result.append(c == quote ? 2 : 1, c);
  return result + quote;
}

}  // namespace

World make_world(std::uint64_t seed) {
  Random random(seed);
  World world;
  world.schema = SchemaMaker(random).make();
  world.registry = Registry::parse(world.schema);
  DataMaker(world, random);
  return world;
}

std::string insert_sql(const World& world) {
  std::string sql;
  for (const bool links : {false, true}) {
    for (const auto& model : world.registry.models()) {
      const Table& table = world.table(*model);
      if (table.empty() || DataMaker::is_link(*model) != links) continue;
      sql += "INSERT INTO " + quote(model->table, '"') + " (";
      for (const FieldInfo& field : model->fields) sql += (field.index == 0 ? "" : ", ") + quote(field.column, '"');
      sql += ") VALUES ";
      for (const Record& record : table) {
        sql += &record == &table.front() ? "(" : ", (";
        for (std::size_t i = 0; i < record.size(); ++i) {
          sql += i == 0 ? "" : ", ";
          if (record[i].kind() == ValueKind::text) {
            sql += quote(record[i].text(), '\'');
          } else {
            sql += record[i].is_null() ? "NULL" : record[i].to_text();
          }
        }
        sql += ")";
      }
      sql += ";\n";
    }
  }
  return sql;
}

}  // namespace dorm::test::law
