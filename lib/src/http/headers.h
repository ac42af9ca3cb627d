#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gateway {

// The fields that the gateway itself looks at; the rest are Other. Found once, when a head is
// parsed.
enum class HeaderId : std::uint8_t {
  Other,
  Connection,
  ContentLength,
  TransferEncoding,
  Host,
  KeepAlive,
  ProxyConnection,
  Te,
  Trailer,
  Upgrade,
  Expect,
  Server,
  Date,
  Via,
  XForwardedFor,
  XForwardedProto,
  XForwardedHost,
  Forwarded,
  XRequestId,
  ProxyAuthenticate,
  ProxyAuthorization,
  ContentType,
  RetryAfter,
  Location,
};

// The id of a field name, in any case.
[[nodiscard]] HeaderId header_id(std::string_view name) noexcept;

// One header field line (RFC 9110 §5). Views into storage that the owner of the list keeps alive.
struct HeaderField {
  std::string_view name;   // as received
  std::string_view value;  // without surrounding white space
  HeaderId id = HeaderId::Other;
};

// Field lines in their order. A list can be reused without allocating again.
class HeaderList {
 public:
  void clear() noexcept { fields_.clear(); }
  void add(std::string_view name, std::string_view value, HeaderId id) {
    fields_.push_back({name, value, id});
  }
  [[nodiscard]] const HeaderField* find(HeaderId id) const noexcept {
    for (const auto& field : fields_)
      if (field.id == id) return &field;
    return nullptr;
  }
  // Case-insensitive; the first one.
  [[nodiscard]] const HeaderField* find(std::string_view name) const noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }
  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }
  [[nodiscard]] auto begin() noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() noexcept { return fields_.end(); }

 private:
  std::vector<HeaderField> fields_;
};

// One of each field of a list, by position: 0 or 1.
using FieldMask = std::vector<std::uint8_t>;

// A token (RFC 9110 §5.6.2): what a method or a field name is.
[[nodiscard]] bool is_token(std::string_view text) noexcept;
// What may stand in a field value: no control byte but HTAB.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;
// Case-insensitive comparison of ASCII text.
[[nodiscard]] bool iequals(std::string_view a, std::string_view b) noexcept;
// True when the comma-separated list `value` has `token`, ignoring case.
[[nodiscard]] bool has_token(std::string_view value, std::string_view token) noexcept;

// Marks which fields a proxy must not forward (RFC 9110 §7.6.1): Connection, those it names,
// Keep-Alive, Proxy-Connection, TE (but for "trailers"), Transfer-Encoding, Upgrade,
// Proxy-Authenticate and Proxy-Authorization. keep[i] belongs to the i-th field. Content-Length,
// Host and Cookie cannot be named away by Connection.
void mark_hop_by_hop(const HeaderList& headers, FieldMask& keep);

}  // namespace gateway
