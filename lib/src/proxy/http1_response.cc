#include "proxy/http1_response.h"

#include "http/head_writer.h"

namespace gateway {
namespace {

constexpr std::string_view kServer = "libgateway";

void put_status_line(HeadWriter& head, const OutgoingResponse& response) {
  head.text("HTTP/1.1 ").number(static_cast<std::uint64_t>(response.status)).text(" ");
  head.text(response.reason).text("\r\n");
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
  HeadWriter head(out);
  put_status_line(head, response);
  each_kept(response, [&head](const HeaderField& field) {
    if (field.id == HeaderId::ContentLength || field.id == HeaderId::TransferEncoding) return;
    head.field(field.name, field.value);
  });
  head.text("\r\n");
}

void append_response_head(std::string& out, const OutgoingResponse& response,
                          const ResponseTerms& terms, WorkerContext& context) {
  HeadWriter head(out);
  put_status_line(head, response);
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
    head.field(field.name, field.value);
  });
  if (!has_server) head.field("Server", kServer);
  if (!has_date) head.field("Date", context.date());
  head.text(response.extra);
  head.field("X-Request-Id", response.request_id);
  if (response.framing == BodyFraming::Length) {
    head.text("Content-Length: ").number(response.content_length).text("\r\n");
  } else if (terms.chunked) {
    head.field("Transfer-Encoding", "chunked");
  }
  if (!terms.connection.empty()) head.field("Connection", terms.connection);
  head.text("\r\n");
}

void append_chunk_size(std::string& out, std::size_t size) {
  HeadWriter(out).number(size, 16).text("\r\n");
}

void append_last_chunk(std::string& out, const HeaderList* trailers) {
  HeadWriter end(out);
  end.text("0\r\n");
  if (trailers) {
    for (const HeaderField& field : *trailers) end.field(field.name, field.value);
  }
  end.text("\r\n");
}

}  // namespace gateway
