#include <catch2/catch.hpp>

#include "policy/builtin/cors.h"
#include "policy/context.h"
#include "support/scripted_host.h"

using namespace gateway::policy;

TEST_CASE("Bodies are read only where a policy asks for them") {
  struct Row {
    const char* section;
    const char* policies;
    Body::State request;   // as it is forwarded
    Body::State response;  // as the client gets it
  };
  constexpr Row kRows[] = {
      {"inbound", "<set-header name='X'><value>1</value></set-header>", Body::State::Streaming,
       Body::State::Streaming},
      {"inbound", "<set-body>new</set-body>", Body::State::Whole, Body::State::Streaming},
      {"inbound", "<find-and-replace from='a' to='b'/>", Body::State::Whole,
       Body::State::Streaming},
      {"inbound", "<set-variable name='v' value='@(context.Request.Body.As<string>(true))'/>",
       Body::State::Whole, Body::State::Streaming},
      {"inbound", "<set-variable name='v' value='@(context.Request.Body.As<string>())'/>",
       Body::State::Consumed, Body::State::Streaming},
      {"outbound", "<set-body>new</set-body>", Body::State::Streaming, Body::State::Whole},
      {"outbound", "<find-and-replace from='a' to='b'/>", Body::State::Streaming,
       Body::State::Whole},
      {"outbound", "<set-variable name='v' value='@(context.Response.Body.As<string>())'/>",
       Body::State::Streaming, Body::State::Consumed},
  };
  ScriptedHost host;
  for (const Row& row : kRows) {
    INFO(row.section << " " << row.policies);
    REQUIRE(host.compile_section(row.section, row.policies) == "");
    host.answers = {{200, {}, "answer"}};
    host.send("POST", "/", {}, "question");
    REQUIRE(host.forwarded.size() == 1);
    CHECK(host.forwarded[0].state == row.request);
    CHECK(host.run().response.body.state == row.response);
    CHECK(host.responded);
  }
}

TEST_CASE("forward-request says how it is forwarded") {
  ScriptedHost host;
  REQUIRE(host.compile_section(
              "backend",
              "<forward-request timeout='@(2*3)' continue-timeout='4' follow-redirects='true' "
              "buffer-request-body='true' buffer-response='false' "
              "fail-on-error-status-code='true'/>") == "");
  host.answers = {{}};
  host.send("GET", "/");
  REQUIRE(host.forwarded.size() == 1);
  const ForwardTerms& terms = host.forwarded[0].terms;
  CHECK(terms.timeout_ms == 6000);
  CHECK(terms.continue_timeout_ms == 4000);
  CHECK(terms.follow_redirects);
  CHECK(terms.buffer_request_body);
  CHECK_FALSE(terms.buffer_response);
  CHECK(terms.fail_on_error_status);

  REQUIRE(host.compile_section("backend", "<forward-request/>") == "");
  host.answers = {{}};
  host.send("GET", "/");
  REQUIRE(host.forwarded.size() == 1);
  CHECK(host.forwarded[0].terms.timeout_ms == 300'000);
  CHECK(host.forwarded[0].terms.buffer_response);
  CHECK_FALSE(host.forwarded[0].terms.fail_on_error_status);
}

TEST_CASE("return-response starts from the response of a variable, which stays as it was") {
  ScriptedHost host;
  REQUIRE(host.compile_section(
              "inbound",
              "<return-response response-variable-name='said'><set-status code='299' reason='x'/>"
              "<set-header name='X-More'><value>2</value></set-header></return-response>") == "");
  host.describe("GET", "/");
  ResponseObject* said = make_response_object(host.run().evaluation());
  said->message->status = 404;
  said->message->fields.add("X-There", "1");
  said->message->body.assign("gone");
  host.run().set_variable("said", gateway::expression::Value::of(said));
  host.start();
  CHECK(host.forwarded.empty());
  CHECK(host.run().response.status == 299);
  CHECK(host.field(host.run().response.fields, "X-There") == "1");
  CHECK(host.field(host.run().response.fields, "X-More") == "2");
  CHECK(host.response_body() == "gone");
  CHECK(said->message->status == 404);
  CHECK_FALSE(said->message->fields.has("X-More"));
}

TEST_CASE("A response in a variable is an IResponse") {
  ScriptedHost host;
  REQUIRE(host.compile_section(
              "inbound",
              "<set-header "
              "name='X-Seen'><value>@(((IResponse)context.Variables[\"said\"]).StatusCode + "
              "\":\" + "
              "((IResponse)context.Variables[\"said\"]).Body.As&lt;JObject&gt;()[\"a\"])</value>"
              "</set-header>") == "");
  host.describe("GET", "/");
  ResponseObject* said = make_response_object(host.run().evaluation());
  said->message->status = 202;
  said->message->body.assign("{\"a\":7}");
  host.run().set_variable("said", gateway::expression::Value::of(said));
  host.answers = {{}};
  host.start();
  CHECK(host.field(host.run().request.fields, "X-Seen") == "202:7");
}

TEST_CASE("A preflight whose policy fails is answered by nobody, and throws nothing") {
  ScriptedHost host;
  std::vector<Problem> problems;
  const auto document = compile_document(
      "<policies><inbound><cors><allowed-origins><origin>@(int.Parse(\"x\").ToString())</origin></"
      "allowed-origins>"
      "</cors></inbound></policies>",
      ScopeKind::Api, host.surroundings, problems);
  REQUIRE(document);
  CHECK(document->has_cors);
  host.describe("OPTIONS", "/",
                {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "GET"}});
  const auto* cors = dynamic_cast<const CorsPolicy*>(document->sections[0].front().get());
  REQUIRE(cors);
  CHECK_FALSE(cors->answer_preflight(host.run()));
  CHECK(host.run().response.fields.list.empty());
}
