#include "policy/tokens.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <optional>

#include "base/strings.h"
#include "base/uv.h"
#include "policy/recent.h"

namespace gateway::policy {
namespace {

constexpr std::int64_t kMargin = 5 * 60 * 1000;  // ms before its end in which a token is not used any more
constexpr std::int64_t kFailure = 2'000;         // ms
constexpr std::int64_t kTimeout = 10'000;        // ms
constexpr std::size_t kAssertion = 64 * 1024;    // bytes of a service account's token

class Flight;

// What is known of tokens. Thread-safe.
class TokenStore {
 public:
  struct Known {
    TokenAnswer answer;
    std::int64_t good_until = 0;  // ms since 1970
  };
  std::optional<TokenAnswer> find(std::string_view key, std::int64_t now) {
    const std::lock_guard lock(mutex_);
    const Known* known = known_.find(key);
    if (!known || known->good_until <= now) return std::nullopt;
    return known->answer;
  }
  void put(const std::string& key, const TokenAnswer& answer, std::int64_t good_until) {
    const std::lock_guard lock(mutex_);
    known_.put(key, {answer, good_until});
  }
  // The request of this worker that is on its way; null: none.
  std::shared_ptr<Flight> flight(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto* flight = flights_.find(key);
    return flight ? flight->lock() : nullptr;
  }
  void put_flight(const std::string& key, const std::shared_ptr<Flight>& flight) {
    const std::lock_guard lock(mutex_);
    flights_.put(key, flight);
  }

 private:
  static constexpr std::size_t kTokens = 1000;
  std::mutex mutex_;
  Recent<Known> known_{kTokens};
  Recent<std::weak_ptr<Flight>> flights_{kTokens};
};

// Somebody who waits. Keeps the request alive.
class Waiter final : public Pending {
 public:
  Waiter(std::shared_ptr<Flight> flight, std::function<void(const TokenAnswer&)> later);
  ~Waiter() override;
  std::function<void(const TokenAnswer&)> later;

 private:
  std::shared_ptr<Flight> flight_;
};

// One request for a token, of one worker; it ends with the last who waits for it.
class Flight final : public std::enable_shared_from_this<Flight> {
 public:
  Flight(Services& services, std::string key, TokenQuery query)
      : services_(services),
        store_(std::static_pointer_cast<TokenStore>(services.tokens)),
        key_(std::move(key)),
        query_(std::move(query)) {}

  void start() {
    static const IdentitySettings metadata;
    const IdentitySettings& settings = services_.identity ? *services_.identity : metadata;
    if (settings.token_file.empty()) {
      ask_metadata(settings);
    } else {
      read_assertion(settings);
    }
  }
  void add(Waiter& waiter) { waiting_.push_back(&waiter); }
  void remove(Waiter& waiter) noexcept { std::erase(waiting_, &waiter); }
  [[nodiscard]] bool over() const noexcept { return over_; }

 private:
  void ask_metadata(const IdentitySettings& settings) {
    OutgoingCall call;
    call.url = settings.metadata_url + "?api-version=2018-02-01&resource=" + percent_encode(query_.resource);
    if (!query_.client_id.empty()) call.url += "&client_id=" + percent_encode(query_.client_id);
    call.fields = {{"Metadata", "true"}};
    call.allow_link_local = true;
    send(std::move(call));
  }

  // On another thread: a file may be on a network.
  void read_assertion(const IdentitySettings& settings) {
    auto text = std::make_shared<std::string>();
    uv::queue_work(
        services_.worker.loop,
        [text, file = settings.token_file] {
          std::ifstream in(file, std::ios::binary);
          text->resize(kAssertion);
          in.read(text->data(), static_cast<std::streamsize>(text->size()));
          text->resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
        },
        [text, weak = weak_from_this(), &settings] {
          if (const auto self = weak.lock()) self->ask_authority(settings, trim(*text));
        });
  }

  void ask_authority(const IdentitySettings& settings, std::string_view assertion) {
    if (assertion.empty()) {
      end({{}, "the service account's token could not be read"}, 0);
      return;
    }
    OutgoingCall call;
    call.method = "POST";
    call.url = settings.authority_host.empty() ? "https://login.microsoftonline.com" : settings.authority_host;
    while (call.url.ends_with('/')) call.url.pop_back();
    call.url += "/" + percent_encode(settings.tenant_id) + "/oauth2/v2.0/token";
    call.fields = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
    std::string scope = query_.resource;
    if (!scope.ends_with("/.default")) scope += "/.default";
    call.body = "grant_type=client_credentials&client_id=" +
                percent_encode(query_.client_id.empty() ? settings.client_id : query_.client_id) +
                "&scope=" + percent_encode(scope) + "&client_assertion_type=" +
                percent_encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer") +
                "&client_assertion=" + percent_encode(assertion);
    send(std::move(call));
  }

  void send(OutgoingCall call) {
    call.timeout_ms = kTimeout;
    call.max_body = 256 * 1024;
    if (!services_.calls) {
      end({{}, "the gateway is closing"}, 0);
      return;
    }
    call_ = services_.calls->start(std::move(call), [this](CallResult& result) { take(result); });
  }

  void take(const CallResult& result) {
    if (!result.ok) {
      end({{}, "the identity service did not answer: " + result.message}, 0);
      return;
    }
    rapidjson::Document said;
    said.Parse<rapidjson::kParseIterativeFlag>(result.body.data(), result.body.size());
    const bool object = !said.HasParseError() && said.IsObject();
    if (result.status != 200) {
      std::string error = "the identity service answered with status " + std::to_string(result.status);
      if (object && said.HasMember("error") && said["error"].IsString())
        error += " (" + quote({said["error"].GetString(), said["error"].GetStringLength()}) + ")";
      end({{}, error}, 0);
      return;
    }
    if (!object || !said.HasMember("access_token") || !said["access_token"].IsString()) {
      end({{}, "the identity service's answer holds no access_token"}, 0);
      return;
    }
    const rapidjson::Value& token = said["access_token"];
    TokenAnswer answer{{token.GetString(), token.GetStringLength()}, {}};
    if (answer.token.empty() || !is_field_value(answer.token)) {
      end({{}, "the identity service's access_token is none"}, 0);
      return;
    }
    const std::int64_t seconds = number(said, "expires_in").value_or(0);
    const std::int64_t lifetime = std::clamp<std::int64_t>(seconds, 0, 7 * 24 * 3600) * 1000;
    end(std::move(answer), lifetime - std::min(kMargin, lifetime / 10));
  }

  // The metadata service writes numbers as strings.
  static std::optional<std::int64_t> number(const rapidjson::Document& said, const char* name) {
    const auto at = said.FindMember(name);
    if (at == said.MemberEnd()) return std::nullopt;
    if (at->value.IsInt64()) return at->value.GetInt64();
    if (!at->value.IsString()) return std::nullopt;
    const auto parsed = parse_decimal({at->value.GetString(), at->value.GetStringLength()}, INT64_MAX);
    return parsed ? std::optional(static_cast<std::int64_t>(*parsed)) : std::nullopt;
  }

  void end(TokenAnswer answer, std::int64_t good_ms) {
    const auto self = shared_from_this();  // the last who waits may go
    over_ = true;
    const std::int64_t now = services_.environment.clock->unix_ms();
    store_->put(key_, answer, now + (answer.error.empty() ? good_ms : kFailure));
    while (!waiting_.empty()) {
      Waiter* waiter = waiting_.back();
      waiting_.pop_back();
      const auto later = std::move(waiter->later);
      later(answer);
    }
  }

  Services& services_;
  std::shared_ptr<TokenStore> store_;
  std::string key_;
  TokenQuery query_;
  std::unique_ptr<Pending> call_;
  std::vector<Waiter*> waiting_;
  bool over_ = false;
};

Waiter::Waiter(std::shared_ptr<Flight> flight, std::function<void(const TokenAnswer&)> the_later)
    : later(std::move(the_later)), flight_(std::move(flight)) {
  flight_->add(*this);
}
Waiter::~Waiter() { flight_->remove(*this); }

}  // namespace

std::shared_ptr<void> make_token_store() { return std::make_shared<TokenStore>(); }

bool find_token(Services& services, const TokenQuery& query, TokenAnswer& answer,
                std::function<void(const TokenAnswer&)> later, std::unique_ptr<Pending>& pending) {
  auto* store = static_cast<TokenStore*>(services.tokens.get());
  if (!store || !services.calls) {
    answer = {{}, "there is no identity service"};
    return true;
  }
  std::string key = std::to_string(query.client_id.size()) + ":" + query.client_id + query.resource;
  if (auto known = store->find(key, services.environment.clock->unix_ms())) {
    answer = std::move(*known);
    return true;
  }
  const std::string flight_key = std::to_string(reinterpret_cast<std::uintptr_t>(&services)) + "|" + key;
  std::shared_ptr<Flight> flight = store->flight(flight_key);
  const bool fresh = !flight || flight->over();
  if (fresh) {
    flight = std::make_shared<Flight>(services, std::move(key), query);
    store->put_flight(flight_key, flight);
  }
  pending = std::make_unique<Waiter>(flight, std::move(later));
  if (fresh) flight->start();
  return false;
}

}  // namespace gateway::policy
