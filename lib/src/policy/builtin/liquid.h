#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/message.h"

namespace gateway::policy {

class Run;

// A template of set-body, compiled. Immutable.
class LiquidTemplate {
 public:
  virtual ~LiquidTemplate() = default;
  struct Input {
    const Body* body = nullptr;      // null: `body` is empty
    const Fields* fields = nullptr;  // tell by Content-Type how the body is read
    bool parse_date = true;
    bool nil_is_null = false;  // xsi-nil
  };
  // In the run's arena. May throw what a Step may.
  [[nodiscard]] virtual std::string_view render(Run& run, const Input& input) const = 0;
};

// Null where there are problems.
[[nodiscard]] std::unique_ptr<LiquidTemplate> compile_liquid(std::string_view text,
                                                             std::vector<std::string>& problems);

}  // namespace gateway::policy
