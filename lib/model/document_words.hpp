// model/document_words.hpp: how query documents spell the values of two enumerations, in their order.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "dorm/model_info.hpp"
#include "dorm/query_set.hpp"

namespace dorm::document {

inline constexpr std::array<std::string_view, 5> strategy_names{"automatic", "join", "key_set", "subquery",
                                                                "pipelined"};
// No document says the first.
inline constexpr std::array<std::string_view, 5> lazy_names{"unset", "batch", "each", "raise", "raise_n_plus_one"};

inline std::string_view spelling(Strategy strategy) { return strategy_names.at(static_cast<std::size_t>(strategy)); }
inline std::string_view spelling(LazyPolicy lazy) { return lazy_names.at(static_cast<std::size_t>(lazy)); }

}  // namespace dorm::document
