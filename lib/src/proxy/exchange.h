#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/http1_parser.h"
#include "policy/run.h"
#include "proxy/answers.h"
#include "proxy/server_stream.h"
#include "router/access_table.h"
#include "router/route_table.h"
#include "upstream/client_stream.h"

namespace gateway {

class PolicyRun;
struct WorkerState;
struct PinnedVersion;

// One request and its response. Reused: a stream begins its next exchange when the one before
// ended.
//
// The stream calls begin(), then on_request_data() and on_request_end() as the body comes, or
// cancel() when the client is gone; the exchange ends with ServerStream::exchange_ended(), which
// may come from within any of these.
class Exchange final : private ClientStreamEvents {
 public:
  Exchange(WorkerState& worker, ServerStream& stream);
  ~Exchange() override;

  // `head` is taken (swapped); its views are into `bytes`, which are copied.
  void begin(RequestHead& head, std::string_view bytes) noexcept;
  // Answers a request whose head made no sense.
  void refuse(GatewayAnswer answer, const char* what) noexcept;
  void on_request_data(std::string_view data) noexcept;
  void on_request_end(const HeaderList& trailers) noexcept;
  // All that was read is delivered.
  void on_request_flush() noexcept;
  // The client took what was buffered for it.
  void on_client_drained() noexcept;
  // The client is gone, or took too long, or sent nonsense: everything that was started is ended.
  void cancel(GatewayAnswer why) noexcept;

  [[nodiscard]] bool active() const noexcept { return active_; }
  [[nodiscard]] const RequestHead& request() const noexcept { return head_; }

 private:
  void on_stream_ready() noexcept override;
  void on_response_head(ResponseHead& head) noexcept override;
  void on_response_data(std::string_view data) noexcept override;
  void on_response_flush() noexcept override;
  void on_response_end(const HeaderList& trailers) noexcept override;
  void on_request_drained() noexcept override;
  void on_stream_failed(StreamFailure why) noexcept override;

  void reset() noexcept;
  void forget_route() noexcept;
  void take(RequestHead& head, std::string_view bytes) noexcept;
  void route() noexcept;
  [[nodiscard]] bool admit_host_and_path() noexcept;
  void find_api() noexcept;
  [[nodiscard]] OperationQuery operation_query() const noexcept;
  void find_operation() noexcept;
  [[nodiscard]] bool may_call() noexcept;
  [[nodiscard]] std::string_view subscription_key() noexcept;
  void challenge(GatewayAnswer why) noexcept;
  [[nodiscard]] bool is_misdirected() const noexcept;
  // Of a pool, the member that takes the request. False: no circuit is closed, which the client has been told.
  [[nodiscard]] bool find_member() noexcept;
  void circuit_open(std::int64_t closed_in_ms) noexcept;
  void note_failure(std::string_view reason) noexcept;
  void attempt(bool fresh) noexcept;
  void attempt_again(bool fresh) noexcept;
  void pause_response_when_full() noexcept;
  [[nodiscard]] static bool is_key_field(const HeaderField& field) noexcept;
  [[nodiscard]] std::string_view query_without_key() noexcept;
  void send_request() noexcept;
  [[nodiscard]] bool may_be_sent_twice() const noexcept;
  void give_up(GatewayAnswer why) noexcept;
  void answer(GatewayAnswer answer, std::string_view extra = {}) noexcept;
  void redirect() noexcept;
  void fail_response(GatewayAnswer why) noexcept;
  void finish(GatewayAnswer why) noexcept;
  void write_access_log(GatewayAnswer why) noexcept;

  // exchange_policies.cc: where policies decide. policies_ is then not null.
  friend class PolicyRun;
  [[nodiscard]] bool find_policies(policy::Run::Facts& facts) const noexcept;
  void begin_policies(const policy::Run::Facts& facts) noexcept;
  void run_policies(const policy::Run::Facts& facts) noexcept;
  [[nodiscard]] bool fail_by_policies(GatewayAnswer why, std::string_view extra) noexcept;
  [[nodiscard]] bool wants_trace() const noexcept;
  [[nodiscard]] bool answer_preflight() noexcept;
  void describe_request() noexcept;
  void forward_by_policies(const policy::ForwardTerms& terms) noexcept;
  void read_request_body() noexcept;
  void read_response_body() noexcept;
  void send_policy_request() noexcept;
  void take_request_data(std::string_view data) noexcept;
  void take_request_end() noexcept;
  void take_response_head(ResponseHead& head) noexcept;
  [[nodiscard]] bool follow_redirect(const ResponseHead& head) noexcept;  // exchange_redirects.cc
  void take_response_data(std::string_view data) noexcept;
  void take_response_end() noexcept;
  void backend_failed(GatewayAnswer why) noexcept;
  void respond_by_policies() noexcept;

  WorkerState& worker_;
  ServerStream& stream_;
  ClientStream* upstream_ = nullptr;
  PinnedVersion* pinned_ = nullptr;
  const CompiledApi* api_ = nullptr;            // of pinned_
  // Where it goes: of api_, or of revision_.
  const std::shared_ptr<const CompiledBackend>* backend_ = nullptr;
  const std::shared_ptr<const CompiledBackend>* pool_ = nullptr;  // that backend_ was chosen from; null: none
  const CompiledMember* member_ = nullptr;                        // of pool_
  const CompiledRevision* revision_ = nullptr;
  const CompiledOperation* operation_ = nullptr;
  AccessTable::Access access_;
  std::unique_ptr<PolicyRun> policies_;         // null: none has a say
  const CompiledEndpoint* endpoint_ = nullptr;  // of backend_
  std::size_t forward_from_ = 0;                // of path_: what comes before is not forwarded
  std::string revision_number_;                 // what ";rev=N" named
  std::size_t revision_at_ = 0;                 // RevisionSuffix::element
  std::string decoded_key_;
  std::string query_;                           // scratch of query_without_key
  RequestHead head_;
  std::string storage_;      // what head_ points into
  std::string host_, path_;  // normalised
  std::array<char, 32> request_id_{};
  std::string_view refused_because_;

  bool active_ = false;
  bool request_done_ = false;
  bool request_head_sent_ = false;
  bool response_started_ = false;
  bool head_request_ = false;
  bool request_paused_ = false;
  bool response_paused_ = false;
  bool retried_ = false;
  bool response_broken_ = false;
  bool tells_member_ = false;  // the response has the cookie of session affinity
  unsigned attempts_ = 0;
  unsigned connect_failures_ = 0;
  int status_ = 0;
  int backend_status_ = 0;
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  std::int64_t started_ns_ = 0, attempt_ns_ = 0, connected_ns_ = 0, sent_ns_ = 0, answered_ns_ = 0;
};

}  // namespace gateway
