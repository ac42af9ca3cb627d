#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include "base/strings.h"
#include "model/document.h"

namespace gateway {
namespace {

using rapidjson::SizeType;

// Numbers come as text: RapidJSON's own reading is either inexact, so that a number that was read and
// written is another one, or shifts by the width of zero for "0e76".
constexpr unsigned kParseFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;

std::string position(std::string_view text, std::size_t offset) {
  offset = std::min(offset, text.size());
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto newline = before.rfind('\n');
  const auto column = newline == std::string_view::npos ? offset : offset - newline - 1;
  return ", line " + std::to_string(line) + ", column " + std::to_string(column + 1);
}

// Stands between the reader and the document and ends the parse at the first thing RapidJSON lets
// through: too deep, a member named twice, text that is no UTF-8 after its escapes.
class BoundedHandler {
 public:
  BoundedHandler(rapidjson::Document& document, std::size_t max_depth)
      : document_(document), max_depth_(max_depth) {}

  [[nodiscard]] const std::string& problem() const { return problem_; }

  bool Null() { return document_.Null(); }
  bool Bool(bool b) { return document_.Bool(b); }
  bool Int(int i) { return document_.Int(i); }
  bool Uint(unsigned i) { return document_.Uint(i); }
  bool Int64(std::int64_t i) { return document_.Int64(i); }
  bool Uint64(std::uint64_t i) { return document_.Uint64(i); }
  bool Double(double d) { return document_.Double(d); }
  bool RawNumber(const char* text, SizeType length, bool) {
    const std::string_view number(text, length);
    if (number.find_first_of(".eE") == std::string_view::npos && number != "-0") {
      std::int64_t i = 0;
      std::uint64_t u = 0;
      if (read_whole(number, i)) return i >= 0 ? document_.Uint64(static_cast<std::uint64_t>(i)) : document_.Int64(i);
      if (read_whole(number, u)) return document_.Uint64(u);
    }
    double d = 0;
    if (read_whole(number, d)) return document_.Double(d);
    // Too small for a double is zero, too large is nothing that JSON can say again.
    if (std::abs(std::strtod(std::string(number).c_str(), nullptr)) < 1) {
      return document_.Double(number.starts_with('-') ? -0.0 : 0.0);
    }
    problem_ = "the number " + quote(number) + " is too large";
    return false;
  }
  bool String(const char* text, SizeType length, bool) {
    return check_utf8({text, length}) && document_.String(text, length, true);
  }
  bool Key(const char* text, SizeType length, bool) {
    if (!check_utf8({text, length})) return false;
    names_.emplace_back(text, length);
    return document_.Key(text, length, true);
  }
  bool StartObject() {
    first_names_.push_back(names_.size());
    return descend() && document_.StartObject();
  }
  bool EndObject(SizeType members) {
    --depth_;
    const auto first = names_.begin() + static_cast<std::ptrdiff_t>(first_names_.back());
    std::sort(first, names_.end());
    const auto twice = std::adjacent_find(first, names_.end());
    if (twice != names_.end()) {
      problem_ = "the member " + quote(*twice) + " is there twice in one object; each may be there once";
      return false;
    }
    names_.erase(first, names_.end());
    first_names_.pop_back();
    return document_.EndObject(members);
  }
  bool StartArray() { return descend() && document_.StartArray(); }
  bool EndArray(SizeType elements) {
    --depth_;
    return document_.EndArray(elements);
  }

 private:
  bool descend() {
    if (++depth_ <= max_depth_) return true;
    problem_ = "nested deeper than " + std::to_string(max_depth_) + " levels";
    return false;
  }
  template <typename Number>
  static bool read_whole(std::string_view text, Number& number) {
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
  }
  bool check_utf8(std::string_view text) {
    if (is_utf8(text)) return true;
    problem_ = "a string is not UTF-8";
    return false;
  }

  rapidjson::Document& document_;
  std::size_t max_depth_;
  std::size_t depth_ = 0;
  std::vector<std::string> names_;          // of all open objects, the innermost last
  std::vector<std::size_t> first_names_;    // where each open object's names begin
  std::string problem_;
};

}  // namespace

Result<rapidjson::Document> parse_json(std::string_view text, const DocumentLimits& limits,
                                       std::string_view where) {
  const auto refuse = [&](ErrorCode code, std::string message, std::string place) {
    return Error{code, "configuration", std::move(message), std::string(where) + place, false};
  };
  if (text.size() > limits.max_bytes) {
    return refuse(ErrorCode::TooLarge, "larger than " + std::to_string(limits.max_bytes) + " bytes", "");
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return refuse(ErrorCode::InvalidArgument, "not JSON: a NUL byte", position(text, nul));
  }
  rapidjson::Document document;
  BoundedHandler handler(document, limits.max_depth);
  rapidjson::Reader reader;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::ParseResult parsed;
  auto generate = [&](rapidjson::Document&) {
    parsed = reader.Parse<kParseFlags>(stream, handler);
    return !parsed.IsError();
  };
  document.Populate(generate);
  if (!parsed.IsError()) return document;
  const bool bounded = !handler.problem().empty();
  return refuse(ErrorCode::InvalidArgument,
                bounded ? handler.problem()
                        : std::string("not JSON: ") + rapidjson::GetParseError_En(parsed.Code()),
                position(text, parsed.Offset()));
}

}  // namespace gateway
