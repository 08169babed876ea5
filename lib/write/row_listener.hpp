// write/row_listener.hpp: who hears of each row that several are saved with.
//
// Called by the thread that writes. What it throws ends the write.
#pragma once

#include <cstdint>
#include <vector>

#include "graph/graph.hpp"

namespace dorm::write {

class RowListener {
 public:
  RowListener() = default;
  RowListener(const RowListener&) = delete;
  RowListener& operator=(const RowListener&) = delete;
  virtual ~RowListener() = default;

  // Before anything is sent; may change the row.
  virtual void before_save(const graph::Reference& row, bool created) = 0;
  // After all is sent; `fields` are those that were written.
  virtual void after_save(const graph::Reference& row, bool created, const std::vector<std::uint32_t>& fields) = 0;
};

}  // namespace dorm::write
