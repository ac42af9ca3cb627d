#pragma once

#include <map>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "policy/liquid/filters.h"
#include "policy/liquid/values.h"

// A Liquid template as a tree.
namespace gateway::policy::liquid {

// One rendering: what names stand for, and what was written so far.
class Rendering {
 public:
  explicit Rendering(Evaluation& the_eval) : eval(the_eval), out(&the_eval.arena()) {}

  Evaluation& eval;
  std::pmr::string out;
  enum class Leave : unsigned char { No, Iteration, Loop };
  Leave leave = Leave::No;  // break, continue
  bool nil_is_null = false;  // an element that says xsi:nil="true" is null; else ""

  void write(std::string_view text);
  [[nodiscard]] Value find(std::string_view name) const noexcept;
  void set(std::string_view name, const Value& value);
  // Names of a loop go before others, and end with it.
  void push(std::string_view name, const Value& value) { locals_.emplace_back(name, value); }
  void pop(std::size_t count) noexcept { locals_.resize(locals_.size() - count); }
  // increment, decrement, cycle: by their own names.
  std::map<std::string, std::int64_t> counters;

 private:
  std::vector<std::pair<std::string_view, Value>> globals_, locals_;
};

class Node {
 public:
  virtual ~Node() = default;
  virtual void render(Rendering& to) const = 0;
};
using Nodes = std::vector<std::unique_ptr<const Node>>;
void render_all(const Nodes& nodes, Rendering& to);

// A literal, a name with its members, or a range.
struct Operand {
  enum class Kind : unsigned char { Literal, Text, Path, Range, Empty } kind = Kind::Literal;
  Value literal;     // no text
  std::string text;  // a Text, or the name that a Path begins with
  struct Step {
    std::string name;                  // .name
    std::unique_ptr<Operand> element;  // [element]
  };
  std::vector<Step> steps;
  std::unique_ptr<Operand> from, to;  // of a Range
  [[nodiscard]] Value value(Rendering& in) const;
};

struct Filtered {
  Operand operand;
  struct Application {
    const Filter* filter;
    std::vector<Operand> arguments;
  };
  std::vector<Application> filters;
  [[nodiscard]] Value value(Rendering& in) const;
};

// a op b and …, from the right as Liquid does.
struct Condition {
  struct Term {
    Operand left;
    std::string op;  // "" = left alone
    Operand right;
    bool is_or = false;  // how the next one is joined
  };
  std::vector<Term> terms;
  [[nodiscard]] bool holds(Rendering& in) const;
};

struct Problem {
  std::size_t offset;
  std::string message;
};
// Every problem at once.
[[nodiscard]] Nodes parse(std::string_view source, std::vector<Problem>& problems);

}  // namespace gateway::policy::liquid
