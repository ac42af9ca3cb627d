#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/builtin/message_changes.h"
#include "policy/query.h"

// set-query-parameter: as set-header, of the URL to forward to. Several values are the parameter
// several times.
namespace gateway::policy {
namespace {

class SetQueryParameter final : public Step {
 public:
  explicit SetQueryParameter(ElementCompiler& in) {
    said_.read(in, *this);
    if (const Attribute* given = in.element().attribute("name");
        given && trim(given->value).empty()) {
      in.problem(given->at, "the name of a query parameter is empty");
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Url& url = run.request.url;
    const std::string_view parameter = said_.name.text(run);
    const ExistsAction::Kind action = said_.action.kind(run);
    const bool replaces =
        action == ExistsAction::Kind::Override || action == ExistsAction::Kind::Delete;
    bool found = false;
    std::string query;
    for (const QueryPart& part : query_parts(url.query)) {
      const bool same = equals_ignoring_case(decode_part(part.name, run.arena()), parameter);
      found = found || same;
      if (same && replaces) continue;
      start_part(query);
      query += part.name;
      if (part.has_value) query.append("=").append(part.value);
    }
    if (action == ExistsAction::Kind::Skip && found) return Flow::Next;
    if (action != ExistsAction::Kind::Delete) {
      for (const std::string_view value : said_.texts(run)) {
        start_part(query);
        append_part(parameter, query);
        query += '=';
        append_part(value, query);
      }
    }
    url.query = run.arena().copy(query);
    return Flow::Next;
  }

 private:
  static void start_part(std::string& query) { query += query.empty() ? '?' : '&'; }
  NamedValues said_;
};

}  // namespace

std::unique_ptr<Step> compile_set_query_parameter(ElementCompiler& in) {
  return std::make_unique<SetQueryParameter>(in);
}

}  // namespace gateway::policy
