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
    {"tombstone", 503, "Service unavailable"},
    {"no_endpoint", 503, "Service unavailable"},
    {"redirect", 308, ""},
    {"bad_host", 400, "Bad request: Host is malformed"},
    {"bad_path", 400, "Bad request: the path is malformed"},
    {"client_protocol", 400, "Bad request"},
    {"header_too_large", 431, "Request header fields too large"},
    {"uri_too_long", 414, "URI too long"},
    {"misdirected", 421, "Misdirected request: the host asks for a newer TLS version"},
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
    {"stopped", 0, ""},
}};
static_assert(kAnswers.size() <= WorkerMetrics::kReasons);

struct Phrase {
  int status;
  std::string_view text;
};
constexpr Phrase kPhrases[] = {{100, "Continue"},
                               {200, "OK"},
                               {201, "Created"},
                               {202, "Accepted"},
                               {204, "No Content"},
                               {206, "Partial Content"},
                               {301, "Moved Permanently"},
                               {302, "Found"},
                               {303, "See Other"},
                               {304, "Not Modified"},
                               {307, "Temporary Redirect"},
                               {308, "Permanent Redirect"},
                               {400, "Bad Request"},
                               {401, "Unauthorized"},
                               {403, "Forbidden"},
                               {404, "Not Found"},
                               {405, "Method Not Allowed"},
                               {408, "Request Timeout"},
                               {413, "Content Too Large"},
                               {414, "URI Too Long"},
                               {421, "Misdirected Request"},
                               {429, "Too Many Requests"},
                               {431, "Request Header Fields Too Large"},
                               {500, "Internal Server Error"},
                               {501, "Not Implemented"},
                               {502, "Bad Gateway"},
                               {503, "Service Unavailable"},
                               {504, "Gateway Timeout"},
                               {505, "HTTP Version Not Supported"}};

}  // namespace

const AnswerText& text_of(GatewayAnswer answer) noexcept {
  return kAnswers[static_cast<std::size_t>(answer)];
}

std::string_view reason_phrase(int status) noexcept {
  for (const Phrase& phrase : kPhrases) {
    if (phrase.status == status) return phrase.text;
  }
  return "Unknown";
}

std::string_view own_answer_name(std::size_t index) noexcept {
  return index < kAnswers.size() ? kAnswers[index].name : std::string_view();
}

}  // namespace gateway
