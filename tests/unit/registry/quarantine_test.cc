#include <catch2/catch.hpp>

#include "../tls/support.h"
#include "fixture.h"

using namespace gateway;
using namespace gateway::test;

namespace {

Api broken(Api sound) {
  sound.defect = "Service gw/users has no port named http";
  return sound;
}

Hostname hostname(const std::string& id, const std::string& host, const std::string& certificate,
                  std::optional<std::int64_t> changed_at = {}) {
  Hostname made;
  made.id = id;
  made.host = host;
  made.certificate = certificate;
  made.witness.changed_at = changed_at;
  return made;
}

Certificate certificate(const std::string& id, const Pem& pem) {
  Certificate made;
  made.id = id;
  made.chain_pem = pem.chain;
  made.key_pem = pem.key;
  return made;
}

std::string fingerprint(const Pem& pem) {
  return info(*make_tls_identity(pem.chain, pem.key, "").value()).fingerprint_sha256;
}

std::string served(const TestRegistry& registry, const std::string& name) {
  return info(*registry.view().current()->tls.select(name)->identity).fingerprint_sha256;
}

const std::string& default_fingerprint() {
  return info(*default_binding()->identity).fingerprint_sha256;
}

bool mentions(const SourceStatus& status, const std::string& text) {
  return std::any_of(status.errors.begin(), status.errors.end(), [&](const Error& error) {
    return error.to_string().find(text) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("a broken Api without a last good form answers 503 and hides the broader route") {
  struct Row {
    const char* what;
    Api api;
  };
  Api no_backend = api("x", "/users", 5);
  no_backend.backend.clear();
  Api bad_witness = api("x", "/users", -5);
  for (const Row& row : {Row{"defect", broken(api("x", "/users", 5))},
                         Row{"unknown backend", api("x", "/users", 5, "nowhere")},
                         Row{"no backend", no_backend}, Row{"invalid stamp", bad_witness}}) {
    INFO(row.what);
    TestRegistry registry(named({"file"}));
    registry.publish("file", {api("broad", "/", 1), row.api});
    CHECK(registry.answer("h", "/users/1") == "503");
    CHECK(registry.answer("h", "/other") == "broad@file");
    CHECK(registry.state("x@file").state == ApiState::Quarantined);
    CHECK_FALSE(registry.state("x@file").reason.empty());
    CHECK(registry.status("file").quarantined == 1);
    CHECK_FALSE(registry.status("file").errors.empty());
    CHECK(registry.view().explain({"h", "/users", "http"}).outcome == "tombstone");
  }
}

TEST_CASE("a broken Api does not contend: another source's sound one serves") {
  TestRegistry registry(named({"ingress", "file"}));
  registry.publish("ingress", {broken(api("i", "/users", 900))});
  CHECK(registry.answer("h", "/users") == "503");
  registry.publish("file", {api("f", "/users", 100)});
  CHECK(registry.answer("h", "/users") == "f@file");
}

TEST_CASE("the last good form of an Api serves on, stale, and follows its backend") {
  TestRegistry registry(named({"file"}));
  registry.publish("file", {api("x", "/users", 5)});
  SourceSnapshot edited = snapshot({broken(api("x", "/elsewhere", 6))});
  registry.publish("file", edited);
  CHECK(registry.answer("h", "/users") == "x@file");
  CHECK(registry.state("x@file").state == ApiState::Stale);
  CHECK(registry.state("x@file").reason.find("no port named http") != std::string::npos);

  edited.set(backend("b", 9999));
  registry.publish("file", edited);
  CHECK(registry.row("h", "/users")->backend->endpoints.front().port == 9999);

  registry.publish("file", {api("x", "/elsewhere", 7)});
  CHECK(registry.answer("h", "/elsewhere") == "x@file");
  CHECK(registry.answer("h", "/users") == "no path");
  CHECK(registry.state("x@file").state == ApiState::Serving);
}

TEST_CASE("an Api whose backend vanished or broke serves on with the last good one, stale") {
  TestRegistry registry(named({"file"}));
  registry.publish("file", {api("x", "/users", 5)});
  SourceSnapshot gone;
  gone.set(api("x", "/users", 5));
  registry.publish("file", gone);
  CHECK(registry.answer("h", "/users") == "x@file");
  CHECK(registry.state("x@file").state == ApiState::Stale);

  SourceSnapshot bad = snapshot({api("x", "/users", 5)});
  Backend local = backend("b");
  local.endpoints.front().address = "169.254.169.254";
  bad.set(local);
  registry.publish("file", bad);
  CHECK(registry.state("x@file").state == ApiState::Stale);
  CHECK(registry.row("h", "/users")->backend->endpoints.front().address == "127.0.0.1");

  registry.publish("file", {api("x", "/users", 5)});
  CHECK(registry.state("x@file").state == ApiState::Serving);
}

TEST_CASE("a broken resource never blocks the others of its snapshot") {
  TestRegistry registry(named({"file"}));
  SourceSnapshot mixed = snapshot(
      {api("good", "/good", 1), broken(api("bad", "/bad", 1)), api("worse", "no-slash/../x", 1)});
  Hostname name = hostname("h", "UPPER", "");
  mixed.set(name);
  mixed.rejected.push_back({ErrorCode::InvalidArgument, "file", "is no object", "doc.yaml", false});
  registry.publish("file", mixed);
  CHECK(registry.answer("h", "/good") == "good@file");
  CHECK(mentions(registry.status("file"), "is no object"));
  CHECK(mentions(registry.status("file"), "UPPER"));
}

TEST_CASE("the certificate follows the newest hostname; a rotation changes no winner") {
  const Pem one = make_pem("a.example"), two = make_pem("a.example"), three = make_pem("a.example");
  TestRegistry registry(named({"ingress", "file"}));
  SourceSnapshot ingress, file;
  ingress.set(certificate("c", one));
  ingress.set(hostname("h", "a.example", "c", 100));
  file.set(certificate("c", two));
  file.set(hostname("h", "a.example", "c", 200));
  registry.publish("file", file);
  registry.publish("ingress", ingress);
  CHECK(served(registry, "a.example") == fingerprint(two));
  CHECK(served(registry, "b.example") == default_fingerprint());

  ingress.set(certificate("c", three));
  registry.publish("ingress", ingress);
  CHECK(served(registry, "a.example") == fingerprint(two));
  file.set(certificate("c", one));
  registry.publish("file", file);
  CHECK(served(registry, "a.example") == fingerprint(one));
  registry.publish("file", SourceSnapshot());
  CHECK(served(registry, "a.example") == fingerprint(three));
}

TEST_CASE("the lowest TLS version is the strictest of all claimants") {
  const Pem pem = make_pem("a.example");
  TestRegistry registry(named({"ingress", "file"}));
  SourceSnapshot ingress, file;
  ingress.set(certificate("c", pem));
  ingress.set(hostname("h", "a.example", "c", 900));
  Hostname strict = hostname("h", "a.example", "", 100);
  strict.min_version = TlsVersion::Tls1_3;
  file.set(strict);
  registry.publish("ingress", ingress);
  CHECK(registry.view().current()->tls.select("a.example")->min_version == TlsVersion::Tls1_2);
  registry.publish("file", file);
  CHECK(registry.view().current()->tls.select("a.example")->min_version == TlsVersion::Tls1_3);
  CHECK(served(registry, "a.example") == fingerprint(pem));
}

TEST_CASE(
    "a bad certificate: the last good one, else another source's, else the default one, with a "
    "warning") {
  const Pem one = make_pem("a.example"), two = make_pem("a.example");
  TestRegistry registry(named({"ingress", "file"}));
  Certificate bad = certificate("c", one);
  bad.defect = "Secret gw/tls is missing";
  SourceSnapshot ingress, file;
  ingress.set(bad);
  ingress.set(hostname("h", "a.example", "c", 900));
  registry.publish("ingress", ingress);
  CHECK(served(registry, "a.example") == default_fingerprint());
  CHECK(registry.view().current()->tls.covers("a.example"));
  CHECK(mentions(registry.status("ingress"), "certificate c"));
  CHECK(registry.records().has("CertificateReplaced"));

  file.set(certificate("c", two));
  file.set(hostname("h", "a.example", "c", 100));
  registry.publish("file", file);
  CHECK(served(registry, "a.example") == fingerprint(two));

  ingress.set(certificate("c", one));
  registry.publish("ingress", ingress);
  CHECK(served(registry, "a.example") == fingerprint(one));
  CHECK(registry.status("ingress").errors.empty());

  ingress.set(bad);
  registry.publish("ingress", ingress);
  CHECK(served(registry, "a.example") == fingerprint(one));
  CHECK(mentions(registry.status("ingress"), "Secret gw/tls is missing"));
}

TEST_CASE("a host is redirected to https only where it has TLS") {
  const Pem pem = make_pem("a.example");
  for (const bool option : {true, false}) {
    INFO((option ? "by option" : "by the Api"));
    TestRegistry::redirect = option;
    TestRegistry registry(named({"file"}));
    TestRegistry::redirect = false;
    std::vector<Api> apis{api("exact", "a.example/x"), api("wild", "b.wild.example/x"),
                          api("plain", "c.example/x")};
    for (Api& one : apis) one.redirect_to_https = !option;
    SourceSnapshot content = snapshot(apis);
    registry.publish("file", content);
    CHECK_FALSE(registry.row("a.example", "/x")->redirect_to_https);
    content.set(certificate("c", pem));
    content.set(hostname("h1", "a.example", "c"));
    content.set(hostname("h2", "*.wild.example", "c"));
    registry.publish("file", content);
    CHECK(registry.row("a.example", "/x")->redirect_to_https);
    CHECK(registry.row("b.wild.example", "/x")->redirect_to_https);
    CHECK_FALSE(registry.row("c.example", "/x")->redirect_to_https);
    content.hostnames.erase("h2");
    registry.publish("file", content);
    CHECK(registry.row("a.example", "/x")->redirect_to_https);
    CHECK_FALSE(registry.row("b.wild.example", "/x")->redirect_to_https);
  }
}
