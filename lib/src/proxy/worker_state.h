#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gateway/gateway.h>

#include "observe/access_log.h"
#include "policy/hub.h"
#include "proxy/policy_run.h"
#include "proxy/worker.h"
#include "registry/version.h"
#include "tls/tls_session.h"
#include "upstream/pool.h"
#include "upstream/worker_context.h"

namespace gateway {

class Http1Server;

// A Version and how many exchanges of this worker serve from it: a plain count, as one thread
// counts.
struct PinnedVersion {
  VersionPtr version;
  std::uint64_t exchanges = 0;
};

// All that a worker's connections and exchanges reach. One thread.
struct WorkerState {
  WorkerState(uv_loop_t* loop, WorkerOptions the_options, VersionPtr version);

  [[nodiscard]] GatewayState gateway_state() const noexcept {
    return options.state->load(std::memory_order_relaxed);
  }
  // The Version to serve from that begins now: the newest one offered, even before the worker's
  // loop is told of it, so that a Version serves everywhere as soon as it is published.
  PinnedVersion& latest() noexcept {
    if (offered_number_.load(std::memory_order_acquire) != current->version->number)
      adopt_offered();
    return *current;
  }
  PinnedVersion* pin() noexcept {
    PinnedVersion& pinned = latest();
    ++pinned.exchanges;
    return &pinned;
  }
  // The last exchange of an old Version lets it go, to the control thread.
  void unpin(PinnedVersion* pinned) noexcept;
  // Any thread.
  void offer(VersionPtr version) noexcept;
  // Lets the Version before go as soon as no exchange is served from it.
  void adopt_offered() noexcept;
  [[nodiscard]] std::uint64_t offered_number() const noexcept {
    return offered_number_.load(std::memory_order_acquire);
  }
  // 32 hex digits that no client can predict the next of from outside; into `out`.
  void make_request_id(std::array<char, 32>& out) noexcept;

  void remove(Http1Server& server) noexcept;
  // A run for an exchange, and back: it is ended, and kept for the next one.
  [[nodiscard]] std::unique_ptr<PolicyRun> take_run();
  void keep(std::unique_ptr<PolicyRun> run) noexcept;

  WorkerOptions options;
  WorkerContext context;
  Pools pools;
  std::unique_ptr<policy::Hub::WorkerServices> policies;
  std::vector<std::unique_ptr<PolicyRun>> idle_runs;
  std::vector<std::unique_ptr<PolicyRun>> dead_runs;  // freed on the next tick
  std::unique_ptr<TlsServer> tls;
  PinnedVersion* current = nullptr;
  std::vector<std::unique_ptr<PinnedVersion>> versions;
  std::vector<std::unique_ptr<Http1Server>> servers;
  std::vector<std::unique_ptr<Http1Server>> dead;
  std::uint16_t https_port = 0;  // of the first TLS listener; 0 = none
  bool draining = false;

 private:
  void adopt(VersionPtr version) noexcept;

  std::array<std::uint64_t, 4> random_{};
  std::atomic<std::uint64_t> offered_number_{0};
  std::mutex offered_mutex_;
  VersionPtr offered_;  // guarded by offered_mutex_; null once adopted
};

}  // namespace gateway
