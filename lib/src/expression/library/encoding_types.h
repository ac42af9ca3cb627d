#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include "expression/catalog.h"

// The parts of declare_encoding and what they share.
namespace gateway::expression {

void declare_bit_converter(Catalog& catalog);
void declare_guid(Catalog& catalog);
void declare_uri(Catalog& catalog);
void declare_web(Catalog& catalog);
void declare_ip_address(Catalog& catalog);

// What the arguments `at` and `count_at` choose of `bytes`; raises ArgumentOutOfRangeException.
[[nodiscard]] std::span<const std::uint8_t> slice_argument(Call& call, std::span<const std::uint8_t> bytes,
                                                           std::size_t at, std::size_t count_at);
// Bytes that are no UTF-8 become U+FFFD.
void append_utf8_repaired(std::string_view bytes, std::pmr::string& out);

}  // namespace gateway::expression
