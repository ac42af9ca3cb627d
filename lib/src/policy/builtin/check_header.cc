#include <vector>

#include "base/strings.h"
#include "http/headers.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

// check-header: a request without that header, or with another value of it than one of those that
// are listed, is refused with this status and message.
namespace gateway::policy {
namespace {

class CheckHeader final : public Step {
 public:
  explicit CheckHeader(ElementCompiler& in)
      : header_(in.operand("name", true)),
        status_(in.int_operand("failed-check-httpcode", true, 200, 999)),
        message_(in.operand("failed-check-error-message", true)),
        ignore_case_(in.bool_operand("ignore-case", true)) {
    in.only_children(in.element(), {"value"});
    in.mark(*this, {&header_, &status_, &message_, &ignore_case_});
    for (const Element& child : in.element().children) {
      if (child.name != "value") continue;
      values_.push_back(in.text_operand(child, true));
      in.mark(*this, {&values_.back()});
    }
    if (header_.present() && !header_.is_expression() && !is_token(header_.literal())) {
      in.problem(in.element().attribute("name")->at,
                 quote(header_.literal()) + " is no name of a header");
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view wanted = header_.text(run);
    bool found = false;
    const std::string_view value = run.request.fields.joined(wanted, run.arena(), &found);
    if (!found) {
      return refuse(
          strand, "HeaderNotFound",
          "Header " + std::string(wanted) + " was not found in the request. Access denied.");
    }
    if (values_.empty()) return Flow::Next;
    const bool ignores_case = ignore_case_.boolean(run);
    for (const Operand& allowed : values_) {
      const std::string_view text = allowed.text(run);
      if (ignores_case ? equals_ignoring_case(text, value) : text == value) return Flow::Next;
    }
    return refuse(strand, "HeaderValueNotAllowed",
                  "Header " + std::string(wanted) + " value of " + std::string(value) +
                      " is not allowed. Access denied.");
  }

 private:
  Flow refuse(Strand& strand, std::string_view reason, const std::string& detail) const {
    Run& run = strand.run();
    const std::int64_t status = status_.integer(run);
    if (status < 200 || status > 999) {
      throw Failure{
          500, "InvalidStatusCode", "failed-check-httpcode is a number from 200 to 999.", {}, {}};
    }
    Failure failure;
    failure.status = static_cast<int>(status);
    failure.reason = reason;
    failure.message = run.arena().copy(detail);
    failure.public_message = message_.text(run);
    return run.fail(strand, failure);
  }

  Operand header_, status_, message_, ignore_case_;
  std::vector<Operand> values_;
};

}  // namespace

std::unique_ptr<Step> compile_check_header(ElementCompiler& in) {
  return std::make_unique<CheckHeader>(in);
}

}  // namespace gateway::policy
