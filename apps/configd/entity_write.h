#pragma once

#include <string>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/environment.h>

#include "arm_error.h"
#include "draft.h"

namespace configd {

// Writes are put together in a Draft: entities one by one, then what holds between them is checked.
struct Writing {
  Draft& draft;
  const gateway::Environment& environment;
  Problems& problems;
  std::vector<std::string>& notices;  // what an import left out
};

// Puts what a client wants under `id` (as it is kept) into the draft: checked, completed (keys,
// revision numbers, what a certificate says) and with all that comes with it (a copied revision's
// operations, imported ones, the change of the current revision).
void write_entity(Writing& writing, const std::string& id, rapidjson::Document properties);

// The rules of API writes (api_write.cc). Completes the properties and puts what goes below the
// API.
void prepare_api(Writing& writing, const std::string& id, rapidjson::Document& properties);
// After the API itself is in the draft.
void settle_api(Writing& writing, const std::string& id, bool wants_current);

}  // namespace configd
