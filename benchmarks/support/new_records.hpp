// support/new_records.hpp: rows to insert, made up from numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "dorm/dorm.hpp"
#include "support/place.hpp"
#include "support/record.hpp"

namespace dorm::bench {

std::vector<Record> new_records(std::size_t count);

// What insert_many() is given for one, in the order of these fields.
const std::vector<std::string>& value_names();
Values values_of(const Record& record);

// By hand: a statement that is prepared here, run for each of the records in one transaction; each learns its key.
// Borrows the records and the place.
std::function<void()> insert_by_hand(Place& place, const std::string& sql, std::vector<Record>& records);

// Of the rows in the table, whoever has put them there; their keys go on counting from round to round.
std::uint64_t digest_of_table(const Model& record);

}  // namespace dorm::bench
