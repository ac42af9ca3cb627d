#include "base/strings.h"
#include "http/path.h"
#include "proxy/exchange.h"
#include "proxy/worker_state.h"

// The part of an exchange that decides where the request goes, or answers it.
namespace gateway {

void Exchange::route() noexcept {
  const GatewayOptions& options = *worker_.options.gateway;
  const GatewayState state = worker_.gateway_state();
  if (!options.status_path.empty() && head_.path == options.status_path) {
    answer(state == GatewayState::Ready      ? GatewayAnswer::Status
           : state == GatewayState::Starting ? GatewayAnswer::Starting
                                             : GatewayAnswer::Draining);
    return;
  }
  if (state == GatewayState::Starting) {
    answer(GatewayAnswer::Starting, "Retry-After: 1\r\n");
    return;
  }
  if (admit_host_and_path()) find_api();
}

// False: the exchange is answered.
bool Exchange::admit_host_and_path() noexcept {
  if (!head_.host.empty()) {
    const auto authority = parse_authority(head_.host, worker_.context.host);
    if (!authority) {
      answer(GatewayAnswer::BadHost);
      return false;
    }
    host_.assign(authority->host);
    if (is_misdirected()) {
      answer(GatewayAnswer::Misdirected);
      return false;
    }
  }
  if (head_.path == "*") {
    path_ = "*";  // OPTIONS * is of the server, and no route's
    return true;
  }
  const PathRules rules{worker_.options.gateway->allow_encoded_slash};
  const auto path = normalise_path(head_.path, rules, worker_.context.path);
  if (!path) {
    answer(GatewayAnswer::BadPath);
    return false;
  }
  path_.assign(*path);
  return true;
}

void Exchange::find_api() noexcept {
  const RouteTable& routes = pinned_->version->routes;
  RouteMatch match;
  if (path_.find(";rev=") != std::string::npos) {
    // Such an element belongs to an Api with revisions, or is an element like any other.
    RevisionSuffix suffix = take_revision(path_);
    if (!suffix.number.empty()) {
      match = routes.match(host_, suffix.path);
      const bool named = match.api && (!match.api->tombstone.empty() ||
                                       (match.api->revisions && match.api->revisions->names_revision_at(
                                                                    suffix.path, match.api->path.size(),
                                                                    suffix.element)));
      if (named) {
        revision_number_.assign(suffix.number);
        revision_at_ = suffix.element;
        path_ = std::move(suffix.path);
      } else {
        match = {};
      }
    }
  }
  if (!match.api) match = routes.match(host_, path_);
  if (!match.api) {
    answer(match.outcome == RouteOutcome::NoHost ? GatewayAnswer::NoHost : GatewayAnswer::NoPath);
    return;
  }
  api_ = match.api;
  if (!api_->tombstone.empty()) {
    refused_because_ = api_->tombstone;
    answer(GatewayAnswer::Tombstone, "Retry-After: 1\r\n");
    return;
  }
  if (api_->redirect_to_https && stream_.tls_protocol().empty()) {
    redirect();
    return;
  }
  backend_ = &api_->backend;
  if (api_->revisions) {
    find_operation();
    if (!operation_ || !may_call()) return;
  }
  if (api_->takes_route_policies && !pinned_->version->routes_blocked.empty()) {
    refused_because_ = pinned_->version->routes_blocked;
    answer(GatewayAnswer::Blocked, "Retry-After: 1\r\n");
    return;
  }
  if (!api_->policy_fragment.empty()) {
    const Version& version = *pinned_->version;
    const auto at = version.route_fragments.find(api_->policy_fragment);
    if (at == version.route_fragments.end() || !at->second.blocked.empty()) {
      refused_because_ = at == version.route_fragments.end() ? std::string_view("its policy fragment is not known")
                                                             : std::string_view(at->second.blocked);
      answer(GatewayAnswer::Blocked, "Retry-After: 1\r\n");
      return;
    }
  }
  if (worker_.policies) {
    policy::Run::Facts facts;
    if (find_policies(facts) || wants_trace()) {
      run_policies(facts);
      return;
    }
  }
  if ((*backend_)->endpoints.empty() && (*backend_)->members.empty()) {
    answer(GatewayAnswer::NoEndpoint, "Retry-After: 1\r\n");
    return;
  }
  attempt(false);
}

OperationQuery Exchange::operation_query() const noexcept {
  OperationQuery query;
  query.method = head_.method;
  query.path = path_;
  query.api_path = api_->path.size();
  query.query = head_.query;
  query.tls = !stream_.tls_protocol().empty();
  query.revision = revision_number_;
  query.revision_at = revision_at_;
  if (api_->revisions->versioning() == Versioning::Header) {
    const HeaderField* field = head_.headers.find(api_->revisions->version_parameter());
    if (field) query.header_version = field->value;
  }
  return query;
}

// Without an operation_ after it the exchange is answered.
void Exchange::find_operation() noexcept {
  const OperationMatch match = api_->revisions->match(operation_query());
  revision_ = match.revision;
  switch (match.outcome) {
    case OperationOutcome::Found:
      operation_ = match.operation;
      backend_ = &revision_->backend;
      forward_from_ = match.forward_from;
      return;
    case OperationOutcome::NoVersion:
      answer(GatewayAnswer::NoVersion);
      return;
    case OperationOutcome::NoRevision:
      answer(GatewayAnswer::NoRevision);
      return;
    case OperationOutcome::NoProtocol:
      answer(GatewayAnswer::NoProtocol);
      return;
    case OperationOutcome::NoOperation:
      if (answer_preflight() || fail_by_policies(GatewayAnswer::NoOperation, {})) return;
      answer(GatewayAnswer::NoOperation);
      return;
  }
}

// The header field decides; the query parameter is looked at where it is absent.
std::string_view Exchange::subscription_key() noexcept {
  if (const HeaderField* field = head_.headers.find(revision_->key_header)) return field->value;
  std::string_view key;
  if (!find_query_parameter(head_.query, revision_->key_query, &key)) return {};
  if (key.find('%') == std::string_view::npos) return key;
  decoded_key_ = percent_decode(key);
  return decoded_key_;
}

// False: the exchange is answered.
bool Exchange::may_call() noexcept {
  access_ = pinned_->version->access[api_->source_index].decide(*revision_, subscription_key());
  switch (access_.decision) {
    case AccessTable::Decision::Allow:
      break;
    case AccessTable::Decision::KeyMissing:
      challenge(GatewayAnswer::KeyMissing);
      return false;
    case AccessTable::Decision::KeyInvalid:
      challenge(GatewayAnswer::KeyInvalid);
      return false;
    case AccessTable::Decision::Blocked:
      refused_because_ = access_.blocked;
      answer(GatewayAnswer::Blocked, "Retry-After: 1\r\n");
      return false;
  }
  if (operation_->blocked.empty()) return true;
  refused_because_ = operation_->blocked;
  answer(GatewayAnswer::Blocked, "Retry-After: 1\r\n");
  return false;
}

// RFC 9110 §11.6.1, in the words of the vendor's gateway.
void Exchange::challenge(GatewayAnswer why) noexcept {
  std::string field = "WWW-Authenticate: AzureApiManagementKey realm=\"https://";
  field.append(host_).append(api_->path.empty() ? "/" : api_->path);
  field.append("\",name=\"").append(revision_->key_header).append("\",type=\"header\"\r\n");
  if (!fail_by_policies(why, field)) answer(why, field);
}

// The certificate of one host must not open the way to another that asks for more than the
// handshake gave (RFC 9110 §15.5.20).
bool Exchange::is_misdirected() const noexcept {
  const std::string_view protocol = stream_.tls_protocol();
  if (protocol.empty()) return false;
  const TlsBinding* binding = pinned_->version->tls.select(host_);
  if (!binding) return false;
  const TlsVersion spoken = protocol == "TLSv1.3"   ? TlsVersion::Tls1_3
                            : protocol == "TLSv1.2" ? TlsVersion::Tls1_2
                            : protocol == "TLSv1.1" ? TlsVersion::Tls1_1
                                                    : TlsVersion::Tls1_0;
  return binding->min_version > spoken ||
         (!binding->client_demand.empty() && binding->client_demand != stream_.client_demand());
}

void Exchange::redirect() noexcept {
  if (host_.empty()) {  // of HTTP/1.0: there is nowhere to redirect to
    answer(GatewayAnswer::BadHost);
    return;
  }
  std::string extra = "Location: https://";
  extra += host_;
  if (worker_.https_port != 0 && worker_.https_port != 443 &&
      head_.host.find(':', head_.host.rfind(']') + 1) != std::string_view::npos) {
    extra += ':' + std::to_string(worker_.https_port);
  }
  extra.append(path_).append(head_.query).append("\r\n");
  answer(GatewayAnswer::Redirect, extra);
}

}  // namespace gateway
