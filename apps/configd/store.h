#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/environment.h>
#include <gateway/result.h>

#include "arm/resource.h"

namespace configd {

// What one committed transaction changed.
struct Commit {
  std::uint64_t revision = 0;
  std::vector<std::string> touched;  // ids that were written or removed, each once
};

// One change of a transaction.
struct Change {
  std::string id;
  std::optional<std::string> properties;  // the text of a JSON object; absent: remove it with all below it
};

// A resource as it is stored: its envelope with `created` and `lastModified`, and its ETag.
struct Stored {
  gateway::arm::Resource resource;
  std::string etag;  // changes with the content, quoted
};

// All resources of one service, in SQLite (WAL, synchronous=FULL) and, for reading, in memory. One
// thread. A commit is durable when it returns; one that fails has changed nothing.
//
// `lastModified` moves only when the content changes. Removing (or adding) something below an API
// moves the API's own, so that what a gateway compares never goes back.
class Store {
 public:
  // Opens or makes the file. Each database has an epoch, random at its making. A file that was put
  // back from a copy is noticed by the highest revision that `<file>.high` keeps beside it: it gets
  // another epoch then.
  static gateway::Result<std::unique_ptr<Store>> open(const std::string& file,
                                                      const gateway::Environment& environment);
  virtual ~Store() = default;

  // All changes or none. Nothing changed: a Commit without `touched`, and no new revision.
  virtual gateway::Result<Commit> commit(const std::vector<Change>& changes) = 0;

  [[nodiscard]] virtual const std::string& epoch() const noexcept = 0;
  [[nodiscard]] virtual std::uint64_t revision() const noexcept = 0;
  [[nodiscard]] virtual const Stored* find(std::string_view id) const noexcept = 0;
  // Calls f for every resource whose id starts with `prefix`, in the order of ids (byte by byte).
  virtual void each(std::string_view prefix, const std::function<void(const Stored&)>& f) const = 0;
  // The ids that were touched after `revision`, each once; nullopt where that is compacted or in the
  // future. The last 10,000 commits are kept.
  [[nodiscard]] virtual std::optional<std::vector<std::string>> touched_after(
      std::uint64_t revision) const = 0;
  // Called after every commit that changed something, once it is durable.
  virtual void on_commit(std::function<void(const Commit&)> listener) = 0;

  // Keys that are no resources: the keys of gateways, "gateways/g1/primary". Durable as commits are.
  [[nodiscard]] virtual std::optional<std::string> secret(std::string_view name) const = 0;
  virtual gateway::Result<void> set_secret(std::string_view name, std::string_view value) = 0;
};

}  // namespace configd
