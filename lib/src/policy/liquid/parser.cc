#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "expression/library/json_tokens.h"
#include "policy/liquid/template.h"
#include "policy/suggestion.h"

namespace gateway::policy::liquid {
namespace {

constexpr std::size_t kDeepest = 100;

// ---- nodes ---------------------------------------------------------------------------------------------------------

class Text final : public Node {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  void render(Rendering& to) const override { to.write(text_); }

 private:
  std::string text_;
};

class Output final : public Node {
 public:
  explicit Output(Filtered value) : value_(std::move(value)) {}
  void render(Rendering& to) const override {
    to.write(text(to.eval, value_.value(to)));
  }

 private:
  Filtered value_;
};

class Assign final : public Node {
 public:
  Assign(std::string name, Filtered value) : name_(std::move(name)), value_(std::move(value)) {}
  void render(Rendering& to) const override { to.set(name_, value_.value(to)); }

 private:
  std::string name_;
  Filtered value_;
};

class Capture final : public Node {
 public:
  Capture(std::string name, Nodes body) : name_(std::move(name)), body_(std::move(body)) {}
  void render(Rendering& to) const override {
    const std::size_t before = to.out.size();
    render_all(body_, to);
    to.set(name_, to.eval.text(std::string_view(to.out).substr(before)));
    to.out.resize(before);
  }

 private:
  std::string name_;
  Nodes body_;
};

// if, elsif, unless, case: the first branch that holds.
class Branches final : public Node {
 public:
  struct Branch {
    Condition condition;  // no term: else
    bool negated = false;
    Nodes body;
  };
  explicit Branches(std::vector<Branch> branches) : branches_(std::move(branches)) {}
  void render(Rendering& to) const override {
    for (const Branch& one : branches_) {
      if (!one.condition.terms.empty() && one.condition.holds(to) == one.negated) continue;
      render_all(one.body, to);
      return;
    }
  }

 private:
  std::vector<Branch> branches_;
};

class Case final : public Node {
 public:
  struct When {
    std::vector<Operand> values;  // none: else
    Nodes body;
  };
  Case(Operand subject, std::vector<When> whens) : subject_(std::move(subject)), whens_(std::move(whens)) {}
  void render(Rendering& to) const override {
    const Value subject = subject_.value(to);
    for (const When& one : whens_) {
      const bool fits = one.values.empty() || std::any_of(one.values.begin(), one.values.end(), [&](const Operand& value) {
                          return equal(to.eval, subject, value.value(to));
                        });
      if (!fits) continue;
      render_all(one.body, to);
      return;
    }
  }

 private:
  Operand subject_;
  std::vector<When> whens_;
};

// forloop: its members are names of their own, "forloop.index".
class Loop final : public Node {
 public:
  std::string name;
  Operand list;
  std::optional<Operand> limit, offset;
  bool reversed = false;
  bool as_json_array = false;  // JSONArrayFor: commas between what the iterations write
  Nodes body, otherwise;

  void render(Rendering& to) const override {
    const expression::ListObject* all = items(to.eval, list.value(to));
    const auto bound = [&](const std::optional<Operand>& said, std::size_t usual) {
      double out = 0;
      if (!said || !number(to.eval, said->value(to), out) || out < 0) return usual;
      return static_cast<std::size_t>(std::min(out, 1e15));
    };
    const std::size_t size = all ? all->items.size() : 0;
    const std::size_t first = std::min(bound(offset, 0), size);
    const std::size_t count = std::min(bound(limit, size), size - first);
    if (count == 0) {
      render_all(otherwise, to);
      return;
    }
    for (std::size_t i = 0; i < count; ++i) {
      to.eval.charge(5);
      to.push(name, all->items[reversed ? first + count - 1 - i : first + i]);
      to.push("forloop", forloop(to, i, count));
      if (as_json_array && i > 0) to.write(",");
      render_all(body, to);
      to.pop(2);
      const bool ends = to.leave == Rendering::Leave::Loop;
      to.leave = Rendering::Leave::No;
      if (ends) break;
    }
  }

 private:
  static Value forloop(Rendering& to, std::size_t at, std::size_t count);
};

Value Loop::forloop(Rendering& to, std::size_t at, std::size_t count) {
  using namespace expression;
  JObject* out = make_json_object(to.eval);
  const auto put = [&](std::string_view what, const Value& value) {
    set_property(to.eval, *out, what, make_json_value(to.eval, value));
  };
  const auto whole = [](std::size_t number) { return Value::of(static_cast<std::int64_t>(number)); };
  put("index", whole(at + 1));
  put("index0", whole(at));
  put("rindex", whole(count - at));
  put("rindex0", whole(count - at - 1));
  put("first", Value::of(at == 0));
  put("last", Value::of(at + 1 == count));
  put("length", whole(count));
  return Value::of(out);
}

class Counter final : public Node {
 public:
  Counter(std::string name, int step) : name_(std::move(name)), step_(step) {}
  void render(Rendering& to) const override {
    std::int64_t& value = to.counters[name_];
    if (step_ < 0) --value;
    to.write(std::to_string(value));
    if (step_ > 0) ++value;
  }

 private:
  std::string name_;
  int step_;
};

class Cycle final : public Node {
 public:
  Cycle(std::string group, std::vector<Operand> values) : group_("cycle " + group), values_(std::move(values)) {}
  void render(Rendering& to) const override {
    std::int64_t& turn = to.counters[group_];
    to.write(text(to.eval, values_[static_cast<std::size_t>(turn) % values_.size()].value(to)));
    ++turn;
  }

 private:
  std::string group_;
  std::vector<Operand> values_;
};

class Interrupt final : public Node {
 public:
  explicit Interrupt(Rendering::Leave how) : how_(how) {}
  void render(Rendering& to) const override { to.leave = how_; }

 private:
  Rendering::Leave how_;
};

// ---- the text of a tag or an output ----------------------------------------------------------------------------------

class Markup {
 public:
  Markup(std::string_view text, std::size_t offset, std::vector<Problem>& problems)
      : text_(text), offset_(offset), problems_(problems) {
    skip_space();
  }

  [[nodiscard]] bool ended() const noexcept { return at_ >= text_.size(); }
  void problem(std::string message) {
    if (!failed_) problems_.push_back({offset_ + at_, std::move(message)});
    failed_ = true;
  }
  [[nodiscard]] bool failed() const noexcept { return failed_; }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    skip_space();
    return true;
  }
  bool take_word(std::string_view what) {
    const std::size_t before = at_;
    if (word() == what) return true;
    at_ = before;
    return false;
  }
  // A name: "first_name", "a-b"; "" = none is here.
  std::string word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_alpha(text_[at_]) || text_[at_] == '_' || (at_ > start && (is_digit(text_[at_]) || text_[at_] == '-'))))
      ++at_;
    if (at_ < text_.size() && at_ > start && text_[at_] == '?') ++at_;
    std::string out(text_.substr(start, at_ - start));
    skip_space();
    return out;
  }

  Operand operand(std::size_t depth = 0) {
    Operand out;
    if (failed_) return out;
    if (depth > 20) {
      problem("this is too deep");
      return out;
    }
    const char c = ended() ? '\0' : text_[at_];
    if (c == '"' || c == '\'') {
      const std::size_t end = text_.find(c, at_ + 1);
      if (end == std::string_view::npos) {
        problem("a text has no end");
        return out;
      }
      out.kind = Operand::Kind::Text;
      out.text = text_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
      skip_space();
      return out;
    }
    if (is_digit(c) || (c == '-' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      read_number(out);
      return out;
    }
    if (take("(")) {
      out.kind = Operand::Kind::Range;
      out.from = std::make_unique<Operand>(operand(depth + 1));
      if (!take("..")) problem("a range is (first..last)");
      out.to = std::make_unique<Operand>(operand(depth + 1));
      if (!take(")")) problem("a range ends with ')'");
      return out;
    }
    out.text = word();
    if (out.text.empty()) {
      problem(ended() ? "a value is missing" : "'" + std::string(1, c) + "' is not expected here");
      return out;
    }
    if (out.text == "true" || out.text == "false") out.literal = Value::of(out.text == "true");
    else if (out.text == "nil" || out.text == "null") out.literal = {};
    else if (out.text == "empty" || out.text == "blank") out.kind = Operand::Kind::Empty;
    else read_path(out, depth);
    return out;
  }

  Filtered filtered() {
    Filtered out;
    out.operand = operand();
    while (!failed_ && take("|")) {
      const std::size_t start = at_;
      const std::string name = word();
      Filtered::Application one{find_filter(name), {}};
      if (take(":")) {
        do {
          one.arguments.push_back(operand());
        } while (!failed_ && take(","));
      }
      if (!one.filter) {
        at_ = start;
        std::vector<std::string_view> names;
        for (const Filter& known : all_filters()) names.push_back(known.said);
        problem("there is no filter " + quote(name) + did_you_mean(name, names));
      } else if (one.arguments.size() < one.filter->least || one.arguments.size() > one.filter->most) {
        at_ = start;
        problem("the filter " + std::string(one.filter->said) + " has " + std::to_string(one.filter->least) +
                (one.filter->most > one.filter->least ? " to " + std::to_string(one.filter->most) : "") + " arguments");
      } else {
        out.filters.push_back(std::move(one));
      }
    }
    return out;
  }

  Condition condition() {
    Condition out;
    do {
      Condition::Term term;
      term.left = operand();
      for (const std::string_view op : {"==", "!=", "<>", "<=", ">=", "<", ">"}) {
        if (!take(op)) continue;
        term.op = op;
        break;
      }
      if (term.op.empty() && take_word("contains")) term.op = "contains";
      if (!term.op.empty()) term.right = operand();
      out.terms.push_back(std::move(term));
      if (take_word("and")) continue;
      if (!take_word("or")) break;
      out.terms.back().is_or = true;
    } while (!failed_ && out.terms.size() < 1000);
    end();
    return out;
  }
  // Nothing may be left.
  void end() {
    if (!failed_ && !ended()) problem(quote(text_.substr(at_, 40)) + " is not expected here");
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  void read_number(Operand& out) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    // "1..3" is a range.
    const bool real = end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1]);
    if (real) {
      ++end;
      while (end < text_.size() && is_digit(text_[end])) ++end;
      double value = 0;
      std::from_chars(text_.data() + at_, text_.data() + end, value);
      out.literal = Value::of(value);
    } else {
      std::int64_t value = 0;
      if (std::from_chars(text_.data() + at_, text_.data() + end, value).ec != std::errc()) problem("a number is too large");
      out.literal = Value::of(value);
    }
    at_ = end;
    skip_space();
  }
  void read_path(Operand& out, std::size_t depth) {
    out.kind = Operand::Kind::Path;
    while (!failed_) {
      if (!text_.substr(at_).starts_with("..") && take(".")) {
        Operand::Step step;
        step.name = word();
        if (step.name.empty()) problem("a name is missing after '.'");
        out.steps.push_back(std::move(step));
      } else if (take("[")) {
        Operand::Step step;
        step.element = std::make_unique<Operand>(operand(depth + 1));
        if (!take("]")) problem("']' is missing");
        out.steps.push_back(std::move(step));
      } else {
        return;
      }
    }
  }

  std::string_view text_;
  std::size_t offset_;
  std::vector<Problem>& problems_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

// ---- the whole ----------------------------------------------------------------------------------------------------

class Parser {
 public:
  Parser(std::string_view source, std::vector<Problem>& problems) : source_(source), problems_(problems) {}

  Nodes whole() {
    Nodes out = block({});
    while (!end_.empty()) {
      problems_.push_back({end_at_, "the tag " + quote(end_) + " ends or divides nothing here"});
      Nodes more = block({});
      std::move(more.begin(), more.end(), std::back_inserter(out));
    }
    return out;
  }

 private:
  // Up to one of these tags, which is then end_, or to the end of the source.
  Nodes block(const std::vector<std::string_view>& ends) {
    Nodes out;
    end_.clear();
    if (++depth_ > kDeepest) {
      problems_.push_back({at_, "tags are more than " + std::to_string(kDeepest) + " deep"});
      at_ = source_.size();
    }
    while (at_ < source_.size()) {
      const std::size_t open = next_open();
      add_text(out, source_.substr(at_, open - at_), open);
      if (open >= source_.size()) {
        at_ = source_.size();
        break;
      }
      const bool tag = source_[open + 1] == '%';
      const std::size_t close = source_.find(tag ? "%}" : "}}", open + 2);
      if (close == std::string_view::npos) {
        problems_.push_back({open, tag ? "\"%}\" is missing" : "\"}}\" is missing"});
        at_ = source_.size();
        break;
      }
      std::size_t from = open + 2, to = close;
      if (from < to && source_[from] == '-') ++from;
      trim_next_ = to > from && source_[to - 1] == '-';
      if (trim_next_) --to;
      at_ = close + 2;
      Markup markup(source_.substr(from, to - from), from, problems_);
      if (!tag) {
        Filtered value = markup.filtered();
        markup.end();
        if (!markup.failed()) out.push_back(std::make_unique<Output>(std::move(value)));
        continue;
      }
      const std::string name = markup.word();
      if (is_end(name)) {
        end_ = name;
        end_at_ = open;
        end_markup_.emplace(markup);
        if (std::find(ends.begin(), ends.end(), name) != ends.end() || ends.empty()) break;
        problems_.push_back({open, "the tag " + quote(name) + " ends or divides nothing here"});
        end_.clear();
        continue;
      }
      read_tag(name, markup, open, out);
    }
    --depth_;
    if (end_.empty() && !ends.empty())
      problems_.push_back({source_.size(), "the tag " + quote(ends.back()) + " is missing"});
    return out;
  }

  static bool is_end(std::string_view name) noexcept {
    return name.starts_with("end") || name == "else" || name == "elsif" || name == "when";
  }

  [[nodiscard]] std::size_t next_open() const noexcept {
    for (std::size_t at = source_.find('{', at_); at != std::string_view::npos && at + 1 < source_.size(); at = source_.find('{', at + 1))
      if (source_[at + 1] == '{' || source_[at + 1] == '%') return at;
    return source_.size();
  }

  void add_text(Nodes& out, std::string_view text, std::size_t open) {
    static constexpr std::string_view kSpace = " \t\r\n";
    if (std::exchange(trim_next_, false)) text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
    if (open + 2 < source_.size() && source_[open + 2] == '-') text = text.substr(0, text.find_last_not_of(kSpace) + 1);
    if (!text.empty()) out.push_back(std::make_unique<Text>(std::string(text)));
  }

  void read_tag(const std::string& name, Markup& markup, std::size_t open, Nodes& out) {
    if (name == "assign") {
      std::string to = markup.word();
      if (to.empty() || !markup.take("=")) markup.problem("assign is: assign name = value");
      Filtered value = markup.filtered();
      markup.end();
      out.push_back(std::make_unique<Assign>(std::move(to), std::move(value)));
    } else if (name == "capture") {
      std::string to = markup.word();
      if (to.empty()) markup.problem("capture is: capture name");
      Nodes body = block({"endcapture"});
      end_.clear();
      out.push_back(std::make_unique<Capture>(std::move(to), std::move(body)));
    } else if (name == "if" || name == "unless") {
      read_branches(name, markup, out);
    } else if (name == "case") {
      read_case(markup, out);
    } else if (equals_ignoring_case(name, "for") || equals_ignoring_case(name, "JSONArrayFor")) {
      read_loop(name, markup, out);
    } else if (name == "break" || name == "continue") {
      out.push_back(std::make_unique<Interrupt>(name == "break" ? Rendering::Leave::Loop : Rendering::Leave::Iteration));
    } else if (name == "increment" || name == "decrement") {
      out.push_back(std::make_unique<Counter>(markup.word(), name == "increment" ? 1 : -1));
    } else if (name == "cycle") {
      read_cycle(markup, open, out);
    } else if (name == "comment") {
      skip_to("endcomment", open);
    } else if (name == "raw") {
      const std::size_t start = at_;
      const std::size_t end = skip_to("endraw", open);
      out.push_back(std::make_unique<Text>(std::string(source_.substr(start, end - start))));
    } else {
      problems_.push_back({open, "there is no tag " + quote(name) +
                                     did_you_mean(name, {"assign", "capture", "case", "comment", "cycle", "for", "if",
                                                       "increment", "decrement", "raw", "unless", "JSONArrayFor"})});
    }
  }

  // Where the tag begins that ends it; goes on behind it.
  std::size_t skip_to(std::string_view name, std::size_t open) {
    for (std::size_t at = source_.find("{%", at_); at != std::string_view::npos; at = source_.find("{%", at + 2)) {
      const std::size_t close = source_.find("%}", at);
      if (close == std::string_view::npos) break;
      std::string_view inside = source_.substr(at + 2, close - at - 2);
      if (inside.starts_with('-')) inside.remove_prefix(1);
      if (inside.ends_with('-')) inside.remove_suffix(1);
      if (trim(inside) != name) continue;
      at_ = close + 2;
      return at;
    }
    problems_.push_back({open, "the tag " + quote(name) + " is missing"});
    at_ = source_.size();
    return at_;
  }

  void read_branches(const std::string& name, Markup& markup, Nodes& out) {
    std::vector<Branches::Branch> branches;
    Condition condition = markup.condition();
    bool negated = name == "unless";
    const std::string end = "end" + name;
    for (;;) {
      Nodes body = block({"else", "elsif", end});
      branches.push_back({std::move(condition), negated, std::move(body)});
      condition = {};
      negated = false;
      if (end_ == "elsif") condition = end_markup_->condition();
      else if (end_ != "else") break;
    }
    end_.clear();
    out.push_back(std::make_unique<Branches>(std::move(branches)));
  }

  void read_case(Markup& markup, Nodes& out) {
    Operand subject = markup.operand();
    markup.end();
    (void)block({"when", "else", "endcase"});  // what stands before the first is nothing
    std::vector<Case::When> whens;
    while (end_ == "when" || end_ == "else") {
      Case::When one;
      if (end_ == "when") {
        do {
          one.values.push_back(end_markup_->operand());
        } while (!end_markup_->failed() && (end_markup_->take(",") || end_markup_->take_word("or")));
        end_markup_->end();
      }
      one.body = block({"when", "else", "endcase"});
      whens.push_back(std::move(one));
    }
    end_.clear();
    out.push_back(std::make_unique<Case>(std::move(subject), std::move(whens)));
  }

  void read_loop(const std::string& name, Markup& markup, Nodes& out) {
    auto loop = std::make_unique<Loop>();
    loop->as_json_array = !equals_ignoring_case(name, "for");
    loop->name = markup.word();
    if (loop->name.empty() || !markup.take_word("in")) markup.problem("a loop is: for name in list");
    loop->list = markup.operand();
    while (!markup.failed() && !markup.ended()) {
      if (markup.take(",")) continue;
      const std::string word = markup.word();
      if (word == "reversed") {
        loop->reversed = true;
      } else if (word == "limit" && markup.take(":")) {
        loop->limit = markup.operand();
      } else if (word == "offset" && markup.take(":")) {
        loop->offset = markup.operand();
      } else {
        markup.problem("a loop has limit: number, offset: number, reversed");
      }
    }
    const std::string end = "end" + name;
    loop->body = block({"else", end});
    if (end_ == "else") loop->otherwise = block({end});
    end_.clear();
    out.push_back(std::move(loop));
  }

  void read_cycle(Markup& markup, std::size_t open, Nodes& out) {
    std::vector<Operand> values;
    std::string group = std::to_string(open);
    values.push_back(markup.operand());
    if (markup.take(":")) {
      group = values.front().text;
      values.clear();
      values.push_back(markup.operand());
    }
    while (!markup.failed() && markup.take(",")) values.push_back(markup.operand());
    markup.end();
    out.push_back(std::make_unique<Cycle>(std::move(group), std::move(values)));
  }

  std::string_view source_;
  std::vector<Problem>& problems_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool trim_next_ = false;
  std::string end_;  // the tag that the last block ended with
  std::size_t end_at_ = 0;
  std::optional<Markup> end_markup_;
};

}  // namespace

Nodes parse(std::string_view source, std::vector<Problem>& problems) { return Parser(source, problems).whole(); }

}  // namespace gateway::policy::liquid
