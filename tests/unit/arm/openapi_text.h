#pragma once

#include <string>
#include <string_view>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <catch2/catch.hpp>

#include "arm/openapi.h"

// Documents in short, and what becomes of them.
namespace gateway::openapi_text {

inline std::string compact(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

inline arm::ImportedApi imported(std::string_view text, DocumentLimits limits = {}) {
  auto api = arm::read_openapi(text, limits, "api");
  INFO(text.substr(0, 2000) << (api.ok() ? "" : "\n" + api.error().to_string()));
  REQUIRE(api.ok());
  return std::move(api).value();
}

inline std::string refused(std::string_view text, DocumentLimits limits = {}) {
  const auto api = arm::read_openapi(text, limits, "api");
  return api.ok() ? "taken" : api.error().where + ": " + api.error().message;
}

// Documents with these members beside the version and a server.
inline std::string openapi(std::string_view members) {
  return R"({"openapi":"3.0.3","info":{"title":"T"},"servers":[{"url":"https://a.example"}],)" +
         std::string(members) + "}";
}
inline std::string swagger(std::string_view members) {
  return R"({"swagger":"2.0","info":{"title":"T"},"host":"a.example","schemes":["https"],)" +
         std::string(members) + "}";
}
inline std::string path(std::string_view name) {
  return openapi(R"("paths":{")" + std::string(name) + R"(":{"get":{"responses":{}}}})");
}

}  // namespace gateway::openapi_text
