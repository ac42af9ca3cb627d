#include <string>
#include <vector>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/query.h"
#include "policy/run.h"

// rewrite-uri: another path and query for the backend, below its base URL. "{name}" is what the
// operation's template matched.
namespace gateway::policy {
namespace {

// "rest" of "*rest".
std::string_view parameter_name(std::string_view written) noexcept {
  if (written.starts_with('*')) written.remove_prefix(1);
  return written;
}

// The names in braces.
std::vector<std::string_view> placeholders(std::string_view text) {
  std::vector<std::string_view> names;
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    names.push_back(parameter_name(text.substr(open + 1, close - open - 1)));
    open = close;
  }
  return names;
}

class RewriteUri final : public Step {
 public:
  explicit RewriteUri(ElementCompiler& in)
      : template_(in.operand("template", true)),
        copy_unmatched_(in.bool_operand("copy-unmatched-params", false)) {
    in.only_children(in.element(), {});
    in.mark(*this, {&template_, &copy_unmatched_});
    if (!template_.present() || template_.is_expression()) return;
    const OperationFacts* operation = in.surroundings().operation;
    if (!operation) return;
    const auto known = placeholders(operation->url_template);
    for (const std::string_view wanted : placeholders(template_.literal())) {
      bool found = false;
      for (const std::string_view one : known) found = found || equals_ignoring_case(one, wanted);
      if (!found) {
        in.problem(in.element().attribute("template")->at,
                   quote("{" + std::string(wanted) + "}") +
                       " is no parameter of the operation's template " +
                       quote(operation->url_template));
      }
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string filled = fill(run, trim(template_.text(run)));
    const bool copies = !copy_unmatched_.present() || copy_unmatched_.boolean(run);
    const std::size_t question = filled.find('?');
    std::string below(run.request.base_path);
    if (!filled.starts_with('/')) below += '/';
    append_url_text(std::string_view(filled).substr(0, question), true, below);
    std::string query;
    if (question != std::string::npos && question + 1 < filled.size()) {
      append_url_text(std::string_view(filled).substr(question), false, query);
    }
    if (copies) add_unmatched(run, query);
    run.request.url.path = run.arena().copy(below);
    run.request.url.query = run.arena().copy(query);
    return Flow::Next;
  }

 private:
  static std::string fill(Run& run, std::string_view text) {
    std::string out;
    while (!text.empty()) {
      const std::size_t open = text.find('{');
      const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
      out += text.substr(0, close == std::string_view::npos ? close : open);
      if (close == std::string_view::npos) break;
      const std::string_view wanted = parameter_name(text.substr(open + 1, close - open - 1));
      const std::string_view* value = nullptr;
      for (const auto& [known, matched] : run.matched_parameters)
        if (equals_ignoring_case(known, wanted)) value = &matched;
      if (!value) {
        throw Failure{500,
                      "UnknownTemplateParameter",
                      run.arena().copy("The operation has no parameter " + quote(wanted) +
                                       " for rewrite-uri."),
                      {},
                      {}};
      }
      out += *value;
      text.remove_prefix(close + 1);
    }
    return out;
  }

  // Parameters of the request that neither the operation's template nor this one names.
  static void add_unmatched(Run& run, std::string& query) {
    const std::string_view operation = run.facts.operation
                                           ? std::string_view(run.facts.operation->url_template)
                                           : std::string_view();
    const std::size_t question = operation.find('?');
    const auto taken = query_parts(question == std::string_view::npos ? std::string_view()
                                                                      : operation.substr(question));
    const std::string said = query;
    const auto own = query_parts(said);
    const auto names = [&](const std::vector<QueryPart>& parts, std::string_view wanted) {
      for (const QueryPart& part : parts)
        if (equals_ignoring_case(decode_part(part.name, run.arena()), wanted)) return true;
      return false;
    };
    for (const QueryPart& part : query_parts(run.request.url.query)) {
      const std::string_view given = decode_part(part.name, run.arena());
      if (names(taken, given) || names(own, given)) continue;
      query += query.empty() ? '?' : '&';
      query += part.name;
      if (part.has_value) query.append("=").append(part.value);
    }
  }

  Operand template_, copy_unmatched_;
};

}  // namespace

std::unique_ptr<Step> compile_rewrite_uri(ElementCompiler& in) {
  return std::make_unique<RewriteUri>(in);
}

}  // namespace gateway::policy
