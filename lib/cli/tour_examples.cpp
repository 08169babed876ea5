// The tour prints the bodies of these functions, so they are written to be read: every line is about the library.
#include "cli/tour_examples.hpp"

#include <iomanip>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "dorm/dorm.hpp"

namespace dorm::cli {

void TourExamples::populate() {
  using Texts = std::vector<std::string>;
  int hour = 8;
  for (const auto& [name, contents] : {std::pair<const char*, Texts>{"huey", {"meow", "hiss", "purr"}},
                                       {"mickey", {"woof", "whine"}},
                                       {"zaizee", {}}}) {
    const Row author = user.create({{"username", name}});
    for (const std::string& content : contents) {
      const DateTime written = DateTime::parse("2026-11-21 " + std::to_string(++hour + 10) + ":00");
      tweet.create({{"user", author}, {"content", content}, {"timestamp", written}});
    }
  }
  for (const auto& [name, contents] :
       {std::pair<const char*, Texts>{"huey", {"whine"}}, {"mickey", {"purr"}}, {"zaizee", {"meow", "purr"}}}) {
    const Row fan = user.get(user["username"] == name);
    for (const std::string& content : contents)
      favorite.create({{"user", fan}, {"tweet", tweet.get(tweet["content"] == content)}});
  }
}

void TourExamples::populate_charlie() {
  const Row charlie = user.create({{"username", "charlie"}});
  for (const char* name : {"huey", "mickey"}) {
    relationship.create({{"from_user", charlie}, {"to_user", user.get(user["username"] == name)}});
  }
  relationship.create({{"from_user", user.get(user["username"] == "zaizee")}, {"to_user", charlie}});
  int minute = 10;
  for (const char* description : {"logged in", "posted a tweet", "retweeted", "posted a tweet", "logged out"}) {
    const DateTime when = DateTime::parse("2026-11-21 20:" + std::to_string(minute++));
    activity_log.create({{"object_id", charlie["id"].integer()},
                         {"activity_type", "user_activity"},
                         {"description", description},
                         {"timestamp", when}});
  }
}

void TourExamples::populate_categories() {
  const Row electronics = category.create({{"name", "Electronics"}});
  for (const char* name : {"Phones", "Cameras"}) category.create({{"name", name}, {"parent", electronics}});
  category.create({{"name", "Books"}});
}

void TourExamples::populate_school() {
  for (const char* name : {"Charlie", "Huey", "Mickey", "Zaizee"}) student.create({{"name", name}});
  for (const char* name : {"English 101", "CS 101", "CS 150"}) course.create({{"name", name}});
  const Row english = course.get(course["name"] == "English 101");
  english.related("students").add(student.select().where(student["name"].in({"Huey", "Zaizee"})));
  course.get(course["name"] == "CS 150").related("students").add(student.get(student["name"] == "Huey"));
}

void TourExamples::populate_music() {
  const Row malibu = album.create({{"name", "Malibu"}}), fantasies = album.create({{"name", "Fantasies"}});
  album.create({{"name", "Empty"}});
  int position = 0;
  for (const char* title : {"The Bird", "Heart don't stand a chance", "The Waters"})
    track.create({{"album", malibu}, {"title", title}, {"position", ++position}, {"play_count", 40 - 10 * position}});
  position = 0;
  for (const char* title : {"Help I'm Alive", "Sick Muse"})
    track.create({{"album", fantasies}, {"title", title}, {"position", ++position}, {"play_count", 5 * position}});
}

void TourExamples::populate_companies() {
  const Row main = address.create({{"street", "Main"}, {"number", 1}, {"post_code", "00-001"}});
  const Row side = address.create({{"street", "Side"}, {"number", 2}, {"post_code", "00-002"}});
  const Row first = branch.create({{"name", "B1"}, {"address", main}});
  const Row second = branch.create({{"name", "B2"}, {"address", side}});
  const Row third = branch.create({{"name", "B3"}});
  company.create({{"name", "Acme"}, {"founded", 1950}}).related("branches").add({first, second});
  company.create({{"name", "Globex"}, {"founded", 1988}}).related("branches").add({second, third});
  company.create({{"name", "Solo"}});
}

void TourExamples::who_favorited_what() {
  out << std::left << std::setw(10) << "User" << std::setw(10) << "Tweet"
      << "Favorited by\n";
  for (const dorm::Row& t : tweet.select(tweet, user).join(user).order_by(tweet["id"])) {
    out << std::setw(10) << t["user"]["username"].text() << std::setw(10) << t["content"].text();
    const char* comma = "";
    for (const dorm::Row& f : t.related("favorites")) out << std::exchange(comma, ", ") << f["user"]["username"].text();
    out << '\n';
  }
}

void TourExamples::simple_join() {
  const auto query = tweet.select().join(user).where(user["username"] == "huey");
  for (const dorm::Row& t : query) out << t["content"].text() << '\n';
}

void TourExamples::explicit_join() {
  const auto query = tweet.select().join(user, {.on = tweet["user"] == user["id"]}).where(user["username"] == "huey");
  for (const dorm::Row& t : query) out << t["content"].text() << '\n';
}

void TourExamples::back_reference() {
  const dorm::Row huey = user.get(user["username"] == "huey");
  for (const dorm::Row& t : huey.related("tweets")) out << t["content"].text() << '\n';
}

void TourExamples::back_reference_sql() {
  const auto [sql, parameters] = user.get(1).related("tweets").sql();
  out << sql << "\n[" << parameters.front().to_text() << "]\n";
}

void TourExamples::joins_in_a_row() {
  const auto query = user.select(user["username"], dorm::fn::count(favorite["id"]).as("count"))
                         .join(tweet, dorm::Join::left_outer)     // user -> tweet
                         .join(favorite, dorm::Join::left_outer)  // tweet -> favorite
                         .group_by(user["username"]);
  for (const dorm::Row& u : query) out << u["username"].text() << ' ' << u["count"].integer() << '\n';
}

void TourExamples::join_context() {
  const auto query = tweet.select(tweet["content"], dorm::fn::count(favorite["id"]).as("count"))
                         .join(user)                              // tweet -> user
                         .switch_to(tweet)                        // back to tweet
                         .join(favorite, dorm::Join::left_outer)  // tweet -> favorite
                         .where(user["username"] == "huey")
                         .group_by(tweet["content"]);
  for (const dorm::Row& t : query) out << t["content"].text() << " favorited " << t["count"].integer() << " times\n";
}

void TourExamples::join_from() {
  const auto query = tweet.select(tweet["content"], dorm::fn::count(favorite["id"]).as("count"))
                         .join_from(tweet, user)
                         .join_from(tweet, favorite, dorm::Join::left_outer)
                         .where(user["username"] == "huey")
                         .group_by(tweet["content"]);
  for (const dorm::Row& t : query) out << t["content"].text() << " favorited " << t["count"].integer() << " times\n";
}

void TourExamples::one_query_per_row() {
  for (const dorm::Row& t : tweet.select().lazy(dorm::LazyPolicy::each)) {
    out << t["user"]["username"].text() << " -> " << t["content"].text() << '\n';
  }
}

void TourExamples::one_query_for_all() {
  for (const dorm::Row& t : tweet.select()) {
    out << t["user"]["username"].text() << " -> " << t["content"].text() << '\n';
  }
}

void TourExamples::flat_rows() {
  for (const dorm::Row& row : tweet.select(tweet["content"], user["username"]).join(user).dicts()) {
    out << row.to_json() << '\n';
  }
}

void TourExamples::row_graph() {
  for (const dorm::Row& t : tweet.select(tweet["content"], user["username"]).join(user)) {
    out << t["user"]["username"].text() << " -> " << t["content"].text() << '\n';
  }
}

void TourExamples::named_relation() {
  const auto query = tweet.select(tweet["content"], user["username"]).join(user, {.attr = "author"});
  for (const dorm::Row& t : query) out << t["author"]["username"].text() << " -> " << t["content"].text() << '\n';
}

void TourExamples::flat_objects() {
  const auto query = tweet.select(tweet["content"], user["username"]).join(user, {.attr = "author"});
  for (const dorm::Row& t : query.objects()) out << t["username"].text() << " -> " << t["content"].text() << '\n';
}

void TourExamples::two_aliases() {
  const dorm::Model owner = user.alias();
  const auto query = favorite.select(favorite, tweet["content"], user["username"], owner["username"])
                         .join(owner)  // favorite -> user, who favorited
                         .switch_to(favorite)
                         .join(tweet)  // favorite -> tweet
                         .join(user);  // tweet -> user, who wrote
  for (const dorm::Row& f : query) {
    out << f["user"]["username"].text() << " liked " << f["tweet"]["content"].text() << " by "
        << f["tweet"]["user"]["username"].text() << '\n';
  }
}

void TourExamples::subquery_join() {
  const dorm::Model latest = tweet.alias();
  const auto latest_query = latest.select(latest["user"], dorm::fn::max(latest["timestamp"]).as("max_ts"))
                                .group_by(latest["user"])
                                .alias("latest_query");
  const auto predicate = tweet["user"] == latest_query.c("user_id") && tweet["timestamp"] == latest_query.c("max_ts");
  const auto query = tweet.select(tweet, user)
                         .join(latest_query, {.on = predicate})  // tweet -> subquery
                         .join_from(tweet, user);                // tweet -> user
  for (const dorm::Row& t : query) out << t["user"]["username"].text() << " -> " << t["content"].text() << '\n';
}

void TourExamples::common_table() {
  const dorm::Model latest = tweet.alias();
  const auto cte = latest.select(latest["user"], dorm::fn::max(latest["timestamp"]).as("max_ts"))
                       .group_by(latest["user"])
                       .cte("latest");
  const auto predicate = tweet["user"] == cte.c("user_id") && tweet["timestamp"] == cte.c("max_ts");
  const auto query = tweet.select(tweet, user).join(cte, {.on = predicate}).join_from(tweet, user).with_cte(cte);
  for (const dorm::Row& t : query) out << t["user"]["username"].text() << " -> " << t["content"].text() << '\n';
}

void TourExamples::following() {
  const dorm::Row charlie = user.get(user["username"] == "charlie");
  const auto query =
      user.select().join(relationship, {.on = relationship["to_user"]}).where(relationship["from_user"] == charlie);
  for (const dorm::Row& u : query) out << u["username"].text() << '\n';
}

void TourExamples::followers() {
  const dorm::Row charlie = user.get(user["username"] == "charlie");
  const auto query =
      user.select().join(relationship, {.on = relationship["from_user"]}).where(relationship["to_user"] == charlie);
  for (const dorm::Row& u : query) out << u["username"].text() << '\n';
}

void TourExamples::join_without_key() {
  const auto user_log = user.select(user, activity_log)
                            .join(activity_log, {.on = user["id"] == activity_log["object_id"], .attr = "log"})
                            .where(activity_log["activity_type"] == "user_activity" && user["username"] == "charlie");
  for (const dorm::Row& u : user_log) out << u["username"].text() << ' ' << u["log"]["description"].text() << '\n';
}

void TourExamples::self_join() {
  const dorm::Model parent = category.alias();
  const auto query =
      category.select().join(parent, {.on = category["parent"] == parent["id"]}).where(parent["name"] == "Electronics");
  for (const dorm::Row& c : query) out << c["name"].text() << '\n';
}

void TourExamples::self_join_subquery() {
  const dorm::Model parent = category.alias();
  const auto join_query = parent.select(parent["id"]).where(parent["name"] == "Electronics").alias("jq");
  const auto query = category.select().join(join_query, {.on = category["parent"] == join_query.c("id")});
  for (const dorm::Row& c : query) out << c["name"].text() << '\n';
}

void TourExamples::link_model() {
  const dorm::Model link = course["students"].through();
  const auto query = student.select().join(link).join(course).where(course["name"] == "English 101");
  for (const dorm::Row& s : query) out << s["name"].text() << '\n';
}

void TourExamples::link_rows() {
  const dorm::Model link = course["students"].through();
  const auto query =
      link.select(link, student, course).join(course).switch_to(link).join(student).order_by(student["name"]);
  for (const dorm::Row& l : query) out << l["student"]["name"].text() << " -> " << l["course"]["name"].text() << '\n';
}

void TourExamples::many_to_many() {
  const dorm::Row huey = student.get(student["name"] == "Huey");
  for (const dorm::Row& c : huey.related("courses").order_by(course["name"])) out << c["name"].text() << '\n';
}

void TourExamples::many_to_many_back() {
  const dorm::Row english = course.get(course["name"] == "English 101");
  for (const dorm::Row& s : english.related("students")) out << s["name"].text() << '\n';
}

void TourExamples::add_links() {
  const dorm::Row huey = student.get(student["name"] == "Huey");
  const dorm::Row mickey = student.get(student["name"] == "Mickey");
  const dorm::Row zaizee = student.get(student["name"] == "Zaizee");
  const dorm::Row cs_101 = course.get(course["name"] == "CS 101");
  cs_101.related("students").add(mickey);                                                    // a row
  cs_101.related("students").add({huey, zaizee});                                            // a list
  mickey.related("courses").add(course.select().where(course["name"].contains("English")));  // a query
  out << cs_101.related("students").count() << " in CS 101, " << mickey.related("courses").count()
      << " courses of Mickey\n";
}

void TourExamples::remove_links() {
  const dorm::Row huey = student.get(student["name"] == "Huey");
  const auto left = huey.related("courses").remove(course.select().where(course["name"].startswith("CS")));
  out << "Huey left " << left << " courses\n";
}

void TourExamples::clear_links() {
  const dorm::Row cs_101 = course.get(course["name"] == "CS 101");
  out << cs_101.related("students").clear() << " students left\n";
}

void TourExamples::recent_tweets() {
  const auto query = tweet.select(tweet, user).join(user).order_by(tweet["id"].desc()).limit(10);
  for (const dorm::Row& t : query) out << t["user"]["username"].text() << " - " << t["content"].text() << '\n';
}

void TourExamples::prefetched() {
  const auto users = user.select();
  const auto tweets = tweet.select().where(tweet["timestamp"] >= dorm::DateTime::parse("2026-11-14 00:00"));
  for (const dorm::Row& u : dorm::prefetch(users, tweets)) {
    out << u["username"].text() << ':';
    for (const dorm::Row& t : u.related("tweets")) out << ' ' << t["content"].text();
    out << '\n';
  }
}

void TourExamples::select_related() {
  for (const dorm::Row& a : album.objects().select_related("tracks").all()) {
    out << a["name"].text() << ':';
    for (const dorm::Row& t : a.related("tracks")) out << ' ' << t["title"].text() << ';';
    out << '\n';
  }
}

void TourExamples::joined_copies() {
  const auto tracks = track.objects().select_related("album").order_by("id").all();
  const auto first = tracks[0]["album"].row(), second = tracks[1]["album"].row();
  out << (first == second ? "equal" : "different") << ", " << (first.same_row(second) ? "one row" : "two rows") << '\n';
  first.set("name", "Malibu, again");
  out << first["name"].text() << " / " << second["name"].text() << '\n';
}

void TourExamples::filter_by_path() {
  const auto query = track.objects().offset(1).select_related("album").filter("album__name", "Malibu").limit(1);
  for (const dorm::Row& t : query.all()) out << t["title"].text() << " on " << t["album"]["name"].text() << '\n';
}

void TourExamples::order_by_path() {
  for (const dorm::Row& a : album.objects().select_related("tracks").order_by("-tracks__title").all()) {
    out << a["name"].text() << ':';
    for (const dorm::Row& t : a.related("tracks")) out << ' ' << t["title"].text() << ';';
    out << '\n';
  }
}

void TourExamples::page_of_parents() {
  for (const dorm::Row& a : album.objects().select_related("tracks").paginate(1, 2).all())
    out << a["name"].text() << " with " << a.related("tracks").size() << " tracks\n";
}

void TourExamples::select_all() {
  for (const dorm::Row& c : company.objects().select_all(true).all()) {
    out << c["name"].text() << ':';
    for (const dorm::Row& b : c.related("branches"))
      out << ' ' << b["name"].text() << " (" << (b["address"].is_null() ? "-" : b["address"]["street"].text()) << ')';
    out << '\n';
  }
}

void TourExamples::prefetch_related() {
  for (const dorm::Row& c : company.objects().prefetch_related("branches__address").all()) {
    out << c["name"].text() << ':';
    for (const dorm::Row& b : c.related("branches"))
      out << ' ' << b["name"].text() << " (" << (b["address"].is_null() ? "-" : b["address"]["street"].text()) << ')';
    out << '\n';
  }
}

void TourExamples::shared_rows() {
  const auto companies = company.objects().prefetch_related("branches").order_by("id").all();
  const auto one = companies[0].related("branches")[1], other = companies[1].related("branches")[0];
  one.set("name", "B2, renamed");
  out << other["name"].text() << ", " << (one.same_row(other) ? "one row" : "two rows") << '\n';
}

void TourExamples::first_per_parent() {
  const auto longest =
      dorm::Prefetch("tracks").order_by(dorm::fn::length(track["title"]).desc()).limit(1).as("longest");
  for (const dorm::Row& a : album.objects().prefetch_related(longest).all())
    for (const dorm::Row& t : a.related("longest")) out << a["name"].text() << ": " << t["title"].text() << '\n';
}

void TourExamples::count_per_parent() {
  const auto query = album.objects().annotate("tracks_count", dorm::Aggregate::count("tracks"));
  for (const dorm::Row& a : query.filter("tracks_count__gt", 0).order_by("-tracks_count").all())
    out << a["name"].text() << ' ' << a["tracks_count"].integer() << '\n';
}

void TourExamples::explain_load() {
  out << company.objects().select_related("branches").prefetch_related("branches__address").explain_load().to_text();
}

std::span<const TourExample> tour_examples() {
  using E = TourExamples;
  static constexpr TourExample examples[] = {
      {"The data", "Who favorited what",
       "Touching a relation of one row loads it for all rows of the result: three queries, not one per tweet.",
       "who_favorited_what", &E::who_favorited_what},
      {"Simple joins", "All tweets by huey", "The foreign key between the two models says how to join.", "simple_join",
       &E::simple_join},
      {"", "The same, spelled out", "With a predicate of one's own nothing is inferred.", "explicit_join",
       &E::explicit_join},
      {"", "The back-reference", "Every foreign key has an other side: the tweets of a row.", "back_reference",
       &E::back_reference},
      {"", "A closer look at it",
       "It is also a query, filtered beforehand; asking for its text runs only the query for the user.",
       "back_reference_sql", &E::back_reference_sql},
      {"Several tables", "How often was a user's tweet favorited",
       "Each join starts where the last one ended; outer joins keep users without tweets.", "joins_in_a_row",
       &E::joins_in_a_row},
      {"", "Switching the join context",
       "Without switch_to the second join would start from user and count something else.", "join_context",
       &E::join_context},
      {"", "The same with join_from", "join_from names the start of each join.", "join_from", &E::join_from},
      {"Rows from several sources", "One query per row",
       "What other mappers do when a relation is touched; here one has to ask for it.", "one_query_per_row",
       &E::one_query_per_row},
      {"", "One query for all rows", "What dorm does: the first row's author is loaded together with everybody else's.",
       "one_query_for_all", &E::one_query_for_all},
      {"", "Flat rows", "Both tables in one query, the values side by side.", "flat_rows", &E::flat_rows},
      {"", "A graph of rows",
       "The same query without dicts(): the username lies where it belongs, on the tweet's user.", "row_graph",
       &E::row_graph},
      {"", "Another place for the joined row", "attr names it.", "named_relation", &E::named_relation},
      {"", "Everything on the row itself", "objects() puts all values on the tweet.", "flat_objects", &E::flat_objects},
      {"", "The same table twice",
       "An alias is a source of its own; both users are found by the path that leads to them.", "two_aliases",
       &E::two_aliases},
      {"Subqueries", "Each user's latest tweet",
       "A query with an alias can be joined; c(\"name\") is one of its columns.", "subquery_join", &E::subquery_join},
      {"", "The same with a common table expression", "cte() instead of alias(), and with_cte() to declare it.",
       "common_table", &E::common_table},
      {"Several keys to one model", "Whom does charlie follow",
       "Two foreign keys lead to User, so the join names the one it means.", "following", &E::following,
       &E::populate_charlie},
      {"", "Who follows charlie", "The other key, the other direction.", "followers", &E::followers},
      {"Joining without a foreign key", "What charlie did",
       "Any predicate joins; attr says where the joined row is found.", "join_without_key", &E::join_without_key},
      {"Self-joins", "Categories below Electronics", "An alias is the second instance of the table.", "self_join",
       &E::self_join, &E::populate_categories},
      {"", "The same with a subquery", "The columns of the subquery are named through c().", "self_join_subquery",
       &E::self_join_subquery},
      {"Many to many", "Through the link model", "The relation made a link model, which is a model like any other.",
       "link_model", &E::link_model, &E::populate_school},
      {"", "All pairs in one query", "Link rows with both of their ends.", "link_rows", &E::link_rows},
      {"", "The courses of a student", "The relation itself, as a query that can be ordered and filtered.",
       "many_to_many", &E::many_to_many},
      {"", "The students of a course", "The other side.", "many_to_many_back", &E::many_to_many_back},
      {"", "Adding", "A row, a list, or every row of a query; one statement each.", "add_links", &E::add_links},
      {"", "Removing", "Likewise.", "remove_links", &E::remove_links},
      {"", "Clearing", "All links of one row.", "clear_links", &E::clear_links},
      {"No N+1", "Recent tweets with their authors", "Select both models and join: one query.", "recent_tweets",
       &E::recent_tweets},
      {"", "Users with the tweets of last week",
       "prefetch: one query per table, no join written, each with its own condition.", "prefetched", &E::prefetched},
      {"Rows with all that belongs to them", "Albums with their tracks, joined",
       "select_related is one query, across every kind of relation and at any depth.", "select_related",
       &E::select_related, &E::populate_music},
      {"", "To each parent its own",
       "Joined rows are equal, but each parent has its own copy: a change shows on that one only.", "joined_copies",
       &E::joined_copies},
      {"", "Conditions along a path", "A path names relations and a field; the calls may stand in any order.",
       "filter_by_path", &E::filter_by_path},
      {"", "Order along a path", "Tracks are ordered in each album, and albums by their first track.", "order_by_path",
       &E::order_by_path},
      {"", "Limits count albums", "Not the rows of the join: each album comes with all of its tracks.",
       "page_of_parents", &E::page_of_parents},
      {"", "Everything, without naming it", "select_all(true) follows all relations, whatever the schema calls them.",
       "select_all", &E::select_all, &E::populate_companies},
      {"", "One query per relation", "prefetch_related fetches each level by its keys, whatever the number of rows.",
       "prefetch_related", &E::prefetch_related},
      {"", "Shared by all parents", "What is fetched exists once: a change shows wherever it is reached from.",
       "shared_rows", &E::shared_rows},
      {"", "The longest track title of each album", "A prefetch with an order and a limit per parent, under a name.",
       "first_per_parent", &E::first_per_parent},
      {"", "Counts per parent", "Each in a subquery of its own: no join multiplies another.", "count_per_parent",
       &E::count_per_parent},
      {"", "What a load would cost", "Statements, strategies and round trips, before anything is run.", "explain_load",
       &E::explain_load},
  };
  return examples;
}

}  // namespace dorm::cli
