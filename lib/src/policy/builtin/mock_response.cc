#include "http/headers.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

// mock-response: ends the pipeline with an empty response of this status and type.
namespace gateway::policy {
namespace {

class MockResponse final : public Step {
 public:
  explicit MockResponse(ElementCompiler& in)
      : status_(static_cast<int>(in.literal_int("status-code", 200, 200, 999))),
        content_type_(in.literal("content-type", "")) {
    (void)in.literal_int("index", 0, 0, 1'000'000);
    in.only_children(in.element(), {});
    if (!is_field_value(content_type_))
      in.problem(in.element().at, "content-type has a control character");
  }
  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    run.response = {};
    run.response.status = status_;
    if (!content_type_.empty()) run.response.fields.add("Content-Type", content_type_);
    run.response_known = true;
    return Flow::Answer;
  }

 private:
  int status_;
  std::string content_type_;
};

}  // namespace

std::unique_ptr<Step> compile_mock_response(ElementCompiler& in) {
  return std::make_unique<MockResponse>(in);
}

}  // namespace gateway::policy
