// cli/tour_examples.hpp: the examples of the guided tour. What a member function holds is what the tour prints before
// it runs.
//
// One thread at a time.
#pragma once

#include <iosfwd>
#include <span>
#include <string_view>

#include "dorm/database.hpp"

namespace dorm::cli {

// The open database, its models under the names the examples call them by, and where examples print.
struct TourExamples {
  const Database& db;
  std::ostream& out;
  Model user = db["User"], tweet = db["Tweet"], favorite = db["Favorite"], relationship = db["Relationship"],
        activity_log = db["ActivityLog"], category = db["Category"], student = db["Student"], course = db["Course"],
        album = db["Album"], track = db["Track"], address = db["Address"], branch = db["Branch"],
        company = db["Company"];

  // ---- data: the same on every run, times included ----
  void populate();
  void populate_charlie();
  void populate_categories();
  void populate_school();
  void populate_music();
  void populate_companies();

  // ---- examples, in the order of the tour ----
  void who_favorited_what();
  void simple_join();
  void explicit_join();
  void back_reference();
  void back_reference_sql();
  void joins_in_a_row();
  void join_context();
  void join_from();
  void one_query_per_row();
  void one_query_for_all();
  void flat_rows();
  void row_graph();
  void named_relation();
  void flat_objects();
  void two_aliases();
  void subquery_join();
  void common_table();
  void following();
  void followers();
  void join_without_key();
  void self_join();
  void self_join_subquery();
  void link_model();
  void link_rows();
  void many_to_many();
  void many_to_many_back();
  void add_links();
  void remove_links();
  void clear_links();
  void recent_tweets();
  void prefetched();
  void select_related();
  void joined_copies();
  void filter_by_path();
  void order_by_path();
  void page_of_parents();
  void select_all();
  void prefetch_related();
  void shared_rows();
  void first_per_parent();
  void count_per_parent();
  void explain_load();
};

struct TourExample {
  std::string_view section;  // a heading before it, or empty
  std::string_view title;
  std::string_view why;   // one line
  std::string_view name;  // of the function below
  void (TourExamples::*run)();
  void (TourExamples::*prepare)() = nullptr;  // data it needs, made unseen
};

std::span<const TourExample> tour_examples();

}  // namespace dorm::cli
