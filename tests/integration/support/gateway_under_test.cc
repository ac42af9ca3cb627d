#include "support/gateway_under_test.h"

#include <chrono>
#include <deque>
#include <stdexcept>
#include <thread>
#include <utility>

#include <rapidjson/document.h>

#include "base/strings.h"

namespace gateway::test {
namespace {

AccessLine read_line(std::string_view text) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  AccessLine line;
  if (!document.IsObject()) throw std::runtime_error("no JSON object: " + std::string(text));
  for (const auto& member : document.GetObject()) {
    line[member.name.GetString()] = member.value.IsString()
                                        ? std::string(member.value.GetString())
                                        : std::to_string(member.value.GetInt64());
  }
  return line;
}

}  // namespace

bool eventually_within(std::chrono::milliseconds time, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

GatewayOptions test_options() {
  GatewayOptions options;
  options.listeners = {{"127.0.0.1", 0, false}, {"127.0.0.1", 0, true}};
  options.access_log = true;
  options.drain_delay = Milliseconds(0);
  options.drain_timeout = Milliseconds(5'000);
  return options;
}

gateway::Backend backend_at(std::string id, std::initializer_list<std::uint16_t> ports) {
  gateway::Backend backend;
  backend.id = std::move(id);
  for (const std::uint16_t port : ports) backend.endpoints.push_back({"127.0.0.1", port});
  return backend;
}

Api api_for(std::string id, std::string host, std::string path, std::string backend) {
  Api api;
  api.id = std::move(id);
  api.host = std::move(host);
  api.path = std::move(path);
  api.backend = std::move(backend);
  return api;
}

SourceSnapshot everything_to(std::initializer_list<std::uint16_t> ports) {
  SourceSnapshot routes;
  routes.set(backend_at("backend", ports));
  routes.set(api_for("everything", "", "/", "backend"));
  return routes;
}

class GatewayUnderTest::Log final : public Observer {
 public:
  void access_log(std::string_view text) noexcept override {
    const std::lock_guard lock(mutex_);
    for (const std::string_view line : split(text, '\n')) {
      if (!line.empty()) lines_.emplace_back(line);
    }
    changed_.notify_all();
  }
  std::string next() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPatience, [this] { return !lines_.empty(); });
    if (lines_.empty()) return {};
    std::string line = std::move(lines_.front());
    lines_.pop_front();
    return line;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
};

GatewayUnderTest::GatewayUnderTest(SourceSnapshot routes, GatewayOptions options, Policies policies) {
  start(true, std::move(routes), std::move(options), policies);
  const auto ready = gateway_->wait_ready();
  if (!ready) throw std::runtime_error(ready.error().to_string());
}

GatewayUnderTest::GatewayUnderTest(Unsynced, GatewayOptions options) {
  start(false, {}, std::move(options), {});
}

GatewayUnderTest::~GatewayUnderTest() = default;

void GatewayUnderTest::start(bool synced, SourceSnapshot routes, GatewayOptions options,
                             const Policies& policies) {
  log_ = std::make_shared<Log>();
  auto made = Gateway::create(std::move(options));
  if (!made) throw std::runtime_error(made.error().to_string());
  gateway_ = std::move(made).value();
  gateway_->add_observer(log_);
  for (const auto& one : policies) {
    if (auto added = gateway_->add_policy(one); !added) throw std::runtime_error(added.error().to_string());
  }
  auto source = MemorySource::create(synced);
  source_ = source.get();
  if (synced) source_->replace(std::move(routes));
  auto added = gateway_->add_source({"memory", "memory", ""}, std::move(source));
  auto started = added ? gateway_->start() : added;
  if (!started) throw std::runtime_error(started.error().to_string());
}

std::uint64_t GatewayUnderTest::publish(SourceSnapshot routes) {
  routes.revision = "test-" + std::to_string(++revision_);
  const std::string revision = routes.revision;
  source_->replace(std::move(routes));
  // Without a pause between two looks: what the test does next shall come as early as it can.
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (source_->last_report().revision != revision) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("revision " + revision + " does not serve");
    }
    std::this_thread::yield();
  }
  return source_->last_report().version;
}

AccessLine GatewayUnderTest::next_line() {
  const std::string line = log_->next();
  return line.empty() ? AccessLine{} : read_line(line);
}

std::uint64_t GatewayUnderTest::metric(std::string_view sample) const {
  const std::string text = "\n" + gateway_->metrics();
  const std::string wanted = "\n" + std::string(sample) + " ";
  const std::size_t at = text.find(wanted);
  if (at == std::string::npos) throw std::runtime_error("no sample " + std::string(sample));
  return std::stoull(text.substr(at + wanted.size()));
}

bool GatewayUnderTest::metric_becomes(std::string_view sample, std::uint64_t value) const {
  return eventually([&] { return metric(sample) == value; });
}

}  // namespace gateway::test
