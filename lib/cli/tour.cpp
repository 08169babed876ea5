// dorm tour: makes the tables of the sample schemas, runs the examples, and takes the tables away again.
#include <array>
#include <memory>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/embedded.hpp"
#include "cli/options.hpp"
#include "cli/program.hpp"
#include "cli/tour_examples.hpp"
#include "dorm/database.hpp"
#include "dorm/error.hpp"

namespace dorm::cli {
namespace {

constexpr std::string_view tour_help =
    "usage: dorm tour [--database-url URL] [--no-color]\n"
    "\n"
    "Runs the examples of \"Relationships and Joins\" and of \"Joins and Subqueries\" one after the other: the C++ "
    "that is run, the SQL that was "
    "sent,\n"
    "the number of queries, what came out.\n"
    "\n"
    "  --database-url URL  sqlite:FILE, or postgresql://USER@HOST/DATABASE; without it an SQLite database in memory.\n"
    "                      The environment is not asked, so that the tour never runs on a database by accident.\n"
    "                      Its tables are made and dropped again; if one of that name is there, nothing is done.\n"
    "  --no-color          no colors on a terminal; so does NO_COLOR in the environment\n"
    "\n"
    "exit codes: 0 done, 1 an error, 64 wrong usage\n";

class Recorder final : public Observer {
 public:
  void on_statement(const StatementEvent& event) noexcept override {
    if (!event.internal) statements_.emplace_back(event.sql);
  }
  std::vector<std::string> take() { return std::exchange(statements_, {}); }

 private:
  std::vector<std::string> statements_;
};

class Paint {
 public:
  explicit Paint(bool color) : color_(color) {}
  std::string title(std::string_view text) const { return in("1", text); }
  std::string code(std::string_view text) const { return in("36", text); }
  std::string sql(std::string_view text) const { return in("33", text); }

 private:
  std::string in(const char* style, std::string_view text) const {
    if (!color_) return std::string(text);
    return "\x1b[" + std::string(style) + "m" + std::string(text) + "\x1b[0m";
  }
  bool color_;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

Registry tour_registry() {
  std::vector<SchemaText> texts;
  for (const EmbeddedFile& file : embedded_files())
    if (file.name.ends_with(".json")) texts.push_back({std::string(file.name), std::string(file.text)});
  return Registry::parse(std::span<const SchemaText>(texts));
}

std::string_view examples_source() {
  for (const EmbeddedFile& file : embedded_files())
    if (file.name.ends_with("tour_examples.cpp")) return file.text;
  throw StateError("the program was built without the source of its examples");
}

// The lines of a function's body, without their common indentation.
std::vector<std::string> body_of(std::string_view function) {
  const std::string_view source = examples_source();
  const std::string head = "void TourExamples::" + std::string(function) + "() {\n";
  const std::size_t begin = source.find(head);
  if (begin == std::string_view::npos) throw StateError("there is no example '" + std::string(function) + "'");
  const std::size_t from = begin + head.size();
  std::vector<std::string> lines = lines_of(std::string(source.substr(from, source.find("\n}\n", from) - from)));
  for (std::string& line : lines)
    if (line.starts_with("  ")) line.erase(0, 2);
  return lines;
}

// The tables of the tour, for as long as it lives. Takes no table that is there already, and drops only what it made.
class Tables {
 public:
  explicit Tables(const Database& database) : database_(database) {
    for (const auto& model : database.registry().models()) refuse_existing(*model);
    Transaction all = database.transaction();
    for (std::string sql : database.create_sql()) {
      // A table that somebody else makes meanwhile shall be an error here, not ours to drop.
      static constexpr std::string_view lenient = "CREATE TABLE IF NOT EXISTS ";
      if (sql.starts_with(lenient)) sql = "CREATE TABLE " + sql.substr(lenient.size());
      database.execute(sql);
    }
    all.commit();
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;
  ~Tables() {
    if (dropped_) return;
    try {
      database_.drop_tables();
    } catch (const Error&) {
      // The error that brought us here is the one to report.
    }
  }
  void drop() {
    dropped_ = true;
    database_.drop_tables();
  }

 private:
  void refuse_existing(const ModelInfo& model) const {
    try {
      database_[model.qualified_name()].select().exists();
    } catch (const SchemaMismatch&) {
      return;  // there is no such table
    }
    throw StateError("the database has a table '" + model.table +
                     "' already; the tour makes its own and leaves yours alone: give it an empty database or schema");
  }

  const Database& database_;
  bool dropped_ = false;
};

void print(const Streams& streams, const std::vector<std::string>& lines, const std::string& indent) {
  for (const std::string& line : lines) streams.out << (line.empty() ? std::string() : indent + line) << '\n';
}

void show(const TourExample& example, const Database& database, Recorder& recorder, const Streams& streams,
          const Paint& paint, int number) {
  std::ostringstream result;
  TourExamples examples{database, result};
  if (example.prepare != nullptr) (examples.*example.prepare)();
  recorder.take();
  (examples.*example.run)();
  const std::vector<std::string> statements = recorder.take();

  if (!example.section.empty())
    streams.out << '\n' << paint.title("== " + std::string(example.section) + " ==") << '\n';
  streams.out << '\n' << paint.title(std::to_string(number) + ". " + std::string(example.title)) << '\n';
  streams.out << "   " << example.why << "\n\n";
  for (const std::string& line : body_of(example.name))
    streams.out << (line.empty() ? "" : "      " + paint.code(line)) << '\n';
  streams.out << '\n';
  for (const std::string& statement : statements) streams.out << "   sql> " << paint.sql(statement) << '\n';
  streams.out << "   " << statements.size() << (statements.size() == 1 ? " query\n" : " queries\n");
  print(streams, lines_of(result.str()), "   | ");
}

int tour(const Arguments& arguments, const Streams& streams) {
  static constexpr std::array rules{OptionRule{"--database-url"}, OptionRule{"--no-color", false}};
  const Options options(arguments, rules);
  if (!options.operands().empty())
    throw UsageError("tour takes no arguments; the database is given as --database-url URL");

  DatabaseConfig config;
  config.name = "tour";
  config.url = options.value("--database-url").value_or("sqlite::memory:");
  const Database database = Database::open(config, tour_registry());
  Tables tables(database);
  const auto recorder = std::make_shared<Recorder>();
  const std::shared_ptr<void> registration = database.add_observer(recorder);

  const Paint paint(streams.color && !options.has("--no-color"));
  streams.out << "A tour of dorm on " << database.backend() << ": " << database.registry().models().size()
              << " models learnt from schema files at run time.\n";
  TourExamples{database, streams.out}.populate();
  int number = 0;
  for (const TourExample& example : tour_examples()) show(example, database, *recorder, streams, paint, ++number);
  tables.drop();
  streams.out << "\nThe tables of the tour are dropped again.\n";
  return success;
}

}  // namespace

const Command tour_command{"tour", "the guided tour: examples with their C++, SQL and results", tour_help, tour};

}  // namespace dorm::cli
