#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dorm/error.hpp"
#include "postgres/url.hpp"

namespace dorm::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::ThrowsMessage;

std::string keywords_of(std::string_view url) {
  std::string text;
  for (const auto& [keyword, value] : parse_url(url).keywords)
    text += (text.empty() ? "" : " ") + keyword + "=" + value;
  return text;
}

struct Case {
  std::string_view url;
  std::string_view keywords;
};

TEST(PostgresUrl, ReadsWhatLibpqReads) {
  const Case cases[] = {
      {"postgresql://", ""},
      {"postgres://", ""},
      {"postgresql://localhost", "host=localhost"},
      {"postgresql://localhost:5433", "host=localhost port=5433"},
      {"postgresql://localhost/mydb", "host=localhost dbname=mydb"},
      {"postgresql:///mydb", "dbname=mydb"},
      {"postgresql://user@localhost", "user=user host=localhost"},
      {"postgresql://user:secret@localhost", "user=user password=secret host=localhost"},
      {"postgresql://user:@localhost", "user=user host=localhost"},
      {"postgresql://:secret@localhost", "password=secret host=localhost"},
      {"postgresql://user:a%2Fb%40c%3A%25@host/db", "user=user password=a/b@c:% host=host dbname=db"},
      {"postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
       "user=other host=localhost dbname=otherdb connect_timeout=10 application_name=myapp"},
      {"postgresql://host1:123,host2:456/somedb?target_session_attrs=any",
       "host=host1,host2 port=123,456 dbname=somedb target_session_attrs=any"},
      {"postgresql://host1,host2:456/db", "host=host1,host2 port=,456 dbname=db"},
      {"postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", "host=/var/lib/postgresql dbname=dbname"},
      {"postgresql:///dbname?host=/var/lib/postgresql", "dbname=dbname host=/var/lib/postgresql"},
      {"postgresql://[2001:db8::1234]/database", "host=2001:db8::1234 dbname=database"},
      {"postgresql://[::1]:5433,[::2]/d", "host=::1,::2 port=5433, dbname=d"},
      {"postgresql://localhost?user=a&password=b", "host=localhost user=a password=b"},
      {"postgresql://a@localhost?user=b", "user=b host=localhost"},
      {"postgresql:///d?ssl=true", "dbname=d sslmode=require"},
      {"postgresql:///d?options=-csearch_path%3Dx", "dbname=d options=-csearch_path=x"},
      {"postgresql:///d?host=a,b&port=1,2", "dbname=d host=a,b port=1,2"},
  };
  for (const Case& c : cases) EXPECT_EQ(keywords_of(c.url), c.keywords) << c.url;
}

TEST(PostgresUrl, ReadsTheOptionsOfDorm) {
  const driver::ConnectOptions options =
      parse_url("postgresql:///d?statement_cache=7&statement_timeout_ms=1500&prepared_statements=false");
  EXPECT_EQ(options.statement_cache, 7U);
  EXPECT_EQ(options.statement_timeout, std::chrono::milliseconds(1500));
  EXPECT_FALSE(options.prepared_statements);
  EXPECT_EQ(options.scheme, "postgresql");
}

TEST(PostgresUrl, SaysWhatIsWrong) {
  const Case cases[] = {
      {"sqlite:x", "postgresql url: it must begin with 'postgresql://'"},
      {"postgresql:localhost/x",
       "postgresql url: '//' is missing after the scheme, as in 'postgresql://user@host/database'"},
      {"postgresql://h/d?sslmoed=require", "postgresql url: unknown option 'sslmoed'; did you mean 'sslmode'?"},
      {"postgresql://h/d?statment_cache=3",
       "postgresql url: unknown option 'statment_cache'; did you mean 'statement_cache'?"},
      {"postgresql://h/d?statement_cache=many", "postgresql url: statement_cache must be a whole number"},
      {"postgresql://h/d?sslmode", "postgresql url: an option has no value; write 'option=value'"},
      {"postgresql://[::1/d", "postgresql url: ']' is missing behind an IPv6 address"},
      {"postgresql://[]/d", "postgresql url: an IPv6 address is empty"},
      {"postgresql://[::1]x/d", "postgresql url: something unexpected behind the host"},
      {"postgresql://h/d%zz", "postgresql url: bad percent-encoding in the database name; write '%' itself as '%25'"},
      {"postgresql://h/d%2", "postgresql url: bad percent-encoding in the database name; write '%' itself as '%25'"},
      {"postgresql://h/d%00", "postgresql url: a zero byte in the database name"},
      {"postgresql://h/d%FF", "postgresql url: the database name is not valid utf-8"},
      {"postgresql://h/d?client_encoding=latin1", "postgresql url: client_encoding must be utf8"},
      {"postgresql://h/d?prepared_statements=maybe", "postgresql url: prepared_statements must be true or false"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT([&] { parse_url(c.url); }, ThrowsMessage<ConfigError>(std::string(c.keywords))) << c.url;
  }
}

TEST(PostgresUrl, NeverRepeatsASecret) {
  const std::string_view urls[] = {
      "postgresql://user:hush%zz@host/db",
      "postgresql://user:hush/hush@host/db",
      "postgresql://user:99/hush@host:x/db",
      "postgresql://h/db?password=hush%zz",
      "postgresql://h/db?password=hush%00",
      "postgresql://h:hush/db",
      "postgresql://h/db?port=hush",
      "postgresql://h/db?hush",
      "hush://x",
  };
  for (const std::string_view url : urls) {
    EXPECT_THAT([&] { parse_url(url); }, ThrowsMessage<ConfigError>(Not(HasSubstr("hush")))) << url;
  }
}

TEST(PostgresUrl, IsRedactedForMessages) {
  EXPECT_THAT(parse_url("postgresql://user:hush@host/db?sslpassword=hush").redacted(), Not(HasSubstr("hush")));
}

}  // namespace
}  // namespace dorm::postgres
