#include "policy/builtin/sent_request.h"

#include <algorithm>

#include "base/base64.h"
#include "base/strings.h"
#include "policy/builtin/resume_owner.h"
#include "policy/context_objects.h"

namespace gateway::policy {
namespace {

constexpr std::int64_t kMostSeconds = 3600;

}  // namespace

void SentRequest::check_mode(ElementCompiler& in, Step& step) {
  mode_ = in.operand("mode", false);
  in.mark(step, {&mode_});
  const bool literal = !mode_.is_expression();
  const bool copy = mode_.present() && literal && in.literal_choice("mode", {"new", "copy"}, 0) == 1;
  if (!copy && literal && !in.element().child("set-url"))
    in.problem(in.element().at, "<" + std::string(in.element().name) + "> of mode=\"new\" lacks a <set-url>");
  const bool of_request = in.section() == Section::Inbound || in.section() == Section::Backend;
  if (of_request && (copy || !literal)) step.reads_request_body = true;
}

void SentRequest::read(ElementCompiler& in, Step& step) {
  check_mode(in, step);
  timeout_ = in.int_operand("timeout", false, 1, kMostSeconds);
  in.mark(step, {&timeout_});
  in.only_children(in.element(), {"set-url", "set-method", "set-header", "set-body", "authentication-basic",
                                  "authentication-certificate", "authentication-managed-identity", "proxy"});
  const auto once = [&](const Element& child, bool first) {
    if (!first) {
      in.problem(child.at, "<" + std::string(child.name) + "> can be in <" + std::string(in.element().name) +
                               "> once");
    }
    return first;
  };
  for (const Element& child : in.element().children) {
    if (child.name == "set-url" && once(child, !url_)) {
      in.only_children(in.child(child).element(), {});
      url_ = in.text_operand(child, true);
      in.mark(step, {&*url_});
    } else if (child.name == "set-method" && once(child, !method_)) {
      method_.emplace().read(in.child(child), step);
    } else if (child.name == "set-header") {
      headers_.emplace_back().read(in.child(child), step);
    } else if (child.name == "set-body" && once(child, !body_)) {
      body_.emplace().read(in.child(child), step);
    } else if (child.name == "authentication-basic" && once(child, !user_.present())) {
      in.only_children(child, {});
      ElementCompiler& said = in.child(child);
      user_ = said.operand("username", true);
      password_ = said.operand("password", true);
      in.mark(step, {&user_, &password_});
    } else if (child.name == "authentication-certificate" && once(child, !certificate_)) {
      certificate_ = std::make_unique<ClientCertificate>();
      certificate_->read(in.child(child), step);
    } else if (child.name == "authentication-managed-identity" && once(child, !identity_)) {
      identity_.emplace().read(in.child(child), step);
    } else if (child.name == "proxy" && once(child, !proxy_)) {
      proxy_.emplace().read(in.child(child), step);
    }
  }
}

bool SentRequest::copies(Run& run) const {
  if (!mode_.present()) return false;
  const std::string_view said = trim(mode_.text(run));
  if (equals_ignoring_case(said, "copy")) return true;
  if (equals_ignoring_case(said, "new")) return false;
  throw Failure{500, "InvalidMode", run.arena().copy("mode is one of new, copy, not " + quote(said) + "."), {}, {}};
}

SentRequest::Making* SentRequest::make(Run& run) const {
  auto* making = run.arena().make<Making>();
  OutgoingCall& call = making->call;
  Body body;
  if (copies(run)) {
    call.method = run.request.method;
    call.url = url_text(run.request.url, run.arena());
    for (const HeaderField& field : run.request.fields.list)
      if (field.id != HeaderId::Host) making->fields.list.add(field.name, field.value, field.id);
    if (run.deciding_request() && run.request.body.is_whole()) body = run.request.body;
  }
  if (url_) call.url = url_->text(run);
  if (method_) call.method = method_->apply(run);
  for (const HeaderChange& change : headers_) change.apply(run, making->fields);
  if (body_) body_->apply(run, body, making->fields, &run.body());
  if (body.is_whole()) call.body = body.data;
  if (user_.present()) {
    std::string both(user_.text(run));
    both.append(":").append(password_.text(run));
    making->fields.set("Authorization", run.arena().copy("Basic " + encode_base64(both)));
  }
  call.timeout_ms =
      (timeout_.present() ? std::clamp<std::int64_t>(timeout_.integer(run), 1, kMostSeconds) : 60) * 1000;
  call.max_body = run.services().limits.body;
  if (certificate_) {
    std::string why = "there are no backends";
    DynamicBackends* backends = run.services().backends;
    if (backends) call.tls = backends->client(certificate_->identity(run), nullptr, why);
    if (!call.tls) throw Failure{500, "CertificateInvalid", run.arena().copy(why), {}, {}};
  }
  if (proxy_) {
    call.proxy_url = proxy_->url.text(run);
    call.proxy_authorization = proxy_->authorization(run);
  }
  return making;
}

Flow SentRequest::ask_for_token(Strand& strand, Making& making, const Step& owner, void* state) const {
  if (!identity_) return Flow::Next;
  Run& run = strand.run();
  std::unique_ptr<Pending> pending;
  const bool at_once = find_token(
      run.services(), identity_->query(run), making.token,
      [&strand, &making, &owner, state](const TokenAnswer& later) {
        making.token = later;
        resume_owner(strand, owner, state);
      },
      pending);
  if (at_once) return Flow::Next;
  strand.wait_for(std::move(pending));
  return Flow::Wait;
}

Flow SentRequest::finish(Strand& strand, Making& making) const {
  if (identity_) {
    const Flow flow = identity_->use(strand, making.token, making.fields);
    if (flow != Flow::Next) return flow;
  }
  for (const HeaderField& field : making.fields.list) making.call.fields.emplace_back(field.name, field.value);
  return Flow::Next;
}

}  // namespace gateway::policy
