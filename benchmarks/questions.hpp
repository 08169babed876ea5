// questions.hpp: what is asked; each question has a file of its name.
#pragma once

#include "support/contest.hpp"
#include "support/place.hpp"

namespace dorm::bench {

// Each adds its lines to the report. Sizes are multiplied by Settings::scale.
void scan(const Settings& settings, Place& place, Report& report);     // 100,000 rows of 10 columns into owned rows
void join(const Settings& settings, Place& place, Report& report);     // 10,000 × 3 × 2 as one join of 14 columns
void get(const Settings& settings, Place& place, Report& report);      // 50,000 rows by key, one at a time
void insert(const Settings& settings, Place& place, Report& report);   // 100,000 rows one by one in one transaction
void bulk(const Settings& settings, Place& place, Report& report);     // 100,000 rows at once, keys not asked for
void loaders(const Settings& settings, Place& place, Report& report);  // trees of 10,000 × 3 × 2, joined and fetched
void models(const Settings& settings, Report& report);                 // 1,000 models of 20 fields from files

}  // namespace dorm::bench
