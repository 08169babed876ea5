#include "support/cluster.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace dorm::test {
namespace {

namespace fs = std::filesystem;

constexpr int poll_microseconds = 5'000;
constexpr int start_polls = 12'000;  // a minute: the machine may be busy
constexpr int stop_polls = 2'000;

// The account that owns the server: PostgreSQL refuses to run as root.
struct Account {
  bool change = false;
  uid_t user = 0;
  gid_t group = 0;
};

struct Server {
  fs::path directory;
  std::string url;
  pid_t owner = -1;  // who started it: a forked child must leave it alone
  pid_t keeper = -1;
  int lifeline = -1;  // held open as long as the server is wanted
};

std::mutex server_guard;
Server server;  // guarded by `server_guard`

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error("test cluster: " + what); }

std::string first_line_of(const char* command) {
  std::string line;
  std::FILE* pipe = ::popen(command, "r");
  if (pipe == nullptr) return line;
  std::array<char, 512> buffer{};
  if (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) line = buffer.data();
  ::pclose(pipe);
  while (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

// The newest server on this machine.
fs::path server_binaries() {
  std::vector<fs::path> candidates;
  if (const std::string told = first_line_of("pg_config --bindir 2>/dev/null"); !told.empty())
    candidates.emplace_back(told);
  std::error_code ignored;
  std::vector<fs::path> versions;
  for (const fs::directory_entry& entry : fs::directory_iterator("/usr/lib/postgresql", ignored))
    versions.push_back(entry.path());
  std::sort(versions.begin(), versions.end(), [](const fs::path& left, const fs::path& right) {
    return std::atoi(left.filename().c_str()) > std::atoi(right.filename().c_str());
  });
  for (const fs::path& version : versions) candidates.push_back(version / "bin");
  for (const fs::path& candidate : candidates) {
    if (fs::exists(candidate / "initdb") && fs::exists(candidate / "postgres")) return candidate;
  }
  fail("no PostgreSQL server found; install postgresql or name one in DORM_TEST_PG_URL");
}

Account server_account() {
  if (::geteuid() != 0) return {};
  const passwd* entry = ::getpwnam("postgres");
  if (entry == nullptr) fail("running as root, and there is no user 'postgres' to run the server as");
  return {true, entry->pw_uid, entry->pw_gid};
}

fs::path make_directory(const Account& account) {
  std::string parent = fs::temp_directory_path().string();
  if (parent.size() > 60) parent = "/tmp";  // the path of a unix socket has at most 107 bytes
  std::string pattern = parent + "/dorm-cluster-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) fail("cannot make a directory in '" + parent + "'");
  if (account.change && ::chown(pattern.c_str(), account.user, account.group) != 0)
    fail("cannot give '" + pattern + "' away");
  return pattern;
}

// Only in a fresh child: becomes the program, or ends with status 127. Dies with the process that forked it.
[[noreturn]] void become(const Account& account, const fs::path& directory, const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int log = ::open((directory / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, 0);
  ::dup2(log, 1);
  ::dup2(log, 2);
  if (account.change && (::setgroups(0, nullptr) != 0 || ::setgid(account.group) != 0 || ::setuid(account.user) != 0))
    ::_exit(127);
  // After setuid, which clears it.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  if (::chdir(directory.c_str()) != 0) ::_exit(127);
  ::execv(arguments[0], arguments.data());
  ::_exit(127);
}

pid_t start(const Account& account, const fs::path& directory, const std::vector<std::string>& command) {
  const pid_t child = ::fork();
  if (child == 0) become(account, directory, command);
  return child;
}

bool is_ready(const fs::path& data) {
  std::ifstream file(data / "postmaster.pid");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return text.find("\nready") != std::string::npos;
}

// In the keeper: makes the data directory and starts the server in it; -1 if that failed.
pid_t bring_up(const Account& account, const fs::path& directory, const fs::path& binaries) {
  const std::string data = (directory / "data").string();
  const pid_t initdb =
      start(account, directory,
            {(binaries / "initdb").string(), "-D", data, "-U", "postgres", "--auth=trust", "--locale=C.UTF-8",
             "--locale-provider=icu", "--icu-locale=en-US", "--encoding=UTF8", "--no-sync", "--no-instructions"});
  int status = 0;
  if (initdb < 0 || ::waitpid(initdb, &status, 0) != initdb || status != 0) return -1;
  const std::vector<std::string> settings = {"listen_addresses=",
                                             "unix_socket_directories=" + directory.string(),
                                             "fsync=off",
                                             "synchronous_commit=off",
                                             "full_page_writes=off",
                                             "shared_buffers=16MB",
                                             "max_connections=100",
                                             "wal_level=minimal",
                                             "max_wal_senders=0",
                                             "autovacuum=off",
                                             "timezone=Asia/Kolkata",
                                             "datestyle=SQL, DMY"};
  std::vector<std::string> command = {(binaries / "postgres").string(), "-D", data};
  for (const std::string& setting : settings) {
    command.emplace_back("-c");
    command.push_back(setting);
  }
  const pid_t postmaster = start(account, directory, command);
  for (int i = 0; postmaster > 0 && i < start_polls; ++i) {
    if (is_ready(data)) return postmaster;
    if (::waitpid(postmaster, &status, WNOHANG) != 0) return -1;
    ::usleep(poll_microseconds);
  }
  return -1;
}

void bring_down(pid_t postmaster) {
  ::kill(postmaster, SIGQUIT);
  int status = 0;
  for (int i = 0; i < stop_polls; ++i) {
    if (::waitpid(postmaster, &status, WNOHANG) != 0) return;
    ::usleep(poll_microseconds);
  }
  ::kill(postmaster, SIGKILL);
  ::waitpid(postmaster, &status, 0);
}

// The keeper's whole life. It holds none of the files of the test process, so whoever reads its output sees the end of
// it.
[[noreturn]] void keep(const Account& account, const fs::path& directory, const fs::path& binaries, int ready,
                       int lifeline) {
  ::setsid();
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGTERM, SIG_IGN);
  for (int descriptor = 0; descriptor < 1024; ++descriptor) {
    if (descriptor != ready && descriptor != lifeline) ::close(descriptor);
  }
  // Standard input, output and error again, so that nothing else takes their numbers.
  for (int i = 0; i < 3; ++i) [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);
  const pid_t postmaster = bring_up(account, directory, binaries);
  if (postmaster > 0 && ::write(ready, "+", 1) != 1) ::kill(postmaster, SIGQUIT);
  ::close(ready);
  char byte = 0;
  while (::read(lifeline, &byte, 1) < 0 && errno == EINTR) {
  }
  if (postmaster > 0) bring_down(postmaster);
  std::error_code ignored;
  fs::remove_all(directory, ignored);
  ::_exit(0);
}

std::string log_of(const fs::path& directory) {
  std::ifstream file(directory / "log");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string percent_encoded(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '/') {
      result += "%2F";
    } else {
      result += c;
    }
  }
  return result;
}

// Under `server_guard`.
void start_server() {
  const fs::path binaries = server_binaries();
  const Account account = server_account();
  const fs::path directory = make_directory(account);
  std::array<int, 2> ready{};
  std::array<int, 2> lifeline{};
  if (::pipe2(ready.data(), O_CLOEXEC) != 0 || ::pipe2(lifeline.data(), O_CLOEXEC) != 0) fail("no pipe");
  const pid_t keeper = ::fork();
  if (keeper < 0) fail("cannot fork");
  if (keeper == 0) keep(account, directory, binaries, ready[1], lifeline[0]);
  ::close(ready[1]);
  ::close(lifeline[0]);
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(ready[0], &byte, 1);
  } while (got < 0 && errno == EINTR);
  ::close(ready[0]);
  server = {directory, {}, ::getpid(), keeper, lifeline[1]};
  if (got != 1) {
    const std::string log = log_of(directory);
    ::close(lifeline[1]);
    ::waitpid(keeper, nullptr, 0);
    server = {};
    fail("the server did not start:\n" + log);
  }
  server.url = "postgresql://postgres@" + percent_encoded(directory.string()) + "/postgres";
  std::atexit([] { stop_cluster(); });
}

}  // namespace

const std::string& cluster_url() {
  const std::lock_guard lock(server_guard);
  if (server.url.empty()) {
    if (const char* given = std::getenv("DORM_TEST_PG_URL"); given != nullptr && *given != '\0') {
      server.url = given;
    } else {
      start_server();
    }
  }
  return server.url;
}

void stop_cluster() noexcept {
  const std::lock_guard lock(server_guard);
  if (server.keeper < 0 || server.owner != ::getpid()) return;
  ::close(server.lifeline);
  ::waitpid(server.keeper, nullptr, 0);
  server = {};
}

}  // namespace dorm::test
