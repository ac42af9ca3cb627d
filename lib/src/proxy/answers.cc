#include "proxy/answers.h"

#include <array>

#include "observe/metrics.h"
#include "proxy/worker.h"

namespace gateway {
namespace {

constexpr std::array<AnswerText, static_cast<std::size_t>(GatewayAnswer::Count)> kAnswers{{
    {"none", 0, ""},
    {"status", 200, ""},
    {"starting", 503, "The gateway is starting"},
    {"draining", 503, "The gateway is ending"},
    {"no_host", 404, "Resource not found"},
    {"no_path", 404, "Resource not found"},
    {"no_version", 404, "Resource not found"},
    {"no_revision", 404, "Resource not found"},
    {"no_protocol", 404, "Resource not found"},
    {"no_operation", 404, "Resource not found"},
    {"key_missing", 401,
     "Access denied due to missing subscription key. Make sure to include subscription key when "
     "making requests to an API."},
    {"key_invalid", 401,
     "Access denied due to invalid subscription key. Make sure to provide a valid key for an "
     "active subscription."},
    {"blocked", 503, "Service unavailable"},
    {"tombstone", 503, "Service unavailable"},
    {"no_endpoint", 503, "Service unavailable"},
    {"circuit_open", 503, "Service unavailable"},
    {"redirect", 308, ""},
    {"bad_host", 400, "Bad request: Host is malformed"},
    {"bad_path", 400, "Bad request: the path is malformed"},
    {"client_protocol", 400, "Bad request"},
    {"header_too_large", 431, "Request header fields too large"},
    {"uri_too_long", 414, "URI too long"},
    {"misdirected", 421, "Misdirected request: the host asks more of the client than this connection gave"},
    {"not_implemented", 501, "Not implemented"},
    {"version_not_supported", 505, "HTTP version not supported"},
    {"header_timeout", 408, "Request timeout"},
    {"body_timeout", 408, "Request timeout"},
    {"write_timeout", 0, ""},
    {"client_gone", 0, ""},
    {"endpoint_forbidden", 502, "Bad gateway"},
    {"connect_failed", 502, "Bad gateway"},
    {"connect_timeout", 504, "Gateway timeout"},
    {"backend_reset", 502, "Bad gateway"},
    {"backend_protocol", 502, "Bad gateway"},
    {"backend_timeout", 504, "Gateway timeout"},
    {"policy", 0, ""},
    {"stopped", 0, ""},
}};
static_assert(kAnswers.size() <= WorkerMetrics::kReasons);

}  // namespace

const AnswerText& text_of(GatewayAnswer answer) noexcept {
  return kAnswers[static_cast<std::size_t>(answer)];
}

std::string_view own_answer_name(std::size_t index) noexcept {
  return index < kAnswers.size() ? kAnswers[index].name : std::string_view();
}

}  // namespace gateway
