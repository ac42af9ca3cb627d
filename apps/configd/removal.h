#pragma once

#include <string>

#include "arm_error.h"
#include "draft.h"

namespace configd {

struct RemovalOptions {
  bool revisions = false;      // of an API: all of them
  bool subscriptions = false;  // of a product: its subscriptions too
};

// Takes `id`, as it is kept, out of the draft with all that cannot be without it: an API's links
// from products and gateways and its own subscriptions. `whole_api`: the client named the API, not
// a revision.
void remove_entity(Draft& draft, const std::string& id, bool whole_api,
                   const RemovalOptions& options, Problems& problems);

}  // namespace configd
