#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "expression/evaluation.h"
#include "policy/facts.h"
#include "policy/message.h"
#include "policy/step.h"
#include "upstream/compiled_backend.h"
#include "upstream/timer_wheel.h"

namespace gateway::policy {

struct Services;
struct ClientIdentity;
class Run;
class TraceSink;

// context.LastError, and what the client is told where on-error does not say otherwise.
struct Failure {
  int status = 500;
  std::string_view reason;   // "RateLimitExceeded"; static or in the arena, as all views here
  std::string_view message;  // LastError.Message
  // The body's message; "" = message. With status 500: "Internal server error" and the activity id.
  std::string_view public_message;
  std::string_view source;   // "" = the failing step's name
};
struct LastError {
  std::string_view source, reason, message, scope, section, path, policy_id;
};

// Something a strand waits for. Destroying it ends it, and no callback follows.
class Pending {
 public:
  virtual ~Pending() = default;
};

// One line of execution through blocks of steps; `wait` runs several beside one another. Lives in the arena
// of its run, on the run's worker.
class Strand {
 public:
  Strand(Run& run, Strand* parent) noexcept : run_(run), parent_(parent) {}
  [[nodiscard]] Run& run() noexcept { return run_; }

  // Before Flow::Enter: `owner->done(…, state)` is called after the block. From within done() and failed(), and
  // after they said Wait: the owner's block is this one now.
  void enter(const Block& block, const Step* owner = nullptr, void* state = nullptr);
  // Before Flow::Wait: keeps what is waited for until resume(). May be null.
  void wait_for(std::unique_ptr<Pending> pending) noexcept { pending_ = std::move(pending); }
  // The same from within the callback of what was waited for: that one stays until resume(). Wait is told to
  // resume() then.
  void keep_waiting_for(std::unique_ptr<Pending> pending);
  // Goes on after Flow::Wait, with Next, Enter (after enter()), Answer or Fail (after Run::fail on this strand),
  // on the worker's thread. Not from inside Step::run: there return the Flow instead.
  void resume(Flow flow) noexcept;

 private:
  friend class Run;
  struct Frame {
    const Block* block;
    std::size_t next = 0;
    const Step* owner = nullptr;
    void* state = nullptr;
    std::uint8_t scope = 0;  // of the documents of the run, for <base/>
  };
  Run& run_;
  Strand* parent_;
  std::vector<Frame> frames_;
  std::unique_ptr<Pending> pending_;
  std::vector<std::unique_ptr<Pending>> kept_;  // whose callback is on the stack
  const Step* current_ = nullptr;
  std::function<void(Flow)> ended_;  // of a child strand
  bool waiting_ = false;
  bool running_ = false;
  bool closing_ = false;  // the block of the top frame has ended, its owner decides
};

// How the request is sent: forward-request's attributes.
struct ForwardTerms {
  std::int64_t timeout_ms = 0;        // to the response's head; 0 = the backend's own
  std::int64_t continue_timeout_ms = 0;
  bool follow_redirects = false;
  bool buffer_request_body = false;   // kept, so that it can be sent again
  bool buffer_response = true;
  bool fail_on_error_status = false;
};

// What an exchange does for its run. All on the worker's thread.
class Host {
 public:
  virtual ~Host() = default;
  // Sends run.request to run.backend. Run::on_backend_head follows, never from within, or on_backend_failed.
  // A response of an earlier call that is still there is dropped.
  virtual void forward(const ForwardTerms& terms) noexcept = 0;
  // All of the body that is still to come is read into `body.data`; Run::on_body follows, maybe from within.
  virtual void read_request_body() noexcept = 0;
  virtual void read_response_body() noexcept = 0;
  // The pipeline has ended: run.response goes to the client, with the body that is streaming, or whole.
  virtual void respond() noexcept = 0;

  [[nodiscard]] virtual std::string_view client_address() const noexcept = 0;
  [[nodiscard]] virtual std::string_view client_certificate_der() const noexcept = 0;  // "" = none
  // It leads to a CA that the handshake asked for.
  [[nodiscard]] virtual bool client_certificate_trusted() const noexcept { return false; }
  [[nodiscard]] virtual std::string_view request_id() const noexcept = 0;  // 32 hex digits
  [[nodiscard]] virtual bool tls() const noexcept = 0;
};

// One exchange's way through the policies. Reused by its exchange: reset() between two. One thread.
class Run {
 public:
  Run(Services& services, Host& host);
  ~Run();

  // What an exchange says before start(). Everything outlives the run.
  struct Facts {
    const ApiFacts* api = nullptr;
    const OperationFacts* operation = nullptr;
    const ProductFacts* product = nullptr;
    const SubscriptionFacts* subscription = nullptr;
    std::string_view subscription_key;  // that the client sent
    // By ScopeKind; null: no document there, which is the same as <base/>.
    std::array<const CompiledDocument*, 4> documents{};
  };
  Facts facts;
  RequestMessage request;
  ResponseMessage response;
  bool response_known = false;  // context.Response is not null
  // Where forward-request goes.
  std::shared_ptr<const CompiledBackend> backend;
  std::string_view backend_id;  // "" = by URL
  // How the backend is reached, whichever it is at the end: authentication-certificate, proxy. Null: as it is.
  std::shared_ptr<const ClientIdentity> backend_identity;
  std::shared_ptr<const BackendProxy> backend_proxy;
  // context.Request.MatchedParameters: by the names of the operation's template. In the arena.
  std::vector<std::pair<std::string_view, std::string_view>> matched_parameters;
  std::int64_t started_unix_ms = 0;

  void start() noexcept;
  // Makes `context`, as start() does: for evaluations before it, in tools and tests.
  void prepare() noexcept;
  // A built-in step failed (no operation, no key): only on-error runs.
  // `fields`: whole field lines of the default response, each with its CR LF.
  void start_failed(const Failure& failure, Section section, std::string_view fields = {}) noexcept;
  // Ends everything it waits for and forgets everything. Nothing is called any more.
  void reset() noexcept;

  // From the host.
  void on_backend_head() noexcept;  // run.response is set, its body streams or is none
  void on_backend_failed(const Failure& failure) noexcept;
  void on_body(bool whole) noexcept;  // false: it is too large, or its end did not come

  // For steps.
  [[nodiscard]] expression::Arena& arena() noexcept { return arena_; }
  [[nodiscard]] expression::Evaluation& evaluation() noexcept { return evaluation_; }
  [[nodiscard]] Services& services() noexcept { return services_; }
  [[nodiscard]] Host& host() noexcept { return host_; }
  // The roots of every expression: `context`.
  [[nodiscard]] std::span<const expression::Value> roots() noexcept { return {&context_, 1}; }
  // "return run.fail(strand, {...})". From here on run.response is what the client is told where on-error
  // does not say otherwise: a policy adds fields of its own, such as Retry-After, after this call.
  Flow fail(Strand& strand, const Failure& failure) noexcept;
  // Runs work() that may throw what steps throw, outside of Step::run: a failure becomes Flow::Fail.
  template <typename F>
  Flow guard(Strand& strand, F&& work) noexcept {
    struct Call {
      static Flow run(void* f) { return (*static_cast<std::remove_reference_t<F>*>(f))(); }
    };
    return guarded_call(strand, &Call::run, &work);
  }
  // Whether work() says true, outside of any strand; what it throws counts as no.
  template <typename F>
  [[nodiscard]] bool holds(F&& work) noexcept {
    try {
      return work();
    } catch (const expression::Raised&) {
      return false;
    } catch (const expression::BudgetExceeded&) {
      return false;
    } catch (const Failure&) {
      return false;
    }
  }
  [[nodiscard]] const LastError* last_error() const noexcept { return failed_ ? &last_error_ : nullptr; }
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }
  [[nodiscard]] Section section() const noexcept { return section_; }
  [[nodiscard]] bool deciding_request() const noexcept {
    return section_ == Section::Inbound || section_ == Section::Backend;
  }
  // The message that set-header, set-body and the like change in this section.
  [[nodiscard]] Fields& fields() noexcept {
    return deciding_request() ? request.fields : response.fields;
  }
  [[nodiscard]] Body& body() noexcept { return deciding_request() ? request.body : response.body; }
  // Flow::Wait follows: the host is asked, and the strand goes on when there is an answer.
  Flow forward(Strand& strand, const ForwardTerms& terms);
  // Runs beside `parent`; ended(flow) is called once unless it is cancelled. Not started before return.
  Strand& spawn(Strand& parent, const Block& block, std::function<void(Flow)> ended);
  void start_child(Strand& child) noexcept;
  void cancel_child(Strand& child) noexcept;
  // The block of the next broader scope that has this section, for <base/>; null: there is none.
  Flow enter_base(Strand& strand);
  // cache-lookup has the response: the rest of inbound and backend is skipped, and outbound up to and with
  // its cache-store. Returned by the step itself.
  Flow skip_to_cache_store() noexcept;
  // Called at the end of outbound, or when the run ends in any other way; in the order given.
  void at_end(std::function<void(Run&)> work) { at_end_.push_back(std::move(work)); }

  // context.Variables; names are case-sensitive. Values live in the arena.
  [[nodiscard]] const expression::Value* variable(std::string_view name) const noexcept;
  void set_variable(std::string_view name, const expression::Value& value);
  [[nodiscard]] const std::vector<std::pair<std::string_view, expression::Value>>& variables() const noexcept {
    return variables_;
  }

  TraceSink* trace = nullptr;  // null: this run is not traced

 private:
  friend class Strand;
  void begin_section(Section section) noexcept;
  void section_ended(Flow flow) noexcept;
  void advance(Strand& strand) noexcept;
  void go_on(Strand& strand, Flow flow) noexcept;
  Flow step(Strand& strand, const Step& step);
  void unwind(Strand& strand) noexcept;
  void finish() noexcept;
  void default_error_response();
  [[nodiscard]] const Block* block_of(std::size_t from, std::uint8_t& scope) const noexcept;
  void strand_ended(Strand& strand, Flow flow) noexcept;
  Flow guarded_call(Strand& strand, Flow (*work)(void*), void* data) noexcept;

  Services& services_;
  Host& host_;
  expression::Arena arena_;
  expression::Evaluation evaluation_;
  const expression::Type* context_type_;
  expression::Value context_;
  std::vector<std::pair<std::string_view, expression::Value>> variables_;
  std::vector<std::function<void(Run&)>> at_end_;
  std::vector<std::unique_ptr<Strand>> strands_;  // [0] is the main one
  Strand* forwarding_ = nullptr;
  Strand* reading_ = nullptr;
  LastError last_error_;
  Failure failure_;
  Section section_ = Section::Inbound;
  bool failed_ = false;
  bool skipping_ = false;
  bool ended_ = false;
  bool fail_on_error_status_ = false;
  bool in_forward_ = false;
  Flow early_ = Flow::Wait;  // what came of forward() before it returned
};

// What is told of each step, where a run is traced (policy run, debug credentials).
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void on_section(Section section) = 0;
  virtual void before(const Step& step, Run& run) = 0;
  virtual void after(const Step& step, Run& run, Flow flow) = 0;
  virtual void message(std::string_view source, std::string_view text) = 0;  // trace, context.Trace
};

}  // namespace gateway::policy
