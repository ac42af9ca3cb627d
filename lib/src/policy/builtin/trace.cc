#include <utility>
#include <vector>

#include "policy/builtin/list.h"
#include "policy/services.h"

// trace: a message to the gateway's log and, where the request is traced, to its trace.
namespace gateway::policy {
namespace {

constexpr std::string_view kSeverities[] = {"verbose", "information", "error"};

class Trace final : public Step {
 public:
  explicit Trace(ElementCompiler& in)
      : source_(in.literal("source", std::nullopt)),
        severity_(in.literal_choice("severity", {"verbose", "information", "error"}, 0)) {
    in.only_children(in.element(), {"message", "metadata"});
    const Element* message = in.element().child("message");
    if (!message) {
      in.problem(in.element().at, "<trace> lacks a <message>");
    } else {
      message_ = in.text_operand(*message, true);
      in.mark(*this, {&message_});
    }
    for (const Element& child : in.element().children) {
      if (child.name == "message" && &child != message)
        in.problem(child.at, "<message> can be in <trace> once");
      if (child.name != "metadata") continue;
      ElementCompiler& said = in.child(child);
      metadata_.emplace_back(said.literal("name", std::nullopt), said.operand("value", true));
      in.mark(*this, {&metadata_.back().second});
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view message = message_.text(run);
    if (run.trace) run.trace->message(source_, message);
    if (Reporter* reporter = run.services().reporter) {
      std::vector<std::pair<std::string_view, std::string_view>> metadata;
      for (const auto& [key, value] : metadata_) metadata.emplace_back(key, value.text(run));
      reporter->trace(kSeverities[severity_], source_, message, metadata, run.host().request_id());
    }
    return Flow::Next;
  }

 private:
  std::string source_;
  std::size_t severity_;
  Operand message_;
  std::vector<std::pair<std::string, Operand>> metadata_;
};

}  // namespace

std::unique_ptr<Step> compile_trace(ElementCompiler& in) { return std::make_unique<Trace>(in); }

}  // namespace gateway::policy
