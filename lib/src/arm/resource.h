#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/result.h>
#include <gateway/shared_map.h>

#include "model/canonical.h"

namespace gateway::arm {

// One resource. Immutable once made.
//
// The envelope: {"id":"/apis/users","type":…,"name":…,"properties":{…},
// "created":"<RFC 3339>","lastModified":"<RFC 3339>"}; all but `id` and `properties` may be absent.
struct Resource {
  std::string id;    // short form: "/apis/users;rev=2/operations/get"; no trailing slash
  std::string json;  // the canonical envelope
  bool operator==(const Resource&) const = default;
};

// "/subscriptions/…/service/NAME/apis/x" and "/apis/x" are both "/apis/x". Collections are spelled as
// in the contract whatever their case ("/namedvalues/a" is "/namedValues/a"); names are kept. An Error
// where it is no id of a known kind: names have 1 to 256 characters, none of *#&+:<>?/\ or control.
[[nodiscard]] Result<std::string> short_id(std::string_view id);

// "/apis/users;rev=2/operations/get" → {"apis","users;rev=2","operations","get"}.
[[nodiscard]] std::vector<std::string_view> id_parts(std::string_view short_id);

// "apis/operations", "gateways/hostnameConfigurations", "policies": the collections of an id.
[[nodiscard]] std::string kind_of(std::string_view short_id);

// Checks the envelope (an object, an id of a known kind, `properties` an object) and puts it into its
// canonical form: members sorted by their bytes, no white space, integers as integers, other numbers
// in their shortest form, the id in its short form.
[[nodiscard]] Result<Resource> make_resource(const rapidjson::Value& envelope);

// The canonical text of any value, as above.
void write_canonical_json(const rapidjson::Value& value, std::string& out);

// SHA-256 over the canonical envelope.
[[nodiscard]] Digest digest(const Resource& resource);

// Resources by id, with the digest of the whole: the XOR of the digests of all. A value type; copies
// share structure.
class ResourceSet {
 public:
  // False when it was there with equal content.
  bool upsert(Resource resource);
  bool erase(std::string_view id);
  [[nodiscard]] const Resource* find(std::string_view id) const noexcept { return entries_.find(id); }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] const SharedMap<Resource>& entries() const noexcept { return entries_; }
  // 32 zero bytes for the empty set.
  [[nodiscard]] const Digest& digest() const noexcept { return digest_; }

 private:
  SharedMap<Resource> entries_;
  Digest digest_{};
};

}  // namespace gateway::arm
