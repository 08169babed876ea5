#include "dorm/registry.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/temporary_directory.hpp"

namespace dorm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

constexpr const char* shop = R"({"dorm": 1, "models": {
  "Author": {"fields": {"name": {"type": "text"}}},
  "Book": {"fields": {"title": {"type": "text"}, "author": {"type": "foreign_key", "to": "Author", "backref": "books"}}}
}})";

std::vector<std::string> model_names(const Registry& registry) {
  std::vector<std::string> names;
  for (const auto& model : registry.models()) names.push_back(model->qualified_name());
  return names;
}

TEST(Registry, FindIsNullForAnUnknownModel) {
  EXPECT_EQ(Registry::parse(shop).find("Pen"), nullptr);
  EXPECT_EQ(Registry().find("Pen"), nullptr);
  EXPECT_THAT(Registry().models(), IsEmpty());
}

TEST(Registry, GetNamesTheClosestModel) {
  const Registry registry = Registry::parse(shop);
  EXPECT_EQ(registry.get("Book").name, "Book");
  EXPECT_THAT([&] { (void)registry.get("Boook"); },
              ThrowsMessage<QueryError>("no model named 'Boook'; did you mean 'Book'?"));
  EXPECT_THAT([&] { (void)registry.get("Pencil"); },
              ThrowsMessage<QueryError>("no model named 'Pencil'; the models are 'Author' and 'Book'"));
}

TEST(Registry, ModelsNameTheirMembers) {
  const Registry registry = Registry::parse(shop);
  const ModelInfo& book = registry.get("Book");
  EXPECT_THAT(book.member_names(), ElementsAre("id", "title", "author_id", "author"));
  EXPECT_EQ(book.find("author").kind, ModelInfo::Member::Kind::relation);
  EXPECT_EQ(book.find_field("author"), nullptr);
  EXPECT_EQ(book.find_field("author_id"), book.find_column("author_id"));
  EXPECT_EQ(book.find_relation("author")->target, registry.get("Author").id);
  EXPECT_FALSE(book.find("titel"));
  EXPECT_THAT([&] { (void)book.get("titel"); },
              ThrowsMessage<QueryError>("model 'Book' has no field or relation 'titel'; did you mean 'title'?"));
  EXPECT_THAT([&] { (void)book.get("price"); },
              ThrowsMessage<QueryError>(
                  "model 'Book' has no field or relation 'price'; it has 'id', 'title', 'author_id' and 'author'"));
}

TEST(Registry, WithAddsAndReplacesInANewSnapshot) {
  const Registry before = Registry::parse(shop);
  const Registry after = before.with(R"({"dorm": 1, "models": {
    "Pen": {"fields": {"owner": {"type": "foreign_key", "to": "Author"}}},
    "Author": {"fields": {"name": {"type": "text"}, "born": {"type": "integer"}}}
  }})");
  EXPECT_EQ(before.find("Pen"), nullptr);
  EXPECT_EQ(before.get("Author").find_field("born"), nullptr);
  EXPECT_THAT(model_names(after), ElementsAre("Author", "Book", "Pen"));
  EXPECT_NE(after.get("Author").find_field("born"), nullptr);
  EXPECT_NE(after.get("Author").find_relation("pen_set"), nullptr);
  EXPECT_GT(after.generation(), before.generation());
}

TEST(Registry, WithoutRefusesToLeaveAReferenceBehind) {
  const Registry registry = Registry::parse(shop);
  EXPECT_THAT(model_names(registry.without("Book")), ElementsAre("Author"));
  EXPECT_THAT([&] { (void)registry.without("Author"); },
              ThrowsMessage<SchemaError>(HasSubstr("field 'author' refers to unknown model 'Author'")));
  EXPECT_THROW((void)registry.without("Pen"), QueryError);
  EXPECT_THAT(model_names(registry.without("Book").with(R"({"dorm": 1, "models": {"Book": {"fields": {}}}})")),
              ElementsAre("Author", "Book"));
}

TEST(Registry, AMistakeInWithNamesItsText) {
  const Registry registry = Registry::parse(shop);
  EXPECT_THAT([&] { (void)registry.with("{", "plug-in"); },
              ThrowsMessage<SchemaError>(HasSubstr("plug-in:1:2: error[json.syntax]")));
}

TEST(Registry, HashesFollowWhatTheyAreOf) {
  const Registry registry = Registry::parse(shop);
  const auto parse = [](const std::string& books) {
    return Registry::parse(R"({"dorm": 1, "comment": "else", "models": {"Book": {"fields": {)" + books + R"(}},
                               "Author": {"fields": {"name": {"type": "text"}}}}})");
  };
  const std::string title = R"("title": {"type": "text"}, )";
  const Registry reordered = parse(title + R"("author": {"backref": "books", "to": "Author", "type": "foreign_key"})");
  EXPECT_EQ(reordered.storage_hash(), registry.storage_hash());
  EXPECT_EQ(reordered.registry_hash(), registry.registry_hash());
  const Registry renamed = parse(title + R"("author": {"type": "foreign_key", "to": "Author", "backref": "works"})");
  EXPECT_EQ(renamed.storage_hash(), registry.storage_hash());
  EXPECT_NE(renamed.registry_hash(), registry.registry_hash());
  const Registry nullable =
      parse(title + R"("author": {"type": "foreign_key", "to": "Author", "backref": "books", "nullable": true})");
  EXPECT_NE(nullable.storage_hash(), registry.storage_hash());
  EXPECT_EQ(registry.storage_hash().size(), 64U);
}

TEST(Registry, NamespacesKeepModelsApart) {
  const std::vector<SchemaText> texts = {
      {"a.json", R"({"dorm": 1, "namespace": "blog", "models": {"User": {"table": "a", "fields": {}},
         "Post": {"fields": {"by": {"type": "foreign_key", "to": "User"}, "seen": {"type": "foreign_key", "to": "shop.User"}}}}})"},
      {"b.json", R"({"dorm": 1, "namespace": "shop", "models": {"User": {"table": "b", "fields": {}}}})"}};
  const Registry registry = Registry::parse(texts);
  EXPECT_EQ(registry.find("User"), nullptr);
  EXPECT_THAT([&] { (void)registry.get("User"); },
              ThrowsMessage<QueryError>("model name 'User' is ambiguous; write one of 'blog.User' and 'shop.User'"));
  const ModelInfo& post = registry.get("Post");
  EXPECT_EQ(&registry.model(post.find_relation("by")->target), registry.find("blog.User"));
  EXPECT_EQ(&registry.model(post.find_relation("seen")->target), registry.find("shop.User"));
}

// ---- files ----

class RegistryFiles : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((path() / name).parent_path());
    // In one step, as editors do: a reader never sees half a file.
    const std::filesystem::path next = directory_.path() / "next";
    std::ofstream(next) << text;
    std::filesystem::rename(next, path() / name);
  }
  std::filesystem::path path() const { return directory_.path() / "schemas"; }

 private:
  test::TemporaryDirectory directory_;
};

TEST_F(RegistryFiles, ADirectoryIsReadAsAWhole) {
  write("b/book.jsonc",
        "// books\n" +
            std::string(
                R"({"dorm": 1, "models": {"Book": {"fields": {"a": {"type": "foreign_key", "to": "Author"}}}}})"));
  write("author.json", R"({"dorm": 1, "models": {"Author": {"fields": {}}}})");
  write("dorm.schema.json", R"({"title": "not a schema file"})");
  write("README.md", "not a schema file");
  EXPECT_THAT(model_names(Registry::load(path())), ElementsAre("Author", "Book"));
  const std::vector<std::filesystem::path> one = {path() / "author.json"};
  EXPECT_THAT(model_names(Registry::load(one)), ElementsAre("Author"));
}

TEST_F(RegistryFiles, WhatCannotBeReadIsAConfigError) {
  EXPECT_THAT([&] { (void)Registry::load(path() / "gone"); },
              ThrowsMessage<ConfigError>(HasSubstr("there is no such file or directory")));
  write("README.md", "");
  EXPECT_THAT([&] { (void)Registry::load(path()); },
              ThrowsMessage<ConfigError>(HasSubstr("has no *.json or *.jsonc file")));
}

TEST_F(RegistryFiles, ALinkOutOfTheDirectoryIsRefused) {
  write("../outside.json", shop);
  std::filesystem::create_directories(path());
  std::filesystem::create_symlink(path() / ".." / "outside.json", path() / "inside.json");
  EXPECT_THAT([&] { (void)Registry::load(path()); },
              ThrowsMessage<ConfigError>(HasSubstr("is a link that leads out of")));
}

TEST_F(RegistryFiles, ReloadedReadsTheFilesAgainAndKeepsWhatWasAdded) {
  write("shop.json", shop);
  const Registry before = Registry::load(path()).with(R"({"dorm": 1, "models": {"Pen": {"fields": {}}}})");
  write("more.json", R"({"dorm": 1, "models": {"Ink": {"fields": {}}}})");
  const Registry after = before.reloaded();
  EXPECT_EQ(before.find("Ink"), nullptr);
  EXPECT_NE(after.find("Ink"), nullptr);
  EXPECT_NE(after.find("Pen"), nullptr);
  EXPECT_GT(after.generation(), before.generation());
}

TEST_F(RegistryFiles, ThreadsReadOnWhileReloadsSucceedAndFail) {
  write("shop.json", shop);
  std::mutex guard;  // of current
  Registry current = Registry::load(path());
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const Registry mine = [&] {
          const std::lock_guard<std::mutex> lock(guard);
          return current;
        }();
        const ModelInfo* book = mine.find("Book");
        if (book == nullptr || mine.model(book->find_relation("author")->target).name != "Author") ++wrong;
      }
    });
  }
  int failed = 0;
  for (int i = 0; i < 40; ++i) {
    write("shop.json", i % 2 == 0 ? "{ broken" : shop);
    try {
      Registry next = current.reloaded();
      const std::lock_guard<std::mutex> lock(guard);
      current = std::move(next);
    } catch (const SchemaError&) {
      ++failed;
    }
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(failed, 20);
}

TEST(Registry, OfNoSourcesHasNoModels) {
  EXPECT_TRUE(Registry::parse(std::span<const SchemaText>{}).models().empty());
  EXPECT_TRUE(Registry::load(std::span<const std::filesystem::path>{}).models().empty());
  EXPECT_TRUE(Registry().reloaded().models().empty());
  EXPECT_EQ(Registry().with(R"({"dorm": 1, "models": {"Pen": {"fields": {}}}})").models().size(), 1U);
}

}  // namespace
}  // namespace dorm
