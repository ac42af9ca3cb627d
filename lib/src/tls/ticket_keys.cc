#include <cstring>
#include <mutex>

#include "tls/openssl.h"

namespace gateway {
namespace {

constexpr std::size_t kKeptKeys = 3;

class RotatingKeys final : public TicketKeySet {
 public:
  explicit RotatingKeys(std::shared_ptr<const Entropy> entropy) : entropy_(std::move(entropy)) {
    rotate();
  }

  void rotate() noexcept override {
    TicketKey key;
    entropy_->fill(std::as_writable_bytes(std::span(&key, 1)));
    auto next = std::make_shared<std::vector<TicketKey>>();
    next->push_back(key);
    const std::lock_guard lock(mutex_);
    if (keys_) {
      for (const TicketKey& old : *keys_) {
        if (next->size() < kKeptKeys) next->push_back(old);
      }
    }
    keys_ = std::move(next);
  }

  std::shared_ptr<const std::vector<TicketKey>> keys() const noexcept override {
    const std::lock_guard lock(mutex_);
    return keys_;
  }

 private:
  std::shared_ptr<const Entropy> entropy_;
  mutable std::mutex mutex_;  // held for a pointer copy, once for each handshake
  std::shared_ptr<const std::vector<TicketKey>> keys_;
};

}  // namespace

std::shared_ptr<TicketKeys> TicketKeys::create(const Environment& environment) {
  return std::make_shared<RotatingKeys>(environment.entropy);
}

}  // namespace gateway
