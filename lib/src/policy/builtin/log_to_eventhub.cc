#include <optional>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/builtin/message_changes.h"
#include "policy/event_hub.h"
#include "policy/run.h"

// log-to-eventhub: sends a message to an event hub and goes on; what becomes of it only the log tells.
namespace gateway::policy {
namespace {

class LogToEventHub final : public Step {
 public:
  explicit LogToEventHub(ElementCompiler& in) {
    const std::string_view logger = in.literal("logger-id", std::nullopt);
    partition_id_ = in.literal("partition-id", "");
    partition_key_ = in.operand("partition-key", false);
    in.only_children(in.element(), {});
    message_ = in.text_operand(in.element(), true);
    in.mark(*this, {&partition_key_, &message_});
    if (!partition_id_.empty() && partition_key_.present())
      in.problem(in.element().at, "<log-to-eventhub> has one of partition-id, partition-key");
    if (!logger.empty()) find_logger(in, logger);
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const std::string_view message = body_bytes(run, message_.value(run));
    const std::string_view key = partition_key_.present() ? partition_key_.text(run) : std::string_view();
    if (HttpCalls* calls = run.services().calls) {
      (void)calls->detach(hub_->event(message, partition_id_, key, run.services().environment.clock->unix_ms()));
    }
    return Flow::Next;
  }

 private:
  void find_logger(ElementCompiler& in, std::string_view wanted) {
    const Position where = in.element().attribute("logger-id")->at;
    const auto& lookup = in.surroundings().logger;
    const auto logger = lookup ? lookup(wanted) : nullptr;
    if (!logger) {
      in.problem(where, "there is no event hub logger " + quote(wanted));
      return;
    }
    auto made = EventHub::create(*logger);
    if (!made) {
      in.problem(where, made.error().where + ": " + made.error().message);
      return;
    }
    hub_ = std::move(made).value();
  }

  std::string partition_id_;
  Operand partition_key_, message_;
  std::optional<EventHub> hub_;
};

}  // namespace

std::unique_ptr<Step> compile_log_to_eventhub(ElementCompiler& in) { return std::make_unique<LogToEventHub>(in); }

}  // namespace gateway::policy
