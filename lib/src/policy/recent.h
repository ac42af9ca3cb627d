#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gateway::policy {

// A bounded number of things by key; the least recently used go. One thread.
template <typename T>
class Recent {
 public:
  explicit Recent(std::size_t most) : most_(most) {}
  // Lives until the next put(). Null: not there.
  [[nodiscard]] T* find(std::string_view key) {
    const auto at = by_key_.find(key);
    if (at == by_key_.end()) return nullptr;
    order_.splice(order_.begin(), order_, at->second);
    return &at->second->second;
  }
  T& put(std::string key, T value) {
    if (T* known = find(key)) return *known = std::move(value);
    if (order_.size() >= most_) {
      by_key_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(std::move(key), std::move(value));
    by_key_[order_.front().first] = order_.begin();
    return order_.front().second;
  }
  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }

 private:
  using Order = std::list<std::pair<std::string, T>>;  // the newest first
  std::size_t most_;
  Order order_;
  std::unordered_map<std::string_view, typename Order::iterator> by_key_;  // keys are in order_
};

}  // namespace gateway::policy
