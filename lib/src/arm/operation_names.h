#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace gateway::arm {

// Gives each operation of one API a name that is fit for a resource's id and that no other has,
// whatever the case of its letters.
class OperationNames {
 public:
  // The operationId, each run of bytes that an id may not have replaced by one '-'; without a
  // usable one, method and path in lower case: "get-users-id". A name that is taken gets "-1",
  // "-2", … .
  [[nodiscard]] std::string take(std::string_view operation_id, std::string_view method,
                                 std::string_view path);

 private:
  std::unordered_set<std::string> taken_;  // in lower case
  std::unordered_map<std::string, std::size_t> last_suffix_;
};

}  // namespace gateway::arm
