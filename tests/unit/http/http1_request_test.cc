#include <catch2/catch.hpp>

#include <string>

#include "../../support/http1_events.h"

using namespace gateway;
using gateway::test::Arrival;

namespace {

std::string request(std::string_view wire, const Arrival& arrival = {}) {
  return test::events(Http1Parser::Kind::Request, wire, arrival);
}

struct Case {
  const char* name;
  std::string_view wire;
  const char* expected;
};

constexpr Case kAccepted[] = {
    {"a plain GET", "GET /a/b?c=d HTTP/1.1\r\nHost: x.example\r\n\r\n",
     "GET /a/b ?c=d host=x.example 1.1 none keep\n  Host: x.example\nend\n"},
    {"values without surrounding white space, empty values",
     "GET / HTTP/1.1\r\nHost: \t x \t\r\nA:b\r\nEmpty:\r\nBlank:  \r\nB: c  d\r\n\r\n",
     "GET /  host=x 1.1 none keep\n  Host: x\n  A: b\n  Empty: \n  Blank: \n  B: c  d\nend\n"},
    {"a tab and bytes over 0x7f inside a value",
     "GET / HTTP/1.1\r\nHost: x\r\nA: b\tc\xc3\xa9\r\n\r\n",
     "GET /  host=x 1.1 none keep\n  Host: x\n  A: b\tc\xc3\xa9\nend\n"},
    {"one empty line before the request line", "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
     "GET /  host=x 1.1 none keep\n  Host: x\nend\n"},
    {"a method that no standard names", "PURGE-ALL / HTTP/1.1\r\nHost: x\r\n\r\n",
     "PURGE-ALL /  host=x 1.1 none keep\n  Host: x\nend\n"},
    {"a method in lower case is another method", "get / HTTP/1.1\r\nHost: x\r\n\r\n",
     "get /  host=x 1.1 none keep\n  Host: x\nend\n"},
    {"a body by length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
     "POST /  host=x 1.1 length=3 keep\n  Host: x\n  Content-Length: 3\n  body 'abc'\nend\n"},
    {"a length of zero", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
     "POST /  host=x 1.1 length=0 keep\n  Host: x\n  Content-Length: 0\nend\n"},
    {"a chunked body",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
     "chunked\r\n\r\n3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n",
     "POST /  host=x 1.1 chunked keep\n  Host: x\n  Transfer-Encoding: chunked\n"
     "  body 'abc0123456789'\nend\n"},
    {"the coding's name in any case",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
     "POST /  host=x 1.1 chunked keep\n  Host: x\n  Transfer-Encoding: CHUNKED\nend\n"},
    {"chunk extensions are ignored",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
     "chunked\r\n\r\n3;a=b;c\r\nabc\r\n0;x\r\n\r\n",
     "POST /  host=x 1.1 chunked keep\n  Host: x\n  Transfer-Encoding: chunked\n  body "
     "'abc'\nend\n"},
    {"trailer fields; forbidden ones are dropped",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
     "Checksum: 1\r\nContent-Length: 5\r\nHost: evil\r\nAuthorization: x\r\nGrpc-Status: 0\r\n\r\n",
     "POST /  host=x 1.1 chunked keep\n  Host: x\n  Transfer-Encoding: chunked\n  body 'a'\n"
     "  trailer Checksum: 1\n  trailer Grpc-Status: 0\nend\n"},
    {"pipelined requests",
     "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"
     "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n",
     "GET /1  host=x 1.1 none keep\n  Host: x\nend\n"
     "POST /2  host=x 1.1 length=2 keep\n  Host: x\n  Content-Length: 2\n  body 'hi'\nend\n"
     "GET /3  host=x 1.1 none keep\n  Host: x\nend\n"},
    {"Connection: close", "GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, Close\r\n\r\n",
     "GET /  host=x 1.1 none close\n  Host: x\n  Connection: foo, Close\nend\n"},
    {"HTTP/1.0 closes, and needs no Host", "GET / HTTP/1.0\r\n\r\n",
     "GET /  host= 1.0 none close\nend\n"},
    {"HTTP/1.0 with keep-alive", "GET / HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n",
     "GET /  host=x 1.0 none keep\n  Host: x\n  Connection: Keep-Alive\nend\n"},
    {"Expect: 100-continue",
     "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\na",
     "POST /  host=x 1.1 length=1 keep expect\n  Host: x\n  Expect: 100-Continue\n  "
     "Content-Length: 1\n"
     "  body 'a'\nend\n"},
    {"Expect is nothing to HTTP/1.0", "POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n",
     "POST /  host= 1.0 none close\n  Expect: 100-continue\nend\n"},
    {"an upgrade",
     "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
     "GET /  host=x 1.1 none keep upgrade=websocket\n  Host: x\n  Connection: keep-alive, Upgrade\n"
     "  Upgrade: websocket\nend\n"},
    {"Upgrade without Connection is none", "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\n\r\n",
     "GET /  host=x 1.1 none keep\n  Host: x\n  Upgrade: h2c\nend\n"},
    {"absolute form: its authority counts",
     "GET http://a.example:80/p?q HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET /p ?q host=a.example:80 1.1 none keep\n  Host: b\nend\n"},
    {"absolute form without a path", "GET HTTPS://a?q HTTP/1.1\r\nHost: b\r\n\r\n",
     "GET / ?q host=a 1.1 none keep\n  Host: b\nend\n"},
    {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
     "OPTIONS *  host=x 1.1 none keep\n  Host: x\nend\n"},
    {"OPTIONS of a whole server in absolute form", "OPTIONS http://a HTTP/1.1\r\nHost: x\r\n\r\n",
     "OPTIONS *  host=a 1.1 none keep\n  Host: x\nend\n"},
    {"a Host with a port, and an IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
     "GET /  host=[::1]:8080 1.1 none keep\n  Host: [::1]:8080\nend\n"},
    {"an incomplete head", "GET / HTTP/1.1\r\nHost: x\r\n", "incomplete head\n"},
    {"an incomplete body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab",
     "POST /  host=x 1.1 length=3 keep\n  Host: x\n  Content-Length: 3\n  body so far 'ab'\n"},
};

struct Refused {
  const char* name;
  std::string_view wire;
  int status;
};

using namespace std::string_view_literals;

constexpr Refused kRefusedHeads[] = {
    {"bare LF after the request line", "GET / HTTP/1.1\nHost: x\r\n\r\n", 400},
    {"bare LF after a field", "GET / HTTP/1.1\r\nHost: x\n\r\n", 400},
    {"bare LF as the blank line", "GET / HTTP/1.1\r\nHost: x\r\n\n", 400},
    {"LF alone at the start", "\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"two empty lines at the start", "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"bare CR in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400},
    {"bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"CR CR LF", "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n", 400},
    {"a folded field line", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},
    {"a folded field line by tab", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n\tc\r\n\r\n", 400},
    {"white space before the first field", "GET / HTTP/1.1\r\n Host: x\r\n\r\n", 400},
    {"a line of white space", "GET / HTTP/1.1\r\nHost: x\r\n \r\n\r\n", 400},
    {"space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
    {"tab before the colon", "GET / HTTP/1.1\r\nHost\t: x\r\n\r\n", 400},
    {"space inside a field name", "GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n", 400},
    {"space before Transfer-Encoding's colon",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", 400},
    {"an empty field name", "GET / HTTP/1.1\r\nHost: x\r\n: a\r\n\r\n", 400},
    {"a field without a colon", "GET / HTTP/1.1\r\nHost: x\r\nNothing\r\n\r\n", 400},
    {"a NUL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"sv, 400},
    {"a NUL in a name", "GET / HTTP/1.1\r\nHost: x\r\nA\0: b\r\n\r\n"sv, 400},
    {"a control byte in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\x01\r\n\r\n", 400},
    {"DEL in a value", "GET / HTTP/1.1\r\nHost: x\r\nA: b\x7f\r\n\r\n", 400},
    {"vertical tab in a value",
     "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     400},
    {"a name with a byte over 0x7f", "GET / HTTP/1.1\r\nHost: x\r\nA\xc3\xa9: b\r\n\r\n", 400},
    {"a name with a separator", "GET / HTTP/1.1\r\nHost: x\r\nA(b): c\r\n\r\n", 400},
    {"a name with a quote", "GET / HTTP/1.1\r\nHost: x\r\n\"A\": c\r\n\r\n", 400},
    {"TLS on a plain-text port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv, 400},

    {"two spaces after the method", "GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a tab as separator", "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"space after the version", "GET / HTTP/1.1 \r\nHost: x\r\n\r\n", 400},
    {"space before the method", " GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a space in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"HTTP/0.9", "GET /\r\n\r\n", 400},
    {"a method that is no token", "GE(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"a version in lower case", "GET / http/1.1\r\nHost: x\r\n\r\n", 400},
    {"another protocol", "GET / RTSP/1.0\r\nHost: x\r\n\r\n", 400},
    {"ICE", "SOURCE / ICE/1.0\r\nHost: x\r\n\r\n", 400},
    {"a version with two digits", "GET / HTTP/1.10\r\nHost: x\r\n\r\n", 400},
    {"a version without a dot", "GET / HTTP/1,1\r\nHost: x\r\n\r\n", 400},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
    {"HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"HTTP/9.9", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505},
    {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501},
    {"authority form without CONNECT", "GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a relative path", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"an asterisk for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"an asterisk with more", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a byte over 0x7f in the target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"a tab in the target", "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute form without authority", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute form with user information", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute form with a bad port", "GET http://a:x/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"absolute form without Host", "GET http://a/ HTTP/1.1\r\n\r\n", 400},
    {"absolute form with a malformed Host", "GET http://a/ HTTP/1.1\r\nHost: a b\r\n\r\n", 400},

    {"no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", 400},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"a Host with user information", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
    {"a Host with a bad port", "GET / HTTP/1.1\r\nHost: a:80b\r\n\r\n", 400},
    {"a Host with two ports", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", 400},
    {"a malformed IPv6 Host", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},

    {"two lengths",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
    {"two equal lengths",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
    {"a list of equal lengths", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\na", 400},
    {"a signed length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", 400},
    {"a negative length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\na", 400},
    {"a hexadecimal length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na", 400},
    {"a length with a space inside", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 1\r\n\r\na",
     400},
    {"an empty length", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n", 400},
    {"a length that is a word", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n", 400},
    {"a length of 2^63",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9223372036854775808\r\n\r\n", 400},
    {"a length of 2^64",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551616\r\n\r\n", 400},
    {"a length of 2^64 + 1",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\na", 400},
    {"a length and chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked and a length",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
     "3\r\n\r\n0\r\n\r\n",
     400},
    {"chunked twice in a list",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked in two fields",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n",
     400},
    {"chunked and identity in two fields",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "identity\r\n\r\n0\r\n\r\n",
     400},
    {"identity", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n\r\n", 400},
    {"gzip, chunked",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked, gzip",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400},
    {"xchunked", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
    {"chunked with a parameter",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked;a\r\n\r\n0\r\n\r\n", 400},
    {"chunked in quotes",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
    {"chunked with a comma",
     "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 400},
    {"an empty coding", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n", 400},
    {"chunked in HTTP/1.0",
     "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
};

constexpr std::string_view kChunkedHead =
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

constexpr Refused kRefusedBodies[] = {
    {"bare LF after a size", "3\nabc\r\n0\r\n\r\n", 400},
    {"bare LF after data", "3\r\nabc\n0\r\n\r\n", 400},
    {"no line end after data", "3\r\nabc0\r\n\r\n", 400},
    {"data longer than its size", "3\r\nabcd\r\n0\r\n\r\n", 400},
    {"data shorter than its size", "5\r\nabc\r\n0\r\n\r\n", 400},
    {"CR alone after a size", "3\rabc\r\n0\r\n\r\n", 400},
    {"junk after a size", "3 x\r\nabc\r\n0\r\n\r\n", 400},
    {"space after a size", "3 \r\nabc\r\n0\r\n\r\n", 400},
    {"space before a size", " 3\r\nabc\r\n0\r\n\r\n", 400},
    {"a size with 0x", "0x3\r\nabc\r\n0\r\n\r\n", 400},
    {"a size with a sign", "+3\r\nabc\r\n0\r\n\r\n", 400},
    {"a negative size", "-3\r\nabc\r\n0\r\n\r\n", 400},
    {"a size that is no number", "g\r\nabc\r\n0\r\n\r\n", 400},
    {"no size", "\r\nabc\r\n0\r\n\r\n", 400},
    {"no size before an extension", ";a\r\nabc\r\n0\r\n\r\n", 400},
    {"a size of 17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n", 400},
    {"a size over 63 bits", "8000000000000000\r\nabc", 400},
    {"a size over 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n", 400},
    {"bare LF inside an extension", "3;a\nabc\r\n0\r\n\r\n", 400},
    {"CR inside an extension", "3;a\rb\r\nabc\r\n0\r\n\r\n", 400},
    {"a control byte inside an extension", "3;a\x01\r\nabc\r\n0\r\n\r\n", 400},
    {"bare LF at the very end", "0\r\n\n", 400},
    {"junk as the last line", "0\r\nxyz\r\n\r\n", 400},
    {"a folded trailer field", "0\r\nA: b\r\n c\r\n\r\n", 400},
    {"space before a trailer field's colon", "0\r\nA : b\r\n\r\n", 400},
    {"bare LF after a trailer field", "0\r\nA: b\n\r\n", 400},
    {"a NUL in a trailer field", "0\r\nA: \0\r\n\r\n"sv, 400},
};

}  // namespace

TEST_CASE("A sound request is read as it was meant") {
  for (const auto& row : kAccepted) {
    INFO(row.name);
    CHECK(request(row.wire) == row.expected);
  }
}

TEST_CASE("However a sound request is cut into reads, it is read the same") {
  for (const auto& row : kAccepted) {
    INFO(row.name);
    Arrival arrival;
    for (std::size_t cut = 1; cut < row.wire.size(); ++cut) {
      arrival.cuts = {cut};
      INFO("cut at " << cut);
      REQUIRE(request(row.wire, arrival) == row.expected);
      arrival.cuts = {cut, cut + 1, cut + 3};
      REQUIRE(request(row.wire, arrival) == row.expected);
    }
    arrival.byte_by_byte = true;
    CHECK(request(row.wire, arrival) == row.expected);
  }
}

TEST_CASE("An ambiguous or malformed request head is refused, however it arrives") {
  for (const auto& row : kRefusedHeads) {
    INFO(row.name);
    const auto error = "error " + std::to_string(row.status) + " ";
    const auto whole = request(row.wire);
    CHECK(whole.substr(0, error.size()) == error);
    Arrival dripping;
    dripping.byte_by_byte = true;
    CHECK(request(row.wire, dripping).substr(0, error.size()) == error);
  }
}

TEST_CASE("A malformed chunked body is refused, however it arrives") {
  for (const auto& row : kRefusedBodies) {
    INFO(row.name);
    const auto error = "error " + std::to_string(row.status) + " ";
    const auto wire = std::string(kChunkedHead).append(row.wire);
    CHECK(request(wire).find(error) != std::string::npos);
    CHECK(request(wire).find("end\n") == std::string::npos);
    Arrival dripping;
    dripping.byte_by_byte = true;
    CHECK(request(wire, dripping).find(error) != std::string::npos);
  }
}

TEST_CASE("What was decoded before a malformed chunk is handed out") {
  CHECK(request(std::string(kChunkedHead) + "3\r\nabc\r\nzz\r\n").find("body so far 'abc'") !=
        std::string::npos);
}

TEST_CASE("A head over its limits is refused with 431, a long target with 414") {
  Arrival arrival;
  arrival.limits = {64, 3};
  const std::string long_value(100, 'v');
  const std::string long_target = "/" + std::string(100, 't');
  struct Row {
    std::string wire;
    std::string error;
  };
  const Row rows[] = {
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + long_value + "\r\n\r\n", "error 431"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + long_value, "error 431"},
      {"GET " + long_target + " HTTP/1.1\r\nHost: x\r\n\r\n", "error 414"},
      {"GET " + long_target, "error 414"},
      {long_value + long_value, "error 400"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n", "error 431"},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\nB: 2\r\n\r\n", "GET /  host"},
  };
  for (const auto& row : rows) {
    INFO(row.wire);
    CHECK(request(row.wire, arrival).substr(0, row.error.size()) == row.error);
    Arrival dripping = arrival;
    dripping.byte_by_byte = true;
    CHECK(request(row.wire, dripping).substr(0, row.error.size()) == row.error);
  }
}

TEST_CASE("A head of exactly the limit is taken, one byte more is not") {
  const std::string wire = "GET / HTTP/1.1\r\nHost: x\r\nA: bbbbbbbbbbbb\r\n\r\n";
  Arrival arrival;
  arrival.limits.header_bytes = wire.size();
  CHECK(request(wire, arrival).find("end\n") != std::string::npos);
  arrival.limits.header_bytes = wire.size() - 1;
  CHECK(request(wire, arrival).substr(0, 9) == "error 431");
}

TEST_CASE("Trailer fields and chunk extensions are bounded as a head is") {
  Arrival arrival;
  arrival.limits = {80, 3};
  const std::string head(kChunkedHead);
  CHECK(
      request(head + "0\r\nA: " + std::string(100, 'v') + "\r\n\r\n", arrival).find("error 431") !=
      std::string::npos);
  CHECK(request(head + "0\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n", arrival).find("error 431") !=
        std::string::npos);
  CHECK(request(head + "1;" + std::string(100, 'e') + "\r\na\r\n0\r\n\r\n", arrival)
            .find("error 400") != std::string::npos);
  std::string many = head;
  for (int i = 0; i < 20; ++i) many += "1;abcdefgh\r\na\r\n";
  CHECK(request(many + "0\r\n\r\n", arrival).find("error 400 chunk extensions too long") !=
        std::string::npos);
}

TEST_CASE("A head that drips in costs work in proportion to its size") {
  // 32 KiB byte by byte: a parser that starts anew with each byte would look at half a gigabyte, in
  // each of 40 heads.
  const std::string wire =
      "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(32'000, 'a') + "\r\n\r\n";
  Http1Parser parser(Http1Parser::Kind::Request, {});
  for (int round = 0; round < 40; ++round) {
    parser.reset();
    for (std::size_t size = 1; size < wire.size(); ++size) {
      REQUIRE(parser.parse_head({wire.data(), size}).status == Http1Parser::Status::Incomplete);
    }
    REQUIRE(parser.parse_head(wire).status == Http1Parser::Status::Complete);
  }
}

TEST_CASE("A head moves with its bytes") {
  const std::string wire =
      "GET http://a/p?q HTTP/1.1\r\nHost: b\r\nConnection: upgrade\r\nUpgrade: u\r\n\r\n";
  Http1Parser parser(Http1Parser::Kind::Request, {});
  REQUIRE(parser.parse_head(wire).status == Http1Parser::Status::Complete);
  const std::string copy = wire;
  RequestHead& head = parser.request();
  rebase(head, wire.data(), copy.data());
  const auto inside = [&](std::string_view view) {
    return view.data() >= copy.data() && view.data() + view.size() <= copy.data() + copy.size();
  };
  CHECK(inside(head.method));
  CHECK(inside(head.target));
  CHECK(inside(head.path));
  CHECK(head.path == "/p");
  CHECK(head.query == "?q");
  CHECK(head.host == "a");
  CHECK(head.upgrade == "u");
  for (const auto& field : head.headers) {
    CHECK(inside(field.name));
    CHECK(inside(field.value));
  }
}

TEST_CASE("Moving a head leaves what is not in its bytes alone") {
  const std::string wire = "OPTIONS http://a HTTP/1.1\r\nHost: a\r\n\r\n";
  Http1Parser parser(Http1Parser::Kind::Request, {});
  REQUIRE(parser.parse_head(wire).status == Http1Parser::Status::Complete);
  const std::string copy = wire;
  rebase(parser.request(), wire.data(), copy.data());
  CHECK(parser.request().path == "*");
  CHECK(parser.request().query.empty());
  CHECK(parser.request().upgrade.empty());
}

TEST_CASE("A refused parser stays refused until reset") {
  Http1Parser parser(Http1Parser::Kind::Request, {});
  CHECK(parser.parse_head("GET / HTTP/1.1\n").status == Http1Parser::Status::Failed);
  const auto again = parser.parse_head("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(again.status == Http1Parser::Status::Failed);
  CHECK(again.error.status == 400);
  parser.reset();
  CHECK(parser.parse_head("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status ==
        Http1Parser::Status::Complete);
}
