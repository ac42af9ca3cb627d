#include "runtime/metrics_text.h"

#include <cstdio>

#include "proxy/worker.h"

namespace gateway {
namespace {

using Workers = std::span<const WorkerMetrics* const>;

std::uint64_t sum(Workers workers, const Counter WorkerMetrics::* member) {
  std::uint64_t total = 0;
  for (const WorkerMetrics* worker : workers) total += (worker->*member).get();
  return total;
}

struct Plain {
  const char* name;
  const char* type;
  const char* help;
  const Counter WorkerMetrics::* member;
};

constexpr Plain kPlain[] = {
    {"gateway_connections_accepted_total", "counter", "Client connections accepted.", &WorkerMetrics::connections_accepted},
    {"gateway_connections_refused_total", "counter", "Client connections closed by a limit.", &WorkerMetrics::connections_refused},
    {"gateway_connections_active", "gauge", "Open client connections.", &WorkerMetrics::connections_active},
    {"gateway_tls_handshakes_total", "counter", "TLS handshakes completed with clients.", &WorkerMetrics::tls_handshakes},
    {"gateway_tls_handshakes_resumed_total", "counter", "TLS handshakes that resumed a session.", &WorkerMetrics::tls_resumed},
    {"gateway_tls_handshake_failures_total", "counter", "TLS handshakes with clients that failed.", &WorkerMetrics::tls_handshake_failures},
    {"gateway_requests_active", "gauge", "Exchanges in progress.", &WorkerMetrics::requests_active},
    {"gateway_request_body_bytes_total", "counter", "Bytes of request bodies received.", &WorkerMetrics::bytes_in},
    {"gateway_response_body_bytes_total", "counter", "Bytes of response bodies sent.", &WorkerMetrics::bytes_out},
    {"gateway_upstream_connects_total", "counter", "Connections opened to backends.", &WorkerMetrics::upstream_connects},
    {"gateway_upstream_connect_failures_total", "counter", "Connections to backends that failed.", &WorkerMetrics::upstream_connect_failures},
    {"gateway_upstream_reused_total", "counter", "Requests sent on a kept backend connection.", &WorkerMetrics::upstream_reused},
    {"gateway_upstream_retries_total", "counter", "Requests sent once more.", &WorkerMetrics::upstream_retries},
    {"gateway_upstream_connections_idle", "gauge", "Kept backend connections.", &WorkerMetrics::upstream_connections_idle},
    {"gateway_upstream_connections_active", "gauge", "Backend connections in use.", &WorkerMetrics::upstream_connections_active},
};

void write_histogram(Workers workers, const char* name, const char* help,
                     const Histogram WorkerMetrics::* member, std::string& out) {
  write_family(out, name, help, "histogram");
  const std::string base(name);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i <= Histogram::kBounds.size(); ++i) {
    for (const WorkerMetrics* worker : workers) below += (worker->*member).buckets[i].get();
    char bound[32] = "+Inf";
    if (i < Histogram::kBounds.size()) std::snprintf(bound, sizeof bound, "%g", Histogram::kBounds[i]);
    write_sample(out, base + "_bucket", std::string("le=\"") + bound + '"', below);
  }
  std::uint64_t micros = 0;
  for (const WorkerMetrics* worker : workers) micros += (worker->*member).sum_us.get();
  write_sample(out, base + "_sum", "", static_cast<double>(micros) / 1e6);
  write_sample(out, base + "_count", "", below);
}

}  // namespace

void write_worker_metrics(Workers workers, std::uint64_t access_log_dropped, std::string& out) {
  for (const Plain& plain : kPlain) {
    write_family(out, plain.name, plain.help, plain.type);
    write_sample(out, plain.name, "", sum(workers, plain.member));
  }
  write_family(out, "gateway_responses_total", "Exchanges ended, by status class; none = no answer was sent.", "counter");
  static constexpr const char* kClasses[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < std::size(kClasses); ++i) {
    std::uint64_t total = 0;
    for (const WorkerMetrics* worker : workers) total += worker->responses[i].get();
    write_sample(out, "gateway_responses_total", std::string("class=\"") + kClasses[i] + '"', total);
  }
  write_family(out, "gateway_own_answers_total", "Exchanges that the gateway itself answered or ended, by reason.", "counter");
  for (std::size_t i = 0; i < WorkerMetrics::kReasons && !own_answer_name(i).empty(); ++i) {
    std::uint64_t total = 0;
    for (const WorkerMetrics* worker : workers) total += worker->own_answers[i].get();
    write_sample(out, "gateway_own_answers_total", "reason=\"" + escape_label(own_answer_name(i)) + '"', total);
  }
  write_histogram(workers, "gateway_request_duration_seconds", "From the request's head to the end of its response.",
                  &WorkerMetrics::duration, out);
  write_histogram(workers, "gateway_upstream_duration_seconds", "From the request sent to the head of the backend's response.",
                  &WorkerMetrics::upstream_duration, out);
  write_family(out, "gateway_access_log_dropped_total", "Access-log lines dropped as the disk thread fell behind.", "counter");
  write_sample(out, "gateway_access_log_dropped_total", "", access_log_dropped);
}

}  // namespace gateway
