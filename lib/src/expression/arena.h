#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace gateway::expression {

// Thrown when a limit of memory or steps is passed. No `catch` of an expression sees it.
struct BudgetExceeded {
  const char* what;  // static
};

// Memory that is given back all at once, at the end of the exchange. One thread. What is made here is
// destroyed then, in reverse order, where its destructor is not trivial.
class Arena final : public std::pmr::memory_resource {
 public:
  explicit Arena(std::size_t limit = std::size_t{64} << 20) : limit_(limit) {}
  ~Arena() override;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Throws BudgetExceeded past the limit.
  template <typename T, typename... Args>
  T* make(Args&&... args) {
    T* object = new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
    if constexpr (!std::is_trivially_destructible_v<T>) {
      on_reset(object, [](void* it) noexcept { static_cast<T*>(it)->~T(); });
    }
    return object;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = bytes(text.size());
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  // As memory_resource's, without the detour where there is room.
  void* allocate(std::size_t size, std::size_t alignment = alignof(std::max_align_t)) {
    char* const start = at_ + (-reinterpret_cast<std::uintptr_t>(at_) & (alignment - 1));
    if (!at_ || start > end_ || size > static_cast<std::size_t>(end_ - start) ||
        size > limit_ - used_ || used_ > limit_)
      return do_allocate(size, alignment);
    at_ = start + size;
    used_ += size;
    return start;
  }
  char* bytes(std::size_t size) { return static_cast<char*>(allocate(size, 1)); }

  // Bytes handed out since the last reset.
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  void set_limit(std::size_t limit) noexcept { limit_ = limit; }
  // Destroys everything. Keeps the first block for the next exchange.
  void reset() noexcept;

 private:
  struct Cleanup {
    void* object;
    void (*destroy)(void*) noexcept;
    Cleanup* next;
  };
  struct Block {
    Block* next;
    std::size_t size;
  };
  static constexpr std::size_t kFirstBlock = 8 * 1024;
  static constexpr std::size_t kLargestBlock = 256 * 1024;

  void* do_allocate(std::size_t size, std::size_t alignment) override;
  void do_deallocate(void*, std::size_t, std::size_t) noexcept override {}
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
  void on_reset(void* object, void (*destroy)(void*) noexcept);

  std::size_t limit_;
  std::size_t used_ = 0;
  Block* blocks_ = nullptr;  // the newest first
  char* at_ = nullptr;
  char* end_ = nullptr;
  Cleanup* cleanups_ = nullptr;
};

}  // namespace gateway::expression
