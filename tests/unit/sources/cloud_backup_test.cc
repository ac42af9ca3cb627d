#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iomanip>
#include <random>
#include <sstream>
#include <thread>

#include "model/canonical.h"
#include "model/document.h"
#include "sources/cloud/backup.h"

using namespace gateway;
using namespace gateway::cloud;

namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kNow = 1'800'000'000;
constexpr std::chrono::seconds kAnyAge{0};
const std::string kKey = "a key of more than 16 bytes";
const std::string kSecret = "marker-secret-value";
const char* const kWriterFolder = "GATEWAY_TEST_BACKUP_FOLDER";

// In memory where the system has such a file system: thousands of files are synced.
class Folder {
 public:
  Folder() {
    const bool usable = ::access("/dev/shm", W_OK) == 0;
    std::string name =
        (usable ? "/dev/shm" : fs::temp_directory_path().string()) + "/backup-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string file(std::uint64_t generation) const {
    std::ostringstream name;
    name << path_ << "/cloud-main." << std::setw(20) << std::setfill('0') << generation
         << ".backup";
    return name.str();
  }
  // Names of its files that end so, sorted.
  [[nodiscard]] std::vector<std::string> ending(const std::string& suffix) const {
    std::vector<std::string> names;
    for (const auto& one : fs::directory_iterator(path_)) {
      const std::string name = one.path().filename().string();
      if (name.ends_with(suffix)) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }

 private:
  std::string path_;
};

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

arm::ResourceSet resources(const std::string& marker, std::size_t count = 3) {
  arm::ResourceSet set;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string text = R"({"id":"/namedValues/n)" + std::to_string(i) +
                             R"(","properties":{"value":")" + marker + R"(","secret":true}})";
    set.upsert(arm::make_resource(parse_json(text, {}, "test").value()).value());
  }
  return set;
}

Backup backup(const arm::ResourceSet& set) {
  Backup made;
  made.resources = set;
  made.epoch = "epoch-1";
  made.revision = "17";
  made.written_at = kNow;
  made.generation = 5;
  return made;
}

BackupStore store(const Folder& folder, const std::string& key = "",
                  const std::string& gateway = "gw", const std::string& name = "main") {
  return BackupStore(folder.path(), name, gateway, key);
}

void save(BackupStore& into, const std::string& revision, const std::string& epoch = "e") {
  const auto saved = into.save(resources("r" + revision), epoch, revision, kNow);
  if (!saved.ok()) FAIL(saved.error().to_string());
  REQUIRE(*saved);
}

BackupStore::Loaded load(const BackupStore& from, std::chrono::seconds max_age = kAnyAge) {
  return from.load(kNow, max_age).value();
}

const std::vector<std::string> kKeys = {"", kKey};

// The permissions that files get are ours alone, not the umask's.
class NoUmask {
 public:
  NoUmask() : before_(::umask(0)) {}
  ~NoUmask() { ::umask(before_); }
  NoUmask(const NoUmask&) = delete;
  NoUmask& operator=(const NoUmask&) = delete;

 private:
  mode_t before_;
};

mode_t mode(const std::string& path) {
  struct stat file {};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  return file.st_mode & 0777;
}

}  // namespace

TEST_CASE("A backup comes back as it was, with a key and without") {
  for (const std::string& key : kKeys) {
    for (const std::size_t count : {0u, 1u, 500u}) {
      const Backup made = backup(resources("\\n\xC3\xA9", count));
      const std::string bytes = encode_backup(made, "gw", key).value();
      const Backup found = decode_backup(bytes, "gw", key).value();
      CHECK(found.resources.digest() == made.resources.digest());
      CHECK(found.resources.size() == count);
      CHECK(found.epoch == "epoch-1");
      CHECK(found.revision == "17");
      CHECK(found.written_at == kNow);
      CHECK(found.generation == 5);
      CHECK(check_backup(bytes, "gw", key).value().revision == "17");
    }
  }
}

TEST_CASE("A backup cut short at any length is not taken") {
  for (const std::string& key : kKeys) {
    const std::string bytes = encode_backup(backup(resources(kSecret, 250)), "gw", key).value();
    REQUIRE(bytes.size() > 20'000);
    REQUIRE(bytes.size() <= 65'536);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto decoded = decode_backup(std::string_view(bytes).substr(0, size), "gw", key);
      if (decoded.ok() || !decoded.error().message.starts_with("torn")) FAIL("taken at " << size);
    }
    CHECK_THAT(decode_backup(bytes + "x", "gw", key).error().message,
               Catch::Contains("after its end"));
  }
}

TEST_CASE("A backup with any byte changed is not taken") {
  std::mt19937 random(3);
  for (const std::string& key : kKeys) {
    std::string bytes = encode_backup(backup(resources(kSecret, 250)), "gw", key).value();
    REQUIRE(decode_backup(bytes, "gw", key).ok());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const char before = bytes[at];
      bytes[at] = static_cast<char>(before ^ static_cast<char>(1 + random() % 255));
      const auto decoded = decode_backup(bytes, "gw", key);
      if (decoded.ok()) FAIL("taken with byte " << at << " changed");
      if (check_backup(bytes, "gw", key).ok()) FAIL("checked with byte " << at << " changed");
      bytes[at] = before;
    }
    REQUIRE(decode_backup(bytes, "gw", key).ok());
  }
}

TEST_CASE("What no backup is made of is refused") {
  CHECK_THAT(decode_backup("", "gw", "").error().message, Catch::Contains("torn"));
  CHECK_THAT(decode_backup("something else", "gw", "").error().message,
             Catch::Contains("no backup"));
  CHECK_THAT(decode_backup(std::string(10'000, '\0'), "gw", "").error().message,
             Catch::Contains("no backup"));
  Backup long_epoch = backup({});
  long_epoch.epoch = std::string(1025, 'e');
  CHECK(encode_backup(long_epoch, "gw", "").error().code == ErrorCode::TooLarge);
}

TEST_CASE("A seal that fits over what are no resources in canonical form does not help") {
  const std::string bytes = encode_backup(backup(resources("x")), "gw", "").value();
  const std::pair<std::string, std::string> table[] = {
      {"{\"id\"", "x\"id\""},                // no JSON
      {"namedValues/n1", "namedVolues/n1"},  // no known kind
      {"namedValues/n1", "namedValues/n0"},  // one that was there before
      {"true", "1e00"},                      // not in canonical form
      {"}}\n", "}} "},                       // no end of a line
  };
  for (const auto& [before, after] : table) {
    INFO(after);
    std::string changed = bytes.substr(0, bytes.size() - 32);
    changed.replace(changed.rfind(before), before.size(), after);
    const Digest seal = sha256(changed);
    changed.append(reinterpret_cast<const char*>(seal.data()), seal.size());
    CHECK(check_backup(changed, "gw", "").ok());
    CHECK_THAT(decode_backup(changed, "gw", "").error().message, Catch::Contains("its line"));
  }
}

TEST_CASE("The same configuration is never encrypted to the same bytes twice") {
  const Backup made = backup(resources(kSecret));
  CHECK(encode_backup(made, "gw", kKey).value() != encode_backup(made, "gw", kKey).value());
}

TEST_CASE("An encrypted backup holds no secret that can be read") {
  const Folder folder;
  auto encrypted = store(folder, kKey), plain = store(folder, "", "gw", "plain");
  REQUIRE(encrypted.save(resources(kSecret), "e", "1", kNow).value());
  REQUIRE(plain.save(resources(kSecret), "e", "1", kNow).value());
  CHECK_THAT(read(folder.file(1)), !Catch::Contains(kSecret) && !Catch::Contains("namedValues"));
  CHECK_THAT(read(folder.path() + "/cloud-plain.00000000000000000001.backup"),
             Catch::Contains(kSecret));
}

TEST_CASE("A store gives back what was saved last and keeps three generations") {
  const Folder folder;
  auto one = store(folder);
  CHECK_FALSE(load(one).backup.has_value());
  CHECK(load(one).notices.empty());
  for (int revision = 1; revision <= 5; ++revision) {
    save(one, std::to_string(revision));
    const auto loaded = load(store(folder));
    REQUIRE(loaded.backup.has_value());
    CHECK(loaded.notices.empty());
    CHECK(loaded.backup->generation == static_cast<std::uint64_t>(revision));
    CHECK(loaded.backup->revision == std::to_string(revision));
    CHECK(loaded.backup->epoch == "e");
    CHECK(loaded.backup->written_at == kNow);
    CHECK(loaded.backup->resources.digest() == resources("r" + std::to_string(revision)).digest());
  }
  CHECK(folder.ending(".backup") ==
        std::vector<std::string>{"cloud-main.00000000000000000003.backup",
                                 "cloud-main.00000000000000000004.backup",
                                 "cloud-main.00000000000000000005.backup"});
  CHECK(folder.ending(".tmp").empty());
}

TEST_CASE("Nobody but the owner may read a backup") {
  const NoUmask none;
  const Folder folder;
  auto one = store(folder);
  save(one, "1");
  CHECK(mode(folder.file(1)) == 0600);
  CHECK(mode(folder.path() + "/cloud-main.lock") == 0600);
}

TEST_CASE(
    "A file that cannot be used is passed over for the generation before, and a notice says why") {
  struct Row {
    std::string reason;
    std::string key;  // of the store
    std::function<void(const Folder&)> spoil;
  };
  const auto replace = [](const std::string& gateway, const std::string& key) {
    return [=](const Folder& folder) {
      Backup other = backup(resources("other"));
      other.generation = 3;
      write(folder.file(3), encode_backup(other, gateway, key).value());
    };
  };
  const auto change = [](const Folder& folder) {
    std::string bytes = read(folder.file(3));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write(folder.file(3), bytes);
  };
  const Row table[] = {
      {"torn", "", [](const Folder& f) { fs::resize_file(f.file(3), 100); }},
      {"torn", kKey, [](const Folder& f) { fs::resize_file(f.file(3), 0); }},
      {"damaged: its checksum", "", change},
      {"damaged: its seal", kKey, change},
      {"no backup", "", [](const Folder& f) { write(f.file(3), "something else"); }},
      {"of gateway \"other\"", "", replace("other", "")},
      {"of gateway \"other\"", kKey, replace("other", kKey)},
      {"another key", kKey, replace("gw", "another key of 16 bytes")},
      {"not encrypted, though there is a key", kKey, replace("gw", "")},
      {"encrypted, and there is no key", "", replace("gw", kKey)},
      {"written as generation 1", "", [](const Folder& f) { write(f.file(3), read(f.file(1))); }},
      {"no regular file", "",
       [](const Folder& f) {
         fs::remove(f.file(3));
         fs::create_directory(f.file(3));
       }},
      {"cannot be opened", "",
       [](const Folder& f) {
         fs::remove(f.file(3));
         fs::create_symlink(f.file(1), f.file(3));
       }},
      {"no regular file", "",
       [](const Folder& f) {
         fs::remove(f.file(3));
         REQUIRE(::mkfifo(f.file(3).c_str(), 0600) == 0);
       }},
      {"larger than 512 MiB", "",
       [](const Folder& f) { fs::resize_file(f.file(3), (512u << 20) + 1); }},
  };
  for (const Row& row : table) {
    INFO(row.reason);
    const Folder folder;
    auto one = store(folder, row.key);
    for (const char* revision : {"1", "2", "3"}) save(one, revision);
    row.spoil(folder);
    const auto loaded = load(one);
    REQUIRE(loaded.backup.has_value());
    CHECK(loaded.backup->generation == 2);
    CHECK(loaded.backup->resources.digest() == resources("r2").digest());
    REQUIRE(loaded.notices.size() == 1);
    const std::string& notice = loaded.notices.front();
    CHECK_THAT(notice, Catch::Contains(folder.file(3) + " is not used: ") &&
                           Catch::Contains(row.reason) &&
                           Catch::Contains("; " + folder.file(2) + " is used instead"));
    CHECK_THAT(notice, !Catch::Contains(kKey));

    // And the next save goes on from there.
    save(one, "4");
    CHECK(load(one).backup->generation == 4);
    CHECK(load(one).notices.empty());
  }
}

TEST_CASE("The loader falls back wherever the newest file was cut or changed") {
  std::mt19937 random(5);
  for (const std::string& key : kKeys) {
    const Folder folder;
    auto one = store(folder, key);
    save(one, "1");
    save(one, "2");
    const std::string bytes = read(folder.file(2));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      if (random() % 2 == 0) {
        changed.resize(at);
      } else {
        changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1 + random() % 255));
      }
      write(folder.file(2), changed);
      const auto loaded = load(one);
      if (!loaded.backup || loaded.backup->revision != "1" || loaded.notices.size() != 1) {
        FAIL("not passed over at " << at);
      }
    }
  }
}

TEST_CASE("Nothing is used where every generation is broken, and each is named") {
  const Folder folder;
  auto one = store(folder);
  for (const char* revision : {"1", "2", "3"}) save(one, revision);
  for (const std::uint64_t generation : {1u, 2u, 3u}) fs::resize_file(folder.file(generation), 50);
  const auto loaded = load(one);
  CHECK_FALSE(loaded.backup.has_value());
  CHECK(loaded.notices.size() == 3);
  for (const std::string& notice : loaded.notices) {
    CHECK_THAT(notice, Catch::Contains("torn") && !Catch::Contains("instead"));
  }
}

TEST_CASE("A backup older than allowed is not used") {
  const Folder folder;
  auto one = store(folder);
  save(one, "1");
  using std::chrono::seconds;
  CHECK(one.load(kNow + 60, seconds(60)).value().backup.has_value());
  const auto loaded = one.load(kNow + 61, seconds(60)).value();
  CHECK_FALSE(loaded.backup.has_value());
  REQUIRE(loaded.notices.size() == 1);
  CHECK_THAT(loaded.notices[0], Catch::Contains("too old: written 2027-01-15T08:00:00Z"));
  CHECK(one.load(kNow + 1'000'000, seconds(0)).value().backup.has_value());
  CHECK(one.load(kNow - 1'000'000, seconds(60)).value().backup.has_value());  // a clock put back
}

TEST_CASE("A replica that is behind does not overwrite what is newer") {
  const Folder folder;
  auto one = store(folder), two = store(folder);
  save(one, "9");
  save(two, "10");
  CHECK_FALSE(one.save(resources("old"), "e", "9", kNow).value());
  CHECK(load(two).backup->generation == 2);
  CHECK_FALSE(store(folder).save(resources("old"), "e", "9", kNow).value());  // a new process
  save(one, "10");  // the same again, with its new time
  save(one, "11");
  save(two, "3", "other epoch");  // a restored database
  save(two, "b");                 // revisions that have no order
  save(two, "a");
  CHECK(load(one).backup->generation == 7);
}

TEST_CASE("A newest file that cannot be read holds nobody back") {
  const Folder folder;
  auto one = store(folder);
  save(one, "5");
  save(one, "9");
  fs::resize_file(folder.file(2), 99);
  CHECK_FALSE(one.save(resources("old"), "e", "4", kNow).value());
  save(one, "6");
  CHECK(load(one).backup->revision == "6");
  CHECK(load(one).backup->generation == 3);
}

TEST_CASE("An old file under a new name holds nobody back") {
  const Folder folder;
  auto one = store(folder);
  save(one, "9");
  save(one, "1", "other epoch");
  fs::copy_file(folder.file(1), folder.file(3));
  auto another = store(folder);
  save(another, "5");
  CHECK(load(one).backup->generation == 4);
}

TEST_CASE("Stores of other sources in one folder do not meet") {
  const Folder folder;
  auto main = store(folder), other = store(folder, "", "gw", "main.2"),
       strange = store(folder, "", "gw", "../\xC3\xA9/x");
  save(main, "1");
  save(other, "2");
  save(strange, "3");
  CHECK(load(main).backup->revision == "1");
  CHECK(load(other).backup->revision == "2");
  CHECK(load(strange).backup->revision == "3");
  CHECK(folder.ending(".backup").size() == 3);
}

TEST_CASE("Files of other names in the folder count for nothing") {
  const Folder folder;
  auto one = store(folder);
  save(one, "1");
  for (const char* name :
       {"cloud-main.backup", "cloud-main.7.backup", "cloud-main.9999999999999999999x.backup",
        "cloud-main.99999999999999999999.backup", "ledger.0"}) {
    write(folder.path() + "/" + name, "x");
  }
  save(one, "2");
  CHECK(load(one).backup->generation == 2);
  CHECK(load(one).notices.empty());
}

TEST_CASE("A folder that is not there is an Error") {
  const Folder folder;
  BackupStore none(folder.path() + "/none", "main", "gw", "");
  CHECK(none.load(kNow, kAnyAge).error().code == ErrorCode::Unavailable);
  CHECK(none.save({}, "e", "1", kNow).error().code == ErrorCode::Unavailable);
}

TEST_CASE("Where generations are used up, nothing is written") {
  const Folder folder;
  auto one = store(folder);
  write(folder.file(UINT64_MAX), "x");
  const auto saved = one.save({}, "e", "1", kNow);
  REQUIRE_FALSE(saved.ok());
  CHECK_THAT(saved.error().message, Catch::Contains("remove the file"));
}

TEST_CASE("A disk without room leaves what was there") {
  const Folder folder;
  auto one = store(folder);
  save(one, "1");
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto xfsz = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{200, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto saved = one.save(resources("r2", 50), "e", "2", kNow);
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  ::signal(SIGXFSZ, xfsz);
  REQUIRE_FALSE(saved.ok());
  CHECK(saved.error().retryable);
  CHECK(load(one).backup->revision == "1");
  CHECK(load(one).notices.empty());
  CHECK(folder.ending(".tmp").empty());
  save(one, "2");
}

TEST_CASE("What killed writers left behind goes after a minute") {
  const Folder folder;
  auto one = store(folder);
  const std::string old = folder.path() + "/cloud-main.00000000000000000001.aa.tmp";
  const std::string fresh = folder.path() + "/cloud-main.00000000000000000001.bb.tmp";
  const std::string others = folder.path() + "/cloud-other.00000000000000000001.cc.tmp";
  for (const std::string& path : {old, fresh, others}) write(path, "x");
  for (const std::string& path : {old, others}) {
    fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::minutes(2));
  }
  save(one, "1");
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(fresh));
  CHECK(fs::exists(others));
}

TEST_CASE("Two replicas save at once, and a third reads all the while") {
  const Folder folder;
  auto first = store(folder, kKey);
  save(first, "0");
  constexpr int kSaves = 300;
  std::atomic<int> written{0}, running{2};
  const auto replica = [&](const std::string& epoch) {
    auto own = store(folder, kKey);
    const arm::ResourceSet set = resources(epoch, 200);
    for (int i = 0; i < kSaves; ++i) {
      const auto saved = own.save(set, epoch, std::to_string(i), kNow);
      if (saved.ok() && *saved) ++written;
    }
    --running;
  };
  std::string problem;
  const auto reader = [&] {
    std::uint64_t newest = 0;
    while (running != 0 && problem.empty()) {
      const auto loaded = store(folder, kKey).load(kNow, kAnyAge);
      if (!loaded.ok()) {
        problem = loaded.error().to_string();
      } else if (!loaded->notices.empty()) {
        problem = loaded->notices.front();
      } else if (!loaded->backup || loaded->backup->generation < newest) {
        problem = "an older generation after a newer one";
      } else {
        newest = loaded->backup->generation;
      }
    }
  };
  std::thread a(replica, "a"), b(replica, "b"), c(reader);
  a.join();
  b.join();
  c.join();
  CHECK(problem == "");
  CHECK(written == 2 * kSaves);
  CHECK(load(first).backup->generation == 2 * kSaves + 1);
  CHECK(folder.ending(".backup").size() == 3);
  CHECK(folder.ending(".tmp").empty());
}

// What the writer saves as `revision`: much of it, so that writing is what it is killed in.
arm::ResourceSet large(const std::string& revision) {
  static const arm::ResourceSet base = resources(std::string(1000, 'x'), 2000);
  arm::ResourceSet set = base;
  const std::string text = R"({"id":"/tags/t","properties":{"revision":")" + revision + R"("}})";
  set.upsert(arm::make_resource(parse_json(text, {}, "test").value()).value());
  return set;
}

// Run by the test below in a process of its own: saves until it is killed.
TEST_CASE("A writer that goes on until it is killed", "[.backup-writer]") {
  const char* folder = std::getenv(kWriterFolder);
  REQUIRE(folder != nullptr);
  ::umask(0);
  BackupStore own(folder, "main", "gw", kKey);
  const auto found = own.load(kNow, kAnyAge).value();
  std::uint64_t revision = found.backup ? std::stoull(found.backup->revision) : 0;
  for (;;) {
    const std::string text = std::to_string(++revision);
    REQUIRE(own.save(large(text), "e", text, kNow).value());
  }
}

TEST_CASE("A writer killed at any moment leaves a sound backup") {
  const Folder folder;
  REQUIRE(::setenv(kWriterFolder, folder.path().c_str(), 1) == 0);
  std::mt19937 random(std::random_device{}());
  auto own = store(folder, kKey);
  std::uint64_t newest = 0;
  for (int kill = 0; kill < 50; ++kill) {
    const char* arguments[] = {"unit_sources", "[.backup-writer]", "-o", "/dev/null", nullptr};
    pid_t child = 0;
    REQUIRE(::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(arguments),
                          environ) == 0);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    const auto writes = [&] {
      const auto names = folder.ending(".backup");
      return !names.empty() && names.back() > fs::path(folder.file(newest)).filename().string();
    };
    while (!writes() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    const bool wrote = writes();
    // Not a wait for anything: the moment of the kill is what varies.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 5000));
    REQUIRE(::kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(wrote);
    REQUIRE(WIFSIGNALED(status));

    const auto loaded = load(own);
    REQUIRE(loaded.backup.has_value());
    REQUIRE(loaded.notices.empty());
    REQUIRE(loaded.backup->generation > newest);
    newest = loaded.backup->generation;
    REQUIRE(loaded.backup->resources.digest() == large(loaded.backup->revision).digest());
    for (const std::string& name : folder.ending(".tmp")) {
      CHECK(mode(folder.path() + "/" + name) == 0600);
    }
  }
  ::unsetenv(kWriterFolder);
}
