#include <string>

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/digest.h>
#include <openssl/err.h>
#include <openssl/obj.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "expression/library/arguments.h"
#include "expression/library/certificate.h"
#include "expression/library/certificate_names.h"
#include "expression/library/crypto_types.h"

// X509Certificate2.
namespace gateway::expression {
namespace {

constexpr std::int64_t kUnixEpoch = 621'355'968'000'000'000;
constexpr std::int64_t kTicksOfSecond = 10'000'000;
constexpr std::uint32_t kLocal = 2;

X509* certificate(Call& call) { return self<CertificateObject>(call).certificate.get(); }

Value of_bytes(Call& call) { return make_certificate_of_file(call.eval, as_text(bytes_argument(call, 0, "rawData"))); }

std::span<const std::uint8_t> thumbprint(Call& call, std::uint8_t (&out)[EVP_MAX_MD_SIZE]) {
  unsigned size = 0;
  if (!X509_digest(certificate(call), EVP_sha1(), out, &size)) raise_crypto(call.eval, "The hash failed.");
  return std::span(out).first(size);
}
Value thumbprint_text(Call& call) {
  std::uint8_t bytes[EVP_MAX_MD_SIZE];
  return Value::of(hex_text(call.eval, thumbprint(call, bytes)));
}
Value thumbprint_bytes(Call& call) {
  std::uint8_t bytes[EVP_MAX_MD_SIZE];
  return bytes_value(call.eval, thumbprint(call, bytes));
}

Value subject(Call& call) { return call.eval.text(distinguished_name(X509_get_subject_name(certificate(call)))); }
Value issuer(Call& call) { return call.eval.text(distinguished_name(X509_get_issuer_name(certificate(call)))); }

struct NameObject final : Object {
  NameObject(const Type* the_type, std::string_view the_name) : Object(the_type), name(the_name) {}
  std::string_view name;
};
Value boxed_name(Call& call, const X509_NAME* name) {
  return Value::of(call.eval.arena().make<NameObject>(type_named(call.eval, "X500DistinguishedName"),
                                                      call.eval.arena().copy(distinguished_name(name))));
}
Value subject_name(Call& call) { return boxed_name(call, X509_get_subject_name(certificate(call))); }
Value issuer_name(Call& call) { return boxed_name(call, X509_get_issuer_name(certificate(call))); }
Value name_text(Call& call) { return Value::of(self<NameObject>(call).name); }

// Seconds since 1970.
std::int64_t seconds_of(const ASN1_TIME* time) {
  int days = 0, seconds = 0;
  bssl::UniquePtr<ASN1_TIME> epoch(ASN1_TIME_set(nullptr, 0));
  if (!epoch || !ASN1_TIME_diff(&days, &seconds, epoch.get(), time)) return 0;
  return std::int64_t{days} * 86'400 + seconds;
}
Value date(const ASN1_TIME* time) {
  return Value::date_time(kUnixEpoch + seconds_of(time) * kTicksOfSecond, kLocal);
}
Value not_before(Call& call) { return date(X509_get0_notBefore(certificate(call))); }
Value not_after(Call& call) { return date(X509_get0_notAfter(certificate(call))); }

Value serial_number(Call& call) {
  bssl::UniquePtr<BIGNUM> number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate(call)), nullptr));
  if (!number) raise_crypto(call.eval, "The serial number could not be read.");
  // As in DER: a leading zero where the first bit is set.
  const bool zero = BN_num_bits(number.get()) % 8 == 0;
  std::string bytes(BN_num_bytes(number.get()) + (zero ? 1U : 0U), '\0');
  BN_bn2bin(number.get(), reinterpret_cast<std::uint8_t*>(bytes.data()) + (zero ? 1 : 0));
  return Value::of(hex_text(call.eval, as_bytes(bytes)));
}

Value raw_data(Call& call) { return bytes_value(call.eval, as_bytes(self<CertificateObject>(call).der)); }
Value raw_data_text(Call& call) { return Value::of(hex_text(call.eval, as_bytes(self<CertificateObject>(call).der))); }
Value version(Call& call) { return Value::of(static_cast<std::int32_t>(X509_get_version(certificate(call)) + 1)); }
Value has_private_key(Call& call) { return Value::of(self<CertificateObject>(call).key != nullptr); }
Value friendly_name(Call&) { return Value::of(std::string_view()); }
Value to_text(Call& call) {
  return call.eval.text("[Subject]\n  " + std::string(subject(call).text()) + "\n\n[Issuer]\n  " +
                        std::string(issuer(call).text()) + "\n\n[Serial Number]\n  " +
                        std::string(serial_number(call).text()) + "\n\n[Thumbprint]\n  " +
                        std::string(thumbprint_text(call).text()) + "\n");
}
Value equals(Call& call) {
  const auto* other = object_as<CertificateObject>(call.eval, call.args[1], "X509Certificate2");
  return Value::of(other && other->der == self<CertificateObject>(call).der);
}
Value hash(Call& call) { return Value::of(call.eval.hash(thumbprint_text(call))); }

// The first name of the subject's (or issuer's) alternative names of this kind.
std::string alternative_name(X509* certificate, bool issuer, int kind) {
  bssl::UniquePtr<GENERAL_NAMES> names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(
      certificate, issuer ? NID_issuer_alt_name : NID_subject_alt_name, nullptr, nullptr)));
  for (std::size_t i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == kind) return text_of_asn1(name->d.ia5);
  }
  ERR_clear_error();
  return {};
}
// X509NameType: SimpleName, EmailName, UpnName, DnsName, DnsFromAlternativeName, UrlName.
Value name_info(Call& call) {
  X509* it = certificate(call);
  const bool for_issuer = call.args[2].boolean();
  const X509_NAME* name = for_issuer ? X509_get_issuer_name(it) : X509_get_subject_name(it);
  std::string out;
  switch (enum_arg(call, 1)) {
    case 0:
      for (const int nid : {NID_commonName, NID_organizationalUnitName, NID_organizationName, NID_pkcs9_emailAddress}) {
        if (out.empty()) out = name_part(name, nid);
      }
      if (out.empty()) out = alternative_name(it, for_issuer, GEN_DNS);
      break;
    case 1:
      out = alternative_name(it, for_issuer, GEN_EMAIL);
      if (out.empty()) out = name_part(name, NID_pkcs9_emailAddress);
      break;
    case 3:
      out = alternative_name(it, for_issuer, GEN_DNS);
      if (out.empty()) out = name_part(name, NID_commonName);
      break;
    case 4: out = alternative_name(it, for_issuer, GEN_DNS); break;
    case 5: out = alternative_name(it, for_issuer, GEN_URI); break;
    default: break;
  }
  return call.eval.text(out);
}

// A chain to what the engine trusts, now; revocation is not looked at.
Value verify(Call& call) {
  auto& it = self<CertificateObject>(call);
  call.eval.charge(30'000);
  if (!it.trust) return Value::of(false);
  bssl::UniquePtr<X509_STORE_CTX> context(X509_STORE_CTX_new());
  if (!context || !X509_STORE_CTX_init(context.get(), it.trust, it.certificate.get(), nullptr)) return Value::of(false);
  X509_STORE_CTX_set_time(context.get(), 0, static_cast<time_t>(call.eval.environment().clock->unix_ms() / 1000));
  const bool trusted = X509_verify_cert(context.get()) == 1;
  ERR_clear_error();
  return Value::of(trusted);
}

Value rsa(Call& call, EVP_PKEY* key, bool has_private) {
  if (!key || EVP_PKEY_id(key) != EVP_PKEY_RSA) return {};
  auto* out = call.eval.arena().make<RsaObject>(type_named(call.eval, "RSA"));
  out->key = bssl::UpRef(key);
  out->has_private = has_private;
  return Value::of(out);
}
Value rsa_private_key(Call& call) {
  return rsa(call, object_argument<CertificateObject>(call, 0, "certificate").key.get(), true);
}
Value rsa_public_key(Call& call) {
  bssl::UniquePtr<EVP_PKEY> key(X509_get_pubkey(object_argument<CertificateObject>(call, 0, "certificate").certificate.get()));
  ERR_clear_error();
  return rsa(call, key.get(), false);
}
Value dispose(Call&) { return {}; }

}  // namespace

void declare_certificate(Catalog& catalog) {
  const std::string space = "System.Security.Cryptography.X509Certificates.";
  catalog.declare(space + "X509NameType", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("SimpleName", 0)
      .enumerator("EmailName", 1)
      .enumerator("UpnName", 2)
      .enumerator("DnsName", 3)
      .enumerator("DnsFromAlternativeName", 4)
      .enumerator("UrlName", 5);
  catalog.declare(space + "X500DistinguishedName")
      .member("string Name { get; }", name_text)
      .member("string ToString()", name_text);
  catalog.declare(space + "X509Certificate", {.interfaces = {"IDisposable"}})
      .member("string Subject { get; }", subject)
      .member("string Issuer { get; }", issuer)
      .member("byte[] GetCertHash()", thumbprint_bytes)
      .member("string GetCertHashString()", thumbprint_text)
      .member("byte[] GetRawCertData()", raw_data)
      .member("string GetRawCertDataString()", raw_data_text)
      .member("string GetSerialNumberString()", serial_number)
      .member("bool Equals(object obj)", equals)
      .member("int GetHashCode()", hash)
      .member("string ToString()", to_text)
      .member("void Dispose()", dispose);
  catalog.declare(space + "X509Certificate2", {.base = "X509Certificate"})
      .member("new(byte[] rawData)", of_bytes)
      .member("new(byte[] rawData, string password)", of_bytes)
      .member("string Thumbprint { get; }", thumbprint_text)
      .member("X500DistinguishedName SubjectName { get; }", subject_name)
      .member("X500DistinguishedName IssuerName { get; }", issuer_name)
      .member("DateTime NotBefore { get; }", not_before)
      .member("DateTime NotAfter { get; }", not_after)
      .member("string SerialNumber { get; }", serial_number)
      .member("byte[] RawData { get; }", raw_data)
      .member("int Version { get; }", version)
      .member("bool HasPrivateKey { get; }", has_private_key)
      .member("string FriendlyName { get; }", friendly_name)
      .member("string GetNameInfo(X509NameType nameType, bool forIssuer)", name_info)
      .member("bool Verify()", verify)
      .member("bool VerifyNoRevocation()", verify);
  catalog.declare(space + "RSACertificateExtensions", {.is_static = true})
      .member("static RSA GetRSAPrivateKey(this X509Certificate2 certificate)", rsa_private_key)
      .member("static RSA GetRSAPublicKey(this X509Certificate2 certificate)", rsa_public_key);
}

}  // namespace gateway::expression
