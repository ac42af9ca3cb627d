#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/connection.h"

namespace gateway::test {

// A server on 127.0.0.1 with a thread of its own: remembers each request, and answers the n-th one
// with the n-th of its answers, the last one again and again. One request on each connection.
class CannedServer {
 public:
  CannedServer();
  ~CannedServer();
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // Once. Whole responses, as they go over the wire; none: it never answers.
  void start(std::vector<std::string> answers);
  // What came so far.
  [[nodiscard]] std::vector<Message> requests() const;

 private:
  void serve() noexcept;

  std::vector<std::string> answers_;
  int fd_ = -1;
  int stop_ = -1;  // an eventfd
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<Message> requests_;
  std::thread thread_;
};

}  // namespace gateway::test
