#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gateway/environment.h>
#include <gateway/error.h>
#include <gateway/export.h>
#include <gateway/options.h>
#include <gateway/policy.h>
#include <gateway/snapshot.h>

// Trying a policy document without a gateway: for the authors of documents, and their tests.
namespace gateway {

struct TrialMessage {
  std::string method = "GET";  // of a request
  int status = 200;            // of a response
  std::string url;             // of a request: "https://api.example/orders?x=1"
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct PolicyTrial {
  std::string document;        // XML
  std::string scope = "api";   // operation, api, product or global
  // Named values, fragments, backends, certificates and loggers that the document refers to.
  SourceSnapshot surroundings;
  TrialMessage request;
  // What the backend answers. Requests of policies of their own (send-request) really go out.
  TrialMessage backend;
  std::string client_address = "127.0.0.1";
  ApiRevision api;             // what `context` tells of it
  Operation operation;
  bool with_product = false, with_subscription = false;
  Product product;
  Subscription subscription;
  PolicyOptions options;
  Environment environment;
  std::vector<std::shared_ptr<PolicyFactory>> policies;  // as of Gateway::add_policy
};

struct TrialStep {
  std::string section, path, scope;
  std::string outcome;               // next, enter, wait, answer, fail
  std::vector<std::string> changes;  // "request header x: a → b"
  std::vector<std::string> messages;
};

struct TrialReport {
  // Why the document does not compile; nothing ran then.
  std::vector<Error> problems;
  std::vector<Error> warnings;
  std::vector<TrialStep> steps;
  std::vector<TrialMessage> forwarded;  // the requests that the backend would have got
  TrialMessage response;
};

// Compiles the document; `problems` and `warnings` alone are filled.
[[nodiscard]] GATEWAY_EXPORT TrialReport compile_policy(const PolicyTrial& trial);
// Compiles and runs the document on the calling thread, which it blocks; with waits, time-outs and requests of
// its policies as they are. Starts no thread but for name resolution.
[[nodiscard]] GATEWAY_EXPORT TrialReport try_policy(const PolicyTrial& trial);

}  // namespace gateway
