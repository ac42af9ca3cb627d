#include <string>

#include "base/strings.h"
#include "expression/library/uri.h"
#include "policy/context_objects.h"
#include "policy/query.h"

namespace gateway::policy {

using expression::Call;
using expression::Value;

namespace {

const Url& url_of(Call& call) { return *expression::self<UrlObject>(call).url; }

constexpr std::uint16_t usual_port(std::string_view scheme) noexcept {
  return scheme == "https" ? 443 : scheme == "http" ? 80 : 0;
}

Value scheme(Call& call) { return Value::of(url_of(call).scheme); }
Value host(Call& call) { return Value::of(as_utf8(url_of(call).host, call.eval.arena())); }
Value port(Call& call) { return Value::of(std::int32_t{url_of(call).port}); }
Value path(Call& call) { return Value::of(as_utf8(url_of(call).path, call.eval.arena())); }
Value query_string(Call& call) { return Value::of(as_utf8(url_of(call).query, call.eval.arena())); }
Value query(Call& call) {
  UrlObject& it = expression::self<UrlObject>(call);
  it.query.url = it.url;
  return shown(it, it.query, "Query");
}
Value to_string(Call& call) {
  return Value::of(as_utf8(url_text(url_of(call), call.eval.arena()), call.eval.arena()));
}
Value to_uri(Call& call) { return expression::make_uri(call.eval, to_string(call).text()); }

}  // namespace

std::string_view url_text(const Url& url, expression::Arena& arena) {
  std::string text;
  text.append(url.scheme).append("://").append(url.host);
  if (url.port != 0 && url.port != usual_port(url.scheme))
    text.append(":").append(std::to_string(url.port));
  text.append(url.path).append(url.query);
  return arena.copy(text);
}

Url split_url(std::string_view text) noexcept {
  Url url;
  const std::size_t scheme_end = text.find("://");
  if (scheme_end != std::string_view::npos) {
    url.scheme = text.substr(0, scheme_end);
    text.remove_prefix(scheme_end + 3);
    const std::size_t end = text.find_first_of("/?#");
    std::string_view authority = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
      authority.remove_prefix(at + 1);
    const std::size_t colon = authority.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    url.host = authority.substr(0, has_port ? colon : std::string_view::npos);
    const auto port = has_port ? parse_decimal(authority.substr(colon + 1), 65535) : std::nullopt;
    url.port = port ? static_cast<std::uint16_t>(*port) : usual_port(url.scheme);
  }
  text = text.substr(0, text.find('#'));
  const std::size_t question = text.find('?');
  url.path = text.substr(0, question);
  if (question != std::string_view::npos) url.query = text.substr(question);
  if (url.path.empty()) url.path = "/";
  return url;
}

void declare_context_url(expression::Catalog& catalog) {
  catalog.declare("IUrl")
      .member("string Scheme { get; }", scheme)
      .member("string Host { get; }", host)
      .member("int Port { get; }", port)
      .member("string Path { get; }", path)
      .member("IContextFields Query { get; }", query)
      .member("string QueryString { get; }", query_string)
      .member("string ToString()", to_string)
      .member("Uri ToUri()", to_uri);
}

}  // namespace gateway::policy
