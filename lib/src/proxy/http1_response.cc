#include "proxy/http1_response.h"

#include <charconv>

namespace gateway {
namespace {

constexpr std::string_view kServer = "libgateway";

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_number(std::string& out, std::uint64_t value, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void append_status_line(std::string& out, const OutgoingResponse& response) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(response.status));
  out.append(" ").append(response.reason).append("\r\n");
}

// Calls `visit` with each field that goes on to the client.
template <typename Visit>
void each_kept(const OutgoingResponse& response, Visit visit) {
  if (!response.headers) return;
  std::size_t i = 0;
  for (const HeaderField& field : *response.headers) {
    if (!response.keep || (*response.keep)[i]) visit(field);
    ++i;
  }
}

}  // namespace

void append_informational(std::string& out, const OutgoingResponse& response) {
  append_status_line(out, response);
  each_kept(response, [&out](const HeaderField& field) {
    if (field.id == HeaderId::ContentLength || field.id == HeaderId::TransferEncoding) return;
    append_field(out, field.name, field.value);
  });
  out.append("\r\n");
}

void append_response_head(std::string& out, const OutgoingResponse& response,
                          const ResponseTerms& terms, WorkerContext& context) {
  append_status_line(out, response);
  // Without a body it tells what GET would have sent (RFC 9110 §8.6).
  const bool keeps_length =
      response.framing == BodyFraming::None && (response.head_request || response.status == 304);
  bool has_server = false, has_date = false;
  each_kept(response, [&](const HeaderField& field) {
    switch (field.id) {
      case HeaderId::TransferEncoding:
      case HeaderId::XRequestId:
        return;
      case HeaderId::ContentLength:
        if (!keeps_length) return;
        break;
      case HeaderId::Server:
        has_server = true;
        break;
      case HeaderId::Date:
        has_date = true;
        break;
      default:
        break;
    }
    append_field(out, field.name, field.value);
  });
  if (!has_server) append_field(out, "Server", kServer);
  if (!has_date) append_field(out, "Date", context.date());
  out.append(response.extra);
  append_field(out, "X-Request-Id", response.request_id);
  if (response.framing == BodyFraming::Length) {
    out.append("Content-Length: ");
    append_number(out, response.content_length);
    out.append("\r\n");
  } else if (terms.chunked) {
    append_field(out, "Transfer-Encoding", "chunked");
  }
  if (!terms.connection.empty()) append_field(out, "Connection", terms.connection);
  out.append("\r\n");
}

void append_chunk_size(std::string& out, std::size_t size) {
  append_number(out, size, 16);
  out.append("\r\n");
}

void append_last_chunk(std::string& out, const HeaderList* trailers) {
  out.append("0\r\n");
  if (trailers) {
    for (const HeaderField& field : *trailers) append_field(out, field.name, field.value);
  }
  out.append("\r\n");
}

}  // namespace gateway
