// support/new_records.hpp: rows to insert, made up from numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dorm/dorm.hpp"
#include "support/postgres_client.hpp"
#include "support/record.hpp"
#include "support/sqlite_client.hpp"

namespace dorm::bench {

std::vector<Record> new_records(std::size_t count);

// What insert_many() is given for one, in the order of these fields.
const std::vector<std::string>& value_names();
Values values_of(const Record& record);

// By hand: one prepared statement, bound and stepped; the record learns its key.
void insert_record(const SqliteClient& client, sqlite3_stmt* statement, Record& record);
void insert_record(const PostgresClient& client, Record& record);  // that is called "insert"

// Of the rows in the table, whoever has put them there; their keys go on counting from round to round.
std::uint64_t digest_of_table(const Model& record);

}  // namespace dorm::bench
