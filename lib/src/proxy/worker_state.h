#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gateway/gateway.h>

#include "observe/access_log.h"
#include "proxy/worker.h"
#include "registry/version.h"
#include "tls/tls_session.h"
#include "upstream/pool.h"
#include "upstream/worker_context.h"

namespace gateway {

class Http1Server;

// A Version and how many exchanges of this worker serve from it: a plain count, as one thread counts.
struct PinnedVersion {
  VersionPtr version;
  std::uint64_t exchanges = 0;
};

// All that a worker's connections and exchanges reach. One thread.
struct WorkerState {
  WorkerState(uv_loop_t* loop, WorkerOptions the_options);

  [[nodiscard]] GatewayState gateway_state() const noexcept { return options.state->load(std::memory_order_relaxed); }
  PinnedVersion* pin() noexcept {
    ++current->exchanges;
    return current;
  }
  // The last exchange of an old Version lets it go, to the control thread.
  void unpin(PinnedVersion* pinned) noexcept;
  void adopt(VersionPtr version) noexcept;
  // 32 hex digits that no client can predict the next of from outside; into `out`.
  void make_request_id(std::array<char, 32>& out) noexcept;

  void remove(Http1Server& server) noexcept;

  WorkerOptions options;
  WorkerContext context;
  Pools pools;
  std::unique_ptr<TlsServer> tls;
  PinnedVersion* current = nullptr;
  std::vector<std::unique_ptr<PinnedVersion>> versions;
  std::vector<std::unique_ptr<Http1Server>> servers;
  std::vector<std::unique_ptr<Http1Server>> dead;
  std::atomic<std::uint64_t> version_number{0};
  std::uint16_t https_port = 0;   // of the first TLS listener; 0 = none
  bool draining = false;

 private:
  std::array<std::uint64_t, 4> random_{};
};

}  // namespace gateway
