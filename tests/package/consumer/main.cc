// Starts a gateway from the installed package, asks it over TCP, and ends it.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include <gateway/gateway.h>
#include <gateway/memory_source.h>
#include <gateway/version.h>

int openssl_handshake(std::uint16_t port);

namespace {

std::string ask(std::uint16_t port, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return answer;
}

}  // namespace

int main() {
  gateway::GatewayOptions options;
  options.listeners = {{"127.0.0.1", 0, false}, {"127.0.0.1", 0, true}};
  options.drain_delay = gateway::Milliseconds(0);
  auto made = gateway::Gateway::create(options);
  if (!made) return std::fprintf(stderr, "%s\n", made.error().to_string().c_str()), 1;
  auto& gateway = *made;
  auto source = gateway::MemorySource::create();
  if (!gateway->add_source({"memory", "memory", ""}, std::move(source))) return 2;
  if (auto started = gateway->start(); !started) return std::fprintf(stderr, "%s\n", started.error().to_string().c_str()), 3;
  if (!gateway->wait_ready()) return 4;
  const std::string answer = ask(gateway->port(0), "GET /nothing HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n");
  if (answer.rfind("HTTP/1.1 404 ", 0) != 0) return std::fprintf(stderr, "answer: %s\n", answer.c_str()), 5;
#ifdef WITH_OPENSSL
  if (int bad = openssl_handshake(gateway->port(1))) return std::fprintf(stderr, "openssl: %d\n", bad), 6;
#endif
  if (std::strcmp(gateway::version(), GATEWAY_VERSION_STRING) != 0) return 7;
  return gateway->drain() ? 0 : 8;
}
