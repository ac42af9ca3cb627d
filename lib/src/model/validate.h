#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gateway/error.h>
#include <gateway/resources.h>

namespace gateway {

// Each appends every problem it finds, none stops at the first. `where` names the object in the
// Errors: "Ingress gw/users (file)". An empty result means that the later stages can rely on the value.
void validate(const Api& api, std::string_view where, std::vector<Error>& problems);
void validate(const Backend& backend, std::string_view where, std::vector<Error>& problems);
void validate(const Certificate& certificate, std::string_view where, std::vector<Error>& problems);
void validate(const Hostname& hostname, std::string_view where, std::vector<Error>& problems);
void validate(const Product& product, std::string_view where, std::vector<Error>& problems);
void validate(const Subscription& subscription, std::string_view where, std::vector<Error>& problems);
void validate(const User& user, std::string_view where, std::vector<Error>& problems);
void validate(const NamedValue& value, std::string_view where, std::vector<Error>& problems);
void validate(const PolicyFragment& fragment, std::string_view where, std::vector<Error>& problems);
void validate(const EventHubLogger& logger, std::string_view where, std::vector<Error>& problems);
void validate(const Policy& policy, std::string_view where, std::vector<Error>& problems);

// A host pattern: "", a DNS name in lower case, or "*." before one. No ports, no IP addresses in wildcards.
[[nodiscard]] bool valid_host_pattern(std::string_view host) noexcept;

// Words for a resource in messages: "Ingress gw/users" or the id.
[[nodiscard]] std::string describe(const Provenance& provenance, std::string_view id);

}  // namespace gateway
