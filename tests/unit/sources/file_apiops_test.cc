// A real folder of artifacts, and ARM resources in documents, through the loader and the source.
#include "sources/file/loader.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

#include <catch2/catch.hpp>

#include "base/uv.h"
#include "file_fixture.h"

using namespace gateway;
using file::Loader;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

const char* const kPolicy = "<policies><inbound><base /></inbound></policies>";
const char* const kOtherPolicy = "<policies><inbound><base /></inbound><outbound /></policies>";

std::string api_at(const std::string& path, const std::string& more = "") {
  return R"({"properties":{"displayName":")" + path + R"(","path":")" + path +
         R"(","protocols":["http","https"],"serviceUrl":"http://127.0.0.1:8000",)" + more + R"("subscriptionRequired":false}})";
}

std::string specification_of(const std::string& operations) {
  std::string paths;
  for (const char id : operations) {
    paths += std::string("  /") + id + ": {get: {operationId: " + id + ", responses: {'200': {description: d}}}}\n";
  }
  return "openapi: 3.0.1\ninfo: {title: t, version: '1'}\nservers: [{url: http://127.0.0.1:1}]\npaths:\n" + paths;
}

// Makes the folders on the way.
void put(const TemporaryFolder& folder, const std::string& name, const std::string& text) {
  std::filesystem::create_directories((folder.path() / name).parent_path());
  folder.write(name, text);
}

struct Fixture {
  TemporaryFolder folder;
  TemporaryFolder aside;
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  FileSourceOptions options;
  std::unique_ptr<Loader> loader;
  std::vector<std::string> notices;

  Fixture() { options.path = folder.path().string(); }

  void put(const std::string& name, const std::string& text) const { ::put(folder, name, text); }
  void put_users() const {
    put("apis/users/apiInformation.json", api_at("users"));
    put("apis/users/specification.yaml", specification_of("ab"));
    put("apis/users/policy.xml", kPolicy);
    put("apis/users/operations/a/policy.xml", kPolicy);
  }
  void put_overrides(const std::string& resources) {
    aside.write("overrides.yaml", "resources:\n" + resources);
    options.overrides = (aside.path() / "overrides.yaml").string();
  }
  Result<Loader::Look> look() {
    if (!loader) loader = std::make_unique<Loader>(options, clock);
    return loader->look(Loader::Writers::Await);
  }
  // The snapshot once every change is believed.
  std::optional<SourceSnapshot> settle() {
    std::optional<SourceSnapshot> snapshot;
    for (int i = 0; i < 10; ++i) {
      auto seen = look();
      if (!seen.ok()) FAIL(seen.error().to_string());
      if (seen->snapshot) snapshot = std::move(seen->snapshot);
      notices.insert(notices.end(), seen->notices.begin(), seen->notices.end());
      if (!seen->unsettled) return snapshot;
    }
    FAIL("the folder never settles");
    return snapshot;
  }
};

std::vector<std::string> problems_of(const SourceSnapshot& snapshot) {
  std::vector<std::string> problems;
  for (const Error& error : snapshot.rejected) problems.push_back(error.where + ": " + error.message);
  return problems;
}

const Api* api_with_path(const SourceSnapshot& snapshot, const std::string& path) {
  const Api* found = nullptr;
  snapshot.apis.for_each([&](auto, const auto& api) {
    if (api->path == path) found = api.get();
  });
  return found;
}

// "a b" of the only revision.
std::string operations_of(const SourceSnapshot& snapshot, const std::string& path) {
  const Api* api = api_with_path(snapshot, path);
  if (!api || api->revisions.size() != 1) return "?";
  std::string ids;
  for (const Operation& operation : api->revisions[0].operations) {
    ids += (ids.empty() ? "" : " ") + operation.id;
  }
  return ids;
}

std::string policy_of(const SourceSnapshot& snapshot, const std::string& path) {
  const Api* api = api_with_path(snapshot, path);
  return api && api->revisions.size() == 1 ? api->revisions[0].policy : "?";
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a folder of artifacts is read as deep as it goes") {
  put_users();
  put("policy.xml", kOtherPolicy);
  put("products/starter/productInformation.json", R"({"properties":{"displayName":"s","state":"published"}})");
  put("products/starter/apis/users/productApiInformation.json", "{}");
  put("README.md", "notes");
  put("workspaces/team/policy.xml", kPolicy);
  put("apis/users/.hidden/x", "");
  put("notes.yaml", document_of("n"));
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(problems_of(*snapshot).empty());
  CHECK(snapshot->apis.size() == 1);
  CHECK(operations_of(*snapshot, "/users") == "a b");
  CHECK(policy_of(*snapshot, "/users") == kPolicy);
  CHECK(api_with_path(*snapshot, "/users")->revisions[0].operations[0].policy == kPolicy);
  REQUIRE(snapshot->policies.find("global"));
  CHECK(snapshot->policies.find("global")->document == kOtherPolicy);
  REQUIRE(snapshot->products.find("starter"));
  CHECK(snapshot->products.find("starter")->apis == std::vector<std::string>{"users"});
  CHECK(notices == std::vector<std::string>{"README.md: says nothing to a gateway", "notes.yaml: says nothing to a gateway",
                                            "workspaces/team: workspaces are not supported"});
  CHECK_FALSE(settle());
}

TEST_CASE_METHOD(Fixture, "a changed artifact changes what it says and nothing else") {
  put_users();
  put("apis/orders/apiInformation.json", api_at("orders"));
  put("apis/orders/specification.yaml", specification_of("x"));
  const auto before = settle();
  REQUIRE(before);

  put("apis/users/policy.xml", kOtherPolicy);
  auto after = settle();
  REQUIRE(after);
  CHECK(policy_of(*after, "/users") == kOtherPolicy);
  CHECK(api_with_path(*after, "/orders") == api_with_path(*before, "/orders"));

  put("apis/users/specification.yaml", specification_of("abc"));
  after = settle();
  REQUIRE(after);
  CHECK(operations_of(*after, "/users") == "a b c");
  CHECK(api_with_path(*after, "/orders") == api_with_path(*before, "/orders"));

  std::filesystem::remove_all(folder.path() / "apis/orders");
  after = settle();
  REQUIRE(after);
  CHECK_FALSE(api_with_path(*after, "/orders"));
  CHECK(operations_of(*after, "/users") == "a b c");
}

TEST_CASE_METHOD(Fixture, "an artifact that cannot be parsed keeps what it last said, and is reported") {
  put_users();
  settle();
  put("apis/users/specification.yaml", "paths: [\n");
  put("apis/users/policy.xml", "<a>\xFF</a>");
  put("apis/users/apiInformation.json", "{");
  auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(operations_of(*snapshot, "/users") == "a b");
  CHECK(policy_of(*snapshot, "/users") == kPolicy);
  const auto problems = problems_of(*snapshot);
  REQUIRE(problems.size() == 3);
  CHECK(problems[0].starts_with("apis/users/apiInformation.json, line 1"));
  CHECK(problems[1] == "apis/users/policy.xml: must be UTF-8");
  CHECK(problems[2].starts_with("apis/users/specification.yaml, line "));

  put_users();
  snapshot = settle();
  REQUIRE(snapshot);
  CHECK(problems_of(*snapshot).empty());
}

TEST_CASE_METHOD(Fixture, "what a resource says wrong is told with the file that it was read from") {
  put_users();
  put("apis/odd/apiInformation.json", api_at("odd", R"("isCurrent":7,)"));
  put("subscriptions/s/subscriptionInformation.json", R"({"properties":{"scope":"/backends/x"}})");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  REQUIRE(api_with_path(*snapshot, "/odd"));
  CHECK(api_with_path(*snapshot, "/odd")->defect ==
        "apis/odd/apiInformation.json: /apis/odd: properties.isCurrent must be true or false");
  REQUIRE(snapshot->subscriptions.find("s"));
  CHECK(snapshot->subscriptions.find("s")->defect.starts_with(
      "subscriptions/s/subscriptionInformation.json: /subscriptions/s: properties.scope is "));
  CHECK(api_with_path(*snapshot, "/users")->defect == "");
}

TEST_CASE_METHOD(Fixture, "overrides add what a tree lacks, and are followed as the tree is") {
  put_users();
  put("subscriptions/s/subscriptionInformation.json", R"({"properties":{"scope":"/apis/users","state":"active"}})");
  put_overrides("- {id: /subscriptions/s, properties: {primaryKey: first}}\n"
                "- {id: /apis/users, properties: {path: people}, lastModified: 2026-11-23T08:30:00Z}\n");
  auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(problems_of(*snapshot).empty());
  REQUIRE(snapshot->subscriptions.find("s"));
  CHECK(snapshot->subscriptions.find("s")->primary_key == "first");
  REQUIRE(api_with_path(*snapshot, "/people"));
  CHECK(api_with_path(*snapshot, "/people")->witness.changed_at == 1795422600);

  put_overrides("- {id: /subscriptions/s, properties: {primaryKey: second}}\n");
  snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->subscriptions.find("s")->primary_key == "second");
  CHECK(api_with_path(*snapshot, "/users"));

  const auto kept = [&](const std::string& problem) {
    snapshot = settle();
    REQUIRE(snapshot);
    CHECK(snapshot->subscriptions.find("s")->primary_key == "second");
    REQUIRE(snapshot->rejected.size() == 1);
    CHECK(problems_of(*snapshot)[0].starts_with(options.overrides + problem));
  };
  aside.write("overrides.yaml", "resources: [");
  kept(", line ");
  aside.remove("overrides.yaml");
  kept(": No such file");
  put_overrides("- {id: /subscriptions/s, properties: {primaryKey: second}}\n");
  snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->rejected.empty());
}

TEST_CASE_METHOD(Fixture, "ARM resources are never served without the overrides that were named") {
  put_users();
  put_overrides("");
  SECTION("which are not there") { aside.remove("overrides.yaml"); }
  SECTION("which cannot be parsed") { aside.write("overrides.yaml", "{"); }
  bool failed = false;
  for (int i = 0; i < 5 && !failed; ++i) {
    auto seen = look();
    failed = !seen.ok();
    if (failed) CHECK(seen.error().where.starts_with(options.overrides));
    if (seen.ok()) CHECK_FALSE(seen->snapshot);
  }
  CHECK(failed);
  put_overrides("- {id: /apis/users, properties: {path: people}}\n");
  std::optional<SourceSnapshot> snapshot;
  for (int i = 0; i < 5 && !snapshot; ++i) {
    auto seen = look();
    if (seen.ok()) snapshot = std::move(seen->snapshot);
  }
  REQUIRE(snapshot);
  CHECK(api_with_path(*snapshot, "/people"));
}

TEST_CASE_METHOD(Fixture, "overrides change ARM resources and are no source of their own") {
  folder.write("a.yaml", document_of("a"));
  put_overrides("- {id: /apis/users, properties: {path: people}}\n");
  aside.remove("overrides.yaml");
  CHECK(settle()->apis.size() == 1);
  put_overrides("- {id: /apis/users, properties: {path: people}}\n");
  CHECK_FALSE(settle());
}

TEST_CASE_METHOD(Fixture, "with a gateway named, what is assigned to it is served") {
  put_users();
  put("apis/orders/apiInformation.json", api_at("orders"));
  put("gateways/edge/gatewayInformation.json", R"({"properties":{}})");
  put("gateways/edge/apis/orders/gatewayApiInformation.json", "{}");
  SECTION("all without") { CHECK(settle()->apis.size() == 2); }
  SECTION("its own with") {
    options.gateway = "edge";
    const auto snapshot = settle();
    REQUIRE(snapshot);
    CHECK(snapshot->apis.size() == 1);
    CHECK(api_with_path(*snapshot, "/orders"));
  }
}

TEST_CASE_METHOD(Fixture, "no link is followed out of a tree, and those within are") {
  put_users();
  ::put(aside, "apis/secret/apiInformation.json", api_at("secret"));
  ::put(aside, "policy.xml", kPolicy);
  const auto link = [&](const std::filesystem::path& to, const std::string& at) {
    std::filesystem::create_symlink(to, folder.path() / at);
  };
  link(aside.path() / "apis/secret", "apis/secret");
  link(aside.path() / "policy.xml", "policy.xml");
  link("users", "apis/again");
  link("../..", "apis/users/operations/round");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK_FALSE(api_with_path(*snapshot, "/secret"));
  CHECK_FALSE(snapshot->policies.find("global"));
  CHECK(problems_of(*snapshot) ==
        std::vector<std::string>{"apis/secret: is a link out of the folder, and not followed",
                                 "policy.xml: is a link out of the folder, and not followed"});
}

TEST_CASE_METHOD(Fixture, "a tree that a ConfigMap mounts is read through its links") {
  const auto fill = [&](const std::string& version, const std::string& path) {
    put(version + "/apis/users/apiInformation.json", api_at(path));
    std::filesystem::create_directory_symlink(version, folder.path() / "..data_tmp");
    std::filesystem::rename(folder.path() / "..data_tmp", folder.path() / "..data");
  };
  fill("..1", "one");
  std::filesystem::create_symlink("..data/apis", folder.path() / "apis");
  CHECK(api_with_path(*settle(), "/one"));
  fill("..2", "two");
  std::filesystem::remove_all(folder.path() / "..1");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(api_with_path(*snapshot, "/two"));
  CHECK(snapshot->apis.size() == 1);
}

TEST_CASE_METHOD(Fixture, "a folder of documents stays one, whatever its folders are called") {
  folder.write("a.yaml", document_of("a"));
  put("apis/users/notes.txt", "x");
  put("policies/b.yaml", document_of("b"));
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->apis.size() == 1);
  CHECK(snapshot->rejected.empty());
  CHECK(notices.empty());

  put("apis/users/apiInformation.json", api_at("users"));
  const auto tree = settle();
  REQUIRE(tree);
  CHECK(tree->apis.size() == 1);
  CHECK(api_with_path(*tree, "/users"));
}

TEST_CASE_METHOD(Fixture, "documents of ARM resources count together, and each id once") {
  folder.write("a.yaml",
               "resources:\n"
               "- id: /subscriptions/s1/resourceGroups/g/providers/Microsoft.ApiManagement/service/n/apis/users\n"
               "  properties: {path: users, protocols: [http], serviceUrl: 'http://127.0.0.1:1', subscriptionRequired: false}\n"
               "- {id: /nothing, properties: {}}\n"
               "- {id: /backends/b}\n"
               "- 7\n");
  folder.write("b.json", R"({"epoch":"e","resources":[
    {"id":"/apis/users/operations/a","properties":{"method":"GET","urlTemplate":"/a"}},
    {"id":"/apis/users","properties":{"path":"other"}}]})");
  folder.write("c.yaml", "resources: {}\n---\n" + document_of("c"));
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(operations_of(*snapshot, "/users") == "a");
  CHECK(snapshot->apis.find("c"));
  const auto problems = problems_of(*snapshot);
  REQUIRE(problems.size() == 5);
  CHECK(problems[0].starts_with("a.yaml: resources[1]: resource \"/nothing\": \"nothing\" is no known kind"));
  CHECK(problems[1].starts_with("a.yaml: resources[2]: resource \"/backends/b\": `properties` is missing"));
  CHECK(problems[2].starts_with("a.yaml: resources[3]: a resource is an object"));
  CHECK(problems[3] == "c.yaml, document 1: resources: must be a list of ARM resources");
  CHECK(problems[4] ==
        "b.json: resources[1]: \"/apis/users\" is already in a.yaml: resources[0]; a resource may be there once");

  folder.remove("a.yaml");
  const auto after = settle();
  REQUIRE(after);
  CHECK(operations_of(*after, "/other") == "a");
}

TEST_CASE_METHOD(Fixture, "a check of a tree tells every problem with its file") {
  put_users();
  put("apis/odd/apiInformation.json", api_at("odd", R"("isCurrent":7,)"));
  put("apis/users/operations/z/policy.xml", kPolicy);
  put("backends/b/backendInformation.json", "[");
  const auto read = read_configuration(options);
  REQUIRE(read.ok());
  CHECK(api_with_path(*read, "/odd")->defect.find("apis/odd/apiInformation.json: ") != std::string::npos);
  const auto problems = problems_of(*read);
  REQUIRE(problems.size() == 2);
  CHECK(problems[0].starts_with("backends/b/backendInformation.json, line 1"));
  CHECK(problems[1] == "apis/users/operations/z/policy.xml: operation \"z\" is not in apis/users/specification.yaml");
  CHECK(api_with_path(*read, "/users")->defect == "");
}

TEST_CASE_METHOD(Fixture, "a folder with more files than any tree has is refused as a whole") {
  put_users();
  for (const char* name : {"1", "2", "3"}) put(std::string("tags/") + name, "");
  const std::size_t all = 10;  // three folders and seven files below apis/ and tags/
  CHECK(file::list_folder(options.path, all).ok());
  const auto listed = file::list_folder(options.path, all - 1);
  REQUIRE_FALSE(listed.ok());
  CHECK(listed.error().code == ErrorCode::TooLarge);
  CHECK(listed.error().message == "holds more than 9 files and folders");
}

TEST_CASE_METHOD(Fixture, "what is deeper than any artifact is not looked at") {
  put_users();
  put("apis/users/3/4/5/6/7/8", "");
  put("apis/users/three/4/5/6/7/8/9", "");
  settle();
  CHECK(notices == std::vector<std::string>{"apis/users/3/4/5/6/7/8: says nothing to a gateway"});
}

TEST_CASE_METHOD(Fixture, "a part of a tree that cannot be listed is an error, and no smaller tree") {
  put_users();
  settle();
  SECTION("also where documents are beside it") { folder.write("a.yaml", document_of("a")); }
  SECTION("or nothing else is there") {}
  // With descriptors for two folders of the three.
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = dup(STDIN_FILENO);
  close(next);
  const rlimit few{static_cast<rlim_t>(next) + 2, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &few) == 0);
  const auto seen = look();
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE_FALSE(seen.ok());
  CHECK(seen.error().code == ErrorCode::Unavailable);
  CHECK(seen.error().where.starts_with(options.path + "/apis/users"));
  CHECK_FALSE(settle());
}

namespace {

struct RecordingSink : SnapshotSink {
  void publish(SourceSnapshot snapshot) noexcept override { last = std::move(snapshot); }
  void degraded(Error error) noexcept override { errors.push_back(std::move(error)); }
  SourceSnapshot last;
  std::vector<Error> errors;
};

// A loop on the test's own thread that plays the control thread.
struct SourceFixture : TaskRunner {
  uv::Loop loop;
  TemporaryFolder folder;
  TemporaryFolder aside;
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  Environment environment = Environment::system();
  std::unique_ptr<ConfigSource> source;

  ~SourceFixture() override {
    if (!source) return;
    bool stopped = false;
    source->stop([&] { stopped = true; });
    run_until([&] { return stopped; });
    source.reset();
  }
  void post(std::function<void()> task) override { task(); }
  void* native_loop() const noexcept override { return const_cast<uv::Loop&>(loop).get(); }

  void start(const std::string& overrides = "") {
    FileSourceOptions options;
    options.path = folder.path().string();
    options.overrides = overrides;
    auto made = make_file_source(std::move(options));
    REQUIRE(made.ok());
    source = std::move(*made);
    SourceContext context;
    context.name = "file";
    context.sink = sink;
    context.control = this;
    context.environment = &environment;
    REQUIRE(source->start(std::move(context)));
  }
  template <typename F>
  milliseconds run_until(F&& condition) {
    const auto begin = steady_clock::now();
    uv::Timer tick(loop.get());
    tick.start(milliseconds(1), [] {}, milliseconds(1));
    while (!condition()) {
      REQUIRE(steady_clock::now() - begin < milliseconds(5'000));
      uv_run(loop.get(), UV_RUN_ONCE);
    }
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }
};

}  // namespace

TEST_CASE_METHOD(SourceFixture, "changes deep in a tree, and of the overrides, are published at once") {
  put(folder, "apis/users/apiInformation.json", api_at("users"));
  put(folder, "apis/users/specification.yaml", specification_of("a"));
  put(folder, "apis/users/operations/a/policy.xml", kPolicy);
  aside.write("o.yaml", "resources: [{id: /apis/users, properties: {description: d}}]");
  start((aside.path() / "o.yaml").string());
  run_until([&] { return operations_of(sink->last, "/users") == "a"; });

  const auto operation_policy = [&] { return api_with_path(sink->last, "/users")->revisions[0].operations[0].policy; };
  // The poll alone would take two seconds.
  put(folder, "apis/users/operations/a/policy.xml", kOtherPolicy);
  CHECK(run_until([&] { return operation_policy() == kOtherPolicy; }) < milliseconds(1'000));
  put(folder, "apis/users/specification.yaml", specification_of("ab"));
  CHECK(run_until([&] { return operations_of(sink->last, "/users") == "a b"; }) < milliseconds(1'000));
  put(folder, "apis/orders/apiInformation.json", api_at("orders"));
  CHECK(run_until([&] { return api_with_path(sink->last, "/orders") != nullptr; }) < milliseconds(1'000));
  put(folder, "apis/orders/policy.xml", kPolicy);
  CHECK(run_until([&] { return policy_of(sink->last, "/orders") == kPolicy; }) < milliseconds(1'000));
  aside.write("o.yaml", "resources: [{id: /apis/users, properties: {path: people}}]");
  CHECK(run_until([&] { return api_with_path(sink->last, "/people") != nullptr; }) < milliseconds(1'000));
  std::filesystem::remove_all(folder.path() / "apis/orders");
  CHECK(run_until([&] { return api_with_path(sink->last, "/orders") == nullptr; }) < milliseconds(1'000));
  CHECK(sink->errors.empty());
}
