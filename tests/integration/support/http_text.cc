#include "support/http_text.h"

#include <utility>
#include <vector>

#include "base/strings.h"

namespace gateway::test {
namespace {

constexpr std::string_view kAnything = "{*}";

struct Text {
  std::string_view start;
  std::vector<std::pair<std::string_view, std::string_view>> fields;  // a "!Name" has no value
  bool has_body = false;
  std::string_view body;
};

Text read(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  Text out;
  bool first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (first) {
      out.start = line;
      first = false;
    } else if (line.empty()) {
      out.has_body = true;
      out.body = text;
      break;
    } else {
      const std::size_t colon = line.find(':');
      out.fields.emplace_back(trim(line.substr(0, colon)), colon == std::string_view::npos
                                                               ? std::string_view()
                                                               : trim(line.substr(colon + 1)));
    }
  }
  return out;
}

std::vector<std::string_view> values_of(const Text& message, std::string_view name) {
  std::vector<std::string_view> out;
  for (const auto& [known, value] : message.fields)
    if (equals_ignoring_case(known, name)) out.push_back(value);
  return out;
}

void tell(std::string& out, char sign, std::string_view what) {
  out += sign;
  out += ' ';
  out += what;
  out += '\n';
}

}  // namespace

std::string wire_message(std::string_view text, bool always_length) {
  const Text message = read(text);
  std::string out(message.start);
  out += "\r\n";
  bool framed = false, closes = false;
  for (const auto& [name, value] : message.fields) {
    framed = framed || equals_ignoring_case(name, "Content-Length") ||
             equals_ignoring_case(name, "Transfer-Encoding");
    closes = closes || equals_ignoring_case(name, "Connection");
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!closes) out += "Connection: close\r\n";
  if (!framed && (always_length || !message.body.empty())) {
    out.append("Content-Length: ").append(std::to_string(message.body.size())).append("\r\n");
  }
  return out.append("\r\n").append(message.body);
}

bool matches(std::string_view pattern, std::string_view text) {
  const std::size_t any = pattern.find(kAnything);
  if (any == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, any))) return false;
  text.remove_prefix(any);
  pattern.remove_prefix(any + kAnything.size());
  for (;;) {
    if (matches(pattern, text)) return true;
    if (text.empty()) return false;
    text.remove_prefix(1);
  }
}

std::string difference(std::string_view expected, const Message& actual) {
  const Text wanted = read(expected);
  std::string head = actual.head;
  if (head.ends_with("\r\n\r\n")) head.resize(head.size() - 2);
  const Text got = read(head);
  std::string out;
  if (!matches(wanted.start, got.start)) {
    tell(out, '-', wanted.start);
    tell(out, '+', got.start.empty() ? "(nothing came)" : got.start);
  }
  std::vector<std::string_view> looked_at;
  for (const auto& [name, value] : wanted.fields) {
    if (name.starts_with('!')) {
      for (const std::string_view there : values_of(got, name.substr(1))) {
        tell(out, '-', name);
        tell(out, '+', std::string(name.substr(1)) + ": " + std::string(there));
      }
      continue;
    }
    bool seen = false;
    for (const std::string_view known : looked_at) seen = seen || equals_ignoring_case(known, name);
    if (seen) continue;
    looked_at.push_back(name);
    const auto wants = values_of(wanted, name), has = values_of(got, name);
    bool same = wants.size() == has.size();
    for (std::size_t i = 0; same && i < wants.size(); ++i) same = matches(wants[i], has[i]);
    if (same) continue;
    for (const std::string_view one : wants)
      tell(out, '-', std::string(name) + ": " + std::string(one));
    for (const std::string_view one : has)
      tell(out, '+', std::string(name) + ": " + std::string(one));
    if (has.empty()) tell(out, '+', "(no " + std::string(name) + ")");
  }
  if (wanted.has_body && !matches(wanted.body, actual.body)) {
    for (const std::string_view line : split(wanted.body, '\n')) tell(out, '-', line);
    for (const std::string_view line : split(actual.body, '\n')) tell(out, '+', line);
  }
  return out;
}

}  // namespace gateway::test
