// What touching something that was not loaded does, and who decides.
#include "api/world.hpp"

namespace dorm::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr const char* lazy_library = R"({"dorm": 1, "models": {
  "Author": {"fields": {"name": {"type": "text"}, "notes": {"type": "text", "nullable": true, "deferred": true}}},
  "Book": {"fields": {"title": {"type": "text"},
    "author": {"type": "foreign_key", "to": "Author", "nullable": true, "backref": "books"},
    "translator": {"type": "foreign_key", "to": "Author", "nullable": true, "backref": "translations", "lazy": "raise"}}},
  "Review": {"lazy": "raise", "fields": {"stars": {"type": "integer"},
    "book": {"type": "foreign_key", "to": "Book", "nullable": true, "backref": "reviews"}}}}})";

class Lazy : public Api {
 protected:
  Database db = filled();
  Model author = db["Author"], book = db["Book"], review = db["Review"];

 private:
  Database filled() {
    Database made = open(lazy_library);
    const Row ann = made["Author"].create({{"name", "Ann"}}), bob = made["Author"].create({{"name", "Bob"}});
    const Row first = made["Book"].create({{"title", "One"}, {"author", ann}, {"translator", bob}});
    made["Book"].create({{"title", "Two"}, {"author", bob}, {"translator", ann}});
    made["Book"].create({{"title", "None"}});
    made["Review"].create({{"stars", 5}, {"book", first}});
    return made;
  }
};
DORM_API_TESTS(Lazy);

TEST_P(Lazy, RaiseNamesWhatWasTouchedAndTheCallThatLoadsIt) {
  const Rows books = book.objects().lazy(LazyPolicy::raise).order_by("id").all();
  const Rows authors = author.objects().lazy(LazyPolicy::raise).all();
  const QueryCount count(db);
  EXPECT_THAT([&] { static_cast<void>(books[0]["author"]["name"].text()); },
              ThrowsMessage<QueryError>(
                  AllOf(HasSubstr("'Book.author' is not loaded"), HasSubstr("select_related(\"author\")"))));
  EXPECT_THAT([&] { static_cast<void>(authors[0].related("books").size()); },
              ThrowsMessage<QueryError>(
                  AllOf(HasSubstr("'Author.books' is not loaded"), HasSubstr("prefetch_related(\"books\")"))));
  EXPECT_THAT(
      [&] { static_cast<void>(authors[0]["notes"].is_null()); },
      ThrowsMessage<QueryError>(AllOf(HasSubstr("'Author.notes' is not loaded"), HasSubstr("fields(\"notes\")"))));
  // The key itself is there, and a null one leads nowhere without a question.
  EXPECT_EQ(books[0]["author_id"].integer(), 1);
  EXPECT_TRUE(books[2]["author"].is_null());
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Lazy, TheRequestDecidesThenThePathThenTheRelationThenTheModel) {
  const Row one = book.objects().order_by("id").first().value();
  EXPECT_EQ(one["author"]["name"].text(), "Ann");
  EXPECT_THROW(static_cast<void>(one["translator"]["name"].text()), QueryError);  // the relation's own policy
  const Row asked = book.objects().lazy(LazyPolicy::batch).order_by("id").first().value();
  EXPECT_EQ(asked["translator"]["name"].text(), "Bob");
  const Row stars = review.objects().first().value();
  EXPECT_THROW(static_cast<void>(stars["book"]["title"].text()), QueryError);  // the model's
  const Row joined = review.objects().select_related("book").lazy("book", LazyPolicy::raise).first().value();
  EXPECT_THROW(static_cast<void>(joined["book"]["author"]["name"].text()), QueryError);  // the path's
  const Row fetched = review.objects().prefetch_related(Prefetch("book").lazy(LazyPolicy::raise)).first().value();
  EXPECT_THROW(static_cast<void>(fetched["book"]["author"]["name"].text()), QueryError);
}

TEST_P(Lazy, RaiseNPlusOneLetsOneRowAsk) {
  const Rows many = author.objects().lazy(LazyPolicy::raise_n_plus_one).all();
  EXPECT_THROW(static_cast<void>(many[0].related("books").size()), QueryError);
  const Row alone = author.objects().lazy(LazyPolicy::raise_n_plus_one).filter("name", "Ann").get();
  EXPECT_EQ(alone.related("books").size(), 1U);
}

TEST_P(Lazy, ARelationIsNotLoadedOrEmptyOrLoadedAndSaysSoWithoutAQuery) {
  const Rows plain = author.objects().order_by("id").all();
  const Rows loaded = author.objects().prefetch_related("books").order_by("id").all();
  const Rows filtered = author.objects().prefetch_related(Prefetch("books").where("title", "One")).order_by("id").all();
  const QueryCount count(db);
  EXPECT_FALSE(plain[0].is_loaded("books"));
  EXPECT_TRUE(loaded[0].is_loaded("books"));
  EXPECT_FALSE(loaded[0].related("books").is_partial());
  EXPECT_TRUE(filtered[1].related("books").is_partial());
  EXPECT_TRUE(filtered[1].related("books").empty());
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Lazy, OneRowThatAConditionKeptOutIsNullAndSaysThatItMayBeThere) {
  const Rows books = book.objects().load_required(false).order_by("id").all();
  const Rows some = book.objects()
                        .load_required(false)
                        .prefetch_related(Prefetch("author").where("name", "Ann"))
                        .order_by("id")
                        .all();
  const QueryCount count(db);
  EXPECT_FALSE(books[0].is_partial("author"));
  EXPECT_FALSE(some[0].is_partial("title"));
  EXPECT_TRUE(some[0].is_partial("author"));
  EXPECT_EQ(some[0]["author"]["name"].text(), "Ann");
  EXPECT_TRUE(some[1].is_partial("author"));
  EXPECT_TRUE(some[1].is_loaded("author"));
  EXPECT_TRUE(some[1]["author"].is_null());
  EXPECT_EQ(some[1]["author_id"].integer(), 2);
  EXPECT_EQ(count.count(), 0U);
}

TEST_P(Lazy, ARowThatAnOuterJoinKeptOutIsNullAndSaysThatItMayBeThere) {
  const auto joined = [&](const Expr& on, Join kind) {
    const Query rows = book.select(book, author).join(author, kind, {.on = on});
    return rows.where(book["id"].is_not_null()).order_by(book["id"]).all();
  };
  const Expr key = book["author"] == author["id"];
  const Expr ann = author["name"] == "Ann";
  for (const Join kind : {Join::left_outer, Join::full_outer}) {
    const Rows some = joined(key & ann, kind);
    const Rows whole = joined(key, kind);
    const QueryCount count(db);
    EXPECT_EQ(some[0]["author"]["name"].text(), "Ann");
    EXPECT_TRUE(some[0].is_partial("author"));
    EXPECT_TRUE(some[1]["author"].is_null());
    EXPECT_TRUE(some[1].is_loaded("author"));
    EXPECT_TRUE(some[1].is_partial("author"));
    EXPECT_EQ(some[1]["author_id"].integer(), 2);
    EXPECT_FALSE(whole[1].is_partial("author"));
    EXPECT_EQ(count.count(), 0U);
  }
  EXPECT_FALSE(joined(key & ann, Join::inner)[0].is_partial("author")) << "what it keeps out, it keeps out as a whole";
  const Rows named =
      book.select(book, author).left_outer_join(author, {.on = key & ann, .attr = "ann"}).order_by(book["id"]).all();
  EXPECT_TRUE(named[1].is_partial("ann"));
}

TEST_P(Lazy, WhatWasLoadedInPartIsNotTakenFrom) {
  const Row ann =
      author.objects().prefetch_related(Prefetch("books").where("title", "One")).order_by("id").first().value();
  const Row one = ann.related("books")[0];
  EXPECT_THAT([&] { ann.related("books").remove(one); }, ThrowsMessage<StateError>(HasSubstr("loaded in part")));
  EXPECT_THROW(ann.related("books").clear(), StateError);
  EXPECT_THROW(ann.related("books").set({one}), StateError);
  EXPECT_TRUE(ann.related("books").is_partial());  // nothing was lost
}

}  // namespace
}  // namespace dorm::test
