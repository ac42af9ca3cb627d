#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "draft.h"

// The revisions of an API are resources "/apis/{name}" and "/apis/{name};rev={n}". Clients say
// "/apis/{name}" for the current one, wherever it is kept, and "/apis/{name};rev={n}" for any.
namespace configd {

struct RevisionName {
  std::string_view base;
  std::string_view number;  // "" where the name has none
};
[[nodiscard]] RevisionName split_revision(std::string_view name);

// The ids under which the revisions of an API are kept, sorted; empty where there is no such API.
[[nodiscard]] std::vector<std::string> revisions_of(const Draft& draft, std::string_view base);
[[nodiscard]] std::string revision_number(const Draft& draft, std::string_view api_id);
[[nodiscard]] bool is_current(const Draft& draft, std::string_view api_id);
[[nodiscard]] std::optional<std::string> current_revision(const Draft& draft,
                                                          std::string_view base);

// The id under which what a client means is kept; what is not there keeps its id.
// "/apis/users/releases/…" and other ids that belong to no revision stay as they are.
[[nodiscard]] std::string kept_id(const Draft& draft, const std::string& id);
// The reverse: how a client is told about it.
[[nodiscard]] std::string told_id(const Draft& draft, const std::string& id);

// Makes one revision the current one, and no other.
void make_current(Draft& draft, const std::string& api_id);

}  // namespace configd
