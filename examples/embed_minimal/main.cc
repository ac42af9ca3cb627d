// A gateway inside a program of your own: it sends everything to one backend until standard input
// ends. Try: embed_minimal 127.0.0.1 9000
#include <cstdio>
#include <cstdlib>

#include <gateway/gateway.h>
#include <gateway/memory_source.h>

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: embed_minimal BACKEND_ADDRESS BACKEND_PORT\n", stderr), 2;
  gateway::Backend backend;
  backend.id = "backend";
  backend.endpoints = {{argv[1], static_cast<std::uint16_t>(std::atoi(argv[2]))}};
  gateway::Api api;
  api.id = "everything";
  api.backend = "backend";
  gateway::SourceSnapshot routes;
  routes.set(backend);
  routes.set(api);
  auto source = gateway::MemorySource::create();
  source->replace(routes);

  gateway::GatewayOptions options;
  options.listeners = {{"127.0.0.1", 0, false}};
  options.drain_delay = std::chrono::seconds(0);
  auto made = gateway::Gateway::create(options);
  if (!made) return std::fprintf(stderr, "%s\n", made.error().to_string().c_str()), 1;
  auto& gateway = **made;
  auto added = gateway.add_source({"memory", "memory", ""}, std::move(source));
  auto started = added ? gateway.start() : added;
  if (!started) return std::fprintf(stderr, "%s\n", started.error().to_string().c_str()), 1;
  std::printf("listening on http://127.0.0.1:%u/\n", gateway.port(0));
  std::fflush(stdout);
  while (std::getchar() != EOF) {}
  return gateway.drain() ? 0 : 1;
}
