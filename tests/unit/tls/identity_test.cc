#include <catch2/catch.hpp>

#include "support.h"

using namespace gateway;
using namespace gateway::test;

TEST_CASE("a chain with its key becomes an identity that tells its facts") {
  const Pem pem = make_pem("a.example");
  const auto identity = make_tls_identity(pem.chain, pem.key, "Secret gw/a");
  REQUIRE(identity.ok());
  CHECK(info(**identity).fingerprint_sha256.size() == 64);
  CHECK(info(**identity).not_after > info(**identity).not_before + 3600LL * 24 * 365 * 9);
}

TEST_CASE("what is wrong with a certificate is said by name, without the key") {
  const Pem good = make_pem("a.example");
  const Pem other = make_pem("b.example");
  struct Row {
    const char* what;
    std::string chain, key, says;
  };
  const Row rows[] = {
      {"no certificate", "", good.key, "BEGIN CERTIFICATE"},
      {"garbage", "hello", good.key, "BEGIN CERTIFICATE"},
      {"a broken second certificate", good.chain + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
       good.key, "certificate 2"},
      {"no key", good.chain, "", "private key"},
      {"another's key", good.chain, other.key, "does not belong"},
      {"a huge chain", std::string(2 << 20, 'x'), good.key, "1 MiB"},
  };
  for (const Row& row : rows) {
    INFO(row.what);
    const auto result = make_tls_identity(row.chain, row.key, "Secret gw/a");
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().where == "Secret gw/a");
    CHECK(result.error().message.find(row.says) != std::string::npos);
    CHECK(result.error().to_string().find("PRIVATE KEY---") == std::string::npos);
  }
}

TEST_CASE("the table answers exact names, then one wildcard label, then the default") {
  TlsTable table;
  table.set_default(binding("", make_pem("default.example")));
  table.set(binding("a.example", make_pem("a.example")));
  table.set(binding("*.example", make_pem("w.example")));
  const auto host = [&](std::string_view sni) { return table.select(sni)->host; };
  CHECK(host("a.example") == "a.example");
  CHECK(host("A.EXAMPLE.") == "a.example");
  CHECK(host("b.example") == "*.example");
  CHECK(host("c.b.example") == "");
  CHECK(host("example") == "");
  CHECK(host("") == "");
  CHECK(host(".example") == "");
  CHECK(host(std::string(5000, 'a')) == "");
  CHECK(table.covers("b.example"));
  CHECK_FALSE(table.covers("other"));
}
