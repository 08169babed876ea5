// The world of the first seed, "Relationships and Joins": its models (schemas/social) and its test data, in a fresh
// database of each backend.
//
// Suites derive from SocialWorld and are instantiated over backends(). Where the seed prints the rows of a query that
// has no order, the tests compare multisets.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <dorm/dorm.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "support/backends.hpp"

namespace dorm::test {

using Lines = std::vector<std::string>;

// What a loop over the rows would print, one line a row.
template <class Range, class Print>
Lines lines(const Range& rows, Print print) {
  Lines printed;
  for (const Row& row : rows) printed.push_back(print(row));
  return printed;
}

template <class Range>
Lines column(const Range& rows, const char* name) {
  return lines(rows, [name](const Row& row) { return row[name].to_text(); });
}

inline std::string schema_path(std::string_view name) { return DORM_SOURCE_DIR "/schemas/" + std::string(name); }

class SeedWorld : public testing::TestWithParam<Backend> {
 protected:
  explicit SeedWorld(const Registry& registry) : db(Database::open(fresh_database(GetParam()), registry)) {}

  bool on_postgres() const { return db.backend() == "postgres"; }

  // SQL as the seed prints it, with this backend's placeholders.
  std::string spelled(std::string_view sql) const {
    std::string text;
    int number = 0;
    for (const char c : sql) {
      if (c == '?' && on_postgres()) {
        text += '$' + std::to_string(++number);
      } else {
        text += c;
      }
    }
    return text;
  }

  void expect_sql(const BoundSql& bound, std::string_view sql, const Values& parameters = {}) const {
    EXPECT_EQ(bound.sql, spelled(sql));
    EXPECT_EQ(bound.parameters, parameters);
  }
  void expect_sql(const Query& query, std::string_view sql, const Values& parameters = {}) const {
    expect_sql(query.sql(), sql, parameters);
  }

  Database db;
};

class SocialWorld : public SeedWorld {
 protected:
  SocialWorld() : SeedWorld(Registry::load(schema_path("social"))) { populate_test_data(); }

  // The seed's function of that name. Its tweets are a minute apart, so that "the latest" means something.
  void populate_test_data() {
    db.create_tables();
    const std::vector<std::pair<const char*, std::vector<const char*>>> data{
        {"huey", {"meow", "hiss", "purr"}}, {"mickey", {"woof", "whine"}}, {"zaizee", {}}};
    DateTime when = DateTime::parse("2026-11-21 12:00:00");
    for (const auto& [username, tweets] : data) {
      const Row author = user.create({{"username", username}});
      for (const char* content : tweets) {
        tweet.create({{"user", author}, {"content", content}, {"timestamp", when}});
        when.microseconds += 60'000'000;
      }
    }
    const std::vector<std::pair<const char*, std::vector<const char*>>> favorite_data{
        {"huey", {"whine"}}, {"mickey", {"purr"}}, {"zaizee", {"meow", "purr"}}};
    for (const auto& [username, favorites] : favorite_data) {
      const Row liker = user.get(user["username"] == username);
      for (const char* content : favorites) {
        favorite.create({{"user", liker}, {"tweet", tweet.get(tweet["content"] == content)}});
      }
    }
  }

  Row get_user(const char* username) const { return user.get(user["username"] == username); }

  const Model user = db["User"];
  const Model tweet = db["Tweet"];
  const Model favorite = db["Favorite"];
};

inline std::string author_and_content(const Row& tweet) {
  return tweet["user"]["username"].to_text() + " -> " + tweet["content"].to_text();
}

}  // namespace dorm::test
