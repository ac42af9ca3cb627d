#include <algorithm>

#include "base/strings.h"
#include "policy/builtin/caching.h"
#include "policy/builtin/counting.h"
#include "policy/builtin/list.h"
#include "policy/builtin/response_cache.h"
#include "policy/state/cached_response.h"

// cache-lookup: answers a GET with a response that cache-store kept. What makes requests differ is their
// URL, the parameters and fields of vary-by-query-parameter and vary-by-header, and the developer.
namespace gateway::policy {
namespace {

// Conditions and wishes of the client about caches: not the backend's business, as its response is for all.
constexpr std::string_view kOfCaches[] = {"Cache-Control", "Pragma",            "If-Match",           "If-None-Match",
                                          "If-Range",      "If-Modified-Since", "If-Unmodified-Since"};

std::vector<std::string> read_names(ElementCompiler& in, std::string_view child) {
  std::vector<std::string> out;
  for (const Element& element : in.element().children) {
    if (element.name != child) continue;
    in.only_children(element, {});
    bool any = false;
    for (const std::string_view name : split(element.text, ';')) {
      if (trim(name).empty()) continue;
      out.emplace_back(trim(name));
      any = true;
    }
    if (!any) in.problem(element.at, "<" + std::string(child) + "> needs a name");
  }
  std::sort(out.begin(), out.end());
  return out;
}

// All of a parameter's occurrences, as the client wrote them.
void append_parameter(std::string& out, std::string_view query, std::string_view name) {
  if (query.starts_with('?')) query.remove_prefix(1);
  for (const std::string_view pair : split(query, '&')) {
    if (pair.empty()) continue;
    if (equals_ignoring_case(percent_decode(pair.substr(0, pair.find('='))), name)) out.append("&").append(pair);
  }
}

// RFC 9110 §13.1: the client has what was found.
bool is_known_to_client(const Fields& request, const Fields& response) {
  const auto tag = [](std::string_view text) {
    text = trim(text);
    return text.starts_with("W/") ? text.substr(2) : text;
  };
  if (const HeaderField* wanted = request.list.find("If-None-Match")) {
    const HeaderField* own = response.list.find("ETag");
    if (!own) return false;
    if (trim(wanted->value) == "*") return true;
    for (const std::string_view one : split(wanted->value, ','))
      if (tag(one) == tag(own->value)) return true;
    return false;
  }
  const HeaderField* since = request.list.find("If-Modified-Since");
  const HeaderField* modified = response.list.find("Last-Modified");
  return since && modified && since->value == modified->value;
}

class CacheLookup final : public Step {
 public:
  explicit CacheLookup(ElementCompiler& in)
      : by_developer_(in.bool_operand("vary-by-developer", true)),
        by_groups_(in.bool_operand("vary-by-developer-groups", true)),
        type_(CachingType::read(in)),
        downstream_(in.operand("downstream-caching-type", false)),
        must_revalidate_(in.bool_operand("must-revalidate", false)),
        allow_private_(in.bool_operand("allow-private-response-caching", false)),
        headers_(read_names(in, "vary-by-header")),
        parameters_(read_names(in, "vary-by-query-parameter")) {
    in.only_children(in.element(), {"vary-by-header", "vary-by-query-parameter"});
    if (downstream_.present() && !downstream_.is_expression() && !downstream_of(downstream_.literal()))
      in.problem(in.element().attribute("downstream-caching-type")->at,
                 "downstream-caching-type must be none, private or public");
    in.mark(*this, {&by_developer_, &by_groups_, &downstream_, &must_revalidate_, &allow_private_});
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Cache* cache = type_.of(run.services());
    if (!cache || run.request.method != "GET") return Flow::Next;
    if (run.request.fields.has("Authorization") &&
        !(allow_private_.present() && allow_private_.boolean(run)))
      return Flow::Next;
    auto* ticket = run.arena().make<CacheTicket>(run.services().catalog.find("object"));
    ticket->cache = cache;
    ticket->key = key_of(run);
    ticket->downstream = downstream_of(run);
    ticket->must_revalidate = !must_revalidate_.present() || must_revalidate_.boolean(run);
    const HeaderField* wish = run.request.fields.list.find("Cache-Control");
    ticket->may_store = !wish || !has_token(wish->value, "no-store");
    leave_ticket(run, *ticket);
    auto* finding = run.arena().make<Finding>(strand, *this);
    const HeaderField* pragma = run.request.fields.list.find("Pragma");
    const bool fresh = !ticket->may_store || (wish && has_token(wish->value, "no-cache")) ||
                       (!wish && pragma && has_token(pragma->value, "no-cache"));
    if (!fresh)
      if (const Flow flow = finding->look(*cache, ticket->key); flow != Flow::Next) return flow;
    return done(strand, finding);
  }

  Flow done(Strand& strand, void* state) const override {
    Run& run = strand.run();
    const auto& finding = *static_cast<const Finding*>(state);
    std::int64_t duration = 0;
    ResponseMessage found;
    if (!finding.entry || !read_cached_response(finding.entry->content, found, duration)) {
      for (const std::string_view field : kOfCaches) run.request.fields.remove(field);
      return Flow::Next;
    }
    run.response = std::move(found);
    say_downstream(run, *find_ticket(run), duration - finding.age_ms());
    if (is_known_to_client(run.request.fields, run.response.fields)) {
      run.response.status = 304;
      run.response.reason = {};
      run.response.body = {};
      run.response.fields.remove("Content-Type");
    }
    return run.skip_to_cache_store();
  }

 private:
  static std::optional<Downstream> downstream_of(std::string_view text) {
    if (equals_ignoring_case(text, "none")) return Downstream::None;
    if (equals_ignoring_case(text, "private")) return Downstream::Private;
    if (equals_ignoring_case(text, "public")) return Downstream::Public;
    return std::nullopt;
  }
  Downstream downstream_of(Run& run) const {
    if (!downstream_.present()) return Downstream::None;
    const std::string_view text = downstream_.text(run);
    const auto read = downstream_of(text);
    if (!read)
      run.evaluation().raise("ArgumentException", "downstream-caching-type must be none, private or public, not " +
                                                      quote(text) + ".");
    return *read;
  }

  std::string_view key_of(Run& run) const {
    const Url& url = run.request.original;
    expression::Arena& arena = run.arena();
    std::string vary;
    for (const std::string& field : headers_) {
      bool present = false;
      const std::string_view value = run.request.fields.joined(field, arena, &present);
      vary.append(counter_key(arena, {to_lower(field), present ? "=" : "", value}));
    }
    std::string query;
    if (parameters_.empty()) query = url.query;
    for (const std::string& parameter : parameters_) append_parameter(query, url.query, parameter);
    const SubscriptionFacts* subscription = run.facts.subscription;
    const UserFacts* user = subscription ? subscription->user.get() : nullptr;
    std::string developer;
    if (by_developer_.boolean(run))
      developer = user ? "user " + user->id : subscription ? "subscription " + subscription->id : "nobody";
    std::string groups;
    if (by_groups_.boolean(run) && user) {
      std::vector<std::string> ids;
      for (const GroupFacts& group : user->groups) ids.push_back(group.id);
      std::sort(ids.begin(), ids.end());
      for (const std::string& one : ids) groups.append(counter_key(arena, {one}));
    }
    const std::string_view api = run.facts.api ? std::string_view(run.facts.api->id) : std::string_view();
    return counter_key(arena, {"response", api, url.scheme, to_lower(url.host), std::to_string(url.port),
                               url.path, query, vary, developer, groups});
  }

  Operand by_developer_, by_groups_;
  CachingType type_;
  Operand downstream_, must_revalidate_, allow_private_;
  std::vector<std::string> headers_, parameters_;
};

}  // namespace

std::unique_ptr<Step> compile_cache_lookup(ElementCompiler& in) { return std::make_unique<CacheLookup>(in); }

}  // namespace gateway::policy
