// law/compare.hpp: whether the graph that dorm gives is the expected one: values, order, states of relations, and which
// rows are one row in memory. Asks the database nothing.
//
// One thread at a time.
#pragma once

#include <string>

#include "law/evaluate.hpp"

namespace dorm::test::law {

// Empty, or where and how they differ first.
std::string difference(const Answer& expected, const Rows& actual);

}  // namespace dorm::test::law
