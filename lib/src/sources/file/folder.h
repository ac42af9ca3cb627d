#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/error.h>
#include <gateway/result.h>

namespace gateway::file {

// What tells one state of a file from another without reading it.
struct FileStamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};
[[nodiscard]] FileStamp stamp_of(const struct stat& status);

// A folder whose changes matter, and which one it is: another one under its path has to be watched anew.
struct WatchedFolder {
  std::string path;
  FileStamp identity;
};
// The folder of a file.
[[nodiscard]] Result<WatchedFolder> folder_of(const std::string& path);

// What is to be read of a folder.
struct Listing {
  bool tree = false;                       // of artifacts, else of documents
  std::map<std::string, FileStamp> files;  // by their names relative to the folder, in the order that decides
  std::vector<WatchedFolder> folders;      // itself first
  std::vector<Error> problems;
  std::vector<std::string> notices;
  // Of a folder of documents: why a part in which artifacts might be could not be listed.
  std::optional<Error> unlisted;
};

// Documents are the *.json, *.yaml and *.yml right in the folder. A tree is read as deep as artifacts
// go, and links lead nowhere out of it. An Error where a part of it cannot be listed, or more than
// `max_files` are below the folders that artifacts are in.
[[nodiscard]] Result<Listing> list_folder(const std::string& path, std::size_t max_files = 100'000);

// "a/b" → "a", "b"; "b" → ".", "b".
[[nodiscard]] std::pair<std::string, std::string> split_path(const std::string& path);
[[nodiscard]] Error system_error(int number, const std::string& where);

}  // namespace gateway::file
