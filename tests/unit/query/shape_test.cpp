#include "query/shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "dorm/expr.hpp"
#include "query/builder.hpp"

namespace dorm::query {
namespace {

const Registry& shop() {
  static const Registry registry = Registry::parse(R"({"dorm": 1, "models": {
    "Author": {"fields": {"name": {"type": "text"}, "age": {"type": "integer", "nullable": true}}},
    "Book": {"fields": {"title": {"type": "text"}, "price": {"type": "decimal", "precision": 8, "scale": 2},
                        "author": {"type": "foreign_key", "to": "Author", "backref": "books"}}}}})");
  return registry;
}

struct World {
  SourcePtr book = model_source(shop(), shop().get("Book"));
  SourcePtr author = model_source(shop(), shop().get("Author"));
  Column title{member(book, "title")};
  Column price{member(book, "price")};
  Column name{member(author, "name")};
  Column age{member(author, "age")};

  QuerySpec books(const Expr& where = {}) const {
    QuerySpec spec;
    spec.root = book;
    spec.context = book;
    spec.where = where.term();
    return spec;
  }
};

std::string shape(const QuerySpec& spec) { return shape_of(spec, Purpose::rows).text; }

TEST(Shape, ValuesAreNotInIt) {
  const World world;
  EXPECT_EQ(shape(world.books(world.title == "a")), shape(world.books(world.title == "b")));
  EXPECT_EQ(shape(world.books(world.title.in({"a"}))), shape(world.books(world.title.in({"a", "b", "c"}))));
  QuerySpec ten = world.books();
  QuerySpec twenty = world.books();
  ten.limit = 10;
  twenty.limit = 20;
  EXPECT_EQ(shape(ten), shape(twenty));
}

TEST(Shape, EverythingThatChangesTheTextIsInIt) {
  const World world;
  std::vector<QuerySpec> different{
      world.books(),
      world.books(world.title == "a"),
      world.books(world.title != "a"),
      world.books(world.title == nullptr),
      world.books(world.title != nullptr),
      world.books(world.title == "a" && world.price == 1),
      world.books(world.title == "a" || world.price == 1),
      world.books(!(world.title == "a")),
      world.books(world.title.in({"a"})),
      world.books(world.title.in(Values{})),
      world.books(world.title.not_in({"a"})),
      world.books(world.title.like("a")),
      world.books(world.title.contains("a")),
      world.books(world.price > 1),
      world.books(world.price >= 1),
      world.books(fn::lower(world.title) == "a"),
      world.books(fn::upper(world.title) == "a"),
  };
  different.push_back(world.books());
  different.back().limit = 1;
  different.push_back(world.books());
  different.back().offset = 1;
  different.push_back(world.books());
  different.back().distinct = true;
  different.push_back(world.books());
  different.back().order_by.push_back({world.title.term(), false, {}});
  different.push_back(world.books());
  different.back().order_by.push_back({world.title.term(), true, {}});
  different.push_back(world.books());
  different.back().group_by.push_back(world.title.term());
  different.push_back(join(world.books(), {sql::JoinKind::inner, world.author, nullptr, {}}));
  different.push_back(join(world.books(), {sql::JoinKind::left, world.author, nullptr, {}}));
  different.push_back(join(world.books(), {sql::JoinKind::inner, world.author, nullptr, "writer"}));
  different.push_back(join(world.books(), {sql::JoinKind::inner, model_alias(*world.author, "w"), nullptr, {}}));
  std::set<std::string> shapes;
  for (const QuerySpec& spec : different) EXPECT_TRUE(shapes.insert(shape(spec)).second) << shape(spec);
  EXPECT_NE(shape_of(world.books(), Purpose::rows).text, shape_of(world.books(), Purpose::count).text);
}

// A name may hold whatever it likes: its length stands before it.
TEST(Shape, NamesCannotImitateStructure) {
  const World world;
  QuerySpec one = world.books();
  one.default_projection = false;
  one.outputs = {{world.title.as("a").term(), nullptr}, {world.title.as("b").term(), nullptr}};
  QuerySpec other = one;
  other.outputs = {{world.title.as("b").term(), nullptr}, {world.title.as("a").term(), nullptr}};
  EXPECT_NE(shape(one), shape(other));
}

// One value used twice is one slot; two equal values are two. A plan made for one must not serve the other.
TEST(Shape, SharedValuesAreToldFromEqualOnes) {
  const World world;
  const Expr one("x");
  const Expr shared = world.title == one || world.title > one;
  const Expr apart = world.title == Expr("x") || world.title > Expr("x");
  const Shaped a = shape_of(world.books(shared), Purpose::rows);
  const Shaped b = shape_of(world.books(apart), Purpose::rows);
  EXPECT_EQ(a.text == b.text, a.slots.size() == b.slots.size());
}

TEST(Shape, BlobListsArePaddedToPowersOfTwo) {
  auto list = [](std::size_t items) {
    Values values;
    for (std::size_t i = 0; i < items; ++i) values.push_back(Value(Blob{std::string(1, static_cast<char>('a' + i))}));
    Type type;
    type.kind = TypeKind::binary;
    Term term;
    term.kind = TermKind::in_list;
    term.children = {value_term(Value(Blob{"x"}), type), value_term(Value(std::move(values)), type)};
    return std::make_shared<const Term>(std::move(term));
  };
  const World world;
  QuerySpec three = world.books();
  QuerySpec four = world.books();
  QuerySpec five = world.books();
  three.where = list(3);
  four.where = list(4);
  five.where = list(5);
  EXPECT_EQ(shape(three), shape(four));
  EXPECT_NE(shape(four), shape(five));
  EXPECT_EQ(shape_of(five, Purpose::rows).slots.size(), 1U + 8U);
}

}  // namespace
}  // namespace dorm::query
