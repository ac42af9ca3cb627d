#include "proxy/worker.h"

#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "proxy/http1_server.h"
#include "proxy/worker_state.h"

namespace gateway {
namespace {

constexpr std::uint64_t kWarningNs =
    1'000'000'000;  // between two warnings about descriptors that have run out

std::uint16_t local_port(const uv_tcp_t& tcp) noexcept {
  sockaddr_storage own{};
  int size = sizeof own;
  uv_tcp_getsockname(&tcp, reinterpret_cast<sockaddr*>(&own), &size);
  return ntohs(own.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(own).sin_port
                                        : reinterpret_cast<sockaddr_in6&>(own).sin6_port);
}

class WorkerImpl final : public Worker {
 public:
  static Result<std::unique_ptr<Worker>> create(WorkerOptions options, VersionPtr version);
  ~WorkerImpl() override {
    stop();
    if (initialised_) {
      if (!ran_) close_all();
      uv_loop_close(&loop_);
    }
  }

  void start() override {
    ran_ = true;
    thread_ = std::thread([this] { run(); });
  }
  void adopt(VersionPtr version) noexcept override {
    state_->offer(std::move(version));
    uv_async_send(&wake_);
  }
  void drain(std::function<void()> drained) noexcept override {
    const std::lock_guard lock(mutex_);
    drained_ = std::move(drained);
    drain_asked_ = true;
    uv_async_send(&wake_);
  }
  void stop() noexcept override {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stop_asked_ = true;
      uv_async_send(&wake_);
    }
    thread_.join();
  }
  const WorkerMetrics& metrics() const noexcept override { return state_->context.metrics; }
  std::uint64_t version() const noexcept override { return state_->offered_number(); }

 private:
  struct Listener {
    WorkerImpl* worker = nullptr;
    uv_tcp_t tcp{};
    bool tls = false;
    bool open = false;
  };

  WorkerImpl() = default;
  int open_listener(const WorkerListener& socket);

  void run() {
    // The host's signals are for the host's threads; and a peer that closed must not end the
    // process by SIGPIPE, for which libuv writes without MSG_NOSIGNAL.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    // Connections that were closed last are freed by their close callbacks, which have run.
    state_->dead.clear();
    state_->pools.bury();
  }

  void on_wake() noexcept {
    bool drain_now = false, stop_now = false;
    {
      const std::lock_guard lock(mutex_);
      drain_now = std::exchange(drain_asked_, false);
      stop_now = stop_asked_;
    }
    state_->adopt_offered();
    if (drain_now) begin_drain();
    if (stop_now) close_all();
  }

  void on_tick() noexcept {
    state_->context.timers.advance(state_->context.now());
    state_->dead.clear();
    state_->dead_runs.clear();
    state_->pools.bury();
    if (++ticks_ % kTicksPerPrune == 0) state_->pools.prune();
    if (state_->options.access_log && ticks_ % 2 == 0) state_->options.access_log->flush();
    finish_drain();
  }

  void accept(Listener& listener) noexcept {
    WorkerMetrics& metrics = state_->context.metrics;
    auto server = std::make_unique<Http1Server>(*state_);
    Http1Server& accepted = *server;
    accepted.index = state_->servers.size();
    const std::uint64_t open =
        state_->options.connections->fetch_add(1, std::memory_order_relaxed) + 1;
    state_->servers.push_back(std::move(server));
    metrics.connections_active.add();
    if (!accepted.accept(reinterpret_cast<uv_stream_t*>(&listener.tcp), listener.tls)) {
      accepted.stop();
      return;
    }
    metrics.connections_accepted.add();
    if (open > state_->options.gateway->limits.connections) {
      metrics.connections_refused.add();
      accepted.stop();
    }
  }

  void on_connection(Listener& listener, int status) noexcept {
    if (status == 0) {
      accept(listener);
      return;
    }
    if (status != UV_EMFILE && status != UV_ENFILE) return;
    // libuv tries again as soon as this returns.
    state_->pools.close_idle();
    const std::uint64_t now = uv_hrtime();
    if (now < next_warning_ns_) return;
    next_warning_ns_ = now + kWarningNs;
    log(*state_->options.observer, LogLevel::Warn, "AcceptFailed", "worker",
        std::string("a connection cannot be accepted: ") + uv_strerror(status));
  }

  void begin_drain() noexcept {
    if (std::exchange(state_->draining, true)) return;
    for (auto& listener : listeners_) empty_queue(*listener);
    close_listeners();
    // drain() may end a connection, which takes it out of the list.
    const std::size_t count = state_->servers.size();
    std::vector<Http1Server*> all;
    all.reserve(count);
    for (const auto& server : state_->servers) all.push_back(server.get());
    for (Http1Server* server : all) server->drain();
    state_->pools.close_idle();
    finish_drain();
  }

  // Connections that the kernel has completed and nobody has accepted yet would be reset by a
  // close.
  void empty_queue(Listener& listener) noexcept {
    if (!listener.open) return;
    uv_os_fd_t fd = -1;
    uv_fileno(reinterpret_cast<const uv_handle_t*>(&listener.tcp), &fd);
    for (;;) {
      const int client = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) return;
      auto server = std::make_unique<Http1Server>(*state_);
      Http1Server& accepted = *server;
      accepted.index = state_->servers.size();
      state_->options.connections->fetch_add(1, std::memory_order_relaxed);
      state_->context.metrics.connections_active.add();
      state_->context.metrics.connections_accepted.add();
      state_->servers.push_back(std::move(server));
      if (!accepted.open(client, listener.tls)) accepted.stop();
    }
  }

  void finish_drain() noexcept {
    if (!state_->draining || !state_->servers.empty()) return;
    std::function<void()> drained;
    {
      const std::lock_guard lock(mutex_);
      drained = std::exchange(drained_, nullptr);
    }
    if (drained) drained();
  }

  void close_listeners() noexcept {
    for (auto& listener : listeners_) {
      if (!std::exchange(listener->open, false)) continue;
      uv_close(reinterpret_cast<uv_handle_t*>(&listener->tcp), nullptr);
    }
  }

  // Leaves nothing active, so that the loop ends.
  void close_all() noexcept {
    if (std::exchange(closed_, true)) return;
    close_listeners();
    while (!state_->servers.empty()) state_->servers.back()->stop();
    if (state_->policies) state_->policies->close();
    state_->pools.close_all();
    if (state_->options.access_log) state_->options.access_log->flush();
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
    if (!ran_) uv_run(&loop_, UV_RUN_DEFAULT);
  }

  static constexpr std::uint64_t kTicksPerPrune = 1000 / TimerWheel::kResolution;

  uv_loop_t loop_{};
  uv_async_t wake_{};
  uv_timer_t tick_{};
  bool initialised_ = false;
  bool ran_ = false;
  bool closed_ = false;
  std::uint64_t ticks_ = 0;
  std::uint64_t next_warning_ns_ = 0;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::unique_ptr<WorkerState> state_;
  std::thread thread_;
  std::mutex mutex_;  // guards what other threads leave:
  std::function<void()> drained_;
  bool drain_asked_ = false;
  bool stop_asked_ = false;
};

// Takes the descriptor, whatever comes of it.
int WorkerImpl::open_listener(const WorkerListener& socket) {
  listeners_.push_back(std::make_unique<Listener>());
  Listener& listener = *listeners_.back();
  listener.worker = this;
  listener.tls = socket.tls;
  listener.tcp.data = &listener;
  uv_tcp_init(&loop_, &listener.tcp);
  listener.open = true;
  if (const int status = uv_tcp_open(&listener.tcp, socket.fd); status != 0) {
    ::close(socket.fd);
    return status;
  }
  if (socket.tls && state_->https_port == 0) state_->https_port = local_port(listener.tcp);
  return uv_listen(reinterpret_cast<uv_stream_t*>(&listener.tcp), 4096,
                   [](uv_stream_t* stream, int status) {
                     auto* from = static_cast<Listener*>(stream->data);
                     from->worker->on_connection(*from, status);
                   });
}

Result<std::unique_ptr<Worker>> WorkerImpl::create(WorkerOptions options, VersionPtr version) {
  std::unique_ptr<WorkerImpl> worker(new WorkerImpl);
  int status = uv_loop_init(&worker->loop_);
  const bool has_loop = status == 0;
  if (has_loop) {
    worker->wake_.data = worker->tick_.data = worker.get();
    status = uv_async_init(&worker->loop_, &worker->wake_, [](uv_async_t* wake) {
      static_cast<WorkerImpl*>(wake->data)->on_wake();
    });
  }
  if (status != 0) {
    if (has_loop) uv_loop_close(&worker->loop_);
    for (const WorkerListener& socket : options.listeners) ::close(socket.fd);
    return Error{ErrorCode::Unavailable, "worker", uv_strerror(status), "loop"};
  }
  worker->initialised_ = true;
  uv_timer_init(&worker->loop_, &worker->tick_);
  uv_timer_start(
      &worker->tick_, [](uv_timer_t* tick) { static_cast<WorkerImpl*>(tick->data)->on_tick(); },
      TimerWheel::kResolution, TimerWheel::kResolution);
  const std::vector<WorkerListener> sockets = options.listeners;
  const std::shared_ptr<TicketKeys> keys = options.ticket_keys;
  worker->state_ =
      std::make_unique<WorkerState>(&worker->loop_, std::move(options), std::move(version));
  for (const WorkerListener& socket : sockets) {
    if (const int opened = worker->open_listener(socket); opened != 0) status = opened;
  }
  if (status != 0) return Error{ErrorCode::Unavailable, "worker", uv_strerror(status), "listener"};
  const std::string alpn[] = {"http/1.1"};
  auto tls = TlsServer::create(keys, alpn);
  if (!tls) return std::move(tls).error();
  worker->state_->tls = std::move(tls).value();
  return std::unique_ptr<Worker>(std::move(worker));
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create(WorkerOptions options, VersionPtr version) {
  return WorkerImpl::create(std::move(options), std::move(version));
}

}  // namespace gateway
