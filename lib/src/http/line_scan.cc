#include "http/line_scan.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace gateway {

LineScan::Outcome LineScan::line_end(const char* base, std::size_t line_feed) noexcept {
  if (line_feed == line_start_ || base[line_feed - 1] != '\r') return Outcome::BareLf;
  const std::size_t length = line_feed - 1 - line_start_;
  if (length == 0) {
    if (has_start_line_ && lines_ == 0) return Outcome::EmptyStartLine;
    position_ = line_feed + 1;
    return Outcome::End;
  }
  if (has_start_line_ && lines_ == 0) {
    first_line_ = length;
  } else {
    const char first = base[line_start_];
    if (first == ' ' || first == '\t') return Outcome::Folded;
    if (first == ':') return Outcome::EmptyName;
  }
  if (++lines_ > max_lines_) return Outcome::TooManyLines;
  line_start_ = line_feed + 1;
  return Outcome::NeedMore;
}

LineScan::Outcome LineScan::control(const char* base, std::size_t at, std::size_t size) noexcept {
  switch (base[at]) {
    case '\t':
      return Outcome::NeedMore;
    case '\n':
      return line_end(base, at);
    case '\r':
      return at + 1 < size && base[at + 1] != '\n' ? Outcome::BareCr : Outcome::NeedMore;
    default:
      return Outcome::ControlByte;
  }
}

LineScan::Outcome LineScan::scan(std::string_view block) noexcept {
  const char* base = block.data();
  const std::size_t size = block.size();
  std::size_t at = position_;
#if defined(__SSE2__)
  const __m128i space = _mm_set1_epi8(0x20);
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; at + 16 <= size; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(base + at));
    const __m128i text = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, del),
                                          _mm_cmpeq_epi8(_mm_max_epu8(bytes, space), bytes));
    unsigned found = ~static_cast<unsigned>(_mm_movemask_epi8(text)) & 0xffffu;
    while (found != 0) {
      const Outcome outcome = control(base, at + static_cast<unsigned>(__builtin_ctz(found)), size);
      if (outcome != Outcome::NeedMore) return outcome;
      found &= found - 1;
    }
  }
#endif
  for (; at < size; ++at) {
    const auto byte = static_cast<unsigned char>(base[at]);
    if (byte >= 0x20 && byte != 0x7f) continue;
    const Outcome outcome = control(base, at, size);
    if (outcome != Outcome::NeedMore) return outcome;
  }
  // A CR at the very end is looked at again, once what follows it is here.
  position_ = size > position_ && base[size - 1] == '\r' ? size - 1 : size;
  return Outcome::NeedMore;
}

const char* describe(LineScan::Outcome outcome) noexcept {
  switch (outcome) {
    case LineScan::Outcome::BareCr:
      return "bare CR";
    case LineScan::Outcome::BareLf:
      return "bare LF";
    case LineScan::Outcome::ControlByte:
      return "control byte";
    case LineScan::Outcome::Folded:
      return "folded field line";
    case LineScan::Outcome::EmptyName:
      return "empty field name";
    case LineScan::Outcome::EmptyStartLine:
      return "empty start line";
    case LineScan::Outcome::TooManyLines:
      return "too many field lines";
    case LineScan::Outcome::NeedMore:
    case LineScan::Outcome::End:
      break;
  }
  return "";
}

}  // namespace gateway
