#include "sources/ingress/cluster_access.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "model/document.h"
#include "base/base64.h"
#include "sources/ingress/json_view.h"

namespace gateway::kubernetes {
namespace {

using json::find;
using json::text_or;
using rapidjson::Value;

constexpr std::uintmax_t kMaxFileBytes = 4u << 20;

Error refuse(std::string message, std::string where) {
  return {ErrorCode::InvalidArgument, "ingress", std::move(message), std::move(where)};
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  if (error || !file) {
    return Error{ErrorCode::NotFound, "ingress", "cannot be read", path.string()};
  }
  if (size > kMaxFileBytes) return refuse("is longer than 4 MiB", path.string());
  std::string content{std::istreambuf_iterator<char>(file), {}};
  return content;
}

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

// scheme://host[:port][/path]
Result<void> read_server(std::string_view server, ClusterAccess& access, const std::string& where) {
  const auto malformed = [&] {
    return refuse(quote(server) + " is not allowed: https://host[:port][/path]", where);
  };
  std::string_view rest = server;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    access.tls = false;
    access.port = 80;
    rest.remove_prefix(7);
  } else {
    return malformed();
  }
  const auto slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) {
    access.base_path = rest.substr(slash);
    while (access.base_path.ends_with('/')) access.base_path.pop_back();
  }
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return malformed();
    access.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const auto colon = authority.find(':');
    access.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  }
  if (!port.empty()) {
    const auto number = parse_decimal(port.substr(1), 65535);
    if (port.front() != ':' || !number || *number == 0) return malformed();
    access.port = static_cast<std::uint16_t>(*number);
  }
  if (access.host.empty() || access.host.find_first_of(" @?#") != std::string::npos) return malformed();
  return {};
}

// A kubeconfig whose parts have names: clusters, users, contexts.
class Kubeconfig {
 public:
  Kubeconfig(const Value& root, std::filesystem::path file) : root_(root), file_(std::move(file)) {}

  Result<ClusterAccess> read(const std::string& wanted_context) {
    const std::string context_name =
        wanted_context.empty() ? std::string(text_or(&root_, "current-context")) : wanted_context;
    if (context_name.empty()) return refuse("must name a context", at("current-context"));
    const auto* context = entry("contexts", "context", context_name);
    if (!context) return refuse("has no context " + quote(context_name), at("contexts"));
    ClusterAccess access;
    access.name_space = text_or(context, "namespace");
    const auto* cluster = entry("clusters", "cluster", text_or(context, "cluster"));
    if (!cluster) {
      return refuse("has no cluster " + quote(text_or(context, "cluster")), at("clusters"));
    }
    if (auto read = read_cluster(*cluster, access); !read) return std::move(read).error();
    const auto user_name = text_or(context, "user");
    if (user_name.empty()) return access;
    const auto* user = entry("users", "user", user_name);
    if (!user) return refuse("has no user " + quote(user_name), at("users"));
    if (auto read = read_user(*user, access); !read) return std::move(read).error();
    return access;
  }

 private:
  std::string at(std::string_view field) const { return file_.string() + ": " + std::string(field); }

  // The `member` of the element of `list` with that name.
  const Value* entry(std::string_view list, std::string_view member, std::string_view name) const {
    const auto* elements = find(root_, list);
    if (!elements || !elements->IsArray()) return nullptr;
    for (const auto& element : elements->GetArray()) {
      if (text_or(&element, "name") == name) return find(element, member);
    }
    return nullptr;
  }

  Result<void> read_cluster(const Value& cluster, ClusterAccess& access) const {
    if (find(cluster, "proxy-url")) return refuse("is not supported", at("clusters[].cluster.proxy-url"));
    if (auto read = read_server(text_or(&cluster, "server"), access, at("clusters[].cluster.server")); !read) {
      return read;
    }
    access.tls_server_name = text_or(&cluster, "tls-server-name");
    access.verify = !json::bool_or(&cluster, "insecure-skip-tls-verify", false);
    return read_data(cluster, "certificate-authority", "clusters[].cluster", access.ca_pem);
  }

  Result<void> read_user(const Value& user, ClusterAccess& access) const {
    for (const char* field : {"exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups"}) {
      if (!find(user, field)) continue;
      return refuse("is not supported; allowed are token, tokenFile and client-certificate with client-key",
                    at(std::string("users[].user.") + field));
    }
    if (auto read = read_data(user, "client-certificate", "users[].user", access.client_chain_pem); !read) return read;
    if (auto read = read_data(user, "client-key", "users[].user", access.client_key_pem); !read) return read;
    if (access.client_chain_pem.empty() != access.client_key_pem.empty()) {
      return refuse("client-certificate and client-key go together", at("users[].user"));
    }
    access.token = trim(text_or(&user, "token"));
    if (const auto name = text_or(&user, "tokenFile"); !name.empty()) {
      auto content = read_file(beside(name));
      if (!content) return std::move(content).error();
      access.token = trim(*content);
    }
    return {};
  }

  // `name`-data in base64, else the file that `name` names.
  Result<void> read_data(const Value& object, const std::string& name, const std::string& parent,
                         std::string& into) const {
    if (const auto data = json::find_text(&object, name + "-data")) {
      auto decoded = decode_base64(*data);
      if (!decoded) return refuse("must be base64", at(parent + '.' + name + "-data"));
      into = std::move(*decoded);
    } else if (const auto path = text_or(&object, name); !path.empty()) {
      auto content = read_file(beside(path));
      if (!content) return std::move(content).error();
      into = std::move(*content);
    }
    return {};
  }

  // File names in a kubeconfig are relative to it.
  std::filesystem::path beside(std::string_view name) const { return file_.parent_path() / name; }

  const Value& root_;
  std::filesystem::path file_;
};

Result<ClusterAccess> read_kubeconfig(const std::string& path, const std::string& context) {
  auto text = read_file(path);
  if (!text) return std::move(text).error();
  auto documents = parse_yaml(*text, {}, path);
  if (!documents) return std::move(documents).error();
  if (documents->size() != 1 || !documents->front().IsObject()) {
    return refuse("must be one kubeconfig document", path);
  }
  return Kubeconfig(documents->front(), path).read(context);
}

Result<ClusterAccess> read_service_account(const IngressSourceOptions& options) {
  const std::filesystem::path folder = options.service_account_folder;
  ClusterAccess access;
  access.host = options.service_host;
  access.port = options.service_port;
  auto token = read_file(folder / "token");
  if (!token) return std::move(token).error();
  access.token = trim(*token);
  if (access.token.empty()) return refuse("is empty", (folder / "token").string());
  auto ca = read_file(folder / "ca.crt");
  if (!ca) return std::move(ca).error();
  access.ca_pem = std::move(*ca);
  if (const auto name_space = read_file(folder / "namespace")) access.name_space = trim(*name_space);
  return access;
}

}  // namespace

std::string ClusterAccess::url() const {
  const std::string name = host.find(':') == std::string::npos ? host : '[' + host + ']';
  return (tls ? "https://" : "http://") + name + ':' + std::to_string(port) + base_path;
}

Result<ClusterAccess> read_cluster_access(const IngressSourceOptions& options) {
  auto access = options.kubeconfig.empty() ? read_service_account(options)
                                           : read_kubeconfig(options.kubeconfig, options.context);
  if (!access) return access;
  for (const char c : access->token) {
    // What no header may carry; the token itself is never told.
    if (c <= ' ' || c >= 0x7F) return refuse("the token has characters that are not allowed", access->url());
  }
  if (!access->tls && !access->token.empty() && !is_loopback(access->host)) {
    return refuse("a token is sent over https only", access->url());
  }
  return access;
}

}  // namespace gateway::kubernetes
