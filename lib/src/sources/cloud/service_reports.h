#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gateway/environment.h>

#include "base/uv.h"
#include "sources/cloud/service_client.h"

namespace gateway::cloud {

// A name for this run of the gateway that people recognise.
[[nodiscard]] std::string make_instance(const Entropy& entropy);

// Tells the service that the gateway lives and what it serves. A service that does not want to know
// (404, 405) is not told again; one that cannot be told is told later. Control thread.
class ServiceReports {
 public:
  struct Problem {
    std::string id;
    std::string reason;
  };
  struct Served {
    std::string epoch;
    std::uint64_t revision = 0;
    std::uint64_t version = 0;
    std::vector<Problem> problems;
  };
  static constexpr std::size_t kMaxProblems = 1000;

  ServiceReports(ServiceClient& service, uv_loop_t* loop, std::chrono::milliseconds interval,
                 std::string instance);

  // The service answers: from the first time on it hears of the gateway.
  void connected();
  // The newest one is what is told, once there is nothing under way.
  void served(Served served);

 private:
  struct Post {
    std::unique_ptr<ServiceClient::Call> call;
    int status = 0;
    bool unwanted = false;
  };

  void beat();
  void acknowledge();
  void post(Post& post, const char* path, std::string body, std::function<void(bool told)> ended);

  ServiceClient& service_;
  std::string instance_;
  std::chrono::milliseconds interval_;
  uv::Timer timer_;
  bool connected_ = false;
  Served served_;
  bool due_ = false;  // `served_` is not told yet
  Post heartbeat_;
  Post acknowledgement_;
};

}  // namespace gateway::cloud
