#include "expression/signature.h"

#include <algorithm>
#include <charconv>

namespace gateway::expression {
namespace {

bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

void SignatureParser::space() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
}

bool SignatureParser::fail(std::string what) {
  if (error_.empty()) error_ = std::move(what);
  return false;
}

std::string_view SignatureParser::word() {
  space();
  const std::size_t from = at_;
  while (at_ < text_.size() && is_word(text_[at_])) ++at_;
  return text_.substr(from, at_ - from);
}

bool SignatureParser::accept(std::string_view token) {
  space();
  if (!text_.substr(at_).starts_with(token)) return false;
  at_ += token.size();
  return true;
}

bool SignatureParser::accept_word(std::string_view expected) {
  space();
  const std::size_t from = at_;
  if (word() == expected) return true;
  at_ = from;
  return false;
}

bool SignatureParser::is_parameter(std::string_view name) const {
  const auto has = [&](const std::vector<std::string>& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return has(own_parameters_) || (owner_ && has(owner_->type_parameters));
}

const Type* SignatureParser::whole_type() {
  const Type* out = type();
  space();
  return at_ == text_.size() ? out : nullptr;
}

const Type* SignatureParser::named() {
  std::string name(word());
  if (name.empty()) return nullptr;
  while (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    name += '.';
    name += word();
  }
  if (is_parameter(name)) return catalog_.type_parameter(name);
  if (at_ >= text_.size() || text_[at_] != '<') return catalog_.lookup(name, 0);
  ++at_;
  std::vector<const Type*> arguments;
  std::vector<std::string> texts;
  do {
    space();
    const std::size_t from = at_;
    arguments.push_back(type());
    texts.emplace_back(text_.substr(from, at_ - from));
    space();
  } while (accept(","));
  if (!accept(">")) return nullptr;
  const Type* definition = catalog_.lookup(name, arguments.size());
  if (!definition) return nullptr;
  const bool none = std::all_of(arguments.begin(), arguments.end(), [](auto* each) { return !each; });
  if (none && (texts == definition->type_parameters ||
               std::all_of(texts.begin(), texts.end(), [](auto& each) { return each.empty(); }))) {
    return definition;
  }
  if (std::find(arguments.begin(), arguments.end(), nullptr) != arguments.end()) return nullptr;
  return catalog_.construct(definition, std::move(arguments));
}

const Type* SignatureParser::type() {
  const Type* out = named();
  while (out) {
    if (accept("[]")) {
      out = catalog_.array_of(out);
    } else if (accept("?")) {
      out = catalog_.nullable_of(out);
    } else {
      return out;
    }
  }
  return nullptr;
}

bool SignatureParser::fallback(Parameter& parameter) {
  parameter.optional = true;
  space();
  if (accept("\"")) {
    const std::size_t from = at_;
    const std::size_t end = text_.find('"', at_);
    if (end == std::string_view::npos) return fail("a string does not end");
    at_ = end + 1;
    parameter.fallback = Value::of(catalog_.keep(text_.substr(from, end - from)));
    return true;
  }
  if (accept_word("null") || accept_word("default")) return true;
  if (accept_word("true")) return parameter.fallback = Value::of(true), true;
  if (accept_word("false")) return parameter.fallback = Value::of(false), true;
  if (at_ < text_.size() && (text_[at_] == '-' || (text_[at_] >= '0' && text_[at_] <= '9'))) {
    std::int64_t number = 0;
    const char* begin = text_.data() + at_;
    const auto [end, wrong] = std::from_chars(begin, text_.data() + text_.size(), number);
    if (wrong != std::errc()) return fail("a number is none");
    at_ += static_cast<std::size_t>(end - begin);
    const Kind kind = parameter.type->kind;
    parameter.fallback = kind == Kind::Double ? Value::of(static_cast<double>(number))
                         : kind >= Kind::Char && kind <= Kind::UInt64 ? Value::integer(kind, number)
                                                                      : Value::of(static_cast<std::int32_t>(number));
    return true;
  }
  std::string name(word());
  while (accept(".")) name = word();
  for (const auto& [each, number] : parameter.type->enumerators) {
    if (each == name) return parameter.fallback = Value::enumeration(parameter.type, number), true;
  }
  return fail("the default of " + parameter.name + " is unknown");
}

bool SignatureParser::parameters(Member& member, char close) {
  const std::string_view closing(&close, 1);
  if (accept(closing)) return true;
  do {
    Parameter parameter;
    if (accept_word("this")) member.is_extension = true;
    if (accept_word("params")) parameter.params = true;
    if (accept_word("out") || accept_word("ref")) parameter.out = true;
    space();
    const std::size_t from = at_;
    parameter.type = type();
    if (!parameter.type) {
      return fail("unknown type " + std::string(text_.substr(from, text_.find_first_of(",)]", from) - from)));
    }
    parameter.name = word();
    if (parameter.name.empty()) return fail("a parameter has no name");
    if (accept("=") && !fallback(parameter)) return false;
    member.parameters.push_back(std::move(parameter));
  } while (accept(","));
  return accept(closing) || fail("parameters do not end");
}

bool SignatureParser::accessors(const Member& getter, std::vector<Member>& out) {
  const bool indexer = getter.form == MemberForm::Indexer;
  while (!accept("}")) {
    if (accept_word("get")) {
      out.push_back(getter);
    } else if (accept_word("set")) {
      Member setter = getter;
      setter.form = indexer ? MemberForm::IndexSetter : MemberForm::Setter;
      out.push_back(std::move(setter));
    } else {
      return fail("get; or set; expected");
    }
    if (!accept(";")) return fail("; expected");
  }
  return !out.empty() || fail("a property has neither get nor set");
}

std::string_view SignatureParser::operator_token() {
  space();
  const std::size_t from = at_;
  while (at_ < text_.size() && std::string_view("+-*/%=!<>&|^~").find(text_[at_]) != std::string_view::npos) ++at_;
  return text_.substr(from, at_ - from);
}

std::vector<Member> SignatureParser::members(Native call) {
  std::vector<Member> out;
  Member member;
  member.call = call;
  if (accept_word("static")) member.is_static = true;
  space();
  // The type parameters of a method stand behind its name, but may be named before.
  if (const auto paren = text_.find('('); paren != std::string_view::npos && paren > at_ && text_[paren - 1] == '>' &&
      text_.find('<') < paren && text_.find("operator") > paren) {
    auto open = text_.rfind('<', paren);
    while (open > 0 && !is_word(text_[open - 1])) open = text_.rfind('<', open - 1);
    SignatureParser names(catalog_, nullptr, text_.substr(open + 1, paren - open - 2));
    do own_parameters_.emplace_back(names.word());
    while (names.accept(","));
  }
  const auto done = [&]() {
    if (error_.empty()) out.push_back(std::move(member));
    return std::move(out);
  };
  if (accept("new(")) {
    member.form = MemberForm::Constructor;
    member.name = "new";
    member.result = owner_;
    (void)parameters(member, ')');
    return done();
  }
  for (const char* how : {"implicit", "explicit"}) {
    if (!accept_word(how)) continue;
    member.form = MemberForm::Conversion;
    member.name = how;
    if (!accept_word("operator")) fail("operator expected");
    member.result = type();
    if (!member.result) fail("unknown result");
    if (!accept("(")) fail("( expected");
    (void)parameters(member, ')');
    return done();
  }
  const std::size_t from = at_;
  member.result = type();
  if (!member.result) {
    fail("unknown type " + std::string(text_.substr(from, text_.find(' ', from) - from)));
    return out;
  }
  if (accept_word("operator")) {
    member.form = MemberForm::Operator;
    member.name = operator_token();
    if (!accept("(")) fail("( expected");
    (void)parameters(member, ')');
    return done();
  }
  if (accept("this[")) {
    member.form = MemberForm::Indexer;
    member.name = "Item";
    if (parameters(member, ']') && (accept("{") || fail("{ expected"))) (void)accessors(member, out);
    return error_.empty() ? out : std::vector<Member>{};
  }
  member.name = word();
  if (member.name.empty()) {
    fail("a name expected");
    return out;
  }
  if (accept("{")) {
    member.form = MemberForm::Property;
    (void)accessors(member, out);
    return error_.empty() ? out : std::vector<Member>{};
  }
  if (!own_parameters_.empty()) at_ = text_.find('(', at_);
  if (!accept("(")) {
    fail("( expected");
    return out;
  }
  member.type_parameters = own_parameters_;
  (void)parameters(member, ')');
  return done();
}

}  // namespace gateway::expression
