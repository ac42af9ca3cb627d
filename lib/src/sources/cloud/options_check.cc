#include "sources/cloud/options_check.h"

#include <string>
#include <string_view>
#include <utility>

#include "sources/cloud/credential.h"
#include "sources/cloud/endpoint.h"

namespace gateway::cloud {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMinKeyBytes = 16;

Error refuse(std::string message, std::string_view field) {
  return {ErrorCode::InvalidArgument, "cloud", std::move(message),
          "CloudSourceOptions: " + std::string(field)};
}

bool is_interval(milliseconds interval) {
  return interval >= seconds(1) && interval <= std::chrono::hours(1);
}

}  // namespace

Result<void> check_options(const CloudSourceOptions& options) {
  if (auto endpoint = parse_endpoint(options.endpoint, options.allow_http); !endpoint) {
    return std::move(endpoint).error();
  }
  if (options.token.empty() == options.token_file.empty()) {
    return refuse("one of both must be given: the gateway's token, or a file that holds it",
                  "token, token_file");
  }
  if (!options.token.empty()) {
    const auto credential = parse_credential(options.token);
    if (!credential) return refuse(credential.error().message, "token");
  }
  if (!options.proxy.empty()) {
    if (auto proxy = parse_proxy(options.proxy); !proxy) return std::move(proxy).error();
  }
  if (options.response_timeout <= milliseconds(0)) {
    return refuse("must be more than 0", "response_timeout");
  }
  if (options.max_snapshot_bytes == 0) return refuse("must be at least 1", "max_snapshot_bytes");
  if (!options.backup_key.empty() && options.backup_key.size() < kMinKeyBytes) {
    return refuse("must have 16 bytes or more", "backup_key");
  }
  if (options.backup_max_age < seconds(0)) return refuse("must not be negative", "backup_max_age");
  return {};
}

Result<void> check_intervals(const CloudSourceOptions& options) {
  if (!is_interval(options.poll_interval)) {
    return refuse("must be between 1 s and 1 h", "poll_interval");
  }
  if (!is_interval(options.heartbeat_interval)) {
    return refuse("must be between 1 s and 1 h", "heartbeat_interval");
  }
  return {};
}

}  // namespace gateway::cloud
