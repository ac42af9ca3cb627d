#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expression/lexer.h"
#include "expression/parser.h"
#include "expression/syntax.h"

namespace gateway::expression {

// Recursive descent. The first mistake ends it: SyntaxError is thrown after it was reported.
class Parser {
 public:
  struct SyntaxError {};

  Parser(std::vector<Token> tokens, Arena& arena, std::vector<CompileError>& errors, int depth = 0)
      : tokens_(std::move(tokens)), arena_(arena), errors_(errors), depth_(depth) {}

  const syntax::Expr* whole_expression();
  const syntax::Stmt* whole_block();

 private:
  static constexpr int kDeepest = 600;  // three for each expression in another
  static constexpr int kHighest = 400;
  class Deeper {
   public:
    explicit Deeper(Parser& parser);
    ~Deeper() { --parser_.depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    Parser& parser_;
  };

  // tokens
  [[nodiscard]] const Token& token(std::size_t ahead = 0) const noexcept;
  [[nodiscard]] bool is(std::string_view text, std::size_t ahead = 0) const noexcept;
  [[nodiscard]] bool is_identifier(std::size_t ahead = 0) const noexcept;
  bool accept(std::string_view text);
  void expect(std::string_view text);
  std::string_view identifier();
  [[noreturn]] void fail(std::string message);
  [[noreturn]] void fail(std::size_t offset, std::string message);
  [[noreturn]] void unexpected();
  syntax::Expr* make(syntax::ExprKind kind, std::size_t offset);
  syntax::Expr* node(syntax::ExprKind kind, std::size_t offset, const syntax::Expr* a, const syntax::Expr* b = nullptr,
                     const syntax::Expr* c = nullptr);
  void raise_height(syntax::Expr& expr, const syntax::Expr* child);
  syntax::Stmt* statement_node(syntax::StmtKind kind);

  // types; null: there is none, and nothing was read
  const syntax::TypeName* type(bool before_operator = false);
  const syntax::TypeName* required_type();
  bool type_arguments(std::vector<const syntax::TypeName*>& into);
  [[nodiscard]] bool is_predefined() const noexcept;

  // expressions
  const syntax::Expr* expression();
  const syntax::Expr* conditional();
  const syntax::Expr* coalesce();
  const syntax::Expr* throwing_or(const syntax::Expr* (Parser::*other)());
  const syntax::Expr* binary(int least);
  const syntax::Expr* relation(const syntax::Expr* left);
  const syntax::Expr* unary();
  const syntax::Expr* cast();
  const syntax::Expr* primary();
  const syntax::Expr* postfix(const syntax::Expr* expr);
  const syntax::Expr* literal();
  const syntax::Expr* name();
  const syntax::Expr* interpolated();
  const syntax::Expr* creation();
  const syntax::Expr* anonymous(std::size_t offset);
  const syntax::Expr* of_type(syntax::ExprKind kind);
  const syntax::Initializer* initializer();
  syntax::Initializer::Entry entry();
  std::vector<syntax::Argument> arguments(std::string_view close);
  [[nodiscard]] bool starts_lambda() const noexcept;
  const syntax::Expr* lambda();
  void lambda_body(syntax::Expr& lambda);
  std::vector<syntax::LambdaParameter> lambda_parameters();
  [[nodiscard]] std::size_t operator_at(std::string_view& op, int& precedence) const noexcept;

  // statements
  const syntax::Stmt* statement();
  const syntax::Stmt* block();
  void statements(std::vector<const syntax::Stmt*>& into, std::string_view close);
  const syntax::Stmt* declaration();  // null: there is none
  void declarators(syntax::Stmt& stmt);
  const syntax::Stmt* keyword_statement();
  const syntax::Stmt* for_statement();
  const syntax::Stmt* foreach_statement();
  const syntax::Stmt* switch_statement();
  const syntax::Stmt* try_statement();
  const syntax::Stmt* using_statement();
  syntax::Label label();

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Arena& arena_;
  std::vector<CompileError>& errors_;
  int depth_;
};

}  // namespace gateway::expression
