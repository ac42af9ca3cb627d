#include "base/log.h"

namespace gateway {

std::string_view to_string(LogLevel level) noexcept {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warn: return "warn";
    case LogLevel::Error: return "error";
  }
  return "error";
}

void log(Observer& observer, LogLevel level, std::string_view event, std::string_view origin,
         std::string message, Logger::Fields fields) noexcept {
  observer.log(LogRecord{level, event, origin, std::move(message), std::move(fields)});
}

void log(Observer& observer, LogLevel level, std::string_view event, const Error& error) noexcept {
  Logger::Fields fields{{"code", std::string(to_string(error.code))}};
  if (!error.where.empty()) fields.emplace_back("where", error.where);
  log(observer, level, event, error.origin, error.message, std::move(fields));
}

}  // namespace gateway
