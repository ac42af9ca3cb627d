#pragma once

#include <map>
#include <string>
#include <vector>

#include "arm_error.h"
#include "draft.h"

namespace configd {

// Whose key is whose: a key says which subscription a request is of, so no two have the same.
class SubscriptionKeys {
 public:
  explicit SubscriptionKeys(const Store& store);

  void update(const Store& store, const Commit& commit);
  // The subscriptions that the draft writes, against each other and all others.
  void check(const Draft& draft, Problems& problems) const;

 private:
  void note(const Store& store, const std::string& id);

  std::map<std::string, std::string, std::less<>> owners_;             // by key
  std::map<std::string, std::vector<std::string>, std::less<>> keys_;  // by id
};

}  // namespace configd
