#pragma once

#include <span>
#include <string_view>

#include "expression/evaluation.h"

// Members by the run-time type of their receiver.
namespace gateway::expression {

// The member that the run-time type of args[0] has for these arguments; raises RuntimeBinderException.
// `name` of an indexer: "Item". A method's `type_args` may be empty.
Value late_call(Evaluation& eval, MemberForm form, std::string_view name, std::span<const Value> args,
                std::span<const Type* const> type_args = {});
// An instance member of exactly this many parameters; the first whose last parameter is `object`, or the
// first. Not of `object` itself. Null: none.
[[nodiscard]] const Member* own_member(const Type* type, std::string_view name, std::size_t parameters);
// a op b by what they are; raises RuntimeBinderException.
Value late_operator(Evaluation& eval, std::string_view op, std::span<const Value> operands);

}  // namespace gateway::expression
