#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gateway/file_source.h>
#include <gateway/result.h>
#include <gateway/snapshot.h>

#include "arm/translate.h"
#include "sources/file/content.h"
#include "sources/file/folder.h"
#include "sources/ingress/translate.h"

namespace gateway::file {

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
    std::vector<std::string> notices;  // what people should know, once
    std::vector<WatchedFolder> watch;  // the folders whose changes matter
  };
  // Reads what changed since the last look. An Error when the path as a whole cannot be read, or the
  // overrides that change it never could; what was said before stays.
  [[nodiscard]] Result<Look> look(Writers writers);

 private:
  enum class Reading : std::uint8_t { Documents, Artifact, Overrides };
  struct File {
    Reading reading = Reading::Documents;
    FileStamp seen;                       // at the last look
    std::optional<FileStamp> read;        // when its content was read
    bool missing = false;                 // not there at the last look
    bool unreadable = false;              // reading failed: tried again at every look
    std::optional<std::int64_t> emptied_ns;  // since when a file that said something has been empty
    Digest digest{};
    // What it said when it could last be parsed; by `reading` one of these, or none yet.
    std::shared_ptr<const FileContent> content;
    arm::ArtifactPtr artifact;
    std::shared_ptr<const arm::Overrides> overrides;
    std::optional<Error> broken;          // why what is there now could not be

    [[nodiscard]] bool parsed() const { return content || artifact || overrides; }
    [[nodiscard]] bool said_something() const { return parsed() && !(content && content->documents.empty()); }
  };
  struct Applied {
    std::shared_ptr<const FileContent> content;  // keeps the manifest alive
    const Manifest* manifest = nullptr;
  };

  [[nodiscard]] Result<Listing> list();
  [[nodiscard]] Result<void> look_at_overrides(Writers writers, Look& look);
  // Whether a change of this file still waits to be believed.
  bool follow(const std::string& name, File& file, const FileStamp& stamp, bool fresh, Writers writers,
              Look& look);
  void read_file(const std::string& name, File& file, Writers writers, Look& look);
  [[nodiscard]] Result<void> parse(const std::string& name, std::string_view text, File& file) const;
  [[nodiscard]] std::string path_of(const std::string& name, Reading reading) const;
  void notice(std::string text);
  [[nodiscard]] Result<void> assemble(Look& look);
  [[nodiscard]] Result<void> apply_resources(std::vector<Error>& rejected);
  void apply_manifests(std::vector<Error>& rejected);
  void merge_resources(SourceSnapshot& desired);
  void merge_own(SourceSnapshot& desired) const;
  [[nodiscard]] std::string revision() const;

  FileSourceOptions options_;
  std::shared_ptr<const Clock> clock_;
  bool folder_ = false;                   // as of the last look
  std::map<std::string, File> files_;     // by name, in the order that decides
  File overrides_;
  std::vector<Error> unlisted_;           // what the last look could not list
  std::set<std::string> noticed_;
  std::vector<std::string> untold_;       // notices for the look that succeeds next
  std::unique_ptr<IngressTranslator> translator_;
  bool translator_knows_classes_ = false;
  std::map<std::string, Applied> applied_;  // what the translator was told, by key
  std::unique_ptr<arm::Translator> arm_translator_;
  arm::ArtifactTree told_;                // what that translator was told
  SourceSnapshot combined_;
  bool dirty_ = true;                     // something differs from what is combined
  bool first_ = true;
  unsigned deferred_ = 0;                 // looks in a row that waited for a change to be believed
};

}  // namespace gateway::file
