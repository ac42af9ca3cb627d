#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <rapidjson/document.h>
#include <catch2/catch.hpp>

#include "arm/gateway_token.h"
#include "base/strings.h"
#include "base/uv.h"
#include "catalogue.h"
#include "gateway_documents.h"
#include "gateway_room.h"
#include "gateway_view.h"
#include "service.h"
#include "store.h"
#include "support.h"

using namespace configd;
using gateway::HttpServer;

namespace {

class Recorded final : public HttpServer::Stream {
 public:
  void write(std::string_view bytes) override { text += bytes; }
  void end() override { ended = true; }
  [[nodiscard]] bool open() const noexcept override { return !ended; }
  std::string text;
  bool ended = false;
};

class Recorder final : public HttpServer::Responder {
 public:
  void send(HttpServer::Response made) override {
    if (made.slow_body) made.body = made.slow_body();
    response = std::move(made);
  }
  std::shared_ptr<HttpServer::Stream> stream(HttpServer::Response head,
                                             std::function<void()> gone) override {
    response = std::move(head);
    closed = std::move(gone);
    return events = std::make_shared<Recorded>();
  }
  std::optional<HttpServer::Response> response;
  std::shared_ptr<Recorded> events;
  std::function<void()> closed;

  [[nodiscard]] std::string header(const std::string& name) const {
    for (const auto& [key, value] : response->headers) {
      if (key == name) return value;
    }
    return "";
  }
};

std::vector<Change> put(const std::vector<std::pair<std::string, std::string>>& resources) {
  std::vector<Change> changes;
  for (const auto& [id, properties] : resources) changes.push_back({id, properties});
  return changes;
}

// A store with two gateways and two APIs, and the side of it that gateways see.
struct World {
  test::Folder folder;
  std::shared_ptr<test::HandClock> clock = std::make_shared<test::HandClock>();
  gateway::Environment environment{clock, gateway::Environment::system().entropy};
  std::unique_ptr<Store> store = Store::open(folder.file("db"), environment).value();
  gateway::uv::Loop loop;
  std::unique_ptr<Face> side;

  World() {
    commit({{"/apis/users", R"({"path":"users","displayName":"Users"})"},
            {"/apis/users;rev=2", R"({"path":"users","displayName":"Users 2"})"},
            {"/apis/users/operations/get",
             R"({"method":"GET","urlTemplate":"/{id}","displayName":"get"})"},
            {"/apis/orders", R"({"path":"orders","displayName":"Orders"})"},
            {"/products/gold", R"({"displayName":"Gold"})"},
            {"/products/gold/apis/users", "{}"},
            {"/products/gold/apis/orders", "{}"},
            {"/subscriptions/all", R"({"scope":"/apis","displayName":"a"})"},
            {"/subscriptions/gold", R"({"scope":"/products/gold","displayName":"b"})"},
            {"/subscriptions/users", R"({"scope":"/apis/users","displayName":"c"})"},
            {"/subscriptions/orders", R"({"scope":"/apis/orders","displayName":"d"})"},
            {"/namedValues/secret",
             R"({"displayName":"secret","value":"hidden-value","secret":true})"},
            {"/backends/one", R"({"url":"http://127.0.0.1:1","protocol":"http"})"},
            {"/groups/people", R"({"displayName":"people"})"},
            {"/gateways/east", R"({"description":"e"})"},
            {"/gateways/east/apis/users", "{}"},
            {"/gateways/west", R"({"description":"w"})"},
            {"/gateways/west/apis/orders", "{}"},
            {"/gateways/west/hostnameConfigurations/h",
             R"({"hostname":"west.example","certificateId":"/certificates/x"})"}});
    side = make_gateway_side(*store, "admin-token", loop.get(), environment);
  }

  Commit commit(const std::vector<std::pair<std::string, std::string>>& resources) {
    return store->commit(put(resources)).value();
  }
  Commit remove(const std::string& id) { return store->commit({Change{id, std::nullopt}}).value(); }

  [[nodiscard]] std::string token(const std::string& gateway, std::int64_t seconds = 3'600,
                                  bool primary = true) const {
    return gateway::arm::sign_gateway_token(gateway, clock->seconds + seconds,
                                            *store->secret(gateway_key_name(gateway, primary)));
  }

  std::shared_ptr<Recorder> ask(const std::string& method, const std::string& target,
                                const std::string& authorization,
                                std::vector<std::pair<std::string, std::string>> headers = {},
                                const std::string& body = "") {
    HttpServer::Request request;
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    if (request.path != target)
      request.query = HttpServer::parse_query(target.substr(request.path.size() + 1));
    request.headers = std::move(headers);
    if (!authorization.empty()) request.headers.emplace_back("authorization", authorization);
    request.body = body;
    auto recorder = std::make_shared<Recorder>();
    REQUIRE(side->take(request, recorder));
    REQUIRE(recorder->response);
    return recorder;
  }
  std::shared_ptr<Recorder> snapshot(const std::string& gateway = "east") {
    return ask("GET", "/v1/gateways/" + gateway + "/snapshot", token(gateway));
  }
  std::shared_ptr<Recorder> events(std::uint64_t after, const std::string& gateway = "east") {
    return ask(
        "GET",
        "/v1/gateways/" + gateway + "/events?after=" + store->epoch() + ":" + std::to_string(after),
        token(gateway));
  }
};

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

struct Event {
  std::string id;
  std::vector<std::string> upserts;
  std::vector<std::string> removes;
  std::string digest;
};

// The `change` events of a stream; comments and the retry hint are passed over.
std::vector<Event> events_in(const std::string& text) {
  std::vector<Event> found;
  for (std::size_t at = text.find("id: "); at != std::string::npos; at = text.find("\nid: ", at)) {
    if (text[at] == '\n') ++at;
    const std::size_t data = text.find("\nevent: change\ndata: ", at);
    REQUIRE(data != std::string::npos);
    const std::size_t begin = data + 21;
    const std::size_t end = text.find("\n\n", begin);
    REQUIRE(end != std::string::npos);
    const auto document = parse(text.substr(begin, end - begin));
    Event event;
    event.id = text.substr(at + 4, data - at - 4);
    for (const auto& upsert : document["upserts"].GetArray())
      event.upserts.emplace_back(upsert["id"].GetString());
    for (const auto& id : document["removes"].GetArray())
      event.removes.emplace_back(id.GetString());
    event.digest = document["digest"].GetString();
    CHECK(event.id == std::string(document["epoch"].GetString()) + ":" +
                          std::to_string(document["revision"].GetUint64()));
    found.push_back(std::move(event));
    at = end;
  }
  return found;
}

using Ids = std::vector<std::string>;

Ids ids_of(const GatewayView& view) {
  Ids ids;
  for (const auto id : view.items().sorted_names()) ids.emplace_back(id);
  return ids;
}

const Ids kEastSees{"/apis/users",
                    "/apis/users/operations/get",
                    "/apis/users;rev=2",
                    "/backends/one",
                    "/gateways/east",
                    "/gateways/east/apis/users",
                    "/namedValues/secret",
                    "/products/gold",
                    "/products/gold/apis/users",
                    "/subscriptions/all",
                    "/subscriptions/gold",
                    "/subscriptions/users"};
const Ids kTreeOfOrders{"/apis/orders", "/products/gold/apis/orders", "/subscriptions/orders"};

}  // namespace

TEST_CASE("a resource is of concern to") {
  const auto audience = [](const std::string& id, const std::string& properties = "{}") {
    return audience_of(
        gateway::arm::Resource{id, R"({"id":")" + id + R"(","properties":)" + properties + "}"});
  };
  const Audience every{Audience::Kind::Every, ""};
  const Audience users{Audience::Kind::Api, "users"};
  const Audience nobody;
  for (const char* id :
       {"/backends/b", "/namedValues/n", "/certificates/c", "/policies/policy",
        "/policyFragments/f", "/schemas/s", "/loggers/l", "/diagnostics/d", "/caches/c",
        "/apiVersionSets/v", "/users/u", "/products/p", "/products/p/policies/policy"}) {
    CHECK(audience(id) == every);
  }
  for (const char* id :
       {"/apis/users", "/apis/users;rev=7", "/apis/users/operations/o/policies/policy",
        "/apis/users;rev=7/operations/o", "/products/p/apis/users"}) {
    CHECK(audience(id) == users);
  }
  for (const char* id :
       {"/groups/g", "/tags/t", "/authorizationServers/a", "/products/p/groups/g"}) {
    CHECK(audience(id) == nobody);
  }
  CHECK(audience("/gateways/g/hostnameConfigurations/h") == Audience{Audience::Kind::Gateway, "g"});
  const std::string service =
      "/subscriptions/1/resourceGroups/r/providers/Microsoft.ApiManagement/service/contoso";
  for (const auto& [scope, expected] :
       std::map<std::string, Audience>{{"/apis", every},
                                       {"/", every},
                                       {"", every},
                                       {"/products/p", every},
                                       {service, every},
                                       {service + "/apis", every},
                                       {"/apis/users", users},
                                       {"/apis/users;rev=2", users},
                                       {service + "/apis/users", users},
                                       {"/tags/t", nobody},
                                       {"nonsense", nobody}}) {
    CAPTURE(scope);
    CHECK(audience("/subscriptions/s", R"({"scope":")" + scope + R"("})") == expected);
  }
  CHECK(audience("/subscriptions/s") == nobody);
  CHECK(audience("/products/p/apiLinks/l", R"({"apiId":"/apis/users"})") == users);
}

TEST_CASE("a gateway sees what is for all, what is its own, and its APIs") {
  World world;
  const Catalogue catalogue(*world.store);
  CHECK(ids_of(GatewayView(catalogue, "east")) == kEastSees);
}

TEST_CASE("assigning an API adds its whole tree, and taking it away removes it") {
  World world;
  Catalogue catalogue(*world.store);
  GatewayView view(catalogue, "east");
  const auto before = view.digest();
  const auto follow = [&](const Commit& commit) {
    catalogue.update(commit.touched);
    const auto difference = view.apply(commit.touched);
    Ids upserts;
    for (const auto& item : difference.upserts) upserts.push_back(item->resource.id);
    return std::pair(upserts, difference.removes);
  };
  Ids tree = kTreeOfOrders;
  tree.insert(tree.begin() + 1, "/gateways/east/apis/orders");
  CHECK(follow(world.commit({{"/gateways/east/apis/orders", "{}"}})) == std::pair(tree, Ids{}));
  CHECK(follow(world.remove("/gateways/east/apis/orders")) == std::pair(Ids{}, tree));
  CHECK(view.digest() == before);
  CHECK(ids_of(view) == kEastSees);
}

TEST_CASE(
    "a view that follows commits equals one made anew, and what came between brings a gateway "
    "there") {
  World world;
  Catalogue catalogue(*world.store);
  GatewayView view(catalogue, "east");
  std::mt19937 random(20261125);
  const auto one_of = [&](const Ids& words) { return words[random() % words.size()]; };
  const auto text = [&] { return std::to_string(random() % 4); };

  std::map<std::string, std::string> client;  // what a gateway holds that listens only now and then
  view.items().for_each(
      [&](std::string_view id, const auto& item) { client.emplace(id, item->resource.json); });
  std::uint64_t seen = world.store->revision();
  for (int round = 0; round < 400; ++round) {
    const std::string api = one_of({"users", "orders", "carts"});
    const std::string revision = one_of({"", ";rev=2"});
    const std::vector<std::pair<std::string, std::string>> all{
        {"/apis/" + api + revision, R"({"path":")" + api + R"(","displayName":")" + text() + "\"}"},
        {"/apis/" + api + "/operations/o" + text(),
         R"({"method":"GET","urlTemplate":"/","displayName":")" + text() + "\"}"},
        {"/gateways/" + one_of({"east", "west"}) + "/apis/" + api, "{}"},
        {"/products/gold/apis/" + api, "{}"},
        {"/subscriptions/s" + text(),
         R"({"displayName":"s","scope":")" +
             one_of({"/apis", "/apis/users", "/apis/orders", "/products/gold"}) + "\"}"},
        {"/namedValues/n" + text(), R"({"displayName":"n","value":")" + text() + "\"}"},
    };
    std::vector<Change> changes;
    for (int i = 0; i < 3; ++i) {
      const auto& [id, properties] = all[random() % all.size()];
      if (std::any_of(changes.begin(), changes.end(),
                      [&](const Change& change) { return change.id == id; }))
        continue;
      const bool there = world.store->find(id) != nullptr;
      const std::string above = id.substr(0, id.rfind('/', id.rfind('/') - 1));
      if (there && random() % 3 == 0) {
        changes.push_back({id, std::nullopt});
        break;  // what is below it must not be written in the same breath
      }
      if (above.empty() || above == "/gateways/east" || above == "/gateways/west" ||
          world.store->find(above)) {
        changes.push_back({id, properties});
      }
    }
    const auto commit = world.store->commit(changes);
    REQUIRE(commit.ok());
    catalogue.update(commit->touched);
    view.apply(commit->touched);

    const Catalogue fresh_catalogue(*world.store);
    const GatewayView fresh(fresh_catalogue, "east");
    REQUIRE(ids_of(view) == ids_of(fresh));
    REQUIRE(view.digest() == fresh.digest());
    if (random() % 5 != 0) continue;

    const auto difference = view.since(*world.store->touched_after(seen));
    for (const auto& item : difference.upserts) client[item->resource.id] = item->resource.json;
    for (const auto& id : difference.removes) {
      client.erase(id);
      CHECK(id.find("/gateways/west") == std::string::npos);
    }
    seen = world.store->revision();
    gateway::arm::ResourceSet held;
    for (const auto& [id, json] : client) held.upsert({id, json});
    REQUIRE(held.size() == view.items().size());
    REQUIRE(held.digest() == view.digest());
  }
}

TEST_CASE("a snapshot holds all that the gateway sees, sorted, with its secrets and its digest") {
  World world;
  const auto answer = world.snapshot();
  REQUIRE(answer->response->status == 200);
  const auto document = parse(answer->response->body);
  CHECK(document["epoch"].GetString() == world.store->epoch());
  CHECK(document["revision"].GetUint64() == world.store->revision());
  Ids ids;
  gateway::arm::ResourceSet set;
  for (const auto& envelope : document["resources"].GetArray()) {
    auto resource = gateway::arm::make_resource(envelope);
    REQUIRE(resource);
    ids.push_back(resource->id);
    set.upsert(*resource);
  }
  CHECK(ids == kEastSees);
  CHECK(document["digest"].GetString() == gateway::hex(set.digest()));
  CHECK(answer->response->body.find("hidden-value") != std::string::npos);
  CHECK(answer->response->body.find("west") == std::string::npos);
}

TEST_CASE("the ETag of a snapshot changes with what the gateway sees, and only then") {
  World world;
  const auto etag = world.snapshot()->header("ETag");
  const auto status = [&](const std::string& known) {
    return world
        .ask("GET", "/v1/gateways/east/snapshot", world.token("east"), {{"if-none-match", known}})
        ->response->status;
  };
  CHECK(status(etag) == 304);
  CHECK(status("\"other\", " + etag.substr(2)) == 304);
  CHECK(status("\"other\"") == 200);
  world.commit({{"/gateways/west", R"({"description":"changed"})"}});
  CHECK(status(etag) == 304);
  world.commit({{"/backends/one", R"({"url":"http://127.0.0.1:2","protocol":"http"})"}});
  CHECK(status(etag) == 200);
  const auto document = parse(world.snapshot()->response->body);
  CHECK(document["revision"].GetUint64() == world.store->revision());
}

TEST_CASE("only a token of that gateway that has not expired is taken") {
  World world;
  const std::string good = world.token("east");
  std::string forged = good;
  forged[forged.size() - 5] = forged[forged.size() - 5] == 'A' ? 'B' : 'A';
  const std::string wrong_key =
      gateway::arm::sign_gateway_token("east", world.clock->seconds + 3'600, "another");
  const std::string no_key =
      gateway::arm::sign_gateway_token("nobody", world.clock->seconds + 3'600, "");
  std::string body;
  for (const auto& [path, token] : std::vector<std::pair<std::string, std::string>>{
           {"/v1/gateways/east/snapshot", ""},
           {"/v1/gateways/east/snapshot", "Bearer admin-token"},
           {"/v1/gateways/east/snapshot", "GatewayKey"},
           {"/v1/gateways/east/snapshot", good.substr(0, good.size() / 2)},
           {"/v1/gateways/east/snapshot", good.substr(0, good.size() - 4)},
           {"/v1/gateways/east/snapshot", good.substr(11)},
           {"/v1/gateways/east/snapshot", forged},
           {"/v1/gateways/east/snapshot", wrong_key},
           {"/v1/gateways/east/snapshot", world.token("west")},
           {"/v1/gateways/east/snapshot", world.token("east", -60)},
           {"/v1/gateways/west/snapshot", good},
           {"/v1/gateways/nobody/snapshot", good},
           {"/v1/gateways/nobody/snapshot", no_key},
           {"/v1/gateways/east/events?after=x:1", wrong_key},
           {"/v1/gateways/east/status", good},
           {"/v1/gateways/east/status", "Bearer admin-toke"}}) {
    CAPTURE(path, token);
    const auto answer = world.ask("GET", path, token);
    CHECK(answer->response->status == 401);
    CHECK(answer->response->body.find("\"error\"") != std::string::npos);
    if (path.ends_with("/status")) continue;
    CHECK((body.empty() || body == answer->response->body));
    body = answer->response->body;
  }
  CHECK(world.ask("GET", "/v1/gateways/east/snapshot", good)->response->status == 200);
  CHECK(world.ask("GET", "/v1/gateways/east/snapshot", world.token("east", 60, false))
            ->response->status == 200);
  CHECK(world.ask("GET", "/v1/gateways/%65ast/snapshot", good)->response->status == 200);
}

TEST_CASE("what is not there is 404, and a wrong method is 405 with what is allowed") {
  World world;
  for (const char* path :
       {"/v1", "/v1/", "/v1/gateways", "/v1/gateways/east", "/v1/gateways//snapshot",
        "/v1/gateways/east/other", "/v1/gateways/east/snapshot/", "/v1/gateways/%zz/snapshot",
        "/v1/other/east/snapshot"}) {
    CAPTURE(path);
    CHECK(world.ask("GET", path, world.token("east"))->response->status == 404);
  }
  for (const auto& [method, name, allow] :
       std::vector<std::array<std::string, 3>>{{"POST", "snapshot", "GET, HEAD"},
                                               {"DELETE", "events", "GET"},
                                               {"HEAD", "events", "GET"},
                                               {"GET", "heartbeat", "POST"},
                                               {"PUT", "ack", "POST"},
                                               {"POST", "status", "GET, HEAD"}}) {
    const auto answer = world.ask(method, "/v1/gateways/east/" + name, world.token("east"));
    CHECK(answer->response->status == 405);
    CHECK(answer->header("Allow") == allow);
  }
  HttpServer::Request request;
  request.method = "GET";
  request.path = "/apis/users";
  CHECK_FALSE(world.side->take(request, std::make_shared<Recorder>()));
}

TEST_CASE("a stream tells each commit as the gateway sees it, and first what it missed") {
  World world;
  const std::uint64_t start = world.store->revision();
  world.commit(
      {{"/namedValues/secret", R"({"displayName":"secret","value":"second","secret":true})"}});
  world.commit(
      {{"/namedValues/secret", R"({"displayName":"secret","value":"third","secret":true})"}});
  world.remove("/backends/one");

  const auto late = world.events(start);
  REQUIRE(late->response->status == 200);
  CHECK(late->response->content_type == "text/event-stream");
  auto told = events_in(late->events->text);
  REQUIRE(told.size() == 1);
  CHECK(told[0].id == world.store->epoch() + ":" + std::to_string(start + 3));
  CHECK(told[0].upserts == Ids{"/namedValues/secret"});
  CHECK(told[0].removes == Ids{"/backends/one"});
  CHECK(late->events->text.find("third") != std::string::npos);
  CHECK(late->events->text.find("second") == std::string::npos);

  const auto current = world.events(start + 3);
  CHECK(events_in(current->events->text).empty());
  world.commit({{"/gateways/east/apis/orders", "{}"}});
  world.commit({{"/gateways/west", R"({"description":"not seen"})"}});
  for (const auto& stream : {late, current}) {
    told = events_in(stream->events->text);
    REQUIRE(told.size() >= 2);
    const Event& assigned = told[told.size() - 2];
    CHECK(assigned.upserts.size() == kTreeOfOrders.size() + 1);
    CHECK(assigned.removes.empty());
    const Event& unseen = told.back();
    CHECK(unseen.upserts.empty());
    CHECK(unseen.removes.empty());
    CHECK(unseen.id == world.store->epoch() + ":" + std::to_string(start + 5));
    CHECK(unseen.digest == parse(world.snapshot()->response->body)["digest"].GetString());
    CHECK(stream->events->text.find("not seen") == std::string::npos);
  }
}

TEST_CASE("the header Last-Event-ID is stronger than the parameter") {
  World world;
  const std::uint64_t revision = world.store->revision();
  const auto answer =
      world.ask("GET", "/v1/gateways/east/events?after=other:1", world.token("east"),
                {{"last-event-id", world.store->epoch() + ":" + std::to_string(revision)}});
  CHECK(answer->response->status == 200);
}

TEST_CASE("what a stream cannot go on from is 410, and what is no position is 400") {
  World world;
  const std::string now = std::to_string(world.store->revision());
  for (const auto& [after, status] : std::map<std::string, int>{
           {"after=otherepoch:" + now, 410},
           {"after=" + world.store->epoch() + ":999999", 410},
           {"", 400},
           {"after=", 400},
           {"after=" + now, 400},
           {"after=:" + now, 400},
           {"after=" + world.store->epoch() + ":-1", 400},
           {"after=" + world.store->epoch() + ":99999999999999999999999", 400}}) {
    CAPTURE(after);
    CHECK(world.ask("GET", "/v1/gateways/east/events?" + after, world.token("east"))
              ->response->status == status);
  }
}

TEST_CASE("a stream ends with its gateway, its client is forgotten when it goes") {
  World world;
  const auto stream = world.events(world.store->revision());
  const auto gone = world.events(world.store->revision());
  gone->closed();
  world.commit({{"/backends/two", R"({"url":"http://127.0.0.1:2","protocol":"http"})"}});
  CHECK(events_in(gone->events->text).empty());
  CHECK(events_in(stream->events->text).size() == 1);
  world.remove("/gateways/east");
  CHECK(stream->events->ended);
  CHECK_FALSE(gone->events->ended);
}

TEST_CASE("nothing is told to a stream whose token has expired or whose key was changed") {
  World world;
  const bool by_time = GENERATE(true, false);
  const auto stream = world.ask("GET",
                                "/v1/gateways/east/events?after=" + world.store->epoch() + ":" +
                                    std::to_string(world.store->revision()),
                                world.token("east", 60));
  const auto other = world.ask("GET",
                               "/v1/gateways/east/events?after=" + world.store->epoch() + ":" +
                                   std::to_string(world.store->revision()),
                               world.token("east", 600, false));
  if (by_time) {
    world.clock->seconds += 61;
  } else {
    REQUIRE(world.store->set_secret(gateway_key_name("east", true), "another-key"));
  }
  world.commit(
      {{"/namedValues/secret", R"({"displayName":"secret","value":"later","secret":true})"}});
  CHECK(stream->events->ended);
  CHECK(stream->events->text.find("later") == std::string::npos);
  CHECK_FALSE(other->events->ended);
  CHECK(other->events->text.find("later") != std::string::npos);
}

TEST_CASE("a quiet stream gets a comment, and ends by itself when its token does") {
  World world;
  const Catalogue catalogue(*world.store);
  const auto room = std::make_shared<GatewayRoom>(*world.store, catalogue, "east");
  Recorder recorder;
  gateway::arm::GatewayToken token = *gateway::arm::parse_gateway_token(world.token("east", 60));
  room->subscribe(token, recorder, "", {token.expires - 60, 0});
  const std::string opening = recorder.events->text;
  room->sweep({token.expires - 50, 10'000});
  CHECK(recorder.events->text == opening);
  room->sweep({token.expires - 45, 15'000});
  CHECK(recorder.events->text == opening + ":\n\n");
  room->sweep({token.expires - 40, 20'000});
  CHECK(recorder.events->text == opening + ":\n\n");
  CHECK(room->streams() == 1);
  room->sweep({token.expires, 60'000});
  CHECK(recorder.events->ended);
  CHECK(room->streams() == 0);
}

TEST_CASE("instances are shown with what they last said") {
  World world;
  const auto post = [&](const std::string& what, const std::string& body) {
    return world.ask("POST", "/v1/gateways/east/" + what, world.token("east"), {}, body)
        ->response->status;
  };
  CHECK(
      post("heartbeat",
           R"({"instance":"pod-1","version":"a:7","gatewayVersion":"0.1.0","uptimeSeconds":12})") ==
      204);
  CHECK(post("ack",
             R"({"instance":"pod-1","epoch":"e","revision":5,"version":"a:8",)"
             R"("rejected":[{"id":"/apis/users","reason":"its policy does not compile"}]})") ==
        204);
  CHECK(post("heartbeat",
             R"({"instance":"pod-2","epoch":"e","revision":4,"version":9,"more":[1,2]})") == 204);
  for (const char* bad :
       {"", "[]", "{}", R"({"instance":""})", R"({"instance":1})",
        R"({"instance":"a","uptimeSeconds":-1})", R"({"instance":"a","version":[]})"}) {
    CAPTURE(bad);
    CHECK(post("heartbeat", bad) == 400);
  }
  CHECK(post("ack", R"({"instance":"a","rejected":{}})") == 400);
  CHECK(post("ack", R"({"instance":"a","rejected":["x"]})") == 400);
  CHECK(post("heartbeat", std::string(Instances::kMaxBody + 1, ' ')) == 413);

  const auto answer = world.ask("GET", "/v1/gateways/east/status", "Bearer admin-token");
  REQUIRE(answer->response->status == 200);
  const auto document = parse(answer->response->body);
  const auto& instances = document["instances"];
  REQUIRE(instances.Size() == 2);
  CHECK(std::string(instances[0]["instance"].GetString()) == "pod-1");
  CHECK(std::string(instances[0]["version"].GetString()) == "a:8");
  CHECK(std::string(instances[0]["lastHeartbeat"].GetString()) ==
        gateway::format_rfc3339(world.clock->seconds));
  CHECK(instances[0]["revision"].GetUint64() == 5);
  CHECK(instances[0]["uptimeSeconds"].GetUint64() == 12);
  CHECK(std::string(instances[0]["rejected"][0]["id"].GetString()) == "/apis/users");
  CHECK(std::string(instances[1]["instance"].GetString()) == "pod-2");
  CHECK(instances[1]["revision"].GetUint64() == 4);
  CHECK(std::string(instances[1]["version"].GetString()) == "9");
  CHECK(world.ask("GET", "/v1/gateways/none/status", "Bearer admin-token")->response->status ==
        404);
}

TEST_CASE("instances are bounded whatever they say") {
  Instances instances;
  const std::string longest(Instances::kMaxText * 4, 'x');
  for (std::size_t i = 0; i <= Instances::kMaxInstances; ++i) {
    REQUIRE(instances.heartbeat(
        R"({"instance":")" + std::to_string(i) + R"(","version":")" + longest + "\"}", 1));
  }
  CHECK(instances.size() == Instances::kMaxInstances);
  CHECK(instances.to_json().find(R"("instance":"0")") == std::string::npos);
  CHECK(instances.to_json().size() < Instances::kMaxInstances * (Instances::kMaxText + 200));

  std::string rejected;
  for (std::size_t i = 0; i < 2 * Instances::kMaxRejected; ++i) {
    rejected += std::string(i ? "," : "") + R"({"id":"i","reason":"r"})";
  }
  REQUIRE(instances.acknowledge(R"({"instance":"a","rejected":[)" + rejected + "]}", 1));
  CHECK(instances.to_json().find("\"rejectedCount\":" +
                                 std::to_string(2 * Instances::kMaxRejected)) != std::string::npos);
  CHECK_FALSE(instances.heartbeat(R"({"instance":")" + std::string(257, 'a') + "\"}", 1));
}
