// Documents that cost more than they look; each must end soon, whatever the answer.
#include "arm/openapi.h"

#include <chrono>

#include <catch2/catch.hpp>

#include "openapi_text.h"

using namespace gateway;
using namespace gateway::openapi_text;

namespace {

std::string many(std::size_t count, const auto& make) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += (i ? "," : "") + make(std::to_string(i));
  return out;
}

std::string bounded(const std::string& text) {
  const auto begin = std::chrono::steady_clock::now();
  const auto api = arm::read_openapi(text, DocumentLimits{}, "api");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  if (!api.ok()) return api.error().message;
  CHECK(api->notices.size() <= 120);
  return std::to_string(api->operations.Size()) + " operations";
}

}  // namespace

TEST_CASE("hostile documents end in bounded time, with bounded output") {
  const std::string kTooMany = "has more than 10000 operations; make several APIs of it";
  const std::string kTooLarge = "its references lead to more than 67108864 bytes of operations";
  SECTION("10,000 operations are taken, one more is not") {
    const auto item = [](const std::string& i) { return R"("/p)" + i + R"(":{"get":{}})"; };
    CHECK(bounded(openapi(R"("paths":{)" + many(10'000, item) + "}")) == "10000 operations");
    CHECK(bounded(openapi(R"("paths":{)" + many(10'001, item) + "}")) == kTooMany);
  }
  SECTION("100,000 paths, with operations and without, sound and broken") {
    CHECK(bounded(openapi(R"("paths":{)" + many(100'000, [](const std::string& i) { return R"("/p)" + i + R"(":{"get":{}})"; }) + "}")) == kTooMany);
    CHECK(bounded(openapi(R"("paths":{)" + many(100'000, [](const std::string& i) { return R"("/p)" + i + R"(":{})"; }) + "}")) == "0 operations");
    CHECK(bounded(openapi(R"("paths":{)" + many(100'000, [](const std::string& i) { return R"("/{+p)" + i + R"(}":{"get":{}})"; }) + "}")) == "0 operations");
  }
  SECTION("100,000 paths of one item") {
    CHECK(bounded(openapi(R"("paths":{)" + many(100'000, [](const std::string& i) { return R"("/p)" + i + R"(":{"$ref":"#/i"})"; }) +
                          R"(},"i":{"get":{},"put":{},"post":{},"delete":{}})")) == kTooMany);
    CHECK(bounded(openapi(R"("paths":{)" + many(100'000, [](const std::string& i) { return R"("/p)" + i + R"(":{"$ref":"#/i"})"; }) +
                          R"(},"i":{)" + many(100'000, [](const std::string& i) { return R"("m)" + i + R"(":1)"; }) + "}")) == kTooLarge);
  }
  SECTION("operations of one name") {
    CHECK(bounded(openapi(R"("paths":{)" + many(9'000, [](const std::string& i) { return R"("/p)" + i + R"(":{"get":{"operationId":"x"}})"; }) + "}")) ==
          "9000 operations");
  }
  SECTION("one large parameter, often referred to") {
    const std::string parameters = many(1'000, [](const std::string& i) { return R"({"$ref":"#/q/)" + i + R"("})"; });
    CHECK(bounded(openapi(R"("paths":{)" + many(10'000, [](const std::string& i) { return R"("/p)" + i + R"(":{"$ref":"#/i"})"; }) +
                          R"(},"i":{"parameters":[)" + parameters + R"(],"get":{}},"q":[)" +
                          many(1'000, [](const std::string& i) { return R"({"name":"n)" + i + R"(","in":"query","description":")" + std::string(900, 'd') + R"("})"; }) +
                          "]")) == kTooLarge);
  }
  SECTION("parameters of one name, and references to nothing, in every operation") {
    CHECK(bounded(openapi(R"("paths":{)" + many(10'000, [](const std::string& i) { return R"("/p)" + i + R"(":{"$ref":"#/i"})"; }) +
                          R"(},"i":{"get":{"parameters":[)" + many(10'000, [](const std::string&) { return std::string(R"({"$ref":"#/none"})"); }) + "]}}")) ==
          kTooLarge);
  }
  SECTION("100,000 references into one object of 100,000 members") {
    CHECK(bounded(openapi(R"("paths":{"/a":{"get":{"parameters":[)" +
                          many(100'000, [](const std::string& i) { return R"({"$ref":"#/q/p)" + i + R"("})"; }) + R"(]}}},"q":{)" +
                          many(100'000, [](const std::string& i) { return R"("p)" + i + R"(":{"name":"n)" + i + R"(","in":"query"})"; }) + "}")) ==
          "1 operations");
  }
  SECTION("a response of many content types, often referred to") {
    CHECK(bounded(openapi(R"("paths":{)" + many(5'000, [](const std::string& i) { return R"("/p)" + i + R"(":{"get":{"responses":{"200":{"$ref":"#/r"}}}})"; }) +
                          R"(},"r":{"content":{)" + many(10'000, [](const std::string& i) { return R"("a/)" + i + R"(":{})"; }) + "}}")) == kTooLarge);
  }
  SECTION("a long chain of references") {
    CHECK(bounded(openapi(R"("paths":{"/a":{"get":{"parameters":[)" +
                          many(50'000, [](const std::string& i) { return R"({"$ref":"#/q/)" + i + R"("})"; }) + R"(]}}},"q":[)" +
                          many(50'000, [](const std::string& i) { return R"({"$ref":"#/q/)" + std::to_string(std::stoul(i) + 1) + R"("})"; }) + "]")) ==
          "1 operations");
  }
  SECTION("a YAML bomb") {
    std::string text = "openapi: 3.0.0\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 12; ++i) {
      const std::string last = "*a" + std::to_string(i - 1);
      text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
      for (int j = 1; j < 9; ++j) text += "," + last;
      text += "]\n";
    }
    CHECK(bounded(text).starts_with("anchors and aliases expand to more than"));
  }
  SECTION("depth") {
    CHECK(bounded("{\"openapi\":" + std::string(100'000, '[')).starts_with("nested deeper than 64 levels"));
    CHECK(bounded("openapi: " + std::string(1000, '[') + std::string(1000, ']')) == "nested deeper than 64 levels");
  }
  SECTION("size of the text, and of what comes of it") {
    DocumentLimits limits;
    limits.max_bytes = 4000;
    const std::string shared = openapi(R"("paths":{)" + many(20, [](const std::string& i) { return R"("/p)" + i + R"(":{"$ref":"#/i"})"; }) +
                                       R"(},"i":{"get":{"description":")" + std::string(900, 'd') + R"("}})");
    CHECK(refused(shared, limits) == "api: its references lead to more than 16000 bytes of operations");
    CHECK(refused(shared) == "taken");
    limits.max_bytes = 10;
    CHECK(refused(path("/a"), limits) == "api: larger than 10 bytes");
  }
}
