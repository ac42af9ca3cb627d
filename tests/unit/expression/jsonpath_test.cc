#include <catch2/catch.hpp>

#include "library_result.h"

namespace {

// What SelectTokens finds in the store of the JSONPath article, one to a line; or what was raised.
std::string found(const std::string& path) {
  static const std::string store =
      "{'store':{'book':["
      "{'category':'reference','author':'Rees','title':'Sayings','price':8.95},"
      "{'category':'fiction','author':'Waugh','title':'Sword','price':12.99},"
      "{'category':'fiction','author':'Melville','title':'Moby Dick','isbn':'0-553','price':8.99},"
      "{'category':'fiction','author':'Tolkien','title':'Lord','isbn':'0-395','price':22.99}],"
      "'bicycle':{'color':'red','price':19.95,'parts list':[1,2]}},'limit':10,'flag':true,'none':null}";
  return gateway::expression::result("string.Join(\" \", JObject.Parse(\"" + store + "\").SelectTokens(\"" + path +
                                     "\").Select(t => t.ToString(Formatting.None)))");
}

}  // namespace

TEST_CASE("JSONPath finds what Newtonsoft finds") {
  struct Row {
    const char* path;
    const char* expected;
  };
  const Row rows[] = {
      {"limit", "10"},
      {"$.limit", "10"},
      {"$.store.bicycle.color", "\"red\""},
      {"$['store']['bicycle']['color']", "\"red\""},
      {"store.bicycle['parts list'][1]", "2"},
      {"store.book[0].title", "\"Sayings\""},
      {"store.book[*].author", "\"Rees\" \"Waugh\" \"Melville\" \"Tolkien\""},
      {"$..author", "\"Rees\" \"Waugh\" \"Melville\" \"Tolkien\""},
      {"$.store..price", "8.95 12.99 8.99 22.99 19.95"},
      {"$..book[2].title", "\"Moby Dick\""},
      {"$..book[0,1].title", "\"Sayings\" \"Sword\""},
      {"$..book[:2].title", "\"Sayings\" \"Sword\""},
      {"$..book[-1:].title", "\"Lord\""},
      {"$..book[1:3].title", "\"Sword\" \"Moby Dick\""},
      {"$..book[::2].title", "\"Sayings\" \"Moby Dick\""},
      {"$..book[::-1].title", "\"Lord\" \"Moby Dick\" \"Sword\" \"Sayings\""},
      {"$..book[?(@.isbn)].title", "\"Moby Dick\" \"Lord\""},
      {"$..book[?(@.price < 10)].title", "\"Sayings\" \"Moby Dick\""},
      {"$..book[?(@.price<$.limit)].title", "\"Sayings\" \"Moby Dick\""},
      {"$..book[?(@.category == 'fiction' && @.price > 20)].title", "\"Lord\""},
      {"$..book[?(@.price > 20 || @.title == 'Sayings')].title", "\"Sayings\" \"Lord\""},
      {"$..book[?((@.price > 20 || @.price < 8.96) && @.isbn)].title", "\"Lord\""},
      {"$..book[?(@.author != 'Rees')].price", "12.99 8.99 22.99"},
      {"$..book[?(@.title =~ /^m.*k$/i)].price", "8.99"},
      {"$.store.bicycle[?(@ == 'red')]", "\"red\""},
      {"$[?(@ == true)]", "true"},
      {"$[?(@ == null)]", "null"},
      {"$.store.bicycle.*", "\"red\" 19.95 [1,2]"},
      {"$..bicycle['color','price']", "\"red\" 19.95"},
      {"$.missing.deeper[3]", ""},
      {"store.book[9]", ""},
  };
  for (const auto& row : rows) {
    INFO(row.path);
    CHECK(found(row.path) == row.expected);
  }
}

TEST_CASE("JSONPath that is none is refused") {
  CHECK_CASES({
      {R"(new JObject().SelectToken("a["))", "!JsonException: Path ended with open indexer."},
      {R"(new JObject().SelectToken("a."))", "!JsonException: Unexpected end while parsing path."},
      {R"(new JObject().SelectToken("a['b"))", "!JsonException: Path ended with an open string."},
      {R"(new JObject().SelectToken("[?(@.a"))", "!JsonException: Path ended with open query."},
      {R"(new JArray().SelectToken("[0:1:0]"))", "!JsonException: Step cannot be zero."},
      {R"(new JArray(1, 2).SelectToken("[*]"))", "!JsonException: Path returned multiple tokens."},
      {R"(new JObject().SelectToken("a", true))", "!JsonException: Property 'a' does not exist on JObject."},
      {R"(new JArray().SelectToken("[1]", true))", "!JsonException: Index 1 outside the bounds of JArray."},
      {R"(new JObject().SelectToken("a") == null)", "True"},
  });
}
