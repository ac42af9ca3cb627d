#include "policy/hub.h"

#include "policy/calls.h"
#include "policy/context.h"
#include "policy/dynamic_backends.h"
#include "policy/jwt/openid.h"
#include "policy/mailbox.h"
#include "policy/reporter.h"
#include "policy/state/concurrency.h"
#include "policy/state/memory_cache.h"
#include "policy/state/memory_counters.h"
#include "policy/state/redis.h"
#include "policy/state/redis_cache.h"
#include "policy/state/redis_counters.h"
#include "policy/tokens.h"

namespace gateway::policy {

std::shared_ptr<const expression::Catalog> make_catalog() {
  auto catalog = expression::Catalog::standard();
  declare_context(*catalog);
  catalog->finish();
  return catalog;
}

namespace {

// What a Hub without an observer tells.
class Silent final : public Observer {};

class HubImpl final : public Hub {
 public:
  HubImpl(Options options, std::optional<RedisSettings> redis, std::shared_ptr<TlsClient> redis_tls)
      : options_(std::move(options)),
        redis_(std::move(redis)),
        redis_tls_(std::move(redis_tls)),
        reporter_(options_.observer ? *options_.observer : silent_, options_.gateway->environment),
        counters_(options_.gateway->environment),
        cache_(options_.gateway->environment, options_.gateway->policies.cache_bytes) {
    const PolicyOptions& said = options_.gateway->policies;
    deployment_.gateway_id = said.gateway_id;
    deployment_.instance_id = said.instance_id;
    deployment_.region = said.region;
    deployment_.service_id = said.service_id;
    deployment_.service_name = said.service_name;
    identity_.token_file = said.federated_token_file;
    identity_.client_id = said.client_id;
    identity_.tenant_id = said.tenant_id;
    identity_.authority_host = said.authority;
  }

  std::unique_ptr<WorkerServices> open(WorkerContext& worker, Pools& pools) override;
  const DeploymentFacts& deployment() const noexcept override { return deployment_; }
  TraceStore& traces() noexcept override { return traces_; }
  void write_metrics(std::string& out) const override { reporter_.write_metrics(out); }

 private:
  friend class WorkerServicesImpl;
  Options options_;
  std::optional<RedisSettings> redis_;
  std::shared_ptr<TlsClient> redis_tls_;
  Silent silent_;
  ObserverReporter reporter_;
  MemoryCounters counters_;
  MemoryCache cache_;
  ProcessConcurrency concurrency_;
  DeploymentFacts deployment_;
  TraceStore traces_;
  IdentitySettings identity_;
  std::shared_ptr<void> openid_ = make_openid_store();
  std::shared_ptr<void> tokens_ = make_token_store();
};

class WorkerServicesImpl final : public Hub::WorkerServices {
 public:
  WorkerServicesImpl(HubImpl& hub, WorkerContext& worker, Pools& pools)
      : services_{worker, *hub.options_.catalog, hub.options_.gateway->environment, hub.deployment_, {}},
        backends_(make_dynamic_backends()),
        calls_(make_http_calls(worker, pools, &hub.reporter_)) {
    services_.limits.body = hub.options_.gateway->policies.body_bytes;
    services_.calls = calls_.get();
    services_.counters = services_.local_counters = &hub.counters_;
    services_.cache = services_.internal_cache = &hub.cache_;
    services_.concurrency = &hub.concurrency_;
    services_.backends = backends_.get();
    services_.reporter = &hub.reporter_;
    services_.openid = hub.openid_;
    services_.tokens = hub.tokens_;
    services_.identity = &hub.identity_;
    services_.mailbox = std::make_shared<Mailbox>(worker.loop);
    if (!hub.redis_) return;
    redis_ = std::make_unique<Redis>(worker, *hub.redis_, hub.redis_tls_,
                                     hub.options_.gateway->environment.entropy, &hub.reporter_);
    counters_ = std::make_unique<RedisCounters>(*redis_, hub.counters_, &hub.reporter_);
    cache_ = std::make_unique<RedisCache>(*redis_, hub.options_.gateway->environment, &hub.reporter_);
    services_.counters = counters_.get();
    services_.cache = cache_.get();
  }

  Services& services() noexcept override { return services_; }
  ~WorkerServicesImpl() override { services_.mailbox->close(); }
  void close() noexcept override {
    services_.mailbox->close();
    calls_.reset();
    services_.calls = nullptr;
    services_.counters = services_.local_counters;
    services_.cache = services_.internal_cache;
    counters_.reset();
    cache_.reset();
    redis_.reset();
  }

 private:
  Services services_;
  std::unique_ptr<DynamicBackends> backends_;
  std::unique_ptr<HttpCalls> calls_;
  std::unique_ptr<Redis> redis_;
  std::unique_ptr<Counters> counters_;
  std::unique_ptr<Cache> cache_;
};

std::unique_ptr<Hub::WorkerServices> HubImpl::open(WorkerContext& worker, Pools& pools) {
  return std::make_unique<WorkerServicesImpl>(*this, worker, pools);
}

}  // namespace

Result<std::shared_ptr<Hub>> Hub::create(Options options) {
  std::optional<RedisSettings> redis;
  std::shared_ptr<TlsClient> tls;
  if (const std::string& said = options.gateway->policies.redis; !said.empty()) {
    auto settings = parse_redis_settings(said);
    if (!settings) return std::move(settings).error();
    auto client = redis_tls_client(*settings);
    if (!client) return std::move(client).error();
    redis = std::move(settings).value();
    tls = std::move(client).value();
  }
  return std::shared_ptr<Hub>(
      std::make_shared<HubImpl>(std::move(options), std::move(redis), std::move(tls)));
}

}  // namespace gateway::policy
