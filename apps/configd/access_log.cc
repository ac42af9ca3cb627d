#include "access_log.h"

#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/strings.h"

namespace configd {
namespace {

using gateway::HttpServer;
using Clock = std::chrono::steady_clock;

class LoggedResponder final : public HttpServer::Responder {
 public:
  LoggedResponder(const HttpServer::Request& request, std::shared_ptr<HttpServer::Responder> inner,
                  Log& log)
      : method_(request.method),
        path_(gateway::quote(request.path, 512)),
        client_(request.client_address),
        inner_(std::move(inner)),
        log_(log) {}

  void send(HttpServer::Response response) override {
    write(response.status);
    inner_->send(std::move(response));
  }
  std::shared_ptr<HttpServer::Stream> stream(HttpServer::Response head,
                                             std::function<void()> closed) override {
    write(head.status);
    return inner_->stream(std::move(head), std::move(closed));
  }

 private:
  void write(int status) {
    const auto spent = std::chrono::duration<double, std::milli>(Clock::now() - started_).count();
    log_.info("Request",
              fmt::format("{} {} {} {:.1f} ms {}", method_, path_, status, spent, client_));
  }

  const std::string method_;
  const std::string path_;
  const std::string client_;
  const std::shared_ptr<HttpServer::Responder> inner_;
  Log& log_;
  const Clock::time_point started_ = Clock::now();
};

}  // namespace

std::shared_ptr<HttpServer::Responder> with_access_log(const HttpServer::Request& request,
                                                       std::shared_ptr<HttpServer::Responder> inner,
                                                       Log& log) {
  return std::make_shared<LoggedResponder>(request, std::move(inner), log);
}

}  // namespace configd
