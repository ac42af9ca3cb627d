#include "expression/library/certificate.h"
#include "http/status.h"
#include "policy/context_objects.h"
#include "policy/query.h"

namespace gateway::policy {

using expression::Call;
using expression::Value;

namespace {

RequestObject& request_of(Call& call) { return expression::self<RequestObject>(call); }
ResponseObject& response_of(Call& call) { return expression::self<ResponseObject>(call); }

template <typename Of, typename Message>
Value body_of(Of& of, Message& message) {
  if (message.body.state == Body::State::None) return {};
  of.body.body = &message.body;
  of.body.fields = &message.fields;
  return shown(of, of.body, "Body");
}
template <typename Of, typename Message>
Value headers_of(Of& of, Message& message) {
  of.headers.fields = &message.fields;
  return shown(of, of.headers, "Headers");
}

Value request_body(Call& call) { return body_of(request_of(call), request_of(call).run->request); }
Value request_headers(Call& call) {
  return headers_of(request_of(call), request_of(call).run->request);
}
Value method(Call& call) { return Value::of(request_of(call).run->request.method); }
Value ip_address(Call& call) { return Value::of(request_of(call).run->host().client_address()); }
Value certificate(Call& call) {
  RequestObject& it = request_of(call);
  const std::string_view der = it.run->host().client_certificate_der();
  if (it.certificate.is_null() && !der.empty())
    it.certificate = expression::make_certificate(call.eval, der, {});
  return it.certificate;
}
Value matched(Call& call) {
  RequestObject& it = request_of(call);
  it.matched.run = it.run;
  return shown(it, it.matched, "MatchedParameters");
}
Value url(Call& call) {
  RequestObject& it = request_of(call);
  it.url.url = &it.run->request.url;
  return shown(it, it.url, "Url");
}
Value original_url(Call& call) {
  RequestObject& it = request_of(call);
  it.original.url = &it.run->request.original;
  return shown(it, it.original, "OriginalUrl");
}
Value nothing(Call&) { return {}; }

Value response_body(Call& call) { return body_of(response_of(call), *response_of(call).message); }
Value response_headers(Call& call) {
  return headers_of(response_of(call), *response_of(call).message);
}
Value status_code(Call& call) { return Value::of(std::int32_t{response_of(call).message->status}); }
Value status_reason(Call& call) {
  const ResponseMessage& message = *response_of(call).message;
  return Value::of(message.reason.empty() ? reason_phrase(message.status)
                                          : as_utf8(message.reason, call.eval.arena()));
}

struct OwnResponse {
  explicit OwnResponse(const expression::Type* type) : object(type) { object.message = &message; }
  ResponseMessage message;
  ResponseObject object;
};

}  // namespace

ResponseObject* make_response_object(expression::Evaluation& eval) {
  return &eval.arena().make<OwnResponse>(eval.catalog().find("IResponse"))->object;
}
ResponseObject* as_response(expression::Evaluation& eval, const Value& value) {
  return expression::object_as<ResponseObject>(eval, value, "IResponse");
}

void declare_context_messages(expression::Catalog& catalog) {
  catalog.declare("IPrivateEndpointConnection");
  catalog.declare("IRequest")
      .member("IMessageBody Body { get; }", request_body)
      .member("X509Certificate2 Certificate { get; }", certificate)
      .member("IContextFields Headers { get; }", request_headers)
      .member("string IpAddress { get; }", ip_address)
      .member("IContextParameters MatchedParameters { get; }", matched)
      .member("string Method { get; }", method)
      .member("IUrl OriginalUrl { get; }", original_url)
      .member("IPrivateEndpointConnection PrivateEndpointConnection { get; }", nothing)
      .member("IUrl Url { get; }", url);
  catalog.declare("IResponse")
      .member("IMessageBody Body { get; }", response_body)
      .member("IContextFields Headers { get; }", response_headers)
      .member("int StatusCode { get; }", status_code)
      .member("string StatusReason { get; }", status_reason);
}

}  // namespace gateway::policy
