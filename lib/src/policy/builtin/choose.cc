#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

namespace gateway::policy {
namespace {

// <choose>: the policies of the first <when> whose condition is true, else those of <otherwise>.
// Conditions after it are not evaluated; where nothing holds, nothing is done.
class Choose final : public Step {
 public:
  struct Branch {
    Operand condition;
    Block block;
  };
  std::vector<Branch> when;
  Block otherwise;

  Flow run(Strand& strand) const override {
    for (const Branch& branch : when)
      if (branch.condition.boolean(strand.run())) return enter(strand, branch.block);
    return enter(strand, otherwise);
  }

 private:
  static Flow enter(Strand& strand, const Block& block) {
    if (block.empty()) return Flow::Next;
    strand.enter(block);
    return Flow::Enter;
  }
};

}  // namespace

std::unique_ptr<Step> compile_choose(ElementCompiler& in) {
  auto step = std::make_unique<Choose>();
  const Element& choose = in.element();
  in.only_children(choose, {"when", "otherwise"});
  if (!trim(choose.text).empty()) in.problem(choose.text_at, "text has no place in <choose>");
  const Element* otherwise = nullptr;
  for (const Element& one : choose.children) {
    if (otherwise && (one.name == "when" || one.name == "otherwise"))
      in.problem(one.at, "<otherwise> is the last element of <choose>, and there is at most one");
    if (one.name == "when") {
      Choose::Branch branch;
      branch.condition = in.child(one).bool_operand("condition", true);
      branch.block = in.block(one);
      in.mark(*step, {&branch.condition});
      step->when.push_back(std::move(branch));
    } else if (one.name == "otherwise") {
      otherwise = &one;
      (void)in.child(one);
      step->otherwise = in.block(one);
    }
  }
  if (step->when.empty()) in.problem(choose.at, "<choose> lacks a <when>");
  return step;
}

}  // namespace gateway::policy
