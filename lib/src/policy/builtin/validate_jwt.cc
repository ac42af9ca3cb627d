#include "base/base64.h"
#include "policy/builtin/list.h"
#include "policy/builtin/token_validation.h"

// validate-jwt: a token in a header field, a query parameter or an expression: its signature by keys that are
// given or that OpenID providers publish, its times, issuer, audience and claims.
namespace gateway::policy {
namespace {

class ValidateJwt final : public TokenValidation {
 public:
  explicit ValidateJwt(ElementCompiler& in) {
    read_common(in);
    const Element& element = in.element();
    const int sources = (header_.present() ? 1 : 0) + (query_.present() ? 1 : 0) + (token_value_.present() ? 1 : 0);
    if (sources != 1)
      in.problem(element.at, "needs exactly one of header-name, query-parameter-name and token-value");
    in.only_children(element, {"openid-config", "issuer-signing-keys", "decryption-keys", "audiences",
                               "issuers", "required-claims"});
    issuers_ = read_texts(in, "issuers", "issuer");
    for (const Element& child : element.children) {
      if (child.name == "openid-config") {
        ElementCompiler& config = in.child(child);
        urls_.push_back(config.operand("url", true));
        (void)config.literal_bool("validate-connectivity", true);  // of saving a document: not of running it
        in.mark(*this, {&urls_.back()});
      } else if (child.name == "issuer-signing-keys") {
        in.only_children(child, {"key"});
        for (const Element& key : child.children) {
          if (key.name == "key") read_key(in, key);
        }
      } else if (child.name == "decryption-keys") {
        in.problem(child.at, "<decryption-keys> is not supported: encrypted tokens are refused");
      }
    }
    if (urls_.empty() && !has_keys_ && !(require_signed_.present() && require_signed_.literal() == "false"))
      in.problem(element.at, "needs <openid-config> or <issuer-signing-keys>, or require-signed-tokens=\"false\"");
  }

 private:
  void read_key(ElementCompiler& in, const Element& key) {
    ElementCompiler& child = in.child(key);
    std::string key_id(child.literal("id", ""));
    const std::string_view certificate = child.literal("certificate-id", "");
    const std::string_view n = child.literal("n", ""), e = child.literal("e", "");
    has_keys_ = true;
    if (!certificate.empty()) {
      const auto found = in.surroundings().certificate ? in.surroundings().certificate(certificate) : nullptr;
      if (!found) {
        in.problem(key.at, "there is no certificate '" + std::string(certificate) + "'");
        return;
      }
      add(in, key, TokenKey::of_certificate(found->chain_pem, std::move(key_id)));
    } else if (!n.empty() || !e.empty()) {
      add(in, key, TokenKey::of_rsa(n, e, std::move(key_id)));
    } else {
      Operand text = in.text_operand(key, true);
      if (text.is_expression()) {
        secrets_.push_back(std::move(text));
        return;
      }
      auto bytes = decode_base64(text.literal());
      if (!bytes || bytes->empty()) {
        in.problem(key.at, "<key> needs certificate-id, n and e, or a base64 text");
        return;
      }
      keys_.push_back(TokenKey::of_secret(std::move(*bytes), std::move(key_id)));
    }
  }
  void add(ElementCompiler& in, const Element& key, Result<TokenKey> made) {
    if (made) {
      keys_.push_back(std::move(made).value());
    } else {
      in.problem(key.at, made.error().message);
    }
  }

  std::vector<std::string> providers(Run& run) const override {
    std::vector<std::string> urls;
    for (const Operand& url : urls_) urls.emplace_back(url.text(run));
    return urls;
  }
  Refusal check_more(Run&, const Token&) const override { return {}; }

  std::vector<Operand> urls_;
};

}  // namespace

std::unique_ptr<Step> compile_validate_jwt(ElementCompiler& in) { return std::make_unique<ValidateJwt>(in); }

}  // namespace gateway::policy
