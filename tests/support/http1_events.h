#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/http1_parser.h"

namespace gateway::test {

// How the bytes of a connection arrive.
struct Arrival {
  std::vector<std::size_t> cuts;  // offsets at which one read ends and the next begins
  bool byte_by_byte = false;
  bool then_close = false;
  bool to_head_request = false;  // responses: the request was HEAD
  Http1Parser::Limits limits;
};

namespace detail {

inline std::string framing_text(BodyFraming framing, std::uint64_t length) {
  switch (framing) {
    case BodyFraming::None:
      return "none";
    case BodyFraming::Length:
      return "length=" + std::to_string(length);
    case BodyFraming::Chunked:
      return "chunked";
    case BodyFraming::UntilClose:
      return "until-close";
  }
  return {};
}

inline void add_fields(std::string& out, std::string_view prefix, const HeaderList& fields) {
  for (const auto& field : fields) {
    out.append(prefix).append(field.name).append(": ").append(field.value).append("\n");
  }
}

inline void add_head(std::string& out, const RequestHead& head) {
  out.append(head.method).append(" ").append(head.path).append(" ").append(head.query);
  out.append(" host=").append(head.host);
  out.append(" 1.").append(std::to_string(head.minor_version));
  out.append(" ").append(framing_text(head.framing, head.content_length));
  out.append(head.keep_alive ? " keep" : " close");
  if (head.expect_continue) out.append(" expect");
  if (!head.upgrade.empty()) out.append(" upgrade=").append(head.upgrade);
  out.append("\n");
  add_fields(out, "  ", head.headers);
}

inline void add_head(std::string& out, const ResponseHead& head) {
  out.append(std::to_string(head.status)).append(" '").append(head.reason).append("'");
  out.append(" 1.").append(std::to_string(head.minor_version));
  out.append(" ").append(framing_text(head.framing, head.content_length));
  out.append(head.keep_alive ? " keep" : " close").append("\n");
  add_fields(out, "  ", head.headers);
}

// One connection: what has arrived and is not yet consumed, and what became of the rest.
class Connection {
 public:
  Connection(Http1Parser::Kind kind, const Arrival& arrival)
      : kind_(kind), head_request_(arrival.to_head_request), parser_(kind, arrival.limits) {
    parser_.expect_no_body(head_request_);
  }

  void receive(std::string_view bytes) {
    // A fresh buffer each time: views into the bytes of an earlier call must not be relied upon.
    pending_ = std::string(pending_).append(bytes);
    while (!failed_ && step()) {
    }
  }

  void close() {
    if (in_body_ && parser_.finish()) finish_message();
  }

  std::string text() {
    if (in_body_) out_.append("  body so far '").append(body_).append("'\n");
    if (!failed_ && !in_body_ && !pending_.empty()) out_.append("incomplete head\n");
    return out_;
  }

 private:
  bool step() { return in_body_ ? step_body() : step_head(); }

  bool step_head() {
    if (pending_.empty()) return false;
    const auto result = parser_.parse_head(pending_);
    if (result.status == Http1Parser::Status::Incomplete) return false;
    if (result.status == Http1Parser::Status::Failed) return fail(result.error);
    if (kind_ == Http1Parser::Kind::Request) {
      add_head(out_, parser_.request());
    } else {
      add_head(out_, parser_.response());
    }
    pending_.erase(0, result.consumed);
    in_body_ = true;
    body_.clear();
    return true;
  }

  bool step_body() {
    const auto result = parser_.parse_body(pending_);
    body_.append(result.data);
    const bool progress = result.consumed > 0 || !result.data.empty();
    pending_.erase(0, result.consumed);
    if (result.status == Http1Parser::Status::Failed) return fail(result.error);
    if (result.status == Http1Parser::Status::Incomplete) return progress;
    finish_message();
    return true;
  }

  void finish_message() {
    if (!body_.empty()) out_.append("  body '").append(body_).append("'\n");
    add_fields(out_, "  trailer ", parser_.trailers());
    out_.append("end\n");
    in_body_ = false;
    parser_.reset();
  }

  bool fail(const HttpError& error) {
    if (in_body_) out_.append("  body so far '").append(body_).append("'\n");
    out_.append("error ").append(std::to_string(error.status)).append(" ").append(error.what);
    out_.append("\n");
    failed_ = true;
    in_body_ = false;
    return false;
  }

  Http1Parser::Kind kind_;
  bool head_request_;
  Http1Parser parser_;
  std::string pending_, body_, out_;
  bool in_body_ = false;
  bool failed_ = false;
};

}  // namespace detail

// Reads a whole connection and returns what happened as text, one event a line: the start line with
// what was concluded from the head, each field, the body, each trailer field, and "end" or "error".
inline std::string events(Http1Parser::Kind kind, std::string_view wire,
                          const Arrival& arrival = {}) {
  detail::Connection connection(kind, arrival);
  if (arrival.byte_by_byte) {
    for (const char& byte : wire) connection.receive({&byte, 1});
  } else {
    std::size_t from = 0;
    for (const std::size_t cut : arrival.cuts) {
      const std::size_t to = std::clamp(cut, from, wire.size());
      connection.receive(wire.substr(from, to - from));
      from = to;
    }
    connection.receive(wire.substr(from));
  }
  if (arrival.then_close) connection.close();
  return connection.text();
}

}  // namespace gateway::test
