#include <algorithm>

#include "arm/service_url.h"
#include "base/strings.h"
#include "model/validate.h"

namespace gateway::arm {
namespace {

constexpr std::size_t kMaxUrl = 2000;
constexpr std::string_view kForm =
    "must be http://host[:port][/path] or https://host[:port][/path]";

struct Scheme {
  std::string_view name;
  BackendProtocol protocol;
  std::uint16_t port;
  bool websocket;
};
constexpr Scheme kSchemes[] = {
    {"http", BackendProtocol::Http, 80, false},
    {"https", BackendProtocol::Https, 443, false},
    {"ws", BackendProtocol::Http, 80, true},
    {"wss", BackendProtocol::Https, 443, true},
};

const Scheme* find_scheme(std::string_view name, bool websocket) {
  for (const Scheme& scheme : kSchemes) {
    if (equals_ignoring_case(name, scheme.name) && (websocket || !scheme.websocket)) return &scheme;
  }
  return nullptr;
}

bool is_scheme(std::string_view text) {
  return !text.empty() && text.size() <= 20 && is_alpha(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

// Takes "host", "host:port", "[v6]" or "[v6]:port" apart; the problem, or "".
std::string read_authority(std::string_view text, const Scheme& scheme, Backend& backend) {
  std::string_view host = text;
  std::string_view port;
  const bool bracketed = text.starts_with('[');
  if (bracketed) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return "has a '[' without a ']'";
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return std::string(kForm);
    if (host.find(':') == std::string_view::npos) return "has no IPv6 address between '[' and ']'";
  } else if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (colon != text.rfind(':')) return "must have an IPv6 address in brackets: http://[::1]/";
    host = text.substr(0, colon);
    port = text.substr(colon);
  }
  if (!port.empty()) port.remove_prefix(1);
  if (host.empty()) return std::string(kForm);
  std::uint64_t number = scheme.port;
  if (!port.empty()) {
    const auto parsed = parse_decimal(port, 65535);
    if (!parsed || *parsed == 0) return "must have a port between 1 and 65535";
    number = *parsed;
  }
  const std::string name = to_lower(host);
  backend.endpoints = {{name, static_cast<std::uint16_t>(number)}};
  backend.host_header = bracketed ? "[" + name + "]" : name;
  if (number != scheme.port) backend.host_header += ":" + std::to_string(number);
  return "";
}

}  // namespace

std::string normal_percent_encoding(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  const auto upper = [](char h) { return h >= 'a' && h <= 'f' ? static_cast<char>(h - 32) : h; };
  const auto nibble = [](char h) { return is_digit(h) ? h - '0' : h - 'A' + 10; };
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool encoded = path[i] == '%' && i + 2 < path.size() && is_hex_digit(path[i + 1]) &&
                         is_hex_digit(path[i + 2]);
    if (!encoded) {
      out.push_back(path[i]);
      continue;
    }
    const char high = upper(path[i + 1]);
    const char low = upper(path[i + 2]);
    const char plain = static_cast<char>(nibble(high) * 16 + nibble(low));
    const bool unreserved = is_alpha(plain) || is_digit(plain) || plain == '-' || plain == '.' ||
                            plain == '_' || plain == '~';
    if (unreserved) {
      out.push_back(plain);
    } else {
      out.append({'%', high, low});
    }
    i += 2;
  }
  return out;
}

std::optional<Backend> read_service_url(std::string_view url, bool websocket,
                                        std::vector<std::string>& problems) {
  const std::size_t before = problems.size();
  if (url.size() > kMaxUrl) {
    problems.push_back("must be at most " + std::to_string(kMaxUrl) + " bytes long");
    return std::nullopt;
  }
  const std::size_t colon = url.find("://");
  const std::string_view name = url.substr(0, colon == std::string_view::npos ? 0 : colon);
  if (!is_scheme(name)) {
    problems.emplace_back(kForm);
    return std::nullopt;
  }
  const Scheme* scheme = find_scheme(name, websocket);
  if (!scheme) {
    problems.push_back("has the scheme " + quote(name) + "; allowed are http and https" +
                       (websocket ? ", ws and wss" : ""));
  }
  std::string_view rest = url.substr(colon + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/\\?#"));
  rest.remove_prefix(authority.size());
  if (authority.find('@') != std::string_view::npos) {
    problems.emplace_back("must not have a user name or password before the host");
  }
  const std::string_view path = rest.substr(0, rest.find_first_of("?#"));
  rest.remove_prefix(path.size());
  if (rest.starts_with('?')) problems.emplace_back("must not have a query ('?')");
  if (rest.find('#') != std::string_view::npos) {
    problems.emplace_back("must not have a fragment ('#')");
  }
  if (problems.size() != before) return std::nullopt;

  Backend backend;
  backend.protocol = scheme->protocol;
  if (auto problem = read_authority(authority, *scheme, backend); !problem.empty()) {
    problems.push_back(std::move(problem));
    return std::nullopt;
  }
  backend.path_prefix = normal_percent_encoding(path);
  while (backend.path_prefix.ends_with('/')) backend.path_prefix.pop_back();

  Backend probe = backend;
  probe.id = "probe";
  probe.host_header.clear();  // made of the endpoint, which is checked
  std::vector<Error> found;
  validate(probe, "", found);
  for (const Error& error : found) {
    const bool of_path = error.where.find("pathPrefix") != std::string::npos;
    problems.push_back(
        (of_path ? "has a path that is not sound: " : "has a host that is not sound: ") +
        error.message);
  }
  if (problems.size() != before) return std::nullopt;
  return backend;
}

}  // namespace gateway::arm
