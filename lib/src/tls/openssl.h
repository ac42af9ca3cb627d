#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/base.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pool.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "tls/tls_session.h"
#include "tls/tls_table.h"

namespace gateway {

class TlsIdentity {
 public:
  std::vector<bssl::UniquePtr<CRYPTO_BUFFER>> chain;  // leaf first
  bssl::UniquePtr<EVP_PKEY> key;
  TlsIdentityInfo info;
};

// The newest error of BoringSSL's queue in words, and the queue emptied.
[[nodiscard]] std::string take_openssl_error();

// Puts the identity's chain and key on one connection.
[[nodiscard]] bool use_identity(SSL* ssl, const TlsIdentity& identity);

// A session over `ssl`, whose BIOs it brings. `keep` lives until the handshake is done.
[[nodiscard]] std::unique_ptr<TlsSession> make_session(bssl::UniquePtr<SSL> ssl, bool server,
                                                       CipherSink& sink,
                                                       std::shared_ptr<const TlsTable> table);

// What the server asks of the client in this handshake: TlsBinding::client_demand.
void note_client_demand(SSL* ssl, const std::string& demand);

// The table of the handshake that `ssl` is in; null once it is over.
[[nodiscard]] const TlsTable* handshake_table(const SSL* ssl) noexcept;

// For the ticket callback.
struct TicketKey {
  std::uint8_t name[16];
  std::uint8_t cipher[32];
  std::uint8_t mac[32];
};
class TicketKeySet : public TicketKeys {
 public:
  // The newest key first. Immutable.
  [[nodiscard]] virtual std::shared_ptr<const std::vector<TicketKey>> keys() const noexcept = 0;
};

}  // namespace gateway
