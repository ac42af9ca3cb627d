#include "sources/cloud/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <functional>
#include <system_error>
#include <thread>
#include <utility>

#include <openssl/rand.h>

#include "base/strings.h"

namespace gateway::cloud {
namespace {

constexpr std::string_view kSuffix = ".backup";
constexpr std::string_view kTemporary = ".tmp";
constexpr std::size_t kGenerationDigits = 20;
constexpr std::time_t kLeftoverAge = 60;
// A writer holds the lock while it writes 512 MiB at most; one that is stopped must not stop us.
constexpr std::chrono::seconds kLockPatience{10};
constexpr std::chrono::milliseconds kLockPause{10};
constexpr int kListings = 5;

Error failed(std::string what, const std::string& where, int error = errno) {
  return Error{ErrorCode::Unavailable, "backup", std::move(what) + ": " + std::strerror(error),
               where, true};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool sync_folder(const std::string& folder) {
  const Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.valid() && ::fsync(fd.get()) == 0;
}

std::int64_t modified(const struct stat& file) {
  return std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + file.st_mtim.tv_nsec;
}

// The whole file. NotFound where another replica has removed it meanwhile.
Result<std::string> read_file(const std::string& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.valid() && errno == ENOENT)
    return Error{ErrorCode::NotFound, "backup", "it is gone", path};
  if (!fd.valid()) return failed("it cannot be opened", path);
  struct stat file {};
  if (::fstat(fd.get(), &file) != 0) return failed("it cannot be read", path);
  if (!S_ISREG(file.st_mode)) {
    return Error{ErrorCode::Corrupt, "backup", "it is no regular file", path};
  }
  if (static_cast<std::uint64_t>(file.st_size) > kMaxBackupBytes) {
    return Error{ErrorCode::TooLarge, "backup", "larger than 512 MiB", path};
  }
  std::string bytes(static_cast<std::size_t>(file.st_size), '\0');
  std::size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t n = ::read(fd.get(), bytes.data() + got, bytes.size() - got);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("it cannot be read", path);
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  return bytes;
}

// Whether `path` still names the file that `fd` has open.
bool is_at(int fd, const std::string& path) {
  struct stat open {
  }, named{};
  return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

// The lock of all writers of these backups, until the Descriptor goes.
Result<Descriptor> lock(const std::string& path) {
  const auto patience = std::chrono::steady_clock::now() + kLockPatience;
  for (;;) {
    Descriptor fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.valid()) return failed("the lock cannot be opened", path);
    while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return failed("cannot be locked", path);
      if (std::chrono::steady_clock::now() > patience) {
        return Error{ErrorCode::Timeout, "backup", "another process holds the lock for 10 s", path,
                     true};
      }
      std::this_thread::sleep_for(kLockPause);
    }
    if (is_at(fd.get(), path)) return fd;  // nobody has removed it meanwhile
  }
}

// A name that is part of a file's name: what is no letter, digit, "-" or "_" as %XX.
std::string file_name(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (is_alpha(c) || is_digit(c) || c == '-' || c == '_') {
      text += c;
    } else {
      std::array<char, 4> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "%%%02X", static_cast<unsigned char>(c));
      text += escaped.data();
    }
  }
  return text;
}

std::string digits(std::uint64_t generation) {
  std::string text = std::to_string(generation);
  return std::string(kGenerationDigits - text.size(), '0') + text;
}

std::string random_name() {
  std::array<std::uint8_t, 8> bytes{};
  RAND_bytes(bytes.data(), bytes.size());
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

bool is_older(std::string_view revision, std::string_view than) {
  const auto a = parse_decimal(revision), b = parse_decimal(than);
  return a && b && *a < *b;
}

// Calls visit(name) for each file of the folder that begins with `stem`.
Result<void> visit_files(const std::string& folder, std::string_view stem,
                         const std::function<void(const std::string& name)>& visit) {
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(stem)) visit(name);
  }
  if (error) return failed("the folder cannot be read", folder, error.value());
  return {};
}

}  // namespace

BackupStore::BackupStore(std::string folder, std::string_view name, std::string gateway,
                         std::string key)
    : folder_(std::move(folder)),
      stem_("cloud-" + file_name(name) + "."),
      gateway_(std::move(gateway)),
      key_(std::move(key)) {}

Result<std::vector<BackupStore::File>> BackupStore::list() const {
  std::vector<File> files;
  auto visited = visit_files(folder_, stem_, [&](const std::string& name) {
    std::string_view rest = std::string_view(name).substr(stem_.size());
    if (rest.size() != kGenerationDigits + kSuffix.size() || !rest.ends_with(kSuffix)) return;
    rest.remove_suffix(kSuffix.size());
    if (const auto generation = parse_decimal(rest))
      files.push_back({*generation, folder_ + "/" + name});
  });
  if (!visited) return std::move(visited).error();
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.generation > b.generation; });
  return files;
}

Result<Backup> BackupStore::read(const File& file) const {
  const auto bytes = read_file(file.path);
  if (!bytes) return bytes.error();
  auto backup = decode_backup(*bytes, gateway_, key_);
  if (backup && backup->generation != file.generation) {
    return Error{ErrorCode::Corrupt, "backup",
                 "it was written as generation " + std::to_string(backup->generation), file.path};
  }
  return backup;
}

bool BackupStore::is_newest_newer(const std::vector<File>& files, std::string_view epoch,
                                  std::string_view revision) const {
  for (const File& file : files) {
    struct stat now {};
    if (saved_ && saved_->generation == file.generation && ::stat(file.path.c_str(), &now) == 0 &&
        now.st_ino == saved_->inode && modified(now) == saved_->modified) {
      return saved_->epoch == epoch && is_older(revision, saved_->revision);
    }
    const auto bytes = read_file(file.path);
    if (!bytes) continue;
    const auto header = check_backup(*bytes, gateway_, key_);
    if (!header || header->generation != file.generation) continue;
    return header->epoch == epoch && is_older(revision, header->revision);
  }
  return false;
}

Result<bool> BackupStore::save(const arm::ResourceSet& resources, std::string_view epoch,
                               std::string_view revision, std::int64_t now) {
  const auto locked = lock(folder_ + "/" + stem_ + "lock");
  if (!locked) return locked.error();
  remove_leftovers();
  const auto files = list();
  if (!files) return files.error();
  if (is_newest_newer(*files, epoch, revision)) return false;

  Backup backup;
  backup.resources = resources;
  backup.epoch = epoch;
  backup.revision = revision;
  backup.written_at = now;
  const std::uint64_t highest = files->empty() ? 0 : files->front().generation;
  if (highest == UINT64_MAX) {
    return Error{ErrorCode::Corrupt, "backup", "there is no generation after it; remove the file",
                 files->front().path};
  }
  backup.generation = highest + 1;
  const auto bytes = encode_backup(backup, gateway_, key_);
  if (!bytes) return bytes.error();
  Saved saved{backup.generation, 0, 0, backup.epoch, backup.revision};
  const File file{backup.generation,
                  folder_ + "/" + stem_ + digits(backup.generation) + std::string(kSuffix)};
  if (auto written = write(file, *bytes, saved); !written) return std::move(written).error();
  saved_ = std::move(saved);
  for (std::size_t i = kBackupGenerations - 1; i < files->size(); ++i) {
    ::unlink((*files)[i].path.c_str());
  }
  return true;
}

Result<void> BackupStore::write(const File& file, std::string_view bytes, Saved& saved) const {
  const std::string temporary = folder_ + "/" + stem_ + digits(file.generation) + "." +
                                random_name() + std::string(kTemporary);
  const Descriptor fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return failed("it cannot be made", temporary);
  struct stat made {};
  if (!write_all(fd.get(), bytes) || ::fsync(fd.get()) != 0 || ::fstat(fd.get(), &made) != 0 ||
      ::rename(temporary.c_str(), file.path.c_str()) != 0) {
    Error error = failed("it cannot be written", file.path);
    ::unlink(temporary.c_str());
    return error;
  }
  if (!sync_folder(folder_)) return failed("the folder cannot be written", folder_);
  saved.inode = made.st_ino;
  saved.modified = modified(made);
  return {};
}

void BackupStore::remove_leftovers() const {
  const std::time_t now = std::time(nullptr);
  (void)visit_files(folder_, stem_, [&](const std::string& name) {
    const std::string path = folder_ + "/" + name;
    struct stat file {};
    if (name.ends_with(kTemporary) && ::lstat(path.c_str(), &file) == 0 &&
        file.st_mtim.tv_sec + kLeftoverAge < now) {
      ::unlink(path.c_str());
    }
  });
}

Result<BackupStore::Loaded> BackupStore::load(std::int64_t now,
                                              std::chrono::seconds max_age) const {
  for (int listing = 1;; ++listing) {
    const auto files = list();
    if (!files) return files.error();
    Loaded loaded;
    bool vanished = false;
    for (const File& file : *files) {
      auto backup = read(file);
      // Another replica has rotated since the listing: there is something newer.
      vanished = !backup && backup.error().code == ErrorCode::NotFound && listing < kListings;
      if (vanished) break;
      std::string problem = backup ? "" : backup.error().message;
      if (backup && max_age.count() > 0 && backup->written_at < now - max_age.count()) {
        problem = "too old: written " + format_rfc3339(backup->written_at) + ", more than " +
                  std::to_string(max_age.count()) + " s ago";
      }
      if (!problem.empty()) {
        loaded.notices.push_back("backup " + file.path + " is not used: " + problem);
        continue;
      }
      if (!loaded.notices.empty()) {
        loaded.notices.back() += "; " + file.path + " is used instead";
      }
      loaded.backup = std::move(*backup);
      break;
    }
    if (!vanished) return loaded;
  }
}

}  // namespace gateway::cloud
