#include "expression/library/certificate.h"

#include <algorithm>
#include <string>
#include <vector>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/mem.h>
#include <openssl/obj.h>
#include <openssl/pem.h>

#include "expression/library/arguments.h"
#include "expression/library/certificate_names.h"
#include "expression/library/crypto_types.h"

namespace gateway::expression {
namespace {

constexpr std::size_t kMaxBytes = 256 * 1024;

int no_password(char*, int, int, void*) { return 0; }

struct Attribute {
  int nid;
  std::string_view name;
};
// As Windows and .NET write them.
constexpr Attribute kAttributes[] = {
    {NID_commonName, "CN"}, {NID_organizationName, "O"}, {NID_organizationalUnitName, "OU"},
    {NID_countryName, "C"}, {NID_localityName, "L"}, {NID_stateOrProvinceName, "S"},
    {NID_streetAddress, "STREET"}, {NID_title, "T"}, {NID_givenName, "G"}, {NID_initials, "I"},
    {NID_surname, "SN"}, {NID_domainComponent, "DC"}, {NID_pkcs9_emailAddress, "E"},
    {NID_serialNumber, "SERIALNUMBER"}, {NID_userId, "OID.0.9.2342.19200300.100.1.1"},
};

std::string attribute_name(const X509_NAME_ENTRY* entry) {
  const ASN1_OBJECT* object = X509_NAME_ENTRY_get_object(entry);
  const int nid = OBJ_obj2nid(object);
  for (const Attribute& known : kAttributes) {
    if (known.nid == nid) return std::string(known.name);
  }
  char text[128] = {};
  OBJ_obj2txt(text, sizeof text, object, 1);
  return "OID." + std::string(text);
}

std::string quoted(const std::string& value) {
  const bool plain = !value.empty() && value.find_first_of(",+=\"\n<>#;") == std::string::npos &&
                     value.front() != ' ' && value.back() != ' ';
  if (plain) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace

std::string text_of_asn1(const ASN1_STRING* text) {
  std::uint8_t* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  if (size < 0) {
    ERR_clear_error();
    return {};
  }
  std::string out(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  return out;
}

std::string distinguished_name(const X509_NAME* name) {
  std::string out;
  for (int i = X509_NAME_entry_count(name) - 1; i >= 0; --i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    if (!out.empty()) out += ", ";
    out += attribute_name(entry) + "=" + quoted(text_of_asn1(X509_NAME_ENTRY_get_data(entry)));
  }
  return out;
}

std::string name_part(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(const_cast<X509_NAME*>(name), nid, -1);
  return at < 0 ? std::string() : text_of_asn1(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
}

Value make_certificate(Evaluation& eval, std::string_view der, std::string_view key_pem) {
  eval.charge(der.size() + key_pem.size() + 500);
  if (der.size() > kMaxBytes) raise_crypto(eval, "The certificate is too long.");
  auto* out = eval.arena().make<CertificateObject>(type_named(eval, "X509Certificate2"));
  out->der = eval.arena().copy(der);
  const auto* at = as_bytes(out->der).data();
  out->certificate.reset(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!out->certificate) raise_crypto(eval, "Cannot find the requested object: it is no X.509 certificate.");
  if (!key_pem.empty()) {
    bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
    out->key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
    if (!out->key) raise_crypto(eval, "The private key could not be read.");
  }
  return Value::of(out);
}

Value make_certificate_of_file(Evaluation& eval, std::string_view file) {
  if (file.size() > kMaxBytes) raise_crypto(eval, "The certificate is too long.");
  if (file.find("-----BEGIN") == std::string_view::npos) return make_certificate(eval, file, {});
  eval.charge(file.size() + 500);
  bssl::UniquePtr<BIO> bio(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
  bssl::UniquePtr<X509> certificate(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
  if (!certificate) raise_crypto(eval, "Cannot find the requested object: it is no X.509 certificate.");
  std::uint8_t* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  if (size < 0) raise_crypto(eval, "The certificate could not be read.");
  const bssl::UniquePtr<std::uint8_t> owned(der);
  const bool has_key = file.find("PRIVATE KEY-----") != std::string_view::npos;
  return make_certificate(eval, {reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)},
                          has_key ? file : std::string_view());
}

}  // namespace gateway::expression
