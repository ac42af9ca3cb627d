#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <gateway/observer.h>
#include <gateway/source.h>

#include "arm/resource.h"
#include "sources/cloud/service_reports.h"
#include "sources/cloud/taken.h"

namespace gateway::cloud {

// What the gateway was told, and what it serves of it. Control thread.
class Publication {
 public:
  struct State {
    SourceSnapshot snapshot;  // with epoch and revision
    std::uint64_t revision = 0;
    arm::ResourceSet resources;
  };

  Publication(std::shared_ptr<SnapshotSink> sink, Observer& observer)
      : sink_(std::move(sink)), observer_(observer) {}

  // Each new problem of a resource goes to the log. Takes back what degrade() said.
  void publish(Taken taken);
  // False when exactly this is known already.
  bool degrade(Error error);
  // True when there was trouble; the last publication is told again.
  bool recover();

  // Follows a report; true when it serves a state that served() had not yet.
  bool serve(const PublishReport& report);
  // The newest state that the gateway serves; null before the first.
  [[nodiscard]] const State* served() const noexcept { return served_ ? &*served_ : nullptr; }
  // What is to be said of it: everything that does not serve as it should.
  [[nodiscard]] ServiceReports::Served describe_served(std::uint64_t version) const;

  [[nodiscard]] bool published() const noexcept { return last_.has_value(); }
  [[nodiscard]] bool is_degraded() const noexcept { return degraded_.has_value(); }

 private:
  void tell_rejected(const SourceSnapshot& now) const;

  std::shared_ptr<SnapshotSink> sink_;
  Observer& observer_;
  std::optional<SourceSnapshot> last_;
  std::optional<Error> degraded_;
  std::deque<State> unserved_;  // published, and not yet reported as served; the newest last
  std::optional<State> served_;
  std::map<std::string, std::string> not_serving_;  // Api → why
};

}  // namespace gateway::cloud
