#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

// cross-domain: answers requests for /crossdomain.xml with the policy file that is its content.
namespace gateway::policy {
namespace {

class CrossDomain final : public Step {
 public:
  explicit CrossDomain(ElementCompiler& in) {
    content_ = "<?xml version=\"1.0\"?>\n" + std::string(trim(in.element().inner));
    const auto& children = in.element().children;
    if (children.size() != 1 || children.front().name != "cross-domain-policy") {
      in.problem(in.element().at, "<cross-domain> holds one <cross-domain-policy>");
    }
  }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    if (!equals_ignoring_case(run.request.original.path, "/crossdomain.xml")) return Flow::Next;
    run.response = {};
    run.response.fields.add("Content-Type", "text/xml");
    run.response.body.assign(content_);
    run.response_known = true;
    return Flow::Answer;
  }

 private:
  std::string content_;
};

}  // namespace

std::unique_ptr<Step> compile_cross_domain(ElementCompiler& in) {
  return std::make_unique<CrossDomain>(in);
}

}  // namespace gateway::policy
