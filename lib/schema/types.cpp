// What foreign keys hold: the type of the field they refer to, through any number of steps.
#include <algorithm>

#include "core/text.hpp"
#include "schema/draft.hpp"

namespace dorm::schema {
namespace {

// A key that is a key of a key has one source each, so the way is a list: followed to its end, then filled from there.
// Nothing recurses, for the way may be as long as there are models.
class TypeResolver {
 public:
  explicit TypeResolver(Draft& draft) : draft_(draft) {}

  void run() {
    for (auto& model : draft_.models) {
      for (const auto& [field, source] : model->sources) resolve({model->info->id, field});
    }
  }

 private:
  FieldInfo& field(const ColumnRef& ref) { return draft_.info(ref.model).fields[ref.field]; }
  const ColumnRef* source(const ColumnRef& ref) {
    const auto& sources = draft_.model(ref.model).sources;
    const auto found = sources.find(ref.field);
    return found == sources.end() ? nullptr : &found->second;
  }

  void resolve(ColumnRef start) {
    std::vector<ColumnRef> path;
    ColumnRef at = start;
    while (field(at).type.kind == TypeKind::unknown) {
      const ColumnRef* next = source(at);
      if (next == nullptr || path.size() > max_steps()) break;
      path.push_back(at);
      at = *next;
    }
    const FieldInfo& end = field(at);
    if (end.type.kind == TypeKind::unknown) return cycle(path.back());
    for (auto step = path.rbegin(); step != path.rend(); ++step) fill(field(*step), end);
  }

  std::size_t max_steps() const { return draft_.models.size() * 2 + 16; }

  static void fill(FieldInfo& key, const FieldInfo& from) {
    key.type = from.type;
    key.enumeration = from.enumeration;
    if (key.collation.empty()) key.collation = from.collation;
    if (key.db_type.empty()) key.db_type = from.db_type;
    key.sensitive = key.sensitive || from.sensitive;
  }

  void cycle(ColumnRef where) {
    const ModelDraft& model = draft_.model(where.model);
    FieldInfo& key = field(where);
    Diagnostic& diagnostic = draft_.report.error(
        Stage::meaning, "relation.key_cycle", model.place(),
        "key " + quote(full_name(model, key.name)) + " refers to itself by way of other keys and has no type");
    diagnostic.notes.push_back({"the key is here", key.where});
    diagnostic.help = "let one of the models have a key of its own";
    // Known now, so that the others on the way are not reported again.
    key.type.kind = TypeKind::bigint;
  }

  Draft& draft_;
};

}  // namespace

void resolve_types(Draft& draft) { TypeResolver(draft).run(); }

}  // namespace dorm::schema
