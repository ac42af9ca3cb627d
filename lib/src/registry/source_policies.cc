#include "registry/source_policies.h"

#include "policy/hub.h"
#include "registry/for_each_change.h"

namespace gateway {
namespace {

bool mentions(std::string_view text, std::string_view what) {
  return text.find(what) != std::string_view::npos;
}

template <typename T>
bool differ(const SharedMap<T>& a, const SharedMap<T>& b) {
  bool changed = false;
  for_each_change(a, b, [&](const std::string&, const auto&) { changed = true; });
  return changed;
}

}  // namespace

SourcePolicies::Changed SourcePolicies::admit(const SourceSnapshot& before, const SourceSnapshot& now) {
  Changed changed;
  changed.named_values = differ(before.named_values, now.named_values);
  changed.fragments = differ(before.fragments, now.fragments);
  changed.backends = differ(before.backends, now.backends);
  changed.certificates = differ(before.certificates, now.certificates);
  changed.loggers = differ(before.loggers, now.loggers);
  said_.named_values = now.named_values;
  said_.fragments = now.fragments;
  said_.backends = now.backends;
  if (changed.backends) named_backends_.reset();
  said_.certificates = now.certificates;
  said_.loggers = now.loggers;
  said_.users = now.users;
  if (changed.named_values) {
    values_by_name_.clear();
    said_.named_values.for_each([&](std::string_view id, const auto& value) {
      if (value->defect.empty())
        values_by_name_[value->display_name.empty() ? std::string(id) : value->display_name] = value->value;
    });
  }
  if (changed.any()) {
    compiled_.clear();
    plain_.clear();
  }
  return changed;
}

std::shared_ptr<const policy::NamedBackends> SourcePolicies::named_backends() {
  if (named_backends_) return named_backends_;
  constexpr std::string_view kPrefix = "backends/";
  auto made = std::make_shared<policy::NamedBackends>();
  said_.backends.for_each([&](std::string_view whole, const auto&) {
    const bool entity = whole.starts_with(kPrefix);
    std::string id(entity ? whole.substr(kPrefix.size()) : whole);
    const auto backend = backend_of_(id);
    if (!backend) return;
    if (!entity && whole.starts_with("api:")) return;  // of an API alone
    if (!backend->endpoints.empty()) {
      const CompiledEndpoint& first = backend->endpoints.front();
      const std::string& host = backend->tls_server_name.empty() ? first.address : backend->tls_server_name;
      made->by_url.emplace(policy::backend_url(backend->protocol == BackendProtocol::Https ? "https" : "http", host,
                                               first.port, backend->path_prefix),
                           std::pair(id, backend));
    }
    made->by_id.emplace(std::move(id), backend);
  });
  return named_backends_ = std::move(made);
}

void SourcePolicies::forget() {
  said_ = {};
  named_backends_.reset();
  values_by_name_.clear();
  compiled_.clear();
  plain_.clear();
}

bool SourcePolicies::is_touched(std::string_view document, const Changed& changed) const {
  // What a fragment refers to is not looked into.
  const bool includes = mentions(document, "include-fragment");
  return (changed.fragments && includes) ||
         (changed.named_values && (includes || mentions(document, "{{"))) ||
         (changed.backends && (includes || mentions(document, "backend-id") || mentions(document, "base-url"))) ||
         (changed.certificates && (includes || mentions(document, "ertificate"))) ||
         (changed.loggers && (includes || mentions(document, "logger-id")));
}

policy::CompiledDocumentPtr SourcePolicies::compile(std::string_view document, policy::ScopeKind scope,
                                                    const Operation* operation, std::string& problems) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(scope)));
  if (operation) key.append(operation->id).append("\x01").append(operation->url_template);
  key += '\x01';
  key.append(document);
  if (plain_.contains(key)) return nullptr;
  if (const auto at = compiled_.find(key); at != compiled_.end()) {
    if (auto known = at->second.lock()) return known;
    compiled_.erase(at);
  }
  std::vector<policy::Problem> found;
  policy::CompiledDocumentPtr made = compile(document, scope, operation, found, nullptr);
  if (!made) {
    for (const policy::Problem& problem : found) {
      if (!problems.empty()) problems += "; ";
      problems += "line " + std::to_string(problem.at.line) + ", column " +
                  std::to_string(problem.at.column) + ": " + problem.message;
    }
    if (problems.empty()) problems = "it cannot be compiled";
    return nullptr;
  }
  if (made->plain) {
    plain_.insert(std::move(key));
    return nullptr;
  }
  compiled_[std::move(key)] = made;
  return made;
}

policy::CompiledDocumentPtr SourcePolicies::compile(std::string_view document, policy::ScopeKind scope,
                                                    const Operation* operation,
                                                    std::vector<policy::Problem>& problems,
                                                    std::vector<policy::Problem>* warnings) {
  policy::Surroundings around;
  if (!catalog_) catalog_ = options_->catalog ? options_->catalog : policy::make_catalog();
  around.catalog = catalog_.get();
  if (options_->more_kinds) around.more_kinds = *options_->more_kinds;
  around.refuse_not_offered = options_->refuse_not_offered;
  around.named_value = [this](std::string_view name) -> const std::string* {
    const auto at = values_by_name_.find(std::string(name));
    return at == values_by_name_.end() ? nullptr : &at->second;
  };
  around.fragment = [this](std::string_view id) -> const std::string* {
    const PolicyFragment* fragment = said_.fragments.find(id);
    return fragment && fragment->defect.empty() ? &fragment->document : nullptr;
  };
  around.backend = backend_of_;
  around.backends = [this] { return named_backends(); };
  around.certificate = [this](std::string_view id) -> std::shared_ptr<const policy::CertificateFacts> {
    const Certificate* found = said_.certificates.find(id);
    if (!found || !found->defect.empty()) return nullptr;
    return std::make_shared<const policy::CertificateFacts>(
        policy::CertificateFacts{found->id, found->chain_pem, found->key_pem});
  };
  around.logger = [this](std::string_view id) -> std::shared_ptr<const EventHubLogger> {
    return said_.loggers.get(id);
  };
  policy::OperationFacts facts;
  if (operation) {
    facts = {operation->id, operation->name.empty() ? operation->id : operation->name, operation->method,
             operation->url_template};
    around.operation = &facts;
  }
  policy::CompiledDocumentPtr made = policy::compile_document(document, scope, around, problems);
  if (made && warnings) *warnings = made->warnings;
  return made;
}

std::shared_ptr<const policy::UserFacts> SourcePolicies::user(std::string_view id) const {
  const User* said = said_.users.find(id);
  if (!said || !said->defect.empty()) return nullptr;
  policy::UserFacts facts{said->id,   said->email,      said->first_name, said->last_name,
                          said->note, said->registered, {},               {}};
  for (const Group& group : said->groups) facts.groups.push_back({group.id, group.name});
  for (const auto& [provider, identity] : said->identities) facts.identities.emplace_back(identity, provider);
  return std::make_shared<const policy::UserFacts>(std::move(facts));
}

}  // namespace gateway
