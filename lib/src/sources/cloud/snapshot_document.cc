#include "sources/cloud/snapshot_document.h"

#include <set>
#include <utility>

#include <rapidjson/document.h>

#include "base/strings.h"
#include "model/document.h"

namespace gateway::cloud {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxEpochBytes = 256;
constexpr std::size_t kMaxDepth = 64;

Error broken(std::string message) {
  return {ErrorCode::ProtocolError, "cloud", std::move(message), "", true};
}

std::string twice(const std::string& id) {
  return "the resource " + quote(id, 200) + " is there twice";
}

const Value* member(const Value& object, const char* name) {
  const auto at = object.FindMember(name);
  return at == object.MemberEnd() || at->value.IsNull() ? nullptr : &at->value;
}
std::string_view text(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

std::optional<Digest> parse_digest(std::string_view hex_digits) {
  Digest digest{};
  if (hex_digits.size() != digest.size() * 2) return std::nullopt;
  const auto value_of = [](char c) { return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10; };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const char high = hex_digits[2 * i];
    const char low = hex_digits[2 * i + 1];
    if (!is_hex_digit(high) || !is_hex_digit(low)) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(value_of(high) * 16 + value_of(low));
  }
  return digest;
}

Result<rapidjson::Document> parse(std::string_view bytes, std::size_t max_bytes) {
  auto document = parse_json(bytes, {max_bytes, kMaxDepth, 0}, "");
  if (!document) {
    const Error& error = document.error();
    return Error{error.code == ErrorCode::TooLarge ? error.code : ErrorCode::ProtocolError, "cloud",
                 error.message + error.where, "", true};
  }
  if (!document->IsObject()) return broken("not a JSON object");
  return document;
}

// Epoch, revision and digest of either document.
template <typename Document>
Result<void> read_position(const Value& document, bool required, Document& into) {
  const auto* epoch = member(document, "epoch");
  if (epoch ? !epoch->IsString() || epoch->GetStringLength() > kMaxEpochBytes : required) {
    return broken("`epoch` must be a string of at most " + std::to_string(kMaxEpochBytes) +
                  " bytes");
  }
  if (epoch) into.epoch = text(*epoch);
  const auto* revision = member(document, "revision");
  if (revision ? !revision->IsUint64() : required)
    return broken("`revision` must be an integer of at least 0");
  if (revision) into.revision = revision->GetUint64();
  const auto* digest = member(document, "digest");
  if (digest) {
    if (digest->IsString()) into.digest = parse_digest(text(*digest));
    if (!into.digest) return broken("`digest` must be 64 hexadecimal digits");
  }
  return {};
}

// What an id is known by, whether it is one or not.
std::string name_of(std::string_view id) {
  auto short_form = arm::short_id(id);
  return short_form ? std::move(short_form).value() : quote(id, 200);
}

RejectedResource reject(const Value& element, std::string place, Error error) {
  RejectedResource rejected;
  rejected.id = std::move(place);
  if (element.IsObject()) {
    if (const auto* id = member(element, "id"); id && id->IsString())
      rejected.id = name_of(text(*id));
  }
  std::string canonical;
  arm::write_canonical_json(element, canonical);
  rejected.digest = sha256(canonical);
  rejected.reason = std::move(error.message);
  return rejected;
}

}  // namespace

void combine(Digest& into, const Digest& with) noexcept {
  for (std::size_t i = 0; i < into.size(); ++i)
    into[i] = static_cast<std::uint8_t>(into[i] ^ with[i]);
}

Result<SnapshotDocument> read_snapshot(std::string_view bytes, std::size_t max_bytes) {
  auto document = parse(bytes, max_bytes);
  if (!document) return std::move(document).error();
  SnapshotDocument snapshot;
  if (auto position = read_position(*document, false, snapshot); !position)
    return std::move(position).error();
  const auto* resources = member(*document, "resources");
  if (!resources || !resources->IsArray()) {
    return broken("there is no array `resources`: an empty configuration says \"resources\":[]");
  }
  Digest whole{};
  std::size_t index = 0;
  for (const Value& element : resources->GetArray()) {
    std::string place = "resources[" + std::to_string(index++) + ']';
    auto resource = arm::make_resource(element);
    if (!resource) {
      snapshot.rejected.push_back(reject(element, std::move(place), std::move(resource).error()));
      combine(whole, snapshot.rejected.back().digest);
      continue;
    }
    const std::size_t before = snapshot.resources.size();
    const std::string id = resource->id;
    snapshot.resources.upsert(std::move(resource).value());
    if (snapshot.resources.size() == before) return broken(twice(id));
  }
  std::set<std::string_view> rejected;
  for (const auto& one : snapshot.rejected) {
    if (snapshot.resources.find(one.id) || !rejected.insert(one.id).second)
      return broken(twice(one.id));
  }
  combine(whole, snapshot.resources.digest());
  if (snapshot.digest && *snapshot.digest != whole) {
    return broken("the digest of the resources is " + hex(whole) + ", not " +
                  hex(*snapshot.digest) + " as it says");
  }
  return snapshot;
}

Result<ChangeDocument> read_change(std::string_view bytes, std::size_t max_bytes) {
  auto document = parse(bytes, max_bytes);
  if (!document) return std::move(document).error();
  ChangeDocument change;
  if (auto position = read_position(*document, true, change); !position)
    return std::move(position).error();
  const auto* upserts = member(*document, "upserts");
  const auto* removes = member(*document, "removes");
  if (!upserts || !upserts->IsArray()) return broken("there is no array `upserts`");
  if (!removes || !removes->IsArray()) return broken("there is no array `removes`");
  std::size_t index = 0;
  for (const Value& element : upserts->GetArray()) {
    std::string place = "upserts[" + std::to_string(index++) + ']';
    auto resource = arm::make_resource(element);
    if (resource) {
      change.upserts.push_back(std::move(resource).value());
    } else {
      change.rejected.push_back(reject(element, std::move(place), std::move(resource).error()));
    }
  }
  for (const Value& id : removes->GetArray()) {
    if (!id.IsString()) return broken("`removes` must be an array of ids");
    change.removes.push_back(name_of(text(id)));
  }
  return change;
}

}  // namespace gateway::cloud
