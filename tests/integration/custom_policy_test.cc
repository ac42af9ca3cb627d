#include <catch2/catch.hpp>

#include <atomic>
#include <stdexcept>
#include <thread>

#include <gateway/policy_trial.h>

#include "support/canned_server.h"
#include "support/gateway_under_test.h"

using namespace gateway;
using namespace gateway::test;

namespace {

using Body = std::function<PolicyOutcome(PolicyContext&)>;

// A policy <name> that does `body`.
class Made final : public PolicyFactory {
 public:
  Made(std::string name, Body body) : name_(std::move(name)), body_(std::move(body)) {}
  std::string_view name() const override { return name_; }
  std::unique_ptr<const CustomPolicy> create(PolicyElement&) override {
    struct Policy final : CustomPolicy {
      Body body;
      PolicyOutcome run(PolicyContext& context) const override { return body(context); }
    };
    auto out = std::make_unique<Policy>();
    out->body = body_;
    return out;
  }

 private:
  std::string name_;
  Body body_;
};
std::shared_ptr<PolicyFactory> made(std::string name, Body body) { return std::make_shared<Made>(std::move(name), std::move(body)); }

// Has an operand, a child and a text; the rest is a mistake.
class Strict final : public PolicyFactory {
 public:
  std::string_view name() const override { return "strict"; }
  Places places() const override { return {true, false, true, false}; }
  std::unique_ptr<const CustomPolicy> create(PolicyElement& element) override {
    struct Policy final : CustomPolicy {
      PolicyOperand value, count;
      PolicyOutcome run(PolicyContext& context) const override {
        const auto text = context.text(value);
        const auto number = context.integer(count);
        if (!text || !number) return PolicyOutcome::Fail;
        context.set_variable("told", *text + "/" + std::to_string(*number));
        (void)context.set_header("X-Told", context.variable("told").value_or("nothing"));
        if (const auto body = context.body()) context.set_body("<" + std::string(*body) + ">");
        return PolicyOutcome::Next;
      }
    };
    auto out = std::make_unique<Policy>();
    out->value = element.operand("value", true);
    const auto children = element.children("count");
    if (children.size() != 1) {
      element.problem("needs one <count>");
      return nullptr;
    }
    out->count = children[0]->text();
    element.reads_body();
    return out;
  }
};

SourceSnapshot with_policy(std::uint16_t port, const std::string& document) {
  SourceSnapshot routes;
  routes.set(backend_at("one", {port}));
  Api api = api_for("all", "", "/", "");
  ApiRevision revision;
  revision.id = revision.name = "all";
  revision.backend = "one";
  revision.policy = document;
  revision.operations = {{"post", "POST", "/{*rest}", "", "", ""}};
  api.revisions = {revision};
  routes.set(api);
  return routes;
}
std::string inbound(const std::string& text) {
  return "<policies><inbound>" + text +
         "</inbound><on-error><set-header name=\"X-Why\"><value>@(context.LastError.Source + \"|\" + "
         "context.LastError.Reason + \"|\" + context.LastError.Message)</value></set-header></on-error></policies>";
}
constexpr std::string_view kPost = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi";
const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace

TEST_CASE("A policy of an embedder's own has operands, children, variables and the body") {
  CannedServer backend;
  backend.start({kOk});
  GatewayUnderTest gateway(with_policy(backend.port(), inbound(R"xml(<strict value="@(context.Request.Method)"><count>@(1 + 2)</count></strict>)xml")),
                           test_options(), {std::make_shared<Strict>()});
  auto client = gateway.connect();
  client.send(kPost);
  CHECK(client.read_response().status() == 200);
  const Message seen = backend.requests().at(0);
  CHECK(seen.field("X-Told") == "POST/3");
  CHECK(seen.body == "<hi>");
}

TEST_CASE("What an expression raises in a policy of one's own is its failure") {
  CannedServer backend;
  backend.start({kOk});
  GatewayUnderTest gateway(with_policy(backend.port(), inbound(R"xml(<strict value="@(((string)null).Trim())"><count>1</count></strict>)xml")),
                           test_options(), {std::make_shared<Strict>()});
  auto client = gateway.connect();
  client.send(kPost);
  const Message response = client.read_response();
  CHECK(response.status() == 500);
  CHECK(response.field("X-Why").starts_with("strict|ExpressionValueEvaluationFailure|"));
}

TEST_CASE("A policy answers, fails, or throws, and never takes the worker with it") {
  CannedServer backend;
  backend.start({kOk});
  struct Row {
    Body body;
    int status;
    const char* why;
  };
  const Row rows[] = {
      {[](PolicyContext& context) { return context.respond(418, {{"X-A", "b"}}, "tea"); }, 418, ""},
      {[](PolicyContext& context) { return context.fail(402, "Unpaid", "pay first"); }, 402, "own|Unpaid|pay first"},
      {[](PolicyContext&) -> PolicyOutcome { throw std::runtime_error("it broke"); }, 500, "own|PolicyFailed|it broke"},
      {[](PolicyContext&) -> PolicyOutcome { throw 7; }, 500, "own|PolicyFailed|The policy threw something that is no exception."},
      {[](PolicyContext&) { return PolicyOutcome::Fail; }, 500, "own|PolicyFailed|The policy failed without saying why."},
      {[](PolicyContext&) { return PolicyOutcome::Suspend; }, 500, "own|PolicyFailed|The policy failed without saying why."},
      {[](PolicyContext& context) { (void)context.suspend(); return PolicyOutcome::Suspend; }, 500,
       "own|PolicyAbandoned|The policy was suspended and never resumed."},
      {[](PolicyContext& context) { return context.set_header("Bad name", "x") || context.set_header("A", "b\r\nc") ? PolicyOutcome::Fail : PolicyOutcome::Next; }, 200, ""},
      {[](PolicyContext& context) { return context.respond(99, {}, ""); }, 500, "own|InvalidStatusCode|A response's status is from 200 to 999."},
  };
  for (const Row& row : rows) {
    GatewayUnderTest gateway(with_policy(backend.port(), inbound("<own />")), test_options(), {made("own", row.body)});
    auto client = gateway.connect();
    client.send(kPost);
    const Message response = client.read_response();
    CHECK(response.status() == row.status);
    CHECK(response.field("X-Why") == row.why);
  }
}

TEST_CASE("A suspended policy goes on from another thread, once, and may suspend again") {
  CannedServer backend;
  backend.start({kOk});
  std::vector<std::thread> threads;
  const auto later = [&](std::shared_ptr<PolicyResumption> resumption, Body then) {
    threads.emplace_back([resumption, then] {
      resumption->resume(then);
      resumption->resume([](PolicyContext& context) { return context.fail(500, "Twice", ""); });
    });
  };
  GatewayUnderTest gateway(
      with_policy(backend.port(), inbound("<own />")), test_options(), {made("own", [&](PolicyContext& context) {
        later(context.suspend(), [&](PolicyContext& second) {
          (void)second.set_header("X-First", "1");
          later(second.suspend(), [](PolicyContext& third) {
            (void)third.set_header("X-Second", "2");
            return PolicyOutcome::Next;
          });
          return PolicyOutcome::Suspend;
        });
        return PolicyOutcome::Suspend;
      })});
  for (int i = 0; i < 20; ++i) {
    auto client = gateway.connect();
    client.send(kPost);
    CHECK(client.read_response().status() == 200);
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(backend.requests().size() == 20);
  CHECK(backend.requests().back().field("X-First") == "1");
  CHECK(backend.requests().back().field("X-Second") == "2");
}

TEST_CASE("A client that goes away cancels what its policy waits for") {
  CannedServer backend;
  backend.start({kOk});
  std::shared_ptr<PolicyResumption> held;
  std::atomic<bool> suspended{false}, ran{false};
  {
    GatewayUnderTest gateway(with_policy(backend.port(), inbound("<own />")), test_options(), {made("own", [&](PolicyContext& context) {
                               held = context.suspend();
                               suspended = true;
                               return PolicyOutcome::Suspend;
                             })});
    auto client = gateway.connect();
    client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    REQUIRE(eventually([&] { return suspended.load(); }));
    CHECK_FALSE(held->cancelled());
    client.reset();
    CHECK(eventually([&] { return held->cancelled(); }));
  }
  held->resume([&](PolicyContext&) {  // after the gateway itself
    ran = true;
    return PolicyOutcome::Next;
  });
  held.reset();
  CHECK_FALSE(ran);
}

TEST_CASE("Mistakes in the element are problems of the document, which is then not served") {
  PolicyTrial trial;
  trial.policies = {std::make_shared<Strict>(), made("own", [](PolicyContext&) { return PolicyOutcome::Next; })};
  trial.document = "<policies><inbound>\n<strict valu=\"1\"/>\n<own x=\"1\"><y/></own></inbound><backend><own /></backend></policies>";
  std::string all;
  for (const Error& one : compile_policy(trial).problems) all += one.where + ": " + one.message + "\n";
  CHECK(all.find("<strict> lacks the attribute \"value\"") != std::string::npos);
  CHECK(all.find("line 2, column 1: needs one <count>") != std::string::npos);
  CHECK(all.find("<y>") != std::string::npos);
  CHECK(all.find("\"x\"") != std::string::npos);
  CHECK(all.find("<own>") != std::string::npos);
}

TEST_CASE("Names of policies are checked, and are each gateway's own") {
  auto gateway = Gateway::create(test_options());
  REQUIRE(gateway);
  const auto nothing = [](PolicyContext&) { return PolicyOutcome::Next; };
  CHECK((*gateway)->add_policy(made("own", nothing)));
  CHECK((*gateway)->add_policy(made("own", nothing)).error().code == ErrorCode::AlreadyExists);
  CHECK((*gateway)->add_policy(made("set-header", nothing)).error().code == ErrorCode::AlreadyExists);
  CHECK((*gateway)->add_policy(made("base", nothing)).error().code == ErrorCode::AlreadyExists);
  CHECK((*gateway)->add_policy(made("Own", nothing)).error().code == ErrorCode::InvalidArgument);
  CHECK((*gateway)->add_policy(nullptr).error().code == ErrorCode::InvalidArgument);

  CannedServer backend;
  backend.start({kOk});
  for (const char* said : {"one", "two"}) {
    GatewayUnderTest each(with_policy(backend.port(), inbound("<own />")), test_options(), {made("own", [said](PolicyContext& context) {
                            return context.respond(200, {}, said);
                          })});
    auto client = each.connect();
    client.send(kPost);
    CHECK(client.read_response().body == said);
  }
}
