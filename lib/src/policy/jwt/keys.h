#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/result.h>

namespace gateway::policy {

// RFC 4648 §5 without padding; padding at the end is let pass. False: it is not that.
[[nodiscard]] bool decode_base64url(std::string_view text, std::string& out);

// A key that signatures of tokens are checked with (RFC 7517, RFC 7518). Immutable; copies share it.
class TokenKey {
 public:
  [[nodiscard]] static TokenKey of_secret(std::string secret, std::string id = {});
  // base64url of modulus and exponent.
  [[nodiscard]] static Result<TokenKey> of_rsa(std::string_view n, std::string_view e, std::string id = {});
  // The public key of the first certificate.
  [[nodiscard]] static Result<TokenKey> of_certificate(std::string_view pem, std::string id = {});
  [[nodiscard]] static Result<TokenKey> of_curve(std::string_view curve, std::string_view x,
                                                 std::string_view y, std::string id = {});

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  // Whether this key is of the kind that `algorithm` ("RS256") needs.
  [[nodiscard]] bool fits(std::string_view algorithm) const noexcept;
  // HS256/384/512, RS256/384/512, PS256/384/512, ES256/384/512; anything else is false.
  [[nodiscard]] bool verifies(std::string_view algorithm, std::string_view signed_text,
                              std::string_view signature) const noexcept;

 private:
  struct Material;
  std::string id_;
  std::shared_ptr<const Material> material_;
};
using TokenKeys = std::vector<TokenKey>;

// A JWK set: what is no key for signatures, or of a kind that is not known, is left out.
[[nodiscard]] Result<TokenKeys> read_key_set(std::string_view json, std::string_view where);

enum class SignatureOutcome : unsigned char { Valid, Invalid, NoKey };
// The keys whose id is `key_id`, else all that fit.
[[nodiscard]] SignatureOutcome check_signature(const TokenKeys& keys, std::string_view algorithm,
                                               std::string_view key_id, std::string_view signed_text,
                                               std::string_view signature) noexcept;

}  // namespace gateway::policy
