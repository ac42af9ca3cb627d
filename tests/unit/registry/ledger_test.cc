#include <catch2/catch.hpp>

#include <signal.h>
#include <sys/resource.h>

#include <fstream>
#include <sstream>

#include "fixture.h"
#include "registry/ledger.h"

using namespace gateway;
using namespace gateway::test;

namespace {

LedgerEntry entry(std::int64_t stamp, const std::string& key = "h\x01/users\x01P") {
  LedgerEntry made;
  made.key = key;
  made.content = sha256(key + std::to_string(stamp));
  made.scope = "cluster\nepoch";
  made.identity = "uid-1";
  made.generation = 3;
  made.given = stamp - 1;
  made.stamp = stamp;
  made.observed = true;
  return made;
}

std::unique_ptr<Ledger> open(const Folder& folder) { return Ledger::open(folder.path()).value(); }

using Entries = std::map<std::string, LedgerEntry>;
Entries entries(const Ledger& ledger, const std::string& source = "s") {
  Entries all;
  ledger.for_each(source, [&](const std::string& id, const LedgerEntry& one) { all[id] = one; });
  return all;
}

std::string file(const Folder& folder, const std::string& name = "ledger.0") {
  return folder.path() + "/" + name;
}

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::vector<std::string> moved_aside(const Folder& folder) {
  std::vector<std::string> found;
  for (const auto& one : std::filesystem::directory_iterator(folder.path())) {
    if (one.path().filename().string().find(".damaged-") != std::string::npos)
      found.push_back(one.path().string());
  }
  return found;
}

// Three records of source "s"; `sizes` are those of the file after each.
struct Written {
  Folder folder;
  Entries all;
  std::vector<std::size_t> sizes;
  std::string bytes;

  Written() {
    const auto ledger = open(folder);
    sizes.push_back(std::filesystem::file_size(file(folder)));
    for (int i = 1; i <= 3; ++i) {
      const std::string id = "api-" + std::to_string(i);
      all[id] = entry(i * 100);
      ledger->put("s", id, all[id]);
      REQUIRE(ledger->commit());
      sizes.push_back(std::filesystem::file_size(file(folder)));
    }
    bytes = read(file(folder));
  }
};

// No file grows past `bytes` while this lives: a full disk, for this process.
class FullDisk {
 public:
  explicit FullDisk(std::size_t bytes) {
    old_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &old_limit_);
    rlimit limit = old_limit_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &old_limit_);
    ::signal(SIGXFSZ, old_handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int) = nullptr;
};

}  // namespace

TEST_CASE("what was committed is known again, field by field; what was not is forgotten") {
  const Folder folder;
  LedgerEntry bare;
  LedgerEntry full = entry(1'763'886'600, std::string("*.example\x01/a b\"\xc3\xa4\x01") + "E");
  full.case_sensitive = false;
  full.given.reset();
  full.generation = 1'000'000'000'000;
  full.observed = false;
  {
    const auto ledger = open(folder);
    CHECK(ledger->durable());
    CHECK(ledger->notice().empty());
    ledger->put("ingress", "bare", bare);
    ledger->put("ingress", "full", entry(1));
    ledger->put("ingress", "full", full);
    ledger->put("file", "full", entry(7));
    ledger->put("file", "gone", entry(8));
    ledger->erase("file", "gone");
    ledger->erase("file", "never there");
    REQUIRE(ledger->commit());
    ledger->put("file", "late", entry(9));
    CHECK(ledger->find("file", "late"));
  }
  const auto again = open(folder);
  CHECK(entries(*again, "ingress") == Entries{{"bare", bare}, {"full", full}});
  CHECK(entries(*again, "file") == Entries{{"full", entry(7)}});
  CHECK(entries(*again, "cloud").empty());
  CHECK(*again->find("ingress", "full") == full);
  CHECK_FALSE(again->find("ingress", "late"));
  CHECK_FALSE(again->find("nobody", "full"));
}

TEST_CASE("without a folder nothing is remembered, and nothing fails") {
  const auto none = Ledger::open("").value();
  CHECK_FALSE(none->durable());
  none->put("s", "a", entry(1));
  CHECK_FALSE(none->find("s", "a"));
  CHECK(none->commit());
}

TEST_CASE("a torn last record is cut off, wherever it is torn") {
  const Written written;
  Entries two = written.all;
  two.erase("api-3");
  for (std::size_t size = written.sizes[2]; size < written.sizes[3]; ++size) {
    INFO("torn at " << size);
    const Folder folder;
    write(file(folder), written.bytes.substr(0, size));
    {
      const auto ledger = open(folder);
      CHECK(ledger->notice().empty());
      CHECK(entries(*ledger) == two);
      ledger->put("s", "api-4", entry(400));
      REQUIRE(ledger->commit());
    }
    CHECK(moved_aside(folder).empty());
    Entries and_more = two;
    and_more["api-4"] = entry(400);
    CHECK(entries(*open(folder)) == and_more);
  }
}

TEST_CASE(
    "a damaged file is moved aside with a notice, and every record that can be read is kept") {
  const Written written;
  const std::size_t header = 16;
  for (std::size_t at = 0; at < written.bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      INFO("byte " << at << " of " << written.bytes.size() << " flipped by " << flip);
      const Folder folder;
      std::string bytes = written.bytes;
      bytes[at] = static_cast<char>(bytes[at] ^ flip);
      write(file(folder), bytes);
      const auto ledger = open(folder);
      CHECK(ledger->durable());
      CHECK(ledger->notice().find("ledger.0") != std::string::npos);
      REQUIRE(moved_aside(folder).size() == 1);
      CHECK(read(moved_aside(folder).front()) == bytes);

      Entries expected = written.all;
      for (std::size_t i = 0; i < 3; ++i) {
        if (at < written.sizes[0]) expected.clear();  // not ours
        if (at < written.sizes[i] || at >= written.sizes[i + 1]) continue;
        // Where a size is damaged, nothing after it can be told apart.
        const bool size_damaged = at < written.sizes[i] + header - 8;
        for (std::size_t lost = i; lost < (size_damaged ? 3 : i + 1); ++lost) {
          expected.erase("api-" + std::to_string(lost + 1));
        }
      }
      CHECK(entries(*ledger) == expected);
      CHECK(entries(*Ledger::open(folder.path()).value()) == expected);
    }
  }
}

TEST_CASE("what is no ledger at all is moved aside") {
  for (const char* text : {"GW", "{\"some\": \"json\"}\n", "GWLEDGR2 of another version"}) {
    INFO(text);
    const Folder folder;
    write(file(folder), text);
    const auto ledger = open(folder);
    CHECK(ledger->notice().find("it is no ledger of this version") != std::string::npos);
    REQUIRE(moved_aside(folder).size() == 1);
    CHECK(read(moved_aside(folder).front()) == text);
    CHECK(entries(*ledger).empty());
  }
  const Folder folder;
  write(file(folder), "");
  CHECK(open(folder)->notice().empty());
}

TEST_CASE(
    "two gateways in one folder take different files; the second begins with what the first "
    "knows") {
  const Folder folder;
  auto first = open(folder);
  first->put("s", "a", entry(1));
  REQUIRE(first->commit());
  auto second = open(folder);
  CHECK(entries(*second) == Entries{{"a", entry(1)}});
  first->put("s", "a", entry(2));
  second->put("s", "a", entry(3));
  REQUIRE(first->commit());
  REQUIRE(second->commit());
  CHECK(std::filesystem::exists(file(folder, "ledger.1")));

  second.reset();
  second = open(folder);  // its own, not the first one's
  CHECK(entries(*second) == Entries{{"a", entry(3)}});
  first.reset();
  CHECK(entries(*open(folder)) == Entries{{"a", entry(2)}});
}

TEST_CASE("a gateway that finds the file of another one damaged leaves it where it is") {
  const Folder folder;
  auto first = open(folder);
  first->put("s", "a", entry(1));
  first->put("s", "b", entry(2));
  REQUIRE(first->commit());
  std::string bytes = read(file(folder));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  // In place: the first one goes on writing to it.
  std::fstream(file(folder), std::ios::binary | std::ios::in | std::ios::out) << bytes;
  const auto second = open(folder);
  CHECK(second->notice().find("what is still readable is taken over") != std::string::npos);
  CHECK(entries(*second) == Entries{{"a", entry(1)}});
  CHECK(moved_aside(folder).empty());
  CHECK(read(file(folder)) == bytes);
}

TEST_CASE("a folder that cannot be written is an Error that names it") {
  const Folder folder;
  write(file(folder, "plain"), "");
  for (const char* name : {"missing", "plain"}) {
    const auto refused = Ledger::open(file(folder, name));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().where == file(folder, name));
    CHECK(refused.error().message.find("cannot be written") != std::string::npos);
  }
}

TEST_CASE(
    "after a commit that failed nothing is durable any more, and known is what the next start "
    "would find") {
  SECTION("the folder is gone") {
    auto folder = std::make_unique<Folder>();
    const auto ledger = open(*folder);
    ledger->put("s", "a", entry(1));
    REQUIRE(ledger->commit());
    folder.reset();
    ledger->put("s", "a", entry(2));
    const auto failed = ledger->commit();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().message.find("changes are no longer observed") != std::string::npos);
    CHECK_FALSE(ledger->durable());
    CHECK(entries(*ledger).empty());
    ledger->put("s", "a", entry(3));
    CHECK(entries(*ledger).empty());
    CHECK(ledger->commit());
  }
  SECTION("the disk is full, at any byte of the record") {
    const Written written;
    for (std::size_t size = written.sizes[3];
         size < written.sizes[3] + (written.sizes[3] - written.sizes[2]); size += 7) {
      INFO("full at " << size);
      const Folder folder;
      write(file(folder), written.bytes);
      {
        const auto ledger = open(folder);
        ledger->put("s", "api-1", entry(900));
        ledger->erase("s", "api-2");
        {
          const FullDisk full(size);
          CHECK_FALSE(ledger->commit());
        }
        CHECK_FALSE(ledger->durable());
        CHECK(entries(*ledger) == written.all);
      }
      const auto again = open(folder);
      CHECK(again->notice().empty());
      CHECK(entries(*again) == written.all);
    }
  }
  SECTION("the disk is full when the file is written anew") {
    const Folder folder;
    const auto ledger = open(folder);
    ledger->put("s", "a", entry(1));
    REQUIRE(ledger->commit());
    for (int i = 0; i < 1100; ++i) ledger->put("s", "a", entry(i));
    {
      const FullDisk full(20);
      CHECK_FALSE(ledger->commit());
    }
    CHECK_FALSE(ledger->durable());
    CHECK(entries(*ledger) == Entries{{"a", entry(1)}});
    CHECK_FALSE(std::filesystem::exists(file(folder, "ledger.0.new")));
  }
}

TEST_CASE("a file that was taken away is written anew, whole") {
  const Folder folder;
  {
    const auto ledger = open(folder);
    ledger->put("s", "a", entry(1));
    REQUIRE(ledger->commit());
    std::filesystem::remove(file(folder));
    ledger->put("s", "b", entry(2));
    REQUIRE(ledger->commit());
    CHECK(ledger->durable());
  }
  CHECK(entries(*open(folder)) == Entries{{"a", entry(1)}, {"b", entry(2)}});
}

TEST_CASE(
    "the file stays small however often stamps change, and what a crash left of a new one is "
    "nothing") {
  const Folder folder;
  {
    const auto ledger = open(folder);
    const std::size_t empty = std::filesystem::file_size(file(folder));
    ledger->put("s", "gone", entry(1));
    ledger->put("s", "kept", entry(1));
    REQUIRE(ledger->commit());
    const std::size_t record = (std::filesystem::file_size(file(folder)) - empty) / 2;
    ledger->erase("s", "gone");
    for (int i = 0; i < 20'000; ++i) {
      ledger->put("s", "kept", entry(i));
      if (i % 10 == 0) REQUIRE(ledger->commit());
    }
    REQUIRE(ledger->commit());
    CHECK(std::filesystem::file_size(file(folder)) < 1200 * (record + 8));
  }
  write(file(folder, "ledger.0.new"), "half of a reco");
  const auto again = open(folder);
  CHECK(again->notice().empty());
  CHECK(entries(*again) == Entries{{"kept", entry(19'999)}});
  CHECK_FALSE(std::filesystem::exists(file(folder, "ledger.0.new")));
}
