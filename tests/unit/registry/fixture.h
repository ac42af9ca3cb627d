#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "registry/registry.h"

// A registry whose clock the test turns, and words for what it answers.
namespace gateway::test {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_ms() const noexcept override { return seconds_.load() * 1000; }
  [[nodiscard]] std::int64_t steady_ns() const noexcept override {
    return seconds_.load() * 1'000'000'000;
  }
  void set(std::int64_t seconds) { seconds_ = seconds; }
  void advance(std::int64_t seconds) { seconds_ += seconds; }

 private:
  std::atomic<std::int64_t> seconds_{1'000'000};
};

// A folder that goes with the test; in memory where the system has such, as thousands are synced.
class Folder {
 public:
  Folder() {
    const std::filesystem::path memory("/dev/shm");
    std::error_code none;
    const bool usable =
        std::filesystem::is_directory(memory, none) && ::access(memory.c_str(), W_OK) == 0;
    std::string name =
        ((usable ? memory : std::filesystem::temp_directory_path()) / "registry-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class Records final : public Observer {
 public:
  void log(const LogRecord& record) noexcept override {
    const std::lock_guard lock(mutex_);
    events_.emplace_back(record.event);
  }
  [[nodiscard]] bool has(const std::string& event) const {
    const std::lock_guard lock(mutex_);
    return std::find(events_.begin(), events_.end(), event) != events_.end();
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

inline std::shared_ptr<const TlsBinding> default_binding() {
  static const auto made = [] {
    TlsBinding binding;
    binding.identity = generate_tls_identity("default.test").value();
    return std::make_shared<const TlsBinding>(std::move(binding));
  }();
  return made;
}

// "exact" paths are written with a leading '=': "=/users".
inline Api api(const std::string& id, const std::string& route,
               std::optional<std::int64_t> changed_at = {}, const std::string& backend = "b") {
  Api made;
  made.id = id;
  const std::size_t slash = route.find('/');
  made.host = route.substr(0, slash);
  if (made.host.ends_with('=')) {
    made.host.pop_back();
    made.match = MatchType::Exact;
  }
  made.path = route.substr(slash);
  made.backend = backend;
  made.witness.changed_at = changed_at;
  return made;
}

inline Backend backend(const std::string& id, std::uint16_t port = 8080) {
  Backend made;
  made.id = id;
  made.endpoints = {{"127.0.0.1", port}};
  return made;
}

// A snapshot of these Apis and a backend "b".
inline SourceSnapshot snapshot(const std::vector<Api>& apis) {
  SourceSnapshot made;
  made.set(backend("b"));
  for (const Api& one : apis) made.set(one);
  return made;
}

struct NamedSource {
  std::string name;
  std::string kind;  // "" = the name
  std::string scope = {};
};
inline std::vector<NamedSource> named(std::initializer_list<const char*> names) {
  std::vector<NamedSource> made;
  for (const char* name : names) made.push_back({name, {}});
  return made;
}

class TestRegistry {
 public:
  explicit TestRegistry(const std::vector<NamedSource>& sources, ConflictOptions conflict = {},
                        std::string folder = {}, std::int64_t now = 1'000'000) {
    clock_->set(now);
    RegistryOptions options;
    options.conflict = std::move(conflict);
    options.state_folder = std::move(folder);
    options.default_binding = default_binding();
    options.boot_id = "boot";
    options.environment = Environment::system();
    options.environment.clock = clock_;
    options.observer = &records_;
    options.redirect_to_https = redirect;
    RegistryEvents events;
    events.published = [this](VersionPtr version) {
      const std::lock_guard lock(mutex_);
      published_.push_back(std::move(version));
      changed_.notify_all();
    };
    events.report = [this](const std::string& source, PublishReport report) {
      const std::lock_guard lock(mutex_);
      for (const ApiReport& one : report.apis) states_[one.id + "@" + source] = one;
      reports_[source].push_back(std::move(report));
    };
    events.synced = [this] { ++synced_; };
    registry_ = Registry::create(std::move(options), std::move(events)).value();
    for (const NamedSource& source : sources) {
      SourceOptions made;
      made.name = source.name;
      made.kind = source.kind.empty() ? source.name : source.kind;
      made.scope = source.scope;
      sinks_[source.name] = registry_->add_source(made);
    }
    registry_->start();
  }
  ~TestRegistry() { registry_->stop(); }

  void publish(const std::string& source, SourceSnapshot content) {
    sinks_.at(source)->publish(std::move(content));
    registry_->flush();
  }
  void publish(const std::string& source, const std::vector<Api>& apis) {
    publish(source, snapshot(apis));
  }
  void degrade(const std::string& source, const std::string& why) {
    sinks_.at(source)->degraded({ErrorCode::Unavailable, source, why, {}, true});
    registry_->flush();
  }

  // "id@source", "503" for a tombstone, "no host" or "no path".
  [[nodiscard]] std::string answer(const std::string& host, const std::string& path) const {
    const VersionPtr version = registry_->current();
    const RouteMatch match = version->routes.match(host, path);
    if (match.outcome == RouteOutcome::NoHost) return "no host";
    if (!match.api) return "no path";
    return match.api->tombstone.empty() ? match.api->id : "503";
  }
  [[nodiscard]] const CompiledApi* row(const std::string& host, const std::string& path) const {
    return registry_->current()->routes.match(host, path).api;
  }
  [[nodiscard]] ApiReport state(const std::string& api_at_source) const {
    const std::lock_guard lock(mutex_);
    const auto at = states_.find(api_at_source);
    return at == states_.end() ? ApiReport{} : at->second;
  }
  [[nodiscard]] std::vector<PublishReport> reports(const std::string& source) const {
    const std::lock_guard lock(mutex_);
    const auto at = reports_.find(source);
    return at == reports_.end() ? std::vector<PublishReport>() : at->second;
  }
  [[nodiscard]] SourceStatus status(const std::string& source) const {
    for (SourceStatus& one : registry_->sources()) {
      if (one.name == source) return one;
    }
    return {};
  }
  // Every Version that workers would have been given.
  [[nodiscard]] std::vector<VersionPtr> published() const {
    const std::lock_guard lock(mutex_);
    return published_;
  }
  [[nodiscard]] bool reaches_version(std::uint64_t number) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return !published_.empty() && published_.back()->number >= number;
    });
  }
  [[nodiscard]] std::uint64_t version() const { return registry_->version().number; }
  [[nodiscard]] int synced() const { return synced_; }
  [[nodiscard]] VersionPtr registry_version() const { return registry_->current(); }
  [[nodiscard]] const Registry& view() const { return *registry_; }
  [[nodiscard]] Registry& registry() { return *registry_; }
  [[nodiscard]] ManualClock& clock() { return *clock_; }
  [[nodiscard]] const Records& records() const { return records_; }
  [[nodiscard]] std::shared_ptr<SnapshotSink> sink(const std::string& source) {
    return sinks_.at(source);
  }

  inline static bool redirect = false;  // GatewayOptions::redirect_to_https of those made next

 private:
  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>();
  Records records_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<VersionPtr> published_;
  std::map<std::string, ApiReport> states_;
  std::map<std::string, std::vector<PublishReport>> reports_;
  std::atomic<int> synced_{0};
  std::map<std::string, std::shared_ptr<SnapshotSink>> sinks_;
  std::unique_ptr<Registry> registry_;  // its thread calls the above
};

}  // namespace gateway::test
