#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/url_template.h"
#include "policy/facts.h"
#include "policy/step.h"

namespace gateway {

// What policies may ask of an operation.
struct OperationFacts {
  policy::OperationFacts operation;
  UrlTemplate url_template;
};

// One operation of a revision. Immutable.
struct CompiledOperation {
  std::string id;
  std::string method;
  std::vector<UrlTemplate::Query> query;  // parameters that must be there
  // Why it cannot be served: answered with 503. Empty = sound.
  std::string blocked;
  policy::CompiledDocumentPtr policy;  // null: none, or a plain one
  std::shared_ptr<const OperationFacts> facts;
};

// The operations of one revision, found by method and by the elements of the path. At each element a
// literal comes before a parameter with text around it, that before a bare parameter, and the
// remainder last; literals ignore case. Among operations of one template, those that demand more
// query parameters come first. Immutable.
class OperationTree {
 public:
  struct Entry {
    UrlTemplate url_template;
    CompiledOperation operation;
  };
  explicit OperationTree(std::vector<Entry> entries);
  ~OperationTree();
  OperationTree(OperationTree&&) noexcept;
  OperationTree& operator=(OperationTree&&) noexcept;

  // `path`: normalised, relative to the API: "" or with a leading slash. `query`: as received, "" or
  // with its '?'. No allocation. The cost is bounded by the size of the tree: no node is visited twice.
  [[nodiscard]] const CompiledOperation* match(std::string_view method, std::string_view path,
                                               std::string_view query) const noexcept;

 private:
  struct Node;
  [[nodiscard]] static const CompiledOperation* find(const Node& node, std::string_view method,
                                                     std::string_view path,
                                                     std::string_view query) noexcept;
  std::unique_ptr<Node> root_;
};

// Whether a query ("?a=1&b=2") has a parameter of that name, as written; its value is put into `value`
// where that is not null.
[[nodiscard]] bool find_query_parameter(std::string_view query, std::string_view name,
                                        std::string_view* value) noexcept;

}  // namespace gateway
