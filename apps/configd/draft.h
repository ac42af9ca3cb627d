#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "store.h"

namespace configd {

// What the store will hold after a commit that is being put together: reads see what was put so
// far.
class Draft {
 public:
  explicit Draft(const Store& store) : store_(store) {}

  [[nodiscard]] bool exists(std::string_view id) const;
  // The `properties`; null where there is no such resource. Stays good for as long as it is held.
  [[nodiscard]] std::shared_ptr<const rapidjson::Value> properties(std::string_view id) const;
  // Every id that starts with `prefix`, sorted.
  [[nodiscard]] std::vector<std::string> ids(std::string_view prefix) const;

  void put(std::string id, rapidjson::Document properties);
  void remove(std::string_view id);  // with all below it

  // The ids that were put, sorted.
  [[nodiscard]] std::vector<std::string> written() const;
  [[nodiscard]] std::vector<Change> changes() const;

 private:
  const Store& store_;
  std::map<std::string, std::shared_ptr<const rapidjson::Document>, std::less<>>
      over_;  // null: removed
};

// The `properties` of what is stored.
[[nodiscard]] std::shared_ptr<const rapidjson::Value> properties_of(const Stored& stored);

}  // namespace configd
