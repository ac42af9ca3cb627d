#include "sources/cloud/cloud_source.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "base/uv.h"
#include "sources/cloud/backup_keeper.h"
#include "sources/cloud/event_stream.h"
#include "sources/cloud/jobs.h"
#include "sources/cloud/mirror.h"
#include "sources/cloud/options_check.h"
#include "sources/cloud/publication.h"
#include "sources/cloud/service_client.h"
#include "sources/cloud/service_reports.h"
#include "sources/cloud/taken.h"
#include "sources/cloud/trouble.h"

namespace gateway {
namespace {

using namespace cloud;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr const char* kOrigin = "cloud";
constexpr std::size_t kMaxEventBytes = 64u << 20;
constexpr std::uint64_t kMaxRetryAfterSeconds = 60;
constexpr std::uint64_t kBriefMs = 1000;
constexpr std::int64_t kTokenWarningSeconds = 7 * 24 * 3600;
constexpr std::int64_t kDaySeconds = 24 * 3600;

class CloudSource final : public ConfigSource {
 public:
  CloudSource(CloudSourceOptions options, CloudTiming timing)
      : options_(std::move(options)), timing_(timing) {}

  Result<void> start(SourceContext context) override;
  void stop(std::function<void()> done) noexcept override;
  void on_published(const PublishReport& report) noexcept override;

 private:
  // What comes next, now or after a while.
  enum class Next : std::uint8_t { Identify, Snapshot, Events };
  struct Answer {
    int status = 0;
    std::string etag;
    std::string body;
    seconds retry_after{0};
  };

  // --- start
  void identify();
  void identified(const Credential& credential);
  void load_backup();
  void refresh_backup();

  // --- the whole
  void fetch_snapshot();
  void snapshot_ended(Result<void> result);
  void take_snapshot(std::string text, std::string etag);
  void snapshot_taken(Result<Taken> taken, std::string etag);

  // --- changes
  void follow();
  void open_stream();
  void stream_began(const HttpClientResponse& response);
  void stream_said(std::string_view bytes);
  void stream_ended(Result<void> result);
  void poll_from_now_on();
  void ask_otherwise(Error error);
  void take_changes();
  void changes_taken(TakenChanges changes);

  // --- order
  void go(Next next);
  void later(milliseconds delay, Next next);
  void resync(const std::string& why);
  void fail(Error error, Next next);
  void well();
  [[nodiscard]] milliseconds patience() {
    return std::max(backoff_->next(uv_now(loop_)), milliseconds(answer_.retry_after));
  }

  // --- words
  void publish(Taken taken);
  void tell_recovery() const;
  void check_expiry(const Credential& credential);
  [[nodiscard]] Error explain_status(int status) const;
  void read_head(const HttpClientResponse& response);
  [[nodiscard]] std::int64_t now_seconds() const { return environment_.clock->unix_ms() / 1000; }
  void say(LogLevel level, std::string_view event, std::string message,
           Logger::Fields fields = {}) const {
    fields.emplace_back("source", context_.name);
    log(*context_.observer, level, event, kOrigin, std::move(message), std::move(fields));
  }

  CloudSourceOptions options_;
  CloudTiming timing_;
  SourceContext context_;
  Environment environment_;
  uv_loop_t* loop_ = nullptr;
  Observer silent_;

  std::optional<Jobs> jobs_;
  std::unique_ptr<ServiceClient> service_;
  std::unique_ptr<ServiceReports> reports_;
  std::unique_ptr<Publication> publication_;
  std::unique_ptr<BackupKeeper> keeper_;
  std::shared_ptr<Mirror> mirror_;  // used by one job at a time
  std::optional<Backoff> backoff_;
  std::unique_ptr<uv::Timer> timer_;
  std::unique_ptr<uv::Timer> limit_;
  std::unique_ptr<uv::Timer> refresh_;
  std::string instance_;

  // The one request that is under way.
  std::unique_ptr<ServiceClient::Call> call_;
  Answer answer_;
  std::optional<EventStream> stream_;
  std::uint64_t stream_began_ = 0;
  bool stream_spoke_ = false;

  std::deque<std::string> changes_;  // that came, in their order
  std::size_t changes_bytes_ = 0;
  bool taking_ = false;  // a job has the mirror
  std::optional<Next> after_taking_;

  // Where the mirror stands.
  std::string epoch_;
  std::uint64_t revision_ = 0;
  std::string etag_;      // of exactly that
  bool synced_ = false;   // by the service, not only by the backup
  unsigned resyncs_ = 0;  // in a row
  std::optional<std::uint64_t> polling_since_;
  bool connected_told_ = false;
  bool events_trouble_told_ = false;

  std::optional<std::int64_t> expiry_told_;
  std::int64_t expires_ = 0;  // of the token that was used last
};

// --- start and stop

Result<void> CloudSource::start(SourceContext context) {
  context_ = std::move(context);
  if (!context_.observer) context_.observer = &silent_;
  environment_ = Environment::system();
  if (context_.environment && context_.environment->clock)
    environment_.clock = context_.environment->clock;
  if (context_.environment && context_.environment->entropy)
    environment_.entropy = context_.environment->entropy;
  loop_ = static_cast<uv_loop_t*>(context_.control->native_loop());
  jobs_.emplace(loop_);
  auto service =
      ServiceClient::create(*context_.control, *jobs_, options_,
                            [this](const Credential& credential) { check_expiry(credential); });
  if (!service) return std::move(service).error();
  service_ = std::move(service).value();
  publication_ = std::make_unique<Publication>(context_.sink, *context_.observer);
  backoff_.emplace(timing_.backoff, environment_.entropy);
  timer_ = std::make_unique<uv::Timer>(loop_);
  limit_ = std::make_unique<uv::Timer>(loop_);
  refresh_ = std::make_unique<uv::Timer>(loop_);
  instance_ = make_instance(*environment_.entropy);
  say(LogLevel::Info, "CloudSourceStarted",
      "following the configuration service at " + service_->url(),
      {{"endpoint", service_->url()}, {"instance", instance_}});
  if (!options_.validate_certificate) {
    say(LogLevel::Warn, "CloudCertificateNotChecked",
        "the certificate of the configuration service is not checked: whoever answers is believed");
  }
  if (!options_.backup_folder.empty() && options_.backup_key.empty()) {
    say(LogLevel::Warn, "BackupNotEncrypted",
        "the backup of the configuration, with its secrets, is not encrypted: give a backup key",
        {{"folder", options_.backup_folder}});
  }
  identify();
  return {};
}

void CloudSource::stop(std::function<void()> done) noexcept {
  call_.reset();
  timer_.reset();
  limit_.reset();
  refresh_.reset();
  reports_.reset();
  if (keeper_) keeper_->stop();
  keeper_.reset();
  service_.reset();
  publication_.reset();
  context_.sink.reset();
  if (!jobs_) return done();
  jobs_->stop(std::move(done));
}

// The token says which gateway this is: without it there is no backup to read either.
void CloudSource::identify() {
  service_->identify([this](Result<Credential> credential) {
    if (!credential) return fail(std::move(credential).error(), Next::Identify);
    identified(*credential);
  });
}

void CloudSource::identified(const Credential& credential) {
  check_expiry(credential);
  mirror_ = std::make_shared<Mirror>(credential.gateway);
  reports_ =
      std::make_unique<ServiceReports>(*service_, loop_, options_.heartbeat_interval, instance_);
  if (options_.backup_folder.empty()) return fetch_snapshot();
  keeper_ = std::make_unique<BackupKeeper>(
      loop_, *jobs_,
      BackupStore(options_.backup_folder, context_.name, credential.gateway, options_.backup_key),
      environment_.clock, timing_.save_pause, [this](const Error& error) {
        say(LogLevel::Warn, "CloudBackupFailed",
            "the backup cannot be written: " + error.to_string(),
            {{"folder", options_.backup_folder}});
      });
  if (options_.backup_max_age > seconds(0)) {
    const milliseconds pause = std::max<milliseconds>(options_.backup_max_age / 4, seconds(1));
    refresh_->start(
        pause, [this] { refresh_backup(); }, pause);
  }
  load_backup();
}

// What is still so is as good as new: the age of a backup is that of the last time the service said
// so.
void CloudSource::refresh_backup() {
  const auto* served = publication_->served();
  if (!keeper_ || !served || !synced_ || publication_->is_degraded()) return;
  if (served->snapshot.epoch != epoch_ || served->revision != revision_) return;
  keeper_->keep({served->resources, epoch_, served->snapshot.revision});
}

void CloudSource::load_backup() {
  struct Loaded {
    std::optional<Error> failed;
    std::vector<std::string> notices;
    std::optional<std::int64_t> written_at;
    Taken taken;
  };
  auto loaded = std::make_shared<Loaded>();
  jobs_->run(
      [loaded, mirror = mirror_, load = keeper_->loader(), max_age = options_.backup_max_age] {
        auto found = load(max_age);
        if (!found) {
          loaded->failed = std::move(found).error();
          return;
        }
        loaded->notices = std::move(found->notices);
        if (!found->backup) return;
        const Backup& backup = *found->backup;
        loaded->written_at = backup.written_at;
        mirror->restore(backup.resources, backup.epoch, parse_decimal(backup.revision).value_or(0));
        loaded->taken = describe(*mirror);
      },
      [this, loaded] {
        if (loaded->failed) {
          say(LogLevel::Warn, "CloudBackupUnreadable", loaded->failed->to_string(),
              {{"folder", options_.backup_folder}});
        }
        for (auto& notice : loaded->notices) {
          say(LogLevel::Warn, "CloudBackupPassedOver", std::move(notice),
              {{"folder", options_.backup_folder}});
        }
        if (loaded->written_at) {
          const auto age = std::to_string(now_seconds() - *loaded->written_at);
          say(LogLevel::Info, "CloudBackupLoaded",
              "serving the backup, written " + age +
                  " s ago, until the configuration service answers",
              {{"epoch", loaded->taken.epoch},
               {"revision", std::to_string(loaded->taken.revision)},
               {"age_s", age},
               {"resources", std::to_string(loaded->taken.resources.size())}});
          publish(std::move(loaded->taken));
        }
        fetch_snapshot();
      });
}

// --- the whole

void CloudSource::read_head(const HttpClientResponse& response) {
  answer_ = {};
  answer_.status = response.status;
  answer_.etag = response.header("etag");
  const auto wait = parse_decimal(response.header("retry-after"), 24 * 3600);
  answer_.retry_after = seconds(std::min(wait.value_or(0), kMaxRetryAfterSeconds));
}

void CloudSource::fetch_snapshot() {
  answer_ = {};
  ServiceClient::Request request;
  request.path = "snapshot";
  request.headers = {{"Accept", "application/json"}};
  if (!etag_.empty()) request.headers.emplace_back("If-None-Match", etag_);
  request.idle_timeout = options_.response_timeout;
  request.max_body = options_.max_snapshot_bytes;
  HttpClientHandler handler;
  handler.head = [this](const HttpClientResponse& response) { read_head(response); };
  handler.body = [this](std::string_view data) {
    if (answer_.status == 200) answer_.body += data;
  };
  handler.done = [this](Result<void> result) { snapshot_ended(std::move(result)); };
  limit_->start(timing_.snapshot_limit, [this] {
    fail({ErrorCode::Timeout, kOrigin,
          "the snapshot is not whole after " +
              std::to_string(timing_.snapshot_limit.count() / 1000) + " s",
          service_->url(), true},
         Next::Snapshot);
  });
  call_ = service_->start(std::move(request), std::move(handler));
}

void CloudSource::snapshot_ended(Result<void> result) {
  const auto call = std::move(call_);
  limit_->stop();
  if (!result) return fail(std::move(result).error(), Next::Snapshot);
  if (answer_.status == 304 && !etag_.empty()) {
    well();
    return follow();
  }
  if (answer_.status != 200) return fail(explain_status(answer_.status), Next::Snapshot);
  take_snapshot(std::exchange(answer_.body, {}), std::exchange(answer_.etag, {}));
}

void CloudSource::take_snapshot(std::string text, std::string etag) {
  taking_ = true;
  auto taken = std::make_shared<std::optional<Result<Taken>>>();
  jobs_->run(
      [taken, mirror = mirror_, text = std::move(text), max = options_.max_snapshot_bytes] {
        *taken = cloud::take_snapshot(*mirror, text, max);
      },
      [this, taken, etag = std::move(etag)]() mutable {
        snapshot_taken(std::move(**taken), std::move(etag));
      });
}

void CloudSource::snapshot_taken(Result<Taken> result, std::string etag) {
  taking_ = false;
  if (!result) {
    Error error = std::move(result).error();
    error.message = "the snapshot cannot be used: " + error.message;
    return fail(std::move(error), Next::Snapshot);
  }
  Taken& taken = *result;
  const bool news = taken.changed || !publication_->published();
  if (publication_->published() && taken.epoch != epoch_) {
    say(LogLevel::Warn, "CloudEpochChanged",
        "the configuration service has another history now: its snapshot replaces everything",
        {{"before", epoch_}, {"now", taken.epoch}});
  }
  say(news ? LogLevel::Info : LogLevel::Debug, "CloudSnapshot",
      "the snapshot of the configuration service is taken: " +
          std::to_string(taken.resources.size()) + " resources, " +
          std::to_string(taken.snapshot.apis.size()) + " APIs",
      {{"epoch", taken.epoch},
       {"revision", std::to_string(taken.revision)},
       {"resources", std::to_string(taken.resources.size())},
       {"rejected", std::to_string(taken.snapshot.rejected.size())}});
  etag_ = std::move(etag);
  const bool confirmed = !std::exchange(synced_, true) && !news;
  if (news) {
    if (publication_->is_degraded()) tell_recovery();
    publish(std::move(taken));
  }
  well();
  if (confirmed) refresh_backup();
  follow();
}

// --- changes

void CloudSource::follow() {
  if (polling_since_ &&
      uv_now(loop_) - *polling_since_ < static_cast<std::uint64_t>(timing_.events_again.count())) {
    return later(options_.poll_interval, Next::Snapshot);
  }
  open_stream();
}

void CloudSource::open_stream() {
  answer_ = {};
  stream_.emplace(std::min(options_.max_snapshot_bytes, kMaxEventBytes));
  stream_spoke_ = false;
  stream_began_ = uv_now(loop_);
  ServiceClient::Request request;
  request.path = "events";
  request.query = "after=" + percent_encode(epoch_) + ':' + std::to_string(revision_);
  request.headers = {{"Accept", "text/event-stream"}, {"Cache-Control", "no-cache"}};
  request.idle_timeout = timing_.stream_silence;
  request.max_body = SIZE_MAX;
  HttpClientHandler handler;
  handler.head = [this](const HttpClientResponse& response) { stream_began(response); };
  handler.body = [this](std::string_view bytes) { stream_said(bytes); };
  handler.done = [this](Result<void> result) { stream_ended(std::move(result)); };
  call_ = service_->start(std::move(request), std::move(handler));
}

void CloudSource::stream_began(const HttpClientResponse& response) {
  read_head(response);
  const int status = answer_.status;
  const bool events = to_lower(response.header("content-type")).starts_with("text/event-stream");
  if (status == 200 && events) {
    polling_since_.reset();
    events_trouble_told_ = false;
    if (!std::exchange(connected_told_, true)) {
      say(LogLevel::Info, "CloudConnected",
          "changes of the configuration service are followed as they happen",
          {{"endpoint", service_->url()}, {"revision", std::to_string(revision_)}});
    }
    return well();
  }
  if (status == 200 || status == 204 || status == 404 || status == 405 || status == 501)
    return poll_from_now_on();
  if (status == 410) return resync("the service no longer knows the changes since our revision");
  if (status == 401 || status == 403) return fail(explain_status(status), Next::Events);
  ask_otherwise(explain_status(status));
}

// Something in between may not let events through: whether the service is well, its snapshot says.
void CloudSource::ask_otherwise(Error error) {
  call_.reset();
  if (!std::exchange(events_trouble_told_, true)) {
    say(LogLevel::Warn, "CloudEventsFailed",
        "events do not work, the snapshot is asked for instead: " + error.message,
        {{"endpoint", service_->url()}});
  }
  later(patience(), Next::Snapshot);
}

// A service without events: a static file host, for example.
void CloudSource::poll_from_now_on() {
  call_.reset();
  if (!polling_since_) {
    say(LogLevel::Info, "CloudPolling",
        "the configuration service offers no events: its snapshot is asked for every " +
            std::to_string(options_.poll_interval.count()) + " ms",
        {{"endpoint", service_->url()}, {"status", std::to_string(answer_.status)}});
  }
  polling_since_ = uv_now(loop_);
  connected_told_ = false;
  well();
  later(options_.poll_interval, Next::Snapshot);
}

void CloudSource::stream_said(std::string_view bytes) {
  stream_spoke_ = true;
  bool crowded = false;
  const bool sound = stream_->push(bytes, [&](EventStream::Event event) {
    if (event.type != "change") return true;
    changes_bytes_ += event.data.size();
    changes_.push_back(std::move(event.data));
    crowded = changes_bytes_ > 2 * kMaxEventBytes;
    return !crowded;
  });
  if (!sound) return resync("an event is larger than " + std::to_string(kMaxEventBytes) + " bytes");
  if (crowded) return resync("changes come faster than they can be taken");
  take_changes();
}

void CloudSource::stream_ended(Result<void> result) {
  const auto call = std::move(call_);
  if (answer_.status == 0) {
    Error error = result ? explain_status(0) : std::move(result).error();
    if (error.code == ErrorCode::Timeout) return ask_otherwise(std::move(error));
    return fail(std::move(error), Next::Events);
  }
  // It was cut, or ended by its own will, or fell silent. One that never said a word may be held
  // back by something in between: then the snapshot says what it did not.
  const bool brief = uv_now(loop_) - stream_began_ < kBriefMs;
  milliseconds delay = brief ? patience() : milliseconds(0);
  if (const auto wanted = stream_->reconnection_time()) {
    delay = std::max(delay, std::min<milliseconds>(*wanted, seconds(kMaxRetryAfterSeconds)));
  }
  later(delay, stream_spoke_ ? Next::Events : Next::Snapshot);
}

// Everything that has come in one go, so that a burst is one publication.
void CloudSource::take_changes() {
  if (taking_ || changes_.empty()) return;
  taking_ = true;
  changes_bytes_ = 0;
  auto taken = std::make_shared<TakenChanges>();
  jobs_->run(
      [taken, mirror = mirror_, changes = std::exchange(changes_, {})] {
        *taken = cloud::take_changes(*mirror, changes, kMaxEventBytes);
      },
      [this, taken] { changes_taken(std::move(*taken)); });
}

void CloudSource::changes_taken(TakenChanges changes) {
  taking_ = false;
  if (changes.taken.changed) {
    etag_.clear();
    resyncs_ = 0;
    say(LogLevel::Debug, "CloudChange", "a change of the configuration service is taken",
        {{"revision", std::to_string(changes.taken.revision)},
         {"resources", std::to_string(changes.taken.resources.size())}});
    publish(std::move(changes.taken));
  }
  if (changes.broken) {
    Error error = std::move(*changes.broken);
    error.message = "an event cannot be used: " + error.message;
    etag_.clear();
    return fail(std::move(error), Next::Snapshot);
  }
  if (changes.outcome == Mirror::Outcome::Missed) {
    return resync("the digest says that a change was missed");
  }
  if (changes.outcome == Mirror::Outcome::Foreign) return resync("an event is of another epoch");
  if (!changes_.empty()) return take_changes();
  if (const auto next = std::exchange(after_taking_, std::nullopt)) go(*next);
}

// --- order

void CloudSource::go(Next next) {
  if (taking_) {
    after_taking_ = next;
    return;
  }
  switch (next) {
    case Next::Identify:
      return identify();
    case Next::Snapshot:
      return fetch_snapshot();
    case Next::Events:
      return open_stream();
  }
}

void CloudSource::later(milliseconds delay, Next next) {
  timer_->start(delay, [this, next] { go(next); });
}

// What we have is no longer a base for changes; it stays in force until the snapshot is there.
void CloudSource::resync(const std::string& why) {
  call_.reset();
  changes_.clear();
  changes_bytes_ = 0;
  after_taking_.reset();
  etag_.clear();
  say(LogLevel::Info, "CloudResync", why + ": the whole snapshot is asked for",
      {{"revision", std::to_string(revision_)}});
  later(resyncs_++ == 0 ? milliseconds(0) : patience(), Next::Snapshot);
}

void CloudSource::fail(Error error, Next next) {
  call_.reset();
  limit_->stop();
  after_taking_.reset();
  changes_.clear();
  changes_bytes_ = 0;
  error = explain(std::move(error), service_->url());
  later(patience(), next);
  connected_told_ = false;
  if (publication_->degrade(error)) log(*context_.observer, LogLevel::Warn, "CloudDegraded", error);
}

// The service answers as it should.
void CloudSource::well() {
  if (publication_->recover()) tell_recovery();
  reports_->connected();
}

void CloudSource::tell_recovery() const {
  say(LogLevel::Info, "CloudRecovered", "the configuration service answers again",
      {{"endpoint", service_->url()}});
}

// --- words

void CloudSource::publish(Taken taken) {
  epoch_ = taken.epoch;
  revision_ = taken.revision;
  publication_->publish(std::move(taken));
}

void CloudSource::on_published(const PublishReport& report) noexcept {
  if (!reports_) return;
  const bool news = publication_->serve(report);
  const auto* served = publication_->served();
  if (!served) return;
  // What the backup itself said needs no backup.
  if (news && keeper_ && synced_) {
    keeper_->keep({served->resources, served->snapshot.epoch, served->snapshot.revision});
  }
  reports_->served(publication_->describe_served(report.version));
}

void CloudSource::check_expiry(const Credential& credential) {
  const auto now = now_seconds();
  expires_ = credential.expires;
  if (credential.expires - now > kTokenWarningSeconds) {
    expiry_told_.reset();
    return;
  }
  if (expiry_told_ && now - *expiry_told_ < kDaySeconds) return;
  expiry_told_ = now;
  const bool expired = credential.expires <= now;
  const std::string when = format_rfc3339(credential.expires);
  say(LogLevel::Warn, expired ? "CloudTokenExpired" : "CloudTokenExpires",
      "the token of gateway " + quote(credential.gateway) +
          (expired ? " expired at " : " expires at ") + when + ": generate a new one",
      {{"expires", when}});
}

Error CloudSource::explain_status(int status) const {
  return status_error(status, service_->gateway(), expires_ <= now_seconds() ? expires_ : 0);
}

}  // namespace

Result<std::unique_ptr<ConfigSource>> make_cloud_source(CloudSourceOptions options,
                                                        CloudTiming timing) {
  if (auto checked = check_options(options); !checked) return std::move(checked).error();
  return std::make_unique<CloudSource>(std::move(options), timing);
}

Result<std::unique_ptr<ConfigSource>> make_cloud_source(CloudSourceOptions options) {
  if (auto checked = check_intervals(options); !checked) return std::move(checked).error();
  return make_cloud_source(std::move(options), CloudTiming());
}

}  // namespace gateway
