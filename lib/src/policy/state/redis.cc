#include "policy/state/redis.h"

#include <utility>
#include <vector>

#include "base/strings.h"

namespace gateway::policy {
namespace {

constexpr Backoff::Limits kAgain{std::chrono::milliseconds(100), std::chrono::milliseconds(5'000),
                                 std::chrono::milliseconds(120'000)};
constexpr std::size_t kMostWaiting = 64 * 1024;          // commands without a reply
constexpr std::size_t kMostUnsent = std::size_t{16} << 20;  // bytes that the server does not take

}  // namespace

Result<std::shared_ptr<TlsClient>> redis_tls_client(const RedisSettings& settings) {
  if (!settings.tls) return std::shared_ptr<TlsClient>();
  TlsClientOptions options;
  options.ca_pem = settings.ca_pem;
  options.verify = settings.verify;
  return TlsClient::create(options);
}

Redis::Redis(WorkerContext& context, const RedisSettings& settings, std::shared_ptr<TlsClient> tls,
             std::shared_ptr<const Entropy> entropy, Reporter* reporter)
    : context_(context),
      settings_(settings),
      tls_(std::move(tls)),
      reporter_(reporter),
      resolver_(context),
      backoff_(kAgain, std::move(entropy)),
      again_(context.loop) {
  again_.unref();
  connect();
}

Redis::~Redis() { context_.timers.cancel(*this); }

void Redis::warn(std::string_view what) noexcept {
  if (reporter_) reporter_->warn("Redis " + settings_.display() + ": " + std::string(what));
}

void Redis::connect() noexcept {
  reader_.reset();
  connect_deadline_ = context_.now() + settings_.connect_timeout_ms;
  set_deadline();
  transport_ = Transport::create(context_, *this);
  sockaddr_storage address{};
  if (parse_ip(settings_.host, address)) {
    on_resolved(&address);
  } else {
    resolver_.resolve(settings_.host, *this);
  }
}

void Redis::on_resolved(const sockaddr_storage* address) noexcept {
  if (!transport_) return;
  if (!address) {
    lose("its name does not resolve");
    return;
  }
  sockaddr_storage target = *address;
  if (target.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(target).sin_port = htons(settings_.port);
  } else {
    reinterpret_cast<sockaddr_in6&>(target).sin6_port = htons(settings_.port);
  }
  const auto* at = reinterpret_cast<const sockaddr*>(&target);
  if (context_.forbidden.contains(at)) {
    lose("its address is one that is never connected to");
    return;
  }
  std::unique_ptr<TlsSession> session;
  if (settings_.tls) {
    const std::string& name =
        settings_.tls_server_name.empty() ? settings_.host : settings_.tls_server_name;
    if (tls_) session = tls_->connect(name, transport_->cipher_sink());
    if (!session) {
      lose("TLS cannot be used");
      return;
    }
  }
  if (const int status = transport_->connect(at, std::move(session)); status != 0)
    lose(uv_strerror(status));
}

void Redis::on_open() noexcept { greet(); }

// Who we are and which database it is; then what waited.
void Redis::greet() {
  greetings_ = 0;
  if (!settings_.password.empty()) {
    std::vector<std::string_view> words{"AUTH"};
    if (!settings_.user.empty()) words.push_back(settings_.user);
    words.push_back(settings_.password);
    append_command(transport_->pending(), words);
    ++greetings_;
  }
  if (settings_.database != 0) {
    const std::string number = std::to_string(settings_.database);
    append_command(transport_->pending(), std::vector<std::string_view>{"SELECT", number});
    ++greetings_;
  }
  // Tells a server that answers from one that only accepts.
  append_command(transport_->pending(), std::vector<std::string_view>{"PING"});
  ++greetings_;
  if (state_ == State::Away) state_ = State::Greeting;
  transport_->append(unsent_);
  unsent_.clear();
  unsent_.shrink_to_fit();
  transport_->flush();
}

bool Redis::send(std::span<const std::string_view> words, Done done) {
  if (state_ != State::Up && state_ != State::First) return false;
  const bool open = state_ == State::Up || greetings_ > 0;
  const std::size_t waiting = open ? transport_->buffered() : unsent_.size();
  if (sent_.size() >= kMostWaiting || waiting > kMostUnsent) return false;
  sent_.push_back({std::move(done), context_.now() + settings_.command_timeout_ms});
  if (sent_.size() == 1) set_deadline();
  if (!open) {
    append_command(unsent_, words);
    return true;
  }
  append_command(transport_->pending(), words);
  transport_->flush();
  return true;
}

void Redis::set_deadline() noexcept {
  std::int64_t deadline = connect_deadline_;
  if (!sent_.empty() && (deadline == 0 || sent_.front().deadline < deadline))
    deadline = sent_.front().deadline;
  context_.timers.set(*this, deadline);
}

void Redis::on_deadline() noexcept {
  if (connect_deadline_ != 0 && context_.now() >= connect_deadline_) {
    lose("it does not answer");
    return;
  }
  if (!sent_.empty() && context_.now() >= sent_.front().deadline) {
    lose(state_ == State::First ? "it does not answer" : "a command was not answered in time");
    return;
  }
  set_deadline();
}

void Redis::on_data(std::string_view bytes) noexcept {
  // A callee may not destroy this object, but may lose the connection by a command it sends.
  const bool good = reader_.feed(bytes, [this](RedisReply& reply) { return take(reply); });
  if (!good && transport_) lose("what it says is not the Redis protocol");
}

bool Redis::take(RedisReply& reply) {
  if (greetings_ > 0) {
    if (reply.is_error()) {
      // Redis's own words may repeat what it was told.
      const bool refused = reply.text.starts_with("WRONGPASS") || reply.text.starts_with("NOAUTH") ||
                           reply.text.starts_with("NOPERM") || reply.text.starts_with("ERR AUTH") ||
                           reply.text.starts_with("ERR invalid password");
      lose(refused ? "it refuses the credentials" : "it refuses the database or is not ready");
      return false;
    }
    if (--greetings_ == 0) {
      state_ = State::Up;
      connect_deadline_ = 0;
      set_deadline();
    }
    return true;
  }
  if (sent_.empty()) {
    lose("it says what nobody asked for");
    return false;
  }
  const Done done = std::move(sent_.front().done);
  sent_.pop_front();
  set_deadline();
  done(&reply);
  return transport_ != nullptr;
}

void Redis::on_end(int status) noexcept {
  if (status == UV_EPROTO && transport_ && transport_->tls()) {
    lose("TLS: " + transport_->tls()->error().message);
  } else {
    lose(status == UV_EOF ? "it closed the connection" : uv_strerror(status));
  }
}

void Redis::lose(std::string_view why) noexcept {
  warn(why);
  transport_.reset();
  state_ = State::Away;
  greetings_ = 0;
  connect_deadline_ = 0;
  unsent_.clear();
  context_.timers.cancel(*this);
  again_.start(std::max(std::chrono::milliseconds(10), backoff_.next(uv_now(context_.loop))),
               [this] { connect(); });
  again_.unref();
  // Those that are told may send again: they are told at once that there is nobody.
  for (const Command& command : std::exchange(sent_, {})) command.done(nullptr);
}

}  // namespace gateway::policy
