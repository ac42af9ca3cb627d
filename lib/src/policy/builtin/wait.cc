#include <vector>

#include "policy/builtin/list.h"
#include "policy/run.h"

// wait: its send-request, cache-lookup-value and choose policies are executed beside one another, until all
// of them have ended, or the first one has (for="any"): the others are cancelled then. An error of one ends
// the rest.
namespace gateway::policy {
namespace {

class Wait final : public Step {
 public:
  explicit Wait(ElementCompiler& in) {
    any_ = in.literal_choice("for", {"all", "any"}, 0) == 1;
    for (auto& step : in.block_of(in.element(), {"send-request", "cache-lookup-value", "choose"}, {})) {
      Block one;
      one.push_back(std::move(step));
      branches_.push_back(std::move(one));
    }
    if (branches_.empty())
      in.problem(in.element().at, "<wait> has none of send-request, cache-lookup-value, choose");
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    auto state = std::make_shared<State>();  // outlives the run where this strand is what ends it
    state->strand = &strand;
    state->left = branches_.size();
    for (const Block& branch : branches_) {
      const std::size_t index = state->children.size();
      state->children.push_back(nullptr);
      state->children[index] = &run.spawn(strand, branch, [this, state, index](Flow flow) {
        state->children[index] = nullptr;
        ended(*state, flow);
      });
    }
    state->starting = true;
    for (std::size_t i = 0; i < state->children.size() && !state->over; ++i)
      run.start_child(*state->children[i]);
    state->starting = false;
    if (state->over) return state->flow;
    strand.wait_for(std::make_unique<Children>(state));
    return Flow::Wait;
  }

 private:
  struct State {
    Strand* strand = nullptr;
    std::vector<Strand*> children;  // null: it has ended
    std::size_t left = 0;
    bool starting = false;  // inside of run()
    bool over = false;
    Flow flow = Flow::Next;
    void cancel_rest() {
      for (Strand*& child : children)
        if (child) strand->run().cancel_child(*std::exchange(child, nullptr));
    }
  };
  // Ends those that still run with the strand that waits for them.
  class Children final : public Pending {
   public:
    explicit Children(std::shared_ptr<State> state) : state_(std::move(state)) {}
    ~Children() override { state_->cancel_rest(); }

   private:
    std::shared_ptr<State> state_;
  };

  void ended(State& state, Flow flow) const {
    if (state.over) return;
    --state.left;
    if (flow == Flow::Next && !any_ && state.left > 0) return;
    state.over = true;
    state.flow = flow;
    state.cancel_rest();
    if (!state.starting) state.strand->resume(flow);
  }

  bool any_ = false;
  std::vector<Block> branches_;
};

}  // namespace

std::unique_ptr<Step> compile_wait(ElementCompiler& in) { return std::make_unique<Wait>(in); }

}  // namespace gateway::policy
