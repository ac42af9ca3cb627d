#pragma once

#include <vector>

#include "policy/document.h"

namespace gateway::policy {

// Reads the elements of `document`, whose source and lines are there. False: there are problems,
// every one of them told.
[[nodiscard]] bool read_elements(Document& document, DocumentForm form,
                                 std::vector<Problem>& problems);

}  // namespace gateway::policy
