#include "sources/cloud/trouble.h"

#include <utility>

#include "base/strings.h"

namespace gateway::cloud {
namespace {

constexpr const char* kOrigin = "cloud";

Error trouble(ErrorCode code, std::string message) {
  return {code, kOrigin, std::move(message), "", true};
}

std::string hint_for(const Error& error) {
  if (error.origin == "tls") {
    return ": check the certificate of the service and the authorities that are trusted";
  }
  switch (error.code) {
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
      return ": check the endpoint, the network and the proxy";
    case ErrorCode::Unauthorized:
      return ": check the proxy's user and password";
    case ErrorCode::TooLarge:
      return ", the limit for a snapshot";
    default:
      return "";
  }
}

}  // namespace

Error status_error(int status, const std::string& gateway, std::int64_t expired_at) {
  const std::string said = " (status " + std::to_string(status) + ")";
  if (status == 401 || status == 403) {
    return trouble(ErrorCode::Unauthorized,
                   "the service refuses the token of gateway " + quote(gateway) + said +
                       (expired_at == 0 ? ": generate one with a present key of this gateway"
                                        : ", which expired at " + format_rfc3339(expired_at) +
                                              ": generate a new one"));
  }
  if (status == 404) {
    return trouble(ErrorCode::NotFound,
                   "the service does not know gateway " + quote(gateway) + said +
                       ": check the endpoint, and the gateway's id in the token");
  }
  if (status == 407) {
    return trouble(ErrorCode::Unauthorized,
                   "the proxy asks who we are" + said + ": check its user and password");
  }
  if (status == 429 || status >= 500) {
    return trouble(ErrorCode::Unavailable, "the service is not able to answer now" + said);
  }
  return trouble(
      ErrorCode::ProtocolError,
      "the service answers what no configuration service does" + said + ": check the endpoint");
}

Error explain(Error error, const std::string& endpoint) {
  error.retryable = true;
  if (error.origin == kOrigin) {
    if (error.where.empty()) error.where = endpoint;
    return error;
  }
  error.message =
      "no usable answer of the configuration service: " + error.message + hint_for(error);
  // The place names the proxy where there is one.
  if (error.where.find("proxy") != std::string::npos) error.message += " (" + error.where + ')';
  error.origin = kOrigin;
  error.where = endpoint;
  return error;
}

}  // namespace gateway::cloud
