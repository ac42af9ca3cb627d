#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include <gateway/result.h>

#include "base/uv.h"
#include "http/client.h"
#include "sources/ingress/cluster_access.h"

namespace gateway::kubernetes {

// GET requests to one API server, with credentials that follow their files: read again every minute
// and after a 401, off the loop. Control thread only.
class ApiClient {
 public:
  using Reader = std::function<Result<ClusterAccess>()>;  // runs on another thread

  static constexpr std::chrono::seconds kRereadEvery{60};

  // `changed` is called after new credentials came into use.
  static Result<std::unique_ptr<ApiClient>> create(TaskRunner& control, ClusterAccess access, Reader reader,
                                                   std::function<void()> changed);

  struct Request {
    std::string target;  // path and query of the API
    std::chrono::milliseconds idle_timeout{30'000};
    std::size_t max_body = 256u << 20;
  };
  // Destroying the result cancels the request.
  class Call {
   public:
    Call(std::shared_ptr<HttpClient> client, std::unique_ptr<HttpClientCall> call)
        : client_(std::move(client)), call_(std::move(call)) {}

   private:
    std::shared_ptr<HttpClient> client_;  // outlives the call, also when a newer one took its place
    std::unique_ptr<HttpClientCall> call_;
  };
  [[nodiscard]] std::unique_ptr<Call> get(const Request& request, HttpClientHandler handler);

  // Reads the credentials again, now.
  void reread();
  [[nodiscard]] const ClusterAccess& access() const noexcept { return access_; }

 private:
  ApiClient(TaskRunner& control, Reader reader, std::function<void()> changed);
  Result<void> use(ClusterAccess access);

  TaskRunner& control_;
  Reader reader_;
  std::function<void()> changed_;
  ClusterAccess access_;
  std::shared_ptr<HttpClient> client_;
  uv::Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool reading_ = false;
};

// What a status other than 200 says, with the Status object in `body` where there is one.
[[nodiscard]] Error api_status_error(int status, std::string_view body, std::string where);

}  // namespace gateway::kubernetes
