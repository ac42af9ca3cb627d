#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <string_view>

#include "http/path.h"

using namespace gateway;

namespace {

struct Row {
  std::string_view path;
  std::string_view normal;  // "" = refused
};

constexpr Row kPaths[] = {
    {"/", "/"},
    {"/a", "/a"},
    {"/a/", "/a/"},
    {"/a/b.c/-_~!$&'()*+,;=:@", "/a/b.c/-_~!$&'()*+,;=:@"},
    {"//", "/"},
    {"///a//b///", "/a/b/"},
    {"/.", "/"},
    {"/..", "/"},
    {"/./", "/"},
    {"/../", "/"},
    {"/a/.", "/a/"},
    {"/a/..", "/"},
    {"/a/./b", "/a/b"},
    {"/a/../b", "/b"},
    {"/a/b/../../c", "/c"},
    {"/../../a", "/a"},
    {"/a/b/..", "/a/"},
    {"/a/b/../", "/a/"},
    {"/a//../b", "/b"},
    {"/a/.../b", "/a/.../b"},
    {"/a/..b/.c/d..", "/a/..b/.c/d.."},
    {"/.a", "/.a"},
    {"/%61%7A%2d%2E%5f%7e", "/az-._~"},
    {"/%2e%2e/a", "/a"},
    {"/a/%2E/b", "/a/b"},
    {"/a/.%2e/b", "/b"},
    {"/a/%2e%2e%2e/b", "/a/.../b"},
    {"/a%20b", "/a%20b"},
    {"/a%3fb%23", "/a%3Fb%23"},
    {"/%c3%a9", "/%C3%A9"},
    {"/%252e%252e/a", "/%252e%252e/a"},
    {"/%40%3a", "/%40%3A"},
    {"/%0a", "/%0A"},
    {"/..;/a", "/..;/a"},

    {"", ""},
    {"a", ""},
    {"*", ""},
    {"%2fa", ""},
    {"/%", ""},
    {"/%2", ""},
    {"/%g0", ""},
    {"/%0g", ""},
    {"/%%41", ""},
    {"/%u0041", ""},
    {"/%00", ""},
    {"/a%2fb", ""},
    {"/a%2Fb", ""},
    {"/a%5cb", ""},
    {"/a\\b", ""},
    {"/..\\a", ""},
    {"/a b", ""},
    {"/a\tb", ""},
    {"/a\x7f", ""},
    {"/\xc3\xa9", ""},
    {"/a?b", ""},
    {"/a#b", ""},
    {"/a\"b", ""},
    {"/<a>", ""},
    {"/a|b", ""},
    {"/a^b", ""},
    {"/a`b", ""},
    {"/[a]", ""},
    {"/{a}", ""},
};

}  // namespace

TEST_CASE("A path has one normal form, or is refused") {
  std::string scratch;
  for (const auto& row : kPaths) {
    INFO(row.path);
    const auto result = normalise_path(row.path, {}, scratch);
    REQUIRE(result.ok() == !row.normal.empty());
    if (result.ok()) CHECK(*result == row.normal);
  }
}

TEST_CASE("A path that is normal already is returned as it is, without a copy") {
  std::string scratch = "untouched";
  const std::string_view path = "/users/42/orders.json";
  const auto result = normalise_path(path, {}, scratch);
  REQUIRE(result.ok());
  CHECK(result->data() == path.data());
  CHECK(scratch == "untouched");
}

TEST_CASE("An encoded slash is kept as it is where that is allowed") {
  std::string scratch;
  const PathRules rules{true};
  const auto slash = normalise_path("/a%2fb/../c%5Cd", rules, scratch);
  REQUIRE(slash.ok());
  CHECK(*slash == "/c%5Cd");
  const auto dots = normalise_path("/a/..%2fb", rules, scratch);
  REQUIRE(dots.ok());
  CHECK(*dots == "/a/..%2Fb");
  CHECK_FALSE(normalise_path("/a%00", rules, scratch).ok());
}

TEST_CASE("A NUL byte is refused") {
  std::string scratch;
  CHECK_FALSE(normalise_path(std::string_view("/a\0b", 4), {}, scratch).ok());
}

TEST_CASE("A normal form is its own normal form and holds nothing that could be resolved again") {
  constexpr std::string_view kPieces[] = {"/", ".",   "..",  "%2e", "%2E", "%2f", "%5C",
                                          "a", "B",   "%41", "%7E", "%25", "%2",  "2e",
                                          ";", "%c3", "//",  "%20", "~"};
  std::mt19937 random(7);
  std::string first, second;
  for (int round = 0; round < 200'000; ++round) {
    std::string path = "/";
    for (auto pieces = random() % 12; pieces > 0; --pieces) {
      path += kPieces[random() % std::size(kPieces)];
    }
    const PathRules rules{random() % 2 == 0};
    const auto once = normalise_path(path, rules, first);
    if (!once.ok()) continue;
    INFO(path);
    const std::string normal(*once);
    const auto twice = normalise_path(normal, rules, second);
    REQUIRE(twice.ok());
    REQUIRE(*twice == normal);
    REQUIRE(twice->data() != nullptr);
    REQUIRE(normal.front() == '/');
    REQUIRE(normal.find("//") == std::string::npos);
    REQUIRE((normal + "/").find("/./") == std::string::npos);
    REQUIRE((normal + "/").find("/../") == std::string::npos);
  }
}

namespace {

struct AuthorityRow {
  std::string_view text;
  std::string_view host;  // "" = refused
  std::string_view port = "";
};

constexpr AuthorityRow kAuthorities[] = {
    {"a", "a"},
    {"A.Example", "a.example"},
    {"a.example.", "a.example"},
    {"A.example.:443", "a.example", "443"},
    {"a:", "a", ""},
    {"a:0", "a", "0"},
    {"a:65535", "a", "65535"},
    {"my_host-1:8080", "my_host-1", "8080"},
    {"127.0.0.1:80", "127.0.0.1", "80"},
    {"[::1]", "[::1]"},
    {"[2001:DB8::A]:8443", "[2001:db8::a]", "8443"},
    {"[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]", "1"},

    {"", ""},
    {".", ""},
    {"..", ""},
    {".a", ""},
    {"a..b", ""},
    {"a..", ""},
    {":80", ""},
    {"a:65536", ""},
    {"a:123456", ""},
    {"a:-1", ""},
    {"a:8x", ""},
    {"a:80:80", ""},
    {"a b", ""},
    {"a/b", ""},
    {"a@b", ""},
    {"a,b", ""},
    {"*.a", ""},
    {"a%41", ""},
    {"a\xc3\xa9", ""},
    {"::1", ""},
    {"[::1", ""},
    {"[]", ""},
    {"[::1]a", ""},
    {"[::1]:x", ""},
    {"[fe80::1%25eth0]", ""},
    {"[v1.a]", ""},
    {"[1.2.3.4]", ""},
};

}  // namespace

TEST_CASE("An authority is split into a lower-case host and a port, or refused") {
  std::string scratch;
  for (const auto& row : kAuthorities) {
    INFO(row.text);
    const auto result = parse_authority(row.text, scratch);
    REQUIRE(result.ok() == !row.host.empty());
    CHECK(is_authority(row.text) == result.ok());
    if (!result.ok()) continue;
    CHECK(result->host == row.host);
    CHECK(result->port == row.port);
  }
  CHECK_FALSE(is_authority(std::string(254, 'a')));
  CHECK_FALSE(is_authority(std::string_view("a\0b", 3)));
  CHECK_FALSE(is_authority(std::string_view("[::\0\x0c]", 6)));
}
