#include <cmath>
#include <charconv>
#include <vector>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/run.h"
#include "policy/services.h"

// emit-metric: adds a value to a metric, under dimensions with values of their own or, by name, of the
// request.
namespace gateway::policy {
namespace {

constexpr std::size_t kDimensions = 10;

std::string_view id_of(const auto* facts) noexcept { return facts ? std::string_view(facts->id) : std::string_view(); }

// Dimensions that need no value.
struct Usual {
  std::string_view name;
  std::string_view (*value)(Run& run);
};
constexpr Usual kUsual[] = {
    {"API ID", [](Run& run) { return id_of(run.facts.api); }},
    {"Operation ID", [](Run& run) { return id_of(run.facts.operation); }},
    {"Product ID", [](Run& run) { return id_of(run.facts.product); }},
    {"User ID",
     [](Run& run) {
       return run.facts.subscription ? id_of(run.facts.subscription->user.get()) : std::string_view();
     }},
    {"Subscription ID", [](Run& run) { return id_of(run.facts.subscription); }},
    {"Location", [](Run& run) { return std::string_view(run.services().deployment.region); }},
    {"Gateway ID", [](Run& run) { return std::string_view(run.services().deployment.gateway_id); }},
    {"Backend ID", [](Run& run) { return run.backend_id; }},
};

class EmitMetric final : public Step {
 public:
  explicit EmitMetric(ElementCompiler& in)
      : metric_(in.literal("name", std::nullopt)), namespace_(in.literal("namespace", "API Management")) {
    value_ = in.operand("value", false);
    in.mark(*this, {&value_});
    if (value_.present() && !value_.is_expression()) {
      const std::string_view text = trim(value_.literal());
      double number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size())
        in.problem(in.element().attribute("value")->at, "value is a number, not " + quote(text));
    }
    in.only_children(in.element(), {"dimension"});
    for (const Element& child : in.element().children)
      if (child.name == "dimension") read_dimension(in, child);
    if (dimensions_.empty()) in.problem(in.element().at, "<emit-metric> lacks a <dimension>");
    if (dimensions_.size() > kDimensions)
      in.problem(in.element().at, "<emit-metric> has at most " + std::to_string(kDimensions) + " dimensions");
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    Reporter* reporter = run.services().reporter;
    if (!reporter) return Flow::Next;
    const double value = value_.present() ? value_.real(run) : 1;
    if (!std::isfinite(value)) return Flow::Next;  // no sum could bear it
    std::vector<std::pair<std::string_view, std::string_view>> dimensions;
    for (const Dimension& one : dimensions_)
      dimensions.emplace_back(one.name, one.usual ? one.usual->value(run) : one.value.text(run));
    reporter->metric(namespace_, metric_, value, dimensions);
    return Flow::Next;
  }

 private:
  struct Dimension {
    std::string name;
    Operand value;
    const Usual* usual = nullptr;
  };

  void read_dimension(ElementCompiler& in, const Element& element) {
    in.only_children(element, {});
    ElementCompiler& said = in.child(element);
    Dimension& one = dimensions_.emplace_back();
    one.name = said.literal("name", std::nullopt);
    one.value = said.operand("value", false);
    in.mark(*this, {&one.value});
    if (one.value.present()) return;
    std::string known;
    for (const Usual& usual : kUsual) {
      if (usual.name == one.name) one.usual = &usual;
      known.append(known.empty() ? "" : ", ").append(usual.name);
    }
    if (!one.usual)
      in.problem(element.at, "the dimension " + quote(one.name) + " lacks a value; only these have their own: " + known);
  }

  std::string metric_, namespace_;
  Operand value_;
  std::vector<Dimension> dimensions_;
};

}  // namespace

std::unique_ptr<Step> compile_emit_metric(ElementCompiler& in) { return std::make_unique<EmitMetric>(in); }

}  // namespace gateway::policy
