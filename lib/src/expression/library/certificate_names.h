#pragma once

#include <string>

#include <openssl/asn1.h>
#include <openssl/x509.h>

namespace gateway::expression {

// In UTF-8; "" where it is none.
[[nodiscard]] std::string text_of_asn1(const ASN1_STRING* text);
// X500DistinguishedName.Name: "CN=api.example.org, O=\"Example, Inc.\", C=US", the last part first.
[[nodiscard]] std::string distinguished_name(const X509_NAME* name);
// The first part of this kind; "".
[[nodiscard]] std::string name_part(const X509_NAME* name, int nid);

}  // namespace gateway::expression
