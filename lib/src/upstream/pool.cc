#include "upstream/pool.h"

#include <algorithm>

namespace gateway {

Pools::Pools(WorkerContext& context) : context_(context), resolver_(context) {}

Pools::~Pools() { close_all(); }

void Pools::close_all() {
  while (!clients_.empty()) clients_.back()->cancel();
}

Pools::InUse& Pools::in_use(const std::shared_ptr<const CompiledBackend>& backend) {
  const auto known = backends_.find(backend.get());
  if (known != backends_.end()) {
    if (!known->second.backend.owner_before(backend) &&
        !backend.owner_before(known->second.backend)) {
      return known->second;
    }
    forget(known->second);  // another backend that lay at the same address
    backends_.erase(known);
  }
  InUse& fresh = backends_[backend.get()];
  fresh.backend = backend;
  for (const CompiledEndpoint& endpoint : backend->endpoints) {
    auto& pool = pools_[endpoint.pool_key];
    if (!pool) {
      pool = std::make_unique<Pool>();
      pool->key = endpoint.pool_key;
    }
    ++pool->users;
    fresh.pools.push_back(pool.get());
  }
  return fresh;
}

ClientStream* Pools::acquire(const std::shared_ptr<const CompiledBackend>& backend, bool fresh,
                             ClientStreamEvents& events, const CompiledEndpoint*& endpoint) {
  InUse& use = in_use(backend);
  const std::size_t last =
      endpoint ? static_cast<std::size_t>(endpoint - backend->endpoints.data()) : use.next++;
  const std::size_t turn = (endpoint ? last + 1 : last) % use.pools.size();
  endpoint = &backend->endpoints[turn];
  Pool& pool = *use.pools[turn];
  ++pool.active;
  context_.metrics.upstream_connections_active.add();
  if (!fresh && !pool.idle.empty()) {
    Http1Client* client = pool.idle.back();
    pool.idle.pop_back();
    context_.metrics.upstream_connections_idle.sub();
    context_.metrics.upstream_reused.add();
    client->lend(events);
    return client;
  }
  auto owner = std::make_unique<Http1Client>(*this, pool, context_);
  Http1Client* client = owner.get();
  client->index = clients_.size();
  clients_.push_back(std::move(owner));
  client->connect(*backend, *endpoint, events);
  return client;
}

void Pools::put_back(Http1Client& client) noexcept {
  Pool& pool = client.pool();
  if (pool.users == 0 || pool.idle.size() >= context_.options.limits.pool_idle_per_endpoint) {
    client.cancel();
    return;
  }
  --pool.active;
  context_.metrics.upstream_connections_active.sub();
  context_.metrics.upstream_connections_idle.add();
  pool.idle.push_back(&client);
}

void Pools::remove(Http1Client& client) noexcept {
  Pool& pool = client.pool();
  const auto idle = std::find(pool.idle.begin(), pool.idle.end(), &client);
  if (idle != pool.idle.end()) {
    pool.idle.erase(idle);
    context_.metrics.upstream_connections_idle.sub();
  } else {
    --pool.active;
    context_.metrics.upstream_connections_active.sub();
  }
  const std::size_t at = client.index;
  dead_.push_back(std::move(clients_[at]));
  if (at + 1 != clients_.size()) {
    clients_[at] = std::move(clients_.back());
    clients_[at]->index = at;
  }
  clients_.pop_back();
}

void Pools::close_idle() {
  for (auto& [key, pool] : pools_) {
    while (!pool->idle.empty()) pool->idle.back()->cancel();
  }
}

void Pools::forget(InUse& use) noexcept {
  for (Pool* pool : use.pools) --pool->users;
}

void Pools::prune() {
  for (auto at = backends_.begin(); at != backends_.end();) {
    if (!at->second.backend.expired()) {
      ++at;
      continue;
    }
    forget(at->second);
    at = backends_.erase(at);
  }
  for (auto at = pools_.begin(); at != pools_.end();) {
    Pool& pool = *at->second;
    if (pool.users == 0) {
      while (!pool.idle.empty()) pool.idle.back()->cancel();
    }
    const bool gone = pool.users == 0 && pool.active == 0;
    // The dead still name their pool until they are buried.
    at = gone && dead_.empty() ? pools_.erase(at) : std::next(at);
  }
}

}  // namespace gateway
