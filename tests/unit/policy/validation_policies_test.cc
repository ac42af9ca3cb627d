#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "policy/compiler.h"
#include "policy/validation/bodies.h"

using namespace gateway::policy;

namespace {

CompiledDocumentPtr compiled(const std::string& policy) {
  std::vector<Problem> problems;
  auto document = compile_document("<policies><inbound>" + policy + "</inbound></policies>", ScopeKind::Api,
                                   Surroundings{}, problems);
  for (const Problem& one : problems) UNSCOPED_INFO(one.message);
  REQUIRE(document);
  return document;
}

std::string content_policy(const std::string& max_size) {
  return "<validate-content unspecified-content-type-action=\"ignore\" max-size=\"" + max_size +
         "\" size-exceeded-action=\"prevent\" />";
}

}  // namespace

TEST_CASE("A max-size beyond what is validated is told of when it is compiled") {
  CHECK(compiled(content_policy("4194304"))->warnings.empty());
  const auto document = compiled(content_policy("10000000"));
  REQUIRE(document->warnings.size() == 1);
  CHECK(document->warnings[0].message == "max-size is taken as 4194304, the most that is validated");
}

TEST_CASE("validate-content asks for the body of its section's message") {
  std::vector<Problem> problems;
  const std::string policy = content_policy("10");
  const auto document = compile_document(
      "<policies><inbound>" + policy + "</inbound><outbound>" + policy + "</outbound><on-error>" + policy +
          "</on-error></policies>",
      ScopeKind::Api, Surroundings{}, problems);
  REQUIRE(document);
  for (const Section section : {Section::Inbound, Section::Outbound, Section::OnError}) {
    const Step& step = *document->sections[static_cast<std::size_t>(section)].at(0);
    CHECK(step.reads_request_body == (section == Section::Inbound));
    CHECK(step.reads_response_body == (section != Section::Inbound));
  }
}

TEST_CASE("A body of four megabytes is validated") {
  std::string problem;
  const auto schema = ApiSchema::parse(
      R"({"components":{"schemas":{"Rows":{"type":"array","items":{"$ref":"#/components/schemas/Row"}},
          "Numbers":{"items":{"type":"integer"}},
          "Row":{"required":["id","name"],"properties":{"id":{"type":"integer"},"name":{"maxLength":50}}}}}})", problem);
  REQUIRE(schema);
  BodyTerms terms;
  terms.schema_ref = "#/components/schemas/Rows";
  const std::string row = R"({"id":1234567,"name":"a name of some length, as names are"})";
  std::string body = "[" + row;
  while (body.size() < 4'000'000) body += "," + row;
  BodyFacts facts;
  facts.type = "application/json";
  facts.schema = schema.get();
  const std::string good = body + "]", bad = body + ",{\"id\":1}]";
  facts.content = good;
  CHECK_FALSE(find_json_problem(terms, facts));
  facts.content = bad;
  const auto found = find_json_problem(terms, facts);
  REQUIRE(found);
  CHECK(found->rule == "IncorrectMessage");
  // As many values as there can be: nobody waits for them.
  std::string dense = "[0";
  while (dense.size() < 4'000'000) dense += ",0";
  dense += "]";
  facts.content = dense;
  terms.schema_ref = "#/components/schemas/Numbers";
  REQUIRE(find_json_problem(terms, facts));
  CHECK(find_json_problem(terms, facts)->rule == "ValidationException");
}
