#pragma once

#include <catch2/catch.hpp>

#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rapidjson/document.h>
#include <rapidjson/pointer.h>

#include <gateway/environment.h>

#include "json_members.h"
#include "service.h"
#include "store.h"
#include "views.h"

namespace configd::test {

// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/configd-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A clock that a test moves.
class HandClock final : public gateway::Clock {
 public:
  [[nodiscard]] std::int64_t unix_ms() const noexcept override { return seconds * 1000; }
  [[nodiscard]] std::int64_t steady_ns() const noexcept override { return seconds * 1'000'000'000; }
  std::int64_t seconds = 1'800'000'000;
};

inline std::string at(std::string_view json, const char* pointer) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError()) return "(no JSON)";
  const rapidjson::Value* found = rapidjson::Pointer(pointer).Get(document);
  if (!found) return "(none)";
  if (found->IsString()) return found->GetString();
  return to_json_text(*found);
}

// The management API on a store in a folder of its own, called without a socket.
class Service {
 public:
  struct Answer {
    int status = 0;
    std::string body;
    std::vector<std::pair<std::string, std::string>> headers;
    [[nodiscard]] std::string at(const char* pointer) const { return test::at(body, pointer); }
    [[nodiscard]] std::string header(std::string_view name) const {
      for (const auto& [known, value] : headers) {
        if (known == name) return value;
      }
      return "";
    }
  };
  using Headers = std::vector<std::pair<std::string, std::string>>;

  Service() {
    environment.clock = clock;
    store = Store::open(folder.file("db"), environment).value();
    face = make_management(*store, "admin-token", environment);
  }

  Answer call(const std::string& method, const std::string& target, const std::string& body = "",
              Headers headers = {}, const std::string& token = "admin-token") {
    gateway::HttpServer::Request request;
    request.method = method;
    const std::size_t mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos)
      request.query = gateway::HttpServer::parse_query(target.substr(mark + 1));
    request.headers = std::move(headers);
    if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
    request.host = "configd.test";
    request.body = body;
    auto responder = std::make_shared<Keeper>();
    REQUIRE(face->take(request, responder));
    REQUIRE(responder->kept);
    return {responder->kept->status, responder->kept->body, responder->kept->headers};
  }
  Answer get(const std::string& target) { return call("GET", target); }
  Answer put(const std::string& target, const std::string& properties, Headers headers = {}) {
    return call("PUT", target, R"({"properties":)" + properties + "}", std::move(headers));
  }
  Answer patch(const std::string& target, const std::string& properties) {
    return call("PATCH", target, R"({"properties":)" + properties + "}", {{"if-match", "*"}});
  }
  Answer remove(const std::string& target) {
    return call("DELETE", target, "", {{"if-match", "*"}});
  }

  Folder folder;
  std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
  gateway::Environment environment = gateway::Environment::system();
  std::unique_ptr<Store> store;
  std::unique_ptr<Face> face;

 private:
  struct Keeper final : gateway::HttpServer::Responder {
    void send(gateway::HttpServer::Response response) override { kept = std::move(response); }
    std::shared_ptr<gateway::HttpServer::Stream> stream(gateway::HttpServer::Response,
                                                        std::function<void()>) override {
      return nullptr;
    }
    std::optional<gateway::HttpServer::Response> kept;
  };
};

}  // namespace configd::test
