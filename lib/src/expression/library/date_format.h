#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>

// .NET's standard and custom date, time and time-span format strings and their parsing, invariant
// culture. Local time is UTC here.
namespace gateway::expression {

// Clock time with what is known of its zone.
struct DateText {
  std::int64_t ticks = 0;
  std::uint32_t kind = 0;                        // DateTimeKind, of a DateTime
  std::optional<std::int32_t> offset_minutes{};  // of a DateTimeOffset
};

// Appends. False: no such format.
[[nodiscard]] bool format_date(const DateText& date, std::string_view format,
                               std::pmr::string& out);
[[nodiscard]] bool format_time_span(std::int64_t ticks, std::string_view format,
                                    std::pmr::string& out);

// System.Globalization.DateTimeStyles.
struct DateStyles {
  static constexpr std::uint32_t kLeadingWhite = 1, kTrailingWhite = 2, kInnerWhite = 4,
                                 kNoCurrentDate = 8, kAdjustToUniversal = 16, kAssumeLocal = 32,
                                 kAssumeUniversal = 64, kRoundtripKind = 128;
};

// What a text says: clock time, and the offset from UTC where it says one.
struct ParsedDate {
  std::int64_t ticks = 0;
  std::optional<std::int32_t> offset_minutes{};
  bool zulu = false;  // the offset was written Z or GMT
};
// DateTime.Parse: ISO 8601, RFC 1123 and the invariant culture's forms. `today`: ticks of the day
// that a time alone means.
[[nodiscard]] std::optional<ParsedDate> parse_date(std::string_view text, std::int64_t today);
// DateTime.ParseExact with a standard or custom format.
[[nodiscard]] std::optional<ParsedDate> parse_date_exact(std::string_view text,
                                                         std::string_view format,
                                                         std::uint32_t styles, std::int64_t today);
// The DateTime that .NET makes of it: UTC of what has an offset. nullopt: out of range.
[[nodiscard]] std::optional<DateText> date_time_of(const ParsedDate& parsed, std::uint32_t styles);

enum class SpanFault : std::uint8_t { None, Format, Overflow };
// TimeSpan.Parse: "[-][d.]hh:mm[:ss[.fffffff]]", "d", "d:hh:mm:ss".
[[nodiscard]] std::optional<std::int64_t> parse_time_span(std::string_view text, SpanFault& fault);
// TimeSpan.ParseExact with "c", "g", "G" or a custom format.
[[nodiscard]] std::optional<std::int64_t> parse_time_span_exact(std::string_view text,
                                                                std::string_view format,
                                                                SpanFault& fault);

// The pattern behind a standard format letter; empty: there is none.
[[nodiscard]] std::string_view date_pattern(char letter) noexcept;

}  // namespace gateway::expression
