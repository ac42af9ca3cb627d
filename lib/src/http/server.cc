#include "http/server.h"

#include <netinet/in.h>
#include <uv.h>

#include <algorithm>

#include "base/strings.h"
#include "base/uv.h"
#include "http/server_connection.h"

namespace gateway {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string decode(std::string_view text) {
  std::string plus_free(text);
  std::replace(plus_free.begin(), plus_free.end(), '+', ' ');
  return percent_decode(plus_free);
}

const std::string* find(const Pairs& pairs, std::string_view name) noexcept {
  const auto found = std::find_if(pairs.begin(), pairs.end(),
                                  [&](const auto& pair) { return pair.first == name; });
  return found == pairs.end() ? nullptr : &found->second;
}

Result<std::unique_ptr<TlsServer>> make_tls(const std::shared_ptr<TicketKeys>& keys) {
  const std::string alpn[] = {"http/1.1"};
  return TlsServer::create(keys, alpn);
}

}  // namespace

const std::string* HttpServer::Request::parameter(std::string_view name) const noexcept {
  return find(query, name);
}
const std::string* HttpServer::Request::header(std::string_view name) const noexcept {
  return find(headers, name);
}

struct HttpServer::Impl {
  ServerState state;
  uv_tcp_t* listener = nullptr;  // freed by its close callback
  std::unique_ptr<uv::Timer> ticket_rotation;
  std::uint16_t port = 0;

  // A libuv status.
  int listen();
  void accept();
};

int HttpServer::Impl::listen() {
  const std::string& address = state.options.address;
  const bool v6 = address.find(':') != std::string::npos;
  sockaddr_storage bound{};
  auto& four = reinterpret_cast<sockaddr_in&>(bound);
  auto& six = reinterpret_cast<sockaddr_in6&>(bound);
  int status = v6 ? uv_ip6_addr(address.c_str(), state.options.port, &six)
                  : uv_ip4_addr(address.c_str(), state.options.port, &four);
  if (status < 0) return status;
  listener = new uv_tcp_t;
  uv_tcp_init(state.loop, listener);
  listener->data = this;
  status = uv_tcp_bind(listener, reinterpret_cast<const sockaddr*>(&bound), 0);
  if (status < 0) return status;
  status =
      uv_listen(reinterpret_cast<uv_stream_t*>(listener), 128, [](uv_stream_t* stream, int result) {
        if (result == 0) static_cast<Impl*>(stream->data)->accept();
      });
  int length = sizeof bound;
  if (status == 0)
    status = uv_tcp_getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &length);
  port = ntohs(v6 ? six.sin6_port : four.sin_port);
  return status;
}

void HttpServer::Impl::accept() {
  const auto connection = std::make_shared<ServerConnection>(state);
  state.connections.insert(connection);
  connection->open(reinterpret_cast<uv_stream_t*>(listener));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::create(void* native_loop, Options options,
                                                       Handler handler) {
  std::unique_ptr<HttpServer> server(new HttpServer(std::make_unique<Impl>()));
  Impl& impl = *server->impl_;
  ServerState& state = impl.state;
  state.loop = static_cast<uv_loop_t*>(native_loop);
  state.options = std::move(options);
  state.handler = std::make_shared<const Handler>(std::move(handler));
  if (state.options.tls) {
    if (!state.options.environment.entropy) state.options.environment = Environment::system();
    const auto keys = TicketKeys::create(state.options.environment);
    auto tls = make_tls(keys);
    if (!tls) return std::move(tls).error();
    state.tls = std::move(tls).value();
    const std::chrono::seconds interval(TicketKeys::kRotationSeconds);
    impl.ticket_rotation = std::make_unique<uv::Timer>(state.loop);
    impl.ticket_rotation->start(
        interval, [keys] { keys->rotate(); }, interval);
  }
  if (const int status = impl.listen(); status < 0) {
    const std::string& address = state.options.address;
    const bool v6 = address.find(':') != std::string::npos;
    return uv::to_error(
        status, "http server",
        (v6 ? "[" + address + "]" : address) + ":" + std::to_string(state.options.port));
  }
  return server;
}

HttpServer::~HttpServer() {
  if (impl_->listener) {
    uv_close(reinterpret_cast<uv_handle_t*>(impl_->listener),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
  }
  const auto connections = std::exchange(impl_->state.connections, {});
  for (const auto& connection : connections) connection->abandon();
  impl_->state.slow_bodies->close();
}

std::uint16_t HttpServer::port() const noexcept { return impl_->port; }

std::vector<std::pair<std::string, std::string>> HttpServer::parse_query(std::string_view query) {
  Pairs out;
  if (query.empty()) return out;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    out.emplace_back(decode(part.substr(0, equals)),
                     equals == part.size() ? std::string() : decode(part.substr(equals + 1)));
  }
  return out;
}

}  // namespace gateway
