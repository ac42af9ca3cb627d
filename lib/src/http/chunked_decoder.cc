#include "http/chunked_decoder.h"

#include <algorithm>
#include <array>

#include <llhttp.h>

#include "http/field_section.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxSizeDigits = 16;
constexpr std::uint64_t kMaxChunk = 0x7fff'ffff'ffff'ffff;

// RFC 9110 §6.5.1: what must not be merged from a trailer section.
bool forbidden_trailer(const HeaderField& field) noexcept {
  if (field.id != HeaderId::Other) return true;  // each decides about the message or the hop
  static constexpr std::array<std::string_view, 24> kNames{"age",
                                                           "authorization",
                                                           "cache-control",
                                                           "content-encoding",
                                                           "content-range",
                                                           "cookie",
                                                           "expires",
                                                           "if-match",
                                                           "if-modified-since",
                                                           "if-none-match",
                                                           "if-range",
                                                           "if-unmodified-since",
                                                           "max-forwards",
                                                           "pragma",
                                                           "proxy-authentication-info",
                                                           "range",
                                                           "set-cookie",
                                                           "vary",
                                                           "warning",
                                                           "www-authenticate",
                                                           "x-forwarded-port",
                                                           "x-real-ip",
                                                           "authentication-info",
                                                           "ocp-apim-subscription-key"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view name) { return iequals(field.name, name); });
}

}  // namespace

struct ChunkedDecoder::Llhttp {
  llhttp_t parser;
};

ChunkedDecoder::ChunkedDecoder(Http1Parser::Limits limits)
    : limits_(limits), trailer_scan_(false, limits.header_count) {}

ChunkedDecoder::~ChunkedDecoder() = default;

void ChunkedDecoder::start() {
  if (llhttp_ == nullptr) llhttp_ = std::make_unique<Llhttp>();
  llhttp_->parser = chunked_template();
  stage_ = Stage::SizeLine;
  carriage_return_ = in_extension_ = false;
  size_bytes_ = 0;
  extension_bytes_ = 0;
  remaining_ = 0;
  trailer_scan_.reset();
  trailer_section_.clear();
  trailers_.clear();
}

const char* ChunkedDecoder::feed(std::string_view bytes) noexcept {
  if (llhttp_execute(&llhttp_->parser, bytes.data(), bytes.size()) == HPE_OK) return nullptr;
  const char* reason = llhttp_get_error_reason(&llhttp_->parser);
  return reason != nullptr && *reason != '\0' ? reason : "malformed chunk";
}

const char* ChunkedDecoder::size_byte(char byte) noexcept {
  if (in_extension_) {
    return ++extension_bytes_ > limits_.header_bytes ? "chunk extensions too long" : nullptr;
  }
  if (byte == ';') {
    in_extension_ = true;
    return nullptr;
  }
  if (size_bytes_ == kMaxSizeDigits) return "chunk size too long";
  size_line_[size_bytes_++] = byte;
  return nullptr;
}

// The bytes between pieces of data, up to the end of their line. Null, or why they are refused.
const char* ChunkedDecoder::framing_bytes(std::string_view bytes, std::size_t& consumed) {
  std::size_t at = 0;
  bool complete = false;
  while (at < bytes.size() && !complete) {
    const char byte = bytes[at++];
    if (byte == '\n') {
      if (!carriage_return_) return "bare LF";
      complete = true;
    } else if (carriage_return_) {
      return "bare CR";
    } else if (byte == '\r') {
      carriage_return_ = true;
    } else {
      if ((static_cast<unsigned char>(byte) < 0x20 && byte != '\t') || byte == 0x7f) {
        return "control byte";
      }
      if (stage_ == Stage::DataEnd) return "chunk longer than its size";
      if (const char* wrong = size_byte(byte)) return wrong;
    }
  }
  consumed += at;
  if (!complete) return nullptr;
  carriage_return_ = in_extension_ = false;
  if (stage_ == Stage::DataEnd) {
    stage_ = Stage::SizeLine;
    return feed("\r\n");
  }
  if (size_bytes_ == 0) return "chunk without a size";
  size_line_[size_bytes_++] = '\r';
  size_line_[size_bytes_++] = '\n';
  if (const char* wrong = feed({size_line_.data(), size_bytes_})) return wrong;
  size_bytes_ = 0;
  remaining_ = llhttp_->parser.content_length;
  if (remaining_ > kMaxChunk) return "chunk size too large";
  stage_ = remaining_ == 0 ? Stage::Trailers : Stage::Data;
  return nullptr;
}

const char* ChunkedDecoder::trailer_bytes(std::string_view bytes, std::size_t& consumed,
                                          int& status) {
  if (trailer_section_.empty() && bytes.substr(0, 2) == "\r\n") {
    consumed += 2;
    stage_ = Stage::Done;
    return nullptr;
  }
  const std::size_t before = trailer_section_.size();
  const std::size_t room = limits_.header_bytes - std::min(before, limits_.header_bytes);
  trailer_section_.append(bytes.substr(0, room));
  const auto outcome = trailer_scan_.scan(trailer_section_);
  if (outcome == LineScan::Outcome::NeedMore) {
    consumed += trailer_section_.size() - before;
    if (trailer_section_.size() < limits_.header_bytes) return nullptr;
    status = 431;
    return "trailer section too large";
  }
  if (outcome != LineScan::Outcome::End) {
    if (outcome == LineScan::Outcome::TooManyLines) status = 431;
    return describe(outcome);
  }
  consumed += trailer_scan_.size() - before;
  trailer_section_.resize(trailer_scan_.size());
  read_.clear();
  if (const char* wrong = read_fields(trailer_section_, true, read_)) return wrong;
  for (const auto& field : read_) {
    if (!forbidden_trailer(field)) trailers_.add(field.name, field.value, field.id);
  }
  stage_ = Stage::Done;
  return nullptr;
}

Http1Parser::BodyResult ChunkedDecoder::decode(std::string_view bytes) {
  Http1Parser::BodyResult result;
  while (stage_ != Stage::Done && result.consumed < bytes.size()) {
    const std::size_t before = result.consumed;
    const auto rest = bytes.substr(before);
    const char* wrong = nullptr;
    int status = 400;
    if (stage_ == Stage::Data) {
      if (!result.data.empty()) return result;
      result.data = rest.substr(
          0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, rest.size())));
      wrong = feed(result.data);
      result.consumed += result.data.size();
      remaining_ -= result.data.size();
      if (remaining_ == 0) stage_ = Stage::DataEnd;
    } else if (stage_ == Stage::Trailers) {
      wrong = trailer_bytes(rest, result.consumed, status);
    } else {
      wrong = framing_bytes(rest, result.consumed);
    }
    if (wrong != nullptr) {
      result.status = Http1Parser::Status::Failed;
      result.error = {status, wrong};
      result.consumed = before;
      return result;
    }
  }
  if (stage_ == Stage::Done) result.status = Http1Parser::Status::Complete;
  return result;
}

}  // namespace gateway
