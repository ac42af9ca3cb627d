#include "router/operation_tree.h"

#include <algorithm>

#include "base/strings.h"

namespace gateway {
namespace {

bool has_prefix(std::string_view text, std::string_view lower_prefix) noexcept {
  return text.size() >= lower_prefix.size() &&
         equals_ignoring_case(text.substr(0, lower_prefix.size()), lower_prefix);
}
bool has_suffix(std::string_view text, std::string_view lower_suffix) noexcept {
  return text.size() >= lower_suffix.size() &&
         equals_ignoring_case(text.substr(text.size() - lower_suffix.size()), lower_suffix);
}

// Of two texts, the second in lower case: as std::string_view::compare with the first folded.
int compare_folded(std::string_view text, std::string_view lower) noexcept {
  const std::size_t common = std::min(text.size(), lower.size());
  for (std::size_t i = 0; i < common; ++i) {
    const auto a = static_cast<unsigned char>(to_lower(text[i]));
    const auto b = static_cast<unsigned char>(lower[i]);
    if (a != b) return a < b ? -1 : 1;
  }
  return text.size() == lower.size() ? 0 : text.size() < lower.size() ? -1 : 1;
}

}  // namespace

struct OperationTree::Node {
  struct Literal {
    std::string text;
    std::unique_ptr<Node> node;
  };
  struct Pattern {
    std::string prefix, suffix;
    std::unique_ptr<Node> node;
  };
  std::vector<Literal> literals;   // sorted by text
  std::vector<Pattern> patterns;   // the more text, the earlier; a bare parameter last
  std::vector<CompiledOperation> here;       // of templates that end here
  std::vector<CompiledOperation> remainder;  // of templates that go on with '*'

  Node& child(const TemplateElement& element) {
    if (element.kind == TemplateElement::Kind::Literal) {
      const auto at = std::lower_bound(
          literals.begin(), literals.end(), element.text,
          [](const Literal& literal, const std::string& text) { return literal.text < text; });
      if (at != literals.end() && at->text == element.text) return *at->node;
      return *literals.insert(at, {element.text, std::make_unique<Node>()})->node;
    }
    const auto weight = [](const std::string& prefix, const std::string& suffix) {
      return prefix.size() + suffix.size();
    };
    auto at = patterns.begin();
    for (; at != patterns.end(); ++at) {
      if (at->prefix == element.text && at->suffix == element.suffix) return *at->node;
      const std::size_t there = weight(at->prefix, at->suffix);
      const std::size_t ours = weight(element.text, element.suffix);
      if (there < ours || (there == ours && at->prefix > element.text)) break;
    }
    return *patterns.insert(at, {element.text, element.suffix, std::make_unique<Node>()})->node;
  }

  static const CompiledOperation* pick(const std::vector<CompiledOperation>& operations,
                                       std::string_view method, std::string_view query) noexcept {
    for (const CompiledOperation& operation : operations) {
      if (operation.method != method) continue;
      const bool there = std::all_of(operation.query.begin(), operation.query.end(),
                                     [&](const UrlTemplate::Query& wanted) {
                                       return find_query_parameter(query, wanted.parameter, nullptr);
                                     });
      if (there) return &operation;
    }
    return nullptr;
  }
};

OperationTree::~OperationTree() = default;
OperationTree::OperationTree(OperationTree&&) noexcept = default;
OperationTree& OperationTree::operator=(OperationTree&&) noexcept = default;

OperationTree::OperationTree(std::vector<Entry> entries) : root_(std::make_unique<Node>()) {
  // Of equals the first id answers, whatever order they came in.
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    const std::size_t x = a.operation.query.size(), y = b.operation.query.size();
    return x != y ? x > y : a.operation.id < b.operation.id;
  });
  for (Entry& entry : entries) {
    Node* node = root_.get();
    bool remainder = false;
    for (const TemplateElement& element : entry.url_template.elements) {
      remainder = element.kind == TemplateElement::Kind::Remainder;
      if (!remainder) node = &node->child(element);
    }
    (remainder ? node->remainder : node->here).push_back(std::move(entry.operation));
  }
}

const CompiledOperation* OperationTree::match(std::string_view method, std::string_view path,
                                              std::string_view query) const noexcept {
  if (path.starts_with('/')) path.remove_prefix(1);
  return find(*root_, method, path, query);
}

// `path`: what is left, without its leading slash.
const CompiledOperation* OperationTree::find(const Node& node, std::string_view method,
                                             std::string_view path,
                                             std::string_view query) noexcept {
  if (path.empty()) {
    if (const auto* found = Node::pick(node.here, method, query)) return found;
    return Node::pick(node.remainder, method, query);
  }
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view element = path.substr(0, end);
  const std::string_view rest = path.substr(std::min(end + 1, path.size()));
  const auto literal = std::lower_bound(
      node.literals.begin(), node.literals.end(), element,
      [](const Node::Literal& one, std::string_view text) { return compare_folded(text, one.text) > 0; });
  if (literal != node.literals.end() && compare_folded(element, literal->text) == 0) {
    if (const auto* found = find(*literal->node, method, rest, query)) return found;
  }
  for (const Node::Pattern& pattern : node.patterns) {
    if (element.size() <= pattern.prefix.size() + pattern.suffix.size()) continue;
    if (!has_prefix(element, pattern.prefix) || !has_suffix(element, pattern.suffix)) continue;
    if (const auto* found = find(*pattern.node, method, rest, query)) return found;
  }
  return Node::pick(node.remainder, method, query);
}

bool find_query_parameter(std::string_view query, std::string_view name,
                          std::string_view* value) noexcept {
  if (query.starts_with('?')) query.remove_prefix(1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(part.find('='), part.size());
    if (part.substr(0, equals) != name) continue;
    if (value) *value = part.substr(std::min(equals + 1, part.size()));
    return true;
  }
  return false;
}

}  // namespace gateway
