#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "policy/document.h"

namespace gateway::policy {

using NamedValueLookup = std::function<const std::string*(std::string_view display_name)>;

// A document's text with {{Display name}} replaced by values, which stand there as text: their '<',
// '&' and quotes make no markup. What a value says is not looked at again.
struct Substituted {
  struct Put {
    std::size_t at = 0, size = 0;             // in `text`
    std::size_t source = 0, source_size = 0;  // of the reference, as the author wrote it
    std::string name;
    const std::string* value = nullptr;  // of the lookup
  };
  std::string text;
  std::vector<Put> puts;  // ascending

  // Where the author wrote what stands at `offset` of `text`; inside of a value: the reference.
  [[nodiscard]] std::size_t source_offset(std::size_t offset) const noexcept;
};

// A name of letters, digits, '-', '.', '_' in {{ }} that is unknown is a problem, but in the text
// of <set-body template="liquid">, where it may be Liquid's own. Comments are left alone.
[[nodiscard]] Substituted put_named_values(std::string_view text, const NamedValueLookup& lookup,
                                           std::vector<Problem>& problems);

// Keeps values out of messages: what a message quotes of one becomes its {{name}}.
class Redaction {
 public:
  explicit Redaction(const std::vector<Substituted::Put>& puts);
  [[nodiscard]] std::string apply(std::string message) const;

 private:
  // Parts of that many bytes are recognised wherever they stand; shorter ones only in quotes.
  static constexpr std::size_t kPart = 6;
  std::unordered_map<std::string_view, const std::string*> parts_;   // to the name
  std::unordered_map<std::string_view, const std::string*> tokens_;  // values and words of them
};

}  // namespace gateway::policy
