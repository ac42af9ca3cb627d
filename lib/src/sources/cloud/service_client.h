#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gateway/cloud_source.h>
#include <gateway/result.h>
#include <gateway/source.h>

#include "http/client.h"
#include "sources/cloud/credential.h"
#include "sources/cloud/endpoint.h"
#include "sources/cloud/jobs.h"

namespace gateway::cloud {

// Requests to "{endpoint}/v1/gateways/{id}/…" with the gateway's token, which never goes to another
// origin: redirects are followed within the endpoint's own only. Control thread only.
class ServiceClient {
 public:
  // `seen`: called with the credential that a request is about to carry.
  static Result<std::unique_ptr<ServiceClient>> create(TaskRunner& control, Jobs& jobs,
                                                       const CloudSourceOptions& options,
                                                       std::function<void(const Credential&)> seen);

  struct Request {
    std::string method = "GET";
    std::string path;                                          // "snapshot"
    std::string query;                                         // "after=e:1", encoded; "" = none
    std::vector<std::pair<std::string, std::string>> headers;  // besides Authorization
    std::string body;
    std::chrono::milliseconds idle_timeout{30'000};
    std::size_t max_body = 1u << 20;
  };
  // Destroying it cancels the request; no handler is called after, and it may be done within any.
  class Call;
  [[nodiscard]] std::unique_ptr<Call> start(Request request, HttpClientHandler handler);

  // Reads the token, which names the gateway: before anything is asked for it.
  void identify(std::function<void(Result<Credential>)> identified);
  // The gateway that identify() found.
  [[nodiscard]] const std::string& gateway() const noexcept { return gateway_; }
  [[nodiscard]] std::string url() const { return endpoint_.url(); }

  ~ServiceClient();

 private:
  struct State;
  ServiceClient(Jobs& jobs, const CloudSourceOptions& options);

  void with_credential(std::function<void(Result<Credential>)> then);
  void send(const std::shared_ptr<State>& state);
  void redirect(const std::shared_ptr<State>& state, const HttpClientResponse& response);

  Jobs& jobs_;
  std::string token_;
  std::string token_file_;
  std::chrono::milliseconds response_timeout_;
  std::function<void(const Credential&)> seen_;
  Endpoint endpoint_;
  std::string gateway_;
  std::unique_ptr<HttpClient> http_;
};

class ServiceClient::Call {
 public:
  explicit Call(std::shared_ptr<State> state);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace gateway::cloud
