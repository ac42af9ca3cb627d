#include <gateway/gateway.h>

#include <unistd.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "base/log.h"
#include "observe/access_log.h"
#include "policy/custom.h"
#include "proxy/worker.h"
#include "registry/registry.h"
#include "runtime/admin.h"
#include "runtime/control_server.h"
#include "runtime/control_thread.h"
#include "runtime/metrics_text.h"
#include "runtime/monitor.h"
#include "runtime/options_check.h"
#include "tls/tls_session.h"
#include "tls/tls_table.h"

namespace gateway {
namespace {

constexpr const char* kDefaultCertificateName = "gateway.invalid";

std::string make_boot_id(const Entropy& entropy) {
  std::array<std::byte, 8> bytes{};
  entropy.fill(bytes);
  std::string id;
  for (std::byte byte : bytes) {
    id += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> 4];
    id += "0123456789abcdef"[std::to_integer<unsigned>(byte) & 15];
  }
  return id;
}

class GatewayImpl final : public Gateway {
 public:
  explicit GatewayImpl(GatewayOptions options) : options_(std::move(options)) {
    const Environment system = Environment::system();
    if (!options_.environment.clock) options_.environment.clock = system.clock;
    if (!options_.environment.entropy) options_.environment.entropy = system.entropy;
  }

  // What exists before start(): the registry with version 0, and the control loop without its thread.
  Result<void> prepare();

  ~GatewayImpl() override { stop(); }

  Result<void> add_source(SourceOptions options, std::unique_ptr<ConfigSource> source) override {
    if (state() != GatewayState::Created) {
      return Error{ErrorCode::InvalidArgument, "gateway", "sources are added before start()", options.name};
    }
    if (options.name.empty()) {
      return Error{ErrorCode::InvalidArgument, "gateway", "a source needs a name", "SourceOptions::name"};
    }
    for (const auto& entry : sources_) {
      if (entry.options.name == options.name) {
        return Error{ErrorCode::AlreadyExists, "gateway", "two sources have this name", options.name};
      }
    }
    if (options.kind.empty()) options.kind = options.name;
    auto sink = registry_->add_source(options);
    sources_.push_back({std::move(options), std::move(source), std::move(sink)});
    return {};
  }

  Result<void> add_policy(std::shared_ptr<PolicyFactory> factory) override {
    if (state() != GatewayState::Created)
      return Error{ErrorCode::InvalidArgument, "gateway", "policies are added before start()", "add_policy"};
    auto kind = policy::custom_kind(std::move(factory));
    if (!kind) return std::move(kind).error();
    for (const policy::PolicyKind& known : *custom_policies_) {
      if (known.name == kind->name)
        return Error{ErrorCode::AlreadyExists, "gateway", "two policies have this name", std::string(kind->name)};
    }
    custom_policies_->push_back(std::move(kind).value());
    return {};
  }

  void add_observer(std::shared_ptr<Observer> observer) override {
    if (state() == GatewayState::Created) logger_.add(std::move(observer));
  }

  Result<void> start() override;
  Result<void> wait_ready() override;
  bool drain() override;

  GatewayState state() const noexcept override { return state_.load(std::memory_order_acquire); }
  const RoutesView& routes() const noexcept override { return *registry_; }
  std::uint16_t port(std::size_t listener) const noexcept override {
    return listener < ports_.size() ? ports_[listener] : 0;
  }
  std::uint16_t admin_port() const noexcept override { return admin_ ? admin_->port() : 0; }
  std::uint16_t monitor_port() const noexcept override { return monitor_ ? monitor_->port() : 0; }
  std::string metrics() const override;

 private:
  struct SourceEntry {
    SourceOptions options;
    std::unique_ptr<ConfigSource> source;
    std::shared_ptr<SnapshotSink> sink;
    bool started = false;
  };

  Result<void> open();
  Result<std::shared_ptr<const TlsBinding>> default_binding() const;
  Result<void> make_registry();
  Result<void> make_workers();
  Result<void> start_control_endpoints();
  Result<void> start_sources();
  void on_published(const VersionPtr& version);
  void become_ready(bool partial);
  void stop() noexcept;
  void stop_sources() noexcept;

  GatewayOptions options_;
  Logger logger_;
  std::vector<SourceEntry> sources_;
  // Complete before a source starts.
  const std::shared_ptr<std::vector<policy::PolicyKind>> custom_policies_ =
      std::make_shared<std::vector<policy::PolicyKind>>();
  std::atomic<GatewayState> state_{GatewayState::Created};
  std::atomic<std::uint64_t> connections_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool gave_up_ = false;  // guarded by mutex_: start_timeout passed

  // In the order of their making; stop() goes backwards.
  std::unique_ptr<ControlThread> control_;
  std::unique_ptr<Registry> registry_;
  std::shared_ptr<const expression::Catalog> catalog_;
  std::shared_ptr<policy::Hub> policies_;
  std::shared_ptr<TicketKeys> ticket_keys_;
  std::unique_ptr<AccessLogWriter> access_log_;
  ForbiddenAddresses forbidden_;  // to the workers; complete before they start
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::uint16_t> ports_;
  std::unique_ptr<ControlServer> admin_;
  std::unique_ptr<ControlServer> monitor_;
};

Result<std::shared_ptr<const TlsBinding>> GatewayImpl::default_binding() const {
  auto identity = options_.default_chain_pem.empty()
                      ? generate_tls_identity(kDefaultCertificateName)
                      : make_tls_identity(options_.default_chain_pem, options_.default_key_pem,
                                          "default certificate");
  if (!identity) return std::move(identity).error();
  TlsBinding binding;
  binding.identity = *identity;
  return std::make_shared<const TlsBinding>(std::move(binding));
}

Result<void> GatewayImpl::make_registry() {
  auto binding = default_binding();
  if (!binding) return std::move(binding).error();
  RegistryOptions registry;
  registry.conflict = options_.conflict;
  registry.state_folder = options_.state_folder;
  registry.redirect_to_https = options_.redirect_to_https;
  registry.allow_encoded_slash = options_.allow_encoded_slash;
  registry.default_binding = *binding;
  catalog_ = policy::make_catalog();
  registry.policies.catalog = catalog_;
  registry.policies.more_kinds = custom_policies_;
  registry.policies.refuse_not_offered = options_.policies.refuse_not_offered;
  registry.routes_source = options_.policies.routes_source;
  registry.boot_id = make_boot_id(*options_.environment.entropy);
  registry.environment = options_.environment;
  registry.observer = &logger_;
  RegistryEvents events;
  events.published = [this](const VersionPtr& version) { on_published(version); };
  events.report = [this](const std::string& name, PublishReport report) {
    control_->post([this, name, report = std::move(report)] {
      for (const auto& entry : sources_) {
        if (entry.started && entry.options.name == name) entry.source->on_published(report);
      }
    });
  };
  events.synced = [this] { control_->post([this] { become_ready(false); }); };
  auto made = Registry::create(std::move(registry), std::move(events));
  if (!made) return std::move(made).error();
  registry_ = std::move(made).value();
  return {};
}

Result<void> GatewayImpl::make_workers() {
  std::vector<BoundListener> bound;
  const auto close_all = [&bound] {
    for (const auto& listener : bound) {
      for (int fd : listener.fds) {
        if (fd >= 0) ::close(fd);
      }
    }
  };
  for (const auto& listener : options_.listeners) {
    auto result = bind_listener(listener, options_.workers);
    if (!result) {
      close_all();
      return std::move(result).error();
    }
    bound.push_back(std::move(result).value());
    ports_.push_back(bound.back().port);
  }
  ticket_keys_ = TicketKeys::create(options_.environment);
  policy::Hub::Options hub;
  hub.gateway = &options_;
  hub.catalog = catalog_;
  hub.observer = &logger_;
  auto made_hub = policy::Hub::create(std::move(hub));
  if (!made_hub) {
    close_all();
    return std::move(made_hub).error();
  }
  policies_ = std::move(made_hub).value();
  if (options_.access_log) access_log_ = AccessLogWriter::start(logger_);
  for (unsigned i = 0; i < options_.workers; ++i) {
    WorkerOptions worker;
    worker.index = i;
    worker.gateway = &options_;
    worker.forbidden = &forbidden_;
    for (std::size_t l = 0; l < bound.size(); ++l) {
      worker.listeners.push_back({std::exchange(bound[l].fds[i], -1), options_.listeners[l].tls});
    }
    worker.ticket_keys = ticket_keys_;
    worker.policies = policies_;
    worker.state = &state_;
    worker.connections = &connections_;
    if (access_log_) worker.access_log = access_log_->open();
    worker.observer = &logger_;
    worker.release = [this](VersionPtr version) {
      control_->post([version = std::move(version)]() mutable { version.reset(); });
    };
    auto made = Worker::create(std::move(worker), registry_->current());
    if (!made) {
      close_all();
      return std::move(made).error();
    }
    workers_.push_back(std::move(made).value());
  }
  return {};
}

Result<void> GatewayImpl::start_control_endpoints() {
  Result<void> result;
  control_->run([&] {
    if (options_.admin.enabled) {
      auto server = ControlServer::create(control_->native_loop(), options_.admin.address, options_.admin.port,
                                          admin_handler(*registry_, [this](std::string_view id) { return policies_->traces().find(id); }),
                                          ControlServer::Guard::LocalOnly);
      if (!server) {
        result = std::move(server).error();
        return;
      }
      admin_ = std::move(server).value();
      forbidden_.add_listener(options_.admin.address, admin_->port());
    }
    if (options_.monitor.enabled) {
      auto server = ControlServer::create(
          control_->native_loop(), options_.monitor.address, options_.monitor.port,
          monitor_handler([this] { return state(); }, [this] { return metrics(); }, *registry_),
          ControlServer::Guard::None);
      if (!server) {
        result = std::move(server).error();
        return;
      }
      monitor_ = std::move(server).value();
    }
  });
  return result;
}

Result<void> GatewayImpl::start_sources() {
  Result<void> result;
  control_->run([&] {
    for (auto& entry : sources_) {
      SourceContext context;
      context.name = entry.options.name;
      context.sink = entry.sink;
      context.control = control_.get();
      context.environment = &options_.environment;
      context.observer = &logger_;
      auto started = entry.source->start(std::move(context));
      if (!started) {
        Error error = std::move(started).error();
        if (error.where.empty()) error.where = "source " + entry.options.name;
        result = std::move(error);
        return;
      }
      entry.started = true;
    }
  });
  return result;
}

Result<void> GatewayImpl::prepare() {
  auto control = ControlThread::create();
  if (!control) return std::move(control).error();
  control_ = std::move(control).value();
  return make_registry();
}

Result<void> GatewayImpl::open() {
  if (auto made = make_workers(); !made) return made;
  control_->start();
  if (auto made = start_control_endpoints(); !made) return made;
  for (auto& worker : workers_) worker->start();
  control_->every(TicketKeys::kRotationSeconds * 1000ULL, [this] { ticket_keys_->rotate(); });
  registry_->start();
  if (options_.start_timeout.count() > 0) {
    control_->after(static_cast<std::uint64_t>(options_.start_timeout.count()), [this] {
      if (state() != GatewayState::Starting) return;
      if (options_.start_serves_partial) {
        become_ready(true);
        return;
      }
      const std::lock_guard lock(mutex_);
      gave_up_ = true;
      changed_.notify_all();
    });
  }
  return start_sources();
}

Result<void> GatewayImpl::start() {
  if (state() != GatewayState::Created) {
    return Error{ErrorCode::InvalidArgument, "gateway", "start() is called once", {}};
  }
  state_.store(GatewayState::Starting, std::memory_order_release);
  auto opened = open();
  if (!opened) stop();
  return opened;
}

void GatewayImpl::on_published(const VersionPtr& version) {
  for (auto& worker : workers_) worker->adopt(version);
  control_->post([this, number = version->number] { logger_.published(number); });
}

void GatewayImpl::become_ready(bool partial) {
  GatewayState expected = GatewayState::Starting;
  if (!state_.compare_exchange_strong(expected, GatewayState::Ready, std::memory_order_acq_rel)) return;
  if (partial) {
    for (const auto& source : registry_->sources()) {
      if (source.state == SyncState::NotSynced) {
        log(logger_, LogLevel::Warn, "StartedPartially", "gateway",
            "serving without source " + source.name + ", which is not synced: its known routes answer 503");
      }
    }
  }
  log(logger_, LogLevel::Info, "GatewayReady", "gateway", "ready",
      {{"version", std::to_string(registry_->version().number)}});
  logger_.ready();
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

Result<void> GatewayImpl::wait_ready() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return state() != GatewayState::Starting || gave_up_; });
  switch (state()) {
    case GatewayState::Ready:
    case GatewayState::Draining:
      return {};
    case GatewayState::Starting: {
      std::string waiting;
      for (const auto& source : registry_->sources()) {
        if (source.state != SyncState::NotSynced) continue;
        waiting += (waiting.empty() ? "" : "; ") + source.name;
        if (source.degraded) waiting += " (" + source.degraded->to_string() + ")";
      }
      return Error{ErrorCode::Timeout, "gateway", "not synced within the start time-out: " + waiting, {}};
    }
    default:
      return Error{ErrorCode::Cancelled, "gateway", "the gateway was stopped", {}};
  }
}

bool GatewayImpl::drain() {
  const GatewayState before = state_.exchange(GatewayState::Draining, std::memory_order_acq_rel);
  if (before != GatewayState::Ready && before != GatewayState::Starting) {
    state_.store(before, std::memory_order_release);
    return before == GatewayState::Stopped;
  }
  std::unique_lock lock(mutex_);
  changed_.notify_all();
  // Load balancers see that readiness fails before the listeners close.
  changed_.wait_for(lock, options_.drain_delay, [this] { return state() == GatewayState::Stopped; });
  std::size_t left = workers_.size();
  for (auto& worker : workers_) {
    worker->drain([this, &left] {
      const std::lock_guard inner(mutex_);
      --left;
      changed_.notify_all();
    });
  }
  const bool clean = changed_.wait_for(lock, options_.drain_timeout, [&left] { return left == 0; });
  lock.unlock();
  stop();
  return clean;
}

void GatewayImpl::stop_sources() noexcept {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = 0;
  for (const auto& entry : sources_) running += entry.started ? 1 : 0;
  if (running == 0) return;
  control_->post([&] {
    for (auto& entry : sources_) {
      if (!entry.started) continue;
      entry.source->stop([&] {
        const std::lock_guard lock(mutex);
        --running;
        changed.notify_all();
      });
    }
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return running == 0; });
}

void GatewayImpl::stop() noexcept {
  const GatewayState before = state_.exchange(GatewayState::Stopped, std::memory_order_acq_rel);
  if (before == GatewayState::Stopped || !control_) return;
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  stop_sources();
  if (registry_) registry_->stop();
  for (auto& worker : workers_) worker->stop();
  control_->run([this] {
    for (auto& entry : sources_) entry.source.reset();
    admin_.reset();
    monitor_.reset();
  });
  control_->stop();
  access_log_.reset();
  workers_.clear();
}

std::string GatewayImpl::metrics() const {
  std::vector<const WorkerMetrics*> workers;
  for (const auto& worker : workers_) workers.push_back(&worker->metrics());
  std::string out;
  write_worker_metrics(workers, access_log_ ? access_log_->dropped() : 0, out);
  registry_->write_metrics(out);
  if (policies_) policies_->write_metrics(out);
  return out;
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::create(GatewayOptions options) {
  if (auto checked = check(options); !checked) return std::move(checked).error();
  auto gateway = std::make_unique<GatewayImpl>(std::move(options));
  if (auto prepared = gateway->prepare(); !prepared) return std::move(prepared).error();
  return std::unique_ptr<Gateway>(std::move(gateway));
}

}  // namespace gateway
