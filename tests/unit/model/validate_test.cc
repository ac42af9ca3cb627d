#include "model/validate.h"

#include <catch2/catch.hpp>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec_key.h>
#include <openssl/evp.h>
#include <openssl/nid.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

using namespace gateway;

namespace {

template <typename T>
std::vector<std::string> problems_of(const T& resource) {
  std::vector<Error> problems;
  validate(resource, "X", problems);
  std::vector<std::string> texts;
  for (const Error& problem : problems) texts.push_back(problem.where + ": " + problem.message);
  return texts;
}

Api api_at(std::string host, std::string path) {
  Api api;
  api.id = "a";
  api.host = std::move(host);
  api.path = std::move(path);
  api.backend = "b";
  return api;
}

Backend backend_at(std::string address, std::uint16_t port = 80) {
  Backend backend;
  backend.id = "b";
  backend.endpoints.push_back({std::move(address), port});
  return backend;
}

std::string pem_of(BIO* bio) {
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  BIO_mem_contents(bio, &data, &size);
  std::string text(reinterpret_cast<const char*>(data), size);
  BIO_free(bio);
  return text;
}

// A self-signed certificate with its key.
Certificate make_certificate() {
  EC_KEY* ec = EC_KEY_new_by_curve_name(NID_X9_62_prime256v1);
  EC_KEY_generate_key(ec);
  EVP_PKEY* key = EVP_PKEY_new();
  EVP_PKEY_assign_EC_KEY(key, ec);
  X509* x509 = X509_new();
  X509_gmtime_adj(X509_get_notBefore(x509), 0);
  X509_gmtime_adj(X509_get_notAfter(x509), 3600);
  X509_set_pubkey(x509, key);
  X509_sign(x509, key, EVP_sha256());
  BIO* chain = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(chain, x509);
  BIO* secret = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(x509);
  EVP_PKEY_free(key);
  return {"c", pem_of(chain), pem_of(secret), {}, ""};
}

}  // namespace

TEST_CASE("host patterns are lower-case DNS names, wildcards of one label, or nothing") {
  const std::string label(63, 'a');
  for (const std::string& host :
       {std::string(""), std::string("a"), std::string("a.example"), std::string("*.example"),
        std::string("xn--bcher-kva.example"), std::string("10.0.0.1"), label + ".example"}) {
    CAPTURE(host);
    CHECK(valid_host_pattern(host));
  }
  const std::string too_long = label + "." + label + "." + label + "." + label;
  for (const std::string& host :
       {std::string("*"), std::string("*."), std::string("*a.example"), std::string("a.*.example"),
        std::string("*.*.example"), std::string("A.example"), std::string("a.example:80"),
        std::string("a..example"), std::string(".example"), std::string("a.example."),
        std::string("-a.example"), std::string("a-.example"), std::string("a_b.example"),
        std::string("[::1]"), std::string("*.10.0.0.1"), std::string("b\xC3\xBC.example"),
        label + "a.example", too_long}) {
    CAPTURE(host);
    CHECK_FALSE(valid_host_pattern(host));
  }
}

TEST_CASE("a host pattern that is wrong is named with what is allowed") {
  CHECK(problems_of(api_at("A.Example", "/")) ==
        std::vector<std::string>{
            R"(X: host: "A.Example" has upper-case letters: write it in lower case, "a.example")"});
  CHECK(problems_of(api_at("a:80", "/"))[0].starts_with(R"(X: host: "a:80" must be without a port; allowed are )"));
  CHECK(problems_of(api_at("*", "/"))[0].starts_with(R"(X: host: "*" is no host pattern; allowed are )"));
}

TEST_CASE("paths are those that a normalised request can have") {
  for (const char* path : {"/", "/a", "/a/", "/a/b.c/~d", "/a%C3%BC", "/%7Bid%7D", "/a:b@c;d=e,f!g$h&i'j(k)*l+m",
                           "/.well-known", "/...", "/a..b"}) {
    CAPTURE(path);
    CHECK(problems_of(api_at("", path)).empty());
    Api exact = api_at("", path);
    exact.match = MatchType::Exact;
    CHECK(problems_of(exact).empty());
  }
  struct Row {
    const char* path;
    const char* message;
  };
  for (const Row& row : {
           Row{"", "must start with '/'"}, Row{"a", "must start with '/'"},
           Row{"//", "must not contain '//'"}, Row{"/a//b", "must not contain '//'"},
           Row{"/./a", "elements '.' and '..'"}, Row{"/a/..", "elements '.' and '..'"},
           Row{"/a/.", "elements '.' and '..'"}, Row{"/a%2Fb", "encoded slash"},
           Row{"/a%2fb", "encoded slash"}, Row{"/a%5Cb", "encoded slash"}, Row{"/a%00", "encoded slash"},
           Row{"/a%c3%bc", "%C3 instead of %c3"}, Row{"/%41", "'A' plain instead of %41"},
           Row{"/%7E", "'~' plain instead of %7E"}, Row{"/%2E%2E/a", "'.' plain instead of %2E"},
           Row{"/%", "two hexadecimal digits"}, Row{"/%4", "two hexadecimal digits"},
           Row{"/%zz", "two hexadecimal digits"}, Row{"/a b", "not \" \""}, Row{"/a\\b", "not \"\\\""},
           Row{"/a?b", "not \"?\""}, Row{"/a#b", "not \"#\""}, Row{"/\xC3\xBC", "not \"\\xC3\""},
           Row{"/{id}", "not \"{\""}, Row{"/a\nb", "not \"\\x0A\""}, Row{"/^a", "not \"^\""},
       }) {
    CAPTURE(row.path);
    const auto problems = problems_of(api_at("", row.path));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].starts_with("X: path: "));
    CHECK(problems[0].find(row.message) != std::string::npos);
  }
  CHECK(problems_of(api_at("", "/" + std::string(9000, 'a'))).size() == 1);
}

TEST_CASE("an API reports all of its problems at once") {
  Api api;
  api.host = "*";
  api.path = "x";
  api.witness.changed_at = -1;
  api.witness.generation = -1;
  api.provenance.name = "a\nb";
  CHECK(problems_of(api).size() == 7);
  Api defective = api_at("", "/");
  defective.backend.clear();
  CHECK(problems_of(defective) == std::vector<std::string>{"X: backend: must not be empty"});
  defective.defect = "no such service";
  CHECK(problems_of(defective).empty());
}

TEST_CASE("endpoints are addresses of hosts, never link-local, or names") {
  for (const char* address : {"10.0.0.1", "127.0.0.1", "::1", "2001:db8::1", "users.gw.svc.cluster.local",
                              "my_service", "Users"}) {
    CAPTURE(address);
    CHECK(problems_of(backend_at(address)).empty());
  }
  for (const char* address : {"", "[::1]", "10.0.0.1:80", "a b", "-a", "169.254.169.254", "fe80::1", "febf::1",
                              "::ffff:169.254.169.254", "0.0.0.0", "::", "224.0.0.1", "255.255.255.255", "ff02::1",
                              "127.1", "0x7f000001", "2852039166", "0xa9fea9fe", "fe80::1%eth0", "http://a"}) {
    CAPTURE(address);
    const auto problems = problems_of(backend_at(address));
    REQUIRE(problems.size() == 1);
    CHECK(problems[0].starts_with("X: endpoints[0].address: "));
  }
  CHECK(problems_of(backend_at("a", 0)) ==
        std::vector<std::string>{"X: endpoints[0].port: must be between 1 and 65535"});
}

TEST_CASE("what is sent to a backend is checked") {
  Backend backend = backend_at("a");
  backend.host_header = "a.example:8080";
  backend.path_prefix = "/v1";
  backend.tls_server_name = "a.example";
  backend.tls_ca_pem = make_certificate().chain_pem;
  CHECK(problems_of(backend).empty());
  for (const char* sound : {"a.example", "10.0.0.1:80", "[::1]", "[2001:db8::7]:8080"}) {
    INFO(sound);
    backend.host_header = sound;
    CHECK(problems_of(backend).empty());
  }
  for (const char* broken : {"[::1", "[]", "[a.example]:80", "[::1]x", "[::1]:x", "::1", "a:b:80", "a:"}) {
    INFO(broken);
    backend.host_header = broken;
    CHECK(problems_of(backend).size() == 1);
  }
  backend.host_header = "a\r\nX: y";
  backend.path_prefix = "/v1/";
  backend.tls_server_name = "a b";
  backend.tls_ca_pem = "nothing";
  CHECK(problems_of(backend).size() == 4);
}

TEST_CASE("a certificate needs a chain and the key that belongs to it") {
  const Certificate sound = make_certificate();
  CHECK(problems_of(sound).empty());
  Certificate chain = sound;
  chain.chain_pem += make_certificate().chain_pem;
  CHECK(problems_of(chain).empty());
  Certificate other = sound;
  other.key_pem = make_certificate().key_pem;
  CHECK(problems_of(other) ==
        std::vector<std::string>{"X: key: does not belong to the first certificate of the chain"});
  Certificate torn = sound;
  torn.chain_pem += sound.chain_pem.substr(0, sound.chain_pem.size() / 2);
  CHECK(problems_of(torn) ==
        std::vector<std::string>{"X: chain: must be one or more certificates in PEM, the leaf first"});
  CHECK(problems_of(Certificate{"c", "", "", {}, ""}).size() == 2);
  CHECK(problems_of(Certificate{"c", "", "", {}, "the Secret is missing"}).empty());
  for (const std::string& problem : problems_of(Certificate{"c", "x", "SECRETMARKER", {}, ""})) {
    CHECK(problem.find("SECRETMARKER") == std::string::npos);
  }
}

TEST_CASE("a host name of TLS is checked like any host pattern") {
  Hostname hostname;
  hostname.id = "h";
  CHECK(problems_of(hostname).empty());
  hostname.host = "*.example";
  CHECK(problems_of(hostname).empty());
  hostname.host = "*.Example";
  CHECK(problems_of(hostname).size() == 1);
}

TEST_CASE("resources are described by their object, else by their id") {
  CHECK(describe({"Ingress", "gw", "users", "1"}, "x") == "Ingress gw/users");
  CHECK(describe({"Api", "", "users", ""}, "x") == "Api users");
  CHECK(describe({}, "x") == "x");
}
