#include "upstream/backend_pool.h"

#include <algorithm>
#include <limits>

#include "base/strings.h"
#include "upstream/circuit.h"

namespace gateway {
namespace {

std::string_view cookie_value(std::string_view cookies, std::string_view name) noexcept {
  while (!cookies.empty()) {
    const std::size_t end = std::min(cookies.find(';'), cookies.size());
    const std::string_view one = trim(cookies.substr(0, end));
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name) return one.substr(equals + 1);
  }
  return {};
}

std::int64_t open_for(const CompiledMember& member, std::int64_t now_ms) noexcept {
  return member.backend->circuit ? member.backend->circuit->open_for(now_ms) : 0;
}

}  // namespace

PoolChoice choose_member(const CompiledBackend& pool, std::string_view cookie, const CompiledMember* failed,
                         std::int64_t now_ms) noexcept {
  PoolChoice out;
  const std::string_view wanted =
      pool.affinity_cookie.empty() ? std::string_view() : cookie_value(cookie, pool.affinity_cookie);
  out.closed_in_ms = std::numeric_limits<std::int64_t>::max();
  // Members are in the order of their priorities.
  std::size_t begin = 0;
  for (const bool without_failed : {true, false}) {
    for (begin = 0; begin < pool.members.size();) {
      std::size_t end = begin;
      std::uint64_t weight = 0;
      for (; end < pool.members.size() && pool.members[end].priority == pool.members[begin].priority; ++end) {
        const CompiledMember& one = pool.members[end];
        const std::int64_t open = open_for(one, now_ms);
        out.closed_in_ms = std::min(out.closed_in_ms, open);
        if (open > 0 || (without_failed && &one == failed)) continue;
        if (!wanted.empty() && one.token == wanted) {
          out.member = &one;
          out.by_cookie = true;
          return out;
        }
        weight += one.weight;
      }
      if (weight > 0) {
        std::uint64_t turn = pool.turn->fetch_add(1, std::memory_order_relaxed) % weight;
        for (std::size_t i = begin; i < end; ++i) {
          const CompiledMember& one = pool.members[i];
          if (open_for(one, now_ms) > 0 || (without_failed && &one == failed)) continue;
          if (turn < one.weight) {
            out.member = &one;
            return out;
          }
          turn -= one.weight;
        }
      }
      begin = end;
    }
    if (!failed) break;
  }
  return out;
}

}  // namespace gateway
