#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/headers.h"

namespace gateway {

enum class BodyFraming : std::uint8_t { None, Length, Chunked, UntilClose };

// Views are into the bytes given to parse_head.
struct RequestHead {
  std::string_view method;  // a token; case-sensitive
  std::string_view target;  // as received
  std::string_view path;    // of the target, not normalised; "*" for `OPTIONS *`
  std::string_view query;   // with its '?', or empty
  std::string_view host;    // the Host field's value, or the authority of an absolute-form target
  int minor_version = 1;    // HTTP/1.x
  HeaderList headers;
  BodyFraming framing = BodyFraming::None;  // None, Length or Chunked
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expect_continue = false;
  std::string_view upgrade;  // the protocol asked for, with `Connection: upgrade`; empty otherwise

  [[nodiscard]] bool has_body() const noexcept {
    return framing == BodyFraming::Chunked || content_length > 0;
  }
};

struct ResponseHead {
  int status = 0;  // 100..599
  std::string_view reason;
  int minor_version = 1;
  HeaderList headers;
  BodyFraming framing = BodyFraming::None;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
};

// Why a message is refused. `status` is what a client is told (400, 414, 431, 501, 505); towards a
// backend any of them means 502. `what` is static text such as "bare LF".
struct HttpError {
  int status = 0;
  const char* what = "";
};

// One direction of an HTTP/1 connection (RFC 9112), strict: llhttp does the grammar, and a check of
// our own refuses what it lets through. Ambiguous framing is refused, never repaired: repeated or
// conflicting Content-Length, Transfer-Encoding with Content-Length or other than exactly
// `chunked`, Transfer-Encoding on HTTP/1.0, malformed chunks, bare LF or CR, obs-fold, white space
// before the colon, control bytes, missing, repeated or malformed Host, other protocol names and
// versions.
//
// Use: reset(); parse_head() until Complete; then parse_body() until done; then reset() again.
class Http1Parser {
 public:
  enum class Kind : std::uint8_t { Request, Response };
  struct Limits {
    std::size_t header_bytes = 32 * 1024;
    std::size_t header_count = 100;
  };
  enum class Status : std::uint8_t { Incomplete, Complete, Failed };

  explicit Http1Parser(Kind kind, Limits limits);
  ~Http1Parser();
  Http1Parser(Http1Parser&&) noexcept;
  Http1Parser& operator=(Http1Parser&&) noexcept;

  // Begins the next message on the same connection.
  void reset() noexcept;
  // Responses only, before parse_head: the answer to HEAD has no body. Lasts until the reset()
  // after a final response; the reset() after a 1xx keeps it.
  void expect_no_body(bool head_request) noexcept;

  struct HeadResult {
    Status status = Status::Incomplete;
    std::size_t consumed = 0;  // Complete: bytes of the head, with its blank line
    HttpError error;           // Failed
  };
  // `bytes` begins at the start of the message and is contiguous; on Incomplete call again with the
  // same bytes and more behind them (their address may differ). Up to one empty line before a
  // request line is skipped (RFC 9112 §2.2).
  [[nodiscard]] HeadResult parse_head(std::string_view bytes);
  // Valid after Complete until reset(); views point into the last `bytes`. Mutable: the owner may
  // move the bytes elsewhere with rebase().
  [[nodiscard]] RequestHead& request() noexcept;
  [[nodiscard]] ResponseHead& response() noexcept;

  struct BodyResult {
    Status status = Status::Incomplete;  // Complete: the message has ended (trailers included)
    std::size_t consumed = 0;
    std::string_view data;  // decoded body bytes inside `bytes`; may be empty
    HttpError error;
  };
  // Decodes the front of `bytes`; returns after each contiguous piece of data: call again with the
  // rest until consumed == bytes.size() with empty data, or the status is not Incomplete. The last
  // piece may come together with Complete. Without a body (framing None, or a length of 0) the
  // answer is Complete at once, whatever `bytes` holds. After Failed it fails for ever.
  [[nodiscard]] BodyResult parse_body(std::string_view bytes);
  // The peer closed. True when that ends the message properly (UntilClose, or it was complete).
  [[nodiscard]] bool finish() noexcept;
  // Trailer fields of a chunked message, after Complete; owned by the parser.
  [[nodiscard]] const HeaderList& trailers() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Re-points every view of a head from `from` to a copy of the same bytes at `to`.
void rebase(RequestHead& head, const char* from, const char* to) noexcept;
void rebase(ResponseHead& head, const char* from, const char* to) noexcept;

}  // namespace gateway
