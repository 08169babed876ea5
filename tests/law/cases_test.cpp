// Cases that random requests have found, the smallest of each.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "dorm/dorm.hpp"
#include "support/backends.hpp"

namespace dorm::test {
namespace {

using testing::ElementsAre;

class LoadingCases : public testing::TestWithParam<Backend> {
 protected:
  Database open(std::string_view models) const {
    Database db = Database::open(fresh_database(GetParam()),
                                 Registry::parse(R"({"dorm": 1, "models": {)" + std::string(models) + "}}"));
    db.create_tables();
    return db;
  }
  template <class List>
  static std::vector<std::string> names(const List& rows) {
    std::vector<std::string> found;
    for (const Row& row : rows) found.push_back(row["name"].to_text());
    return found;
  }

  static constexpr const char* shelf = R"(
    "Shelf": {"fields": {"name": {"type": "text"}}},
    "Book": {"fields": {"name": {"type": "text"}, "shelf": {"type": "foreign_key", "to": "Shelf", "nullable": true, "backref": "books"}}})";
};
INSTANTIATE_TEST_SUITE_P(Backends, LoadingCases, testing::ValuesIn(backends()), backend_name);

TEST_P(LoadingCases, AnOrderAlongAListThatIsNotLoadedRepeatsNoRows) {
  const Database db = open(shelf);
  const Row left = db["Shelf"].create({{"name", "left"}});
  const Row right = db["Shelf"].create({{"name", "right"}});
  for (const char* name : {"b", "c"}) db["Book"].create({{"name", name}, {"shelf", left}});
  for (const char* name : {"a", "d"}) db["Book"].create({{"name", name}, {"shelf", right}});
  const QuerySet shelves = db["Shelf"].objects().order_by("books__name");
  EXPECT_THAT(names(shelves.all()), ElementsAre("right", "left"));
  EXPECT_THAT(names(shelves.limit(2).all()), ElementsAre("right", "left"));
  EXPECT_THAT(names(shelves.offset(1).limit(1).all()), ElementsAre("left"));
}

TEST_P(LoadingCases, AWayBackThatWasAskedForIsARowOfItsOwn) {
  const Database db = open(shelf);
  const Row shelf_row = db["Shelf"].create({{"name", "left"}});
  db["Book"].create({{"name", "a"}, {"shelf", shelf_row}});
  for (const QuerySet& query :
       {db["Shelf"].objects().prefetch_related(Prefetch("books").select_related("shelf")),
        db["Shelf"].objects().select_related("books__shelf"), db["Shelf"].objects().prefetch_related("books__shelf")}) {
    const Row row = query.get();
    const Row back = row.related("books")[0]["shelf"].row();
    EXPECT_TRUE(back == row);
    EXPECT_FALSE(back.same_row(row));
  }
  for (const QuerySet& query :
       {db["Shelf"].objects().prefetch_related("books"), db["Shelf"].objects().select_related("books")}) {
    const Row row = query.get();
    EXPECT_TRUE(row.related("books")[0]["shelf"].row().same_row(row));
  }
}

TEST_P(LoadingCases, BothSidesOfAOneToOneLeadBack) {
  const Database db = open(R"(
    "User": {"fields": {"name": {"type": "text"}}},
    "Profile": {"fields": {"name": {"type": "text"}, "user": {"type": "one_to_one", "to": "User", "nullable": true, "backref": "profile"}}})");
  db["Profile"].create({{"name", "p"}, {"user", db["User"].create({{"name", "u"}})}});
  QueryCount count(db);
  for (const bool joined : {true, false}) {
    const auto with = [&](const char* model, const char* path) {
      return joined ? db[model].objects().select_related(path).get() : db[model].objects().prefetch_related(path).get();
    };
    const Row user = with("User", "profile");
    EXPECT_TRUE(user["profile"]["user"].row().same_row(user));
    const Row profile = with("Profile", "user");
    EXPECT_TRUE(profile["user"]["profile"].row().same_row(profile));
  }
  EXPECT_EQ(count.count(), 6U);
}

TEST_P(LoadingCases, ALinkThatLeadsNowhereIsNoRowOfNulls) {
  const Database db = open(R"(
    "Post": {"fields": {"name": {"type": "text"}, "tags": {"type": "many_to_many", "to": "Tag", "through": "Tagged"}}},
    "Tag": {"fields": {"name": {"type": "text", "nullable": true}}},
    "Tagged": {"fields": {"post": {"type": "foreign_key", "to": "Post"}, "tag": {"type": "foreign_key", "to": "Tag", "nullable": true}}})");
  const Row first = db["Post"].create({{"name", "first"}});
  const Row second = db["Post"].create({{"name", "second"}});
  const Row tag = db["Tag"].create({{"name", "b"}});
  const Row earlier = db["Tag"].create({{"name", "a"}});
  db["Tagged"].create({{"post", first}, {"tag", tag}});
  db["Tagged"].create({{"post", first}});
  db["Tagged"].create({{"post", second}, {"tag", earlier}});
  EXPECT_THAT(names(db["Post"].objects().filter("tags__name__isnull", true).all()), ElementsAre());
  EXPECT_THAT(names(db["Post"].objects().order_by("tags__name").all()), ElementsAre("second", "first"));
  for (const Row& row : db["Post"].objects().select_related("tags").all()) EXPECT_EQ(row.related("tags").size(), 1U);
}

TEST_P(LoadingCases, WhatWasAskedForIsFollowedThoughItsModelWasMetBefore) {
  const Database db = open(R"(
    "Area": {"fields": {"name": {"type": "text"}}},
    "Shelf": {"fields": {"name": {"type": "text"}, "area": {"type": "foreign_key", "to": "Area"}}},
    "Book": {"fields": {"name": {"type": "text"}, "shelf": {"type": "foreign_key", "to": "Shelf", "nullable": true, "backref": "books"}}})");
  const Row row = db["Shelf"].create({{"name", "left"}, {"area", db["Area"].create({{"name", "hall"}})}});
  db["Book"].create({{"name", "a"}, {"shelf", row}});
  for (const QuerySet& query :
       {db["Shelf"].objects().select_related("books__shelf"), db["Shelf"].objects().prefetch_related("books__shelf")})
    EXPECT_TRUE(query.get().related("books")[0]["shelf"].row().is_loaded("area"));
  const Row met = db["Shelf"].objects().select_all(true).get();
  EXPECT_TRUE(met.is_loaded("area"));
}

TEST_P(LoadingCases, ListsSideBySideKeepTheirOrderUnderACommonCondition) {
  const Database db = open(R"(
    "Shop": {"fields": {"name": {"type": "text"}}},
    "Cook": {"fields": {"name": {"type": "text"}, "shop": {"type": "foreign_key", "to": "Shop", "backref": "cooks"}}},
    "Dish": {"fields": {"name": {"type": "text"}, "shop": {"type": "foreign_key", "to": "Shop", "backref": "dishes"},
                        "tags": {"type": "many_to_many", "to": "Tag", "backref": "dishes"}}},
    "Tag": {"fields": {"name": {"type": "text"}}})");
  const Row shop = db["Shop"].create({{"name", "s"}});
  for (const char* name : {"a", "b"}) db["Cook"].create({{"name", name}, {"shop", shop}});
  const Row sweet = db["Tag"].create({{"name", "sweet"}}), hot = db["Tag"].create({{"name", "hot"}});
  for (const char* name : {"x", "y", "z"}) {
    const Row dish = db["Dish"].create({{"name", name}, {"shop", shop}});
    dish.related("tags").add(sweet);
    dish.related("tags").add(hot);
  }
  // Beside "a" only "y" is seen, so "y" is seen first.
  const QuerySet shops = db["Shop"].objects().select_related({"cooks", "dishes__tags"});
  const auto lists = [&](const QuerySet& query) {
    QueryCount count(db);
    const Row row = query.get();
    std::vector<std::string> found = names(row.related("cooks"));
    for (const Row& dish : row.related("dishes")) {
      found.push_back(dish["name"].to_text());
      for (const std::string& tag : names(dish.related("tags"))) found.push_back(tag);
    }
    EXPECT_EQ(count.count(), 1U);
    return found;
  };
  EXPECT_THAT(lists(shops.filter(or_({Filter("cooks__name", "b"), Filter("dishes__name", "y")}))),
              ElementsAre("a", "b", "x", "sweet", "hot", "y", "sweet", "hot", "z", "sweet", "hot"));
  EXPECT_THAT(lists(shops.exclude({{"cooks__name", "a"}, {"dishes__name__ne", "y"}}).order_by("-dishes__name")),
              ElementsAre("a", "b", "z", "sweet", "hot", "y", "sweet", "hot", "x", "sweet", "hot"));
  EXPECT_THAT(lists(shops.filter(or_({Filter("cooks__name", "b"), Filter("dishes__tags__name", "hot")}))),
              ElementsAre("a", "b", "x", "sweet", "hot", "y", "sweet", "hot", "z", "sweet", "hot"));
  // What an order of its own would say of the statement as a whole it says of its list alone.
  EXPECT_THAT(
      lists(shops.filter(or_({Filter("cooks__name", "b"), Filter("dishes__name", "y")})).order_by("-cooks__name")),
      ElementsAre("b", "a", "x", "sweet", "hot", "y", "sweet", "hot", "z", "sweet", "hot"));
}

}  // namespace
}  // namespace dorm::test
