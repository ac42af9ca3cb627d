#pragma once

#include <memory>
#include <string>

#include <gateway/environment.h>

#include "http/server.h"
#include "store.h"

namespace configd {

// The two faces of the service. Each takes the requests that are its own and says so; the server
// answers 404 for the rest. All on the loop's thread.
class Face {
 public:
  virtual ~Face() = default;
  // True when the request was its own; then it answers, now or later.
  virtual bool take(gateway::HttpServer::Request& request,
                    const std::shared_ptr<gateway::HttpServer::Responder>& responder) = 0;
};

// The management API, in ARM's shapes (management.cc): everything but "/v1/".
[[nodiscard]] std::unique_ptr<Face> make_management(Store& store, std::string admin_token,
                                                    const gateway::Environment& environment);
// What gateways speak to (gateway_side.cc): "/v1/gateways/{id}/…"; the admin token is for "…/status".
// `native_loop` is a uv_loop_t*. Destroying it ends every stream.
[[nodiscard]] std::unique_ptr<Face> make_gateway_side(Store& store, std::string admin_token, void* native_loop,
                                                      const gateway::Environment& environment);

// The keys of a gateway are secrets "gateways/{id}/primary" and "…/secondary" of the store: made with
// the gateway (commit of /gateways/{id}), base64 of 32 random bytes.
[[nodiscard]] std::string gateway_key_name(std::string_view gateway, bool primary);

// {"error":{"code":…,"message":…,"details":[{code,target,message}]}} with that status.
struct ArmError {
  int status = 400;
  std::string code;     // "ValidationError", "ResourceNotFound", "PreconditionFailed", …
  std::string message;
  std::string target;   // the member; may be empty
};
[[nodiscard]] gateway::HttpServer::Response to_response(const ArmError& error);

}  // namespace configd
