#include "policy/trace.h"

#include "base/strings.h"
#include "observe/json_text.h"

namespace gateway::policy {
namespace {

constexpr std::size_t kShown = 512;  // bytes of a value
constexpr std::string_view kSections[] = {"inbound", "backend", "outbound", "on-error"};
constexpr std::string_view kScopes[] = {"operation", "api", "product", "global"};

std::string shown(std::string_view text) {
  std::string out(text.substr(0, kShown));
  if (text.size() > kShown) out += "… (" + std::to_string(text.size()) + " bytes)";
  return out;
}

std::string text_of(const Body& body) {
  switch (body.state) {
    case Body::State::None: return "none";
    case Body::State::Streaming: return "not read";
    case Body::State::Consumed: return "taken by an expression";
    case Body::State::Whole: break;
  }
  return shown(body.data);
}

bool is_credential(std::string_view name) {
  const std::string lower = to_lower(name);
  return lower == "authorization" || lower == "proxy-authorization" || lower == "cookie" || lower == "set-cookie" ||
         lower.ends_with("-key") || lower.ends_with("-token");
}

std::string_view word(Flow flow) {
  switch (flow) {
    case Flow::Next: return "next";
    case Flow::Enter: return "enter";
    case Flow::Wait: return "wait";
    case Flow::Answer: return "answer";
    case Flow::Fail: return "fail";
  }
  return "";
}

}  // namespace

TraceRecorder::State TraceRecorder::state_of(Run& run) const {
  State state;
  state["request method"] = run.request.method;
  const Url& url = run.request.url;
  state["request url"] = std::string(url.scheme) + "://" + std::string(url.host) +
                         (url.port == 0 ? "" : ":" + std::to_string(url.port)) + std::string(url.path) +
                         std::string(url.query);
  state["request body"] = text_of(run.request.body);
  const auto put_fields = [&](std::string_view of, const Fields& fields) {
    for (const HeaderField& field : fields.list) {
      std::string& value = state[std::string(of) + " header " + to_lower(field.name)];
      if (!value.empty()) value += ", ";
      value += hide_ && is_credential(field.name) ? std::string("(hidden)") : shown(field.value);
    }
  };
  put_fields("request", run.request.fields);
  if (run.response_known) {
    state["response status"] = std::to_string(run.response.status) + " " + std::string(run.response.reason);
    state["response body"] = text_of(run.response.body);
    put_fields("response", run.response.fields);
  }
  // A value that cannot be told is no reason to fail.
  expression::Evaluation evaluation(run.arena(), run.evaluation().catalog(), run.evaluation().environment());
  for (const auto& [name, value] : run.variables()) {
    std::string text = "?";
    try {
      evaluation.begin();
      text = value.is_null() ? "null" : shown(evaluation.to_text(value));
    } catch (const expression::Raised&) {
    } catch (const expression::BudgetExceeded&) {
    }
    state["variable " + std::string(name)] = std::move(text);
  }
  if (const LastError* error = run.last_error())
    state["error"] = std::string(error->source) + ": " + std::string(error->reason) + ": " + shown(error->message);
  return state;
}

void TraceRecorder::note_changes() {
  State now = state_of(run_);
  if (!steps_.empty()) {
    TracedStep& step = steps_.back();
    for (const auto& [what, value] : now) {
      const auto at = last_.find(what);
      if (at == last_.end()) {
        step.changes.push_back(what + ": " + value);
      } else if (at->second != value) {
        step.changes.push_back(what + ": " + at->second + " → " + value);
      }
    }
    for (const auto& [what, value] : last_) {
      if (!now.contains(what)) step.changes.push_back(what + ": " + value + " → (gone)");
    }
  }
  last_ = std::move(now);
}

void TraceRecorder::on_section(Section section) {
  note_changes();
  section_ = section;
}

void TraceRecorder::before(const Step& step, Run&) {
  note_changes();
  if (steps_.size() >= kSteps) return;
  TracedStep traced;
  traced.section = kSections[static_cast<std::size_t>(section_)];
  traced.path = step.path.empty() ? std::string(step.name) : step.path;
  traced.scope = kScopes[static_cast<std::size_t>(step.scope)];
  steps_.push_back(std::move(traced));
}

void TraceRecorder::after(const Step&, Run&, Flow flow) {
  if (!steps_.empty() && steps_.back().outcome.empty()) steps_.back().outcome = word(flow);
}

void TraceRecorder::message(std::string_view source, std::string_view text) {
  if (steps_.empty()) return;
  steps_.back().messages.push_back(std::string(source) + ": " + shown(text));
}

void TraceRecorder::finish() { note_changes(); }

std::string trace_json(std::string_view request_id, const std::vector<TracedStep>& steps) {
  std::string out = "{\"requestId\":";
  append_json_string(out, request_id);
  out += ",\"steps\":[";
  const auto list = [&out](const char* name, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    out += ",\"";
    out += name;
    out += "\":[";
    for (const std::string& text : texts) {
      if (&text != &texts.front()) out += ',';
      append_json_string(out, text);
    }
    out += ']';
  };
  for (const TracedStep& step : steps) {
    if (&step != &steps.front()) out += ',';
    out += "{\"section\":";
    append_json_string(out, step.section);
    out += ",\"path\":";
    append_json_string(out, step.path);
    out += ",\"scope\":";
    append_json_string(out, step.scope);
    out += ",\"outcome\":";
    append_json_string(out, step.outcome);
    list("changes", step.changes);
    list("messages", step.messages);
    out += '}';
  }
  out += "]}\n";
  return out;
}

void TraceStore::put(std::string_view request_id, std::string json) {
  if (json.size() > kMaxBytes) return;
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= kKept) kept_.erase(kept_.begin());
  kept_.emplace_back(request_id, std::move(json));
}

std::string TraceStore::find(std::string_view request_id) const {
  const std::lock_guard lock(mutex_);
  for (auto at = kept_.rbegin(); at != kept_.rend(); ++at)
    if (at->first == request_id) return at->second;
  return {};
}

}  // namespace gateway::policy
