#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "http/status.h"
#include "proxy/answers.h"
#include "proxy/worker.h"

using namespace gateway;

TEST_CASE("Every reason has a name of its own, and a status that has a phrase or none at all") {
  std::set<std::string_view> names;
  constexpr auto kCount = static_cast<std::size_t>(GatewayAnswer::Count);
  for (std::size_t i = 0; i < kCount; ++i) {
    const AnswerText& text = text_of(static_cast<GatewayAnswer>(i));
    INFO(text.name);
    CHECK(names.insert(text.name).second);
    CHECK(text.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK(own_answer_name(i) == text.name);
    if (text.status != 0) CHECK(reason_phrase(text.status) != "Unknown");
    if (text.status == 0) CHECK(text.message.empty());
    CHECK(text.message.find_first_of("\"\\\r\n") ==
          std::string_view::npos);  // it stands in JSON as it is
  }
  CHECK(own_answer_name(kCount).empty());
}

TEST_CASE("The reasons and their statuses are in the right places") {
  const std::pair<GatewayAnswer, std::pair<const char*, int>> rows[] = {
      {GatewayAnswer::None, {"none", 0}},
      {GatewayAnswer::NoPath, {"no_path", 404}},
      {GatewayAnswer::Tombstone, {"tombstone", 503}},
      {GatewayAnswer::Misdirected, {"misdirected", 421}},
      {GatewayAnswer::EndpointForbidden, {"endpoint_forbidden", 502}},
      {GatewayAnswer::ConnectTimeout, {"connect_timeout", 504}},
      {GatewayAnswer::Stopped, {"stopped", 0}},
  };
  for (const auto& [answer, expected] : rows) {
    CHECK(text_of(answer).name == expected.first);
    CHECK(text_of(answer).status == expected.second);
  }
}
