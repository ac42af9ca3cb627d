#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// How what is cached is put into bytes: numbers as eight bytes, the highest first; texts after their size.
namespace gateway::policy {

inline void write_number(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}
inline void write_text(std::string& out, std::string_view text) {
  write_number(out, text.size());
  out.append(text);
}

// Reads that again. What it answers after good() has become false means nothing.
class BytesReader {
 public:
  explicit BytesReader(std::string_view content) : left_(content) {}
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] std::string_view rest() const noexcept { return left_; }
  std::uint64_t number() noexcept {
    std::uint64_t out = 0;
    for (const char c : take(8)) out = out << 8 | static_cast<std::uint8_t>(c);
    return out;
  }
  std::string_view text() noexcept { return take(number()); }
  std::string_view take(std::uint64_t size) noexcept {
    if (!good_ || size > left_.size()) {
      good_ = false;
      return {};
    }
    const std::string_view out = left_.substr(0, size);
    left_.remove_prefix(size);
    return out;
  }

 private:
  std::string_view left_;
  bool good_ = true;
};

}  // namespace gateway::policy
