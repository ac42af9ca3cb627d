#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <iterator>

#include "base/base64.h"
#include "expression/library/arguments.h"
#include "expression/library/composite_format.h"
#include "expression/library/guid.h"
#include "expression/library/json_dates.h"
#include "expression/library/json_types.h"
#include "expression/library/number_format.h"
#include "expression/library/utf16.h"

namespace gateway::expression {

void append_escaped(std::string_view text, char quote, std::pmr::string& out) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x80) {
      ++at;
      switch (c) {
        case '\t': out += "\\t"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\f': out += "\\f"; break;
        case '\b': out += "\\b"; break;
        case '\\': out += "\\\\"; break;
        default:
          if (c == static_cast<unsigned char>(quote)) {
            out += '\\';
            out += quote;
          } else if (c < 0x20) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
          } else {
            out += static_cast<char>(c);
          }
      }
      continue;
    }
    const char32_t point = next_code_point(text, at);
    if (point == 0x85 || point == 0x2028 || point == 0x2029) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(point));
    } else {
      append_code_point(point, out);
    }
  }
}

void write_json_string(std::string_view text, std::pmr::string& out) {
  out += '"';
  append_escaped(text, '"', out);
  out += '"';
}

void append_json_double(double value, bool single, std::pmr::string& out) {
  if (std::isnan(value)) {
    out += "\"NaN\"";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "\"-Infinity\"" : "\"Infinity\"";
    return;
  }
  const std::size_t from = out.size();
  if (single) {
    (void)format_single(static_cast<float>(value), "R", out);
  } else {
    (void)format_double(value, "R", out);
  }
  if (out.find_first_of(".eE", from) == std::pmr::string::npos) out += ".0";
}

namespace {

class JsonWriter {
 public:
  JsonWriter(Evaluation& eval, JsonFormatting formatting, std::pmr::string& out)
      : eval_(eval), out_(out), indented_(formatting == JsonFormatting::Indented) {}

  void write(const JToken& token) {
    eval_.charge(4);
    switch (token.kind) {
      case JsonKind::Object: {
        const auto& object = static_cast<const JObject&>(token);
        open('{');
        for (const JProperty* property : object.properties) {
          separate(property != object.properties.front());
          write_property(*property);
        }
        close('}', object.properties.empty());
        break;
      }
      case JsonKind::Property:
        write_property(static_cast<const JProperty&>(token));
        break;
      case JsonKind::Constructor: {
        const auto& made = static_cast<const JArray&>(token);
        out_ += "new ";
        out_ += made.name;
        write_items(made, '(', ')');
        break;
      }
      case JsonKind::Array:
        write_items(static_cast<const JArray&>(token), '[', ']');
        break;
      default:
        write_value(static_cast<const JValue&>(token));
    }
  }

 private:
  void write_items(const JArray& array, char first, char last) {
    open(first);
    for (const JToken* item : array.items) {
      separate(item != array.items.front());
      write(*item);
    }
    close(last, array.items.empty());
  }
  void open(char c) {
    if (++depth_ > kJsonDeepest) raise_json_depth(eval_);
    out_ += c;
  }
  void close(char c, bool empty) {
    --depth_;
    if (!empty) new_line();
    out_ += c;
  }
  void separate(bool comma) {
    if (comma) out_ += ',';
    new_line();
  }
  void new_line() {
    if (!indented_) return;
    out_ += '\n';
    out_.append(depth_ * std::size_t{2}, ' ');
    eval_.charge(depth_ / 8);
  }
  void write_property(const JProperty& property) {
    eval_.charge(property.name.size() / 8);
    write_json_string(property.name, out_);
    out_ += indented_ ? ": " : ":";
    if (property.value) write(*property.value);
  }
  void write_value(const JValue& token) {
    const std::size_t before = out_.size();
    switch (token.kind) {
      case JsonKind::Null:
      case JsonKind::None:
        out_ += "null";
        break;
      case JsonKind::Undefined:
        out_ += "undefined";
        break;
      case JsonKind::Boolean:
        out_ += token.value.boolean() ? "true" : "false";
        break;
      case JsonKind::Comment:
        out_ += "/*";
        out_ += token.value.text();
        out_ += "*/";
        break;
      case JsonKind::Raw:
        if (token.value.is_string()) out_ += token.value.text();
        break;
      case JsonKind::Integer:
      case JsonKind::Float:
        write_number(token);
        break;
      case JsonKind::Date:
        out_ += '"';
        if (!token.source.empty()) {
          append_escaped(token.source, '"', out_);
        } else if (token.value.kind() == Kind::DateTime) {
          write_json_date(token.value, out_);
        } else {
          format_value(eval_, token.value, "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", out_);
        }
        out_ += '"';
        break;
      case JsonKind::Bytes:
        out_ += '"';
        out_ += encode_base64(as_text(static_cast<BytesObject*>(token.value.object())->bytes));
        out_ += '"';
        break;
      default:
        write_json_string(eval_.to_text(token.value), out_);
    }
    eval_.charge((out_.size() - before) / 8);
  }
  void write_number(const JValue& token) {
    const Value& value = token.value;
    if (!token.source.empty()) {
      out_ += token.source;
    } else if (value.kind() == Kind::Double || value.kind() == Kind::Single) {
      append_json_double(value.real(), value.kind() == Kind::Single, out_);
    } else if (const Decimal* decimal = as_decimal(value)) {
      const std::size_t from = out_.size();
      out_ += decimal->text();
      if (out_.find('.', from) == std::pmr::string::npos) out_ += ".0";
    } else if (value.kind() == Kind::UInt64) {
      fmt::format_to(std::back_inserter(out_), "{}", static_cast<std::uint64_t>(value.integer()));
    } else if (value.kind() == Kind::Enum) {
      fmt::format_to(std::back_inserter(out_), "{}", value.enum_number());
    } else {
      fmt::format_to(std::back_inserter(out_), "{}", value.integer());
    }
  }

  Evaluation& eval_;
  std::pmr::string& out_;
  bool indented_;
  unsigned depth_ = 0;
};

}  // namespace

void write_json(Evaluation& eval, const JToken& token, JsonFormatting formatting, std::pmr::string& out) {
  JsonWriter(eval, formatting, out).write(token);
}

std::string_view json_text(Evaluation& eval, const JToken& token) {
  std::pmr::string out(&eval.arena());
  if (token.is_container()) {
    write_json(eval, token, JsonFormatting::Indented, out);
    return eval.arena().copy(out);
  }
  const auto& value = static_cast<const JValue&>(token);
  if (value.kind == JsonKind::Integer && !value.source.empty()) return value.source;
  if (value.kind == JsonKind::Bytes) {  // byte[].ToString(), as JValue.ToString() gives it
    return "System.Byte[]";
  }
  return eval.to_text(value.value);
}

}  // namespace gateway::expression
