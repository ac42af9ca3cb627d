#include "expression/library/libraries.h"
#include "expression/library/linq_objects.h"

namespace gateway::expression {

unsigned query_depth(std::initializer_list<Value> sources) {
  unsigned deepest = 0;
  for (const Value& source : sources) {
    if (!source.is_object() || !is_sequence(source.object()->type)) continue;
    const auto* query = dynamic_cast<QueryObject*>(static_cast<Enumerable*>(source.object()));
    if (query) deepest = std::max(deepest, query->depth);
  }
  if (deepest >= QueryObject::kDeepest) throw BudgetExceeded{"the length of a chain of sequences"};
  return deepest + 1;
}

void declare_linq(Catalog& catalog) {
  declare_linq_lazy(catalog);
  declare_linq_sets(catalog);
  declare_linq_order(catalog);
  declare_linq_group(catalog);
  declare_linq_elements(catalog);
  declare_linq_numbers(catalog);
  declare_linq_results(catalog);
}

}  // namespace gateway::expression
