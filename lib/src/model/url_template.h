#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

// One element of an operation's URL template.
struct TemplateElement {
  enum class Kind : unsigned char {
    Literal,
    Parameter,  // "{id}", or with text around it: "{name}.json"
    Remainder,  // "*" or "{*rest}", at the end: any elements, or none
  };
  Kind kind = Kind::Literal;
  std::string text;    // Literal: in lower case; Parameter: before the name, in lower case
  std::string suffix;  // Parameter: after the name, in lower case
  std::string name;    // of the parameter
  bool operator==(const TemplateElement&) const = default;
};

// "/customers/{id}/orders?date={date}", taken apart. A trailing slash says nothing.
struct UrlTemplate {
  std::vector<TemplateElement> elements;
  // Query parameters that must be there, with the name that their value is known by.
  struct Query {
    std::string parameter;
    std::string name;
    bool operator==(const Query&) const = default;
  };
  std::vector<Query> query;
};

// What is wrong with a template, to follow its quoted text in a message; "" when nothing.
[[nodiscard]] std::string url_template_problem(std::string_view text);
// Of a sound template.
[[nodiscard]] UrlTemplate read_url_template(std::string_view text);
// What a template's parameters stand for in a path ("" or with a leading slash) and query ("" or with its '?')
// that match it, as written there; a bare "*" has no name. All views are into the arguments. Replaces `out`.
using CapturedParameters = std::vector<std::pair<std::string_view, std::string_view>>;
void capture_parameters(const UrlTemplate& url_template, std::string_view path,
                        std::string_view query, CapturedParameters& out);

}  // namespace gateway
