#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <netinet/in.h>
#include <uv.h>

#include "upstream/worker_context.h"

namespace gateway {

// DNS names of backends, by the system's resolver on libuv's threads, remembered for a while: found
// names for 30 s, others for 1 s. One worker.
class Resolver {
 public:
  explicit Resolver(WorkerContext& context) : context_(context) {}
  ~Resolver();

  // Who waits for an answer; destroying it withdraws.
  class Waiter {
   public:
    virtual ~Waiter();
    // Null: the name does not resolve. The port of the address is 0.
    virtual void on_resolved(const sockaddr_storage* address) noexcept = 0;

   private:
    friend class Resolver;
    Resolver* resolver_ = nullptr;
    std::string name_;
  };
  // Answers at once from memory, or later. Addresses of a name take turns.
  void resolve(const std::string& name, Waiter& waiter);

 private:
  struct Entry {
    std::vector<sockaddr_storage> addresses;
    std::size_t next = 0;
    std::int64_t good_until = 0;
    std::list<Waiter*> waiting;
    bool asking = false;
  };
  struct Question;
  void answered(const std::string& name, std::vector<sockaddr_storage> addresses) noexcept;
  void withdraw(Waiter& waiter) noexcept;

  WorkerContext& context_;
  std::unordered_map<std::string, Entry> entries_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace gateway
