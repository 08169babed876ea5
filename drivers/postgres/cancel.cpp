#include "postgres/cancel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "postgres/wait.hpp"

namespace dorm::postgres {
namespace {

using namespace std::chrono_literals;
constexpr auto request_budget = 500ms;
constexpr auto farewell_budget = 100ms;

// The protocol's number for a cancel request.
constexpr std::uint32_t cancel_request_code = 80877102;

void put(std::array<unsigned char, 16>& packet, std::size_t at, std::uint32_t number) {
  for (std::size_t i = 0; i < 4; ++i) packet[at + i] = static_cast<unsigned char>(number >> (24U - 8U * i));
}

// The key of the server process. libpq has it in PGcancel and no function that tells it; the layout of PGcancel up to
// the key is the same in every libpq before 18: the address, then the process id, then the key. The id we know shows
// that it is so.
bool find_key(PGconn* connection, std::uint32_t& key) {
  if (PQlibVersion() >= 180000) return false;
  const std::unique_ptr<PGcancel, void (*)(PGcancel*)> handle(PQgetCancel(connection), PQfreeCancel);
  if (!handle) return false;
  struct Address {
    sockaddr_storage storage;
    socklen_t size;
  };
  struct Prefix {
    Address address;
    std::int32_t process;
    std::uint32_t key;
  };
  Prefix prefix;
  std::memcpy(&prefix, handle.get(), sizeof(prefix));
  if (prefix.process != PQbackendPID(connection)) return false;
  key = prefix.key;
  return true;
}

class Socket {
 public:
  explicit Socket(int family) : descriptor_(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace

void Canceller::arm(PGconn* connection) {
  const std::lock_guard lock(mutex_);
  address_size_ = sizeof(address_);
  std::uint32_t key = 0;
  if (::getpeername(PQsocket(connection), reinterpret_cast<sockaddr*>(&address_), &address_size_) != 0) return;
  if (!find_key(connection, key)) return;
  put(packet_, 0, static_cast<std::uint32_t>(packet_.size()));
  put(packet_, 4, cancel_request_code);
  put(packet_, 8, static_cast<std::uint32_t>(PQbackendPID(connection)));
  put(packet_, 12, key);
  armed_ = true;
}

void Canceller::statement_begins() noexcept {
  const std::lock_guard lock(mutex_);
  running_ = true;
  ending_ = {};
}

Canceller::Ending Canceller::statement_ends() noexcept {
  const std::lock_guard lock(mutex_);
  running_ = false;
  return ending_;
}

void Canceller::request() noexcept {
  const std::lock_guard lock(mutex_);
  if (!armed_ || !running_) return;
  const Delivery delivery = deliver(at_most({}, request_budget));
  if (delivery == Delivery::not_sent) return;
  ending_.requested = true;
  ending_.in_doubt |= delivery == Delivery::unknown;
}

void Canceller::request_at_farewell() noexcept {
  const std::lock_guard lock(mutex_);
  if (armed_) deliver(at_most({}, farewell_budget));
}

// In plain text also where the connection has TLS, as libpq before 17 does: an eavesdropper learns how to stop
// statements.
Canceller::Delivery Canceller::deliver(driver::Deadline deadline) const noexcept {
  const Socket socket(address_.ss_family);
  if (socket.get() < 0) return Delivery::not_sent;
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address_), address_size_) != 0) {
    if (errno != EINPROGRESS) return Delivery::not_sent;
    if (wait_for(socket.get(), POLLOUT, deadline) != POLLOUT) return Delivery::not_sent;
  }
  // Sixteen bytes into the empty buffer of a new socket go in one piece.
  if (::send(socket.get(), packet_.data(), packet_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(packet_.size())) {
    return Delivery::not_sent;
  }
  // The server answers by closing, after it has signalled its process.
  return wait_for(socket.get(), POLLIN, deadline) == 0 ? Delivery::unknown : Delivery::confirmed;
}

}  // namespace dorm::postgres
