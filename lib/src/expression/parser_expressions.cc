#include <string>

#include "expression/recursive_descent.h"

namespace gateway::expression {

using namespace syntax;

namespace {

struct Level {
  std::string_view op;
  int precedence;
};
constexpr Level kLevels[] = {{"||", 2}, {"&&", 3}, {"|", 4},  {"^", 5},  {"&", 6},  {"==", 7}, {"!=", 7}, {"<", 8}, {">", 8},
                             {"<=", 8}, {">=", 8}, {"is", 8}, {"as", 8}, {"<<", 9}, {"+", 10}, {"-", 10}, {"*", 11},
                             {"/", 11}, {"%", 11}};
constexpr std::string_view kAssignments[] = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<="};

}  // namespace

const Expr* Parser::throwing_or(const Expr* (Parser::*other)()) {
  if (!is("throw")) return (this->*other)();
  const std::size_t offset = token().offset;
  ++at_;
  return node(ExprKind::Throw, offset, coalesce());
}

const Expr* Parser::expression() {
  const Deeper deeper(*this);
  if (starts_lambda()) return lambda();
  const Expr* left = throwing_or(&Parser::conditional);
  const std::size_t offset = token().offset;
  if (is(">") && is(">=", 1) && token(1).offset == offset + 1) {
    at_ += 2;
    Expr* out = node(ExprKind::Assign, offset, left, expression());
    out->text = ">>";
    return out;
  }
  for (const std::string_view op : kAssignments) {
    if (!accept(op)) continue;
    Expr* out = node(ExprKind::Assign, offset, left, expression());
    out->text = op.substr(0, op.size() - 1);
    return out;
  }
  return left;
}

const Expr* Parser::conditional() {
  const Expr* condition = coalesce();
  if (!is("?")) return condition;
  const std::size_t offset = token().offset;
  ++at_;
  const Expr* then = throwing_or(&Parser::expression);
  expect(":");
  const Expr* other = throwing_or(&Parser::expression);
  return node(ExprKind::Conditional, offset, condition, then, other);
}

const Expr* Parser::coalesce() {
  const Deeper deeper(*this);
  const Expr* left = binary(2);
  if (!is("??")) return left;
  const std::size_t offset = token().offset;
  ++at_;
  Expr* out = node(ExprKind::Binary, offset, left, throwing_or(&Parser::coalesce));
  out->text = "??";
  return out;
}

// How many tokens the operator is made of; 0: there is none.
std::size_t Parser::operator_at(std::string_view& op, int& precedence) const noexcept {
  if (is(">") && (is(">", 1) || is(">=", 1)) && token(1).offset == token().offset + 1) {
    if (is(">=", 1)) return 0;
    op = ">>";
    precedence = 9;
    return 2;
  }
  for (const Level& level : kLevels) {
    if (!is(level.op)) continue;
    op = level.op;
    precedence = level.precedence;
    return 1;
  }
  return 0;
}

const Expr* Parser::binary(int least) {
  const Expr* left = unary();
  while (true) {
    std::string_view op;
    int precedence = 0;
    const std::size_t count = operator_at(op, precedence);
    if (count == 0 || precedence < least) return left;
    if (op == "is" || op == "as") {
      left = relation(left);
      continue;
    }
    const std::size_t offset = token().offset;
    at_ += count;
    Expr* out = node(ExprKind::Binary, offset, left, binary(precedence + 1));
    out->text = op;
    left = out;
  }
}

const Expr* Parser::relation(const Expr* left) {
  const std::size_t offset = token().offset;
  const bool as = accept("as");
  if (!as) expect("is");
  Expr* out = node(as ? ExprKind::As : ExprKind::Is, offset, left);
  const std::size_t from = at_;
  out->type = type(true);
  if (out->type && !as && (is(".") || is("("))) {  // no type but a constant
    out->type = nullptr;
    at_ = from;
  }
  if (!out->type) {
    if (as) fail("a type expected");
    out->b = binary(9);
    raise_height(*out, out->b);
    return out;
  }
  if (!as && is_identifier() && token().text != "when" && token().text != "and" && token().text != "or") {
    out->text = identifier();
  }
  return out;
}

const Expr* Parser::unary() {
  const Deeper deeper(*this);
  const std::size_t offset = token().offset;
  for (const std::string_view op : {"-", "+", "!", "~"}) {
    if (!accept(op)) continue;
    // -2147483648 is an int.
    if (op == "-" && token().kind == TokenKind::Number && !token().is_decimal && !is(".", 1) && token().offset == offset + 1) {
      const Value& number = token().value;
      const auto bits = static_cast<std::uint64_t>(number.integer());
      if ((number.kind() == Kind::UInt32 && bits == 0x80000000) || (number.kind() == Kind::UInt64 && bits == 0x8000000000000000)) {
        Expr* out = make(ExprKind::Literal, offset);
        out->value = number.kind() == Kind::UInt32 ? Value::of(std::int32_t{-2147483647 - 1}) : Value::of(static_cast<std::int64_t>(bits));
        ++at_;
        return out;
      }
    }
    Expr* out = node(ExprKind::Unary, offset, unary());
    out->text = op;
    return out;
  }
  for (const std::string_view op : {"++", "--"}) {
    if (!accept(op)) continue;
    Expr* out = node(ExprKind::Increment, offset, unary());
    out->text = op;
    return out;
  }
  if (is("(")) {
    if (const Expr* out = cast()) return out;
  }
  return postfix(primary());
}

// "(T)x" by C#'s rule: what stands behind the bracket decides. Null: it is none.
const Expr* Parser::cast() {
  const std::size_t from = at_;
  const std::size_t offset = token().offset;
  ++at_;
  const bool predefined = is_predefined();
  const TypeName* to = type();
  if (!to || !accept(")")) return at_ = from, nullptr;
  const Token& next = token();
  bool is_cast = predefined || !to->suffix.empty();
  switch (next.kind) {
    case TokenKind::Identifier: case TokenKind::Number: case TokenKind::Character: case TokenKind::Text:
    case TokenKind::Interpolated: is_cast = true; break;
    case TokenKind::Keyword: is_cast = is_cast || (next.text != "is" && next.text != "as" && next.text != "in"); break;
    case TokenKind::Symbol: is_cast = is_cast || next.text == "(" || next.text == "!" || next.text == "~"; break;
    case TokenKind::End: break;
  }
  if (!is_cast) return at_ = from, nullptr;
  Expr* out = node(ExprKind::Cast, offset, unary());
  out->type = to;
  return out;
}

const Expr* Parser::literal() {
  const Token& it = token();
  Expr* out = make(ExprKind::Literal, it.offset);
  switch (it.kind) {
    case TokenKind::Number:
      out->value = it.value;
      if (it.is_decimal) {
        out->kind = ExprKind::Decimal;
        out->text = it.text;
      }
      break;
    case TokenKind::Character: out->value = it.value; break;
    case TokenKind::Text: out->value = Value::of(it.text); break;
    default:
      if (is("true") || is("false")) out->value = Value::of(is("true"));
      else if (!is("null")) return nullptr;
  }
  ++at_;
  return out;
}

const Expr* Parser::name() {
  Expr* out = make(ExprKind::Name, token().offset);
  out->text = identifier();
  if (!is("<")) return out;
  const std::size_t from = at_;
  if (!type_arguments(out->type_arguments)) return out;
  static constexpr std::string_view kBehind[] = {"(", ")", "]", "}", ":", ";", ",", ".", "?", "==", "!=", "|", "^", "&&", "||", "&", "["};
  for (const std::string_view behind : kBehind) {
    if (is(behind)) return out;
  }
  if (token().kind == TokenKind::End) return out;
  out->type_arguments.clear();
  at_ = from;
  return out;
}

const Expr* Parser::of_type(ExprKind kind) {
  Expr* out = make(kind, token().offset);
  ++at_;
  if (kind == ExprKind::Default && !is("(")) return out;
  expect("(");
  out->type = required_type();
  expect(")");
  return out;
}

const Expr* Parser::primary() {
  const Token& it = token();
  if (const Expr* out = literal()) return out;
  if (it.kind == TokenKind::Interpolated) return interpolated();
  if (is_predefined()) {
    Expr* out = make(ExprKind::Predefined, it.offset);
    out->type = type(true);
    return out;
  }
  if (it.kind == TokenKind::Identifier) {
    if (it.text == "nameof" && is("(", 1)) {
      at_ += 2;
      Expr* out = node(ExprKind::NameOf, it.offset, expression());
      expect(")");
      return out;
    }
    if (it.text == "global" && is("::", 1)) at_ += 2;
    return name();
  }
  if (is("(")) {
    ++at_;
    const Expr* out = expression();
    if (is(",")) fail("tuples are not supported");
    expect(")");
    return out;
  }
  if (is("new")) return creation();
  if (is("typeof")) return of_type(ExprKind::TypeOf);
  if (is("default")) return of_type(ExprKind::Default);
  if (is("checked") || is("unchecked")) {
    const std::string_view how = it.text;
    const std::size_t offset = it.offset;
    ++at_;
    expect("(");
    Expr* out = node(ExprKind::Checked, offset, expression());
    out->text = how;
    expect(")");
    return out;
  }
  unexpected();
}

std::vector<Argument> Parser::arguments(std::string_view close) {
  std::vector<Argument> out;
  if (accept(close)) return out;
  do {
    Argument argument;
    argument.offset = token().offset;
    if (is_identifier() && is(":", 1)) {
      argument.name = identifier();
      ++at_;
    }
    if (accept("out") || accept("ref")) {
      argument.out = true;
      const std::size_t from = at_;
      argument.declares = type();
      if (argument.declares && is_identifier()) {
        Expr* name = make(ExprKind::Name, token().offset);
        name->text = identifier();
        argument.value = name;
      } else {
        at_ = from;
        argument.declares = nullptr;
        argument.value = expression();
      }
    } else {
      argument.value = expression();
    }
    out.push_back(argument);
  } while (accept(","));
  expect(close);
  return out;
}

const Expr* Parser::postfix(const Expr* expr) {
  while (true) {
    const std::size_t offset = token().offset;
    Expr* out = nullptr;
    if (is(".")) {
      ++at_;
      const Expr* member = name();
      out = node(ExprKind::Member, member->offset, expr);
      out->text = member->text;
      out->type_arguments = member->type_arguments;
    } else if (accept("(")) {
      auto given = arguments(")");
      out = node(ExprKind::Call, expr->offset, expr);
      out->arguments = std::move(given);
    } else if (accept("[")) {
      auto given = arguments("]");
      if (given.empty()) fail(offset, "an index expected");
      out = node(ExprKind::Index, offset, expr);
      out->arguments = std::move(given);
    } else if (is("++") || is("--")) {
      out = node(ExprKind::Increment, offset, expr);
      out->text = token().text;
      out->flag = true;
      ++at_;
    } else if (is("?.") || (is("?") && is("[", 1) && token(1).offset == offset + 1)) {
      const Deeper deeper(*this);
      const Expr* rest = make(ExprKind::Placeholder, offset);
      if (is("?.")) tokens_[at_].text = ".";
      else ++at_;
      rest = postfix(rest);
      return node(ExprKind::ConditionalAccess, offset, expr, rest);
    } else {
      return expr;
    }
    for (const Argument& argument : out->arguments) raise_height(*out, argument.value);
    expr = out;
  }
}

const Expr* Parser::interpolated() {
  Expr* out = make(ExprKind::Interpolated, token().offset);
  for (const auto& part : token().interpolation->parts) {
    Hole hole;
    hole.text = part.text;
    hole.format = part.format;
    if (!part.hole.empty()) {
      hole.value = Parser(part.hole, arena_, errors_, depth_ + 1).whole_expression();
      raise_height(*out, hole.value);
    }
    if (!part.alignment.empty()) hole.alignment = Parser(part.alignment, arena_, errors_, depth_ + 1).whole_expression();
    out->holes.push_back(hole);
  }
  ++at_;
  return out;
}

// Lambdas

bool Parser::starts_lambda() const noexcept {
  if (is_identifier() && is("=>", 1)) return true;
  if (!is("(")) return false;
  int open = 0;
  for (std::size_t i = 0; token(i).kind != TokenKind::End; ++i) {
    if (is("(", i)) ++open;
    if (is(")", i) && --open == 0) return is("=>", i + 1);
    if (is("{", i) || is(";", i)) return false;
  }
  return false;
}

std::vector<LambdaParameter> Parser::lambda_parameters() {
  std::vector<LambdaParameter> out;
  if (accept(")")) return out;
  do {
    LambdaParameter parameter;
    parameter.offset = token().offset;
    if (is("out") || is("ref") || is("params")) fail("parameters by reference are not supported");
    if (!(is_identifier() && (is(",", 1) || is(")", 1)))) parameter.type = required_type();
    parameter.name = identifier();
    out.push_back(parameter);
  } while (accept(","));
  expect(")");
  return out;
}

void Parser::lambda_body(Expr& out) {
  if (is("{")) {
    out.body = block();
  } else {
    out.a = throwing_or(&Parser::expression);
    raise_height(out, out.a);
  }
}

const Expr* Parser::lambda() {
  Expr* out = make(ExprKind::Lambda, token().offset);
  if (accept("(")) {
    out->parameters = lambda_parameters();
  } else {
    const std::size_t offset = token().offset;
    out->parameters.push_back({offset, nullptr, identifier()});
  }
  expect("=>");
  lambda_body(*out);
  return out;
}

// Creation

const Expr* Parser::anonymous(std::size_t offset) {
  Expr* out = make(ExprKind::NewAnonymous, offset);
  auto* members = arena_.make<Initializer>();
  expect("{");
  while (!accept("}")) {
    Initializer::Entry entry;
    entry.offset = token().offset;
    if (is_identifier() && is("=", 1)) {
      entry.name = identifier();
      ++at_;
    }
    entry.value = expression();
    raise_height(*out, entry.value);
    if (entry.name.empty()) {
      const Expr* last = entry.value;
      while (last->kind == ExprKind::ConditionalAccess) last = last->b;
      if (last->kind != ExprKind::Member && last->kind != ExprKind::Name) fail(entry.offset, "a member of an anonymous object needs a name");
      entry.name = last->text;
    }
    members->entries.push_back(entry);
    if (!is("}")) expect(",");
  }
  out->initializer = members;
  return out;
}

const Expr* Parser::creation() {
  const std::size_t offset = token().offset;
  expect("new");
  if (is("{")) return anonymous(offset);
  if (is("[") && is("]", 1)) {
    at_ += 2;
    Expr* out = make(ExprKind::NewArray, offset);
    out->initializer = initializer();
    return out;
  }
  Expr* out = make(ExprKind::New, offset);
  out->type = required_type();
  if (out->type->suffix.ends_with("[]")) {
    out->kind = ExprKind::NewArray;
    out->flag = true;  // `type` is the array's
    out->initializer = initializer();
    return out;
  }
  if (accept("[")) {
    out->kind = ExprKind::NewArray;
    out->a = expression();
    raise_height(*out, out->a);
    if (is(",")) fail("arrays of several dimensions are not supported");
    expect("]");
    if (is("[")) fail("an array of arrays is made with new T[] { … }");
    if (is("{")) out->initializer = initializer();
    return out;
  }
  if (accept("(")) {
    out->arguments = arguments(")");
    for (const Argument& argument : out->arguments) raise_height(*out, argument.value);
  } else if (!is("{")) {
    fail("'(' or '{' expected");
  }
  if (is("{")) out->initializer = initializer();
  return out;
}

Initializer::Entry Parser::entry() {
  Initializer::Entry out;
  out.offset = token().offset;
  if (accept("{")) {
    do out.values.push_back(expression());
    while (accept(",") && !is("}"));
    expect("}");
    return out;
  }
  if (accept("[")) {
    do out.index.push_back(expression());
    while (accept(","));
    expect("]");
    expect("=");
  } else if (is_identifier() && is("=", 1)) {
    out.name = identifier();
    ++at_;
  } else {
    out.values.push_back(expression());
    return out;
  }
  if (is("{")) out.nested = initializer();
  else out.value = expression();
  return out;
}

const Initializer* Parser::initializer() {
  const Deeper deeper(*this);
  auto* out = arena_.make<Initializer>();
  out->offset = token().offset;
  expect("{");
  while (!accept("}")) {
    out->entries.push_back(entry());
    if (!is("}")) expect(",");
  }
  return out;
}

}  // namespace gateway::expression
