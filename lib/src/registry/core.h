#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <gateway/options.h>
#include <gateway/routes.h>
#include <gateway/snapshot.h>

#include "registry/ledger.h"
#include "registry/registry.h"
#include "registry/source_policies.h"
#include "registry/stamp.h"
#include "router/access_table.h"
#include "router/protected_paths.h"
#include "registry/version.h"
#include "router/route_table.h"
#include "tls/tls_table.h"
#include "upstream/circuit.h"
#include "upstream/compiled_backend.h"

namespace gateway {

// The state of the pipeline and its stages. Not thread-safe: the compile thread owns it. A pure
// function of what is admitted and of the ledger, kept up to date by what changed: a fresh Core
// that admits the same snapshots gives the same.
class Core {
 public:
  Core(const RegistryOptions& options, std::shared_ptr<const ProtectedPaths> protected_paths,
       Ledger& ledger);

  // Sources are numbered in the order of their adding; names are unique.
  std::size_t add_source(const SourceOptions& options);

  // Stage 1, admit.cc: takes over what the source now wants, validates what changed, decides
  // stamps.
  void admit(std::size_t source, const SourceSnapshot& snapshot, std::int64_t now);
  void degrade(std::size_t source, Error error);
  // The ledger was lost: what it still remembers counts, and beyond that the given stamps.
  void forget_observations();
  // Stage 2, merge.cc: finds the winner of every RouteKey and host pattern that may have changed.
  void merge();
  // Stage 3, compile.cc: brings the tables up to date. True when anything effective changed.
  bool compile(RouteTable& routes, TlsTable& tls, std::vector<AccessTable>& access);

  // What runs on Ingress routes: the global document of the source that is named for it.
  struct RoutePolicies {
    policy::CompiledDocumentPtr document;
    std::string blocked;  // why these routes answer 503
    std::map<std::string, Version::RouteFragment, std::less<>> fragments;  // that Apis name
  };
  [[nodiscard]] RoutePolicies route_policies();

  // What became of each source's Apis since the last call; only sources with news.
  struct News {
    std::size_t source = 0;
    PublishReport report;
  };
  [[nodiscard]] std::vector<News> take_news();
  // Hostnames that began, since the last call, to be served with another certificate than their own.
  struct Warning {
    std::string host;
    std::string text;
  };
  [[nodiscard]] std::vector<Warning> take_warnings() { return std::exchange(warnings_, {}); }
  [[nodiscard]] bool all_synced() const noexcept;

  // For operators: explain.cc and effective.cc.
  [[nodiscard]] Explanation explain(const RouteTable& routes, const RouteQuery& query) const;
  [[nodiscard]] std::vector<SourceStatus> status() const;
  [[nodiscard]] std::string effective_json() const;
  [[nodiscard]] std::size_t route_count() const noexcept { return effective_.size(); }
  [[nodiscard]] std::size_t tombstone_count() const noexcept;
  [[nodiscard]] std::size_t hostname_count() const noexcept { return bindings_.size(); }
  void write_metrics(std::string& out) const;
  [[nodiscard]] const std::string& source_name(std::size_t source) const {
    return sources_[source].options.name;
  }

 private:
  // Before the ids of Hostnames in the ledger; no id of an Api has a control byte.
  static constexpr std::string_view kHostnameIds = "\x01hostname:";
  static constexpr std::string_view kGlobalPolicy = "global";
  static constexpr std::string_view kIngressKind = "ingress";  // whose routes take policies of others
  static constexpr std::string_view kCloudKind = "cloud";  // whose paths may be protected

  // A resource of one source as it was said, and the form of it that counts.
  struct AdmittedBackend {
    std::shared_ptr<const Backend> said;
    std::shared_ptr<const Backend> form;              // last good
    std::shared_ptr<const CompiledBackend> compiled;  // of `form`
    std::vector<Error> problems;
    std::set<std::string> users;  // Apis
  };
  struct AdmittedCertificate {
    std::shared_ptr<const Certificate> said;
    std::shared_ptr<const TlsIdentity> identity;  // last good
    std::vector<Error> problems;
    std::set<std::string> users;  // Hostnames
  };
  struct AdmittedApi {
    std::shared_ptr<const Api> said;
    std::shared_ptr<const Api> form;                 // what contends; null: quarantined
    std::shared_ptr<const CompiledBackend> backend;  // of `form` without revisions
    std::shared_ptr<const ApiRevisions> revisions;   // of `form` with revisions
    std::vector<std::shared_ptr<const Backend>> backend_forms;  // all that `form` uses, by id
    std::string key;  // RouteKey of `form`, else of `said`; "" = none can be told
    Stamp stamp;
    bool stale = false;
    bool forbidden = false;  // claims a protected path: no tombstone either
    std::vector<Error> problems;
    ApiState reported = ApiState::Quarantined;
    std::string reported_reason;
    bool was_reported = false;
  };
  struct AdmittedHostname {
    std::shared_ptr<const Hostname> said;
    std::shared_ptr<const Hostname> form;  // last good: what contends
    Stamp stamp;
    std::vector<Error> problems;
  };
  // A product, a subscription or a policy document: the form that counts is the last good one.
  template <typename T>
  struct Admitted {
    std::shared_ptr<const T> said;
    std::shared_ptr<const T> form;
    std::vector<Error> problems;
    policy::CompiledDocumentPtr policy;  // of `form`; null: none, or a plain one
  };
  struct Placeholder {  // of a source that has not synced
    std::string key;
    bool case_sensitive = true;
    std::int64_t stamp = 0;
  };
  struct Source {
    SourceOptions options;
    std::size_t precedence = 0;   // lower is stronger
    std::uint64_t boot_rank = 0;  // order of first snapshots under `arrival_order`
    SyncState sync = SyncState::NotSynced;
    std::optional<Error> degraded;
    SourceSnapshot snapshot;
    std::unordered_map<std::string, AdmittedApi> apis;
    std::unordered_map<std::string, AdmittedBackend> backends;
    std::set<std::string> pools;  // those of backends that are one
    std::unordered_map<std::string, AdmittedCertificate> certificates;
    std::unordered_map<std::string, AdmittedHostname> hostnames;
    std::unordered_map<std::string, Admitted<Product>> products;
    std::unordered_map<std::string, Admitted<Subscription>> subscriptions;
    std::unordered_map<std::string, Admitted<Policy>> policies;
    std::unordered_map<std::string, std::set<std::string>> products_of_api;  // by its name
    std::unordered_map<std::string, std::set<std::string>> holders_of_key;   // Subscriptions
    AccessTable access;
    std::unique_ptr<SourcePolicies> documents;
    std::unordered_map<std::string, Placeholder> placeholders;  // by Api id
    std::unordered_map<std::string, std::int64_t>
        known_hostnames;                   // until it has synced: newest stamps by host
    std::unordered_set<std::string> news;  // Apis to report
    bool has_news = false;
  };
  // Who wants a RouteKey or a host pattern.
  struct Claim {
    std::size_t source = 0;
    std::string id;
    auto operator<=>(const Claim&) const = default;
  };
  // Who answers under a RouteKey.
  struct Held {
    std::shared_ptr<const CompiledApi> row;
    std::optional<Claim> holder;  // none: a tombstone without one
    bool stale = false;
    std::vector<std::shared_ptr<const Backend>> backends;  // their content, for the digest
  };
  // What a RouteKey leads to.
  struct Effective {
    std::string host;
    Held all;
    std::optional<Held> reserved;  // by the cloud alone, where a protected path is near
  };
  struct EffectiveBinding {
    std::shared_ptr<const TlsBinding> binding;
    Claim holder;
    std::string warning;  // why it is not the holder's own certificate
  };

  // admit_access.cc
  void admit_access(std::size_t source, const SourceSnapshot& before,
                    const SourcePolicies::Changed& changed);
  void admit_product(Source& source, const std::string& id,
                     const std::shared_ptr<const Product>& said);
  void admit_subscription(Source& source, const std::string& id,
                          const std::shared_ptr<const Subscription>& said);
  void admit_policy(Source& source, const std::string& id,
                    const std::shared_ptr<const Policy>& said);
  void write_access(std::string& out) const;

  // admit.cc
  void admit_backends(std::size_t source, const SourceSnapshot& next, std::set<std::string>& apis);
  void admit_pools(Source& source, const std::set<std::string>& changed, std::set<std::string>& apis);
  void admit_certificates(std::size_t source, const SourceSnapshot& next,
                          std::set<std::string>& hostnames);
  void admit_api(std::size_t source, const std::string& id, const std::shared_ptr<const Api>& said,
                 std::int64_t now, bool first);
  void admit_hostname(std::size_t source, const std::string& id,
                      const std::shared_ptr<const Hostname>& said, std::int64_t now, bool first);
  void remove_api(std::size_t source, const std::string& id);
  void remove_hostname(std::size_t source, const std::string& id);
  void forget(std::size_t source);
  [[nodiscard]] static std::set<std::string> backends_of(const AdmittedApi& api);
  [[nodiscard]] static bool compile_form(Source& source, AdmittedApi& api,
                                         std::vector<Error>& problems);
  static void release_backend(Source& source, const std::string& backend, const std::string& api);
  static void release_certificate(Source& source, const std::string& certificate,
                                  const std::string& hostname);
  [[nodiscard]] bool is_cloud(const Claim& claim) const {
    return sources_[claim.source].options.kind == kCloudKind;
  }
  [[nodiscard]] bool may_not_claim(const Source& source, std::string_view host,
                                   std::string_view path) const;
  void claim(const std::string& key, const Claim& claim);
  void unclaim(const std::string& key, const Claim& claim);

  // remember.cc
  void take_placeholders(std::size_t source);
  void drop_placeholders(std::size_t source);
  [[nodiscard]] Stamp stamp(Source& source, const std::string& ledger_id, const std::string& key,
                            bool case_sensitive, const Witness& witness, const Digest& content,
                            std::int64_t now, std::int64_t rival);
  [[nodiscard]] static std::string scope_of(const Source& source);
  [[nodiscard]] const LedgerEntry* remembered(const Source& source,
                                              const std::string& ledger_id) const;
  [[nodiscard]] std::int64_t rival_stamp(std::size_t source, const std::string& key) const;
  [[nodiscard]] std::int64_t rival_hostname_stamp(std::size_t source,
                                                  const std::string& host) const;

  // merge.cc
  enum class ClaimKind : std::uint8_t { Api, Placeholder, Broken };
  [[nodiscard]] ClaimKind kind(const Claim& claim) const;
  // -1: a before b; why: in words, from a's side.
  [[nodiscard]] int compare(const Claim& a, const Claim& b, std::string* why) const;
  [[nodiscard]] std::string broken_reason(const AdmittedApi& api) const;
  [[nodiscard]] int compare_hostnames(const Claim& a, const Claim& b) const;
  // The strongest of each source, strongest first, then the weaker ones: within a source other
  // rules hold than between sources, and both together are no order. `stronger(a, b)`: a before b.
  template <typename F>
  [[nodiscard]] static std::vector<Claim> rank(const std::vector<Claim>& claims, F&& stronger);
  [[nodiscard]] std::vector<Claim> ranked(const std::string& key) const;
  [[nodiscard]] int compare_across(const Source& a, const Stamp& sa, const Source& b,
                                   const Stamp& sb, std::string* why) const;
  void merge_key(const std::string& key);
  void merge_hostname(const std::string& host);
  void touch_redirects(const std::set<std::string>& hosts);
  void note_state(const Claim& claim, ApiState state, std::string reason);
  // The strongest of `contenders`; where there is none, a tombstone for the first of `broken`.
  [[nodiscard]] Held hold(const std::string& key, const std::vector<Claim>& contenders,
                          const std::vector<Claim>& broken) const;
  [[nodiscard]] std::optional<Held> hold_reserved(const std::string& key, const Held& all,
                                                  const std::vector<Claim>& contenders,
                                                  const std::vector<Claim>& broken) const;
  // By the labels of claims, whatever the order in which sources were added.
  [[nodiscard]] bool label_less(const Claim& a, const Claim& b) const;
  void set_effective(const std::string& key, Effective effective);
  [[nodiscard]] static std::string key_of(const CompiledApi& row);
  [[nodiscard]] RouteCandidate describe_claim(const Claim& claim, const CompiledApi& row) const;
  void explain_key(const std::string& key, const CompiledApi& row, const CompiledApi* answer,
                   const std::string& rule, std::vector<RouteCandidate>& out) const;
  void write_held(const Held& held, const Held* reserved, std::string& out) const;
  static void explain_operation(const CompiledApi& row, const RouteQuery& query,
                                std::string_view path, const RevisionSuffix& suffix,
                                Explanation& result);
  [[nodiscard]] std::vector<RouteCandidate> forbidden_claims(std::string_view host,
                                                             std::string_view path) const;
  [[nodiscard]] std::string label(const Claim& claim) const;  // "id@source"
  [[nodiscard]] bool redirects(const Api& api) const;
  // A row of the claim's source under this key; serves nothing yet.
  [[nodiscard]] CompiledApi row_of(const std::string& key, const Claim& claim,
                                   bool case_sensitive) const;
  [[nodiscard]] std::shared_ptr<const CompiledApi> tombstone(const std::string& key,
                                                             const Claim& claim,
                                                             const std::string& reason) const;

 public:
  // The text form of a RouteKey; sorts by host, path, match type.
  [[nodiscard]] static std::string route_key(const Api& api);
  [[nodiscard]] static std::string route_key(const std::string& host,
                                             const std::string& normal_path, MatchType match,
                                             bool case_sensitive);
  [[nodiscard]] static std::string normal_path(const Api& api);

 private:
  struct KeyParts {
    std::string host, path;
    MatchType match;
  };
  [[nodiscard]] static KeyParts parts_of(const std::string& key);

  const RegistryOptions& options_;
  std::shared_ptr<const ProtectedPaths> protected_;
  Ledger& ledger_;
  std::vector<Source> sources_;
  TlsClients tls_clients_;
  Circuits circuits_;
  std::set<std::string, std::less<>> named_fragments_;  // by Apis, ever
  std::uint64_t arrivals_ = 0;
  std::unordered_map<std::string, std::set<Claim>> claims_;       // by RouteKey
  std::unordered_map<std::string, std::set<Claim>> host_claims_;  // by host pattern of a Hostname
  std::map<std::string, Effective> effective_;                    // by RouteKey, sorted
  std::map<std::string, std::set<std::string>> keys_of_host_;
  std::map<std::string, EffectiveBinding> bindings_;  // by host pattern
  // What may have changed and was not looked at yet.
  std::set<std::string> dirty_keys_;
  std::set<std::string> dirty_hostnames_;
  std::set<std::string> secured_or_not_;  // host patterns that got or lost TLS
  std::set<std::string> dirty_hosts_;     // of the route table
  std::set<std::string> dirty_bindings_;  // of the TLS table
  std::set<std::size_t> dirty_access_;    // sources
  std::vector<Warning> warnings_;
};

}  // namespace gateway
