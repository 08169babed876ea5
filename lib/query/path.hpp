// query/path.hpp: paths along relations as sources of a query: from a row to the rows it leads to.
//
// A path source is a model source with a `from` and a relation: equal paths are one source, whoever made them, so that
// conditions, orders, columns and loads along one path share one join. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "query/spec.hpp"

namespace dorm::query {

// The rows that a relation of `from` (a model source) leads to.
SourcePtr path_source(const SourcePtr& from, std::uint32_t relation);
// The link rows between `from` and the targets of a many_to_many path.
SourcePtr link_source(const SourcePtr& path);
// Relations from the first source that is no path to this one; empty if it is none itself. `first` is that source.
std::vector<std::uint32_t> relations_of(const SourcePtr& source);
const SourcePtr& first_of(const SourcePtr& source);
// "teachers__category" of model `root`.
std::string path_text(const ModelInfo& root, const Registry& registry, const std::vector<std::uint32_t>& relations);

// How a path source is joined: on what, and by which link rows.
struct PathJoin {
  SourcePtr link;  // many_to_many: joined before; null otherwise
  TermPtr on;
};
PathJoin join_of(const SourcePtr& source);
// Which rows of a model source are seen, by the rules of the source that its path starts at; null: all. A join of a
// path says so already, what selects from the source does not.
TermPtr rule_of(const SourcePtr& source);

// A field of a path. Where a foreign key holds it already ("album__id"), the key's own column: no join is needed.
TermPtr path_member(const SourcePtr& source, std::string_view name);

// A text read along the registry: "album__name__icontains" → source of album, member "name", rest {"icontains"}.
struct ParsedPath {
  SourcePtr source;                   // where the member is
  TermPtr member;                     // null if the path ends at a to-many relation or names only relations to load
  std::uint32_t relation = no_index;  // if the last step is a relation: its number in the model it starts from;
                                      // then `source` is where it starts and `target` where it leads
  SourcePtr target;
  std::vector<std::string> rest;  // steps after the member: operators
};
std::vector<std::string> path_steps(std::string_view text);  // split at "__" and "."
// Steps are split at "__" and ".". "pk" is the primary key. Throws QueryError naming the step, the candidates and a
// suggestion. `operators`: what may follow the member, for the message.
ParsedPath parse_path(const SourcePtr& root, std::string_view text, const std::vector<std::string>& operators = {});
// A path of relations only: its relations. Throws QueryError as above, also for a field.
std::vector<std::uint32_t> parse_relations(const SourcePtr& root, std::string_view text);

// What is wrong with a path, as a QueryError.
[[noreturn]] void refuse(std::string_view path, const std::string& why);

// Adds a left join for each path that the terms of a query name and that is not joined yet, outer ones first.
void join_paths(QuerySpec& spec);
// Whether a path goes through a to-many relation.
bool is_to_many_path(const Source& source);

}  // namespace dorm::query
