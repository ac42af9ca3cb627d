#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "expression/library/text.h"
#include "expression/library/text_find.h"
#include "expression/library/unicode.h"
#include "expression/library/utf16.h"

// String.Split: https://learn.microsoft.com/dotnet/api/system.string.split
namespace gateway::expression {
namespace {

constexpr std::int32_t kRemoveEmpty = 1;
constexpr std::int32_t kTrim = 2;

// Where one separator comes next; found again only when passed.
struct Separator {
  std::string_view text;
  std::size_t next = 0;
};
struct Hit {
  std::size_t at = std::string_view::npos;
  std::size_t size = 0;
};

class Separators {
 public:
  Separators(Call& call, const Value& value) : call_(call), list_(&call.eval.arena()) {
    if (value.kind() == Kind::Char || value.is_string()) {
      add(value);
    } else if (!value.is_null()) {
      call.eval.for_each(value, [&](const Value& item) {
        add(item);
        return true;
      });
    }
    // A lone empty string separates nothing; nothing at all is white space.
    white_ = list_.empty() && !(value.is_string() && value.text().empty());
  }
  void start(std::string_view text) {
    text_ = text;
    for (auto& separator : list_) separator.next = find_text(text, separator.text);
  }
  // The first separator at or behind `from`; of several there the first given.
  Hit next(std::size_t from) {
    if (white_) return white(from);
    Hit out;
    for (auto& separator : list_) {
      call_.eval.charge(1);
      if (separator.next < from) separator.next = find_text(text_, separator.text, from);
      if (separator.next < out.at) out = {separator.next, separator.text.size()};
    }
    return out;
  }

 private:
  void add(const Value& value) {
    std::string_view text;
    if (value.kind() == Kind::Char) {
      auto buffer = arena_text(call_);
      text = call_.eval.arena().copy(char_text(value, buffer));
    } else if (value.is_string()) {
      text = value.text();
    }
    if (!text.empty()) list_.push_back({text});
  }
  Hit white(std::size_t from) const {
    for (std::size_t at = from; at < text_.size();) {
      const std::size_t here = at;
      if (is_white_space(next_code_point(text_, at))) return {here, at - here};
    }
    return {};
  }

  Call& call_;
  std::pmr::vector<Separator> list_;
  std::string_view text_;
  bool white_ = false;
};

std::string_view trimmed(std::string_view text) {
  for (std::size_t at = 0; !text.empty(); at = 0) {
    if (!is_white_space(next_code_point(text, at))) break;
    text.remove_prefix(at);
  }
  while (!text.empty()) {
    std::size_t at = text.size() - 1;
    while (at > 0 && text.size() - at < 4 && (text[at] & 0xC0) == 0x80) --at;
    std::size_t end = at;
    if (!is_white_space(next_code_point(text, end)) || end != text.size()) break;
    text = text.substr(0, at);
  }
  return text;
}

// (separator[s] [, count] [, options])
Value split(Call& call) {
  const std::string_view text = self_text(call);
  std::int64_t limit = std::numeric_limits<std::int32_t>::max();
  std::int32_t options = 0;
  for (std::size_t i = 2; i < call.args.size(); ++i) {
    if (call.args[i].kind() == Kind::Enum)
      options = call.args[i].enum_number();
    else
      limit = integer_arg(call, i);
  }
  if (limit < 0) raise_range(call.eval, "count", "Count cannot be less than zero.");
  if (options < 0 || options > 3)
    raise_argument(call.eval, "options", "Value of flags is invalid.");
  ListObject* out = new_text_array(call.eval);
  const auto keep = [&](std::string_view part) {
    if ((options & kTrim) != 0) part = trimmed(part);
    if (part.empty() && (options & kRemoveEmpty) != 0) return;
    call.eval.charge(2);
    out->items.push_back(Value::of(part));
  };
  if (limit == 0) return Value::of(out);
  Separators separators(call, call.args[1]);
  separators.start(text);
  std::size_t from = 0;
  for (;;) {
    if (static_cast<std::int64_t>(out->items.size()) + 1 >= limit) break;
    const Hit hit = separators.next(from);
    if (hit.at == std::string_view::npos) break;
    keep(text.substr(from, hit.at - from));
    from = hit.at + hit.size;
  }
  // The last of a limited number keeps its separators, but none in front where empty parts are
  // removed.
  if ((options & kRemoveEmpty) != 0) {
    for (Hit hit = separators.next(from); hit.at != std::string_view::npos;
         hit = separators.next(from)) {
      std::string_view part = text.substr(from, hit.at - from);
      if ((options & kTrim) != 0) part = trimmed(part);
      if (!part.empty()) break;
      from = hit.at + hit.size;
    }
  }
  keep(text.substr(from));
  return Value::of(out);
}

}  // namespace

void declare_string_split(Catalog& catalog) {
  catalog
      .declare("System.StringSplitOptions",
               {.kind = Kind::Enum, .value_type = true, .is_enum = true, .is_flags = true})
      .enumerator("None", 0)
      .enumerator("RemoveEmptyEntries", kRemoveEmpty)
      .enumerator("TrimEntries", kTrim);
  auto type = catalog.declare("System.String", {.kind = Kind::String});
  type.member("string[] Split(params char[] separator)", split);
  for (const char* separator :
       {"char separator", "string separator", "char[] separator", "string[] separator"}) {
    const std::string head = std::string("string[] Split(") + separator;
    if (head.find('[', 9) == std::string::npos) type.member(head + ")", split);
    type.member(head + ", StringSplitOptions options)", split)
        .member(head + ", int count)", split)
        .member(head + ", int count, StringSplitOptions options)", split);
  }
}

}  // namespace gateway::expression
