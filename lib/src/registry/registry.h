#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gateway/options.h>
#include <gateway/result.h>
#include <gateway/routes.h>
#include <gateway/source.h>

#include "registry/source_policies.h"
#include "registry/version.h"
#include "tls/tls_table.h"

namespace gateway {

struct RegistryOptions {
  ConflictOptions conflict;
  std::string state_folder;        // "" = no ledger
  bool redirect_to_https = false;  // GatewayOptions::redirect_to_https
  bool allow_encoded_slash = false;
  std::shared_ptr<const TlsBinding> default_binding;  // of the TLS table
  std::string boot_id;
  SourcePolicies::Options policies;
  std::string routes_source;  // PolicyOptions::routes_source
  Environment environment;
  Observer* observer = nullptr;  // outlives the registry
};

// What the registry tells its owner. Every call comes from the compile thread.
struct RegistryEvents {
  // A new Version, durable as far as it needs to be; hand it to the workers.
  std::function<void(VersionPtr)> published;
  // What became of a source's snapshot; hand it to the source on the control thread.
  std::function<void(const std::string& source, PublishReport)> report;
  // Every source has synced for the first time (called once, after the Version that has them all).
  std::function<void()> synced;
};

// Admits snapshots, merges, compiles, publishes. Owns the compile thread and the ledger.
// add_source before start(); the RoutesView part is thread-safe at any time.
class Registry : public RoutesView {
 public:
  // Opens (or makes) the ledger in `state_folder`: an unusable folder is an Error; a damaged ledger
  // is moved aside and reported, and what of it can be read is kept. A protected path that is none
  // is an Error.
  static Result<std::unique_ptr<Registry>> create(RegistryOptions options, RegistryEvents events);
  // The sink accepts snapshots as soon as it exists; they are merged once start() was called.
  virtual std::shared_ptr<SnapshotSink> add_source(const SourceOptions& options) = 0;
  virtual void start() = 0;
  // Ends the compile thread; later publishes are ignored. Idempotent.
  virtual void stop() noexcept = 0;
  // The last Version that was published.
  [[nodiscard]] virtual VersionPtr current() const = 0;
  // Blocks until everything published before this call is merged (and published, if it changed
  // anything). For tests and drains.
  virtual void flush() = 0;
  // Metrics in Prometheus text format: versions, conflicts, quarantined, sync states, stage
  // durations.
  virtual void write_metrics(std::string& out) const = 0;
};

}  // namespace gateway
