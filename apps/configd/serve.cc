#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <sys/resource.h>

#include "access_log.h"
#include "base/strings.h"
#include "base/uv.h"
#include "commands.h"
#include "http/server.h"
#include "log.h"
#include "service.h"
#include "store.h"
#include "tls/tls_table.h"

namespace configd {
namespace {

using gateway::HttpServer;
using gateway::Result;

constexpr std::size_t kMaxBody = 64u << 20;
constexpr std::size_t kMaxConnections = 8'192;

Result<std::string> admin_token(const ServeOptions& options) {
  if (options.admin_token.empty() == options.admin_token_file.empty()) {
    return refuse("--admin-token-file",
                  "give one of --admin-token-file, --admin-token and CONFIGD_ADMIN_TOKEN");
  }
  std::string token = options.admin_token;
  if (token.empty()) {
    auto text = read_file("--admin-token-file", options.admin_token_file);
    if (!text) return text;
    token = std::string(gateway::trim(*text));
  }
  for (const char c : token) {
    if (c <= ' ' || c > '~') token.clear();
  }
  if (token.empty())
    return refuse("--admin-token", "must be printable ASCII without spaces, and not empty");
  return token;
}

bool is_loopback(const std::string& address) {
  return address == "::1" || address == "localhost" || address.starts_with("127.");
}

Result<std::shared_ptr<const gateway::TlsTable>> tls_of(const ServeOptions& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return refuse("--tls-certificate", "needs --tls-key, and the reverse");
  }
  if (options.tls_certificate.empty()) {
    if (options.allow_http || is_loopback(options.address))
      return std::shared_ptr<const gateway::TlsTable>();
    return refuse("--address",
                  "without --tls-certificate and --tls-key only a loopback address is allowed, "
                  "unless --allow-http says that plain text is meant");
  }
  auto chain = read_file("--tls-certificate", options.tls_certificate);
  if (!chain) return std::move(chain).error();
  auto key = read_file("--tls-key", options.tls_key);
  if (!key) return std::move(key).error();
  auto identity = gateway::make_tls_identity(*chain, *key, options.tls_certificate);
  if (!identity) return std::move(identity).error();
  auto binding = std::make_shared<gateway::TlsBinding>();
  binding->identity = std::move(identity).value();
  binding->http2 = false;
  auto table = std::make_shared<gateway::TlsTable>();
  table->set_default(std::move(binding));
  return std::shared_ptr<const gateway::TlsTable>(std::move(table));
}

// SIGTERM and SIGINT on the loop, one time.
class StopSignals {
 public:
  StopSignals(uv_loop_t* loop, std::function<void(int)> call)
      : body_(new Body{{}, {}, std::move(call), 2}) {
    for (auto [handle, number] :
         {std::pair(&body_->term, SIGTERM), std::pair(&body_->interrupt, SIGINT)}) {
      uv_signal_init(loop, handle);
      handle->data = body_;
      uv_signal_start_oneshot(
          handle,
          [](uv_signal_t* fired, int signal) { static_cast<Body*>(fired->data)->call(signal); },
          number);
    }
  }
  ~StopSignals() {
    for (uv_signal_t* handle : {&body_->term, &body_->interrupt}) {
      uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) {
        auto* body = static_cast<Body*>(closed->data);
        if (--body->open == 0) delete body;
      });
    }
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

 private:
  struct Body {
    uv_signal_t term;
    uv_signal_t interrupt;
    std::function<void(int)> call;
    int open;
  };
  Body* body_;  // libuv's until both are closed
};

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Both faces behind one server.
class Service {
 public:
  Service(Store& store, const std::string& token, uv_loop_t* loop,
          const gateway::Environment& environment, Log& log)
      : gateways_(make_gateway_side(store, token, loop, environment)),
        management_(make_management(store, token, environment)),
        log_(log) {}

  void answer(HttpServer::Request request, std::shared_ptr<HttpServer::Responder> responder) {
    responder = with_access_log(request, std::move(responder), log_);
    if (gateways_ && gateways_->take(request, responder)) return;
    if (management_->take(request, responder)) return;
    responder->send(to_response({404, "ResourceNotFound", "no such resource", ""}));
  }
  void end_streams() { gateways_.reset(); }

 private:
  std::unique_ptr<Face> gateways_;
  std::unique_ptr<Face> management_;
  Log& log_;
};

std::string endpoint(const std::string& address, std::uint16_t port) {
  return (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" +
         std::to_string(port);
}

}  // namespace

int serve(const ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  const auto token = admin_token(options);
  if (!token) return fail("serve", token.error(), kBadSettings);
  auto tls = tls_of(options);
  if (!tls) return fail("serve", tls.error(), kBadSettings);

  const auto environment = gateway::Environment::system();
  auto opened = Store::open(options.database, environment);
  if (!opened) return fail("serve", opened.error(), kStartFailed);
  const std::unique_ptr<Store> store = std::move(opened).value();
  const auto log = Log::create();
  gateway::uv::Loop loop;
  Service service(*store, *token, loop.get(), environment, *log);

  HttpServer::Options server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  server_options.tls = *tls;
  server_options.environment = environment;
  server_options.methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  server_options.max_body = kMaxBody;
  server_options.max_connections = kMaxConnections;
  auto made = HttpServer::create(loop.get(), std::move(server_options),
                                 [&service](auto request, auto responder) {
                                   service.answer(std::move(request), std::move(responder));
                                 });
  if (!made) return fail("serve", made.error(), kStartFailed);
  std::unique_ptr<HttpServer> server = std::move(made).value();
  {
    const StopSignals stop(loop.get(), [&](int) { uv_stop(loop.get()); });
    log->info("Listening", std::string("listening ") + (*tls ? "https=" : "http=") +
                               endpoint(options.address, server->port()) + " epoch=" +
                               store->epoch() + " revision=" + std::to_string(store->revision()));
    loop.run();
  }
  log->info("Stopping", "a signal came: streams end, the database is closed");
  service.end_streams();
  uv_run(loop.get(), UV_RUN_NOWAIT);  // what the streams still had to say
  server.reset();
  return kDone;
}

}  // namespace configd
