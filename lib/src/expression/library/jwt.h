#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "expression/evaluation.h"
#include "expression/library/collections.h"

namespace gateway::expression {

struct JwtObject final : Object {
  using Object::Object;
  std::string_view raw;        // header.payload.signature
  std::string_view algorithm;  // "alg"
  std::string_view token_type; // "typ"
  std::string_view key_id;     // "kid"
  // IReadOnlyDictionary<string, string[]>, names without regard to case. Never null.
  DictionaryObject* claims = nullptr;
  std::optional<std::int64_t> expires, not_before, issued_at;  // seconds since 1970
};

// Reads a token, with or without "Bearer " before it; verifies nothing. Null: it is no JWT.
[[nodiscard]] JwtObject* parse_jwt(Evaluation& eval, std::string_view text);

// BasicAuthCredentials.
struct BasicObject final : Object {
  using Object::Object;
  std::string_view user;
  std::string_view password;
};

// "Basic " + base64; null: it is not that.
[[nodiscard]] BasicObject* parse_basic(Evaluation& eval, std::string_view header);

}  // namespace gateway::expression
