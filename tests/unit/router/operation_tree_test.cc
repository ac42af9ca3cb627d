#include <catch2/catch.hpp>

#include "router/operation_tree.h"

using namespace gateway;

namespace {

// Templates, each "METHOD template"; the operation's id is its template.
OperationTree tree(const std::vector<std::string>& operations) {
  std::vector<OperationTree::Entry> entries;
  for (const std::string& text : operations) {
    const std::size_t space = text.find(' ');
    OperationTree::Entry entry;
    REQUIRE(url_template_problem(text.substr(space + 1)).empty());
    entry.url_template = read_url_template(text.substr(space + 1));
    entry.operation = {text.substr(space + 1), text.substr(0, space), entry.url_template.query, ""};
    entries.push_back(std::move(entry));
  }
  return OperationTree(std::move(entries));
}

std::string found(const OperationTree& operations, std::string_view method, std::string_view path,
                  std::string_view query = "") {
  const CompiledOperation* operation = operations.match(method, path, query);
  return operation ? operation->id : "none";
}

}  // namespace

TEST_CASE("A literal comes before text with a parameter, before a parameter, before the remainder") {
  const auto operations =
      tree({"GET /users/{id}", "GET /users/me", "GET /users/{name}.json", "GET /users/v{n}.json",
            "GET /*", "GET /users/{id}/orders/{order}", "GET /users/me/{*rest}", "GET /"});
  struct Row {
    const char* path;
    const char* operation;
  };
  constexpr Row kRows[] = {
      {"/users/me", "/users/me"},
      {"/users/ME", "/users/me"},
      {"/USERS/me/", "/users/me"},
      {"/users/7", "/users/{id}"},
      {"/users/a.json", "/users/{name}.json"},
      {"/users/v2.json", "/users/v{n}.json"},
      {"/users/.json", "/users/{id}"},
      {"/users/7/orders/1", "/users/{id}/orders/{order}"},
      {"/users/7/orders", "/*"},
      {"/users/me/orders/1", "/users/me/{*rest}"},
      {"/users/me/x", "/users/me/{*rest}"},
      {"", "/"},
      {"/", "/"},
      {"/elsewhere", "/*"},
  };
  for (const Row& row : kRows) {
    INFO(row.path);
    CHECK(found(operations, "GET", row.path) == row.operation);
  }
}

TEST_CASE("A dead end goes back to the next best") {
  const auto operations = tree({"GET /a/b/c", "GET /a/{x}/d", "GET /{y}/b/e", "DELETE /a/b/d"});
  CHECK(found(operations, "GET", "/a/b/c") == "/a/b/c");
  CHECK(found(operations, "GET", "/a/b/d") == "/a/{x}/d");
  CHECK(found(operations, "DELETE", "/a/b/d") == "/a/b/d");
  CHECK(found(operations, "GET", "/a/b/e") == "/{y}/b/e");
  CHECK(found(operations, "GET", "/a/b/f") == "none");
  CHECK(found(operations, "PUT", "/a/b/c") == "none");
  CHECK(found(operations, "get", "/a/b/c") == "none");
}

TEST_CASE("A parameter is never empty, and the remainder may be") {
  const auto operations = tree({"GET /files/{name}", "GET /all/*"});
  CHECK(found(operations, "GET", "/files/") == "none");
  CHECK(found(operations, "GET", "/files") == "none");
  CHECK(found(operations, "GET", "/all") == "/all/*");
  CHECK(found(operations, "GET", "/all/") == "/all/*");
  CHECK(found(operations, "GET", "/all/a/b/c") == "/all/*");
}

TEST_CASE("Query parameters of a template must be there, and more of them come first") {
  const auto operations =
      tree({"GET /orders", "GET /orders?date={date}", "GET /orders?date={date}&page={p}",
            "GET /only?key={key}"});
  CHECK(found(operations, "GET", "/orders", "") == "/orders");
  CHECK(found(operations, "GET", "/orders", "?other=1") == "/orders");
  CHECK(found(operations, "GET", "/orders", "?date=1") == "/orders?date={date}");
  CHECK(found(operations, "GET", "/orders", "?page=&date") == "/orders?date={date}&page={p}");
  CHECK(found(operations, "GET", "/orders", "?dates=1") == "/orders");
  CHECK(found(operations, "GET", "/only", "?keys=1&KEY=2") == "none");
}

TEST_CASE("A template says what is wrong with it") {
  struct Row {
    const char* text;
    const char* problem;
  };
  constexpr Row kRows[] = {
      {"/a/*/b", "'*' as its last element alone"},
      {"/a*", "'*' as its last element alone"},
      {"/{a}{b}", "one parameter in an element"},
      {"/{a", "'{' without a '}'"},
      {"/a}", "'}' without a '{'"},
      {"/{}", "a name in each"},
      {"/{a}/{a}", "twice"},
      {"/{a}?b={a}", "twice"},
      {"//a", "'//'"},
      {"/a/../b", "'.' and '..'"},
      {"/a b", "spaces"},
      {"/a?b", "name={name}"},
      {"/a?b=c", "name={name}"},
      {"/x{*rest}", "as a whole element"},
  };
  for (const Row& row : kRows) {
    INFO(row.text);
    CHECK_THAT(url_template_problem(row.text), Catch::Contains(row.problem));
  }
  for (const char* sound : {"", "/", "/a", "a/b", "/{a}.json", "/*", "/a/{*rest}", "/a/?b={c}"}) {
    INFO(sound);
    CHECK(url_template_problem(sound).empty());
  }
}
