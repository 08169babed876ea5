#include "postgres/connect.hpp"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "postgres/errors.hpp"
#include "postgres/wait.hpp"

namespace dorm::postgres {
namespace {

using Keywords = std::vector<std::pair<std::string, std::string>>;

// A callback from C: nothing may be thrown through it.
void receive_notice(void* sink, const PGresult* notice) {
  const auto& receive = *static_cast<const driver::NoticeSink*>(sink);
  const char* text = PQresultErrorField(notice, PG_DIAG_MESSAGE_PRIMARY);
  if (!receive || text == nullptr) return;
  try {
    receive(text);
  } catch (...) {  // NOLINT(bugprone-empty-catch): a notice is not worth the statement
  }
}

std::string value_of(const Keywords& keywords, std::string_view keyword) {
  for (const auto& [name, value] : keywords)
    if (name == keyword) return value;
  return {};
}

void replace(Keywords& keywords, std::string_view keyword, std::string value) {
  std::erase_if(keywords, [&](const auto& pair) { return pair.first == keyword; });
  if (!value.empty()) keywords.emplace_back(keyword, std::move(value));
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0;;) {
    const std::size_t comma = list.find(',', begin);
    parts.push_back(list.substr(begin, comma == std::string::npos ? comma : comma - begin));
    if (comma == std::string::npos) return parts;
    begin = comma + 1;
  }
}

// One set of keywords for each host: libpq's own walk through them has no deadline in its non-blocking form.
std::vector<Keywords> attempts(const Keywords& keywords) {
  const std::vector<std::string> hosts = split(value_of(keywords, "host"));
  const std::vector<std::string> addresses = split(value_of(keywords, "hostaddr"));
  const std::vector<std::string> ports = split(value_of(keywords, "port"));
  const std::size_t count = std::max(hosts.size(), addresses.size());
  const auto fits = [&](std::size_t size) { return size == 1 || size == count; };
  if (!fits(hosts.size()) || !fits(addresses.size()) || !fits(ports.size())) {
    throw ConfigError("postgresql: the numbers of hosts, addresses and ports do not match");
  }
  if (count == 1) return {keywords};
  const auto pick = [](const std::vector<std::string>& list, std::size_t i) {
    return list.size() == 1 ? list[0] : list[i];
  };
  std::vector<Keywords> result;
  const auto add_all = [&](const std::string& wanted) {
    for (std::size_t i = 0; i < count; ++i) {
      Keywords one = keywords;
      replace(one, "host", pick(hosts, i));
      replace(one, "hostaddr", pick(addresses, i));
      replace(one, "port", pick(ports, i));
      replace(one, "target_session_attrs", wanted);
      result.push_back(std::move(one));
    }
  };
  const std::string wanted = value_of(keywords, "target_session_attrs");
  if (wanted == "prefer-standby") {
    add_all("standby");
    add_all("any");
  } else {
    add_all(wanted);
  }
  return result;
}

std::chrono::milliseconds connect_timeout(const Keywords& keywords) {
  const std::string text = value_of(keywords, "connect_timeout");
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 0) {
    if (!text.empty()) throw ConfigError("postgresql: connect_timeout is not a number of seconds");
  }
  return std::chrono::seconds(seconds);
}

std::string place(const Keywords& keywords) {
  std::string host = value_of(keywords, "host");
  if (host.empty()) host = value_of(keywords, "hostaddr");
  const std::string port = value_of(keywords, "port");
  if (host.empty()) host = "the local server";
  return port.empty() ? quote(host) : quote(host + ":" + port);
}

// libpq's own words, in one line and without the secrets that it was given.
std::string words_of(PGconn* connection, const Keywords& keywords) {
  std::string text = PQerrorMessage(connection);
  for (const std::string_view secret : {"password", "sslpassword"}) {
    const std::string value = value_of(keywords, secret);
    if (value.empty()) continue;
    for (std::size_t at = text.find(value); at != std::string::npos; at = text.find(value, at))
      text.replace(at, value.size(), "***");
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// With PQERRORS_SQLSTATE the message of a server's refusal ends with its code. There is no other way to learn it.
std::string code_in(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  constexpr std::size_t size = 5;
  if (text.size() < size + 2) return {};
  const std::string_view code = text.substr(text.size() - size);
  const std::string_view before = text.substr(0, text.size() - size);
  const auto is_code = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  return before.ends_with(":  ") && std::all_of(code.begin(), code.end(), is_code) ? std::string(code) : std::string();
}

std::string refusal(std::string_view sqlstate) {
  std::string text = "the server refused";
  if (sqlstate == "28P01") text = "the password is wrong";
  if (sqlstate == "28000") text = "the server does not let this user in; see its pg_hba.conf";
  if (sqlstate == "3D000") text = "there is no such database";
  if (sqlstate == "53300") text = "the server has too many connections";
  if (sqlstate == "57P03") text = "the server is starting up or shutting down";
  return text + " (" + std::string(sqlstate) + ")";
}

ConnectFailure failure_of(PGconn* connection, const Keywords& keywords, ConnStatusType stage) {
  ConnectFailure failure;
  failure.sqlstate = code_in(PQerrorMessage(connection));
  if (!failure.sqlstate.empty()) {
    failure.text = refusal(failure.sqlstate);
    failure.permanent = is_permanent(failure.sqlstate);
  } else {
    failure.text = words_of(connection, keywords);
    // A certificate that is refused today is refused tomorrow.
    failure.permanent = PQconnectionNeedsPassword(connection) != 0 || stage == CONNECTION_SSL_STARTUP;
  }
  return failure;
}

Handle start(const Keywords& keywords) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  const auto add = [&](const char* name, const char* value) {
    names.push_back(name);
    values.push_back(value);
  };
  add("client_encoding", "UTF8");
  add("fallback_application_name", "dorm");
  add(nullptr, nullptr);
  return {PQconnectStartParams(names.data(), values.data(), 0), PQfinish};
}

// nullopt if the connection is there.
std::optional<ConnectFailure> drive(PGconn* connection, const Keywords& keywords, driver::Deadline deadline) {
  ConnStatusType stage = PQstatus(connection);
  if (stage == CONNECTION_BAD) return failure_of(connection, keywords, stage);
  PQsetErrorVerbosity(connection, PQERRORS_SQLSTATE);
  PostgresPollingStatusType next = PGRES_POLLING_WRITING;
  for (;;) {
    const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (wait_for(PQsocket(connection), events, deadline) == 0) return ConnectFailure{"no answer in time", {}, false};
    stage = PQstatus(connection);
    next = PQconnectPoll(connection);
    if (next == PGRES_POLLING_OK) break;
    if (next == PGRES_POLLING_FAILED) return failure_of(connection, keywords, stage);
  }
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
  if (PQsetnonblocking(connection, 1) != 0) return failure_of(connection, keywords, stage);
  return std::nullopt;
}

// What is left of the deadline, in equal parts for the attempts that are left.
driver::Deadline share(driver::Deadline deadline, std::size_t left, std::chrono::milliseconds timeout) {
  driver::Deadline limit = deadline;
  if (deadline && left > 1) {
    const auto now = driver::Clock::now();
    limit = now + (*deadline - now) / static_cast<int>(left);
  }
  return timeout.count() > 0 ? at_most(limit, timeout) : limit;
}

}  // namespace

Handle open_connection(const driver::ConnectOptions& options, const driver::NoticeSink& notices,
                       driver::Deadline deadline) {
  const std::vector<Keywords> all = attempts(options.keywords);
  const std::chrono::milliseconds timeout = connect_timeout(options.keywords);
  std::string texts;
  ErrorDetails details;
  details.backend = "postgres";
  details.retryable = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    Handle connection = start(all[i]);
    if (!connection) throw std::bad_alloc();
    PQsetNoticeReceiver(connection.get(), receive_notice, const_cast<driver::NoticeSink*>(&notices));
    const std::optional<ConnectFailure> failure =
        drive(connection.get(), all[i], share(deadline, all.size() - i, timeout));
    if (!failure) return connection;
    texts += (texts.empty() ? "" : "; ") + place(all[i]) + ": " + failure->text;
    details.code = failure->sqlstate;
    details.retryable = !failure->permanent;
    if (has_passed(deadline)) throw StatementTimeout("postgres: cannot connect before the deadline: " + texts, details);
    // The other hosts have the same users and databases.
    if (failure->permanent) break;
  }
  throw ConnectFailed("postgres: cannot connect: " + texts, details);
}

}  // namespace dorm::postgres
