#include <algorithm>
#include <charconv>
#include <istream>
#include <map>
#include <streambuf>
#include <string>
#include <unordered_set>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "base/strings.h"
#include "model/document.h"

namespace gateway {
namespace {

using rapidjson::Value;

// Ends the parse from inside an event; caught in parse_yaml.
struct Refused {
  std::string message;
  YAML::Mark mark;
};

// Reads a view without copying it.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // NOLINT: a get area is never written to
    setg(begin, begin, begin + text.size());
  }
};

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

// YAML 1.2 §10.3.2, the core schema's regular expressions.
bool is_core_null(std::string_view text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}
bool is_core_true(std::string_view text) {
  return text == "true" || text == "True" || text == "TRUE";
}
bool is_core_false(std::string_view text) {
  return text == "false" || text == "False" || text == "FALSE";
}

bool parse_core_integer(std::string_view text, Value& out) {
  const bool hexadecimal = text.starts_with("0x");
  const bool octal = text.starts_with("0o");
  std::string_view digits = text;
  bool negative = false;
  if (hexadecimal || octal) {
    digits.remove_prefix(2);
  } else if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) {
    negative = digits.front() == '-';
    digits.remove_prefix(1);
  }
  if (digits.empty() || digits.front() == '-') return false;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                            hexadecimal ? 16 : octal ? 8 : 10);
  if (end != digits.data() + digits.size() || error == std::errc::invalid_argument) return false;
  const bool fits = error == std::errc() && (!negative || value <= std::uint64_t{1} << 63);
  if (!fits) {
    if (hexadecimal || octal) return false;
    double wide = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), wide);
    out.SetDouble(negative ? -wide : wide);
  } else if (negative) {
    out.SetInt64(static_cast<std::int64_t>(~value + 1));
  } else {
    out.SetUint64(value);
  }
  return true;
}

bool parse_core_float(std::string_view text, Value& out) {
  std::string_view digits = text;
  const bool negative = !digits.empty() && digits.front() == '-';
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  if (digits.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return false;
  const bool begins = !digits.empty() && (is_digit(digits.front()) ||
                                          (digits.size() > 1 && digits.front() == '.' && is_digit(digits[1])));
  if (!begins) return false;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (end != digits.data() + digits.size() || error != std::errc()) return false;
  out.SetDouble(negative ? -value : value);
  return true;
}

bool is_core_unbounded(std::string_view text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") return true;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text == ".inf" || text == ".Inf" || text == ".INF";
}

// Builds one JSON document for each YAML document from yaml-cpp's events. Nothing is kept but the
// open containers and the anchored values, and what aliases add is counted.
class DocumentBuilder final : public YAML::EventHandler {
 public:
  DocumentBuilder(std::string_view text, const DocumentLimits& limits)
      : text_(text), limits_(limits) {}

  [[nodiscard]] std::vector<rapidjson::Document> take() { return std::move(documents_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // The parser takes whatever follows a finished root node for a further document.
    const auto offset = mark.pos < 0 ? 0 : static_cast<std::size_t>(mark.pos);
    const bool marked = text_.substr(std::min(offset, text_.size())).starts_with("---");
    if (started_ && !marked) throw Refused{"a further document must begin with ---", mark};
    started_ = true;
    document_ = rapidjson::Document();
    anchors_.clear();
  }
  void OnDocumentEnd() override {
    if (!document_.IsNull()) documents_.push_back(std::move(document_));
  }

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(Value(), 1, anchor, mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    if (!is_utf8(text)) throw Refused{"a value is not UTF-8", mark};
    const bool text_alone = limits_.yaml_keys_as_text && key_is_due() && (tag.empty() || tag == "?");
    add(resolve(mark, text_alone ? "!" : tag, text), 1, anchor, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Refused{"an alias inside of what it stands for", mark};
    if (++aliases_ > limits_.max_yaml_aliases) {
      throw Refused{"more than " + std::to_string(limits_.max_yaml_aliases) + " aliases", mark};
    }
    spend(known->second.value, mark);
    add(Value(known->second.value, document_.GetAllocator()), known->second.depth, 0, mark);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Value(rapidjson::kArrayType), "seq", tag, anchor, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Value(rapidjson::kObjectType), "map", tag, anchor, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Frame {
    Value container;
    Value key;  // null while a key is due
    std::unordered_set<std::string> keys;
    std::size_t depth = 1;  // of the container with what is in it so far
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
  };
  struct Anchored {
    Value value;
    std::size_t depth = 1;
  };

  [[nodiscard]] bool key_is_due() const {
    return !frames_.empty() && frames_.back().container.IsObject() && frames_.back().key.IsNull();
  }
  void open(Value container, std::string_view kind, const std::string& tag, YAML::anchor_t anchor,
            const YAML::Mark& mark) {
    const bool plain = tag.empty() || tag == "?" || tag == "!" ||
                       tag == std::string(kCoreTag).append(kind);
    if (!plain) throw Refused{"the tag " + quote(tag) + " has no meaning here", mark};
    if (key_is_due()) throw Refused{"a key must be a string, not a list or a mapping", mark};
    if (frames_.size() >= limits_.max_depth) deeper(mark);
    Frame frame;
    frame.container = std::move(container);
    frame.anchor = anchor;
    frame.mark = mark;
    frames_.push_back(std::move(frame));
  }
  void close() {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    add(std::move(frame.container), frame.depth, frame.anchor, frame.mark);
  }

  // Puts a finished value where it belongs.
  void add(Value value, std::size_t depth, YAML::anchor_t anchor, const YAML::Mark& mark) {
    if (frames_.size() + depth > limits_.max_depth + 1) deeper(mark);
    if (anchor != 0) {
      spend(value, mark);
      anchors_[anchor] = Anchored{Value(value, document_.GetAllocator()), depth};
    }
    if (frames_.empty()) {
      static_cast<Value&>(document_) = std::move(value);
      return;
    }
    Frame& frame = frames_.back();
    auto& allocator = document_.GetAllocator();
    if (frame.container.IsArray()) {
      frame.container.PushBack(std::move(value), allocator);
    } else if (frame.key.IsNull()) {
      take_key(frame, std::move(value), mark);
      return;
    } else {
      frame.container.AddMember(std::move(frame.key), std::move(value), allocator);
      frame.key.SetNull();
    }
    frame.depth = std::max(frame.depth, depth + 1);
  }

  void take_key(Frame& frame, Value value, const YAML::Mark& mark) {
    if (!value.IsString()) throw Refused{"a key must be a string; quote it", mark};
    std::string key(value.GetString(), value.GetStringLength());
    if (key == "<<") throw Refused{"merge keys (<<) are not part of YAML 1.2", mark};
    if (!frame.keys.insert(key).second) {
      throw Refused{"the key " + quote(key) + " is there twice in one mapping; each may be there once",
                    mark};
    }
    frame.key = std::move(value);
  }

  Value resolve(const YAML::Mark& mark, const std::string& tag, const std::string& text) {
    Value value;
    const auto string = [&] {
      return Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), document_.GetAllocator());
    };
    if (tag.empty() || tag == "?") {
      if (is_core_null(text)) return value;
      if (is_core_true(text) || is_core_false(text)) return Value(is_core_true(text));
      if (parse_core_integer(text, value) || parse_core_float(text, value)) return value;
      if (is_core_unbounded(text)) throw Refused{"the number " + quote(text) + " is not finite", mark};
      return string();
    }
    if (tag == "!") return string();
    std::string_view name = tag;
    if (name.starts_with(kCoreTag)) {
      name.remove_prefix(kCoreTag.size());
      if (name == "str") return string();
      if (name == "null" && is_core_null(text)) return value;
      if (name == "bool" && is_core_true(text)) return Value(true);
      if (name == "bool" && is_core_false(text)) return Value(false);
      if (name == "int" && parse_core_integer(text, value)) return value;
      if (name == "float" && (parse_core_float(text, value) || parse_core_integer(text, value))) {
        return Value(value.GetDouble());
      }
    }
    throw Refused{"the tag " + quote(tag) + " has no meaning here", mark};
  }

  // Counts what an anchor or an alias copies.
  void spend(const Value& value, const YAML::Mark& mark) {
    std::vector<const Value*> open{&value};
    while (!open.empty()) {
      const Value& next = *open.back();
      open.pop_back();
      copied_ += sizeof(Value);
      if (next.IsString()) copied_ += next.GetStringLength();
      if (next.IsArray()) {
        for (const Value& element : next.GetArray()) open.push_back(&element);
      } else if (next.IsObject()) {
        for (const auto& member : next.GetObject()) {
          open.push_back(&member.name);
          open.push_back(&member.value);
        }
      }
      if (copied_ > limits_.max_bytes) {
        throw Refused{"anchors and aliases expand to more than " + std::to_string(limits_.max_bytes) +
                          " bytes",
                      mark};
      }
    }
  }

  [[noreturn]] void deeper(const YAML::Mark& mark) const {
    throw Refused{"nested deeper than " + std::to_string(limits_.max_depth) + " levels", mark};
  }

  std::string_view text_;
  const DocumentLimits& limits_;
  std::vector<rapidjson::Document> documents_;
  rapidjson::Document document_;
  std::vector<Frame> frames_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t aliases_ = 0;
  std::size_t copied_ = 0;
  bool started_ = false;
};

}  // namespace

Result<std::vector<rapidjson::Document>> parse_yaml(std::string_view text,
                                                    const DocumentLimits& limits,
                                                    std::string_view where) {
  const auto refuse = [&](ErrorCode code, std::string message, const YAML::Mark& mark) {
    std::string place(where);
    if (!mark.is_null()) {
      place += ", line " + std::to_string(mark.line + 1) + ", column " + std::to_string(mark.column + 1);
    }
    return Error{code, "configuration", std::move(message), std::move(place), false};
  };
  if (text.size() > limits.max_bytes) {
    return refuse(ErrorCode::TooLarge, "larger than " + std::to_string(limits.max_bytes) + " bytes",
                  YAML::Mark::null_mark());
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!is_utf8(text)) {
    return refuse(ErrorCode::InvalidArgument, "not UTF-8", YAML::Mark::null_mark());
  }
  YAML::Mark at;
  for (const char c : text) {
    // YAML 1.2 §5.1; the parser takes one of these for the end of the stream.
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F) {
      return refuse(ErrorCode::InvalidArgument, "a control byte", at);
    }
    at.column = c == '\n' ? 0 : at.column + 1;
    at.line += c == '\n' ? 1 : 0;
  }
  try {
    ViewBuffer buffer(text);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    DocumentBuilder builder(text, limits);
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take();
  } catch (const Refused& refused) {
    return refuse(ErrorCode::InvalidArgument, refused.message, refused.mark);
  } catch (const YAML::Exception& broken) {
    // A message may end with a byte of the text.
    const bool plain = is_utf8(broken.msg) && std::none_of(broken.msg.begin(), broken.msg.end(), [](char c) {
                         return static_cast<unsigned char>(c) < 0x20;
                       });
    return refuse(ErrorCode::InvalidArgument, "not YAML: " + (plain ? broken.msg : quote(broken.msg)),
                  broken.mark);
  }
}

}  // namespace gateway
