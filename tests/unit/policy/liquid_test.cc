#include <catch2/catch.hpp>

#include <string>

#include "expression/library/json_tokens.h"
#include "policy/hub.h"
#include "policy/liquid/template.h"

using namespace gateway;
using namespace gateway::policy;

namespace {

// The result with `body`, JSON; "?…" the problems of the template; "!…" why rendering ended.
std::string rendered(const std::string& source, const std::string& body = "{}") {
  static const auto catalog = make_catalog();
  static const Environment environment = Environment::system();
  std::vector<liquid::Problem> problems;
  const liquid::Nodes nodes = liquid::parse(source, problems);
  std::string out;
  for (const auto& one : problems) out += "?" + std::to_string(one.offset) + " " + one.message;
  if (!out.empty()) return out;
  expression::Arena arena;
  expression::Evaluation eval(arena, *catalog, environment);
  eval.begin();
  try {
    liquid::Rendering rendering(eval);
    rendering.set("body", liquid::unwrapped(expression::Value::of(expression::parse_json_token(eval, body))));
    liquid::render_all(nodes, rendering);
    return std::string(rendering.out);
  } catch (const expression::BudgetExceeded& over) {
    return std::string("!") + over.what;
  } catch (const expression::Raised& raised) {
    return "!" + std::string(static_cast<const expression::ExceptionObject*>(raised.exception.object())->message);
  }
}

struct Row {
  const char *source, *body, *expected;
};
void check(std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(row.source);
    CHECK(rendered(row.source, row.body) == row.expected);
  }
}

}  // namespace

TEST_CASE("Liquid: tags") {
  check({
      {"a{{body.x}}b", R"({"x":1})", "a1b"},
      {"{{ 'a' }}{{ \"b\" }}{{ 1.50 }}{{ true }}{{ nil }}", "{}", "ab1.5true"},
      {"{{ body['a b'] }}{{ body.list[1] }}{{ body.list[-1] }}{{ body.list.first }}", R"({"a b":"x","list":[1,2,3]})", "x231"},
      {"{% assign x = body.n | plus: 2 %}{{ x }}", R"({"n":3})", "5"},
      {"{% capture c %}<{{ body.n }}>{% endcapture %}{{ c }}{{ c }}", R"({"n":3})", "<3><3>"},
      {"{% if body.n > 2 and body.n < 4 %}yes{% else %}no{% endif %}", R"({"n":3})", "yes"},
      {"{% if body.a == 'x' or body.n == 9 %}1{% elsif body.n != 3 %}2{% else %}3{% endif %}", R"({"n":3})", "3"},
      {"{% unless body.flag %}off{% endunless %}", R"({"flag":false})", "off"},
      {"{% if body.gone %}a{% endif %}{% if body.empty == empty %}b{% endif %}{% if body.s contains 'll' %}c{% endif %}", R"({"empty":"","s":"hello"})", "bc"},
      {"{% if body.l contains 2 %}in{% endif %}", R"({"l":[1,2]})", "in"},
      {"{% case body.k %}{% when 'a', 'b' %}ab{% when 3 or 4 %}num{% else %}none{% endcase %}", R"({"k":4})", "num"},
      {"{% for i in (1..3) %}{{ i }}{% endfor %}", "{}", "123"},
      {"{% for i in body.l reversed limit:2 offset:1 %}{{ i }}{% endfor %}", R"({"l":[1,2,3,4]})", "32"},
      {"{% for i in body.none %}x{% else %}nothing{% endfor %}", "{}", "nothing"},
      {"{% for i in body.l %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}", R"({"l":[1,2,3,4,5]})", "13"},
      {"{% for i in body.l %}{{ forloop.index }}/{{ forloop.length }}{{ forloop.first }}{{ forloop.rindex0 }} {% endfor %}", R"({"l":[7,8]})", "1/2true1 2/2false0 "},
      {"{% for p in body %}{{ p[0] }}={{ p[1] }};{% endfor %}", R"({"a":1,"b":"x"})", "a=1;b=x;"},
      {"{% comment %}{{ nope | none }}{% endcomment %}{% raw %}{{ x }}{% endraw %}", "{}", "{{ x }}"},
      {"a {%- if true -%} b {%- endif -%} c{{- ' d ' -}} e", "{}", "abc d e"},
      {"{% increment n %}{% increment n %}{% decrement m %}", "{}", "01-1"},
      {"{% for i in (1..3) %}{% cycle 'a', 'b' %}{% endfor %}", "{}", "aba"},
      {"{% JSONArrayFor i in body.l %}{{ i }}{% endJSONArrayFor %}", R"({"l":[1,2]})", "1,2"},
  });
}

TEST_CASE("Liquid: filters, in both spellings") {
  check({
      {"{{ 'aB' | upcase }}{{ 'aB' | Downcase }}{{ 'abc' | Capitalize }}", "{}", "ABabAbc"},
      {"{{ 5 | divided_by: 2 }} {{ 5.0 | DividedBy: 2 }} {{ 7 | Modulo: 3 }} {{ 2 | Times: 3.5 }} {{ '3' | Minus: 1 }}", "{}", "2 2.5 1 7 2"},
      {"{{ 4.6 | Round }} {{ 4.567 | Round: 2 }} {{ -3 | Abs }} {{ 1.2 | Ceil }} {{ 1.8 | Floor }}", "{}", "5 4.57 3 2 1"},
      {"{{ 3 | at_least: 5 }}{{ 3 | AtMost: 2 }}", "{}", "52"},
      {"{{ 'a-b-c' | Split: '-' | Join: '+' }} {{ 'a,b' | split: ',' | first }}{{ 'a,b' | split: ',' | last }}{{ 'ä,b' | split: '' | size }}", "{}", "a+b+c ab3"},
      {"{{ body.l | Map: 'n' | Join }} {{ body.l | Where: 'n', 2 | Size }} {{ body.l | Sum: 'n' }} {{ body.l | Sort: 'n' | Map: 'n' | Join: '' }}", R"({"l":[{"n":2},{"n":1}]})", "2 1 1 3 12"},
      {"{{ body.l | Uniq | Compact | Reverse | Join: '' }}{{ body.l | Concat: body.l | Size }}", R"({"l":[1,null,1,2]})", "218"},
      {"{{ 'a b' | Replace: ' ', '_' }}{{ 'aaa' | ReplaceFirst: 'a', 'b' }}{{ 'aba' | Remove: 'a' }}{{ 'aba' | RemoveFirst: 'a' }}", "{}", "a_bbaabba"},
      {"{{ 'b' | Append: 'c' | Prepend: 'a' }}{{ nil | Default: 'd' }}{{ '' | Default: 'e' }}{{ 'x' | Default: 'f' }}", "{}", "abcdex"},
      {"{{ '<a & \"b\">' | Escape }} {{ '&lt;&' | EscapeOnce }} {{ '<p>x</p>' | StripHtml }}", "{}", "&lt;a &amp; &quot;b&quot;&gt; &lt;&amp; x"},
      {"{{ '  a ' | Strip }}|{{ '  a ' | Lstrip }}|{{ '  a ' | Rstrip }}|", "{}", "a|a |  a|"},
      {"{{ 'abcdef' | Slice: 1, 3 }} {{ 'abc' | Slice: -2 }} {{ 'äöü' | Slice: 1 }} {{ body.l | Slice: 1, 2 | Join: '' }}", R"({"l":[1,2,3]})", "bcd b ö 23"},
      {"{{ 'a long text' | Truncate: 8 }} {{ 'one two three' | TruncateWords: 2 }}", "{}", "a lon... one two..."},
      {"{{ 'a b&c' | UrlEncode }} {{ 'a%20b' | UrlDecode }}", "{}", "a%20b%26c a b"},
      {"{{ '2024-05-01T10:20:30Z' | Date: 'dd.MM.yyyy HH:mm' }} {{ 'no date' | Date: 'yyyy' }}", "{}", "01.05.2024 10:20 no date"},
      {"{{ 'äb' | Size }}{{ body.l | Size }}", R"({"l":[1,2]})", "22"},
  });
}

TEST_CASE("Liquid: mistakes are told, all at once") {
  CHECK(rendered("{{ a | Upcas }}{% iff x %}") ==
        "?7 there is no filter \"Upcas\"; did you mean \"Upcase\"?"
        "?15 there is no tag \"iff\"; did you mean \"if\"?");
  CHECK(rendered("{% if a %}x").find("the tag \"endif\" is missing") != std::string::npos);
  CHECK(rendered("x{% endfor %}y").find("ends or divides nothing here") != std::string::npos);
  CHECK(rendered("{{ a").find("\"}}\" is missing") != std::string::npos);
  CHECK(rendered("{{ a | Replace }}").find("the filter Replace has 1 to 2 arguments") != std::string::npos);
  CHECK(rendered("{{ }}").find("a value is missing") != std::string::npos);
  CHECK(rendered("{{ a b }}").find("is not expected here") != std::string::npos);
  CHECK(rendered("{% for x of y %}{% endfor %}").find("a loop is: for name in list") != std::string::npos);
}

TEST_CASE("Liquid: hostile templates end") {
  CHECK(rendered("{% for i in (1..1000000000) %}{% endfor %}").starts_with("!"));
  CHECK(rendered("{% assign s = 'x' %}{% for i in (1..100) %}{% capture s %}{{ s }}{{ s }}{% endcapture %}{% endfor %}").starts_with("!"));
  CHECK(rendered("{% assign s = 'x' %}{% for i in (1..100) %}{% assign s = s | Append: s %}{% endfor %}").starts_with("!"));
  std::string deep, close;
  for (int i = 0; i < 10'000; ++i) {
    deep += "{% if true %}";
    close += "{% endif %}";
  }
  CHECK(rendered(deep + close).find("deep") != std::string::npos);
  CHECK(rendered("{{ " + std::string(10'000, '(')).starts_with("?"));
  CHECK(rendered("{{ a" + [] { std::string out; for (int i = 0; i < 10'000; ++i) out += "[a"; return out; }()).starts_with("?"));
  CHECK(rendered("{{ 5 | DividedBy: 0 }}") == "!Attempted to divide by zero.");
}
