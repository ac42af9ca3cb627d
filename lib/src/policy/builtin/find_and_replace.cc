#include "policy/builtin/list.h"
#include "policy/builtin/text_bodies.h"
#include "policy/services.h"

// find-and-replace: in the body of the request (inbound, backend) or the response, every `from`
// becomes `to`.
namespace gateway::policy {
namespace {

class FindAndReplace final : public Step {
 public:
  explicit FindAndReplace(ElementCompiler& in)
      : from_(in.operand("from", true)), to_(in.operand("to", true)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&from_, &to_});
    const bool of_request = in.section() == Section::Inbound || in.section() == Section::Backend;
    (of_request ? reads_request_body : reads_response_body) = true;
    if (from_.present() && !from_.is_expression() && from_.literal().empty()) {
      in.problem(in.element().attribute("from")->at, "\"from\" of <find-and-replace> is empty");
    }
  }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view from = from_.text(run);
    const std::string_view to = to_.text(run);
    if (from.empty())
      throw Failure{500, "InvalidText", "What find-and-replace looks for is empty.", {}, {}};
    Body& body = run.body();
    if (!body.is_whole() || body.data.find(from) == std::string_view::npos) return Flow::Next;
    check_size(run, body.data, from, to);
    body.assign(run.arena().copy(replace_all(body.data, from, to)));
    return Flow::Next;
  }

 private:
  // Before memory is taken for it.
  static void check_size(Run& run, std::string_view text, std::string_view from,
                         std::string_view to) {
    if (to.size() <= from.size()) return;
    const std::size_t most = run.services().limits.body;
    std::size_t size = text.size();
    for (std::size_t at = text.find(from); at != std::string_view::npos;
         at = text.find(from, at + from.size())) {
      size += to.size() - from.size();
      if (size > most)
        throw Failure{500, "BodyTooLarge", "The replaced body is too large.", {}, {}};
    }
  }

  Operand from_, to_;
};

}  // namespace

std::unique_ptr<Step> compile_find_and_replace(ElementCompiler& in) {
  return std::make_unique<FindAndReplace>(in);
}

}  // namespace gateway::policy
