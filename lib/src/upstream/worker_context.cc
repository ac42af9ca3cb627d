#include "upstream/worker_context.h"

#include <ctime>
#include <utility>

namespace gateway {

std::string_view WorkerContext::date() {
  if (std::exchange(date_turn_ms_, now()) == now()) return {date_, 29};
  const std::int64_t second = options.environment.clock->unix_ms() / 1000;
  if (second != date_second_) {
    date_second_ = second;
    const std::time_t time = second;
    std::tm parts{};
    gmtime_r(&time, &parts);
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::snprintf(date_, sizeof date_, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  kDays[parts.tm_wday % 7], parts.tm_mday % 100, kMonths[parts.tm_mon % 12],
                  (parts.tm_year + 1900) % 10000, parts.tm_hour % 100, parts.tm_min % 100,
                  parts.tm_sec % 100);
  }
  return {date_, 29};
}

}  // namespace gateway
