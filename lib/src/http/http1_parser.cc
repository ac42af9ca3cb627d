#include "http/http1_parser.h"

#include <algorithm>

#include "base/strings.h"
#include "http/chunked_decoder.h"
#include "http/field_section.h"
#include "http/line_scan.h"
#include "http/path.h"

namespace gateway {
namespace {

// The target of `OPTIONS http://host` on its way to an origin (RFC 9112 §3.2.4); not in the buffer.
constexpr std::string_view kAsterisk = "*";

constexpr std::uint64_t kMaxContentLength = 0x7fff'ffff'ffff'ffff;

// The digit after "HTTP/1.", or the reason why the text is no version of ours.
HttpError read_version(std::string_view text, int& minor) noexcept {
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || !is_digit(text[5]) || text[6] != '.' ||
      !is_digit(text[7])) {
    return {400, "malformed protocol version"};
  }
  if (text[5] != '1' || text[7] > '1') return {505, "HTTP version not supported"};
  minor = text[7] - '0';
  return {};
}

// One past the scheme's "://", or npos for another scheme than http and https.
std::size_t after_scheme(std::string_view target) noexcept {
  if (target.size() > 7 && iequals(target.substr(0, 7), "http://")) return 7;
  if (target.size() > 8 && iequals(target.substr(0, 8), "https://")) return 8;
  return std::string_view::npos;
}

// Splits a target without its fragment (there must be none) into authority, path and query.
HttpError read_target(RequestHead& head) noexcept {
  const std::string_view target = head.target;
  if (target.empty()) return {400, "empty request target"};
  if (head.method == "CONNECT") return {501, "CONNECT is not implemented"};
  std::size_t query = target.size();
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto byte = static_cast<unsigned char>(target[i]);
    if (byte <= 0x20 || byte >= 0x7f) return {400, "byte not allowed in a request target"};
    if (byte == '#') return {400, "fragment in a request target"};
    if (byte == '?' && query == target.size()) query = i;
  }
  head.query = target.substr(query);
  if (target.front() == '/') {
    head.path = target.substr(0, query);
    return {};
  }
  if (target == "*" && head.method == "OPTIONS") {
    head.path = target;
    return {};
  }
  const std::size_t authority = after_scheme(target);
  if (authority == std::string_view::npos) return {400, "malformed request target"};
  const std::size_t slash = std::min(target.find('/', authority), query);
  head.host = target.substr(authority, slash - authority);
  if (!is_authority(head.host)) return {400, "malformed authority in a request target"};
  if (slash < query) {
    head.path = target.substr(slash, query - slash);
  } else if (head.method == "OPTIONS" && head.query.empty()) {
    head.path = kAsterisk;
  } else {
    head.path =
        target.substr(authority - 1, 1);  // an empty path means "/": the scheme's last slash
  }
  return {};
}

// method SP target SP version (RFC 9112 §3), each separated by exactly one space.
HttpError read_request_line(std::string_view line, RequestHead& head) noexcept {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return {400, "malformed request line"};
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  if (!is_token(head.method)) return {400, "malformed method"};
  if (const auto error = read_version(line.substr(last + 1), head.minor_version);
      error.status != 0) {
    return error;
  }
  return read_target(head);
}

// version SP 3DIGIT [SP reason] (RFC 9112 §4).
HttpError read_status_line(std::string_view line, ResponseHead& head) noexcept {
  const auto error = read_version(line.substr(0, 8), head.minor_version);
  if (error.status != 0) return error;
  const auto code = line.substr(8, 4);
  if (code.size() != 4 || code[0] != ' ' || !is_digit(code[1]) || !is_digit(code[2]) ||
      !is_digit(code[3]) || (line.size() > 12 && line[12] != ' ')) {
    return {400, "malformed status line"};
  }
  head.status = (code[1] - '0') * 100 + (code[2] - '0') * 10 + (code[3] - '0');
  if (head.status < 100 || head.status > 599) return {400, "status out of range"};
  head.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
  return {};
}

// What the fields say about the message as a whole.
struct Summary {
  unsigned hosts = 0, lengths = 0, codings = 0, upgrades = 0;
  std::string_view host, length, coding, upgrade;
  bool close = false, keep_alive = false, upgrade_named = false, expect_continue = false;
};

void read_connection(std::string_view value, Summary& summary) noexcept {
  if (iequals(value, "keep-alive")) {  // by far the most usual
    summary.keep_alive = true;
    return;
  }
  summary.close |= has_token(value, "close");
  summary.keep_alive |= has_token(value, "keep-alive");
  summary.upgrade_named |= has_token(value, "upgrade");
}

Summary summarise(const HeaderList& headers) noexcept {
  Summary summary;
  for (const auto& field : headers) {
    switch (field.id) {
      case HeaderId::Host:
        ++summary.hosts;
        summary.host = field.value;
        break;
      case HeaderId::ContentLength:
        ++summary.lengths;
        summary.length = field.value;
        break;
      case HeaderId::TransferEncoding:
        ++summary.codings;
        summary.coding = field.value;
        break;
      case HeaderId::Connection:
        read_connection(field.value, summary);
        break;
      case HeaderId::Upgrade:
        ++summary.upgrades;
        summary.upgrade = field.value;
        break;
      case HeaderId::Expect:
        summary.expect_continue |= iequals(field.value, "100-continue");
        break;
      default:
        break;
    }
  }
  return summary;
}

HttpError read_length(std::string_view digits, std::uint64_t& length) noexcept {
  if (digits.empty() || digits.size() > 19) return {400, "malformed Content-Length"};
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (!is_digit(c)) return {400, "malformed Content-Length"};
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > kMaxContentLength) return {400, "Content-Length too large"};
  length = value;
  return {};
}

// RFC 9112 §6, without its licence to repair. UntilClose stands for "neither field".
HttpError read_framing(const Summary& summary, int minor_version, BodyFraming& framing,
                       std::uint64_t& length) noexcept {
  framing = BodyFraming::UntilClose;
  if (summary.codings != 0) {
    if (summary.lengths != 0) return {400, "Content-Length beside Transfer-Encoding"};
    if (summary.codings > 1) return {400, "repeated Transfer-Encoding"};
    if (minor_version == 0) return {400, "Transfer-Encoding in HTTP/1.0"};
    if (!iequals(summary.coding, "chunked")) return {400, "Transfer-Encoding other than chunked"};
    framing = BodyFraming::Chunked;
    return {};
  }
  if (summary.lengths == 0) return {};
  if (summary.lengths > 1) return {400, "repeated Content-Length"};
  framing = BodyFraming::Length;
  return read_length(summary.length, length);
}

bool stays_open(const Summary& summary, int minor_version) noexcept {
  return !summary.close && (minor_version == 1 || summary.keep_alive);
}

HttpError read_request_meaning(RequestHead& head) noexcept {
  const Summary summary = summarise(head.headers);
  if (summary.hosts > 1) return {400, "repeated Host"};
  if (summary.hosts == 0 && head.minor_version == 1) return {400, "missing Host"};
  if (summary.hosts == 1) {
    if (!is_authority(summary.host)) return {400, "malformed Host"};
    if (head.host.empty()) head.host = summary.host;
  }
  if (const auto error =
          read_framing(summary, head.minor_version, head.framing, head.content_length);
      error.status != 0) {
    return error;
  }
  if (head.framing == BodyFraming::UntilClose) head.framing = BodyFraming::None;
  head.keep_alive = stays_open(summary, head.minor_version);
  head.expect_continue = summary.expect_continue && head.minor_version == 1;
  if (summary.upgrade_named && summary.upgrades == 1 && head.minor_version == 1) {
    head.upgrade = summary.upgrade;
  }
  return {};
}

HttpError read_response_meaning(ResponseHead& head, bool to_head_request) noexcept {
  const Summary summary = summarise(head.headers);
  const auto error = read_framing(summary, head.minor_version, head.framing, head.content_length);
  if (error.status != 0) return error;
  head.keep_alive =
      stays_open(summary, head.minor_version) && head.framing != BodyFraming::UntilClose;
  const bool never_has_body = head.status < 200 || head.status == 204;
  if (never_has_body || head.status == 304 || to_head_request) {
    // Bytes that such a field announces all the same must not be taken for the next response.
    const bool announces = head.framing == BodyFraming::Chunked ||
                           (head.framing == BodyFraming::Length && head.content_length > 0);
    head.keep_alive = stays_open(summary, head.minor_version) && !(never_has_body && announces);
    head.framing = BodyFraming::None;
  }
  return {};
}

void clear(RequestHead& head) noexcept {
  head.headers.clear();
  head.method = head.target = head.path = head.query = head.host = head.upgrade = {};
  head.minor_version = 1;
  head.framing = BodyFraming::None;
  head.content_length = 0;
  head.keep_alive = true;
  head.expect_continue = false;
}

void clear(ResponseHead& head) noexcept {
  head.headers.clear();
  head.status = 0;
  head.reason = {};
  head.minor_version = 1;
  head.framing = BodyFraming::None;
  head.content_length = 0;
  head.keep_alive = true;
}

void move_view(std::string_view& view, const char* from, const char* to) noexcept {
  if (view.data() == nullptr || view.data() == kAsterisk.data()) return;
  view = {to + (view.data() - from), view.size()};
}

void move_fields(HeaderList& headers, const char* from, const char* to) noexcept {
  for (auto& field : headers) {
    move_view(field.name, from, to);
    move_view(field.value, from, to);
  }
}

}  // namespace

struct Http1Parser::State {
  enum class Stage : std::uint8_t { Head, Body, Done, Failed };

  State(Kind k, Limits l) : kind(k), limits(l), scan(true, l.header_count), chunked(l) {}

  HeadResult fail_head(int status, const char* what) noexcept {
    stage = Stage::Failed;
    error = {status, what};
    return {Status::Failed, 0, error};
  }
  HeadResult too_large(std::string_view block) noexcept;
  HttpError read_head(std::string_view block);
  BodyResult plain_body(std::string_view bytes) noexcept;

  Kind kind;
  Limits limits;
  Stage stage = Stage::Head;
  bool head_request = false;
  std::size_t skipped = 0;  // the empty line before a request line
  BodyFraming framing = BodyFraming::None;
  std::uint64_t remaining = 0;  // of a Length body
  HttpError error;
  LineScan scan;
  RequestHead request;
  ResponseHead response;
  ChunkedDecoder chunked;
};

Http1Parser::Http1Parser(Kind kind, Limits limits)
    : state_(std::make_unique<State>(kind, limits)) {}
Http1Parser::~Http1Parser() = default;
Http1Parser::Http1Parser(Http1Parser&&) noexcept = default;
Http1Parser& Http1Parser::operator=(Http1Parser&&) noexcept = default;

void Http1Parser::reset() noexcept {
  State& s = *state_;
  if (s.response.status < 100 || s.response.status > 199) s.head_request = false;
  s.stage = State::Stage::Head;
  s.skipped = 0;
  s.framing = BodyFraming::None;
  s.remaining = 0;
  s.error = {};
  s.scan.reset();
  if (s.kind == Kind::Request) {
    clear(s.request);
  } else {
    clear(s.response);
  }
  s.chunked.clear_trailers();
}

void Http1Parser::expect_no_body(bool head_request) noexcept {
  state_->head_request = head_request;
}

// A head that outgrew its limit without an end in sight.
Http1Parser::HeadResult Http1Parser::State::too_large(std::string_view block) noexcept {
  if (kind == Kind::Request && (!scan.started() || scan.start_line() >= limits.header_bytes)) {
    const auto space = block.find(' ');
    if (!is_token(block.substr(0, space)) || space == std::string_view::npos) {
      return fail_head(400, "malformed method");
    }
    return fail_head(414, "request target too long");
  }
  return fail_head(431, "head too large");
}

HttpError Http1Parser::State::read_head(std::string_view block) {
  const auto line = block.substr(0, scan.start_line());
  const auto fields = block.substr(line.size() + 2);
  const bool is_request = kind == Kind::Request;
  const auto start =
      is_request ? read_request_line(line, request) : read_status_line(line, response);
  if (start.status != 0) return start;
  if (const char* wrong =
          read_fields(fields, is_request, is_request ? request.headers : response.headers)) {
    return {400, wrong};
  }
  const auto meaning =
      is_request ? read_request_meaning(request) : read_response_meaning(response, head_request);
  framing = is_request ? request.framing : response.framing;
  remaining = is_request ? request.content_length : response.content_length;
  return meaning;
}

Http1Parser::HeadResult Http1Parser::parse_head(std::string_view bytes) {
  State& s = *state_;
  if (s.stage == State::Stage::Failed) return {Status::Failed, 0, s.error};
  if (s.kind == Kind::Request && s.skipped == 0 && !s.scan.started()) {
    if (bytes == "\r") return {};
    if (bytes.substr(0, 2) == "\r\n") s.skipped = 2;
  }
  const auto block = bytes.substr(std::min(s.skipped, bytes.size()));
  const auto outcome = s.scan.scan(block);
  if (outcome == LineScan::Outcome::NeedMore) {
    return block.size() >= s.limits.header_bytes ? s.too_large(block) : HeadResult{};
  }
  if (outcome == LineScan::Outcome::TooManyLines) return s.fail_head(431, describe(outcome));
  if (outcome != LineScan::Outcome::End) return s.fail_head(400, describe(outcome));
  if (s.scan.size() > s.limits.header_bytes) return s.too_large(block);

  const auto error = s.read_head(block.substr(0, s.scan.size()));
  if (error.status != 0) return s.fail_head(error.status, error.what);
  s.stage = State::Stage::Body;
  if (s.framing == BodyFraming::None || (s.framing == BodyFraming::Length && s.remaining == 0)) {
    s.stage = State::Stage::Done;
  } else if (s.framing == BodyFraming::Chunked) {
    s.chunked.start();
  }
  return {Status::Complete, s.skipped + s.scan.size(), {}};
}

RequestHead& Http1Parser::request() noexcept { return state_->request; }
ResponseHead& Http1Parser::response() noexcept { return state_->response; }

Http1Parser::BodyResult Http1Parser::State::plain_body(std::string_view bytes) noexcept {
  BodyResult result;
  if (framing == BodyFraming::UntilClose) {
    result.data = bytes;
  } else {
    result.data =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining, bytes.size())));
    remaining -= result.data.size();
    if (remaining == 0) result.status = Status::Complete;
  }
  result.consumed = result.data.size();
  return result;
}

Http1Parser::BodyResult Http1Parser::parse_body(std::string_view bytes) {
  State& s = *state_;
  if (s.stage == State::Stage::Done) return {Status::Complete, 0, {}, {}};
  if (s.stage == State::Stage::Failed) return {Status::Failed, 0, {}, s.error};
  if (s.stage == State::Stage::Head) return {};
  auto result = s.framing == BodyFraming::Chunked ? s.chunked.decode(bytes) : s.plain_body(bytes);
  if (result.status == Status::Complete) s.stage = State::Stage::Done;
  if (result.status == Status::Failed) {
    s.stage = State::Stage::Failed;
    s.error = result.error;
    // What was decoded before the fault is handed out first; the next call fails.
    if (!result.data.empty()) {
      result.status = Status::Incomplete;
      result.error = {};
    }
  }
  return result;
}

bool Http1Parser::finish() noexcept {
  State& s = *state_;
  if (s.stage == State::Stage::Body && s.framing == BodyFraming::UntilClose) {
    s.stage = State::Stage::Done;
  }
  return s.stage == State::Stage::Done;
}

const HeaderList& Http1Parser::trailers() const noexcept { return state_->chunked.trailers(); }

void rebase(RequestHead& head, const char* from, const char* to) noexcept {
  move_view(head.method, from, to);
  move_view(head.target, from, to);
  move_view(head.path, from, to);
  move_view(head.query, from, to);
  move_view(head.host, from, to);
  move_view(head.upgrade, from, to);
  move_fields(head.headers, from, to);
}

void rebase(ResponseHead& head, const char* from, const char* to) noexcept {
  move_view(head.reason, from, to);
  move_fields(head.headers, from, to);
}

}  // namespace gateway
