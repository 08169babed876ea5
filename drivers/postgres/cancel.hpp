// postgres/cancel.hpp: asks the server to stop the statement that runs on a connection.
//
// Thread-safe. A request goes out only while a statement runs, and the statement's end waits for the server's word that
// the request was delivered, so it never hits the next statement. PQcancel is not used: it has no deadline before
// libpq 17.
#pragma once

#include <libpq-fe.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <mutex>

#include "driver/driver.hpp"

namespace dorm::postgres {

class Canceller {
 public:
  // After connecting; without it, or where the server gave no key, requests do nothing.
  void arm(PGconn* connection);

  void statement_begins() noexcept;
  struct Ending {
    bool requested = false;  // somebody has asked
    bool in_doubt = false;   // and the server has not confirmed: the connection must not run another statement
  };
  Ending statement_ends() noexcept;

  void request() noexcept;
  // The connection is given up: what it runs should end with it. Takes a tenth of a second at most.
  void request_at_farewell() noexcept;

 private:
  enum class Delivery : std::uint8_t { confirmed, unknown, not_sent };
  Delivery deliver(driver::Deadline deadline) const noexcept;

  std::mutex mutex_;
  bool armed_ = false;  // guarded by mutex_, as all below
  bool running_ = false;
  Ending ending_;
  sockaddr_storage address_{};
  socklen_t address_size_ = 0;
  std::array<unsigned char, 16> packet_{};
};

}  // namespace dorm::postgres
