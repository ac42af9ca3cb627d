// Two policies of your own beside the built-in ones. Everything goes to one backend until standard input ends. Try:
// custom_policy 127.0.0.1 9000
#include <cstdio>
#include <cstdlib>

#include <gateway/gateway.h>
#include <gateway/memory_source.h>

#include "lookup_policy.h"
#include "stamp_policy.h"

using namespace gateway;

constexpr const char* kPolicies = R"xml(<policies>
  <inbound>
    <acme-stamp header="X-Stamp" value="@(context.Api.Id + "/" + context.Request.Method)" />
    <acme-lookup key="@(context.Request.Headers.GetValueOrDefault("X-User", ""))" />
  </inbound>
</policies>)xml";

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
