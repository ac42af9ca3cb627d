#include <catch2/catch.hpp>

#include <string>

#include "expression/program.h"

namespace gateway::expression {
namespace {

// Every error: "offset message", one a line.
std::string errors_of(std::string_view source) {
  static const std::shared_ptr<Catalog> catalog = Catalog::standard();
  std::vector<CompileError> errors;
  const auto program = compile(source, *catalog, Scope{}, errors);
  std::string out;
  for (const auto& error : errors) out += (out.empty() ? "" : "\n") + std::to_string(error.offset) + " " + error.message;
  if (!program && errors.empty()) return "no program and no error";
  return out;
}

TEST_CASE("What does not compile is told, with its place and the nearest name") {
  const struct {
    const char* source;
    const char* expected;
  } table[] = {
      {"@(1 + )", "6 an expression expected before the end"},
      {"@(a)", "2 unknown name 'a'"},
      {"@(strng.Empty)", "2 unknown name 'strng'; did you mean 'string'?"},
      {"@(\"a\".Lenght)", "6 'string' has no member 'Lenght'; did you mean 'Length'?"},
      {"@(string.Joi(\",\"))", "9 'string' has no static member 'Joi'; did you mean 'Join'?"},
      {"@(new Lst<int>())", "6 unknown type 'Lst'; did you mean 'List'?"},
      {"@(1 + true)", "4 '+' has no meaning for 'int' and 'bool'"},
      {"@(!1)", "2 '!' has no meaning for 'int'"},
      {"@{ int x = \"a\"; return x; }", "11 cannot convert 'string' to 'int'"},
      {"@{ int x = 1.5; return x; }", "11 cannot convert 'double' to 'int'; a cast is missing: (int)"},
      {"@{ if (1) { return 1; } return 2; }", "7 cannot convert 'int' to 'bool'"},
      {"@{ var x = 1; }", "14 not every path returns a value"},
      {"@{ if (true == false) { return 1; } }", "36 not every path returns a value"},
      {"@{ return a + b; }", "10 unknown name 'a'\n14 unknown name 'b'"},
      {"@{ var x = nope; var y = x.Foo; return y.Bar + other; }", "11 unknown name 'nope'\n47 unknown name 'other'"},
      {"@{ int x = 1; int x = 2; return x; }", "18 'x' is declared already"},
      {"@{ object o = \"a\"; return o.Length; }", "28 'object' has no member 'Length'"},
      {"@(\"a\".Substring(\"b\"))", "6 no overload of 'Substring' takes (string)"},
      {"@(new[] { 1 }.Select(x => x.Foo))", "28 'int' has no member 'Foo'"},
      {"@(null.Foo)", "7 null has no members"},
      {"@(string)", "2 'string' is a type, not a value"},
      {"@(System.Text)", "9 'System.Text' is a namespace, not a value"},
      {"@(\"a\".Trim)", "6 'Trim' is a method: call it with ()"},
      {"@(x => x)", "2 a lambda needs a delegate type here"},
      {"@{ 1 + 1; return 1; }", "3 only a call, an assignment or new can stand as a statement"},
      {"@{ break; return 1; }", "3 there is no loop or switch to break"},
      {"@{ const int x = 1; x = 2; return x; }", "20 'x' cannot be assigned to"},
      {"@((string)5)", "2 cannot convert 'int' to 'string'"},
      {"@(\"a\" is int)", "6 'string' is never 'int'"},
      {"@{ goto x; }", "3 'goto' is not supported"},
      {"@{ try { return 1; } }", "21 'catch' or 'finally' expected"},
      {"@{ switch (1) { case 1: var x = 1; } return 1; }", "16 a case must end with break, return, throw or continue"},
      {"@(1 / 0)", "4 division by zero"},
      {"@(true ? 1 : \"a\")", "7 the branches of ?: have no common type: 'int' and 'string'"},
      {"@(new { a = null })", "8 'a' needs a value of a type"},
      {"abc", "0 an expression is @(…) or @{…}"},
      {"@(1", "0 an expression does not end"},
      {"@(1 2)", "4 unexpected '2'"},
      {"@(\"abc)", "2 a string does not end"},
      {"@{ var x = null; return x; }", "7 'var' needs a value of a type, not null"},
      {"@(int.Parse(nope: \"1\"))", ""},
  };
  for (const auto& it : table) {
    CAPTURE(it.source);
    if (std::string_view(it.expected).empty()) CHECK_FALSE(errors_of(it.source).empty());
    else CHECK(errors_of(it.source) == it.expected);
  }
}

TEST_CASE("Constants are known when they are compiled") {
  const auto catalog = Catalog::standard();
  std::vector<CompileError> errors;
  const auto constant = [&](std::string_view source) {
    const auto program = compile(source, *catalog, Scope{}, errors);
    REQUIRE(program);
    return program->constant() ? std::string(program->constant()->text()) : "no constant";
  };
  CHECK(constant("@(\"a\")") == "a");
  CHECK(constant("@(\"a\" + \"b\" + 1)") == "ab1");
  CHECK(constant("@(@\"a\\b\")") == "a\\b");
  CHECK(constant("@($\"x\")") == "x");
  CHECK(constant("@(\"a\".Trim())") == "no constant");
  CHECK(constant("@(1)") == "no constant");
}

TEST_CASE("A program says which members it uses") {
  const auto catalog = Catalog::standard();
  catalog->declare("IRequest").member("string Body { get; }", [](Call&) { return Value::of(std::string_view("b")); });
  catalog->declare("IContext").member("IRequest Request { get; }", [](Call& call) {
    return Value::of(call.eval.arena().make<Object>(call.eval.catalog().find("IRequest")));
  });
  catalog->finish();
  const Scope scope{{{"context", catalog->find("IContext")}}};
  std::vector<CompileError> errors;
  const auto uses = [&](std::string_view source) {
    const auto program = compile(source, *catalog, scope, errors);
    REQUIRE(program);
    return program->uses("IRequest", "Body");
  };
  CHECK(uses("@(context.Request.Body)"));
  CHECK(uses("@{ var r = context.Request; return new[] { 1 }.Select(x => r.Body + x).First(); }"));
  CHECK(uses("@{ dynamic r = context.Request; return r.Body; }"));
  CHECK_FALSE(uses("@(context.Request.ToString())"));
}

}  // namespace
}  // namespace gateway::expression
