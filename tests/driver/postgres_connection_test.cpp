// How PostgreSQL connections come, what they survive, and how they go.
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "driver/postgres_fixture.hpp"
#include "support/cluster.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class PostgresConnection : public PostgresTest {};

// Takes connections and says nothing.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = directory_.file(".s.PGSQL.5432");
    std::copy(path.begin(), path.end(), address.sun_path);
    if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::listen(socket_, 8) != 0) {
      throw std::runtime_error("no socket");
    }
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  ~SilentServer() { ::close(socket_); }

  std::string url() const { return "postgresql:///d?user=u&password=hush&host=" + directory_.path().string(); }
  std::string directory() const { return directory_.path().string(); }

 private:
  TemporaryDirectory directory_;
  int socket_;
};

TEST_P(PostgresConnection, IsInUtcWhateverTheServerThinks) {
  EXPECT_EQ(text("SELECT current_setting('TimeZone')"), "UTC");
  EXPECT_EQ(text("SELECT current_setting('DateStyle')"), "ISO, MDY");
  EXPECT_EQ(text("SELECT current_setting('client_encoding')"), "UTF8");
}

TEST_P(PostgresConnection, IsCalledDormUnlessTheUrlSaysOtherwise) {
  EXPECT_EQ(text("SELECT current_setting('application_name')"), "dorm");
  connection_ = connect_with("&application_name=report");
  EXPECT_EQ(text("SELECT current_setting('application_name')"), "report");
}

TEST_P(PostgresConnection, ToASilentServerEndsAtTheDeadline) {
  const SilentServer server;
  const Driver& driver = *GetParam().driver;
  const StatementTimeout error =
      thrown<StatementTimeout>([&] { driver.connect(driver.parse_url(server.url()), after(50ms)); });
  EXPECT_THAT(error.what(), Not(HasSubstr("hush")));
}

TEST_P(PostgresConnection, FindsTheHostThatAnswersWithinTheDeadline) {
  const SilentServer silent;
  const TemporaryDirectory nothing;
  const Driver& driver = *GetParam().driver;
  driver::ConnectOptions options = driver.parse_url(url_);
  for (auto& [keyword, value] : options.keywords)
    if (keyword == "host") value = nothing.path().string() + "," + silent.directory() + "," + value;
  // The silent one gets half of it.
  connection_ = driver.connect(options, after(2s));
  EXPECT_EQ(number("SELECT 1"), 1);
}

TEST_P(PostgresConnection, ChoosesTheHostByWhatItAllows) {
  connection_ = connect_with("&target_session_attrs=read-write");
  EXPECT_EQ(number("SELECT 1"), 1);
  EXPECT_TRUE(thrown<ConnectFailed>([&] { connect_with("&target_session_attrs=standby"); }).retryable());
}

TEST_P(PostgresConnection, ToNobodyMayBeTriedAgain) {
  const TemporaryDirectory nothing;
  const Driver& driver = *GetParam().driver;
  const auto options = driver.parse_url("postgresql://u:hush@/d?host=" + nothing.path().string());
  const ConnectFailed error = thrown<ConnectFailed>([&] { driver.connect(options, std::nullopt); });
  EXPECT_TRUE(error.retryable());
  EXPECT_THAT(error.what(), Not(HasSubstr("hush")));
}

TEST_P(PostgresConnection, ToADatabaseThatIsNotThereNeedsNoSecondTry) {
  const Driver& driver = *GetParam().driver;
  driver::ConnectOptions options = driver.parse_url(url_);
  for (auto& [keyword, value] : options.keywords)
    if (keyword == "dbname") value = "nowhere";
  const ConnectFailed error = thrown<ConnectFailed>([&] { driver.connect(options, std::nullopt); });
  EXPECT_FALSE(error.retryable());
  EXPECT_EQ(error.code(), "3D000");
  EXPECT_THAT(error.what(), HasSubstr("there is no such database (3D000)"));
}

TEST_P(PostgresConnection, KilledByTheServerIsLost) {
  connection().begin({}, std::nullopt);
  kill_this_connection();
  const ConnectionLost error = thrown<ConnectionLost>([&] { number("SELECT 1"); });
  EXPECT_TRUE(error.retryable());
  EXPECT_EQ(error.transaction(), TransactionState::gone);
  EXPECT_EQ(connection().status(), driver::TransactionStatus::lost);
  EXPECT_FALSE(connection().usable());
  thrown<ConnectionLost>([&] { number("SELECT 1"); });
  connection().rollback(std::nullopt);
}

TEST_P(PostgresConnection, KilledWhileIdleIsSeenWithoutARoundTrip) {
  EXPECT_TRUE(connection().passive_check());
  kill_this_connection();
  // The news is on its way.
  for (int i = 0; i < 1000 && connection().passive_check(); ++i) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(connection().passive_check());
  EXPECT_FALSE(connection().ping(std::nullopt));
}

TEST_P(PostgresConnection, ANoticeIsNoReasonToGiveUp) {
  std::string heard;
  driver::ConnectOptions options = GetParam().driver->parse_url(url_);
  options.notices = [&](std::string_view notice) { heard = notice; };
  connection_ = GetParam().driver->connect(options, std::nullopt);
  script("DROP TABLE IF EXISTS nothing");
  EXPECT_EQ(heard, "table \"nothing\" does not exist, skipping");
  EXPECT_TRUE(connection().passive_check());
  EXPECT_TRUE(connection().ping(std::nullopt));
}

TEST_P(PostgresConnection, PastTheDeadlineIsClosedAndItsStatementStopped) {
  const std::int64_t process = number("SELECT pg_backend_pid()");
  const StatementTimeout error = thrown<StatementTimeout>(
      [&] { connection().execute(statement("SELECT pg_sleep(60)"), {}, nullptr, after(50ms)); });
  EXPECT_FALSE(error.retryable());
  EXPECT_FALSE(connection().usable());
  connection_ = connect();
  const std::string count = "SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(process);
  for (int i = 0; i < 2000 && number(count) != 0; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(number(count), 0);
}

// A deferred trigger makes COMMIT itself take its time.
constexpr std::string_view slow_commit = R"(
  CREATE TABLE slow (id integer);
  CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
  CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle())";

TEST_P(PostgresConnection, ADeadlineDuringCommitLeavesItUnknown) {
  script(slow_commit);
  connection().begin({}, std::nullopt);
  run("INSERT INTO slow VALUES (1)");
  EXPECT_FALSE(thrown<CommitUnknown>([&] { connection().commit(after(50ms)); }).retryable());
  EXPECT_FALSE(connection().usable());
}

TEST_P(PostgresConnection, ADeadlineBeforeCommitLeavesTheTransactionOpen) {
  connection().begin({}, std::nullopt);
  EXPECT_EQ(thrown<StatementTimeout>([&] { connection().commit(driver::Clock::now() - 1ms); }).transaction(),
            TransactionState::open);
  connection().commit(std::nullopt);
}

TEST_P(PostgresConnection, KilledDuringCommitLeavesItUnknown) {
  script(slow_commit);
  const std::int64_t process = number("SELECT pg_backend_pid()");
  connection().begin({}, std::nullopt);
  run("INSERT INTO slow VALUES (1)");
  std::thread killer([&] {
    const auto other = connect();
    const std::string kill =
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT' AND pid = " +
        std::to_string(process);
    while (other->execute(statement(kill), {}, nullptr, std::nullopt).affected == 0) std::this_thread::sleep_for(1ms);
  });
  thrown<CommitUnknown>([&] { connection().commit(std::nullopt); });
  killer.join();
}

TEST_P(PostgresConnection, KilledBeforeCommitIsOnlyLost) {
  connection().begin({}, std::nullopt);
  kill_this_connection();
  for (int i = 0; i < 1000 && connection().usable() && connection().passive_check(); ++i)
    std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(thrown<ConnectionLost>([&] { connection().commit(std::nullopt); }).retryable());
}

TEST_P(PostgresConnection, CopyIsRefusedWithTheConnection) {
  thrown<ConnectionLost>([&] { script("COPY pg_class TO STDOUT"); });
  EXPECT_FALSE(connection().usable());
}

TEST_P(PostgresConnection, OfAParentIsUnharmedByItsChildren) {
  run("CREATE TABLE family (id integer)");
  connection().begin({}, std::nullopt);
  run("INSERT INTO family VALUES (1)");
  const pid_t child = ::fork();
  if (child == 0) {
    int result = 0;
    try {
      number("SELECT 1");
      result = 1;
    } catch (const StateError&) {
    }
    if (connection().usable() || connection().passive_check()) result = 2;
    connection_.reset();
    ::_exit(result);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  connection().commit(std::nullopt);
  EXPECT_EQ(number("SELECT count(*) FROM family"), 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, PostgresConnection, testing::ValuesIn(only_postgres()), backend_name);

}  // namespace
}  // namespace dorm::test
