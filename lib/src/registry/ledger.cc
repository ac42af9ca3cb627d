#include "registry/ledger.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace gateway {
namespace {

constexpr std::string_view kMagic = "GWLEDGR1";
constexpr std::size_t kChecksum = 8;            // of SHA-256
constexpr std::size_t kHeader = 8 + kChecksum;  // the size, guarded, and the payload's checksum
constexpr int kMaxFiles = 64;
enum class Op : char { Put = 'P', Erase = 'E' };

Error failed(const std::string& what, const std::string& path) {
  return Error{ErrorCode::Unavailable, "ledger", what + ": " + std::strerror(errno), path};
}

void put_number(std::string& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

// Reads what put_number and put_text wrote; after any failure ok() is false and values are empty.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number() {
    if (bytes_.size() < 8) return fail();
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(bytes_[static_cast<std::size_t>(i)])}
               << (8 * i);
    bytes_.remove_prefix(8);
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > bytes_.size()) return fail(), std::string();
    std::string out(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return out;
  }
  [[nodiscard]] bool ok() const noexcept { return ok_ && bytes_.empty(); }

 private:
  std::uint64_t fail() {
    ok_ = false;
    bytes_ = {};
    return 0;
  }
  std::string_view bytes_;
  bool ok_ = true;
};

// A size with a guard in its upper half: a record that ends after the file is torn, a size that was
// never written is damage.
std::uint64_t guarded(std::uint32_t size) {
  return std::uint64_t{(size ^ 0x9e3779b9U) * 0x85ebca6bU} << 32 | size;
}

std::string frame(std::string_view payload) {
  std::string out;
  put_number(out, guarded(static_cast<std::uint32_t>(payload.size())));
  const Digest digest = sha256(payload);
  out.append(reinterpret_cast<const char*>(digest.data()), kChecksum);
  out += payload;
  return out;
}

std::string put_record(std::string_view source, std::string_view id, const LedgerEntry& entry) {
  std::string payload(1, static_cast<char>(Op::Put));
  put_text(payload, source);
  put_text(payload, id);
  put_text(payload, entry.key);
  put_number(payload, entry.case_sensitive ? 1 : 0);
  put_text(payload, {reinterpret_cast<const char*>(entry.content.data()), entry.content.size()});
  put_text(payload, entry.scope);
  put_text(payload, entry.identity);
  put_number(payload, static_cast<std::uint64_t>(entry.generation));
  put_number(payload, entry.given ? 1 : 0);
  put_number(payload, static_cast<std::uint64_t>(entry.given.value_or(0)));
  put_number(payload, static_cast<std::uint64_t>(entry.stamp));
  put_number(payload, entry.observed ? 1 : 0);
  return frame(payload);
}

std::string erase_record(std::string_view source, std::string_view id) {
  std::string payload(1, static_cast<char>(Op::Erase));
  put_text(payload, source);
  put_text(payload, id);
  return frame(payload);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool read_all(int fd, std::string& out) {
  char buffer[65536];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) return true;
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

bool sync_folder(const std::string& folder) {
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool ok = ::fsync(fd) == 0;
  ::close(fd);
  return ok;
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& folder) {
  std::unique_ptr<Ledger> ledger(new Ledger);
  if (folder.empty()) return ledger;
  ledger->folder_ = folder;
  for (int i = 0; i < kMaxFiles; ++i) {
    const std::string path = folder + "/ledger." + std::to_string(i);
    const int lock = ::open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) return failed("the folder cannot be written", folder);
    if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
      ::close(lock);  // another gateway's
      continue;
    }
    ledger->lock_fd_ = lock;
    // A gateway that joins a folder begins with what the first one knows.
    const std::string from = ::access(path.c_str(), F_OK) == 0 ? path : folder + "/ledger.0";
    ledger->path_ = path;
    if (auto loaded = ledger->load(from); !loaded) return std::move(loaded).error();
    if (auto compacted = ledger->compact(); !compacted) return std::move(compacted).error();
    return ledger;
  }
  return Error{ErrorCode::Unavailable, "ledger", "64 other gateways use this folder", folder};
}

Ledger::~Ledger() {
  if (fd_ >= 0) ::close(fd_);
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

Result<void> Ledger::load(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return {};
    return failed("cannot be read", path);
  }
  std::string bytes;
  const bool read = read_all(fd, bytes);
  ::close(fd);
  if (!read) return failed("cannot be read", path);

  const std::string damage = replay(bytes);
  if (damage.empty()) return {};
  if (path != path_) {  // the owner's to repair
    notice_ = path + ": " + damage + "; what is still readable is taken over";
    return {};
  }
  const std::string aside = path + ".damaged-" + std::to_string(std::time(nullptr));
  if (::rename(path.c_str(), aside.c_str()) != 0)
    return failed("is damaged and cannot be moved aside", path);
  notice_ = path + ": " + damage + "; moved to " + aside + ", what is still readable is kept";
  return {};
}

std::string Ledger::replay(std::string_view bytes) {
  if (bytes.empty()) return "";
  if (!bytes.starts_with(kMagic)) return "it is no ledger of this version";
  std::string damage;
  std::string_view rest = bytes.substr(kMagic.size());
  while (rest.size() >= kHeader) {
    const std::uint64_t header = Reader(rest.substr(0, 8)).number();
    const auto size = static_cast<std::uint32_t>(header);
    // Where this record ends, and the next begins, cannot be told.
    if (header != guarded(size) || size == 0) return "a record has no valid size";
    if (rest.size() < kHeader + size) break;  // torn
    const std::string_view payload = rest.substr(kHeader, size);
    if (std::memcmp(sha256(payload).data(), rest.data() + 8, kChecksum) != 0) {
      damage = "a record fails its checksum";
    } else if (!replay_record(payload)) {
      damage = "a record does not parse";
    }
    rest.remove_prefix(kHeader + size);
  }
  return damage;
}

bool Ledger::replay_record(std::string_view payload) {
  Reader in(payload.substr(1));
  const std::string source = in.text(), id = in.text();
  if (payload[0] == static_cast<char>(Op::Erase)) {
    if (!in.ok()) return false;
    if (auto at = sources_.find(source); at != sources_.end()) at->second.erase(id);
    return true;
  }
  LedgerEntry entry;
  entry.key = in.text();
  entry.case_sensitive = in.number() != 0;
  const std::string content = in.text();
  entry.scope = in.text();
  entry.identity = in.text();
  entry.generation = static_cast<std::int64_t>(in.number());
  const bool has_given = in.number() != 0;
  const auto given = static_cast<std::int64_t>(in.number());
  if (has_given) entry.given = given;
  entry.stamp = static_cast<std::int64_t>(in.number());
  entry.observed = in.number() != 0;
  if (payload[0] != static_cast<char>(Op::Put) || !in.ok() ||
      content.size() != entry.content.size())
    return false;
  std::memcpy(entry.content.data(), content.data(), content.size());
  sources_[source][id] = std::move(entry);
  return true;
}

const LedgerEntry* Ledger::find(std::string_view source, std::string_view id) const {
  const auto entries = sources_.find(source);
  if (entries == sources_.end()) return nullptr;
  const auto at = entries->second.find(id);
  return at == entries->second.end() ? nullptr : &at->second;
}

void Ledger::put(std::string_view source, std::string_view id, LedgerEntry entry) {
  if (!durable()) return;
  pending_ += put_record(source, id, entry);
  ++records_;
  auto entries = sources_.find(source);
  if (entries == sources_.end()) entries = sources_.emplace(std::string(source), Entries()).first;
  entries->second.insert_or_assign(std::string(id), std::move(entry));
}

void Ledger::erase(std::string_view source, std::string_view id) {
  const auto entries = sources_.find(source);
  if (!durable() || entries == sources_.end()) return;
  const auto at = entries->second.find(id);
  if (at == entries->second.end()) return;
  entries->second.erase(at);
  pending_ += erase_record(source, id);
  ++records_;
}

Result<void> Ledger::commit() {
  if (!durable() || pending_.empty()) return {};
  std::size_t live = 0;
  for (const auto& [source, entries] : sources_) live += entries.size();
  struct stat file {};
  const bool vanished = ::fstat(fd_, &file) != 0 || file.st_nlink == 0;
  auto written = vanished || records_ > 4 * live + 1000 ? compact() : append();
  pending_.clear();
  if (written) return {};
  ::close(fd_);
  fd_ = -1;
  sources_.clear();
  (void)load(path_);
  Error error = std::move(written).error();
  error.message += "; changes are no longer observed, and the stamps that sources give decide";
  return error;
}

Result<void> Ledger::append() {
  if (write_all(fd_, pending_) && ::fdatasync(fd_) == 0) return {};
  return failed("cannot be written", path_);
}

// Writes all entries to a new file and puts it in the place of the old one.
Result<void> Ledger::compact() {
  const std::string fresh = path_ + ".new";  // the file's lock is ours
  const int fd = ::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return failed("cannot be written", fresh);
  std::string bytes(kMagic);
  records_ = 0;
  for (const auto& [source, entries] : sources_) {
    for (const auto& [id, entry] : entries) {
      bytes += put_record(source, id, entry);
      ++records_;
    }
  }
  if (!write_all(fd, bytes) || ::fsync(fd) != 0 || ::rename(fresh.c_str(), path_.c_str()) != 0 ||
      !sync_folder(folder_)) {
    Error error = failed("cannot be written", path_);
    ::close(fd);
    ::unlink(fresh.c_str());
    return error;
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  return {};
}

void Ledger::for_each(
    std::string_view source,
    const std::function<void(const std::string&, const LedgerEntry&)>& visit) const {
  const auto entries = sources_.find(source);
  if (entries == sources_.end()) return;
  for (const auto& [id, entry] : entries->second) visit(id, entry);
}

}  // namespace gateway
