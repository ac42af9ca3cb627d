#include "sources/cloud/cloud_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "../http/proxy_support.h"
#include "../tls/support.h"
#include "cloud_fake_service.h"

namespace gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::FakeService;
using test::ForwardProxy;
using test::LoopRunner;
using test::Peer;

constexpr std::int64_t kFarAway = 4'000'000'000;
constexpr const char* kMarker = "marker-secret-value";

std::string token(const std::string& gateway = "edge", std::int64_t expires = kFarAway) {
  return arm::sign_gateway_token(gateway, expires, kMarker);
}
std::string api(const std::string& name, const std::string& url = "http://127.0.0.1:9/") {
  return R"({"id":"/apis/)" + name + R"(","properties":{"path":")" + name + R"(","serviceUrl":")" +
         url + R"(","protocols":["http","https"],"subscriptionRequired":false}})";
}
std::string assignment(const std::string& name) {
  return R"({"id":"/gateways/edge/apis/)" + name + R"(","properties":{}})";
}

// The gateway's side of a source: every publication is served at once.
class Sink final : public SnapshotSink {
 public:
  void publish(SourceSnapshot snapshot) noexcept override {
    published.push_back(std::move(snapshot));
    stale = false;
  }
  void degraded(Error error) noexcept override {
    errors.push_back(std::move(error));
    stale = true;
  }
  std::vector<SourceSnapshot> published;
  std::vector<Error> errors;
  bool stale = false;
};

class Events final : public Observer {
 public:
  void log(const LogRecord& record) noexcept override {
    names.emplace_back(record.event);
    text += std::string(record.event) + ' ' + record.message;
    for (const auto& [name, value] : record.fields) text += ' ' + name + '=' + value;
    text += '\n';
  }
  bool has(const std::string& name) const { return count(name) > 0; }
  std::ptrdiff_t count(const std::string& name) const {
    return std::count(names.begin(), names.end(), name);
  }
  std::vector<std::string> names;
  std::string text;
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "cloud-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name) << content;
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }
  std::vector<std::filesystem::path> backups() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().extension() == ".backup") found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::filesystem::path path_;
};

CloudTiming impatient() {
  CloudTiming timing;
  timing.backoff = {milliseconds(10), milliseconds(40), milliseconds(1000)};
  timing.save_pause = milliseconds(20);
  return timing;
}

CloudSourceOptions options_for(std::uint16_t port) {
  CloudSourceOptions options;
  options.endpoint = "http://127.0.0.1:" + std::to_string(port);
  options.token = token();
  options.poll_interval = milliseconds(20);
  options.heartbeat_interval = milliseconds(20);
  return options;
}

struct Following {
  LoopRunner loop;
  Environment environment = Environment::system();
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  Events events;
  std::unique_ptr<ConfigSource> source;
  std::size_t reported = 0;
  bool started = false;

  explicit Following(CloudSourceOptions options, CloudTiming timing = impatient()) {
    auto made = make_cloud_source(std::move(options), timing);
    if (!made) FAIL(made.error().to_string());
    source = std::move(made).value();
    SourceContext context;
    context.name = "cloud";
    context.sink = sink;
    context.control = &loop;
    context.environment = &environment;
    context.observer = &events;
    const auto result = source->start(std::move(context));
    if (!result) FAIL(result.error().to_string());
    started = true;
  }
  ~Following() { stop(); }

  void stop() {
    if (!std::exchange(started, false)) return;
    int stopped = 0;
    source->stop([&] { ++stopped; });
    CHECK(loop.until([&] { return stopped > 0; }));
    source.reset();
    loop.turn();
    CHECK(stopped == 1);
  }
  // Turns the loop, and serves what is published.
  bool until(const std::function<bool()>& reached) {
    return loop.until([&] {
      serve();
      return reached();
    });
  }
  void serve() {
    for (; reported < sink->published.size(); ++reported) {
      PublishReport report;
      report.version = reported + 1;
      report.revision = sink->published[reported].revision;
      source->on_published(report);
    }
  }
  const SourceSnapshot& last() const { return sink->published.back(); }
  bool published() {
    return until([&] { return !sink->published.empty(); });
  }
  bool has(const std::string& name) {
    return until([&] { return !sink->published.empty() && has_now(last(), name); });
  }
  bool lacks(const std::string& name) {
    return until([&] { return !sink->published.empty() && !has_now(last(), name); });
  }
  bool degraded(ErrorCode code) {
    return until([&] { return sink->stale && sink->errors.back().code == code; });
  }
  bool degraded() {
    return until([&] { return sink->stale; });
  }
  bool well_again() {
    return until([&] { return !sink->stale; });
  }
  const Error& error() const { return sink->errors.back(); }
  static bool has_now(const SourceSnapshot& snapshot, const std::string& name) {
    bool found = false;
    snapshot.apis.for_each(
        [&](std::string_view, const auto& one) { found = found || one->path == '/' + name; });
    return found;
  }
  bool never_lost(const std::string& name) const {
    return std::all_of(sink->published.begin(), sink->published.end(),
                       [&](const SourceSnapshot& s) { return has_now(s, name); });
  }
  // Neither the token nor its key, in nothing that was said.
  void check_no_secret(const std::string& secret = token()) {
    std::string said = events.text;
    for (const auto& error : sink->errors) said += error.to_string();
    CHECK(said.find(secret) == std::string::npos);
    CHECK(said.find(secret.substr(secret.rfind('&') + 1)) == std::string::npos);
    CHECK(said.find(kMarker) == std::string::npos);
  }
};

void fill(FakeService& service) { service.commit({api("users"), assignment("users")}, {}, false); }

// --- following

TEST_CASE("cloud: the snapshot is published, then each change as it happens") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.has("users"));
  CHECK(f.last().epoch == "e1");
  CHECK(f.last().revision == "2");
  REQUIRE(f.until([&] { return f.events.has("CloudConnected"); }));
  service.commit({api("orders"), assignment("orders")});
  REQUIRE(f.has("orders"));
  CHECK(f.last().revision == "3");
  service.commit({}, {"/gateways/edge/apis/orders", "/apis/orders"});
  CHECK(f.lacks("orders"));
  CHECK(f.never_lost("users"));
  CHECK(f.sink->errors.empty());
  CHECK(service.seen("/snapshot").size() == 1);
  REQUIRE(service.seen("/events").size() == 1);
  CHECK(service.seen("/events")[0].head.starts_with(
      "GET /v1/gateways/edge/events?after=e1:2 HTTP/1.1\r\n"));
  CHECK(service.seen("/snapshot")[0].head.find("\r\nAuthorization: " + token() + "\r\n") !=
        std::string::npos);
  for (const char* event : {"CloudSourceStarted", "CloudSnapshot", "CloudChange"})
    CHECK(f.events.has(event));
  f.check_no_secret();
}

TEST_CASE("cloud: a change that touches nothing else keeps every other pointer") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.has("users"));
  service.commit({api("orders"), assignment("orders")});
  REQUIRE(f.has("orders"));
  int kept = 0;
  f.sink->published.front().apis.for_each(
      [&](std::string_view id, const auto& one) { kept += f.last().apis.get(id) == one; });
  CHECK(kept == 1);
}

TEST_CASE("cloud: an empty list of resources is a configuration, none is not") {
  FakeService service;
  SECTION("empty on purpose") {
    Following f(options_for(service.port()));
    REQUIRE(f.published());
    CHECK(f.last().apis.empty());
    CHECK(f.sink->errors.empty());
  }
  SECTION("no list") {
    service.answer("/snapshot", 200, 1000, "", R"({"epoch":"e1","revision":1})");
    Following f(options_for(service.port()));
    REQUIRE(f.degraded(ErrorCode::ProtocolError));
    CHECK(f.error().message.find("there is no array `resources`") != std::string::npos);
    CHECK(f.sink->published.empty());
  }
}

TEST_CASE("cloud: a stream that ends goes on where it was") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  SECTION("by its own will") { service.end_streams(); }
  SECTION("cut in the middle of an event") { service.end_streams("event: change\ndata: {\"ep"); }
  SECTION("with nonsense that is no event") { service.end_streams("\xFF\xFE}{\n\n"); }
  service.commit({api("orders"), assignment("orders")});
  CHECK(f.has("orders"));
  CHECK(f.never_lost("users"));
  CHECK(f.sink->errors.empty());
  CHECK(service.seen("/snapshot").size() == 1);
}

TEST_CASE("cloud: a stream without a word is given up") {
  FakeService service;
  fill(service);
  CloudTiming timing = impatient();
  timing.stream_silence = milliseconds(40);
  SECTION("after it had spoken") {}
  SECTION("before it had") {
    service.script("/events", [](Peer& peer) {
      peer.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: "
          "chunked\r\n\r\n");
      return peer.wait_closed(), false;
    });
  }
  Following f(options_for(service.port()), timing);
  CHECK(f.until([&] { return service.seen("/events").size() >= 3; }));
  CHECK(f.sink->published.size() == 1);
  CHECK(f.sink->errors.empty());
}

TEST_CASE("cloud: what events cannot say, the snapshot does") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  SECTION("a digest that does not match") {
    service.commit({api("missed"), assignment("missed")}, {}, false);
    service.commit({api("orders"), assignment("orders")});
    REQUIRE(f.has("orders"));
    CHECK(Following::has_now(f.last(), "missed"));
    // what the digest refuted was never served
    for (const auto& one : f.sink->published) {
      CHECK(Following::has_now(one, "orders") == Following::has_now(one, "missed"));
    }
  }
  SECTION("a revision that the service has forgotten") {
    service.forget_history();
    service.commit({api("orders"), assignment("orders")}, {}, false);
    service.end_streams();
    CHECK(f.has("orders"));
  }
  SECTION("another epoch, when connecting anew") {
    service.restore("e2", 1);
    service.end_streams();
    REQUIRE(f.until([&] { return f.last().epoch == "e2"; }));
    CHECK(f.last().revision == "1");
    CHECK(f.events.has("CloudEpochChanged"));
  }
  SECTION("another epoch, in an event") {
    service.restore("e2", 7);
    service.commit({api("orders"), assignment("orders")});
    REQUIRE(f.has("orders"));
    CHECK(f.last().epoch == "e2");
  }
  CHECK(f.until([&] { return service.streaming() == 1; }));
  CHECK(service.seen("/snapshot").size() == 2);
  CHECK(f.events.has("CloudResync"));
  CHECK(f.never_lost("users"));
  CHECK(f.sink->errors.empty());
}

TEST_CASE("cloud: an event that is none is trouble, and the snapshot is asked for") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  service.tell("change", GENERATE(as<std::string>(), "}{", "[]",
                                  R"({"epoch":"e1","revision":9,"upserts":[]})",
                                  R"({"epoch":"e1","revision":-1,"upserts":[],"removes":[]})",
                                  R"({"epoch":"e1","revision":9,"upserts":[],"removes":[7]})"));
  REQUIRE(f.until([&] { return !f.sink->errors.empty(); }));
  CHECK(f.error().message.starts_with("an event cannot be used: "));
  CHECK(f.well_again());
  CHECK(f.events.has("CloudRecovered"));
  CHECK(f.never_lost("users"));
}

TEST_CASE("cloud: events of other types say nothing, and old ones change nothing") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  service.tell("other", "}{");
  service.tell("change", R"({"epoch":"e1","revision":1,"upserts":[],"removes":["/apis/users"]})");
  service.commit({api("orders"), assignment("orders")});
  REQUIRE(f.has("orders"));
  CHECK(f.never_lost("users"));
  CHECK(f.sink->errors.empty());
}

TEST_CASE("cloud: a burst of changes is taken in its order") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  for (int i = 0; i < 200; ++i) {
    service.commit(
        {api("orders", "http://127.0.0.1:" + std::to_string(1000 + i)), assignment("orders")});
  }
  REQUIRE(f.until([&] { return f.last().revision == std::to_string(service.revision()); }));
  bool found = false;
  f.last().backends.for_each([&](std::string_view, const auto& one) {
    found = found || (one->endpoints.size() == 1 && one->endpoints[0].port == 1199);
  });
  CHECK(found);
  CHECK(service.seen("/snapshot").size() == 1);
}

// --- polling

TEST_CASE("cloud: any host of a file will do") {
  FakeService service;
  service.offers_events = false;
  service.events_status = GENERATE(404, 405, 501, 200);
  service.says_digest = false;
  service.says_etag = GENERATE(true, false);
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.has("users"));
  REQUIRE(f.until([&] { return service.seen("/snapshot").size() >= 4; }));
  CHECK(f.sink->published.size() == 1);
  CHECK(f.events.count("CloudPolling") == 1);
  CHECK(service.seen("/events").size() == 1);
  if (service.says_etag)
    CHECK(service.seen("/snapshot").back().head.find("If-None-Match: \"") != std::string::npos);
  service.commit({api("orders"), assignment("orders")});
  CHECK(f.has("orders"));
  CHECK(f.sink->errors.empty());
}

TEST_CASE("cloud: events that do not come through are no trouble while the snapshot does") {
  FakeService service;
  fill(service);
  auto options = options_for(service.port());
  SECTION("refused by what is in between") {
    service.answer("/events", GENERATE(429, 500, 502, 504), 1000);
  }
  SECTION("held back by it") {
    options.response_timeout = milliseconds(50);
    service.script(
        "/events", [](Peer& peer) { return peer.wait_closed(), false; }, 1000);
  }
  Following f(options);
  REQUIRE(f.until([&] { return f.events.has("CloudEventsFailed"); }));
  service.commit({api("orders"), assignment("orders")});
  CHECK(f.has("orders"));
  service.commit({api("more"), assignment("more")});
  CHECK(f.has("more"));
  CHECK(f.sink->errors.empty());
  CHECK(f.events.count("CloudEventsFailed") == 1);
}

TEST_CASE("cloud: a service that has learned events is asked for them again") {
  FakeService service;
  fill(service);
  service.answer("/events", 404);
  CloudTiming timing = impatient();
  timing.events_again = milliseconds(30);
  Following f(options_for(service.port()), timing);
  CHECK(f.until([&] { return f.events.has("CloudPolling") && f.events.has("CloudConnected"); }));
}

// --- trouble

TEST_CASE("cloud: trouble is said, costs nothing of what was accepted, and is taken back") {
  FakeService service;
  fill(service);
  const bool from_the_start = GENERATE(true, false);
  CAPTURE(from_the_start);
  std::optional<Following> f;
  auto options = options_for(service.port());
  options.max_snapshot_bytes = 1u << 20;
  options.response_timeout = milliseconds(100);
  const auto begin = [&](const FakeService::Script& script) {
    if (!from_the_start) {
      f.emplace(options);
      REQUIRE(f->until([&] { return service.streaming() == 1; }));
    }
    service.script("/snapshot", script, 2);
    service.script("/events", script, 2);
    if (from_the_start) {
      f.emplace(options);
    } else {
      service.forget_history();
      service.end_streams();
    }
    REQUIRE(f->until([&] { return !f->sink->errors.empty(); }));
  };
  const auto plain = [](int status, std::string body = "{}", std::string headers = "") {
    return [=](Peer& peer) { return peer.answer(status, body, headers), true; };
  };
  SECTION("not allowed") {
    begin(plain(GENERATE(401, 403)));
    CHECK(f->error().code == ErrorCode::Unauthorized);
    CHECK(f->error().message.find("refuses the token of gateway \"edge\"") != std::string::npos);
  }
  SECTION("out of order") {
    begin(plain(GENERATE(500, 502, 503, 429), std::string(kMarker)));
    CHECK(f->error().code == ErrorCode::Unavailable);
  }
  SECTION("an answer that means nothing") {
    begin(plain(GENERATE(206, 400, 418)));
    CHECK(f->error().code == ErrorCode::ProtocolError);
  }
  SECTION("closed without a word") {
    begin([](Peer&) { return false; });
    CHECK(f->error().code == ErrorCode::Unavailable);
  }
  SECTION("silent") {
    begin([](Peer& peer) { return peer.wait_closed(), false; });
    CHECK(f->error().code == ErrorCode::Timeout);
  }
  SECTION("no HTTP") {
    begin([](Peer& peer) { return peer.write("SSH-2.0-what\r\n\r\n"), false; });
    CHECK(f->error().code == ErrorCode::ProtocolError);
  }
  CHECK(f->error().where == "http://127.0.0.1:" + std::to_string(service.port()));
  CHECK(f->error().origin == "cloud");
  CHECK(f->error().retryable);
  REQUIRE(f->has("users"));
  REQUIRE(f->well_again());
  CHECK(f->events.has("CloudRecovered"));
  CHECK(f->never_lost("users"));
  f->check_no_secret();
}

TEST_CASE("cloud: a snapshot that is none is trouble, and nothing of it counts") {
  FakeService service;
  fill(service);
  auto options = options_for(service.port());
  options.max_snapshot_bytes = 1u << 20;
  options.response_timeout = milliseconds(200);
  const std::string whole = service.snapshot();
  ErrorCode code = ErrorCode::ProtocolError;
  SECTION("garbage") { service.answer("/snapshot", 200, 2, "", "<html>sign in, please</html>"); }
  SECTION("binary") { service.answer("/snapshot", 200, 2, "", std::string("\0\x01\xFF", 3)); }
  SECTION("nothing at all") { service.answer("/snapshot", 200, 2, "", ""); }
  SECTION("half of it, as if it were the whole") {
    service.answer("/snapshot", 200, 2, "", whole.substr(0, whole.size() / 2));
  }
  SECTION("half of it, and the connection is cut") {
    code = ErrorCode::Unavailable;
    service.script(
        "/snapshot",
        [whole](Peer& peer) {
          peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(whole.size()) +
                     "\r\n\r\n" + whole.substr(0, whole.size() / 2));
          return false;
        },
        2);
  }
  SECTION("half of it, and then nothing") {
    code = ErrorCode::Timeout;
    service.script("/snapshot", [whole](Peer& peer) {
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(whole.size()) + "\r\n\r\n" +
                 whole.substr(0, whole.size() / 2));
      return peer.wait_closed(), false;
    });
  }
  SECTION("another digest") {
    service.answer(
        "/snapshot", 200, 2, "",
        R"({"epoch":"e1","revision":9,"digest":")" + std::string(64, 'a') + R"(","resources":[]})");
  }
  SECTION("a digest that is none") {
    service.answer("/snapshot", 200, 2, "",
                   R"({"epoch":"e1","revision":9,"digest":"x","resources":[]})");
  }
  SECTION("a resource twice") {
    service.answer(
        "/snapshot", 200, 2, "",
        R"({"epoch":"e1","revision":9,"resources":[)" + api("a") + ',' + api("a") + "]}");
  }
  SECTION("too large, and says so") {
    code = ErrorCode::TooLarge;
    service.script("/snapshot", [](Peer& peer) {
      peer.write("HTTP/1.1 200 OK\r\nContent-Length: 300000000\r\n\r\n");
      return peer.wait_closed(), false;
    });
  }
  SECTION("too large, chunk by chunk") {
    code = ErrorCode::TooLarge;
    service.script("/snapshot", [](Peer& peer) {
      peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      const std::string part(1u << 20, ' ');
      for (int i = 0; i < 300; ++i) peer.chunk(part);
      return false;
    });
  }
  Following f(options);
  REQUIRE(f.until([&] { return !f.sink->errors.empty(); }));
  CHECK(f.error().code == code);
  CHECK(f.sink->published.empty());
  CHECK(f.has("users"));
  CHECK(f.never_lost("users"));
}

TEST_CASE("cloud: a snapshot that comes drop by drop has an end") {
  FakeService service;
  CloudTiming timing = impatient();
  timing.snapshot_limit = milliseconds(50);
  service.script("/snapshot", [](Peer& peer) {
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{");
    return peer.wait_closed(), false;
  });
  Following f(options_for(service.port()), timing);
  REQUIRE(f.degraded(ErrorCode::Timeout));
  CHECK(f.error().message.starts_with("the snapshot is not whole after "));
  CHECK(f.well_again());
}

TEST_CASE("cloud: a service that goes and comes back") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  service.leave();
  REQUIRE(f.degraded(ErrorCode::Unavailable));
  CHECK(f.error().message.find("check the endpoint, the network and the proxy") !=
        std::string::npos);
  CHECK(f.sink->published.size() == 1);
  service.commit({api("orders"), assignment("orders")});
  service.back();
  CHECK(f.has("orders"));
  CHECK(f.well_again());
  CHECK(f.never_lost("users"));
  CHECK(f.events.count("CloudDegraded") == 1);
}

TEST_CASE("cloud: a broken resource is rejected, and the others count") {
  FakeService service;
  fill(service);
  service.commit(
      {R"({"id":"/apis/broken","properties":"marker-secret-value"})",
       R"({"properties":{"primaryKey":"marker-secret-value"}})", "\"marker-secret-value\""},
      {}, false);
  Following f(options_for(service.port()));
  REQUIRE(f.has("users"));
  REQUIRE(f.last().rejected.size() == 3);
  CHECK(f.events.count("CloudResourceRejected") == 3);
  CHECK(std::any_of(f.last().rejected.begin(), f.last().rejected.end(),
                    [](const Error& e) { return e.where == "/apis/broken"; }));
  f.check_no_secret();
  // events go on, with a digest over the broken ones too
  service.commit({api("orders"), assignment("orders")});
  REQUIRE(f.has("orders"));
  CHECK(service.seen("/snapshot").size() == 1);
  CHECK(f.until([&] {
    const auto acks = service.seen("/ack");
    return !acks.empty() && acks.back().body.find(R"("id":"/apis/broken")") != std::string::npos;
  }));
}

TEST_CASE("cloud: a resource that breaks stays as it was") {
  FakeService service;
  service.says_digest = false;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  service.commit({R"({"id":"/apis/users","properties":"none"})"});
  REQUIRE(f.until([&] { return f.last().rejected.size() == 1; }));
  CHECK(f.last().rejected[0].message.find("it stays as it was before") != std::string::npos);
  CHECK(f.never_lost("users"));
  service.commit({api("users", "http://127.0.0.1:7/")});
  REQUIRE(f.until([&] { return f.last().rejected.empty(); }));
  CHECK(f.never_lost("users"));
}

// --- redirects

TEST_CASE("cloud: redirects are followed within the origin only") {
  FakeService service;
  FakeService other;
  fill(service);
  const int status = GENERATE(301, 302, 303, 307, 308);
  const auto to = [&](const std::string& location, int times) {
    service.answer("/snapshot", status, times, "Location: " + location + "\r\n");
  };
  const std::string own = "http://127.0.0.1:" + std::to_string(service.port());
  SECTION("a path") {
    to("/moved/snapshot?x=1", 1);
    Following f(options_for(service.port()));
    REQUIRE(f.has("users"));
    CHECK(service.seen("GET /moved/snapshot?x=1").size() == 1);
    CHECK(f.sink->errors.empty());
  }
  SECTION("relative to the request") {
    to("latest/snapshot", 1);
    Following f(options_for(service.port()));
    REQUIRE(f.has("users"));
    CHECK(service.seen("GET /v1/gateways/edge/latest/snapshot").size() == 1);
  }
  SECTION("the whole URL") {
    to(own + "/moved/snapshot", 1);
    Following f(options_for(service.port()));
    CHECK(f.has("users"));
  }
  SECTION("three times") {
    to("/snapshot", 3);
    Following f(options_for(service.port()));
    CHECK(f.has("users"));
    CHECK(f.sink->errors.empty());
  }
  SECTION("not for ever") {
    to("/snapshot", 1000);
    Following f(options_for(service.port()));
    REQUIRE(f.degraded(ErrorCode::ProtocolError));
    CHECK(f.error().message == "the service redirects more than 3 times");
  }
  SECTION("to nowhere") {
    to(GENERATE(as<std::string>(), "", "ftp://127.0.0.1/", "http://", "http://user@127.0.0.1/"),
       1000);
    Following f(options_for(service.port()));
    CHECK(f.degraded(ErrorCode::ProtocolError));
  }
  SECTION("never to another origin") {
    const std::string away[] = {"http://127.0.0.1:" + std::to_string(other.port()),
                                "//127.0.0.1:" + std::to_string(other.port()),
                                "http://localhost:" + std::to_string(service.port()),
                                "https://127.0.0.1:" + std::to_string(service.port())};
    to(away[GENERATE(0, 1, 2, 3)] + "/x", 1000);
    Following f(options_for(service.port()));
    REQUIRE(f.degraded(ErrorCode::ProtocolError));
    CHECK(f.error().message.find("to another origin, ") != std::string::npos);
    CHECK(f.until([&] { return service.seen("/snapshot").size() >= 3; }));
    CHECK(other.seen("").empty());
    CHECK(service.seen("GET /x").empty());
    f.check_no_secret();
  }
}

// --- the token

TEST_CASE("cloud: a token that changes in its file is used from then on") {
  FakeService service;
  Folder folder;
  fill(service);
  service.set_token(token("edge", kFarAway + 60));
  auto options = options_for(service.port());
  options.token.clear();
  options.token_file = folder.write("token", token() + "\n");
  Following f(options);
  REQUIRE(f.degraded(ErrorCode::Unauthorized));
  CHECK(f.sink->published.empty());
  SECTION("the new one") {
    folder.write("token", token("edge", kFarAway + 60));
    CHECK(f.has("users"));
    CHECK(f.well_again());
  }
  SECTION("that of another gateway is not") {
    folder.write("token", token("other"));
    REQUIRE(f.degraded(ErrorCode::InvalidArgument));
    CHECK(f.error().message.find("the token is now that of gateway \"other\", not of \"edge\"") !=
          std::string::npos);
    f.check_no_secret(token("other"));
  }
  SECTION("no token any more") {
    folder.write("token", kMarker);
    REQUIRE(f.degraded(ErrorCode::InvalidArgument));
    CHECK(f.error().where == options.token_file);
  }
  f.check_no_secret();
}

TEST_CASE("cloud: a token file that is not there yet is waited for") {
  FakeService service;
  Folder folder;
  fill(service);
  auto options = options_for(service.port());
  options.token.clear();
  options.token_file = folder.path() + "/token";
  Following f(options);
  REQUIRE(f.degraded(ErrorCode::NotFound));
  CHECK(f.error().where == options.token_file);
  folder.write("token", token());
  CHECK(f.has("users"));
}

TEST_CASE("cloud: a token that ends is said ahead of time, and once") {
  FakeService service;
  fill(service);
  const auto now =
      std::chrono::duration_cast<seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  auto options = options_for(service.port());
  SECTION("in time") {
    options.token = token("edge", now + 8 * 24 * 3600);
    Following f(options);
    REQUIRE(f.until([&] { return service.streaming() == 1; }));
    CHECK_FALSE(f.events.has("CloudTokenExpires"));
  }
  SECTION("soon") {
    options.token = token("edge", now + 6 * 24 * 3600);
    Following f(options);
    REQUIRE(f.until([&] { return service.streaming() == 1; }));
    CHECK(f.events.count("CloudTokenExpires") == 1);
  }
  SECTION("already") {
    options.token = token("edge", now - 3600);
    service.set_token(token());
    Following f(options);
    REQUIRE(f.degraded(ErrorCode::Unauthorized));
    CHECK(f.events.count("CloudTokenExpired") == 1);
    CHECK(f.error().message.find("which expired at ") != std::string::npos);
    f.check_no_secret(options.token);
  }
}

// --- reports

TEST_CASE("cloud: the service hears what is served") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.has("users"));
  REQUIRE(f.until(
      [&] { return service.seen("/heartbeat").size() >= 3 && !service.seen("/ack").empty(); }));
  const auto ack = service.seen("/ack").front();
  CHECK(ack.head.starts_with("POST /v1/gateways/edge/ack HTTP/1.1\r\n"));
  CHECK(ack.body.find(R"("epoch":"e1","revision":2,"version":1,"rejected":[])") !=
        std::string::npos);
  CHECK(ack.body.starts_with(R"({"instance":")"));
  const auto told = service.seen("/ack").size();
  PublishReport report;
  report.version = 9;
  report.revision = "2";
  std::string id;
  f.last().apis.for_each([&](std::string_view name, const auto&) { id = name; });
  report.apis = {{id, ApiState::Shadowed, "another holds it"},
                 {"gone", ApiState::Quarantined, "broken"}};
  f.source->on_published(report);
  REQUIRE(f.until([&] { return service.seen("/ack").size() > told; }));
  CHECK(service.seen("/ack").back().body.find(R"("version":9,"rejected":[{"id":")" + id +
                                              R"(","reason":"shadowed: another holds it"}])") !=
        std::string::npos);
}

TEST_CASE("cloud: acknowledgements do not pile up, and the newest wins") {
  FakeService service;
  fill(service);
  Following f(options_for(service.port()));
  REQUIRE(f.until([&] { return !service.seen("/ack").empty() && service.streaming() == 1; }));
  for (int i = 0; i < 100; ++i)
    service.commit({api("n" + std::to_string(i)), assignment("n" + std::to_string(i))});
  REQUIRE(f.until([&] {
    return service.seen("/ack").back().body.find("\"revision\":102,") != std::string::npos;
  }));
  CHECK(service.seen("/ack").size() <= f.sink->published.size());
}

TEST_CASE("cloud: an acknowledgement that failed is told later") {
  FakeService service;
  fill(service);
  service.answer("/ack", 500);
  Following f(options_for(service.port()));
  CHECK(f.until([&] { return service.seen("/ack").size() >= 2; }));
  CHECK(f.sink->errors.empty());
}

TEST_CASE("cloud: a service that does not want to hear is left alone") {
  FakeService service;
  fill(service);
  const int status = GENERATE(404, 405);
  service.answer("/heartbeat", status, 1000);
  service.answer("/ack", status, 1000);
  Following f(options_for(service.port()));
  REQUIRE(f.until(
      [&] { return !service.seen("/ack").empty() && !service.seen("/heartbeat").empty(); }));
  service.commit({api("orders"), assignment("orders")});
  REQUIRE(f.has("orders"));
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(100);
  f.until([&] { return std::chrono::steady_clock::now() > deadline; });
  CHECK(service.seen("/ack").size() == 1);
  CHECK(service.seen("/heartbeat").size() == 1);
  CHECK(f.sink->errors.empty());
}

// --- the backup

TEST_CASE("cloud: what was served serves again while the service is away") {
  FakeService service;
  Folder folder;
  fill(service);
  auto options = options_for(service.port());
  options.backup_folder = folder.path();
  options.backup_key = GENERATE(as<std::string>(), "", "a key of more than 16 bytes");
  {
    Following f(options);
    REQUIRE(f.has("users"));
    REQUIRE(f.until([&] { return service.streaming() == 1 && !folder.backups().empty(); }));
    CHECK(f.events.has("BackupNotEncrypted") == options.backup_key.empty());
    CHECK_FALSE(f.events.has("CloudBackupLoaded"));
    service.commit({api("orders"), assignment("orders")});
    REQUIRE(f.has("orders"));
  }
  CHECK(folder.backups().size() <= 3);
  struct stat found {};
  REQUIRE(::stat(folder.backups().back().c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  service.leave();
  Following f(options);
  REQUIRE(f.has("orders"));
  CHECK(f.last().epoch == "e1");
  CHECK(f.last().revision == "3");
  CHECK(f.events.has("CloudBackupLoaded"));
  REQUIRE(f.degraded(ErrorCode::Unavailable));
  CHECK(f.sink->published.size() == 1);
  service.commit({api("news"), assignment("news")}, {"/apis/orders", "/gateways/edge/apis/orders"},
                 false);
  service.back();
  REQUIRE(f.has("news"));
  CHECK_FALSE(f.has_now(f.last(), "orders"));
  CHECK(f.never_lost("users"));
  f.check_no_secret();
}

TEST_CASE("cloud: a damaged backup gives way to the one before, and that is said") {
  FakeService service;
  Folder folder;
  fill(service);
  auto options = options_for(service.port());
  options.backup_folder = folder.path();
  {
    Following f(options);
    REQUIRE(f.until([&] { return service.streaming() == 1 && !folder.backups().empty(); }));
    service.commit({api("orders"), assignment("orders")});
    REQUIRE(f.has("orders"));
    REQUIRE(f.until([&] { return folder.backups().size() >= 2; }));
  }
  const auto newest = folder.backups().back();
  std::filesystem::resize_file(newest, std::filesystem::file_size(newest) / 2);
  service.leave();
  Following f(options);
  REQUIRE(f.has("users"));
  CHECK_FALSE(f.has_now(f.last(), "orders"));
  CHECK(f.events.has("CloudBackupPassedOver"));
  CHECK(f.events.text.find(newest.filename().string()) != std::string::npos);
}

TEST_CASE("cloud: the last state is in the backup, however fast the changes and the end came") {
  FakeService service;
  Folder folder;
  fill(service);
  auto options = options_for(service.port());
  options.backup_folder = folder.path();
  CloudTiming timing = impatient();
  timing.save_pause = seconds(3600);
  {
    Following f(options, timing);
    REQUIRE(f.until([&] { return service.streaming() == 1; }));
    for (int i = 0; i < 5; ++i)
      service.commit({api("n" + std::to_string(i)), assignment("n" + std::to_string(i))});
    REQUIRE(f.has("n4"));
    f.serve();
  }
  service.leave();
  Following f(options);
  CHECK(f.has("n4"));
}

TEST_CASE("cloud: a backup that cannot be written is said once, and disturbs nothing") {
  FakeService service;
  fill(service);
  auto options = options_for(service.port());
  options.backup_folder = "/nonexistent/folder";
  Following f(options);
  REQUIRE(f.until([&] { return f.events.has("CloudBackupFailed") && service.streaming() == 1; }));
  service.commit({api("orders"), assignment("orders")});
  REQUIRE(f.has("orders"));
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(60);
  f.until([&] { return std::chrono::steady_clock::now() > deadline; });
  CHECK(f.events.count("CloudBackupFailed") == 1);
  CHECK(f.sink->errors.empty());
}

// --- TLS and proxies

struct TlsService {
  test::Pem pem = test::make_pem("localhost");
  std::shared_ptr<TlsTable> table = std::make_shared<TlsTable>();
  std::unique_ptr<FakeService> service;
  explicit TlsService(const std::string& name = "localhost") : pem(test::make_pem(name)) {
    table->set_default(test::binding("", pem));
    service = std::make_unique<FakeService>(std::shared_ptr<const TlsTable>(table));
    fill(*service);
  }
};

TEST_CASE("cloud: a private authority is trusted where it is given") {
  TlsService tls;
  auto options = options_for(tls.service->port());
  options.endpoint = "https://localhost:" + std::to_string(tls.service->port()) + "/";
  SECTION("given") {
    options.ca_pem = tls.pem.chain;
    Following f(options);
    CHECK(f.has("users"));
  }
  SECTION("another one") {
    options.ca_pem = test::make_pem("localhost").chain;
    Following f(options);
    REQUIRE(f.degraded());
    CHECK(f.error().message.find(
              "check the certificate of the service and the authorities that are trusted") !=
          std::string::npos);
    CHECK(tls.service->seen("").empty());
  }
  SECTION("not checked at all") {
    options.validate_certificate = false;
    Following f(options);
    CHECK(f.has("users"));
    CHECK(f.events.has("CloudCertificateNotChecked"));
  }
}

TEST_CASE("cloud: the service is reached through a proxy") {
  SECTION("by a tunnel for https, with the user of the proxy") {
    TlsService tls("config.invalid");
    ForwardProxy proxy(tls.service->port(), "Basic dXNlcjptYXJrZXItc2VjcmV0LXZhbHVl");
    auto options = options_for(1);
    options.endpoint = "https://config.invalid/base";
    options.ca_pem = tls.pem.chain;
    options.proxy = "http://user:marker-secret-value@127.0.0.1:" + std::to_string(proxy.port());
    Following f(options);
    REQUIRE(f.has("users"));
    REQUIRE_FALSE(proxy.seen().empty());
    CHECK(proxy.seen()[0].starts_with("CONNECT config.invalid:443 HTTP/1.1\r\n"));
    CHECK(tls.service->seen("/base/v1/gateways/edge/snapshot").size() == 1);
    tls.service->commit({api("orders"), assignment("orders")});
    CHECK(f.has("orders"));
    for (const auto& head : proxy.seen()) CHECK(head.find("GatewayKey") == std::string::npos);
    f.check_no_secret();
  }
  SECTION("in absolute form for http") {
    FakeService service;
    fill(service);
    ForwardProxy proxy(service.port());
    auto options = options_for(1);
    options.endpoint = "http://config.invalid";
    options.allow_http = true;
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    Following f(options);
    REQUIRE(f.has("users"));
    CHECK(proxy.seen()[0].starts_with(
        "GET http://config.invalid/v1/gateways/edge/snapshot HTTP/1.1\r\n"));
  }
  SECTION("which may refuse") {
    TlsService tls("config.invalid");
    ForwardProxy proxy(tls.service->port(), "Basic other");
    auto options = options_for(1);
    options.endpoint = "https://config.invalid";
    options.proxy = "http://user:marker-secret-value@127.0.0.1:" + std::to_string(proxy.port());
    Following f(options);
    REQUIRE(f.degraded(ErrorCode::Unauthorized));
    CHECK(f.error().message.find("check the proxy's user and password") != std::string::npos);
    f.check_no_secret();
  }
  SECTION("but for what no_proxy names") {
    FakeService service;
    fill(service);
    ForwardProxy proxy(1);
    auto options = options_for(service.port());
    options.proxy = "http://127.0.0.1:" + std::to_string(proxy.port());
    options.no_proxy = {"example.com", "127.0.0.1"};
    Following f(options);
    CHECK(f.has("users"));
    CHECK(proxy.seen().empty());
  }
}

// --- settings and the end

TEST_CASE("cloud: settings that cannot work are refused") {
  struct Case {
    std::string why;
    std::function<void(CloudSourceOptions&)> change;
  };
  const Case cases[] = {
      {"plain http", [](auto& o) { o.endpoint = "http://config.example"; }},
      {"no URL", [](auto& o) { o.endpoint = "config.example"; }},
      {"a user", [](auto& o) { o.endpoint = "https://u:marker-secret-value@config.example"; }},
      {"a query", [](auto& o) { o.endpoint = "https://config.example/?a"; }},
      {"no token", [](auto& o) { o.token.clear(); }},
      {"token and file", [](auto& o) { o.token_file = "/x"; }},
      {"a token that is none", [](auto& o) { o.token = kMarker; }},
      {"a proxy over TLS",
       [](auto& o) { o.proxy = "https://user:marker-secret-value@proxy.example"; }},
      {"a short key", [](auto& o) { o.backup_key = "short"; }},
      {"a poll too often", [](auto& o) { o.poll_interval = milliseconds(999); }},
      {"a heartbeat too seldom", [](auto& o) { o.heartbeat_interval = std::chrono::hours(2); }},
      {"no limit", [](auto& o) { o.max_snapshot_bytes = 0; }},
  };
  for (const auto& one : cases) {
    CAPTURE(one.why);
    CloudSourceOptions options;
    options.endpoint = "https://config.example";
    options.token = token();
    CHECK(make_cloud_source(options).ok());
    one.change(options);
    const auto made = make_cloud_source(options);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == ErrorCode::InvalidArgument);
    CHECK(made.error().where.starts_with("CloudSourceOptions: "));
    CHECK(made.error().to_string().find(kMarker) == std::string::npos);
  }
}

TEST_CASE("cloud: a source stops in any state, and says nothing after") {
  FakeService service;
  Folder folder;
  fill(service);
  auto options = options_for(service.port());
  options.backup_folder = folder.path();
  Following f(options);
  SECTION("at once") {}
  SECTION("after one turn") { f.loop.turn(); }
  SECTION("while the snapshot is asked for") {
    REQUIRE(f.loop.until([&] { return !service.seen("/snapshot").empty(); }));
  }
  SECTION("while events are followed") {
    REQUIRE(f.until([&] { return service.streaming() == 1; }));
  }
  SECTION("while changes come") {
    REQUIRE(f.until([&] { return service.streaming() == 1; }));
    for (int i = 0; i < 20; ++i) service.commit({api("n" + std::to_string(i))});
    f.loop.turn();
  }
  SECTION("while it waits") {
    service.leave();
    REQUIRE(f.degraded());
  }
  const auto published = f.sink->published.size();
  const auto errors = f.sink->errors.size();
  f.stop();
  CHECK(f.sink->published.size() == published);
  CHECK(f.sink->errors.size() == errors);
}

// --- scale

TEST_CASE("cloud: two thousand APIs with their operations and subscriptions", "[scale]") {
  FakeService service;
  std::vector<std::string> all;
  for (int i = 0; i < 2000; ++i) {
    const std::string name = "api" + std::to_string(i);
    all.push_back(api(name));
    all.push_back(assignment(name));
    for (int j = 0; j < 20; ++j) {
      all.push_back(
          R"({"id":"/apis/)" + name + "/operations/op" + std::to_string(j) +
          R"(","properties":{"displayName":"An operation of this API","method":"GET","urlTemplate":"/items)" +
          std::to_string(j) +
          R"(/{id}","templateParameters":[{"name":"id","type":"string","required":true}]}})");
    }
  }
  for (int i = 0; i < 5000; ++i) {
    const std::string n = std::to_string(i);
    all.push_back(R"({"id":"/subscriptions/s)" + n +
                  R"(","properties":{"scope":"/apis","state":"active","primaryKey":"p)" + n +
                  R"(","secondaryKey":"s)" + n + R"("}})");
  }
  service.commit(all, {}, false);
  const auto begin = std::chrono::steady_clock::now();
  Following f(options_for(service.port()));
  REQUIRE(f.published());
  const auto whole =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
  CHECK(f.last().apis.size() == 2000);
  CHECK(f.last().subscriptions.size() >= 5000);
  REQUIRE(f.until([&] { return service.streaming() == 1; }));
  const auto started = std::chrono::steady_clock::now();
  service.commit({api("api7", "http://127.0.0.1:8/")});
  REQUIRE(f.until([&] { return f.last().revision == "3"; }));
  const auto one = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - started);
  WARN("snapshot of " << service.snapshot().size() << " bytes: " << whole.count()
                      << " ms; one change: " << one.count() << " us");
  CHECK(whole < seconds(10));
}

}  // namespace
}  // namespace gateway
