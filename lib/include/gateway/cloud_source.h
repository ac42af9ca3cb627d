#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <gateway/export.h>
#include <gateway/result.h>
#include <gateway/source.h>

namespace gateway {

struct CloudSourceOptions {
  // The service: "https://config.example/base". Plain http only to a loopback address, or with `allow_http`.
  std::string endpoint;
  // "GatewayKey {id}&{yyyyMMddHHmm}&{base64}", or a file that holds it and is read again whenever it is
  // needed. The id is the gateway's; one of both must be given.
  std::string token;
  std::string token_file;
  bool allow_http = false;
  bool validate_certificate = true;
  std::string ca_pem;                     // roots to trust instead of the system's; "" = the system's
  std::string proxy;                      // "http://[user:password@]host:port" for CONNECT; "" = none
  std::vector<std::string> no_proxy;      // hosts, ".domains" and addresses that are reached directly; "*" = all
  std::chrono::milliseconds poll_interval{10'000};       // 1 s … 1 h; where the service offers no events
  std::chrono::milliseconds heartbeat_interval{60'000};  // 1 s … 1 h
  std::chrono::milliseconds response_timeout{30'000};    // to the head of an answer, and between two reads of it
  std::size_t max_snapshot_bytes = 256u << 20;

  // A folder that exists: the last accepted snapshot is kept there, three generations of it, and serves
  // at the next start until the service answers. "" = none.
  std::string backup_folder;
  // Any text of 16 bytes or more; a key for AES-256-GCM is derived from it. "" = the backup is plain
  // text (mode 0600), and a warning says so at each start.
  std::string backup_key;
  std::chrono::seconds backup_max_age{0};  // an older backup is not used; 0 = no limit
};

// Follows a configuration service over the protocol that apps/configd/README.md describes. A service
// that cannot be reached or answers nonsense leaves what was last accepted in force.
[[nodiscard]] GATEWAY_EXPORT Result<std::unique_ptr<ConfigSource>> make_cloud_source(
    CloudSourceOptions options);

}  // namespace gateway
