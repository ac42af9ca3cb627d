#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/error.h>
#include <gateway/observer.h>

namespace gateway {

// Fans records out to the observers of one gateway. Filled before the threads start, then constant:
// thread-safe. Outlives everything that logs.
class Logger final : public Observer {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  void add(std::shared_ptr<Observer> observer) { observers_.push_back(std::move(observer)); }

  void log(const LogRecord& record) noexcept override {
    for (const auto& observer : observers_) observer->log(record);
  }
  void access_log(std::string_view lines) noexcept override {
    for (const auto& observer : observers_) observer->access_log(lines);
  }
  void published(std::uint64_t version) noexcept override {
    for (const auto& observer : observers_) observer->published(version);
  }
  void ready() noexcept override {
    for (const auto& observer : observers_) observer->ready();
  }

 private:
  std::vector<std::shared_ptr<Observer>> observers_;
};

// Shorthand for the parts of the library: one record to `observer`.
void log(Observer& observer, LogLevel level, std::string_view event, std::string_view origin,
         std::string message, Logger::Fields fields = {}) noexcept;
// An Error as a record: its code and `where` become fields.
void log(Observer& observer, LogLevel level, std::string_view event, const Error& error) noexcept;

}  // namespace gateway
