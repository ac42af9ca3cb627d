#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gateway {

// The strict look at a block of lines up to its blank line (RFC 9112 §2.2, §5): every line ends in
// CRLF and nothing else, no control byte but HTAB, no folded field line, no empty field name. One
// pass over the bytes, which remembers how far it came: a head that arrives byte by byte costs
// linear work. Grammar inside a line is not its concern.
class LineScan {
 public:
  enum class Outcome : std::uint8_t {
    NeedMore,
    End,
    BareCr,
    BareLf,
    ControlByte,
    Folded,
    EmptyName,
    EmptyStartLine,
    TooManyLines,
  };

  // With a start line the first line is exempt from the rules for field lines, and must not be
  // empty.
  LineScan(bool start_line, std::size_t max_fields) noexcept
      : has_start_line_(start_line), max_lines_(max_fields + (start_line ? 1 : 0)) {}

  void reset() noexcept { position_ = line_start_ = lines_ = first_line_ = 0; }

  // `block` begins where it began in the last call, with more bytes at its end. Not to be called
  // again after another outcome than NeedMore.
  [[nodiscard]] Outcome scan(std::string_view block) noexcept;

  // After End: the size of the block with its blank line.
  [[nodiscard]] std::size_t size() const noexcept { return position_; }
  // The length of the start line without its CRLF; 0 until it is complete.
  [[nodiscard]] std::size_t start_line() const noexcept { return first_line_; }
  [[nodiscard]] bool started() const noexcept { return lines_ > 0; }

 private:
  Outcome line_end(const char* base, std::size_t line_feed) noexcept;
  Outcome control(const char* base, std::size_t at, std::size_t size) noexcept;

  bool has_start_line_;
  std::size_t max_lines_;
  std::size_t position_ = 0;  // all before it is checked
  std::size_t line_start_ = 0;
  std::size_t lines_ = 0;  // complete ones
  std::size_t first_line_ = 0;
};

// Static text for a refusal.
[[nodiscard]] const char* describe(LineScan::Outcome outcome) noexcept;

}  // namespace gateway
