#include <catch2/catch.hpp>

#include <string>

#include "expression/library_result.h"

using gateway::expression::result;

TEST_CASE("XML: read and written as XNode.ToString() does") {
  CHECK_CASES({
      {R"(XElement.Parse("<a><b>1</b><c/></a>").ToString())", "<a>\n  <b>1</b>\n  <c />\n</a>"},
      {R"(XElement.Parse("<a><b>1</b><c/></a>").ToString(SaveOptions.DisableFormatting))", "<a><b>1</b><c /></a>"},
      {R"(XElement.Parse("<a></a>").ToString())", "<a></a>"},
      {R"(XElement.Parse("<a>\n  <b/>\n</a>").ToString())", "<a>\n  <b />\n</a>"},
      {R"(XElement.Parse("<a>x<b><c/></b>y</a>").ToString())", "<a>x<b><c /></b>y</a>"},
      {R"(XElement.Parse("<a x='1' y='&quot;&amp;&lt;'>&gt;&amp;&#65;</a>").ToString())",
       "<a x=\"1\" y=\"&quot;&amp;&lt;\">&gt;&amp;A</a>"},
      {R"(XElement.Parse("<a><![CDATA[<x>]]></a>").ToString())", "<a><![CDATA[<x>]]></a>"},
      {R"(XElement.Parse("<a><!--c--><?t d?></a>").ToString())", "<a>\n  <!--c-->\n  <?t d?>\n</a>"},
      {R"(XElement.Parse("<p:a xmlns:p='urn:x'><p:b/></p:a>").ToString(SaveOptions.DisableFormatting))",
       "<p:a xmlns:p=\"urn:x\"><p:b /></p:a>"},
      {R"(XElement.Parse("<p:a xmlns:p='urn:x'><p:b/></p:a>").Elements().First().ToString())", "<p:b xmlns:p=\"urn:x\" />"},
      {R"(XElement.Parse("<a xmlns='urn:x'><b/></a>").Elements().First().ToString())", "<b xmlns=\"urn:x\" />"},
      {R"(XDocument.Parse("<?xml version='1.0' encoding='utf-8'?><a><b/></a>").ToString())", "<a>\n  <b />\n</a>"},
      {R"(XDocument.Parse("<?xml version='1.0' encoding='utf-8'?><a/>").Declaration.ToString())",
       "<?xml version=\"1.0\" encoding=\"utf-8\"?>"},
      {R"(XElement.Parse("<a> </a>").Value.Length)", "0"},
      {R"(XElement.Parse("<a> </a>", LoadOptions.PreserveWhitespace).Value.Length)", "1"},
  });
}

TEST_CASE("XML: found by name") {
  CHECK_CASES({
      {R"(XElement.Parse("<a><b>1</b><c><b>2</b></c></a>").Descendants("b").Last().Value)", "2"},
      {R"(XElement.Parse("<a><b>1</b><c><b>2</b></c></a>").Elements("b").Count())", "1"},
      {R"(XElement.Parse("<a><b>1</b></a>").Element("b").Value)", "1"},
      {R"(XElement.Parse("<a><b>1</b></a>").Element("x") == null)", "True"},
      {R"({ XNamespace ns = "urn:x"; return XElement.Parse("<s:a xmlns:s='urn:x'><s:b>v</s:b></s:a>").Descendants(ns + "b").First().Value; })",
       "v"},
      {R"(XElement.Parse("<a><x:b xmlns:x='urn:x'>v</x:b></a>").Descendants().First(e => e.Name.LocalName == "b").Value)", "v"},
      {R"(XElement.Parse("<a><b/></a>").Elements().First().Name == "b")", "True"},
      {R"(XElement.Parse("<a i='7'/>").Attribute("i").Value)", "7"},
      {R"((int)XElement.Parse("<a i='7'/>").Attribute("i") + 1)", "8"},
      {R"((string)XElement.Parse("<a/>").Element("none"))", "null"},
      {R"((bool)XElement.Parse("<a>true</a>"))", "True"},
      {R"(XElement.Parse("<a><b><c/></b></a>").Descendants("c").First().Ancestors().Count())", "2"},
      {R"(XElement.Parse("<a><b><c/></b></a>").Descendants("c").First().Parent.Name)", "b"},
      {R"(XElement.Parse("<a>x<b>y</b>z</a>").Value)", "xyz"},
      {R"(XElement.Parse("<a><b><c>1</c></b><b><c>2</c></b></a>").Elements("b").Elements("c").Count())", "2"},
      {R"(XDocument.Parse("<a><b/></a>").Root.Name.LocalName)", "a"},
      {R"(XDocument.Parse("<a><b/></a>").Descendants().Count())", "2"},
  });
}

TEST_CASE("XML: made and changed") {
  CHECK_CASES({
      {R"(new XElement("a", new XAttribute("x", 1), new XElement("b", "t"), null, true).ToString(SaveOptions.DisableFormatting))",
       "<a x=\"1\"><b>t</b>true</a>"},
      {R"(new XElement("a", new[] { "1", "2" }.Select(x => new XElement("i", x))).ToString(SaveOptions.DisableFormatting))",
       "<a><i>1</i><i>2</i></a>"},
      {R"({ XNamespace ns = "urn:x"; return new XElement(ns + "a", new XAttribute("k", "v"), new XElement(ns + "b"), new XElement("c")).ToString(SaveOptions.DisableFormatting); })",
       "<a k=\"v\" xmlns=\"urn:x\"><b /><c xmlns=\"\" /></a>"},
      {R"({ XNamespace ns = "urn:x"; return new XElement(ns + "a", new XAttribute(XNamespace.Xmlns + "p", "urn:x"), new XAttribute(ns + "k", "v")).ToString(); })",
       "<p:a xmlns:p=\"urn:x\" p:k=\"v\" />"},
      {R"({ var a = XElement.Parse("<a><b/><c/></a>"); a.Element("b").Remove(); a.Add(new XElement("d")); a.AddFirst("t"); return a.ToString(SaveOptions.DisableFormatting); })",
       "<a>t<c /><d /></a>"},
      {R"({ var a = XElement.Parse("<a><b>1</b></a>"); a.Element("b").Value = "<2>"; a.SetAttributeValue("x", "y"); return a.ToString(SaveOptions.DisableFormatting); })",
       "<a x=\"y\"><b>&lt;2&gt;</b></a>"},
      {R"({ var a = XElement.Parse("<a x='1'><b>1</b></a>"); a.SetAttributeValue("x", null); a.SetElementValue("b", 2); a.SetElementValue("c", 3); return a.ToString(SaveOptions.DisableFormatting); })",
       "<a><b>2</b><c>3</c></a>"},
      {R"({ var a = XElement.Parse("<a><b/><c/></a>"); a.Element("b").ReplaceWith(new XElement("x"), "t"); return a.ToString(SaveOptions.DisableFormatting); })",
       "<a><x />t<c /></a>"},
      {R"({ var a = XElement.Parse("<a><b/><c/><b/></a>"); a.Elements("b").Remove(); return a.ToString(SaveOptions.DisableFormatting); })",
       "<a><c /></a>"},
      {R"({ var a = XElement.Parse("<a><b/></a>"); a.Add(a.Element("b")); a.Element("b").Value = "1"; return a.ToString(SaveOptions.DisableFormatting); })",
       "<a><b>1</b><b /></a>"},
      {R"({ var a = XElement.Parse("<a/>"); a.Add(a); return a.ToString(SaveOptions.DisableFormatting); })", "<a><a /></a>"},
      {R"(new XDocument(new XElement("r", new XCData("x]]>y"))).ToString(SaveOptions.DisableFormatting))",
       "<r><![CDATA[x]]]]><![CDATA[>y]]></r>"},
  });
}

TEST_CASE("XML: hostile documents are refused") {
  for (const char* text :
       {"", "<a>", "<a></b>", "<a b=1/>", "<a/><b/>", "<a>&undefined;</a>", "<p:a/>", "<a>\x01</a>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", "<!DOCTYPE a><a/>"}) {
    INFO(text);
    CHECK(result("XElement.Parse(@\"" + std::string(text) + "\")").substr(0, 14) == "!XmlException:");
  }
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "<a>";
  CHECK(result("XElement.Parse(\"" + deep + "\")").substr(0, 14) == "!XmlException:");
  CHECK(result(R"({ var a = new XElement("a"); for (int i = 0; i < 5000; i++) { a = new XElement("a", a); } return a.ToString(); })")
            .substr(0, 14) == "!XmlException:");
  CHECK(result(R"(XElement.Parse("<a>\n<b></a>"))").find("Line 2") != std::string::npos);
}
