// support/record.hpp: the structs that hand-written code fills, and digests of what was read.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace dorm::bench {

struct Record {
  std::int64_t id = 0;
  std::string name;
  std::string email;
  std::string city;
  std::optional<std::string> note;
  bool active = false;
  std::int64_t age = 0;
  double score = 0;
  std::int64_t cents = 0;    // of the balance
  std::int64_t created = 0;  // microseconds since 1970
};

struct A {
  std::int64_t id = 0;
  std::string name;
  std::int64_t value = 0;
  std::int64_t created = 0;
};

struct B {
  std::int64_t id = 0;
  std::int64_t a_id = 0;
  std::string name;
  std::int64_t rank = 0;
  double score = 0;
  const A* a = nullptr;
};

struct C {
  std::int64_t id = 0;
  std::int64_t b_id = 0;
  std::string name;
  std::string remark;
  std::int64_t amount = 0;
  const B* b = nullptr;
};

// Of everything that was read, in order.
class Digest {
 public:
  void add(std::int64_t number) { mix(static_cast<std::uint64_t>(number)); }
  void add(double number) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &number, sizeof bits);
    mix(bits);
  }
  void add(std::string_view text) {
    mix(text.size());
    for (const char c : text) mix(static_cast<unsigned char>(c));
  }
  std::uint64_t value() const noexcept { return hash_; }

 private:
  void mix(std::uint64_t word) { hash_ = (hash_ ^ word) * 0x100000001B3ULL + (hash_ >> 29U); }
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
};

inline void add(Digest& digest, const Record& record) {
  digest.add(record.id);
  digest.add(std::string_view(record.name));
  digest.add(std::string_view(record.email));
  digest.add(std::string_view(record.city));
  digest.add(std::string_view(record.note ? *record.note : "null"));
  digest.add(std::int64_t{record.active});
  digest.add(record.age);
  digest.add(record.score);
  digest.add(record.cents);
  digest.add(record.created);
}

}  // namespace dorm::bench
