#include "arm/operation_names.h"

#include "base/strings.h"

namespace gateway::arm {
namespace {

constexpr std::size_t kMaxName = 256;
constexpr std::size_t kMaxMadeName = 80;
constexpr std::size_t kSuffix = 6;  // "-10000"

bool is_fit(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte <= 0x20 || byte == 0x7F) return false;
  return std::string_view("*#&+:<>?/\\%;\"'`{}[]|^").find(c) == std::string_view::npos;
}
bool is_plain(char c) { return is_alpha(c) || is_digit(c); }

// Runs of what does not fit become one '-', none at either end.
template <typename Fits>
std::string dashed(std::string_view text, Fits fits) {
  std::string out;
  bool gap = false;
  for (const char c : text) {
    if (!fits(c)) {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) out += '-';
    gap = false;
    out += c;
  }
  return out;
}

std::string cut(std::string text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xC0) == 0x80) --max;
  text.resize(max);
  return text;
}

}  // namespace

std::string OperationNames::take(std::string_view operation_id, std::string_view method,
                                 std::string_view path) {
  const std::string start = cut(std::string(operation_id.substr(0, 4 * kMaxName)), 2 * kMaxName);
  std::string name = cut(dashed(start, is_fit), kMaxName - kSuffix);
  if (name.empty() || name == "." || name == "..") {
    const std::string whole = std::string(method) + "-" + std::string(path);
    name = cut(dashed(to_lower(whole), is_plain), kMaxMadeName - kSuffix);
  }
  const std::string base = to_lower(name);
  if (taken_.insert(base).second) return name;
  for (std::size_t& suffix = last_suffix_[base];;) {
    const std::string tail = "-" + std::to_string(++suffix);
    if (taken_.insert(base + tail).second) return name + tail;
  }
}

}  // namespace gateway::arm
