#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/mem.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include "base/strings.h"
#include "model/canonical.h"
#include "policy/builtin/list.h"
#include "policy/run.h"
#include "policy/services.h"

// validate-client-certificate: that the client showed a certificate in the TLS handshake, that it is in its
// time and trusted, and that it is one of the identities. Revocation is not looked up: the gateway has no
// lists; validate-revocation is accepted for that reason and said once, when the document is compiled.
namespace gateway::policy {
namespace {

std::string hex_of(const std::uint8_t* data, std::size_t size) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back("0123456789ABCDEF"[data[i] >> 4]);
    out.push_back("0123456789ABCDEF"[data[i] & 15]);
  }
  return out;
}

std::string digits_of(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_hex_digit(c)) out.push_back(c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c);
  }
  return out;
}

std::string thumbprint_of(const X509* certificate) {
  std::uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!X509_digest(certificate, EVP_sha1(), digest, &size)) return {};
  return hex_of(digest, size);
}

std::string serial_of(const X509* certificate) {
  bssl::UniquePtr<BIGNUM> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (!number) return {};
  std::string bytes(BN_num_bytes(number.get()), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<std::uint8_t*>(bytes.data()));
  return hex_of(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

// "CN=client, O=Contoso": the order of the certificate from its end, as .NET writes it.
std::string text_of(const X509_NAME* name) {
  bssl::UniquePtr<BIO> bio(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253);
  const std::uint8_t* data = nullptr;
  std::size_t size = 0;
  BIO_mem_contents(bio.get(), &data, &size);
  return {reinterpret_cast<const char*>(data), size};
}

// The parts of a name, whatever the white space between them.
std::vector<std::string> parts_of(std::string_view name) {
  std::vector<std::string> parts;
  std::string part;
  bool quoted = false;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    const char c = i < name.size() ? name[i] : ',';
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\' && i + 1 < name.size()) {
      part.push_back(name[++i]);
    } else if (c == ',' && (!quoted || i == name.size())) {
      if (const std::string_view one = trim(part); !one.empty()) parts.push_back(to_lower(one));
      part.clear();
    } else {
      part.push_back(c);
    }
  }
  return parts;
}

bool same_name(const X509_NAME* name, std::string_view wanted) {
  std::vector<std::string> a = parts_of(text_of(name)), b = parts_of(wanted);
  return a == b || (std::reverse(b.begin(), b.end()), a == b);
}

std::string common_name_of(const X509* certificate) {
  char text[256];
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return size < 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

struct Identity {
  std::string thumbprint, serial, common_name, subject, dns_name, issuer_subject, issuer_thumbprint;
};

class ValidateClientCertificate final : public Step {
 public:
  explicit ValidateClientCertificate(ElementCompiler& in)
      : trust_(in.literal_bool("validate-trust", true)),
        not_before_(in.literal_bool("validate-not-before", true)),
        not_after_(in.literal_bool("validate-not-after", true)),
        ignore_error_(in.literal_bool("ignore-error", false)) {
    if (in.literal_bool("validate-revocation", true))
      in.warning(in.element().at, "validate-revocation has no effect here: this gateway looks up no revocation lists");
    in.only_children(in.element(), {"identities"});
    const Element* list = in.element().child("identities");
    if (!list) return;
    in.only_children(*list, {"identity"});
    for (const Element& element : list->children) {
      if (element.name != "identity") continue;
      ElementCompiler& child = in.child(element);
      Identity one;
      one.thumbprint = digits_of(child.literal("thumbprint", ""));
      one.serial = digits_of(child.literal("serial-number", ""));
      one.common_name = child.literal("common-name", "");
      one.subject = child.literal("subject", "");
      one.dns_name = child.literal("dns-name", "");
      one.issuer_subject = child.literal("issuer-subject", "");
      one.issuer_thumbprint = digits_of(child.literal("issuer-thumbprint", ""));
      const std::string_view issuer = child.literal("issuer-certificate-id", "");
      if (!issuer.empty()) {
        if (!one.issuer_subject.empty() || !one.issuer_thumbprint.empty())
          in.problem(element.at, "issuer-certificate-id excludes issuer-subject and issuer-thumbprint");
        const auto found = in.surroundings().certificate ? in.surroundings().certificate(issuer) : nullptr;
        bssl::UniquePtr<X509> certificate;
        if (found) {
          bssl::UniquePtr<BIO> bio(
              BIO_new_mem_buf(found->chain_pem.data(), static_cast<int>(found->chain_pem.size())));
          certificate.reset(PEM_read_bio_X509(
              bio.get(), nullptr, [](char*, int, int, void*) { return 0; }, nullptr));
        }
        ERR_clear_error();
        if (!certificate) {
          in.problem(element.at, "there is no certificate '" + std::string(issuer) + "'");
        } else {
          one.issuer_subject = text_of(X509_get_subject_name(certificate.get()));
        }
      }
      identities_.push_back(std::move(one));
    }
    if (identities_.empty()) in.problem(list->at, "<identities> needs at least one <identity>");
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view why = refusal(run);
    if (why.empty() || ignore_error_) return Flow::Next;
    return run.fail(strand, {401, "ClientCertificateNotAllowed", why, {}, {}});
  }

 private:
  // "" = it passes.
  std::string_view refusal(Run& run) const {
    const std::string_view der = run.host().client_certificate_der();
    if (der.empty()) return "Client certificate not present.";
    const auto* data = reinterpret_cast<const std::uint8_t*>(der.data());
    const bssl::UniquePtr<X509> certificate(d2i_X509(nullptr, &data, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!certificate) return "Client certificate cannot be read.";
    std::time_t now = static_cast<std::time_t>(run.services().environment.clock->unix_ms() / 1000);
    if (not_before_ && X509_cmp_time(X509_get0_notBefore(certificate.get()), &now) > 0)
      return "Client certificate is not valid yet.";
    if (not_after_ && X509_cmp_time(X509_get0_notAfter(certificate.get()), &now) < 0)
      return "Client certificate has expired.";
    if (trust_ && !run.host().client_certificate_trusted()) return "Client certificate is not trusted.";
    if (identities_.empty()) return {};
    const bool known = std::any_of(identities_.begin(), identities_.end(),
                                   [&](const Identity& one) { return fits(one, certificate.get()); });
    return known ? std::string_view() : std::string_view("Client certificate is not one of the allowed identities.");
  }

  static bool fits(const Identity& one, X509* certificate) {
    if (!one.thumbprint.empty() && one.thumbprint != thumbprint_of(certificate)) return false;
    if (!one.serial.empty() && one.serial != serial_of(certificate)) return false;
    if (!one.common_name.empty() && one.common_name != common_name_of(certificate)) return false;
    if (!one.subject.empty() && !same_name(X509_get_subject_name(certificate), one.subject)) return false;
    if (!one.dns_name.empty() &&
        X509_check_host(certificate, one.dns_name.data(), one.dns_name.size(), 0, nullptr) != 1) {
      return false;
    }
    if (!one.issuer_subject.empty() && !same_name(X509_get_issuer_name(certificate), one.issuer_subject))
      return false;
    // Only the leaf is at hand: an issuer is told by its thumbprint where the certificate is its own issuer.
    return one.issuer_thumbprint.empty() || one.issuer_thumbprint == thumbprint_of(certificate);
  }

  bool trust_, not_before_, not_after_, ignore_error_;
  std::vector<Identity> identities_;
};

}  // namespace

std::unique_ptr<Step> compile_validate_client_certificate(ElementCompiler& in) {
  return std::make_unique<ValidateClientCertificate>(in);
}

}  // namespace gateway::policy
