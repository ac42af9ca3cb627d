#include "observe/metrics.h"

#include <charconv>
#include <cmath>

namespace gateway {
namespace {

constexpr auto kBoundsUs = [] {
  std::array<std::int64_t, Histogram::kBounds.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    bounds[i] = static_cast<std::int64_t>(Histogram::kBounds[i] * 1e6 + 0.5);
  }
  return bounds;
}();

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\') {
      out.append("\\\\");
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '"' && quotes) {
      out.append("\\\"");
    } else {
      out.push_back(c);
    }
  }
}

void append_name(std::string& out, std::string_view name, std::string_view labels) {
  out.append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.push_back(' ');
}

}  // namespace

void Histogram::observe(std::int64_t microseconds) noexcept {
  if (microseconds < 0) microseconds = 0;
  std::size_t bucket = 0;
  while (bucket < kBoundsUs.size() && microseconds > kBoundsUs[bucket]) ++bucket;
  buckets[bucket].add();
  count.add();
  sum_us.add(static_cast<std::uint64_t>(microseconds));
}

void write_family(std::string& out, std::string_view name, std::string_view help,
                  std::string_view type) {
  out.append("# HELP ").append(name).append(" ");
  append_escaped(out, help, false);
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void write_sample(std::string& out, std::string_view name, std::string_view labels,
                  std::uint64_t value) {
  append_name(out, name, labels);
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end).push_back('\n');
}

void write_sample(std::string& out, std::string_view name, std::string_view labels, double value) {
  append_name(out, name, labels);
  if (std::isnan(value)) {
    out.append("NaN\n");
  } else if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf\n" : "-Inf\n");
  } else {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    out.append(digits.data(), end).push_back('\n');
  }
}

std::string escape_label(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  append_escaped(out, value, true);
  return out;
}

}  // namespace gateway
