// A row and all that refers to it: what goes, what is let go, in which order, in how few statements.
#include <atomic>
#include <stdexcept>
#include <thread>

#include "api/world.hpp"
#include "dorm/query_set.hpp"

namespace dorm::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::ThrowsMessage;

constexpr const char* catalogue = R"({"dorm": 1, "models": {
  "Category": {"fields": {"name": {"type": "text"},
      "parent": {"type": "foreign_key", "to": "self", "nullable": true, "backref": "children"}}},
  "Item": {"fields": {"title": {"type": "text"},
      "category": {"type": "foreign_key", "to": "Category", "backref": "items"},
      "labels": {"type": "many_to_many", "to": "Label", "backref": "items"}}},
  "Label": {"fields": {"name": {"type": "text"}}},
  "Review": {"fields": {"text": {"type": "text"},
      "item": {"type": "foreign_key", "to": "Item", "backref": "reviews"},
      "reader": {"type": "foreign_key", "to": "Reader", "nullable": true, "backref": "reviews"}}},
  "Reader": {"fields": {"name": {"type": "text"}}}}})";

// "Item 2/0, Review 3/1": deleted and released.
std::string said(const DeleteReport& report) {
  std::string text;
  for (const DeleteReport::Count& count : report.models) {
    text += (text.empty() ? "" : ", ") + count.model + " " + std::to_string(count.deleted) + "/" +
            std::to_string(count.released);
  }
  return text;
}

DeleteOptions all_of_them() {
  DeleteOptions options;
  options.delete_nullable = true;
  return options;
}
DeleteOptions only_asking(DeleteOptions options = {}) {
  options.dry_run = true;
  return options;
}

class RecursiveDelete : public Api {
 protected:
  // A category with `items` items, each with a review by the reader and a label, and a child category.
  Row fill(const Database& db, int items) {
    const Row top = db["Category"].create({{"name", "top"}});
    const Row child = db["Category"].create({{"name", "child"}, {"parent", top}});
    const Row reader = db["Reader"].create({{"name", "huey"}});
    const Row label = db["Label"].create({{"name", "new"}});
    for (int i = 0; i < items; ++i) {
      const Row item = db["Item"].create({{"title", std::to_string(i)}, {"category", top}});
      item.related("labels").add(label);
      db["Review"].create({{"text", "good"}, {"item", item}, {"reader", reader}});
    }
    db["Item"].create({{"title", "other"}, {"category", child}});
    return top;
  }
};
DORM_API_TESTS(RecursiveDelete);

TEST_P(RecursiveDelete, TakesDependentsAlongAndLetsGoOfWhoCanStay) {
  const Database db = open(catalogue);
  const Row top = fill(db, 2);
  const DeleteReport report = delete_recursive(top);
  EXPECT_EQ(report.deleted(), 1 + 2 + 2 + 2) << said(report);
  EXPECT_EQ(report.released(), 1) << said(report);
  EXPECT_THAT(said(report), HasSubstr("Category 1/1, Item 2/0"));
  EXPECT_THAT(said(report), HasSubstr("Review 2/0"));
  EXPECT_FALSE(top.is_saved());
  EXPECT_THAT(texts(db["Category"].all(), "name"), ElementsAre("child"));
  EXPECT_TRUE(db["Category"].all()[0]["parent"].is_null());
  EXPECT_THAT(texts(db["Item"].all(), "title"), ElementsAre("other")) << "who is let go is not descended into";
  EXPECT_EQ(db["Review"].count(), 0);
  EXPECT_EQ(db["Label"].count(), 1);
  EXPECT_EQ(db["Label"].all()[0].related("items").count(), 0);
}

TEST_P(RecursiveDelete, TakesAlsoWhoCouldStayIfTold) {
  const Database db = open(catalogue);
  const Row top = fill(db, 2);
  const DeleteReport report = delete_recursive(top, all_of_them());
  EXPECT_THAT(said(report), HasSubstr("Category 2/0, Item 3/0"));
  for (const char* model : {"Category", "Item", "Review"}) EXPECT_EQ(db[model].count(), 0) << model;
  EXPECT_EQ(db["Reader"].count(), 1);
}

TEST_P(RecursiveDelete, ReportsWhatItWouldDoWithoutDoingIt) {
  const Database db = open(catalogue);
  const Row top = fill(db, 3);
  for (const DeleteOptions& options : {all_of_them(), DeleteOptions()}) {
    Transaction tx = db.transaction();
    const std::string before = said(delete_recursive(top, only_asking(options)));
    EXPECT_TRUE(top.is_saved());
    EXPECT_EQ(db["Item"].count(), 4);
    EXPECT_EQ(db["Category"].get(2)["parent_id"].integer(), 1);
    EXPECT_EQ(said(delete_recursive(top, options)), before);
    tx.rollback();
  }
}

TEST_P(RecursiveDelete, TakesAsManyStatementsForManyRowsAsForFew) {
  std::vector<std::size_t> counts;
  for (const int items : {2, 60}) {
    const Database db = open(catalogue);
    const Row top = fill(db, items);
    QueryCount count(db);
    delete_recursive(top);
    counts.push_back(count.count());
    EXPECT_EQ(db["Item"].count(), 1);
  }
  EXPECT_EQ(counts[0], counts[1]);
  EXPECT_LE(counts[0], 15U);
}

TEST_P(RecursiveDelete, IsTakenBackByARollback) {
  const Database db = open(catalogue);
  const Row top = fill(db, 2);
  {
    const Transaction tx = db.transaction();
    delete_recursive(top);
    EXPECT_EQ(db["Review"].count(), 0);
    EXPECT_FALSE(top.is_saved());
  }
  EXPECT_TRUE(top.is_saved());
  EXPECT_EQ(db["Review"].count(), 2);
  top.set("name", "still there");
  EXPECT_TRUE(top.save());
}

TEST_P(RecursiveDelete, RefusesRowsThatAreNotThere) {
  const Database db = open(catalogue);
  EXPECT_THAT(
      [&] {
        delete_recursive(db["Label"].make({{"name", "x"}}));
      },
      ThrowsMessage<StateError>(HasSubstr("not saved")));
  const Row row = db["Label"].create({{"name", "x"}}), same = db["Label"].get(1);
  delete_recursive(row);
  EXPECT_THROW(delete_recursive(same), NotFound);
  EXPECT_THROW(delete_recursive(row), StateError);
  EXPECT_TRUE(same.is_saved());
}

TEST_P(RecursiveDelete, TellsOfTheRowItself) {
  const Database db = open(catalogue);
  const Row top = fill(db, 1);
  int items = 0;
  std::vector<std::string> told;
  const auto dependents = db.on(Signal::before_delete, "Item", [&](const SignalEvent&) { ++items; });
  const auto before = db.on(Signal::before_delete, "Category",
                            [&](const SignalEvent& event) { told.push_back("before " + event.row["name"].to_text()); });
  const auto after = db.on(Signal::after_delete, "Category",
                           [&](const SignalEvent& event) { told.push_back("after " + event.row["name"].to_text()); });
  delete_recursive(top, only_asking());
  EXPECT_THAT(told, IsEmpty());
  delete_recursive(top);
  EXPECT_THAT(told, ElementsAre("before top", "after top"));
  EXPECT_EQ(items, 0);
}

TEST_P(RecursiveDelete, IsVetoedBeforeAnythingIsSent) {
  const Database db = open(catalogue);
  const Row top = fill(db, 1);
  const auto handle =
      db.on(Signal::before_delete, "Category", [](const SignalEvent&) { throw std::runtime_error("no"); });
  QueryCount count(db);
  EXPECT_THROW(delete_recursive(top), std::runtime_error);
  EXPECT_EQ(count.count(), 0U);
  EXPECT_TRUE(top.is_saved());
}

TEST_P(RecursiveDelete, OfOneRowByManyThreadsHappensOnce) {
  const Database db = open(catalogue);
  fill(db, 5);
  std::atomic<int> deleted = 0;
  std::vector<std::thread> running;
  for (int i = 0; i < 3; ++i) {
    running.emplace_back([&] {
      try {
        const std::optional<Row> row = db["Category"].get_or_none(1);
        if (!row) return;
        delete_recursive(*row);
        ++deleted;
      } catch (const Error&) {
        // NotFound, or whatever a database says to two writers of one row
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  EXPECT_EQ(deleted, 1);
  EXPECT_THAT(texts(db["Category"].all(), "name"), ElementsAre("child"));
}

// ---- rows that refer to rows of their own model ----

TEST_P(RecursiveDelete, GoesDownAChainOfOneModel) {
  const Database db = open(catalogue);
  const Model category = db["Category"];
  std::vector<Row> chain{category.create({{"name", "0"}})};
  for (int i = 1; i <= 5; ++i) {
    chain.push_back(category.create({{"name", std::to_string(i)}, {"parent", chain.back()}}));
    db["Item"].create({{"title", std::to_string(i)}, {"category", chain.back()}});
  }
  const Row other = category.create({{"name", "other"}});
  EXPECT_EQ(said(delete_recursive(chain[2], only_asking())), "Category 1/1, Item 1/0");
  EXPECT_EQ(said(delete_recursive(chain[2], all_of_them())), "Category 4/0, Item 4/0");
  EXPECT_THAT(texts(category.select().order_by(category["id"]), "name"), ElementsAre("0", "1", "other"));
  EXPECT_THAT(texts(db["Item"].all(), "title"), ElementsAre("1"));
}

TEST_P(RecursiveDelete, BreaksCirclesOfKeysThatMayBeNull) {
  const Database db = open(catalogue);
  const Model category = db["Category"];
  const Row a = category.create({{"name", "a"}}), b = category.create({{"name", "b"}, {"parent", a}}),
            c = category.create({{"name", "c"}, {"parent", b}}), self = category.create({{"name", "self"}});
  a.set("parent", c);
  a.save();
  self.set("parent", self);
  self.save();
  EXPECT_EQ(said(delete_recursive(self)), "Category 1/0");
  EXPECT_EQ(said(delete_recursive(a, only_asking())), "Category 1/1");
  EXPECT_EQ(said(delete_recursive(a, all_of_them())), "Category 3/0");
  EXPECT_EQ(category.count(), 0);
}

// Keys that may not be null, checked at once, with a database that would refuse what is out of order.
TEST_P(RecursiveDelete, GoesFromTheLeavesOfATree) {
  for (const char* action : {"no_action", "restrict"}) {
    const Database db = open(std::string(R"({"dorm": 1, "models": {"Branch": {"fields": {"name": {"type": "text"},
      "trunk": {"type": "foreign_key", "to": "self", "backref": "branches", "on_delete": ")") +
                             action + R"("}}}}})");
    const Model branch = db["Branch"];
    branch.create({{"id", 1}, {"name", "root"}, {"trunk", 1}});
    branch.create({{"id", 2}, {"name", "other"}, {"trunk", 2}});
    for (int i = 3; i <= 12; ++i) branch.create({{"id", i}, {"name", "x"}, {"trunk", i < 7 ? 1 : i - 3}});
    EXPECT_EQ(said(delete_recursive(branch.get(4))), "Branch 3/0") << action;
    EXPECT_EQ(branch.count(), 9) << action;
    if (std::string(action) == "restrict") continue;  // which a row that refers to itself may not get past
    EXPECT_EQ(said(delete_recursive(branch.get(1))), "Branch 8/0") << action;
    EXPECT_THAT(texts(branch.all(), "name"), ElementsAre("other"));
  }
}

// ---- circles of models ----

TEST_P(RecursiveDelete, BreaksCirclesOfModels) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Company": {"fields": {"name": {"type": "text"},
        "head": {"type": "foreign_key", "to": "Worker", "nullable": true, "backref": "heads"}}},
    "Worker": {"fields": {"name": {"type": "text"},
        "company": {"type": "foreign_key", "to": "Company", "backref": "workers"}}}}})");
  const Row company = db["Company"].create({{"name", "c"}}), other = db["Company"].create({{"name", "o"}});
  const Row head = db["Worker"].create({{"name", "h"}, {"company", company}});
  db["Worker"].create({{"name", "w"}, {"company", company}});
  for (const Row& row : {company, other}) {
    row.set("head", head);
    row.save();
  }
  EXPECT_EQ(said(delete_recursive(company, only_asking())), "Company 1/1, Worker 2/0");
  EXPECT_EQ(said(delete_recursive(company)), "Company 1/1, Worker 2/0");
  EXPECT_THAT(texts(db["Company"].all(), "name"), ElementsAre("o"));
  EXPECT_EQ(db["Worker"].count(), 0);
}

TEST_P(RecursiveDelete, LeavesCirclesThatAreCheckedAtTheEndToTheDatabase) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Bolt": {"fields": {"name": {"type": "text"},
        "nut": {"type": "foreign_key", "to": "Nut", "backref": "bolts", "deferrable": "initially_deferred"}}},
    "Nut": {"fields": {"name": {"type": "text"},
        "bolt": {"type": "foreign_key", "to": "Bolt", "backref": "nuts", "deferrable": "initially_deferred"}}}}})");
  Transaction tx = db.transaction();
  db["Bolt"].create({{"id", 1}, {"name", "k"}, {"nut", 1}});
  db["Nut"].create({{"id", 1}, {"name", "l"}, {"bolt", 1}});
  tx.commit();
  EXPECT_EQ(said(delete_recursive(db["Bolt"].get(1))), "Bolt 1/0, Nut 1/0");
  EXPECT_EQ(db["Nut"].count(), 0);
}

// ---- keys ----

TEST_P(RecursiveDelete, FollowsKeysOfSeveralColumns) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Store": {"fields": {"country": {"type": "string", "max_length": 2}, "number": {"type": "integer"}},
              "primary_key": ["country", "number"]},
    "Sale": {"fields": {
      "store": {"type": "foreign_key", "to": "Store", "columns": {"store_country": "country", "store_number": "number"},
                "backref": "sales"},
      "origin": {"type": "foreign_key", "to": "Store", "columns": {"origin_country": "country", "origin_number": "number"},
                 "nullable": true, "backref": "sent"}}},
    "Line": {"fields": {"sale": {"type": "foreign_key", "to": "Sale", "backref": "lines"}}}}})");
  const Model store = db["Store"], sale = db["Sale"], line = db["Line"];
  const Row one = store.create({{"country", "de"}, {"number", 1}}),
            two = store.create({{"country", "de"}, {"number", 2}});
  const Row goes = sale.create({{"store", one}, {"origin", two}}),
            stays = sale.create({{"store", two}, {"origin", one}});
  for (int i = 0; i < 3; ++i) line.create({{"sale", goes}});
  line.create({{"sale", stays}});
  EXPECT_EQ(said(delete_recursive(one)), "Line 3/0, Sale 1/1, Store 1/0");
  EXPECT_EQ(line.count(), 1);
  const Row left = sale.objects().load_required(false).get();
  EXPECT_EQ(left, stays);
  EXPECT_TRUE(left["origin_country"].is_null());
  EXPECT_TRUE(left["origin_number"].is_null());
  EXPECT_EQ(left["store_number"].integer(), 2);
}

TEST_P(RecursiveDelete, TakesManyKeysOfSeveralColumns) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Plan": {"fields": {"name": {"type": "text"}}},
    "Step": {"fields": {"number": {"type": "integer"}, "plan": {"type": "foreign_key", "to": "Plan", "backref": "steps"}},
             "primary_key": ["plan", "number"]},
    "Mark": {"fields": {"step": {"type": "foreign_key", "to": "Step", "backref": "marks",
                                 "columns": {"step_plan": "plan", "step_number": "number"}}}}}})");
  const Row plan = db["Plan"].create({{"name", "p"}}), other = db["Plan"].create({{"name", "o"}});
  db["Step"].create({{"plan", other}, {"number", 1}});
  db.run_transaction([&](Transaction&) {
    for (int i = 0; i < 600; ++i) {
      const Row step = db["Step"].create({{"plan", plan}, {"number", i}});
      if (i % 100 == 0) db["Mark"].create({{"step", step}});
    }
  });
  EXPECT_EQ(said(delete_recursive(plan)), "Mark 6/0, Plan 1/0, Step 600/0");
  EXPECT_EQ(db["Step"].count(), 1);
}

TEST_P(RecursiveDelete, FollowsKeysThatAreNotThePrimaryOne) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Country": {"fields": {"code": {"type": "text", "unique": true, "nullable": true}}},
    "City": {"fields": {"name": {"type": "text"},
        "country": {"type": "foreign_key", "to": "Country", "to_field": "code", "backref": "cities"}}}}})");
  const Row de = db["Country"].create({{"code", "de"}}), none = db["Country"].create({});
  db["Country"].create({{"code", "fr"}});
  for (const char* code : {"de", "fr", "de"}) db["City"].create({{"name", code}, {"country", code}});
  EXPECT_EQ(said(delete_recursive(de)), "City 2/0, Country 1/0");
  EXPECT_EQ(said(delete_recursive(none)), "Country 1/0");
  EXPECT_EQ(db["City"].count(), 1);
}

// ---- versions ----

TEST_P(RecursiveDelete, HoldsToVersions) {
  const Database db = open(R"({"dorm": 1, "models": {
    "Topic": {"fields": {"name": {"type": "text"}, "revision": {"type": "bigint"}}, "version_field": "revision"},
    "Post": {"fields": {"revision": {"type": "bigint"},
        "topic": {"type": "foreign_key", "to": "Topic", "nullable": true, "backref": "posts"}}, "version_field": "revision"}}})");
  const Row topic = db["Topic"].create({{"name", "t"}}), same = db["Topic"].get(1);
  const Row post = db["Post"].create({{"topic", topic}});
  topic.set("name", "u");
  topic.save();
  EXPECT_THROW(delete_recursive(same), StaleRow);
  EXPECT_EQ(db["Post"].count(), 1);
  EXPECT_EQ(said(delete_recursive(topic)), "Post 0/1, Topic 1/0");
  EXPECT_EQ(db["Post"].get(1)["revision"].integer(), 2);
  post.set("topic", nullptr);
  EXPECT_THROW(post.save(), StaleRow);
}

}  // namespace
}  // namespace dorm::test
