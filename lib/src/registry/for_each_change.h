#pragma once

#include <string>

#include <gateway/shared_map.h>

namespace gateway {

// Calls f(name, value or null) for every entry whose content differs.
template <typename T, typename F>
void for_each_change(const SharedMap<T>& before, const SharedMap<T>& after, F&& f) {
  SharedMap<T>::diff(before, after, [&](std::string_view name, const auto& old, const auto& now) {
    if (old && now && *old == *now) return;
    f(std::string(name), now);
  });
}

}  // namespace gateway
