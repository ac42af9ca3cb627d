#pragma once

#include <string>
#include <string_view>

#include <gateway/snapshot.h>

#include "arm/apiops.h"

namespace gateway::file {

// The file that the resource, or what it belongs to, was read from; "" where there is none. `where`
// begins with an id: "/apis/users: properties.path".
[[nodiscard]] std::string file_of(const arm::ArtifactTree& tree, std::string_view where);

// Puts the file before each id in what is rejected, and in the defects.
void name_files(const arm::ArtifactTree& tree, SourceSnapshot& snapshot);

}  // namespace gateway::file
