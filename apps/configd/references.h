#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "arm_error.h"
#include "draft.h"

namespace configd {

// Whether the API of that name is there, in whatever revision.
[[nodiscard]] bool api_exists(const Draft& draft, std::string_view name);
// The nearest resource above that is missing; "" when none is.
[[nodiscard]] std::string missing_parent(const Draft& draft, std::string_view id);

// What `id`, which is in the draft, refers to must be there.
void check_references(const Draft& draft, const std::string& id, Problems& problems);
// No two operations of one API answer to the same method and template.
void check_operation_unique(const Draft& draft, const std::string& id, Problems& problems);

// The resources whose members name a certificate, a version set or a backend.
[[nodiscard]] std::vector<std::string> referrers(const Draft& draft, std::string_view id);

}  // namespace configd
