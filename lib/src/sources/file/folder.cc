#include "sources/file/folder.h"

#include <dirent.h>
#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <set>

#include "arm/apiops.h"

namespace gateway::file {
namespace {

constexpr std::size_t kMaxDepth = 8;  // names in a path

struct CloseFolder {
  void operator()(DIR* folder) const { closedir(folder); }
};

// Which file or folder it is, whatever is in it.
FileStamp identity_of(const struct stat& status) { return {status.st_dev, status.st_ino, 0, 0, 0}; }

bool is_document_name(std::string_view name) {
  return name.ends_with(".json") || name.ends_with(".yaml") || name.ends_with(".yml");
}

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&free)> real(realpath(path.c_str(), nullptr), &free);
  return real ? std::string(real.get()) : std::string();
}

class Walk {
 public:
  Walk(const std::string& root, std::size_t max_files) : root_(root), max_files_(max_files) {}

  Result<Listing> run() && {
    real_root_ = real_path(root_);
    if (real_root_.empty()) return system_error(errno, root_);
    enter("", 1);
    std::vector<std::string> paths;
    for (const auto& [name, stamp] : below_) paths.push_back(name);
    out_.tree = arm::is_artifact_tree(paths);
    const bool documents = !out_.tree && !documents_.empty();
    if (failure_ && (!documents || failure_->code == ErrorCode::TooLarge || out_.folders.empty())) return *failure_;
    if (out_.tree) {
      std::sort(out_.problems.begin(), out_.problems.end(),
                [](const Error& a, const Error& b) { return a.where < b.where; });
      take_tree();
    } else {
      out_.files = std::move(documents_);
      out_.folders.resize(1);
      out_.problems.clear();
      out_.unlisted = std::move(failure_);
    }
    return std::move(out_);
  }

 private:
  void enter(const std::string& folder, std::size_t depth) {
    const std::string path = folder.empty() ? root_ : root_ + "/" + folder;
    struct stat status {};
    const std::unique_ptr<DIR, CloseFolder> directory(opendir(path.c_str()));
    if (!directory || fstat(dirfd(directory.get()), &status) != 0) {
      // One that goes while it is read belongs to the next look.
      if (errno != ENOENT || folder.empty()) fail(system_error(errno, path));
      return;
    }
    const FileStamp identity = identity_of(status);
    if (std::find(way_.begin(), way_.end(), identity) != way_.end()) return;  // a link that leads back
    way_.push_back(identity);
    out_.folders.push_back({path, identity});
    read(directory.get(), folder, depth);
    way_.pop_back();
  }

  void read(DIR* directory, const std::string& folder, std::size_t depth) {
    while (const dirent* entry = readdir(directory)) {
      const std::string name = entry->d_name;
      if (name.starts_with('.')) continue;
      if (!folder.empty() && ++seen_ > max_files_) {
        return fail({ErrorCode::TooLarge, "file", "holds more than " + std::to_string(max_files_) + " files and folders",
                     root_, false});
      }
      take(folder.empty() ? name : folder + "/" + name, name, depth);
    }
  }

  void fail(Error error) {
    if (!failure_ || error.code == ErrorCode::TooLarge) failure_ = std::move(error);
  }

  void take(const std::string& below, const std::string& name, std::size_t depth) {
    const std::string path = root_ + "/" + below;
    const bool root = depth == 1;
    const bool of_tree = !root || arm::is_artifact(name) || arm::is_artifact_folder(name);
    struct stat status {};
    bool found = lstat(path.c_str(), &status) == 0;
    const bool outside = found && S_ISLNK(status.st_mode) && leads_out(path);
    if (outside && of_tree) {
      out_.problems.push_back({ErrorCode::InvalidArgument, "file",
                               "is a link out of the folder, and not followed", below, false});
      return;
    }
    if (found && S_ISLNK(status.st_mode)) found = stat(path.c_str(), &status) == 0;
    if (!found && errno == ENOENT) return;
    if (found && S_ISDIR(status.st_mode)) {
      if (depth < kMaxDepth && (!root || arm::is_artifact_folder(name))) enter(below, depth + 1);
      return;
    }
    // One that is there and cannot be looked at: reading it says why.
    const FileStamp stamp = found ? stamp_of(status) : FileStamp{};
    if (root && is_document_name(name)) documents_.emplace(name, stamp);
    below_.emplace(below, stamp);
  }

  [[nodiscard]] bool leads_out(const std::string& path) const {
    const std::string real = real_path(path);
    return !real.empty() && real != real_root_ && !real.starts_with(real_root_ == "/" ? "/" : real_root_ + "/");
  }

  void take_tree() {
    std::set<std::string> notices;
    for (const auto& [name, stamp] : below_) {
      if (arm::is_artifact(name)) {
        out_.files.emplace(name, stamp);
      } else if (std::string notice = arm::notice_of(name); !notice.empty()) {
        notices.insert(std::move(notice));
      }
    }
    out_.notices.assign(notices.begin(), notices.end());
  }

  const std::string& root_;
  const std::size_t max_files_;
  std::string real_root_;
  std::size_t seen_ = 0;
  std::vector<FileStamp> way_;    // the folders from the root to the one that is read
  std::optional<Error> failure_;  // what could not be listed
  std::map<std::string, FileStamp> documents_;
  std::map<std::string, FileStamp> below_;
  Listing out_;
};

}  // namespace

FileStamp stamp_of(const struct stat& status) {
  const auto ns = [](const timespec& time) {
    return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
  };
  return {status.st_dev, status.st_ino, status.st_size, ns(status.st_mtim), ns(status.st_ctim)};
}

Result<WatchedFolder> folder_of(const std::string& path) {
  const std::string folder = split_path(path).first;
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return system_error(errno, folder);
  return WatchedFolder{folder, identity_of(status)};
}

Result<Listing> list_folder(const std::string& path, std::size_t max_files) { return Walk(path, max_files).run(); }

std::pair<std::string, std::string> split_path(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

Error system_error(int number, const std::string& where) {
  const ErrorCode code = number == ENOENT                       ? ErrorCode::NotFound
                         : number == EACCES || number == EPERM ? ErrorCode::Unauthorized
                                                                : ErrorCode::Unavailable;
  return {code, "file", std::strerror(number), where, true};
}

}  // namespace gateway::file
