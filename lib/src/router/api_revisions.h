#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/resources.h>

#include "router/operation_tree.h"
#include "upstream/compiled_backend.h"

namespace gateway {

// One revision of one version. Immutable.
struct CompiledRevision {
  std::string id, name, version, revision;
  bool current = true;
  bool online = true;
  bool http = true, https = true;
  bool subscription_required = false;
  std::string key_header, key_query;
  std::string key_header_lower;
  std::shared_ptr<const CompiledBackend> backend;
  OperationTree operations;
  policy::CompiledDocumentPtr policy;  // null: none, or a plain one
  std::shared_ptr<const policy::ApiFacts> facts;
};

// Takes the ";rev=N" of a path away. None there: `number` is empty.
struct RevisionSuffix {
  std::string path;         // without it
  std::size_t element = 0;  // where the element that it followed ends in `path`
  std::string_view number;  // of the path that was given
};
[[nodiscard]] RevisionSuffix take_revision(std::string_view path);

// What of a request decides about revision and operation. All views into the request.
struct OperationQuery {
  std::string_view method;
  std::string_view path;      // normalised, without the revision
  std::size_t api_path = 0;   // how much of it is the Api's
  std::string_view query;     // "" or with its '?'
  std::string_view header_version;     // of Versioning::Header: the field's value; "" = none
  bool tls = false;
  std::string_view revision;           // ";rev=N"; "" = none was named
  std::size_t revision_at = 0;         // RevisionSuffix::element
};

enum class OperationOutcome : std::uint8_t {
  Found,
  NoVersion,
  NoRevision,  // unknown, or not online
  NoProtocol,  // not served over this one
  NoOperation,
};

struct OperationMatch {
  OperationOutcome outcome = OperationOutcome::NoVersion;
  const CompiledRevision* revision = nullptr;
  const CompiledOperation* operation = nullptr;
  std::size_t forward_from = 0;  // of the path: what comes before is not forwarded
};

// The versions and revisions of one Api. Immutable.
class ApiRevisions {
 public:
  using BackendOf = std::function<std::shared_ptr<const CompiledBackend>(const std::string& id)>;
  // How policy documents are compiled: of a revision, or of one of its operations (then not null). Why it
  // cannot be is told in `defect`.
  using PolicyOf = std::function<policy::CompiledDocumentPtr(
      const ApiRevision& revision, const Operation* operation, std::string& defect)>;
  // Of a sound Api with revisions, whose own documents compile; an operation whose does not is blocked.
  ApiRevisions(const Api& api, const BackendOf& backend_of, const PolicyOf& policy_of);

  [[nodiscard]] Versioning versioning() const noexcept { return versioning_; }
  [[nodiscard]] const std::string& version_parameter() const noexcept { return version_parameter_; }
  // Whether a revision may be named where the element that ends at `element` of `path` does: after the
  // Api's path, or after the version element.
  [[nodiscard]] bool names_revision_at(std::string_view path, std::size_t api_path,
                                       std::size_t element) const noexcept;
  // No allocation.
  [[nodiscard]] OperationMatch match(const OperationQuery& query) const noexcept;

 private:
  Versioning versioning_;
  std::string version_parameter_;
  std::vector<CompiledRevision> revisions_;  // by version, then revision
};

}  // namespace gateway
