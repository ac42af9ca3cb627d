#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/http1_parser.h"
#include "http/line_scan.h"

namespace gateway {

// A chunked body (RFC 9112 §7.1) with its trailer section. llhttp reads the sizes and keeps count;
// what it lets through (bare CR or LF, control bytes, sizes and extensions without bound) is
// refused before it sees a line. Extensions are dropped. Trailer fields that decide about framing,
// routing, authentication or caching are dropped too.
class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(Http1Parser::Limits limits);
  ~ChunkedDecoder();

  // Begins a body; allocates in the first call only.
  void start();
  // As Http1Parser::parse_body.
  [[nodiscard]] Http1Parser::BodyResult decode(std::string_view bytes);
  [[nodiscard]] const HeaderList& trailers() const noexcept { return trailers_; }
  void clear_trailers() noexcept { trailers_.clear(); }

 private:
  enum class Stage : std::uint8_t { SizeLine, Data, DataEnd, Trailers, Done };
  struct Llhttp;

  const char* framing_bytes(std::string_view bytes, std::size_t& consumed);
  const char* size_byte(char byte) noexcept;
  const char* trailer_bytes(std::string_view bytes, std::size_t& consumed, int& status);
  const char* feed(std::string_view bytes) noexcept;

  Http1Parser::Limits limits_;
  std::unique_ptr<Llhttp> llhttp_;
  Stage stage_ = Stage::Done;
  bool carriage_return_ = false;  // the last byte of the current line
  bool in_extension_ = false;
  std::array<char, 18> size_line_{};  // the current size without its extension
  std::size_t size_bytes_ = 0;
  std::size_t extension_bytes_ = 0;  // of all chunks
  std::uint64_t remaining_ = 0;      // of the current chunk
  LineScan trailer_scan_;
  std::string trailer_section_;
  HeaderList read_, trailers_;
};

}  // namespace gateway
