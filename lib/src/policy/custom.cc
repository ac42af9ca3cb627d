#include "policy/custom.h"

#include <algorithm>
#include <atomic>
#include <exception>

#include "base/strings.h"
#include "http/headers.h"
#include "policy/builtin/message_changes.h"
#include "policy/builtin/resume_owner.h"
#include "policy/mailbox.h"
#include "policy/services.h"

namespace gateway {

class PolicyOperandAccess {
 public:
  static PolicyOperand hold(std::shared_ptr<const policy::Operand> operand) {
    PolicyOperand out;
    if (operand->present()) out.held_ = std::move(operand);
    return out;
  }
  static const policy::Operand* operand(const PolicyOperand& of) noexcept {
    return static_cast<const policy::Operand*>(of.held_.get());
  }
};

namespace policy {
namespace {

class ElementView final : public PolicyElement {
 public:
  ElementView(ElementCompiler& in, Step& step, const Element& element) : in_(in), step_(step), element_(element) {}
  ~ElementView() override {
    std::vector<std::string_view> names(asked_.begin(), asked_.end());
    for (const Element& child : element_.children)
      if (std::find(names.begin(), names.end(), child.name) == names.end())
        in_.problem(child.at, "<" + std::string(child.name) + "> is not expected in <" + std::string(element_.name) + ">");
  }
  std::size_t line() const noexcept override { return element_.at.line; }
  std::size_t column() const noexcept override { return element_.at.column; }
  std::string literal(std::string_view attribute, std::optional<std::string_view> fallback) override {
    return std::string(in_.literal(attribute, fallback));
  }
  PolicyOperand operand(std::string_view attribute, bool required) override { return held(in_.operand(attribute, required)); }
  PolicyOperand text() override { return held(in_.text_operand(element_, true)); }
  std::vector<PolicyElement*> children(std::string_view name) override {
    asked_.emplace_back(name);
    std::vector<PolicyElement*> out;
    for (const Element& child : element_.children) {
      if (child.name != name) continue;
      views_.push_back(std::make_unique<ElementView>(in_.child(child), step_, child));
      out.push_back(views_.back().get());
    }
    return out;
  }
  void reads_body() override {
    const Section section = in_.section();
    (section == Section::Inbound || section == Section::Backend ? step_.reads_request_body : step_.reads_response_body) = true;
  }
  void problem(std::string message) override { in_.problem(element_.at, std::move(message)); }

 private:
  PolicyOperand held(Operand operand) {
    auto kept = std::make_shared<const Operand>(std::move(operand));
    in_.mark(step_, {kept.get()});
    return PolicyOperandAccess::hold(std::move(kept));
  }
  ElementCompiler& in_;
  Step& step_;
  const Element& element_;
  std::vector<std::string> asked_;
  std::vector<std::unique_ptr<ElementView>> views_;
};

// Shared by the exchange, as what it waits for, and by whoever resumes it.
struct Suspended {
  std::shared_ptr<Mailbox> mailbox;
  std::atomic<bool> resumed{false}, cancelled{false};
  // Of the worker's thread; null: the exchange has gone on or ended.
  Strand* strand = nullptr;
  const Step* step = nullptr;
};

class CustomStep final : public Step {
 public:
  std::shared_ptr<const CustomPolicy> policy;

  Flow run(Strand& strand) const override {
    return call(strand, [this](PolicyContext& context) { return policy->run(context); });
  }
  Flow done(Strand& strand, void* state) const override {
    auto* then = static_cast<std::function<PolicyOutcome(PolicyContext&)>*>(state);
    return call(strand, *then);
  }

 private:
  template <typename F>
  Flow call(Strand& strand, F&& work) const;
};

// In the run's Pending: the exchange no longer waits when it is destroyed.
class Waiting final : public Pending {
 public:
  explicit Waiting(std::shared_ptr<Suspended> suspended) : suspended_(std::move(suspended)) {}
  ~Waiting() override {
    suspended_->strand = nullptr;
    if (!suspended_->resumed) suspended_->cancelled.store(true, std::memory_order_release);
  }

 private:
  std::shared_ptr<Suspended> suspended_;
};

class Resumption final : public PolicyResumption {
 public:
  explicit Resumption(std::shared_ptr<Suspended> suspended) : suspended_(std::move(suspended)) {}
  ~Resumption() override {
    resume([](PolicyContext& context) {
      return context.fail(500, "PolicyAbandoned", "The policy was suspended and never resumed.");
    });
  }
  void resume(std::function<PolicyOutcome(PolicyContext&)> then) override {
    if (suspended_->resumed.exchange(true) || !suspended_->mailbox) return;
    suspended_->mailbox->post([suspended = suspended_, then = std::move(then)]() mutable {
      Strand* strand = suspended->strand;
      if (!strand) return;
      using Then = std::function<PolicyOutcome(PolicyContext&)>;
      auto* kept = strand->run().arena().make<Then>(std::move(then));
      resume_owner(*strand, *suspended->step, kept);
    });
  }
  bool cancelled() const noexcept override { return suspended_->cancelled.load(std::memory_order_acquire); }

 private:
  std::shared_ptr<Suspended> suspended_;
};

class ContextView final : public PolicyContext {
 public:
  ContextView(Strand& strand, const CustomStep& step) : strand_(strand), run_(strand.run()), step_(step) {}

  std::optional<std::string> text(const PolicyOperand& operand) override {
    return evaluated<std::string>(operand, [&](const Operand& of) { return std::string(of.text(run_)); });
  }
  std::optional<bool> boolean(const PolicyOperand& operand) override {
    return evaluated<bool>(operand, [&](const Operand& of) { return of.boolean(run_); });
  }
  std::optional<std::int64_t> integer(const PolicyOperand& operand) override {
    return evaluated<std::int64_t>(operand, [&](const Operand& of) { return of.integer(run_); });
  }
  std::string_view method() const noexcept override { return run_.request.method; }
  std::string_view path() const noexcept override { return run_.request.url.path; }
  std::string_view query() const noexcept override { return run_.request.url.query; }
  std::optional<std::string> request_header(std::string_view name) const override { return header(run_.request.fields, name); }
  int status() const noexcept override { return run_.response_known ? run_.response.status : 0; }
  std::optional<std::string> response_header(std::string_view name) const override {
    return run_.response_known ? header(run_.response.fields, name) : std::nullopt;
  }
  bool set_header(std::string_view name, std::optional<std::string_view> value) override {
    if (!is_token(name) || is_framing_field(name) || (value && !is_field_value(*value))) return false;
    if (!value) {
      run_.fields().remove(name);
    } else {
      run_.fields().set(run_.arena().copy(name), run_.arena().copy(*value));
    }
    return true;
  }
  std::optional<std::string_view> body() const noexcept override {
    const Body& body = run_.body();
    return body.is_whole() ? std::optional(body.data) : std::nullopt;
  }
  void set_body(std::string_view body) override {
    run_.body().assign(run_.arena().copy(body));
    run_.fields().remove("Content-Encoding");
  }
  std::optional<std::string> variable(std::string_view name) override {
    const expression::Value* found = run_.variable(name);
    if (!found) return std::nullopt;
    std::optional<std::string> out;
    guarded([&] { out = std::string(found->is_string() ? found->text() : run_.evaluation().to_text(*found)); });
    return out;
  }
  void set_variable(std::string_view name, std::string_view value) override {
    run_.set_variable(run_.arena().copy(name), expression::Value::of(run_.arena().copy(value)));
  }
  void set_variable(std::string_view name, std::int64_t value) override {
    run_.set_variable(run_.arena().copy(name), expression::Value::of(value));
  }
  void set_variable(std::string_view name, bool value) override {
    run_.set_variable(run_.arena().copy(name), expression::Value::of(value));
  }
  std::string_view client_address() const noexcept override { return run_.host().client_address(); }
  std::string_view request_id() const noexcept override { return run_.host().request_id(); }
  std::string_view api_id() const noexcept override { return id_of(run_.facts.api); }
  std::string_view operation_id() const noexcept override { return id_of(run_.facts.operation); }
  std::string_view product_id() const noexcept override { return id_of(run_.facts.product); }
  std::string_view subscription_id() const noexcept override { return id_of(run_.facts.subscription); }

  PolicyOutcome respond(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                        std::string_view body) override {
    if (status < 200 || status > 999) return fail(500, "InvalidStatusCode", "A response's status is from 200 to 999.");
    for (const auto& [name, value] : headers)
      if (!is_token(name) || is_framing_field(name) || !is_field_value(value))
        return fail(500, "InvalidHeader", "A header of the response is none that may be set.");
    run_.response = {};
    run_.response.status = status;
    for (const auto& [name, value] : headers) run_.response.fields.add(run_.arena().copy(name), run_.arena().copy(value));
    run_.response.body.assign(run_.arena().copy(body));
    run_.response_known = true;
    return PolicyOutcome::Answer;
  }
  PolicyOutcome fail(int status, std::string_view reason, std::string_view message) override {
    Failure failure;
    failure.status = status < 400 || status > 599 ? 500 : status;
    failure.reason = run_.arena().copy(reason);
    failure.message = run_.arena().copy(message);
    (void)run_.fail(strand_, failure);
    failed_ = true;
    return PolicyOutcome::Fail;
  }
  std::shared_ptr<PolicyResumption> suspend() override {
    suspended_ = std::make_shared<Suspended>();
    suspended_->mailbox = run_.services().mailbox;
    suspended_->strand = &strand_;
    suspended_->step = &step_;
    return std::make_shared<Resumption>(suspended_);
  }

  Flow flow_of(PolicyOutcome outcome) {
    if (failed_) return Flow::Fail;
    switch (outcome) {
      case PolicyOutcome::Next: return Flow::Next;
      case PolicyOutcome::Answer: return Flow::Answer;
      case PolicyOutcome::Suspend:
        if (!suspended_) break;
        strand_.wait_for(std::make_unique<Waiting>(suspended_));
        return Flow::Wait;
      case PolicyOutcome::Fail: break;
    }
    return run_.fail(strand_, {500, "PolicyFailed", "The policy failed without saying why.", {}, {}});
  }
  // What it promised to wait for will not be waited for.
  void forget() noexcept {
    if (suspended_) suspended_->strand = nullptr;
  }

 private:
  template <typename T>
  static std::string_view id_of(const T* facts) noexcept { return facts ? std::string_view(facts->id) : std::string_view(); }
  std::optional<std::string> header(const Fields& fields, std::string_view name) const {
    bool found = false;
    const std::string_view value = fields.joined(name, run_.arena(), &found);
    return found ? std::optional(std::string(value)) : std::nullopt;
  }
  // False: the run has failed.
  template <typename F>
  bool guarded(F&& work) {
    const Flow flow = run_.guard(strand_, [&] {
      work();
      return Flow::Next;
    });
    failed_ = failed_ || flow == Flow::Fail;
    return flow != Flow::Fail;
  }
  template <typename T, typename F>
  std::optional<T> evaluated(const PolicyOperand& operand, F&& get) {
    const Operand* of = PolicyOperandAccess::operand(operand);
    if (!of) return T{};
    std::optional<T> out;
    guarded([&] { out = get(*of); });
    return out;
  }

  Strand& strand_;
  Run& run_;
  const CustomStep& step_;
  std::shared_ptr<Suspended> suspended_;
  bool failed_ = false;
};

template <typename F>
Flow CustomStep::call(Strand& strand, F&& work) const {
  ContextView context(strand, *this);
  try {
    const Flow flow = context.flow_of(work(context));
    if (flow != Flow::Wait) context.forget();
    return flow;
  } catch (const std::exception& thrown) {
    context.forget();
    return strand.run().fail(strand, {500, "PolicyFailed", strand.run().arena().copy(thrown.what()), {}, {}});
  } catch (...) {
    context.forget();
    return strand.run().fail(strand, {500, "PolicyFailed", "The policy threw something that is no exception.", {}, {}});
  }
}

}  // namespace

Result<PolicyKind> custom_kind(std::shared_ptr<PolicyFactory> factory) {
  const auto refuse = [](ErrorCode code, std::string message, std::string where) {
    return Error{code, "gateway", std::move(message), std::move(where), false};
  };
  if (!factory) return refuse(ErrorCode::InvalidArgument, "a policy needs a factory", "add_policy");
  auto kind = std::make_shared<CustomKind>();
  kind->name = factory->name();
  const bool sound = !kind->name.empty() && kind->name.front() >= 'a' && kind->name.front() <= 'z' &&
                     kind->name.size() <= 100 &&
                     kind->name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  if (!sound)
    return refuse(ErrorCode::InvalidArgument, "a policy's name has lower-case letters, digits and '-', and begins with a letter",
                  quote(kind->name, 100));
  for (const PolicyKind& known : builtin_policies())
    if (known.name == kind->name) return refuse(ErrorCode::AlreadyExists, "a built-in policy has this name", kind->name);
  for (const char* own : {"base", "include-fragment"})
    if (kind->name == own) return refuse(ErrorCode::AlreadyExists, "a built-in policy has this name", kind->name);
  const PolicyFactory::Places places = factory->places();
  PolicyKind out;
  out.sections = (places.inbound ? kInbound : 0u) | (places.backend ? kBackend : 0u) |
                 (places.outbound ? kOutbound : 0u) | (places.on_error ? kOnError : 0u);
  out.scopes = kEveryScope;
  if (out.sections == 0) return refuse(ErrorCode::InvalidArgument, "a policy needs a section", kind->name);
  kind->factory = std::move(factory);
  out.name = kind->name;
  out.custom = std::move(kind);
  return out;
}

std::unique_ptr<Step> compile_custom(ElementCompiler& in, const CustomKind& kind) {
  auto step = std::make_unique<CustomStep>();
  std::string thrown;
  {
    ElementView element(in, *step, in.element());
    try {
      step->policy = kind.factory->create(element);
    } catch (const std::exception& exception) {
      thrown = exception.what();
    } catch (...) {
      thrown = "an exception";
    }
  }
  if (!thrown.empty()) in.problem(in.element().at, "<" + kind.name + ">: " + thrown);
  if (!step->policy && thrown.empty()) in.problem(in.element().at, "<" + kind.name + "> cannot be made");
  return step;
}

}  // namespace policy
}  // namespace gateway
