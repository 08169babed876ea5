// The same mistake is the same class of error on every backend, and no error repeats a value.
#include "driver/fixture.hpp"

namespace dorm::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class DriverErrors : public DriverTest {
 protected:
  DriverErrors() {
    script(
        "CREATE TABLE author (id integer PRIMARY KEY, email text NOT NULL UNIQUE, age integer CONSTRAINT age_range "
        "CHECK (age < 150));"
        "CREATE TABLE book (id integer PRIMARY KEY, author_id integer REFERENCES author (id));"
        "CREATE TABLE note (id integer PRIMARY KEY, author_id integer REFERENCES author (id) ON DELETE RESTRICT);"
        "INSERT INTO author (id, email, age) VALUES (1, 'secret@example.com', 30)");
  }
  driver::Outcome insert_author(Argument id, Argument email, Argument age) {
    return run("INSERT INTO author (id, email, age) VALUES (?, ?, ?)", {{type_of(TypeKind::integer), std::move(id)},
                                                                        {type_of(TypeKind::text), std::move(email)},
                                                                        {type_of(TypeKind::integer), std::move(age)}});
  }
};

TEST_P(DriverErrors, AUniqueConstraintIsAUniqueViolation) {
  const UniqueViolation error = thrown<UniqueViolation>([&] { insert_author(2, "secret@example.com", 30); });
  EXPECT_EQ(error.table(), "author");
  EXPECT_THAT(error.what(), Not(HasSubstr("secret")));
  EXPECT_THAT(error.what(), HasSubstr("3 values hidden"));
  EXPECT_THAT(error.statement(), HasSubstr("INSERT INTO author"));
  EXPECT_THAT(error.what(), HasSubstr(error.backend() + ": "));
  EXPECT_NE(error.code(), "");
  EXPECT_FALSE(error.retryable());
  EXPECT_EQ(error.transaction(), TransactionState::none);
}

TEST_P(DriverErrors, APrimaryKeyIsAUniqueViolation) {
  thrown<UniqueViolation>([&] { insert_author(1, "other@example.com", 30); });
}

TEST_P(DriverErrors, AMissingValueIsANotNullViolation) {
  const NotNullViolation error = thrown<NotNullViolation>([&] { insert_author(2, nullptr, 30); });
  EXPECT_EQ(error.table(), "author");
  EXPECT_EQ(error.column(), "email");
}

TEST_P(DriverErrors, ACheckNamesItsConstraint) {
  const CheckViolation error = thrown<CheckViolation>([&] { insert_author(2, "x@example.com", 151); });
  EXPECT_EQ(error.constraint(), "age_range");
  EXPECT_THAT(error.what(), Not(HasSubstr("151")));
}

TEST_P(DriverErrors, AMissingParentIsAForeignKeyViolation) {
  thrown<ForeignKeyViolation>([&] { run("INSERT INTO book (id, author_id) VALUES (1, 77)"); });
}

TEST_P(DriverErrors, ARestrictedDeleteIsAForeignKeyViolation) {
  run("INSERT INTO book (id, author_id) VALUES (1, 1)");
  thrown<ForeignKeyViolation>([&] { run("DELETE FROM author"); });
  run("DELETE FROM book");
  run("INSERT INTO note (id, author_id) VALUES (1, 1)");
  thrown<ForeignKeyViolation>([&] { run("DELETE FROM author"); });
}

TEST_P(DriverErrors, AMissingTableOrColumnIsASchemaMismatch) {
  EXPECT_THAT(thrown<SchemaMismatch>([&] { number("SELECT id FROM nowhere"); }).what(), HasSubstr("nowhere"));
  EXPECT_THAT(thrown<SchemaMismatch>([&] { number("SELECT nothing FROM author"); }).what(), HasSubstr("nothing"));
}

TEST_P(DriverErrors, ANameInDoubleQuotesIsNeverAString) {
  thrown<SchemaMismatch>([&] { number("SELECT count(*) FROM author WHERE \"nosuch\" = 'nosuch'"); });
}

TEST_P(DriverErrors, AMissingFunctionIsASchemaMismatch) {
  EXPECT_THAT(thrown<SchemaMismatch>([&] { number("SELECT no_such_function(id) FROM author"); }).what(),
              HasSubstr("no_such_function"));
}

TEST_P(DriverErrors, BadSyntaxIsADatabaseError) {
  EXPECT_THAT(thrown<DatabaseError>([&] { number("SELEC 1"); }).what(), HasSubstr("SELEC"));
  EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_P(DriverErrors, AValueThatOverflowsIsADataError) {
  thrown<DataError>([&] {
    number("SELECT cast(sum(x) as bigint) + 9223372036854775807 FROM (SELECT abs(-9223372036854775807 - ?) AS x) q",
           {{type_of(TypeKind::bigint), 1}});
  });
}

TEST_P(DriverErrors, AConnectionWorksOnAfterAnError) {
  thrown<UniqueViolation>([&] { insert_author(2, "secret@example.com", 30); });
  EXPECT_TRUE(connection().usable());
  EXPECT_EQ(connection().status(), driver::TransactionStatus::idle);
  EXPECT_EQ(insert_author(2, "x@example.com", 30).affected, 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, DriverErrors, testing::ValuesIn(backends()), backend_name);

}  // namespace
}  // namespace dorm::test
