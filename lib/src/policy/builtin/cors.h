#pragma once

#include <string_view>
#include <vector>

#include "policy/compiler.h"
#include "policy/message.h"
#include "policy/operand.h"
#include "policy/step.h"

namespace gateway::policy {

// cors: who else's pages may call. Adds the fields that tell browsers so to the response, whatever
// comes of the request.
class CorsPolicy final : public Step {
 public:
  explicit CorsPolicy(ElementCompiler& in);
  Flow run(Strand& strand) const override;
  // OPTIONS with Origin and Access-Control-Request-Method, which no operation takes. True:
  // run.response is the whole answer. False: another cors policy may know more, else the answer is
  // an empty 200. Throws nothing.
  [[nodiscard]] bool answer_preflight(Run& run) const;

 private:
  [[nodiscard]] bool allows_origin(Run& run, std::string_view origin) const;
  [[nodiscard]] bool matches_preflight(Run& run) const;
  void add_origin(Run& run, Fields& fields, std::string_view origin, bool credentials) const;
  void answer(Run& run) const;

  Operand allow_credentials_, terminate_unmatched_, max_age_;
  std::vector<Operand> origins_, methods_, headers_, exposed_;
};

}  // namespace gateway::policy
