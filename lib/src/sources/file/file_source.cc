#include <gateway/file_source.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

#include "base/log.h"
#include "base/uv.h"
#include "model/validate.h"
#include "sources/file/loader.h"

namespace gateway {
namespace {

using file::FileStamp;
using file::Loader;
using std::chrono::milliseconds;

constexpr milliseconds kPace{20};         // between the event and the look, and between two looks that wait for writers
constexpr milliseconds kPoll{2'000};      // where events may be missed: network file systems, links to elsewhere
constexpr milliseconds kPollUnwatched{250};
constexpr int kPollShare = 20;            // a look at a large tree takes at most this part of the time
constexpr std::size_t kMaxWatches = 4'096; // of folders; changes in more are found by the poll
constexpr unsigned kPatience = 3;         // failed looks in a row before the source calls itself degraded

Result<void> check(const FileSourceOptions& options) {
  const auto refuse = [](std::string_view field, std::string message) {
    return Error{ErrorCode::InvalidArgument, "file", std::move(message), "FileSourceOptions: " + std::string(field), false};
  };
  if (options.path.empty()) return refuse("path", "must name a file or a folder");
  if (options.path.find('\0') != std::string::npos) return refuse("path", "must not contain NUL");
  if (options.overrides.find('\0') != std::string::npos) return refuse("overrides", "must not contain NUL");
  if (options.max_bytes == 0) return refuse("max_bytes", "must be at least 1");
  if (options.max_depth == 0 || options.max_depth > 1000) return refuse("max_depth", "must be between 1 and 1000");
  return {};
}

// Looks at the files when something tells it to: an event, the poll, or a look that saw a file in the
// middle of being written. Looks run on libuv's thread pool, one at a time.
class FileSource final : public ConfigSource {
 public:
  explicit FileSource(FileSourceOptions options) : options_(std::move(options)) {}

  Result<void> start(SourceContext context) override {
    context_ = std::move(context);
    std::shared_ptr<const Clock> clock = context_.environment ? context_.environment->clock : nullptr;
    if (!clock) clock = Environment::system().clock;
    loader_ = std::make_shared<Loader>(options_, std::move(clock));
    loop_ = static_cast<uv_loop_t*>(context_.control->native_loop());
    soon_.emplace(loop_);
    poll_.emplace(loop_);
    look();
    return {};
  }

  void stop(std::function<void()> done) noexcept override {
    stopping_ = true;
    soon_.reset();
    poll_.reset();
    watches_.clear();
    context_.sink.reset();
    if (looking_) {
      stopped_ = std::move(done);
    } else {
      done();
    }
  }

 private:
  struct Outcome {
    std::optional<Result<Loader::Look>> look;
    milliseconds took{0};
  };
  struct Watched {
    FileStamp folder;
    std::unique_ptr<uv::FileWatch> watch;
  };

  void look() {
    if (stopping_) return;
    if (looking_) {
      again_ = true;
      return;
    }
    looking_ = true;
    auto outcome = std::make_shared<Outcome>();
    uv::queue_work(
        loop_,
        [outcome, loader = loader_] {
          const auto begin = std::chrono::steady_clock::now();
          outcome->look = loader->look(Loader::Writers::Await);
          outcome->took = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
        },
        [this, outcome] {
          const bool idle = outcome->look->ok() && !(*outcome->look)->snapshot;
          if (idle) took_ = outcome->took;
          looked(std::move(*outcome->look));
        });
  }

  void looked(Result<Loader::Look> result) {
    looking_ = false;
    if (stopping_) {
      stopped_();
      return;
    }
    if (result) {
      failures_ = 0;
      take(std::move(*result));
    } else {
      fail(std::move(result).error());
    }
    if (std::exchange(again_, false)) look_soon();
  }

  void take(Loader::Look seen) {
    for (const std::string& document : seen.skipped) {
      tell(LogLevel::Debug, "FileDocumentSkipped", document + " says nothing about routes");
    }
    for (std::string& text : seen.notices) tell(LogLevel::Info, "FileNotice", std::move(text));
    if (seen.snapshot) {
      tell_rejected(last_.rejected, seen.snapshot->rejected);
      last_ = std::move(*seen.snapshot);
      published_ = true;
      tell(LogLevel::Info, "FileConfigurationRead",
           std::to_string(last_.apis.size()) + " APIs, " + std::to_string(last_.rejected.size()) + " problems");
    }
    if (published_ && (seen.snapshot || degraded_)) {
      degraded_ = false;
      context_.sink->publish(last_);
    }
    if (options_.watch) follow(seen);
    if (seen.unsettled) look_soon();
  }

  void fail(Error error) {
    if (++failures_ < kPatience) {
      look_soon();
      return;
    }
    if (!degraded_) {
      if (context_.observer) log(*context_.observer, LogLevel::Error, "FileUnreadable", error);
      degraded_ = true;
      context_.sink->degraded(std::move(error));
    }
    watches_.clear();
    look_at(kPollUnwatched);
  }

  // Watches the folders, anew if another one is there under its name.
  void follow(const Loader::Look& seen) {
    std::map<std::string, Watched> kept;
    bool armed = false;
    std::optional<Error> failed;
    for (const file::WatchedFolder& folder : seen.watch) {
      if (kept.size() == kMaxWatches || failed) break;
      if (kept.contains(folder.path)) continue;
      auto known = watches_.extract(folder.path);
      if (known && known.mapped().folder == folder.identity) {
        kept.insert(std::move(known));
        continue;
      }
      Watched watched{folder.identity, std::make_unique<uv::FileWatch>(loop_)};
      auto started = watched.watch->start(folder.path, [this] { look_soon(); });
      if (started) {
        kept.emplace(folder.path, std::move(watched));
      } else if (started.error().code != ErrorCode::NotFound) {
        failed = std::move(started).error();
      }
      armed = true;
    }
    watches_ = std::move(kept);
    if (armed) look_soon();  // what changed before the watch was there, or has gone since
    if (failed && !unwatched_) {
      tell(LogLevel::Warn, "FileNotWatched",
           failed->to_string() + "; changes are looked for " + std::to_string(milliseconds(1'000) / kPollUnwatched) +
               " times a second");
    }
    unwatched_ = failed.has_value();
    look_at(std::max(failed ? kPollUnwatched : kPoll, took_ * kPollShare));
  }

  void look_soon() {
    if (!soon_->active()) soon_->start(kPace, [this] { look(); });
  }
  void look_at(milliseconds delay) { poll_->start(delay, [this] { look(); }); }

  void tell(LogLevel level, std::string_view event, std::string message) {
    if (!context_.observer) return;
    log(*context_.observer, level, event, "file", std::move(message), {{"source", context_.name}, {"path", options_.path}});
  }
  // Each problem once, when it appears.
  void tell_rejected(const std::vector<Error>& before, const std::vector<Error>& now) {
    if (!context_.observer) return;
    std::set<std::pair<std::string_view, std::string_view>> known;
    for (const Error& error : before) known.emplace(error.where, error.message);
    for (const Error& error : now) {
      if (known.emplace(error.where, error.message).second) {
        log(*context_.observer, LogLevel::Warn, "FileRejected", error);
      }
    }
  }

  FileSourceOptions options_;
  SourceContext context_;
  uv_loop_t* loop_ = nullptr;
  std::shared_ptr<Loader> loader_;  // used by one look at a time, on the thread pool
  std::optional<uv::Timer> soon_;
  std::optional<uv::Timer> poll_;
  std::map<std::string, Watched> watches_;  // by path
  milliseconds took_{0};                    // the last look that saw no change
  bool unwatched_ = false;
  bool looking_ = false;
  bool again_ = false;     // something changed while a look ran
  bool stopping_ = false;
  bool degraded_ = false;
  bool published_ = false;
  unsigned failures_ = 0;
  SourceSnapshot last_;
  std::function<void()> stopped_;
};

// Says of every resource what a gateway would: validation, and references within the source.
void check_resources(SourceSnapshot& snapshot) {
  const auto note = [](std::string& defect, const std::vector<Error>& problems) {
    for (const Error& problem : problems) {
      if (!defect.empty()) defect += "; ";
      defect += problem.where + " " + problem.message;
    }
  };
  SourceSnapshot checked = snapshot;
  const auto check_all = [&](const auto& from, auto& into, auto&& references) {
    for (const std::string_view id : from.sorted_names()) {
      auto resource = *from.find(id);
      std::vector<Error> problems;
      const std::string where = describe(resource.provenance, id);
      validate(resource, where, problems);
      if (resource.defect.empty()) references(resource, where, problems);
      if (problems.empty()) continue;
      note(resource.defect, problems);
      using Resource = std::remove_cvref_t<decltype(resource)>;
      into.set(id, std::make_shared<const Resource>(std::move(resource)));
    }
  };
  const auto dangling = [](const std::string& where, std::string_view member, std::string_view kind,
                           const std::string& id, std::vector<Error>& problems) {
    problems.push_back({ErrorCode::NotFound, "configuration",
                        "there is no " + std::string(kind) + " \"" + id + "\"",
                        where + ": " + std::string(member), false});
  };
  check_all(snapshot.apis, checked.apis, [&](const Api& api, const std::string& where, auto& problems) {
    const auto check_backend = [&](const std::string& at, const std::string& id) {
      if (!id.empty() && !snapshot.backends.find(id)) dangling(at, "backend", "backend", id, problems);
    };
    check_backend(where, api.backend);
    for (const ApiRevision& revision : api.revisions) check_backend(where + ": " + revision.id, revision.backend);
  });
  check_all(snapshot.certificates, checked.certificates, [](const auto&, const auto&, auto&) {});
  check_all(snapshot.hostnames, checked.hostnames,
            [&](const Hostname& hostname, const std::string& where, auto& problems) {
              if (!hostname.certificate.empty() && !snapshot.certificates.find(hostname.certificate)) {
                dangling(where, "certificate", "certificate", hostname.certificate, problems);
              }
            });
  const auto no_references = [](const auto&, const auto&, auto&) {};
  check_all(snapshot.products, checked.products, no_references);
  check_all(snapshot.subscriptions, checked.subscriptions, no_references);
  check_all(snapshot.policies, checked.policies, no_references);
  for (const std::string_view id : snapshot.backends.sorted_names()) {
    const Backend& backend = *snapshot.backends.find(id);
    validate(backend, describe(backend.provenance, id), checked.rejected);
  }
  snapshot = std::move(checked);
}

}  // namespace

Result<std::unique_ptr<ConfigSource>> make_file_source(FileSourceOptions options) {
  if (auto checked = check(options); !checked) return std::move(checked).error();
  return std::make_unique<FileSource>(std::move(options));
}

Result<SourceSnapshot> read_configuration(const FileSourceOptions& options) {
  if (auto checked = check(options); !checked) return std::move(checked).error();
  auto look = Loader(options, Environment::system().clock).look(Loader::Writers::Trust);
  if (!look) return std::move(look).error();
  SourceSnapshot snapshot = std::move(*look->snapshot);
  check_resources(snapshot);
  return snapshot;
}

}  // namespace gateway
