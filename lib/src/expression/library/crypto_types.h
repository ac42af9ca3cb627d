#pragma once

#include <cstddef>
#include <string_view>

#include <openssl/digest.h>

#include "expression/evaluation.h"

// The parts of declare_crypto and what they share.
namespace gateway::expression {

void declare_hashes(Catalog& catalog);
void declare_symmetric(Catalog& catalog);
void declare_rsa(Catalog& catalog);
void declare_certificate(Catalog& catalog);
void declare_tokens(Catalog& catalog);  // Jwt, BasicAuthCredentials

// "MD5", "SHA1", "SHA256", "SHA384" or "SHA512", "SHA-256" too; null: none of them.
[[nodiscard]] const EVP_MD* digest_named(std::string_view name) noexcept;
// Raises CryptographicException; empties BoringSSL's queue.
[[noreturn]] void raise_crypto(Evaluation& eval, std::string_view message);
[[nodiscard]] std::string_view hex_text(Evaluation& eval, std::span<const std::uint8_t> bytes);

}  // namespace gateway::expression
