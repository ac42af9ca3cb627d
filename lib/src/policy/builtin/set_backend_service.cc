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
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    if (backend_) {
      const bool secure = backend_->protocol == BackendProtocol::Https;
      const CompiledEndpoint* first =
          backend_->endpoints.empty() ? nullptr : &backend_->endpoints.front();
      const std::string_view host = !backend_->tls_server_name.empty()
                                        ? std::string_view(backend_->tls_server_name)
                                    : first ? std::string_view(first->address)
                                            : std::string_view();
      redirect(run, backend_, secure ? "https" : "http", host, first ? first->port : 0,
               backend_->path_prefix);
      run.backend_id = known_id_;
      return Flow::Next;
    }
    const std::string_view text = trim(base_url_.text(run));
    if (!is_http_url(text))
      refuse(run, "base-url is an absolute URL, http:// or https://, not " + quote(text) + ".");
    Url base = split_url(run.arena().copy(text));
    base.scheme = equals_ignoring_case(base.scheme, "https") ? "https" : "http";
    std::string why = "no backends can be named by URL here";
    DynamicBackends* backends = run.services().backends;
    auto found = backends ? backends->get(base, nullptr, why) : nullptr;
    if (!found) refuse(run, "The base URL " + quote(text) + " cannot be used: " + why + ".");
    redirect(run, std::move(found), base.scheme, base.host, base.port, base.path);
    run.backend_id = {};
    return Flow::Next;
  }

 private:
  void find_backend(ElementCompiler& in) {
    const Position where = in.element().attribute("backend-id")->at;
    if (backend_id_.is_expression()) {
      const expression::Value* known = backend_id_.program()->constant();
      if (!known || !known->is_string()) {
        in.problem(where,
                   "backend-id is known when the document is compiled: a text, a named value or a "
                   "constant");
        return;
      }
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
  std::shared_ptr<const CompiledBackend> backend_;
};

}  // namespace

std::unique_ptr<Step> compile_set_backend_service(ElementCompiler& in) {
  return std::make_unique<SetBackendService>(in);
}

}  // namespace gateway::policy
