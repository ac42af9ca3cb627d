#include <fmt/format.h>

#include <cctype>
#include <charconv>

#include "expression/library/json_path.h"
#include "expression/library/utf16.h"

namespace gateway::expression {
namespace {

class PathParser {
 public:
  PathParser(Evaluation& eval, std::string_view text) : eval_(eval), text_(text) {
    eval_.charge(4 + text.size());
  }

  const JsonPath* parse() {
    auto* path = eval_.arena().make<JsonPath>(eval_.arena());
    if (text_.empty()) return path;
    if (peek() == '$' && (text_.size() == 1 || text_[1] == '.' || text_[1] == '[')) {
      ++at_;
      if (ended()) return path;
    }
    parse_steps(*path, false);
    return path;
  }

 private:
  using StepForm = PathStep::Form;
  static constexpr unsigned kDeepest = 32;

  [[nodiscard]] bool ended() const noexcept { return at_ >= text_.size(); }
  [[nodiscard]] char peek() const noexcept { return ended() ? '\0' : text_[at_]; }
  void skip_space() {
    while (peek() == ' ') ++at_;
  }
  [[noreturn]] void fail(std::string_view what) { eval_.raise("JsonException", what); }
  [[noreturn]] void fail_character() {
    if (ended()) fail("Path ended with open indexer.");
    fail(fmt::format("Unexpected character while parsing path indexer: {}", character()));
  }
  [[nodiscard]] std::string_view character() const noexcept {
    std::size_t end = at_;
    (void)next_code_point(text_, end);
    return text_.substr(at_, end - at_);
  }

  // Within a filter a path ends at what cannot be part of it.
  void parse_steps(JsonPath& path, bool in_filter) {
    bool scan = false, follows_dot = false, follows_indexer = !path.steps.empty() || at_ > 0;
    while (!ended()) {
      const char c = peek();
      if (c == '[') {
        parse_indexer(path, scan);
        scan = follows_dot = false;
        follows_indexer = true;
      } else if (c == '.') {
        ++at_;
        if (peek() == '.') {
          scan = true;
          ++at_;
        }
        follows_dot = true;
        follows_indexer = false;
        if (ended()) fail("Unexpected end while parsing path.");
      } else if (in_filter && (c == ')' || c == ' ' || is_operator(c))) {
        break;
      } else if (c == ')' || c == ']') {
        fail(fmt::format("Unexpected character while parsing path: {}", character()));
      } else {
        if (follows_indexer && !follows_dot) {
          fail(fmt::format("Unexpected character following indexer: {}", character()));
        }
        parse_name(path, scan, in_filter);
        scan = follows_dot = false;
        follows_indexer = false;
      }
    }
    if (follows_dot) fail("Unexpected end while parsing path.");
  }
  static bool is_operator(char c) noexcept {
    return c == '=' || c == '!' || c == '<' || c == '>' || c == '&' || c == '|' || c == ',' || c == ']';
  }
  void parse_name(JsonPath& path, bool scan, bool in_filter) {
    const std::size_t from = at_;
    while (!ended() && peek() != '.' && peek() != '[' && peek() != ')' && peek() != ']' &&
           !(in_filter && (peek() == ' ' || is_operator(peek())))) {
      ++at_;
    }
    std::string_view name = text_.substr(from, at_ - from);
    if (!in_filter) {
      while (name.ends_with(' ')) name.remove_suffix(1);
      while (name.starts_with(' ')) name.remove_prefix(1);
    }
    PathStep step(scan ? StepForm::ScanNames : StepForm::Names, eval_.arena());
    if (name != "*") step.names.push_back(name);
    path.steps.push_back(std::move(step));
  }

  void parse_indexer(JsonPath& path, bool scan) {
    ++at_;
    skip_space();
    if (peek() == '\'' || peek() == '"') return parse_quoted(path, scan);
    if (peek() == '?') return parse_filter_step(path, scan);
    if (scan && peek() != '*') {
      fail(fmt::format("Unexpected character while parsing path indexer: {}", character()));
    }
    PathStep step(scan ? StepForm::ScanNames : StepForm::Indices, eval_.arena());
    if (peek() == '*') {
      ++at_;
      close_indexer();
      path.steps.push_back(std::move(step));
      return;
    }
    parse_numbers(step);
    path.steps.push_back(std::move(step));
  }
  void close_indexer() {
    skip_space();
    if (peek() != ']') fail_character();
    ++at_;
  }
  std::optional<std::int64_t> number() {
    skip_space();
    const std::size_t from = at_;
    while (std::isdigit(static_cast<unsigned char>(peek())) || (peek() == '-' && at_ == from)) ++at_;
    const std::string_view digits = text_.substr(from, at_ - from);
    skip_space();
    if (digits.empty()) return std::nullopt;
    std::int32_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc() || stop != end) fail(fmt::format("Array index {} is out of range.", digits));
    return value;
  }
  void parse_numbers(PathStep& step) {
    auto first = number();
    if (peek() == ':') {
      step.form = StepForm::Slice;
      step.from = first;
      ++at_;
      step.to = number();
      if (peek() == ':') {
        ++at_;
        step.step = number();
      }
      close_indexer();
      if (step.step == 0) fail("Step cannot be zero.");
      return;
    }
    if (!first) {
      if (peek() == ']') fail("Array index expected.");
      fail_character();
    }
    step.indices.push_back(*first);
    while (peek() == ',') {
      ++at_;
      const auto next = number();
      if (!next) fail_character();
      step.indices.push_back(*next);
    }
    close_indexer();
  }
  void parse_quoted(JsonPath& path, bool scan) {
    PathStep step(scan ? StepForm::ScanNames : StepForm::Names, eval_.arena());
    for (;;) {
      step.names.push_back(quoted());
      skip_space();
      if (peek() != ',') break;
      ++at_;
      skip_space();
      if (peek() != '\'' && peek() != '"') fail_character();
    }
    close_indexer();
    path.steps.push_back(std::move(step));
  }
  std::string_view quoted() {
    const char quote = text_[at_++];
    std::pmr::string out(&eval_.arena());
    for (;; ++at_) {
      if (ended()) fail("Path ended with an open string.");
      char c = peek();
      if (c == quote) break;
      if (c == '\\') {
        ++at_;
        c = peek();
        static constexpr std::string_view kFrom = "btnfr", kTo = "\b\t\n\f\r";
        const std::size_t known = kFrom.find(c);
        if (ended() || (known == std::string_view::npos && c != '\\' && c != '\'' && c != '"' && c != '/')) {
          fail(fmt::format("Unknown escape character: \\{}", c));
        }
        if (known != std::string_view::npos) c = kTo[known];
      }
      out += c;
    }
    ++at_;
    return eval_.arena().copy(out);
  }

  void parse_filter_step(JsonPath& path, bool scan) {
    ++at_;
    if (peek() != '(') fail_character();
    ++at_;
    PathStep step(scan ? StepForm::ScanFilter : StepForm::Filter, eval_.arena());
    step.filter = parse_any(0);
    if (peek() != ')') fail_filter();
    ++at_;
    close_indexer();
    path.steps.push_back(std::move(step));
  }
  [[noreturn]] void fail_filter() {
    if (ended()) fail("Path ended with open query.");
    fail(fmt::format("Unexpected character while parsing path query: {}", character()));
  }
  PathFilter* make(PathFilter::Form form) { return eval_.arena().make<PathFilter>(eval_.arena(), form); }

  // a && b || c
  const PathFilter* parse_any(unsigned depth) {
    if (depth > kDeepest) fail("Path query is nested too deeply.");
    return parse_row(PathFilter::Form::Or, "||", [&] {
      return parse_row(PathFilter::Form::And, "&&", [&] { return parse_test(depth); });
    });
  }
  template <typename Part>
  const PathFilter* parse_row(PathFilter::Form form, std::string_view between, Part&& part) {
    const PathFilter* first = part();
    skip_space();
    if (text_.substr(at_, 2) != between) return first;
    PathFilter* row = make(form);
    row->parts.push_back(first);
    while (text_.substr(at_, 2) == between) {
      at_ += 2;
      row->parts.push_back(part());
      skip_space();
    }
    return row;
  }
  const PathFilter* parse_test(unsigned depth) {
    skip_space();
    if (peek() == '(') {
      ++at_;
      const PathFilter* inner = parse_any(depth + 1);
      if (peek() != ')') fail_filter();
      ++at_;
      skip_space();
      return inner;
    }
    PathFilter* test = make(PathFilter::Form::Exists);
    test->left = parse_operand();
    skip_space();
    if (ended()) fail_filter();
    if (peek() == ')' || peek() == '&' || peek() == '|') return test;
    test->form = parse_operator();
    skip_space();
    test->right = parse_operand();
    return test;
  }
  PathFilter::Form parse_operator() {
    static constexpr std::pair<std::string_view, PathFilter::Form> kOperators[] = {
        {"===", PathFilter::Form::StrictEquals}, {"!==", PathFilter::Form::StrictDiffers},
        {"==", PathFilter::Form::Equals},        {"!=", PathFilter::Form::Differs},
        {"<>", PathFilter::Form::Differs},       {"=~", PathFilter::Form::Matches},
        {"<=", PathFilter::Form::LessOrEqual},   {">=", PathFilter::Form::GreaterOrEqual},
        {"<", PathFilter::Form::Less},           {">", PathFilter::Form::Greater}};
    for (const auto& [text, form] : kOperators) {
      if (text_.substr(at_, text.size()) != text) continue;
      at_ += text.size();
      return form;
    }
    fail("Could not read query operator.");
  }
  PathOperand parse_operand() {
    if (ended()) fail_filter();
    const char c = peek();
    if (c == '@' || c == '$') {
      ++at_;
      auto* path = eval_.arena().make<JsonPath>(eval_.arena());
      if (c == '$') path->steps.emplace_back(StepForm::Root, eval_.arena());
      parse_steps(*path, true);
      return {path, nullptr};
    }
    if (c == '\'' || c == '"') return literal(Value::of(quoted()));
    if (c == '/') return literal(Value::of(regex()));
    const std::size_t from = at_;
    while (std::isalnum(static_cast<unsigned char>(peek())) || peek() == '-' || peek() == '+' || peek() == '.') {
      ++at_;
    }
    const std::string_view word = text_.substr(from, at_ - from);
    if (word == "true" || word == "false") return literal(Value::of(word == "true"));
    if (word == "null") return literal({});
    const char* end = word.data() + word.size();
    std::int64_t whole = 0;
    if (const auto read = std::from_chars(word.data(), end, whole); read.ec == std::errc() && read.ptr == end) {
      return literal(Value::of(whole));
    }
    double real = 0;
    if (const auto read = std::from_chars(word.data(), end, real); read.ec == std::errc() && read.ptr == end) {
      return literal(Value::of(real));
    }
    if (word.empty()) fail_filter();
    fail("Could not read query value.");
  }
  PathOperand literal(const Value& value) { return {nullptr, make_json_value(eval_, value)}; }
  // "/pattern/options", whole.
  std::string_view regex() {
    const std::size_t from = at_++;
    while (!ended() && peek() != '/') at_ += peek() == '\\' ? 2 : 1;
    if (ended()) fail("Path ended with an open regex.");
    ++at_;
    while (std::isalpha(static_cast<unsigned char>(peek()))) ++at_;
    return text_.substr(from, at_ - from);
  }

  Evaluation& eval_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

const JsonPath* parse_json_path(Evaluation& eval, std::string_view text) {
  return PathParser(eval, eval.arena().copy(text)).parse();
}

}  // namespace gateway::expression
