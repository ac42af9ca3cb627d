#include "support/golden_case.h"

#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include "policy/compiler.h"
#include "policy/hub.h"
#include "support/http_text.h"
#include "upstream/circuit.h"

namespace gateway::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPlainAnswer = "HTTP/1.1 200 OK\nContent-Type: text/plain\n\nok\n";
const std::string kApiId = "golden";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

using Json = rapidjson::Value;

const Json* member(const Json& of, const char* name) {
  if (!of.IsObject()) return nullptr;
  const auto found = of.FindMember(name);
  return found == of.MemberEnd() ? nullptr : &found->value;
}
std::string text(const Json& of, const char* name, std::string fallback = "") {
  const Json* found = member(of, name);
  return found && found->IsString() ? found->GetString() : fallback;
}
bool flag(const Json& of, const char* name, bool fallback) {
  const Json* found = member(of, name);
  return found && found->IsBool() ? found->GetBool() : fallback;
}
template <typename F>
void for_each_member(const Json& of, const char* name, F&& each) {
  if (const Json* found = member(of, name); found && found->IsObject())
    for (const auto& one : found->GetObject()) each(std::string(one.name.GetString()), one.value);
}

// "http://host:port/base".
gateway::Backend backend_of(const std::string& id, const std::string& url) {
  gateway::Backend made;
  made.id = id;
  const std::size_t host = url.find("://") + 3;
  const std::size_t slash = url.find('/', host);
  const std::string authority = url.substr(host, slash == std::string::npos ? slash : slash - host);
  const std::size_t colon = authority.rfind(':');
  if (url.compare(0, 7, "http://") != 0 || colon == std::string::npos) {
    throw std::runtime_error("a backend is \"http://address:port/base\", not " + url);
  }
  made.endpoints = {{authority.substr(0, colon),
                     static_cast<std::uint16_t>(std::stoi(authority.substr(colon + 1)))}};
  if (slash != std::string::npos && slash + 1 < url.size()) made.path_prefix = url.substr(slash);
  return made;
}

Operation operation_of(const Json& said) {
  Operation made;
  made.id = text(said, "id", "golden-operation");
  made.method = text(said, "method", "GET");
  made.url_template = text(said, "urlTemplate", "/*");
  made.name = text(said, "name");
  return made;
}

std::vector<Group> groups_of(const Json& said) {
  std::vector<Group> out;
  for_each_member(said, "groups", [&](const std::string& id, const Json& name) {
    out.push_back({id, name.GetString()});
  });
  return out;
}

rapidjson::Document context_of(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.empty() ? "{}" : json.c_str());
  if (document.HasParseError()) {
    throw std::runtime_error(std::string("context.json: ") +
                             rapidjson::GetParseError_En(document.GetParseError()));
  }
  return document;
}

}  // namespace

GoldenCase::GoldenCase(fs::path folder) : folder_(std::move(folder)) {}

std::optional<std::string> GoldenCase::file(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  return filled(read_file(folder_ / name));
}

std::optional<std::string> GoldenCase::numbered(const std::string& stem, std::size_t index) const {
  if (auto found = file(stem + "-" + std::to_string(index + 1) + ".http")) return found;
  return index == 0 ? file(stem + ".http") : std::nullopt;
}

std::vector<std::string> GoldenCase::answers(const std::string& stem,
                                             std::string_view fallback) const {
  if (has(stem + ".silent")) return {};
  std::vector<std::string> out;
  while (auto found = numbered(stem, out.size())) out.push_back(wire_message(*found, true));
  if (out.empty()) out.push_back(wire_message(fallback, true));
  return out;
}

void GoldenCase::start_servers() {
  closed_ = std::make_unique<ClosedPort>();
  if (!has("backend.closed")) servers_[""] = std::make_unique<CannedServer>();
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kPrefix = "service-";
    if (!name.starts_with(kPrefix)) continue;
    std::string service = entry.path().stem().string().substr(kPrefix.size());
    const std::size_t dash = service.rfind('-');
    if (dash != std::string::npos &&
        service.find_first_not_of("0123456789", dash + 1) == std::string::npos) {
      service.resize(dash);
    }
    auto& server = servers_[service];
    if (!server) server = std::make_unique<CannedServer>();
  }
  // Answers may name every port.
  for (const auto& [service, server] : servers_) {
    server->start(answers(service.empty() ? "backend" : "service-" + service, kPlainAnswer));
  }
}

std::string GoldenCase::filled(std::string said) const {
  const auto put = [&](const std::string& name, std::uint16_t port) {
    for (std::size_t at = said.find(name); at != std::string::npos; at = said.find(name, at)) {
      said.replace(at, name.size(), "127.0.0.1:" + std::to_string(port));
    }
  };
  for (const auto& [service, server] : servers_) {
    put(service.empty() ? "{backend}" : "{service:" + service + "}", server->port());
  }
  if (closed_) {
    put("{closed}", closed_->port());
    put("{backend}", closed_->port());
  }
  return said;
}

std::string GoldenCase::method_of_first_request() const {
  const std::string first = numbered("request", 0).value_or("GET ");
  const std::string method = first.substr(0, first.find(' '));
  return method == "OPTIONS" ? "GET" : method;
}

SourceSnapshot GoldenCase::snapshot() const {
  const rapidjson::Document context = context_of(file("context.json").value_or("{}"));
  static const rapidjson::Value kNone(rapidjson::kObjectType);
  const auto part = [&](const char* name) -> const Json& {
    const Json* found = member(context, name);
    return found ? *found : kNone;
  };
  const Json& api = part("api");
  SourceSnapshot out;
  gateway::Backend backend =
      backend_of("backend", filled("http://{backend}") + text(part("backend"), "path"));
  backend.host_header = text(part("backend"), "host", "backend.example");
  out.set(backend);
  for_each_member(context, "backends", [&](const std::string& id, const Json& said) {
    gateway::Backend made = backend_of(id, text(said, "url"));
    made.host_header = text(said, "host", id + ".example");
    out.set(made);
  });

  ApiRevision revision;
  revision.id = revision.name = text(api, "id", kApiId);
  revision.display_name = text(api, "name");
  revision.revision = text(api, "revision", "1");
  revision.version = text(api, "version");
  revision.backend = "backend";
  revision.subscription_required = flag(api, "subscriptionRequired", false);
  revision.policy = file("policy.xml").value_or("");
  revision.schema = file("schema.json").value_or("");
  Operation operation = operation_of(part("operation"));
  if (!member(part("operation"), "method")) operation.method = method_of_first_request();
  operation.policy = file("operation.xml").value_or("");
  if (operation.method != "*") {
    revision.operations = {operation};
  } else {
    for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
      Operation one = operation;
      one.method = method;
      if (one.method != "GET") one.id += "-" + one.method;
      revision.operations.push_back(one);
    }
  }
  if (const Json* more = member(context, "operations"); more && more->IsArray())
    for (const Json& one : more->GetArray()) revision.operations.push_back(operation_of(one));
  Api exposed;
  exposed.id = revision.id;
  exposed.path = text(api, "path", "/golden");
  exposed.case_sensitive = false;
  exposed.revisions = {revision};
  out.set(exposed);

  const bool has_subscription = member(context, "subscription") != nullptr;
  const bool has_product = member(context, "product") || has("product.xml") ||
                           text(part("subscription"), "scope") == "product";
  const std::string product_id = text(part("product"), "id", "golden-product");
  if (has_product) {
    Product product;
    product.id = product_id;
    product.display_name = text(part("product"), "name");
    product.subscription_required = flag(part("product"), "subscriptionRequired", has_subscription);
    product.apis = {revision.name};
    product.groups = groups_of(part("product"));
    product.policy = file("product.xml").value_or("");
    out.set(product);
  }
  if (has_subscription) {
    const Json& said = part("subscription");
    Subscription subscription;
    subscription.id = text(said, "id", "golden-subscription");
    subscription.display_name = text(said, "name");
    subscription.primary_key = text(said, "key", "golden-key");
    subscription.secondary_key = text(said, "secondaryKey");
    subscription.created = text(said, "created");
    const std::string scope = text(said, "scope", has_product ? "product" : "all");
    subscription.scope = scope == "product" ? Subscription::Scope::Product
                         : scope == "api"   ? Subscription::Scope::Api
                                            : Subscription::Scope::AllApis;
    subscription.target = scope == "product" ? product_id : scope == "api" ? revision.name : "";
    subscription.user = text(part("user"), "id");
    out.set(subscription);
  }
  if (const Json* said = member(context, "user")) {
    User user;
    user.id = text(*said, "id");
    user.email = text(*said, "email");
    user.first_name = text(*said, "firstName");
    user.last_name = text(*said, "lastName");
    user.groups = groups_of(*said);
    out.set(user);
  }
  for_each_member(context, "namedValues", [&](const std::string& name, const Json& said) {
    NamedValue value;
    value.id = value.display_name = name;
    value.value = said.IsString() ? said.GetString() : text(said, "value");
    value.secret = flag(said, "secret", false);
    out.set(value);
  });
  for_each_member(context, "certificates", [&](const std::string& id, const Json& said) {
    Certificate certificate;
    certificate.id = id;
    certificate.chain_pem = read_file(folder_ / text(said, "chain"));
    certificate.key_pem = read_file(folder_ / text(said, "key"));
    out.set(certificate);
  });
  if (const auto global = file("global.xml")) {
    Policy policy;
    policy.id = "global";
    policy.document = *global;
    out.set(policy);
  }
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    constexpr std::string_view kPrefix = "fragment-";
    if (!name.starts_with(kPrefix)) continue;
    PolicyFragment fragment;
    fragment.id = entry.path().stem().string().substr(kPrefix.size());
    fragment.document = file(name).value_or("");
    out.set(fragment);
  }
  return out;
}

std::string GoldenCase::problems() const {
  static const std::shared_ptr<const expression::Catalog> catalog = policy::make_catalog();
  const SourceSnapshot said = snapshot();
  const auto texts = [&] {
    std::map<std::string, std::string> out;
    const rapidjson::Document context = context_of(file("context.json").value_or("{}"));
    for_each_member(context, "namedValues", [&](const std::string& name, const Json& value) {
      out[name] = value.IsString() ? value.GetString() : text(value, "value");
    });
    return out;
  }();
  std::map<std::string, std::string> fragments;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string stem = entry.path().stem().string();
    if (stem.starts_with("fragment-"))
      fragments[stem.substr(9)] = *file(entry.path().filename().string());
  }
  policy::Surroundings around;
  around.catalog = catalog.get();
  around.named_value = [&](std::string_view name) -> const std::string* {
    const auto found = texts.find(std::string(name));
    return found == texts.end() ? nullptr : &found->second;
  };
  around.fragment = [&](std::string_view id) -> const std::string* {
    const auto found = fragments.find(std::string(id));
    return found == fragments.end() ? nullptr : &found->second;
  };
  TlsClients clients;
  Circuits circuits;
  around.backend = [&](std::string_view id) -> std::shared_ptr<const CompiledBackend> {
    const auto* found = said.backends.find(id);
    if (!found) return nullptr;
    auto made = compile_backend(*found, "memory", clients, circuits);
    return made ? made.value() : nullptr;
  };
  around.certificate = [&](std::string_view id) -> std::shared_ptr<const policy::CertificateFacts> {
    const auto* found = said.certificates.find(id);
    if (!found) return nullptr;
    auto facts = std::make_shared<policy::CertificateFacts>();
    facts->id = found->id;
    facts->chain_pem = found->chain_pem;
    facts->key_pem = found->key_pem;
    return facts;
  };
  const rapidjson::Document context = context_of(file("context.json").value_or("{}"));
  policy::OperationFacts operation;
  {
    const Json* said_operation = member(context, "operation");
    static const rapidjson::Value kNone(rapidjson::kObjectType);
    const Operation made = operation_of(said_operation ? *said_operation : kNone);
    operation = {made.id, made.name, made.method, made.url_template};
  }
  constexpr std::pair<const char*, policy::ScopeKind> kDocuments[] = {
      {"operation.xml", policy::ScopeKind::Operation},
      {"policy.xml", policy::ScopeKind::Api},
      {"product.xml", policy::ScopeKind::Product},
      {"global.xml", policy::ScopeKind::Global}};
  std::string out;
  for (const auto& [name, scope] : kDocuments) {
    const auto document = file(name);
    if (!document) continue;
    around.operation = scope == policy::ScopeKind::Operation ? &operation : nullptr;
    std::vector<policy::Problem> found;
    const auto compiled = policy::compile_document(*document, scope, around, found);
    for (const policy::Problem& problem : found) {
      out += std::string(name) + ":" + std::to_string(problem.at.line) + ":" +
             std::to_string(problem.at.column) + ": " + problem.message + "\n";
    }
    if (!compiled && found.empty())
      out += std::string(name) + ": does not compile, and nobody says why\n";
  }
  return out;
}

std::vector<std::string> GoldenCase::requests() const {
  std::vector<std::string> out;
  while (auto said = numbered("request", out.size())) {
    std::string message = *said;
    const std::size_t head_end = message.find("\n\n");
    if (message.substr(0, head_end).find("\nHost:") == std::string::npos) {
      const std::size_t line_end = message.find('\n');
      message.insert(line_end == std::string::npos ? message.size() : line_end,
                     "\nHost: gateway.example");
    }
    out.push_back(wire_message(message, false));
  }
  return out;
}

std::vector<Message> GoldenCase::seen(const std::string& service) const {
  const auto found = servers_.find(service);
  return found == servers_.end() ? std::vector<Message>() : found->second->requests();
}

std::vector<std::string> GoldenCase::services() const {
  std::vector<std::string> out;
  for (const auto& [name, server] : servers_)
    if (!name.empty()) out.push_back(name);
  return out;
}

}  // namespace gateway::test
