#include <array>
#include <cstdint>
#include <iterator>

#include "core/json_reader.hpp"
#include "core/suggest.hpp"
#include "core/text.hpp"
#include "driver/config.hpp"
#include "driver/url.hpp"

namespace dorm::driver {
namespace {

using json::Node;
using json::NodeKind;
using std::chrono::milliseconds;

constexpr std::int64_t longest_ms = 365LL * 86'400'000;

template <class T>
struct Word {
  std::string_view text;
  T value;
};

constexpr std::array<Word<LazyPolicy>, 4> lazy_words{{{"batch", LazyPolicy::batch},
                                                      {"each", LazyPolicy::each},
                                                      {"raise", LazyPolicy::raise},
                                                      {"raise_n_plus_one", LazyPolicy::raise_n_plus_one}}};
constexpr std::array<Word<LogLevel>, 6> log_words{{{"off", LogLevel::off},
                                                   {"trace", LogLevel::trace},
                                                   {"debug", LogLevel::debug},
                                                   {"info", LogLevel::info},
                                                   {"warning", LogLevel::warning},
                                                   {"error", LogLevel::error}}};

template <class T, std::size_t size>
std::vector<std::string_view> texts(const std::array<Word<T>, size>& words) {
  std::vector<std::string_view> result;
  for (const Word<T>& word : words) result.push_back(word.text);
  return result;
}

class Reader {
 public:
  template <class Target>
  struct Key {
    std::string_view name;
    void (Reader::*read)(const Node&, Target&);
  };

  Reader(const Environment& environment, std::vector<Diagnostic>& mistakes)
      : environment_(environment), mistakes_(mistakes) {}

  Config config(const Node& root) {
    Config config;
    object(root, config, "the configuration", root_keys);
    check_default(root, config);
    return config;
  }

  static const std::array<Key<Config>, 4> root_keys;
  static const std::array<Key<DatabaseConfig>, 12> database_keys;
  static const std::array<Key<PoolOptions>, 6> pool_keys;

 private:
  // Without excerpts: the line may hold a password.
  Diagnostic& mistake(Position where, std::string code, std::string message, std::string help = {}) {
    Diagnostic& diagnostic = mistakes_.emplace_back();
    diagnostic.code = std::move(code);
    diagnostic.message = std::move(message);
    diagnostic.where = std::move(where);
    diagnostic.help = std::move(help);
    return diagnostic;
  }

  bool expect(const Node& node, NodeKind kind) {
    if (node.is(kind)) return true;
    mistake(node.where(), "config.type",
            subject(node) + " must be " + std::string(json::kind_name(kind)) + ", not " +
                std::string(json::kind_name(node.kind())));
    return false;
  }

  static std::string subject(const Node& node) {
    if (node.parent() == nullptr) return "the configuration";
    return node.parent()->is(NodeKind::array) ? "an element of " + quote(node.parent()->name()) : quote(node.name());
  }

  template <class Target, std::size_t size>
  void object(const Node& node, Target& target, std::string_view what, const std::array<Key<Target>, size>& keys) {
    if (!expect(node, NodeKind::object)) return;
    for (const Node* item : node.items()) member(*item, target, what, keys);
  }

  template <class Target, std::size_t size>
  void member(const Node& item, Target& target, std::string_view what, const std::array<Key<Target>, size>& keys) {
    std::vector<std::string_view> legal;
    for (const Key<Target>& key : keys) {
      if (key.name == item.name()) return (this->*key.read)(item, target);
      if (key.name.front() != '$') legal.push_back(key.name);
    }
    mistake(item.name_where(), "config.key_unknown",
            "unknown key " + quote(item.name()) + " in " + std::string(what) + did_you_mean(item.name(), legal));
  }

  // ---- values ----

  bool text(const Node& node, std::string& target) {
    if (!expect(node, NodeKind::string)) return false;
    try {
      target = expand(node.text(), environment_);
      return true;
    } catch (const ConfigError& error) {
      mistake(node.where(), "config.environment", error.what());
      return false;
    }
  }

  void flag(const Node& node, bool& target) {
    if (expect(node, NodeKind::boolean)) target = node.boolean();
  }

  bool count(const Node& node, std::int64_t least, std::int64_t most, std::int64_t& target) {
    if (!expect(node, NodeKind::integer)) return false;
    target = node.integer();
    if (target >= least && target <= most) return true;
    mistake(node.where(), "config.range",
            quote(node.name()) + " must be between " + std::to_string(least) + " and " + std::to_string(most));
    return false;
  }

  void size(const Node& node, std::int64_t least, std::int64_t most, std::size_t& target) {
    if (std::int64_t value = 0; count(node, least, most, value)) target = static_cast<std::size_t>(value);
  }

  void time(const Node& node, std::int64_t least, milliseconds& target) {
    if (std::int64_t value = 0; count(node, least, longest_ms, value)) target = milliseconds(value);
  }

  template <class T, std::size_t size>
  void word(const Node& node, const std::array<Word<T>, size>& words, T& target) {
    std::string given;
    if (!text(node, given)) return;
    for (const Word<T>& candidate : words) {
      if (candidate.text == given) {
        target = candidate.value;
        return;
      }
    }
    mistake(node.where(), "config.word",
            quote(node.name()) + " can't be " + quote(node.text()) + did_you_mean(given, texts(words)),
            "it is one of " + quote_list(texts(words)));
  }

  // ---- the configuration ----

  void ignore(const Node&, Config&) {}

  void schemas(const Node& node, Config& config) {
    const auto add = [&](const Node& item) {
      if (std::string path; text(item, path)) config.schemas.emplace_back(path);
    };
    if (!node.is(NodeKind::array)) return add(node);
    for (const Node* item : node.items()) add(*item);
  }

  void default_database(const Node& node, Config& config) { text(node, config.default_database); }

  void databases(const Node& node, Config& config) {
    if (!expect(node, NodeKind::object)) return;
    for (const Node* item : node.items()) database(*item, config);
  }

  void database(const Node& node, Config& config) {
    DatabaseConfig& target = config.databases.emplace_back();
    target.name = node.name();
    const std::string what = "database " + quote(node.name());
    object(node, target, what, database_keys);
    if (!node.is(NodeKind::object)) return;
    const Node* url_node = node.find("url");
    if (url_node == nullptr) {
      mistake(node.name_where(), "config.key_required", what + " needs the key 'url'");
      return;
    }
    if (target.url.empty()) return;
    const bool is_sqlite = target.url.starts_with("sqlite:");
    if (const Node* pragmas_node = node.find("pragmas"); pragmas_node != nullptr && !is_sqlite)
      mistake(pragmas_node->name_where(), "config.not_applicable", "'pragmas' are for SQLite");
    if (const Node* password_node = node.find("password"); password_node != nullptr && is_sqlite)
      mistake(password_node->name_where(), "config.not_applicable", "a SQLite database has no password");
  }

  void check_default(const Node& root, Config& config) {
    if (!root.is(NodeKind::object)) return;
    const Node* node = root.find("default");
    if (node == nullptr) {
      if (config.databases.size() == 1) config.default_database = config.databases.front().name;
      if (config.databases.size() > 1)
        mistake(root.find("databases")->name_where(), "config.key_required",
                "with several databases the key 'default' must name one of them");
      return;
    }
    if (!node->is(NodeKind::string) || config.find_database(config.default_database) != nullptr) return;
    std::vector<std::string> names;
    for (const DatabaseConfig& database : config.databases) names.push_back(database.name);
    mistake(node->where(), "config.default_unknown",
            "'default' names no database of this file" + did_you_mean(config.default_database, names));
  }

  // ---- one database ----

  void url(const Node& node, DatabaseConfig& database) {
    if (!text(node, database.url)) return;
    try {
      scheme_of(database.url);
    } catch (const ConfigError& error) {
      mistake(node.where(), "config.url", error.what());
    }
  }
  void password(const Node& node, DatabaseConfig& database) { text(node, database.password); }

  void pragmas(const Node& node, DatabaseConfig& database) {
    if (!expect(node, NodeKind::object)) return;
    for (const Node* item : node.items()) pragma(*item, database);
  }

  void pragma(const Node& node, DatabaseConfig& database) {
    if (!is_identifier(node.name())) {
      mistake(node.name_where(), "config.word", "no pragma is called " + quote(node.name()));
      return;
    }
    std::string value;
    switch (node.kind()) {
      case NodeKind::string:
        if (!text(node, value)) return;
        break;
      case NodeKind::integer:
        value = std::to_string(node.integer());
        break;
      case NodeKind::boolean:
        value = node.boolean() ? "on" : "off";
        break;
      default:
        mistake(node.where(), "config.type",
                quote(node.name()) + " must be text, an integer or a boolean, not " +
                    std::string(json::kind_name(node.kind())));
        return;
    }
    database.pragmas.emplace_back(node.name(), std::move(value));
  }

  void pool(const Node& node, DatabaseConfig& database) { object(node, database.pool, "a pool", pool_keys); }
  void statement_timeout(const Node& node, DatabaseConfig& database) { time(node, 0, database.statement_timeout); }
  void statement_cache(const Node& node, DatabaseConfig& database) { size(node, 0, 100'000, database.statement_cache); }
  void prepared_statements(const Node& node, DatabaseConfig& database) { flag(node, database.prepared_statements); }
  void lazy(const Node& node, DatabaseConfig& database) { word(node, lazy_words, database.lazy); }
  void load_required(const Node& node, DatabaseConfig& database) { flag(node, database.load_required); }
  void max_load_nodes(const Node& node, DatabaseConfig& database) { size(node, 1, 1'000, database.max_load_nodes); }
  void strict_tables(const Node& node, DatabaseConfig& database) { flag(node, database.strict_tables); }
  void log(const Node& node, DatabaseConfig& database) { word(node, log_words, database.log); }

  // ---- its pool ----

  void pool_size(const Node& node, PoolOptions& pool) { size(node, 1, 10'000, pool.size); }
  void checkout_timeout(const Node& node, PoolOptions& pool) { time(node, 1, pool.checkout_timeout); }
  void idle_timeout(const Node& node, PoolOptions& pool) { time(node, 0, pool.idle_timeout); }
  void max_lifetime(const Node& node, PoolOptions& pool) { time(node, 0, pool.max_lifetime); }
  void ping_after(const Node& node, PoolOptions& pool) { time(node, 0, pool.ping_after); }
  void leak_warning(const Node& node, PoolOptions& pool) { time(node, 0, pool.leak_warning); }

  const Environment& environment_;
  std::vector<Diagnostic>& mistakes_;
};

const std::array<Reader::Key<Config>, 4> Reader::root_keys{{{"$schema", &Reader::ignore},
                                                            {"schemas", &Reader::schemas},
                                                            {"default", &Reader::default_database},
                                                            {"databases", &Reader::databases}}};
const std::array<Reader::Key<DatabaseConfig>, 12> Reader::database_keys{
    {{"url", &Reader::url},
     {"password", &Reader::password},
     {"pragmas", &Reader::pragmas},
     {"pool", &Reader::pool},
     {"statement_timeout_ms", &Reader::statement_timeout},
     {"statement_cache", &Reader::statement_cache},
     {"prepared_statements", &Reader::prepared_statements},
     {"lazy", &Reader::lazy},
     {"load_required", &Reader::load_required},
     {"max_load_nodes", &Reader::max_load_nodes},
     {"strict_tables", &Reader::strict_tables},
     {"log", &Reader::log}}};
const std::array<Reader::Key<PoolOptions>, 6> Reader::pool_keys{{{"size", &Reader::pool_size},
                                                                 {"checkout_timeout_ms", &Reader::checkout_timeout},
                                                                 {"idle_timeout_ms", &Reader::idle_timeout},
                                                                 {"max_lifetime_ms", &Reader::max_lifetime},
                                                                 {"ping_after_ms", &Reader::ping_after},
                                                                 {"leak_warning_ms", &Reader::leak_warning}}};

// A broken string may have spilt a password into the message: quotations longer than a character are left out.
std::string without_quotations(std::string_view message) {
  std::string result;
  for (;;) {
    const std::size_t begin = message.find('\'');
    const std::size_t end = begin == std::string_view::npos ? begin : message.find('\'', begin + 1);
    if (end == std::string_view::npos) return result.append(message);
    result.append(message.substr(0, begin));
    result.append(end - begin <= 2 ? message.substr(begin, end - begin + 1) : "text");
    message.remove_prefix(end + 1);
  }
}

template <class Keys>
std::vector<std::string_view> names(const Keys& keys) {
  std::vector<std::string_view> result;
  for (const auto& key : keys) result.push_back(key.name);
  return result;
}

}  // namespace

Config read_config(std::string_view text, std::string_view name, const Environment& environment,
                   std::vector<Diagnostic>& mistakes) {
  json::ReadOptions options;
  options.comments = name.ends_with(".jsonc");
  options.max_bytes = 1024U * 1024U;
  options.max_depth = 16;
  std::vector<Diagnostic> found;
  const auto document = json::Document::read(std::string(name), std::string(text), options, found);
  for (Diagnostic& diagnostic : found) {
    diagnostic.excerpt.clear();
    if (diagnostic.code == "json.syntax") diagnostic.message = without_quotations(diagnostic.message);
  }
  Config config;
  if (document->root() != nullptr) config = Reader(environment, found).config(*document->root());
  mistakes.insert(mistakes.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
  return config;
}

ConfigForm config_form() {
  return {names(Reader::root_keys),
          names(Reader::database_keys),
          names(Reader::pool_keys),
          {{"lazy", texts(lazy_words)}, {"log", texts(log_words)}}};
}

}  // namespace dorm::driver
