#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The rules of a time zone: a TZif file (RFC 8536) of the system's zoneinfo.
namespace gateway::expression {

// When a POSIX TZ string changes to or from daylight saving time.
struct ZoneChange {
  enum class Form : std::uint8_t { MonthWeekDay, Julian, Zero } form = Form::MonthWeekDay;
  int month = 0, week = 0, day = 0;
  std::int32_t seconds = 7200;  // of the local day
};

struct ZoneOffset {
  std::int32_t seconds = 0;  // ahead of UTC
  bool daylight = false;
};

class ZoneRules {
 public:
  // The contents of a TZif file; nullopt: it is none.
  static std::optional<ZoneRules> parse(std::string_view tzif);
  // By IANA or Windows id, from `folder`. nullopt: unknown here.
  static std::optional<ZoneRules> load(std::string_view id,
                                       const std::string& folder = "/usr/share/zoneinfo");

  // Seconds since 1970.
  [[nodiscard]] ZoneOffset at_utc(std::int64_t seconds) const;
  struct Local {
    ZoneOffset offset;  // standard time where the clock shows a time twice or never
    bool ambiguous = false;
    bool invalid = false;
  };
  [[nodiscard]] Local at_local(std::int64_t seconds) const;
  // Of today's rules.
  [[nodiscard]] std::int32_t standard_offset() const;
  [[nodiscard]] bool has_daylight() const;

 private:
  struct Footer {
    std::int32_t standard = 0;
    bool has_daylight = false;
    std::int32_t daylight = 0;
    ZoneChange start, end;
  };
  static std::optional<Footer> parse_footer(std::string_view text);
  [[nodiscard]] ZoneOffset by_footer(std::int64_t seconds) const;

  std::vector<std::int64_t> transitions_;
  std::vector<std::uint8_t> kinds_;  // of each transition: an index of types_
  std::vector<ZoneOffset> types_;
  std::optional<Footer> footer_;
};

// "Romance Standard Time" → "Europe/Paris"; empty: no such Windows id.
[[nodiscard]] std::string_view iana_of_windows(std::string_view id) noexcept;

}  // namespace gateway::expression
