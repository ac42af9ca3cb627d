#include "policy/call_url.h"

#include "base/strings.h"
#include "http/path.h"
#include "policy/query.h"

namespace gateway::policy {
namespace {

Error refuse(std::string why) {
  return Error{ErrorCode::InvalidArgument, "policy", std::move(why), {}};
}

}  // namespace

std::string authority_of(bool secure, std::string_view host, std::uint16_t port) {
  std::string out;
  if (host.find(':') != std::string_view::npos) {
    out.append("[").append(host).append("]");
  } else {
    out.append(host);
  }
  if (port != (secure ? 443 : 80)) out.append(":").append(std::to_string(port));
  return out;
}

Result<CallUrl> parse_call_url(std::string_view text) {
  text = trim(text);
  CallUrl url;
  const std::size_t colon = text.find("://");
  const std::string_view scheme = text.substr(0, colon == std::string_view::npos ? 0 : colon);
  url.secure = equals_ignoring_case(scheme, "https");
  if (!url.secure && !equals_ignoring_case(scheme, "http"))
    return refuse("the URL must begin with http:// or https://, not " + quote(text.substr(0, text.find('?')), 40));
  text.remove_prefix(colon + 3);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  const std::string_view authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return refuse("the URL must not have a user name");
  std::string scratch;
  const auto parsed = parse_authority(authority, scratch);
  if (!parsed) return refuse("the URL names no host: " + quote(authority));
  url.host = parsed->host;
  if (url.host.starts_with('[')) url.host = url.host.substr(1, url.host.size() - 2);
  url.port = url.secure ? 443 : 80;
  if (!parsed->port.empty()) {
    const auto port = parse_decimal(parsed->port, 65535);
    if (!port || *port == 0) return refuse("the URL's port must be 1 to 65535, not " + quote(parsed->port));
    url.port = static_cast<std::uint16_t>(*port);
  }
  url.authority = authority_of(url.secure, url.host, url.port);
  std::string_view rest = text.substr(end);
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = std::min(rest.find('?'), rest.size());
  if (question == 0) url.target = "/";
  append_url_text(rest.substr(0, question), true, url.target);
  if (question < rest.size()) {
    url.target += '?';
    append_url_text(rest.substr(question + 1), false, url.target);
  }
  return url;
}

}  // namespace gateway::policy
