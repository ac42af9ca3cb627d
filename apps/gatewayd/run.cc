#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

#include <gateway/gateway.h>

#include "commands.h"
#include "gateway_setup.h"
#include "log_sink.h"

namespace gatewayd {
namespace {

using gateway::Gateway;
using gateway::LogLevel;

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A snapshot or a backup takes tens of megabytes for a moment, on any thread: blocks of that size go
// back to the system when they are freed, where the C library would keep them for each thread.
void give_large_blocks_back() {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  mallopt(M_TRIM_THRESHOLD, 2 << 20);
}

// SIGTERM and SIGINT, waited for by the main thread alone.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  // True when one came; false when `limit` passed first (0 = no limit).
  bool wait(std::chrono::milliseconds limit) const {
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
      if (limit.count() == 0) {
        if (sigwaitinfo(&signals_, nullptr) > 0) return true;
        continue;
      }
      const auto left = std::max(std::chrono::nanoseconds(0),
                                 std::chrono::nanoseconds(end - std::chrono::steady_clock::now()));
      const timespec spec{static_cast<time_t>(left.count() / 1'000'000'000),
                          static_cast<long>(left.count() % 1'000'000'000)};
      if (sigtimedwait(&signals_, nullptr, &spec) > 0) return true;
      if (errno == EAGAIN) return false;
    }
  }

  // From here on the next one has its default effect.
  void release() const { pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr); }

 private:
  sigset_t signals_{};
};

std::string endpoint(const std::string& address, std::uint16_t port) {
  return (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" + std::to_string(port);
}

LogForm log_form(const Settings& settings) {
  const std::string& form = settings.text("telemetry.logs.std");
  return form == "none" ? LogForm::None : form == "json" ? LogForm::Json : LogForm::Text;
}

void tell(LogSink& log, LogLevel level, std::string_view event, std::string message) {
  gateway::LogRecord record;
  record.level = level;
  record.event = event;
  record.origin = "gatewayd";
  record.message = std::move(message);
  log.log(record);
}

int failed(const gateway::Error& error) {
  std::fprintf(stderr, "gatewayd: %s\n", error.to_string().c_str());
  return error.code == gateway::ErrorCode::InvalidArgument ? kBadSettings : kStartFailed;
}

}  // namespace

void print_problems(const std::vector<gateway::Error>& problems) {
  for (const gateway::Error& problem : problems) std::fprintf(stderr, "gatewayd: %s\n", problem.to_string().c_str());
}

int run(const CommandLine& line) {
  const StopSignals stop;
  raise_file_limit();
  give_large_blocks_back();

  SettingsReading reading = read_settings(line.settings);
  GatewaySetup setup;
  if (reading.problems.empty()) {
    setup = set_up_gateway(reading.settings, line.settings.environment);
    reading.problems = std::move(setup.problems);
  }
  if (!reading.problems.empty()) {
    print_problems(reading.problems);
    return kBadSettings;
  }
  const Settings& settings = reading.settings;
  const auto log = LogSink::create(log_form(settings), settings.text("telemetry.logs.std.level"));
  for (std::string& notice : reading.notices) tell(*log, LogLevel::Warn, "SettingsNotice", std::move(notice));

  const std::string address = settings.text("net.server.address");
  const std::string admin_address = settings.text("admin.address");
  const auto start_timeout = setup.options.start_timeout;
  auto made = Gateway::create(std::move(setup.options));
  if (!made) return failed(made.error());
  const std::unique_ptr<Gateway> gateway = std::move(made).value();
  gateway->add_observer(log);
  for (SourceSetup& source : setup.sources) {
    if (auto added = gateway->add_source(std::move(source.options), std::move(source.source)); !added) {
      return failed(added.error());
    }
  }
  if (auto started = gateway->start(); !started) return failed(started.error());
  log->announce("Listening", "listening http=" + endpoint(address, gateway->port(0)) +
                                 " https=" + endpoint(address, gateway->port(1)) +
                                 " admin=" + endpoint(admin_address, gateway->admin_port()) +
                                 " monitor=" + endpoint(address, gateway->monitor_port()));

  if (!stop.wait(start_timeout)) {
    if (auto ready = gateway->wait_ready(); !ready) return failed(ready.error());
    stop.wait(std::chrono::milliseconds(0));
  }
  tell(*log, LogLevel::Info, "Draining", "a signal came: draining; another one ends at once");
  stop.release();
  if (!gateway->drain()) tell(*log, LogLevel::Warn, "DrainTimeout", "requests were cut off: drain.timeout has passed");
  return kDone;
}

}  // namespace gatewayd
