#pragma once

#include <string>
#include <string_view>

namespace gateway {

// `text` with every secret in it replaced by "***": values of secret names (in queries, header
// lines, settings, JSON and YAML), credentials after an authentication scheme, JSON Web Tokens,
// private keys in PEM. For all text that a client, a peer or a document wrote, before it is shown
// anywhere.
[[nodiscard]] std::string redact(std::string_view text);

// Whether the value of a setting, field or parameter of this name is a secret; in any case.
[[nodiscard]] bool is_secret_name(std::string_view name) noexcept;

}  // namespace gateway
