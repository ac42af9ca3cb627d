#include "sources/ingress/api_client.h"

#include <optional>
#include <utility>

#include "base/strings.h"
#include "model/document.h"
#include "sources/ingress/json_view.h"

namespace gateway::kubernetes {

ApiClient::ApiClient(TaskRunner& control, Reader reader, std::function<void()> changed)
    : control_(control),
      reader_(std::move(reader)),
      changed_(std::move(changed)),
      timer_(static_cast<uv_loop_t*>(control.native_loop())) {
  timer_.start(kRereadEvery, [this] { reread(); }, kRereadEvery);
}

Result<std::unique_ptr<ApiClient>> ApiClient::create(TaskRunner& control, ClusterAccess access,
                                                     Reader reader, std::function<void()> changed) {
  std::unique_ptr<ApiClient> client(new ApiClient(control, std::move(reader), std::move(changed)));
  if (auto used = client->use(std::move(access)); !used) return std::move(used).error();
  return client;
}

Result<void> ApiClient::use(ClusterAccess access) {
  ClusterAccess as_before = access;
  as_before.token = access_.token;
  if (client_ && as_before == access_) {
    access_ = std::move(access);
    return {};
  }
  HttpClientOptions options;
  options.host = access.host;
  options.port = access.port;
  options.tls = access.tls;
  options.tls_server_name = access.tls_server_name;
  if (access.tls) {
    TlsClientOptions tls;
    tls.ca_pem = access.ca_pem;
    tls.verify = access.verify;
    tls.client_chain_pem = access.client_chain_pem;
    tls.client_key_pem = access.client_key_pem;
    auto made = TlsClient::create(tls);
    if (!made) return std::move(made).error();
    options.tls_client = std::move(made).value();
  }
  auto client = HttpClient::create(control_, std::move(options));
  if (!client) return std::move(client).error();
  client_ = std::move(client).value();
  access_ = std::move(access);
  return {};
}

std::unique_ptr<ApiClient::Call> ApiClient::get(const Request& request, HttpClientHandler handler) {
  HttpClientRequest http;
  http.target = access_.base_path + request.target;
  http.headers = {{"Accept", "application/json"}};
  if (!access_.token.empty()) http.headers.emplace_back("Authorization", "Bearer " + access_.token);
  http.idle_timeout = request.idle_timeout;
  http.max_body = request.max_body;
  return std::make_unique<Call>(client_, client_->start(std::move(http), std::move(handler)));
}

void ApiClient::reread() {
  if (std::exchange(reading_, true)) return;
  auto result = std::make_shared<std::optional<Result<ClusterAccess>>>();
  uv::queue_work(
      static_cast<uv_loop_t*>(control_.native_loop()), [reader = reader_, result] { *result = reader(); },
      [this, alive = std::weak_ptr(alive_), result] {
        if (alive.expired()) return;
        reading_ = false;
        // A file that is half written, or gone for a moment: what was read before stays in use.
        if (!**result || (**result).value() == access_) return;
        if (use(std::move(**result).value())) changed_();
      });
}

Error api_status_error(int status, std::string_view body, std::string where) {
  std::string message = "HTTP status " + std::to_string(status);
  if (const auto parsed = parse_json(body, {64 * 1024, 16, 0}, ""); parsed && parsed->IsObject()) {
    if (const auto said = json::text_or(&*parsed, "message"); !said.empty()) message += ": " + quote(said, 300);
  }
  const ErrorCode code = status == 401 || status == 403 ? ErrorCode::Unauthorized
                         : status == 404                ? ErrorCode::NotFound
                                                        : ErrorCode::Unavailable;
  return {code, "ingress", std::move(message), std::move(where), status != 403};
}

}  // namespace gateway::kubernetes
