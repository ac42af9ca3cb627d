#pragma once

#include <cstdint>
#include <string>

#include "policy/compiler.h"
#include "policy/run.h"

namespace gateway::policy {

// How rate-limit and rate-limit-by-key tell the client and the document of a limit.
class CallLimitTelling {
 public:
  static CallLimitTelling read(ElementCompiler& in);
  // The call may pass: fields go onto the response at the end of the run, whatever it is.
  void admitted(Run& run, std::uint64_t remaining, std::uint64_t total) const;
  // 429, "Try again in N seconds."
  Flow refused(Strand& strand, std::int64_t wait_ms, std::uint64_t total) const;

 private:
  std::string retry_after_header_, retry_after_variable_;
  std::string remaining_header_, remaining_variable_;
  std::string total_header_;
};

}  // namespace gateway::policy
