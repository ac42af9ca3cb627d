#include "policy/builtin/client_certificate.h"

#include "arm/pkcs12.h"
#include "base/base64.h"
#include "base/strings.h"
#include "model/canonical.h"
#include "policy/builtin/message_changes.h"
#include "policy/dynamic_backends.h"

namespace gateway::policy {

void ClientCertificate::read(ElementCompiler& in, Step& step) {
  in.only_children(in.element(), {});
  std::size_t said = 0;
  for (const std::string_view name : {"certificate-id", "thumbprint"}) {
    const Attribute* at = in.element().attribute(name);
    if (!at) continue;
    ++said;
    const std::string id(in.literal(name, ""));
    if (id.empty()) continue;
    const auto& lookup = in.surroundings().certificate;
    const auto facts = lookup ? lookup(id) : nullptr;
    if (!facts) {
      in.problem(at->at, "there is no certificate with the " + std::string(name) + " " + quote(id));
      continue;
    }
    auto made = make_client_identity(facts->chain_pem, facts->key_pem, "certificate " + facts->id);
    if (!made) {
      in.problem(at->at, made.error().message);
    } else {
      known_ = std::move(made).value();
    }
  }
  body_ = in.operand("body", false);
  password_ = in.operand("password", false);
  in.mark(step, {&body_, &password_});
  if (body_.present()) ++said;
  if (said != 1)
    in.problem(in.element().at, "<authentication-certificate> has one of certificate-id, thumbprint, body");
  if (password_.present() && !body_.present())
    in.problem(in.element().at, "password goes with body");
}

std::shared_ptr<const ClientIdentity> ClientCertificate::identity(Run& run) const {
  return known_ ? known_ : from_body(run);
}

std::shared_ptr<const ClientIdentity> ClientCertificate::from_body(Run& run) const {
  const expression::Value value = body_.value(run);
  std::string decoded;
  std::string_view der;
  if (value.is_string()) {
    if (auto bytes = decode_base64(value.text())) decoded = std::move(*bytes);
    der = decoded;
  } else {
    der = body_bytes(run, value);
  }
  const std::string_view password = password_.present() ? password_.text(run) : std::string_view();
  const std::string key = hex(sha256(der)) + hex(sha256(password));
  {
    const std::lock_guard lock(mutex_);
    if (const auto* opened = opened_.find(key)) return *opened;
  }
  const auto refuse = [&](const Error& error) {
    throw Failure{500, "CertificateInvalid", run.arena().copy(error.message), {}, {}};
  };
  auto file = arm::read_pkcs12(der, password, "body");
  if (!file) refuse(file.error());
  auto made = make_client_identity(std::move(file->chain_pem), std::move(file->key_pem), "body");
  if (!made) refuse(made.error());
  const std::lock_guard lock(mutex_);
  return opened_.put(key, std::move(made).value());
}

}  // namespace gateway::policy
