#pragma once

#include <string>
#include <string_view>

#include "arm_error.h"
#include "arm_paths.h"
#include "draft.h"

namespace configd {

// How resources are told to clients: without secrets, ids with the prefix that the client used.
[[nodiscard]] gateway::HttpServer::Response show_entity(const Store& store, const Stored& stored,
                                                        std::string_view prefix, int status);

// {"value":[…],"count":…,"nextLink":…} with $top, $skip and "$filter=name eq 'x'".
[[nodiscard]] gateway::HttpServer::Response show_list(const Store& store, const Target& target,
                                                      const gateway::HttpServer::Request& request);

[[nodiscard]] std::string to_json_text(const rapidjson::Value& value);

}  // namespace configd
