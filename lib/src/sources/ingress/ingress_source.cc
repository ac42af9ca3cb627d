#include "sources/ingress/ingress_source.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "base/uv.h"
#include "model/canonical.h"
#include "sources/ingress/api_client.h"
#include "sources/ingress/json_view.h"
#include "sources/ingress/reflector.h"
#include "sources/ingress/translate.h"

namespace gateway {
namespace {

using namespace kubernetes;
using std::chrono::milliseconds;

constexpr const char* kOrigin = "ingress";
constexpr const char* kIdentityPath = "/api/v1/namespaces/kube-system";

// Decimal resourceVersions of one server: the longer is the newer, then by digits.
bool newer(const std::string& a, const std::string& b) noexcept {
  return a.size() != b.size() ? a.size() > b.size() : a > b;
}

class IngressSource final : public ConfigSource {
 public:
  IngressSource(IngressSourceOptions options, IngressTiming timing)
      : options_(std::move(options)), timing_(timing) {}

  Result<void> start(SourceContext context) override;
  void stop(std::function<void()> done) noexcept override;

 private:
  // One mirrored collection and how its last request went.
  struct Mirror {
    std::unique_ptr<Reflector> reflector;
    std::optional<Error> trouble;
    int status = 0;                   // of the trouble; 0: no answer
    std::uint64_t since = 0;          // when trouble began, by the loop's clock
    std::uint64_t began = 0;          // when it was started, by the loop's clock
    bool optional = false;            // it may be forbidden
    [[nodiscard]] bool denied() const noexcept { return trouble && (status == 403 || status == 404); }
    // Nothing more is to be waited for before publishing.
    [[nodiscard]] bool settled() const noexcept { return reflector->listed() || (optional && denied()); }
  };
  enum class EndpointApi : std::uint8_t { SliceV1, SliceV1Beta1, Endpoints };

  // --- following

  Mirror make_mirror(const std::string& name, Collection collection, bool optional);
  void mirror(const std::string& name, Collection collection, bool optional);
  void follow_ingresses();
  void follow_endpoints(EndpointApi api);
  void follow_secrets();
  [[nodiscard]] std::string path_of(std::string_view api, std::string_view resource) const;
  template <typename Visit>
  void for_each_mirror(Visit visit);

  // --- one-off questions

  void ask(std::unique_ptr<ApiClient::Call>& call, std::string target,
           std::function<void(int status, std::string body, std::optional<Error> error)> answered);
  void discover_endpoints();
  void identify();
  void take_identity(std::string epoch);

  // --- trouble

  [[nodiscard]] Mirror* find_mirror(const std::string& name);
  void in_trouble(const std::string& name, const Error& error, int status);
  void well(const std::string& name);
  void hurry_all();
  void check_health();

  // --- publishing

  void schedule();
  void settle();
  [[nodiscard]] bool synced();
  [[nodiscard]] bool waits_for_secret();
  void publish();
  void tell_changes();
  void say(LogLevel level, std::string_view event, std::string message, Logger::Fields fields = {}) const {
    log(*context_.observer, level, event, kOrigin, std::move(message), std::move(fields));
  }

  IngressSourceOptions options_;
  IngressTiming timing_;
  SourceContext context_;
  Environment environment_;
  uv_loop_t* loop_ = nullptr;
  std::string name_space_;
  Observer silent_;

  std::unique_ptr<IngressTranslator> translator_;
  std::unique_ptr<ApiClient> api_;
  std::map<std::string, Mirror> mirrors_;   // by resource: "ingresses", "services", …
  std::map<std::string, Mirror> secrets_;   // by "namespace/name"

  std::unique_ptr<ApiClient::Call> discovery_;
  std::unique_ptr<uv::Timer> discovery_timer_;
  std::optional<Backoff> discovery_backoff_;
  std::unique_ptr<ApiClient::Call> identity_;
  std::unique_ptr<uv::Timer> identity_timer_;
  std::optional<Backoff> identity_backoff_;
  std::string epoch_;
  std::map<std::string, Error> questions_failing_;

  std::unique_ptr<uv::Timer> turn_;     // coalesces what changed in one turn of the loop
  std::unique_ptr<uv::Timer> health_;
  std::unique_ptr<uv::Timer> secret_wait_;
  std::optional<std::uint64_t> unreachable_since_;
  std::optional<ErrorCode> degraded_;   // what was said, and not yet taken back
  bool stale_ = false;                  // the gateway still believes it: publish even the same again
  bool published_ = false;
  bool stopped_ = false;
  bool classes_forbidden_told_ = false;
  std::string version_;                 // the newest seen in any collection
  std::uint64_t publications_ = 0;
  SourceSnapshot last_;
};

// --- life

Result<void> IngressSource::start(SourceContext context) {
  context_ = std::move(context);
  if (!context_.observer) context_.observer = &silent_;
  environment_ = Environment::system();
  if (context_.environment && context_.environment->clock) environment_.clock = context_.environment->clock;
  if (context_.environment && context_.environment->entropy) environment_.entropy = context_.environment->entropy;
  loop_ = static_cast<uv_loop_t*>(context_.control->native_loop());

  auto access = read_cluster_access(options_);
  if (!access) return std::move(access).error();
  const std::string own = access->name_space.empty() ? "default" : access->name_space;
  name_space_ = options_.name_space.value_or(own);
  auto api = ApiClient::create(
      *context_.control, std::move(access).value(), [options = options_] { return read_cluster_access(options); },
      [this] { hurry_all(); });
  if (!api) return std::move(api).error();
  api_ = std::move(api).value();

  IngressTranslator::Options translation;
  translation.translation = options_.translation;
  translation.clock = environment_.clock;
  translator_ = std::make_unique<IngressTranslator>(std::move(translation));
  turn_ = std::make_unique<uv::Timer>(loop_);
  secret_wait_ = std::make_unique<uv::Timer>(loop_);
  discovery_timer_ = std::make_unique<uv::Timer>(loop_);
  identity_timer_ = std::make_unique<uv::Timer>(loop_);
  discovery_backoff_.emplace(timing_.reflector.backoff, environment_.entropy);
  identity_backoff_.emplace(timing_.reflector.backoff, environment_.entropy);
  health_ = std::make_unique<uv::Timer>(loop_);
  const milliseconds check = std::max(timing_.degrade_after / 10, milliseconds(1));
  health_->start(check, [this] { check_health(); }, check);

  say(LogLevel::Info, "ConfigIngressStarted",
      "following Ingress objects of " + api_->access().url() +
          (name_space_.empty() ? std::string(" in all namespaces") : " in namespace " + name_space_),
      {{"server", api_->access().url()},
       {"namespace", name_space_},
       {"controller", options_.translation.controller}});
  follow_ingresses();
  mirror("services", {"v1", "Service", path_of("/api/v1", "services"), ""}, false);
  mirror("ingressclasses",
         {"networking.k8s.io/v1", "IngressClass", "/apis/networking.k8s.io/v1/ingressclasses", ""}, true);
  if (options_.translation.endpoints == IngressTranslation::Endpoints::Addresses) discover_endpoints();
  identify();
  return {};
}

void IngressSource::stop(std::function<void()> done) noexcept {
  stopped_ = true;
  mirrors_.clear();
  secrets_.clear();
  discovery_.reset();
  identity_.reset();
  api_.reset();
  turn_.reset();
  health_.reset();
  secret_wait_.reset();
  discovery_timer_.reset();
  identity_timer_.reset();
  done();
}

// --- following

std::string IngressSource::path_of(std::string_view api, std::string_view resource) const {
  std::string path(api);
  if (!name_space_.empty()) path += "/namespaces/" + percent_encode(name_space_);
  return path + '/' + std::string(resource);
}

template <typename Visit>
void IngressSource::for_each_mirror(Visit visit) {
  for (auto& [name, one] : mirrors_) visit(one);
  for (auto& [name, one] : secrets_) visit(one);
}

IngressSource::Mirror IngressSource::make_mirror(const std::string& name, Collection collection, bool optional) {
  ReflectorEvents events;
  const std::string kind = collection.kind;
  events.upsert = [this](const rapidjson::Value& object) {
    translator_->upsert(object, "");
    schedule();
  };
  events.remove = [this, kind](std::string_view name_space, std::string_view object) {
    translator_->remove(kind, name_space, object);
    schedule();
  };
  events.listed = [this](std::string_view) { schedule(); };
  events.well = [this, name] { well(name); };
  events.trouble = [this, name](const Error& error, int status) { in_trouble(name, error, status); };
  if (name == "ingresses") {
    events.listing_began = [this](std::string_view) {
      say(LogLevel::Info, "ReadingCurrentIngressList", "reading the list of Ingress objects",
          {{"namespace", name_space_}});
    };
    events.listed = [this](std::string_view version) {
      tell_changes();
      say(LogLevel::Info, "CurrentIngressListProcessed", "the list of Ingress objects is read",
          {{"resourceVersion", std::string(version)}});
      schedule();
    };
    events.watching = [this, first = true](std::string_view version) mutable {
      say(std::exchange(first, false) ? LogLevel::Info : LogLevel::Debug, "IngressWatcherInitialized",
          "watching Ingress objects", {{"resourceVersion", std::string(version)}});
    };
    events.expired = [this] {
      say(LogLevel::Info, "IngressWatchExpired", "the server no longer knows our version: listing anew");
    };
  }
  Mirror made;
  made.optional = optional;
  made.began = uv_now(loop_);
  made.reflector = std::make_unique<Reflector>(*api_, loop_, environment_, timing_.reflector,
                                               options_.max_response_bytes, std::move(collection), std::move(events));
  return made;
}

void IngressSource::mirror(const std::string& name, Collection collection, bool optional) {
  Mirror made = make_mirror(name, std::move(collection), optional);
  if (const auto* before = find_mirror(name)) made.reflector->inherit(*before->reflector);
  auto& kept = mirrors_[name] = std::move(made);
  kept.reflector->start();
}

void IngressSource::follow_ingresses() {
  mirror("ingresses", {"networking.k8s.io/v1", "Ingress", path_of("/apis/networking.k8s.io/v1", "ingresses"), ""},
         false);
}

void IngressSource::follow_endpoints(EndpointApi api) {
  if (api == EndpointApi::Endpoints) {
    return mirror("endpoints", {"v1", "Endpoints", path_of("/api/v1", "endpoints"), ""}, false);
  }
  const std::string version =
      api == EndpointApi::SliceV1 ? "discovery.k8s.io/v1" : "discovery.k8s.io/v1beta1";
  mirror("endpoints", {version, "EndpointSlice", path_of("/apis/" + version, "endpointslices"), ""}, false);
}

// One mirror for each Secret that an Ingress of ours names, and no other.
void IngressSource::follow_secrets() {
  const auto wanted = translator_->wanted_secrets();
  for (auto at = secrets_.begin(); at != secrets_.end();) {
    if (std::binary_search(wanted.begin(), wanted.end(), at->first)) {
      ++at;
      continue;
    }
    const auto slash = at->first.find('/');
    translator_->remove("Secret", at->first.substr(0, slash), at->first.substr(slash + 1));
    at = secrets_.erase(at);
  }
  for (const auto& key : wanted) {
    if (secrets_.contains(key)) continue;
    const auto slash = key.find('/');
    const std::string path = "/api/v1/namespaces/" + percent_encode(key.substr(0, slash)) + "/secrets";
    auto& made = secrets_[key] =
        make_mirror(key, {"v1", "Secret", path, "metadata.name=" + key.substr(slash + 1)}, true);
    made.reflector->start();
  }
}

// --- one-off questions

void IngressSource::ask(std::unique_ptr<ApiClient::Call>& call, std::string target,
                        std::function<void(int, std::string, std::optional<Error>)> answered) {
  struct Answer {
    int status = 0;
    std::string body;
  };
  auto answer = std::make_shared<Answer>();
  HttpClientHandler handler;
  handler.head = [answer](const HttpClientResponse& response) { answer->status = response.status; };
  handler.body = [answer](std::string_view data) { answer->body += data; };
  handler.done = [&call, answer, answered = std::move(answered)](Result<void> result) {
    const auto ended = std::move(call);
    std::optional<Error> error;
    if (!result) error = std::move(result).error();
    answered(error ? 0 : answer->status, std::move(answer->body), std::move(error));
  };
  ApiClient::Request request;
  request.target = std::move(target);
  request.max_body = 1u << 20;
  call = api_->get(request, std::move(handler));
}

// EndpointSlices where the server has them, v1 rather than v1beta1; else Endpoints.
void IngressSource::discover_endpoints() {
  ask(discovery_, "/apis/discovery.k8s.io", [this](int status, std::string body, std::optional<Error> error) {
    if (status == 404) {
      well("discovery");
      return follow_endpoints(EndpointApi::Endpoints);
    }
    // Who may not ask takes what every server since 1.21 has.
    if (status == 403) {
      well("discovery");
      return follow_endpoints(EndpointApi::SliceV1);
    }
    auto group = status == 200 ? parse_json(body, {}, "/apis/discovery.k8s.io")
                               : Result<rapidjson::Document>(error ? std::move(*error)
                                                                   : api_status_error(status, body, "/apis/discovery.k8s.io"));
    if (!group) {
      in_trouble("discovery", group.error(), status);
      if (status == 401) api_->reread();
      discovery_timer_->start(discovery_backoff_->next(uv_now(loop_)), [this] { discover_endpoints(); });
      return;
    }
    bool v1 = false;
    bool v1beta1 = false;
    if (const auto* versions = json::find(*group, "versions"); versions && versions->IsArray()) {
      for (const auto& version : versions->GetArray()) {
        v1 = v1 || json::text_or(&version, "version") == "v1";
        v1beta1 = v1beta1 || json::text_or(&version, "version") == "v1beta1";
      }
    }
    well("discovery");
    follow_endpoints(v1 ? EndpointApi::SliceV1 : v1beta1 ? EndpointApi::SliceV1Beta1 : EndpointApi::Endpoints);
  });
}

// Which cluster this is. Asked at start, and again after each outage: a server whose history was
// replaced answers watches from versions of the old one with silence.
void IngressSource::identify() {
  if (identity_ || identity_timer_->active()) return;
  ask(identity_, kIdentityPath, [this](int status, std::string body, std::optional<Error> error) {
    const auto& access = api_->access();
    if (status == 403 || status == 404) {
      well("identity");
      return take_identity("server-" + hex(sha256(access.url() + '\n' + access.ca_pem)).substr(0, 32));
    }
    const auto object = status == 200 ? parse_json(body, {}, kIdentityPath)
                                      : Result<rapidjson::Document>(Error{});
    const std::string uid(object ? json::text_or(json::find(*object, "metadata"), "uid") : std::string_view());
    if (!uid.empty()) {
      well("identity");
      return take_identity("cluster-" + uid);
    }
    in_trouble("identity", error ? *error : api_status_error(status, body, kIdentityPath), status);
    if (status == 401) api_->reread();
    identity_timer_->start(identity_backoff_->next(uv_now(loop_)), [this] { identify(); });
  });
}

void IngressSource::take_identity(std::string epoch) {
  const std::string before = std::exchange(epoch_, std::move(epoch));
  if (!before.empty() && before != epoch_) {
    say(LogLevel::Warn, "ClusterReplaced", "another cluster answers now: everything is listed anew",
        {{"before", before}, {"now", epoch_}});
    for_each_mirror([](Mirror& one) { one.reflector->start_over(); });
  }
  schedule();
}

// --- trouble

IngressSource::Mirror* IngressSource::find_mirror(const std::string& name) {
  if (const auto at = mirrors_.find(name); at != mirrors_.end()) return &at->second;
  const auto at = secrets_.find(name);
  return at == secrets_.end() ? nullptr : &at->second;
}

void IngressSource::in_trouble(const std::string& name, const Error& error, int status) {
  if (auto* one = find_mirror(name)) {
    one->trouble = error;
    one->status = status;
    if (one->optional && one->denied()) {
      if (name == "ingressclasses" && !std::exchange(classes_forbidden_told_, true)) {
        say(LogLevel::Info, "IngressClassesForbidden",
            "IngressClass objects may not be read: classes count by annotation and by configured names only");
      }
      return schedule();
    }
    // The server no longer has this version of the API.
    if (name == "endpoints" && status == 404 && !discovery_ && !discovery_timer_->active()) {
      discovery_timer_->start(discovery_backoff_->next(uv_now(loop_)), [this] { discover_endpoints(); });
    }
  } else {
    questions_failing_[name] = error;
  }
  say(LogLevel::Debug, "IngressRequestFailed", error.message, {{"where", error.where}});
  if (!unreachable_since_) unreachable_since_ = uv_now(loop_);
  check_health();
}

void IngressSource::well(const std::string& name) {
  questions_failing_.erase(name);
  if (auto* one = find_mirror(name)) {
    const bool was_cut_off = one->trouble && one->status == 0;
    one->trouble.reset();
    if (was_cut_off) {
      // The server is back: nobody has to wait for a back-off to end.
      hurry_all();
      if (!epoch_.empty()) identify();
    }
  }
  check_health();
}

void IngressSource::hurry_all() {
  for_each_mirror([](Mirror& one) { one.reflector->hurry(); });
}

// Tells the gateway when the view of the cluster has been lost for long, and when it is back.
void IngressSource::check_health() {
  const Error* worst = nullptr;
  const auto look = [&](const Error& error) {
    if (!worst) worst = &error;
  };
  for (const auto& [name, error] : questions_failing_) look(error);
  for_each_mirror([&](Mirror& one) {
    if (one.trouble && !(one.optional && one.denied())) look(*one.trouble);
  });
  if (!worst) {
    unreachable_since_.reset();
    if (std::exchange(degraded_, std::nullopt)) {
      say(LogLevel::Info, "IngressSourceRecovered", "the API server answers again");
      stale_ = true;
      schedule();
    }
    return;
  }
  if (degraded_ == worst->code) return;
  const auto lost = milliseconds(uv_now(loop_) - unreachable_since_.value_or(uv_now(loop_)));
  // Before the first publication nothing is served yet that could be stale: it is told at once.
  if (published_ && lost < timing_.degrade_after) return;
  degraded_ = worst->code;
  say(LogLevel::Warn, "IngressSourceDegraded", worst->message, {{"where", worst->where}});
  context_.sink->degraded(*worst);
}

// --- publishing

void IngressSource::schedule() {
  if (stopped_ || turn_->active()) return;
  turn_->start(milliseconds(0), [this] { settle(); });
}

void IngressSource::settle() {
  const auto at = mirrors_.find("ingresses");
  if (!at->second.reflector->listed()) return;
  follow_secrets();
  tell_changes();
  if (!published_ && !synced()) return;
  if (published_ && waits_for_secret()) return;
  publish();
}

bool IngressSource::synced() {
  if (epoch_.empty()) return false;
  const bool addresses = options_.translation.endpoints == IngressTranslation::Endpoints::Addresses;
  if (addresses && !mirrors_.contains("endpoints")) return false;
  bool all = true;
  for_each_mirror([&](Mirror& one) { all = all && one.settled(); });
  return all;
}

// A Secret that an Ingress has just begun to name is on its way: publishing without it would serve the
// default certificate in between. It is not waited for for long.
bool IngressSource::waits_for_secret() {
  const auto now = uv_now(loop_);
  const auto patience = static_cast<std::uint64_t>(timing_.secret_patience.count());
  std::optional<std::uint64_t> until;
  for (const auto& [key, one] : secrets_) {
    if (!one.settled() && now - one.began < patience) until = std::max(until.value_or(0), one.began + patience);
  }
  if (!until) return false;
  secret_wait_->start(milliseconds(*until - now + 1), [this] { schedule(); });
  return true;
}

void IngressSource::publish() {
  for_each_mirror([&](Mirror& one) {
    const auto& version = one.reflector->resource_version();
    if (newer(version, version_)) version_ = version;
  });
  SourceSnapshot snapshot = translator_->snapshot();
  const auto same_error = [](const Error& a, const Error& b) { return a.where == b.where && a.message == b.message; };
  const bool unchanged =
      published_ && !stale_ && snapshot.apis.same(last_.apis) && snapshot.backends.same(last_.backends) &&
      snapshot.certificates.same(last_.certificates) && snapshot.hostnames.same(last_.hostnames) &&
      std::equal(snapshot.rejected.begin(), snapshot.rejected.end(), last_.rejected.begin(), last_.rejected.end(), same_error);
  if (unchanged && last_.epoch == epoch_) return;
  snapshot.epoch = epoch_;
  // Several states may share a version of the server: a Secret that was read later, an Ingress gone stale.
  snapshot.revision = version_ + '.' + std::to_string(++publications_);
  last_ = snapshot;
  stale_ = false;
  published_ = true;
  context_.sink->publish(std::move(snapshot));
}

void IngressSource::tell_changes() {
  using What = IngressTranslator::Change::What;
  auto changes = translator_->take_changes();
  const auto added = std::count_if(changes.begin(), changes.end(), [](const auto& c) { return c.what == What::Added; });
  if (added > 0 && !published_) {
    say(LogLevel::Info, "MatchingIngressFound", "Ingress objects of this gateway's class were found",
        {{"namespace", name_space_},
         {"count", std::to_string(added)},
         {"resourceVersion", mirrors_.at("ingresses").reflector->resource_version()}});
  }
  for (auto& change : changes) {
    const std::string_view event = change.what == What::Added     ? "IngressAdded"
                                   : change.what == What::Updated ? "IngressUpdated"
                                                                  : "IngressDeleted";
    say(LogLevel::Info, event, change.name_space + '/' + change.name,
        {{"namespace", change.name_space},
         {"name", change.name},
         {"ingress.class", std::move(change.class_name)},
         {"resourceVersion", std::move(change.revision)}});
  }
}

}  // namespace

std::unique_ptr<ConfigSource> make_ingress_source(IngressSourceOptions options, IngressTiming timing) {
  return std::make_unique<IngressSource>(std::move(options), timing);
}

Result<std::unique_ptr<ConfigSource>> make_ingress_source(IngressSourceOptions options) {
  const auto refuse = [](std::string message, std::string where) {
    return Error{ErrorCode::InvalidArgument, kOrigin, std::move(message), std::move(where)};
  };
  if (options.kubeconfig.empty() && options.service_host.empty()) {
    return refuse("not in a cluster: a kubeconfig, or the address of the API server, must be given", "Ingress source");
  }
  if (options.translation.controller.empty()) return refuse("must not be empty", "Ingress controller name");
  if (options.max_response_bytes < (1u << 20)) return refuse("must be 1 MiB or more", "Ingress response limit");
  return make_ingress_source(std::move(options), IngressTiming());
}

}  // namespace gateway
