#include "sources/ingress/ingress_source.h"

#include <atomic>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "ingress_fake_api.h"

namespace gateway {
namespace {

using test::FakeApi;
using test::LoopRunner;
using std::chrono::milliseconds;

constexpr const char* kOurs = "azure-api-management/gateway";

std::string ingress(const std::string& name, const std::string& service = "web", const std::string& more = "") {
  return "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: gw, name: " + name +
         ", uid: uid-" + name + ", annotations: {kubernetes.io/ingress.class: " + kOurs +
         "}}, spec: {rules: [{host: " + name +
         ".example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: " + service +
         ", port: {number: 80}}}}]}}]" + more + "}}";
}
std::string service(const std::string& name) {
  return "{apiVersion: v1, kind: Service, metadata: {namespace: gw, name: " + name + "}, spec: {ports: [{port: 80}]}}";
}
std::string slice(const std::string& service_name, const std::string& address, const std::string& version = "v1") {
  return "{apiVersion: discovery.k8s.io/" + version + ", kind: EndpointSlice, metadata: {namespace: gw, name: " +
         service_name + "-1, labels: {kubernetes.io/service-name: " + service_name +
         "}}, ports: [{port: 80}], endpoints: [{addresses: [" + address + "]}]}";
}
std::string secret(const std::string& name, const std::string& chain) {
  return "{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {namespace: gw, name: " + name +
         "}, stringData: {tls.crt: " + chain + ", tls.key: key}}";
}

// The registry's side of a source.
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
  void log(const LogRecord& record) noexcept override { names.emplace_back(record.event); }
  bool has(const std::string& name) const { return std::find(names.begin(), names.end(), name) != names.end(); }
  std::vector<std::string> names;
};

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "ingress-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name) << content;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

IngressTiming impatient() {
  IngressTiming timing;
  timing.reflector.backoff = {milliseconds(10), milliseconds(40), milliseconds(1000)};
  timing.degrade_after = milliseconds(50);
  return timing;
}

struct Following {
  FakeApi& api;
  Folder folder;
  LoopRunner loop;
  Environment environment = Environment::system();
  std::shared_ptr<Sink> sink = std::make_shared<Sink>();
  Events events;
  std::unique_ptr<ConfigSource> source;
  bool started = false;

  explicit Following(FakeApi& server, IngressSourceOptions options = {}) : api(server) {
    options.kubeconfig = folder.write(
        "config", "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
                  "clusters: [{name: a, cluster: {server: 'http://127.0.0.1:" + std::to_string(api.port()) +
                      "'}}]\nusers: [{name: u, user: {tokenFile: token}}]\n"
                      "contexts: [{name: c, context: {cluster: a, user: u, namespace: gw}}]\n");
    folder.write("token", "one\n");
    source = make_ingress_source(std::move(options), impatient());
    start();
  }
  ~Following() { stop(); }

  void start() {
    SourceContext context;
    context.name = "ingress";
    context.sink = sink;
    context.control = &loop;
    context.environment = &environment;
    context.observer = &events;
    const auto result = source->start(std::move(context));
    if (!result) FAIL(result.error().to_string());
    started = true;
  }
  void stop() {
    if (!std::exchange(started, false)) return;
    bool stopped = false;
    source->stop([&] { stopped = true; });
    CHECK(loop.until([&] { return stopped; }));
    source.reset();
  }
  const SourceSnapshot& last() const { return sink->published.back(); }
  bool published() { return loop.until([&] { return !sink->published.empty(); }); }
  bool until(const std::function<bool(const SourceSnapshot&)>& holds) {
    return loop.until([&] { return !sink->published.empty() && holds(last()); });
  }
  bool has(const std::string& name) {
    return until([&](const SourceSnapshot& s) { return s.apis.find("gw/" + name + ':' + name + ".example/:prefix"); });
  }
  bool lacks(const std::string& name) {
    return until([&](const SourceSnapshot& s) { return !s.apis.find("gw/" + name + ':' + name + ".example/:prefix"); });
  }
  // Every publication so far had this Ingress.
  bool never_lost(const std::string& name) const {
    return std::all_of(sink->published.begin(), sink->published.end(), [&](const SourceSnapshot& s) {
      return s.apis.find("gw/" + name + ':' + name + ".example/:prefix") != nullptr;
    });
  }
  bool all_watching() {
    return loop.until([&] {
      return api.watching("ingresses") > 0 && api.watching("services") > 0 && api.watching("endpointslices") > 0;
    });
  }
};

void fill(FakeApi& api) {
  api.put("ingresses", ingress("a"));
  api.put("services", service("web"));
  api.put("endpointslices", slice("web", "10.0.0.1"));
}

std::vector<Endpoint> endpoints(const SourceSnapshot& snapshot) {
  const Backend* backend = snapshot.backends.find("gw/web:80");
  return backend ? backend->endpoints : std::vector<Endpoint>();
}

TEST_CASE("The first publication has everything that was listed") {
  FakeApi api;
  fill(api);
  api.put("ingresses", ingress("b", "web", ", tls: [{hosts: [b.example], secretName: s}]"));
  api.put("secrets", secret("s", "chain"));
  api.put("secrets", secret("not-named", "chain"));
  Following f(api);
  REQUIRE(f.published());
  CHECK(f.last().apis.size() == 2);
  CHECK(endpoints(f.last()) == std::vector<Endpoint>{{"10.0.0.1", 80}});
  REQUIRE(f.last().certificates.find("gw/s"));
  CHECK(f.last().certificates.size() == 1);
  CHECK(f.last().epoch == "cluster-the-cluster");
  CHECK_FALSE(f.last().revision.empty());
  CHECK(f.sink->published.size() == 1);
  // only the Secret that is named, by its own selector, never all
  for (const auto& target : api.seen("/secrets")) CHECK(target.find("fieldSelector=metadata.name%3Ds") != std::string::npos);
  for (const char* event : {"ConfigIngressStarted", "ReadingCurrentIngressList", "MatchingIngressFound", "IngressAdded",
                            "CurrentIngressListProcessed"}) {
    CHECK(f.events.has(event));
  }
  CHECK(f.loop.until([&] { return f.events.has("IngressWatcherInitialized"); }));
}

TEST_CASE("An empty cluster is an empty configuration") {
  FakeApi api;
  Following f(api);
  REQUIRE(f.published());
  CHECK(f.last().apis.empty());
}

TEST_CASE("Changes are followed by watching") {
  FakeApi api;
  fill(api);
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  api.put("ingresses", ingress("b"));
  CHECK(f.has("b"));
  api.remove("ingresses", "gw/b");
  CHECK(f.lacks("b"));
  api.put("endpointslices", slice("web", "10.0.0.2"));
  CHECK(f.until([](const auto& s) { return endpoints(s) == std::vector<Endpoint>{{"10.0.0.2", 80}}; }));
  CHECK(f.never_lost("a"));
  CHECK(api.seen("ingresses?limit").size() == 1);
}

TEST_CASE("What does not concern our Ingresses publishes nothing") {
  FakeApi api;
  fill(api);
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  api.put("services", service("other"));
  api.put("endpointslices", slice("other", "10.0.0.9"));
  api.put("ingresses", ingress("b"));
  REQUIRE(f.has("b"));
  CHECK(f.sink->published.size() == 2);
}

TEST_CASE("Many changes in one turn of the loop are one publication") {
  FakeApi api;
  fill(api);
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  for (int i = 0; i < 50; ++i) api.put("ingresses", ingress("n" + std::to_string(i)));
  REQUIRE(f.has("n49"));
  CHECK(f.last().apis.size() == 51);
  CHECK(f.sink->published.size() < 52);
}

TEST_CASE("Endpoints come from what the server has") {
  SECTION("v1beta1 slices") {
    FakeApi api("v1beta1");
    fill(api);
    api.put("endpointslices", slice("web", "10.0.0.1", "v1beta1"));
    Following f(api);
    REQUIRE(f.published());
    CHECK(endpoints(f.last()).size() == 1);
    CHECK(api.seen("/apis/discovery.k8s.io/v1beta1/namespaces/gw/endpointslices").size() >= 1);
  }
  SECTION("Endpoints") {
    FakeApi api("");
    fill(api);
    api.put("endpoints", "{apiVersion: v1, kind: Endpoints, metadata: {namespace: gw, name: web}, subsets: "
                         "[{addresses: [{ip: 10.0.0.7}], ports: [{port: 80}]}]}");
    Following f(api);
    REQUIRE(f.published());
    CHECK(endpoints(f.last()) == std::vector<Endpoint>{{"10.0.0.7", 80}});
  }
  SECTION("none are asked for where the Service's name is used") {
    FakeApi api;
    fill(api);
    IngressSourceOptions options;
    options.translation.endpoints = IngressTranslation::Endpoints::ServiceName;
    Following f(api, options);
    REQUIRE(f.published());
    CHECK(endpoints(f.last()) == std::vector<Endpoint>{{"web.gw.svc.cluster.local", 80}});
    CHECK(api.seen("endpointslices").empty());
  }
}

TEST_CASE("A list of several pages is taken as a whole") {
  FakeApi api;
  fill(api);
  for (int i = 0; i < 7; ++i) api.put("ingresses", ingress("n" + std::to_string(i)));
  api.set_page(3);
  SECTION("as it should be") {}
  SECTION("from the first page again when the version has gone in between") { api.answer("continue=6", 410); }
  Following f(api);
  REQUIRE(f.published());
  CHECK(f.last().apis.size() == 8);
}

TEST_CASE("A watch that ends goes on from the last version") {
  FakeApi api;
  fill(api);
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  SECTION("by its time") { api.end_watches(); }
  SECTION("in the middle of a line") { api.end_watches("{\"type\":\"ADDED\",\"obj"); }
  SECTION("with a line that is no JSON") { api.end_watches("}{\n"); }
  SECTION("with an event that is none") { api.end_watches("{\"type\":\"ADDED\"}\n"); }
  SECTION("by 429, with Retry-After") {
    api.answer("ingresses?watch", 429, 2, "Retry-After: 0\r\n");
    api.end_watches();
  }
  SECTION("by 503") {
    api.answer("ingresses?watch", 503, 2);
    api.end_watches();
  }
  api.put("ingresses", ingress("b"));
  CHECK(f.has("b"));
  CHECK(f.never_lost("a"));
  CHECK(api.seen("ingresses?limit").size() == 1);
}

TEST_CASE("A version that the server forgot leads to a new list, as a difference") {
  FakeApi api;
  fill(api);
  api.put("ingresses", ingress("goes"));
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  api.remove("ingresses", "gw/goes", false);
  SECTION("said in the watch") {
    api.end_watches("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}\n");
  }
  SECTION("said when watching again") { api.end_watches("", true); }
  SECTION("said by the status") {
    api.answer("ingresses?watch", 410);
    api.end_watches();
  }
  CHECK(f.lacks("goes"));
  CHECK(f.never_lost("a"));
  api.put("ingresses", ingress("b"));
  CHECK(f.has("b"));
}

TEST_CASE("An API server that goes and comes back leaves the routes as they are") {
  FakeApi api;
  fill(api);
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  api.leave();
  CHECK(f.loop.until([&] { return f.sink->stale; }));
  CHECK(f.sink->published.size() == 1);
  CHECK(f.sink->errors.size() == 1);
  CHECK(f.events.has("IngressSourceDegraded"));
  api.back();
  CHECK(f.loop.until([&] { return !f.sink->stale; }));
  api.put("ingresses", ingress("b"));
  CHECK(f.has("b"));
  CHECK(f.never_lost("a"));
}

TEST_CASE("A short outage is not worth a word") {
  FakeApi api;
  fill(api);
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  api.end_watches("{\"ty");
  api.put("ingresses", ingress("b"));
  CHECK(f.has("b"));
  CHECK(f.sink->errors.empty());
}

TEST_CASE("Nothing is published before everything is known, and trouble is told at once") {
  FakeApi api;
  fill(api);
  std::string part;
  SECTION("no services") { part = "services?limit"; }
  SECTION("no slices") { part = "endpointslices?limit"; }
  SECTION("no discovery") { part = "/apis/discovery.k8s.io"; }
  SECTION("no identity") { part = "kube-system"; }
  SECTION("no secret") {
    part = "secrets?limit";
    api.put("ingresses", ingress("b", "web", ", tls: [{hosts: [b.example], secretName: s}]"));
  }
  CAPTURE(part);
  api.answer(part, 500, 3);
  Following f(api);
  REQUIRE(f.loop.until([&] { return !f.sink->errors.empty(); }));
  CHECK(f.sink->published.empty());
  CHECK(f.published());
}

TEST_CASE("What may not be read is done without, where that can be") {
  FakeApi api;
  fill(api);
  SECTION("IngressClass") {
    api.answer("ingressclasses", 403, 1000);
    Following f(api);
    REQUIRE(f.published());
    CHECK(f.last().apis.size() == 1);
    CHECK(std::count(f.events.names.begin(), f.events.names.end(), "IngressClassesForbidden") == 1);
    CHECK(f.sink->errors.empty());
  }
  SECTION("the identity of the cluster") {
    api.answer("kube-system", 403, 1000);
    Following f(api);
    REQUIRE(f.published());
    CHECK(f.last().epoch.starts_with("server-"));
  }
  SECTION("a Secret") {
    api.put("ingresses", ingress("b", "web", ", tls: [{hosts: [b.example], secretName: s}]"));
    api.answer("secrets", 403, 1000);
    Following f(api);
    REQUIRE(f.published());
    CHECK(f.last().hostnames.size() == 1);
    CHECK(f.last().certificates.empty());
  }
  SECTION("but not Services") {
    api.answer("services", 403, 1000);
    Following f(api);
    REQUIRE(f.loop.until(
        [&] { return !f.sink->errors.empty() && f.sink->errors.back().code == ErrorCode::Unauthorized; }));
    CHECK(f.sink->errors.back().where == "/api/v1/namespaces/gw/services");
    CHECK(f.sink->errors.back().message == "HTTP status 403: \"scripted\"");
    CHECK(f.sink->published.empty());
  }
}

TEST_CASE("Secrets are followed as long as an Ingress names them") {
  FakeApi api;
  fill(api);
  Following f(api);
  REQUIRE(f.published());
  REQUIRE(f.all_watching());
  api.put("secrets", secret("s", "one"));
  const auto chain = [](const SourceSnapshot& s) {
    const auto* certificate = s.certificates.find("gw/s");
    return certificate ? certificate->chain_pem : std::string();
  };
  api.put("ingresses", ingress("b", "web", ", tls: [{hosts: [b.example], secretName: s}]"));
  REQUIRE(f.has("b"));
  // the Ingress waited for its Secret
  CHECK(chain(f.last()) == "one");
  REQUIRE(f.loop.until([&] { return api.watching("secrets") == 1; }));
  api.put("secrets", secret("s", "two"));
  CHECK(f.until([&](const auto& s) { return chain(s) == "two"; }));
  api.remove("secrets", "gw/s");
  CHECK(f.until([&](const auto& s) { return s.certificates.empty() && s.hostnames.size() == 1; }));
  api.put("ingresses", ingress("b"));
  CHECK(f.until([&](const auto& s) { return s.hostnames.empty(); }));
}

TEST_CASE("A token that changed is read again after a 401") {
  FakeApi api;
  fill(api);
  api.set_token("two");
  Following f(api);
  CHECK(f.loop.until(
      [&] { return !f.sink->errors.empty() && f.sink->errors.back().code == ErrorCode::Unauthorized; }));
  CHECK(f.sink->published.empty());
  f.folder.write("token", "two\n");
  CHECK(f.published());
}

TEST_CASE("One namespace or all of them") {
  FakeApi api;
  fill(api);
  IngressSourceOptions options;
  SECTION("that of the context") {
    Following f(api);
    REQUIRE(f.published());
    CHECK(api.seen("/apis/networking.k8s.io/v1/namespaces/gw/ingresses?limit").size() == 1);
  }
  SECTION("all") {
    options.name_space = "";
    Following f(api, options);
    REQUIRE(f.published());
    CHECK(api.seen("/apis/networking.k8s.io/v1/ingresses?limit").size() == 1);
  }
}

TEST_CASE("A source stops in any state") {
  FakeApi api;
  fill(api);
  Following f(api);
  SECTION("at once") {}
  SECTION("while listing") { f.loop.turn(); }
  SECTION("while watching") { REQUIRE(f.all_watching()); }
  SECTION("while waiting") {
    api.leave();
    REQUIRE(f.loop.until([&] { return !f.sink->errors.empty(); }));
  }
  f.stop();
  f.loop.turn();
}

}  // namespace
}  // namespace gateway
