#include "expression/library/json_members.h"
#include "expression/library/libraries.h"

namespace gateway::expression {
namespace {

// SerializeObject(value[, formatting]).
Value serialize(Call& call) {
  JsonFormatting formatting = JsonFormatting::None;
  if (call.args.size() > 1) formatting = static_cast<JsonFormatting>(enum_arg(call, 1));
  auto out = arena_text(call);
  write_json(call.eval, *to_json_token(call.eval, call.args[0]), formatting, out);
  return made(call, out);
}

// DeserializeObject(value): nothing gives null.
Value deserialize(Call& call) {
  const std::string_view text = text_arg(call, 0, "value");
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  const Type* type = type_arg(call, 0);
  JToken* token = parse_json_token(call.eval, text);
  return json_to_object(call.eval, token, type ? type : call.eval.catalog().find("object"));
}

void declare_kinds(Catalog& catalog) {
  auto kinds = catalog.declare("Newtonsoft.Json.Linq.JTokenType",
                               {.kind = Kind::Enum, .value_type = true, .is_enum = true});
  for (std::int32_t i = 0; i <= static_cast<std::int32_t>(JsonKind::TimeSpan); ++i) {
    kinds.enumerator(json_kind_name(static_cast<JsonKind>(i)), i);
  }
  catalog.declare("Newtonsoft.Json.Formatting", {.kind = Kind::Enum, .value_type = true, .is_enum = true})
      .enumerator("None", 0)
      .enumerator("Indented", 1);
}

void declare_exceptions(Catalog& catalog) {
  catalog.declare("Newtonsoft.Json.JsonException", {.base = "Exception"});
  catalog.declare("Newtonsoft.Json.JsonReaderException", {.base = "JsonException"});
  catalog.declare("Newtonsoft.Json.JsonSerializationException", {.base = "JsonException"});
}

}  // namespace

void declare_json(Catalog& catalog) {
  declare_kinds(catalog);
  declare_exceptions(catalog);
  declare_json_token(catalog);
  declare_json_casts(catalog);
  declare_json_object(catalog);
  declare_json_array(catalog);
  declare_json_extensions(catalog);
  catalog.declare("Newtonsoft.Json.JsonConvert", {.is_static = true})
      .member("static string SerializeObject(object value)", serialize)
      .member("static string SerializeObject(object value, Formatting formatting)", serialize)
      .member("static object DeserializeObject(string value)", deserialize)
      .member("static T DeserializeObject<T>(string value)", deserialize);
}

}  // namespace gateway::expression
