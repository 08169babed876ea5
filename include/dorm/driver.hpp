// dorm/driver.hpp: the backends a program can open, as a plain list.
//
// A Driver is what lib/driver/driver.hpp describes; programs only pass it around. Immutable: share freely.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dorm/detail/export.hpp"

namespace dorm {

class Driver;  // lib/driver/driver.hpp

class DORM_EXPORT Drivers {
 public:
  Drivers() = default;
  explicit Drivers(std::vector<std::shared_ptr<const Driver>> drivers) : drivers_(std::move(drivers)) {}

  Drivers with(std::shared_ptr<const Driver> driver) const;  // the newest of a scheme wins
  // The driver for "sqlite" or "postgresql"; throws ConfigError naming the known schemes.
  const std::shared_ptr<const Driver>& get(std::string_view scheme) const;
  std::vector<std::string> schemes() const;

 private:
  std::vector<std::shared_ptr<const Driver>> drivers_;
};

// Every driver this dorm was built with, one per folder of drivers/. Defined by the umbrella library dorm::dorm;
// programs that link single components make their own list, e.g. Drivers({dorm::sqlite::driver()}).
DORM_EXPORT const Drivers& built_in_drivers();

}  // namespace dorm
