// join.cpp: what does it cost to load a tree of 10,000 × 3 × 2 rows as one join, each row of it once?
//
// 60,000 result rows of 14 columns become 100,000 rows. By hand: the row before, then a hash table, tell whether a
// parent is known, and only a new one is decoded. Freeing is part of it.
#include <deque>
#include <unordered_map>

#include "questions.hpp"
#include "support/record.hpp"

namespace dorm::bench {
namespace {

// Addresses in a deque stay where they are.
struct Tree {
  std::vector<C> leaves;
  std::deque<B> branches;
  std::deque<A> roots;
  std::unordered_map<std::int64_t, const B*> branches_by_id;
  std::unordered_map<std::int64_t, const A*> roots_by_id;
};

// `reader` knows integer(column), real(column), text(column, string) and moment(column) of the current row.
template <class Reader>
const A* root_of(Tree& tree, const Reader& reader) {
  const std::int64_t id = reader.bigint(10);
  if (!tree.roots.empty() && tree.roots.back().id == id) return &tree.roots.back();
  const auto [place, is_new] = tree.roots_by_id.try_emplace(id, nullptr);
  if (!is_new) return place->second;
  A& root = tree.roots.emplace_back();
  root.id = id;
  reader.text(11, root.name);
  root.value = reader.bigint(12);
  root.created = reader.moment(13);
  return place->second = &root;
}

template <class Reader>
const B* branch_of(Tree& tree, const Reader& reader) {
  const std::int64_t id = reader.bigint(5);
  if (!tree.branches.empty() && tree.branches.back().id == id) return &tree.branches.back();
  const auto [place, is_new] = tree.branches_by_id.try_emplace(id, nullptr);
  if (!is_new) return place->second;
  B& branch = tree.branches.emplace_back();
  branch.id = id;
  branch.a_id = reader.bigint(6);
  reader.text(7, branch.name);
  branch.rank = reader.integer(8);
  branch.score = reader.real(9);
  branch.a = root_of(tree, reader);
  return place->second = &branch;
}

template <class Reader>
void add_row(Tree& tree, const Reader& reader) {
  C& leaf = tree.leaves.emplace_back();
  leaf.id = reader.bigint(0);
  leaf.b_id = reader.bigint(1);
  reader.text(2, leaf.name);
  reader.text(3, leaf.remark);
  leaf.amount = reader.integer(4);
  leaf.b = branch_of(tree, reader);
}

struct SqliteRow {
  sqlite3_stmt* row;
  std::int64_t bigint(int column) const { return sqlite3_column_int64(row, column); }
  std::int64_t integer(int column) const { return sqlite3_column_int(row, column); }
  double real(int column) const { return sqlite3_column_double(row, column); }
  void text(int column, std::string& text) const { read_text(row, column, text); }
  std::int64_t moment(int column) const {
    return parse_moment(reinterpret_cast<const char*>(sqlite3_column_text(row, column)));
  }
};

struct PostgresRow {
  const PGresult* result;
  int row;
  std::int64_t bigint(int column) const { return read_bigint(result, row, column); }
  std::int64_t integer(int column) const { return read_integer(result, row, column); }
  double real(int column) const { return read_double(result, row, column); }
  void text(int column, std::string& text) const { read_text(result, row, column, text); }
  std::int64_t moment(int column) const { return read_moment(result, row, column); }
};

std::uint64_t digest(const Tree& tree) {
  Digest digest;
  for (const C& c : tree.leaves) {
    digest.add(c.id);
    digest.add(std::string_view(c.name));
    digest.add(std::string_view(c.remark));
    digest.add(c.amount);
    digest.add(c.b->id);
    digest.add(std::string_view(c.b->name));
    digest.add(c.b->rank);
    digest.add(c.b->score);
    digest.add(c.b->a->id);
    digest.add(std::string_view(c.b->a->name));
    digest.add(c.b->a->value);
    digest.add(c.b->a->created);
  }
  return digest.value();
}

std::uint64_t digest(const Rows& rows) {
  Digest digest;
  for (const Row& c : rows) {
    digest.add(c["id"].integer());
    digest.add(c["name"].text());
    digest.add(c["remark"].text());
    digest.add(c["amount"].integer());
    const Row b = c["b"].row();
    digest.add(b["id"].integer());
    digest.add(b["name"].text());
    digest.add(b["rank"].integer());
    digest.add(b["score"].real());
    const Row a = b["a"].row();
    digest.add(a["id"].integer());
    digest.add(a["name"].text());
    digest.add(a["value"].integer());
    digest.add(a["created"].datetime().microseconds);
  }
  return digest.value();
}

}  // namespace

void join(const Settings& settings, Place& place, Report& report) {
  const std::size_t roots = settings.scaled(10'000);
  place.fill_tree(roots);
  const Model a = place.database()["A"];
  const Model b = place.database()["B"];
  const Model c = place.database()["C"];
  const Query query = c.select(c, b, a).join(b).join(a);
  const std::string sql = query.sql().sql;

  Tree tree;
  Contestant by_hand;
  SqliteClient::Statement statement;
  if (place.is_sqlite()) {
    statement = place.sqlite_client().prepare(sql);
    by_hand.work = [&] {
      int code = sqlite3_step(statement.get());
      for (; code == SQLITE_ROW; code = sqlite3_step(statement.get())) add_row(tree, SqliteRow{statement.get()});
      place.sqlite_client().expect(code, SQLITE_DONE);
      sqlite3_reset(statement.get());
    };
  } else {
    place.postgres_client().prepare("join", sql);
    by_hand.work = [&] {
      const PostgresClient::Result result = place.postgres_client().run("join");
      const int rows = PQntuples(result.get());
      tree.leaves.reserve(static_cast<std::size_t>(rows));
      for (int row = 0; row < rows; ++row) add_row(tree, PostgresRow{result.get(), row});
    };
  }
  by_hand.digest = [&] { return digest(tree); };
  by_hand.drop = [&] { tree = {}; };

  Rows rows;
  Contestant dorm;
  dorm.work = [&] { rows = query.all(); };
  dorm.digest = [&] { return digest(rows); };
  dorm.drop = [&] { rows = {}; };

  compete(settings, report, {"join of a tree", place.name(), "row", roots * 6, 0, 0, 0, 1.0}, by_hand, dorm);
}

}  // namespace dorm::bench
