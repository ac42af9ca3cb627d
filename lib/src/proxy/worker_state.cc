#include "proxy/worker_state.h"

#include <bit>
#include <cstring>

#include "proxy/http1_server.h"

namespace gateway {
namespace {

// Eight digits, all at once: a nibble in each byte of a word, the first one lowest.
void write_hex(std::uint32_t value, char* out) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t digits = __builtin_bswap32(value);
  digits = (digits | digits << 16) & 0x0000ffff0000ffff;
  digits = (digits | digits << 8) & 0x00ff00ff00ff00ff;
  digits = ((digits & 0x000f000f000f000f) << 8) | ((digits >> 4) & 0x000f000f000f000f);
  const std::uint64_t letters = ((digits + 0x0606060606060606) >> 4) & 0x0101010101010101;
  digits += 0x3030303030303030 + letters * ('a' - '0' - 10);
  std::memcpy(out, &digits, sizeof digits);
}

}  // namespace

WorkerState::WorkerState(uv_loop_t* loop, WorkerOptions the_options, VersionPtr version)
    : options(std::move(the_options)),
      context(loop, *options.gateway, *options.forbidden),
      pools(context) {
  if (options.policies) policies = options.policies->open(context, pools);
  options.gateway->environment.entropy->fill(std::as_writable_bytes(std::span(random_)));
  offered_number_.store(version->number, std::memory_order_release);
  adopt(std::move(version));
}

void WorkerState::offer(VersionPtr version) noexcept {
  const std::uint64_t number = version->number;
  const std::lock_guard lock(offered_mutex_);
  offered_ = std::move(version);
  offered_number_.store(number, std::memory_order_release);
}

void WorkerState::adopt_offered() noexcept {
  VersionPtr version;
  {
    const std::lock_guard lock(offered_mutex_);
    version = std::move(offered_);
  }
  if (version) adopt(std::move(version));
}

void WorkerState::unpin(PinnedVersion* pinned) noexcept {
  if (--pinned->exchanges != 0 || pinned == current) return;
  for (auto& held : versions) {
    if (held.get() != pinned) continue;
    options.release(std::move(held->version));
    std::swap(held, versions.back());
    versions.pop_back();
    return;
  }
}

void WorkerState::adopt(VersionPtr version) noexcept {
  PinnedVersion* old = current;
  versions.push_back(std::make_unique<PinnedVersion>(PinnedVersion{std::move(version), 0}));
  current = versions.back().get();
  if (!old) return;
  ++old->exchanges;
  unpin(old);
}

// xoshiro256++, seeded from the gateway's entropy.
void WorkerState::make_request_id(std::array<char, 32>& out) noexcept {
  for (std::size_t half = 0; half < 2; ++half) {
    const std::uint64_t value = std::rotl(random_[0] + random_[3], 23) + random_[0];
    const std::uint64_t shifted = random_[1] << 17;
    random_[2] ^= random_[0];
    random_[3] ^= random_[1];
    random_[1] ^= random_[2];
    random_[0] ^= random_[3];
    random_[2] ^= shifted;
    random_[3] = std::rotl(random_[3], 45);
    write_hex(static_cast<std::uint32_t>(value >> 32), out.data() + half * 16);
    write_hex(static_cast<std::uint32_t>(value), out.data() + half * 16 + 8);
  }
}

std::unique_ptr<PolicyRun> WorkerState::take_run() {
  if (idle_runs.empty()) return std::make_unique<PolicyRun>(policies->services());
  std::unique_ptr<PolicyRun> run = std::move(idle_runs.back());
  idle_runs.pop_back();
  return run;
}

void WorkerState::keep(std::unique_ptr<PolicyRun> run) noexcept {
  run->end();
  constexpr std::size_t kIdleRuns = 1024;
  // One too many may still be on the stack: it goes with the connections that ended.
  (idle_runs.size() < kIdleRuns ? idle_runs : dead_runs).push_back(std::move(run));
}

void WorkerState::remove(Http1Server& server) noexcept {
  const std::size_t at = server.index;
  dead.push_back(std::move(servers[at]));
  if (at + 1 != servers.size()) {
    servers[at] = std::move(servers.back());
    servers[at]->index = at;
  }
  servers.pop_back();
  options.connections->fetch_sub(1, std::memory_order_relaxed);
  context.metrics.connections_active.sub();
}

}  // namespace gateway
