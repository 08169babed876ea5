// Every case, lowered by both dialects and held against the files beside this one.
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "dorm/error.hpp"
#include "golden/lower/world.hpp"
#include "postgres/dialect.hpp"
#include "sql/dump.hpp"
#include "sql/each_child.hpp"
#include "sql/operators.hpp"
#include "sqlite/dialect.hpp"
#include "support/golden.hpp"

#ifdef DORM_TEST_SQLITE3
#include <sqlite3.h>
#endif

namespace dorm::test {

std::vector<Topic> lower_topics() {
  return {{"expressions", expression_cases()}, {"matches", match_cases()},  {"selects", select_cases()},
          {"windows", window_cases()},         {"inside", inside_cases()},  {"set_operations", set_operation_cases()},
          {"writes", write_cases()},           {"refused", refused_cases()}};
}

namespace {

struct Outcome {
  std::string text;
  bool refused = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::string slots_of(const sql::Text& text) {
  if (text.parameters.empty()) return {};
  std::string line = "\n-- slots";
  for (const sql::Param& param : text.parameters) line += " " + std::to_string(param.slot);
  return line;
}

Outcome lower(const sql::Dialect& dialect, const LowerCase& each) {
  World world;
  const sql::Statement statement = each.build(world);
  try {
    const sql::Text text = dialect.lower(statement);
    return {text.sql + slots_of(text), false};
  } catch (const QueryError& error) {
    return {std::string("QueryError: ") + error.what(), true};
  } catch (const LimitError& error) {
    return {std::string("LimitError: ") + error.what(), true};
  }
}

class Lower : public testing::TestWithParam<std::size_t> {};

TEST_P(Lower, WritesWhatTheFileSays) {
  const Topic topic = lower_topics()[GetParam()];
  Golden golden("lower/" + std::string(topic.name) + ".txt");
  for (const LowerCase& each : topic.cases) {
    const Outcome sqlite = lower(sqlite::dialect(), each);
    const Outcome postgres = lower(postgres::dialect(), each);
    if (sqlite.refused && sqlite == postgres) {
      golden.expect(each.name + ": error", sqlite.text);
      continue;
    }
    golden.expect(each.name + ": sqlite" + (sqlite.refused ? " error" : ""), sqlite.text);
    golden.expect(each.name + ": postgres" + (postgres.refused ? " error" : ""), postgres.text);
  }
}
INSTANTIATE_TEST_SUITE_P(Topics, Lower, testing::Range<std::size_t>(0, lower_topics().size()),
                         [](const auto& topic) { return std::string(lower_topics()[topic.param].name); });

TEST(LowerCases, HaveNamesOfTheirOwn) {
  for (const Topic& topic : lower_topics()) {
    std::set<std::string> names;
    for (const LowerCase& each : topic.cases) EXPECT_TRUE(names.insert(each.name).second) << each.name;
  }
}

// ---- every node and every operator has a case ----

class Seen {
 public:
  void add(const sql::Statement& statement) {
    statements.insert(statement.index());
    std::visit([&](const auto& node) { note(node); }, statement);
    sql::visit_statement(statement, [&](const sql::Role&, const auto& child) { walk(child); });
  }
  std::set<std::size_t> expressions, sources, statements;
  std::set<std::string_view> words, json_words, frame_words;

 private:
  template <class Node>
  void walk(const Node& node) {
    note(node);
    sql::visit_children(node, [&](const sql::Role&, const auto& child) { walk(child); });
  }
  void note(const sql::Expr& expr) {
    expressions.insert(expr.node.index());
    if (const auto* unary = std::get_if<sql::Unary>(&expr.node)) words.insert(sql::word(unary->op));
    if (const auto* binary = std::get_if<sql::Binary>(&expr.node)) words.insert(sql::word(binary->op));
    if (const auto* logical = std::get_if<sql::Logical>(&expr.node)) words.insert(sql::word(logical->op));
    if (const auto* match = std::get_if<sql::Match>(&expr.node)) words.insert(sql::word(match->op));
    if (const auto* part = std::get_if<sql::DatePart>(&expr.node)) words.insert(sql::word(part->part));
    if (const auto* path = std::get_if<sql::JsonPath>(&expr.node)) json_words.insert(sql::word(path->as));
    if (const auto* over = std::get_if<sql::Over>(&expr.node)) frame_words.insert(sql::word(over->window->frame.unit));
  }
  void note(const sql::Source& source) { sources.insert(source.node.index()); }
  void note(const sql::Select& select) {
    words.insert(sql::word(select.set_op));
    words.insert(sql::word(select.lock.strength));
    for (const sql::Join& join : select.joins) words.insert(sql::word(join.kind));
    for (const sql::Order& order : select.order_by) words.insert(sql::word(order.nulls));
  }
  void note(const sql::Insert& insert) { words.insert(sql::word(insert.conflict.action)); }
  void note(const sql::Update&) {}
  void note(const sql::Delete&) {}
};

template <class Enum>
void expect_all_seen(const std::set<std::string_view>& words) {
  for (int i = 0; !sql::word(static_cast<Enum>(i)).empty(); ++i)
    EXPECT_TRUE(words.contains(sql::word(static_cast<Enum>(i)))) << sql::word(static_cast<Enum>(i));
}

TEST(LowerCases, CoverEveryNodeAndOperator) {
  Seen seen;
  for (const Topic& topic : lower_topics())
    for (const LowerCase& each : topic.cases) {
      World world;
      seen.add(each.build(world));
    }
  EXPECT_EQ(seen.expressions.size(), std::variant_size_v<decltype(sql::Expr::node)>);
  EXPECT_EQ(seen.sources.size(), std::variant_size_v<decltype(sql::Source::node)>);
  EXPECT_EQ(seen.statements.size(), std::variant_size_v<sql::Statement>);
  expect_all_seen<sql::UnaryOp>(seen.words);
  expect_all_seen<sql::BinaryOp>(seen.words);
  expect_all_seen<sql::LogicalOp>(seen.words);
  expect_all_seen<sql::MatchOp>(seen.words);
  expect_all_seen<sql::DatePartKind>(seen.words);
  expect_all_seen<sql::JsonRead>(seen.json_words);
  expect_all_seen<sql::Frame::Unit>(seen.frame_words);
  expect_all_seen<sql::JoinKind>(seen.words);
  expect_all_seen<sql::SetOp>(seen.words);
  expect_all_seen<sql::NullsOrder>(seen.words);
  expect_all_seen<sql::Lock::Strength>(seen.words);
  expect_all_seen<sql::Conflict::Action>(seen.words);
}

#ifdef DORM_TEST_SQLITE3

class Sqlite {
 public:
  Sqlite() {
    sqlite3_open(":memory:", &db_);
    const auto null = [](sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_null(context); };
    for (const char* name : {"dorm_like", "regexp", "dorm_json_at", "dorm_bit_xor", "dorm_divide", "dorm_modulo",
                             "dorm_fit_length", "dorm_json_contains", "dorm_iregexp", "dorm_json_of"})
      sqlite3_create_function(db_, name, 2, SQLITE_UTF8, nullptr, null, nullptr, nullptr);
    for (const char* name : {"dorm_whole", "dorm_real", "dorm_single", "dorm_finite", "dorm_date", "dorm_json_whole"})
      sqlite3_create_function(db_, name, 1, SQLITE_UTF8, nullptr, null, nullptr, nullptr);
    const auto nothing = [](sqlite3_context*) {};
    sqlite3_create_function(db_, "dorm_json_agg", 1, SQLITE_UTF8, nullptr, nullptr, null, nothing);
    sqlite3_create_function(db_, "dorm_fit", 3, SQLITE_UTF8, nullptr, null, nullptr, nullptr);
    sqlite3_exec(
        db_,
        "CREATE TABLE user (id INTEGER PRIMARY KEY, username TEXT UNIQUE);"
        "CREATE TABLE tweet (id INTEGER PRIMARY KEY, content TEXT, timestamp TEXT, user_id INTEGER, flag INTEGER, "
        "  \"te\"\"st\" TEXT);"
        "CREATE TABLE favorite (id INTEGER PRIMARY KEY, user_id INTEGER, tweet_id INTEGER);"
        "CREATE TABLE category (id INTEGER PRIMARY KEY, name TEXT, parent_id INTEGER);",
        nullptr, nullptr, nullptr);
  }
  Sqlite(const Sqlite&) = delete;
  Sqlite& operator=(const Sqlite&) = delete;
  ~Sqlite() { sqlite3_close(db_); }

  // What SQLite says against the text, empty if nothing; the number of its parameters.
  std::string prepare(const std::string& text, std::size_t& parameters) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v2(db_, text.c_str(), -1, &statement, nullptr);
    if (result != SQLITE_OK) return sqlite3_errmsg(db_);
    parameters = static_cast<std::size_t>(sqlite3_bind_parameter_count(statement));
    sqlite3_finalize(statement);
    return {};
  }

 private:
  sqlite3* db_ = nullptr;
};

TEST(LowerCases, AreUnderstoodBySqlite) {
  Sqlite sqlite;
  const auto dialect = sqlite::make_dialect(sqlite::capabilities(sqlite3_libversion_number()));
  for (const Topic& topic : lower_topics())
    for (const LowerCase& each : topic.cases) {
      if (lower(*dialect, each).refused) continue;
      World world;
      const sql::Text text = dialect->lower(each.build(world));
      std::size_t parameters = 0;
      EXPECT_EQ(sqlite.prepare(text.sql, parameters), "") << each.name << ": " << text.sql;
      EXPECT_EQ(parameters, text.parameters.size()) << each.name;
    }
}

TEST(LowerCases, FiveThousandConditionsAreShallowEnoughForSqlite) {
  Sqlite sqlite;
  World world;
  const sql::Statement statement = world.where([&](const sql::Source* tweet) {
    std::vector<const sql::Expr*> operands;
    for (int i = 0; i < 5000; ++i) operands.push_back(world.equal(world.id(tweet), world.number()));
    return world.expr(sql::Logical{sql::LogicalOp::any, world.list(operands)});
  });
  std::size_t parameters = 0;
  EXPECT_EQ(sqlite.prepare(sqlite::dialect().lower(statement).sql, parameters), "");
  EXPECT_EQ(parameters, 5000U);
}

// A tree of any kind, nested until `levels` are used up.
class RandomTree {
 public:
  RandomTree(World& world, unsigned seed) : w_(world), random_(seed) {}

  sql::Select select(int levels) {
    const sql::Source* tweet = w_.table("tweet");
    sql::Select select{};
    const int where = pick(5);
    select.outputs = w_.list({sql::Output{where == 0 ? expr(tweet, levels - 1) : w_.id(tweet), "id"}});
    select.from = where == 1 && levels > 1 ? w_.source(sql::Derived{w_.keep(this->select(levels - 1))}, "d") : tweet;
    if (select.from != tweet) {
      select.outputs = w_.list({sql::Output{w_.id(select.from), "id"}});
      tweet = select.from;
    }
    if (where == 2) {
      const sql::Source* user = w_.table("user");
      select.joins = w_.list({sql::Join{sql::JoinKind::left, user, expr(user, levels - 1), false}});
    }
    if (where == 3) select.order_by = w_.list({sql::Order{expr(tweet, levels - 1), true, sql::NullsOrder::last, true}});
    if (where == 4) select.where = expr(tweet, levels - 1);
    return select;
  }

 private:
  const sql::Expr* expr(const sql::Source* t, int levels) {
    if (levels <= 0) return w_.id(t);
    const auto inner = [&] { return expr(t, levels - 1); };
    const sql::Expr* leaf = w_.number();
    switch (pick(13)) {
      case 0:
        return w_.binary(sql::BinaryOp::add, leaf, inner());
      case 1:
        return w_.binary(sql::BinaryOp::is_distinct, inner(), leaf);
      case 2:
        return w_.all({leaf, leaf, leaf, leaf, inner()});
      case 3:
        return w_.expr(sql::Between{leaf, leaf, inner(), false});
      case 4:
        return w_.expr(sql::InList{leaf, w_.list({leaf, inner()}), false});
      case 5:
        return w_.expr(sql::Match{static_cast<sql::MatchOp>(pick(11)), leaf, inner(), true});
      case 6:
        return w_.expr(sql::Match{static_cast<sql::MatchOp>(pick(11)), inner(), leaf, false});
      case 7:
        return w_.call("coalesce", {leaf, leaf, inner()});
      case 8:
        return w_.expr(sql::Case{leaf, w_.list({leaf, leaf}), w_.list({leaf, inner()}), leaf});
      case 9:
        return w_.expr(sql::Exists{w_.keep(select(levels - 1)), true});
      case 10:
        return w_.expr(sql::InSelect{leaf, w_.keep(select(levels - 1)), false});
      case 11:
        return w_.expr(sql::Cast{inner(), Type{.kind = TypeKind::string, .max_length = 5}});
      default:
        return w_.negate(inner());
    }
  }
  int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

  World& w_;
  std::minstd_rand random_;
};

TEST(LowerCases, WhatIsNotRefusedIsShallowEnoughForSqlite) {
  Sqlite sqlite;
  const auto dialect = sqlite::make_dialect(sqlite::capabilities(sqlite3_libversion_number()));
  int accepted = 0;
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    World world;
    const sql::Statement statement = RandomTree(world, seed).select(static_cast<int>(seed % 30));
    std::string text;
    try {
      text = dialect->lower(statement).sql;
    } catch (const LimitError&) {
      continue;
    }
    ++accepted;
    std::size_t parameters = 0;
    ASSERT_EQ(sqlite.prepare(text, parameters), "") << "seed " << seed << ": " << text;
  }
  EXPECT_GT(accepted, 1000);
}

#endif

}  // namespace
}  // namespace dorm::test
