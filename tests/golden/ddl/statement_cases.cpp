#include "golden/ddl/statement_cases.hpp"

#include <limits>

namespace dorm::test {
namespace {

using namespace sql::ddl;   // NOLINT: the words of DDL
using sql::ddl::Condition;  // not that of a model
using Op = Condition::Op;

Column column(std::string name, Type type, bool nullable = false) {
  Column made;
  made.name = std::move(name);
  made.type = type;
  made.nullable = nullable;
  return made;
}

Column with_default(std::string name, Type type, Value value) {
  Column made = column(std::move(name), type);
  made.default_value = std::move(value);
  return made;
}

Column with_function(std::string name, Type type, Now function) {
  Column made = column(std::move(name), type);
  made.default_function = function;
  return made;
}

constexpr Type integer_type{.kind = TypeKind::integer};
constexpr Type text_type{.kind = TypeKind::text};
constexpr Type money{.kind = TypeKind::decimal, .precision = 12, .scale = 4};
constexpr Type huge{.kind = TypeKind::decimal, .precision = 30, .scale = 2};

Condition of_column(std::string name, Type type) {
  Condition made;
  made.op = Op::column;
  made.column = std::move(name);
  made.type = type;
  return made;
}
Condition of_value(Value value, Type type) {
  Condition made;
  made.value = std::move(value);
  made.type = type;
  return made;
}
Condition combine(Op op, std::vector<Condition> operands) {
  Condition made;
  made.op = op;
  made.operands = std::move(operands);
  return made;
}

CreateTable table(std::string name, std::vector<Column> columns) {
  CreateTable made;
  made.table.name = std::move(name);
  made.columns = std::move(columns);
  return made;
}

Column key() {
  Column id = column("id", {.kind = TypeKind::bigint});
  id.auto_increment = true;
  return id;
}

CreateTable every_type() {
  Column choice = column("choice", {.kind = TypeKind::enumeration}, true);
  choice.enum_values = {"yes", "don't know"};
  choice.check_name = "every_type_choice_check";
  Column doubled = column("doubled", integer_type, true);
  doubled.generated_sql = "an_integer * 2";
  CreateTable made = table("every_type", {key(),
                                          column("a_boolean", {.kind = TypeKind::boolean}),
                                          column("a_smallint", {.kind = TypeKind::smallint}),
                                          column("an_integer", integer_type, true),
                                          column("a_real", {.kind = TypeKind::real}),
                                          column("a_double", {.kind = TypeKind::double_precision}),
                                          column("money", money),
                                          column("huge", huge),
                                          column("short_string", {.kind = TypeKind::string, .max_length = 30}),
                                          column("a_text", text_type),
                                          column("bytes", {.kind = TypeKind::binary}),
                                          column("a_uuid", {.kind = TypeKind::uuid}),
                                          column("a_blob_uuid", {.kind = TypeKind::uuid, .storage = Storage::blob}),
                                          column("a_date", {.kind = TypeKind::date}),
                                          column("a_time", {.kind = TypeKind::time}),
                                          column("instant", {.kind = TypeKind::datetime}),
                                          column("wall_clock", {.kind = TypeKind::datetime, .timezone = false}),
                                          column("document", {.kind = TypeKind::json}),
                                          choice,
                                          doubled});
  made.primary_key = {"id"};
  made.comment = "it's every type";
  made.columns[1].comment = "a \\ and a $dorm$";
  return made;
}

CreateTable every_default() {
  const Blob bytes{std::string("\0\xff\\", 3)};
  CreateTable made = table(
      "every_default", {key(),
                        with_default("yes", {.kind = TypeKind::boolean}, true),
                        with_default("no", {.kind = TypeKind::boolean}, false),
                        with_default("negative", integer_type, -5),
                        with_default("smallest", {.kind = TypeKind::bigint}, std::numeric_limits<std::int64_t>::min()),
                        with_default("whole", {.kind = TypeKind::double_precision}, 2),
                        with_default("tiny", {.kind = TypeKind::double_precision}, -1e-300),
                        with_default("price", money, "-1.5"),
                        with_default("big", huge, "12345678901234567890.5"),
                        with_default("word", text_type, "it's \"quoted\""),
                        with_default("path", text_type, "C:\\temp"),
                        with_default("bytes", {.kind = TypeKind::binary}, bytes),
                        with_default("an_uuid", {.kind = TypeKind::uuid}, "00000000-0000-0000-0000-0000000000FF"),
                        with_default("blob_uuid", {.kind = TypeKind::uuid, .storage = Storage::blob},
                                     "00000000-0000-0000-0000-0000000000FF"),
                        with_default("a_date", {.kind = TypeKind::date}, "2026-11-21"),
                        with_default("a_time", {.kind = TypeKind::time}, "13:45"),
                        with_default("instant", {.kind = TypeKind::datetime}, "2026-11-21T13:45:00+01:00"),
                        with_default("wall_clock", {.kind = TypeKind::datetime, .timezone = false}, "2026-11-21 13:45"),
                        with_default("document", {.kind = TypeKind::json}, Json{R"({"a": "it's"})"}),
                        with_default("given", text_type, nullptr),
                        with_function("now_instant", {.kind = TypeKind::datetime}, Now::now),
                        with_function("now_wall", {.kind = TypeKind::datetime, .timezone = false}, Now::now),
                        with_function("today", {.kind = TypeKind::date}, Now::now),
                        with_function("now_time", {.kind = TypeKind::time}, Now::now),
                        with_function("random_uuid", {.kind = TypeKind::uuid}, Now::uuid4)});
  made.columns.back().nullable = true;
  made.primary_key = {"id"};
  Column computed = column("computed", integer_type);
  computed.default_sql = "1 + 1";
  made.columns.push_back(computed);
  return made;
}

CreateTable constrained() {
  CreateTable made = table("part", {column("left_id", integer_type), column("right_id", integer_type),
                                    column("parent_id", {.kind = TypeKind::bigint}, true), column("price", money),
                                    column("flag", {.kind = TypeKind::boolean})});
  made.primary_key = {"left_id", "right_id"};
  made.primary_key_name = "part_pkey";
  made.uniques = {{"part_right_key", {"right_id", "left_id"}}};
  ForeignKey parent{"part_parent_fkey", {"parent_id"}, "", "every_type", {"id"}};
  parent.on_delete = ForeignKey::Action::set_null;
  parent.on_update = ForeignKey::Action::cascade;
  parent.deferrable = ForeignKey::Deferrable::initially_deferred;
  ForeignKey self{"part_self_fkey", {"left_id", "right_id"}, "", "part", {"left_id", "right_id"}};
  self.on_delete = ForeignKey::Action::restrict;
  self.deferrable = ForeignKey::Deferrable::initially_immediate;
  made.foreign_keys = {parent, self};
  const Condition left = of_column("left_id", integer_type);
  made.checks = {
      {"part_ne", combine(Op::ne, {left, of_column("right_id", integer_type)}), ""},
      {"part_all",
       combine(Op::all,
               {combine(Op::gt, {of_column("price", money), of_value("-0.5", money)}),
                combine(Op::any, {combine(Op::in, {left, of_value(1, integer_type), of_value(-2, integer_type)}),
                                  combine(Op::negate, {combine(Op::is_null, {of_column("parent_id", integer_type)})}),
                                  combine(Op::eq, {of_column("flag", {.kind = TypeKind::boolean}),
                                                   of_value(true, {.kind = TypeKind::boolean})})})}),
       ""},
      {"part_sql", std::nullopt, "left_id <> 7"}};
  return made;
}

CreateIndex index(std::string name, std::vector<CreateIndex::Term> terms) {
  CreateIndex made;
  made.table.name = "every_type";
  made.name = std::move(name);
  made.terms = std::move(terms);
  return made;
}

CreateIndex partial_index() {
  CreateIndex made =
      index("every_type_partial", {{"an_integer", true, true}, {"id", true, false}, {"choice", false, true}});
  made.where = combine(Op::ne, {of_column("choice", text_type), of_value("don't know", text_type)});
  return made;
}

}  // namespace

std::vector<DdlCase> ddl_cases() {
  CreateTable own_type = table("own_type", {column("id", integer_type)});
  own_type.columns[0].type_text = "char(3)";
  own_type.strict = false;
  own_type.if_not_exists = false;
  CreateTable native = table("native", {column("mood", {.kind = TypeKind::enumeration})});
  native.columns[0].enum_values = {"good", "bad"};
  native.columns[0].enum_type = "mood";
  CreateTable in_schema = table("t", {column("id", integer_type)});
  in_schema.table.schema = "blog";
  CreateTable equal_nulls = table("equal_nulls", {column("a", integer_type, true)});
  equal_nulls.uniques = {{"equal_nulls_key", {"a"}, false, ForeignKey::Deferrable::initially_deferred}};
  CreateTable virtual_column = table("virtual", {column("a", integer_type), column("b", integer_type, true)});
  virtual_column.columns[1].generated_sql = "a + 1";
  virtual_column.columns[1].generated_stored = false;
  CreateTable second_identity = table("second", {column("a", integer_type), key()});
  second_identity.primary_key = {"a"};
  CreateTable collated = table("collated", {column("name", {.kind = TypeKind::string, .max_length = 5})});
  collated.columns[0].collation = "BINARY";
  CreateTable collated_otherwise = collated;
  collated_otherwise.columns[0].collation = "C";
  CreateTable nul = table("nul", {with_default("name", {.kind = TypeKind::binary}, Blob{"ok"})});
  nul.checks = {{"nul",
                 combine(Op::eq, {of_column("name", text_type),
                                  of_value(Json{std::string("a\0b", 3)}, {.kind = TypeKind::json})}),
                 ""}};
  CreateTable infinite = table(
      "infinite", {with_default("x", {.kind = TypeKind::double_precision}, std::numeric_limits<double>::infinity())});
  CreateTable uuid7 = table("uuid7", {with_function("id", {.kind = TypeKind::uuid}, Now::uuid7)});
  CreateTable scales =
      table("scales", {column("a", money), column("b", {.kind = TypeKind::decimal, .precision = 9, .scale = 2})});
  scales.checks = {
      {"scales_check", combine(Op::lt, {of_column("a", money), of_column("b", scales.columns[1].type)}), ""}};
  CreateTable ordered_text = table("ordered_text", {column("a", huge)});
  ordered_text.checks = {{"ordered_text_check", combine(Op::lt, {of_column("a", huge), of_value("5.00", huge)}), ""}};
  CreateTable forms =
      table("forms", {column("a", huge), column("b", {.kind = TypeKind::decimal, .precision = 9, .scale = 2})});
  forms.checks = {{"forms_check", combine(Op::eq, {of_column("b", forms.columns[1].type), of_column("a", huge)}), ""}};
  CreateIndex gin = index("every_type_document", {{"document", false, false}});
  gin.method = "gin";
  CreateIndex covering = index("every_type_covering", {{"a_text", false, false}});
  covering.include = {"a_date"};
  CreateIndex unique = index("every_type_unique", {{"choice", false, true}});
  unique.unique = true;
  unique.if_not_exists = false;
  return {
      {"table of every type", every_type()},
      {"table of every default", every_default()},
      {"table with constraints", constrained()},
      {"table with a type of one's own", own_type},
      {"table with a collation", collated},
      {"table with a collation by its other name", collated_otherwise},
      {"table in a schema", in_schema},
      {"schema", CreateSchema{"it's $dorm$"}},
      {"unique that takes nulls for equal, deferred", equal_nulls},
      {"virtual generated column", virtual_column},
      {"identity beside the key", second_identity},
      {"infinite default", infinite},
      {"NUL in a literal", nul},
      {"uuid7 in the database", uuid7},
      {"decimals of two scales compared", scales},
      {"decimals of two forms compared", forms},
      {"order of decimals beyond 18 digits", ordered_text},
      {"index, descending, partial", partial_index()},
      {"index, unique", unique},
      {"index by method", gin},
      {"index that includes", covering},
      {"enum type", CreateEnum{{"", "mood"}, {"good", "$dorm$ 'bad'"}}},
      {"table with an enum type", native},
      {"foreign key later", AddForeignKey{{"", "part"}, {"part_late_fkey", {"parent_id"}, "", "every_type", {"id"}}}},
      {"foreign key dropped", DropForeignKey{{"", "part"}, "part_late_fkey"}},
      {"table dropped", DropTable{{"", "part"}}},
      {"table dropped with what points to it", DropTable{{"", "every_type"}, false, true}},
      {"enum type dropped", DropEnum{{"", "absent"}}},
  };
}

}  // namespace dorm::test
