#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "policy/jwt/keys.h"
#include "policy/run.h"
#include "policy/services.h"

namespace gateway::policy {

// What an OpenID provider says of itself (OpenID Connect Discovery 1.0 §4).
struct OpenIdProvider {
  std::string issuer;
  TokenKeys keys;
  std::int64_t fetched_ms = 0;
};

// Providers by the URL of their document, shared by all workers. Thread-safe.
class OpenIdStore {
 public:
  static constexpr std::int64_t kFreshMs = 3'600'000;   // then it is fetched again
  static constexpr std::int64_t kRetryMs = 300'000;     // between two fetches for an unknown key or after a failure
  static constexpr std::int64_t kFetchMs = 15'000;      // one that takes longer is given up

  [[nodiscard]] std::shared_ptr<const OpenIdProvider> find(std::string_view url) const;
  // True: the caller fetches now, and says put() or failed(). False: somebody does, or it is too early.
  [[nodiscard]] bool begin(std::string_view url, std::int64_t now_ms, bool for_unknown_key);
  void put(std::string_view url, std::shared_ptr<const OpenIdProvider> provider);
  void failed(std::string_view url, std::int64_t now_ms);
  [[nodiscard]] bool is_fetching(std::string_view url, std::int64_t now_ms) const;

 private:
  static constexpr std::size_t kMost = 1'000;
  struct Entry {
    std::shared_ptr<const OpenIdProvider> provider;
    std::int64_t fetching_since_ms = 0;  // 0 = nobody does
    std::int64_t tried_ms = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Entry, std::less<>> entries_;
};
[[nodiscard]] std::shared_ptr<void> make_openid_store();  // of Services::openid

// Brings the providers of `urls` up to date where that is needed: where one is missing or old, and with
// `unknown_key` where it was not fetched for some minutes. Null: there is nothing to wait for. Else `done` is
// called once, never from within; a provider that cannot be had keeps its last form.
[[nodiscard]] std::unique_ptr<Pending> refresh_providers(Services& services, std::vector<std::string> urls,
                                                         bool unknown_key, std::function<void()> done);

}  // namespace gateway::policy
