#include "policy/builtin/cors.h"

#include <string>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

namespace gateway::policy {
namespace {

// Scheme and host in lower case, without the scheme's own port and without a slash at the end.
std::string normal_origin(std::string_view text) {
  std::string out = to_lower(trim(text));
  while (out.ends_with('/')) out.pop_back();
  if (out.starts_with("http://") && out.ends_with(":80")) out.resize(out.size() - 3);
  if (out.starts_with("https://") && out.ends_with(":443")) out.resize(out.size() - 4);
  return out;
}

void read_list(ElementCompiler& in, Step& step, std::string_view list, std::string_view item,
               bool required, std::vector<Operand>& out) {
  const Element* holder = in.element().child(list);
  if (!holder) {
    if (required) in.problem(in.element().at, "<cors> lacks <" + std::string(list) + ">");
    return;
  }
  in.only_children(*holder, {item});
  (void)in.child(*holder);
  for (const Element& child : holder->children) {
    if (child.name != item) continue;
    out.push_back(in.text_operand(child, true));
    in.mark(step, {&out.back()});
  }
  if (out.empty())
    in.problem(holder->at,
               "<" + std::string(list) + "> has at least one <" + std::string(item) + ">");
}

std::vector<std::string_view> texts(Run& run, const std::vector<Operand>& operands) {
  std::vector<std::string_view> out;
  for (const Operand& operand : operands) {
    const std::string_view text = trim(operand.text(run));
    if (!text.empty() && is_field_value(text)) out.push_back(text);
  }
  return out;
}

bool has_any(const std::vector<std::string_view>& list) {
  for (const std::string_view one : list)
    if (one == "*") return true;
  return false;
}
bool has(const std::vector<std::string_view>& list, std::string_view wanted) {
  for (const std::string_view one : list)
    if (one == "*" || equals_ignoring_case(one, wanted)) return true;
  return false;
}

std::string joined(const std::vector<std::string_view>& list) {
  std::string out;
  for (const std::string_view one : list) out.append(out.empty() ? "" : ",").append(one);
  return out;
}

}  // namespace

CorsPolicy::CorsPolicy(ElementCompiler& in)
    : allow_credentials_(in.bool_operand("allow-credentials", false)),
      terminate_unmatched_(in.bool_operand("terminate-unmatched-request", false)) {
  in.only_children(in.element(),
                   {"allowed-origins", "allowed-methods", "allowed-headers", "expose-headers"});
  read_list(in, *this, "allowed-origins", "origin", true, origins_);
  read_list(in, *this, "allowed-methods", "method", false, methods_);
  read_list(in, *this, "allowed-headers", "header", false, headers_);
  read_list(in, *this, "expose-headers", "header", false, exposed_);
  if (const Element* list = in.element().child("allowed-methods")) {
    max_age_ = in.child(*list).int_operand("preflight-result-max-age", false, 0, INT32_MAX);
  }
  in.mark(*this, {&allow_credentials_, &terminate_unmatched_, &max_age_});
}

bool CorsPolicy::allows_origin(Run& run, std::string_view origin) const {
  const std::string wanted = normal_origin(origin);
  for (const std::string_view one : texts(run, origins_))
    if (one == "*" || normal_origin(one) == wanted) return true;
  return false;
}

void CorsPolicy::add_origin(Run& run, Fields& fields, std::string_view origin,
                            bool credentials) const {
  fields.set("Access-Control-Allow-Origin", origin);
  fields.remove("Access-Control-Allow-Credentials");
  if (credentials) fields.add("Access-Control-Allow-Credentials", "true");
  bool varies = false;
  const std::string_view vary = fields.joined("Vary", run.arena(), &varies);
  if (!has_token(vary, "Origin") && !has_token(vary, "*")) fields.add("Vary", "Origin");
}

Flow CorsPolicy::run(Strand& strand) const {
  Run& run = strand.run();
  const HeaderField* origin = run.request.fields.list.find("Origin");
  if (!origin) return Flow::Next;
  if (!allows_origin(run, origin->value)) {
    const bool simple = run.request.method == "GET" || run.request.method == "HEAD";
    if (!simple || !terminate_unmatched_.present() || !terminate_unmatched_.boolean(run))
      return Flow::Next;
    run.response = {};
    run.response_known = true;
    return Flow::Answer;
  }
  const bool credentials = allow_credentials_.present() && allow_credentials_.boolean(run);
  const std::string_view exposed = run.arena().copy(joined(texts(run, exposed_)));
  const std::string_view named = run.arena().copy(origin->value);
  run.at_end([this, named, credentials, exposed](Run& ending) {
    add_origin(ending, ending.response.fields, named, credentials);
    if (!exposed.empty()) ending.response.fields.set("Access-Control-Expose-Headers", exposed);
  });
  return Flow::Next;
}

bool CorsPolicy::matches_preflight(Run& run) const {
  const HeaderField* origin = run.request.fields.list.find("Origin");
  const HeaderField* method = run.request.fields.list.find("Access-Control-Request-Method");
  if (!origin || !method || !allows_origin(run, origin->value)) return false;
  std::vector<std::string_view> methods = texts(run, methods_);
  if (methods_.empty()) methods = {"GET", "POST"};
  if (!has(methods, trim(method->value))) return false;
  const std::string_view wanted =
      run.request.fields.joined("Access-Control-Request-Headers", run.arena(), nullptr);
  const std::vector<std::string_view> headers = texts(run, headers_);
  for (const std::string_view one : split(wanted, ',')) {
    const std::string_view name_of_field = trim(one);
    if (!name_of_field.empty() && !has(headers, name_of_field)) return false;
  }
  return true;
}

void CorsPolicy::answer(Run& run) const {
  Fields& fields = run.response.fields;
  const bool credentials = allow_credentials_.present() && allow_credentials_.boolean(run);
  add_origin(run, fields, run.request.fields.list.find("Origin")->value, credentials);
  std::vector<std::string_view> methods = texts(run, methods_);
  if (methods_.empty()) methods = {"GET", "POST"};
  fields.add("Access-Control-Allow-Methods",
             has_any(methods)
                 ? trim(run.request.fields.list.find("Access-Control-Request-Method")->value)
                 : run.arena().copy(joined(methods)));
  const std::vector<std::string_view> headers = texts(run, headers_);
  const std::string_view wanted =
      run.request.fields.joined("Access-Control-Request-Headers", run.arena(), nullptr);
  if (has_any(headers)) {
    if (!wanted.empty()) fields.add("Access-Control-Allow-Headers", wanted);
  } else if (!headers.empty()) {
    fields.add("Access-Control-Allow-Headers", run.arena().copy(joined(headers)));
  }
  if (max_age_.present())
    fields.add("Access-Control-Max-Age", run.arena().copy(std::to_string(max_age_.integer(run))));
}

bool CorsPolicy::answer_preflight(Run& run) const {
  try {
    if (matches_preflight(run)) {
      answer(run);
      return true;
    }
    return terminate_unmatched_.present() && terminate_unmatched_.boolean(run);
  } catch (const expression::Raised&) {
  } catch (const expression::BudgetExceeded&) {
  } catch (const Failure&) {
  } catch (const std::bad_alloc&) {
  }
  run.response = {};
  return false;
}

std::unique_ptr<Step> compile_cors(ElementCompiler& in) { return std::make_unique<CorsPolicy>(in); }

}  // namespace gateway::policy
