#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gateway/resources.h>
#include <gateway/result.h>
#include <gateway/shared_map.h>

namespace gateway {

// A parsed certificate chain with its private key, ready for handshakes. Immutable, any thread.
class TlsIdentity;

// Parses and checks a PEM chain (leaf first) and its PEM key: syntax, key type (RSA of 2048 bits or
// more, ECDSA P-256/P-384/P-521, Ed25519), and that the key belongs to the leaf. The Error names the
// certificate by `where`, never its key. An expired leaf is accepted (a warning for the caller: see not_after).
[[nodiscard]] Result<std::shared_ptr<const TlsIdentity>> make_tls_identity(
    std::string_view chain_pem, std::string_view key_pem, std::string_view where);

// A self-signed ECDSA P-256 certificate for `dns_name` (a DNS SAN), valid for ten years.
[[nodiscard]] Result<std::shared_ptr<const TlsIdentity>> generate_tls_identity(
    std::string_view dns_name);

struct TlsIdentityInfo {
  std::string subject;
  std::string fingerprint_sha256;  // lower-case hex of the leaf's DER
  std::int64_t not_before = 0;     // seconds since 1970
  std::int64_t not_after = 0;
};
[[nodiscard]] const TlsIdentityInfo& info(const TlsIdentity& identity) noexcept;

// What TLS does for one host pattern.
struct TlsBinding {
  std::string host;  // "a.example", "*.example", "" = the default
  std::shared_ptr<const TlsIdentity> identity;
  TlsVersion min_version = TlsVersion::Tls1_2;
  // Hostname::negotiate_client_certificate and ::client_ca_pem, and both in one short text: "" = no
  // certificate is asked for. Connections made under one demand are not good for another.
  bool negotiate_client_certificate = false;
  std::string client_ca_pem;
  std::string client_demand;
  bool http2 = true;
  std::string source;  // who said so; "" = the gateway itself
};

// The TLS bindings of one Version. Copies share structure.
class TlsTable {
 public:
  // The binding for a server name as the client sent it: exact, then the wildcard of its parent
  // (exactly one label), then the default. `sni` may be empty or hostile; case is ignored; a
  // trailing dot too. Never null once set_default was called. No allocation.
  [[nodiscard]] const TlsBinding* select(std::string_view sni) const noexcept;
  // True when the host (lower case, no port) has a binding of its own, exact or by wildcard.
  [[nodiscard]] bool covers(std::string_view host) const noexcept;

  void set_default(std::shared_ptr<const TlsBinding> binding) { default_ = std::move(binding); }
  // `binding->host` must not be empty.
  void set(std::shared_ptr<const TlsBinding> binding);
  void erase(std::string_view host) { bindings_.erase(host); }
  [[nodiscard]] std::size_t size() const noexcept { return bindings_.size(); }
  [[nodiscard]] const SharedMap<TlsBinding>& bindings() const noexcept { return bindings_; }

 private:
  SharedMap<TlsBinding> bindings_;
  std::shared_ptr<const TlsBinding> default_;
};

}  // namespace gateway
