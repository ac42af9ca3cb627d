#pragma once

#include <functional>
#include <memory>
#include <string>

#include "policy/services.h"

namespace gateway::policy {

// Where tokens of managed identities come from.
struct IdentitySettings {
  // Workload identity: the file of the service account's token, read anew for each token; whose it is, and
  // who gives tokens for it ("https://login.microsoftonline.com/"). "" = the metadata service is asked.
  std::string token_file, client_id, tenant_id, authority_host;
  std::string metadata_url = "http://169.254.169.254/metadata/identity/oauth2/token";
};

// Of Services::tokens: what is known of tokens, shared by workers.
[[nodiscard]] std::shared_ptr<void> make_token_store();

struct TokenQuery {
  std::string resource;   // "https://vault.azure.net"
  std::string client_id;  // of a user-assigned identity; "" = the settings', or the system's
};
struct TokenAnswer {
  std::string token;
  std::string error;  // not "": there is none, and why; never a secret
};
// True: `answer` is there at once. False: `later` is called once on this worker, never from within, unless
// the Pending is destroyed. A token is kept until shortly before it expires, a failure for two seconds; those
// who ask for the same one on a worker wait for the same request.
[[nodiscard]] bool find_token(Services& services, const TokenQuery& query, TokenAnswer& answer,
                              std::function<void(const TokenAnswer&)> later, std::unique_ptr<Pending>& pending);

}  // namespace gateway::policy
