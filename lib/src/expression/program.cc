#include "expression/program.h"

#include <algorithm>
#include <array>
#include <string>

#include "expression/binder.h"
#include "expression/parser.h"
#include "expression/statements.h"

namespace gateway::expression {
namespace {

constexpr std::size_t kCompileMemory = std::size_t{64} << 20;
constexpr std::size_t kLongest = std::size_t{256} << 10;  // bytes of a text

class Compiled final : public Program {
 public:
  Compiled() : arena_(kCompileMemory) {}

  bool compile_from(std::string_view source, const Catalog& catalog, const Scope& scope, std::vector<CompileError>& errors) {
    const std::size_t before = errors.size();
    const std::string_view kept = arena_.copy(source);
    const Parsed parsed = parse(kept, arena_, errors);
    if (errors.size() > before || (!parsed.expression && !parsed.block)) return false;
    code_ = Binder(catalog, scope, arena_, errors, source.size()).bind_whole(parsed.expression, parsed.block);
    // What could not be bound was told; should that ever be missed, it is no expression all the same.
    if (errors.size() == before && !code_.expression && !code_.block) errors.push_back({0, "this is no expression"});
    return errors.size() == before;
  }

  Value run(Evaluation& eval, std::span<const Value> roots) const override {
    eval.begin();
    eval.charge(1);
    std::array<Value, 16> few;
    Value* slots = few.data();
    if (code_.slots > few.size()) {
      slots = static_cast<Value*>(eval.arena().allocate(sizeof(Value) * code_.slots, alignof(Value)));
      for (std::size_t i = 0; i < code_.slots; ++i) new (slots + i) Value();
    }
    if (code_.has_lambdas) {
      // They may outlive this evaluation, in sequences that are not yet asked.
      auto* kept = static_cast<Value*>(eval.arena().allocate(sizeof(Value) * roots.size() + 1, alignof(Value)));
      std::uninitialized_copy(roots.begin(), roots.end(), kept);
      roots = {kept, roots.size()};
    }
    Frame frame{eval, roots, slots, nullptr, Value()};
    if (code_.expression) return code_.expression->eval(frame);
    code_.block->exec(frame);
    return frame.result;
  }

  [[nodiscard]] const Type* type() const noexcept override { return code_.type; }
  [[nodiscard]] bool uses(std::string_view owner, std::string_view member) const noexcept override {
    const auto same = [&](const auto& used) { return used.first == owner && used.second == member; };
    return std::any_of(code_.used.begin(), code_.used.end(), same) ||
           std::find(code_.used_late.begin(), code_.used_late.end(), member) != code_.used_late.end();
  }
  [[nodiscard]] const Value* constant() const noexcept override {
    return code_.constant && code_.constant->is_string() ? code_.constant : nullptr;
  }

 private:
  Arena arena_;
  Binder::Result code_;
};

}  // namespace

std::unique_ptr<Program> compile(std::string_view source, const Catalog& catalog, const Scope& scope,
                                 std::vector<CompileError>& errors) {
  if (source.size() > kLongest) {
    errors.push_back({0, "an expression has at most " + std::to_string(kLongest) + " bytes"});
    return nullptr;
  }
  auto out = std::make_unique<Compiled>();
  try {
    if (out->compile_from(source, catalog, scope, errors)) return out;
  } catch (const BudgetExceeded&) {
    errors.push_back({0, "this is too much to compile"});
  }
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return nullptr;
}

}  // namespace gateway::expression
