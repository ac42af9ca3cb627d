#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gateway::policy {

class SchemaText;

// What `context` tells of the configuration. Immutable, made when the configuration is compiled.
struct ApiFacts {
  std::string id, name, path, revision = "1", version;
  bool current = true;
  std::vector<std::string> protocols;   // "http", "https"
  std::string service_url;              // "https://host:port/base"
  std::string key_header, key_query;
  std::shared_ptr<const SchemaText> schema;  // of its operations; null: none is known
};
struct OperationFacts {
  std::string id, name, method, url_template;
};
struct GroupFacts {
  std::string id, name;
};
struct ProductFacts {
  std::string id, name;
  bool published = true, approval_required = false, subscription_required = true;
  int subscriptions_limit = 0;  // 0 = none
  std::vector<GroupFacts> groups;
};
struct UserFacts {
  std::string id, email, first_name, last_name, note, registration_date;  // RFC 3339
  std::vector<GroupFacts> groups;
  std::vector<std::pair<std::string, std::string>> identities;  // id, provider
};
struct SubscriptionFacts {
  std::string id, name, primary_key, secondary_key;
  std::string created, start, end;  // RFC 3339; "" = none
  std::shared_ptr<const UserFacts> user;
};
struct DeploymentFacts {
  std::string gateway_id = "gateway", instance_id, region, service_id, service_name;
};
// A certificate of the configuration that policies may use by its id.
struct CertificateFacts {
  std::string id, chain_pem, key_pem;
};

}  // namespace gateway::policy
