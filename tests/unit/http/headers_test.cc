#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/headers.h"

using namespace gateway;

TEST_CASE("The fields that the gateway looks at are known in any case") {
  constexpr std::pair<std::string_view, HeaderId> kNames[] = {
      {"Connection", HeaderId::Connection},
      {"Content-Length", HeaderId::ContentLength},
      {"Transfer-Encoding", HeaderId::TransferEncoding},
      {"Host", HeaderId::Host},
      {"Keep-Alive", HeaderId::KeepAlive},
      {"Proxy-Connection", HeaderId::ProxyConnection},
      {"TE", HeaderId::Te},
      {"Trailer", HeaderId::Trailer},
      {"Upgrade", HeaderId::Upgrade},
      {"Expect", HeaderId::Expect},
      {"Server", HeaderId::Server},
      {"Date", HeaderId::Date},
      {"Via", HeaderId::Via},
      {"X-Forwarded-For", HeaderId::XForwardedFor},
      {"X-Forwarded-Proto", HeaderId::XForwardedProto},
      {"X-Forwarded-Host", HeaderId::XForwardedHost},
      {"Forwarded", HeaderId::Forwarded},
      {"X-Request-Id", HeaderId::XRequestId},
      {"Proxy-Authenticate", HeaderId::ProxyAuthenticate},
      {"Proxy-Authorization", HeaderId::ProxyAuthorization},
      {"Content-Type", HeaderId::ContentType},
      {"Retry-After", HeaderId::RetryAfter},
      {"Location", HeaderId::Location}};
  for (const auto& [name, id] : kNames) {
    INFO(name);
    std::string lower, upper;
    for (const char c : name) {
      lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      upper.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    }
    CHECK(header_id(name) == id);
    CHECK(header_id(lower) == id);
    CHECK(header_id(upper) == id);
    // One byte off in any place is another field.
    for (std::size_t i = 0; i < lower.size(); ++i) {
      std::string other = lower;
      other[i] = '~';
      CHECK(header_id(other) == HeaderId::Other);
      other[i] = static_cast<char>(name[i] ^ 0x20);
      CHECK((header_id(other) == id) == (name[i] != '-'));
    }
    CHECK(header_id(lower + "s") == HeaderId::Other);
  }
  CHECK(header_id("") == HeaderId::Other);
  CHECK(header_id(std::string(300, 'a')) == HeaderId::Other);
}

TEST_CASE("Text is compared without regard to ASCII case, and to that only") {
  CHECK(iequals("aBc-1", "AbC-1"));
  CHECK_FALSE(iequals("abc", "ab"));
  CHECK_FALSE(iequals("[", "{"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK_FALSE(iequals("\xc3\x89", "\xc3\xa9"));
}

TEST_CASE("A token is found in a comma-separated list as a whole element") {
  CHECK(has_token("close", "close"));
  CHECK(has_token("keep-alive, \tUpgrade ,x", "upgrade"));
  CHECK(has_token(",,close", "close"));
  CHECK_FALSE(has_token("closed, xclose", "close"));
  CHECK_FALSE(has_token("", "close"));
  CHECK_FALSE(has_token(",", "close"));
}

namespace {

std::string forwarded(const std::vector<std::pair<std::string_view, std::string_view>>& fields) {
  HeaderList list;
  for (const auto& [name, value] : fields) list.add(name, value, header_id(name));
  FieldMask keep{1};
  mark_hop_by_hop(list, keep);
  std::string out;
  std::size_t i = 0;
  for (const auto& field : list) {
    if (keep[i++]) out.append(field.name).append(";");
  }
  return out;
}

}  // namespace

TEST_CASE("Hop-by-hop fields are not forwarded") {
  CHECK(forwarded({{"Accept", "a"},
                   {"Connection", "close"},
                   {"Keep-Alive", "5"},
                   {"Proxy-Connection", "close"},
                   {"TE", "gzip"},
                   {"Transfer-Encoding", "chunked"},
                   {"Upgrade", "h2c"},
                   {"Proxy-Authenticate", "a"},
                   {"Proxy-Authorization", "a"},
                   {"Host", "x"}}) == "Accept;Host;");
  CHECK(forwarded({{"TE", "trailers"}, {"Connection", "TE"}}) == "TE;");
  CHECK(forwarded({{"TE", "trailers, deflate"}}) == "");
}

TEST_CASE("Fields named by Connection are not forwarded") {
  CHECK(forwarded({{"X-Hop", "1"}, {"A", "b"}, {"x-hop", "2"}, {"Connection", "close, X-HOP"}}) ==
        "A;");
  CHECK(forwarded({{"A", "1"}, {"B", "2"}, {"Connection", "a"}, {"connection", "keep-alive,b"}}) ==
        "");
}

TEST_CASE("Framing, routing and session cannot be named away by Connection") {
  CHECK(forwarded({{"Connection", "content-length, host, cookie"},
                   {"Content-Length", "1"},
                   {"Host", "x"},
                   {"Cookie", "a"}}) == "Content-Length;Host;Cookie;");
}

TEST_CASE("A field is found by name and by id") {
  HeaderList list;
  list.add("Accept", "1", HeaderId::Other);
  list.add("HOST", "2", HeaderId::Host);
  list.add("accept", "3", HeaderId::Other);
  REQUIRE(list.find("ACCEPT") != nullptr);
  CHECK(list.find("ACCEPT")->value == "1");
  REQUIRE(list.find(HeaderId::Host) != nullptr);
  CHECK(list.find(HeaderId::Host)->value == "2");
  CHECK(list.find("absent") == nullptr);
  CHECK(list.find(HeaderId::Via) == nullptr);
}
