// What may be shared between threads: databases, queries, and rows that are only read.
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "api/world.hpp"
#include "support/temporary_directory.hpp"

namespace dorm::test {
namespace {

class Threads : public Api {};
DORM_API_TESTS(Threads);

void at_once(int threads, const std::function<void(int)>& body) {
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) running.emplace_back(body, i);
  for (std::thread& thread : running) thread.join();
}

TEST_P(Threads, ManyReadersLoadARelationOnce) {
  const Database db = social();
  const Model user = db["User"], tweet = db["Tweet"];
  for (const char* name : {"huey", "mickey", "zaizee"})
    tweet.create({{"user", user.create({{"username", name}})}, {"content", name}});
  const Rows rows = tweet.select().order_by(tweet["id"]).all();
  QueryCount count(db);
  std::atomic<int> right = 0;
  at_once(4, [&](int) {
    for (const Row& row : rows)
      if (row["user"]["username"].text() == row["content"].text()) ++right;
  });
  EXPECT_EQ(right, 12);
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(Threads, ManyWritersShareADatabase) {
  const Database db = social();
  at_once(4, [&](int thread) {
    for (int i = 0; i < 5; ++i) {
      db.run_transaction([&](Transaction&) {
        const Row user = db["User"].create({{"username", std::to_string(thread)}});
        db["Tweet"].create({{"user", user}, {"content", std::to_string(i)}});
      });
    }
  });
  EXPECT_EQ(db["User"].count(), 20);
  const Model user = db["User"], tweet = db["Tweet"];
  EXPECT_EQ(tweet.select().join(user).where(user["username"] == "2").count(), 5);
}

TEST_P(Threads, OneQueryRunsInManyThreads) {
  const Database db = social();
  const Model user = db["User"];
  user.create({{"username", "huey"}});
  const Query query = user.select().where(user["username"] == "huey");
  std::atomic<int> found = 0;
  at_once(4, [&](int) {
    for (int i = 0; i < 10; ++i) found += static_cast<int>(query.all().size());
  });
  EXPECT_EQ(found, 40);
}

TEST_P(Threads, ModelsComeAndGoUnderQueries) {
  const TemporaryDirectory files;
  const auto write = [&](const std::string& extra) {
    std::ofstream(files.file("models.json")) << R"({"dorm": 1, "models": {
        "Cat": {"fields": {"name": {"type": "text"})" +
                                                    extra + R"(}},
        "Toy": {"fields": {"cat": {"type": "foreign_key", "to": "Cat", "backref": "toys"}}}}})";
  };
  write("");
  Database db = open(Registry::load(files.path()));
  db["Toy"].create({{"cat", db["Cat"].create({{"name", "huey"}})}});
  std::atomic<bool> done = false;
  std::atomic<int> rounds = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      const Model old = db["Cat"];
      while (!done || rounds < 30) {
        const Model cat = db["Cat"];
        for (const Row& row : cat.objects().prefetch_related("toys").filter("name", "huey").all())
          if (row.related("toys").size() != 1) ++wrong;
        if (old.select().where(old["name"] == "huey").all().size() != 1) ++wrong;
        if (db["Toy"].all()[0]["cat"]["name"].text() != "huey") ++wrong;
        ++rounds;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    db.use(db.registry().with(R"({"dorm": 1, "models": {"Dog": {"fields": {"n": {"type": "integer"}}}}})"));
    EXPECT_NE(db.registry().find("Dog"), nullptr);
    // A property that is no column: the tables still fit.
    db.use(db.registry().with(
        R"({"dorm": 1, "models": {"Cat": {"fields": {"name": {"type": "text", "comment": "x"}}}}})"));
    db.use(db.registry().without("Dog"));
    EXPECT_EQ(db.registry().find("Dog"), nullptr);
    write(i % 2 == 0 ? R"(, "broken": {"type": "no such type"})" : "");
    if (i % 2 == 0) {
      EXPECT_THROW(db.reload(), SchemaError) << "and the snapshot before it goes on serving";
    } else {
      db.reload();
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

TEST_P(Threads, RowsOfAnOpenTransactionLoadMoreOnItsThreadOnly) {
  if (in_memory()) return;  // one connection: the other thread would wait for the transaction
  const Database db = social();
  const Row huey = db["User"].create({{"username", "huey"}});
  db["Tweet"].create({{"user", huey}, {"content", "meow"}});
  Transaction tx = db.transaction();
  const Row here = db["User"].all()[0];
  const Row mine = db["User"].all()[0];
  std::string message;
  std::thread other([&] {
    try {
      here.related("tweets").size();
    } catch (const StateError& error) {
      message = error.what();
    }
  });
  other.join();
  EXPECT_THAT(message, testing::HasSubstr("loaded in a transaction that is still open on another thread"));
  EXPECT_EQ(mine.related("tweets").size(), 1U);
  tx.commit();
  std::thread later([&] { EXPECT_EQ(here.related("tweets").size(), 1U); });
  later.join();
}

// ---- lazy loads of one result in many threads ----

constexpr int batch_rows = 10'000;  // a touched row brings its siblings, so many at a time

Registry library() {
  return Registry::parse(R"({"dorm": 1, "models": {
      "Author": {"fields": {"name": {"type": "text"}}},
      "Tag": {"fields": {"name": {"type": "text"}}},
      "BookTag": {"fields": {"book": {"type": "foreign_key", "to": "Book"}, "tag": {"type": "foreign_key", "to": "Tag"}}},
      "Book": {"fields": {
          "title": {"type": "text"},
          "blurb": {"type": "text", "deferred": true},
          "author": {"type": "foreign_key", "to": "Author", "nullable": true, "backref": "books"},
          "tags": {"type": "many_to_many", "to": "Tag", "backref": "books", "through": "BookTag"}}}}})");
}

// Book n is "b<n>" by author n % authors (none for every tenth), with the tags n % 7 and n % 5.
void fill(const Database& db, int books, int authors) {
  const auto numbers = [](int last) {
    return "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(last) + ") ";
  };
  db.execute("INSERT INTO author (id, name) " + numbers(authors) + "SELECT i, 'a' || i FROM n");
  db.execute("INSERT INTO tag (id, name) " + numbers(7) + "SELECT i, 't' || i FROM n");
  db.execute("INSERT INTO book (id, title, blurb, author_id) " + numbers(books) +
             "SELECT i, 'b' || i, 'on ' || i, CASE WHEN i % 10 = 0 THEN NULL ELSE i % " + std::to_string(authors) +
             " + 1 END FROM n");
  db.execute("INSERT INTO book_tag (book_id, tag_id) " + numbers(books) +
             "SELECT i, i % 7 + 1 FROM n UNION ALL SELECT i, i % 5 + 1 FROM n");
}

bool has_right_author(const Row& book, int authors) {
  const std::int64_t id = book["id"].integer();
  const std::optional<Row> author = book["author"].row_or_none();
  if (id % 10 == 0) return !author;
  return author && (*author)["name"].text() == "a" + std::to_string(id % authors + 1);
}

bool has_right_tags(const Row& book) {
  const std::int64_t id = book["id"].integer();
  std::multiset<std::int64_t> found, linked;
  for (const Row& tag : book.related("tags")) found.insert(tag["id"].integer());
  for (const Row& link : book.related("tags").links()) {
    if (link["book_id"].integer() != id) return false;
    linked.insert(link["tag_id"].integer());
  }
  return found == std::multiset<std::int64_t>{id % 7 + 1, id % 5 + 1} && linked == found;
}

bool has_right_blurb(const Row& book) { return book["blurb"].text() == "on " + std::to_string(book["id"].integer()); }

class SharedResult : public Api {
 protected:
  Database make(int books, int authors, std::size_t connections = 8) {
    DatabaseConfig config;
    config.url = fresh_database(GetParam());
    config.pool.size = connections;
    Database db = Database::open(config, library());
    db.create_tables();
    fill(db, books, authors);
    return db;
  }
};
DORM_API_TESTS(SharedResult);

TEST_P(SharedResult, IsLoadedInBatchesOnce) {
  constexpr int books = 2 * batch_rows + 500;
  const Database db = make(books, 100);
  const Model book = db["Book"];
  const Rows rows = book.select().order_by(book["id"]).all();
  QueryCount count(db);
  std::atomic<int> right = 0;
  at_once(4, [&](int thread) {
    // From different ends and with different members first.
    for (int i = 0; i < books; i += 5) {
      const int index = (i + thread * (books / 4)) % books;
      const Row row = rows[static_cast<std::size_t>(index)];
      bool all = thread % 2 == 0 ? has_right_author(row, 100) : has_right_tags(row);
      all = has_right_blurb(row) && all;
      if (all && has_right_author(row, 100) && has_right_tags(row)) ++right;
    }
  });
  EXPECT_EQ(right, books / 5 * 4);
  EXPECT_EQ(count.count(), 3U * 3U) << joined(count.statements()).substr(0, 2'000);
}

TEST_P(SharedResult, IsLoadedRowByRowOnce) {
  constexpr int books = 100;
  const Database db = make(books, 10);
  const Model book = db["Book"];
  const Rows rows = book.select().order_by(book["id"]).lazy(LazyPolicy::each).all();
  QueryCount count(db);
  std::atomic<int> right = 0;
  at_once(4, [&](int thread) {
    for (int i = 0; i < books; ++i) {
      const Row row = rows[static_cast<std::size_t>((i + thread * 7) % books)];
      if (has_right_author(row, 10) && has_right_tags(row) && has_right_blurb(row)) ++right;
    }
  });
  EXPECT_EQ(right, books * 4);
  EXPECT_EQ(count.count(), 90U + 100U + 100U) << "a key that is null is not asked for";
}

// Nodes grow, and are led back to, while others read them.
TEST_P(SharedResult, GrowsUnderItsReaders) {
  constexpr int books = batch_rows + 2'000;
  const Database db = make(books, 50);
  const Model book = db["Book"];
  const Rows rows = book.select().order_by(book["id"]).all();
  std::atomic<int> wrong = 0;
  at_once(4, [&](int thread) {
    for (int i = 0; i < books; i += 97) {
      const int index = (i + thread * (books / 3)) % books;
      const Row row = rows[static_cast<std::size_t>(index)];
      if (!has_right_author(row, 50)) ++wrong;
      if (const std::optional<Row> author = row["author"].row_or_none()) {
        int seen = 0;
        for (const Row& other : author->related("books")) {
          if (other["author"]["name"].text() != (*author)["name"].text()) ++wrong;
          if (++seen % 40 == thread && (!has_right_tags(other) || !has_right_blurb(other))) ++wrong;
        }
        if (seen == 0) ++wrong;
      }
      for (const Row& tag : row.related("tags"))
        if (tag.related("books").size() == 0) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
}

TEST_P(SharedResult, OneConnectionIsEnough) {
  constexpr int books = 200;
  const Database db = make(books, 10, 1);
  const Model book = db["Book"];
  for (int round = 0; round < 5; ++round) {
    const Rows rows =
        book.select().order_by(book["id"]).lazy(round % 2 == 0 ? LazyPolicy::batch : LazyPolicy::each).all();
    std::atomic<int> wrong = 0;
    const auto read = [&](int thread) {
      for (int i = 0; i < books; i += 9) {
        const Row row = rows[static_cast<std::size_t>((i + thread) % books)];
        if (!has_right_author(row, 10) || !has_right_tags(row) || !has_right_blurb(row)) ++wrong;
      }
    };
    at_once(4, [&](int thread) {
      if (thread % 2 == 0) return read(thread);
      db.run_transaction([&](Transaction&) { read(thread); });
    });
    ASSERT_EQ(wrong, 0);
  }
}

// Stops the thread of the first statement after it, when its connection is back and its rows are not published yet.
class Pause : public Observer {
 public:
  void on_statement(const StatementEvent& event) noexcept override {
    if (event.internal || first_.exchange(false) == false) return;
    std::unique_lock lock(mutex_);
    paused_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return released_; });
  }
  void wait_until_paused() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return paused_; });
  }
  void release() {
    const std::lock_guard lock(mutex_);
    released_ = true;
    changed_.notify_all();
  }

 private:
  std::atomic<bool> first_{true};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool paused_ = false;
  bool released_ = false;
};

TEST_P(SharedResult, AThreadInATransactionDoesNotWaitForAnothersLoad) {
  const Database db = make(30, 10);
  const Model book = db["Book"];
  const Rows rows = book.select().order_by(book["id"]).all();
  const auto pause = std::make_shared<Pause>();
  const std::shared_ptr<void> observed = db.add_observer(pause);
  std::thread loading([&] { EXPECT_TRUE(has_right_author(rows[0], 10)); });
  pause->wait_until_paused();
  db.run_transaction([&](Transaction&) { EXPECT_TRUE(has_right_author(rows[0], 10)); });
  pause->release();
  loading.join();
  for (const Row& row : rows) EXPECT_TRUE(has_right_author(row, 10));
}

TEST_P(SharedResult, ALoadThatFailsIsTriedAgainByWhoWaitedForIt) {
  const Database db = make(30, 10);
  const Model book = db["Book"];
  const Rows rows = book.select().order_by(book["id"]).all();
  db.execute("ALTER TABLE author RENAME TO elsewhere");
  std::atomic<int> failed = 0;
  at_once(4, [&](int) {
    try {
      has_right_author(rows[0], 10);
    } catch (const Error&) {
      ++failed;
    }
  });
  EXPECT_EQ(failed, 4);
  db.execute("ALTER TABLE elsewhere RENAME TO author");
  at_once(4, [&](int) {
    for (const Row& row : rows)
      if (!has_right_author(row, 10)) ++failed;
  });
  EXPECT_EQ(failed, 4);
}

}  // namespace
}  // namespace dorm::test
