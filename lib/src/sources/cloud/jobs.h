#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "base/uv.h"

namespace gateway::cloud {

// Work on libuv's thread pool for an owner that goes away only when all of it has ended. Everything
// belongs to the loop's thread, but for the work itself.
class Jobs {
 public:
  explicit Jobs(uv_loop_t* loop) : state_(std::make_shared<State>()) { state_->loop = loop; }

  // `done` runs on the loop's thread after `work`; not any more after stop().
  void run(std::function<void()> work, std::function<void()> done) {
    ++state_->running;
    uv::queue_work(state_->loop, std::move(work), [state = state_, done = std::move(done)] {
      --state->running;
      if (!state->stopped) done();
      state->settle();
    });
  }

  // Calls `ended` once no work runs, at once where none does.
  void stop(std::function<void()> ended) {
    state_->stopped = true;
    state_->ended = std::move(ended);
    state_->settle();
  }

 private:
  struct State {
    uv_loop_t* loop = nullptr;
    int running = 0;
    bool stopped = false;
    std::function<void()> ended;

    void settle() {
      if (running == 0 && stopped && ended) std::exchange(ended, nullptr)();
    }
  };

  std::shared_ptr<State> state_;
};

}  // namespace gateway::cloud
