#include <string>

#include "expression/recursive_descent.h"

namespace gateway::expression {

using namespace syntax;

void Parser::statements(std::vector<const Stmt*>& into, std::string_view close) {
  while (token().kind != TokenKind::End && (close.empty() || !is(close))) into.push_back(statement());
}

const Stmt* Parser::block() {
  Stmt* out = statement_node(StmtKind::Block);
  expect("{");
  statements(out->body, "}");
  out->end = token().offset;
  expect("}");
  return out;
}

const Stmt* Parser::statement() {
  const Deeper deeper(*this);
  if (is("{")) return block();
  if (accept(";")) return statement_node(StmtKind::Empty);
  if (const Stmt* out = keyword_statement()) return out;
  if (const Stmt* out = declaration()) return out;
  Stmt* out = statement_node(StmtKind::Expression);
  out->a = expression();
  expect(";");
  return out;
}

void Parser::declarators(Stmt& stmt) {
  do {
    Declarator declarator;
    declarator.offset = token().offset;
    declarator.name = identifier();
    if (accept("=")) {
      if (is("{")) {
        Expr* array = make(ExprKind::NewArray, token().offset);
        array->type = stmt.type;
        array->flag = true;
        array->initializer = initializer();
        declarator.value = array;
      } else {
        declarator.value = expression();
      }
    }
    stmt.declarators.push_back(declarator);
  } while (accept(","));
}

// Locals and local functions.
const Stmt* Parser::declaration() {
  const std::size_t from = at_;
  Stmt* out = statement_node(StmtKind::Declare);
  out->is_const = accept("const");
  out->type = type();
  const bool named = out->type && is_identifier();
  if (named && is("(", 1) && !out->is_const) {
    out->kind = StmtKind::Function;
    Expr* function = make(ExprKind::Lambda, token().offset);
    out->name = identifier();
    expect("(");
    function->parameters = lambda_parameters();
    if (accept("=>")) {
      lambda_body(*function);
      expect(";");
    } else {
      function->body = block();
    }
    out->function = function;
    return out;
  }
  if (!named || !(is("=", 1) || is(";", 1) || is(",", 1))) {
    if (out->is_const) fail("a constant's type and name expected");
    at_ = from;
    return nullptr;
  }
  declarators(*out);
  expect(";");
  return out;
}

const Stmt* Parser::keyword_statement() {
  if (token().kind != TokenKind::Keyword) return nullptr;
  if (is("for")) return for_statement();
  if (is("foreach")) return foreach_statement();
  if (is("switch")) return switch_statement();
  if (is("try")) return try_statement();
  if (is("using")) return using_statement();
  if ((is("checked") || is("unchecked")) && is("{", 1)) {
    Stmt* out = statement_node(StmtKind::Block);
    out->name = token().text;
    ++at_;
    out->body.push_back(block());
    return out;
  }
  if (is("if")) {
    Stmt* out = statement_node(StmtKind::If);
    ++at_;
    expect("(");
    out->a = expression();
    expect(")");
    out->first = statement();
    if (accept("else")) out->second = statement();
    return out;
  }
  if (is("while")) {
    Stmt* out = statement_node(StmtKind::While);
    ++at_;
    expect("(");
    out->a = expression();
    expect(")");
    out->first = statement();
    return out;
  }
  if (is("do")) {
    Stmt* out = statement_node(StmtKind::Do);
    ++at_;
    out->first = statement();
    expect("while");
    expect("(");
    out->a = expression();
    expect(")");
    expect(";");
    return out;
  }
  if (is("break") || is("continue")) {
    Stmt* out = statement_node(is("break") ? StmtKind::Break : StmtKind::Continue);
    ++at_;
    expect(";");
    return out;
  }
  if (is("return") || is("throw")) {
    Stmt* out = statement_node(is("return") ? StmtKind::Return : StmtKind::Throw);
    ++at_;
    if (!is(";")) out->a = expression();
    expect(";");
    return out;
  }
  for (const char* unsupported : {"goto", "lock", "fixed", "unsafe", "class", "struct", "delegate"}) {
    if (is(unsupported)) fail("'" + std::string(unsupported) + "' is not supported");
  }
  return nullptr;
}

const Stmt* Parser::for_statement() {
  Stmt* out = statement_node(StmtKind::For);
  ++at_;
  expect("(");
  if (!accept(";")) {
    out->first = declaration();
    if (!out->first) {
      do {
        Stmt* one = statement_node(StmtKind::Expression);
        one->a = expression();
        out->body.push_back(one);
      } while (accept(","));
      expect(";");
    }
  }
  if (!is(";")) out->a = expression();
  expect(";");
  if (!is(")")) {
    do out->steps.push_back(expression());
    while (accept(","));
  }
  expect(")");
  out->second = statement();
  return out;
}

const Stmt* Parser::foreach_statement() {
  Stmt* out = statement_node(StmtKind::Foreach);
  ++at_;
  expect("(");
  out->type = required_type();
  out->name = identifier();
  expect("in");
  out->a = expression();
  expect(")");
  out->first = statement();
  return out;
}

Label Parser::label() {
  Label out;
  out.offset = token().offset;
  if (accept("default")) {
    expect(":");
    return out;
  }
  expect("case");
  const std::size_t from = at_;
  out.type = type();
  if (out.type && is_identifier() && token().text != "when") {
    out.name = identifier();
  } else {
    out.type = nullptr;
    at_ = from;
    out.value = coalesce();
  }
  if (is_identifier() && token().text == "when") {
    ++at_;
    out.when = expression();
  }
  expect(":");
  return out;
}

const Stmt* Parser::switch_statement() {
  Stmt* out = statement_node(StmtKind::Switch);
  ++at_;
  expect("(");
  out->a = expression();
  expect(")");
  expect("{");
  while (!is("}")) {
    SwitchSection section;
    do section.labels.push_back(label());
    while (is("case") || is("default"));
    while (!is("case") && !is("}") && !(is("default") && is(":", 1))) {
      if (token().kind == TokenKind::End) fail("'}' expected before the end");
      section.body.push_back(statement());
    }
    out->sections.push_back(std::move(section));
  }
  out->end = token().offset;
  expect("}");
  return out;
}

const Stmt* Parser::try_statement() {
  Stmt* out = statement_node(StmtKind::Try);
  ++at_;
  out->first = block();
  while (is("catch")) {
    Catch clause;
    clause.offset = token().offset;
    ++at_;
    if (accept("(")) {
      clause.offset = token().offset;
      clause.type = required_type();
      if (is_identifier()) clause.name = identifier();
      expect(")");
    }
    if (is_identifier() && token().text == "when") {
      ++at_;
      expect("(");
      clause.when = expression();
      expect(")");
    }
    clause.body = block();
    out->catches.push_back(clause);
  }
  if (accept("finally")) out->second = block();
  if (out->catches.empty() && !out->second) fail("'catch' or 'finally' expected");
  return out;
}

const Stmt* Parser::using_statement() {
  Stmt* out = statement_node(StmtKind::Using);
  ++at_;
  if (!is("(")) fail("'(' expected: a using declaration is not supported");
  expect("(");
  const std::size_t from = at_;
  Stmt* declared = statement_node(StmtKind::Declare);
  declared->type = type();
  if (declared->type && is_identifier() && is("=", 1)) {
    declarators(*declared);
    out->second = declared;
  } else {
    at_ = from;
    out->a = expression();
  }
  expect(")");
  out->first = statement();
  return out;
}

}  // namespace gateway::expression
