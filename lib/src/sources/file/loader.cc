#include "sources/file/loader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/strings.h"
#include "model/validate.h"
#include "sources/file/origins.h"

namespace gateway::file {
namespace {

constexpr unsigned kMaxDeferred = 3;          // looks: 60 ms at the pace of FileSource
constexpr unsigned kMaxDeferredAtStart = 50;
constexpr std::int64_t kEmptiedNs = 2'000'000'000;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

struct RawFile {
  FileStamp stamp;
  std::string text;
};

Result<RawFile> read_raw(const std::string& path, const std::string& name, std::size_t max_bytes) {
  // Without O_NONBLOCK a pipe in the folder would hold the thread until somebody writes to it.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return system_error(errno, name);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return system_error(errno, name);
  if (!S_ISREG(status.st_mode)) {
    return Error{ErrorCode::InvalidArgument, "file", "is not a regular file", name, false};
  }
  const auto too_large = [&] {
    return Error{ErrorCode::TooLarge, "file", "larger than " + std::to_string(max_bytes) + " bytes", name, false};
  };
  if (static_cast<std::uintmax_t>(status.st_size) > max_bytes) return too_large();
  RawFile raw{stamp_of(status), {}};
  std::size_t used = 0;
  raw.text.resize(static_cast<std::size_t>(status.st_size) + 1);
  for (;;) {
    if (used == raw.text.size()) raw.text.resize(used + (64u << 10));
    const ssize_t n = ::read(file.get(), raw.text.data() + used, raw.text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(errno, name);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
    if (used > max_bytes) return too_large();
  }
  raw.text.resize(used);
  if (fstat(file.get(), &status) == 0) raw.stamp = stamp_of(status);
  return raw;
}

// Makes `into` hold what `desired` holds, with the pointers it has where the values are equal.
template <typename T>
bool keep_pointers(const SharedMap<T>& desired, SharedMap<T>& into) {
  bool changed = false;
  desired.for_each([&](std::string_view id, const std::shared_ptr<const T>& value) {
    const T* present = into.find(id);
    if (present && (present == value.get() || *present == *value)) return;
    into.set(id, value);
    changed = true;
  });
  if (into.size() == desired.size()) return changed;
  std::vector<std::string> gone;
  into.for_each([&](std::string_view id, const auto&) {
    if (!desired.find(id)) gone.emplace_back(id);
  });
  for (const std::string& id : gone) into.erase(id);
  return true;
}

bool same_errors(const std::vector<Error>& a, const std::vector<Error>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Error& x, const Error& y) {
    return x.where == y.where && x.message == y.message;
  });
}

// Calls f(kind, from's, into's) for each kind of resource.
template <typename F>
void with_each_kind(const SourceSnapshot& from, SourceSnapshot& into, F&& f) {
  f("Api", from.apis, into.apis);
  f("Backend", from.backends, into.backends);
  f("Certificate", from.certificates, into.certificates);
  f("Hostname", from.hostnames, into.hostnames);
  f("Product", from.products, into.products);
  f("Subscription", from.subscriptions, into.subscriptions);
  f("Policy", from.policies, into.policies);
}

// Adds what `from` holds; an id that is taken is an error of `from`, which `where` names.
void merge_snapshot(const std::string& where, const SourceSnapshot& from, SourceSnapshot& into) {
  with_each_kind(from, into, [&](std::string_view kind, const auto& added, auto& present) {
    for (const std::string_view id : added.sorted_names()) {
      if (const auto* first = present.find(id)) {
        into.rejected.push_back({ErrorCode::AlreadyExists, "file",
                                 std::string(kind) + " " + quote(id) + " is taken by " +
                                     describe(first->provenance, id) + "; its id must be unique",
                                 where, false});
        continue;
      }
      present.set(id, added.get(id));
    }
  });
}

}  // namespace

Loader::Loader(FileSourceOptions options, std::shared_ptr<const Clock> clock)
    : options_(std::move(options)), clock_(std::move(clock)) {
  // Manifests without a cluster name us directly.
  options_.translation.class_names.push_back(options_.translation.controller);
  overrides_.reading = Reading::Overrides;
}

Result<Loader::Look> Loader::look(Writers writers) {
  Look look;
  auto listed = list();
  if (!listed) return std::move(listed).error();
  const auto of_tree = [](const auto& known) { return known.second.reading == Reading::Artifact; };
  if (listed->unlisted && std::any_of(files_.begin(), files_.end(), of_tree)) return *std::move(listed->unlisted);

  for (auto at = files_.begin(); at != files_.end();) {
    const bool gone = !listed->files.contains(at->first);
    const bool believed = gone && (at->second.missing || writers == Writers::Trust);
    look.unsettled = look.unsettled || (gone && !believed);
    at->second.missing = gone;
    dirty_ = dirty_ || believed;
    at = believed ? files_.erase(at) : std::next(at);
  }
  for (const auto& [name, stamp] : listed->files) {
    auto [at, fresh] = files_.try_emplace(name);
    if (fresh && listed->tree) at->second.reading = Reading::Artifact;
    if (follow(name, at->second, stamp, fresh, writers, look)) look.unsettled = true;
  }
  dirty_ = dirty_ || !same_errors(unlisted_, listed->problems);
  unlisted_ = std::move(listed->problems);
  for (std::string& text : listed->notices) notice(std::move(text));
  look.watch = std::move(listed->folders);
  if (auto seen = look_at_overrides(writers, look); !seen) return std::move(seen).error();
  // Changes of several files that belong together are believed together, but nobody who keeps
  // writing holds up the others for long.
  deferred_ = look.unsettled ? deferred_ + 1 : 0;
  const bool patient = look.unsettled && deferred_ <= (first_ ? kMaxDeferredAtStart : kMaxDeferred);
  if (dirty_ && !patient) {
    if (auto assembled = assemble(look); !assembled) return std::move(assembled).error();
  }
  look.notices = std::exchange(untold_, {});
  return look;
}

Result<void> Loader::look_at_overrides(Writers writers, Look& look) {
  const std::string& path = options_.overrides;
  if (path.empty()) return {};
  struct stat status {};
  if (stat(path.c_str(), &status) == 0) {
    const bool fresh = overrides_.missing;
    overrides_.missing = false;
    if (follow(path, overrides_, stamp_of(status), fresh, writers, look)) look.unsettled = true;
  } else {
    Error error = system_error(errno, path);
    const bool believed = overrides_.missing || writers == Writers::Trust;
    overrides_.missing = true;
    if (!believed) {
      look.unsettled = true;
    } else {
      overrides_.read.reset();
      overrides_.digest = {};
      dirty_ = dirty_ || !overrides_.broken || overrides_.broken->message != error.message;
      overrides_.broken = std::move(error);
    }
  }
  auto folder = folder_of(path);
  if (!folder) return std::move(folder).error();
  look.watch.push_back(std::move(*folder));
  return {};
}

void Loader::notice(std::string text) {
  if (noticed_.insert(text).second) untold_.push_back(std::move(text));
}

bool Loader::follow(const std::string& name, File& file, const FileStamp& stamp, bool fresh,
                    Writers writers, Look& look) {
  const bool believed = writers == Writers::Trust || (!fresh && file.seen == stamp);
  file.seen = stamp;
  if (file.read == stamp && !file.unreadable && !file.emptied_ns) return false;
  if (believed) read_file(name, file, writers, look);
  return file.read != file.seen;
}

std::string Loader::path_of(const std::string& name, Reading reading) const {
  if (reading == Reading::Overrides) return name;
  return folder_ ? options_.path + "/" + name : options_.path;
}

Result<Listing> Loader::list() {
  struct stat status {};
  if (stat(options_.path.c_str(), &status) != 0) return system_error(errno, options_.path);
  folder_ = S_ISDIR(status.st_mode);
  if (folder_) return list_folder(options_.path);
  auto folder = folder_of(options_.path);
  if (!folder) return std::move(folder).error();
  Listing listing;
  listing.files.emplace(split_path(options_.path).second, stamp_of(status));
  listing.folders.push_back(std::move(*folder));
  return listing;
}

void Loader::read_file(const std::string& name, File& file, Writers writers, Look& look) {
  auto raw = read_raw(path_of(name, file.reading), name, options_.max_bytes);
  file.unreadable = !raw;
  if (!raw) {
    file.read = file.seen;
    dirty_ = dirty_ || !file.broken || file.broken->message != raw.error().message;
    file.broken = std::move(raw).error();
    file.digest = {};
    return;
  }
  const bool moved = raw->stamp != file.seen;
  file.seen = raw->stamp;
  if (moved && writers == Writers::Await) return;
  file.read = raw->stamp;

  // "command > file" empties it long before the command's output comes.
  const bool emptied = trim(raw->text).empty() && file.said_something() && writers == Writers::Await;
  if (emptied && !file.emptied_ns) file.emptied_ns = clock_->steady_ns();
  if (emptied && clock_->steady_ns() - *file.emptied_ns < kEmptiedNs) return;
  file.emptied_ns.reset();

  const Digest digest = sha256(raw->text);
  if (digest == file.digest && (file.parsed() || file.broken)) return;
  file.digest = digest;
  dirty_ = true;
  if (auto done = parse(name, raw->text, file); !done) {
    file.broken = std::move(done).error();
    return;
  }
  file.broken.reset();
  if (!file.content) return;
  look.skipped.insert(look.skipped.end(), file.content->skipped.begin(), file.content->skipped.end());
}

Result<void> Loader::parse(const std::string& name, std::string_view text, File& file) const {
  const DocumentLimits limits{options_.max_bytes, options_.max_depth, options_.max_yaml_aliases};
  const auto take = [](auto parsed, auto& into) -> Result<void> {
    if (!parsed) return std::move(parsed).error();
    into = std::move(*parsed);
    return {};
  };
  switch (file.reading) {
    case Reading::Artifact: return take(arm::read_artifact(name, text, limits), file.artifact);
    case Reading::Overrides: return take(arm::read_overrides(text, name, limits), file.overrides);
    case Reading::Documents: break;
  }
  return take(read_content(text, name, limits), file.content);
}

Result<void> Loader::assemble(Look& look) {
  std::vector<Error> rejected = unlisted_;
  for (const auto& [name, file] : files_) {
    if (file.broken) rejected.push_back(*file.broken);
    if (!file.content) continue;
    rejected.insert(rejected.end(), file.content->rejected.begin(), file.content->rejected.end());
  }
  if (auto applied = apply_resources(rejected); !applied) return applied;
  apply_manifests(rejected);
  SourceSnapshot desired = translator_->snapshot();
  rejected.insert(rejected.end(), desired.rejected.begin(), desired.rejected.end());
  desired.rejected = std::move(rejected);
  merge_resources(desired);
  merge_own(desired);

  bool changed = !same_errors(desired.rejected, combined_.rejected);
  with_each_kind(desired, combined_, [&](std::string_view, const auto& from, auto& into) {
    changed = keep_pointers(from, into) || changed;
  });
  combined_.rejected = std::move(desired.rejected);
  combined_.revision = revision();
  if (changed || first_) look.snapshot = combined_;
  first_ = false;
  dirty_ = false;
  return {};
}

// Tells the translator what changed among the ARM resources of all files.
Result<void> Loader::apply_resources(std::vector<Error>& rejected) {
  std::map<std::string, arm::ArtifactPtr> artifacts;
  std::vector<arm::LocatedResource> documents;
  for (const auto& [name, file] : files_) {
    if (file.artifact || (file.broken && file.reading == Reading::Artifact)) artifacts.emplace(name, file.artifact);
    if (!file.content) continue;
    documents.insert(documents.end(), file.content->resources.begin(), file.content->resources.end());
  }
  // Overrides change what is there, and are no source of their own.
  const bool some = !artifacts.empty() || !documents.empty();
  if (some && !options_.overrides.empty()) {
    if (!overrides_.overrides) {
      return overrides_.broken ? *overrides_.broken : system_error(EAGAIN, options_.overrides);
    }
    if (overrides_.broken) rejected.push_back(*overrides_.broken);
  }
  arm::ArtifactTree next = arm::assemble(artifacts, documents, some ? overrides_.overrides.get() : nullptr);
  rejected.insert(rejected.end(), next.problems.begin(), next.problems.end());
  for (std::string& text : next.notices) notice(std::move(text));
  if (!arm_translator_) {
    if (!some) return {};
    arm_translator_ = std::make_unique<arm::Translator>(arm::TranslatorOptions{options_.gateway});
  }
  auto old = told_.resources.begin();
  for (const arm::Resource& resource : next.resources) {
    while (old != told_.resources.end() && old->id < resource.id) arm_translator_->remove((old++)->id);
    const bool known = old != told_.resources.end() && old->id == resource.id;
    if (!known || old->json != resource.json) arm_translator_->upsert(resource);
    if (known) ++old;
  }
  for (; old != told_.resources.end(); ++old) arm_translator_->remove(old->id);
  told_ = std::move(next);
  return {};
}

// Tells the translator what changed among the manifests of all files.
void Loader::apply_manifests(std::vector<Error>& rejected) {
  std::map<std::string, Applied> wanted;
  bool knows_classes = false;
  for (const auto& [name, file] : files_) {
    if (!file.content) continue;
    for (const Manifest& manifest : file.content->manifests) {
      const auto [at, fresh] = wanted.try_emplace(manifest.key(), Applied{file.content, &manifest});
      if (!fresh) {
        rejected.push_back({ErrorCode::AlreadyExists, "file",
                            manifest.kind + " " + manifest.space + "/" + manifest.name +
                                " is already in " + at->second.manifest->where +
                                "; an object may be there once",
                            manifest.where, false});
      }
      knows_classes = knows_classes || manifest.kind == "IngressClass";
    }
  }
  if (!translator_ || translator_knows_classes_ != knows_classes) {
    IngressTranslator::Options options;
    options.translation = options_.translation;
    options.unknown_class = knows_classes ? IngressTranslator::Options::UnknownClass::Ignore
                                          : IngressTranslator::Options::UnknownClass::Take;
    options.missing_service_is_dns = true;
    options.manifests = true;
    options.clock = clock_;
    translator_ = std::make_unique<IngressTranslator>(std::move(options));
    translator_knows_classes_ = knows_classes;
    applied_.clear();
  }
  for (const auto& [key, old] : applied_) {
    if (wanted.contains(key)) continue;
    translator_->remove(old.manifest->kind, old.manifest->space, old.manifest->name);
  }
  for (const auto& [key, next] : wanted) {
    const auto old = applied_.find(key);
    const bool same = old != applied_.end() && old->second.manifest->digest == next.manifest->digest &&
                      old->second.manifest->where == next.manifest->where;
    if (!same) translator_->upsert(*next.manifest->object, next.manifest->where);
  }
  applied_ = std::move(wanted);
}

void Loader::merge_resources(SourceSnapshot& desired) {
  if (!arm_translator_) return;
  SourceSnapshot from = arm_translator_->snapshot();
  name_files(told_, from);
  desired.rejected.insert(desired.rejected.end(), from.rejected.begin(), from.rejected.end());
  merge_snapshot("ARM resources", from, desired);
}

void Loader::merge_own(SourceSnapshot& desired) const {
  for (const auto& [name, file] : files_) {
    if (file.content) merge_snapshot(name, file.content->own, desired);
  }
}

std::string Loader::revision() const {
  std::string text = hex(overrides_.digest);
  for (const auto& [name, file] : files_) {
    text += name;
    text += '\0';
    text += hex(file.digest);
  }
  return hex(sha256(text)).substr(0, 16);
}

}  // namespace gateway::file
