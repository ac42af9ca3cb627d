#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gateway/file_source.h>
#include <gateway/result.h>
#include <gateway/snapshot.h>

#include "sources/file/content.h"
#include "sources/ingress/translate.h"

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

// Files in, a SourceSnapshot out. Blocking; one call at a time, on any thread.
class Loader {
 public:
  Loader(FileSourceOptions options, std::shared_ptr<const Clock> clock);

  enum class Writers : std::uint8_t {
    Trust,  // read every file as it is
    Await,  // believe a change at the look after the one that saw it first, if it is still the same:
            // so a file that is being written, or replaced by way of a gap, keeps what it said
  };
  struct Look {
    bool unsettled = false;  // some change waits to be believed: look again soon
    std::optional<SourceSnapshot> snapshot;  // if it differs from the last look's
    std::vector<std::string> skipped;  // documents that speak of other things, of files read by this look
    std::string watch;       // the folder whose changes matter
    FileStamp watched;       // which folder that is: another one has to be watched anew
  };
  // Reads what changed since the last look. An Error when the path as a whole cannot be read; what was
  // said before stays.
  [[nodiscard]] Result<Look> look(Writers writers);

 private:
  struct File {
    FileStamp seen;                       // at the last look
    std::optional<FileStamp> read;        // when its content was read
    bool missing = false;                 // not there at the last look
    bool unreadable = false;              // reading failed: tried again at every look
    std::optional<std::int64_t> emptied_ns;  // since when a file that said something has been empty
    Digest digest{};
    std::shared_ptr<const FileContent> content;  // the last that could be parsed; may be null
    std::optional<Error> broken;          // why what is there now could not be
  };
  struct Applied {
    std::shared_ptr<const FileContent> content;  // keeps the manifest alive
    const Manifest* manifest = nullptr;
  };

  [[nodiscard]] Result<std::map<std::string, FileStamp>> list(Look& look);
  // Whether a change of this file still waits to be believed.
  bool follow(const std::string& name, File& file, const FileStamp& stamp, bool fresh, Writers writers,
              Look& look);
  void read_file(const std::string& name, File& file, Writers writers, Look& look);
  [[nodiscard]] std::string path_of(const std::string& name) const;
  void assemble(Look& look);
  void apply_manifests(std::vector<Error>& rejected);
  void merge_own(SourceSnapshot& desired) const;
  [[nodiscard]] std::string revision() const;

  FileSourceOptions options_;
  std::shared_ptr<const Clock> clock_;
  bool folder_ = false;                   // as of the last look
  std::map<std::string, File> files_;     // by name, in the order that decides
  std::unique_ptr<IngressTranslator> translator_;
  bool translator_knows_classes_ = false;
  std::map<std::string, Applied> applied_;  // what the translator was told, by key
  SourceSnapshot combined_;
  bool dirty_ = true;                     // something differs from what is combined
  bool first_ = true;
  unsigned deferred_ = 0;                 // looks in a row that waited for a change to be believed
};

}  // namespace gateway::file
