#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gateway/result.h>

namespace gateway::policy {

// One Redis server and how it is spoken to. The password never appears in an error.
struct RedisSettings {
  std::string host;
  std::uint16_t port = 6379;
  std::string user;      // "" = Redis's default user
  std::string password;  // "" = no AUTH
  std::uint32_t database = 0;
  bool tls = false;
  std::string tls_server_name;  // "" = host
  std::string ca_pem;           // "" = the system's CAs
  bool verify = true;
  std::int64_t connect_timeout_ms = 5'000;
  std::int64_t command_timeout_ms = 250;
  std::string key_prefix = "gateway:";

  // "rediss://host:6380/0": for logs; without credentials.
  [[nodiscard]] std::string display() const;
};

// Two forms: StackExchange.Redis's, as clouds give it
// ("cache.example.net:6380,password=…,ssl=True,abortConnect=False"), and URLs
// ("redis://user:password@host:6379/0", "rediss://…" with TLS).
[[nodiscard]] Result<RedisSettings> parse_redis_settings(std::string_view text);

}  // namespace gateway::policy
