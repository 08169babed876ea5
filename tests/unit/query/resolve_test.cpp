#include "query/request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dorm/expr.hpp"
#include "dorm/sqlite.hpp"
#include "driver/driver.hpp"
#include "query/builder.hpp"
#include "query/plan.hpp"
#include "query/shape.hpp"

namespace dorm::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Registry& school() {
  static const Registry registry = Registry::parse(R"({"dorm": 1, "models": {
    "Department": {"fields": {"name": {"type": "text"}}},
    "SchoolClass": {"fields": {"name": {"type": "text"},
      "department": {"type": "foreign_key", "to": "Department", "backref": "classes"}}},
    "Category": {"fields": {"name": {"type": "text"}}},
    "Student": {"fields": {"name": {"type": "text"},
      "schoolclass": {"type": "foreign_key", "to": "SchoolClass", "nullable": true, "backref": "students"},
      "category": {"type": "foreign_key", "to": "Category", "nullable": true, "backref": "students"}}},
    "Teacher": {"fields": {"name": {"type": "text"},
      "schoolclass": {"type": "foreign_key", "to": "SchoolClass", "nullable": true, "backref": "teachers"},
      "category": {"type": "foreign_key", "to": "Category", "nullable": true, "backref": "teachers"},
      "courses": {"type": "many_to_many", "to": "Course", "backref": "teachers"}}},
    "Course": {"fields": {"name": {"type": "text"}}}}})");
  return registry;
}

Request of(const char* model) {
  Request request;
  request.root = model_source(school(), school().get(model));
  return request;
}

void load(Request& request, const char* path, Method method) {
  LoadRequest load;
  load.path = parse_relations(request.root, path);
  load.method = method;
  request.loads.push_back(std::move(load));
}

std::string sql_of(const QuerySpec& spec) {
  const Shaped shaped = shape_of(spec, Purpose::rows);
  return make_plan(spec, Purpose::rows, shaped, sqlite::driver()->dialect())->statement.sql;
}

std::vector<std::string> joined(const QuerySpec& spec) {
  std::vector<std::string> paths;
  for (const JoinSpec& join : spec.joins)
    if (!join.target->links)
      paths.push_back(path_text(*spec.root->model, spec.root->registry, relations_of(join.target)));
  return paths;
}

TEST(Resolve, JoinsWhatIsSelectedAndOrdersByKeys) {
  Request request = of("SchoolClass");
  request.load_required = false;
  load(request, "teachers__category", Method::join);
  load(request, "students", Method::join);
  const auto unit = resolve(request, {});
  EXPECT_THAT(joined(*unit->spec), ElementsAre("teachers", "teachers__category", "students"));
  EXPECT_TRUE(unit->spec->parents);
  EXPECT_TRUE(unit->fetches.empty());
  EXPECT_THAT(sql_of(*unit->spec), HasSubstr(R"( ORDER BY "t1"."id", "t2"."id", "t4"."id")")) << sql_of(*unit->spec);
}

TEST(Resolve, RequiredKeysAreJoinedBesideJoinsAndFetchedOtherwise) {
  Request alone = of("SchoolClass");
  const auto fetched = resolve(alone, {});
  EXPECT_TRUE(fetched->spec->joins.empty());
  ASSERT_EQ(fetched->fetches.size(), 1U);
  EXPECT_EQ(fetched->fetches[0].unit->spec->root->model->name, "Department");
  Request beside = of("SchoolClass");
  load(beside, "students", Method::join);
  const auto unit = resolve(beside, {});
  EXPECT_THAT(joined(*unit->spec), ElementsAre("students", "department"));
  EXPECT_TRUE(unit->fetches.empty());
}

TEST(Resolve, SelectAllVisitsAModelOnAPathTwiceButFollowsItOnce) {
  Request request = of("SchoolClass");
  request.select_all = SelectAll::follow;
  const auto unit = resolve(request, {});
  EXPECT_THAT(joined(*unit->spec),
              testing::UnorderedElementsAre("department", "students", "students__category",
                                            "students__category__teachers", "students__category__teachers__schoolclass",
                                            "students__category__teachers__courses", "teachers", "teachers__category",
                                            "teachers__category__students", "teachers__category__students__schoolclass",
                                            "teachers__courses"));
}

TEST(Resolve, ALimitBesideJoinedListsCountsParents) {
  Request request = of("SchoolClass");
  request.load_required = false;
  request.limit = 2;
  load(request, "students", Method::join);
  EXPECT_THAT(sql_of(*resolve(request, {})->spec), HasSubstr(R"("t1"."id" IN (SELECT "t3"."id" FROM)"))
      << sql_of(*resolve(request, {})->spec);
  request.where =
      (Expr(member(path_source(request.root, parse_relations(request.root, "students").front()), "name")) == "x")
          .term();
  const std::string sql = sql_of(*resolve(request, {})->spec);
  EXPECT_THAT(sql, HasSubstr("ROW_NUMBER() OVER (ORDER BY")) << sql;
  EXPECT_THAT(sql, HasSubstr("GROUP BY")) << sql;
}

TEST(Resolve, EachFetchedPathIsAUnitOfItsOwn) {
  Request request = of("SchoolClass");
  load(request, "teachers__category", Method::fetch);
  load(request, "students", Method::fetch);
  const auto unit = resolve(request, {});
  ASSERT_EQ(unit->fetches.size(), 3U);  // and the department
  EXPECT_FALSE(unit->spec->parents);
  const auto& teachers = unit->fetches[0];
  EXPECT_EQ(teachers.unit->spec->root->model->name, "Teacher");
  ASSERT_EQ(teachers.unit->fetches.size(), 1U);
  EXPECT_EQ(teachers.unit->fetches[0].unit->spec->root->model->name, "Category");
  EXPECT_THAT(sql_of(*teachers.unit->spec), HasSubstr(R"(ORDER BY "t1"."id")")) << sql_of(*teachers.unit->spec);
}

TEST(Resolve, AManyToManyIsJoinedThroughItsLinks) {
  Request request = of("Teacher");
  load(request, "courses", Method::join);
  const auto unit = resolve(request, {});
  ASSERT_EQ(unit->spec->joins.size(), 2U);
  EXPECT_TRUE(unit->spec->joins[0].target->links);
  EXPECT_THAT(joined(*unit->spec), ElementsAre("courses"));
  (void)sql_of(*unit->spec);
}

}  // namespace
}  // namespace dorm::query
