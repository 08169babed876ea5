// A version that counts the changes of a row: whoever writes an older state of it than there is now is told so.
#include <atomic>
#include <thread>

#include "api/world.hpp"

namespace dorm::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr const char* versioned = R"({"dorm": 1, "models": {
  "Folder": {"fields": {"name": {"type": "text"}}},
  "Note": {"fields": {"title": {"type": "text"}, "hits": {"type": "integer", "default": 0},
      "revision": {"type": "integer"},
      "folder": {"type": "foreign_key", "to": "Folder", "nullable": true, "backref": "notes"}},
    "version_field": "revision"}}})";

class Versions : public Api {
 protected:
  std::int64_t stored_version(const Row& row) const { return note.get(row["id"].integer())["revision"].integer(); }

  Database db = open(versioned);
  Model note = db["Note"], folder = db["Folder"];
};
DORM_API_TESTS(Versions);

TEST_P(Versions, BeginWithOneAndCountUp) {
  const Row row = note.create({{"title", "a"}});
  EXPECT_EQ(row["revision"].integer(), 1);
  EXPECT_EQ(stored_version(row), 1);
  EXPECT_EQ(note.create({{"title", "b"}, {"revision", 7}})["revision"].integer(), 7);
  QueryCount count(db);
  for (const char* title : {"c", "d"}) {
    row.set("title", title);
    EXPECT_TRUE(row.save());
  }
  EXPECT_EQ(count.count(), 2U);
  EXPECT_EQ(row["revision"].integer(), 3);
  EXPECT_FALSE(row.is_dirty());
  EXPECT_EQ(stored_version(row), 3);
}

TEST_P(Versions, AStaleRowIsNotSaved) {
  const Row first = note.create({{"title", "a"}});
  const Row second = note.get(first["id"].integer());
  first.set("title", "b");
  first.save();
  second.set("title", "c");
  EXPECT_THAT([&] { second.save(); },
              ThrowsMessage<StaleRow>(AllOf(HasSubstr("'Note'"), HasSubstr("key 1 "), HasSubstr("load(true)"))));
  EXPECT_THAT(second.dirty_fields(), ElementsAre("title"));
  EXPECT_EQ(second["revision"].integer(), 1);
  EXPECT_THROW(second.save(), StaleRow) << "it does not become right by itself";
  EXPECT_EQ(note.get(1)["title"].text(), "b");
  second.load(true);
  second.set("title", "c");
  EXPECT_TRUE(second.save());
  EXPECT_EQ(note.get(1)["title"].text(), "c");
  EXPECT_EQ(stored_version(first), 3);
}

TEST_P(Versions, AStaleRowIsNotDeleted) {
  const Row first = note.create({{"title", "a"}});
  const Row second = note.get(1);
  first.set("title", "b");
  first.save();
  EXPECT_THROW(second.delete_row(), StaleRow);
  EXPECT_TRUE(second.is_saved());
  first.delete_row();
  EXPECT_EQ(note.count(), 0);
  EXPECT_THROW(second.delete_row(), StaleRow) << "gone is changed, too";
  second.set("title", "c");
  EXPECT_THROW(second.save(), StaleRow);
  EXPECT_THROW(second.load(true), NotFound);
}

TEST_P(Versions, AreTakenBackByARollback) {
  const Row row = note.create({{"title", "a"}});
  {
    Transaction tx = db.transaction();
    for (const char* title : {"b", "c"}) {
      row.set("title", title);
      row.save();
    }
    EXPECT_EQ(row["revision"].integer(), 3);
    tx.rollback();
  }
  EXPECT_EQ(row["revision"].integer(), 1);
  EXPECT_THAT(row.dirty_fields(), ElementsAre("title"));
  EXPECT_TRUE(row.save());
  EXPECT_EQ(row["revision"].integer(), 2);
  EXPECT_EQ(stored_version(row), 2);
}

TEST_P(Versions, AreTakenBackByARollbackToASavepoint) {
  const Row row = note.create({{"title", "a"}});
  Transaction outer = db.transaction();
  row.set("title", "b");
  row.save();
  {
    Transaction inner = db.transaction();
    row.set("title", "c");
    row.save();
    inner.rollback();
  }
  EXPECT_EQ(row["revision"].integer(), 2);
  row.save();
  outer.commit();
  EXPECT_EQ(row["revision"].integer(), 3);
  EXPECT_EQ(stored_version(row), 3);
}

TEST_P(Versions, OfADeletedRowComeBackWithIt) {
  const Row row = note.create({{"title", "a"}});
  Transaction tx = db.transaction();
  row.delete_row();
  EXPECT_THROW(row.set("revision", 5), QueryError);
  tx.rollback();
  row.set("title", "b");
  EXPECT_TRUE(row.save());
  EXPECT_EQ(stored_version(row), 2);
}

TEST_P(Versions, OfANewRowAreItsOwnAgainAfterARollback) {
  Row row;
  {
    const Transaction tx = db.transaction();
    row = note.create({{"title", "a"}});
    row.set("title", "b");
    row.save();
  }
  EXPECT_FALSE(row.is_saved());
  row.save();
  EXPECT_EQ(stored_version(row), row["revision"].integer());
  row.set("title", "c");
  EXPECT_TRUE(row.save());
}

TEST_P(Versions, AStaleRowLeavesTheTransactionUsable) {
  const Row first = note.create({{"title", "a"}});
  const Row second = note.get(1);
  first.set("title", "b");
  first.save();
  Transaction tx = db.transaction();
  second.set("title", "c");
  EXPECT_THROW(second.save(), StaleRow);
  second.load(true);
  second.set("hits", 9);
  second.save();
  tx.commit();
  EXPECT_EQ(note.get(1)["title"].text(), "b");
  EXPECT_EQ(note.get(1)["hits"].integer(), 9);
}

TEST_P(Versions, AreNotSetByHand) {
  const Row row = note.create({{"title", "a"}});
  EXPECT_THAT([&] { row.set("revision", 5); }, ThrowsMessage<QueryError>(HasSubstr("counts the changes")));
  EXPECT_FALSE(row.is_dirty());
  EXPECT_THAT(
      [&] {
        note.objects().filter("title", "a").update({{"revision", 5}});
      },
      ThrowsMessage<QueryError>(HasSubstr("counts the changes")));
  EXPECT_THROW(note.create({{"title", "b"}, {"revision", nullptr}}), DataError);
  EXPECT_EQ(row.copy()["revision"].is_loaded(), false) << "a copy is a row of its own";
  EXPECT_TRUE(row.copy().save());
}

TEST_P(Versions, AreCountedUpByUpdatesOfManyRows) {
  const Row row = note.create({{"title", "a"}});
  note.create({{"title", "b"}});
  QueryCount count(db);
  EXPECT_EQ(note.objects().filter("title", "a").update({{"hits", 1}}), 1);
  EXPECT_EQ(note.select().where(note["title"] == "a").update({{"hits", note["hits"] + 1}}), 1);
  EXPECT_EQ(note.update_every({{"hits", 0}}), 2);
  EXPECT_EQ(count.count(), 3U);
  EXPECT_EQ(stored_version(row), 4);
  EXPECT_EQ(note.get(2)["revision"].integer(), 2);
  row.set("title", "c");
  EXPECT_THROW(row.save(), StaleRow);
}

TEST_P(Versions, AreCountedUpByCollections) {
  const Row top = folder.create({{"name", "f"}});
  const Row row = top.related("notes").create({{"title", "a"}});
  EXPECT_EQ(row["revision"].integer(), 1);
  top.related("notes").remove(row);
  EXPECT_EQ(row["revision"].integer(), 2);
  top.related("notes").add(row);
  top.related("notes").clear();
  EXPECT_EQ(stored_version(row), 4);
  row.set("title", "b");
  EXPECT_THROW(row.save(), StaleRow);
}

TEST_P(Versions, HoldForSaveRelated) {
  const Row top = folder.create({{"name", "f"}});
  for (const char* title : {"a", "b"}) top.related("notes").create({{"title", title}});
  const Row loaded = folder.objects().prefetch_related("notes").get();
  const Rows notes = loaded.related("notes").rows();
  loaded.set("name", "g");
  notes[0].set("title", "c");
  notes[1].set("title", "d");
  note.objects().filter("title", "b").update({{"hits", 1}});
  EXPECT_THROW(save_related(loaded), StaleRow);
  EXPECT_EQ(folder.get(1)["name"].text(), "f") << "nothing was saved";
  EXPECT_EQ(notes[0]["revision"].integer(), 1);
  EXPECT_TRUE(notes[0].is_dirty());
  notes[1].load(true);
  notes[1].set("title", "d");
  EXPECT_EQ(save_related(loaded), 3);
  EXPECT_EQ(notes[0]["revision"].integer(), 2);
  EXPECT_EQ(notes[1]["revision"].integer(), 3);
}

TEST_P(Versions, OfNewRowsInBulkAreOne) {
  const Row top = folder.from_json(R"({"name": "f", "notes": [{"title": "a"}, {"title": "b", "revision": 4}]})");
  EXPECT_EQ(save_related(top), 3);
  EXPECT_THAT(texts(note.select().order_by(note["id"]), "revision"), ElementsAre("1", "4"));
}

TEST_P(Versions, InJsonSayWhichStateWasChanged) {
  const Row top = folder.create({{"name", "f"}});
  const Row row = top.related("notes").create({{"title", "a"}});
  const auto from_client = [&](const char* version) {
    return folder.from_json(std::string(R"({"name": "g", "notes": [{"id": 1, "title": "b", "revision": )") + version +
                            "}]}");
  };
  row.set("hits", 1);
  row.save();
  EXPECT_THROW(save_related(from_client("1")), StaleRow);
  EXPECT_EQ(save_related(from_client("2")), 2);
  EXPECT_EQ(note.get(1)["title"].text(), "b");
  EXPECT_EQ(stored_version(row), 3);
}

TEST_P(Versions, ComeWithTheKeyWhateverIsSelected) {
  note.create({{"title", "a"}});
  const Row row = note.objects().fields("title").get();
  EXPECT_TRUE(row.is_loaded("revision"));
  row.set("title", "b");
  EXPECT_TRUE(row.save());
  const Row narrow = note.select(note["id"], note["title"]).get();
  EXPECT_THAT([&] { narrow["revision"].integer(); }, ThrowsMessage<StateError>(HasSubstr("not loaded with its row")))
      << "one of today, beside a title of yesterday, would say nothing";
  narrow.set("title", "c");
  EXPECT_THAT([&] { narrow.save(); }, ThrowsMessage<StateError>(HasSubstr("'Note.revision' was not loaded")));
  narrow.load(true);
  narrow.set("title", "c");
  EXPECT_TRUE(narrow.save());
}

TEST_P(Versions, ARefreshedRowIsNotStale) {
  const Row row = note.create({{"title", "a"}});
  note.objects().filter("title", "a").update({{"hits", 1}});
  row.load();
  row.set("title", "b");
  EXPECT_TRUE(row.save());
  EXPECT_EQ(row["revision"].integer(), 3);
}

TEST_P(Versions, LoseNoWriteOfManyThreads) {
  note.create({{"title", "a"}});
  constexpr int threads = 3;
  constexpr int rounds = 10;
  std::atomic<int> stale = 0;
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&] {
      for (int done = 0; done < rounds;) {
        const Row row = note.get(1);
        row.set("hits", row["hits"].integer() + 1);
        try {
          row.save();
          ++done;
        } catch (const StaleRow&) {
          ++stale;
        } catch (const Error& error) {
          if (!error.retryable()) throw;
        }
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(note.get(1)["hits"].integer(), threads * rounds) << stale << " were stale";
  EXPECT_EQ(note.get(1)["revision"].integer(), threads * rounds + 1);
}

TEST_P(Versions, AreNoPartOfTheTable) {
  const std::string with = versioned;
  std::string without = with;
  const std::string key = R"(,
    "version_field": "revision")";
  ASSERT_NE(without.find(key), std::string::npos);
  without.erase(without.find(key), key.size());
  const Registry one = Registry::parse(with), other = Registry::parse(without);
  EXPECT_EQ(one.storage_hash(), other.storage_hash());
  EXPECT_NE(one.registry_hash(), other.registry_hash());
  const ModelInfo& info = one.get("Note");
  ASSERT_NE(info.version_field, no_index);
  EXPECT_EQ(info.fields[info.version_field].name, "revision");
  EXPECT_EQ(other.get("Note").version_field, no_index);
}

}  // namespace
}  // namespace dorm::test
