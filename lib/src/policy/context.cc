#include "policy/context.h"

#include "expression/library/calendar.h"
#include "expression/library/guid.h"
#include "policy/context_objects.h"
#include "policy/services.h"

namespace gateway::policy {

using expression::Call;
using expression::Value;

namespace {

ContextObject& context_of(Call& call) { return expression::self<ContextObject>(call); }

std::int64_t ticks_of(std::int64_t unix_ms) {
  return expression::kUnixEpochTicks + unix_ms * expression::kTicksPerMillisecond;
}

Value api(Call& call) {
  ContextObject& it = context_of(call);
  return shown_facts(it, it.api, it.run.facts.api, "Api");
}
Value operation(Call& call) {
  ContextObject& it = context_of(call);
  return shown_facts(it, it.operation, it.run.facts.operation, "Operation");
}
Value product(Call& call) {
  ContextObject& it = context_of(call);
  return shown_facts(it, it.product, it.run.facts.product, "Product");
}
Value subscription(Call& call) {
  ContextObject& it = context_of(call);
  return shown_facts(it, it.subscription, it.run.facts.subscription, "Subscription");
}
Value user(Call& call) {
  ContextObject& it = context_of(call);
  const SubscriptionFacts* of = it.run.facts.subscription;
  return shown_facts(it, it.user, of ? of->user.get() : nullptr, "User");
}
Value deployment(Call& call) {
  ContextObject& it = context_of(call);
  return shown_facts(it, it.deployment, &it.run.services().deployment, "Deployment");
}
Value last_error(Call& call) {
  ContextObject& it = context_of(call);
  return shown_facts(it, it.last_error, it.run.last_error(), "LastError");
}
Value backend(Call& call) {
  ContextObject& it = context_of(call);
  return shown_facts(it, it.backend, static_cast<const Run*>(&it.run), "Backend");
}
Value request(Call& call) {
  ContextObject& it = context_of(call);
  it.request.run = &it.run;
  return shown(it, it.request, "Request");
}
Value response(Call& call) {
  ContextObject& it = context_of(call);
  if (!it.run.response_known) return {};
  it.response.message = &it.run.response;
  return shown(it, it.response, "Response");
}
Value variables(Call& call) {
  ContextObject& it = context_of(call);
  it.variables.run = &it.run;
  return shown(it, it.variables, "Variables");
}

Value request_id(Call& call) {
  ContextObject& it = context_of(call);
  if (it.request_id.is_null()) {
    const auto bytes = expression::parse_guid(it.run.host().request_id());
    it.request_id =
        expression::make_guid(call.eval, bytes.value_or(expression::GuidObject::Bytes{}));
  }
  return it.request_id;
}
Value timestamp(Call& call) {
  return Value::date_time(ticks_of(context_of(call).run.started_unix_ms), expression::kUtc);
}
Value elapsed(Call& call) {
  const std::int64_t elapsed =
      expression::now_ticks(call.eval) - ticks_of(context_of(call).run.started_unix_ms);
  return Value::time_span(elapsed < 0 ? 0 : elapsed);
}
Value tracing(Call& call) { return Value::of(context_of(call).run.trace != nullptr); }
Value trace(Call& call) {
  Run& run = context_of(call).run;
  const std::string_view message = expression::optional_text(call, 1);
  if (run.trace) run.trace->message("context.Trace", message);
  if (Reporter* reporter = run.services().reporter) {
    reporter->trace("verbose", "context.Trace", message, {}, run.host().request_id());
  }
  return {};
}

}  // namespace

const expression::Type* property_type(const expression::Object& of,
                                      std::string_view property) noexcept {
  for (const expression::Member& member : of.type->members) {
    if (member.form == expression::MemberForm::Property && member.name == property)
      return member.result;
  }
  return nullptr;
}

void declare_context(expression::Catalog& catalog) {
  declare_context_lookups(catalog);
  declare_context_url(catalog);
  declare_context_body(catalog);
  declare_context_messages(catalog);
  declare_context_facts(catalog);
  catalog.declare("IProxyRequestContext")
      .member("IApi Api { get; }", api)
      .member("IBackend Backend { get; }", backend)
      .member("IDeployment Deployment { get; }", deployment)
      .member("TimeSpan Elapsed { get; }", elapsed)
      .member("ILastError LastError { get; }", last_error)
      .member("IOperation Operation { get; }", operation)
      .member("IProduct Product { get; }", product)
      .member("IRequest Request { get; }", request)
      .member("Guid RequestId { get; }", request_id)
      .member("IResponse Response { get; }", response)
      .member("ISubscription Subscription { get; }", subscription)
      .member("DateTime Timestamp { get; }", timestamp)
      .member("bool Tracing { get; }", tracing)
      .member("void Trace(string message)", trace)
      .member("IUser User { get; }", user)
      .member("IContextVariables Variables { get; }", variables);
}

const expression::Type* context_type(const expression::Catalog& catalog) {
  return catalog.find("IProxyRequestContext");
}

Value make_context(Run& run, const expression::Type* type) {
  return Value::of(run.arena().make<ContextObject>(type, run));
}

}  // namespace gateway::policy
