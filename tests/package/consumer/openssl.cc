// OpenSSL in the same program as the gateway's BoringSSL: a handshake between the two.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <cstring>

int openssl_handshake(std::uint16_t port) {
  if (std::strncmp(OpenSSL_version(OPENSSL_VERSION), "OpenSSL ", 8) != 0) return 1;
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 2;
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL* ssl = SSL_new(context);
  SSL_set_fd(ssl, fd);
  int result = SSL_connect(ssl) == 1 ? 0 : 3;
  const char request[] = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";
  char answer[16] = {};
  if (result == 0 && SSL_write(ssl, request, sizeof request - 1) <= 0) result = 4;
  if (result == 0 && (SSL_read(ssl, answer, 12) != 12 || std::strncmp(answer, "HTTP/1.1 404", 12) != 0)) result = 5;
  SSL_free(ssl);
  SSL_CTX_free(context);
  ::close(fd);
  return result;
}
