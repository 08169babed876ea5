#include "driver/driver.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dorm/error.hpp"
#include "driver/url.hpp"
#include "support/mock_driver.hpp"

namespace dorm {
namespace {

using test::MockDriver;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

TEST(Drivers, UnknownSchemeNamesTheKnownOnes) {
  const Drivers drivers = Drivers().with(std::make_shared<MockDriver>());
  EXPECT_THAT([&] { drivers.get("mokc"); },
              ThrowsMessage<ConfigError>(
                  "no driver for the URL scheme 'mokc'; this program knows 'mock'; did you mean 'mock'?"));
  EXPECT_THAT([] { Drivers().get("sqlite"); }, ThrowsMessage<ConfigError>(HasSubstr("this program knows none")));
}

TEST(Drivers, TheNewestOfASchemeWins) {
  const auto first = std::make_shared<MockDriver>();
  const auto second = std::make_shared<MockDriver>();
  const Drivers one = Drivers().with(first);
  const Drivers two = one.with(second);
  EXPECT_EQ(one.get("mock"), first);
  EXPECT_EQ(two.get("mock"), second);
  EXPECT_THAT(two.schemes(), ElementsAre("mock"));
}

TEST(Statement, IdsAreUniqueInTheProcess) { EXPECT_NE(driver::next_statement_id(), driver::next_statement_id()); }

TEST(ConnectOptions, PasswordsAreNeverPrinted) {
  driver::ConnectOptions options;
  options.scheme = "postgresql";
  options.keywords = {{"host", "db"}, {"password", "s3cret"}, {"sslpassword", "s3cret"}, {"passfile", "s3cret"}};
  EXPECT_THAT(options.redacted(), HasSubstr("host=db"));
  EXPECT_THAT(options.redacted(), Not(HasSubstr("s3cret")));
  EXPECT_EQ(*options.find("password"), "s3cret");
  EXPECT_EQ(options.find("port"), nullptr);
}

TEST(Url, SchemeIsWhatStandsBeforeTheColon) {
  EXPECT_EQ(driver::scheme_of("sqlite::memory:"), "sqlite");
  EXPECT_EQ(driver::scheme_of("postgresql://u:p@h/d"), "postgresql");
}

TEST(Url, TextWithoutASchemeIsNotRepeated) {
  for (const char* text : {"", "s3cret", ":s3cret", "s3cret@host:5432", "/srv/app.db", "1a:b"})
    EXPECT_THAT([&] { driver::scheme_of(text); }, ThrowsMessage<ConfigError>(Not(HasSubstr("s3cret")))) << text;
}

}  // namespace
}  // namespace dorm
