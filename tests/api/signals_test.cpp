// Who is told of a write, when, and what a veto leaves behind.
#include <atomic>
#include <stdexcept>
#include <thread>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Throws;
using ::testing::ThrowsMessage;
using ::testing::UnorderedElementsAre;

constexpr const char* listened = R"({"dorm": 1, "models": {
  "Shelf": {"fields": {"name": {"type": "text"}}},
  "Book": {"fields": {"title": {"type": "text"}, "pages": {"type": "integer", "default": 1},
    "slug": {"type": "text"},
    "shelf": {"type": "foreign_key", "to": "Shelf", "nullable": true, "backref": "books"},
    "tags": {"type": "many_to_many", "to": "Tag", "backref": "books"}}},
  "Tag": {"fields": {"name": {"type": "text"}}}}})";

struct Veto : std::runtime_error {
  Veto() : std::runtime_error("not this one") {}
};

std::string signal_name(Signal signal) {
  switch (signal) {
    case Signal::before_save:
      return "before_save";
    case Signal::after_save:
      return "after_save";
    case Signal::before_delete:
      return "before_delete";
    case Signal::after_delete:
      return "after_delete";
    case Signal::before_add:
      return "before_add";
    case Signal::after_add:
      return "after_add";
    case Signal::before_remove:
      return "before_remove";
    case Signal::after_remove:
      return "after_remove";
  }
  return {};
}

class Signalled : public Api {
 protected:
  // Writes down what it is told, as "before_save Book created title,slug".
  void listen(Signal signal, const char* model) {
    handles.push_back(db.on(signal, model, [this](const SignalEvent& event) {
      std::string line = signal_name(event.signal) + " " + event.row.model()->name;
      if (event.created) line += " created";
      for (std::size_t i = 0; i < event.fields.size(); ++i) line += (i == 0 ? " " : ",") + event.fields[i];
      if (!event.relation.empty()) line += " " + std::string(event.relation) + " " + std::to_string(event.rows.size());
      told.push_back(line);
    }));
  }
  void listen_to_saves(const char* model) {
    listen(Signal::before_save, model);
    listen(Signal::after_save, model);
  }
  std::shared_ptr<void> veto(Signal signal, const char* model) const {
    return db.on(signal, model, [](const SignalEvent&) { throw Veto(); });
  }

  Database db = open(listened);
  Model shelf = db["Shelf"], book = db["Book"], tag = db["Tag"];
  std::vector<std::string> told;
  std::vector<std::shared_ptr<void>> handles;
};
DORM_API_TESTS(Signalled);

TEST_P(Signalled, SavesAreToldBeforeAndAfterWithWhatIsWritten) {
  listen_to_saves("Book");
  const Row row = book.create({{"title", "A"}, {"slug", "a"}});
  EXPECT_THAT(told,
              ElementsAre("before_save Book created title,pages,slug", "after_save Book created title,pages,slug"));
  told.clear();
  row.set("title", "B");
  row.save();
  EXPECT_THAT(told, ElementsAre("before_save Book title", "after_save Book title"));
  told.clear();
  EXPECT_FALSE(row.save()) << "nothing to save, nothing to tell";
  shelf.create({{"name", "S"}});
  EXPECT_THAT(told, IsEmpty()) << "another model";
}

TEST_P(Signalled, TheRowHasItsKeyAfterwards) {
  std::vector<std::string> seen;
  const auto before = db.on(Signal::before_save, "Tag",
                            [&](const SignalEvent& event) { seen.push_back(event.row.is_saved() ? "saved" : "new"); });
  const auto after = db.on(Signal::after_save, "Tag", [&](const SignalEvent& event) {
    seen.push_back(event.row["id"].to_text() + (event.row.is_dirty() ? " dirty" : " clean"));
  });
  tag.create({{"name", "x"}});
  EXPECT_THAT(seen, ElementsAre("new", "1 clean"));
}

TEST_P(Signalled, HandlersRunInTheirOrderAndMayChangeTheRow) {
  const auto first = db.on(Signal::before_save, "Book", [](const SignalEvent& event) {
    event.row.set("slug", "slug of " + std::string(event.row["title"].text()));
  });
  listen_to_saves("Book");
  const Row row = book.create({{"title", "A"}});
  EXPECT_EQ(book.get(row["id"].integer())["slug"].text(), "slug of A") << "required, and given by the handler";
  EXPECT_THAT(told,
              ElementsAre("before_save Book created title,pages,slug", "after_save Book created title,pages,slug"));
  told.clear();
  row.set("title", "B");
  QueryCount count(db);
  row.save();
  EXPECT_EQ(count.count(), 1U);
  EXPECT_THAT(told, ElementsAre("before_save Book title,slug", "after_save Book title,slug"));
  EXPECT_FALSE(row.is_dirty());
  EXPECT_EQ(book.get(row["id"].integer())["slug"].text(), "slug of B");
}

TEST_P(Signalled, AVetoSendsNothingAndLeavesTheRowDirty) {
  const Row row = book.create({{"title", "A"}, {"slug", "a"}});
  std::shared_ptr<void> handle = veto(Signal::before_save, "Book");
  listen(Signal::before_save, "Book");
  row.set("title", "B");
  QueryCount count(db);
  EXPECT_THAT([&] { row.save(); }, Throws<Veto>());
  EXPECT_THAT([&] { book.create({{"title", "C"}, {"slug", "c"}}); }, Throws<Veto>());
  EXPECT_EQ(count.count(), 0U);
  EXPECT_THAT(told, IsEmpty()) << "those registered later are not asked any more";
  EXPECT_THAT(row.dirty_fields(), ElementsAre("title"));
  handle.reset();
  EXPECT_TRUE(row.save());
  EXPECT_EQ(book.get(row["id"].integer())["title"].text(), "B");
}

TEST_P(Signalled, AVetoOfADeleteLeavesTheRow) {
  const Row row = tag.create({{"name", "x"}});
  std::shared_ptr<void> handle = veto(Signal::before_delete, "Tag");
  QueryCount count(db);
  EXPECT_THAT([&] { row.delete_row(); }, Throws<Veto>());
  EXPECT_EQ(count.count(), 0U);
  EXPECT_TRUE(row.is_saved());
  handle.reset();
  listen(Signal::before_delete, "Tag");
  listen(Signal::after_delete, "Tag");
  row.delete_row();
  EXPECT_THAT(told, ElementsAre("before_delete Tag", "after_delete Tag"));
  EXPECT_EQ(tag.count(), 0);
}

TEST_P(Signalled, AVetoLeavesATransactionUsable) {
  const auto handle = veto(Signal::before_save, "Tag");
  Transaction tx = db.transaction();
  shelf.create({{"name", "S"}});
  EXPECT_THAT([&] { tag.create({{"name", "x"}}); }, Throws<Veto>());
  shelf.create({{"name", "T"}});
  tx.commit();
  EXPECT_EQ(shelf.count(), 2);
}

TEST_P(Signalled, HandlersRunInTheTransactionOfTheWrite) {
  const auto handle = db.on(Signal::after_save, "Book", [&](const SignalEvent& event) {
    shelf.create({{"name", event.row["title"].text()}});
  });
  {
    const Transaction tx = db.transaction();
    book.create({{"title", "A"}, {"slug", "a"}});
    EXPECT_EQ(shelf.count(), 1);
  }
  EXPECT_EQ(shelf.count(), 0);
  book.create({{"title", "A"}, {"slug", "a"}});
  EXPECT_EQ(shelf.count(), 1);
}

TEST_P(Signalled, AnExceptionAfterwardsIsUndoneByTheTransactionOnly) {
  const auto handle = veto(Signal::after_save, "Tag");
  EXPECT_THAT([&] { tag.create({{"name", "stays"}}); }, Throws<Veto>());
  EXPECT_EQ(tag.count(), 1);
  EXPECT_THAT([&] { db.run_transaction([&](Transaction&) { tag.create({{"name", "goes"}}); }); }, Throws<Veto>());
  EXPECT_EQ(tag.count(), 1);
}

TEST_P(Signalled, SaveRelatedTellsOfEachRowBeforeTheFirstStatement) {
  listen_to_saves("Shelf");
  listen_to_saves("Book");
  const Row row =
      shelf.from_json(R"({"name": "S", "books": [{"title": "A", "slug": "a"}, {"title": "B", "slug": "b"}]})");
  EXPECT_EQ(save_related(row), 3);
  ASSERT_EQ(told.size(), 6U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_THAT(told[i], HasSubstr("before_save"));
  EXPECT_THAT(std::vector<std::string>(told.begin() + 3, told.end()),
              UnorderedElementsAre("after_save Shelf created name", "after_save Book created title,pages,slug,shelf_id",
                                   "after_save Book created title,pages,slug,shelf_id"));
  told.clear();
  row.related("books")[1].set("title", "C");
  EXPECT_EQ(save_related(row), 1);
  EXPECT_THAT(told, ElementsAre("before_save Book title", "after_save Book title"));
}

TEST_P(Signalled, SaveRelatedIsVetoedAsAWhole) {
  const auto handle = db.on(Signal::before_save, "Book", [](const SignalEvent& event) {
    if (event.row["title"].text() == "B") throw Veto();
  });
  const Row row =
      shelf.from_json(R"({"name": "S", "books": [{"title": "A", "slug": "a"}, {"title": "B", "slug": "b"}]})");
  QueryCount count(db);
  EXPECT_THAT([&] { save_related(row); }, Throws<Veto>());
  EXPECT_EQ(count.count(), 0U);
  EXPECT_FALSE(row.is_saved());
  row.related("books")[1].set("title", "C");
  EXPECT_EQ(save_related(row), 3);
}

TEST_P(Signalled, SaveRelatedSavesWhatAHandlerChanged) {
  const auto handle =
      db.on(Signal::before_save, "Book", [](const SignalEvent& event) { event.row.set("slug", "by the handler"); });
  const Row row = shelf.from_json(R"({"name": "S", "books": [{"title": "A"}]})");
  EXPECT_EQ(save_related(row), 2);
  EXPECT_THAT(texts(book.all(), "slug"), ElementsAre("by the handler"));
}

TEST_P(Signalled, RowsOfACollectionAreTold) {
  listen_to_saves("Book");
  const Row top = shelf.create({{"name", "S"}});
  const Row made = top.related("books").create({{"title", "A"}, {"slug", "a"}});
  EXPECT_EQ(told.size(), 2U);
  told.clear();
  top.related("books").remove(made);
  EXPECT_THAT(told, ElementsAre("before_save Book shelf_id", "after_save Book shelf_id"));
  told.clear();
  top.related("books").add(made);
  EXPECT_THAT(told, ElementsAre("before_save Book shelf_id", "after_save Book shelf_id"));
}

TEST_P(Signalled, BulkWritesTellNobody) {
  for (const char* model : {"Book", "Tag"}) {
    listen_to_saves(model);
    listen(Signal::before_delete, model);
    listen(Signal::after_delete, model);
  }
  const Row a = book.create({{"title", "A"}, {"slug", "a"}}), x = tag.create({{"name", "x"}});
  told.clear();
  book.objects().filter("title", "A").update({{"title", "B"}});
  book.select().update_every({{"title", "C"}});
  a.related("tags").add(x);
  a.related("tags").clear();
  tag.objects().filter("name", "x").delete_rows();
  book.delete_every();
  EXPECT_THAT(told, IsEmpty());
}

TEST_P(Signalled, CollectionsHaveSignalsOfTheirOwn) {
  for (const Signal signal : {Signal::before_add, Signal::after_add, Signal::before_remove, Signal::after_remove})
    listen(signal, "Book");
  const Row a = book.create({{"title", "A"}, {"slug", "a"}});
  const Row x = tag.create({{"name", "x"}}), y = tag.create({{"name", "y"}});
  a.related("tags").add({x, y});
  a.related("tags").remove(x);
  a.related("tags").create({{"name", "z"}});
  a.related("tags").set({x});
  a.related("tags").clear();
  EXPECT_THAT(told, ElementsAre("before_add Book tags 2", "after_add Book tags 2", "before_remove Book tags 1",
                                "after_remove Book tags 1", "before_add Book tags 1", "after_add Book tags 1",
                                "before_remove Book tags 2", "before_add Book tags 1", "after_remove Book tags 2",
                                "after_add Book tags 1", "before_remove Book tags 0", "after_remove Book tags 0"));
}

TEST_P(Signalled, AVetoOfAnAddLinksNothing) {
  const auto handle = veto(Signal::before_add, "Book");
  const Row a = book.create({{"title", "A"}, {"slug", "a"}}), x = tag.create({{"name", "x"}});
  QueryCount count(db);
  EXPECT_THAT([&] { a.related("tags").add(x); }, Throws<Veto>());
  EXPECT_THAT([&] { a.related("tags").create({{"name", "y"}}); }, Throws<Veto>());
  EXPECT_EQ(count.count(), 0U);
  EXPECT_EQ(tag.count(), 1);
}

TEST_P(Signalled, AHandlerLastsAsLongAsItsHandle) {
  int calls = 0;
  std::shared_ptr<void> handle = db.on(Signal::after_save, "Tag", [&](const SignalEvent&) { ++calls; });
  tag.create({{"name", "x"}});
  handle.reset();
  tag.create({{"name", "y"}});
  EXPECT_EQ(calls, 1);
  // One that takes itself out while it runs.
  handle = db.on(Signal::after_save, "Tag", [&](const SignalEvent&) {
    ++calls;
    handle.reset();
  });
  tag.create({{"name", "z"}});
  tag.create({{"name", "z"}});
  EXPECT_EQ(calls, 2);
}

TEST_P(Signalled, AHandleMayOutliveItsDatabase) {
  std::shared_ptr<void> handle;
  {
    const Database other = Database::open("sqlite::memory:", Registry::parse(listened));
    handle = other.on(Signal::after_save, "Tag", [](const SignalEvent&) {});
  }
  handle.reset();
}

TEST_P(Signalled, HandlersOutliveAReload) {
  listen(Signal::after_save, "Tag");
  db.use(db.registry());
  db["Tag"].create({{"name", "x"}});
  EXPECT_THAT(told, ElementsAre("after_save Tag created name"));
}

TEST_P(Signalled, AnUnknownModelIsRefused) {
  EXPECT_THAT([&] { db.on(Signal::before_save, "Boook", [](const SignalEvent&) {}); },
              ThrowsMessage<Error>(HasSubstr("did you mean 'Book'?")));
  EXPECT_THROW(db.on(Signal::before_save, "Book", nullptr), StateError);
}

TEST_P(Signalled, HandlersComeAndGoUnderWriters) {
  std::atomic<bool> done = false;
  std::atomic<int> calls = 0;
  std::thread writer([&] {
    while (!done) tag.create({{"name", "x"}});
  });
  for (int i = 0; i < 200; ++i) {
    const auto handle = db.on(Signal::before_save, "Tag", [&calls](const SignalEvent&) { ++calls; });
    std::this_thread::yield();
  }
  done = true;
  writer.join();
  const int before = calls;
  tag.create({{"name", "y"}});
  EXPECT_EQ(calls, before);
}

}  // namespace
}  // namespace dorm::test
