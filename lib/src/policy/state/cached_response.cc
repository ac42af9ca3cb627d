#include "policy/state/cached_response.h"

#include <algorithm>

#include "policy/state/bytes_form.h"

namespace gateway::policy {
namespace {

constexpr char kMark = 'R';  // the version of the form

constexpr std::string_view kLeftOut[] = {
    "age",        "connection",  "content-length",      "date",       "keep-alive",        "proxy-authenticate",
    "set-cookie", "set-cookie2", "proxy-authentication-info", "trailer", "transfer-encoding", "upgrade",
};

}  // namespace

std::string write_cached_response(const ResponseMessage& response, std::int64_t duration_ms) {
  std::string out(1, kMark);
  write_number(out, static_cast<std::uint64_t>(duration_ms));
  write_number(out, static_cast<std::uint64_t>(response.status));
  write_text(out, response.reason);
  const auto kept = [](const HeaderField& field) {
    return std::none_of(std::begin(kLeftOut), std::end(kLeftOut),
                        [&](std::string_view name) { return iequals(name, field.name); });
  };
  write_number(out, static_cast<std::uint64_t>(
                        std::count_if(response.fields.list.begin(), response.fields.list.end(), kept)));
  for (const HeaderField& field : response.fields.list) {
    if (!kept(field)) continue;
    write_text(out, field.name);
    write_text(out, field.value);
  }
  write_number(out, response.body.is_whole() ? 1 : 0);
  out.append(response.body.is_whole() ? response.body.data : std::string_view());
  return out;
}

bool read_cached_response(std::string_view content, ResponseMessage& response,
                          std::int64_t& duration_ms) {
  if (content.empty() || content[0] != kMark) return false;
  content.remove_prefix(1);
  BytesReader reader(content);
  duration_ms = static_cast<std::int64_t>(reader.number());
  const std::uint64_t status = reader.number();
  if (status < 100 || status > 999) return false;
  response = {};
  response.status = static_cast<int>(status);
  response.reason = reader.text();
  const std::uint64_t count = reader.number();
  for (std::uint64_t i = 0; i < count && reader.good(); ++i) {
    const std::string_view name = reader.text();
    const std::string_view value = reader.text();
    // A cache that others write to is outside.
    if (reader.good() && (!is_token(name) || !is_field_value(value))) return false;
    response.fields.add(name, value);
  }
  const bool has_body = reader.number() != 0;
  if (!reader.good() || !is_field_value(response.reason)) return false;
  if (has_body) response.body.assign(reader.rest());
  return true;
}

}  // namespace gateway::policy
