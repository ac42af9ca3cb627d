#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <iterator>

#include "expression/library/json_dates.h"
#include "expression/library/json_types.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

// Newtonsoft's JsonTextReader takes more than RFC 8259: names without quotes, quotes of both kinds,
// comments, a comma at the end, hexadecimal and octal numbers; and its messages are known to callers. A
// strict reader would do for neither.
class JsonReader {
 public:
  JsonReader(Evaluation& eval, std::string_view text, bool dates)
      : eval_(eval), text_(text), types_(eval.catalog()), dates_(dates) {}

  JToken* read() {
    eval_.charge(text_.size() / 8 + 1);
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = line_start_ = 3;
    skip_space();
    if (ended()) fail("Error reading JToken from JsonReader.");
    JToken* token = read_value();
    skip_space();
    if (!ended()) {
      fail(fmt::format("Additional text encountered after finished reading JSON content: {}.",
                       character()));
    }
    return token;
  }

 private:
  struct Frame {
    JsonKind kind = JsonKind::None;
    std::string_view name;
    std::int64_t index = -1;
    bool inside = false;  // something of it was read
  };

  [[nodiscard]] bool ended() const noexcept { return at_ == text_.size(); }
  [[nodiscard]] char peek() const noexcept { return ended() ? '\0' : text_[at_]; }
  [[nodiscard]] std::string_view character() const noexcept {
    std::size_t end = at_;
    (void)next_code_point(text_, end);
    return text_.substr(at_, end - at_);
  }

  [[noreturn]] void fail(std::string_view what) {
    std::pmr::string path(&eval_.arena());
    for (std::size_t i = 0; i < depth_; ++i) {
      if (i + 1 == depth_ && !frames_[i].inside) break;
      if (frames_[i].kind == JsonKind::Array) {
        append_path_index(static_cast<std::size_t>(frames_[i].index < 0 ? 0 : frames_[i].index), path);
      } else {
        append_path_name(frames_[i].name, path);
      }
    }
    const std::size_t position = utf16_length(text_.substr(line_start_, at_ - line_start_));
    const std::size_t line = depth_ == 0 && position == 0 ? 0 : line_;
    eval_.raise("JsonReaderException",
                fmt::format("{} Path '{}', line {}, position {}.", what, std::string_view(path), line,
                            position));
  }
  [[noreturn]] void fail_at_end(std::string_view what) {
    at_ = text_.size();
    fail(what);
  }
  [[noreturn]] void fail_value() {
    if (ended()) fail_end();
    fail(fmt::format("Unexpected character encountered while parsing value: {}.", character()));
  }
  [[noreturn]] void fail_end() {
    fail(depth_ && frames_[depth_ - 1].kind == JsonKind::Array
             ? "Unexpected end of content while loading JArray."
         : depth_ ? "Unexpected end of content while loading JObject."
                  : "Unexpected end when reading JSON.");
  }

  // White space and comments.
  void skip_space() {
    while (!ended()) {
      const char c = peek();
      if (c == '\n' || (c == '\r' && text_.substr(at_, 2) != "\r\n")) {
        ++line_;
        line_start_ = ++at_;
      } else if (c == ' ' || (c >= '\t' && c <= '\r')) {
        ++at_;
      } else if (text_.substr(at_, 2) == "\xC2\xA0") {
        at_ += 2;
      } else if (c == '/') {
        skip_comment();
      } else {
        return;
      }
    }
  }
  void skip_comment() {
    const std::string_view two = text_.substr(at_, 2);
    if (two == "//") {
      while (!ended() && peek() != '\n' && peek() != '\r') ++at_;
      return;
    }
    if (two != "/*") fail("Error parsing comment. Expected: *, got " + std::string(two.substr(two.size() - 1)) + ".");
    const std::size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) fail_at_end("Unexpected end while parsing comment.");
    for (; at_ < end; ++at_) {
      if (peek() == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      }
    }
    at_ = end + 2;
  }

  JToken* read_value() {
    eval_.charge(4);
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth_) ++frames_[depth_ - 1].index;
      return c == '{' ? read_object() : read_array();
    }
    JToken* token = read_scalar(c);
    if (depth_) {
      ++frames_[depth_ - 1].index;
      frames_[depth_ - 1].inside = true;
    }
    return token;
  }
  JToken* read_scalar(char c) {
    switch (c) {
      case '"':
      case '\'':
        return read_string_value();
      case 't':
        return word("true", "Error parsing boolean value.", JsonKind::Boolean, Value::of(true));
      case 'f':
        return word("false", "Error parsing boolean value.", JsonKind::Boolean, Value::of(false));
      case 'n':
        if (text_.substr(at_, 2) == "ne") return read_constructor();
        return word("null", "Error parsing null value.", JsonKind::Null, {});
      case 'u':
        return word("undefined", "Error parsing undefined value.", JsonKind::Undefined, {});
      case 'N':
        return word("NaN", "Error parsing NaN value.", JsonKind::Float,
                    Value::of(std::numeric_limits<double>::quiet_NaN()));
      case 'I':
        return word("Infinity", "Error parsing infinity value.", JsonKind::Float,
                    Value::of(std::numeric_limits<double>::infinity()));
      case '-':
        if (text_.substr(at_, 2) == "-I") {
          return word("-Infinity", "Error parsing negative infinity value.", JsonKind::Float,
                      Value::of(-std::numeric_limits<double>::infinity()));
        }
        return read_number();
      default:
        if ((c >= '0' && c <= '9') || c == '.') return read_number();
        // Newtonsoft's array can have a hole: it reads undefined there.
        if (c == ',' && depth_ && frames_[depth_ - 1].kind == JsonKind::Array) {
          return make(JsonKind::Undefined, {});
        }
        fail_value();
    }
  }

  JValue* make(JsonKind kind, const Value& value) {
    return eval_.arena().make<JValue>(types_.value, kind, value);
  }
  JValue* word(std::string_view text, std::string_view error, JsonKind kind, const Value& value) {
    if (text_.substr(at_, text.size()) != text) fail(error);
    at_ += text.size();
    const char next = peek();
    if (!ended() && next != ',' && next != ']' && next != '}' && next != '/' && next != ')' &&
        !std::isspace(static_cast<unsigned char>(next))) {
      fail(error);
    }
    return make(kind, value);
  }

  void enter(JsonKind kind) {
    ++at_;
    if (depth_ == kJsonDepth) {
      fail(fmt::format("The reader's MaxDepth of {} has been exceeded.", kJsonDepth));
    }
    frames_[depth_++] = Frame{kind, {}, -1, false};
  }
  void leave() {
    ++at_;
    --depth_;
    if (depth_) frames_[depth_ - 1].inside = true;
  }

  JToken* read_object() {
    auto* object = eval_.arena().make<JObject>(types_.object, eval_.arena());
    enter(JsonKind::Object);
    for (bool more = false;; more = true) {
      skip_space();
      if (ended()) fail_end();
      if (peek() == '}') break;
      if (more) {
        if (peek() != ',') fail_after_value();
        ++at_;
        skip_space();
        if (ended()) fail_end();
        if (peek() == '}') break;
      }
      read_property(*object);
    }
    leave();
    return object;
  }
  void read_property(JObject& object) {
    const std::string_view name = read_name();
    frames_[depth_ - 1].name = name;
    frames_[depth_ - 1].inside = true;
    skip_space();
    if (ended()) fail_end();
    if (peek() != ':') {
      fail(fmt::format("Invalid character after parsing property name. Expected ':' but got: {}.",
                       character()));
    }
    ++at_;
    skip_space();
    if (ended()) fail_end();
    JToken* value = read_value();
    if (JProperty* before = object.find(name)) {
      before->value->parent = nullptr;
      before->value = value;
      value->parent = before;
      return;
    }
    insert_property(eval_, object, object.properties.size(),
                    eval_.arena().make<JProperty>(types_.property, name, value));
  }
  std::string_view read_name() {
    const char c = peek();
    if (c == '"' || c == '\'') return read_string();
    const std::size_t from = at_;
    while (!ended() && (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '_' ||
                        peek() == '$' || static_cast<unsigned char>(peek()) >= 0x80)) {
      ++at_;
    }
    if (at_ == from) fail(fmt::format("Invalid property identifier character: {}.", character()));
    const char next = peek();
    if (!ended() && next != ':' && !std::isspace(static_cast<unsigned char>(next))) {
      fail(fmt::format("Invalid JavaScript property identifier character: {}.", character()));
    }
    return text_.substr(from, at_ - from);
  }
  [[noreturn]] void fail_after_value() {
    fail(fmt::format("After parsing a value an unexpected character was encountered: {}.", character()));
  }

  JToken* read_array() {
    auto* array = eval_.arena().make<JArray>(types_.array, eval_.arena());
    enter(JsonKind::Array);
    read_items(*array, ']');
    return array;
  }
  void read_items(JArray& array, char last) {
    for (bool more = false;; more = true) {
      skip_space();
      if (ended()) fail_end();
      if (peek() == last) break;
      if (more) {
        if (peek() != ',') fail_after_value();
        ++at_;
        skip_space();
        if (ended()) fail_end();
        if (peek() == last) break;
      }
      JToken* item = read_value();
      item->parent = &array;
      array.items.push_back(item);
    }
    leave();
  }
  JToken* read_constructor() {
    if (text_.substr(at_, 4) != "new ") fail_value();
    at_ += 4;
    skip_space();
    const std::size_t from = at_;
    while (std::isalnum(static_cast<unsigned char>(peek()))) ++at_;
    auto* made = eval_.arena().make<JArray>(eval_.catalog().find("JConstructor"), eval_.arena(),
                                            JsonKind::Constructor);
    made->name = text_.substr(from, at_ - from);
    skip_space();
    if (ended()) fail_end();
    if (peek() != '(') {
      fail(fmt::format("Unexpected character while parsing constructor: {}.", character()));
    }
    enter(JsonKind::Array);
    read_items(*made, ')');
    return made;
  }

  JToken* read_string_value() {
    const std::string_view text = read_string();
    if (dates_) {
      if (const auto date = parse_json_date(text)) {
        JValue* value = make(JsonKind::Date, *date);
        value->source = text;
        return value;
      }
    }
    return make(JsonKind::String, Value::of(text));
  }
  // A view of the text where nothing in it is escaped.
  std::string_view read_string() {
    const char quote = text_[at_++];
    const std::size_t from = at_;
    std::pmr::string made(&eval_.arena());
    bool escaped = false;
    for (;; ++at_) {
      if (ended()) fail(fmt::format("Unterminated string. Expected delimiter: {}.", quote));
      const char c = text_[at_];
      if (c == quote) break;
      if (c == '\n') {
        ++line_;
        line_start_ = at_ + 1;
      }
      if (c != '\\') {
        if (escaped) made += c;
        continue;
      }
      if (!escaped) {
        made.assign(text_.substr(from, at_ - from));
        escaped = true;
      }
      ++at_;
      if (ended()) fail(fmt::format("Unterminated string. Expected delimiter: {}.", quote));
      read_escape(made);
    }
    const std::string_view text =
        escaped ? eval_.arena().copy(made) : text_.substr(from, at_ - from);
    ++at_;
    return text;
  }
  void read_escape(std::pmr::string& out) {
    switch (const char c = text_[at_]) {
      case 'b':
        out += '\b';
        break;
      case 't':
        out += '\t';
        break;
      case 'n':
        out += '\n';
        break;
      case 'f':
        out += '\f';
        break;
      case 'r':
        out += '\r';
        break;
      case '\\':
      case '"':
      case '\'':
      case '/':
        out += c;
        break;
      case 'u': {
        const std::string_view digits = text_.substr(at_ + 1, 4);
        unsigned unit = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
        if (digits.size() < 4) fail_at_end("Unexpected end while parsing Unicode escape sequence.");
        if (error != std::errc() || end != digits.data() + 4) {
          fail(fmt::format("Invalid Unicode escape sequence: \\u{}.", digits));
        }
        append_unit(static_cast<char16_t>(unit), out);
        at_ += 4;
        break;
      }
      default:
        fail(fmt::format("Bad JSON escape sequence: \\{}.", character()));
    }
  }

  JToken* read_number() {
    const std::size_t from = at_;
    while (!ended() && (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '-' ||
                        peek() == '+' || peek() == '.')) {
      ++at_;
    }
    const std::string_view text = text_.substr(from, at_ - from);
    const char next = peek();
    if (!ended() && next != ',' && next != ']' && next != '}' && next != ')' && next != '/' &&
        !std::isspace(static_cast<unsigned char>(next))) {
      fail(fmt::format("Unexpected character encountered while parsing number: {}.", character()));
    }
    const bool negative = text.starts_with('-');
    const std::string_view digits = text.substr(negative ? 1 : 0);
    if (digits.size() > 1 && digits[0] == '0' && digits[1] != '.' && digits[1] != 'e' && digits[1] != 'E') {
      return read_based(text, digits, negative);
    }
    if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos) {
      return read_integer(text);
    }
    double value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (stop != end || error == std::errc::invalid_argument ||
        digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos) {
      fail_number(text);
    }
    if (error == std::errc::result_out_of_range) value = out_of_range(text, negative);
    return make(JsonKind::Float, Value::of(value));
  }
  // What from_chars leaves alone: too large is infinite, too small is zero.
  static double out_of_range(std::string_view text, bool negative) noexcept {
    const std::size_t e = text.find_first_of("eE");
    const bool small = e != std::string_view::npos && text.substr(e + 1).starts_with('-');
    const double size = small ? 0.0 : std::numeric_limits<double>::infinity();
    return negative ? -size : size;
  }
  [[noreturn]] void fail_number(std::string_view text) {
    fail(fmt::format("Input string '{}' is not a valid number.", text.substr(0, 64)));
  }
  JToken* read_based(std::string_view text, std::string_view digits, bool negative) {
    const bool hex = digits[1] == 'x' || digits[1] == 'X';
    const std::string_view bare = digits.substr(hex ? 2 : 1);
    std::uint64_t value = 0;
    const char* end = bare.data() + bare.size();
    const auto [stop, error] = std::from_chars(bare.data(), end, value, hex ? 16 : 8);
    if (error != std::errc() || stop != end) fail_number(text);
    const auto bits = static_cast<std::int64_t>(value);
    return make(JsonKind::Integer,
                Value::of(negative ? static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(bits)) : bits));
  }
  JToken* read_integer(std::string_view text) {
    const char* end = text.data() + text.size();
    std::int64_t small = 0;
    if (std::from_chars(text.data(), end, small).ec == std::errc()) {
      return make(JsonKind::Integer, Value::of(small));
    }
    if (text.size() > kJsonIntegerDigits) {
      fail(fmt::format("JSON integer {}... is too large to parse.", text.substr(0, 32)));
    }
    std::uint64_t large = 0;
    JValue* value = nullptr;
    if (std::from_chars(text.data(), end, large).ec == std::errc()) {
      value = make(JsonKind::Integer, Value::integer(Kind::UInt64, static_cast<std::int64_t>(large)));
    } else {
      double real = 0;
      if (std::from_chars(text.data(), end, real).ec != std::errc()) {
        real = out_of_range(text, text.front() == '-');
      }
      value = make(JsonKind::Integer, Value::of(real));
    }
    value->source = text;
    return value;
  }

  Evaluation& eval_;
  std::string_view text_;
  JsonTypes types_;
  bool dates_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t line_start_ = 0;
  std::size_t depth_ = 0;
  std::array<Frame, kJsonDepth> frames_;
};

}  // namespace

JToken* parse_json_token(Evaluation& eval, std::string_view text, bool dates) {
  return JsonReader(eval, text, dates).read();
}

JToken* parse_json_token(Evaluation& eval, std::string_view text) {
  return parse_json_token(eval, text, true);
}

}  // namespace gateway::expression
