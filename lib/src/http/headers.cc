#include "http/headers.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/strings.h"

namespace gateway {
namespace {

constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    table[c] = is_digit(static_cast<char>(c)) || is_alpha(static_cast<char>(c));
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

// A field name in lower case, to be compared with a name of the same length in any case: word by
// word, since every field of every message is looked up.
template <std::size_t N>
class Name {
 public:
  explicit consteval Name(const char (&literal)[N]) {
    for (std::size_t i = 0; i < kSize; ++i) {
      text_[i] = literal[i];
      fold_[i] = literal[i] == '-' ? '\0' : '\x20';
    }
  }

  [[nodiscard]] bool matches(const char* name) const noexcept {
    if constexpr (kSize < kWord) {
      for (std::size_t i = 0; i < kSize; ++i) {
        if ((name[i] | fold_[i]) != text_[i]) return false;
      }
      return true;
    } else {
      std::uint64_t difference = differs(name, kSize - kWord);
      for (std::size_t at = 0; at + kWord < kSize; at += kWord) difference |= differs(name, at);
      return difference == 0;
    }
  }

 private:
  static constexpr std::size_t kSize = N - 1;
  static constexpr std::size_t kWord = sizeof(std::uint64_t);

  static std::uint64_t load(const char* from) noexcept {
    std::uint64_t word;
    std::memcpy(&word, from, kWord);
    return word;
  }
  std::uint64_t differs(const char* name, std::size_t at) const noexcept {
    return (load(name + at) | load(fold_.data() + at)) ^ load(text_.data() + at);
  }

  std::array<char, kSize> text_{}, fold_{};
};

// Calls `visit` with each non-empty element of a comma-separated list until it returns true.
template <typename Visit>
bool any_element(std::string_view list, Visit visit) noexcept {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto element = trim(list.substr(0, comma));
    if (!element.empty() && visit(element)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool always_dropped(const HeaderField& field) noexcept {
  switch (field.id) {
    case HeaderId::Connection:
    case HeaderId::KeepAlive:
    case HeaderId::ProxyConnection:
    case HeaderId::TransferEncoding:
    case HeaderId::Upgrade:
    case HeaderId::ProxyAuthenticate:
    case HeaderId::ProxyAuthorization:
      return true;
    case HeaderId::Te:
      return !iequals(field.value, "trailers");
    default:
      return false;
  }
}

// Fields that Connection cannot name away: they carry framing, routing and the end user's session.
bool beyond_connection(const HeaderField& field) noexcept {
  return field.id == HeaderId::ContentLength || field.id == HeaderId::Host ||
         field.id == HeaderId::Te || iequals(field.name, "cookie");
}

}  // namespace

HeaderId header_id(std::string_view name) noexcept {
  const auto is = [name](const auto& known, HeaderId id) {
    return known.matches(name.data()) ? id : HeaderId::Other;
  };
  if (name.size() < 2 || name.size() > 19) return HeaderId::Other;
  const char first = to_lower(name.front());
  switch (name.size()) {
    case 2:
      return is(Name("te"), HeaderId::Te);
    case 3:
      return is(Name("via"), HeaderId::Via);
    case 4:
      if (first == 'h') return is(Name("host"), HeaderId::Host);
      return is(Name("date"), HeaderId::Date);
    case 6:
      if (first == 'e') return is(Name("expect"), HeaderId::Expect);
      return is(Name("server"), HeaderId::Server);
    case 7:
      if (first == 't') return is(Name("trailer"), HeaderId::Trailer);
      return is(Name("upgrade"), HeaderId::Upgrade);
    case 8:
      return is(Name("location"), HeaderId::Location);
    case 9:
      return is(Name("forwarded"), HeaderId::Forwarded);
    case 10:
      if (first == 'c') return is(Name("connection"), HeaderId::Connection);
      return is(Name("keep-alive"), HeaderId::KeepAlive);
    case 11:
      return is(Name("retry-after"), HeaderId::RetryAfter);
    case 12:
      if (first == 'c') return is(Name("content-type"), HeaderId::ContentType);
      return is(Name("x-request-id"), HeaderId::XRequestId);
    case 14:
      return is(Name("content-length"), HeaderId::ContentLength);
    case 15:
      return is(Name("x-forwarded-for"), HeaderId::XForwardedFor);
    case 16:
      if (first == 'p') return is(Name("proxy-connection"), HeaderId::ProxyConnection);
      return is(Name("x-forwarded-host"), HeaderId::XForwardedHost);
    case 17:
      if (first == 't') return is(Name("transfer-encoding"), HeaderId::TransferEncoding);
      return is(Name("x-forwarded-proto"), HeaderId::XForwardedProto);
    case 18:
      return is(Name("proxy-authenticate"), HeaderId::ProxyAuthenticate);
    case 19:
      return is(Name("proxy-authorization"), HeaderId::ProxyAuthorization);
    default:
      return HeaderId::Other;
  }
}

const HeaderField* HeaderList::find(std::string_view name) const noexcept {
  for (const auto& field : fields_) {
    if (iequals(field.name, name)) return &field;
  }
  return nullptr;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool is_field_value(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool iequals(std::string_view a, std::string_view b) noexcept { return equals_ignoring_case(a, b); }

bool has_token(std::string_view value, std::string_view token) noexcept {
  return any_element(value, [token](std::string_view element) { return iequals(element, token); });
}

void mark_hop_by_hop(const HeaderList& headers, FieldMask& keep) {
  keep.resize(headers.size());
  std::uint8_t* mark = keep.data();
  bool has_connection = false;
  for (const auto& field : headers) {
    *mark++ = field.id == HeaderId::Other || !always_dropped(field);
    has_connection |= field.id == HeaderId::Connection;
  }
  if (!has_connection) return;
  for (const auto& connection : headers) {
    if (connection.id != HeaderId::Connection) continue;
    any_element(connection.value, [&](std::string_view named) {
      if (iequals(named, "close") || iequals(named, "keep-alive")) return false;
      std::size_t at = 0;
      for (const auto& field : headers) {
        if (iequals(field.name, named) && !beyond_connection(field)) keep[at] = false;
        ++at;
      }
      return false;
    });
  }
}

}  // namespace gateway
