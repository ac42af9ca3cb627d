#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "policy/compiler.h"
#include "policy/recent.h"
#include "policy/run.h"
#include "policy/services.h"

namespace gateway::policy {

// What authentication-certificate says: of a backend, and of the request that send-request makes.
class ClientCertificate {
 public:
  // One of certificate-id, thumbprint (both literal), and body (PKCS#12) with its password.
  void read(ElementCompiler& in, Step& step);
  // Throws a Failure where the body is no certificate with a key.
  [[nodiscard]] std::shared_ptr<const ClientIdentity> identity(Run& run) const;

 private:
  [[nodiscard]] std::shared_ptr<const ClientIdentity> from_body(Run& run) const;

  std::shared_ptr<const ClientIdentity> known_;  // of the configuration
  Operand body_, password_;
  // Opening PKCS#12 is slow by design: what was opened is kept, by the digest of both. Thread-safe.
  static constexpr std::size_t kOpened = 16;
  mutable std::mutex mutex_;
  mutable Recent<std::shared_ptr<const ClientIdentity>> opened_{kOpened};
};

}  // namespace gateway::policy
