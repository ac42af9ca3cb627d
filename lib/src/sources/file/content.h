#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/error.h>
#include <gateway/result.h>
#include <gateway/snapshot.h>

#include "arm/apiops.h"
#include "model/canonical.h"
#include "model/document.h"

namespace gateway::file {

// A Kubernetes object in a file.
struct Manifest {
  std::string kind;
  std::string space;
  std::string name;
  std::string where;                        // "users.yaml, document 2"
  Digest digest{};                          // of the object
  const rapidjson::Value* object = nullptr; // owned by FileContent::documents
  [[nodiscard]] std::string key() const { return kind + ' ' + space + '/' + name; }
};

// What one file says. Immutable.
struct FileContent {
  SourceSnapshot own;                        // from documents of our own
  std::vector<Manifest> manifests;           // in the order of the file
  std::vector<arm::LocatedResource> resources;  // the same
  std::vector<Error> rejected;               // documents that are neither
  std::vector<std::string> skipped;          // "a.yaml, document 2: Deployment", with nothing about routes in them
  std::vector<rapidjson::Document> documents;
};

// Reads the text of a file, JSON or YAML by its name (".json") or its first character, and tells its
// documents apart by apiVersion and kind; one without, and with `resources`, is of ARM resources.
// `name` is for messages. An Error when the text as a whole cannot be parsed; what is wrong with a
// document or an element of one is in the content.
[[nodiscard]] Result<std::shared_ptr<const FileContent>> read_content(std::string_view text,
                                                                      std::string_view name,
                                                                      const DocumentLimits& limits);

}  // namespace gateway::file
