#include <catch2/catch.hpp>

#include <cstdlib>
#include <numeric>

#include "history.h"
#include "router/protected_paths.h"

using namespace gateway;
using namespace gateway::test;

namespace {

const std::vector<std::string> kSources{"ingress", "file", "cloud"};

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kHistories = 40;
#else
constexpr std::uint64_t kHistories = 300;
#endif

// Seeds 1 to kHistories; the variable GATEWAY_SEED starts elsewhere.
template <typename F>
void for_each_history(F&& play) {
  const char* start = std::getenv("GATEWAY_SEED");
  const std::uint64_t first = start ? std::strtoull(start, nullptr, 10) : 1;
  for (std::uint64_t seed = first; seed < first + kHistories; ++seed) {
    INFO("seed " << seed);
    play(seed);
  }
}

// Rule, protected paths and the order of adding are settings; here they follow from the seed.
ConflictOptions random_options(Random& random, std::initializer_list<ConflictRule> rules) {
  ConflictOptions options;
  options.rule = std::data(rules)[random.below(rules.size())];
  static const std::vector<std::vector<std::string>> kProtected{
      {}, {}, {"/users"}, {"a.example/users/me", "*.example/orders"}, {"b.example/"}};
  options.protected_paths = random.pick(kProtected);
  return options;
}
constexpr auto kLast = ConflictRule::LastWriteWins;
constexpr auto kFixed = ConflictRule::Precedence;
constexpr auto kArrival = ConflictRule::ArrivalOrder;

std::vector<NamedSource> sources_in(const std::vector<std::string>& order) {
  std::vector<NamedSource> made;
  for (const std::string& name : order) made.push_back({name, name});
  return made;
}

struct Delivery {
  std::string source;
  SourceSnapshot snapshot;
};

// What each source says over time.
std::map<std::string, std::vector<SourceSnapshot>> stories(Random& random, Manners manners) {
  std::map<std::string, std::vector<SourceSnapshot>> made;
  for (const std::string& name : kSources) {
    RandomSource source(name, manners);
    for (std::size_t i = 1 + random.below(5); i > 0; --i)
      made[name].push_back(source.change(random));
  }
  return made;
}

// One of the ways in which the stories may reach a gateway: each in its order, mixed with the
// others, some things said twice.
std::vector<Delivery> interleave(Random& random,
                                 const std::map<std::string, std::vector<SourceSnapshot>>& told) {
  std::map<std::string, std::size_t> next;
  std::vector<Delivery> all;
  std::vector<std::string> open = kSources;
  while (!open.empty()) {
    const std::string name = random.pick(open);
    const auto& story = told.at(name);
    all.push_back({name, story[next[name]]});
    if (random.one_in(3)) all.push_back(all.back());
    if (random.one_in(4) && next[name] > 0) all.push_back({name, story[next[name]]});
    if (++next[name] == story.size()) std::erase(open, name);
  }
  return all;
}

// The same with everything but the last word of each source in any order, repeated or left out.
std::vector<Delivery> scramble(Random& random,
                               const std::map<std::string, std::vector<SourceSnapshot>>& told) {
  std::vector<Delivery> all;
  for (const auto& [name, story] : told) {
    for (const SourceSnapshot& one : story) {
      for (std::size_t i = random.below(3); i > 0; --i) all.push_back({name, one});
    }
  }
  random.shuffle(all);
  std::vector<std::string> last = kSources;
  random.shuffle(last);
  for (const std::string& name : last) all.push_back({name, told.at(name).back()});
  return all;
}

void deliver(TestRegistry& registry, const std::vector<Delivery>& all) {
  for (const Delivery& one : all) registry.publish(one.source, one.snapshot);
}

void require_same(const std::string& got, const std::string& expected) {
  if (got == expected) return;
  UNSCOPED_INFO(difference(got, expected));
  FAIL();
}

// The last good forms of one source, as DESIGN has them: what a gateway that was there knows, and
// one that starts now does not.
class LastGood {
 public:
  LastGood(bool is_cloud, const std::vector<std::string>& rules)
      : is_cloud_(is_cloud), protected_(ProtectedPaths::compile(rules).value()) {}

  void follow(const SourceSnapshot& said) {
    if (said.epoch != said_.epoch) forget();
    follow_backends(said);
    follow_certificates(said);
    follow_hostnames(said);
    follow_apis(said);
    said_ = said;
  }

  // What a gateway has to hear first in order to know the same.
  [[nodiscard]] std::vector<SourceSnapshot> retold() const {
    SourceSnapshot good;
    good.epoch = said_.epoch;
    for (const auto& [id, one] : backends_) good.set(one);
    for (const auto& [id, one] : certificates_) good.set(one);
    for (const auto& [id, one] : hostnames_) good.set(one);
    for (const auto& [id, known] : apis_) {
      good.set(known.api);
      good.set(known.backend);
    }
    // The others are there, but not in a form that could be taken for good.
    said_.apis.for_each([&](std::string_view id, const auto& said) {
      if (apis_.contains(std::string(id))) return;
      Api broken = *said;
      broken.defect = "not yet";
      good.set(broken);
    });
    std::vector<SourceSnapshot> steps{good};
    // A backend that went away is nobody's last good one when it returns broken.
    SourceSnapshot gone = good;
    bool any = false;
    for (const auto& [id, known] : apis_) {
      if (!backends_.contains(known.backend.id)) any = gone.backends.erase(known.backend.id) || any;
    }
    if (any) steps.push_back(gone);
    return steps;
  }

 private:
  struct Known {
    Api api;
    Backend backend;
  };

  void forget() {
    backends_.clear();
    certificates_.clear();
    hostnames_.clear();
    apis_.clear();
    said_ = {};
  }

  static bool sound(const Backend& backend) {
    return backend.endpoints.front().address == "127.0.0.1";
  }
  static bool sound_host(const std::string& host) { return host != "UPPER.example"; }

  void follow_backends(const SourceSnapshot& said) {
    std::erase_if(backends_, [&](const auto& one) { return !said.backends.find(one.first); });
    said.backends.for_each([&](std::string_view id, const auto& backend) {
      if (sound(*backend)) backends_.insert_or_assign(std::string(id), *backend);
    });
  }
  void follow_certificates(const SourceSnapshot& said) {
    std::erase_if(certificates_, [&](const auto& one) {
      return said_.certificates.find(one.first) && !said.certificates.find(one.first) &&
             !used(one.first);
    });
    said.certificates.for_each([&](std::string_view id, const auto& certificate) {
      if (certificate->defect.empty())
        certificates_.insert_or_assign(std::string(id), *certificate);
    });
  }
  void follow_hostnames(const SourceSnapshot& said) {
    std::erase_if(hostnames_, [&](const auto& one) { return !said.hostnames.find(one.first); });
    said.hostnames.for_each([&](std::string_view id, const auto& hostname) {
      if (sound_host(hostname->host)) hostnames_.insert_or_assign(std::string(id), *hostname);
    });
    std::erase_if(certificates_, [&](const auto& one) {
      return !said.certificates.find(one.first) && !used(one.first);
    });
  }
  void follow_apis(const SourceSnapshot& said) {
    std::erase_if(apis_, [&](const auto& one) { return !said.apis.find(one.first); });
    said.apis.for_each([&](std::string_view name, const auto& api) {
      const std::string id(name);
      const bool has_key = api->path.starts_with('/');
      if (has_key && !is_cloud_ && protected_->forbid(api->host, api->path)) {
        apis_.erase(id);
        return;
      }
      const auto backend = backends_.find(api->backend);
      if (has_key && api->defect.empty() && backend != backends_.end()) {
        apis_.insert_or_assign(id, Known{*api, backend->second});
        return;
      }
      const auto known = apis_.find(id);
      if (known == apis_.end()) return;
      const auto follows = backends_.find(known->second.api.backend);
      if (follows != backends_.end()) known->second.backend = follows->second;
    });
  }
  [[nodiscard]] bool used(const std::string& certificate) const {
    return std::any_of(hostnames_.begin(), hostnames_.end(),
                       [&](const auto& one) { return one.second.certificate == certificate; });
  }

  bool is_cloud_;
  std::shared_ptr<const ProtectedPaths> protected_;
  SourceSnapshot said_;
  std::map<std::string, Backend> backends_;
  std::map<std::string, Certificate> certificates_;
  std::map<std::string, Hostname> hostnames_;
  std::map<std::string, Known> apis_;
};

// A crash: the ledger as it is on the disk now, under nobody's lock.
void copy_ledger(const Folder& from, const Folder& to) {
  std::filesystem::copy_file(from.path() + "/ledger.0", to.path() + "/ledger.0",
                             std::filesystem::copy_options::overwrite_existing);
}

// Under a protected path only the cloud answers, be it with 503.
void require_protected(const TestRegistry& registry, const std::vector<std::string>& rules) {
  const auto protected_paths = ProtectedPaths::compile(rules).value();
  for (const Probe& probe : probes()) {
    const CompiledApi* row = registry.row(probe.host, probe.path);
    if (!row || row->source == "cloud" || protected_paths->rule_of(probe.host, probe.path).empty())
      continue;
    FAIL(probe.host << probe.path << " is answered by " << row->id);
  }
}

// Who answers each probe.
std::vector<std::string> answers_of(const TestRegistry& registry) {
  std::vector<std::string> all;
  for (const Probe& probe : probes()) {
    const std::string answer = registry.answer(probe.host, probe.path);
    all.push_back(answer.starts_with("no ") ? "nobody" : answer);
  }
  return all;
}

}  // namespace

TEST_CASE(
    "for given stamps any interleaving and repetition of what the sources say gives the same") {
  for_each_history([](std::uint64_t seed) {
    Random random(seed);
    const ConflictOptions options = random_options(random, {kLast, kFixed});
    const auto told = stories(random, {.broken = true, .epochs = true});
    const Folder folder;
    std::string expected;
    for (int way = 0; way < 4; ++way) {
      std::vector<std::string> added = kSources;
      if (way > 1) random.shuffle(added);
      // One of them with a ledger, whose entries must not matter.
      TestRegistry registry(sources_in(added), options, way == 3 ? folder.path() : "");
      deliver(registry, interleave(random, told));
      std::string got = registry.view().effective_json() + "\n" + registry.view().table_digest() +
                        "\n" + tls_of(registry);
      for (const Probe& probe : probes()) got += served(registry, probe) + "\n";
      if (way == 0) expected = got;
      require_same(got, expected);
    }
  });
}

TEST_CASE("for given stamps and sound objects only the last word of each source counts") {
  for_each_history([](std::uint64_t seed) {
    Random random(seed);
    const ConflictOptions options = random_options(random, {kLast, kFixed});
    const auto told = stories(random, {.epochs = true});
    std::string expected;
    for (int way = 0; way < 4; ++way) {
      const Folder folder;
      TestRegistry registry(sources_in(kSources), options, way == 3 ? folder.path() : "");
      deliver(registry, scramble(random, told));
      const std::string got = observed(registry);
      if (way == 0) expected = got;
      require_same(got, expected);
    }
  });
}

TEST_CASE(
    "under the order of arrival a boot has one outcome, later changes win, and a restart may flip "
    "them") {
  std::size_t flipped = 0;
  for_each_history([&](std::uint64_t seed) {
    Random random(seed);
    const ConflictOptions options = random_options(random, {kArrival});
    const auto told = stories(random, {});
    const auto boot = [&](TestRegistry& registry) {
      std::vector<std::string> order = kSources;
      random.shuffle(order);
      for (const std::string& name : order) {
        registry.publish(name, told.at(name).back());
        if (random.one_in(2)) registry.publish(name, told.at(name).back());
      }
    };
    TestRegistry lived(sources_in(kSources), options);
    deliver(lived, interleave(random, told));
    TestRegistry first(sources_in(kSources), options), second(sources_in(kSources), options);
    boot(first);
    boot(second);
    require_same(observed(first), observed(second));
    flipped += lived.view().table_digest() != first.view().table_digest() ? 1 : 0;
  });
  CHECK(flipped > 0);
}

TEST_CASE(
    "a crash at any commit and a restart in any order give the same, for given and for observed "
    "stamps") {
  for_each_history([](std::uint64_t seed) {
    Random random(seed);
    const ConflictOptions options = random_options(random, {kLast, kFixed});
    std::map<std::string, RandomSource> sources;
    for (const std::string& name : kSources) {
      sources.emplace(name, RandomSource(name, {.vouches = random.one_in(3), .epochs = true}));
    }
    auto folder = std::make_unique<Folder>();
    std::int64_t now = 1'000'000;
    auto registry =
        std::make_unique<TestRegistry>(sources_in(kSources), options, folder->path(), now);
    for (const std::string& name : kSources)
      registry->publish(name, sources.at(name).change(random));

    for (int step = 0; step < 6; ++step) {
      now += static_cast<std::int64_t>(random.below(3));
      registry->clock().set(now);
      const std::string& name = random.pick(kSources);
      registry->publish(name, sources.at(name).change(random));
      const std::string before = observed(*registry);
      const std::vector<std::string> answers = answers_of(*registry);

      auto copy = std::make_unique<Folder>();
      copy_ledger(*folder, *copy);
      now += static_cast<std::int64_t>(random.below(3));
      auto again = std::make_unique<TestRegistry>(sources_in(kSources), options, copy->path(), now);
      std::vector<std::string> order = kSources;
      random.shuffle(order);
      for (const std::string& one : order) {
        again->publish(one, sources.at(one).said());
        require_protected(*again, options.protected_paths);
        // Nobody answers in between who would not answer in the end.
        const std::vector<std::string> meanwhile = answers_of(*again);
        for (std::size_t i = 0; i < answers.size(); ++i) {
          if (meanwhile[i] == answers[i] || meanwhile[i] == "503") continue;
          FAIL(probes()[i].host << probes()[i].path << " is answered by " << meanwhile[i]
                                << " after " << one << " has synced, and by " << answers[i]
                                << " before and after");
        }
      }
      require_same(observed(*again), before);
      // Live on in the restarted one, on its own ledger.
      if (random.one_in(2)) {
        registry = std::move(again);
        folder = std::move(copy);
      }
    }
  });
}

TEST_CASE("what is kept up to date change by change is what a fresh registry makes of the same") {
  for_each_history([](std::uint64_t seed) {
    Random random(seed);
    const ConflictOptions options = random_options(random, {kLast, kFixed});
    const bool vouches = random.one_in(2), broken = !random.one_in(3),
               with_ledger = !vouches || random.one_in(2);
    std::map<std::string, RandomSource> sources;
    std::map<std::string, LastGood> known;
    for (const std::string& name : kSources) {
      sources.emplace(name,
                      RandomSource(name, {.broken = broken, .vouches = vouches, .epochs = true}));
      known.emplace(name, LastGood(name == "cloud", options.protected_paths));
    }
    const Folder folder;
    std::int64_t now = 1'000'000;
    TestRegistry registry(sources_in(kSources), options, with_ledger ? folder.path() : "", now);
    std::vector<std::string> spoken;
    for (int step = 0; step < 10; ++step) {
      now += static_cast<std::int64_t>(random.below(3));
      registry.clock().set(now);
      const std::string& name = random.pick(kSources);
      if (std::find(spoken.begin(), spoken.end(), name) == spoken.end()) spoken.push_back(name);
      const SourceSnapshot& said = sources.at(name).change(random);
      registry.publish(name, said);
      known.at(name).follow(said);

      const Folder copy;
      if (with_ledger) copy_ledger(folder, copy);
      TestRegistry fresh(sources_in(kSources), options, with_ledger ? copy.path() : "", now + 10);
      random.shuffle(spoken);
      // Last good forms first, of every source: what is broken now was good once.
      for (const std::string& one : spoken) {
        for (const SourceSnapshot& good : known.at(one).retold()) fresh.publish(one, good);
      }
      for (const std::string& one : spoken) fresh.publish(one, sources.at(one).said());
      INFO("step " << step << ", " << name << " spoke");
      require_same(observed(registry), observed(fresh));
      require_protected(registry, options.protected_paths);
      // What each source was told of its own adds up to the same.
      for (const std::string& one : spoken) {
        sources.at(one).said().apis.for_each([&](std::string_view id, const auto&) {
          const ApiReport told = registry.state(std::string(id) + "@" + one);
          const ApiReport anew = fresh.state(std::string(id) + "@" + one);
          INFO(id << "@" << one);
          CHECK(told.state == anew.state);
          CHECK(told.reason == anew.reason);
        });
      }
    }
  });
}
