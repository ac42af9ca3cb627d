// A configuration source of your own: each line "PATH PORT" of standard input becomes a route to that
// port of this machine, "PATH -" takes it away; the source hears what became of it.
#include <cstdlib>
#include <iostream>

#include <gateway/gateway.h>

class LineSource final : public gateway::ConfigSource {
 public:
  // What follows start() may publish from any thread.
  gateway::Result<void> start(gateway::SourceContext context) override {
    sink_ = context.sink;
    sink_->publish(routes_);  // empty on purpose: synced
    return {};
  }
  void stop(std::function<void()> done) noexcept override { done(); }
  void on_published(const gateway::PublishReport& report) noexcept override {
    for (const auto& api : report.apis) {
      std::cout << "version " << report.version << ": " << api.id << ' '
                << (api.state == gateway::ApiState::Serving ? "serves" : "does not serve: " + api.reason) << std::endl;
    }
  }

  void route(const std::string& path, const std::string& port) {
    if (port == "-") {
      routes_.apis.erase(path);
    } else {
      gateway::Backend backend;
      backend.id = "port " + port;
      backend.endpoints = {{"127.0.0.1", static_cast<std::uint16_t>(std::atoi(port.c_str()))}};
      gateway::Api api;
      api.id = api.path = path;
      api.backend = backend.id;
      routes_.set(backend);
      routes_.set(api);
    }
    sink_->publish(routes_);  // always the whole state
  }

 private:
  std::shared_ptr<gateway::SnapshotSink> sink_;
  gateway::SourceSnapshot routes_;
};

int main() {
  gateway::GatewayOptions options;
  options.listeners = {{"127.0.0.1", 0, false}};
  options.drain_delay = std::chrono::seconds(0);
  auto gateway = gateway::Gateway::create(options);
  if (!gateway) return std::cerr << gateway.error().to_string() << '\n', 1;
  auto owned = std::make_unique<LineSource>();
  LineSource& lines = *owned;
  auto result = (*gateway)->add_source({"lines", "", ""}, std::move(owned));
  if (result) result = (*gateway)->start();
  if (!result) return std::cerr << result.error().to_string() << '\n', 1;
  std::cout << "listening on http://127.0.0.1:" << (*gateway)->port(0) << '/' << std::endl;
  for (std::string path, port; std::cin >> path >> port;) lines.route(path, port);
  return (*gateway)->drain() ? 0 : 1;
}
