#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway {

// A counter with one writer and any readers: the writer's increment is a plain load and store.
class Counter {
 public:
  void add(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void sub(std::uint64_t n = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t get() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Request durations in seconds, in fixed buckets; one writer.
class Histogram {
 public:
  static constexpr std::array<double, 14> kBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                  0.1,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};
  void observe(std::int64_t microseconds) noexcept;
  std::array<Counter, kBounds.size() + 1> buckets;
  Counter count;
  Counter sum_us;
};

// What one worker counts. Written by that worker alone, read by anyone.
struct alignas(64) WorkerMetrics {
  Counter connections_accepted, connections_active, connections_refused;
  Counter tls_handshakes, tls_handshake_failures, tls_resumed;
  Counter requests_active;
  std::array<Counter, 6> responses;  // by status class; [0] = none sent
  Counter bytes_in, bytes_out;       // bodies of clients' requests and responses
  Counter upstream_connects, upstream_connect_failures, upstream_reused, upstream_retries;
  Counter upstream_connections_idle, upstream_connections_active;
  // Answers of the gateway itself, by reason: see GatewayAnswer in proxy.
  static constexpr std::size_t kReasons = 48;
  std::array<Counter, kReasons> own_answers;
  Histogram duration, upstream_duration;
};

// Appends one metric family in Prometheus text format 0.0.4.
void write_family(std::string& out, std::string_view name, std::string_view help,
                  std::string_view type);
void write_sample(std::string& out, std::string_view name, std::string_view labels,
                  std::uint64_t value);
void write_sample(std::string& out, std::string_view name, std::string_view labels, double value);
// The escaped form of a label value.
[[nodiscard]] std::string escape_label(std::string_view value);

}  // namespace gateway
