#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "expression/library/json_tokens.h"
#include "expression/library/jwt.h"
#include "expression/program.h"
#include "policy/context.h"
#include "policy/support/scripted_host.h"

namespace gateway::policy {

// `number`: of the list of 60 patterns, by how often they occur.
struct Pattern {
  int number;
  std::string_view expression;
  std::string_view result;
};

inline constexpr Pattern kPatterns[] = {
    {1, R"(@((string)context.Variables["text"]))", "hello"},
    {2, R"(@("a-" + (string)context.Variables["text"]))", "a-hello"},
    {3, R"(@(((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("tenant", "none")))", "blue"},
    {4, R"(@("constant"))", "constant"},
    {5, R"(@(context.Request.Headers.GetValueOrDefault("X-One")))", "1"},
    {6, R"(@(context.Request.Headers.GetValueOrDefault("X-None", "fallback")))", "fallback"},
    {7,
     R"(@(Regex.IsMatch(context.Request.OriginalUrl.Path, @"^/ORDERS/\d+$", RegexOptions.IgnoreCase, TimeSpan.FromMilliseconds(100))))",
     "True"},
    {8, R"(@(((IResponse)context.Variables["answer"]).StatusCode == 201))", "True"},
    {9, R"(@(context.Variables.GetValueOrDefault<string>("text")))", "hello"},
    {10, R"(@(context.Variables.GetValueOrDefault("none", "fallback")))", "fallback"},
    {11,
     R"(@(((string)context.Request.Headers.GetValueOrDefault("X-Host", "")).Contains("zz") || ((string)context.Request.OriginalUrl.ToUri().Host).Contains("gateway")))",
     "True"},
    {12, R"(@(context.Request.MatchedParameters["id"]))", "42"},
    {13, R"(@(context.Subscription.Id))", "sub-1"},
    {14, R"(@("<" + context.Variables["text"] + ">"))", "<hello>"},
    {15, R"(@(context.Variables["text"] != null))", "True"},
    {16, R"(@(context.Response.StatusCode == 200))", "True"},
    {17, R"(@(context.Request.Method == "GET" && context.Api.Id == "orders"))", "True"},
    {18, R"(@(((string)context.Variables["text"]).Equals("hello")))", "True"},
    {19, R"(@($"{context.Api.Id}/{context.Variables["number"]:000}"))", "orders/007"},
    {20, R"(@(context.Api.Id))", "orders"},
    {21, R"(@(((IResponse)context.Variables["answer"]).Body.As<JObject>(true)["name"].ToString()))", "ada"},
    {22, R"(@(context.Request.IpAddress))", "192.0.2.1"},
    {23, R"(@(context.Request.Body.As<string>(preserveContent: true).Length))", "27"},
    {24, R"(@(Array.Exists("list,get,put".Split(','), x => x == context.Operation.Id)))", "True"},
    {25, R"(@(!context.Variables.ContainsKey("none")))", "True"},
    {26,
     R"(@(context.Request.Headers.GetValueOrDefault("X-Link").Replace(context.Request.OriginalUrl.Scheme + "://" + context.Request.OriginalUrl.Host + "/", "/")))",
     "/there"},
    {27, R"(@(((string)context.Variables["text"]).Contains("ell") ? "yes" : "no"))", "yes"},
    {28, R"(@((string)((JObject)context.Variables["object"])["name"]))", "ada"},
    {29,
     R"(@(((IResponse)context.Variables["answer"]).StatusCode == 200 || ((IResponse)context.Variables["answer"]).StatusCode == 201))",
     "True"},
    {30, R"(@(context.RequestId.ToString()))", "01234567-89ab-cdef-0123-456789abcdef"},
    {31, R"(@(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).ToString("yyyy-MM-ddTHH:mm:ssZ")))",
     "2026-01-02T03:04:05Z"},
    {31, R"(@(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).ToString("R")))", "Fri, 02 Jan 2026 03:04:05 GMT"},
    {31, R"(@(new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc).ToString("o")))", "2026-01-02T03:04:05.0000000Z"},
    {32, R"(@(((JArray)context.Variables["array"]).Count))", "2"},
    {33, R"(@(((JObject)((JArray)context.Variables["array"])[(Int32)1]).Value<string>("n")))", "two"},
    {34, R"(@(context.Request.Body.As<JObject>(preserveContent: true)["items"].Count()))", "3"},
    {35, R"(@((int)context.Variables["number"] + 1))", "8"},
    {36, R"(@(context.User.Id))", "user-1"},
    {37, R"(@(context.Request.OriginalUrl.Query.GetValueOrDefault("x", "0")))", "1"},
    {38, R"(@(((JObject)context.Variables["object"])["age"].ToString()))", "36"},
    {39, R"(@(!context.Request.Headers.ContainsKey("X-None")))", "True"},
    {40, R"(@(((string)context.Request.Method).Contains("GE")))", "True"},
    {41, R"(@(Guid.NewGuid().ToString().Length))", "36"},
    {42, R"(@{ return new JObject(new JProperty("a", 1), new JProperty("b", (string)context.Variables["text"])).ToString(); })",
     "{\n  \"a\": 1,\n  \"b\": \"hello\"\n}"},
    {43,
     R"(@{ var body = context.Request.Body.As<JObject>(preserveContent: true); body["added"] = "x"; return body.ToString(Newtonsoft.Json.Formatting.None); })",
     R"({"items":[1,2,3],"k":"v","added":"x"})"},
    {44, R"(@{ try { return JObject.Parse("{nonsense").ToString(); } catch { return "broken"; } })", "broken"},
    {45, R"(@{ var sum = 0; foreach (var x in (JArray)context.Request.Body.As<JObject>(true)["items"]) { sum += (int)x; } return sum; })",
     "6"},
    {46, R"(@(context.Request.Headers.GetValueOrDefault("Authorization", "").Split(' ').Last().Length > 20))", "True"},
    {47, R"(@(context.Request.Headers.GetValueOrDefault("Authorization", "").AsJwt()?.Claims["tenant"].FirstOrDefault()))",
     "blue"},
    {47, R"(@{ Jwt jwt; if ("nothing".TryParseJwt(out jwt)) { return jwt.Id; } return "none"; })", "none"},
    {48, R"(@(Convert.ToBase64String(Encoding.UTF8.GetBytes("user" + ":" + "secret"))))", "dXNlcjpzZWNyZXQ="},
    {49,
     R"(@{ using (var mac = new System.Security.Cryptography.HMACSHA256(System.Text.Encoding.UTF8.GetBytes("key"))) { return BitConverter.ToString(mac.ComputeHash(System.Text.Encoding.UTF8.GetBytes("The quick brown fox jumps over the lazy dog"))).Replace("-", "").ToLower(); } })",
     "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"},
    {50, R"(@(BitConverter.ToString(Encoding.UTF8.GetBytes("AZ")).Replace("-", "")))", "415A"},
    {51, R"(@(new DateTimeOffset(new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)).ToUnixTimeSeconds()))", "1767225600"},
    {52, R"(@{ var n = new Random(context.RequestId.GetHashCode()).Next(5, 10); return n >= 5 && n < 10; })", "True"},
    {53, R"(@(System.Net.WebUtility.UrlEncode("a b&c") + "|" + System.Net.WebUtility.UrlDecode("a+b%26c") + "|" + Uri.EscapeDataString("a b/c")))",
     "a+b%26c|a b&c|a%20b%2Fc"},
    {54, R"x(@(XElement.Parse("<r xmlns='urn:x'><a><b>deep</b></a></r>").Descendants(((XNamespace)"urn:x") + "b").First().Value))x",
     "deep"},
    {55, R"(@(string.Join(",", JArray.Parse("[{\"k\":\"a\"},{\"k\":\"b\"}]").Select(x => (string)x["k"]))))", "a,b"},
    {56, R"(@(string.Join(";", context.User.Groups.Select(g => g.Name))))", "Developers;Guests"},
    {56, R"(@(context.User.Groups.Any(g => g.Id == "guests")))", "True"},
    {57, R"(@(string.Format("{0}-{1:D4}-{2:F2}", "x", 42, 1.5)))", "x-0042-1.50"},
    {58, R"(@(((JObject)context.Variables["object"])["none"]?["deeper"]?.ToString() ?? "nothing"))", "nothing"},
    {59,
     R"(@{ var key = Encoding.UTF8.GetBytes("0123456789abcdef"); var iv = Encoding.UTF8.GetBytes("fedcba9876543210"); return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("text").Encrypt("Aes", key, iv).Decrypt("Aes", key, iv)); })",
     "text"},
    {60, R"(@(context.Deployment.Certificates.ContainsKey("none")))", "False"},
};

// A run in which all that the patterns ask for is there.
class PatternWorld {
 public:
  PatternWorld() {
    host_.environment = Environment::system();
    host_.api.id = host_.api.name = "orders";
    host_.operation.id = "get";
    user_.id = "user-1";
    user_.groups = {{"developers", "Developers"}, {"guests", "Guests"}};
    subscription_.id = "sub-1";
    subscription_.user = std::shared_ptr<const UserFacts>(&user_, [](const UserFacts*) {});
    describe();
  }

  // .NET's ToString() of the result; "!" and the message of what was raised; "?" and why it does not compile.
  std::string text_of(std::string_view source) {
    std::vector<expression::CompileError> errors;
    const auto program = compile(source, errors);
    if (!program) {
      std::string out = "?";
      for (const auto& error : errors) out += " " + error.message;
      return out;
    }
    return text_of(*program);
  }
  // The value alone; what was raised is null.
  expression::Value evaluate(const expression::Program& program) {
    Run& run = host_.run();
    try {
      return program.run(run.evaluation(), run.roots());
    } catch (const expression::Raised&) {
      return {};
    }
  }
  std::string text_of(const expression::Program& program) {
    Run& run = host_.run();
    try {
      return std::string(run.evaluation().to_text(program.run(run.evaluation(), run.roots())));
    } catch (const expression::Raised& raised) {
      return "!" + std::string(static_cast<const expression::ExceptionObject*>(raised.exception.object())->message);
    } catch (const expression::BudgetExceeded& budget) {
      return std::string("!") + budget.what;
    }
  }
  [[nodiscard]] std::unique_ptr<expression::Program> compile(std::string_view source,
                                                             std::vector<expression::CompileError>& errors) {
    const expression::Catalog& catalog = *ScriptedHost::shared_catalog();
    const expression::Scope scope{{{"context", catalog.find("IProxyRequestContext")}}};
    return expression::compile(source, catalog, scope, errors);
  }
  // Everything anew: what evaluations left in memory goes.
  void describe() {
    host_.describe("GET", "/orders/42?x=1",
                   {{"X-One", "1"},
                    {"X-Link", "https://gateway.example/there"},
                    {"Authorization",
                     "Bearer eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJibHVlIiwic3ViIjoiYWRhIn0."}},
                   R"({"items":[1,2,3],"k":"v"})"
                   "  ");
    Run& run = host_.run();
    run.facts.subscription = &subscription_;
    run.matched_parameters.emplace_back("id", "42");
    run.request.body.assign(R"({"items":[1,2,3],"k":"v"}  )");
    run.response_known = true;
    run.prepare();
    expression::Evaluation& eval = run.evaluation();
    run.set_variable("text", expression::Value::of(std::string_view("hello")));
    run.set_variable("number", expression::Value::of(std::int32_t{7}));
    run.set_variable("object", expression::Value::of(static_cast<expression::Object*>(
                                   expression::parse_json_token(eval, R"({"name":"ada","age":36})"))));
    run.set_variable("array", expression::Value::of(static_cast<expression::Object*>(
                                  expression::parse_json_token(eval, R"([{"n":"one"},{"n":"two"}])"))));
    run.set_variable("jwt", expression::Value::of(static_cast<expression::Object*>(expression::parse_jwt(
                                eval, "eyJhbGciOiJub25lIn0.eyJ0ZW5hbnQiOiJibHVlIiwic3ViIjoiYWRhIn0."))));
    ResponseObject* answer = make_response_object(eval);
    answer->message->status = 201;
    answer->message->body.assign(R"({"name":"ada"})");
    run.set_variable("answer", expression::Value::of(static_cast<expression::Object*>(answer)));
  }

 private:
  UserFacts user_;
  SubscriptionFacts subscription_;
  ScriptedHost host_;
};

}  // namespace gateway::policy
