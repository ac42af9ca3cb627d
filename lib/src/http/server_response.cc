#include "http/server_response.h"

#include <algorithm>

#include "base/strings.h"
#include "http/headers.h"
#include "http/status.h"

namespace gateway {
namespace {

using Response = HttpServer::Response;

Error unsendable(std::string what) {
  return {ErrorCode::Internal, "http server", std::move(what), "response"};
}

// The fields that the server alone decides about.
bool is_own(std::string_view name) noexcept {
  constexpr std::string_view kOwn[] = {"content-type", "content-length", "transfer-encoding",
                                       "connection"};
  return std::any_of(std::begin(kOwn), std::end(kOwn),
                     [&](std::string_view own) { return iequals(own, name); });
}

Result<void> check(const Response& response, const ResponseFraming& framing) {
  if (response.status < 200 || response.status > 599) {
    return unsendable("the status is " + std::to_string(response.status) +
                      "; 200 to 599 are allowed");
  }
  if (framing.body != ResponseFraming::Body::Length && is_bodyless(response.status)) {
    return unsendable("status " + std::to_string(response.status) + " has no body to stream");
  }
  if (!is_field_value(response.content_type)) return unsendable("a control byte in Content-Type");
  for (const auto& [name, value] : response.headers) {
    if (!is_token(name)) return unsendable("the header name " + quote(name) + " is no token");
    if (is_own(name)) return unsendable("the header " + quote(name) + " is the server's own");
    if (!is_field_value(value)) return unsendable("a control byte in the header " + quote(name));
  }
  return {};
}

}  // namespace

bool is_bodyless(int status) noexcept { return status == 204 || status == 304; }

Result<std::string> write_head(const Response& response, ResponseFraming framing) {
  if (auto sendable = check(response, framing); !sendable) return std::move(sendable).error();
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
  head += reason_phrase(response.status);
  head += "\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
  };
  const auto add_absent = [&](std::string_view name, std::string_view value) {
    const bool given = std::any_of(response.headers.begin(), response.headers.end(),
                                   [&](const auto& field) { return iequals(field.first, name); });
    if (!given) add(name, value);
  };
  if (!is_bodyless(response.status)) {
    if (!response.content_type.empty()) add("Content-Type", response.content_type);
    if (framing.body == ResponseFraming::Body::Length)
      add("Content-Length", std::to_string(framing.length));
    if (framing.body == ResponseFraming::Body::Chunked) add("Transfer-Encoding", "chunked");
  }
  for (const auto& [name, value] : response.headers) add(name, value);
  add_absent("Cache-Control", "no-store");
  add_absent("X-Content-Type-Options", "nosniff");
  if (response.status == 503) add_absent("Retry-After", "1");
  if (framing.close) add("Connection", "close");
  head += "\r\n";
  return head;
}

Response text_response(int status, std::string_view text) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::string(text) + "\n";
  return response;
}

}  // namespace gateway
