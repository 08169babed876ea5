#include "schema/names.hpp"

#include "core/sha256.hpp"
#include "core/text.hpp"

namespace dorm::schema {
namespace {

constexpr std::size_t longest = 63;
constexpr std::size_t hash_digits = 8;

}  // namespace

std::string table_name(std::string_view model, TableNaming naming) {
  if (naming == TableNaming::verbatim) return std::string(model);
  const std::string snake = snake_case(model);
  return naming == TableNaming::plural_snake ? plural(snake) : snake;
}

std::string constraint_name(std::string_view table, std::span<const std::string> columns, std::string_view suffix) {
  std::string stem(table);
  for (const std::string& column : columns) stem += "_" + column;
  const std::string end = "_" + std::string(suffix);
  if (stem.size() + end.size() <= longest) return stem + end;
  const std::string hash = "_" + sha256_hex(stem + end).substr(0, hash_digits);
  std::size_t kept = longest - end.size() - hash.size();
  while ((static_cast<unsigned char>(stem[kept]) & 0xC0U) == 0x80U) --kept;
  return stem.substr(0, kept) + hash + end;
}

std::string constraint_name(const ModelInfo& model, std::span<const std::uint32_t> fields, std::string_view suffix) {
  std::vector<std::string> columns;
  for (const std::uint32_t field : fields) columns.push_back(model.fields[field].column);
  return constraint_name(model.table, columns, suffix);
}

}  // namespace dorm::schema
