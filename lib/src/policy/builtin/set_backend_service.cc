#include <string>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/context_objects.h"
#include "policy/services.h"

// set-backend-service: forwards to another base URL or to a backend of the configuration. The path
// below the base, as the operation or rewrite-uri says it, stays.
namespace gateway::policy {
namespace {

bool is_http_url(std::string_view text) noexcept {
  const auto starts = [&](std::string_view prefix) {
    return text.size() > prefix.size() &&
           equals_ignoring_case(text.substr(0, prefix.size()), prefix);
  };
  return starts("http://") || starts("https://");
}

// `prefix`: the path of its base URL.
void redirect(Run& run, std::shared_ptr<const CompiledBackend> to, std::string_view scheme,
              std::string_view host, std::uint16_t port, std::string_view prefix) {
  Url& url = run.request.url;
  const std::string_view rest =
      url.path.substr(std::min(run.request.base_path.size(), url.path.size()));
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  std::string joined(prefix);
  joined += rest;
  if (joined.empty()) joined = "/";
  run.request.base_path = run.arena().copy(prefix);
  url.path = run.arena().copy(joined);
  url.scheme = scheme;
  url.host = run.arena().copy(host);
  url.port = port;
  run.backend = std::move(to);
}

class SetBackendService final : public Step {
 public:
  explicit SetBackendService(ElementCompiler& in)
      : base_url_(in.operand("base-url", false)), backend_id_(in.operand("backend-id", false)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&base_url_, &backend_id_});
    for (const char* fabric : {"sf-resolve-condition", "sf-service-instance-name",
                               "sf-partition-key", "sf-replica-type", "sf-listener-name"}) {
      if (in.operand(fabric, false).present()) {
        in.problem(in.element().attribute(fabric)->at,
                   "Service Fabric backends are not offered by this gateway");
      }
    }
    if (base_url_.present() == backend_id_.present()) {
      in.problem(in.element().at, "<set-backend-service> has either base-url or backend-id");
      return;
    }
    if (base_url_.present() && !base_url_.is_expression() &&
        !is_http_url(trim(base_url_.literal()))) {
      in.problem(
          in.element().attribute("base-url")->at,
          "base-url is an absolute URL, http:// or https://, not " + quote(base_url_.literal()));
    }
    if (backend_id_.present()) find_backend(in);
    if (!backend_ && in.surroundings().backends) named_ = in.surroundings().backends();
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    if (backend_) return to_backend(run, backend_, known_id_);
    if (backend_id_.present()) {
      const std::string_view wanted = trim(backend_id_.text(run));
      if (named_) {
        const auto found = named_->by_id.find(wanted);
        if (found != named_->by_id.end()) return to_backend(run, found->second, run.arena().copy(wanted));
      }
      refuse(run, "There is no backend " + quote(wanted) + ".");
    }
    return to_url(run);
  }

 private:
  static Flow to_backend(Run& run, const std::shared_ptr<const CompiledBackend>& backend,
                         std::string_view named) {
    const bool secure = backend->protocol == BackendProtocol::Https;
    const CompiledBackend& shown = backend->members.empty() ? *backend : *backend->members.front().backend;
    const CompiledEndpoint* first = shown.endpoints.empty() ? nullptr : &shown.endpoints.front();
    const std::string_view host = !shown.tls_server_name.empty() ? std::string_view(shown.tls_server_name)
                                  : first                        ? std::string_view(first->address)
                                                                 : std::string_view();
    redirect(run, backend, secure ? "https" : "http", host, first ? first->port : 0, backend->path_prefix);
    run.backend_id = named;
    return Flow::Next;
  }

  Flow to_url(Run& run) const {
    const std::string_view text = trim(base_url_.text(run));
    if (!is_http_url(text))
      refuse(run, "base-url is an absolute URL, http:// or https://, not " + quote(text) + ".");
    Url base = split_url(run.arena().copy(text));
    base.scheme = equals_ignoring_case(base.scheme, "https") ? "https" : "http";
    // A backend of the configuration with that URL is meant: its TLS and its circuit breaker count.
    if (named_ && !named_->by_url.empty()) {
      const std::uint16_t port = base.port != 0 ? base.port : base.scheme == "https" ? 443 : 80;
      const auto known = named_->by_url.find(backend_url(base.scheme, base.host, port, base.path));
      if (known != named_->by_url.end()) return to_backend(run, known->second.second, known->second.first);
    }
    std::string why = "no backends can be named by URL here";
    DynamicBackends* backends = run.services().backends;
    auto found = backends ? backends->get(base, nullptr, why) : nullptr;
    if (!found) refuse(run, "The base URL " + quote(text) + " cannot be used: " + why + ".");
    redirect(run, std::move(found), base.scheme, base.host, base.port, base.path);
    run.backend_id = {};
    return Flow::Next;
  }

  void find_backend(ElementCompiler& in) {
    const Position where = in.element().attribute("backend-id")->at;
    if (backend_id_.is_expression()) {
      const expression::Value* known = backend_id_.program()->constant();
      if (!known || !known->is_string()) return;  // each request tells
      known_id_ = known->text();
    } else {
      known_id_ = trim(backend_id_.literal());
    }
    backend_ = in.surroundings().backend ? in.surroundings().backend(known_id_) : nullptr;
    if (!backend_) in.problem(where, "there is no backend " + quote(known_id_));
  }
  [[noreturn]] static void refuse(Run& run, const std::string& why) {
    throw Failure{500, "InvalidBackend", run.arena().copy(why), {}, {}};
  }

  Operand base_url_, backend_id_;
  std::string known_id_;
  std::shared_ptr<const CompiledBackend> backend_;  // null: only a request tells which one
  std::shared_ptr<const NamedBackends> named_;
};

}  // namespace

std::string backend_url(std::string_view scheme, std::string_view host, std::uint16_t port, std::string_view base) {
  while (base.ends_with('/')) base.remove_suffix(1);
  return to_lower(scheme) + "://" + to_lower(host) + ":" + std::to_string(port) + std::string(base);
}

std::unique_ptr<Step> compile_set_backend_service(ElementCompiler& in) {
  return std::make_unique<SetBackendService>(in);
}

}  // namespace gateway::policy
