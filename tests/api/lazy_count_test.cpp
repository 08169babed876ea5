// How many rows a relation leads to, counted for all sibling rows at once.
#include <thread>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class LazyCount : public Api {
 protected:
  Database db = with_books();
  Model author = db["Author"], tag = db["Tag"];

  std::vector<std::int64_t> counts(const Rows& rows, const char* relation) const {
    std::vector<std::int64_t> found;
    for (const Row& row : rows) found.push_back(row.related(relation).lazy_count());
    return found;
  }

 private:
  Database with_books() {
    Database made = open(R"({"dorm": 1, "models": {
      "Author": {"fields": {"name": {"type": "text", "unique": true},
        "chief": {"type": "foreign_key", "to": "Author", "nullable": true, "backref": "staff"},
        "tags": {"type": "many_to_many", "to": "Tag", "through": "Tagging"}}},
      "Tag": {"fields": {"name": {"type": "text"}}},
      "Tagging": {"fields": {"author": {"type": "foreign_key", "to": "Author"}, "tag": {"type": "foreign_key", "to": "Tag"}}},
      "Book": {"fields": {"title": {"type": "text"},
        "author": {"type": "foreign_key", "to": "Author", "to_field": "name", "nullable": true, "backref": "books"}}}}})");
    const Row ann = made["Author"].create({{"name", "Ann"}});
    const Row bob = made["Author"].create({{"name", "Bob"}, {"chief", ann}});
    made["Author"].create({{"name", "Cid"}, {"chief", ann}});
    for (const char* title : {"One", "Two", "Three"}) made["Book"].create({{"title", title}, {"author", ann}});
    made["Book"].create({{"title", "Four"}, {"author", bob}});
    made["Book"].create({{"title", "Nobody's"}});
    const Row first = made["Tag"].create({{"name", "first"}}), second = made["Tag"].create({{"name", "second"}});
    for (const Row& linked : {first, second, second}) made["Tagging"].create({{"author", bob}, {"tag", linked}});
    return made;
  }
};
DORM_API_TESTS(LazyCount);

TEST_P(LazyCount, OneQueryCountsThoseOfAllSiblings) {
  const Rows authors = author.objects().order_by("id").all();
  const QueryCount count(db);
  EXPECT_EQ(counts(authors, "books"), (std::vector<std::int64_t>{3, 1, 0}));
  EXPECT_EQ(count.count(), 1U);
  EXPECT_EQ(counts(authors, "books"), (std::vector<std::int64_t>{3, 1, 0}));
  EXPECT_EQ(count.count(), 1U) << "what is known is not asked again";
  // A link that is there twice counts twice, as in size().
  EXPECT_EQ(counts(authors, "tags"), (std::vector<std::int64_t>{0, 3, 0}));
  EXPECT_EQ(counts(authors, "staff"), (std::vector<std::int64_t>{2, 0, 0}));
  EXPECT_EQ(count.count(), 3U);
  EXPECT_FALSE(authors[0].related("books").is_loaded());
  EXPECT_EQ(authors[1].related("tags").size(), 3U);
}

TEST_P(LazyCount, WhatIsLoadedIsNotCounted) {
  const Rows authors = author.objects().prefetch_related("books").order_by("id").all();
  const QueryCount count(db);
  EXPECT_EQ(counts(authors, "books"), (std::vector<std::int64_t>{3, 1, 0}));
  EXPECT_EQ(count.count(), 0U);
  // A part of them says nothing of how many there are.
  const Rows some = author.objects().prefetch_related(Prefetch("books").limit(1)).order_by("id").all();
  EXPECT_EQ(counts(some, "books"), (std::vector<std::int64_t>{3, 1, 0}));
}

TEST_P(LazyCount, OfNestedRowsToo) {
  const Rows books = db["Book"].objects().select_related("author").order_by("id").limit(4).all();
  const QueryCount count(db);
  EXPECT_EQ(books[0]["author"].row().related("tags").lazy_count(), 0);
  EXPECT_EQ(books[3]["author"].row().related("tags").lazy_count(), 3);
  EXPECT_EQ(count.count(), 1U);
}

TEST_P(LazyCount, IsForgottenWhenTheCollectionOrTheRowChanges) {
  const Rows authors = author.objects().order_by("id").all();
  EXPECT_EQ(counts(authors, "books"), (std::vector<std::int64_t>{3, 1, 0}));
  authors[2].related("books").create({{"title", "Five"}});
  EXPECT_EQ(authors[2].related("books").lazy_count(), 1);
  db["Book"].create({{"title", "Six"}, {"author", authors[2]}});
  EXPECT_EQ(authors[2].related("books").lazy_count(), 1) << "kept";
  EXPECT_EQ(authors[2].related("books").count(), 2) << "fresh";
  authors[2].load();
  EXPECT_EQ(authors[2].related("books").lazy_count(), 2);
  authors[1].related("tags").clear();
  EXPECT_EQ(authors[1].related("tags").lazy_count(), 0);
}

TEST_P(LazyCount, IsForgottenByARollback) {
  const Rows authors = author.objects().order_by("id").all();
  {
    const Transaction transaction = db.transaction();
    db["Book"].create({{"title", "never"}, {"author", authors[0]}});
    EXPECT_EQ(authors[0].related("books").lazy_count(), 4);
  }
  EXPECT_EQ(counts(authors, "books"), (std::vector<std::int64_t>{3, 1, 0}));
}

TEST_P(LazyCount, ObeysThePolicy) {
  const Rows each = author.objects().lazy(LazyPolicy::each).order_by("id").all();
  const QueryCount count(db);
  EXPECT_EQ(counts(each, "books"), (std::vector<std::int64_t>{3, 1, 0}));
  EXPECT_EQ(count.count(), 3U);
  const Rows strict = author.objects().lazy(LazyPolicy::raise).order_by("id").all();
  EXPECT_THAT([&] { strict[0].related("books").lazy_count(); },
              ThrowsMessage<QueryError>(HasSubstr("'Author.books' is not loaded")));
  EXPECT_THROW(author.make({{"name", "new"}}).related("books").lazy_count(), StateError);
}

TEST_P(LazyCount, ManyThreadsCountOnce) {
  const Rows authors = author.objects().order_by("id").all();
  const QueryCount count(db);
  std::vector<std::thread> threads;
  std::vector<std::int64_t> sums(4);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    threads.emplace_back([&, i] {
      for (const Row& row : authors) sums[i] += row.related("books").lazy_count();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sums, std::vector<std::int64_t>(4, 4));
  EXPECT_EQ(count.count(), 1U);
}

}  // namespace
}  // namespace dorm::test
