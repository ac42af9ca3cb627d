#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "observe/metrics.h"
#include "registry/core.h"
#include "registry/registry.h"

namespace gateway {
namespace {

// What a source left for the compile thread. The newest snapshot wins.
struct Mail {
  std::optional<SourceSnapshot> snapshot;
  std::optional<Error> degraded;
};

// Outlives the registry where a source keeps it.
struct Mailbox {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Mail> mail;          // by source
  std::vector<std::size_t> order;  // sources with mail, first come first
  std::uint64_t posted = 0;        // counts what came in
  std::uint64_t handled = 0;       // what of it is merged and published
  bool closed = false;

  void post(std::size_t source, auto&& fill) {
    const std::lock_guard lock(mutex);
    if (closed) return;
    Mail& box = mail[source];
    if (!box.snapshot && !box.degraded) order.push_back(source);
    fill(box);
    ++posted;
    changed.notify_all();
  }
};

class Sink final : public SnapshotSink {
 public:
  Sink(std::shared_ptr<Mailbox> mailbox, std::size_t source)
      : mailbox_(std::move(mailbox)), source_(source) {}
  void publish(SourceSnapshot snapshot) noexcept override {
    mailbox_->post(source_, [&](Mail& box) {
      box.snapshot = std::move(snapshot);
      box.degraded.reset();
    });
  }
  void degraded(Error error) noexcept override {
    mailbox_->post(source_, [&](Mail& box) { box.degraded = std::move(error); });
  }

 private:
  std::shared_ptr<Mailbox> mailbox_;
  std::size_t source_;
};

class RegistryImpl final : public Registry {
 public:
  RegistryImpl(RegistryOptions options, RegistryEvents events,
               std::shared_ptr<const ProtectedPaths> protected_paths,
               std::unique_ptr<Ledger> ledger)
      : options_(std::move(options)),
        events_(std::move(events)),
        ledger_(std::move(ledger)),
        core_(options_, protected_paths, *ledger_) {
    Version first;
    if (!protected_paths->rules().empty()) first.routes = RouteTable(std::move(protected_paths));
    first.boot_id = options_.boot_id;
    first.published_at_ms = options_.environment.clock->unix_ms();
    first.tls.set_default(options_.default_binding);
    merged_ = std::make_shared<const Version>(std::move(first));
    published_ = merged_;
  }
  ~RegistryImpl() override { stop(); }

  std::shared_ptr<SnapshotSink> add_source(const SourceOptions& options) override {
    const std::lock_guard lock(state_);
    const std::size_t index = core_.add_source(options);
    const std::lock_guard mail_lock(mailbox_->mutex);
    mailbox_->mail.resize(index + 1);
    return std::make_shared<Sink>(mailbox_, index);
  }

  void start() override {
    thread_ = std::thread([this] { run(); });
  }

  void stop() noexcept override {
    {
      const std::lock_guard lock(mailbox_->mutex);
      mailbox_->closed = true;
      mailbox_->changed.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  VersionPtr current() const override {
    const std::lock_guard lock(state_);
    return published_;
  }

  void flush() override {
    std::unique_lock lock(mailbox_->mutex);
    const std::uint64_t wanted = mailbox_->posted;
    mailbox_->changed.wait(lock, [&] { return mailbox_->handled >= wanted || mailbox_->closed; });
  }

  VersionStatus version() const override {
    const std::lock_guard lock(state_);
    VersionStatus status;
    status.boot_id = merged_->boot_id;
    status.number = merged_->number;
    status.published_at_ms = merged_->published_at_ms;
    status.routes = core_.route_count();
    status.tombstones = core_.tombstone_count();
    status.hostnames = core_.hostname_count();
    return status;
  }
  std::vector<SourceStatus> sources() const override {
    const std::lock_guard lock(state_);
    return core_.status();
  }
  std::string table_digest() const override { return hex(sha256(effective_json())); }
  std::string effective_json() const override {
    const std::lock_guard lock(state_);
    return core_.effective_json();
  }
  Explanation explain(const RouteQuery& query) const override {
    const std::lock_guard lock(state_);
    Explanation explanation = core_.explain(merged_->routes, query);
    explanation.version = merged_->number;
    return explanation;
  }
  void write_metrics(std::string& out) const override {
    const std::lock_guard lock(state_);
    write_family(out, "gateway_version", "The number of the Version in force.", "gauge");
    write_sample(out, "gateway_version", "", merged_->number);
    write_family(out, "gateway_versions_compile_seconds_total",
                 "Time spent from admission to publishing.", "counter");
    write_sample(out, "gateway_versions_compile_seconds_total", "",
                 static_cast<double>(compile_ns_) / 1e9);
    core_.write_metrics(out);
  }

 private:
  void run() {
    work({});  // what the ledger knows; and a gateway without sources is synced
    for (;;) {
      std::vector<std::pair<std::size_t, Mail>> batch;
      std::uint64_t upto = 0;
      {
        std::unique_lock lock(mailbox_->mutex);
        mailbox_->changed.wait(lock, [&] { return mailbox_->closed || !mailbox_->order.empty(); });
        if (mailbox_->closed) return;
        for (std::size_t source : std::exchange(mailbox_->order, {})) {
          batch.emplace_back(source, std::exchange(mailbox_->mail[source], {}));
        }
        upto = mailbox_->posted;
      }
      work(std::move(batch));
      const std::lock_guard lock(mailbox_->mutex);
      mailbox_->handled = upto;
      mailbox_->changed.notify_all();
    }
  }

  // One turn of the pipeline. Readers wait for a merge, never for the disk; what they see is what
  // is published as soon as the ledger has its records.
  void work(std::vector<std::pair<std::size_t, Mail>> batch) {
    const Clock& clock = *options_.environment.clock;
    const std::int64_t started = clock.steady_ns();
    const std::int64_t now = clock.unix_ms() / 1000;
    std::vector<std::pair<std::string, Error>> lost;
    {
      const std::lock_guard lock(state_);
      for (auto& [source, mail] : batch) {
        if (mail.snapshot) core_.admit(source, *mail.snapshot, now);
        if (mail.degraded) {
          lost.emplace_back(core_.source_name(source), *mail.degraded);
          core_.degrade(source, std::move(*mail.degraded));
        }
      }
      merge();
    }
    for (const auto& [name, error] : lost)
      log(*options_.observer, LogLevel::Warn, "SourceDegraded", error);
    if (auto durable = ledger_->commit(); !durable) {
      log(*options_.observer, LogLevel::Error, "LedgerLost", durable.error());
      const std::lock_guard lock(state_);
      core_.forget_observations();
      merge();
    }
    if (merged_ != published_) {
      {
        const std::lock_guard lock(state_);
        published_ = merged_;
        compile_ns_ += clock.steady_ns() - started;
      }
      events_.published(published_);
    }
    announce();
  }

  // Under state_.
  void merge() {
    auto next = std::make_shared<Version>(*merged_);
    core_.merge();
    bool changed = core_.compile(next->routes, next->tls, next->access);
    Core::RoutePolicies on_routes = core_.route_policies();
    const bool other_policies =
        on_routes.document != next->route_policies || on_routes.blocked != next->routes_blocked ||
        on_routes.fragments != next->route_fragments;
    changed = changed || (other_policies && core_.route_count() != 0);
    if (!changed) return;
    next->route_policies = std::move(on_routes.document);
    next->routes_blocked = std::move(on_routes.blocked);
    next->route_fragments = std::move(on_routes.fragments);
    ++next->number;
    next->published_at_ms = options_.environment.clock->unix_ms();
    merged_ = std::move(next);
  }

  void announce() {
    std::vector<Core::News> news;
    std::vector<Core::Warning> warnings;
    bool all_synced = false;
    {
      const std::lock_guard lock(state_);
      all_synced = core_.all_synced();
      news = core_.take_news();
      warnings = core_.take_warnings();
    }
    for (Core::Warning& warning : warnings) {
      log(*options_.observer, LogLevel::Warn, "CertificateReplaced", "registry",
          "hostname " + warning.host + ": " + warning.text, {{"host", warning.host}});
    }
    for (Core::News& item : news) {
      item.report.version = published_->number;
      const std::string& name = core_.source_name(item.source);
      for (const ApiReport& api : item.report.apis) {
        if (api.state == ApiState::Serving) continue;
        const char* event = api.state == ApiState::Shadowed ? "ApiShadowed"
                            : api.state == ApiState::Stale  ? "ApiStale"
                                                            : "ApiQuarantined";
        log(*options_.observer, LogLevel::Warn, event, "registry",
            api.id + "@" + name + ": " + api.reason, {{"api", api.id}, {"source", name}});
      }
      events_.report(name, std::move(item.report));
    }
    if (all_synced && !std::exchange(synced_, true)) events_.synced();
  }

  const RegistryOptions options_;
  const RegistryEvents events_;
  std::unique_ptr<Ledger> ledger_;  // compile thread, once start() was called
  mutable std::mutex
      state_;  // guards the following against readers; the compile thread alone writes them
  Core core_;
  VersionPtr merged_;  // what core_ stands for
  VersionPtr
      published_;  // what workers were given: the same, or the one before until the disk is done
  std::int64_t compile_ns_ = 0;
  bool synced_ = false;  // compile thread
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Registry>> Registry::create(RegistryOptions options, RegistryEvents events) {
  auto protected_paths = ProtectedPaths::compile(options.conflict.protected_paths);
  if (!protected_paths) return std::move(protected_paths).error();
  auto ledger = Ledger::open(options.state_folder);
  if (!ledger) return std::move(ledger).error();
  Observer& observer = *options.observer;
  if (!(*ledger)->notice().empty())
    log(observer, LogLevel::Warn, "LedgerDamaged", "registry", (*ledger)->notice());
  if (options.state_folder.empty() && options.conflict.rule == ConflictRule::LastWriteWins) {
    log(observer, LogLevel::Warn, "NoLedger", "registry",
        "no folder for the ledger (config.backup.path): only stamps that sources give decide "
        "conflicts");
  }
  return std::unique_ptr<Registry>(std::make_unique<RegistryImpl>(
      std::move(options), std::move(events), std::move(protected_paths).value(),
      std::move(ledger).value()));
}

}  // namespace gateway
