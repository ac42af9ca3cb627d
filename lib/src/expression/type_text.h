#pragma once

#include <string>

#include "expression/type.h"

// What the compiler asks of types, and how it calls them.
namespace gateway::expression {

// As C# writes it: "int?", "List<string>".
[[nodiscard]] std::string display(const Type* type);

// As .NET's messages write it: "System.Collections.Generic.List`1[System.String]".
[[nodiscard]] std::string runtime_name(const Type* type);

[[nodiscard]] bool is_nullable(const Type* type) noexcept;
// int of int?; the type itself otherwise.
[[nodiscard]] const Type* without_nullable(const Type* type) noexcept;
[[nodiscard]] bool is_array(const Type* type) noexcept;
// Those of the type it was made from, where it is a constructed one.
[[nodiscard]] const std::vector<Member>& members_of(const Type* type) noexcept;
// The Invoke of a delegate type; null: it is none.
[[nodiscard]] const Member* invoke_of(const Type* type) noexcept;
[[nodiscard]] bool is_void(const Type* type) noexcept;
// Its instance of this generic type: IEnumerable<char> of string. Null: none.
[[nodiscard]] const Type* instance_of(const Type* type, const Type* definition) noexcept;

}  // namespace gateway::expression
