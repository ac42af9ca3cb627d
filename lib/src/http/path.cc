#include "http/path.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace gateway {
namespace {

enum PathByte : std::uint8_t { kBad, kPlain, kSlash, kPercent };

constexpr bool is_unreserved(unsigned c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

constexpr std::array<PathByte, 256> kPathBytes = [] {  // RFC 3986 §3.3
  std::array<PathByte, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    if (is_unreserved(c)) table[c] = kPlain;
  }
  for (const char c : std::string_view("!$&'()*+,;=:@"))
    table[static_cast<unsigned char>(c)] = kPlain;
  table['/'] = kSlash;
  table['%'] = kPercent;
  return table;
}();

constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The byte that "%XX" at `at` stands for, or -1.
int encoded_byte(std::string_view path, std::size_t at) noexcept {
  if (at + 2 >= path.size()) return -1;
  const int high = hex_value(path[at + 1]);
  const int low = hex_value(path[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

Error refused(const char* why) { return {ErrorCode::InvalidArgument, "http", why, "", false}; }

bool is_dot_segment(std::string_view segment) noexcept { return segment == "." || segment == ".."; }

std::string_view segment_at(std::string_view path, std::size_t start) noexcept {
  return path.substr(start, path.find('/', start) - start);
}

// How far `path` is certainly in its normal form; its size when all of it is.
std::size_t normal_prefix(std::string_view path) noexcept {
  for (std::size_t at = 0; at < path.size(); ++at) {
    switch (kPathBytes[static_cast<unsigned char>(path[at])]) {
      case kPlain:
        continue;
      case kSlash:
        if (at + 1 == path.size()) continue;
        if (path[at + 1] == '/') return at;
        if (path[at + 1] == '.' && is_dot_segment(segment_at(path, at + 1))) return at;
        continue;
      default:
        return at;
    }
  }
  return path.size();
}

// Checks every byte and decodes what may be decoded; the segments stay as they are. Null, or why
// not.
const char* decode(std::string_view path, PathRules rules, std::string& out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (std::size_t at = 0; at < path.size(); ++at) {
    const char byte = path[at];
    const auto kind = kPathBytes[static_cast<unsigned char>(byte)];
    if (kind == kBad) return "byte not allowed in a path";
    if (kind != kPercent) {
      out.push_back(byte);
      continue;
    }
    const int value = encoded_byte(path, at);
    if (value < 0) return "malformed percent-encoding in a path";
    if (value == 0) return "encoded NUL in a path";
    if ((value == '/' || value == '\\') && !rules.allow_encoded_slash) {
      return "encoded slash in a path";
    }
    if (is_unreserved(static_cast<unsigned>(value))) {
      out.push_back(static_cast<char>(value));
    } else {
      out.push_back('%');
      out.push_back(kHex[value / 16]);
      out.push_back(kHex[value % 16]);
    }
    at += 2;
  }
  return nullptr;
}

// Removes empty and dot segments in place (RFC 3986 §5.2.4, on merged slashes).
void resolve_segments(std::string& path) noexcept {
  std::size_t out = 0;  // path[0, out) is done and never ends in '/'
  std::size_t at = 0;   // a slash
  bool directory = false;
  while (at < path.size()) {
    const std::size_t start = at + 1;
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment(path.data() + start, end - start);
    directory = segment.empty() || is_dot_segment(segment);
    if (segment == "..") {
      while (out > 0 && path[--out] != '/') {
      }
    } else if (!directory) {
      path[out++] = '/';
      for (const char byte : segment) path[out++] = byte;
    }
    at = end;
  }
  if (directory) path[out++] = '/';
  path.resize(out);
}

constexpr std::array<bool, 256> kHostBytes = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = is_unreserved(c) && c != '~';
  return table;
}();

bool is_port(std::string_view text) noexcept {
  if (text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

bool is_ipv6(std::string_view text) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size()) return false;
  // Nothing behind a NUL byte may escape inet_pton.
  if (text.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
  text.copy(terminated.data(), text.size());
  in6_addr address;
  return inet_pton(AF_INET6, terminated.data(), &address) == 1;
}

// Letters, digits, '-', '_' in labels that are not empty.
bool is_name(std::string_view text) noexcept {
  if (text.empty() || text.size() > 253) return false;
  bool after_dot = true;
  for (const char c : text) {
    if (!kHostBytes[static_cast<unsigned char>(c)] || (c == '.' && after_dot)) return false;
    after_dot = c == '.';
  }
  return !after_dot;
}

// As received, the host without its trailing dot.
std::optional<Authority> split_authority(std::string_view text) noexcept {
  Authority out;
  std::size_t colon;
  if (!text.empty() && text.front() == '[') {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6(text.substr(1, bracket - 1))) return {};
    colon = bracket + 1;
    out.host = text.substr(0, colon);
    if (colon < text.size() && text[colon] != ':') return {};
  } else {
    colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    if (out.host.size() > 1 && out.host.back() == '.') out.host.remove_suffix(1);
    if (!is_name(out.host)) return {};
  }
  if (colon < text.size()) out.port = text.substr(colon + 1);
  if (!is_port(out.port)) return {};
  return out;
}

}  // namespace

Result<std::string_view> normalise_path(std::string_view path, PathRules rules,
                                        std::string& scratch) {
  if (path.empty() || path.front() != '/') return refused("a path must start with '/'");
  const std::size_t normal = normal_prefix(path);
  if (normal == path.size()) return path;
  scratch.assign(path.substr(0, normal));
  if (const char* wrong = decode(path.substr(normal), rules, scratch)) return refused(wrong);
  resolve_segments(scratch);
  return std::string_view(scratch);
}

Result<Authority> parse_authority(std::string_view text, std::string& scratch) {
  auto parts = split_authority(text);
  if (!parts) return refused("not a host with an optional port");
  for (const char c : parts->host) {
    if (c < 'A' || c > 'Z') continue;
    scratch.assign(parts->host);
    for (char& byte : scratch) {
      if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte | 0x20);
    }
    parts->host = scratch;
    break;
  }
  return *parts;
}

bool is_authority(std::string_view text) noexcept { return split_authority(text).has_value(); }

}  // namespace gateway
