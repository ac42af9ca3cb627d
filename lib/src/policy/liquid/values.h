#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

#include "expression/evaluation.h"

// What values are to a Liquid template: those of expressions, with the tokens of JSON and the elements of XML.
namespace gateway::policy::liquid {

using expression::Evaluation;
using expression::Value;

// A leaf of JSON as what it holds.
[[nodiscard]] Value unwrapped(const Value& value) noexcept;
// value.name: a property, an element, "size", "first", "last"; null where there is none.
[[nodiscard]] Value member(Evaluation& eval, const Value& value, std::string_view name);
// value[key].
[[nodiscard]] Value element(Evaluation& eval, const Value& value, const Value& key);
// What a loop goes through: the items of a list, the [name, value] pairs of an object; one element stands for a list
// of one; nothing for all else.
[[nodiscard]] expression::ListObject* items(Evaluation& eval, const Value& value);
[[nodiscard]] expression::ListObject* new_list(Evaluation& eval);
[[nodiscard]] bool is_true(const Value& value) noexcept;  // all but null and false
[[nodiscard]] bool is_list(Evaluation& eval, const Value& value) noexcept;
[[nodiscard]] bool is_empty(Evaluation& eval, const Value& value);
// An XML element that says xsi:nil="true".
[[nodiscard]] bool is_nil_element(const Value& value) noexcept;
// As it is written into the output.
[[nodiscard]] std::string_view text(Evaluation& eval, const Value& value);
// The number that a value or its text is; false: none.
bool number(Evaluation& eval, const Value& value, double& out);
[[nodiscard]] bool is_whole(const Value& value) noexcept;
[[nodiscard]] bool equal(Evaluation& eval, const Value& a, const Value& b);
// -1, 0, 1; 2: they have no order.
[[nodiscard]] int order(Evaluation& eval, const Value& a, const Value& b);

}  // namespace gateway::policy::liquid
