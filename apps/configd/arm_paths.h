#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "service.h"

namespace configd {

// What a request's path speaks of.
struct Target {
  enum class What { Entity, Collection, Action };
  What what = What::Entity;
  std::string
      id;  // "/apis/users", also of an action; "/apis" and "/apis/users/operations" for collections
  std::string kind;  // "apis", "apis/operations"; "apis/revisions" is a collection without entities
  std::string action;  // "listSecrets"
  std::string prefix;  // "/subscriptions/…/service/name" where the full path was used, else ""
};

// `path` as received: percent-encoded, with or without the prefix of a service.
[[nodiscard]] std::variant<Target, ArmError> read_path(std::string_view path);

// The same text without "/subscriptions/…/service/{name}" at its beginning; "/" where no more is
// left.
[[nodiscard]] std::string_view below_service(std::string_view id);

// A date, with "-preview" and the like after it.
[[nodiscard]] bool is_api_version(std::string_view text);

}  // namespace configd
