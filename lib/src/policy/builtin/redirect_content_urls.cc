#include <string>

#include "policy/builtin/list.h"
#include "policy/builtin/text_bodies.h"
#include "policy/context_objects.h"

// redirect-content-urls: links to the backend in a response's body become links to the gateway; in
// a request's body the other way. Headers stay.
namespace gateway::policy {
namespace {

// Scheme, host, port and this path without a slash at its end.
std::string base_of(Run& run, Url url, std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = path;
  url.query = {};
  return std::string(url_text(url, run.arena()));
}

class RedirectContentUrls final : public Step {
 public:
  explicit RedirectContentUrls(ElementCompiler& in) {
    in.only_children(in.element(), {});
    (in.section() == Section::Outbound ? reads_response_body : reads_request_body) = true;
  }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Body& body = run.body();
    if (!body.is_whole() || !has_text(run.fields())) return Flow::Next;
    const std::string backend = base_of(run, run.request.url, run.request.base_path);
    const std::string gateway = base_of(run, run.request.original, api_path(run));
    const bool outbound = section == Section::Outbound;
    const std::string& from = outbound ? backend : gateway;
    if (body.data.find(from) == std::string_view::npos) return Flow::Next;
    body.assign(run.arena().copy(replace_all(body.data, from, outbound ? gateway : backend)));
    return Flow::Next;
  }

 private:
  // As the client wrote it: what is in front of the operation's own path.
  static std::string_view api_path(Run& run) {
    const std::string_view known =
        run.facts.api ? std::string_view(run.facts.api->path) : std::string_view();
    const std::string_view path = run.request.original.path;
    const std::size_t slash = known.starts_with('/') ? 0 : 1;
    return known.empty() ? std::string_view()
                         : path.substr(0, std::min(path.size(), known.size() + slash));
  }
};

}  // namespace

std::unique_ptr<Step> compile_redirect_content_urls(ElementCompiler& in) {
  return std::make_unique<RedirectContentUrls>(in);
}

}  // namespace gateway::policy
