#include "policy/jwt/openid.h"

#include "model/document.h"
#include "upstream/timer_wheel.h"

namespace gateway::policy {
namespace {

OpenIdStore& store_of(Services& services) { return *static_cast<OpenIdStore*>(services.openid.get()); }

std::string member(const rapidjson::Document& document, const char* name) {
  if (!document.IsObject()) return {};
  const auto at = document.FindMember(name);
  if (at == document.MemberEnd() || !at->value.IsString()) return {};
  return {at->value.GetString(), at->value.GetStringLength()};
}

// Fetches one provider: its document, then its keys.
class Fetch {
 public:
  Fetch(Services& services, std::string url, std::function<void()> done)
      : services_(services), url_(std::move(url)), done_(std::move(done)) {}
  ~Fetch() {
    // Given up half way: another may begin at once.
    if (!finished_) store_of(services_).failed(url_, 0);
  }
  void start() {
    call(url_, [this](CallResult& result) { on_document(result); });
  }

 private:
  void call(std::string url, std::function<void(CallResult&)> then) {
    OutgoingCall call;
    call.url = std::move(url);
    call.fields.emplace_back("Accept", "application/json");
    call.timeout_ms = OpenIdStore::kFetchMs / 2;
    call.max_body = std::size_t{1} << 20;
    // The one before is still on the stack: it stays until the end.
    calls_.push_back(services_.calls->start(std::move(call), std::move(then)));
  }

  void on_document(CallResult& result) {
    if (!result.ok || result.status != 200) {
      fail(result.ok ? "status " + std::to_string(result.status) : std::string(result.message));
      return;
    }
    DocumentLimits limits;
    limits.max_bytes = std::size_t{1} << 20;
    limits.max_depth = 16;
    auto document = parse_json(result.body, limits, url_);
    if (!document) {
      fail(document.error().message);
      return;
    }
    issuer_ = member(*document, "issuer");
    const std::string keys = member(*document, "jwks_uri");
    if (keys.empty()) {
      fail("it names no jwks_uri");
      return;
    }
    call(keys, [this](CallResult& answer) { on_keys(answer); });
  }

  void on_keys(CallResult& result) {
    if (!result.ok || result.status != 200) {
      fail(result.ok ? "its keys: status " + std::to_string(result.status) : std::string(result.message));
      return;
    }
    auto keys = read_key_set(result.body, url_);
    if (!keys) {
      fail(keys.error().message);
      return;
    }
    auto provider = std::make_shared<OpenIdProvider>();
    provider->issuer = std::move(issuer_);
    provider->keys = std::move(keys).value();
    provider->fetched_ms = services_.environment.clock->unix_ms();
    finished_ = true;
    store_of(services_).put(url_, std::move(provider));
    done_();
  }

  void fail(const std::string& why) {
    if (services_.reporter)
      services_.reporter->warn("the OpenID document " + url_ + " cannot be used: " + why);
    finished_ = true;
    store_of(services_).failed(url_, services_.environment.clock->unix_ms());
    done_();
  }

  Services& services_;
  std::string url_;
  std::string issuer_;
  std::function<void()> done_;
  std::vector<std::unique_ptr<Pending>> calls_;
  bool finished_ = false;
};

class Refresh final : public Pending, private Timed {
 public:
  Refresh(Services& services, std::function<void()> done) : services_(services), done_(std::move(done)) {}
  ~Refresh() override { services_.worker.timers.cancel(*this); }

  void fetch(std::string url) {
    ++open_;
    fetches_.push_back(std::make_unique<Fetch>(services_, std::move(url), [this] {
      --open_;
      end_when_done();
    }));
    fetches_.back()->start();
  }
  void await(std::string url) {
    awaited_.push_back(std::move(url));
    look_again();
  }

 private:
  void look_again() { services_.worker.timers.set(*this, services_.worker.now() + 50); }
  void on_deadline() noexcept override {
    const std::int64_t now = services_.environment.clock->unix_ms();
    std::erase_if(awaited_, [&](const std::string& url) {
      return !store_of(services_).is_fetching(url, now);
    });
    if (!awaited_.empty()) {
      look_again();
    } else {
      end_when_done();
    }
  }
  void end_when_done() {
    if (open_ == 0 && awaited_.empty()) done_();
  }

  Services& services_;
  std::function<void()> done_;
  std::vector<std::unique_ptr<Fetch>> fetches_;
  std::vector<std::string> awaited_;
  std::size_t open_ = 0;
};

}  // namespace

std::shared_ptr<const OpenIdProvider> OpenIdStore::find(std::string_view url) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(url);
  return at == entries_.end() ? nullptr : at->second.provider;
}

bool OpenIdStore::begin(std::string_view url, std::int64_t now_ms, bool for_unknown_key) {
  const std::lock_guard lock(mutex_);
  auto at = entries_.find(url);
  if (at == entries_.end()) {
    if (entries_.size() >= kMost) entries_.clear();
    at = entries_.try_emplace(std::string(url)).first;
  }
  Entry& entry = at->second;
  if (entry.fetching_since_ms != 0 && now_ms - entry.fetching_since_ms < kFetchMs) return false;
  const bool old = !entry.provider || now_ms - entry.provider->fetched_ms >= kFreshMs;
  // A provider that was never had is asked for again soon, as nobody is let in without it.
  const std::int64_t pause = entry.provider ? kRetryMs : 1'000;
  if ((!old && !for_unknown_key) || now_ms - entry.tried_ms < pause) return false;
  entry.fetching_since_ms = entry.tried_ms = now_ms;
  return true;
}

void OpenIdStore::put(std::string_view url, std::shared_ptr<const OpenIdProvider> provider) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[std::string(url)];
  entry.provider = std::move(provider);
  entry.fetching_since_ms = 0;
}

void OpenIdStore::failed(std::string_view url, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[std::string(url)];
  entry.fetching_since_ms = 0;
  entry.tried_ms = now_ms;
}

bool OpenIdStore::is_fetching(std::string_view url, std::int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(url);
  return at != entries_.end() && at->second.fetching_since_ms != 0 &&
         now_ms - at->second.fetching_since_ms < kFetchMs;
}

std::shared_ptr<void> make_openid_store() { return std::make_shared<OpenIdStore>(); }

std::unique_ptr<Pending> refresh_providers(Services& services, std::vector<std::string> urls, bool unknown_key,
                                           std::function<void()> done) {
  if (!services.calls || !services.openid) return nullptr;
  OpenIdStore& store = store_of(services);
  const std::int64_t now = services.environment.clock->unix_ms();
  auto refresh = std::make_unique<Refresh>(services, std::move(done));
  bool any = false;
  for (std::string& url : urls) {
    if (store.begin(url, now, unknown_key)) {
      refresh->fetch(std::move(url));
      any = true;
    } else if (!store.find(url) && store.is_fetching(url, now)) {
      refresh->await(std::move(url));
      any = true;
    }
  }
  if (!any) return nullptr;
  return refresh;
}

}  // namespace gateway::policy
