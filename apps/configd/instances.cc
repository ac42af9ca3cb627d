#include "instances.h"

#include <algorithm>

#include <rapidjson/document.h>

#include "base/strings.h"
#include "model/document.h"
#include "model/member_reader.h"
#include "observe/json_text.h"

namespace configd {
namespace {

using gateway::Error;
using gateway::ErrorCode;
using gateway::Result;

Error refuse(std::string_view member, std::string message) {
  Error error;
  error.code = ErrorCode::InvalidArgument;
  error.origin = "gateways";
  error.where = std::string(member);
  error.message = std::move(message);
  return error;
}

std::string cut(std::string_view text) { return std::string(text.substr(0, Instances::kMaxText)); }

const rapidjson::Value* member(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() || found->value.IsNull() ? nullptr : &found->value;
}

Result<void> read(const rapidjson::Value& object, const char* name, std::string& out) {
  const rapidjson::Value* value = member(object, name);
  if (!value) return {};
  if (value->IsUint64()) {
    out = std::to_string(value->GetUint64());
  } else if (value->IsString()) {
    out = cut(gateway::text_of(*value));
  } else {
    return refuse(name, "must be a string");
  }
  return {};
}

Result<void> read(const rapidjson::Value& object, const char* name,
                  std::optional<std::uint64_t>& out) {
  const rapidjson::Value* value = member(object, name);
  if (!value) return {};
  if (value->IsUint64()) {
    out = value->GetUint64();
  } else if (value->IsDouble() && value->GetDouble() >= 0 && value->GetDouble() < 1e15) {
    out = static_cast<std::uint64_t>(value->GetDouble());
  } else if (const auto number = value->IsString()
                                     ? gateway::parse_decimal(gateway::text_of(*value))
                                     : std::nullopt) {
    out = *number;
  } else {
    return refuse(name, "must be a number of at least 0");
  }
  return {};
}

Result<rapidjson::Document> parse(std::string_view body) {
  gateway::DocumentLimits limits;
  limits.max_bytes = Instances::kMaxBody;
  limits.max_depth = 8;
  auto document = gateway::parse_json(body, limits, "body");
  if (!document) return std::move(document).error();
  if (!document->IsObject()) return refuse("body", "must be a JSON object");
  return document;
}

Result<std::string> name_of(const rapidjson::Value& message) {
  const rapidjson::Value* name = member(message, "instance");
  if (!name || !name->IsString() || name->GetStringLength() == 0 || name->GetStringLength() > 256) {
    return refuse("instance", "must be a string of 1 to 256 bytes");
  }
  return std::string(gateway::text_of(*name));
}

Result<void> read_rejected(const rapidjson::Value& message, std::size_t& count,
                           std::vector<std::pair<std::string, std::string>>& out) {
  const rapidjson::Value* list = member(message, "rejected");
  if (!list) return {};
  if (!list->IsArray()) return refuse("rejected", "must be a list of {\"id\", \"reason\"}");
  for (const auto& entry : list->GetArray()) {
    if (!entry.IsObject()) return refuse("rejected", "must be a list of {\"id\", \"reason\"}");
    std::string id;
    std::string reason;
    if (auto done = read(entry, "id", id); !done) return done;
    if (auto done = read(entry, "reason", reason); !done) return done;
    if (out.size() < Instances::kMaxRejected) out.emplace_back(std::move(id), std::move(reason));
  }
  count = list->Size();
  return {};
}

// The members of a JSON object, one after the other.
class ObjectText {
 public:
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    gateway::append_json_string(out_, value);
  }
  void number(std::string_view name, std::optional<std::uint64_t> value) {
    if (value) raw(name, std::to_string(*value));
  }
  void time(std::string_view name, std::int64_t seconds) {
    if (seconds) text(name, gateway::format_rfc3339(seconds));
  }
  void raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
  }
  [[nodiscard]] std::string end() && { return std::move(out_) + "}"; }

 private:
  void key(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    gateway::append_json_string(out_, name);
    out_ += ':';
  }
  std::string out_ = "{";
};

}  // namespace

// A message without one of these leaves what the instance said before.
Result<void> Instances::read_served(const rapidjson::Value& message, Instance& instance) {
  if (auto done = read(message, "version", instance.version); !done) return done;
  if (auto done = read(message, "epoch", instance.epoch); !done) return done;
  return read(message, "revision", instance.revision);
}

Result<void> Instances::heartbeat(std::string_view body, std::int64_t now) {
  auto message = parse(body);
  if (!message) return std::move(message).error();
  const auto name = name_of(*message);
  if (!name) return name.error();
  Instance said = known(*name);
  said.last_heartbeat = now;
  if (auto done = read_served(*message, said); !done) return done;
  if (auto done = read(*message, "gatewayVersion", said.gateway_version); !done) return done;
  if (auto done = read(*message, "uptimeSeconds", said.uptime_seconds); !done) return done;
  keep(*name, std::move(said));
  return {};
}

Result<void> Instances::acknowledge(std::string_view body, std::int64_t now) {
  auto message = parse(body);
  if (!message) return std::move(message).error();
  const auto name = name_of(*message);
  if (!name) return name.error();
  Instance said = known(*name);
  said.acknowledged = now;
  said.rejected.clear();
  said.rejected_count = 0;
  if (auto done = read_served(*message, said); !done) return done;
  if (auto done = read_rejected(*message, said.rejected_count, said.rejected); !done) return done;
  keep(*name, std::move(said));
  return {};
}

Instances::Instance Instances::known(const std::string& name) const {
  const auto found = instances_.find(name);
  return found == instances_.end() ? Instance() : found->second;
}

void Instances::keep(const std::string& name, Instance instance) {
  if (!instances_.contains(name) && instances_.size() >= kMaxInstances) {
    instances_.erase(std::min_element(
        instances_.begin(), instances_.end(),
        [](const auto& a, const auto& b) { return a.second.heard < b.second.heard; }));
  }
  instance.heard = ++messages_;
  instances_[name] = std::move(instance);
}

std::string Instances::to_json() const {
  std::string out = "[";
  for (const auto& [name, instance] : instances_) {
    ObjectText text;
    text.text("instance", name);
    text.time("lastHeartbeat", instance.last_heartbeat);
    text.text("gatewayVersion", instance.gateway_version);
    text.number("uptimeSeconds", instance.uptime_seconds);
    text.time("acknowledged", instance.acknowledged);
    text.text("version", instance.version);
    text.text("epoch", instance.epoch);
    text.number("revision", instance.revision);
    text.number("rejectedCount", instance.rejected_count);
    std::string rejected = "[";
    for (const auto& [id, reason] : instance.rejected) {
      if (rejected.size() > 1) rejected += ',';
      ObjectText entry;
      entry.text("id", id);
      entry.text("reason", reason);
      rejected += std::move(entry).end();
    }
    text.raw("rejected", rejected + "]");
    if (out.size() > 1) out += ',';
    out += std::move(text).end();
  }
  return out + "]";
}

}  // namespace configd
