#include "gateway_room.h"

#include <utility>
#include <vector>

#include "service.h"

namespace configd {

GatewayKeys GatewayKeys::of(const Store& store, std::string_view gateway) {
  return {store.secret(gateway_key_name(gateway, true)),
          store.secret(gateway_key_name(gateway, false))};
}

bool GatewayKeys::verify(const gateway::arm::GatewayToken& token) const {
  const bool first = gateway::arm::verify_gateway_token(token, primary.value_or(""));
  const bool second = gateway::arm::verify_gateway_token(token, secondary.value_or(""));
  return (first && primary && !primary->empty()) || (second && secondary && !secondary->empty());
}

GatewayRoom::GatewayRoom(const Store& store, const Catalogue& catalogue, std::string gateway)
    : store_(store),
      gateway_(gateway),
      view_(catalogue, std::move(gateway)),
      keys_(GatewayKeys::of(store, gateway_)) {}

GatewayRoom::~GatewayRoom() {
  for (const auto& [id, subscriber] : std::exchange(streams_, {})) subscriber->stream->end();
}

std::string GatewayRoom::etag() const {
  return "W/\"" + store_.epoch() + ":" + gateway::hex(view_.digest()) + "\"";
}

std::shared_ptr<SnapshotBody> GatewayRoom::body() {
  if (!body_) body_ = std::make_shared<SnapshotBody>(view_.items(), view_.digest());
  return body_;
}

void GatewayRoom::subscribe(gateway::arm::GatewayToken token,
                            gateway::HttpServer::Responder& responder, std::string_view first,
                            const Now& now) {
  gateway::HttpServer::Response head;
  head.content_type = "text/event-stream";
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  const std::uint64_t id = next_stream_++;
  auto subscriber = std::make_shared<Subscriber>();
  subscriber->token = std::move(token);
  subscriber->stream = responder.stream(std::move(head), [room = weak_from_this(), id] {
    if (const auto here = room.lock()) here->streams_.erase(id);
  });
  if (!subscriber->stream || !subscriber->stream->open()) return;
  streams_.emplace(id, subscriber);
  write(*subscriber, "retry: 1000\n\n", now);
  if (!first.empty()) write(*subscriber, first, now);
}

void GatewayRoom::take(const Commit& commit, const Now& now) {
  const auto difference = view_.apply(commit.touched);
  if (!difference.empty()) body_.reset();
  end_unauthorised(now);
  if (streams_.empty()) return;
  const std::string event =
      write_change_event({store_.epoch(), commit.revision}, difference, view_.digest());
  for (const auto& [id, subscriber] : std::map(streams_)) write(*subscriber, event, now);
}

void GatewayRoom::sweep(const Now& now) {
  end_unauthorised(now);
  for (const auto& [id, subscriber] : std::map(streams_)) {
    if (now.steady_ms - subscriber->written_ms >= kQuietMs) write(*subscriber, ":\n\n", now);
  }
}

void GatewayRoom::end_unauthorised(const Now& now) {
  GatewayKeys keys = GatewayKeys::of(store_, gateway_);
  const bool changed = keys != keys_;
  keys_ = std::move(keys);
  std::vector<std::shared_ptr<Subscriber>> ended;
  for (auto at = streams_.begin(); at != streams_.end();) {
    const auto& token = at->second->token;
    if (token.expires > now.unix_seconds && (!changed || keys_.verify(token))) {
      ++at;
      continue;
    }
    ended.push_back(std::move(at->second));
    at = streams_.erase(at);
  }
  for (const auto& subscriber : ended) subscriber->stream->end();
}

void GatewayRoom::write(Subscriber& to, std::string_view bytes, const Now& now) {
  to.stream->write(bytes);
  to.written_ms = now.steady_ms;
}

}  // namespace configd
