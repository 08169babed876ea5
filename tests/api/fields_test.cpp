// What a field declares is kept: defaults, checks before SQL, sensitive and deferred columns, names in errors.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

class Fields : public Api {};
DORM_API_TESTS(Fields);

constexpr std::string_view accounts = R"({"dorm": 1, "models": {"Account": {"fields": {
    "id": {"type": "uuid", "primary_key": true, "default": {"fn": "uuid7"}},
    "name": {"type": "string", "max_length": 8, "min_length": 2, "pattern": "^[a-z]+$", "unique": true},
    "kind": {"type": "enum", "values": ["user", "admin"], "default": "user"},
    "level": {"type": "integer", "min": 1, "max": 9, "default": 1},
    "created": {"type": "datetime", "db_default": {"fn": "now"}},
    "updated": {"type": "datetime", "default": {"fn": "now"}, "on_update": {"fn": "now"}},
    "secret": {"type": "text", "sensitive": true, "nullable": true},
    "notes": {"type": "text", "deferred": true, "nullable": true}
  }}}})";

TEST_P(Fields, DefaultsAreFilledOnCreateAndVisibleOnMake) {
  const Database db = open(accounts);
  const Row made = db["Account"].create({{"name", "huey"}});
  EXPECT_EQ(made["kind"].text(), "user");
  EXPECT_EQ(made["level"].integer(), 1);
  EXPECT_FALSE(made["created"].is_null()) << "read back from the database";
  EXPECT_FALSE(made["updated"].is_null());
  const Row read = db["Account"].get(made["id"].uuid());
  EXPECT_EQ(read["created"].datetime(), made["created"].datetime());
  EXPECT_EQ(read["updated"].datetime(), made["updated"].datetime());
  const Row given =
      db["Account"].create({{"name", "admin"}, {"kind", "admin"}, {"created", DateTime::parse("2020-01-01 00:00")}});
  EXPECT_EQ(db["Account"].get(given["id"].uuid())["created"].datetime(), DateTime::parse("2020-01-01 00:00"));
}

TEST_P(Fields, OnUpdateIsWrittenWithEveryUpdateUnlessGiven) {
  const Database db = open(accounts);
  const Model account = db["Account"];
  const DateTime old = DateTime::parse("2020-01-01 00:00");
  const Row row = account.create({{"name", "huey"}, {"updated", old}});
  EXPECT_EQ(row["updated"].datetime(), old);
  row.set("level", 2);
  row.save();
  EXPECT_GT(row["updated"].datetime(), old);
  EXPECT_EQ(account.get(row["id"].uuid())["updated"].datetime(), row["updated"].datetime());
  row.set("level", 3);
  row.set("updated", old);
  row.save();
  EXPECT_EQ(account.get(row["id"].uuid())["updated"].datetime(), old);
  account.select().where(account["level"] == 3).update({{"level", 4}});
  EXPECT_GT(account.get(row["id"].uuid())["updated"].datetime(), old);
}

TEST_P(Fields, WrongValuesAreErrorsBeforeAnySql) {
  const Database db = open(accounts);
  const Model account = db["Account"];
  const Row row = account.create({{"name", "huey"}});
  QueryCount count(db);
  const auto refused = [&](const char* field, const Value& value, const char* why) {
    EXPECT_THAT([&] { row.set(field, value); }, ThrowsMessage<DataError>(HasSubstr(why)));
    EXPECT_THROW(account.make({{field, value}}), DataError);
  };
  refused("name", "a", "Account.name");
  refused("name", "abcdefghi", "Account.name");
  refused("name", "Huey", "Account.name");
  refused("name", nullptr, "Account.name");
  refused("name", 7, "Account.name");
  refused("kind", "root", "Account.kind");
  refused("level", 0, "Account.level");
  refused("level", 10, "Account.level");
  refused("level", "one", "Account.level");
  EXPECT_FALSE(row.is_dirty());
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Fields, AMissingRequiredFieldIsNamedBeforeAnySql) {
  const Database db = open(accounts);
  QueryCount count(db);
  EXPECT_THAT([&] { db["Account"].create({{"level", 2}}); }, ThrowsMessage<DataError>(HasSubstr("Account.name")));
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Fields, ErrorsNeverRepeatTheValue) {
  const Database db = open(accounts);
  const auto quiet = [](const Error& error) { EXPECT_THAT(std::string(error.what()), Not(HasSubstr("hunter"))); };
  try {
    db["Account"].create({{"name", "Hunter22"}});
    ADD_FAILURE();
  } catch (const Error& error) {
    quiet(error);
  }
  db["Account"].create({{"name", "hunter"}});
  try {
    db["Account"].create({{"name", "hunter"}});
    ADD_FAILURE();
  } catch (const Error& error) {
    quiet(error);
  }
}

TEST_P(Fields, SensitiveFieldsAreReadByNameOnly) {
  const Database db = open(accounts);
  const Model account = db["Account"];
  account.create({{"name", "huey"}, {"secret", "s3cret"}});
  const Row row = account.get(account["name"] == "huey");
  EXPECT_FALSE(row.is_loaded("secret"));
  EXPECT_THAT(account.select().sql().sql, Not(HasSubstr("secret")));
  EXPECT_THAT(row.to_json(), Not(HasSubstr("secret")));
  const Row named = account.select(account["id"], account["secret"]).get();
  EXPECT_EQ(named["secret"].text(), "s3cret");
  EXPECT_THAT(named.to_json(), Not(HasSubstr("s3cret")));
  EXPECT_EQ(account.select().where(account["secret"] == "s3cret").count(), 1);
}

TEST_P(Fields, DeferredFieldsAreLoadedWhenTouchedOnceForAllRows) {
  const Database db = open(accounts);
  const Model account = db["Account"];
  for (const char* name : {"huey", "mickey"}) account.create({{"name", name}, {"notes", name}});
  QueryCount count(db);
  std::vector<std::string> seen;
  for (const Row& row : account.select().order_by(account["name"])) seen.push_back(row["notes"].to_text());
  EXPECT_THAT(seen, ElementsAre("huey", "mickey"));
  EXPECT_EQ(count.count(), 2U);
}

TEST_P(Fields, AFieldThatWasNotSelectedIsLoadedWhenTouched) {
  const Database db = social();
  const Model user = db["User"];
  user.create({{"username", "huey"}});
  QueryCount count(db);
  const Row row = user.select(user["id"]).get();
  EXPECT_FALSE(row.is_loaded("username"));
  EXPECT_EQ(row["username"].text(), "huey");
  EXPECT_EQ(count.count(), 2U);
}

constexpr std::string_view constraints = R"({"dorm": 1, "models": {
  "Owner": {"fields": {"name": {"type": "text"}}},
  "Thing": {"fields": {
      "code": {"type": "string", "max_length": 10, "unique": true},
      "a": {"type": "integer"}, "b": {"type": "integer"},
      "owner": {"type": "foreign_key", "to": "Owner"}},
    "uniques": [{"fields": ["a", "b"], "name": "thing_pair"}],
    "checks": [{"name": "thing_order", "expr": {"le": [{"field": "a"}, {"field": "b"}]}}]}
}})";

template <class E, class Run>
void expect_violation(Run run, const std::string& constraint, const std::string& column) {
  try {
    run();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const E& error) {
    EXPECT_FALSE(error.code().empty());
    EXPECT_FALSE(error.retryable());
    EXPECT_THAT(error.constraint() + "|" + error.column() + "|" + error.table(),
                AnyOf(HasSubstr(constraint), HasSubstr(column)));
    EXPECT_THAT(error.statement(), HasSubstr("\"thing\""));
  }
}

TEST_P(Fields, ViolationsAreTheSameClassesOnEveryBackend) {
  const Database db = open(constraints);
  const Model thing = db["Thing"];
  const Row owner = db["Owner"].create({{"name", "huey"}});
  thing.create({{"code", "x"}, {"a", 1}, {"b", 2}, {"owner", owner}});
  expect_violation<UniqueViolation>(
      [&] {
        thing.create({{"code", "x"}, {"a", 2}, {"b", 2}, {"owner", owner}});
      },
      "thing_code_key", "code");
  expect_violation<UniqueViolation>(
      [&] {
        thing.create({{"code", "y"}, {"a", 1}, {"b", 2}, {"owner", owner}});
      },
      "thing_pair", "a");
  expect_violation<CheckViolation>(
      [&] {
        thing.create({{"code", "y"}, {"a", 3}, {"b", 2}, {"owner", owner}});
      },
      "thing_order", "thing_order");
  EXPECT_THROW(thing.create({{"code", "y"}, {"a", 1}, {"b", 3}, {"owner", 99}}), ForeignKeyViolation);
  EXPECT_EQ(thing.count(), 1);
  const Row row = thing.get(1);
  row.set("a", 5);
  EXPECT_THROW(row.save(), CheckViolation);
  EXPECT_THAT(row.dirty_fields(), ElementsAre("a"));
}

TEST_P(Fields, NotNullIsCheckedBeforeSqlAndByTheDatabase) {
  const Database db = open(constraints);
  const Model thing = db["Thing"];
  const Row owner = db["Owner"].create({{"name", "huey"}});
  thing.create({{"code", "x"}, {"a", 1}, {"b", 2}, {"owner", owner}});
  EXPECT_THROW(thing.create({{"code", "y"}, {"a", 1}, {"b", 3}}), DataError);
  EXPECT_THROW(thing.select().where(thing["id"] == 1).update({{"a", nullptr}}), DataError);
  EXPECT_THROW(thing.select().where(thing["id"] == 1).update({{"a", fn::call("nullif", {thing["a"], thing["a"]})}}),
               NotNullViolation);
}

TEST_P(Fields, AMissingTableIsASchemaMismatch) {
  const Database db = open(constraints);
  db.drop_tables();
  EXPECT_THROW(db["Owner"].count(), SchemaMismatch);
}

}  // namespace
}  // namespace dorm::test
