#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gateway/result.h>

namespace gateway::arm {

struct CertificateFile {
  std::string chain_pem;        // leaf first
  std::string key_pem;          // PKCS#8; "" where the file has none
  std::string subject;          // RFC 2253
  std::string thumbprint;       // SHA-1 of the leaf, upper-case hex
  std::int64_t not_after = 0;   // seconds since 1970
};

// PKCS#12 (RFC 7292), `der` at most 1 MiB. The Error never tells the password.
[[nodiscard]] Result<CertificateFile> read_pkcs12(std::string_view der, std::string_view password,
                                                  std::string_view where);
// Certificates and an optional key in PEM.
[[nodiscard]] Result<CertificateFile> read_pem_file(std::string_view pem, std::string_view where);

}  // namespace gateway::arm
