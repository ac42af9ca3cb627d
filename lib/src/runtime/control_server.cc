#include "runtime/control_server.h"

#include <arpa/inet.h>

#include <optional>
#include <string_view>

#include "http/path.h"
#include "http/server_response.h"

namespace gateway {
namespace {

// Whether `authority` names this machine, which listens on `address`.
bool is_local(std::string_view authority, std::string_view address) {
  std::string scratch;
  const auto parsed = parse_authority(authority, scratch);
  if (!parsed) return false;
  std::string host(parsed->host);
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  in_addr v4{};
  in6_addr v6{};
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  if (!is_v4 && !is_v6) return false;
  if (is_v4 && (ntohl(v4.s_addr) >> 24) == 127) return true;
  if (is_v6 && IN6_IS_ADDR_LOOPBACK(&v6)) return true;
  // Listening on every address, any of them may be ours; a name of another site is none.
  return host == address || address == "0.0.0.0" || address == "::";
}

// Why the guard keeps the request out; nullopt when it does not.
std::optional<ControlServer::Response> keep_out(const ControlServer::Request& request,
                                                std::string_view address) {
  if (!is_local(request.host, address))
    return text_response(403, "the Host of this request is not this machine");
  const std::string* origin = request.header("origin");
  if (!origin) return std::nullopt;
  const std::size_t scheme = origin->find("://");
  if (scheme != std::string::npos &&
      is_local(std::string_view(*origin).substr(scheme + 3), address)) {
    return std::nullopt;
  }
  return text_response(403, "the Origin of this request is not this machine");
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::create(void* native_loop,
                                                             const std::string& address,
                                                             std::uint16_t port, Handler handler,
                                                             Guard guard) {
  HttpServer::Options options;
  options.address = address;
  options.port = port;
  auto server = HttpServer::create(
      native_loop, std::move(options),
      [address, handler = std::move(handler), guard](
          const Request& request, const std::shared_ptr<HttpServer::Responder>& responder) {
        auto refusal = guard == Guard::LocalOnly ? keep_out(request, address) : std::nullopt;
        responder->send(refusal ? *std::move(refusal) : handler(request));
      });
  if (!server) return std::move(server).error();
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(server).value()));
}

}  // namespace gateway
