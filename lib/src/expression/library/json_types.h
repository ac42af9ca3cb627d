#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "expression/library/json_tokens.h"

// What the files of Newtonsoft.Json share.
namespace gateway::expression {

struct JsonTypes {
  explicit JsonTypes(const Catalog& catalog)
      : object(catalog.find("JObject")), array(catalog.find("JArray")), value(catalog.find("JValue")),
        property(catalog.find("JProperty")) {}
  const Type* object;
  const Type* array;
  const Type* value;
  const Type* property;
};

// "Object", "Array", … as JTokenType has them.
[[nodiscard]] std::string_view json_kind_name(JsonKind kind) noexcept;
// One step of JToken.Path, behind what `out` holds already.
void append_path_name(std::string_view name, std::pmr::string& out);
void append_path_index(std::size_t index, std::pmr::string& out);
// "[…]" and "['…']" need no dot before them; the escaping of the latter.
void append_escaped(std::string_view text, char quote, std::pmr::string& out);
// A double as Newtonsoft writes it: "1.0", "1E+30".
void append_json_double(double value, bool single, std::pmr::string& out);
[[noreturn]] void raise_json_depth(Evaluation& eval);
// The value of a property, the token itself otherwise.
[[nodiscard]] JToken* without_property(JToken* token) noexcept;

}  // namespace gateway::expression
