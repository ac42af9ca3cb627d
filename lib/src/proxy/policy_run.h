#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "policy/run.h"
#include "policy/services.h"
#include "policy/trace.h"
#include "upstream/client_stream.h"
#include "upstream/timer_wheel.h"

namespace gateway {

class Exchange;

// The run of an exchange's policies, and what it asks of its exchange. Kept by the worker between
// exchanges.
class PolicyRun final : private policy::Host, private Timed {
 public:
  explicit PolicyRun(policy::Services& services) : run(services, *this), timers_(services.worker) {}
  ~PolicyRun() override { timers_.timers.cancel(*this); }

  void begin(Exchange& exchange) noexcept { exchange_ = &exchange; }
  // Everything ends, and nobody is told.
  void end() noexcept;
  void set_deadline(std::int64_t deadline_ms) noexcept { timers_.timers.set(*this, deadline_ms); }
  void clear_deadline() noexcept { timers_.timers.cancel(*this); }

  policy::Run run;
  policy::ForwardTerms terms;
  std::shared_ptr<const CompiledBackend> forwarded_to;  // of the last forward
  std::unique_ptr<policy::TraceRecorder> recorder;  // null: nobody asked for a trace
  std::string request_body;   // as far as it was read
  std::string response_body;  // "
  bool reading_request = false;
  bool reading_response = false;
  bool drop_request = false;    // what still comes of the client's body goes nowhere
  bool holding = false;         // the response waits for the policies
  bool delivering = false;      // the backend's head is told to the policies just now
  bool response_ended = false;  // all of the backend's response came
  unsigned redirects = 0;       // that this forward has followed
  BodyFraming response_framing = BodyFraming::None;
  std::uint64_t response_length = 0;

 private:
  void forward(const policy::ForwardTerms& terms) noexcept override;
  void read_request_body() noexcept override;
  void read_response_body() noexcept override;
  void respond() noexcept override;
  std::string_view client_address() const noexcept override;
  std::string_view client_certificate_der() const noexcept override;
  bool client_certificate_trusted() const noexcept override;
  std::string_view request_id() const noexcept override;
  bool tls() const noexcept override;
  void on_deadline() noexcept override;

  Exchange* exchange_ = nullptr;
  WorkerContext& timers_;
};

}  // namespace gateway
