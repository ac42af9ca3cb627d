#include "log_sink.h"

#include <cerrno>
#include <chrono>
#include <ctime>
#include <mutex>

#include <poll.h>
#include <unistd.h>

#include <fmt/chrono.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/async.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

namespace gatewayd {
namespace {

using gateway::LogLevel;
using gateway::LogRecord;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return spdlog::level::debug;
    case LogLevel::Info: return spdlog::level::info;
    case LogLevel::Warn: return spdlog::level::warn;
    case LogLevel::Error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

spdlog::level::level_enum least_level(const std::string& name) {
  if (name == "all" || name == "debug") return spdlog::level::debug;
  if (name == "warn") return spdlog::level::warn;
  if (name == "error") return spdlog::level::err;
  if (name == "fatal") return spdlog::level::critical;
  return spdlog::level::info;
}

// What reaches a terminal or a line-based collector keeps its line: control bytes are shown as such.
void append_text(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

std::string timestamp() {
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)), ms);
}

std::string text_line(const LogRecord& record) {
  std::string line = fmt::format("{} {:<5} {} {}: ", timestamp(), gateway::to_string(record.level), record.origin,
                                 record.event);
  append_text(line, record.message);
  for (const auto& [name, value] : record.fields) {
    line += ' ';
    append_text(line, name);
    line += "=\"";
    append_text(line, value);
    line += '"';
  }
  line += '\n';
  return line;
}

std::string json_line(const LogRecord& record) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  const auto member = [&](std::string_view name, std::string_view value) {
    writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  member("time", timestamp());
  member("level", gateway::to_string(record.level));
  member("origin", record.origin);
  member("event", record.event);
  member("message", record.message);
  if (!record.fields.empty()) {
    writer.Key("fields");
    writer.StartObject();
    for (const auto& [name, value] : record.fields) member(name, value);
    writer.EndObject();
  }
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + '\n';
}

// One lock around each write of whole lines.
class Descriptor final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}

  void write_lines(std::string_view lines) {
    const std::lock_guard lock(mutex_);
    write_all(lines);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    write_all({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}

  void write_all(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno == EAGAIN) {
        pollfd wait{descriptor_, POLLOUT, 0};
        ::poll(&wait, 1, -1);
      } else if (errno != EINTR) {
        return;  // nobody reads any more: the gateway serves on
      }
    }
  }

  int descriptor_;
};

class SpdlogSink final : public LogSink {
 public:
  SpdlogSink(LogForm form, spdlog::level::level_enum least, int descriptor)
      : form_(form),
        descriptor_(std::make_shared<Descriptor>(descriptor)),
        pool_(std::make_shared<spdlog::details::thread_pool>(8192, 1)),
        logger_(std::make_shared<spdlog::async_logger>("gatewayd", descriptor_, pool_,
                                                       spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_level(form == LogForm::None ? spdlog::level::off : least);
  }

  void log(const LogRecord& record) noexcept override {
    try {
      const auto level = spdlog_level(record.level);
      if (!logger_->should_log(level)) return;
      const std::string text = line(record);
      logger_->log(level, spdlog::string_view_t(text.data(), text.size()));
    } catch (...) {
      // A line that cannot be formed is lost; the traffic behind it is not.
    }
  }

  void access_log(std::string_view lines) noexcept override {
    try {
      descriptor_->write_lines(lines);
    } catch (...) {
    }
  }

  void announce(std::string_view event, const std::string& message) override {
    LogRecord record;
    record.event = event;
    record.origin = "gatewayd";
    record.message = message;
    descriptor_->write_lines(form_ == LogForm::None ? message + '\n' : line(record));
  }

 private:
  std::string line(const LogRecord& record) const {
    return form_ == LogForm::Json ? json_line(record) : text_line(record);
  }

  LogForm form_;
  std::shared_ptr<Descriptor> descriptor_;
  std::shared_ptr<spdlog::details::thread_pool> pool_;  // writes what is queued before it ends
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

std::shared_ptr<LogSink> LogSink::create(LogForm form, const std::string& least, int descriptor) {
  return std::make_shared<SpdlogSink>(form, least_level(least), descriptor);
}

}  // namespace gatewayd
