#include "database_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "keys.h"

namespace configd {
namespace {

using gateway::Error;
using gateway::ErrorCode;
using gateway::Result;

constexpr std::int64_t kApplicationId = 0x67776364;  // "gwcd"
constexpr std::int64_t kSchemaVersion = 1;

constexpr const char* kSchema = R"(
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resources(id TEXT PRIMARY KEY, json TEXT NOT NULL, etag TEXT NOT NULL,
                       created INTEGER NOT NULL, modified INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE touched(revision INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY(revision, id)) WITHOUT ROWID;
CREATE TABLE secrets(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
)";

// The mode is set before SQLite opens the file: it gives the files beside it the same.
Result<void> make_private(const std::string& file) {
  const auto failed = [&] {
    Error error;
    error.code = ErrorCode::Unavailable;
    error.origin = "store";
    error.message = std::string("the database cannot be opened: ") + std::strerror(errno);
    error.where = file;
    return error;
  };
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return failed();
  struct stat status {};
  const bool ok = ::fstat(fd, &status) == 0;
  const bool regular = ok && S_ISREG(status.st_mode);
  ::close(fd);
  if (!ok) return failed();
  if (!regular) return broken(file, "is no regular file");
  return {};
}

Result<void> restrict_mode(const std::string& file) {
  for (const char* suffix : {"", "-wal"}) {
    const std::string path = file + suffix;
    if (::chmod(path.c_str(), 0600) != 0 && errno != ENOENT) {
      return broken(path, std::string("its mode cannot be set to 0600: ") + std::strerror(errno));
    }
  }
  return {};
}

// An empty file gets the schema; one that another program or another version made is refused.
Result<void> adopt(Database& database, const gateway::Entropy& entropy) {
  auto application = database.integer("PRAGMA application_id");
  if (!application) return application.error();
  auto version = database.integer("PRAGMA user_version");
  if (!version) return version.error();
  auto tables = database.integer("SELECT count(*) FROM sqlite_master");
  if (!tables) return tables.error();
  if (*application == 0 && *tables == 0) {
    const std::string sql =
        std::string("BEGIN IMMEDIATE;") + kSchema + "INSERT INTO meta VALUES('epoch','" +
        new_subscription_key(entropy) +
        "'),('revision','0');PRAGMA application_id=" + std::to_string(kApplicationId) +
        ";PRAGMA user_version=" + std::to_string(kSchemaVersion) + ";COMMIT";
    return database.execute(sql.c_str());
  }
  if (*application != kApplicationId)
    return broken(database.file(), "is the database of another program");
  if (*version != kSchemaVersion) {
    return broken(database.file(), "has schema version " + std::to_string(*version) +
                                       "; this program knows " + std::to_string(kSchemaVersion));
  }
  auto check = database.text("PRAGMA quick_check(1)");
  if (!check) return check.error();
  if (*check != "ok") return database.error(SQLITE_CORRUPT);
  return {};
}

}  // namespace

Result<Database> open_database(const std::string& file, const gateway::Entropy& entropy) {
  if (auto made = make_private(file); !made) return made.error();
  auto database = Database::open(file);
  if (!database) return database.error();
  // One process alone: what is kept in memory would not see another's commits.
  if (auto set = database->execute("PRAGMA locking_mode=EXCLUSIVE"); !set) return set.error();
  if (auto adopted = adopt(*database, entropy); !adopted) return adopted.error();
  if (auto set = restrict_mode(file); !set) return set.error();
  auto journal = database->text("PRAGMA journal_mode=WAL");
  if (!journal) return journal.error();
  if (*journal != "wal") return broken(file, "cannot keep a write-ahead log beside it");
  if (auto set = database->execute("PRAGMA synchronous=FULL"); !set) return set.error();
  if (auto locked = database->execute("BEGIN IMMEDIATE;COMMIT"); !locked) return locked.error();
  return database;
}

}  // namespace configd
