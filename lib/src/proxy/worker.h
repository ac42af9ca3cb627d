#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gateway/gateway.h>
#include <gateway/options.h>
#include <gateway/result.h>

#include "observe/access_log.h"
#include "observe/metrics.h"
#include "policy/hub.h"
#include "registry/version.h"
#include "tls/tls_session.h"
#include "upstream/forbidden_addresses.h"

namespace gateway {

// A bound, listening socket; the worker owns the descriptor from create() on.
struct WorkerListener {
  int fd = -1;
  bool tls = false;
};

struct WorkerOptions {
  unsigned index = 0;
  const GatewayOptions* gateway = nullptr;        // outlives the worker; `environment` is complete
  const ForbiddenAddresses* forbidden = nullptr;  // outlives the worker; complete before start()
  std::vector<WorkerListener> listeners;
  std::shared_ptr<TicketKeys> ticket_keys;
  const std::atomic<GatewayState>* state =
      nullptr;  // Ready: serve; Starting: 503 with Retry-After; Draining: serve, close afterwards
  std::atomic<std::uint64_t>* connections = nullptr;  // of all workers, for Limits::connections
  std::shared_ptr<policy::Hub> policies;  // null: no policy is ever run
  std::unique_ptr<AccessLog> access_log;              // null = off
  Observer* observer = nullptr;
  // Where the last reference to a Version (and other control-thread objects) is to be dropped.
  std::function<void(VersionPtr)> release;
};

// One thread with one loop: listeners, connections, exchanges and upstream pools. Connections never
// move between workers. All methods may be called from the control thread or the owner's thread.
class Worker {
 public:
  static Result<std::unique_ptr<Worker>> create(WorkerOptions options, VersionPtr version);
  virtual ~Worker() = default;  // stop() and join, if that was not done
  virtual void start() = 0;     // starts the thread
  // New exchanges and handshakes are served from this Version once it returns.
  virtual void adopt(VersionPtr version) noexcept = 0;
  // Empties the accept queue, closes the listeners, closes idle connections, answers the rest with
  // `Connection: close`. `drained` is called on the worker's thread once nothing is left.
  virtual void drain(std::function<void()> drained) noexcept = 0;
  // Ends everything at once, and the thread; blocks until it has ended. Idempotent.
  virtual void stop() noexcept = 0;
  [[nodiscard]] virtual const WorkerMetrics& metrics() const noexcept = 0;
  // The number of the Version that new exchanges use.
  [[nodiscard]] virtual std::uint64_t version() const noexcept = 0;
};

// Binds and listens with SO_REUSEPORT, one descriptor for each worker. With a fixed port, first
// probes without SO_REUSEPORT that nobody else holds it. Returns `count` descriptors and the port.
struct BoundListener {
  std::vector<int> fds;
  std::uint16_t port = 0;
};
[[nodiscard]] Result<BoundListener> bind_listener(const ListenerOptions& options, unsigned count);

// The label of WorkerMetrics::own_answers[i], such as "no_path"; empty past the last.
[[nodiscard]] std::string_view own_answer_name(std::size_t index) noexcept;

}  // namespace gateway
