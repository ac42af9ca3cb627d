#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "expression/value.h"

// What the parser makes of a text. Nodes live in the arena of the compilation.
namespace gateway::expression::syntax {

struct Expr;
struct Stmt;

struct TypeName {
  std::size_t offset = 0;
  std::string_view name;                   // "System.Text.Encoding", "var"
  std::vector<const TypeName*> arguments;  // of the generic
  std::string_view suffix;                 // "?", "[]", "[][]" …, as it was written without spaces
  bool open = false;                       // List<>
  std::size_t commas = 0;
};

struct Argument {
  std::size_t offset = 0;
  std::string_view name;  // of a named one
  const Expr* value = nullptr;
  bool out = false;                  // out x; or ref x
  const TypeName* declares = nullptr;  // out T x: `value` is a Name
};

struct LambdaParameter {
  std::size_t offset = 0;
  const TypeName* type = nullptr;
  std::string_view name;
};

struct Hole {
  std::string_view text;        // before it
  const Expr* value = nullptr;  // null: the end
  const Expr* alignment = nullptr;
  std::string_view format;
};

// { Name = value }, { value }, { {key, value} }, { [key] = value }
struct Initializer {
  struct Entry {
    std::size_t offset = 0;
    std::string_view name;
    std::vector<const Expr*> values;        // of Add
    std::vector<const Expr*> index;         // [key]
    const Expr* value = nullptr;            // of a name or an index
    const Initializer* nested = nullptr;    // in place of `value`
  };
  std::size_t offset = 0;
  std::vector<Entry> entries;
};

enum class ExprKind : std::uint8_t {
  Literal, Decimal, Name, Member, Call, Index, Unary, Binary, Assign, Conditional, Cast, Is, As, Lambda, New, NewArray,
  NewAnonymous, Interpolated, TypeOf, Default, NameOf, Checked, Increment, Throw, ConditionalAccess, Placeholder, Predefined,
};

struct Expr {
  ExprKind kind = ExprKind::Literal;
  std::size_t offset = 0;
  std::uint16_t height = 1;
  std::string_view text;  // name, operator, digits of a decimal; Checked: "checked" or "unchecked"
  Value value;            // Literal
  bool flag = false;      // Increment: postfix
  const Expr* a = nullptr;
  const Expr* b = nullptr;
  const Expr* c = nullptr;
  const TypeName* type = nullptr;                // Cast, Is, As, New, NewArray, TypeOf, Default, Predefined
  std::vector<const TypeName*> type_arguments;   // Name, Member
  std::vector<Argument> arguments;               // Call, Index, New
  std::vector<LambdaParameter> parameters;       // Lambda
  const Stmt* body = nullptr;                    // Lambda with a block; else `a`
  std::vector<Hole> holes;
  const Initializer* initializer = nullptr;      // New, NewArray, NewAnonymous
};

enum class StmtKind : std::uint8_t {
  Block, Declare, Expression, If, For, Foreach, While, Do, Switch, Break, Continue, Return, Try, Throw, Using, Function, Empty,
};

struct Declarator {
  std::size_t offset = 0;
  std::string_view name;
  const Expr* value = nullptr;
};

struct Catch {
  std::size_t offset = 0;
  const TypeName* type = nullptr;  // null: everything
  std::string_view name;
  const Expr* when = nullptr;
  const Stmt* body = nullptr;
};

struct Label {
  std::size_t offset = 0;
  const Expr* value = nullptr;      // null, without a type: default
  const TypeName* type = nullptr;   // case T name
  std::string_view name;
  const Expr* when = nullptr;
};

struct SwitchSection {
  std::vector<Label> labels;
  std::vector<const Stmt*> body;
};

struct Stmt {
  StmtKind kind = StmtKind::Empty;
  std::size_t offset = 0;
  const Expr* a = nullptr;      // condition, value, sequence
  const Stmt* first = nullptr;  // body, then; Try: its block; For: what is declared; Using: the same
  const Stmt* second = nullptr;  // else, finally; For: the body
  std::vector<const Stmt*> body;        // Block; For: initial expressions
  std::vector<const Expr*> steps;       // For
  const TypeName* type = nullptr;       // Declare, Foreach, Function
  std::string_view name;                // Foreach, Function
  bool is_const = false;
  std::vector<Declarator> declarators;
  std::vector<Catch> catches;
  std::vector<SwitchSection> sections;
  const Expr* function = nullptr;  // Function: a Lambda
  std::size_t end = 0;             // where the last token stands
};

}  // namespace gateway::expression::syntax
