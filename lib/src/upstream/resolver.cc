#include "upstream/resolver.h"

#include <cstring>

namespace gateway {
namespace {

constexpr std::int64_t kFoundMs = 30'000;
constexpr std::int64_t kMissingMs = 1'000;
constexpr std::size_t kMaxNames = 10'000;

}  // namespace

// Lives until libuv's callback, which may come after the resolver.
struct Resolver::Question {
  uv_getaddrinfo_t request{};
  Resolver* resolver = nullptr;
  std::weak_ptr<bool> alive;
  std::string name;
};

Resolver::~Resolver() {
  for (auto& [name, entry] : entries_) {
    for (Waiter* waiter : entry.waiting) waiter->resolver_ = nullptr;
  }
}

Resolver::Waiter::~Waiter() {
  if (resolver_) resolver_->withdraw(*this);
}

void Resolver::withdraw(Waiter& waiter) noexcept {
  const auto at = entries_.find(waiter.name_);
  if (at != entries_.end()) at->second.waiting.remove(&waiter);
  waiter.resolver_ = nullptr;
}

void Resolver::resolve(const std::string& name, Waiter& waiter) {
  if (entries_.size() > kMaxNames) {
    std::erase_if(entries_, [](const auto& entry) { return !entry.second.asking; });
  }
  Entry& entry = entries_[name];
  if (!entry.asking && entry.good_until > context_.now()) {
    waiter.on_resolved(entry.addresses.empty()
                           ? nullptr
                           : &entry.addresses[entry.next++ % entry.addresses.size()]);
    return;
  }
  waiter.resolver_ = this;
  waiter.name_ = name;
  entry.waiting.push_back(&waiter);
  if (entry.asking) return;
  entry.asking = true;
  auto question = std::make_unique<Question>();
  question->resolver = this;
  question->alive = alive_;
  question->name = name;
  question->request.data = question.get();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  const int status = uv_getaddrinfo(
      context_.loop, &question->request,
      [](uv_getaddrinfo_t* request, int result, addrinfo* found) {
        const std::unique_ptr<Question> owner(static_cast<Question*>(request->data));
        std::vector<sockaddr_storage> addresses;
        for (const addrinfo* at = result == 0 ? found : nullptr; at; at = at->ai_next) {
          sockaddr_storage address{};
          std::memcpy(&address, at->ai_addr, at->ai_addrlen);
          addresses.push_back(address);
        }
        uv_freeaddrinfo(found);
        if (owner->alive.lock()) owner->resolver->answered(owner->name, std::move(addresses));
      },
      name.c_str(), nullptr, &hints);
  if (status == 0) {
    (void)question.release();
  } else {
    answered(name, {});
  }
}

void Resolver::answered(const std::string& name, std::vector<sockaddr_storage> addresses) noexcept {
  Entry& entry = entries_[name];
  entry.asking = false;
  entry.good_until = context_.now() + (addresses.empty() ? kMissingMs : kFoundMs);
  entry.addresses = std::move(addresses);
  std::list<Waiter*> waiting;
  waiting.swap(entry.waiting);
  while (!waiting.empty()) {
    Waiter* waiter = waiting.front();
    waiting.pop_front();
    waiter->resolver_ = nullptr;
    Entry& now = entries_[name];
    waiter->on_resolved(now.addresses.empty() ? nullptr
                                              : &now.addresses[now.next++ % now.addresses.size()]);
  }
}

}  // namespace gateway
