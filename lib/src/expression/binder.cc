#include "expression/binder.h"

#include <algorithm>

#include "expression/edit_distance.h"
#include "expression/nodes.h"
#include "expression/type_text.h"

namespace gateway::expression {

using namespace syntax;

namespace {

const Environment& no_environment() {
  static const Environment kNone;
  return kNone;
}

}  // namespace

Binder::Binder(const Catalog& catalog, const Scope& scope, Arena& arena, std::vector<CompileError>& errors,
               std::size_t size)
    : catalog_(catalog), scope_(scope), arena_(arena), errors_(&errors), folding_(arena, catalog, no_environment()),
      work_left_(20'000 + 2 * size),
      object_(named("object")), string_(named("string")), bool_(named("bool")), int_(named("int")),
      dynamic_(catalog.dynamic()), void_(named("void")) {}

Binder::Result Binder::bind_whole(const Expr* expression, const Stmt* block) {
  function_ = &functions_.emplace_back();
  function_->blocks.emplace_back();
  for (std::size_t i = 0; i < scope_.names.size(); ++i) {
    Symbol& root = symbols_.emplace_back();
    root.name = scope_.names[i].first;
    root.type = scope_.names[i].second;
    root.owner = function_;
    root.root = i;
    root.is_root = root.read_only = true;
    function_->blocks.back().push_back(&root);
  }
  if (expression) {
    const Bound bound = bind_value(*expression);
    result_.expression = bound.node;
    result_.type = bound.type ? bound.type : object_;
    result_.constant = bound.constant;
    if (bound.type && is_void(bound.type)) error(expression->offset, "an expression must have a value");
  } else {
    const std::size_t before = errors_->size();
    const BoundStatement body = bind_block(block->body);
    if (body.ends && errors_->size() == before) error(block->end, "not every path returns a value");
    result_.block = body.statement;
    result_.type = best_common(function_->returned);
    // Paths may give values of several types: only the evaluation knows which.
    if (!result_.type) result_.type = function_->returned.empty() ? object_ : dynamic_;
    for (const Bound& each : function_->returned) {
      if (each.is_value() && each.type != result_.type) result_.type = dynamic_;
    }
  }
  if (gave_up_) error(0, "this is too much to compile");
  result_.slots = function_->slots;
  return std::move(result_);
}

void Binder::error(std::size_t offset, std::string message) {
  // A mistake is looked up among all names for what was meant, each time that its lambda is tried.
  constexpr std::size_t kWork = 200;
  work_left_ -= std::min(work_left_, kWork);
  errors_->push_back({offset, std::move(message)});
}

Bound Binder::value(const Node* node, const Type* type) const {
  Bound out;
  out.what = Bound::What::Value;
  out.node = node;
  out.type = type;
  return out;
}

Bound Binder::constant(const Value& it, const Type* type) {
  const auto* node = arena_.make<ConstantNode>(it);
  Bound out = value(node, type);
  out.constant = &node->value;
  return out;
}

const Type* Binder::named(std::string_view name) const { return catalog_.find(name); }

const Type* Binder::resolve_quietly(const TypeName* name) {
  const Type* type = nullptr;
  if (name->arguments.empty() && !name->open) {
    type = named(name->name);
  } else {
    const std::size_t count = name->open ? name->commas + 1 : name->arguments.size();
    type = named(std::string(name->name) + "<" + std::string(count - 1, ',') + ">");
    if (type && !name->open) {
      std::vector<const Type*> arguments;
      for (const TypeName* each : name->arguments) {
        arguments.push_back(resolve_quietly(each));
        if (!arguments.back()) return nullptr;
      }
      type = catalog_.construct(type, std::move(arguments));
    }
  }
  for (std::size_t i = 0; type && i < name->suffix.size(); ++i) {
    if (name->suffix[i] == '?') {
      if (type->value_type) type = catalog_.construct(named("System.Nullable<>"), {type});
    } else {
      type = catalog_.array_of(type);
      ++i;
    }
  }
  return type;
}

const Type* Binder::resolve(const TypeName* name) {
  if (const Type* type = resolve_quietly(name)) return type;
  for (const TypeName* each : name->arguments) {
    if (!resolve_quietly(each)) return resolve(each);
  }
  const auto dot = name->name.rfind('.');
  const std::string near = catalog_.nearest(dot == std::string_view::npos ? name->name : name->name.substr(dot + 1));
  std::string message = "unknown type '" + std::string(name->name) + "'";
  if (!near.empty() && near != name->name) message += "; did you mean '" + near + "'?";
  error(name->offset, message);
  return nullptr;
}

Variable* Binder::new_variable() {
  auto* out = make<Variable>();
  out->slot = new_slot();
  return out;
}

Symbol* Binder::declare(std::string_view name, const Type* type, std::size_t offset) {
  for (FunctionScope* function = function_; function; function = function->parent) {
    for (const auto& block : function->blocks) {
      for (const Symbol* each : block) {
        if (each->name == name && name != "_") {
          error(offset, "'" + std::string(name) + "' is declared already");
          break;
        }
      }
    }
  }
  Symbol& out = symbols_.emplace_back();
  out.name = name;
  out.type = type;
  out.variable = new_variable();
  out.owner = function_;
  function_->blocks.back().push_back(&out);
  return &out;
}

Symbol* Binder::lookup(std::string_view name) {
  for (FunctionScope* function = function_; function; function = function->parent) {
    for (auto block = function->blocks.rbegin(); block != function->blocks.rend(); ++block) {
      for (auto each = block->rbegin(); each != block->rend(); ++each) {
        if ((*each)->name == name) return *each;
      }
    }
  }
  return nullptr;
}

Variable* Binder::capture(const Variable* outer, FunctionScope& into) {
  for (const auto& [known, own] : into.captures) {
    if (known == outer) return own;
  }
  auto* own = make<Variable>();
  own->slot = into.captures.size();
  own->captured = true;
  into.captures.emplace_back(outer, own);
  return own;
}

// The symbol's variable as this function has it.
const Variable* Binder::reach(const Symbol& symbol, FunctionScope& from) {
  if (symbol.owner == &from) return symbol.variable;
  const Variable* outer = reach(symbol, *from.parent);
  if (outer == symbol.variable) symbol.variable->boxed = true;
  return capture(outer, from);
}

std::string Binder::suggestion(std::string_view name) const {
  Nearest nearest(name);
  for (const FunctionScope* function = function_; function; function = function->parent) {
    for (const auto& block : function->blocks) {
      for (const Symbol* each : block) nearest.consider(each->name);
    }
  }
  if (!nearest.name().empty()) return nearest.name();
  return catalog_.nearest(name);
}

// The value of a node of constants; null: it raises.
const Value* Binder::fold(const Node& node) {
  Frame frame{folding_, {}, nullptr, nullptr, Value()};
  folding_.begin();
  try {
    return make<Value>(node.eval(frame));
  } catch (const Raised&) {
    return nullptr;
  } catch (const BudgetExceeded&) {
    return nullptr;
  }
}

// The one among their types that all of them convert to; null: there is none.
const Type* Binder::best_common(const std::vector<Bound>& all) {
  const Type* found = nullptr;
  const auto takes_all = [&](const Type* type) {
    return std::all_of(all.begin(), all.end(), [&](const Bound& each) { return static_cast<bool>(classify(each, type)); });
  };
  for (const Bound& each : all) {
    if (!each.is_value() || !each.type || is_void(each.type)) continue;
    if (!found && takes_all(each.type)) found = each.type;
    if (!found && each.type->value_type && !is_nullable(each.type)) {
      const Type* nullable = catalog_.construct(named("System.Nullable<>"), {each.type});
      if (takes_all(nullable)) found = nullable;
    }
  }
  return found;
}

}  // namespace gateway::expression
