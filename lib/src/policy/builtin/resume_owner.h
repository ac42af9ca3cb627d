#pragma once

#include "policy/run.h"

namespace gateway::policy {

// For a callback that a strand waits for: goes on in `owner`'s done(strand, state), where what it throws is
// caught.
inline void resume_owner(Strand& strand, const Step& owner, void* state) {
  static const Block no_steps;
  strand.enter(no_steps, &owner, state);
  strand.resume(Flow::Enter);
}

}  // namespace gateway::policy
