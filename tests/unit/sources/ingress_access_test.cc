#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

#include "base/backoff.h"
#include "base/base64.h"
#include "sources/ingress/cluster_access.h"
#include "sources/ingress/line_decoder.h"

namespace gateway::kubernetes {
namespace {

struct Folder {
  std::filesystem::path path;
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "access-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  void write(const std::string& name, const std::string& content) const { std::ofstream(path / name) << content; }
};

Result<ClusterAccess> read(const Folder& folder, const std::string& cluster, const std::string& user,
                           const std::string& context = "") {
  folder.write("config", "current-context: c\nclusters: [{name: k, cluster: " + cluster +
                             "}]\nusers: [{name: u, user: " + user +
                             "}]\ncontexts: [{name: c, context: {cluster: k, user: u, namespace: team}}]\n");
  IngressSourceOptions options;
  options.kubeconfig = (folder.path / "config").string();
  options.context = context;
  return read_cluster_access(options);
}

TEST_CASE("A kubeconfig says where the server is and who we are") {
  Folder folder;
  folder.write("ca.crt", "CA");
  folder.write("token", " from-file \n");
  SECTION("files beside it") {
    const auto access = read(folder, "{server: 'https://api.example:6443/base/', certificate-authority: ca.crt, tls-server-name: n}",
                             "{tokenFile: token}");
    REQUIRE(access.ok());
    CHECK(access->url() == "https://api.example:6443/base");
    CHECK(access->ca_pem == "CA");
    CHECK(access->token == "from-file");
    CHECK(access->tls_server_name == "n");
    CHECK(access->name_space == "team");
    CHECK(access->verify);
  }
  SECTION("data within it") {
    const auto access = read(folder, "{server: 'https://[::1]', certificate-authority-data: Q0E=, insecure-skip-tls-verify: true}",
                             "{client-certificate-data: Y2hhaW4=, client-key-data: a2V5}");
    REQUIRE(access.ok());
    CHECK(access->host == "::1");
    CHECK(access->url() == "https://[::1]:443");
    CHECK(access->client_chain_pem == "chain");
    CHECK(access->client_key_pem == "key");
    CHECK_FALSE(access->verify);
  }
}

TEST_CASE("A kubeconfig that cannot be used is refused by file and field") {
  struct Row {
    const char* cluster;
    const char* user;
    const char* context;
    const char* where;
  };
  const Row rows[] = {
      {"{server: 'api.example'}", "{}", "", "clusters[].cluster.server"},
      {"{server: 'https://api.example:0'}", "{}", "", "clusters[].cluster.server"},
      {"{server: 'https://api.example:x'}", "{}", "", "clusters[].cluster.server"},
      {"{server: 'https://'}", "{}", "", "clusters[].cluster.server"},
      {"{server: 'https://a', proxy-url: 'http://p'}", "{}", "", "clusters[].cluster.proxy-url"},
      {"{server: 'https://a', certificate-authority-data: '%'}", "{}", "", "certificate-authority-data"},
      {"{server: 'https://a', certificate-authority: missing.crt}", "{}", "", "missing.crt"},
      {"{server: 'https://a'}", "{exec: {command: aws}}", "", "users[].user.exec"},
      {"{server: 'https://a'}", "{auth-provider: {name: x}}", "", "users[].user.auth-provider"},
      {"{server: 'https://a'}", "{username: x, password: y}", "", "users[].user.username"},
      {"{server: 'https://a'}", "{client-certificate-data: Y2hhaW4=}", "", "users[].user"},
      {"{server: 'https://a'}", "{}", "other", "contexts"},
      {"{server: 'http://api.example'}", "{token: t}", "", "http://api.example:80"},
      {"{server: 'https://a'}", "{token: \"a\\nb\"}", "", "https://a:443"},
  };
  Folder folder;
  for (const auto& row : rows) {
    const auto access = read(folder, row.cluster, row.user, row.context);
    CAPTURE(row.cluster, row.user);
    REQUIRE_FALSE(access.ok());
    CAPTURE(access.error().to_string());
    CHECK(access.error().where.find(row.where) != std::string::npos);
  }
  IngressSourceOptions missing;
  missing.kubeconfig = (folder.path / "none").string();
  CHECK(read_cluster_access(missing).error().code == ErrorCode::NotFound);
}

TEST_CASE("In a cluster the pod's service account counts") {
  Folder folder;
  IngressSourceOptions options;
  options.service_account_folder = folder.path.string();
  options.service_host = "10.0.0.1";
  options.service_port = 6443;
  CHECK_FALSE(read_cluster_access(options).ok());
  folder.write("token", "t\n");
  folder.write("ca.crt", "CA");
  folder.write("namespace", "own\n");
  const auto access = read_cluster_access(options);
  REQUIRE(access.ok());
  CHECK(access->token == "t");
  CHECK(access->name_space == "own");
  CHECK(access->url() == "https://10.0.0.1:6443");
}

TEST_CASE("Lines are the same however the stream is cut") {
  const std::string stream = "one\n\ntwo three\nfour\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    LineDecoder decoder(20);
    std::vector<std::string> lines;
    const auto take = [&](std::string_view line) {
      lines.emplace_back(line);
      return true;
    };
    CHECK(decoder.push(std::string_view(stream).substr(0, cut), take));
    CHECK(decoder.push(std::string_view(stream).substr(cut), take));
    CHECK(lines == std::vector<std::string>{"one", "two three", "four"});
  }
}

TEST_CASE("A line that never ends is refused at its limit") {
  LineDecoder decoder(10);
  const auto take = [](std::string_view) { return true; };
  CHECK(decoder.push("0123456789", take));
  CHECK_FALSE(decoder.push("x", take));
}

TEST_CASE("base64 is decoded strictly") {
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zm9v\nYmFy\n") == "foobar");
  for (const char* wrong : {"Z", "Zg", "Zg=", "Zg=x", "Z===", "====", "Zm9v!", "Zg==Zg=="}) {
    CAPTURE(wrong);
    CHECK_FALSE(decode_base64(wrong));
  }
}


TEST_CASE("Delays double up to a limit, stay within it, and begin anew after quiet") {
  using std::chrono::milliseconds;
  Backoff backoff({milliseconds(800), milliseconds(30'000), milliseconds(120'000)}, Environment::system().entropy);
  milliseconds limit(800);
  std::uint64_t now = 1'000'000;
  for (int i = 0; i < 10; ++i) {
    CHECK(backoff.next(now) <= limit);
    limit = std::min(limit * 2, milliseconds(30'000));
    now += 30'000;
  }
  CHECK(backoff.next(now + 120'001) <= milliseconds(800));
}

}  // namespace
}  // namespace gateway::kubernetes
