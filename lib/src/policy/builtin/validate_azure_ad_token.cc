#include <algorithm>

#include "policy/builtin/list.h"
#include "policy/builtin/token_validation.h"

// validate-azure-ad-token: a token of Microsoft Entra: signature and issuer by the tenant's OpenID document,
// audience, and the application that asks (azp, appid).
namespace gateway::policy {
namespace {

class ValidateAzureAdToken final : public TokenValidation {
 public:
  explicit ValidateAzureAdToken(ElementCompiler& in) {
    read_common(in);
    const Element& element = in.element();
    tenant_ = in.operand("tenant-id", true);
    endpoint_ = in.operand("authentication-endpoint", false);
    const int sources = (header_.present() ? 1 : 0) + (query_.present() ? 1 : 0) + (token_value_.present() ? 1 : 0);
    if (sources > 1)
      in.problem(element.at, "takes one of header-name, query-parameter-name and token-value");
    in.only_children(element, {"backend-application-ids", "client-application-ids", "audiences",
                               "required-claims", "decryption-keys"});
    if (const Element* keys = element.child("decryption-keys"))
      in.problem(keys->at, "<decryption-keys> is not supported: encrypted tokens are refused");
    clients_ = read_texts(in, "client-application-ids", "application-id");
    backends_ = read_texts(in, "backend-application-ids", "application-id");
    in.mark(*this, {&tenant_, &endpoint_});
  }

 private:
  std::vector<std::string> providers(Run& run) const override {
    std::string_view tenant = tenant_.text(run);
    std::string base(endpoint_.present() ? endpoint_.text(run) : "https://login.microsoftonline.com");
    if (base.find("://") == std::string::npos) base.insert(0, "https://");
    while (base.ends_with('/')) base.pop_back();
    std::string url;
    if (tenant.find("://") != std::string_view::npos) {
      while (tenant.ends_with('/')) tenant.remove_suffix(1);
      url = tenant;
    } else {
      url = base + '/' + std::string(tenant);
    }
    // Tokens of both versions have the keys of one tenant, and different issuers.
    return {url + "/v2.0/.well-known/openid-configuration", url + "/.well-known/openid-configuration"};
  }

  // Of "common" and "organizations" the document says "https://…/{tenantid}/v2.0".
  bool issuer_fits(Run& run, std::string_view issuer, const std::vector<std::string>& urls) const override {
    auto& store = *static_cast<OpenIdStore*>(run.services().openid.get());
    return std::any_of(urls.begin(), urls.end(), [&](const std::string& url) {
      const auto provider = store.find(url);
      if (!provider) return false;
      const std::string& said = provider->issuer;
      const std::size_t hole = said.find("{tenantid}");
      if (hole == std::string::npos) return said == issuer;
      const std::string_view before = std::string_view(said).substr(0, hole);
      const std::string_view after = std::string_view(said).substr(hole + 10);
      if (issuer.size() <= before.size() + after.size() || !issuer.starts_with(before) ||
          !issuer.ends_with(after)) {
        return false;
      }
      const std::string_view tenant =
          issuer.substr(before.size(), issuer.size() - before.size() - after.size());
      return tenant.find('/') == std::string_view::npos;
    });
  }

  Refusal check_more(Run& run, const Token& token) const override {
    const auto fits = [&](const std::vector<Operand>& allowed, std::string_view claim) {
      const std::vector<std::string>* said = token.claim(claim);
      return said && said->size() == 1 &&
             std::any_of(allowed.begin(), allowed.end(),
                         [&](const Operand& one) { return one.text(run) == said->front(); });
    };
    if (!clients_.empty() && !fits(clients_, "azp") && !fits(clients_, "appid"))
      return {"TokenClaimValueNotAllowed", "The client application is not allowed. Access denied."};
    if (!backends_.empty() && !fits(backends_, "aud"))
      return {"TokenAudienceNotAllowed", "The token's audience is not allowed. Access denied."};
    return {};
  }

  Operand tenant_, endpoint_;
  std::vector<Operand> clients_, backends_;
};

}  // namespace

std::unique_ptr<Step> compile_validate_azure_ad_token(ElementCompiler& in) {
  return std::make_unique<ValidateAzureAdToken>(in);
}

}  // namespace gateway::policy
