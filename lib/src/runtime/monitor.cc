#include "runtime/monitor.h"

#include "http/server_response.h"

namespace gateway {
namespace {

using Request = ControlServer::Request;
using Response = ControlServer::Response;

std::string waiting_for(const RoutesView& routes) {
  std::string words;
  for (const SourceStatus& source : routes.sources()) {
    if (source.state != SyncState::NotSynced) continue;
    words += (words.empty() ? "waiting for source " : "; source ") + source.name;
    if (source.degraded) words += " (" + source.degraded->to_string() + ")";
  }
  return words.empty() ? "starting" : words;
}

Response ready(GatewayState state, const RoutesView& routes) {
  switch (state) {
    case GatewayState::Ready: return text_response(200, "ready");
    case GatewayState::Draining: return text_response(503, "draining");
    case GatewayState::Stopped: return text_response(503, "stopped");
    case GatewayState::Created:
    case GatewayState::Starting: break;
  }
  return text_response(503, waiting_for(routes));
}

}  // namespace

ControlServer::Handler monitor_handler(std::function<GatewayState()> state, std::function<std::string()> metrics,
                                       const RoutesView& routes) {
  return [state = std::move(state), metrics = std::move(metrics), &routes](const Request& request) {
    if (request.path == "/live") return text_response(200, "live");
    if (request.path == "/ready") return ready(state(), routes);
    if (request.path == "/metrics") {
      Response response;
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      response.body = metrics();
      return response;
    }
    return text_response(404, "here are /metrics, /live and /ready");
  };
}

}  // namespace gateway
