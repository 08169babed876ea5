#include "dorm/error.hpp"

#include <gmock/gmock.h>

namespace dorm {
namespace {

TEST(Error, CarriesDetailsThroughTheBaseClass) {
  ErrorDetails details;
  details.backend = "sqlite";
  details.code = "2067";
  details.constraint = "once";
  const UniqueViolation violation("unique constraint failed", details);
  const Error copy = violation;
  EXPECT_EQ(copy.backend(), "sqlite");
  EXPECT_EQ(copy.code(), "2067");
  EXPECT_EQ(copy.constraint(), "once");
  EXPECT_FALSE(copy.retryable());
}

TEST(Error, WithoutDetailsEverythingIsEmpty) {
  const QueryError error("no field 'titel'");
  EXPECT_EQ(error.statement(), "");
  EXPECT_EQ(error.transaction(), TransactionState::none);
}

TEST(SchemaError, ShowsEveryDiagnostic) {
  Diagnostic first;
  first.code = "model.none";
  first.message = "no model";
  first.where.file = "schemas";
  Diagnostic second = first;
  second.where = {"a.json", 1, 2, "/x"};
  const SchemaError error({first, second});
  EXPECT_STREQ(error.what(), "schemas: error[model.none]: no model\na.json:1:2: error[model.none]: no model\n  at /x");
  EXPECT_EQ(error.diagnostics().size(), 2U);
  EXPECT_TRUE(SchemaError("gone").diagnostics().empty());
}

}  // namespace
}  // namespace dorm
