// Two policies of your own, beside the built-in ones:
//
//   <acme-stamp header="X-Stamp" value="@(context.Api.Id)" />   a header field, from an attribute that is an expression
//   <acme-lookup header="X-Tenant" key="..." />                 asks another thread, while the worker goes on
//
// Everything goes to one backend until standard input ends. Try: custom_policy 127.0.0.1 9000
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>

#include <gateway/gateway.h>
#include <gateway/memory_source.h>
#include <gateway/policy.h>

namespace {

using namespace gateway;

class StampFactory final : public PolicyFactory {
  class Stamp final : public CustomPolicy {
   public:
    std::string header;
    PolicyOperand value;
    PolicyOutcome run(PolicyContext& context) const override {
      const auto text = context.text(value);
      if (!text) return PolicyOutcome::Fail;  // the expression failed: on-error hears why
      if (!context.set_header(header, "acme:" + *text))
        return context.fail(500, "StampRefused", "the stamp is no header field");
      return PolicyOutcome::Next;
    }
  };

 public:
  std::string_view name() const override { return "acme-stamp"; }
  std::unique_ptr<const CustomPolicy> create(PolicyElement& element) override {
    auto stamp = std::make_unique<Stamp>();
    stamp->header = element.literal("header", std::nullopt);
    stamp->value = element.operand("value", true);
    if (stamp->header.starts_with("X-") || stamp->header.empty()) return stamp;
    element.problem("header must begin with X-");
    return nullptr;
  }
};

// A thread of its own that answers one question after another, as a client of a database might.
class Directory {
 public:
  Directory() : thread_([this] { work(); }) {}
  ~Directory() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  void ask(std::string key, std::function<void(std::string)> answer) {
    {
      const std::lock_guard lock(mutex_);
      questions_.emplace_back(std::move(key), std::move(answer));
    }
    changed_.notify_one();
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stopping_ || !questions_.empty(); });
      if (stopping_) return;
      auto [key, answer] = std::move(questions_.front());
      questions_.pop_front();
      lock.unlock();
      answer(key.empty() ? "nobody" : "tenant-of-" + key);
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<std::string, std::function<void(std::string)>>> questions_;
  bool stopping_ = false;
  std::thread thread_;
};

class LookupFactory final : public PolicyFactory {
  class Lookup final : public CustomPolicy {
   public:
    std::shared_ptr<Directory> directory;
    std::string header;
    PolicyOperand key;
    PolicyOutcome run(PolicyContext& context) const override {
      const auto text = context.text(key);
      if (!text) return PolicyOutcome::Fail;
      directory->ask(*text, [resumption = context.suspend(), header = header](std::string tenant) {
        if (resumption->cancelled()) return;  // the client has gone
        resumption->resume([header, tenant = std::move(tenant)](PolicyContext& later) {
          if (tenant == "nobody") return later.respond(403, {{"Content-Type", "text/plain"}}, "no tenant\n");
          (void)later.set_header(header, tenant);
          return PolicyOutcome::Next;
        });
      });
      return PolicyOutcome::Suspend;
    }
  };

 public:
  std::string_view name() const override { return "acme-lookup"; }
  std::unique_ptr<const CustomPolicy> create(PolicyElement& element) override {
    auto lookup = std::make_unique<Lookup>();
    lookup->directory = directory_;
    lookup->header = element.literal("header", "X-Tenant");
    lookup->key = element.operand("key", true);
    return lookup;
  }

 private:
  std::shared_ptr<Directory> directory_ = std::make_shared<Directory>();
};

constexpr const char* kPolicies = R"xml(<policies>
  <inbound>
    <acme-stamp header="X-Stamp" value="@(context.Api.Id + "/" + context.Request.Method)" />
    <acme-lookup key="@(context.Request.Headers.GetValueOrDefault("X-User", ""))" />
  </inbound>
</policies>)xml";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: custom_policy BACKEND_ADDRESS BACKEND_PORT\n", stderr), 2;
  Backend backend;
  backend.id = "backend";
  backend.endpoints = {{argv[1], static_cast<std::uint16_t>(std::atoi(argv[2]))}};
  Api api;
  api.id = "everything";
  ApiRevision revision;
  revision.id = revision.name = "everything";
  revision.backend = "backend";
  revision.policy = kPolicies;
  revision.operations = {{"get", "GET", "/{*rest}", "", "", ""}};
  api.revisions = {revision};
  SourceSnapshot routes;
  routes.set(backend);
  routes.set(api);
  auto source = MemorySource::create();
  source->replace(routes);

  GatewayOptions options;
  options.listeners = {{"127.0.0.1", 0, false}};
  options.drain_delay = std::chrono::seconds(0);
  auto made = Gateway::create(options);
  if (!made) return std::fprintf(stderr, "%s\n", made.error().to_string().c_str()), 1;
  auto& gateway = **made;
  auto added = gateway.add_policy(std::make_shared<StampFactory>());
  if (added) added = gateway.add_policy(std::make_shared<LookupFactory>());
  if (added) added = gateway.add_source({"memory", "memory", ""}, std::move(source));
  auto started = added ? gateway.start() : added;
  if (!started) return std::fprintf(stderr, "%s\n", started.error().to_string().c_str()), 1;
  std::printf("listening on http://127.0.0.1:%u/\n", gateway.port(0));
  std::fflush(stdout);
  while (std::getchar() != EOF) {}
  return gateway.drain() ? 0 : 1;
}
