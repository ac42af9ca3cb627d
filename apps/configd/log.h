#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace configd {

// Whole lines on standard output, written by a thread of their own, which drops the oldest when the
// reader is slow. "<time> <level> configd <event>: <message>"
class Log {
 public:
  virtual ~Log() = default;
  virtual void info(std::string_view event, std::string_view message) = 0;
  virtual void warn(std::string_view event, std::string_view message) = 0;

  static std::unique_ptr<Log> create();
};

}  // namespace configd
