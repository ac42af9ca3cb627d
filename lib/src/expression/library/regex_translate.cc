#include "expression/library/regex_translate.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "base/strings.h"
#include "expression/library/regex_escapes.h"

namespace gateway::expression {
namespace {

constexpr int kMaxDepth = 200;
constexpr std::string_view kCallout = "(?C1)";

bool is_name_start(char c) { return is_alpha(c) || is_digit(c) || c == '_' || (c & 0x80) != 0; }

// Walks a pattern twice: first to number the groups, then to write. Throws RegexFault.
class Translator {
 public:
  Translator(std::string_view pattern, std::int32_t options)
      : in_{pattern, 0, (options & RegexOptions::kEcmaScript) != 0},
        explicit_((options & RegexOptions::kExplicitCapture) != 0),
        extended_((options & RegexOptions::kIgnorePatternWhitespace) != 0) {}

  TranslatedRegex run() {
    const bool all_explicit = explicit_, all_extended = extended_;
    walk();
    number_groups();
    writing_ = true;
    in_.at = 0;
    out_.clear();
    next_unnamed_ = 1;
    explicit_ = all_explicit;
    extended_ = all_extended;
    seen_unbounded_ = false;
    walk();
    result_.pattern = fmt::format("{}(?:{})", kCallout, out_);
    return std::move(result_);
  }

 private:
  enum class Last { Nothing, Atom, Quantified };
  struct Piece {
    Last last = Last::Nothing;
    std::size_t start = 0;      // in out_, of the atom
    std::size_t body = 0;       // in out_, where a group's content starts; 0: no group
  };

  [[noreturn]] void fail(std::string message) { in_.fail(std::move(message)); }

  void walk() {
    alternatives(0);
    if (!in_.end()) fail("too many )'s");
  }

  void alternatives(int depth) {
    if (depth > kMaxDepth) fail("groups are nested too deep");
    const bool outer_explicit = explicit_, outer_extended = extended_;
    Piece piece;
    while (!in_.end() && in_.peek() != ')') step(depth, piece);
    explicit_ = outer_explicit;
    extended_ = outer_extended;
  }

  void step(int depth, Piece& piece) {
    const char c = in_.peek();
    if (extended_ && skip_white_space(c)) return;
    if (c == '|') {
      ++in_.at;
      out_ += '|';
      piece = {};
      return;
    }
    if (c == '*' || c == '+' || c == '?' || (c == '{' && in_.quantifier_size() != 0)) {
      return quantifier(piece);
    }
    if (c == '(') return group(depth, piece);
    const std::size_t start = out_.size();
    if (c == '[') {
      write_class(in_, out_);
    } else if (c == '\\') {
      escape();
    } else if (c == '^' || c == '$' || c == '.') {
      ++in_.at;
      out_ += c;
    } else {
      write_literal(in_.take(), out_);
    }
    piece = {Last::Atom, start, 0};
  }

  bool skip_white_space(char c) {
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      ++in_.at;
      return true;
    }
    if (c != '#') return false;
    const std::size_t line = in_.text.find('\n', in_.at);
    in_.at = line == std::string_view::npos ? in_.text.size() : line + 1;
    return true;
  }

  void quantifier(Piece& piece) {
    const char c = in_.peek();
    if (piece.last == Last::Nothing) fail(fmt::format("quantifier '{}' follows nothing", c));
    if (piece.last == Last::Quantified) fail(fmt::format("nested quantifier '{}'", c));
    const std::size_t size = c == '{' ? in_.quantifier_size() : 1;
    const std::string_view text = in_.text.substr(in_.at, size);
    const bool unbounded = c == '*' || c == '+' || (c == '{' && text.size() > 3);
    if (unbounded && piece.body != 0) out_.insert(piece.body, kCallout);
    if (unbounded && seen_unbounded_ && piece.body == 0) out_.insert(piece.start, kCallout);
    seen_unbounded_ = seen_unbounded_ || unbounded;
    out_ += text;
    in_.at += size;
    if (!in_.end() && in_.peek() == '?') {
      out_ += '?';
      ++in_.at;
    }
    piece.last = Last::Quantified;
  }

  // "(" and what makes it more than a plain one.
  void group(int depth, Piece& piece) {
    const std::size_t start = out_.size();
    ++in_.at;
    if (!in_.accept('?')) {
      if (explicit_) {
        out_ += "(?:";
      } else {
        capture(std::to_string(next_unnamed_++), true);
      }
      return body(depth, piece, start);
    }
    if (in_.end()) fail("unterminated (? construct");
    const char c = in_.take_byte();
    if (c == '#') {
      const std::size_t close = in_.text.find(')', in_.at);
      if (close == std::string_view::npos) fail("unterminated (?#...) comment");
      in_.at = close + 1;
      return;
    }
    if (c == ':' || c == '>') {
      out_ += "(?";
      out_ += c;
      return body(depth, piece, start);
    }
    if (c == '=' || c == '!') return look(depth, piece, start, c == '=' ? "(?=" : "(?!");
    if (c == '<' && in_.accept('=')) return look(depth, piece, start, "(?<=");
    if (c == '<' && in_.accept('!')) return look(depth, piece, start, "(?<!");
    if (c == '<' || c == '\'') {
      capture(group_name(c == '<' ? '>' : '\''), false);
      return body(depth, piece, start);
    }
    if (c == '(') return condition(depth, piece, start);
    --in_.at;
    flags(depth, piece, start);
  }

  void look(int depth, Piece& piece, std::size_t start, std::string_view opening) {
    out_ += opening;
    out_ += kCallout;
    body(depth, piece, start);
  }

  void body(int depth, Piece& piece, std::size_t start) {
    const std::size_t from = out_.size();
    alternatives(depth + 1);
    if (!in_.accept(')')) fail("not enough )'s");
    out_ += ')';
    piece = {Last::Atom, start, from};
  }

  std::string group_name(char close) {
    const std::size_t from = in_.at;
    while (!in_.end() && is_name_start(in_.peek())) ++in_.at;
    std::string name(in_.text.substr(from, in_.at - from));
    if (in_.accept('-')) fail("balancing groups (?<a-b>...) are not supported");
    if (name.empty() || !in_.accept(close)) fail("invalid group name");
    if (is_digit(name[0])) {
      const auto number = gateway::parse_decimal(name, 100'000);
      if (!number) fail("invalid group name: it starts with a digit and is no number");
      if (*number == 0) fail("a group cannot have the number 0");
      name = std::to_string(*number);
    }
    return name;
  }

  void capture(const std::string& name, bool unnamed) {
    if (!writing_) {
      if (unnamed || is_digit(name[0])) {
        numbers_[static_cast<std::int32_t>(*gateway::parse_decimal(name, 1'000'000))] = name;
      } else if (std::find(names_.begin(), names_.end(), name) == names_.end()) {
        names_.push_back(name);
      }
      return;
    }
    const std::int32_t index = *find_group(name);
    result_.slots.push_back(index);
    out_ += fmt::format("(?<g{}>", index);
  }

  void number_groups() {
    std::int32_t number = 1;
    numbers_[0] = "0";
    for (const std::string& name : names_) {
      while (numbers_.count(number) != 0) ++number;
      numbers_[number] = name;
    }
    for (const auto& [group, name] : numbers_) result_.groups.push_back({group, name});
  }

  // The index in result_.groups.
  std::optional<std::int32_t> find_group(std::string_view name) const {
    const auto found = std::find_if(result_.groups.begin(), result_.groups.end(),
                                    [&](const auto& group) { return group.name == name; });
    if (found != result_.groups.end()) {
      return static_cast<std::int32_t>(found - result_.groups.begin());
    }
    if (const auto number = gateway::parse_decimal(name, 1'000'000)) {
      for (std::size_t i = 0; i < result_.groups.size(); ++i) {
        if (result_.groups[i].number == static_cast<std::int32_t>(*number)) {
          return static_cast<std::int32_t>(i);
        }
      }
    }
    return std::nullopt;
  }

  void condition(int depth, Piece& piece, std::size_t start) {
    const std::size_t from = in_.at;
    while (!in_.end() && is_name_start(in_.peek())) ++in_.at;
    const std::string_view name = in_.text.substr(from, in_.at - from);
    if (!name.empty() && !in_.end() && in_.peek() == ')') {
      const auto index = writing_ ? find_group(name) : std::nullopt;
      if (index) {
        ++in_.at;
        out_ += fmt::format("(?(<g{}>)", *index);
        return body(depth, piece, start);
      }
      if (writing_ && is_digit(name[0])) fail(fmt::format("reference to undefined group {}", name));
    }
    in_.at = from;
    // An expression is a look-ahead, unless it is one already.
    const bool look = in_.text.substr(in_.at, 2) == "?=" || in_.text.substr(in_.at, 2) == "?!" ||
                      in_.text.substr(in_.at, 3) == "?<=" || in_.text.substr(in_.at, 3) == "?<!";
    out_ += "(?";
    if (look) {
      const std::size_t size = in_.text[in_.at + 1] == '<' ? 3 : 2;
      out_ += '(';
      out_ += in_.text.substr(in_.at, size);
      in_.at += size;
    } else {
      out_ += "(?=";
    }
    Piece inner;
    body(depth, inner, out_.size());
    body(depth, piece, start);
  }

  void flags(int depth, Piece& piece, std::size_t start) {
    std::string on, off;
    bool minus = false, now_explicit = explicit_, now_extended = extended_;
    for (;; ++in_.at) {
      if (in_.end()) fail("unterminated (? construct");
      const char c = to_lower(in_.peek());
      if (c == '-' && !minus) {
        minus = true;
      } else if (c == 'i' || c == 'm' || c == 's') {
        (minus ? off : on) += c;
      } else if (c == 'n') {
        now_explicit = !minus;
      } else if (c == 'x') {
        now_extended = !minus;
      } else if (c == ')' || c == ':') {
        break;
      } else {
        fail("unrecognized grouping construct");
      }
    }
    const bool scoped = in_.take_byte() == ':';
    out_ += "(?" + on + (off.empty() ? "" : "-" + off) + (scoped ? ":" : ")");
    if (!scoped) {
      explicit_ = now_explicit;
      extended_ = now_extended;
      return;
    }
    const bool outer_explicit = explicit_, outer_extended = extended_;
    explicit_ = now_explicit;
    extended_ = now_extended;
    body(depth, piece, start);
    explicit_ = outer_explicit;
    extended_ = outer_extended;
  }

  void escape() {
    const std::size_t from = in_.at++;
    if (in_.end()) fail("illegal \\ at the end of the pattern");
    const char c = in_.peek();
    if (c == 'k') {
      ++in_.at;
      if (!in_.end() && (in_.peek() == '<' || in_.peek() == '\'')) {
        const char close = in_.take_byte() == '<' ? '>' : '\'';
        return reference(group_name(close));
      }
      fail("malformed \\k<...> named back reference");
    }
    if (c >= '1' && c <= '9') {
      std::size_t end = in_.at;
      while (end < in_.text.size() && is_digit(in_.text[end])) ++end;
      const std::string_view digits = in_.text.substr(in_.at, end - in_.at);
      // One digit is always a reference; more are one where there is such a group, octal otherwise.
      if (digits.size() == 1 || !writing_ || find_group(digits)) {
        in_.at = end;
        return reference(std::string(digits));
      }
    } else if (std::string_view("AZzGbB").find(c) != std::string_view::npos) {
      ++in_.at;
      out_ += '\\';
      out_ += c;
      return;
    }
    in_.at = from;
    write_escape(in_, out_, false);
  }

  void reference(const std::string& name) {
    if (!writing_) return;
    const auto index = find_group(name);
    if (!index || *index == 0) fail(fmt::format("reference to undefined group {}", quote(name)));
    out_ += fmt::format("\\k<g{}>", *index);
  }

  RegexInput in_;
  bool explicit_;
  bool extended_;
  bool writing_ = false;
  bool seen_unbounded_ = false;
  std::int32_t next_unnamed_ = 1;
  std::string out_;
  std::map<std::int32_t, std::string> numbers_;
  std::vector<std::string> names_;
  TranslatedRegex result_;
};

}  // namespace

Result<TranslatedRegex> translate_regex(std::string_view pattern, std::int32_t options) {
  try {
    return Translator(pattern, options).run();
  } catch (const RegexFault& fault) {
    return Error{ErrorCode::InvalidArgument, "expression",
                 fmt::format("Invalid pattern {} at offset {}: {}.", quote(pattern), fault.offset,
                             fault.message),
                 ""};
  }
}

}  // namespace gateway::expression
