#include "model/url_template.h"

#include <algorithm>
#include <set>

#include "base/strings.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxTemplate = 2000;
constexpr std::size_t kMaxElements = 64;

// Reads one element; the problem where there is one.
std::string read_element(std::string_view text, TemplateElement& element) {
  if (text == "*") {
    element.kind = TemplateElement::Kind::Remainder;
    return "";
  }
  const std::size_t open = text.find('{');
  if (open == std::string_view::npos) {
    if (text.find('}') != std::string_view::npos) return "has a '}' without a '{'";
    if (text == "." || text == "..") return "must not contain the elements '.' and '..'";
    if (text.find('*') != std::string_view::npos) return "may have '*' as its last element alone";
    element.text = to_lower(text);
    return "";
  }
  const std::size_t close = text.find('}', open);
  if (close == std::string_view::npos) return "has a '{' without a '}'";
  const std::string_view after = text.substr(close + 1);
  if (after.find_first_of("{}") != std::string_view::npos) {
    return "may have one parameter in an element";
  }
  std::string_view name = text.substr(open + 1, close - open - 1);
  if (name.starts_with('*')) {
    if (open != 0 || !after.empty()) return "must have a '{*name}' as a whole element";
    element.kind = TemplateElement::Kind::Remainder;
    name.remove_prefix(1);
  } else {
    element.kind = TemplateElement::Kind::Parameter;
    element.text = to_lower(text.substr(0, open));
    element.suffix = to_lower(after);
  }
  if (name.empty() || name.find('{') != std::string_view::npos) {
    return "must have a name in each '{…}'";
  }
  element.name = std::string(name);
  return "";
}

std::string read(std::string_view text, UrlTemplate& out) {
  if (text.size() > kMaxTemplate) {
    return "must be at most " + std::to_string(kMaxTemplate) + " bytes long";
  }
  if (!is_utf8(text) || std::any_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
      })) {
    return "must be UTF-8 without spaces and control characters";
  }
  std::set<std::string_view> names;
  std::string_view path = text.substr(0, text.find('?'));
  std::string_view query = path.size() < text.size() ? text.substr(path.size() + 1) : std::string_view();
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!path.empty()) {
    for (const std::string_view part : split(path, '/')) {
      TemplateElement element;
      if (part.empty()) return "must not contain '//'";
      if (!out.elements.empty() && out.elements.back().kind == TemplateElement::Kind::Remainder) {
        return "may have '*' as its last element alone";
      }
      if (auto problem = read_element(part, element); !problem.empty()) return problem;
      out.elements.push_back(std::move(element));
    }
  }
  if (out.elements.size() > kMaxElements) {
    return "must have at most " + std::to_string(kMaxElements) + " elements";
  }
  if (!query.empty()) {
    for (const std::string_view part : split(query, '&')) {
      if (part.empty()) continue;
      const std::size_t equals = part.find('=');
      const std::string_view value =
          equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
      if (equals == 0 || value.size() < 3 || !value.starts_with('{') || !value.ends_with('}') ||
          value.substr(1, value.size() - 2).find_first_of("{}") != std::string_view::npos) {
        return "must have query parameters of the form name={name}";
      }
      out.query.push_back({std::string(part.substr(0, equals)),
                           std::string(value.substr(1, value.size() - 2))});
    }
  }
  for (const TemplateElement& element : out.elements) {
    if (!element.name.empty() && !names.insert(element.name).second) {
      return "has the parameter " + quote(element.name) + " twice";
    }
  }
  for (const UrlTemplate::Query& parameter : out.query) {
    if (!names.insert(parameter.name).second) {
      return "has the parameter " + quote(parameter.name) + " twice";
    }
  }
  return "";
}

}  // namespace

std::string url_template_problem(std::string_view text) {
  UrlTemplate ignored;
  return read(text, ignored);
}

UrlTemplate read_url_template(std::string_view text) {
  UrlTemplate out;
  (void)read(text, out);
  return out;
}

void capture_parameters(const UrlTemplate& url_template, std::string_view path,
                        std::string_view query, CapturedParameters& out) {
  out.clear();
  if (path.starts_with('/')) path.remove_prefix(1);
  for (const TemplateElement& element : url_template.elements) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (element.kind == TemplateElement::Kind::Remainder) {
      if (!element.name.empty()) out.emplace_back(element.name, path);
      break;
    }
    const std::size_t around = element.text.size() + element.suffix.size();
    if (element.kind == TemplateElement::Kind::Parameter && end >= around)
      out.emplace_back(element.name, path.substr(element.text.size(), end - around));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  if (query.starts_with('?')) query.remove_prefix(1);
  for (const UrlTemplate::Query& wanted : url_template.query) {
    for (std::string_view rest = query; !rest.empty();) {
      const std::size_t end = std::min(rest.find('&'), rest.size());
      const std::string_view part = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      const std::size_t equals = std::min(part.find('='), part.size());
      if (part.substr(0, equals) != wanted.parameter) continue;
      out.emplace_back(wanted.name, part.substr(std::min(equals + 1, part.size())));
      break;
    }
  }
}

}  // namespace gateway
