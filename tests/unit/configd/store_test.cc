#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <random>
#include <set>

#include <sqlite3.h>

#include "support.h"

using namespace configd;
using namespace configd::test;

namespace {

struct Opened {
  Opened() { environment.clock = clock; }
  std::unique_ptr<Store> open(const std::string& name = "db") {
    return Store::open(folder.file(name), environment).value();
  }
  std::string refusal(const std::string& name = "db") {
    auto store = Store::open(folder.file(name), environment);
    return store ? "(opened)" : store.error().to_string();
  }
  Folder folder;
  std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
  gateway::Environment environment = gateway::Environment::system();
};

Commit write(Store& store, const std::string& id, const std::string& properties) {
  return store.commit({{id, properties}}).value();
}
Commit erase(Store& store, const std::string& id) {
  return store.commit({{id, std::nullopt}}).value();
}

std::string modified(const Store& store, const std::string& id) {
  return at(store.find(id)->resource.json, "/lastModified");
}

std::vector<std::string> ids(const Store& store, const std::string& prefix = "/") {
  std::vector<std::string> found;
  store.each(prefix, [&](const Stored& stored) { found.push_back(stored.resource.id); });
  return found;
}

using Ids = std::vector<std::string>;

unsigned mode(const std::string& file) {
  struct stat status {};
  REQUIRE(::stat(file.c_str(), &status) == 0);
  return status.st_mode & 0777u;
}

}  // namespace

TEST_CASE("what was committed is there after the file is opened again") {
  Opened world;
  std::string epoch, etag;
  {
    auto store = world.open();
    CHECK(store->revision() == 0);
    CHECK(write(*store, "/apis/users", R"({"path":"users"})").revision == 1);
    CHECK(write(*store, "/gateways/g1", "{}").revision == 2);
    epoch = store->epoch();
    etag = store->find("/apis/users")->etag;
  }
  auto store = world.open();
  CHECK(store->epoch() == epoch);
  CHECK(store->revision() == 2);
  CHECK(store->find("/apis/users")->etag == etag);
  CHECK(at(store->find("/apis/users")->resource.json, "/properties/path") == "users");
  CHECK(at(store->find("/apis/users")->resource.json, "/type") ==
        "Microsoft.ApiManagement/service/apis");
  CHECK(store->secret("gateways/g1/primary").value_or("").size() == 44);
  CHECK(store->touched_after(0) == Ids{"/apis/users", "/gateways/g1"});
  CHECK(store->touched_after(1) == Ids{"/gateways/g1"});
  CHECK(store->touched_after(2) == Ids{});
  CHECK_FALSE(store->touched_after(3));
}

TEST_CASE("equal content is no commit") {
  Opened world;
  auto store = world.open();
  int heard = 0;
  store->on_commit([&](const Commit&) { ++heard; });
  write(*store, "/apis/users", R"({"path":"users","a":1})");
  const std::string etag = store->find("/apis/users")->etag;
  world.clock->seconds += 60;
  const Commit again = write(*store, "/apis/users", R"({ "a":1, "path":"users" })");
  CHECK(again.touched.empty());
  CHECK(again.revision == 1);
  CHECK(heard == 1);
  CHECK(modified(*store, "/apis/users") == "2027-01-15T08:00:00Z");
  CHECK(store->find("/apis/users")->etag == etag);
  CHECK(erase(*store, "/apis/nobody").touched.empty());
}

TEST_CASE("the stamp and the tag move with the content, and the stamp never back") {
  Opened world;
  auto store = world.open();
  write(*store, "/apis/users", R"({"path":"users"})");
  const std::string etag = store->find("/apis/users")->etag;
  world.clock->seconds += 60;
  write(*store, "/apis/users", R"({"path":"people"})");
  CHECK(modified(*store, "/apis/users") == "2027-01-15T08:01:00Z");
  CHECK(at(store->find("/apis/users")->resource.json, "/created") == "2027-01-15T08:00:00Z");
  CHECK(store->find("/apis/users")->etag != etag);
  world.clock->seconds -= 3600;
  write(*store, "/apis/users", R"({"path":"again"})");
  CHECK(modified(*store, "/apis/users") == "2027-01-15T08:01:00Z");
}

TEST_CASE("what leaves the family of an API hands its stamp on") {
  Opened world;
  auto store = world.open();
  write(*store, "/apis/users", R"({"path":"users","apiVersionSetId":"/apiVersionSets/u"})");
  write(*store, "/apis/users-v2", R"({"path":"users","apiVersionSetId":"/apiVersionSets/u"})");
  write(*store, "/apis/orders", R"({"path":"orders"})");
  const std::string etag = store->find("/apis/users")->etag;

  SECTION("an operation that comes") {
    world.clock->seconds += 60;
    CHECK(write(*store, "/apis/users/operations/get", "{}").touched ==
          Ids{"/apis/users", "/apis/users/operations/get"});
  }
  SECTION("an operation that goes") {
    write(*store, "/apis/users/operations/get", "{}");
    world.clock->seconds += 60;
    CHECK(erase(*store, "/apis/users/operations/get").touched ==
          Ids{"/apis/users", "/apis/users/operations/get"});
  }
  SECTION("a revision that goes") {
    write(*store, "/apis/users;rev=2", R"({"path":"users"})");
    world.clock->seconds += 60;
    erase(*store, "/apis/users;rev=2");
  }
  SECTION("a member of its version set that goes") {
    world.clock->seconds += 60;
    erase(*store, "/apis/users-v2");
  }
  SECTION("a member of its version set that goes, however they are called") {
    write(*store, "/apis/a", R"({"path":"users","apiVersionSetId":"/apiVersionSets/u"})");
    write(*store, "/apis/users/operations/get", "{}");
    world.clock->seconds += 60;
    erase(*store, "/apis/a");
    CHECK(modified(*store, "/apis/users-v2") == "2027-01-15T08:01:00Z");
  }
  SECTION("a member that leaves its version set") {
    world.clock->seconds += 60;
    write(*store, "/apis/users-v2", R"({"path":"users2"})");
  }
  CHECK(modified(*store, "/apis/users") == "2027-01-15T08:01:00Z");
  CHECK(modified(*store, "/apis/orders") == "2027-01-15T08:00:00Z");
  CHECK(store->find("/apis/users")->etag == etag);
}

TEST_CASE("removing takes what is below, and nothing beside") {
  Opened world;
  auto store = world.open();
  for (const char* id :
       {"/apis/a", "/apis/a/operations/x", "/apis/a/operations/x/policies/policy", "/apis/a-b",
        "/apis/a;rev=2", "/apis/a;rev=2/operations/x", "/gateways/g", "/gateways/g/apis/a"}) {
    write(*store, id, R"({"path":"a"})");
  }
  CHECK(erase(*store, "/apis/a").touched ==
        Ids{"/apis/a", "/apis/a/operations/x", "/apis/a/operations/x/policies/policy"});
  CHECK(ids(*store) == Ids{"/apis/a-b", "/apis/a;rev=2", "/apis/a;rev=2/operations/x",
                           "/gateways/g", "/gateways/g/apis/a"});
  CHECK(store->secret("gateways/g/secondary"));
  erase(*store, "/gateways/g");
  CHECK_FALSE(store->secret("gateways/g/primary"));
  CHECK_FALSE(store->secret("gateways/g/secondary"));
}

TEST_CASE("one bad change spoils its whole commit") {
  Opened world;
  auto store = world.open();
  write(*store, "/apis/a", R"({"path":"a"})");
  const std::vector<std::string> bad{"{", "[]", R"({"a":1,"a":2})"};
  for (const std::string& properties : bad) {
    CHECK_FALSE(store->commit({{"/apis/a", R"({"path":"b"})"}, {"/apis/c", properties}}).ok());
  }
  CHECK_FALSE(store->commit({{"/apis/a", std::nullopt}, {"/nothings/x", "{}"}}).ok());
  CHECK(store->revision() == 1);
  CHECK(ids(*store) == Ids{"/apis/a"});
  CHECK(at(store->find("/apis/a")->resource.json, "/properties/path") == "a");
}

TEST_CASE("a gateway keeps its keys when it is written again") {
  Opened world;
  auto store = world.open();
  write(*store, "/gateways/g", "{}");
  const auto key = store->secret("gateways/g/primary");
  write(*store, "/gateways/g", R"({"description":"here"})");
  CHECK(store->secret("gateways/g/primary") == key);
  CHECK(key != store->secret("gateways/g/secondary"));
  REQUIRE(store->set_secret("gateways/g/primary", "other").ok());
  store.reset();
  CHECK(world.open()->secret("gateways/g/primary") == "other");
}

TEST_CASE("the last 10,000 commits are told, and no more") {
  Opened world;
  auto store = world.open();
  // One statement for what would take 10,000 commits.
  write(*store, "/apis/a", R"({"n":0})");
  store.reset();
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(world.folder.file("db").c_str(), &handle) == SQLITE_OK);
  REQUIRE(
      sqlite3_exec(handle,
                   "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<10000) "
                   "INSERT INTO touched SELECT i,'/apis/a' FROM n; UPDATE meta SET value='10000' "
                   "WHERE name='revision'",
                   nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
  store = world.open();
  CHECK(store->touched_after(0));
  write(*store, "/apis/b", "{}");
  CHECK_FALSE(store->touched_after(0));
  CHECK(store->touched_after(1) == Ids{"/apis/a", "/apis/b"});
  store.reset();
  store = world.open();
  CHECK_FALSE(store->touched_after(0));
  CHECK(store->touched_after(1));
}

TEST_CASE("a database that was put back from a copy has another epoch") {
  Opened world;
  auto store = world.open();
  write(*store, "/apis/a", "{}");
  const std::string epoch = store->epoch();
  store.reset();
  const std::string file = world.folder.file("db");
  std::filesystem::copy_file(file, world.folder.file("copy"));

  SECTION("of an older state") {
    write(*world.open(), "/apis/b", "{}");
    std::filesystem::copy_file(world.folder.file("copy"), file,
                               std::filesystem::copy_options::overwrite_existing);
    store = world.open();
    CHECK(store->epoch() != epoch);
    CHECK(store->epoch().size() == 32);
    CHECK(ids(*store) == Ids{"/apis/a"});
    const std::string second = store->epoch();
    write(*store, "/apis/c", "{}");
    store.reset();
    store = world.open();
    CHECK(store->epoch() == second);
    store.reset();
    // Once more, of an epoch that is no longer the last.
    std::filesystem::copy_file(world.folder.file("copy"), file,
                               std::filesystem::copy_options::overwrite_existing);
    store = world.open();
    CHECK(store->epoch() != second);
    CHECK(store->epoch() != epoch);
  }
  SECTION("whose mark was lost") {
    std::filesystem::remove(file + ".high");
    CHECK(world.open()->epoch() != epoch);
  }
  SECTION("but not one that is as it was") { CHECK(world.open()->epoch() == epoch); }
}

TEST_CASE("nobody else can read the files") {
  Opened world;
  const mode_t before = ::umask(0);
  auto store = world.open();
  write(*store, "/apis/a", "{}");
  ::umask(before);
  for (const char* suffix : {"", "-wal", ".high"})
    CHECK(mode(world.folder.file("db") + suffix) == 0600);
  store.reset();
  REQUIRE(::chmod(world.folder.file("db").c_str(), 0644) == 0);
  store = world.open();
  CHECK(mode(world.folder.file("db")) == 0600);
}

TEST_CASE("what is no database of this program is refused and left as it is") {
  Opened world;
  const std::string file = world.folder.file("db");
  const auto execute = [&](const char* sql) {
    sqlite3* handle = nullptr;
    REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
    REQUIRE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(handle);
  };
  SECTION("text") {
    std::ofstream(file) << std::string(5000, 'x');
    CHECK_THAT(world.refusal(), Catch::Contains("is no database"));
  }
  SECTION("another program's") {
    execute("CREATE TABLE songs(name)");
    CHECK_THAT(world.refusal(), Catch::Contains("of another program"));
  }
  SECTION("a later version's") {
    world.open().reset();
    execute("PRAGMA user_version=2");
    CHECK_THAT(world.refusal(), Catch::Contains("schema version 2"));
  }
  SECTION("damaged pages") {
    {
      auto store = world.open();
      for (int i = 0; i < 200; ++i)
        write(*store, "/apis/a" + std::to_string(i),
              R"({"description":")" + std::string(500, 'd') + "\"}");
    }
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(3 * 4096);
    bytes << std::string(8192, '\xff');
    bytes.close();
    CHECK_THAT(world.refusal(), Catch::Contains("damaged"));
  }
  SECTION("a folder") {
    std::filesystem::create_directory(file);
    CHECK_THAT(world.refusal(), Catch::Contains("cannot be opened"));
  }
  SECTION("in a folder that is not there") {
    CHECK_THAT(world.refusal("no/db"), Catch::Contains("cannot be opened"));
  }
  SECTION("in use") {
    auto store = world.open();
    CHECK_THAT(world.refusal(), Catch::Contains("in use"));
    CHECK(write(*store, "/apis/a", "{}").revision == 1);
  }
}

namespace {

// Writes pairs of resources that belong together until it is killed; says each revision once it is
// acknowledged.
[[noreturn]] void commit_for_ever(const std::string& file, int acknowledged) {
  auto store = Store::open(file, gateway::Environment::system());
  if (!store) ::_exit(2);
  for (std::uint64_t n = (*store)->revision() + 1;; ++n) {
    const std::string properties =
        R"({"n":)" + std::to_string(n) + R"(,"filler":")" + std::string(3000, 'f') + "\"}";
    auto commit = (*store)->commit({{"/apis/left", properties},
                                    {"/products/right", properties},
                                    {"/apis/left/operations/o" + std::to_string(n), properties}});
    if (!commit) ::_exit(3);
    if (::write(acknowledged, &commit->revision, sizeof commit->revision) !=
        sizeof commit->revision)
      ::_exit(4);
  }
}

// The last revision that a writer acknowledged before it was killed at a random moment.
std::uint64_t write_and_kill(const std::string& file, std::mt19937& random) {
  std::array<int, 2> pipe_ends{};
  REQUIRE(::pipe(pipe_ends.data()) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::close(pipe_ends[0]);
    commit_for_ever(file, pipe_ends[1]);
  }
  ::close(pipe_ends[1]);
  const unsigned wanted = 1 + random() % 20;
  std::uint64_t last = 0;
  for (unsigned i = 0; i < wanted; ++i)
    REQUIRE(::read(pipe_ends[0], &last, sizeof last) == sizeof last);
  ::usleep(random() % 3000);  // into the midst of whatever comes next
  ::kill(child, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFSIGNALED(status));
  std::uint64_t more = 0;
  while (::read(pipe_ends[0], &more, sizeof more) == sizeof more) last = more;
  ::close(pipe_ends[0]);
  return last;
}

}  // namespace

TEST_CASE(
    "a writer that is killed at any moment has lost nothing that it acknowledged, and left nothing "
    "half done") {
  Opened world;
  std::mt19937 random(20261124);
  std::string epoch;
  for (int round = 0; round < 30; ++round) {
    const std::uint64_t acknowledged = write_and_kill(world.folder.file("db"), random);
    auto store = world.open();
    INFO("round " << round << ", acknowledged " << acknowledged << ", found " << store->revision());
    REQUIRE(store->revision() >= acknowledged);
    REQUIRE(store->revision() <= acknowledged + 1);
    const std::string number = std::to_string(store->revision());
    CHECK(at(store->find("/apis/left")->resource.json, "/properties/n") == number);
    CHECK(at(store->find("/products/right")->resource.json, "/properties/n") == number);
    CHECK(ids(*store, "/apis/left/operations/").size() == store->revision());
    CHECK(store->touched_after(store->revision() - 1)->size() == 3);
    if (epoch.empty()) epoch = store->epoch();
    CHECK(store->epoch() == epoch);
  }
}
