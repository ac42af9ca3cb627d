#pragma once

#include <map>
#include <set>
#include <string>

#include "arm_error.h"
#include "draft.h"

namespace configd {

// Which APIs are at which path. Two of them share one only as versions of one set.
class ApiPaths {
 public:
  explicit ApiPaths(const Store& store);

  void update(const Store& store, const Commit& commit);
  // The APIs that the draft writes, against each other and all others.
  void check(const Draft& draft, Problems& problems) const;

 private:
  void note(const Store& store, const std::string& id);

  std::map<std::string, std::set<std::string>, std::less<>> ids_;  // by path, in lower case
  std::map<std::string, std::string, std::less<>> paths_;          // by id
};

}  // namespace configd
