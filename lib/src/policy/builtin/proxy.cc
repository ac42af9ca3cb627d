#include "base/base64.h"
#include "policy/builtin/list.h"
#include "policy/builtin/proxy_terms.h"
#include "policy/dynamic_backends.h"

// proxy: the backend is reached through an HTTP proxy: requests in absolute form, TLS through CONNECT.
namespace gateway::policy {

void ProxyTerms::read(ElementCompiler& in, Step& step) {
  in.only_children(in.element(), {});
  url = in.operand("url", true);
  username = in.operand("username", false);
  password = in.operand("password", false);
  in.mark(step, {&url, &username, &password});
  if (!url.present() || url.is_expression()) return;
  if (const auto made = make_backend_proxy(url.literal(), {}); !made)
    in.problem(in.element().attribute("url")->at, made.error().message);
}

std::string ProxyTerms::authorization(Run& run) const {
  if (!username.present()) return {};
  std::string both(username.text(run));
  both.append(":");
  if (password.present()) both.append(password.text(run));
  return "Basic " + encode_base64(both);
}

namespace {

class Proxy final : public Step {
 public:
  explicit Proxy(ElementCompiler& in) { terms_.read(in, *this); }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto made = make_backend_proxy(terms_.url.text(run), terms_.authorization(run));
    if (!made) return run.fail(strand, {500, "ProxyInvalid", run.arena().copy(made.error().message), {}, {}});
    run.backend_proxy = std::move(made).value();
    return Flow::Next;
  }

 private:
  ProxyTerms terms_;
};

}  // namespace

std::unique_ptr<Step> compile_proxy(ElementCompiler& in) { return std::make_unique<Proxy>(in); }

}  // namespace gateway::policy
