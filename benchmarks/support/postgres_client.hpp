// support/postgres_client.hpp: what a careful programmer writes around libpq: prepared statements, binary both ways.
//
// Throws std::runtime_error.
#pragma once

#include <libpq-fe.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

namespace dorm::bench {

class PostgresClient {
 public:
  struct Clear {
    void operator()(PGresult* result) const noexcept { PQclear(result); }
  };
  using Result = std::unique_ptr<PGresult, Clear>;

  explicit PostgresClient(const std::string& url);
  PostgresClient(const PostgresClient&) = delete;
  PostgresClient& operator=(const PostgresClient&) = delete;
  ~PostgresClient() { PQfinish(connection_); }

  void prepare(const char* name, const std::string& sql) const;
  void execute(const char* sql) const;
  // Everything in binary format.
  Result run(const char* name, int parameters = 0, const char* const* values = nullptr,
             const int* sizes = nullptr) const;

 private:
  PGconn* connection_ = nullptr;
};

template <class Word>
Word swapped(Word word) {
  if constexpr (sizeof(Word) == 2) return static_cast<Word>(__builtin_bswap16(static_cast<std::uint16_t>(word)));
  if constexpr (sizeof(Word) == 4) return static_cast<Word>(__builtin_bswap32(static_cast<std::uint32_t>(word)));
  if constexpr (sizeof(Word) == 8) return static_cast<Word>(__builtin_bswap64(static_cast<std::uint64_t>(word)));
}
template <class Word>
Word read_word(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return swapped(word);
}
template <class Word>
void write_word(char* bytes, Word word) {
  word = swapped(word);
  std::memcpy(bytes, &word, sizeof word);
}

inline std::int64_t read_bigint(const PGresult* result, int row, int column) {
  return read_word<std::int64_t>(PQgetvalue(result, row, column));
}
inline std::int64_t read_integer(const PGresult* result, int row, int column) {
  return read_word<std::int32_t>(PQgetvalue(result, row, column));
}
inline double read_double(const PGresult* result, int row, int column) {
  return std::bit_cast<double>(read_bigint(result, row, column));
}
inline void read_text(const PGresult* result, int row, int column, std::string& text) {
  text.assign(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column)));
}
constexpr std::int64_t postgres_epoch = 946'684'800'000'000;  // 2000-01-01 in microseconds since 1970
inline std::int64_t read_moment(const PGresult* result, int row, int column) {
  return read_bigint(result, row, column) + postgres_epoch;
}

// A numeric of two decimals as hundredths, and back; returns the bytes written, at most 20.
std::int64_t read_cents(const char* numeric);
int write_cents(std::int64_t cents, char* numeric);

}  // namespace dorm::bench
