#include "sources/cloud/credential.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "arm/gateway_token.h"
#include "base/strings.h"

namespace gateway::cloud {
namespace {

constexpr std::size_t kMaxTokenBytes = 4096;
constexpr std::string_view kScheme = "GatewayKey ";

}  // namespace

Result<Credential> parse_credential(std::string_view token) {
  token = trim(token);
  if (token.size() > kMaxTokenBytes) {
    return Error{ErrorCode::TooLarge, "cloud",
                 "longer than " + std::to_string(kMaxTokenBytes) + " bytes", "gateway token"};
  }
  auto parsed = arm::parse_gateway_token(token);
  if (!parsed) {
    Error error = std::move(parsed).error();
    error.origin = "cloud";
    if (error.where.empty()) error.where = "gateway token";
    return error;
  }
  Credential credential;
  if (token.size() > kScheme.size() &&
      equals_ignoring_case(token.substr(0, kScheme.size()), kScheme)) {
    token = trim(token.substr(kScheme.size()));
  }
  credential.authorization = std::string(kScheme) + std::string(token);
  credential.gateway = std::move(parsed->gateway);
  credential.expires = parsed->expires;
  return credential;
}

Result<Credential> read_credential(const std::string& file) {
  const auto failed = [&](int problem) {
    return Error{problem == ENOENT ? ErrorCode::NotFound : ErrorCode::Unavailable, "cloud",
                 std::string("cannot read the token file: ") + std::strerror(problem), file, true};
  };
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return failed(errno);
  std::string text;
  char buffer[1024];
  ssize_t count = 0;
  while (text.size() <= kMaxTokenBytes && (count = ::read(descriptor, buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  const int problem = errno;
  ::close(descriptor);
  if (count < 0) return failed(problem);
  auto credential = parse_credential(text);
  if (credential) return credential;
  Error error = std::move(credential).error();
  error.where = file;
  error.retryable = true;
  return error;
}

}  // namespace gateway::cloud
