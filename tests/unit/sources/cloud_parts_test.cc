// The parts of the cloud source that have no socket.
#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "base/base64.h"
#include "model/document.h"
#include "sources/cloud/endpoint.h"
#include "sources/cloud/event_stream.h"
#include "sources/cloud/mirror.h"
#include "sources/cloud/snapshot_document.h"

namespace gateway::cloud {
namespace {

// --- server-sent events

std::vector<std::string> events_of(std::string_view text, std::size_t piece) {
  EventStream stream(1000);
  std::vector<std::string> found;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    const bool sound = stream.push(text.substr(0, piece), [&](EventStream::Event event) {
      found.push_back(event.type + '|' + event.id + '|' + event.data);
      return true;
    });
    CHECK(sound);
  }
  return found;
}

TEST_CASE("event stream: fields, comments, line ends and what is no event") {
  struct Case {
    std::string text;
    std::vector<std::string> events;
  };
  using namespace std::string_literals;
  const Case cases[] = {
      {"data: a\n\n", {"message||a"}},
      {"event: change\nid: e:1\ndata: a\n\n", {"change|e:1|a"}},
      {"data:a\rdata: b\r\rdata:  c\r\n\r\n", {"message||a\nb", "message|| c"}},
      {"id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
       {"message|1|a", "message|1|b", "message||c"}},
      {"event: x\n\ndata: a\n\n", {"message||a"}},
      {"data\n\n", {"message||"}},
      {"data\ndata\n\n", {"message||\n"}},
      {": a comment\n\n:\n\n", {}},
      {"\xEF\xBB\xBF"
       "data: a\n\n",
       {"message||a"}},
      {"data: a\n\n\xEF\xBB\xBF"
       "data: b\n\n",
       {"message||a"}},
      {"id: a\0b\ndata: a\n\n"s, {"message||a"}},
      {"other: x\nDATA: y\ndata: a\n\n", {"message||a"}},
      {"data: a\n", {}},
      {"data: a", {}},
      {"\n\n\r\n\r\r", {}},
  };
  for (const auto& one : cases) {
    for (const std::size_t piece :
         {std::size_t(1), std::size_t(2), std::size_t(3), std::size_t(1000)}) {
      CAPTURE(one.text, piece);
      CHECK(events_of(one.text, piece) == one.events);
    }
  }
}

TEST_CASE("event stream: an event has a largest size, a stream has none") {
  const auto take = [](EventStream::Event) { return true; };
  EventStream stream(20);
  for (int i = 0; i < 100; ++i) CHECK(stream.push("data: 123456789\n\n", take));
  SECTION("in one line") { CHECK_FALSE(stream.push("data: 123456789012345", take)); }
  SECTION("over several lines") {
    CHECK_FALSE(stream.push("data: 123456\ndata: 123456\ndata: 123456\n", take));
  }
  SECTION("over several pieces") {
    CHECK(stream.push("0123456789", take));
    CHECK_FALSE(stream.push("01234567890", take));
  }
}

TEST_CASE(
    "event stream: nothing is read after it was told to stop, and the time to wait is known") {
  EventStream stream(1000);
  int taken = 0;
  CHECK_FALSE(stream.reconnection_time());
  CHECK(stream.push("retry: x1\nretry: 1500\ndata: a\n\nretry: 7\ndata: b\n\n",
                    [&](EventStream::Event) { return ++taken, false; }));
  CHECK(taken == 1);
  CHECK(stream.reconnection_time() == std::chrono::milliseconds(1500));
}

// --- where the service is

TEST_CASE("endpoint: https, or http where it is safe or allowed") {
  struct Case {
    std::string text;
    bool allow_http;
    std::string url;  // "" = refused
  };
  const Case cases[] = {
      {"https://config.example", false, "https://config.example"},
      {"HTTPS://Config.Example:443/", false, "https://config.example"},
      {"https://config.example:8443/base//", false, "https://config.example:8443/base"},
      {"https://[::1]:9/x", false, "https://[::1]:9/x"},
      {"http://127.0.0.1:80", false, "http://127.0.0.1"},
      {"http://127.9.9.9", false, "http://127.9.9.9"},
      {"http://localhost:9", false, "http://localhost:9"},
      {"http://[::1]:9", false, "http://[::1]:9"},
      {"http://10.0.0.1", false, ""},
      {"http://127.0.0.1.example", false, ""},
      {"http://localhost.example", false, ""},
      {"http://config.example", true, "http://config.example"},
      {"https://user@config.example", false, ""},
      {"https://user:password@config.example", false, ""},
      {"https://config.example?x", false, ""},
      {"https://config.example/#x", false, ""},
      {"https://config.example:0", false, ""},
      {"https://config.example:65536", false, ""},
      {"https://config.example:", false, ""},
      {"https://", false, ""},
      {"https://a b", false, ""},
      {"https://a/b c", false, ""},
      {"https://a/\r\nX: y", false, ""},
      {"https://[::1", false, ""},
      {"https://[127.0.0.1]", false, ""},
      {"ftp://a", false, ""},
      {"a", false, ""},
      {"", false, ""},
  };
  for (const auto& one : cases) {
    CAPTURE(one.text);
    const auto endpoint = parse_endpoint(one.text, one.allow_http);
    CHECK((endpoint ? endpoint->url() : "") == one.url);
  }
}

TEST_CASE("endpoint: a location is resolved against the request") {
  const Origin origin{true, "a.example", 8443};
  struct Case {
    std::string location;
    std::string url;  // "" = refused
  };
  const Case cases[] = {
      {"/x?y#z", "https://a.example:8443/x?y"},
      {"x", "https://a.example:8443/v1/x"},
      {"../x:y/z", "https://a.example:8443/v1/../x:y/z"},
      {"?q", "https://a.example:8443/v1/snapshot?q"},
      {"//b.example", "https://b.example/"},
      {"https://A.EXAMPLE:8443/x", "https://a.example:8443/x"},
      {"http://a.example:8443/x", "http://a.example:8443/x"},
      {"https://b.example?x", "https://b.example/?x"},
      {"https://user@a.example:8443/x", ""},
      {"javascript:x", ""},
      {"x y", ""},
      {"#only", ""},
      {"", ""},
      {std::string(9000, 'x'), ""},
  };
  for (const auto& one : cases) {
    CAPTURE(one.location);
    const auto location = resolve_location(one.location, origin, "/v1/snapshot?a");
    CHECK((location ? location->origin.url() + location->target : "") == one.url);
  }
}

TEST_CASE("proxy: its address and credentials") {
  const auto with_user = parse_proxy("http://us%65r:p%40ss:word@proxy.example:3128/");
  REQUIRE(with_user);
  CHECK(with_user->host == "proxy.example");
  CHECK(with_user->port == 3128);
  CHECK(with_user->authorization == "Basic " + encode_base64("user:p@ss:word"));
  CHECK(parse_proxy("http://[::1]")->port == 80);
  CHECK(parse_proxy("http://u@p")->authorization == "Basic " + encode_base64("u:"));
  for (const char* bad : {"", "proxy:3128", "https://proxy:3128", "http://", "http://proxy:x",
                          "http://proxy/x", "http://%zz@proxy"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_proxy(bad));
  }
}

TEST_CASE("proxy: what is reached without it") {
  struct Case {
    std::string entry;
    Origin origin;
    bool direct;
  };
  const Origin name{true, "a.b.example", 443};
  const Origin v4{false, "10.1.2.3", 80};
  const Origin v6{true, "fd00::1", 8443};
  const Case cases[] = {
      {"*", name, true},
      {" * ", v4, true},
      {"", name, false},
      {"a.b.example", name, true},
      {"A.B.Example", name, true},
      {"b.example", name, true},
      {".b.example", name, true},
      {"*.b.example", name, true},
      {".a.b.example", name, false},
      {"xa.b.example", name, false},
      {".example:443", name, true},
      {".example:444", name, false},
      {"10.1.2.3", v4, true},
      {"10.1.2.3:80", v4, true},
      {"10.1.2.3:81", v4, false},
      {"10.1.2.4", v4, false},
      {"2.3", v4, false},
      {"10.0.0.0/8", v4, true},
      {"10.1.2.0/23", v4, true},
      {"10.1.4.0/23", v4, false},
      {"10.0.0.0/33", v4, false},
      {"0.0.0.0/0", v4, true},
      {"10.0.0.0/8", name, false},
      {"fd00::/8", v6, true},
      {"fd00:0::1", v6, true},
      {"[fd00::1]", v6, true},
      {"[fd00::1]:8443", v6, true},
      {"[fd00::1]:1", v6, false},
      {"fe00::/8", v6, false},
  };
  for (const auto& one : cases) {
    CAPTURE(one.entry, one.origin.host);
    CHECK(is_reached_directly(one.origin, {"unrelated.example", one.entry}) == one.direct);
  }
}

// --- what the service has said

std::string api(const std::string& name, const std::string& more = "") {
  return R"({"id":"/apis/)" + name + R"(","properties":{"path":")" + name +
         R"(","serviceUrl":"http://127.0.0.1:9","protocols":["http"])" + more + "}}";
}

Digest digest_of(const std::vector<std::string>& resources) {
  Digest whole{};
  for (const auto& json : resources) {
    const auto document = parse_json(json, {}, "test").value();
    std::string canonical;
    arm::write_canonical_json(document, canonical);
    combine(whole, sha256(canonical));
  }
  return whole;
}

SnapshotDocument snapshot(const std::vector<std::string>& resources, const std::string& epoch = "e",
                          int revision = 1) {
  std::string all;
  for (const auto& one : resources) all += (all.empty() ? "" : ",") + one;
  auto read = read_snapshot("{\"epoch\":\"" + epoch +
                                "\",\"revision\":" + std::to_string(revision) + ",\"digest\":\"" +
                                hex(digest_of(resources)) + "\",\"resources\":[" + all + "]}",
                            1u << 20);
  if (!read) FAIL(read.error().to_string());
  return std::move(read).value();
}

ChangeDocument change(int revision, const std::vector<std::string>& upserts,
                      const std::vector<std::string>& removes,
                      const std::vector<std::string>& after) {
  std::string all;
  for (const auto& one : upserts) all += (all.empty() ? "" : ",") + one;
  std::string gone;
  for (const auto& one : removes) gone += (gone.empty() ? "\"" : ",\"") + one + '"';
  auto read = read_change("{\"epoch\":\"e\",\"revision\":" + std::to_string(revision) +
                              ",\"upserts\":[" + all + "],\"removes\":[" + gone +
                              "],\"digest\":\"" + hex(digest_of(after)) + "\"}",
                          1u << 20);
  if (!read) FAIL(read.error().to_string());
  return std::move(read).value();
}

TEST_CASE("mirror: changes on top of a snapshot, each with its digest") {
  using Outcome = Mirror::Outcome;
  Mirror mirror("");
  const auto a = api("a");
  const auto b = api("b");
  CHECK(mirror.replace(snapshot({a})) == Outcome::Changed);
  CHECK(mirror.replace(snapshot({a})) == Outcome::Same);
  CHECK(mirror.apply(change(2, {b}, {}, {a, b})) == Outcome::Changed);
  CHECK(mirror.apply(change(2, {}, {"/apis/a", "/apis/b"}, {})) == Outcome::Same);
  CHECK(mirror.apply(change(3, {}, {"/apis/a"}, {})) == Outcome::Missed);
  CHECK(mirror.revision() == 2);
  CHECK(mirror.resources().size() == 2);
  CHECK(mirror.snapshot().apis.size() == 2);
  CHECK(mirror.apply(change(4, {}, {"/apis/a"}, {b})) == Outcome::Changed);
  CHECK(mirror.snapshot().apis.size() == 1);
  CHECK(mirror.snapshot().revision == "4");
  auto foreign = change(5, {}, {}, {b});
  foreign.epoch = "f";
  CHECK(mirror.apply(std::move(foreign)) == Outcome::Foreign);
}

TEST_CASE(
    "mirror: a resource that is broken counts in the digest, and stays as it was in its epoch") {
  using Outcome = Mirror::Outcome;
  Mirror mirror("");
  const auto a = api("a");
  const auto b = api("b");
  const std::string broken = R"({"id":"/apis/a","properties":7})";
  const std::string odd = R"({"id":"/things/a","properties":{}})";
  CHECK(mirror.replace(snapshot({a})) == Outcome::Changed);
  CHECK(mirror.apply(change(2, {broken, odd}, {}, {broken, odd})) == Outcome::Changed);
  CHECK(mirror.snapshot().apis.size() == 1);
  CHECK(mirror.snapshot().rejected.size() == 2);
  CHECK(mirror.apply(change(3, {b}, {}, {broken, odd, b})) == Outcome::Changed);
  CHECK(mirror.replace(snapshot({broken, odd, b}, "e", 3)) == Outcome::Same);
  CHECK(mirror.apply(change(4, {}, {"/things/a"}, {broken, b})) == Outcome::Changed);
  SECTION("removed") {
    CHECK(mirror.apply(change(5, {}, {"/apis/a"}, {b})) == Outcome::Changed);
    CHECK(mirror.snapshot().apis.size() == 1);
    CHECK(mirror.snapshot().rejected.empty());
  }
  SECTION("mended") {
    CHECK(mirror.apply(change(5, {a}, {}, {a, b})) == Outcome::Changed);
    CHECK(mirror.snapshot().apis.size() == 2);
    CHECK(mirror.snapshot().rejected.empty());
  }
  SECTION("in another epoch it is not ours to keep") {
    CHECK(mirror.replace(snapshot({broken, b}, "f", 1)) == Outcome::Changed);
    CHECK(mirror.snapshot().apis.size() == 1);
    CHECK(mirror.apply([&] {
      auto next = change(2, {}, {}, {broken, b});
      next.epoch = "f";
      return next;
    }()) == Outcome::Same);
  }
}

TEST_CASE("mirror: a backup and a snapshot on top of it keep what is the same") {
  Mirror before("");
  CHECK(before.replace(snapshot({api("a"), api("b")}, "e", 5)) == Mirror::Outcome::Changed);
  Mirror mirror("");
  mirror.restore(before.resources(), "e", 5);
  const auto backed_up = mirror.snapshot();
  CHECK(backed_up.revision == "5");
  CHECK(mirror.replace(snapshot({api("a"), api("c")}, "e", 6)) == Mirror::Outcome::Changed);
  const auto now = mirror.snapshot();
  int kept = 0;
  SharedMap<Api>::diff(backed_up.apis, now.apis,
                       [&](std::string_view, const auto& x, const auto& y) { kept += x && y; });
  CHECK(kept == 0);  // none that is in both is another one
  CHECK(now.apis.size() == 2);
}

TEST_CASE("mirror: the cost of a large configuration", "[scale]") {
  std::string all;
  const auto add = [&](const std::string& json) { all += (all.empty() ? "" : ",") + json; };
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "api" + std::to_string(i);
    add(api(name));
    add(R"({"id":"/gateways/edge/apis/)" + name + R"(","properties":{}})");
    for (int j = 0; j < 20; ++j) {
      add(R"({"id":"/apis/)" + name + "/operations/op" + std::to_string(j) +
          R"(","properties":{"displayName":"An operation of this API","method":"GET","urlTemplate":"/items)" +
          std::to_string(j) +
          R"(/{id}","templateParameters":[{"name":"id","type":"string","required":true}]}})");
    }
  }
  for (int i = 0; i < 5000; ++i) {
    const std::string n = std::to_string(i);
    add(R"({"id":"/subscriptions/s)" + n +
        R"(","properties":{"scope":"/apis","state":"active","primaryKey":"p)" + n + R"("}})");
  }
  const std::string text = R"({"epoch":"e","revision":1,"resources":[)" + all + "]}";
  const auto now = [] { return std::chrono::steady_clock::now(); };
  const auto ms = [](auto from, auto to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
  };
  const auto begin = now();
  auto document = read_snapshot(text, 64u << 20);
  REQUIRE(document);
  const auto parsed = now();
  Mirror mirror("edge");
  mirror.replace(std::move(document).value());
  auto first = mirror.snapshot();
  const auto translated = now();
  CHECK(first.apis.size() == 2000);
  const std::string event = R"({"epoch":"e","revision":2,"upserts":[)" +
                            api("api7", R"(,"displayName":"Seven")") + R"(],"removes":[]})";
  const auto before = now();
  auto one = read_change(event, 1u << 20);
  REQUIRE(one);
  CHECK(mirror.apply(std::move(one).value()) == Mirror::Outcome::Changed);
  first = mirror.snapshot();
  const auto after = now();
  WARN(text.size() << " bytes: parsed in " << ms(begin, parsed) << " ms, translated in "
                   << ms(parsed, translated) << " ms; one change in " << ms(before, after)
                   << " ms");
}

}  // namespace
}  // namespace gateway::cloud
