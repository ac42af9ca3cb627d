#pragma once

#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace gateway {

// Puts a head together and appends it to `out` in as few pieces as it can: at the latest when it dies.
class HeadWriter {
 public:
  explicit HeadWriter(std::string& out) noexcept : out_(out) {}
  ~HeadWriter() { flush(); }
  HeadWriter(const HeadWriter&) = delete;
  HeadWriter& operator=(const HeadWriter&) = delete;

  HeadWriter& text(std::string_view piece) {
    if (piece.size() > room()) return large(piece);
    put(piece);
    return *this;
  }
  void field(std::string_view name, std::string_view value) {
    if (name.size() + value.size() + 4 > room()) {
      text(name).text(": ").text(value).text("\r\n");
      return;
    }
    put(name);
    std::memcpy(at_, ": ", 2);
    at_ += 2;
    put(value);
    std::memcpy(at_, "\r\n", 2);
    at_ += 2;
  }
  HeadWriter& number(std::uint64_t value, int base = 10) {
    char digits[24];
    const char* end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
    return text({digits, static_cast<std::size_t>(end - digits)});
  }
  void flush() {
    out_.append(pieces_, static_cast<std::size_t>(at_ - pieces_));
    at_ = pieces_;
  }

 private:
  static constexpr std::size_t kSize = 2048;

  [[nodiscard]] std::size_t room() const noexcept {
    return kSize - static_cast<std::size_t>(at_ - pieces_);
  }
  // Most pieces are short: two words that overlap are cheaper than a call.
  void put(std::string_view piece) noexcept {
    const std::size_t size = piece.size();
    const char* from = piece.data();
    if (size >= 8 && size <= 16) {
      std::memcpy(at_, from, 8);
      std::memcpy(at_ + size - 8, from + size - 8, 8);
    } else if (size >= 4 && size < 8) {
      std::memcpy(at_, from, 4);
      std::memcpy(at_ + size - 4, from + size - 4, 4);
    } else if (size > 0) {
      std::memcpy(at_, from, size);
    }
    at_ += size;
  }
  HeadWriter& large(std::string_view piece) {
    flush();
    if (piece.size() > kSize) {
      out_.append(piece);
    } else {
      put(piece);
    }
    return *this;
  }

  std::string& out_;
  char pieces_[kSize];
  char* at_ = pieces_;
};

}  // namespace gateway
