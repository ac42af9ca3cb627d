#pragma once

#include <cstdint>
#include <string>

#include <gateway/result.h>

namespace gateway::cloud {

// What a gateway shows the service.
struct Credential {
  std::string authorization;  // the whole value of the field; a secret
  std::string gateway;
  std::int64_t expires = 0;  // seconds since 1970
};

// Checks the form of a token; the Error never repeats it.
[[nodiscard]] Result<Credential> parse_credential(std::string_view token);
// The same from a file; blocks on the disk.
[[nodiscard]] Result<Credential> read_credential(const std::string& file);

}  // namespace gateway::cloud
