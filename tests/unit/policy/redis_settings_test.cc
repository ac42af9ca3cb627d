#include <catch2/catch.hpp>

#include "policy/state/redis_settings.h"

using namespace gateway;
using namespace gateway::policy;

TEST_CASE("Redis connection strings in both forms") {
  struct Row {
    const char* text;
    const char* display;
    const char* user;
    const char* password;
  };
  const Row rows[] = {
      {"cache.example.net:6380,password=ab/c+d=,ssl=True,abortConnect=False",
       "rediss://cache.example.net:6380/0", "", "ab/c+d="},
      {"cache.example.net,ssl=true", "rediss://cache.example.net:6380/0", "", ""},
      {"cache.example.net", "redis://cache.example.net:6379/0", "", ""},
      {" 127.0.0.1:7000 , user=app , password=pw , defaultDatabase=3 ", "redis://127.0.0.1:7000/3", "app",
       "pw"},
      {"[::1]:7000,name=x,syncTimeout=1000", "redis://[::1]:7000/0", "", ""},
      {"redis://localhost", "redis://localhost:6379/0", "", ""},
      {"redis://:p%40ss%2Fword@localhost:7000/2", "redis://localhost:7000/2", "", "p@ss/word"},
      {"REDISS://app:secret@cache.example.net:6380", "rediss://cache.example.net:6380/0", "app", "secret"},
      {"rediss://[::1]/4", "rediss://[::1]:6379/4", "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto read = parse_redis_settings(row.text);
    REQUIRE(read);
    CHECK(read->display() == row.display);
    CHECK(read->password + "|" + read->user == std::string(row.password) + "|" + row.user);
  }
}

TEST_CASE("what is wrong with a Redis connection string is told without its secrets") {
  struct Row {
    const char* text;
    const char* says;
  };
  const Row rows[] = {
      {"", "must begin with a host"},
      {"password=topsecret", "must begin with a host"},
      {"h:0,password=topsecret", "port must be a number from 1 to 65535"},
      {"h:99999", "port must be a number from 1 to 65535"},
      {"h:1,h:2,password=topsecret", "only one server"},
      {"h:1,topsecret", "only one server"},
      {"h:1,ssl=yes,password=topsecret", "ssl must be True or False"},
      {"h:1,passwort=topsecret", "unknown setting \"passwort\""},
      {"h:1,defaultDatabase=-1", "defaultDatabase must be a number"},
      {"h:1,connectTimeout=0", "connectTimeout must be milliseconds"},
      {"h:1,user=app", "a user needs a password"},
      {"::1:6379", "stands in brackets"},
      {"[::1:6379", "'[' but no ']'"},
      {"http://:topsecret@h", "scheme must be redis or rediss"},
      {"redis://topsecret@h", "user:password@"},
      {"redis://:topsecret@h/zero", "database's number"},
      {"redis://:topsecret@h?x=1", "neither a query nor a fragment"},
      {"redis://:topsecret@h:port", "port must be"},
      {"redis://", "must begin with a host"},
      {"top secret:1", "must begin with a host"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto read = parse_redis_settings(row.text);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().to_string(), Catch::Contains(row.says));
    CHECK_THAT(read.error().to_string(), !Catch::Contains("topsecret"));
  }
}

TEST_CASE("a request waits for Redis no longer than a quarter of a second, whatever the string says") {
  CHECK(parse_redis_settings("h:1")->command_timeout_ms == 250);
  CHECK(parse_redis_settings("h:1,syncTimeout=5000")->command_timeout_ms == 250);
  CHECK(parse_redis_settings("h:1,asyncTimeout=100")->command_timeout_ms == 100);
}
