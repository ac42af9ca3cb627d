#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compiler.h"
#include "policy/jwt/openid.h"
#include "policy/run.h"

// What validate-jwt and validate-azure-ad-token share.
namespace gateway::policy {

// A claim that must be there.
struct RequiredClaim {
  std::string name;
  bool any = false;              // one of the values is enough; else all
  std::string separator;         // splits a claim of one text; "" = it is one value
  std::vector<Operand> values;   // none: that it is there is enough
};
[[nodiscard]] std::vector<RequiredClaim> read_required_claims(ElementCompiler& in);
// <audiences> and its like: the texts of the children.
[[nodiscard]] std::vector<Operand> read_texts(ElementCompiler& in, std::string_view list, std::string_view one);

// A token taken apart. Views are into its text or own storage.
struct Token {
  std::string_view raw, signed_text;
  std::string algorithm, key_id, signature;
  std::map<std::string, std::vector<std::string>, std::less<>> claims;
  std::optional<std::int64_t> expires, not_before;  // seconds since 1970
  [[nodiscard]] const std::vector<std::string>* claim(std::string_view name) const {
    const auto at = claims.find(name);
    return at == claims.end() ? nullptr : &at->second;
  }
};

class TokenValidation : public Step {
 public:
  Flow run(Strand& strand) const override;

 protected:
  // Reads the attributes that both have.
  void read_common(ElementCompiler& in);
  // The documents of providers whose keys count; evaluated for each request.
  virtual std::vector<std::string> providers(Run& run) const = 0;
  // Beyond signature, times and what is here: "" = it passes, else the reason and its message.
  struct Refusal {
    std::string_view reason;  // "" = it passes
    std::string message;
  };
  virtual Refusal check_more(Run& run, const Token& token) const = 0;
  // Whether the issuer is one that counts: with `issuers_` empty, those of the providers.
  [[nodiscard]] virtual bool issuer_fits(Run& run, std::string_view issuer,
                                         const std::vector<std::string>& urls) const;
  [[nodiscard]] static Refusal check_claims(Run& run, const std::vector<RequiredClaim>& claims, const Token& token);

  Operand header_, query_, token_value_, status_, message_, require_expiration_, require_scheme_,
      require_signed_, clock_skew_;
  std::string output_variable_;
  std::vector<Operand> audiences_, issuers_;
  std::vector<RequiredClaim> claims_;
  TokenKeys keys_;                 // of literals and certificates
  std::vector<Operand> secrets_;   // base64 keys that are expressions
  bool has_keys_ = false;          // keys were given, beside providers

 private:
  struct Work;
  [[nodiscard]] std::string_view find_token(Run& run, Refusal& refusal) const;
  Flow decide(Strand& strand, Work& work) const;
  Flow refuse(Strand& strand, const Refusal& refusal) const;
};

}  // namespace gateway::policy
