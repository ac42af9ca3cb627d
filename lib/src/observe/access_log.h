#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <gateway/observer.h>

namespace gateway {

// One exchange, as the access log shows it. Views live for the call only. Times in microseconds.
struct AccessRecord {
  std::int64_t started_unix_ms = 0;
  std::string_view request_id;
  std::string_view client_address;
  std::string_view scheme, protocol;    // "https", "HTTP/1.1"
  std::string_view method, host, path;  // path without query: queries carry keys
  std::string_view route,
      source;  // "name@source", "ingress"; empty where the gateway answered by itself
  std::string_view revision, operation;    // of an Api with revisions: "users;rev=2", "get-user"
  std::string_view product, subscription;  // whose context the request is in
  std::string_view backend, endpoint;  // "svc@ingress", "10.0.0.1:8080"
  std::string_view
      reason;  // why the gateway itself answered or ended it: "no_path", "connect_failed", …
  std::string_view tls_protocol, sni;
  std::uint64_t version = 0;
  int status = 0, backend_status = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;  // bodies
  std::int64_t total_us = 0, connect_us = 0,
               backend_us = 0;  // backend_us: request sent to response head
  unsigned attempts = 0;
};

// The access log of one worker. Lines are formed on the worker into its own buffer and handed to
// the disk thread in batches; the worker never blocks and never does file I/O. When the disk thread
// falls more than 16 MiB behind, lines are dropped and counted.
class AccessLog {
 public:
  virtual ~AccessLog() = default;
  virtual void write(const AccessRecord& record) noexcept = 0;
  // Hands over what is buffered; called by the worker about every 100 ms and when idle.
  virtual void flush() noexcept = 0;
};

// The disk thread's end: owns the queues, calls Observer::access_log.
class AccessLogWriter {
 public:
  // Starts the disk thread. `observer` outlives it. Null when the system gives no thread.
  static std::unique_ptr<AccessLogWriter> start(Observer& observer);
  virtual ~AccessLogWriter() = default;  // writes what is queued, then ends the thread
  virtual std::unique_ptr<AccessLog>
  open() = 0;  // one for each worker; must not outlive the writer
  // Lines that were given up, of all workers. Any thread.
  [[nodiscard]] virtual std::uint64_t dropped() const noexcept = 0;
};

}  // namespace gateway
