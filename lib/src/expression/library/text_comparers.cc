#include "expression/library/text.h"
#include "expression/library/unicode.h"

namespace gateway::expression {
namespace {

struct ComparerObject final : Object {
  ComparerObject(const Type* the_type, Comparison the_comparison)
      : Object(the_type), comparison(the_comparison) {}
  Comparison comparison;
};

template <Comparison C>
Value comparer(Call& call) {
  return Value::of(
      call.eval.arena().make<ComparerObject>(call.eval.catalog().find("StringComparer"), C));
}
Comparison self(Call& call) {
  return static_cast<ComparerObject*>(call.args[0].object())->comparison;
}

Value compare(Call& call) {
  const Value& a = call.args[1];
  const Value& b = call.args[2];
  if (a.is_null() || b.is_null())
    return Value::of(std::int32_t{!a.is_null()} - std::int32_t{!b.is_null()});
  if (!a.is_string() || !b.is_string()) return Value::of(std::int32_t{call.eval.compare(a, b)});
  call.eval.charge(1 + a.text().size() / 8);
  return Value::of(std::int32_t{compare_texts(a.text(), b.text(), self(call))});
}
Value equals(Call& call) {
  const Value& a = call.args[1];
  const Value& b = call.args[2];
  if (!a.is_string() || !b.is_string()) return Value::of(call.eval.equal(a, b));
  call.eval.charge(1 + a.text().size() / 8);
  return Value::of(equal_texts(a.text(), b.text(), ignores_case(self(call))));
}
Value hash(Call& call) {
  if (call.args[1].is_null()) raise_null(call.eval, "obj");
  if (!call.args[1].is_string()) return Value::of(call.eval.hash(call.args[1]));
  return Value::of(
      hash_text(text_arg(call, 1, "obj"), ignores_case(self(call)), call.eval.arena()));
}

}  // namespace

void declare_comparers(Catalog& catalog) {
  catalog
      .declare("System.StringComparison", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("CurrentCulture", 0)
      .enumerator("CurrentCultureIgnoreCase", 1)
      .enumerator("InvariantCulture", 2)
      .enumerator("InvariantCultureIgnoreCase", 3)
      .enumerator("Ordinal", 4)
      .enumerator("OrdinalIgnoreCase", 5);
  catalog
      .declare("System.StringComparer",
               {.interfaces = {"IEqualityComparer<string>", "IComparer<string>"}})
      .member("static StringComparer CurrentCulture { get; }", comparer<Comparison::CurrentCulture>)
      .member("static StringComparer CurrentCultureIgnoreCase { get; }",
              comparer<Comparison::CurrentCultureIgnoreCase>)
      .member("static StringComparer InvariantCulture { get; }",
              comparer<Comparison::InvariantCulture>)
      .member("static StringComparer InvariantCultureIgnoreCase { get; }",
              comparer<Comparison::InvariantCultureIgnoreCase>)
      .member("static StringComparer Ordinal { get; }", comparer<Comparison::Ordinal>)
      .member("static StringComparer OrdinalIgnoreCase { get; }",
              comparer<Comparison::OrdinalIgnoreCase>)
      .member("int Compare(string x, string y)", compare)
      .member("int Compare(object x, object y)", compare)
      .member("bool Equals(string x, string y)", equals)
      .member("bool Equals(object x, object y)", equals)
      .member("int GetHashCode(string obj)", hash)
      .member("int GetHashCode(object obj)", hash);
}

}  // namespace gateway::expression
