#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "unit/session/world.hpp"

namespace dorm {
namespace {

using test::SessionWorld;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// A logger of the name "dorm" that writes into a string.
class Log : public testing::Test {
 protected:
  Log() {
    const auto logger =
        std::make_shared<spdlog::logger>("dorm", std::make_shared<spdlog::sinks::ostream_sink_st>(text_));
    logger->set_pattern("%l %v");
    spdlog::register_logger(logger);
  }
  ~Log() override { spdlog::drop("dorm"); }

  std::ostringstream text_;
};

TEST_F(Log, WritesStatementsAtTheirLevelAndFailuresAsWarnings) {
  const SessionWorld world;
  const auto registration = world.session->add_observer(make_spdlog_observer(LogLevel::info));
  TransactionScope transaction = world.session->begin();
  world.run("select\n  1");
  world.fail_once("bad", UniqueViolation("unique constraint failed on author.email"));
  EXPECT_THROW(world.run("bad"), UniqueViolation);
  transaction.commit();
  EXPECT_THAT(text_.str(),
              AllOf(HasSubstr("info [app] "), HasSubstr(" 0 rows: select   1\n"), HasSubstr("warning [app] failed"),
                    HasSubstr("unique constraint failed on author.email [bad]"), Not(HasSubstr("BEGIN"))));
}

TEST_F(Log, BookkeepingShowsAtTrace) {
  const SessionWorld world;
  const auto registration = world.session->add_observer(make_spdlog_observer(LogLevel::trace));
  world.session->begin().commit();
  EXPECT_THAT(text_.str(), AllOf(HasSubstr("BEGIN"), HasSubstr("COMMIT")));
}

TEST_F(Log, NeverHoldsBoundValuesOrControlCharacters) {
  const SessionWorld world;
  const auto registration = world.session->add_observer(make_spdlog_observer(LogLevel::trace));
  const Cell secret = Cell::of_bytes(CellTag::text, "s3cret");
  world.session->execute(test::text_statement("select ? \x1b[2J"), {&secret, 1});
  EXPECT_THAT(text_.str(), AllOf(HasSubstr("select ? ?[2J"), Not(HasSubstr("s3cret")), Not(HasSubstr("\x1b"))));
}

}  // namespace
}  // namespace dorm
