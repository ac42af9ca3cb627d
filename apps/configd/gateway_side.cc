#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "arm/gateway_token.h"
#include "base/strings.h"
#include "base/uv.h"
#include "catalogue.h"
#include "gateway_room.h"
#include "observe/json_text.h"
#include "service.h"
#include "store.h"

namespace configd {
namespace {

using gateway::HttpServer;
using Responder = std::shared_ptr<HttpServer::Responder>;

constexpr std::string_view kUnauthorized =
    "the Authorization header must hold a GatewayKey token for this gateway that has not expired";

void refuse(const Responder& responder, ArmError error,
            std::vector<std::pair<std::string, std::string>> headers = {}) {
  auto response = to_response(error);
  for (auto& header : headers) response.headers.push_back(std::move(header));
  responder->send(std::move(response));
}

void refuse(const Responder& responder, int status, std::string code, std::string message) {
  refuse(responder, ArmError{status, std::move(code), std::move(message), ""});
}

// A segment of a path; nullopt where its escapes are malformed.
std::optional<std::string> decode_segment(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3 || !gateway::is_hex_digit(text[i + 1]) ||
        !gateway::is_hex_digit(text[i + 2])) {
      return std::nullopt;
    }
    out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
    i += 2;
  }
  return out;
}

// RFC 9110 §13.1.2: the weak comparison.
bool matches(std::string_view if_none_match, std::string_view etag) {
  const auto opaque = [](std::string_view tag) {
    return tag.starts_with("W/") ? tag.substr(2) : tag;
  };
  for (const std::string_view part : gateway::split(if_none_match, ',')) {
    const std::string_view tag = gateway::trim(part);
    if (tag == "*" || (!tag.empty() && opaque(tag) == opaque(etag))) return true;
  }
  return false;
}

std::optional<Position> parse_position(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  const auto revision = gateway::parse_decimal(text.substr(colon + 1));
  if (!revision) return std::nullopt;
  return Position{std::string(text.substr(0, colon)), *revision};
}

// In a time that tells nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b) {
  return gateway::sha256(a) == gateway::sha256(b);
}

class GatewaySide final : public Face {
 public:
  GatewaySide(Store& store, std::string admin_token, void* native_loop,
              const gateway::Environment& environment)
      : store_(store),
        admin_token_(std::move(admin_token)),
        clock_(environment.clock ? environment.clock : gateway::Environment::system().clock),
        catalogue_(store),
        timer_(static_cast<uv_loop_t*>(native_loop)) {
    store_.on_commit([here = std::weak_ptr(alive_), this](const Commit& commit) {
      if (here.lock()) take_commit(commit);
    });
    const std::chrono::milliseconds second(1'000);
    timer_.start(
        second,
        [this] {
          for (const auto& [name, room] : rooms_) room->sweep(now());
        },
        second);
    timer_.unref();
  }

  bool take(HttpServer::Request& request, const Responder& responder) override {
    if (request.path != "/v1" && !request.path.starts_with("/v1/")) return false;
    answer(request, responder);
    return true;
  }

 private:
  struct Call {
    HttpServer::Request& request;
    const Responder& responder;
    std::string gateway;
    gateway::arm::GatewayToken token;
  };
  using Act = void (GatewaySide::*)(Call&);
  struct Resource {
    std::string_view name;
    std::string_view allow;
    bool for_admin;
    Act act;
  };

  [[nodiscard]] Now now() const {
    return {clock_->unix_ms() / 1'000, clock_->steady_ns() / 1'000'000};
  }

  void answer(HttpServer::Request& request, const Responder& responder) {
    static constexpr Resource kResources[] = {
        {"snapshot", "GET, HEAD", false, &GatewaySide::snapshot},
        {"events", "GET", false, &GatewaySide::events},
        {"heartbeat", "POST", false, &GatewaySide::heartbeat},
        {"ack", "POST", false, &GatewaySide::acknowledge},
        {"status", "GET, HEAD", true, &GatewaySide::status},
    };
    const auto parts = gateway::split(request.path, '/');
    const auto id =
        parts.size() == 5 && parts[2] == "gateways" ? decode_segment(parts[3]) : std::nullopt;
    const auto* found =
        std::find_if(std::begin(kResources), std::end(kResources),
                     [&](const Resource& resource) { return id && resource.name == parts[4]; });
    if (found == std::end(kResources) || id->empty()) {
      return refuse(responder, 404, "ResourceNotFound",
                    "no such resource; see /v1/gateways/{id}/snapshot");
    }
    if ((", " + std::string(found->allow) + ",").find(", " + request.method + ",") ==
        std::string::npos) {
      return refuse(responder,
                    {405, "MethodNotAllowed", "allowed: " + std::string(found->allow), ""},
                    {{"Allow", std::string(found->allow)}});
    }
    Call call{request, responder, *id, {}};
    if (found->for_admin ? !from_admin(call) : !from_gateway(call)) return;
    (this->*found->act)(call);
  }

  // Otherwise it has answered.
  bool from_gateway(Call& call) {
    const std::string* header = call.request.header("authorization");
    if (header && header->starts_with("GatewayKey ")) {
      if (auto token = gateway::arm::parse_gateway_token(*header)) {
        const bool signature = GatewayKeys::of(store_, call.gateway).verify(*token);
        if (signature && token->gateway == call.gateway && token->expires > now().unix_seconds &&
            store_.find("/gateways/" + call.gateway)) {
          call.token = std::move(*token);
          return true;
        }
      }
    }
    refuse(call.responder, {401, "Unauthorized", std::string(kUnauthorized), ""},
           {{"WWW-Authenticate", "GatewayKey"}});
    return false;
  }

  bool from_admin(Call& call) {
    const std::string* header = call.request.header("authorization");
    if (!header || admin_token_.empty() || !same_secret(*header, "Bearer " + admin_token_)) {
      refuse(
          call.responder,
          {401, "Unauthorized", "the Authorization header must hold the admin's bearer token", ""},
          {{"WWW-Authenticate", "Bearer"}});
      return false;
    }
    if (store_.find("/gateways/" + call.gateway)) return true;
    refuse(call.responder, 404, "ResourceNotFound",
           "there is no gateway " + gateway::quote(call.gateway));
    return false;
  }

  GatewayRoom& room_of(const std::string& gateway) {
    auto& room = rooms_[gateway];
    if (!room) room = std::make_shared<GatewayRoom>(store_, catalogue_, gateway);
    return *room;
  }

  void snapshot(Call& call) {
    GatewayRoom& room = room_of(call.gateway);
    HttpServer::Response response;
    const std::string etag = room.etag();
    response.headers = {{"ETag", etag}, {"Cache-Control", "no-store"}};
    const std::string* known = call.request.header("if-none-match");
    if (known && matches(*known, etag)) {
      response.status = 304;
    } else {
      response.slow_body = [body = room.body(), at = Position{store_.epoch(), store_.revision()}] {
        return body->at(at);
      };
    }
    call.responder->send(std::move(response));
  }

  void events(Call& call) {
    // A client that reconnects by itself repeats the query and says in the header what it has seen.
    const std::string* after = call.request.header("last-event-id");
    if (!after || after->empty()) after = call.request.parameter("after");
    const auto from = after ? parse_position(*after) : std::nullopt;
    if (!from) {
      return refuse(call.responder,
                    {400, "ValidationError",
                     "the parameter after, or the header Last-Event-ID, must be {epoch}:{revision}",
                     "after"});
    }
    const bool ours = from->epoch == store_.epoch() && from->revision <= store_.revision();
    const auto touched = ours ? store_.touched_after(from->revision) : std::nullopt;
    if (!touched) {
      return refuse(call.responder, 410, "Gone",
                    "there are no events after that; take the snapshot");
    }
    GatewayRoom& room = room_of(call.gateway);
    std::string first;
    if (from->revision != store_.revision()) {
      first = write_change_event({store_.epoch(), store_.revision()}, room.view().since(*touched),
                                 room.view().digest());
    }
    room.subscribe(std::move(call.token), *call.responder, first, now());
  }

  void heartbeat(Call& call) { hear(call, &Instances::heartbeat); }
  void acknowledge(Call& call) { hear(call, &Instances::acknowledge); }

  void hear(Call& call, gateway::Result<void> (Instances::*what)(std::string_view, std::int64_t)) {
    if (call.request.body.size() > Instances::kMaxBody) {
      return refuse(call.responder, 413, "RequestEntityTooLarge",
                    "at most " + std::to_string(Instances::kMaxBody) + " bytes");
    }
    auto& instances = room_of(call.gateway).instances;
    if (auto done = (instances.*what)(call.request.body, now().unix_seconds); !done) {
      const auto& error = done.error();
      return refuse(call.responder, {400, "ValidationError", error.message, error.where});
    }
    HttpServer::Response response;
    response.status = 204;
    call.responder->send(std::move(response));
  }

  void status(Call& call) {
    const auto found = rooms_.find(call.gateway);
    HttpServer::Response response;
    response.headers = {{"Cache-Control", "no-store"}};
    std::string& out = response.body;
    out = "{\"gateway\":";
    gateway::append_json_string(out, call.gateway);
    out += ",\"epoch\":";
    gateway::append_json_string(out, store_.epoch());
    out += ",\"revision\":" + std::to_string(store_.revision());
    out += ",\"streams\":" + std::to_string(found == rooms_.end() ? 0 : found->second->streams());
    out += ",\"instances\":" + (found == rooms_.end() ? "[]" : found->second->instances.to_json()) +
           "}";
    call.responder->send(std::move(response));
  }

  void take_commit(const Commit& commit) {
    catalogue_.update(commit.touched);
    const Now at = now();
    for (auto room = rooms_.begin(); room != rooms_.end();) {
      if (!store_.find("/gateways/" + room->first)) {
        room = rooms_.erase(room);
        continue;
      }
      room->second->take(commit, at);
      ++room;
    }
  }

  Store& store_;
  const std::string admin_token_;
  const std::shared_ptr<const gateway::Clock> clock_;
  Catalogue catalogue_;
  std::map<std::string, std::shared_ptr<GatewayRoom>> rooms_;
  gateway::uv::Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<Face> make_gateway_side(Store& store, std::string admin_token, void* native_loop,
                                        const gateway::Environment& environment) {
  return std::make_unique<GatewaySide>(store, std::move(admin_token), native_loop, environment);
}

}  // namespace configd
