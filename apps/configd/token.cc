#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>

#include <gateway/environment.h>

#include "arm/gateway_token.h"
#include "base/strings.h"
#include "commands.h"
#include "service.h"
#include "store.h"

namespace configd {
int print_token(const TokenOptions& options) {
  const auto environment = gateway::Environment::system();
  const std::int64_t now = environment.clock->unix_ms() / 1'000;
  const auto expiry = options.expiry.empty()
                          ? std::optional(now + std::int64_t{options.days} * 86'400)
                          : gateway::parse_rfc3339(options.expiry);
  if (!expiry || *expiry <= now) {
    return fail("token", refuse("--expiry", "must be a time to come, such as 2030-01-31T12:00:00Z"),
                kBadSettings);
  }
  if (std::error_code ignored; !std::filesystem::exists(options.database, ignored)) {
    return fail("token",
                refuse("--database", "there is no file " + gateway::quote(options.database, 256)),
                kBadSettings);
  }
  const auto store = Store::open(options.database, environment);
  if (!store) return fail("token", store.error(), kStartFailed);
  const auto key = (*store)->secret(gateway_key_name(options.gateway, options.primary));
  if (!(*store)->find("/gateways/" + options.gateway) || !key) {
    return fail("token",
                refuse("--gateway", "there is no gateway " + gateway::quote(options.gateway)),
                kBadSettings);
  }
  std::puts(gateway::arm::sign_gateway_token(options.gateway, *expiry, *key).c_str());
  return kDone;
}

}  // namespace configd
