#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"

using namespace gateway::policy;

namespace {

constexpr DocumentForm kBoth[] = {DocumentForm::Lenient, DocumentForm::Xml};

struct Read {
  std::unique_ptr<Document> document;
  std::vector<std::string> problems;  // "line:column: message"
  [[nodiscard]] const Element& root() const { return document->root; }
};

Read read(std::string text, DocumentForm form = DocumentForm::Lenient) {
  Read out;
  std::vector<Problem> problems;
  out.document = read_document(std::move(text), form, problems);
  for (const Problem& one : problems) {
    out.problems.push_back(std::to_string(one.at.line) + ":" + std::to_string(one.at.column) +
                           ": " + one.message);
  }
  REQUIRE((out.document == nullptr) == !out.problems.empty());
  return out;
}

std::string place(Position at) { return std::to_string(at.line) + ":" + std::to_string(at.column); }

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("An attribute's expression is read as it stands, its entities resolved") {
  // The attribute as written, and its value.
  const std::pair<std::string, std::string> table[] = {
      {R"~("@("a")")~", R"~(@("a"))~"},
      {R"~("@(x < 1 && y > 2)")~", "@(x < 1 && y > 2)"},
      {R"~("@(x &lt; 1 &amp;&amp; y &gt; 2)")~", "@(x < 1 && y > 2)"},
      {R"~("@(a["k"] == &quot;v&quot; && b)")~", R"~(@(a["k"] == "v" && b))~"},
      {R"~("@(&quot;)&quot; + &quot;(&quot;)")~", R"~(@(")" + "("))~"},
      {R"~("@(")" + "}" + "(")")~", R"~(@(")" + "}" + "("))~"},
      {R"~("@("\")\"")")~", R"~(@("\")\""))~"},
      {R"~("@(@"C:\" + @"a"")")")~", R"~(@(@"C:\" + @"a"")"))~"},
      {R"~("@($"{f("}")} {{ ) {x}")")~", R"~(@($"{f("}")} {{ ) {x}"))~"},
      {R"~("@($@"\{f($"{")"}")} "" )")")~", R"~(@($@"\{f($"{")"}")} "" )"))~"},
      {R"~("@(@$"a\{x}")")~", R"~(@(@$"a\{x}"))~"},
      {R"~("@(')' + '\'' + '"')")~", R"~(@(')' + '\'' + '"'))~"},
      {R"~("@(a /* ) " */ + b)")~", R"~(@(a /* ) " */ + b))~"},
      {"\"@{ var a = 1; // it's a \") }\n return a; }\"",
       "@{ var a = 1; // it's a \") }\n return a; }"},
      {"\"@{\n  if (x) { return \"}\"; }\n  return \"<b>\";\n}\"",
       "@{\n  if (x) { return \"}\"; }\n  return \"<b>\";\n}"},
      {"\"  @(\"a\")\n \"", "  @(\"a\")\n "},
      {R"~('@("it" + 'c')')~", R"~(@("it" + 'c'))~"},
      {R"~("@(s.Replace("&quot;", ""))")~", R"~(@(s.Replace("&quot;", "")))~"},
      {R"~("@(x &unknown; y)")~", "@(x &unknown; y)"},
      {R"~("@(ns + "&#x41;&#66;")")~", R"~(@(ns + "AB"))~"},
  };
  for (const auto& [written, value] : table) {
    CAPTURE(written);
    const auto found = read("<a v=" + written + " w=\"1\"><b/></a>");
    CHECK(found.problems == Lines{});
    if (!found.document) continue;
    REQUIRE(found.root().attributes.size() == 2);
    CHECK(found.root().attributes[0].value == value);
    CHECK(found.root().children.size() == 1);
  }
}

TEST_CASE("An element's text that is an expression is read as it stands") {
  const std::pair<std::string, std::string> table[] = {
      {R"~(@("<b>" + x))~", R"~(@("<b>" + x))~"},
      {"\n  @{\n    return \"</v>\" + (a < b ? \"&\" : \"&amp;\");\n  }\n",
       "\n  @{\n    return \"</v>\" + (a < b ? \"&\" : \"&\");\n  }\n"},
      {"<![CDATA[@(a < b && c)]]>", "@(a < b && c)"},
      {"<![CDATA[@(\"&lt;\")]]>", "@(\"&lt;\")"},
      {"<!-- a comment --> @(x < y)", " @(x < y)"},
      {"@(a &lt; b)", "@(a < b)"},
      {"plain &amp; simple &#8364; @(x)", "plain & simple \u20ac @(x)"},
      {"one<!-- two -->three<![CDATA[ & ]]>four", "onethree & four"},
      {"a < b and a <= c && d & e", "a < b and a <= c && d & e"},
      {"{% if a < 1 %}{{ body.b }}{% endif %}", "{% if a < 1 %}{{ body.b }}{% endif %}"},
      {"", ""},
      {"  ", "  "},
  };
  for (const auto& [written, text] : table) {
    CAPTURE(written);
    const auto found = read("<v>" + written + "</v>");
    CHECK(found.problems == Lines{});
    if (found.document) CHECK(found.root().text == text);
  }
}

TEST_CASE("The strict form is XML and nothing else") {
  const std::pair<std::string, Lines> table[] = {
      {R"~(<a v="@(x &lt; 1 &amp;&amp; y == &quot;z&quot;)"/>)~", {}},
      {"<?xml version=\"1.0\"?><!-- c --><a>t<?pi x?></a>\n", {}},
      {R"~(<a v='@("x")'/>)~", {}},
      {R"~(<a v="@("x")"/>)~",
       {"1:10: white space is expected before an attribute",
        "1:10: the attribute \"x\" has no value",
        "1:11: the name of an attribute, '>' or \"/>\" is expected in <a"}},
      {R"~(<a v="@(x < 1)"/>)~", {"1:11: a '<' in an attribute is written &lt;"}},
      {R"~(<a v="@(x && y)"/>)~",
       {"1:11: a '&' that starts no entity is written &amp;",
        "1:12: a '&' that starts no entity is written &amp;"}},
      {"<a>x &nbsp; ]]></a>",
       {"1:6: an unknown entity; amp, lt, gt, quot and apos are known",
        "1:13: \"]]>\" is only allowed at the end of a CDATA section"}},
      {"<a>1 < 2</a>", {"1:6: a '<' that starts no element is written &lt;"}},
      {"<a><!-- b -- c --></a>", {"1:4: a comment cannot have \"--\" inside"}},
      {" <?xml version=\"1.0\"?><a/>", {"1:2: an XML declaration is only allowed at the start"}},
  };
  for (const auto& [text, problems] : table) {
    CAPTURE(text);
    CHECK(read(text, DocumentForm::Xml).problems == problems);
  }
}

TEST_CASE("Everything that is wrong is told at once, with its place") {
  const std::string text =
      "<policies>\n"
      "  <inbound>\n"
      "    <set-header name=X exists-action=\"skip\" exists-action=\"skip\">\n"
      "      <value>a</valeu>\n"
      "    </set-header>\n"
      "  </inbond>\n"
      "  <outbound flag>\n"
      "    <b v=\"@(f(\" w=\"2\"/>\n"
      "    <c v=\"@(1) x\" w=\"2\"/>\n"
      "  </outbound>\n"
      "</policies>\n"
      "tail <more/>\n";
  CHECK(read(text).problems ==
        Lines{"3:22: the value of \"name\" has to stand in quotes",
              "3:45: the attribute \"exists-action\" is there twice",
              "4:15: </valeu> closes nothing that is open",
              "4:7: <value> is not closed before </set-header>",
              "6:3: </inbond> closes nothing that is open",
              "7:13: the attribute \"flag\" has no value",
              "8:11: the expression of \"v\" never ends",
              "9:11: after the expression of \"v\" its closing quote is expected",
              "2:3: <inbound> is not closed before </policies>",
              "12:1: text is only allowed inside of elements",
              "12:6: a document has one element at its top, this is another"});
}

TEST_CASE("What hostile documents are refused for") {
  std::string deep;
  for (int i = 0; i < 65; ++i) deep += "<a>";
  std::string crowded = "<a";
  for (int i = 0; i < 300; ++i) crowded += " a" + std::to_string(i) + "=''";
  const std::pair<std::string, std::string> table[] = {
      {"", "1:1: the document has no element"},
      {"<!-- only -->", "1:1: the document has no element"},
      {"<", "1:1: a '<' that starts no element is written &lt;"},
      {"<a", "1:1: the tag <a never ends"},
      {"<a b", "1:4: the attribute \"b\" has no value"},
      {"<a b='c>", "1:7: the value of \"b\" has no closing quote"},
      {"<a>", "1:1: <a> is never closed"},
      {"<a><!-- </a>", "1:4: the comment that starts here never ends"},
      {"<a><!--></a>", "1:4: the comment that starts here never ends"},
      {"<a><![CDATA[ </a>", "1:4: the CDATA section that starts here never ends"},
      {"<a><?pi </a>", "1:4: the processing instruction that starts here never ends"},
      {"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>",
       "1:1: a DOCTYPE or another declaration is not allowed"},
      {"<a>&#0;</a>", "1:4: a reference to a character that XML does not have"},
      {"<a b='&#xD800;'/>", "1:7: a reference to a character that XML does not have"},
      {"<a>&#99999999999;</a>", "1:4: a reference to a character that XML does not have"},
      {std::string("<a>\0</a>", 8),
       "1:4: a byte that is not UTF-8, or a control character that XML does not have"},
      {"<a>\n x\xff</a>",
       "2:3: a byte that is not UTF-8, or a control character that XML does not have"},
      {"<a>\xc3", "1:4: a byte that is not UTF-8, or a control character that XML does not have"},
      {"\xff\xfe<\0a\0",
       "1:1: a byte that is not UTF-8, or a control character that XML does not have"},
      {deep, "1:193: elements are nested more than 64 deep"},
      {crowded + "/>", "1:1942: an element has more than 256 attributes"},
      {std::string(8 * kMaxDocumentBytes + 1, ' '),
       "1:1: the document is larger than 4194304 bytes"},
  };
  for (const auto form : kBoth) {
    for (const auto& [text, first] : table) {
      CAPTURE(text.substr(0, 100), form == DocumentForm::Xml);
      const auto found = read(text, form);
      REQUIRE_FALSE(found.problems.empty());
      CHECK(found.problems[0] == first);
    }
  }
}

TEST_CASE("At most a hundred problems are told") {
  std::string text = "<a>";
  for (int i = 0; i < 1000; ++i) text += "</b>";
  CHECK(read(text).problems.size() == 100);
}

TEST_CASE("Expressions that lead nowhere cost a bounded time") {
  // Each of them looks unbalanced to the end of the document until its entities are left alone.
  std::string text = "<a>";
  while (text.size() < kMaxDocumentBytes - 100) text += "<b v='@(&quot;\"/*\")'/>";
  const auto found = read(text + "</a>");
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].find("too many expressions whose brackets do not match") !=
        std::string::npos);
}

TEST_CASE("A place in a resolved text is where its author wrote it") {
  const auto found = read("<a v=\"@(x\n &amp;&amp; yy)\">1&lt;<!-- c -->2\n34</a>");
  REQUIRE(found.document);
  const Document& document = *found.document;
  const auto value = document.root.attributes[0].value;
  REQUIRE(value == "@(x\n && yy)");
  CHECK(place(document.root.attributes[0].at) == "1:7");
  CHECK(place(document.position_of(value)) == "1:7");
  CHECK(place(document.position_of(value.substr(value.find("yy")))) == "2:13");
  CHECK(place(document.position_of(value.substr(value.find("&& ") + 1))) == "2:7");
  const auto text = document.root.text;
  REQUIRE(text == "1<2\n34");
  CHECK(place(document.root.text_at) == "2:18");
  CHECK(place(document.position_of(text.substr(2))) == "2:33");
  CHECK(place(document.position_of(text.substr(4))) == "3:1");
}

TEST_CASE("Elements, their order and what is between their tags") {
  const auto found = read(
      "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- head -->\n<p:a  x='1'\n y=\"'2'\" >\n <b/><!-- c -->"
      "<c>t</c >&amp; <b z=''/></p:a>\n<!-- tail -->");
  REQUIRE(found.document);
  const Element& root = found.root();
  CHECK(root.name == "p:a");
  CHECK(place(root.at) == "3:1");
  REQUIRE(root.attribute("y"));
  CHECK(root.attribute("y")->value == "'2'");
  CHECK(place(root.attribute("y")->at) == "4:5");
  CHECK(root.attribute("z") == nullptr);
  REQUIRE(root.children.size() == 3);
  CHECK(root.child("c")->text == "t");
  CHECK(root.children[2].attributes[0].value.empty());
  CHECK(root.inner == "\n <b/><!-- c --><c>t</c >&amp; <b z=''/>");
  CHECK(root.child("c")->inner == "t");
}
