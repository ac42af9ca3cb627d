#include "log.h"

#include <spdlog/async.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace configd {
namespace {

// Control bytes are shown as such: a line stays a line.
std::string printable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out;
}

class SpdlogLog final : public Log {
 public:
  SpdlogLog()
      : pool_(std::make_shared<spdlog::details::thread_pool>(8192, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "configd", std::make_shared<spdlog::sinks::stdout_sink_mt>(), pool_,
            spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        "%Y-%m-%dT%H:%M:%S.%eZ %-5l %n %v", spdlog::pattern_time_type::utc));
    logger_->flush_on(spdlog::level::info);
  }

  void info(std::string_view event, std::string_view message) override {
    log(spdlog::level::info, event, message);
  }
  void warn(std::string_view event, std::string_view message) override {
    log(spdlog::level::warn, event, message);
  }

 private:
  void log(spdlog::level::level_enum level, std::string_view event, std::string_view message) {
    const std::string line = std::string(event) + ": " + printable(message);
    logger_->log(level, spdlog::string_view_t(line.data(), line.size()));
  }

  std::shared_ptr<spdlog::details::thread_pool> pool_;  // writes what is queued before it ends
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

std::unique_ptr<Log> Log::create() { return std::make_unique<SpdlogLog>(); }

}  // namespace configd
