#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "expression/evaluation.h"
#include "expression/library/native.h"

// Objects and bytes among the arguments of natives.
namespace gateway::expression {

template <typename T>
[[nodiscard]] T& self(const Call& call) {
  return *static_cast<T*>(call.args[0].object());
}

// An object argument that must not be null.
template <typename T>
[[nodiscard]] T& object_argument(const Call& call, std::size_t index, std::string_view name) {
  if (call.args[index].is_null()) raise_null(call.eval, name);
  return *static_cast<T*>(call.args[index].object());
}

// A byte[] that must not be null; charges for reading it.
[[nodiscard]] inline std::span<const std::uint8_t> bytes_argument(const Call& call, std::size_t index,
                                                                  std::string_view name) {
  const auto bytes = object_argument<BytesObject>(call, index, name).bytes;
  call.eval.charge(bytes.size() / 8 + 1);
  return bytes;
}

[[nodiscard]] inline const Type* type_named(Evaluation& eval, std::string_view name) {
  return eval.catalog().find(name);
}

// A byte[] of this size, not yet filled.
[[nodiscard]] inline BytesObject* new_bytes(Evaluation& eval, std::size_t size) {
  auto* data = reinterpret_cast<std::uint8_t*>(size == 0 ? nullptr : eval.arena().bytes(size));
  return eval.arena().make<BytesObject>(type_named(eval, "byte[]"), std::span(data, size));
}
[[nodiscard]] inline Value bytes_value(Evaluation& eval, std::span<const std::uint8_t> bytes) {
  BytesObject* out = new_bytes(eval, bytes.size());
  if (!bytes.empty()) std::memcpy(out->bytes.data(), bytes.data(), bytes.size());
  return Value::of(out);
}

[[nodiscard]] inline std::string_view as_text(std::span<const std::uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline std::span<const std::uint8_t> as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Object of this C++ type and this type of the catalog?
template <typename T>
[[nodiscard]] T* object_as(Evaluation& eval, const Value& value, std::string_view type) {
  if (!value.is_object() || !value.object()->type->is(type_named(eval, type))) return nullptr;
  return static_cast<T*>(value.object());
}

}  // namespace gateway::expression
