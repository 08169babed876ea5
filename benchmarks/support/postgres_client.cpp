#include "support/postgres_client.hpp"

#include <array>
#include <stdexcept>

namespace dorm::bench {
namespace {

constexpr std::array<int, 16> binary{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};

}  // namespace

PostgresClient::PostgresClient(const std::string& url) : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(connection_) == CONNECTION_OK) return;
  const std::string why = PQerrorMessage(connection_);
  PQfinish(connection_);
  throw std::runtime_error("postgres: " + why);
}

void PostgresClient::prepare(const char* name, const std::string& sql) const {
  const Result result(PQprepare(connection_, name, sql.c_str(), 0, nullptr));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection_));
}

void PostgresClient::execute(const char* sql) const {
  const Result result(PQexec(connection_, sql));
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection_));
}

PostgresClient::Result PostgresClient::run(const char* name, int parameters, const char* const* values,
                                           const int* sizes) const {
  Result result(PQexecPrepared(connection_, name, parameters, values, sizes, binary.data(), 1));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQerrorMessage(connection_));
  return result;
}

// Number of base-10000 digits, weight of the first, sign, scale; then the digits, the last of which holds the decimals.
std::int64_t read_cents(const char* numeric) {
  const int digits = read_word<std::int16_t>(numeric);
  const int weight = read_word<std::int16_t>(numeric + 2);
  const bool negative = read_word<std::uint16_t>(numeric + 4) == 0x4000;
  std::int64_t ten_thousandths = 0;
  for (int place = weight, i = 0; place >= -1; --place, ++i) {
    ten_thousandths = ten_thousandths * 10'000 + (i < digits ? read_word<std::int16_t>(numeric + 8 + 2 * i) : 0);
  }
  const std::int64_t cents = ten_thousandths / 100;
  return negative ? -cents : cents;
}

int write_cents(std::int64_t cents, char* numeric) {
  std::uint64_t left = static_cast<std::uint64_t>(cents < 0 ? -cents : cents) * 100;
  std::array<std::int16_t, 6> digits{};  // the lowest first
  int count = 0;
  for (; left != 0; left /= 10'000)
    digits[static_cast<std::size_t>(count++)] = static_cast<std::int16_t>(left % 10'000);
  write_word(numeric, static_cast<std::int16_t>(count));
  write_word(numeric + 2, static_cast<std::int16_t>(count - 2));
  write_word(numeric + 4, static_cast<std::uint16_t>(cents < 0 ? 0x4000 : 0));
  write_word(numeric + 6, std::int16_t{2});
  for (int i = 0; i < count; ++i) write_word(numeric + 8 + 2 * i, digits[static_cast<std::size_t>(count - 1 - i)]);
  return 8 + 2 * count;
}

}  // namespace dorm::bench
