#include "sources/file/loader.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "base/strings.h"
#include "model/validate.h"

namespace gateway::file {
namespace {

constexpr unsigned kMaxDeferred = 3;          // looks: 60 ms at the pace of FileSource
constexpr unsigned kMaxDeferredAtStart = 50;
constexpr std::int64_t kEmptiedNs = 2'000'000'000;

FileStamp stamp_of(const struct stat& status) {
  const auto ns = [](const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  return {status.st_dev, status.st_ino, status.st_size, ns(status.st_mtim), ns(status.st_ctim)};
}

// Which file or folder it is, whatever is in it.
FileStamp identity_of(const struct stat& status) {
  return {status.st_dev, status.st_ino, 0, 0, 0};
}

Error system_error(int number, const std::string& where) {
  const ErrorCode code = number == ENOENT                       ? ErrorCode::NotFound
                         : number == EACCES || number == EPERM ? ErrorCode::Unauthorized
                                                                : ErrorCode::Unavailable;
  return {code, "file", std::strerror(number), where, true};
}

bool is_configuration_name(std::string_view name) {
  if (name.starts_with('.')) return false;
  return name.ends_with(".json") || name.ends_with(".yaml") || name.ends_with(".yml");
}

std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

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

}  // namespace

Loader::Loader(FileSourceOptions options, std::shared_ptr<const Clock> clock)
    : options_(std::move(options)), clock_(std::move(clock)) {
  // Manifests without a cluster name us directly.
  options_.translation.class_names.push_back(options_.translation.controller);
}

Result<Loader::Look> Loader::look(Writers writers) {
  Look look;
  auto listed = list(look);
  if (!listed) return std::move(listed).error();

  for (auto at = files_.begin(); at != files_.end();) {
    const bool gone = !listed->contains(at->first);
    const bool believed = gone && (at->second.missing || writers == Writers::Trust);
    look.unsettled = look.unsettled || (gone && !believed);
    at->second.missing = gone;
    dirty_ = dirty_ || believed;
    at = believed ? files_.erase(at) : std::next(at);
  }
  for (const auto& [name, stamp] : *listed) {
    auto [at, fresh] = files_.try_emplace(name);
    if (follow(name, at->second, stamp, fresh, writers, look)) look.unsettled = true;
  }
  // Changes of several files that belong together are believed together, but nobody who keeps
  // writing holds up the others for long.
  deferred_ = look.unsettled ? deferred_ + 1 : 0;
  const bool patient = look.unsettled && deferred_ <= (first_ ? kMaxDeferredAtStart : kMaxDeferred);
  if (dirty_ && !patient) assemble(look);
  return look;
}

bool Loader::follow(const std::string& name, File& file, const FileStamp& stamp, bool fresh,
                    Writers writers, Look& look) {
  const bool believed = writers == Writers::Trust || (!fresh && file.seen == stamp);
  file.seen = stamp;
  if (file.read == stamp && !file.unreadable && !file.emptied_ns) return false;
  if (believed) read_file(name, file, writers, look);
  return file.read != file.seen;
}

std::string Loader::path_of(const std::string& name) const {
  return folder_ ? options_.path + "/" + name : options_.path;
}

Result<std::map<std::string, FileStamp>> Loader::list(Look& look) {
  std::map<std::string, FileStamp> files;
  struct stat status {};
  if (stat(options_.path.c_str(), &status) != 0) return system_error(errno, options_.path);
  folder_ = S_ISDIR(status.st_mode);
  if (!folder_) {
    const auto [parent, base] = split_path(options_.path);
    files.emplace(base, stamp_of(status));
    look.watch = parent;
    if (stat(parent.c_str(), &status) != 0) return system_error(errno, parent);
    look.watched = identity_of(status);
    return files;
  }
  look.watch = options_.path;
  look.watched = identity_of(status);

  DIR* directory = opendir(options_.path.c_str());
  if (directory == nullptr) return system_error(errno, options_.path);
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (!is_configuration_name(name)) continue;
    if (stat(path_of(name).c_str(), &status) == 0) {
      if (!S_ISDIR(status.st_mode)) files.emplace(name, stamp_of(status));
    } else if (errno != ENOENT) {
      files.emplace(name, FileStamp{});  // it is there and cannot be looked at: reading it says why
    }
  }
  closedir(directory);
  return files;
}

void Loader::read_file(const std::string& name, File& file, Writers writers, Look& look) {
  auto raw = read_raw(path_of(name), name, options_.max_bytes);
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
  const bool emptied = trim(raw->text).empty() && file.content &&
                       !(file.content->documents.empty()) && writers == Writers::Await;
  if (emptied && !file.emptied_ns) file.emptied_ns = clock_->steady_ns();
  if (emptied && clock_->steady_ns() - *file.emptied_ns < kEmptiedNs) return;
  file.emptied_ns.reset();

  const Digest digest = sha256(raw->text);
  if (digest == file.digest && (file.content || file.broken)) return;
  file.digest = digest;
  dirty_ = true;
  const DocumentLimits limits{options_.max_bytes, options_.max_depth, options_.max_yaml_aliases};
  auto content = read_content(raw->text, name, limits);
  if (!content) {
    file.broken = std::move(content).error();
    return;
  }
  file.broken.reset();
  file.content = std::move(*content);
  look.skipped.insert(look.skipped.end(), file.content->skipped.begin(), file.content->skipped.end());
}

void Loader::assemble(Look& look) {
  std::vector<Error> rejected;
  for (const auto& [name, file] : files_) {
    if (file.broken) rejected.push_back(*file.broken);
    if (!file.content) continue;
    rejected.insert(rejected.end(), file.content->rejected.begin(), file.content->rejected.end());
  }
  apply_manifests(rejected);
  SourceSnapshot desired = translator_->snapshot();
  rejected.insert(rejected.end(), desired.rejected.begin(), desired.rejected.end());
  desired.rejected = std::move(rejected);
  merge_own(desired);

  bool changed = keep_pointers(desired.apis, combined_.apis);
  changed = keep_pointers(desired.backends, combined_.backends) || changed;
  changed = keep_pointers(desired.certificates, combined_.certificates) || changed;
  changed = keep_pointers(desired.hostnames, combined_.hostnames) || changed;
  changed = !same_errors(desired.rejected, combined_.rejected) || changed;
  combined_.rejected = std::move(desired.rejected);
  combined_.revision = revision();
  if (changed || first_) look.snapshot = combined_;
  first_ = false;
  dirty_ = false;
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

void Loader::merge_own(SourceSnapshot& desired) const {
  const auto merge = [&](std::string_view kind, const std::string& file, const auto& from, auto& into) {
    for (const std::string_view id : from.sorted_names()) {
      if (const auto* first = into.find(id)) {
        desired.rejected.push_back({ErrorCode::AlreadyExists, "file",
                                    std::string(kind) + " " + quote(id) + " is taken by " +
                                        describe(first->provenance, id) + "; its id must be unique",
                                    file, false});
        continue;
      }
      into.set(id, from.get(id));
    }
  };
  for (const auto& [name, file] : files_) {
    if (!file.content) continue;
    const SourceSnapshot& own = file.content->own;
    merge("Api", name, own.apis, desired.apis);
    merge("Backend", name, own.backends, desired.backends);
    merge("Certificate", name, own.certificates, desired.certificates);
    merge("Hostname", name, own.hostnames, desired.hostnames);
  }
}

std::string Loader::revision() const {
  std::string text;
  for (const auto& [name, file] : files_) {
    text += name;
    text += '\0';
    text += hex(file.digest);
  }
  return hex(sha256(text)).substr(0, 16);
}

}  // namespace gateway::file
