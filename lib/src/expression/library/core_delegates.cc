#include <string>

#include "expression/function.h"
#include "expression/library/core.h"
#include "expression/library/native.h"

namespace gateway::expression {
namespace {

Value call_function(Call& call) {
  return static_cast<FunctionObject*>(call.args[0].object())->call(call.eval, call.args.subspan(1));
}

void declare(Catalog& catalog, const std::string& name, const std::string& invoke) {
  catalog.declare(name, {.base = "System.MulticastDelegate"}).member(invoke, call_function);
}

}  // namespace

void declare_delegates(Catalog& catalog) {
  catalog.declare("System.Delegate");
  catalog.declare("System.MulticastDelegate", {.base = "System.Delegate"});
  for (std::size_t count = 0; count <= 4; ++count) {
    std::string types, parameters;
    for (std::size_t i = 1; i <= count; ++i) {
      const std::string type = "T" + std::to_string(i);
      types += (i > 1 ? ", " : "") + type;
      parameters += (i > 1 ? ", " : "") + type + " arg" + std::to_string(i);
    }
    declare(catalog, "System.Func<" + types + (count > 0 ? ", " : "") + "TResult>", "TResult Invoke(" + parameters + ")");
    declare(catalog, count > 0 ? "System.Action<" + types + ">" : "System.Action", "void Invoke(" + parameters + ")");
  }
  declare(catalog, "System.Predicate<T>", "bool Invoke(T obj)");
  declare(catalog, "System.Comparison<T>", "int Invoke(T x, T y)");
  declare(catalog, "System.Converter<TInput, TOutput>", "TOutput Invoke(TInput input)");
}

}  // namespace gateway::expression
