// A Session on a mock driver, for the tests of this folder.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dorm/error.hpp"
#include "session/session.hpp"
#include "support/mock_driver.hpp"

namespace dorm::test {

inline ErrorDetails retryable_details() {
  ErrorDetails details;
  details.retryable = true;
  return details;
}

template <class E>
E retryable(const char* message) {
  return E(message, retryable_details());
}

struct SessionWorld {
  explicit SessionWorld(std::size_t pool_size = 4, bool single = false)
      : driver(std::make_shared<MockDriver>()), session(nullptr) {
    driver->is_single = single;
    PoolOptions pool;
    pool.size = pool_size;
    pool.checkout_timeout = std::chrono::seconds(20);
    session = Session::open(driver, {}, pool, "app");
  }

  void run(const std::string& sql) const { session->execute(text_statement(sql), {}); }
  // The next call of that text fails like this.
  template <class E>
  void fail_once(std::string text, E error) const {
    driver->on_call = [text = std::move(text), error,
                       done = std::make_shared<bool>(false)](const MockDriver::Call& call) {
      if (call.text != text || std::exchange(*done, true)) return;
      throw error;
    };
  }
  std::vector<std::string> calls() const { return driver->calls(); }

  std::shared_ptr<MockDriver> driver;
  std::shared_ptr<Session> session;
};

}  // namespace dorm::test
