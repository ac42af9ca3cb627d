#include <algorithm>

#include "base/strings.h"
#include "policy/context_objects.h"
#include "policy/services.h"
#include "proxy/exchange.h"
#include "proxy/policy_run.h"
#include "proxy/worker_state.h"

// forward-request with follow-redirects: as .NET's HttpClient follows them.
namespace gateway {
namespace {

constexpr unsigned kMostRedirects = 50;

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// RFC 3986 §5.2 for what Location fields have: an absolute URL, "//host/path", "/path", "path" or "?query".
std::string resolved(const policy::Url& base, std::string_view location) {
  location = location.substr(0, location.find('#'));
  if (location.starts_with("http://") || location.starts_with("https://")) return std::string(location);
  std::string out(base.scheme);
  out += ":";
  if (location.starts_with("//")) return out.append(location);
  out.append("//").append(base.host).append(":").append(std::to_string(base.port));
  if (location.starts_with('/')) return out.append(location);
  if (location.starts_with('?')) return out.append(base.path).append(location);
  return out.append(base.path.substr(0, base.path.rfind('/') + 1)).append(location);
}

}  // namespace

// True: the request is on its way to where the response points.
bool Exchange::follow_redirect(const ResponseHead& head) noexcept {
  PolicyRun& held = *policies_;
  if (!held.terms.follow_redirects || held.redirects >= kMostRedirects || !is_redirect(head.status)) return false;
  const HeaderField* location = head.headers.find(HeaderId::Location);
  policy::Run& run = held.run;
  policy::DynamicBackends* backends = run.services().backends;
  if (!location || trim(location->value).empty() || !backends) return false;
  policy::RequestMessage& request = run.request;
  const bool becomes_get = (head.status == 303 && request.method != "HEAD") ||
                           (head.status < 303 && request.method == "POST");
  if (!becomes_get && request.body.state == policy::Body::State::Streaming) return false;  // it is gone
  policy::Url to = policy::split_url(run.arena().copy(resolved(request.url, trim(location->value))));
  if (request.url.scheme == "https" && to.scheme != "https") return false;
  if (to.path.empty()) to.path = "/";
  policy::Url origin = to;
  origin.path = origin.query = {};
  std::string why;
  auto backend = backends->get(origin, nullptr, why);
  if (!backend) return false;
  request.fields.remove("Authorization");
  request.fields.remove("Host");
  if (becomes_get) {
    request.method = "GET";
    request.body = {};
    request.fields.remove("Content-Type");
    request.fields.remove("Content-Encoding");
  }
  request.url = to;
  request.base_path = {};
  run.backend = std::move(backend);
  run.backend_id = {};
  ++held.redirects;
  const policy::ForwardTerms terms = held.terms;
  forward_by_policies(terms);
  return true;
}

}  // namespace gateway
