#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include "arm/resource.h"

namespace gateway::arm {

// What is wrong with a resource, each with its id and member: "/apis/a: properties.path is
// missing".
using Problems = std::vector<std::string>;

// All of them in one text; a hostile number is cut with a count of the rest.
[[nodiscard]] std::string join_problems(const Problems& problems);

// When a resource changed and was created, in whole seconds since 1970; absent where it does not
// say.
struct Times {
  std::optional<std::int64_t> changed_at;
  std::optional<std::int64_t> created_at;
};

// Reads members of an object of the contract: null says as much as absence, unknown members are
// none of a gateway's business, and what cannot be read is noted and leaves its target as it was.
class Members {
 public:
  Members(const rapidjson::Value* object, std::string_view id, std::string path, Problems& problems)
      : object_(object), id_(id), path_(std::move(path)), problems_(&problems) {}

  [[nodiscard]] const rapidjson::Value* find(std::string_view name) const;
  // False where the member is absent or cannot be read.
  bool read(std::string_view name, std::string& out, std::size_t max_bytes) const;
  bool read(std::string_view name, bool& out) const;
  // The members of an object; where it is none, an empty one.
  [[nodiscard]] Members object(std::string_view name) const;
  void complain(std::string_view name, std::string_view message) const;

 private:
  const rapidjson::Value* object_;  // null: no members
  std::string_view id_;
  std::string path_;  // "" or with a '.' at its end
  Problems* problems_;
};

// A resource opened for reading.
class Envelope {
 public:
  // `resource` and `problems` must live as long.
  Envelope(const Resource& resource, Problems& problems);
  [[nodiscard]] Members properties() const;
  // The same as it is; null where there are none.
  [[nodiscard]] const rapidjson::Value& properties_value() const;
  [[nodiscard]] Times times() const;

 private:
  std::optional<std::int64_t> time(std::string_view name) const;

  std::string_view id_;
  Problems* problems_;
  rapidjson::Document document_;
};

}  // namespace gateway::arm
