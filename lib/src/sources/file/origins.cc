#include "sources/file/origins.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace gateway::file {
namespace {

// "id: problem; id: problem".
std::string with_files(const arm::ArtifactTree& tree, std::string_view text) {
  std::string named;
  for (;;) {
    const auto end = text.find("; ");
    const std::string_view problem = text.substr(0, end);
    if (problem.starts_with('/')) {
      if (const std::string file = file_of(tree, problem); !file.empty()) named += file + ": ";
    }
    named += problem;
    if (end == std::string_view::npos) return named;
    named += "; ";
    text.remove_prefix(end + 2);
  }
}

bool has_defect(const Api& api) {
  return !api.defect.empty() ||
         std::any_of(api.revisions.begin(), api.revisions.end(), [](const ApiRevision& revision) {
           return std::any_of(revision.operations.begin(), revision.operations.end(),
                              [](const Operation& operation) { return !operation.defect.empty(); });
         });
}
template <typename T>
bool has_defect(const T& resource) {
  return !resource.defect.empty();
}

void name_in(const arm::ArtifactTree& tree, Api& api) {
  api.defect = with_files(tree, api.defect);
  for (ApiRevision& revision : api.revisions) {
    for (Operation& operation : revision.operations) operation.defect = with_files(tree, operation.defect);
  }
}
template <typename T>
void name_in(const arm::ArtifactTree& tree, T& resource) {
  resource.defect = with_files(tree, resource.defect);
}

template <typename T>
void name_in_all(const arm::ArtifactTree& tree, SharedMap<T>& resources) {
  SharedMap<T> named = resources;
  resources.for_each([&](std::string_view id, const std::shared_ptr<const T>& resource) {
    if (!has_defect(*resource)) return;
    T copy = *resource;
    name_in(tree, copy);
    named.set(id, std::make_shared<const T>(std::move(copy)));
  });
  resources = std::move(named);
}

}  // namespace

std::string file_of(const arm::ArtifactTree& tree, std::string_view where) {
  std::string_view id = where.substr(0, where.find(": "));
  while (!id.empty()) {
    const auto at = std::lower_bound(
        tree.resources.begin(), tree.resources.end(), id,
        [](const arm::Resource& resource, std::string_view wanted) { return resource.id < wanted; });
    if (at != tree.resources.end() && at->id == id) {
      return tree.files[static_cast<std::size_t>(at - tree.resources.begin())];
    }
    const auto slash = id.rfind('/');
    id = id.substr(0, slash == std::string_view::npos ? 0 : slash);
  }
  return {};
}

void name_files(const arm::ArtifactTree& tree, SourceSnapshot& snapshot) {
  for (Error& error : snapshot.rejected) error.where = with_files(tree, error.where);
  name_in_all(tree, snapshot.apis);
  name_in_all(tree, snapshot.certificates);
  name_in_all(tree, snapshot.hostnames);
  name_in_all(tree, snapshot.products);
  name_in_all(tree, snapshot.subscriptions);
  name_in_all(tree, snapshot.policies);
}

}  // namespace gateway::file
