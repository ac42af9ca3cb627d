#include "policy/run.h"

#include <charconv>
#include <new>

#include "http/status.h"
#include "observe/json_text.h"
#include "policy/context.h"
#include "policy/services.h"

namespace gateway::policy {
namespace {

constexpr std::string_view kSectionNames[] = {"inbound", "backend", "outbound", "on-error"};
constexpr std::string_view kScopeNames[] = {"operation", "api", "product", "global"};

// The backend section of the built-in global scope.
class ForwardByDefault final : public Step {
 public:
  ForwardByDefault() {
    name = "forward-request";
    path = "forward-request[1]";
    section = Section::Backend;
  }
  Flow run(Strand& strand) const override { return strand.run().forward(strand, ForwardTerms{}); }
};

const Block& forward_by_default() {
  static const Block block = [] {
    Block steps;
    steps.push_back(std::make_unique<ForwardByDefault>());
    return steps;
  }();
  return block;
}

}  // namespace

void Strand::enter(const Block& block, const Step* owner, void* state) {
  if (closing_) {
    Frame& top = frames_.back();
    top.block = &block;
    top.next = 0;
    top.owner = owner;
    top.state = state;
    closing_ = false;
    return;
  }
  const std::uint8_t scope = frames_.empty() ? 0 : frames_.back().scope;
  frames_.push_back({&block, 0, owner, state, scope});
}

void Strand::keep_waiting_for(std::unique_ptr<Pending> pending) {
  kept_.push_back(std::exchange(pending_, std::move(pending)));
}

void Strand::resume(Flow flow) noexcept {
  if (!waiting_ || flow == Flow::Wait) return;
  waiting_ = false;
  // What was waited for may be what calls: it dies when the strand has gone on.
  const std::unique_ptr<Pending> waited = std::move(pending_);
  const std::vector<std::unique_ptr<Pending>> kept = std::exchange(kept_, {});
  run_.go_on(*this, flow);
}

Run::Run(Services& services, Host& host)
    : services_(services),
      host_(host),
      arena_(services.limits.exchange_memory),
      evaluation_(arena_, services.catalog, services.environment),
      context_type_(context_type(services.catalog)) {
  strands_.push_back(std::make_unique<Strand>(*this, nullptr));
}

Run::~Run() { reset(); }

void Run::reset() noexcept {
  ended_ = true;
  for (const auto& strand : strands_) unwind(*strand);
  strands_.resize(1);
  forwarding_ = nullptr;
  reading_ = nullptr;
  at_end_.clear();
  variables_.clear();
  matched_parameters.clear();
  request.fields.list.clear();
  response.fields.list.clear();
  request.body = {};
  response.body = {};
  response.status = 200;
  response.reason = {};
  response_known = false;
  backend.reset();
  backend_id = {};
  backend_identity.reset();
  backend_proxy.reset();
  facts = {};
  failed_ = skipping_ = false;
  trace = nullptr;
  context_ = {};
  arena_.reset();
  arena_.set_limit(services_.limits.exchange_memory);
}

void Run::prepare() noexcept {
  ended_ = false;
  context_ = make_context(*this, context_type_);
}

void Run::start() noexcept {
  prepare();
  begin_section(Section::Inbound);
}

void Run::start_failed(const Failure& failure, Section section, std::string_view fields) noexcept {
  ended_ = false;
  context_ = make_context(*this, context_type_);
  section_ = section;
  (void)fail(*strands_[0], failure);
  last_error_.path = {};
  last_error_.scope = {};
  for (fields = arena_.copy(fields); !fields.empty();) {
    const std::size_t end = fields.find("\r\n"), colon = fields.find(": ");
    if (end == std::string_view::npos || colon > end) break;
    response.fields.add(fields.substr(0, colon), fields.substr(colon + 2, end - colon - 2));
    fields.remove_prefix(end + 2);
  }
  begin_section(Section::OnError);
}

// The first document from `from` on, narrow to broad, that has the section.
const Block* Run::block_of(std::size_t from, std::uint8_t& scope) const noexcept {
  const auto section = static_cast<std::size_t>(section_);
  for (std::size_t i = from; i < facts.documents.size(); ++i) {
    if (facts.documents[i] && facts.documents[i]->present[section]) {
      scope = static_cast<std::uint8_t>(i);
      return &facts.documents[i]->sections[section];
    }
  }
  if (section_ != Section::Backend || from > facts.documents.size()) return nullptr;
  // No global document says what the backend section is.
  scope = static_cast<std::uint8_t>(facts.documents.size());
  const auto global = static_cast<std::size_t>(ScopeKind::Global);
  if (facts.documents[global] && facts.documents[global]->present[section]) return nullptr;
  return &forward_by_default();
}

void Run::begin_section(Section section) noexcept {
  section_ = section;
  Strand& strand = *strands_[0];
  strand.frames_.clear();
  strand.closing_ = false;
  if (trace) trace->on_section(section);
  std::uint8_t scope = 0;
  if (const Block* block = block_of(0, scope)) {
    strand.enter(*block);
    strand.frames_.back().scope = scope;
  }
  advance(strand);
}

Flow Run::enter_base(Strand& strand) {
  std::uint8_t scope = 0;
  const Block* block = block_of(static_cast<std::size_t>(strand.frames_.back().scope) + 1, scope);
  if (!block) return Flow::Next;
  strand.enter(*block);
  strand.frames_.back().scope = scope;
  return Flow::Enter;
}

Flow Run::guarded_call(Strand& strand, Flow (*work)(void*), void* data) noexcept {
  try {
    return work(data);
  } catch (const expression::Raised& raised) {
    const auto* exception = static_cast<const expression::ExceptionObject*>(raised.exception.object());
    return fail(strand, {500, "ExpressionValueEvaluationFailure",
                         exception ? exception->message : std::string_view(), {}, {}});
  } catch (const expression::BudgetExceeded& budget) {
    arena_.set_limit(services_.limits.exchange_memory);
    return fail(strand, {500, "ExpressionValueEvaluationFailure", budget.what, {}, {}});
  } catch (const Failure& failure) {
    return fail(strand, failure);
  } catch (const std::bad_alloc&) {
    return fail(strand, {500, "OutOfMemory", "There is no memory for this request.", {}, {}});
  }
}

Flow Run::step(Strand& strand, const Step& step) {
  strand.current_ = &step;
  if (!trace) return guard(strand, [&] { return step.run(strand); });
  trace->before(step, *this);
  const Flow flow = guard(strand, [&] { return step.run(strand); });
  trace->after(step, *this, flow);
  return flow;
}

void Run::advance(Strand& strand) noexcept { go_on(strand, Flow::Next); }

void Run::go_on(Strand& strand, Flow flow) noexcept {
  for (;;) {
    if (ended_) return;
    if (flow == Flow::Wait) {
      strand.waiting_ = true;
      return;
    }
    if (flow == Flow::Answer) break;
    if (flow == Flow::Fail) {
      if (strand.frames_.empty()) break;
      const Strand::Frame top = strand.frames_.back();
      strand.closing_ = true;
      if (top.owner) {
        flow = guard(strand, [&] { return top.owner->failed(strand, top.state); });
        if (flow == Flow::Enter || flow == Flow::Wait || flow == Flow::Answer) {
          if (flow != Flow::Answer) failed_ = false;  // it goes on after all
          continue;
        }
        if (flow == Flow::Next) failed_ = false;
        top.owner->left(*this, top.state);
      }
      strand.closing_ = false;
      strand.frames_.pop_back();
      continue;
    }
    if (strand.closing_) {  // its owner waited, and says Next
      strand.closing_ = false;
      const Strand::Frame top = strand.frames_.back();
      top.owner->left(*this, top.state);
      strand.frames_.pop_back();
    }
    if (strand.frames_.empty()) break;
    Strand::Frame& top = strand.frames_.back();
    if (top.next == top.block->size()) {
      if (!top.owner) {
        strand.frames_.pop_back();
        continue;
      }
      const Step* owner = top.owner;
      void* state = top.state;
      strand.closing_ = true;
      flow = guard(strand, [&] { return owner->done(strand, state); });
      continue;  // Next: left above
    }
    const Step& next = *(*top.block)[top.next];
    if (skipping_ && section_ == Section::Outbound && next.name != "base") {
      if (next.name == "cache-store") skipping_ = false;
      ++top.next;
      continue;
    }
    if ((next.reads_request_body && request.body.state == Body::State::Streaming) ||
        (next.reads_response_body && response_known &&
         response.body.state == Body::State::Streaming)) {
      const bool of_request = request.body.state == Body::State::Streaming && next.reads_request_body;
      strand.current_ = &next;
      strand.waiting_ = true;
      reading_ = &strand;
      if (of_request) {
        host_.read_request_body();
      } else {
        host_.read_response_body();
      }
      return;
    }
    ++top.next;
    flow = step(strand, next);
  }
  // Answer, or Fail or Next with no frame left.
  if (flow == Flow::Answer) unwind(strand);
  strand_ended(strand, flow);
}

void Run::unwind(Strand& strand) noexcept {
  strand.pending_.reset();
  strand.kept_.clear();
  strand.waiting_ = false;
  strand.closing_ = false;
  while (!strand.frames_.empty()) {
    const Strand::Frame top = strand.frames_.back();
    strand.frames_.pop_back();
    if (top.owner) top.owner->left(*this, top.state);
  }
}

void Run::strand_ended(Strand& strand, Flow flow) noexcept {
  if (strand.parent_) {
    // The callee may resume the parent, which may end the run.
    if (const auto ended = std::exchange(strand.ended_, nullptr)) ended(flow);
    return;
  }
  section_ended(flow);
}

void Run::section_ended(Flow flow) noexcept {
  if (flow == Flow::Answer) {
    if (skipping_ && deciding_request()) {
      begin_section(Section::Outbound);
      return;
    }
    finish();
    return;
  }
  if (flow == Flow::Fail) {
    if (section_ == Section::OnError) {
      failure_ = {500, failure_.reason, failure_.message, {}, failure_.source};
      default_error_response();
      finish();
      return;
    }
    begin_section(Section::OnError);
    return;
  }
  switch (section_) {
    case Section::Inbound:
      begin_section(Section::Backend);
      return;
    case Section::Backend:
      response_known = true;
      begin_section(Section::Outbound);
      return;
    case Section::Outbound:
    case Section::OnError:
      finish();
      return;
  }
}

void Run::finish() noexcept {
  for (std::size_t i = 1; i < strands_.size(); ++i) unwind(*strands_[i]);
  for (const auto& work : std::exchange(at_end_, {})) {
    (void)guard(*strands_[0], [&] {
      work(*this);
      return Flow::Next;
    });
  }
  ended_ = true;
  host_.respond();
}

Flow Run::fail(Strand& strand, const Failure& failure) noexcept {
  failure_ = failure;
  failed_ = true;
  const Step* step = strand.current_;
  last_error_ = {};
  last_error_.reason = failure.reason;
  last_error_.message = failure.message;
  last_error_.section = kSectionNames[static_cast<std::size_t>(section_)];
  last_error_.source = failure.source;
  if (step) {
    if (last_error_.source.empty()) last_error_.source = step->name;
    last_error_.scope = kScopeNames[static_cast<std::size_t>(step->scope)];
    last_error_.path = step->path;
    last_error_.policy_id = step->id;
  }
  default_error_response();
  return Flow::Fail;
}

void Run::default_error_response() {
  std::string body = "{ \"statusCode\": " + std::to_string(failure_.status) + ", \"message\": ";
  if (failure_.status == 500) {
    std::string id(host_.request_id());
    for (const std::size_t at : {8, 13, 18, 23})
      if (id.size() > at) id.insert(at, 1, '-');
    body.append("\"Internal server error\", \"activityId\": \"").append(id).append("\" }");
  } else {
    append_json_string(body,
                       failure_.public_message.empty() ? failure_.message : failure_.public_message);
    body += " }";
  }
  response.status = failure_.status;
  response.reason = {};
  response.fields.list.clear();
  response.fields.add("Content-Type", "application/json");
  // Past the limit of an evaluation there is room for this.
  arena_.set_limit(std::max(arena_.limit(), arena_.used() + 64 * 1024));
  response.body.assign(arena_.copy(body));
  response_known = true;
}

void Run::on_backend_head() noexcept {
  response_known = true;
  Strand* strand = std::exchange(forwarding_, nullptr);
  if (!strand) return;
  if (fail_on_error_status_ && response.status >= 400) {
    const ResponseMessage said = response;
    (void)fail(*strand, {said.status, "BackendErrorStatus",
                         "The backend answered with an error status.", {}, {}});
    // The client gets what the backend said, where on-error does not say otherwise.
    response = said;
    strand->resume(Flow::Fail);
    return;
  }
  strand->resume(Flow::Next);
}

void Run::on_backend_failed(const Failure& failure) noexcept {
  Strand* strand = std::exchange(forwarding_, nullptr);
  if (!strand) return;
  if (in_forward_) {
    early_ = fail(*strand, failure);
    return;
  }
  strand->resume(fail(*strand, failure));
}

void Run::on_body(bool whole) noexcept {
  Strand* strand = std::exchange(reading_, nullptr);
  if (!strand) return;
  if (whole) {
    strand->resume(Flow::Next);
    return;
  }
  const Failure failure = deciding_request()
                              ? Failure{413, "BodyTooLarge", "The request's body is too large.", {}, {}}
                              : Failure{502, "BodyTooLarge", "The response's body is too large.", {}, {}};
  strand->resume(fail(*strand, failure));
}

Flow Run::forward(Strand& strand, const ForwardTerms& terms) {
  if (backend && (backend_identity || backend_proxy)) {
    std::string why = "there are no backends";
    auto reached = services_.backends
                       ? services_.backends->variant(backend, backend_identity, backend_proxy, why)
                       : nullptr;
    if (!reached) return fail(strand, {500, "BackendConnectionFailure", arena_.copy(why), {}, {}});
    backend = std::move(reached);
    backend_identity.reset();
    backend_proxy.reset();
  }
  forwarding_ = &strand;
  fail_on_error_status_ = terms.fail_on_error_status;
  response.fields.list.clear();
  response.body = {};
  response.reason = {};
  in_forward_ = true;
  early_ = Flow::Wait;
  host_.forward(terms);
  in_forward_ = false;
  return early_;
}

Flow Run::skip_to_cache_store() noexcept {
  skipping_ = true;
  response_known = true;
  return Flow::Answer;
}

Strand& Run::spawn(Strand& parent, const Block& block, std::function<void(Flow)> ended) {
  strands_.push_back(std::make_unique<Strand>(*this, &parent));
  Strand& child = *strands_.back();
  child.enter(block);
  child.frames_.back().scope = parent.frames_.empty() ? 0 : parent.frames_.back().scope;
  child.ended_ = std::move(ended);
  return child;
}

void Run::start_child(Strand& child) noexcept { advance(child); }

void Run::cancel_child(Strand& child) noexcept {
  child.ended_ = nullptr;
  if (forwarding_ == &child) forwarding_ = nullptr;
  if (reading_ == &child) reading_ = nullptr;
  unwind(child);
}

const expression::Value* Run::variable(std::string_view name) const noexcept {
  for (const auto& [known, value] : variables_)
    if (known == name) return &value;
  return nullptr;
}

void Run::set_variable(std::string_view name, const expression::Value& value) {
  for (auto& [known, old] : variables_) {
    if (known == name) {
      old = value;
      return;
    }
  }
  variables_.emplace_back(name, value);
}

}  // namespace gateway::policy
