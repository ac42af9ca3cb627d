#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "arm/pkcs12.h"
#include "base/strings.h"

using namespace gateway;
using namespace gateway::arm;

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// Keys, certificates and PKCS#12 files as the openssl command makes them: root → middle → leaf (EC)
// and a leaf of its own with an RSA key.
class Authority {
 public:
  Authority() {
    std::string pattern = (std::filesystem::temp_directory_path() / "pkcs12.XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    key("root", ec());
    run("req -x509 -key root.key -subj /CN=Root -days 3650 -out root.pem");
    certificate("middle", "root", "/O=Example/CN=Middle", ec(),
                "basicConstraints=critical,CA:TRUE");
    certificate("leaf", "middle", "/O=Example/CN=leaf.example", ec(),
                "subjectAltName=DNS:leaf.example");
    key("rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    run("req -x509 -key rsa.key -subj '/CN=rsa.example' -days 30 -out rsa.pem");
    std::ofstream(path("rest.pem")) << read(path("root.pem")) << read(path("middle.pem"));
  }
  ~Authority() { std::filesystem::remove_all(folder_); }
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::string pem(const std::string& name) const { return read(path(name)); }
  // The bytes that `openssl pkcs12 -export …` writes; `password` without quotes.
  std::string pkcs12(const std::string& arguments,
                     const std::string& password = "secret word") const {
    run("pkcs12 -export " + arguments + " -passout 'pass:" + password + "' -out out.p12");
    return read(path("out.p12"));
  }
  std::string ask(const std::string& arguments) const {
    run(arguments + " > answer");
    return std::string(trim(read(path("answer"))));
  }

 private:
  static std::string ec() { return "-algorithm EC -pkeyopt ec_paramgen_curve:P-256"; }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void run(const std::string& arguments) const {
    const std::string command = "cd " + folder_ + " && openssl " + arguments + " 2>log";
    INFO(command);
    const int status = std::system(command.c_str());
    INFO(read(path("log")));
    REQUIRE(status == 0);
  }
  void key(const std::string& name, const std::string& how) const {
    run("genpkey " + how + " -out " + name + ".key");
  }
  void certificate(const std::string& name, const std::string& issuer, const std::string& subject,
                   const std::string& how, const std::string& extension) const {
    key(name, how);
    std::ofstream(path("extensions")) << extension << "\n";
    run("req -new -key " + name + ".key -subj '" + subject + "' -out request");
    run("x509 -req -in request -CA " + issuer + ".pem -CAkey " + issuer +
        ".key -set_serial 7 -days 30 -extfile extensions -out " + name + ".pem");
  }

  std::string folder_;
};

const Authority& authority() {
  static const Authority one;
  return one;
}

const std::string kChain = "-inkey leaf.key -in leaf.pem -certfile rest.pem ";

// The certificate blocks, without the text that may stand between them.
std::string blocks(const std::string& pem) { return pem.substr(pem.find("-----BEGIN")); }

}  // namespace

TEST_CASE("A PKCS#12 file is read whatever it is encrypted with") {
  const std::pair<const char*, std::string> table[] = {
      {"modern: AES-256, SHA-256", ""},
      {"AES-128", "-keypbe AES-128-CBC -certpbe AES-128-CBC"},
      {"triple DES, SHA-1", "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES -macalg sha1"},
      {"legacy: RC2-40 for the certificates", "-legacy"},
      {"certificates not encrypted", "-certpbe NONE"},
  };
  for (const auto& [name, arguments] : table) {
    INFO(name);
    const auto file =
        read_pkcs12(authority().pkcs12(kChain + arguments), "secret word", "certificate x");
    if (!file.ok()) FAIL(file.error().to_string());
    CHECK(file->chain_pem == blocks(authority().pem("leaf.pem")) +
                                 blocks(authority().pem("middle.pem")) +
                                 blocks(authority().pem("root.pem")));
    CHECK(file->key_pem == authority().pem("leaf.key"));
  }
}

TEST_CASE("What a PKCS#12 file says of its certificate is what openssl says") {
  const auto file = read_pkcs12(authority().pkcs12(kChain), "secret word", "certificate x").value();
  CHECK("subject=" + file.subject ==
        authority().ask("x509 -in leaf.pem -noout -subject -nameopt RFC2253"));
  std::string thumbprint = authority().ask("x509 -in leaf.pem -noout -fingerprint -sha1");
  thumbprint = thumbprint.substr(thumbprint.find('=') + 1);
  thumbprint.erase(std::remove(thumbprint.begin(), thumbprint.end(), ':'), thumbprint.end());
  CHECK(file.thumbprint == thumbprint);
  std::string until = authority().ask("x509 -in leaf.pem -noout -enddate -dateopt iso_8601");
  until = until.substr(until.find('=') + 1);
  until[until.find(' ')] = 'T';
  CHECK(format_rfc3339(file.not_after) == until);
}

TEST_CASE("An RSA key is taken, and an empty password is a password") {
  const auto file =
      read_pkcs12(authority().pkcs12("-inkey rsa.key -in rsa.pem", ""), "", "certificate x")
          .value();
  CHECK(file.key_pem == authority().pem("rsa.key"));
  CHECK(file.subject == "CN=rsa.example");
  CHECK_FALSE(read_pkcs12(authority().pkcs12("-inkey rsa.key -in rsa.pem", ""), "x", "x").ok());
}

TEST_CASE("A file without a key gives its certificates, the leaf first") {
  const auto file =
      read_pkcs12(authority().pkcs12("-nokeys -in rest.pem"), "secret word", "certificate x")
          .value();
  CHECK(file.key_pem.empty());
  CHECK(file.subject == "CN=Middle,O=Example");
  CHECK(file.chain_pem ==
        blocks(authority().pem("middle.pem")) + blocks(authority().pem("root.pem")));
}

TEST_CASE("A password in other letters than ASCII is taken") {
  const std::string der = authority().pkcs12(kChain, "gehe\xC3\xAFm");
  CHECK(read_pkcs12(der, "gehe\xC3\xAFm", "x").ok());
  CHECK_FALSE(read_pkcs12(der, "geheim", "x").ok());
}

TEST_CASE("A wrong password is an error that names the object and tells no password") {
  for (const std::string arguments : {"", "-legacy"}) {
    const std::string der = authority().pkcs12(kChain + arguments);
    for (const std::string password : {"secret wore", "", "hunter2"}) {
      const auto file = read_pkcs12(der, password, "certificate x");
      REQUIRE_FALSE(file.ok());
      CHECK_THAT(file.error().message, Catch::Contains("password is wrong"));
      CHECK(file.error().where == "certificate x");
      CHECK_THAT(file.error().to_string(),
                 !Catch::Contains("hunter2") && !Catch::Contains("secret"));
    }
  }
  const std::string der = authority().pkcs12(kChain);
  CHECK_FALSE(read_pkcs12(der, std::string("secret word\0x", 13), "x").ok());
  CHECK_FALSE(read_pkcs12(der, "\xFF", "x").ok());
}

TEST_CASE("A file cut short at any length, or with bytes after its end, is refused") {
  for (const std::string arguments : {"-iter 1", "-legacy -iter 1"}) {
    const std::string der = authority().pkcs12("-inkey leaf.key -in leaf.pem " + arguments);
    REQUIRE(read_pkcs12(der, "secret word", "x").ok());
    for (std::size_t size = 0; size < der.size(); ++size) {
      INFO(size);
      REQUIRE_FALSE(read_pkcs12(der.substr(0, size), "secret word", "x").ok());
    }
    CHECK_FALSE(read_pkcs12(der + "x", "secret word", "x").ok());
  }
}

TEST_CASE("A flipped byte never gives another certificate or key") {
  const std::string der = authority().pkcs12("-inkey leaf.key -in leaf.pem -iter 1");
  const auto whole = read_pkcs12(der, "secret word", "x").value();
  for (std::size_t at = 0; at < der.size(); ++at) {
    std::string changed = der;
    changed[at] = static_cast<char>(changed[at] ^ 0x01);
    const auto file = read_pkcs12(changed, "secret word", "x");
    if (!file.ok()) continue;
    INFO(at);
    CHECK(file->chain_pem == whole.chain_pem);
    CHECK(file->key_pem == whole.key_pem);
  }
}

TEST_CASE("Garbage is no PKCS#12 file") {
  for (const std::string& bytes :
       {std::string(), std::string("garbage"), std::string(1000, '\0'), std::string(1000, '0'),
        authority().pem("leaf.pem"), std::string("\x30\x84\xFF\xFF\xFF\xFF", 6)}) {
    const auto file = read_pkcs12(bytes, "", "certificate x");
    REQUIRE_FALSE(file.ok());
    CHECK_THAT(file.error().message, Catch::Contains("no PKCS#12 file"));
  }
  CHECK(read_pkcs12(std::string((1 << 20) + 1, 'x'), "", "x").error().code == ErrorCode::TooLarge);
}

TEST_CASE("A key without its certificate is refused") {
  const auto alone =
      read_pkcs12(authority().pkcs12("-inkey leaf.key -nocerts"), "secret word", "x");
  CHECK_THAT(alone.error().message, Catch::Contains("no certificate"));
  const auto other = read_pem_file(authority().pem("leaf.pem") + authority().pem("rsa.key"), "x");
  CHECK_THAT(other.error().message, Catch::Contains("belongs to none"));
}

TEST_CASE("A PEM file gives its chain, whatever its order, and its key") {
  const auto file = read_pem_file("a comment\n" + authority().pem("rest.pem") +
                                      authority().pem("leaf.key") + authority().pem("leaf.pem"),
                                  "x")
                        .value();
  CHECK(file.chain_pem == blocks(authority().pem("leaf.pem")) +
                              blocks(authority().pem("middle.pem")) +
                              blocks(authority().pem("root.pem")));
  CHECK(file.key_pem == authority().pem("leaf.key"));
  CHECK(file.subject == "CN=leaf.example,O=Example");
  CHECK(read_pem_file(authority().pem("rest.pem"), "x").value().key_pem.empty());
}

TEST_CASE("Traditional keys in PEM become PKCS#8") {
  const std::string sec1 = authority().ask("ec -in leaf.key") + "\n";
  const std::string pkcs1 = authority().ask("rsa -in rsa.key -traditional") + "\n";
  CHECK(read_pem_file(authority().pem("leaf.pem") + sec1, "x").value().key_pem ==
        authority().pem("leaf.key"));
  CHECK(read_pem_file(pkcs1 + authority().pem("rsa.pem"), "x").value().key_pem ==
        authority().pem("rsa.key"));
}

TEST_CASE("What is no PEM file of certificates is refused with the reason") {
  const std::string leaf = authority().pem("leaf.pem");
  const std::string key = authority().pem("leaf.key");
  const std::string encrypted =
      authority().ask("pkcs8 -topk8 -in leaf.key -passout pass:hidden -v2 aes-256-cbc") + "\n";
  const std::string traditional =
      authority().ask("rsa -in rsa.key -traditional -aes128 -passout pass:hidden") + "\n";
  const std::pair<std::string, std::string> table[] = {
      {"", "no certificate"},
      {"garbage", "no certificate"},
      {key, "no certificate"},
      {leaf + key + key, "more than one private key"},
      {leaf + encrypted, "encrypted"},
      {authority().pem("rsa.pem") + traditional, "encrypted"},
      {leaf.substr(0, leaf.size() - 40), "does not parse"},
      {leaf + "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n", "certificate 2"},
      {leaf + "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n",
       "private key does not parse"},
      {leaf + "-----BEGIN X509 CRL-----\nQUJD\n-----END X509 CRL-----\n", "X509 CRL"},
      {std::string((1 << 20) + 1, 'x'), "1 MiB"},
  };
  for (const auto& [pem, reason] : table) {
    INFO(reason);
    const auto file = read_pem_file(pem, "certificate x");
    REQUIRE_FALSE(file.ok());
    CHECK_THAT(file.error().message, Catch::Contains(reason));
    CHECK(file.error().where == "certificate x");
  }
}

TEST_CASE("A file of more certificates than any chain has is refused") {
  std::string many;
  for (int i = 0; i < 65; ++i) many += authority().pem("leaf.pem");
  CHECK_THAT(read_pem_file(many, "x").error().message, Catch::Contains("more than 64"));
}
