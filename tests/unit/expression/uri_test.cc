#include <catch2/catch.hpp>

#include "expression/library_result.h"

TEST_CASE("Uri: the parts of an absolute one") {
  CHECK_CASES({
      {R"(new Uri("HTTPS://User:pw@Example.ORG:8443/a/b c?q=1&r=é#f").AbsoluteUri)",
       "https://User:pw@example.org:8443/a/b%20c?q=1&r=%C3%A9#f"},
      {R"(new Uri("https://example.org/a?q=1#f").AbsolutePath)", "/a"},
      {R"(new Uri("https://example.org").AbsoluteUri)", "https://example.org/"},
      {R"(new Uri("https://example.org?x=1").PathAndQuery)", "/?x=1"},
      {R"(new Uri("https://example.org/a?q=1#f").Query)", "?q=1"},
      {R"(new Uri("https://example.org/a").Query)", ""},
      {R"(new Uri("https://example.org/a?q=1#f").Fragment)", "#f"},
      {R"(new Uri("https://example.org:443/").Port)", "443"},
      {R"(new Uri("http://example.org").Port)", "80"},
      {R"(new Uri("https://example.org:443/").IsDefaultPort)", "True"},
      {R"(new Uri("https://example.org:8443/").Authority)", "example.org:8443"},
      {R"(new Uri("https://u:p@example.org/").UserInfo)", "u:p"},
      {R"(new Uri("http://[2001:DB8::1]:81/x").Host)", "[2001:db8::1]"},
      {R"(new Uri("http://[2001:DB8::1]:81/x").DnsSafeHost)", "2001:db8::1"},
      {R"(new Uri("http://h/a/../b/./c//d/..").AbsolutePath)", "/b/c//"},
      {R"(new Uri("http://h/../../x").AbsolutePath)", "/x"},
      {R"(new Uri("http://h/%7Ea%2fb%c3%a9").AbsolutePath)", "/~a%2Fb%C3%A9"},
      {R"(new Uri("http://h/100%").AbsolutePath)", "/100%25"},
      {R"(new Uri("http://h\\a\\b").AbsolutePath)", "/a/b"},
      {R"(string.Join("|", new Uri("http://h/a/b/c").Segments))", "/|a/|b/|c"},
      {R"(new Uri("http://h/a%20b").LocalPath)", "/a b"},
      {R"(new Uri("http://h/a%20b?x=%2F").ToString())", "http://h/a b?x=%2F"},
      {R"(new Uri("urn:a:b").Scheme)", "urn"},
      {R"(new Uri("mailto:x@example.org").AbsoluteUri)", "mailto:x@example.org"},
      {R"(new Uri("http://h:81/a/b?q#f").GetLeftPart(UriPartial.Authority))", "http://h:81"},
      {R"(new Uri("http://h:81/a/b?q#f").GetLeftPart(UriPartial.Path))", "http://h:81/a/b"},
      {R"(new Uri("http://h:81/a/b?q#f").GetLeftPart(UriPartial.Query))", "http://h:81/a/b?q"},
      {R"(new Uri("http://h:81/a").GetLeftPart(UriPartial.Scheme))", "http://"},
      {R"(new Uri("http://H/a") == new Uri("http://h:80/a#x"))", "True"},
      {R"(new Uri("http://localhost/").IsLoopback)", "True"},
  });
}

TEST_CASE("Uri: relative to a base") {
  CHECK_CASES({
      {R"(new Uri(new Uri("http://h/a/b?q"), "c").ToString())", "http://h/a/c"},
      {R"(new Uri(new Uri("http://h/a/b"), "../c?x=1").ToString())", "http://h/c?x=1"},
      {R"(new Uri(new Uri("http://h/a/b"), "/c").ToString())", "http://h/c"},
      {R"(new Uri(new Uri("http://h/a/b"), "?y").ToString())", "http://h/a/b?y"},
      {R"(new Uri(new Uri("http://h/a/b?q"), "#z").ToString())", "http://h/a/b?q#z"},
      {R"(new Uri(new Uri("https://h/a"), "//other/x").ToString())", "https://other/x"},
      {R"(new Uri(new Uri("http://h/a"), "ftp://f/x").ToString())", "ftp://f/x"},
      {R"(new Uri("a/b", UriKind.Relative).IsAbsoluteUri)", "False"},
      {R"(new Uri("/a b", UriKind.RelativeOrAbsolute).ToString())", "/a b"},
      {R"(new Uri("a", UriKind.Relative).Host)",
       "!InvalidOperationException: This operation is not supported for a relative URI."},
  });
}

TEST_CASE("Uri: what is none") {
  CHECK_CASES({
      {R"(new Uri("nonsense"))",
       "!UriFormatException: Invalid URI: The format of the URI could not be determined."},
      {R"(new Uri(""))", "!UriFormatException: Invalid URI: The URI is empty."},
      {R"(new Uri("http://"))", "!UriFormatException: Invalid URI: The hostname could not be parsed."},
      {R"(new Uri("http://a b/"))", "!UriFormatException: Invalid URI: The hostname could not be parsed."},
      {R"(new Uri("http://h:99999/"))", "!UriFormatException: Invalid URI: Invalid port specified."},
      {R"({ Uri u; return Uri.TryCreate("nonsense", UriKind.Absolute, out u); })", "False"},
      {R"({ Uri u; return Uri.TryCreate("http://h/x", UriKind.Absolute, out u) ? u.Host : "no"; })", "h"},
      {R"(Uri.IsWellFormedUriString("http://h/a b", UriKind.Absolute))", "False"},
      {R"(Uri.IsWellFormedUriString("http://h/a%20b", UriKind.Absolute))", "True"},
  });
}

TEST_CASE("Uri: escaping") {
  CHECK_CASES({
      {R"(Uri.EscapeDataString("a b/é!*'()~"))", "a%20b%2F%C3%A9%21%2A%27%28%29~"},
      {R"(Uri.EscapeUriString("http://h/a b?c=d&e=é"))", "http://h/a%20b?c=d&e=%C3%A9"},
      {R"(Uri.UnescapeDataString("a%20b%2F%C3%A9+%zz%FF"))", "a b/é+%zz%FF"},
  });
}
