#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace configd {

enum class Shape : std::uint8_t { Text, Flag, Integer, Object, List, Texts, Time, Duration, Any };

// What is done with a member besides checking its shape.
enum class Role : std::uint8_t {
  Plain,
  Secret,     // kept, and never given back by GET
  ReadOnly,   // of the service: what a client says is dropped
  WriteOnly,  // an order (import, copy), not kept
  Reference,  // an id, kept in its short form
};

// One member of `properties`: "tls.validateCertificateChain", "rules[].name" (in every element).
struct Member {
  std::string_view path;
  Shape shape = Shape::Text;
  bool required = false;   // wherever the object that it belongs to is there
  std::int64_t least = 0;  // of a text's or list's length, of a number's value
  std::int64_t most = -1;  // -1: no bound
  std::string_view words =
      {};  // the values that are allowed, "a|b"; any case, kept as spelled here
  Role role = Role::Plain;
  std::string_view refers = {};  // the kinds that a Reference may be of, "apis|products"
};

struct Contract {
  std::string_view kind;  // "apis/operations"
  std::string_view noun;  // "operation"
  std::span<const Member> members;
  bool body_optional = false;  // links
};

// nullptr where there is no such kind.
[[nodiscard]] const Contract* find_contract(std::string_view kind) noexcept;
// The collection as the contract spells it: "namedvalues" → "namedValues"; "" where there is none
// below `parent` ("" or a kind).
[[nodiscard]] std::string_view spelled_collection(std::string_view parent,
                                                  std::string_view collection) noexcept;

}  // namespace configd
