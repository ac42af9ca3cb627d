#include "expression/library/primitives.h"

#include "expression/library/libraries.h"
#include "expression/library/number_format.h"

namespace gateway::expression {
namespace {

Value no_culture(Call& call) {
  return Value::of(call.eval.arena().make<Object>(call.eval.catalog().find("CultureInfo")));
}

}  // namespace

// There is one culture; a culture, or null, is what may be passed where .NET asks for a provider.
void declare_globalization(Catalog& catalog) {
  catalog.declare("System.IFormatProvider");
  catalog.declare("System.Globalization.CultureInfo", {.interfaces = {"IFormatProvider"}})
      .member("static CultureInfo InvariantCulture { get; }", no_culture)
      .member("static CultureInfo CurrentCulture { get; }", no_culture)
      .member("string Name { get; }", [](Call&) { return Value::of(std::string_view()); })
      .member("string ToString()", [](Call&) { return Value::of(std::string_view()); });
  catalog
      .declare("System.Globalization.NumberStyles",
               {.kind = Kind::Enum, .value_type = true, .is_enum = true, .is_flags = true})
      .enumerator("None", 0)
      .enumerator("AllowLeadingWhite", NumberStyles::kLeadingWhite)
      .enumerator("AllowTrailingWhite", NumberStyles::kTrailingWhite)
      .enumerator("AllowLeadingSign", NumberStyles::kLeadingSign)
      .enumerator("Integer", NumberStyles::kInteger)
      .enumerator("AllowTrailingSign", NumberStyles::kTrailingSign)
      .enumerator("AllowParentheses", NumberStyles::kParentheses)
      .enumerator("AllowDecimalPoint", NumberStyles::kDecimalPoint)
      .enumerator("AllowThousands", NumberStyles::kThousands)
      .enumerator("Number", NumberStyles::kNumber)
      .enumerator("AllowExponent", NumberStyles::kExponent)
      .enumerator("Float", NumberStyles::kFloat)
      .enumerator("AllowCurrencySymbol", NumberStyles::kCurrency)
      .enumerator("Currency", 383)
      .enumerator("Any", NumberStyles::kAny)
      .enumerator("AllowHexSpecifier", NumberStyles::kHex)
      .enumerator("HexNumber", NumberStyles::kHexNumber);
}

void declare_primitives(Catalog& catalog) {
  declare_globalization(catalog);
  declare_boolean(catalog);
  declare_char(catalog);
  declare_integers(catalog);
  declare_reals(catalog);
  declare_decimal(catalog);
  declare_math(catalog);
  declare_convert(catalog);
  declare_base64(catalog);
  declare_random(catalog);
}

}  // namespace gateway::expression
