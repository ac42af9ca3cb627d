#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "expression/value.h"

namespace gateway::expression {

class Evaluation;
struct Type;

// One call of a member. `args[0]` is the object of an instance member and the first argument of an
// extension method; then the parameters, optional ones filled in, a `params` array as one array object.
struct Call {
  Evaluation& eval;
  std::span<Value> args;                     // an `out` parameter's slot is written here
  std::span<const Type* const> type_args;    // of a generic method, in the order of its type parameters
};
// May throw Raised (by Evaluation::raise) and BudgetExceeded, and nothing else.
using Native = Value (*)(Call& call);

struct Parameter {
  std::string name;
  const Type* type = nullptr;
  bool optional = false;
  Value fallback;       // of an optional one
  bool params = false;  // takes the rest as an array
  bool out = false;
};

enum class MemberForm : std::uint8_t {
  Method, Property, Setter, Constructor, Indexer, IndexSetter, Operator, Conversion,
};

struct Member {
  MemberForm form = MemberForm::Method;
  std::string name;                 // Operator: "+", "==", …; Conversion: "implicit" or "explicit"
  bool is_static = false;
  bool is_extension = false;        // its first parameter is the receiver
  std::vector<std::string> type_parameters;
  std::vector<Parameter> parameters;  // without the receiver of an instance member
  const Type* result = nullptr;
  Native call = nullptr;
};

// A .NET type. Constructed generics are interned: equal types are one pointer. Lives as long as its
// Catalog.
struct Type {
  std::string name;            // "List"; of a type parameter: "T"
  std::string full_name;       // "System.Collections.Generic.List"
  const Type* base = nullptr;  // null: Object, or none is known
  std::vector<const Type*> interfaces;
  const Type* definition = nullptr;        // of a constructed generic: the open one
  std::vector<const Type*> arguments;      // "
  std::vector<std::string> type_parameters;  // of an open generic
  Kind kind = Kind::Object;    // how its values are held
  bool value_type = false;     // cannot be null
  bool is_enum = false;
  bool is_flags = false;
  bool is_type_parameter = false;
  std::vector<std::pair<std::string, std::int32_t>> enumerators;
  std::vector<Member> members;  // of an open or a plain type; found through `definition`
  [[nodiscard]] bool is(const Type* other) const noexcept;  // itself, a base, or an interface
};

}  // namespace gateway::expression
