#include <catch2/catch.hpp>

#include <string>

#include "../../support/http1_events.h"

using namespace gateway;
using gateway::test::Arrival;

namespace {

std::string response(std::string_view wire, const Arrival& arrival = {}) {
  return test::events(Http1Parser::Kind::Response, wire, arrival);
}

struct Case {
  const char* name;
  std::string_view wire;
  const char* expected;
  bool to_head_request = false;
  bool then_close = false;
};

constexpr Case kAccepted[] = {
    {"a body by length", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
     "200 'OK' 1.1 length=2 keep\n  Content-Length: 2\n  body 'hi'\nend\n"},
    {"no reason, with and without its space",
     "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\nHTTP/1.1 201\r\nContent-Length: 0\r\n\r\n",
     "200 '' 1.1 length=0 keep\n  Content-Length: 0\nend\n201 '' 1.1 length=0 keep\n  "
     "Content-Length: 0\nend\n"},
    {"a reason of several words", "HTTP/1.1 404 Not \xe9 Found\r\nContent-Length: 0\r\n\r\n",
     "404 'Not \xe9 Found' 1.1 length=0 keep\n  Content-Length: 0\nend\n"},
    {"a chunked body with trailers",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nGrpc-Status: "
     "0\r\nSet-Cookie: a\r\n\r\n",
     "200 'OK' 1.1 chunked keep\n  Transfer-Encoding: chunked\n  body 'hi'\n  trailer Grpc-Status: "
     "0\nend\n"},
    {"until close", "HTTP/1.1 200 OK\r\n\r\nall of it",
     "200 'OK' 1.1 until-close close\n  body 'all of it'\nend\n", false, true},
    {"until close, still open", "HTTP/1.1 200 OK\r\n\r\nsome",
     "200 'OK' 1.1 until-close close\n  body so far 'some'\n"},
    {"closed before its end", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome",
     "200 'OK' 1.1 length=9 keep\n  Content-Length: 9\n  body so far 'some'\n", false, true},
    {"chunked, closed before its end",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
     "200 'OK' 1.1 chunked keep\n  Transfer-Encoding: chunked\n  body so far 'hi'\n", false, true},
    {"the answer to HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
     "200 'OK' 1.1 none keep\n  Content-Length: 5\nend\n", true},
    {"the answer to HEAD, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     "200 'OK' 1.1 none keep\n  Transfer-Encoding: chunked\nend\n", true},
    {"the answer to HEAD with neither", "HTTP/1.1 200 OK\r\n\r\n", "200 'OK' 1.1 none keep\nend\n",
     true},
    {"204 has no body", "HTTP/1.1 204 No Content\r\n\r\n", "204 'No Content' 1.1 none keep\nend\n"},
    {"204 that announces a body is the connection's last",
     "HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n",
     "204 'No' 1.1 none close\n  Content-Length: 3\nend\n"},
    {"204 with chunked is the connection's last",
     "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n",
     "204 'No' 1.1 none close\n  Transfer-Encoding: chunked\nend\n"},
    {"304 has no body, whatever its length", "HTTP/1.1 304 Not\r\nContent-Length: 9\r\n\r\n",
     "304 'Not' 1.1 none keep\n  Content-Length: 9\nend\n"},
    {"interim responses come first",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 "
     "OK\r\nContent-Length: 1\r\n\r\na",
     "100 'Continue' 1.1 none keep\nend\n103 'Early Hints' 1.1 none keep\n  Link: a\nend\n"
     "200 'OK' 1.1 length=1 keep\n  Content-Length: 1\n  body 'a'\nend\n"},
    {"an interim response before the answer to HEAD",
     "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
     "103 'Early Hints' 1.1 none keep\nend\n200 'OK' 1.1 none keep\n  Content-Length: 7\nend\n",
     true},
    {"HTTP/1.0 closes", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na",
     "200 'OK' 1.0 length=1 close\n  Content-Length: 1\n  body 'a'\nend\n"},
    {"HTTP/1.0 with keep-alive",
     "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
     "200 'OK' 1.0 length=1 keep\n  Connection: keep-alive\n  Content-Length: 1\n  body "
     "'a'\nend\n"},
    {"Connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na",
     "200 'OK' 1.1 length=1 close\n  Connection: close\n  Content-Length: 1\n  body 'a'\nend\n"},
    {"repeated Set-Cookie stays repeated",
     "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n",
     "200 'OK' 1.1 length=0 keep\n  Set-Cookie: a=1\n  set-cookie: b=2\n  Content-Length: "
     "0\nend\n"},
};

using namespace std::string_view_literals;

constexpr std::pair<const char*, std::string_view> kRefused[] = {
    {"bare LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"},
    {"bare LF after a field", "HTTP/1.1 200 OK\r\nContent-Length: 0\n\r\n"},
    {"an empty line at the start", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
    {"bare CR in the reason", "HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n"},
    {"a NUL in the reason", "HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n"sv},
    {"a folded field line", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 0\r\n\r\n"},
    {"space before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"},
    {"a NUL in a value", "HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n"sv},
    {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\na"},
    {"two equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"},
    {"a list of equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na"},
    {"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na"},
    {"a length over 63 bits", "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\n"},
    {"a length and chunked",
     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"},
    {"two codings", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
    {"chunked twice",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"a malformed chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
    {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"},
    {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"},
    {"a status below 100", "HTTP/1.1 099 OK\r\n\r\n"},
    {"a status over 599", "HTTP/1.1 600 OK\r\n\r\n"},
    {"two spaces before the status", "HTTP/1.1  200 OK\r\n\r\n"},
    {"a tab before the status", "HTTP/1.1\t200 OK\r\n\r\n"},
    {"another version", "HTTP/2.0 200 OK\r\n\r\n"},
    {"another protocol", "ICY 200 OK\r\n\r\n"},
    {"RTSP", "RTSP/1.0 200 OK\r\n\r\n"},
    {"no status line", "<html>\r\n\r\n"},
};

}  // namespace

TEST_CASE("A sound response is read as it was meant, however it arrives") {
  for (const auto& row : kAccepted) {
    INFO(row.name);
    Arrival arrival;
    arrival.to_head_request = row.to_head_request;
    arrival.then_close = row.then_close;
    CHECK(response(row.wire, arrival) == row.expected);
    for (std::size_t cut = 1; cut < row.wire.size(); ++cut) {
      arrival.cuts = {cut, cut + 2};
      INFO("cut at " << cut);
      REQUIRE(response(row.wire, arrival) == row.expected);
    }
    arrival.byte_by_byte = true;
    CHECK(response(row.wire, arrival) == row.expected);
  }
}

TEST_CASE("An ambiguous or malformed response is refused, however it arrives") {
  for (const auto& [name, wire] : kRefused) {
    INFO(name);
    Arrival arrival;
    CHECK(response(wire, arrival).find("error ") != std::string::npos);
    CHECK(response(wire, arrival).find("end\n") == std::string::npos);
    arrival.byte_by_byte = true;
    CHECK(response(wire, arrival).find("error ") != std::string::npos);
  }
}

TEST_CASE("A response head over its limits is refused") {
  Arrival arrival;
  arrival.limits = {64, 2};
  CHECK(response("HTTP/1.1 200 " + std::string(80, 'r'), arrival).substr(0, 9) == "error 431");
  CHECK(response("HTTP/1.1 200 OK\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n", arrival).substr(0, 9) ==
        "error 431");
}
