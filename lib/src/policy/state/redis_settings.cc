#include "policy/state/redis_settings.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"

namespace gateway::policy {
namespace {

constexpr std::uint16_t kPlainPort = 6379;
constexpr std::uint16_t kTlsPort = 6380;
constexpr std::uint64_t kMostDatabases = 1'000'000;
constexpr std::uint64_t kMostMilliseconds = 600'000;

// What StackExchange.Redis knows and a gateway has no use for.
constexpr std::string_view kWithoutMeaning[] = {
    "abortconnect", "allowadmin", "checkcertificaterevocation", "configchannel", "configcheckseconds",
    "connectretry", "heartbeatconsistencychecks", "heartbeatinterval", "highintegrity", "keepalive",
    "name", "protocol", "resolvedns", "responsetimeout", "setlib", "sslprotocols", "tiebreaker",
    "version", "writebuffer",
};
constexpr std::string_view kAllowed =
    "password, user, ssl, sslHost, defaultDatabase, channelPrefix, connectTimeout, syncTimeout, "
    "asyncTimeout";

Error wrong(std::string message) {
  return {ErrorCode::InvalidArgument, "redis", std::move(message), "connection string", false};
}

std::optional<bool> parse_bool(std::string_view text) {
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == ':';
  });
}

// "host", "host:port", "[::1]:port". Port 0: none is written. The text may hold a secret where somebody
// mistook the form, so it is not quoted.
Result<void> read_endpoint(std::string_view text, std::string& host, std::uint16_t& port) {
  std::string_view name = text;
  std::string_view number;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return wrong("the address has '[' but no ']'");
    name = text.substr(1, end - 1);
    const std::string_view rest = text.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return wrong("after ']' only ':' and a port may follow");
    has_port = !rest.empty();
    if (has_port) number = rest.substr(1);
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    name = text.substr(0, colon);
    number = text.substr(colon + 1);
    has_port = true;
    if (name.find(':') != std::string_view::npos)
      return wrong("an IPv6 address stands in brackets, as in [::1]:6379");
  }
  if (!is_host(name)) return wrong("it must begin with a host's name or IP address and its port");
  host = name;
  port = 0;
  if (!has_port) return {};
  const auto read = parse_decimal(number, 65'535);
  if (!read || *read == 0) return wrong("the port must be a number from 1 to 65535");
  port = static_cast<std::uint16_t>(*read);
  return {};
}

// One "name=value" of the comma-separated form.
Result<void> apply(std::string_view name, std::string_view value, RedisSettings& out) {
  const std::string key = to_lower(name);
  const auto number = [&](std::uint64_t most) { return parse_decimal(value, most); };
  if (key == "password") {
    out.password = value;
  } else if (key == "user") {
    out.user = value;
  } else if (key == "ssl") {
    const auto read = parse_bool(value);
    if (!read) return wrong("ssl must be True or False");
    out.tls = *read;
  } else if (key == "sslhost") {
    if (!is_host(value)) return wrong("sslHost must be a host's name");
    out.tls_server_name = value;
  } else if (key == "defaultdatabase") {
    const auto read = number(kMostDatabases);
    if (!read) return wrong("defaultDatabase must be a number from 0 to 1000000");
    out.database = static_cast<std::uint32_t>(*read);
  } else if (key == "channelprefix") {
    out.key_prefix = value;
  } else if (key == "connecttimeout") {
    const auto read = number(kMostMilliseconds);
    if (!read || *read == 0) return wrong("connectTimeout must be milliseconds from 1 to 600000");
    out.connect_timeout_ms = static_cast<std::int64_t>(*read);
  } else if (key == "synctimeout" || key == "asynctimeout") {
    // Clients of a cache wait seconds; a request through a gateway does not.
    const auto read = number(kMostMilliseconds);
    if (!read || *read == 0)
      return wrong(std::string(name) + " must be milliseconds from 1 to 600000");
    out.command_timeout_ms = std::min<std::int64_t>(static_cast<std::int64_t>(*read), 250);
  } else if (std::find(std::begin(kWithoutMeaning), std::end(kWithoutMeaning), key) ==
             std::end(kWithoutMeaning)) {
    return wrong("unknown setting " + quote(name) + "; allowed are " + std::string(kAllowed));
  }
  return {};
}

Result<RedisSettings> parse_list(std::string_view text) {
  RedisSettings out;
  std::uint16_t port = 0;
  for (const std::string_view raw : split(text, ',')) {
    const std::string_view part = trim(raw);
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      if (!out.host.empty())
        return wrong("only one server may be named, and every setting has the form name=value");
      if (Result<void> read = read_endpoint(part, out.host, port); !read) return read.error();
      continue;
    }
    if (Result<void> applied = apply(trim(part.substr(0, equals)), part.substr(equals + 1), out); !applied)
      return applied.error();
  }
  if (out.host.empty()) return wrong("it must begin with a host's name or IP address and its port");
  out.port = port != 0 ? port : out.tls ? kTlsPort : kPlainPort;
  return out;
}

Result<RedisSettings> parse_url(std::string_view text) {
  RedisSettings out;
  out.tls = to_lower(text.substr(0, 7)) == "rediss:";
  std::string_view rest = text.substr(out.tls ? 9 : 8);
  if (rest.find_first_of("?#") != std::string_view::npos)
    return wrong("a redis URL has neither a query nor a fragment here; escape '?' and '#' in a password");
  std::string_view path;
  if (const std::size_t slash = rest.find('/'); slash != std::string_view::npos) {
    path = rest.substr(slash + 1);
    rest = rest.substr(0, slash);
  }
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view credentials = rest.substr(0, at);
    rest = rest.substr(at + 1);
    const std::size_t colon = credentials.find(':');
    if (colon == std::string_view::npos)
      return wrong("credentials have the form user:password@ or :password@");
    out.user = percent_decode(credentials.substr(0, colon));
    out.password = percent_decode(credentials.substr(colon + 1));
  }
  std::uint16_t port = 0;
  if (Result<void> read = read_endpoint(rest, out.host, port); !read) return read.error();
  out.port = port != 0 ? port : kPlainPort;
  if (!path.empty()) {
    const auto read = parse_decimal(path, kMostDatabases);
    if (!read) return wrong("the path of a redis URL is the database's number, from 0 to 1000000");
    out.database = static_cast<std::uint32_t>(*read);
  }
  return out;
}

}  // namespace

std::string RedisSettings::display() const {
  const bool v6 = host.find(':') != std::string::npos;
  return (tls ? "rediss://" : "redis://") + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) +
         "/" + std::to_string(database);
}

Result<RedisSettings> parse_redis_settings(std::string_view text) {
  text = trim(text);
  const std::string start = to_lower(text.substr(0, 9));
  const bool url = start.starts_with("redis://") || start.starts_with("rediss://");
  if (!url && text.find("://") != std::string_view::npos && text.find("://") < text.find('='))
    return wrong("the URL's scheme must be redis or rediss");
  Result<RedisSettings> read = url ? parse_url(text) : parse_list(text);
  if (read && !read->user.empty() && read->password.empty())
    return wrong("a user needs a password");
  return read;
}

}  // namespace gateway::policy
