#include "sources/file/loader.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "file_fixture.h"

using namespace gateway;
using file::Loader;

namespace {

struct Fixture {
  TemporaryFolder folder;
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>();
  FileSourceOptions options{.path = folder.path().string(), .watch = true, .translation = {}};
  Loader loader{options, clock};

  Loader::Look look(Loader::Writers writers = Loader::Writers::Await) {
    auto seen = loader.look(writers);
    REQUIRE(seen.ok());
    return std::move(*seen);
  }
  // The snapshot once every change is believed.
  std::optional<SourceSnapshot> settle() {
    std::optional<SourceSnapshot> snapshot;
    for (int i = 0; i < 10; ++i) {
      Loader::Look seen = look();
      if (seen.snapshot) snapshot = std::move(seen.snapshot);
      if (!seen.unsettled) return snapshot;
    }
    FAIL("the folder never settles");
    return snapshot;
  }
};

std::string ids_of(const SourceSnapshot& snapshot) {
  std::string ids;
  for (const auto id : snapshot.apis.sorted_names()) ids += std::string(id) + " ";
  return ids;
}

std::vector<std::string> problems_of(const SourceSnapshot& snapshot) {
  std::vector<std::string> problems;
  for (const Error& error : snapshot.rejected) problems.push_back(error.where + ": " + error.message);
  return problems;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "an empty folder is an empty configuration") {
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->apis.empty());
  CHECK_FALSE(settle());
}

TEST_CASE_METHOD(Fixture, "only files named json, yaml and yml are read, and no hidden ones") {
  folder.write("a.yaml", document_of("a"));
  folder.write("b.yml", document_of("b"));
  folder.write("c.json", R"({"apiVersion":"gateway/v1","kind":"Configuration","apis":[{"id":"c"}]})");
  folder.write("d.txt", document_of("d"));
  folder.write(".e.yaml", document_of("e"));
  folder.write("f.yaml~", document_of("f"));
  std::filesystem::create_directory(folder.path() / "g.yaml");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(ids_of(*snapshot) == "a b c ");
  CHECK(snapshot->rejected.empty());
  CHECK(snapshot->apis.find("a")->provenance == Provenance{"Api", "a.yaml", "a", ""});
}

TEST_CASE_METHOD(Fixture, "a change is believed when it is still the same at the next look") {
  folder.write("a.yaml", document_of("a"));
  CHECK(look().unsettled);
  CHECK(look().snapshot);
  folder.write("a.yaml", "apiVersion: gateway/v1\nkind: Conf");
  CHECK(look().unsettled);
  folder.write("a.yaml", document_of("ab"));
  Loader::Look seen = look();
  CHECK(seen.unsettled);
  CHECK_FALSE(seen.snapshot);
  seen = look();
  CHECK_FALSE(seen.unsettled);
  REQUIRE(seen.snapshot);
  CHECK(ids_of(*seen.snapshot) == "a b ");
  CHECK(seen.snapshot->rejected.empty());
}

TEST_CASE_METHOD(Fixture, "changes of several files are believed together") {
  folder.write("a.yaml", document_of("ax"));
  folder.write("b.yaml", document_of("b"));
  settle();
  folder.write("a.yaml", document_of("a"));
  CHECK_FALSE(look().snapshot);
  folder.write("b.yaml", document_of("bx"));
  CHECK_FALSE(look().snapshot);
  const auto seen = look();
  REQUIRE(seen.snapshot);
  CHECK(ids_of(*seen.snapshot) == "a b x ");
}

TEST_CASE_METHOD(Fixture, "a writer who never stops holds up nobody else for long") {
  folder.write("a.yaml", document_of("a"));
  settle();
  folder.write("b.yaml", document_of("b"));
  bool served = false;
  for (int i = 0; i < 5 && !served; ++i) {
    folder.write("noise.yaml", "# " + std::to_string(i) + "\n");
    const auto seen = look();
    served = seen.snapshot && seen.snapshot->apis.find("b") != nullptr;
  }
  CHECK(served);
}

TEST_CASE_METHOD(Fixture, "unchanged resources keep their pointers") {
  folder.write("a.yaml", document_of("a"));
  folder.write("b.yaml", ingress_of("users"));
  const auto before = settle();
  folder.write("a.yaml", "# a comment\n" + document_of("ax"));
  const auto after = settle();
  REQUIRE(before);
  REQUIRE(after);
  CHECK(before->apis.size() == 2);
  CHECK(after->apis.size() == 3);
  before->apis.for_each([&](std::string_view id, const auto& api) { CHECK(after->apis.find(id) == api.get()); });
  CHECK(before->backends.find("a") == after->backends.find("a"));
  CHECK(before->revision != after->revision);
}

TEST_CASE_METHOD(Fixture, "content that is written again, or only commented, is no change") {
  folder.write("a.yaml", document_of("a"));
  settle();
  folder.write("a.yaml", document_of("a"));
  CHECK_FALSE(settle());
  folder.write("a.yaml", document_of("a") + "# more\n");
  CHECK_FALSE(settle());
}

TEST_CASE_METHOD(Fixture, "a broken file keeps what it said, is reported, and the others serve on") {
  folder.write("a.yaml", document_of("a"));
  folder.write("b.yaml", document_of("b"));
  settle();
  folder.write("a.yaml", "apis: [\n");
  folder.write("b.yaml", document_of("bc"));
  auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(ids_of(*snapshot) == "a b c ");
  REQUIRE(snapshot->rejected.size() == 1);
  CHECK(snapshot->rejected[0].where.starts_with("a.yaml, line "));
  folder.write("a.yaml", document_of("d"));
  snapshot = settle();
  REQUIRE(snapshot);
  CHECK(ids_of(*snapshot) == "b c d ");
  CHECK(snapshot->rejected.empty());
}

TEST_CASE_METHOD(Fixture, "a removed file removes its objects, a replaced one does not") {
  folder.write("a.yaml", document_of("a"));
  folder.write("b.yaml", ingress_of("users"));
  CHECK(settle()->apis.size() == 2);
  folder.remove("a.yaml");
  CHECK(look().unsettled);
  folder.write("a.yaml", document_of("a"));
  CHECK_FALSE(settle());
  folder.remove("a.yaml");
  folder.remove("b.yaml");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->apis.empty());
  CHECK(snapshot->backends.empty());
}

TEST_CASE_METHOD(Fixture, "an emptied file keeps what it said for two seconds") {
  folder.write("a.yaml", document_of("a"));
  settle();
  folder.write("a.yaml", "");
  CHECK_FALSE(settle());
  clock->ns += 1'900'000'000;
  CHECK_FALSE(settle());
  clock->ns += 200'000'000;
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->apis.empty());

  folder.write("a.yaml", document_of("a"));
  CHECK(settle()->apis.size() == 1);
  folder.write("a.yaml", "\n");
  CHECK_FALSE(settle());
  folder.write("a.yaml", document_of("ab"));
  CHECK(settle()->apis.size() == 2);
}

TEST_CASE_METHOD(Fixture, "a file that cannot be read is reported, keeps what it said, and is tried again") {
  folder.write("a.yaml", document_of("a"));
  folder.write("b.yaml", document_of("b"));
  settle();
  folder.remove("a.yaml");
  REQUIRE(mkfifo((folder.path() / "a.yaml").c_str(), 0600) == 0);
  auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(ids_of(*snapshot) == "a b ");
  CHECK(problems_of(*snapshot) == std::vector<std::string>{"a.yaml: is not a regular file"});
  folder.remove("a.yaml");
  folder.write("a.yaml", document_of("c"));
  CHECK(ids_of(*settle()) == "b c ");
}

TEST_CASE_METHOD(Fixture, "a file beyond the limits is reported") {
  options.max_bytes = 300;
  options.max_depth = 5;
  loader = Loader(options, clock);
  folder.write("a.yaml", document_of("a"));
  folder.write("b.yaml", std::string(301, '#'));
  folder.write("c.yaml", "[[[[[[1]]]]]]");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(ids_of(*snapshot) == "a ");
  CHECK(problems_of(*snapshot) ==
        std::vector<std::string>{"b.yaml: larger than 300 bytes",
                                 "c.yaml, line 1, column 6: nested deeper than 5 levels"});
}

TEST_CASE_METHOD(Fixture, "an id that two files use is an error of the later one, and moves up when the first goes") {
  folder.write("a.yaml", document_of("a"));
  folder.write("b.yaml", document_of("ab"));
  auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(ids_of(*snapshot) == "a b ");
  CHECK(snapshot->apis.find("a")->provenance.space == "a.yaml");
  CHECK(problems_of(*snapshot) ==
        std::vector<std::string>{"b.yaml: Api \"a\" is taken by Api a.yaml/a; its id must be unique",
                                 "b.yaml: Backend \"a\" is taken by Backend a.yaml/a; its id must be unique"});
  folder.remove("a.yaml");
  snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->apis.find("a")->provenance.space == "b.yaml");
  CHECK(snapshot->rejected.empty());
}

TEST_CASE_METHOD(Fixture, "documents and manifests may share a file, and manifests may be lists") {
  folder.write("all.yaml", document_of("a") + "---\n" + ingress_of("users") + "---\n" +
                               "apiVersion: v1\nkind: List\nitems:\n- " +
                               R"({apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: l1}, spec: {rules: [{http: {paths: [{path: /l1, pathType: Exact, backend: {service: {name: s, port: {number: 1}}}}]}}]}})" +
                               "\n");
  folder.write("list.json", R"({"apiVersion":"networking.k8s.io/v1","kind":"IngressList","items":[
    {"metadata":{"name":"l2"},"spec":{"rules":[{"http":{"paths":[{"path":"/l2","pathType":"Exact",
     "backend":{"service":{"name":"s","port":{"number":1}}}}]}}]}}]})");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(problems_of(*snapshot).empty());
  std::vector<std::string> paths;
  snapshot->apis.for_each([&](auto, const auto& api) { paths.push_back(api->path); });
  std::sort(paths.begin(), paths.end());
  CHECK(paths == std::vector<std::string>{"/a", "/l1", "/l2", "/users"});
}

TEST_CASE_METHOD(Fixture, "well-known kinds are skipped, others are reported with what is allowed") {
  folder.write("a.yaml",
               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n---\n"
               "apiVersion: v1\nkind: ConfigMap\n---\n"
               "apiVersion: example.com/v1\nkind: Widget\n---\n"
               "replicas: 3\n---\n"
               "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: old}\n---\n"
               "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {}\n---\n"
               "[1]\n---\n"
               "apiVersion: v1\nkind: List\nitems: [{kind: List, apiVersion: v1, items: []}, 7]\n");
  std::vector<std::string> skipped;
  std::optional<SourceSnapshot> snapshot;
  while (!snapshot) {
    auto seen = look();
    skipped.insert(skipped.end(), seen.skipped.begin(), seen.skipped.end());
    snapshot = std::move(seen.snapshot);
  }
  CHECK(skipped == std::vector<std::string>{"a.yaml, document 1: Deployment", "a.yaml, document 2: ConfigMap"});
  const auto problems = problems_of(*snapshot);
  REQUIRE(problems.size() == 7);
  CHECK(problems[0].starts_with("a.yaml, document 3: kind: \"example.com/v1 Widget\" is not known; allowed are "));
  CHECK(problems[1].starts_with("a.yaml, document 4: must have apiVersion and kind: gateway/v1 Configuration, or "));
  CHECK(problems[2].starts_with("a.yaml, document 5: kind: \"extensions/v1beta1 Ingress\" is not known; allowed are "));
  CHECK(problems[3].starts_with("a.yaml, document 6: "));
  CHECK(problems[4] == "a.yaml, document 7: must be an object with apiVersion and kind");
  CHECK(problems[5] == "a.yaml, document 8, item 1: kind: a list must not hold a list");
  CHECK(problems[6] == "a.yaml, document 8, item 2: must be an object with apiVersion and kind");
}

TEST_CASE_METHOD(Fixture, "an object that is there twice is an error of the later file") {
  folder.write("a.yaml", ingress_of("users"));
  folder.write("b.yaml", ingress_of("users", "  ingressClassName: azure-api-management/gateway\n"));
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(snapshot->apis.size() == 1);
  CHECK(problems_of(*snapshot) ==
        std::vector<std::string>{
            "b.yaml: Ingress default/users is already in a.yaml; an object may be there once"});
}

TEST_CASE_METHOD(Fixture, "the class of an Ingress counts as soon as there is an IngressClass") {
  const std::string ours = "  ingressClassName: ours\n";
  folder.write("a.yaml", ingress_of("any") + "---\n" + ingress_of("named", ours) + "---\n" +
                             ingress_of("literal", "  ingressClassName: azure-api-management/gateway\n") +
                             "---\n" + ingress_of("foreign", "  ingressClassName: nginx\n"));
  CHECK(settle()->apis.size() == 4);
  folder.write("class.yaml", "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: ours}\n"
                             "spec: {controller: azure-api-management/gateway}\n");
  const auto snapshot = settle();
  REQUIRE(snapshot);
  std::vector<std::string> paths;
  snapshot->apis.for_each([&](auto, const auto& api) { paths.push_back(api->path); });
  std::sort(paths.begin(), paths.end());
  CHECK(paths == std::vector<std::string>{"/literal", "/named"});
  folder.remove("class.yaml");
  CHECK(settle()->apis.size() == 4);
}

TEST_CASE_METHOD(Fixture, "the stamp is what the document or the annotation says, never the file's time") {
  folder.write("a.yaml", "apiVersion: gateway/v1\nkind: Configuration\napis:\n"
                         "- {id: dated, path: /d, changedAt: 2026-11-23T08:30:00Z}\n- {id: plain, path: /p}\n");
  std::string dated = ingress_of("users");
  dated.replace(dated.find("  name: users\n"), 14,
                "  name: users\n  annotations: {gateway/changed-at: \"2026-11-23T08:30:00Z\"}\n");
  folder.write("b.yaml", dated + "---\n" + ingress_of("orders"));
  const auto snapshot = settle();
  REQUIRE(snapshot);
  CHECK(problems_of(*snapshot).empty());
  snapshot->apis.for_each([&](auto, const auto& api) {
    CAPTURE(api->path);
    if (api->path == "/d" || api->path == "/users") {
      CHECK(api->witness.changed_at == 1795422600);
    } else {
      CHECK_FALSE(api->witness.changed_at);
    }
  });
}

TEST_CASE_METHOD(Fixture, "the swap of a ConfigMap's link is one change") {
  const auto fill = [&](const std::string& version, const std::string& ids) {
    std::filesystem::create_directory(folder.path() / version);
    std::ofstream(folder.path() / version / "routes.yaml") << document_of(ids);
    std::filesystem::create_directory_symlink(version, folder.path() / "..data_tmp");
    std::filesystem::rename(folder.path() / "..data_tmp", folder.path() / "..data");
  };
  fill("..1", "a");
  std::filesystem::create_symlink("..data/routes.yaml", folder.path() / "routes.yaml");
  CHECK(ids_of(*settle()) == "a ");
  fill("..2", "bc");
  std::filesystem::remove_all(folder.path() / "..1");
  CHECK(ids_of(*settle()) == "b c ");
}

TEST_CASE("one file may be the source, and a path that is not there is an error") {
  const TemporaryFolder folder;
  FileSourceOptions options;
  options.path = (folder.path() / "only").string();
  auto clock = std::make_shared<ManualClock>();
  Loader loader(options, clock);
  auto missing = loader.look(Loader::Writers::Await);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().code == ErrorCode::NotFound);
  CHECK(missing.error().where == options.path);
  folder.write("only", R"( {"apiVersion":"gateway/v1","kind":"Configuration","apis":[{"id":"a"}]})");
  folder.write("other.yaml", document_of("b"));
  auto seen = loader.look(Loader::Writers::Trust);
  REQUIRE(seen.ok());
  REQUIRE(seen->snapshot);
  CHECK(ids_of(*seen->snapshot) == "a ");
  REQUIRE(seen->watch.size() == 1);
  CHECK(seen->watch[0].path == folder.path().string());
}

TEST_CASE("a check reads once and says everything that is wrong") {
  const TemporaryFolder folder;
  folder.write("a.yaml", R"(apiVersion: gateway/v1
kind: Configuration
apis:
- {id: good, path: /good, backend: b}
- {id: upper, host: A.example, backend: b}
- {id: dangling, backend: none}
backends:
- {id: b, endpoints: [{address: 169.254.169.254, port: 80}]}
hostnames:
- {id: h, host: a.example, certificate: none}
certificates:
- {id: c, chain: x, key: SECRETMARKER}
)");
  folder.write("b.yaml", "{");
  FileSourceOptions options;
  options.path = folder.path().string();
  const auto read = read_configuration(options);
  REQUIRE(read.ok());
  CHECK(read->apis.find("good")->defect.empty());
  CHECK(read->apis.find("upper")->defect ==
        "Api a.yaml/upper: host \"A.example\" has upper-case letters: write it in lower case, \"a.example\"");
  CHECK(read->apis.find("dangling")->defect == "Api a.yaml/dangling: backend there is no backend \"none\"");
  CHECK(read->hostnames.find("h")->defect == "Hostname a.yaml/h: certificate there is no certificate \"none\"");
  CHECK(read->certificates.find("c")->defect.find("Certificate a.yaml/c: key must be") != std::string::npos);
  CHECK(read->certificates.find("c")->defect.find("SECRETMARKER") == std::string::npos);
  REQUIRE(read->rejected.size() == 2);
  CHECK(read->rejected[0].where.starts_with("b.yaml, line "));
  CHECK(read->rejected[1].to_string().starts_with(
      "configuration: Backend a.yaml/b: endpoints[0].address: \"169.254.169.254\" is link-local"));

  options.path = (folder.path() / "none").string();
  CHECK(read_configuration(options).error().code == ErrorCode::NotFound);
  options.path.clear();
  CHECK(read_configuration(options).error().code == ErrorCode::InvalidArgument);
}
