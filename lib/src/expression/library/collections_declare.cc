#include <algorithm>
#include <array>

#include "expression/conversion.h"
#include "expression/library/libraries.h"
#include "expression/library/sequences.h"

namespace gateway::expression {

Value default_of(Evaluation& eval, const Type* type) { return type ? default_value(eval, type) : Value(); }

int compare_by(Evaluation& eval, const Value& comparer, const Value& a, const Value& b) {
  if (comparer.is_null()) return eval.compare(a, b);
  std::array<Value, 3> args = {comparer, a, b};
  const std::int64_t order = eval.call_member("Compare", args).integer();
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

void use_comparer(KeyTable& table, const Value& comparer) { table.comparer = comparer; }

Value count_of(Call& call) {
  const std::int64_t size = static_cast<Enumerable*>(call.args[0].object())->known_size();
  return Value::of(static_cast<std::int32_t>(size));
}

void declare_collections(Catalog& catalog) {
  catalog.declare("System.Collections.Generic.IEnumerator<T>");
  catalog.declare("System.Collections.IEnumerable");
  catalog.declare("System.Collections.Generic.IEnumerable<T>", {.interfaces = {"System.Collections.IEnumerable"}});
  catalog.declare("System.Collections.Generic.IEqualityComparer<T>");
  catalog.declare("System.Collections.Generic.IComparer<T>");
  catalog.declare("System.Collections.Generic.IReadOnlyCollection<T>", {.interfaces = {"IEnumerable<T>"}})
      .member("int Count { get; }", count_of);
  catalog.declare("System.Collections.Generic.ICollection<T>", {.interfaces = {"IEnumerable<T>"}})
      .member("int Count { get; }", count_of);
  declare_list(catalog);
  declare_dictionary(catalog);
  declare_sets(catalog);
}

}  // namespace gateway::expression
