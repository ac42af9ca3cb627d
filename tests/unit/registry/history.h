#pragma once

#include <random>
#include <sstream>

#include "../tls/support.h"
#include "fixture.h"

// Random sources that have few names to choose from, so that they meet, and what a registry makes
// of what they said, as text.
namespace gateway::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_);
  }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <typename C>
  const auto& pick(const C& from) {
    return from[below(std::size(from))];
  }
  template <typename C>
  void shuffle(C& some) {
    std::shuffle(some.begin(), some.end(), engine_);
  }

 private:
  std::mt19937_64 engine_;
};

// How a source of random content behaves.
struct Manners {
  bool broken = false;  // some objects are broken, or name what is not there
  bool vouches = true;  // every change has a stamp
  bool epochs = false;  // histories end and begin anew
};

class RandomSource {
 public:
  RandomSource(std::string kind, Manners manners) : kind_(std::move(kind)), manners_(manners) {
    for (const char* id : kBackends) said_.set(sound_backend(id, 1));
    for (std::size_t i = 0; i < 2; ++i) said_.set(sound_certificate(kCertificates[i], i));
  }

  // What it says next: a few things changed.
  const SourceSnapshot& change(Random& random) {
    if (manners_.epochs && random.one_in(12)) said_.epoch = std::to_string(random.below(3));
    for (std::size_t i = 1 + random.below(3); i > 0; --i) {
      switch (random.below(8)) {
        case 0:
          change_backend(random);
          break;
        case 1:
          change_certificate(random);
          break;
        case 2:
          change_hostname(random);
          break;
        case 3:
          said_.apis.erase(random.pick(kApis));
          break;
        default:
          change_api(random);
      }
    }
    said_.revision = std::to_string(++revisions_);
    return said_;
  }
  [[nodiscard]] const SourceSnapshot& said() const { return said_; }

 private:
  static constexpr const char* kApis[] = {"v", "w", "x", "y", "z"};
  static constexpr const char* kBackends[] = {"b1", "b2"};
  static constexpr const char* kCertificates[] = {"c1", "c2"};
  static constexpr const char* kPatterns[] = {"", "", "a.example", "b.example", "*.example"};
  static constexpr const char* kPaths[] = {"/",         "/users", "/users/",
                                           "/users/me", "/Users", "/orders"};

  static Backend sound_backend(const char* id, std::size_t which) {
    return backend(id, static_cast<std::uint16_t>(8000 + which));
  }
  static Certificate sound_certificate(const char* id, std::size_t which) {
    static const std::vector<Pem> pool{make_pem("one"), make_pem("two"), make_pem("three")};
    Certificate made;
    made.id = id;
    made.chain_pem = pool[which].chain;
    made.key_pem = pool[which].key;
    return made;
  }

  void change_backend(Random& random) {
    const char* id = random.pick(kBackends);
    Backend made = sound_backend(id, random.below(3));
    if (manners_.broken && random.one_in(3)) made.endpoints.front().address = "169.254.169.254";
    if (manners_.broken && random.one_in(4)) {
      said_.backends.erase(id);
    } else {
      said_.set(made);
    }
  }
  void change_certificate(Random& random) {
    const char* id = random.pick(kCertificates);
    Certificate made = sound_certificate(id, random.below(3));
    if (manners_.broken && random.one_in(3)) made.defect = "Secret is missing";
    if (manners_.broken && random.one_in(4)) {
      said_.certificates.erase(id);
    } else {
      said_.set(made);
    }
  }
  void change_hostname(Random& random) {
    static constexpr const char* kIds[] = {"g", "h"};
    Hostname made;
    made.id = random.pick(kIds);
    made.host = random.pick(kPatterns);
    if (!random.one_in(4)) made.certificate = random.pick(kCertificates);
    if (random.one_in(3)) made.min_version = TlsVersion::Tls1_3;
    made.witness = witness(random, made.id);
    if (manners_.broken && random.one_in(5)) made.host = "UPPER.example";
    if (random.one_in(4)) {
      said_.hostnames.erase(made.id);
    } else {
      said_.set(made);
    }
  }
  void change_api(Random& random) {
    Api made;
    made.id = random.pick(kApis);
    made.host = random.pick(kPatterns);
    made.path = random.pick(kPaths);
    if (random.one_in(4)) made.match = MatchType::Exact;
    made.case_sensitive = kind_ != "cloud";
    made.backend = random.pick(kBackends);
    made.redirect_to_https = random.one_in(4);
    made.witness = witness(random, made.id);
    made.witness.created_at = static_cast<std::int64_t>(random.below(3));
    made.provenance = {"Ingress", random.one_in(2) ? "m" : "n", made.id,
                       std::to_string(revisions_)};
    if (manners_.broken) {
      if (random.one_in(5)) made.defect = "no such Service";
      if (random.one_in(9)) made.path = "users";
      if (random.one_in(9)) made.backend = "b3";
    }
    said_.set(made);
  }
  Witness witness(Random& random, const std::string& id) {
    Witness made;
    const auto given = static_cast<std::int64_t>(1'000'000 + random.below(6));
    if (manners_.vouches) {
      made.changed_at = given;
    } else if (kind_ != "file") {  // a file never says when
      made.identity = "uid-" + id;
      made.generation = ++generation_;
      std::int64_t& last = last_given_.try_emplace(id, given).first->second;
      if (random.one_in(2)) last = given;
      made.changed_at = last;
    }
    return made;
  }

  std::string kind_;
  Manners manners_;
  SourceSnapshot said_;
  std::uint64_t revisions_ = 0;
  std::int64_t generation_ = 0;
  std::map<std::string, std::int64_t> last_given_;
};

struct Probe {
  std::string host, path;
};
inline const std::vector<Probe>& probes() {
  static const auto all = [] {
    std::vector<Probe> made;
    for (const char* host : {"a.example", "b.example", "c.example", "other"}) {
      for (const char* path :
           {"/", "/users", "/users/", "/users/me", "/Users/x", "/USERS", "/orders/1"}) {
        made.push_back({host, path});
      }
    }
    return made;
  }();
  return all;
}

// Who answers a probe, and how.
inline std::string served(const TestRegistry& registry, const Probe& probe) {
  std::string text = registry.answer(probe.host, probe.path);
  const CompiledApi* row = registry.row(probe.host, probe.path);
  if (row && row->backend) text += ":" + std::to_string(row->backend->endpoints.front().port);
  if (row && row->redirect_to_https) text += " redirects";
  return text;
}

inline std::string tls_of(const TestRegistry& registry) {
  std::ostringstream out;
  const VersionPtr version = registry.view().current();
  for (const char* host : {"", "a.example", "b.example", "c.example", "other"}) {
    const TlsBinding* binding = version->tls.select(host);
    out << host << " " << version->tls.covers(host) << " "
        << info(*binding->identity).fingerprint_sha256 << " "
        << (binding->min_version == TlsVersion::Tls1_3) << " " << binding->source << "\n";
  }
  return out.str();
}

inline std::string explained(const TestRegistry& registry) {
  std::ostringstream out;
  for (const Probe& probe : probes()) {
    const Explanation told = registry.view().explain({probe.host, probe.path, "http"});
    out << probe.host << probe.path << ": " << told.outcome << " " << told.backend << "\n";
    for (const RouteCandidate& one : told.candidates) {
      out << "  " << one.api << "@" << one.source << " " << one.host << one.path << " "
          << int(one.match) << " " << int(one.state) << (one.answers ? " answers " : " ")
          << one.stamp << (one.stamp_observed ? " observed " : " ") << one.provenance.name << "#"
          << one.provenance.revision << " " << one.reason << "\n";
    }
  }
  return out.str();
}

inline std::string told_to_operators(const TestRegistry& registry) {
  std::ostringstream out;
  const VersionStatus version = registry.view().version();
  out << version.routes << " routes, " << version.tombstones << " tombstones, " << version.hostnames
      << " hostnames\n";
  for (const SourceStatus& source : registry.view().sources()) {
    out << source.name << " " << int(source.state) << " " << source.revision << " " << source.apis
        << " " << source.shadowed << " " << source.quarantined << "\n";
    for (const Error& error : source.errors) out << "  " << error.to_string() << "\n";
  }
  return out.str();
}

// Everything that a registry shows of what it has merged.
inline std::string observed(const TestRegistry& registry) {
  std::string text =
      registry.view().effective_json() + "\n" + registry.view().table_digest() + "\n";
  for (const Probe& probe : probes())
    text += probe.host + probe.path + " " + served(registry, probe) + "\n";
  return text + tls_of(registry) + explained(registry) + told_to_operators(registry);
}

// The first line in which two texts differ, for a failure's message.
inline std::string difference(const std::string& a, const std::string& b) {
  std::istringstream left(a), right(b);
  std::string x, y;
  while (true) {
    const bool more = static_cast<bool>(std::getline(left, x)),
               other = static_cast<bool>(std::getline(right, y));
    if (!more && !other) return "";
    if (!more || !other || x != y)
      return (more ? x : "nothing") + "\n  instead of\n" + (other ? y : "nothing");
  }
}

}  // namespace gateway::test
