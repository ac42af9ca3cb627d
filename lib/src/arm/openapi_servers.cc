#include "arm/openapi_servers.h"

#include <algorithm>

#include "arm/service_url.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxUrl = 2000;
constexpr rapidjson::SizeType kMaxServers = 100;
constexpr std::string_view kUnset = "; the service URL is left empty";

void add_protocol(ImportedServers& servers, std::string_view scheme) {
  auto& known = servers.protocols;
  if (std::find(known.begin(), known.end(), scheme) == known.end()) known.emplace_back(scheme);
}

// "http" or "https", else "".
std::string http_scheme(std::string_view text) {
  std::string scheme = to_lower(text);
  return scheme == "http" || scheme == "https" ? scheme : "";
}

std::string without_end_slash(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

// The URL itself is in no message: it may hold a password.

// Each "{name}" replaced by the default of its variable; the problem where there is one.
std::string expand(OpenapiImport& import, const Value& server, std::string_view url,
                   std::string& out) {
  const Value* variables = find_member(server, "variables");
  if (url.size() > kMaxUrl) return "is longer than " + std::to_string(kMaxUrl) + " bytes";
  for (std::size_t at = 0; at < url.size();) {
    const std::size_t open = url.find('{', at);
    out += url.substr(at, open - at);
    if (open == std::string_view::npos) break;
    const std::size_t close = url.find('}', open);
    if (close == std::string_view::npos) return "has a '{' without a '}'";
    const std::string_view name = url.substr(open + 1, close - open - 1);
    const Value* variable =
        variables && variables->IsObject() ? import.references.member(*variables, name) : nullptr;
    const Value* value =
        variable && variable->IsObject() ? find_member(*variable, "default") : nullptr;
    if (!value || !(value->IsString() || value->IsUint())) {
      return "has the variable " + quote(name) + " without a default, which must be a string";
    }
    out += value->IsString() ? std::string(cut_text(text_of(*value), kMaxUrl + 1))
                             : std::to_string(value->GetUint());
    if (out.size() > kMaxUrl) return "becomes longer than " + std::to_string(kMaxUrl) + " bytes";
    at = close + 1;
  }
  return "";
}

// What keeps a URL from being a service URL, to follow its member's name in a message; "" when
// nothing.
std::string service_url_problem(std::string_view url) {
  if (url.find("://") == std::string_view::npos)
    return "is relative to where the document came from";
  std::vector<std::string> problems;
  (void)read_service_url(url, false, problems);
  return join(problems, ", and ");
}

Result<ImportedServers> read_openapi_servers(OpenapiImport& import) {
  ImportedServers out;
  const Value* servers = find_member(import.root, "servers");
  if (!servers || (servers->IsArray() && servers->Empty())) {
    import.notices.note("no servers are named" + std::string(kUnset));
    return out;
  }
  if (!servers->IsArray()) return import.refuse("servers", "must be a list of objects");
  for (rapidjson::SizeType i = 0; i < servers->Size(); ++i) {
    const std::string member = "servers[" + std::to_string(i) + "]";
    const Value& server = (*servers)[i];
    if (!server.IsObject()) return import.refuse(member, "must be an object");
    const Value* url = find_member(server, "url");
    if (!url || !url->IsString())
      return import.refuse(member + ".url", "must be there and be a string");
    if (i >= kMaxServers) continue;
    std::string expanded;
    std::string problem = expand(import, server, text_of(*url), expanded);
    const std::size_t colon = expanded.find("://");
    const std::string scheme = http_scheme(expanded.substr(0, std::min(colon, kMaxUrl)));
    if (colon != std::string::npos && !scheme.empty()) add_protocol(out, scheme);
    if (i > 0) {
      import.notices.tally("servers after the first are left out: an API has one service URL");
      continue;
    }
    if (problem.empty()) problem = service_url_problem(expanded);
    if (problem.empty()) {
      out.service_url = scheme + without_end_slash(expanded.substr(colon));
    } else {
      import.notices.note(member + ".url " + problem + std::string(kUnset));
    }
  }
  return out;
}

Result<ImportedServers> read_swagger_host(OpenapiImport& import) {
  ImportedServers out;
  if (const Value* schemes = find_member(import.root, "schemes")) {
    const bool texts =
        schemes->IsArray() &&
        std::all_of(schemes->Begin(), schemes->End(), [](const Value& v) { return v.IsString(); });
    if (!texts) return import.refuse("schemes", "must be a list of strings: http, https, ws, wss");
    for (const Value& scheme : schemes->GetArray()) {
      if (const std::string known = http_scheme(text_of(scheme)); !known.empty()) {
        add_protocol(out, known);
      } else {
        import.notices.tally("schemes other than http and https are left out");
      }
    }
  }
  const Value* base_path = find_member(import.root, "basePath");
  if (base_path && !base_path->IsString()) return import.refuse("basePath", "must be a string");
  const Value* host = find_member(import.root, "host");
  if (host && !host->IsString()) return import.refuse("host", "must be a string");
  if (!host) {
    import.notices.note("no host is named" + std::string(kUnset));
    return out;
  }
  const std::string_view path = base_path ? text_of(*base_path) : std::string_view();
  if (!path.empty() && !path.starts_with('/')) {
    import.notices.note("basePath must start with '/'" + std::string(kUnset));
    return out;
  }
  const auto& known = out.protocols;
  const bool plain =
      !known.empty() && std::find(known.begin(), known.end(), "https") == known.end();
  if (known.empty())
    import.notices.note("no scheme is named; the service URL is taken to be https");
  const std::string url = (plain ? "http://" : "https://") + std::string(text_of(*host));
  std::string problem = service_url_problem(url + std::string(path));
  if (problem.empty() && text_of(*host).find('/') != std::string_view::npos) {
    problem = "must be a host name or an IP address, with or without a port";
  }
  if (problem.empty()) {
    out.service_url = url + without_end_slash(path);
  } else {
    import.notices.note("host with basePath " + problem + std::string(kUnset));
  }
  return out;
}

}  // namespace

Result<ImportedServers> read_servers(OpenapiImport& import) {
  return import.swagger ? read_swagger_host(import) : read_openapi_servers(import);
}

}  // namespace gateway::arm
