#include <catch2/catch.hpp>

#include <map>

#include "model/document.h"
#include "sources/ingress/translate.h"

namespace gateway {
namespace {

constexpr const char* kOurs = "azure-api-management/gateway";

std::string ingress(const std::string& name, const std::string& host, const std::string& service,
                    const std::string& more = "", const std::string& class_name = kOurs,
                    const std::string& version = "1") {
  return "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: gw, name: " + name +
         ", resourceVersion: '" + version + "', annotations: {kubernetes.io/ingress.class: " + class_name +
         "}}, spec: {rules: [{host: " + host +
         ", http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: " + service +
         ", port: {number: 80}}}}]}}]" + more + "}}";
}
std::string service(const std::string& name) {
  return "{apiVersion: v1, kind: Service, metadata: {namespace: gw, name: " + name +
         "}, spec: {ports: [{port: 80}]}}";
}
std::string slice(const std::string& name, const std::string& of, const std::string& address) {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {namespace: gw, name: " + name +
         ", labels: {kubernetes.io/service-name: " + of +
         "}}, ports: [{port: 80}], endpoints: [{addresses: [" + address + "]}]}";
}
std::string secret(const std::string& name, const std::string& chain) {
  return "{apiVersion: v1, kind: Secret, type: kubernetes.io/tls, metadata: {namespace: gw, name: " + name +
         "}, stringData: {tls.crt: " + chain + ", tls.key: key}}";
}

struct Translation {
  IngressTranslator translator{IngressTranslator::Options{}};

  void put(const std::string& yaml) {
    const auto documents = parse_yaml(yaml, {}, "test");
    REQUIRE(documents.ok());
    for (const auto& document : *documents) translator.upsert(document, "");
  }
  std::vector<Endpoint> endpoints(const std::string& backend) {
    const auto snapshot = translator.snapshot();
    const Backend* found = snapshot.backends.find(backend);
    return found ? found->endpoints : std::vector<Endpoint>{{"no such backend", 0}};
  }
};

// The ids whose pointers differ between two maps.
template <typename T>
std::vector<std::string> changed(const SharedMap<T>& before, const SharedMap<T>& after) {
  std::vector<std::string> ids;
  SharedMap<T>::diff(before, after, [&](std::string_view id, const auto&, const auto&) { ids.emplace_back(id); });
  std::sort(ids.begin(), ids.end());
  return ids;
}

using Ids = std::vector<std::string>;

TEST_CASE("A change reaches what depends on it and nothing else") {
  Translation t;
  for (const std::string n : {"a", "b", "c"}) {
    t.put(ingress(n, n + ".example", n));
    t.put(service(n));
    t.put(slice(n + "-1", n, "10.0.0.1"));
  }
  const auto before = t.translator.snapshot();
  CHECK(before.apis.size() == 3);

  SECTION("the same objects again change no pointer") {
    t.put(ingress("a", "a.example", "a"));
    t.put(service("a"));
    t.put(slice("a-1", "a", "10.0.0.1"));
    const auto after = t.translator.snapshot();
    CHECK(after.apis.same(before.apis));
    CHECK(after.backends.same(before.backends));
  }
  SECTION("a slice") {
    t.put(slice("b-1", "b", "10.0.0.2"));
    const auto after = t.translator.snapshot();
    CHECK(after.apis.same(before.apis));
    CHECK(changed(before.backends, after.backends) == Ids{"gw/b:80"});
  }
  SECTION("a slice that moves to another Service") {
    t.put(slice("b-1", "c", "10.0.0.2"));
    CHECK(t.endpoints("gw/b:80").empty());
    CHECK(t.endpoints("gw/c:80") == std::vector<Endpoint>{{"10.0.0.1", 80}, {"10.0.0.2", 80}});
  }
  SECTION("a Service that goes") {
    t.translator.remove("Service", "gw", "b");
    const auto after = t.translator.snapshot();
    CHECK(after.apis.same(before.apis));
    CHECK(changed(before.backends, after.backends) == Ids{"gw/b:80"});
    CHECK(t.endpoints("gw/b:80").empty());
    t.put(service("b"));
    CHECK(t.endpoints("gw/b:80").size() == 1);
  }
  SECTION("an Ingress that goes takes its backend along") {
    t.translator.remove("Ingress", "gw", "b");
    const auto after = t.translator.snapshot();
    CHECK(changed(before.apis, after.apis) == Ids{"gw/b:b.example/:prefix"});
    CHECK(changed(before.backends, after.backends) == Ids{"gw/b:80"});
    CHECK(t.translator.wanted_services() == Ids{"gw/a", "gw/c"});
  }
  SECTION("a backend that two Ingresses share stays for the other") {
    t.put(ingress("other", "other.example", "b"));
    t.translator.remove("Ingress", "gw", "b");
    CHECK(t.endpoints("gw/b:80").size() == 1);
  }
  SECTION("an Ingress that becomes another's") {
    t.put(ingress("b", "b.example", "b", "", "nginx"));
    CHECK(changed(before.apis, t.translator.snapshot().apis) == Ids{"gw/b:b.example/:prefix"});
  }
  SECTION("a status update alone") {
    t.put("{apiVersion: v1, kind: Service, metadata: {namespace: gw, name: a, resourceVersion: '2'}, "
          "spec: {ports: [{port: 80}]}, status: {loadBalancer: {}}}");
    CHECK(t.translator.snapshot().backends.same(before.backends));
  }
}

TEST_CASE("A malformed object keeps what it last was, and says so until it is sound or gone") {
  Translation t;
  t.put(ingress("a", "a.example", "a"));
  const auto before = t.translator.snapshot();
  CHECK(before.rejected.empty());
  const std::string broken =
      "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: gw, name: a}, spec: text}";
  t.put(broken);
  const auto after = t.translator.snapshot();
  CHECK(after.apis.same(before.apis));
  REQUIRE(after.rejected.size() == 1);
  CHECK(after.rejected[0].where == "Ingress gw/a: spec");
  SECTION("sound") {
    t.put(ingress("a", "b.example", "a"));
    CHECK(t.translator.snapshot().rejected.empty());
  }
  SECTION("gone") {
    t.translator.remove("Ingress", "gw", "a");
    CHECK(t.translator.snapshot().rejected.empty());
    CHECK(t.translator.snapshot().apis.empty());
  }
}

TEST_CASE("Only Secrets that a taken Ingress names become certificates") {
  Translation t;
  t.put(ingress("a", "a.example", "a", ", tls: [{hosts: [a.example], secretName: s}]"));
  t.put(ingress("theirs", "b.example", "a", ", tls: [{hosts: [b.example], secretName: u}]", "nginx"));
  t.put(secret("u", "chain"));
  CHECK(t.translator.wanted_secrets() == Ids{"gw/s"});
  CHECK(t.translator.snapshot().certificates.empty());
  t.put(secret("s", "one"));
  const auto first = t.translator.snapshot();
  REQUIRE(first.certificates.find("gw/s"));
  t.put(secret("s", "two"));
  const auto second = t.translator.snapshot();
  CHECK(second.certificates.find("gw/s")->chain_pem == "two");
  CHECK(second.hostnames.same(first.hostnames));
  t.put(ingress("a", "a.example", "a"));
  CHECK(t.translator.wanted_secrets().empty());
  CHECK(t.translator.snapshot().certificates.empty());
  CHECK(t.translator.snapshot().hostnames.empty());
}

TEST_CASE("What became of our Ingresses is told once") {
  using What = IngressTranslator::Change::What;
  Translation t;
  const auto told = [&] {
    std::map<std::string, What> changes;
    for (const auto& change : t.translator.take_changes()) changes[change.name] = change.what;
    return changes;
  };
  t.put(ingress("a", "a.example", "a"));
  t.put(ingress("theirs", "b.example", "a", "", "nginx"));
  CHECK(told() == std::map<std::string, What>{{"a", What::Added}});
  CHECK(told().empty());
  t.put(ingress("a", "a.example", "a"));
  t.put(service("a"));
  CHECK(told().empty());
  t.put(ingress("a", "b.example", "a", "", kOurs, "2"));
  CHECK(told() == std::map<std::string, What>{{"a", What::Updated}});
  t.put(ingress("a", "b.example", "a", "", "nginx"));
  CHECK(told() == std::map<std::string, What>{{"a", What::Deleted}});
  t.translator.remove("Ingress", "gw", "a");
  CHECK(told().empty());
}

TEST_CASE("Classes come and go") {
  Translation t;
  t.put("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {namespace: gw, name: a}, spec: "
        "{ingressClassName: late, defaultBackend: {service: {name: a, port: {number: 80}}}}}");
  CHECK(t.translator.snapshot().apis.empty());
  t.put("{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: late}, spec: "
        "{controller: azure-api-management/gateway}}");
  CHECK(t.translator.snapshot().apis.size() == 1);
  t.translator.remove("IngressClass", "", "late");
  CHECK(t.translator.snapshot().apis.empty());
}

TEST_CASE("EndpointSlices win over Endpoints of the same Service") {
  Translation t;
  t.put(ingress("a", "a.example", "a"));
  t.put(service("a"));
  t.put("{apiVersion: v1, kind: Endpoints, metadata: {namespace: gw, name: a}, subsets: "
        "[{addresses: [{ip: 10.0.0.9}], ports: [{port: 80}]}]}");
  CHECK(t.endpoints("gw/a:80") == std::vector<Endpoint>{{"10.0.0.9", 80}});
  t.put(slice("a-1", "a", "10.0.0.1"));
  CHECK(t.endpoints("gw/a:80") == std::vector<Endpoint>{{"10.0.0.1", 80}});
  t.translator.remove("EndpointSlice", "gw", "a-1");
  CHECK(t.endpoints("gw/a:80") == std::vector<Endpoint>{{"10.0.0.9", 80}});
}

}  // namespace
}  // namespace gateway
