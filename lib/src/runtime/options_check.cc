#include "runtime/options_check.h"

#include <arpa/inet.h>

#include <string>

namespace gateway {
namespace {

Error refuse(std::string where, std::string message) {
  return Error{ErrorCode::InvalidArgument, "options", std::move(message), std::move(where)};
}

bool is_ip(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

Result<void> check_timeouts(const Timeouts& t) {
  const std::pair<const char*, Milliseconds> all[] = {
      {"client_header", t.client_header}, {"client_body", t.client_body},
      {"client_write", t.client_write},   {"client_idle", t.client_idle},
      {"tls_handshake", t.tls_handshake}, {"connect", t.connect},
      {"backend_header", t.backend_header}, {"backend_body", t.backend_body},
      {"backend_idle", t.backend_idle}};
  for (const auto& [name, value] : all) {
    if (value.count() < 0 || value > std::chrono::hours(24)) {
      return refuse(std::string("timeouts.") + name, "0 (none) to 24 h are allowed");
    }
  }
  return {};
}

Result<void> check_limits(const Limits& l) {
  if (l.header_bytes < 1024 || l.header_bytes > 1 << 20) return refuse("limits.header_bytes", "1 KiB to 1 MiB are allowed");
  if (l.header_count < 8 || l.header_count > 10'000) return refuse("limits.header_count", "8 to 10000 are allowed");
  if (l.connections < 1) return refuse("limits.connections", "1 or more are allowed");
  if (l.body_watermark < 16 * 1024) return refuse("limits.body_watermark", "16 KiB or more are allowed");
  return {};
}

}  // namespace

Result<void> check(const GatewayOptions& options) {
  for (std::size_t i = 0; i < options.listeners.size(); ++i) {
    if (!is_ip(options.listeners[i].address)) {
      return refuse("listeners[" + std::to_string(i) + "].address",
                    "'" + options.listeners[i].address + "' is not an IP address");
    }
  }
  for (const auto& [name, endpoint] : {std::pair{"admin", &options.admin}, std::pair{"monitor", &options.monitor}}) {
    if (endpoint->enabled && !is_ip(endpoint->address)) {
      return refuse(std::string(name) + ".address", "'" + endpoint->address + "' is not an IP address");
    }
  }
  if (options.workers < 1 || options.workers > 256) return refuse("workers", "1 to 256 are allowed");
  if (auto r = check_timeouts(options.timeouts); !r) return r;
  if (auto r = check_limits(options.limits); !r) return r;
  if (options.default_chain_pem.empty() != options.default_key_pem.empty()) {
    return refuse("default_chain_pem, default_key_pem", "both or none must be given");
  }
  if (!options.status_path.empty() && options.status_path.front() != '/') {
    return refuse("status_path", "it starts with '/', or is empty");
  }
  for (const std::string& path : options.conflict.protected_paths) {
    if (path.find('/') == std::string::npos) {
      return refuse("conflict.protected_paths", "'" + path + "' is not \"host/path\" or \"/path\"");
    }
  }
  if (options.start_timeout.count() < 0) return refuse("start_timeout", "0 (for ever) or more is allowed");
  if (options.drain_delay.count() < 0) return refuse("drain_delay", "0 or more is allowed");
  if (options.drain_timeout.count() < 0) return refuse("drain_timeout", "0 or more is allowed");
  return {};
}

}  // namespace gateway
