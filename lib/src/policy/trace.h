#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "policy/run.h"

namespace gateway::policy {

// What one step did. Secrets are in it: it is for who wrote the document, or holds the debug credential.
struct TracedStep {
  std::string_view section;  // static
  std::string path;          // "choose[1]/when[2]/set-header[1]"
  std::string scope;         // "api"
  std::string outcome;       // "next", "enter", "wait", "answer", "fail"
  std::vector<std::string> changes;   // "request header X: (absent) → a"
  std::vector<std::string> messages;  // of trace and context.Trace
};

// Writes down every step of a run with the values that it changed. What changes while a step waits is the
// step's own.
class TraceRecorder final : public TraceSink {
 public:
  // `hide_credentials`: what header fields that carry credentials say is not written down.
  explicit TraceRecorder(Run& run, bool hide_credentials = false) : run_(run), hide_(hide_credentials) {}
  void on_section(Section section) override;
  void before(const Step& step, Run& run) override;
  void after(const Step& step, Run& run, Flow flow) override;
  void message(std::string_view source, std::string_view text) override;
  // Before the run is reset: what the last step changed.
  void finish();
  [[nodiscard]] const std::vector<TracedStep>& steps() const noexcept { return steps_; }

 private:
  static constexpr std::size_t kSteps = 10'000;
  using State = std::map<std::string, std::string>;
  [[nodiscard]] State state_of(Run& run) const;
  void note_changes();

  Run& run_;
  bool hide_;
  Section section_ = Section::Inbound;
  State last_;
  std::vector<TracedStep> steps_;
};

// {"requestId": …, "steps": […]}.
[[nodiscard]] std::string trace_json(std::string_view request_id, const std::vector<TracedStep>& steps);

// The last traces, by request id. Thread-safe.
class TraceStore {
 public:
  void put(std::string_view request_id, std::string json);
  [[nodiscard]] std::string find(std::string_view request_id) const;  // "" = none

 private:
  static constexpr std::size_t kKept = 64;
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;  // of one; a longer one is not kept
  mutable std::mutex mutex_;
  std::vector<std::pair<std::string, std::string>> kept_;  // the oldest first
};

}  // namespace gateway::policy
