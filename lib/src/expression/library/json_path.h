#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "expression/library/json_tokens.h"

// JSONPath as Newtonsoft's SelectToken reads it.
namespace gateway::expression {

struct PathFilter;

struct PathStep {
  enum class Form : std::uint8_t {
    Names,      // .a ['a','b']; no names: .*
    ScanNames,  // ..a ..['a','b']; no names: ..*
    Indices,    // [0] [1,2]; no indices: [*]
    Slice,      // [from:to:step]
    Filter,     // [?(…)]
    ScanFilter, // ..[?(…)]
    Root,       // $ within a filter
  };
  Form form;
  std::pmr::vector<std::string_view> names;
  std::pmr::vector<std::int64_t> indices;
  std::optional<std::int64_t> from, to, step;
  const PathFilter* filter = nullptr;

  PathStep(Form the_form, Arena& arena) : form(the_form), names(&arena), indices(&arena) {}
};

struct JsonPath {
  explicit JsonPath(Arena& arena) : steps(&arena) {}
  std::pmr::vector<PathStep> steps;
};

// One side of a comparison: a path from the item (@) or the root ($), or a literal.
struct PathOperand {
  const JsonPath* path = nullptr;
  JValue* literal = nullptr;
};

struct PathFilter {
  enum class Form : std::uint8_t {
    And, Or, Exists, Equals, StrictEquals, Differs, StrictDiffers, Less, LessOrEqual, Greater,
    GreaterOrEqual, Matches,
  };
  explicit PathFilter(Arena& arena, Form the_form) : form(the_form), parts(&arena) {}
  Form form;
  std::pmr::vector<const PathFilter*> parts;  // of And and Or
  PathOperand left, right;
};

// Raises JsonException in Newtonsoft's words.
[[nodiscard]] const JsonPath* parse_json_path(Evaluation& eval, std::string_view text);

}  // namespace gateway::expression
