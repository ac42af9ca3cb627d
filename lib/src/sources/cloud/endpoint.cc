#include "sources/cloud/endpoint.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <uv.h>

#include "base/base64.h"
#include "base/strings.h"

namespace gateway::cloud {
namespace {

// An IP address as its bytes; nullopt when it is none.
struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;
  bool operator==(const Address&) const = default;
};

std::optional<Address> parse_address(const std::string& text) {
  Address address;
  if (uv_inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 0) {
    address.size = 4;
    return address;
  }
  if (uv_inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 0) {
    address.size = 16;
    return address;
  }
  return std::nullopt;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost") return true;
  const auto address = parse_address(host);
  if (!address) return false;
  if (address->size == 4) return address->bytes[0] == 127;
  Address one{{}, 16};
  one.bytes[15] = 1;
  return *address == one;
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

struct HostPort {
  std::string host;
  std::optional<std::uint16_t> port;
};

// "host", "host:port", "[v6]", "[v6]:port"; nullopt when it is none of these.
std::optional<HostPort> parse_authority(std::string_view text) {
  HostPort parsed;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    parsed.host = to_lower(text.substr(1, end - 1));
    const auto address = parse_address(parsed.host);
    if (!address || address->size != 16) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    parsed.host = to_lower(text.substr(0, colon));
    if (!is_host_name(parsed.host)) return std::nullopt;
    rest = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
  }
  if (rest.empty()) return parsed;
  const auto port = parse_decimal(rest.substr(1), 65535);
  if (rest.front() != ':' || !port || *port == 0) return std::nullopt;
  parsed.port = static_cast<std::uint16_t>(*port);
  return parsed;
}

// The scheme's rest; nullopt when `text` is of another scheme.
std::optional<std::string_view> after_scheme(std::string_view text, std::string_view scheme) {
  if (text.size() < scheme.size() || !equals_ignoring_case(text.substr(0, scheme.size()), scheme))
    return std::nullopt;
  return text.substr(scheme.size());
}

struct Url {
  Origin origin;
  std::string rest;  // from the path on
};

// nullopt: no absolute http or https URL, or one with a user.
std::optional<Url> parse_url(std::string_view text) {
  Url url;
  auto rest = after_scheme(text, "https://");
  if (!rest) {
    rest = after_scheme(text, "http://");
    url.origin.tls = false;
  }
  if (!rest || !is_visible_ascii(*rest)) return std::nullopt;
  const auto end = rest->find_first_of("/?#");
  auto authority = parse_authority(rest->substr(0, end));
  if (!authority) return std::nullopt;
  url.origin.host = std::move(authority->host);
  url.origin.port = authority->port.value_or(url.origin.tls ? 443 : 80);
  if (end != std::string_view::npos) url.rest = rest->substr(end);
  return url;
}

Error refuse(std::string message, std::string where) {
  return {ErrorCode::InvalidArgument, "cloud", std::move(message), std::move(where)};
}

std::optional<std::string> decode_strictly(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2]))
      return std::nullopt;
    const auto digit = [](char c) { return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10; };
    decoded += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

bool in_range(const Address& address, std::string_view range) {
  const auto slash = range.find('/');
  const auto network = parse_address(std::string(range.substr(0, slash)));
  const auto bits = parse_decimal(range.substr(slash + 1), 128);
  if (!network || !bits || network->size != address.size || *bits > network->size * 8) return false;
  for (std::size_t bit = 0; bit < *bits; ++bit) {
    const unsigned mask = 0x80u >> (bit % 8);
    if ((network->bytes[bit / 8] & mask) != (address.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

bool names(std::string_view entry, const Origin& origin) {
  if (entry == "*") return true;
  const auto address = parse_address(origin.host);
  if (entry.find('/') != std::string_view::npos) return address && in_range(*address, entry);
  std::string text = to_lower(entry);
  // An IPv6 address may be written without brackets where no port follows.
  if (const auto bare = parse_address(text); bare && bare->size == 16) return address == bare;
  const bool below_only = text.starts_with('.') || text.starts_with("*.");
  if (below_only) text.erase(0, text.find('.') + 1);
  const auto parsed = parse_authority(text);
  if (!parsed || (parsed->port && *parsed->port != origin.port)) return false;
  if (const auto wanted = parse_address(parsed->host)) return address == wanted;
  if (!below_only && origin.host == parsed->host) return true;
  return !address && origin.host.ends_with('.' + parsed->host);
}

}  // namespace

std::string Origin::url() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string text = (tls ? "https://" : "http://") + (v6 ? '[' + host + ']' : host);
  if (port != (tls ? 443 : 80)) text += ':' + std::to_string(port);
  return text;
}

Result<Endpoint> parse_endpoint(std::string_view text, bool allow_http) {
  const std::string where = "CloudSourceOptions: endpoint";
  auto url = parse_url(text);
  if (!url) {
    return refuse("must be a URL such as https://config.example/base, without user and password",
                  where);
  }
  if (url->rest.find_first_of("?#") != std::string::npos)
    return refuse("must have no query and no fragment", where);
  if (!url->origin.tls && !allow_http && !is_loopback(url->origin.host)) {
    return refuse(
        "must be https: the token would go over the network in plain text (http is for loopback "
        "addresses, "
        "or where it is allowed explicitly)",
        where);
  }
  Endpoint endpoint;
  endpoint.origin = std::move(url->origin);
  endpoint.base_path = std::move(url->rest);
  while (endpoint.base_path.ends_with('/')) endpoint.base_path.pop_back();
  return endpoint;
}

Result<Location> resolve_location(std::string_view location, const Origin& origin,
                                  std::string_view target) {
  location = location.substr(0, location.find('#'));
  const auto refused = refuse("leads to no http or https URL", "Location");
  if (location.empty() || location.size() > 8192 || !is_visible_ascii(location)) return refused;
  if (location.starts_with("//")) {
    return resolve_location((origin.tls ? "https:" : "http:") + std::string(location), origin,
                            target);
  }
  const std::string_view path = target.substr(0, target.find('?'));
  const auto scheme_end = location.find_first_of(":/?");
  if (scheme_end != std::string_view::npos && location[scheme_end] == ':') {
    auto url = parse_url(location);
    if (!url) return refused;
    if (!url->rest.starts_with('/')) url->rest.insert(0, "/");
    return Location{std::move(url->origin), std::move(url->rest)};
  }
  if (location.starts_with('/')) return Location{origin, std::string(location)};
  if (location.starts_with('?')) return Location{origin, std::string(path) + std::string(location)};
  return Location{origin, std::string(path.substr(0, path.rfind('/') + 1)) + std::string(location)};
}

Result<Proxy> parse_proxy(std::string_view text) {
  const std::string where = "CloudSourceOptions: proxy";
  const auto rest = after_scheme(text, "http://");
  const auto bad = refuse("must be a URL such as http://user:password@proxy.example:3128", where);
  if (!rest) return bad;
  std::string_view authority = rest->substr(0, rest->find('/'));
  if (authority.size() + 1 < rest->size()) return bad;
  Proxy proxy;
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    auto user = decode_strictly(authority.substr(0, at));
    if (!user) return bad;
    if (user->find(':') == std::string::npos) *user += ':';
    proxy.authorization = "Basic " + encode_base64(*user);
    authority.remove_prefix(at + 1);
  }
  auto parsed = parse_authority(authority);
  if (!parsed) return bad;
  proxy.host = std::move(parsed->host);
  proxy.port = parsed->port.value_or(80);
  return proxy;
}

bool is_reached_directly(const Origin& origin, const std::vector<std::string>& no_proxy) {
  return std::any_of(no_proxy.begin(), no_proxy.end(), [&](const std::string& entry) {
    const auto trimmed = trim(entry);
    return !trimmed.empty() && names(trimmed, origin);
  });
}

}  // namespace gateway::cloud
