#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "arm/gateway_token.h"
#include "gateway_documents.h"
#include "gateway_view.h"
#include "http/server.h"
#include "instances.h"
#include "store.h"

namespace configd {

// Both keys of a gateway as they are now.
struct GatewayKeys {
  std::optional<std::string> primary;
  std::optional<std::string> secondary;
  bool operator==(const GatewayKeys&) const = default;

  [[nodiscard]] static GatewayKeys of(const Store& store, std::string_view gateway);
  // In constant time for each key.
  [[nodiscard]] bool verify(const gateway::arm::GatewayToken& token) const;
};

struct Now {
  std::int64_t unix_seconds = 0;
  std::int64_t steady_ms = 0;
};

// All that the service holds for one gateway: its view, its instances, its open streams. The loop's
// thread; held by shared_ptr alone.
class GatewayRoom : public std::enable_shared_from_this<GatewayRoom> {
 public:
  static constexpr std::int64_t kQuietMs = 14'000;  // looked at every second: a comment within 15 s

  GatewayRoom(const Store& store, const Catalogue& catalogue, std::string gateway);
  // Ends every stream.
  ~GatewayRoom();
  GatewayRoom(const GatewayRoom&) = delete;
  GatewayRoom& operator=(const GatewayRoom&) = delete;

  [[nodiscard]] const GatewayView& view() const noexcept { return view_; }
  // Changes whenever what the gateway sees does, and only then; weak, since the revision in the
  // body moves on without.
  [[nodiscard]] std::string etag() const;
  [[nodiscard]] std::shared_ptr<SnapshotBody> body();

  // Opens a stream, which begins with `first`; it ends with the token or with the token's key.
  void subscribe(gateway::arm::GatewayToken token, gateway::HttpServer::Responder& responder,
                 std::string_view first, const Now& now);
  [[nodiscard]] std::size_t streams() const noexcept { return streams_.size(); }
  // After the catalogue has taken the commit: tells every stream.
  void take(const Commit& commit, const Now& now);
  // Ends what is no longer authorised, and breaks a long silence with a comment.
  void sweep(const Now& now);

  Instances instances;

 private:
  struct Subscriber {
    gateway::arm::GatewayToken token;
    std::shared_ptr<gateway::HttpServer::Stream> stream;
    std::int64_t written_ms = 0;
  };

  void end_unauthorised(const Now& now);
  void write(Subscriber& to, std::string_view bytes, const Now& now);

  const Store& store_;
  const std::string gateway_;
  GatewayView view_;
  std::shared_ptr<SnapshotBody> body_;
  GatewayKeys keys_;
  std::map<std::uint64_t, std::shared_ptr<Subscriber>> streams_;
  std::uint64_t next_stream_ = 0;
};

}  // namespace configd
