#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/named_values.h"
#include "policy/reading.h"

using namespace gateway::policy;

namespace {

using Lines = std::vector<std::string>;
using Values = std::map<std::string, std::string, std::less<>>;

NamedValueLookup lookup(const Values& values) {
  return [&values](std::string_view name) -> const std::string* {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : &found->second;
  };
}

Lines lines(const std::vector<Problem>& problems) {
  Lines out;
  for (const Problem& one : problems) {
    out.push_back(std::to_string(one.at.line) + ":" + std::to_string(one.at.column) + ": " +
                  one.message);
  }
  return out;
}

}  // namespace

TEST_CASE("A named value is put where its name stands, as text") {
  const Values values{{"host", "example.test"},    {"Key-1.a_b", "s3cret"},
                      {"markup", "<a b=\"c\">&'"}, {"outer", "{{host}}"},
                      {"now", "@(DateTime.Now)"},  {"empty", ""}};
  const std::pair<std::string, std::string> table[] = {
      {"<a v=\"{{host}}\"/>", "<a v=\"example.test\"/>"},
      {"<a v=\"https://{{host}}/{{Key-1.a_b}}\"/>", "<a v=\"https://example.test/s3cret\"/>"},
      {"<a>{{ host }}</a>", "<a>example.test</a>"},
      {"<a>@(f(\"{{host}}\"))</a>", "<a>@(f(\"example.test\"))</a>"},
      {"<a>{{markup}}</a>", "<a>&lt;a b=&quot;c&quot;&gt;&amp;&apos;</a>"},
      {"<a><![CDATA[{{markup}}]]>{{markup}}</a>",
       "<a><![CDATA[<a b=\"c\">&']]>&lt;a b=&quot;c&quot;&gt;&amp;&apos;</a>"},
      {"<a>{{outer}}</a>", "<a>{{host}}</a>"},
      {"<a v=\"{{now}}\"/>", "<a v=\"@(DateTime.Now)\"/>"},
      {"<a v=\"{{empty}}\"/>", "<a v=\"\"/>"},
      {"<a><!-- {{nobody}} --></a>", "<a><!-- {{nobody}} --></a>"},
      {"<a>{{not a name}} {{}} {{{host}} {host}} $\"{{\\\"x\\\"}}\"</a>",
       "<a>{{not a name}} {{}} {example.test {host}} $\"{{\\\"x\\\"}}\"</a>"},
      {"<set-body template=\"liquid\">{{body.x}} {{host}} {{ nobody }}</set-body>",
       "<set-body template=\"liquid\">{{body.x}} example.test {{ nobody }}</set-body>"},
      {"<set-body\n xsi-nil='a>b' template = 'Liquid'><x>{{a}}</x></set-body>",
       "<set-body\n xsi-nil='a>b' template = 'Liquid'><x>{{a}}</x></set-body>"},
  };
  for (const auto& [text, expected] : table) {
    CAPTURE(text);
    std::vector<Problem> problems;
    CHECK(put_named_values(text, lookup(values), problems).text == expected);
    CHECK(lines(problems) == Lines{});
  }
}

TEST_CASE("A name that is not known is a problem outside of Liquid") {
  std::vector<Problem> problems;
  (void)put_named_values(
      "<a>\n <b v=\"{{one}}\">{{two}}</b>\n<set-body>{{three}}</set-body>\n"
      "<set-body template=\"liquid\">{{four}}</set-body>{{five}}"
      "<set-body template=\"liquid\"/>{{six}}</a>",
      lookup({}), problems);
  CHECK(lines(problems) ==
        Lines{"2:8: there is no named value \"one\"", "2:17: there is no named value \"two\"",
              "3:11: there is no named value \"three\"", "4:48: there is no named value \"five\"",
              "4:85: there is no named value \"six\""});
}

TEST_CASE("Problems are placed in the text that the author wrote, and tell no value") {
  const Values values{
      {"long", std::string(100, 'x') + "\n<b>"}, {"pin", "77"}, {"word", "topsecretword"}};
  std::vector<Problem> problems;
  const auto reading =
      Reading::read("<a u=\"{{long}}\" v=1 u=\"2\">\n  {{long}} {{pin}} <{{word}}>\n</b></a>",
                    DocumentForm::Lenient, lookup(values), problems);
  CHECK(reading == nullptr);
  CHECK(lines(problems) == Lines{"1:19: the value of \"v\" has to stand in quotes",
                                 "1:21: the attribute \"u\" is there twice",
                                 "3:1: </b> closes nothing that is open",
                                 "2:20: <{{word}}> is not closed before </a>"});
}

TEST_CASE("What messages quote of a value is taken out of them") {
  const std::string word = "topsecretword", pin = "77", key = "ab-longer0123456789";
  const std::vector<Substituted::Put> puts{
      {0, 0, 0, 0, "word", &word}, {0, 0, 0, 0, "pin", &pin}, {0, 0, 0, 0, "key", &key}};
  const Redaction redaction(puts);
  const std::pair<std::string, std::string> table[] = {
      {"not \"topsecretword\"", "not \"{{word}}\""},
      {"cut: secretwo\u2026 and cret", "cut: {{word}}\u2026 and cret"},
      {"a number, not '77' of 77", "a number, not '{{pin}}' of 77"},
      {"no name \"ab\" here", "no name \"{{key}}\" here"},
      {"longer0123456789", "{{key}}"},
      {"nothing to hide, \"quoted", "nothing to hide, \"quoted"},
      {"", ""},
  };
  for (const auto& [message, expected] : table) CHECK(redaction.apply(message) == expected);
}

TEST_CASE("Values cannot make a document without bound") {
  const Values values{{"v", std::string(4096, 'v')}};
  std::string text = "<a>";
  for (int i = 0; i < 2000; ++i) text += "{{v}}";
  std::vector<Problem> problems;
  CHECK(Reading::read(text + "</a>", DocumentForm::Lenient, lookup(values), problems) == nullptr);
  REQUIRE_FALSE(problems.empty());
  CHECK(problems[0].message == "the document is too large with its named values");
}
