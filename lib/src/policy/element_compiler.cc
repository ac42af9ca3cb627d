#include "policy/element_compiler.h"

#include <algorithm>
#include <charconv>

#include "base/strings.h"
#include "policy/suggestion.h"
#include "policy/xml_text.h"

namespace gateway::policy {
namespace {

bool is_expression(std::string_view text) noexcept { return starts_expression(trim(text), 0); }

bool parse_int(std::string_view text, std::int64_t& out) noexcept {
  text = trim(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

std::string whole_number(std::int64_t least, std::int64_t most) {
  if (most == INT64_MAX)
    return least == INT64_MIN ? "a whole number"
                              : "a whole number from " + std::to_string(least) + " on";
  return "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
}

// "/when[2]": the way from an element to one below it; false: it is not there.
bool find_below(const Element& from, const Element& wanted, std::string& path) {
  std::size_t ordinal = 0;
  for (const Element& one : from.children) {
    ++ordinal;
    const auto size = path.size();
    path.append(one.name).append("[").append(std::to_string(ordinal)).append("]/");
    if (&one == &wanted || find_below(one, wanted, path)) return true;
    path.resize(size);
  }
  return false;
}

}  // namespace

ElementWork::ElementWork(DocumentWork& work, const Element& element, BlockPlace inside)
    : work_(work), element_(element), inside_(std::move(inside)) {
  if (inside_.once) once_before_ = *inside_.once;
}

void ElementWork::problem(Position at, std::string message) {
  work_.problem(inside_.place, at, std::move(message));
}

void ElementWork::warning(Position at, std::string message) {
  work_.warning(inside_.place, at, std::move(message));
}

std::string ElementWork::of_attribute(std::string_view name) const {
  return quote(name) + " of " + tag(element_.name);
}

const Attribute* ElementWork::ask(std::string_view name, bool required) {
  if (std::find(asked_.begin(), asked_.end(), name) == asked_.end()) asked_.push_back(name);
  const Attribute* found = element_.attribute(name);
  if (!found && required)
    problem(element_.at, tag(element_.name) + " lacks the attribute " + quote(name));
  return found;
}

const Attribute* ElementWork::ask_literal(std::string_view name, bool required) {
  const Attribute* found = ask(name, required);
  if (!found || inside_.place.reading->is_unresolved(found->value)) return nullptr;
  if (is_expression(found->value)) {
    problem(found->at, of_attribute(name) + " cannot be an expression");
    return nullptr;
  }
  return found;
}

std::string_view ElementWork::literal(std::string_view name,
                                      std::optional<std::string_view> fallback) {
  const Attribute* found = ask_literal(name, !fallback);
  return found ? found->value : fallback.value_or(std::string_view());
}

bool ElementWork::literal_bool(std::string_view name, std::optional<bool> fallback) {
  const Attribute* found = ask_literal(name, !fallback);
  if (!found) return fallback.value_or(false);
  const auto text = trim(found->value);
  if (equals_ignoring_case(text, "true")) return true;
  if (!equals_ignoring_case(text, "false"))
    problem(found->at, of_attribute(name) + " is \"true\" or \"false\", not " + quote(text));
  return false;
}

std::int64_t ElementWork::literal_int(std::string_view name, std::optional<std::int64_t> fallback,
                                      std::int64_t least, std::int64_t most) {
  const Attribute* found = ask_literal(name, !fallback);
  if (!found) return fallback.value_or(least);
  std::int64_t out = 0;
  if (parse_int(found->value, out) && out >= least && out <= most) return out;
  problem(found->at,
          of_attribute(name) + " is " + whole_number(least, most) + ", not " + quote(found->value));
  return least;
}

std::size_t ElementWork::literal_choice(std::string_view name,
                                        std::initializer_list<std::string_view> allowed,
                                        std::optional<std::size_t> fallback) {
  const Attribute* found = ask_literal(name, !fallback);
  if (!found) return fallback.value_or(0);
  const auto text = trim(found->value);
  for (std::size_t i = 0; i < allowed.size(); ++i)
    if (equals_ignoring_case(allowed.begin()[i], text)) return i;
  problem(found->at, of_attribute(name) + " is one of " + listed(allowed) + ", not " + quote(text));
  return fallback.value_or(0);
}

Operand ElementWork::make_operand(std::string_view text, std::string_view literal,
                                  const std::string& what) {
  const auto source = trim(text);
  if (!starts_expression(source, 0) || inside_.place.reading->is_unresolved(source))
    return Operand(std::string(literal));
  const Document& document = inside_.place.reading->document();
  if (!work_.around.catalog) {
    problem(document.position_of(source), "there are no expressions here: " + what);
    return Operand(std::string(literal));
  }
  const auto end = expression::end_of_expression(source, 0);
  if (end != std::string_view::npos && end < source.size()) {
    problem(document.position_of(source.substr(end)),
            what + " is an expression as a whole, or none: nothing may follow its last bracket");
    return Operand(std::string(literal));
  }
  std::vector<expression::CompileError> errors;
  auto program = expression::compile(source, *work_.around.catalog, work_.names, errors);
  for (auto& error : errors)
    problem(document.position_of(source.substr(std::min(error.offset, source.size()))),
            "the expression of " + what + ": " + error.message);
  if (!program || !errors.empty()) {
    if (errors.empty())
      problem(document.position_of(source), "the expression of " + what + " is none");
    return Operand(std::string(literal));
  }
  return Operand(std::move(program), std::string(source));
}

Operand ElementWork::operand(std::string_view name, bool required) {
  const Attribute* found = ask(name, required);
  return found ? make_operand(found->value, found->value, of_attribute(name)) : Operand();
}

Operand ElementWork::int_operand(std::string_view name, bool required, std::int64_t least,
                                 std::int64_t most) {
  Operand out = operand(name, required);
  const Attribute* found = element_.attribute(name);
  if (!found || is_expression(found->value) || inside_.place.reading->is_unresolved(found->value))
    return out;
  std::int64_t number = 0;
  if (!parse_int(found->value, number) || number < least || number > most)
    problem(found->at, of_attribute(name) + " is an expression or " + whole_number(least, most) +
                           ", not " + quote(found->value));
  return out;
}

Operand ElementWork::bool_operand(std::string_view name, bool required) {
  Operand out = operand(name, required);
  const Attribute* found = element_.attribute(name);
  if (!found || is_expression(found->value) || inside_.place.reading->is_unresolved(found->value))
    return out;
  const auto text = trim(found->value);
  if (!equals_ignoring_case(text, "true") && !equals_ignoring_case(text, "false"))
    problem(found->at,
            of_attribute(name) + " is an expression, \"true\" or \"false\", not " + quote(text));
  return out;
}

Operand ElementWork::text_operand(const Element& of, bool trimmed) {
  return make_operand(of.text, trimmed ? trim(of.text) : of.text, "the text of " + tag(of.name));
}

Operand ElementWork::attribute_operand(const Element& of, std::string_view name, bool required) {
  return child(of).operand(name, required);
}

BlockPlace ElementWork::place_of(const Element& of) const {
  BlockPlace out = inside_;
  if (&of != &element_) {
    std::string below;
    if (find_below(element_, of, below)) out.path += below;
  }
  return out;
}

Block ElementWork::block(const Element& of) {
  Block out;
  const BlockPlace place = place_of(of);
  if (&of == &element_ || !place.once) {
    compile_block(work_, of, place, out);
    return out;
  }
  *place.once = once_before_;
  compile_block(work_, of, place, out);
  once_in_branches_.insert(place.once->begin(), place.once->end());
  *place.once = once_before_;
  place.once->insert(once_in_branches_.begin(), once_in_branches_.end());
  return out;
}

Block ElementWork::block_of(const Element& of, std::initializer_list<std::string_view> allowed,
                            std::initializer_list<std::string_view> others) {
  Block out;
  compile_block_of(work_, of, place_of(of), allowed, others, out);
  return out;
}

void ElementWork::only_children(const Element& of,
                                std::initializer_list<std::string_view> allowed) {
  for (const Element& one : of.children) {
    if (std::find(allowed.begin(), allowed.end(), one.name) != allowed.end()) continue;
    std::string message = tag(one.name) + " cannot be in " + tag(of.name);
    message += allowed.size() == 0 ? ", which has no elements" : ", only: " + listed(allowed);
    problem(one.at, message + did_you_mean(one.name, allowed));
  }
}

ElementCompiler& ElementWork::child(const Element& of) {
  if (&of == &element_) return *this;
  for (const auto& one : children_)
    if (&one->element_ == &of) return *one;
  return *children_.emplace_back(std::make_unique<ElementWork>(work_, of, place_of(of)));
}

void ElementWork::mark(Step& step, std::initializer_list<const Operand*> operands) {
  for (const Operand* one : operands) {
    if (!one || !one->program()) continue;
    if (one->program()->uses("IRequest", "Body")) step.reads_request_body = true;
    if (one->program()->uses("IResponse", "Body")) step.reads_response_body = true;
  }
}

void ElementWork::finish() {
  for (const Attribute& one : element_.attributes) {
    if (one.name == "id" || std::find(asked_.begin(), asked_.end(), one.name) != asked_.end())
      continue;
    std::vector<std::string_view> allowed = asked_;
    if (std::find(allowed.begin(), allowed.end(), "id") == allowed.end()) allowed.push_back("id");
    problem(one.at, tag(element_.name) + " has no attribute " + quote(one.name) +
                        ", only: " + listed(allowed) + did_you_mean(one.name, allowed));
  }
  for (const auto& one : children_) one->finish();
}

}  // namespace gateway::policy
