// dorm/detail/cell.hpp: one value of a loaded row in 16 bytes; text and blobs are views into their graph's memory.
//
// Trivially copyable. The tag says what the union holds; unloaded is not null.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace dorm {

enum class CellTag : std::uint8_t {
  unloaded = 0,  // rows begin as zeros, so a column nobody decoded reads as this
  null,
  boolean,  // integer 0 or 1
  integer,
  real,
  decimal,       // integer · 10^-scale
  decimal_text,  // data, size: canonical digits of a number beyond 18 digits
  text,          // data, size: UTF-8
  blob,          // data, size
  uuid,          // data: 16 bytes
  date,          // integer: days since 1970-01-01
  time,          // integer: microseconds since midnight
  datetime,      // integer: microseconds since 1970-01-01 00:00:00
  json,          // data, size: a JSON document
  list,          // elements, size: parameters only
};

struct Cell {
  CellTag tag;
  std::uint8_t reserved;
  std::uint16_t scale;  // decimal
  std::uint32_t size;   // bytes of data, or elements of a list
  union {
    std::int64_t integer;
    double real;
    const char* data;
    const Cell* elements;
  };

  std::string_view view() const noexcept { return {data, size}; }
  bool is_null() const noexcept { return tag == CellTag::null; }
  // A lazy load publishes a cell by its tag: what acquires the tag sees the rest.
  CellTag acquire_tag() const noexcept {
    return std::atomic_ref(const_cast<CellTag&>(tag)).load(std::memory_order_acquire);
  }
  bool is_loaded() const noexcept { return acquire_tag() != CellTag::unloaded; }
  void publish(const Cell& value) noexcept {
    scale = value.scale;
    size = value.size;
    integer = value.integer;  // whatever the union holds
    std::atomic_ref(tag).store(value.tag, std::memory_order_release);
  }

  static Cell of_null() noexcept { return make(CellTag::null, 0); }
  static Cell of_boolean(bool value) noexcept { return make(CellTag::boolean, value ? 1 : 0); }
  static Cell of_integer(std::int64_t value) noexcept { return make(CellTag::integer, value); }
  static Cell of_decimal(std::int64_t unscaled, std::uint16_t scale) noexcept {
    Cell cell = make(CellTag::decimal, unscaled);
    cell.scale = scale;
    return cell;
  }
  static Cell of_real(double value) noexcept {
    Cell cell = make(CellTag::real, 0);
    cell.real = value;
    return cell;
  }
  // date, time, datetime
  static Cell of_count(CellTag tag, std::int64_t value) noexcept { return make(tag, value); }
  // text, blob, json, decimal_text, uuid: the bytes must outlive the cell
  static Cell of_bytes(CellTag tag, std::string_view bytes) noexcept {
    Cell cell = make(tag, 0);
    cell.size = static_cast<std::uint32_t>(bytes.size());
    cell.data = bytes.data();
    return cell;
  }
  static Cell of_list(const Cell* elements, std::uint32_t count) noexcept {
    Cell cell = make(CellTag::list, 0);
    cell.size = count;
    cell.elements = elements;
    return cell;
  }

 private:
  static Cell make(CellTag tag, std::int64_t value) noexcept {
    Cell cell;
    cell.tag = tag;
    cell.reserved = 0;
    cell.scale = 0;
    cell.size = 0;
    cell.integer = value;
    return cell;
  }
};

static_assert(sizeof(Cell) == 16 && std::is_trivially_copyable_v<Cell>);

}  // namespace dorm
