#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "upstream/client_stream.h"
#include "upstream/compiled_backend.h"
#include "upstream/http1_client.h"
#include "upstream/resolver.h"
#include "upstream/worker_context.h"

namespace gateway {

// Connections that may stand in for one another.
struct Pool {
  std::string key;
  std::vector<Http1Client*> idle;  // the newest last, taken first
  std::size_t active = 0;
  std::size_t users = 0;  // backends in use that name it
};

// The connections of one worker to all backends.
class Pools {
 public:
  explicit Pools(WorkerContext& context);
  ~Pools();

  // A stream to one of the backend's endpoints, which take turns; with `endpoint` given, to the one
  // after it. `fresh`: no kept connection. The stream is ready at once, or on_stream_ready follows.
  // `endpoint` tells which one it is. The backend has endpoints.
  ClientStream* acquire(const std::shared_ptr<const CompiledBackend>& backend, bool fresh,
                        ClientStreamEvents& events, const CompiledEndpoint*& endpoint);
  // Lets go of backends that no Version in use names any more, and closes the idle connections that
  // only they could use. About once a second.
  void prune();
  // Frees what ended since the last call; not from inside a callback of a connection.
  void bury() { dead_.clear(); }
  void close_idle();
  void close_all();

  // For Http1Client alone.
  void put_back(Http1Client& client) noexcept;
  void remove(Http1Client& client) noexcept;
  [[nodiscard]] Resolver& resolver() noexcept { return resolver_; }

 private:
  struct InUse {
    std::weak_ptr<const CompiledBackend> backend;  // of Versions; not kept alive from here
    std::vector<Pool*> pools;                      // by endpoint
    std::size_t next = 0;
  };
  InUse& in_use(const std::shared_ptr<const CompiledBackend>& backend);
  static void forget(InUse& use) noexcept;

  WorkerContext& context_;
  Resolver resolver_;
  std::unordered_map<std::string, std::unique_ptr<Pool>> pools_;
  std::unordered_map<const CompiledBackend*, InUse> backends_;
  std::vector<std::unique_ptr<Http1Client>> clients_;
  std::vector<std::unique_ptr<Http1Client>> dead_;
};

}  // namespace gateway
