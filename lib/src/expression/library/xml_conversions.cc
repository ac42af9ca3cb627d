#include <string>

#include "base/strings.h"
#include "expression/library/date_format.h"
#include "expression/library/guid.h"
#include "expression/library/number_format.h"
#include "expression/library/xml_members.h"

// The explicit conversions of XElement and XAttribute, by XmlConvert's rules.
namespace gateway::expression {
namespace {

constexpr std::uint32_t kInteger = NumberStyles::kLeadingWhite | NumberStyles::kTrailingWhite | NumberStyles::kLeadingSign;

std::string_view source_text(Call& call) {
  auto& object = *static_cast<XObject*>(call.args[0].object());
  return object.kind == XmlKind::Attribute ? static_cast<XAttribute&>(object).value
                                           : text_of(call.eval, static_cast<XElement&>(object));
}
[[noreturn]] void bad_format(Call& call, std::string_view text) {
  call.eval.raise("FormatException", "The string '" + std::string(text.substr(0, 80)) + "' was not in a correct format.");
}

Value as_text(Call& call, std::string_view text) { return call.eval.text(text); }
Value as_bool(Call& call, std::string_view text) {
  text = trim(text);
  if (text == "true" || text == "1" || text == "True") return Value::of(true);
  if (text == "false" || text == "0" || text == "False") return Value::of(false);
  bad_format(call, text);
}
template <Kind kind>
Value as_integer(Call& call, std::string_view text) {
  ParseFault fault = ParseFault::None;
  const auto number = parse_integer(text, kind, kInteger, fault);
  if (number) return Value::integer(kind, *number);
  if (fault == ParseFault::Overflow) {
    call.eval.raise("OverflowException", "Value was either too large or too small for the type.");
  }
  bad_format(call, text);
}
Value as_double(Call& call, std::string_view text) {
  text = trim(text);
  const auto number = parse_double(text == "INF" ? "Infinity" : text == "-INF" ? "-Infinity" : text, NumberStyles::kFloat);
  if (!number) bad_format(call, text);
  return Value::of(*number);
}
Value as_single(Call& call, std::string_view text) {
  return Value::single(static_cast<float>(as_double(call, text).real()));
}
Value as_decimal(Call& call, std::string_view text) {
  ParseFault fault = ParseFault::None;
  const auto number = parse_decimal(trim(text), NumberStyles::kNumber & ~NumberStyles::kThousands, fault);
  if (!number) bad_format(call, text);
  return decimal_value(call.eval, *number);
}
Value as_date(Call& call, std::string_view text) {
  const auto parsed = parse_date(trim(text), 0);
  const auto date = parsed ? date_time_of(*parsed, DateStyles::kRoundtripKind) : std::nullopt;
  if (!date) bad_format(call, text);
  return Value::date_time(date->ticks, date->kind);
}
Value as_guid(Call& call, std::string_view text) {
  const auto bytes = parse_guid(text);
  if (!bytes) bad_format(call, text);
  return make_guid(call.eval, *bytes);
}

// Null stays null where the target can be, and is an ArgumentNullException where it cannot.
template <Value (*convert)(Call&, std::string_view), bool nullable>
Value conversion(Call& call) {
  if (call.args[0].is_null()) {
    if (nullable) return {};
    raise_null(call.eval, "element");
  }
  return convert(call, source_text(call));
}

template <Value (*convert)(Call&, std::string_view)>
void declare_both(Catalog::Declaration& type, const std::string& from, const std::string& to) {
  type.member("static explicit operator " + to + "(" + from + " element)", conversion<convert, false>)
      .member("static explicit operator " + to + "?(" + from + " element)", conversion<convert, true>);
}

}  // namespace

void declare_xml_conversions(Catalog& catalog) {
  for (const std::string from : {"XElement", "XAttribute"}) {
    auto type = catalog.declare("System.Xml.Linq." + from);
    type.member("static explicit operator string(" + from + " element)", conversion<as_text, true>);
    declare_both<as_bool>(type, from, "bool");
    declare_both<as_integer<Kind::Int32>>(type, from, "int");
    declare_both<as_integer<Kind::UInt32>>(type, from, "uint");
    declare_both<as_integer<Kind::Int64>>(type, from, "long");
    declare_both<as_integer<Kind::UInt64>>(type, from, "ulong");
    declare_both<as_single>(type, from, "float");
    declare_both<as_double>(type, from, "double");
    declare_both<as_decimal>(type, from, "decimal");
    declare_both<as_date>(type, from, "DateTime");
    declare_both<as_guid>(type, from, "Guid");
  }
}

}  // namespace gateway::expression
