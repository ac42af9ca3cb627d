#include "proxy/policy_run.h"

#include "proxy/exchange.h"

namespace gateway {

void PolicyRun::end() noexcept {
  clear_deadline();
  run.reset();
  recorder.reset();
  terms = {};
  forwarded_to.reset();
  request_body.clear();
  response_body.clear();
  // What was once large is not kept for the next one.
  constexpr std::size_t kKept = 64 * 1024;
  if (request_body.capacity() > kKept) request_body.shrink_to_fit();
  if (response_body.capacity() > kKept) response_body.shrink_to_fit();
  reading_request = reading_response = drop_request = holding = delivering = response_ended = false;
  exchange_ = nullptr;
}

void PolicyRun::forward(const policy::ForwardTerms& how) noexcept {
  redirects = 0;
  exchange_->forward_by_policies(how);
}
void PolicyRun::read_request_body() noexcept { exchange_->read_request_body(); }
void PolicyRun::read_response_body() noexcept { exchange_->read_response_body(); }
void PolicyRun::respond() noexcept { exchange_->respond_by_policies(); }

std::string_view PolicyRun::client_address() const noexcept {
  return exchange_->stream_.client_address();
}
std::string_view PolicyRun::client_certificate_der() const noexcept {
  return exchange_->stream_.client_certificate_der();
}
// Where the handshake asks for certificates of certain roots, it takes no others.
bool PolicyRun::client_certificate_trusted() const noexcept {
  const std::string_view demand = exchange_->stream_.client_demand();
  return !demand.empty() && demand != "asked:any" && !client_certificate_der().empty();
}
std::string_view PolicyRun::request_id() const noexcept {
  return {exchange_->request_id_.data(), exchange_->request_id_.size()};
}
bool PolicyRun::tls() const noexcept { return !exchange_->stream_.tls_protocol().empty(); }

void PolicyRun::on_deadline() noexcept {
  if (!exchange_ || !exchange_->upstream_ || exchange_->response_started_) return;
  std::exchange(exchange_->upstream_, nullptr)->cancel();
  exchange_->note_failure("Timeout");
  run.on_backend_failed({500, "Timeout", "The backend did not answer in time.", {}, {}});
}

}  // namespace gateway
