#include "support/place.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "support/cluster.hpp"

namespace dorm::bench {
namespace {

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

std::string temporary_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "dorm-bench-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  return pattern;
}

constexpr const char* numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) ";

// A moment for each i, as a column of the backend's own type.
std::string moment(bool is_sqlite) {
  const std::string text =
      "'2026-' || (10 + i % 3) || '-' || (10 + i % 18) || ' ' || (10 + i % 14) || ':' || (10 + i % 50) || ':' || (10 + "
      "i % 49) || '.' || "
      "(100000 + i % 900000)";
  return is_sqlite ? text : "CAST(" + text + " || '+00' AS timestamptz)";
}

}  // namespace

Place::Place(std::string name, std::string directory, const std::string& url)
    : name_(std::move(name)), directory_(std::move(directory)) {
  database_ = std::make_unique<dorm::Database>(
      dorm::Database::open(url, dorm::Registry::load(std::filesystem::path(DORM_SOURCE_DIR "/benchmarks/schemas"))));
  database_->drop_tables();
  database_->create_tables();
}

Place::~Place() {
  by_hand_sqlite_.reset();
  by_hand_postgres_.reset();
  database_.reset();
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

std::unique_ptr<Place> Place::sqlite() {
  const std::string directory = temporary_directory();
  std::unique_ptr<Place> place(new Place("sqlite", directory, "sqlite://" + directory + "/bench.db"));
  place->by_hand_sqlite_ = std::make_unique<SqliteClient>(place->file());
  return place;
}

std::unique_ptr<Place> Place::postgres() {
  const char* given = std::getenv("DORM_BENCH_PG_URL");
  const std::string url = given != nullptr && *given != '\0' ? std::string(given) : test::cluster_url();
  std::unique_ptr<Place> place(new Place("postgres", "", url));
  place->by_hand_postgres_ = std::make_unique<PostgresClient>(url);
  return place;
}

void Place::fill_records(std::size_t rows) {
  std::string sql = std::string(numbers) +
                    "INSERT INTO record (id, name, email, city, note, active, age, score, balance, created) SELECT i, "
                    "'customer number ' || i, "
                    "'customer' || i || '@example.org', 'a city called ' || (i % 1000), "
                    "CASE WHEN i % 4 = 0 THEN NULL ELSE 'a remark of some length on row ' || i END, i % 3 = 0, 18 + i "
                    "% 60, i * 0.25, {cents}, "
                    "{moment} FROM n";
  sql = replaced(std::move(sql), "{rows}", std::to_string(rows));
  sql = replaced(std::move(sql), "{cents}", is_sqlite() ? "i * 7" : "CAST(i * 7 AS numeric) / 100");
  sql = replaced(std::move(sql), "{moment}", moment(is_sqlite()));
  database().execute("DELETE FROM record");
  database().execute(sql);
  analyze();
}

void Place::fill_tree(std::size_t roots) {
  const auto insert = [&](const std::string& text, std::size_t rows) {
    database().execute(
        replaced(replaced(numbers + text, "{rows}", std::to_string(rows)), "{moment}", moment(is_sqlite())));
  };
  for (const char* table : {"c", "b", "a"}) database().execute(std::string("DELETE FROM ") + table);
  insert("INSERT INTO a (id, name, value, created) SELECT i, 'root of the tree ' || i, i * 3, {moment} FROM n", roots);
  insert(
      "INSERT INTO b (id, a_id, name, rank, score) SELECT i, (i + 2) / 3, 'branch of the tree ' || i, i % 3, i * 0.5 "
      "FROM n",
      roots * 3);
  insert(
      "INSERT INTO c (id, b_id, name, remark, amount) SELECT i, (i + 1) / 2, 'leaf ' || i, 'a remark on leaf ' || i, i "
      "% 100 FROM n",
      roots * 6);
  analyze();
}

void Place::fill_shared_tree(std::size_t roots) {
  const auto insert = [&](const std::string& text, std::size_t rows) {
    database().execute(replaced(numbers + text, "{rows}", std::to_string(rows)));
  };
  const auto links = [&](const char* from, const char* relation) {
    const Model through = database()[from][relation].through();
    const ModelInfo& info = through.info();
    database().execute("DELETE FROM " + info.table);
    std::vector<std::string> columns;
    for (const RelationInfo& key : info.relations)
      if (key.holds_key()) columns.push_back(info.fields[key.fields.front()].column);
    return info.table + " (" + columns[0] + ", " + columns[1] + ")";
  };
  const std::string p_q = links("P", "qs");
  const std::string q_r = links("Q", "rs");
  for (const char* table : {"p", "q", "r"}) database().execute(std::string("DELETE FROM ") + table);
  insert("INSERT INTO p (id, name) SELECT i, 'root of the tree ' || i FROM n", roots);
  insert("INSERT INTO q (id, name) SELECT i, 'branch of the tree ' || i FROM n", 3);
  insert("INSERT INTO r (id, name) SELECT i, 'leaf ' || i FROM n", 2);
  insert("INSERT INTO " + p_q + " SELECT (i + 2) / 3, 1 + i % 3 FROM n", roots * 3);
  insert("INSERT INTO " + q_r + " SELECT (i + 1) / 2, 1 + i % 2 FROM n", 6);
  analyze();
}

void Place::analyze() {
  database().execute("ANALYZE");
  // SQLite reads the statistics with the schema: a connection that knows that already would plan without them.
  if (is_sqlite()) by_hand_sqlite_ = std::make_unique<SqliteClient>(file());
}

}  // namespace dorm::bench
