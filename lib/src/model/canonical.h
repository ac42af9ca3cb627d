#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rapidjson/fwd.h>

#include <gateway/result.h>
#include <gateway/snapshot.h>

#include "model/document.h"

namespace gateway {

using Digest = std::array<std::uint8_t, 32>;  // SHA-256
[[nodiscard]] Digest sha256(std::string_view bytes) noexcept;
[[nodiscard]] std::string hex(const Digest& digest);

// The canonical JSON of one resource: members in alphabetical order, no white space, defaults left
// out. `Content` leaves out witness and provenance: what the digests of stamps and tables are over.
enum class CanonicalForm : std::uint8_t { Full, Content };
void write_canonical(const Api& api, CanonicalForm form, std::string& out);
void write_canonical(const Backend& backend, CanonicalForm form, std::string& out);
void write_canonical(const Hostname& hostname, CanonicalForm form, std::string& out);
void write_canonical(const Certificate& certificate, CanonicalForm form, std::string& out);  // Content: the chain's and key's SHA-256, never the key
void write_canonical(const Product& product, CanonicalForm form, std::string& out);
void write_canonical(const Subscription& subscription, CanonicalForm form, std::string& out);  // Content: the keys' SHA-256
void write_canonical(const Policy& policy, CanonicalForm form, std::string& out);
void write_canonical(const User& user, CanonicalForm form, std::string& out);
void write_canonical(const NamedValue& value, CanonicalForm form, std::string& out);  // Content: the value's SHA-256, salted by its name
void write_canonical(const PolicyFragment& fragment, CanonicalForm form, std::string& out);
void write_canonical(const EventHubLogger& logger, CanonicalForm form, std::string& out);  // Content: the connection string's SHA-256

// SHA-256 over the Content form.
[[nodiscard]] Digest content_digest(const Api& api);
[[nodiscard]] Digest content_digest(const Hostname& hostname);

// Our own document: {"apiVersion":"gateway/v1","kind":"Configuration", "apis":[…], "backends":[…],
// "certificates":[…], "fragments":[…], "hostnames":[…], "loggers":[…], "namedValues":[…], "policies":[…], "products":[…],
// "subscriptions":[…], "users":[…]}; docs and the JSON Schema are in lib/src/model/configuration.schema.json.
// Every problem is appended to `rejected` of the snapshot, naming the member path; sound elements are taken.
void read_configuration_document(const rapidjson::Value& document, std::string_view where, SourceSnapshot& into);
[[nodiscard]] std::string write_configuration_document(const SourceSnapshot& snapshot);  // canonical, whole, with keys

}  // namespace gateway
