#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

#include "dorm/error.hpp"
#include "dorm/observer.hpp"

namespace dorm {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::off:
      return spdlog::level::off;
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::off;
}

// One line, and nothing a terminal would obey.
std::string one_line(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    const bool is_control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    line += is_control ? (c == '\n' || c == '\t' || c == '\r' ? ' ' : '?') : c;
  }
  return line;
}

std::shared_ptr<spdlog::logger> logger_named(const std::string& name) {
  if (auto logger = spdlog::get(name)) return logger;
  try {
    return spdlog::stderr_color_mt(name);
  } catch (const spdlog::spdlog_ex&) {  // another thread was faster
    return spdlog::get(name);
  }
}

class SpdlogObserver final : public Observer {
 public:
  SpdlogObserver(std::shared_ptr<spdlog::logger> logger, spdlog::level::level_enum level)
      : logger_(std::move(logger)), level_(level) {}

  void on_statement(const StatementEvent& event) noexcept override {
    const auto level = event.error != nullptr ? spdlog::level::warn : event.internal ? spdlog::level::trace : level_;
    if (!logger_->should_log(level)) return;
    try {
      const double milliseconds = std::chrono::duration<double, std::milli>(event.duration).count();
      if (event.error != nullptr) {
        logger_->log(level, "[{}] failed after {:.3f} ms: {} [{}]", event.database, milliseconds,
                     one_line(event.error->what()), one_line(event.sql));
      } else {
        logger_->log(level, "[{}] {:.3f} ms, {} rows: {}", event.database, milliseconds, event.rows,
                     one_line(event.sql));
      }
    } catch (const std::exception&) {  // a statement must not fail for its log line
    }
  }

  void on_warning(std::string_view database, std::string_view text) noexcept override {
    try {
      logger_->warn("[{}] {}", database, one_line(text));
    } catch (const std::exception&) {
    }
  }

 private:
  const std::shared_ptr<spdlog::logger> logger_;
  const spdlog::level::level_enum level_;
};

}  // namespace

std::shared_ptr<Observer> make_spdlog_observer(LogLevel level, std::string_view logger) {
  std::shared_ptr<spdlog::logger> target = logger_named(std::string(logger));
  const auto chosen = spdlog_level(level);
  // A logger that drops what it is asked to write would make the setting useless.
  if (target->level() > chosen) target->set_level(chosen);
  return std::make_shared<SpdlogObserver>(std::move(target), chosen);
}

}  // namespace dorm
