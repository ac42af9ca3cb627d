#pragma once

// GATEWAY_EXPORT marks the symbols that the shared library exports; everything else is hidden.
#if defined(GATEWAY_STATIC)
#define GATEWAY_EXPORT
#else
#define GATEWAY_EXPORT __attribute__((visibility("default")))
#endif
