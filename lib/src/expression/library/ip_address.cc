#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include <arpa/inet.h>

#include "base/strings.h"
#include "expression/library/arguments.h"
#include "expression/library/encoding_types.h"

// System.Net.IPAddress.
namespace gateway::expression {
namespace {

constexpr std::int32_t kInterNetwork = 2, kInterNetworkV6 = 23;

struct AddressObject final : Object {
  using Object::Object;
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first four of IPv4
  std::uint32_t scope = 0;
  [[nodiscard]] std::size_t size() const noexcept { return v6 ? 16 : 4; }
};

AddressObject* make(Evaluation& eval, bool v6, const std::array<std::uint8_t, 16>& bytes) {
  auto* out = eval.arena().make<AddressObject>(type_named(eval, "IPAddress"));
  out->v6 = v6;
  out->bytes = bytes;
  return out;
}

AddressObject* parse(Evaluation& eval, std::string_view text) {
  std::array<std::uint8_t, 16> bytes{};
  if (text.size() > 64) return nullptr;
  if (text.find(':') == std::string_view::npos) {
    return inet_pton(AF_INET, std::string(text).c_str(), bytes.data()) == 1 ? make(eval, false, bytes) : nullptr;
  }
  // "[::1]:443" and "fe80::1%2" are addresses too.
  if (text[0] == '[') {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) return nullptr;
    const std::string_view behind = text.substr(close + 1);
    if (!behind.empty() && (behind[0] != ':' || !gateway::parse_decimal(behind.substr(1), 65'535))) return nullptr;
    text = text.substr(1, close - 1);
  }
  std::uint32_t scope = 0;
  if (const std::size_t percent = text.find('%'); percent != std::string_view::npos) {
    const auto number = gateway::parse_decimal(text.substr(percent + 1), UINT32_MAX);
    if (!number) return nullptr;
    scope = static_cast<std::uint32_t>(*number);
    text = text.substr(0, percent);
  }
  if (inet_pton(AF_INET6, std::string(text).c_str(), bytes.data()) != 1) return nullptr;
  AddressObject* out = make(eval, true, bytes);
  out->scope = scope;
  return out;
}

Value parse(Call& call) {
  AddressObject* address = parse(call.eval, text_arg(call, 0, "ipString"));
  if (!address) call.eval.raise("FormatException", "An invalid IP address was specified.");
  return Value::of(address);
}
Value try_parse(Call& call) {
  AddressObject* address = call.args[0].is_string() ? parse(call.eval, call.args[0].text()) : nullptr;
  call.args[1] = Value::of(address);
  return Value::of(address != nullptr);
}
Value of_bytes(Call& call) {
  const auto bytes = bytes_argument(call, 0, "address");
  if (bytes.size() != 4 && bytes.size() != 16) raise_argument(call.eval, "address", "An invalid IP address was specified.");
  std::array<std::uint8_t, 16> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return Value::of(make(call.eval, bytes.size() == 16, out));
}

std::string text_of(const AddressObject& address) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  std::string out(text);
  if (address.scope != 0) out += "%" + std::to_string(address.scope);
  return out;
}
Value to_text(Call& call) { return call.eval.text(text_of(self<AddressObject>(call))); }
Value get_bytes(Call& call) {
  const auto& address = self<AddressObject>(call);
  return bytes_value(call.eval, std::span(address.bytes).first(address.size()));
}
Value family(Call& call) {
  return Value::enumeration(type_named(call.eval, "AddressFamily"),
                            self<AddressObject>(call).v6 ? kInterNetworkV6 : kInterNetwork);
}
bool is_mapped(const AddressObject& address) {
  return address.v6 && address.bytes[10] == 0xFF && address.bytes[11] == 0xFF &&
         std::all_of(address.bytes.begin(), address.bytes.begin() + 10, [](auto byte) { return byte == 0; });
}
Value is_mapped(Call& call) { return Value::of(is_mapped(self<AddressObject>(call))); }
Value map_to_v4(Call& call) {
  const auto& address = self<AddressObject>(call);
  if (!address.v6) return call.args[0];
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(address.bytes.begin() + 12, 4, bytes.begin());
  return Value::of(make(call.eval, false, bytes));
}
Value map_to_v6(Call& call) {
  const auto& address = self<AddressObject>(call);
  if (address.v6) return call.args[0];
  std::array<std::uint8_t, 16> bytes{};
  bytes[10] = bytes[11] = 0xFF;
  std::copy_n(address.bytes.begin(), 4, bytes.begin() + 12);
  return Value::of(make(call.eval, true, bytes));
}
Value is_loopback(Call& call) {
  const auto& address = object_argument<AddressObject>(call, 0, "address");
  if (!address.v6) return Value::of(address.bytes[0] == 127);
  if (is_mapped(address)) return Value::of(address.bytes[12] == 127);
  return Value::of(text_of(address) == "::1");
}

bool equal(Call& call) {
  const auto* a = object_as<AddressObject>(call.eval, call.args[0], "IPAddress");
  const auto* b = object_as<AddressObject>(call.eval, call.args[1], "IPAddress");
  if (!a || !b) return call.args[0].is_null() && call.args[1].is_null();
  return a->v6 == b->v6 && a->bytes == b->bytes && a->scope == b->scope;
}
Value equals(Call& call) { return Value::of(equal(call)); }
Value hash(Call& call) { return Value::of(call.eval.hash(to_text(call))); }

constexpr std::array<std::uint8_t, 16> kLoopback = {127, 0, 0, 1}, kAny = {}, kBroadcast = {255, 255, 255, 255},
                                       kLoopback6 = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
template <const std::array<std::uint8_t, 16>& bytes, bool v6>
Value fixed(Call& call) {
  return Value::of(make(call.eval, v6, bytes));
}

}  // namespace

void declare_ip_address(Catalog& catalog) {
  catalog.declare("System.Net.Sockets.AddressFamily", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("InterNetwork", kInterNetwork)
      .enumerator("InterNetworkV6", kInterNetworkV6);
  catalog.declare("System.Net.IPAddress")
      .member("new(byte[] address)", of_bytes)
      .member("static IPAddress Parse(string ipString)", parse)
      .member("static bool TryParse(string ipString, out IPAddress address)", try_parse)
      .member("static bool IsLoopback(IPAddress address)", is_loopback)
      .member("static IPAddress Loopback { get; }", fixed<kLoopback, false>)
      .member("static IPAddress Any { get; }", fixed<kAny, false>)
      .member("static IPAddress Broadcast { get; }", fixed<kBroadcast, false>)
      .member("static IPAddress IPv6Loopback { get; }", fixed<kLoopback6, true>)
      .member("static IPAddress IPv6Any { get; }", fixed<kAny, true>)
      .member("AddressFamily AddressFamily { get; }", family)
      .member("byte[] GetAddressBytes()", get_bytes)
      .member("bool IsIPv4MappedToIPv6 { get; }", is_mapped)
      .member("IPAddress MapToIPv4()", map_to_v4)
      .member("IPAddress MapToIPv6()", map_to_v6)
      .member("bool Equals(object comparand)", equals)
      .member("int GetHashCode()", hash)
      .member("string ToString()", to_text);
}

}  // namespace gateway::expression
