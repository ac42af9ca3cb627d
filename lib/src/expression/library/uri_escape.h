#pragma once

#include <memory_resource>
#include <string>
#include <string_view>

namespace gateway::expression {

inline constexpr std::string_view kUriReserved = ";/?:@&=+$,#[]!'()*";

[[nodiscard]] bool is_uri_unreserved(char c) noexcept;
// Every byte that is neither unreserved nor one of `kept` as %XX.
void append_escaped(std::string_view text, std::string_view kept, std::pmr::string& out);
// A part of a URI: as it is where it may be, escaped otherwise; escapes of unreserved characters undone.
void append_normalized(std::string_view text, std::string_view kept, std::pmr::string& out);
// Uri.UnescapeDataString: escapes that give no UTF-8 stay.
void append_unescaped(std::string_view text, std::pmr::string& out);
// Uri.ToString(): all but reserved and control characters and "%".
void append_readable(std::string_view text, std::pmr::string& out);

}  // namespace gateway::expression
