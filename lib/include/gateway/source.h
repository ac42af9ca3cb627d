#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gateway/environment.h>
#include <gateway/error.h>
#include <gateway/observer.h>
#include <gateway/result.h>
#include <gateway/snapshot.h>

namespace gateway {

// What a source speaks into. Shared with the gateway; a source may keep it after stop(), where all
// calls are ignored. Every method may be called on any thread and never blocks.
class SnapshotSink {
 public:
  virtual ~SnapshotSink() = default;
  // The source is synced and wants exactly this. The newest snapshot wins; those between may be
  // skipped. An empty snapshot is a configuration: empty on purpose.
  virtual void publish(SourceSnapshot snapshot) noexcept = 0;
  // The source lost its view of the world. What was last accepted stays in force, marked stale. A
  // source that never published stays "not yet synced".
  virtual void degraded(Error error) noexcept = 0;
};

// A loop thread that runs tasks one after the other, for sources that have no thread of their own.
// All sources share the gateway's control thread: nothing on it may block.
class TaskRunner {
 public:
  virtual ~TaskRunner() = default;
  // Any thread. Tasks run in order; those posted after the gateway stopped are dropped.
  virtual void post(std::function<void()> task) = 0;
  // The uv_loop_t* of the thread, for sources that bring their own libuv handles; use it on that thread only.
  [[nodiscard]] virtual void* native_loop() const noexcept = 0;
};

struct SourceContext {
  std::string name;  // the instance name, unique in the gateway
  std::shared_ptr<SnapshotSink> sink;
  TaskRunner* control = nullptr;          // outlives the source
  const Environment* environment = nullptr;  // clock and entropy; outlives the source
  Observer* observer = nullptr;           // where to log; outlives the source; any thread
};

enum class ApiState : std::uint8_t {
  Serving,      // this Api answers its RouteKey
  Shadowed,     // another Api holds its RouteKey
  Quarantined,  // broken, and not served
  Stale,        // broken, and its last good form is served
};

struct ApiReport {
  std::string id;
  ApiState state = ApiState::Serving;
  std::string reason;  // for all but Serving: who holds the key, or what is broken
};

// Which version serves a snapshot, and what became of it.
struct PublishReport {
  std::uint64_t version = 0;
  std::string revision;                 // of the snapshot that this version serves
  // Only the Apis whose state changed since the last report; all of them in the first one.
  std::vector<ApiReport> apis;
};

// A plugin that says what the configuration should be.
//
// Life: start() once, on the control thread, then any number of publish()/degraded() through the
// sink; on_published() after each Version that serves a snapshot of this source; stop() once.
// Destroyed on the control thread after stop() has called back.
class ConfigSource {
 public:
  virtual ~ConfigSource() = default;
  // Control thread. Must not block. An Error here is a fault of the source's settings and makes
  // Gateway::start fail; trouble with the outside world is degraded(), and retried by the source.
  virtual Result<void> start(SourceContext context) = 0;
  // Control thread. Call `done` once, on the control thread, when nothing of the source runs any more.
  virtual void stop(std::function<void()> done) noexcept = 0;
  // Control thread.
  virtual void on_published(const PublishReport& report) noexcept { (void)report; }
};

}  // namespace gateway
