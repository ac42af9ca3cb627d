#include <gateway/version.h>

namespace gateway {

const char* version() noexcept { return GATEWAY_VERSION_STRING; }

}  // namespace gateway
