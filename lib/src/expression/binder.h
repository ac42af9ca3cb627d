#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "expression/generics.h"
#include "expression/node.h"
#include "expression/numbers.h"
#include "expression/program.h"
#include "expression/syntax.h"

namespace gateway::expression {

struct FunctionScope;
struct LocalFunction;

struct Candidate {
  const Member* member;
  const Type* owner;
};

struct MethodGroup {
  std::string name;
  std::size_t offset = 0;
  const Node* receiver = nullptr;  // null: static members
  const Type* on = nullptr;
  std::vector<Candidate> candidates;
  std::vector<const Type*> type_arguments;  // that were written
};

// What an expression turned out to be.
struct Bound {
  enum class What : std::uint8_t { Error, Value, Null, Default, Throw, Type, Namespace, Methods, Function, Lambda };
  What what = What::Error;
  const Node* node = nullptr;
  const Type* type = nullptr;       // of a Value; the Type itself
  const Value* constant = nullptr;
  const syntax::Expr* syntax = nullptr;
  std::string name;                 // of a Namespace
  const MethodGroup* methods = nullptr;
  const LocalFunction* function = nullptr;
  [[nodiscard]] bool failed() const noexcept { return what == What::Error; }
  [[nodiscard]] bool is_value() const noexcept { return what == What::Value; }
};

struct Conversion {
  enum class How : std::uint8_t { None, Same, Number, Enum, User, Late, Unbox, Lambda, Methods };
  How how = How::None;
  int cost = 0;
  const Member* user = nullptr;
  explicit operator bool() const noexcept { return how != How::None; }
};

struct Symbol {
  std::string_view name;
  const Type* type = nullptr;  // null: not known yet, or after an error
  Variable* variable = nullptr;
  FunctionScope* owner = nullptr;
  std::size_t root = 0;
  bool is_root = false;
  bool read_only = false;
  const Value* constant = nullptr;
  const LocalFunction* function = nullptr;
};

struct LocalFunction {
  Symbol* symbol = nullptr;
  std::vector<Parameter> parameters;
  const Type* result = nullptr;
};

// A function while it is bound.
struct FunctionScope {
  FunctionScope* parent = nullptr;
  std::size_t slots = 0;
  std::vector<std::vector<Symbol*>> blocks;
  std::vector<std::pair<const Variable*, Variable*>> captures;  // of the parent; its own
  const Type* expected = nullptr;  // what `return` gives; null: to be found out
  bool gives_nothing = false;
  std::vector<Bound> returned;
  std::vector<std::size_t> caught;  // slots of the exceptions of the catch blocks around
  int loops = 0;
  int breakables = 0;
};

struct LambdaResult {
  FunctionCode* code = nullptr;
  std::vector<const Variable*> captured;
  const Type* type = nullptr;  // of what it gives; null: nothing, or only null
  bool is_void = false;
  std::vector<CompileError> errors;
};

struct GivenArgument {
  Bound bound;
  std::string_view name;
  std::size_t offset = 0;
  bool out = false;
  Symbol* declared = nullptr;  // out var x
};

// One member chosen for given arguments.
struct Match {
  Candidate candidate;
  std::optional<Bindings> bindings;
  bool expanded = false;
  std::vector<std::vector<std::size_t>> sources;  // arguments of each parameter; several: of a params array
  int cost = 0;
};

// From syntax to nodes: names, types, overloads. Reports every error; goes on after each.
class Binder {
 public:
  // `size`: of the text. What may be bound grows with it: lambdas in lambdas are bound again for each type that
  // they may have, which doubles with every level.
  Binder(const Catalog& catalog, const Scope& scope, Arena& arena, std::vector<CompileError>& errors,
         std::size_t size);

  struct Result {
    const Node* expression = nullptr;
    const Statement* block = nullptr;
    const Type* type = nullptr;
    const Value* constant = nullptr;
    std::size_t slots = 0;
    bool has_lambdas = false;
    std::set<std::pair<std::string, std::string>> used;  // type and member
    std::set<std::string> used_late;                     // member
  };
  Result bind_whole(const syntax::Expr* expression, const syntax::Stmt* block);

 private:
  // binder.cc
  void error(std::size_t offset, std::string message);
  template <typename T, typename... Args>
  T* make(Args&&... args) { return arena_.make<T>(std::forward<Args>(args)...); }
  Bound value(const Node* node, const Type* type) const;
  Bound constant(const Value& value, const Type* type);
  const Type* resolve(const syntax::TypeName* name);
  const Type* resolve_quietly(const syntax::TypeName* name);
  const Type* named(std::string_view name) const;
  Variable* new_variable();
  std::size_t new_slot() { return function_->slots++; }
  Symbol* declare(std::string_view name, const Type* type, std::size_t offset);
  Symbol* lookup(std::string_view name);
  const Variable* reach(const Symbol& symbol, FunctionScope& from);
  Variable* capture(const Variable* outer, FunctionScope& into);
  [[nodiscard]] std::string suggestion(std::string_view name) const;
  const Value* fold(const Node& node);
  const Type* best_common(const std::vector<Bound>& all);

  // bind_expressions.cc
  Bound bind(const syntax::Expr& expr);
  Bound bind_any(const syntax::Expr& expr);
  Bound bind_value(const syntax::Expr& expr);  // what is no value is an error
  Bound as_value(Bound bound, std::size_t offset);
  Bound bind_name(const syntax::Expr& expr);
  Bound bind_conditional(const syntax::Expr& expr);
  Bound bind_conditional_access(const syntax::Expr& expr);
  Bound bind_is(const syntax::Expr& expr);
  Bound bind_as(const syntax::Expr& expr);
  Bound bind_cast(const syntax::Expr& expr);
  Bound bind_interpolated(const syntax::Expr& expr);
  Bound bind_name_of(const syntax::Expr& expr);
  Bound bind_condition(const syntax::Expr& expr);

  // bind_members.cc
  Bound bind_member(const syntax::Expr& expr);
  Bound member_of_value(const Bound& receiver, const syntax::Expr& expr, bool called);
  Bound member_of_type(const Type* type, const syntax::Expr& expr);
  Bound type_or_namespace(const std::string& name, const syntax::Expr& expr);
  std::vector<Candidate> members(const Type* type, std::string_view name, MemberForm form, bool is_static);
  Bound get_property(const Candidate& property, const Node* receiver, const Type* receiver_type);
  void use(const Type* type, std::string_view member);
  std::vector<const Type*> resolve_all(const std::vector<const syntax::TypeName*>& names);
  void no_member(const Type* type, std::string_view name, bool is_static, std::size_t offset);
  Bound bind_index(const syntax::Expr& expr);

  // bind_calls.cc
  Bound bind_call(const syntax::Expr& expr);
  std::vector<GivenArgument> bind_arguments(const std::vector<syntax::Argument>& arguments, bool& failed);
  Bound call_group(const MethodGroup& group, std::vector<GivenArgument> arguments, std::size_t offset);
  Bound call_match(Match& match, const Node* receiver, bool checks_receiver, std::vector<GivenArgument>& arguments,
                   std::size_t offset);
  Bound call_late(const MethodGroup& group, const std::vector<GivenArgument>& arguments, std::size_t offset);
  Bound call_function(const LocalFunction& function, std::vector<GivenArgument>& arguments, std::size_t offset);
  Bound call_delegate(const Bound& function, std::vector<GivenArgument>& arguments, std::size_t offset);
  std::vector<const Node*> match_nodes(Match& match, std::vector<GivenArgument>& arguments, std::vector<std::pair<std::size_t, GivenArgument*>>& outs);
  void report_call(const std::string& name, const std::vector<Candidate>& candidates,
                   std::vector<GivenArgument>& arguments, std::size_t offset);

  // overloads.cc
  std::optional<Match> choose(const std::vector<Candidate>& candidates, std::vector<GivenArgument>& arguments,
                              const std::vector<const Type*>& type_arguments);
  std::optional<Match> fit(const Candidate& candidate, std::vector<GivenArgument>& arguments,
                           const std::vector<const Type*>& type_arguments, bool expanded, std::string* why);
  bool place(const Member& member, const std::vector<GivenArgument>& arguments, Match& match, std::string* why);
  bool infer(Match& match, std::vector<GivenArgument>& arguments, std::string* why);
  [[nodiscard]] const Type* parameter_type(const Match& match, std::size_t parameter) const;

  // bind_lambdas.cc
  const LambdaResult& bind_lambda(const syntax::Expr& expr, const std::vector<const Type*>& parameters,
                                  const Type* expected, bool gives_nothing);
  Conversion classify_lambda(const Bound& lambda, const Type* to);
  Bound convert_lambda(const Bound& lambda, const Type* to, std::size_t offset);
  std::optional<Match> match_group(const Bound& group, const Type* to);
  Bound convert_group(const Bound& group, const Type* to, std::size_t offset);
  const Type* group_result(const Bound& group, const std::vector<const Type*>& parameters);
  bool delegate_types(const Type* type, std::vector<const Type*>& parameters, const Type*& result) const;

  // bind_conversions.cc
  Conversion classify(const Bound& from, const Type* to, bool is_explicit = false);
  Bound convert(const Bound& from, const Type* to, std::size_t offset);
  Bound apply(const Bound& from, const Type* to, const Conversion& conversion, std::size_t offset);
  Bound call_conversion(const Bound& from, const Type* to, const Member& member);

  // bind_operators.cc
  Bound bind_binary(const syntax::Expr& expr);
  Bound bind_logic(const syntax::Expr& expr);
  Bound bind_coalesce(const syntax::Expr& expr);
  Bound bind_unary(const syntax::Expr& expr);
  Bound operate(Bound a, Bound b, std::string_view op, std::size_t offset);
  Bound concat(const Bound& a, const Bound& b);
  Bound compute_numbers(const Bound& a, const Bound& b, Operator op, std::size_t offset);
  std::optional<Bound> enums(const Bound& a, const Bound& b, Operator op, std::size_t offset);
  std::optional<Bound> user_operator(std::vector<Bound> operands, std::string_view op, std::size_t offset);
  std::optional<Bound> equality(const Bound& a, const Bound& b, Operator op);
  Bound late_operator(const std::vector<Bound>& operands, std::string_view op);

  // bind_assignments.cc
  struct Place {
    const Type* type = nullptr;  // null: failed
    std::vector<const Node*> before;
    const Node* get = nullptr;
    const Variable* variable = nullptr;
    const Candidate* setter = nullptr;  // of a property or an index
    std::vector<const Node*> args;      // receiver and index
    enum class Form : std::uint8_t { Variable, Element, Member, Late } form = Form::Variable;
    MemberForm member = MemberForm::Setter;
    std::string name;
  };
  Bound bind_assign(const syntax::Expr& expr);
  Bound bind_increment(const syntax::Expr& expr);
  Place place_of(const syntax::Expr& expr, bool reads);
  Place place_of_member(const syntax::Expr& expr, bool reads);
  Place place_of_index(const syntax::Expr& expr, bool reads);
  Place place_of_property(const Bound& receiver, std::string_view name, std::size_t offset, bool reads);
  Place place_in(const Bound& receiver, std::vector<GivenArgument> arguments, std::size_t offset, bool reads);
  const Node* set(const Place& place, const Node* value);
  const Node* spill(const Node* node, std::vector<const Node*>& before);

  // bind_creation.cc
  Bound bind_new(const syntax::Expr& expr);
  Bound bind_new_array(const syntax::Expr& expr);
  Bound bind_anonymous(const syntax::Expr& expr);
  void initialize(const Bound& target, const syntax::Initializer& initializer, std::vector<const Node*>& steps);

  // bind_statements.cc: whether the end of the statement is reached
  struct BoundStatement {
    const Statement* statement = nullptr;
    bool ends = true;
  };
  BoundStatement bind_statement(const syntax::Stmt& stmt);
  BoundStatement bind_block(const std::vector<const syntax::Stmt*>& body);
  BoundStatement bind_declaration(const syntax::Stmt& stmt);
  BoundStatement bind_if(const syntax::Stmt& stmt);
  BoundStatement bind_loop(const syntax::Stmt& stmt);
  BoundStatement bind_for(const syntax::Stmt& stmt);
  BoundStatement bind_foreach(const syntax::Stmt& stmt);
  BoundStatement bind_switch(const syntax::Stmt& stmt);
  BoundStatement bind_return(const syntax::Stmt& stmt);
  BoundStatement bind_throw(const syntax::Stmt& stmt);
  BoundStatement bind_try(const syntax::Stmt& stmt);
  BoundStatement bind_using(const syntax::Stmt& stmt);
  void declare_function(const syntax::Stmt& stmt, std::vector<std::pair<const syntax::Stmt*, LocalFunction*>>& into);
  const Statement* bind_function(const syntax::Stmt& stmt, LocalFunction& function);
  const Node* case_test(const syntax::Label& label, const Bound& subject);

  const Catalog& catalog_;
  const Scope& scope_;
  Arena& arena_;
  std::vector<CompileError>* errors_;
  FunctionScope* function_ = nullptr;
  std::deque<FunctionScope> functions_;
  std::deque<Symbol> symbols_;
  std::deque<LocalFunction> local_functions_;
  std::deque<MethodGroup> groups_;
  using LambdaKey = std::tuple<const syntax::Expr*, FunctionScope*, std::vector<const Type*>, const Type*, bool>;
  std::map<LambdaKey, LambdaResult> lambdas_;
  std::vector<Bound> placeholders_;
  std::vector<std::pair<std::string, const Type*>> anonymous_;
  Result result_;
  Evaluation folding_;
  std::size_t work_left_;
  bool gave_up_ = false;  // told at the end: what a lambda is tried for, nobody may hear of
  bool checked_ = false;
  bool unchecked_ = false;  // said so: constants may wrap
  const syntax::Expr* called_ = nullptr;  // what is bound to be called
  bool break_seen_ = false;  // in the loop or switch that is bound
  const Type* object_;
  const Type* string_;
  const Type* bool_;
  const Type* int_;
  const Type* dynamic_;
  const Type* void_;
};

}  // namespace gateway::expression
