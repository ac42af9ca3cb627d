#include <catch2/catch.hpp>

#include "expression/library_result.h"

TEST_CASE("Encoding: bytes and back") {
  CHECK_CASES({
      {R"(BitConverter.ToString(Encoding.UTF8.GetBytes("aé€")))", "61-C3-A9-E2-82-AC"},
      {R"(BitConverter.ToString(System.Text.Encoding.ASCII.GetBytes("aé")))", "61-3F"},
      {R"(BitConverter.ToString(Encoding.Unicode.GetBytes("a€")))", "61-00-AC-20"},
      {R"(BitConverter.ToString(Encoding.BigEndianUnicode.GetBytes("a€")))", "00-61-20-AC"},
      {R"(BitConverter.ToString(Encoding.UTF32.GetBytes("a")))", "61-00-00-00"},
      {R"(BitConverter.ToString(Encoding.Latin1.GetBytes("é€")))", "E9-3F"},
      {R"(BitConverter.ToString(Encoding.GetEncoding("iso-8859-1").GetBytes("é")))", "E9"},
      {R"(Encoding.UTF8.GetByteCount("é"))", "2"},
      {R"(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("aé€")))", "aé€"},
      {R"(Encoding.UTF8.GetString(new byte[] { 97, 255, 98 }))", "a\uFFFDb"},
      {R"(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("abcd"), 1, 2))", "bc"},
      {R"(Encoding.ASCII.GetString(new byte[] { 97, 200 }))", "a\uFFFD"},
      {R"(Encoding.Unicode.GetString(Encoding.Unicode.GetBytes("😀")))", "😀"},
      {R"(Encoding.UTF8.WebName)", "utf-8"},
  });
  CHECK(gateway::expression::result(R"(Encoding.GetEncoding("ebcdic"))").substr(0, 18) == "!ArgumentException");
}

TEST_CASE("BitConverter") {
  CHECK_CASES({
      {R"(BitConverter.ToString(new byte[] { 170, 187, 1 }).Replace("-", ""))", "AABB01"},
      {R"(BitConverter.ToString(BitConverter.GetBytes(1)))", "01-00-00-00"},
      {R"(BitConverter.ToString(BitConverter.GetBytes(1L)))", "01-00-00-00-00-00-00-00"},
      {R"(BitConverter.ToString(BitConverter.GetBytes(1.0)))", "00-00-00-00-00-00-F0-3F"},
      {R"(BitConverter.ToString(BitConverter.GetBytes(true)))", "01"},
      {R"(BitConverter.ToInt32(new byte[] { 255, 255, 255, 255 }, 0))", "-1"},
      {R"(BitConverter.ToUInt16(new byte[] { 0, 1, 2 }, 1))", "513"},
      {R"(BitConverter.ToDouble(BitConverter.GetBytes(2.5), 0))", "2.5"},
  });
}

TEST_CASE("WebUtility") {
  CHECK_CASES({
      {R"(System.Net.WebUtility.UrlEncode("a b&c=é/~"))", "a+b%26c%3D%C3%A9%2F%7E"},
      {R"(System.Net.WebUtility.UrlDecode("a+b%26%C3%A9%zz"))", "a b&é%zz"},
      {R"(System.Net.WebUtility.HtmlEncode("<a href=\"x\">é'&</a>"))",
       "&lt;a href=&quot;x&quot;&gt;&#233;&#39;&amp;&lt;/a&gt;"},
      {R"(System.Net.WebUtility.HtmlDecode("&lt;&amp;&eacute;&#233;&#xe9;&euro;&bogus;&"))", "<&ééé€&bogus;&"},
      {R"(System.Net.WebUtility.UrlEncode(null))", "null"},
  });
}

TEST_CASE("IPAddress") {
  CHECK_CASES({
      {R"(IPAddress.Parse("10.1.2.3").ToString())", "10.1.2.3"},
      {R"(IPAddress.Parse("2001:DB8:0:0:0:0:0:1").ToString())", "2001:db8::1"},
      {R"(IPAddress.Parse("10.0.0.1").AddressFamily)", "InterNetwork"},
      {R"(IPAddress.Parse("::1").AddressFamily)", "InterNetworkV6"},
      {R"(IPAddress.IsLoopback(IPAddress.Parse("127.3.2.1")))", "True"},
      {R"(IPAddress.Parse("1.2.3.4").Equals(IPAddress.Parse("1.2.3.4")))", "True"},
      {R"(BitConverter.ToString(IPAddress.Parse("1.2.3.4").GetAddressBytes()))", "01-02-03-04"},
      {R"({ IPAddress a; return IPAddress.TryParse("1.2.3.400", out a); })", "False"},
      {R"({ IPAddress a; return IPAddress.TryParse("[::1]:443", out a) ? a.ToString() : "no"; })", "::1"},
  });
  CHECK(gateway::expression::result(R"(IPAddress.Parse("nonsense"))") ==
        "!FormatException: An invalid IP address was specified.");
}
