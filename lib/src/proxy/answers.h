#pragma once

#include <cstdint>
#include <string_view>

namespace gateway {

// Why the gateway itself answered an exchange, or ended it. None: the backend's response was
// relayed whole.
enum class GatewayAnswer : std::uint8_t {
  None,
  Status,
  Starting,
  Draining,
  NoHost,
  NoPath,
  NoVersion,
  NoRevision,
  NoProtocol,
  NoOperation,
  KeyMissing,
  KeyInvalid,
  Blocked,
  Tombstone,
  NoEndpoint,
  CircuitOpen,
  Redirect,
  BadHost,
  BadPath,
  ClientProtocol,
  HeaderTooLarge,
  UriTooLong,
  Misdirected,
  NotImplemented,
  VersionNotSupported,
  HeaderTimeout,
  BodyTimeout,
  WriteTimeout,
  ClientGone,
  EndpointForbidden,
  ConnectFailed,
  ConnectTimeout,
  BackendReset,
  BackendProtocol,
  BackendTimeout,
  Policy,
  Stopped,
  Count
};

struct AnswerText {
  std::string_view name;     // of logs and metrics
  int status;                // what the client is told; 0: nothing any more
  std::string_view message;  // of the body
};
[[nodiscard]] const AnswerText& text_of(GatewayAnswer answer) noexcept;

}  // namespace gateway
