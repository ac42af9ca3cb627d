#include "model/plain_policy.h"

#include <array>
#include <cstdint>
#include <optional>

#include "base/strings.h"

namespace gateway {
namespace {

struct Tag {
  std::string_view name;
  bool closes = false;  // "</name>"
  bool empty = false;   // "<name/>"
};

// Takes white space and comments from the front; nullopt where a comment does not end.
std::optional<std::string_view> skip_blank(std::string_view text) {
  for (;;) {
    text = trim(text);
    if (!text.starts_with("<!--")) return text;
    const std::size_t end = text.find("-->", 4);
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 3);
  }
}

// Reads a tag without attributes from the front of `text`.
std::optional<Tag> take_tag(std::string_view& text) {
  const std::size_t end = text.find('>');
  if (!text.starts_with('<') || end == std::string_view::npos) return std::nullopt;
  std::string_view inside = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  Tag tag;
  if (inside.starts_with('/')) {
    tag.closes = true;
    inside.remove_prefix(1);
  } else if (inside.ends_with('/')) {
    tag.empty = true;
    inside.remove_suffix(1);
  }
  tag.name = trim(inside);
  return tag;
}

constexpr std::array<std::string_view, 4> kSections{"inbound", "backend", "outbound", "on-error"};

}  // namespace

std::string beyond_forwarding(std::string_view document) {
  const std::string unreadable =
      "can be read only as far as <base/>, <forward-request/> and comments go";
  if (document.starts_with("\xEF\xBB\xBF")) document.remove_prefix(3);
  enum class At : std::uint8_t { Start, Root, Section, End } at = At::Start;
  std::string_view section, open;  // open: an element of a section whose end tag is to come
  bool forwards = false;
  unsigned seen = 0;
  for (;;) {
    const auto rest = skip_blank(document);
    if (!rest) return unreadable;
    document = *rest;
    if (document.empty()) return at == At::End ? "" : unreadable;
    const auto tag = take_tag(document);
    if (!tag) return unreadable;
    if (!open.empty()) {
      if (!tag->closes || tag->name != open) return unreadable;
      open = {};
      continue;
    }
    switch (at) {
      case At::Start:
        if (tag->closes || tag->name != "policies") return unreadable;
        at = tag->empty ? At::End : At::Root;
        break;
      case At::Root: {
        if (tag->closes && tag->name == "policies") {
          at = At::End;
          break;
        }
        unsigned bit = 0;
        for (std::size_t i = 0; i < kSections.size(); ++i) {
          if (tag->name == kSections[i]) bit = 1u << i;
        }
        if (tag->closes || bit == 0 || (seen & bit) != 0) return unreadable;
        seen |= bit;
        section = tag->name;
        forwards = section != "backend";
        if (!tag->empty) {
          at = At::Section;
        } else if (!forwards) {
          return "has a <backend> section without <base/> or <forward-request/>";
        }
        break;
      }
      case At::Section:
        if (tag->closes) {
          if (tag->name != section) return unreadable;
          if (!forwards) return "has a <backend> section without <base/> or <forward-request/>";
          at = At::Root;
          break;
        }
        if (tag->name == "forward-request" && section == "backend") {
          forwards = true;
        } else if (tag->name == "base") {
          forwards = true;
        } else {
          return "has the element " + quote(tag->name.substr(0, tag->name.find_first_of(" \t\r\n"))) +
                 " in <" + std::string(section) + ">, which is not supported";
        }
        if (!tag->empty) open = tag->name;
        break;
      case At::End:
        return unreadable;
    }
  }
}

}  // namespace gateway
