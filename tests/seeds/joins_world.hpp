// The worlds of the second seed, "Joins and subqueries": albums and tracks, school classes, companies, in a fresh
// database of each backend. Its code blocks name models and queries; the rows are ours.
//
// What a test reads counts: QueryCount is asked after the lines were made, so that a lazy load would be found out.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "seeds/social_world.hpp"

namespace dorm::test {

// "a, b, c"
template <class Range, class Print>
std::string listed(const Range& rows, Print print) {
  std::string text;
  for (const Row& row : rows) text += (text.empty() ? "" : ", ") + print(row);
  return text;
}
template <class Range>
std::string listed(const Range& rows, const char* field) {
  return listed(rows, [field](const Row& row) { return row[field].to_text(); });
}

// A foreign key without asking the database: a field of the row it leads to, "#7" if only its key is known, or "none".
inline std::string known(const Row& row, const std::string& relation, const char* field) {
  if (row[relation + "_id"].is_null()) return "none";
  return row.is_loaded(relation) ? row[relation][field].to_text() : "#" + row[relation + "_id"].to_text();
}

// The rows that each statement has read.
class RowCount {
 public:
  explicit RowCount(const Database& database)
      : seen_(std::make_shared<Seen>()), registration_(database.add_observer(seen_)) {}
  std::vector<std::int64_t> statements() const {
    const std::lock_guard lock(seen_->guard);
    return seen_->rows;
  }

 private:
  struct Seen final : Observer {
    void on_statement(const StatementEvent& event) noexcept override {
      if (event.internal) return;
      const std::lock_guard lock(guard);
      rows.push_back(event.rows);
    }
    std::mutex guard;
    std::vector<std::int64_t> rows;  // guarded by `guard`
  };
  std::shared_ptr<Seen> seen_;
  std::shared_ptr<void> registration_;
};

// Rows that are not the same row in memory, whatever they are equal to.
class Objects {
 public:
  void add(const Row& row) { found_.emplace(row.node().get(), row.slot()); }
  std::size_t count() const { return found_.size(); }

 private:
  std::set<std::pair<const void*, std::uint32_t>> found_;
};

// The paths that a request loads, "" for its root.
inline Lines loaded_paths(const QuerySet& rows) {
  Lines paths;
  for (const LoadPlan::Step& step : rows.explain_load().steps) paths.push_back(step.path);
  return paths;
}

class MusicWorld : public SeedWorld {
 protected:
  MusicWorld() : SeedWorld(Registry::load(schema_path("music"))) {
    db.create_tables();
    const Row malibu = album.create({{"name", "Malibu"}});
    const Row fantasies = album.create({{"name", "Fantasies"}});
    album.create({{"name", "Empty"}});
    track.create({{"album", malibu}, {"title", "The Bird"}, {"position", 1}, {"play_count", 30}});
    track.create({{"album", malibu}, {"title", "Heart don't stand a chance"}, {"position", 2}, {"play_count", 20}});
    track.create({{"album", malibu}, {"title", "The Waters"}, {"position", 3}, {"play_count", 10}});
    track.create({{"album", fantasies}, {"title", "Help I'm Alive"}, {"position", 1}});
    track.create({{"album", fantasies}, {"title", "Sick Muse"}, {"position", 2}, {"play_count", 5}});
  }

  // "Malibu: The Bird, …"
  static std::string with_titles(const Row& row) {
    return row["name"].to_text() + ": " + listed(row.related("tracks"), "title");
  }
  static std::string with_tracks(const Row& row) {
    return row["name"].to_text() + (row["is_best_seller"].boolean() ? " (best seller): " : ": ") +
           listed(row.related("tracks"), [](const Row& of) {
             return of["id"].to_text() + " " + of["title"].to_text() + " " + of["position"].to_text() + " " +
                    (of["play_count"].is_null() ? "null" : of["play_count"].to_text());
           });
  }
  static std::string title_and_album(const Row& row) {
    return row["title"].to_text() + ": " + known(row, "album", "name");
  }

  // The seed's two albums and one without tracks.
  const Lines albums_with_tracks{
      "Malibu: 1 The Bird 1 30, 2 Heart don't stand a chance 2 20, 3 The Waters 3 10",
      "Fantasies: 4 Help I'm Alive 1 null, 5 Sick Muse 2 5",
      "Empty: ",
  };
  const Lines tracks_with_album{"The Bird: Malibu", "Heart don't stand a chance: Malibu", "The Waters: Malibu",
                                "Help I'm Alive: Fantasies", "Sick Muse: Fantasies"};

  const Model album = db["Album"];
  const Model track = db["Track"];
};

class ClassesWorld : public SeedWorld {
 protected:
  ClassesWorld() : SeedWorld(Registry::load(schema_path("classes"))) {
    db.create_tables();
    const Row math = department.create({{"id", 1}, {"name", "Math Department"}});
    const Row law = department.create({{"id", 2}, {"name", "Law Department"}});
    const Row class1 = school_class.create({{"name", "Math"}, {"department", math}});
    const Row class2 = school_class.create({{"name", "Logic"}, {"department", law}});
    const Row foreign = category.create({{"name", "Foreign"}});
    const Row domestic = category.create({{"name", "Domestic"}});
    student.create({{"name", "Jane"}, {"schoolclass", class1}, {"category", foreign}});
    student.create({{"name", "Judy"}, {"schoolclass", class1}, {"category", domestic}});
    student.create({{"name", "Jack"}, {"schoolclass", class2}, {"category", domestic}});
    teacher.create({{"name", "Joe"}, {"schoolclass", class1}, {"category", domestic}});
  }

  static std::string member(const Row& row) { return row["name"].to_text() + " " + known(row, "category", "name"); }
  // "Math (Math Department): teachers Joe Domestic; students Jane #1, Judy #2"
  static std::string with_members(const Row& row) {
    return row["name"].to_text() + " (" + known(row, "department", "name") + "): teachers " +
           listed(row.related("teachers"), member) + "; students " + listed(row.related("students"), member);
  }

  const Model department = db["Department"];
  const Model school_class = db["SchoolClass"];
  const Model category = db["Category"];
  const Model student = db["Student"];
  const Model teacher = db["Teacher"];
};

class CompanyWorld : public SeedWorld {
 protected:
  CompanyWorld() : SeedWorld(Registry::load(schema_path("company"))) {
    db.create_tables();
    const Row main = address.create({{"street", "Main"}, {"number", 1}, {"post_code", "00-001"}});
    const Row side = address.create({{"street", "Side"}, {"number", 2}, {"post_code", "00-002"}});
    const Row b1 = branch.create({{"name", "B1"}, {"address", main}});
    const Row b2 = branch.create({{"name", "B2"}, {"address", side}});
    const Row b3 = branch.create({{"name", "B3"}});
    company.create({{"name", "Acme"}, {"founded", 1950}}).related("branches").add({b1, b2});
    company.create({{"name", "Globex"}, {"founded", 1988}}).related("branches").add({b2, b3});
    company.create({{"name", "Solo"}});
  }

  static std::string branch_and_street(const Row& row) {
    return row["name"].to_text() + " " + known(row, "address", "street");
  }
  // "Acme 1950: B1 Main, B2 Side"
  static std::string with_branches(const Row& row) {
    return row["name"].to_text() + " " + (row["founded"].is_null() ? "null" : row["founded"].to_text()) + ": " +
           listed(row.related("branches"), branch_and_street);
  }

  const Lines companies_with_branches{"Acme 1950: B1 Main, B2 Side", "Globex 1988: B2 Side, B3 none", "Solo null: "};

  const Model address = db["Address"];
  const Model branch = db["Branch"];
  const Model company = db["Company"];
};

}  // namespace dorm::test
