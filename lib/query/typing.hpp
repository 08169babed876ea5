// query/typing.hpp: which types may meet in an expression, and what type comes out.
//
// Pure functions, thread-safe. All throw QueryError or DataError where the expression is written, before any SQL
// exists.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/scaled.hpp"
#include "query/term.hpp"

namespace dorm::query {

// Types that compare with each other without losing anything.
enum class Family : std::uint8_t { unknown, boolean, number, text, binary, uuid, date, time, datetime, json };
Family family(TypeKind kind) noexcept;

// The type a value has by itself.
Type natural_type(const Value& value);

// The value as it is bound beside `other`: in other's type, enum membership checked.
TermPtr bound_beside(const TermPtr& value, const Term& other);

// Throws QueryError unless the two may be compared; of one kind, unless they may be alternatives of each other.
void require_comparable(const Term& left, const Term& right, std::string_view operation);
void require_alike(const Term& left, const Term& right, std::string_view operation);
void refuse_json(const Term& term, std::string_view operation);
void require_family(const Term& term, Family wanted, std::string_view operation);

// Whether a backend keeps uuids of these two types in ways that are never equal.
bool are_stored_apart(const Type& one, const Type& other) noexcept;
// A uuid as it lies in a column of this type, where a backend has more than one way; any other term as it is.
TermPtr stored_as(const TermPtr& term, const Type& type);
// The same of two sides that are compared: as 16 bytes if one of them is.
void store_alike(TermPtr& left, TermPtr& right);

// The term as a value of this type: as it is, widened by a cast where that loses nothing, else QueryError naming
// `what`.
TermPtr fit_type(const TermPtr& term, const Type& type, std::string_view what);
// Makes alternatives (branches of CASE, arguments of COALESCE) of one type, which it returns.
Type unify(std::vector<TermPtr>& terms, std::string_view what);

// The type of left op right; QueryError where it would not be exact or makes no sense.
Type arithmetic_type(std::uint8_t binary_op, const Term& left, const Term& right);

}  // namespace dorm::query
