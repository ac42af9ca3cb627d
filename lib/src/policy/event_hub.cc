#include "policy/event_hub.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/strings.h"
#include "observe/json_text.h"
#include "policy/call_url.h"

namespace gateway::policy {
namespace {

Error refuse(const EventHubLogger& logger, std::string_view why) {
  return Error{ErrorCode::InvalidArgument, "policy", "the connection string " + std::string(why),
               "logger " + logger.id};
}

// At most `most` bytes, and no character cut in two.
std::string_view cut(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

Result<EventHub> EventHub::create(const EventHubLogger& logger) {
  EventHub hub;
  hub.hub_ = logger.name;
  std::string endpoint, entity;
  for (const std::string_view part : split(logger.connection_string, ';')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trim(part.substr(0, equals)), value = trim(part.substr(equals + 1));
    if (equals_ignoring_case(name, "Endpoint")) endpoint = value;
    if (equals_ignoring_case(name, "SharedAccessKeyName")) hub.key_name_ = value;
    if (equals_ignoring_case(name, "SharedAccessKey")) hub.key_ = value;
    if (equals_ignoring_case(name, "EntityPath")) entity = value;
  }
  if (hub.hub_.empty()) hub.hub_ = entity;
  if (hub.hub_.empty()) return refuse(logger, "lacks EntityPath, and the logger has no name of a hub");
  if (hub.key_name_.empty() || hub.key_.empty())
    return refuse(logger, "lacks SharedAccessKeyName or SharedAccessKey");
  if (!endpoint.starts_with("sb://")) return refuse(logger, "lacks an Endpoint that begins with sb://");
  const auto url = parse_call_url("https://" + endpoint.substr(5));
  if (!url) return refuse(logger, "has an Endpoint without a host");
  hub.base_ = "https://" + url->authority;
  return hub;
}

std::string EventHub::signature(std::int64_t unix_ms) const {
  const std::string resource = percent_encode(base_ + "/" + hub_);
  const std::string expiry = std::to_string(unix_ms / 1000 + 3600);
  const std::string signed_text = resource + "\n" + expiry;
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), key_.size(), reinterpret_cast<const std::uint8_t*>(signed_text.data()),
       signed_text.size(), digest, &size);
  return "SharedAccessSignature sr=" + resource +
         "&sig=" + percent_encode(encode_base64({reinterpret_cast<const char*>(digest), size})) +
         "&se=" + expiry + "&skn=" + percent_encode(key_name_);
}

OutgoingCall EventHub::event(std::string_view message, std::string_view partition_id,
                             std::string_view partition_key, std::int64_t unix_ms) const {
  OutgoingCall call;
  call.method = "POST";
  call.url = base_ + "/" + percent_encode(hub_);
  if (!partition_id.empty()) call.url += "/partitions/" + percent_encode(partition_id);
  call.url += "/messages?timeout=60&api-version=2014-01";
  call.fields = {{"Authorization", signature(unix_ms)},
                 {"Content-Type", "application/atom+xml;type=entry;charset=utf-8"}};
  if (!partition_key.empty()) {
    std::string properties = "{\"PartitionKey\":";
    append_json_string(properties, cut(partition_key, 128));  // what a hub takes
    call.fields.emplace_back("BrokerProperties", properties + "}");
  }
  call.body = cut(message, kMostBytes);
  call.max_body = 64 * 1024;
  return call;
}

}  // namespace gateway::policy
