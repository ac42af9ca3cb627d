#include "policy/reporter.h"

#include <fmt/format.h>

#include "base/log.h"

namespace gateway::policy {
namespace {

// A label's name as Prometheus takes it.
std::string label_name(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    out.push_back(plain ? c : '_');
  }
  if (out.empty() || (out[0] >= '0' && out[0] <= '9')) out.insert(0, 1, '_');
  return out;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out.push_back(',');
  out.append(name).append("=\"");
  for (const char c : value) {
    if (c == '\\' || c == '"') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

}  // namespace

void ObserverReporter::trace(std::string_view severity, std::string_view source, std::string_view message,
                             const std::vector<std::pair<std::string_view, std::string_view>>& metadata,
                             std::string_view request_id) noexcept {
  Logger::Fields fields{{"source", std::string(source)}, {"request_id", std::string(request_id)}};
  for (const auto& [name, value] : metadata) fields.emplace_back(name, value);
  const LogLevel level = severity == "error"         ? LogLevel::Error
                         : severity == "information" ? LogLevel::Info
                                                     : LogLevel::Debug;
  log(observer_, level, "PolicyTrace", "policy", std::string(message), std::move(fields));
}

void ObserverReporter::metric(
    std::string_view ns, std::string_view name, double value,
    const std::vector<std::pair<std::string_view, std::string_view>>& dimensions) noexcept {
  std::string labels;
  append_label(labels, "namespace", ns);
  append_label(labels, "name", name);
  for (const auto& [dimension, text] : dimensions) append_label(labels, label_name(dimension), text);
  const std::lock_guard lock(mutex_);
  auto at = series_.find(labels);
  if (at == series_.end()) {
    if (series_.size() >= kSeries) {
      labels.clear();
      append_label(labels, "namespace", ns);
      append_label(labels, "name", name);
      append_label(labels, "overflow", "true");
    }
    at = series_.try_emplace(labels).first;
  }
  at->second.sum += value;
  ++at->second.count;
}

void ObserverReporter::warn(std::string_view what) noexcept {
  const std::int64_t now = environment_.clock->unix_ms();
  {
    const std::lock_guard lock(mutex_);
    if (warned_ms_.size() >= kWarnings) warned_ms_.clear();
    const auto at = warned_ms_.find(what);
    if (at != warned_ms_.end() && now - at->second < 1'000) return;
    if (at != warned_ms_.end()) {
      at->second = now;
    } else {
      warned_ms_.emplace(what, now);
    }
  }
  log(observer_, LogLevel::Warn, "PolicyWarning", "policy", std::string(what));
}

void ObserverReporter::write_metrics(std::string& out) const {
  const std::lock_guard lock(mutex_);
  if (series_.empty()) return;
  out += "# HELP gateway_policy_metric What the policy emit-metric counted.\n"
         "# TYPE gateway_policy_metric summary\n";
  for (const auto& [labels, series] : series_) {
    out += fmt::format("gateway_policy_metric_sum{{{}}} {}\ngateway_policy_metric_count{{{}}} {}\n",
                       labels, series.sum, labels, series.count);
  }
}

}  // namespace gateway::policy
