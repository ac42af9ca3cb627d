#include "http/headers.h"

#include <algorithm>

#include "base/strings.h"

namespace gateway {
namespace {

// `literal` is in lower case and of the same length.
bool same(std::string_view name, std::string_view literal) noexcept {
  for (std::size_t i = 0; i < literal.size(); ++i) {
    if (to_lower(name[i]) != literal[i]) return false;
  }
  return true;
}

// Calls `visit` with each non-empty element of a comma-separated list until it returns true.
template <typename Visit>
bool any_element(std::string_view list, Visit visit) noexcept {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto element = trim(list.substr(0, comma));
    if (!element.empty() && visit(element)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

bool always_dropped(const HeaderField& field) noexcept {
  switch (field.id) {
    case HeaderId::Connection:
    case HeaderId::KeepAlive:
    case HeaderId::ProxyConnection:
    case HeaderId::TransferEncoding:
    case HeaderId::Upgrade:
    case HeaderId::ProxyAuthenticate:
    case HeaderId::ProxyAuthorization:
      return true;
    case HeaderId::Te:
      return !iequals(field.value, "trailers");
    default:
      return false;
  }
}

// Fields that Connection cannot name away: they carry framing, routing and the end user's session.
bool beyond_connection(const HeaderField& field) noexcept {
  return field.id == HeaderId::ContentLength || field.id == HeaderId::Host ||
         field.id == HeaderId::Te || iequals(field.name, "cookie");
}

}  // namespace

HeaderId header_id(std::string_view name) noexcept {
  const auto is = [name](std::string_view literal, HeaderId id) {
    return same(name, literal) ? id : HeaderId::Other;
  };
  if (name.size() < 2 || name.size() > 19) return HeaderId::Other;
  const char first = to_lower(name.front());
  switch (name.size()) {
    case 2: return is("te", HeaderId::Te);
    case 3: return is("via", HeaderId::Via);
    case 4:
      if (first == 'h') return is("host", HeaderId::Host);
      return is("date", HeaderId::Date);
    case 6:
      if (first == 'e') return is("expect", HeaderId::Expect);
      return is("server", HeaderId::Server);
    case 7:
      if (first == 't') return is("trailer", HeaderId::Trailer);
      return is("upgrade", HeaderId::Upgrade);
    case 8: return is("location", HeaderId::Location);
    case 9: return is("forwarded", HeaderId::Forwarded);
    case 10:
      if (first == 'c') return is("connection", HeaderId::Connection);
      return is("keep-alive", HeaderId::KeepAlive);
    case 11: return is("retry-after", HeaderId::RetryAfter);
    case 12:
      if (first == 'c') return is("content-type", HeaderId::ContentType);
      return is("x-request-id", HeaderId::XRequestId);
    case 14: return is("content-length", HeaderId::ContentLength);
    case 15: return is("x-forwarded-for", HeaderId::XForwardedFor);
    case 16:
      if (first == 'p') return is("proxy-connection", HeaderId::ProxyConnection);
      return is("x-forwarded-host", HeaderId::XForwardedHost);
    case 17:
      if (first == 't') return is("transfer-encoding", HeaderId::TransferEncoding);
      return is("x-forwarded-proto", HeaderId::XForwardedProto);
    case 18: return is("proxy-authenticate", HeaderId::ProxyAuthenticate);
    case 19: return is("proxy-authorization", HeaderId::ProxyAuthorization);
    default: return HeaderId::Other;
  }
}

const HeaderField* HeaderList::find(std::string_view name) const noexcept {
  for (const auto& field : fields_) {
    if (iequals(field.name, name)) return &field;
  }
  return nullptr;
}

bool iequals(std::string_view a, std::string_view b) noexcept { return equals_ignoring_case(a, b); }

bool has_token(std::string_view value, std::string_view token) noexcept {
  return any_element(value, [token](std::string_view element) { return iequals(element, token); });
}

void mark_hop_by_hop(const HeaderList& headers, std::vector<bool>& keep) {
  keep.assign(headers.size(), true);
  std::size_t i = 0;
  for (const auto& field : headers) {
    if (field.id != HeaderId::Other && always_dropped(field)) keep[i] = false;
    ++i;
  }
  for (const auto& connection : headers) {
    if (connection.id != HeaderId::Connection) continue;
    any_element(connection.value, [&](std::string_view named) {
      if (iequals(named, "close") || iequals(named, "keep-alive")) return false;
      std::size_t at = 0;
      for (const auto& field : headers) {
        if (iequals(field.name, named) && !beyond_connection(field)) keep[at] = false;
        ++at;
      }
      return false;
    });
  }
}

}  // namespace gateway
