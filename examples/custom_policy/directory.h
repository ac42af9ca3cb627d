#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

// A thread of its own that answers one question after another, as a client of a database might.
class Directory {
 public:
  Directory() : thread_([this] { work(); }) {}
  ~Directory() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  void ask(std::string key, std::function<void(std::string)> answer) {
    {
      const std::lock_guard lock(mutex_);
      questions_.emplace_back(std::move(key), std::move(answer));
    }
    changed_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
      if (stopping_) return;
      auto [key, answer] = std::move(questions_.front());
      questions_.pop_front();
      lock.unlock();
      answer(key.empty() ? "nobody" : "tenant-of-" + key);
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::string, std::function<void(std::string)>>> questions_;
  bool stopping_ = false;
  std::thread thread_;
};
