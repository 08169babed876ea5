// Values of every type: beside columns, in lists, in arithmetic, in aggregates and in orders.
#include "golden/queries/world.hpp"

namespace dorm::test {
namespace {

Uuid uuid(int last) { return Uuid::parse("00000000-0000-4000-8000-00000000000" + std::to_string(last)); }

}  // namespace

QueryCases type_cases() {
  // Each is said by a QuerySet, too, which orders its rows by their key.
  const auto where = [](auto condition) {
    return [condition](const QueryWorld& w) {
      const Expr holds = condition(w.item);
      const Query query = w.item.select(w.item["id"]).where(holds);
      w.rows(query);
      w.same(w.item.objects().filter(holds).values_query({"id"}).sql(), query.order_by(w.item["id"]).sql());
    };
  };
  const auto select = [](auto expr) {
    return [expr](const QueryWorld& w) {
      const Expr found = expr(w.item);
      const Query query = w.item.select(w.item["id"], found.as("found"));
      w.rows(query);
      w.same(w.item.objects().annotate("found", found).values_query({"id", "found"}).sql(),
             query.order_by(w.item["id"]).sql());
    };
  };
  const auto order = [](auto term) {
    return [term](const QueryWorld& w) {
      const OrderExpr by(term(w.item));
      const Query query = w.item.select(w.item["id"]).order_by(by, w.item["id"]).limit(2);
      w.rows(query);
      w.same(w.item.objects().order_by(by).limit(2).values_query({"id"}).sql(), query.sql());
    };
  };
  return {
      {"every column",
       [](const QueryWorld& w) {
         w.rows(w.item.select());
         w.same(w.item.objects().sql(), w.item.select().order_by(w.item["id"]).sql());
       }},
      {"decimal equal", where([](const Model& i) { return i["price"] == Decimal::parse("1.50"); })},
      {"decimal with fewer digits", where([](const Model& i) { return i["price"] == Decimal::parse("1.5"); })},
      {"decimal with more digits", where([](const Model& i) { return i["price"] < Decimal::parse("1.505"); })},
      {"decimal as text", where([](const Model& i) { return i["price"] >= "1.50"; })},
      {"decimal beside an integer", where([](const Model& i) { return i["price"] > 1; })},
      {"decimals of two scales", where([](const Model& i) { return i["price"] > i["weight"]; })},
      {"decimal beside an integer column", where([](const Model& i) { return i["price"] >= i["small"]; })},
      {"decimal between", where([](const Model& i) { return i["price"].between(Decimal::parse("0.5"), 20); })},
      {"decimal in a list", where([](const Model& i) {
         return i["price"].in({Decimal::parse("1.50"), Decimal::parse("19.99")});
       })},
      {"decimal beside a double", where([](const Model& i) { return i["price"] > i["ratio"]; })},
      {"decimal between a double and a decimal",
       where([](const Model& i) { return i["price"].between(i["ratio"], i["weight"]); })},
      {"decimals of two scales in tuples", where([](const Model& i) {
         return tuple({i["price"], i["small"]}) < tuple({i["weight"], i["small"]});
       })},
      {"null where decimals of two scales are equal",
       select([](const Model& i) { return fn::nullif(i["price"], i["weight"]); })},
      {"an integer in a case of decimals", select([](const Model& i) {
         return case_of(i["small"], {{Decimal::parse("1.5"), "half"}, {i["price"], "price"}}, "none");
       })},
      {"decimal sum", select([](const Model& i) { return i["price"] + i["weight"]; })},
      {"decimal difference with a value", select([](const Model& i) { return i["price"] - Decimal::parse("0.5"); })},
      {"decimal product", select([](const Model& i) { return i["price"] * i["weight"]; })},
      {"decimal times an integer", select([](const Model& i) { return i["price"] * 3; })},
      {"decimal negated", select([](const Model& i) { return -i["price"]; })},
      {"decimal and an integer added", select([](const Model& i) { return i["price"] + 1; })},
      {"decimal to double",
       select([](const Model& i) { return i["price"].cast(Type{.kind = TypeKind::double_precision}); })},
      {"decimal or a default", select([](const Model& i) {
         return fn::coalesce({i["weight"], Decimal::parse("0.25")});
       })},
      {"decimal or another column", select([](const Model& i) {
         return fn::coalesce({i["weight"], i["price"]});
       })},
      {"decimal in a case", select([](const Model& i) {
         return case_when({{i["small"] > 1, i["price"]}}, i["weight"]);
       })},
      {"decimal aggregates",
       [](const QueryWorld& w) {
         w.rows(w.item.select(fn::sum(w.item["price"]).as("total"), fn::min(w.item["price"]).as("least"),
                              fn::max(w.item["weight"]).as("most")));
       }},
      {"decimal aggregates in having",
       [](const QueryWorld& w) {
         w.rows(w.item.select(w.item["small"])
                    .group_by(w.item["small"])
                    .having(fn::sum(w.item["price"]) > Decimal::parse("1.499")));
       }},
      {"decimal order", order([](const Model& i) { return i["weight"].desc(); })},
      {"decimal in a subquery",
       [](const QueryWorld& w) {
         const Model other = w.item.alias();
         const Subquery dear = other.select(other["id"], (other["price"] * 2).as("twice")).alias("dear");
         w.rows(w.item.select(w.item["id"], dear.c("twice"))
                    .join(dear, {.on = w.item["id"] == dear.c("id")})
                    .where(dear.c("twice") > Decimal::parse("3.00")));
       }},
      {"casts to texts of two lengths are two plans",
       [](const QueryWorld& w) {
         for (const std::uint32_t length : {30U, 3U}) {
           const Type type{.kind = TypeKind::string, .max_length = length};
           const Expr text = w.track["id"].cast(type);
           const Query query = w.track.select(text.as("text"));
           w.rows(query);
           w.same(w.track.objects().annotate("text", text).values_query({"text"}).sql(),
                  query.order_by(w.track["id"]).sql());
         }
       }},
      {"double", where([](const Model& i) { return i["ratio"] < 0.5; })},
      {"double arithmetic", select([](const Model& i) { return i["ratio"] * 2.0 + 1; })},
      {"integer beside a double", where([](const Model& i) { return i["small"] > 1.5; })},
      {"integer sum and average",
       [](const QueryWorld& w) {
         w.rows(w.item.select(fn::sum(w.item["small"]).as("total"), fn::avg(w.item["small"]).as("mean"),
                              fn::avg(w.item["ratio"]).as("ratio_mean")));
       }},
      {"integer division and remainder", select([](const Model& i) { return i["small"] / 2 + i["small"] % 2; })},
      {"uuid", where([](const Model& i) { return i["code"] == uuid(1); })},
      {"uuid as text", where([](const Model& i) { return i["code"] != "00000000-0000-4000-8000-000000000001"; })},
      {"uuid in a list", where([](const Model& i) {
         return i["code"].in({uuid(1), uuid(3)});
       })},
      {"uuid order", order([](const Model& i) { return i["code"].desc(); })},
      {"binary", where([](const Model& i) { return i["data"] == Blob{std::string("\x00\xFF", 2)}; })},
      {"binary in a list, padded to a power of two", where([](const Model& i) {
         return i["data"].in({Blob{std::string("\x00\xFF", 2)}, Blob{"b"}, Blob{"c"}});
       })},
      {"binary order", order([](const Model& i) { return i["data"]; })},
      {"date", where([](const Model& i) { return i["made_on"] < Date::parse("2026-11-02"); })},
      {"date as text", where([](const Model& i) { return i["made_on"] == "2026-11-02"; })},
      {"date in a list", where([](const Model& i) {
         return i["made_on"].in({Date::parse("2026-11-01"), "2026-11-03"});
       })},
      {"date aggregates",
       [](const QueryWorld& w) {
         w.rows(w.item.select(fn::min(w.item["made_on"]).as("first"), fn::max(w.item["opens_at"]).as("last")));
       }},
      {"time", where([](const Model& i) { return i["opens_at"] >= Time::parse("09:30"); })},
      {"time between", where([](const Model& i) { return i["opens_at"].between("08:00", "09:30:00.5"); })},
      {"instant", where([](const Model& i) { return i["moment"] > DateTime::parse("2026-11-01T12:00:00+02:00"); })},
      {"instant in a list",
       where([](const Model& i) { return i["moment"].in({DateTime::parse("2026-11-01 10:00:00.25")}); })},
      {"wall clock", where([](const Model& i) { return i["local"] <= DateTime::parse("2026-11-01 10:00:00"); })},
      {"instant aggregates",
       [](const QueryWorld& w) {
         w.rows(w.item.select(fn::min(w.item["moment"]).as("first"), fn::max(w.item["local"]).as("last")));
       }},
      {"boolean", where([](const Model& i) { return i["flag"] == true; })},
      {"boolean unknown is neither", where([](const Model& i) { return !i["flag"]; })},
      {"boolean in a list", where([](const Model& i) { return i["flag"].in({true}); })},
      {"boolean expression selected", select([](const Model& i) { return i["small"] > 1; })},
      {"null test selected", select([](const Model& i) { return i["flag"].is_null(); })},
      {"boolean order", order([](const Model& i) { return i["flag"].desc(); })},
      {"boolean groups",
       [](const QueryWorld& w) {
         const Query query = w.item.select(w.item["flag"], fn::count().as("n")).group_by(w.item["flag"]);
         w.rows(query);
         w.same(w.item.objects().group_by({"flag"}).annotate("n", fn::count()).sql(), query.sql());
       }},
      {"enumeration", where([](const Model& i) { return i["status"] == "open"; })},
      {"enumeration in a list", where([](const Model& i) {
         return i["status"].in({"open", "closed"});
       })},
      {"enumeration order", order([](const Model& i) { return i["status"]; })},
      {"enumeration as text", where([](const Model& i) { return i["status"].startswith("cl"); })},
      {"json is null", where([](const Model& i) { return i["info"].is_null(); })},
      {"text with quotes, zero digits and other scripts",
       select([](const Model& i) { return i["status"].concat("'\"% λ"); })},
      {"values selected", select([](const Model&) { return Expr("a value"); })},
      {"numbers selected", select([](const Model&) { return Expr(2.5); })},
      {"dates selected", select([](const Model&) { return Expr(Date::parse("2026-11-01")); })},
      {"decimals selected", select([](const Model&) { return Expr(Decimal::parse("1.25")); })},
      {"text order is by bytes",
       [](const QueryWorld& w) {
         const Query titles = w.track.select(w.track["title"]);
         w.rows(titles.order_by(w.track["title"]).limit(3));
         w.same(w.track.objects().order_by("title").limit(3).values_query({"title"}).sql(),
                titles.order_by(w.track["title"], w.track["id"]).limit(3).sql());
       }},
      {"upper and lower fold ASCII only",
       [](const QueryWorld& w) {
         const Expr low = fn::lower(w.track["title"]), up = fn::upper(w.track["title"]);
         const Query query = w.track.select(low.as("low"), up.as("up"));
         w.rows(query);
         w.same(w.track.objects().annotate("low", low).annotate("up", up).values_query({"low", "up"}).sql(),
                query.order_by(w.track["id"]).sql());
       }},
      {"length counts characters",
       [](const QueryWorld& w) {
         const Expr length = fn::length(w.track["title"]);
         const Query query = w.track.select(length.as("n"));
         w.rows(query);
         w.same(w.track.objects().annotate("n", length).values_query({"n"}).sql(), query.order_by(w.track["id"]).sql());
       }},
  };
}

}  // namespace dorm::test
