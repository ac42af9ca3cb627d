#include <string>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/builtin/text_bodies.h"
#include "policy/query.h"

// jsonp: where the client names a function in that query parameter, a JSON response is a call of
// it.
namespace gateway::policy {
namespace {

// "a.b$_1": names of ASCII letters, digits, '_' and '$', joined by dots.
bool is_identifier(std::string_view text) noexcept {
  bool starts = true;
  for (const char c : text) {
    if (c == '.') {
      if (starts) return false;
      starts = true;
      continue;
    }
    if (!is_alpha(c) && c != '_' && c != '$' && (starts || !is_digit(c))) return false;
    starts = false;
  }
  return !starts;
}

class Jsonp final : public Step {
 public:
  explicit Jsonp(ElementCompiler& in) : parameter_(in.operand("callback-parameter-name", true)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&parameter_});
    reads_response_body = true;
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view wanted = parameter_.text(run);
    std::string_view callback;
    bool found = false;
    for (const QueryPart& part : query_parts(run.request.original.query)) {
      if (!equals_ignoring_case(decode_part(part.name, run.arena()), wanted)) continue;
      callback = decode_part(part.value, run.arena());
      found = true;
      break;
    }
    if (!found) return Flow::Next;
    if (!is_identifier(callback)) {
      Failure failure;
      failure.status = 400;
      failure.reason = "CallbackParameterInvalid";
      failure.message = run.arena().copy("Value of callback parameter " + std::string(wanted) +
                                         " is not a valid JavaScript identifier.");
      return run.fail(strand, failure);
    }
    ResponseMessage& response = run.response;
    if (!response.body.is_whole() || !has_json(response.fields)) return Flow::Next;
    std::string call(callback);
    call.append("(").append(response.body.data).append(");");
    response.body.assign(run.arena().copy(call));
    response.fields.set("Content-Type", "application/javascript");
    return Flow::Next;
  }

 private:
  Operand parameter_;
};

}  // namespace

std::unique_ptr<Step> compile_jsonp(ElementCompiler& in) { return std::make_unique<Jsonp>(in); }

}  // namespace gateway::policy
