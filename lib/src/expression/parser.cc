#include "expression/parser.h"

#include <algorithm>

#include "expression/recursive_descent.h"

namespace gateway::expression {

using namespace syntax;

Parsed parse(std::string_view source, Arena& arena, std::vector<CompileError>& errors) {
  Parsed out;
  const auto fail = [&](const char* message) {
    errors.push_back({0, message});
    return out;
  };
  if (source.size() < 3 || source[0] != '@' || (source[1] != '(' && source[1] != '{')) {
    return fail("an expression is @(…) or @{…}");
  }
  const bool is_block = source[1] == '{';
  if (source.back() != (is_block ? '}' : ')')) return fail("an expression does not end");
  const std::size_t before = errors.size();
  auto tokens = scan(source, 2, source.size() - 1, arena, errors);
  if (errors.size() > before) return out;
  try {
    Parser parser(std::move(tokens), arena, errors);
    if (is_block) out.block = parser.whole_block();
    else out.expression = parser.whole_expression();
  } catch (const Parser::SyntaxError&) {
    out = {};
  }
  return out;
}

Parser::Deeper::Deeper(Parser& parser) : parser_(parser) {
  if (parser_.depth_ >= kDeepest) parser_.fail("nested too deeply");
  ++parser_.depth_;
}

const Token& Parser::token(std::size_t ahead) const noexcept {
  return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}
bool Parser::is(std::string_view text, std::size_t ahead) const noexcept {
  const Token& it = token(ahead);
  return (it.kind == TokenKind::Symbol || it.kind == TokenKind::Keyword) && it.text == text;
}
bool Parser::is_identifier(std::size_t ahead) const noexcept { return token(ahead).kind == TokenKind::Identifier; }
bool Parser::accept(std::string_view text) {
  if (!is(text)) return false;
  ++at_;
  return true;
}
void Parser::expect(std::string_view text) {
  if (accept(text)) return;
  const Token& it = token();
  std::string found = it.kind == TokenKind::End ? "the end" : it.text.empty() ? "this" : "'" + std::string(it.text) + "'";
  fail("'" + std::string(text) + "' expected before " + found);
}
std::string_view Parser::identifier() {
  if (!is_identifier()) fail("a name expected");
  return tokens_[at_++].text;
}
void Parser::fail(std::string message) { fail(token().offset, std::move(message)); }
void Parser::fail(std::size_t offset, std::string message) {
  errors_.push_back({offset, std::move(message)});
  throw SyntaxError{};
}
void Parser::unexpected() {
  const Token& it = token();
  if (it.kind == TokenKind::End) fail("an expression expected before the end");
  if (it.kind == TokenKind::Keyword) fail("'" + std::string(it.text) + "' is not supported here");
  fail("an expression expected before '" + std::string(it.text) + "'");
}

Expr* Parser::make(ExprKind kind, std::size_t offset) {
  Expr* out = arena_.make<Expr>();
  out->kind = kind;
  out->offset = offset;
  return out;
}
void Parser::raise_height(Expr& expr, const Expr* child) {
  if (!child) return;
  expr.height = std::max<std::uint16_t>(expr.height, static_cast<std::uint16_t>(child->height + 1));
  if (expr.height > kHighest) fail(expr.offset, "nested too deeply");
}
Expr* Parser::node(ExprKind kind, std::size_t offset, const Expr* a, const Expr* b, const Expr* c) {
  Expr* out = make(kind, offset);
  out->a = a;
  out->b = b;
  out->c = c;
  raise_height(*out, a);
  raise_height(*out, b);
  raise_height(*out, c);
  return out;
}
Stmt* Parser::statement_node(StmtKind kind) {
  Stmt* out = arena_.make<Stmt>();
  out->kind = kind;
  out->offset = token().offset;
  return out;
}

const Expr* Parser::whole_expression() {
  const Expr* out = expression();
  if (token().kind != TokenKind::End) fail("unexpected '" + std::string(token().text) + "'");
  return out;
}

const Stmt* Parser::whole_block() {
  Stmt* out = statement_node(StmtKind::Block);
  statements(out->body, "");
  out->end = token().offset;
  return out;
}

// Types

bool Parser::is_predefined() const noexcept {
  static constexpr std::string_view kTypes[] = {"object", "string", "bool", "char",  "sbyte", "byte",   "short",   "ushort",
                                                "int",    "uint",   "long", "ulong", "float", "double", "decimal", "void"};
  return token().kind == TokenKind::Keyword && std::find(std::begin(kTypes), std::end(kTypes), token().text) != std::end(kTypes);
}

bool Parser::type_arguments(std::vector<const TypeName*>& into) {
  const std::size_t from = at_;
  if (!accept("<")) return false;
  do {
    const TypeName* argument = type();
    if (!argument) return at_ = from, into.clear(), false;
    into.push_back(argument);
  } while (accept(","));
  if (accept(">")) return true;
  at_ = from;
  into.clear();
  return false;
}

const TypeName* Parser::type(bool before_operator) {
  const Deeper deeper(*this);
  const std::size_t from = at_;
  TypeName* out = arena_.make<TypeName>();
  out->offset = token().offset;
  if (is_predefined()) {
    out->name = tokens_[at_++].text;
  } else {
    if (!is_identifier()) return nullptr;
    std::string name(identifier());
    if (name == "global" && is("::")) {
      ++at_;
      if (!is_identifier()) return at_ = from, nullptr;
      name = identifier();
    }
    while (is(".") && is_identifier(1)) {
      ++at_;
      name += '.';
      name += identifier();
    }
    out->name = arena_.copy(name);
    if (is("<") && !type_arguments(out->arguments) && (is(",", 1) || is(">", 1))) {
      const std::size_t open = at_;
      ++at_;
      while (accept(",")) ++out->commas;
      if (accept(">")) out->open = true;
      else at_ = open;
    }
  }
  std::string suffix;
  while (true) {
    if (is("[") && is("]", 1)) {
      suffix += "[]";
      at_ += 2;
    } else if (is("?") && !suffix.ends_with('?')) {
      static constexpr std::string_view kEnds[] = {")", ";", ",", "]", "}", "&&", "||", "??", "==", "!=", "?", "?."};
      if (before_operator && std::none_of(std::begin(kEnds), std::end(kEnds), [&](auto end) { return is(end, 1); })) break;
      suffix += '?';
      ++at_;
    } else {
      break;
    }
  }
  out->suffix = arena_.copy(suffix);
  return out;
}

const TypeName* Parser::required_type() {
  const TypeName* out = type();
  if (!out) fail("a type expected");
  return out;
}

}  // namespace gateway::expression
