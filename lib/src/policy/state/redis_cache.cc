#include "policy/state/redis_cache.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/canonical.h"
#include "policy/state/bytes_form.h"

namespace gateway::policy {
namespace {

constexpr std::size_t kLongestKey = 256;
constexpr std::string_view kMark = "gw1";  // before the time, eight bytes, and the content
constexpr std::size_t kHead = kMark.size() + 8;
constexpr std::int64_t kLongestMs = std::int64_t{10} * 365 * 24 * 3600 * 1000;

std::string head_of(std::int64_t unix_ms) {
  std::string out(kMark);
  write_number(out, static_cast<std::uint64_t>(unix_ms));
  return out;
}

// Null: it is not what a gateway stored.
std::shared_ptr<const CacheEntry> read_entry(std::string& text) {
  if (text.size() < kHead || !text.starts_with(kMark)) return nullptr;
  const std::uint64_t when = BytesReader(std::string_view(text).substr(kMark.size())).number();
  text.erase(0, kHead);
  return std::make_shared<const CacheEntry>(
      CacheEntry{std::move(text), static_cast<std::int64_t>(when)});
}

class Waiting final : public Pending {
 public:
  explicit Waiting(std::shared_ptr<Cache::Found> found) : found_(std::move(found)) {}
  ~Waiting() override { *found_ = nullptr; }

 private:
  std::shared_ptr<Cache::Found> found_;
};

}  // namespace

RedisCache::RedisCache(Redis& redis, const Environment& environment, Reporter* reporter)
    : redis_(redis), clock_(environment.clock), reporter_(reporter) {}

std::string RedisCache::name_of(std::string_view key) const {
  return redis_.settings().key_prefix + "c:" +
         (key.size() > kLongestKey ? "#" + hex(sha256(key)) : std::string(key));
}

void RedisCache::failed(std::string_view what) const {
  if (reporter_) reporter_->warn("Redis " + redis_.settings().display() + " " + std::string(what));
}

bool RedisCache::find(std::string_view key, std::shared_ptr<const CacheEntry>& entry, Found later,
                      std::unique_ptr<Pending>& pending) {
  entry = nullptr;
  const std::string name = name_of(key);
  const auto found = std::make_shared<Found>(std::move(later));
  const std::array<std::string_view, 2> words = {"GET", name};
  const bool sent = redis_.send(words, [this, found](RedisReply* reply) {
    std::shared_ptr<const CacheEntry> read;
    if (!reply || reply->is_error()) {
      failed(reply ? "refused to look a value up" : "is away: nothing is found in the cache");
    } else if (reply->kind == RedisReply::Kind::Text) {
      read = read_entry(reply->text);
    }
    if (const Found tell = std::exchange(*found, nullptr)) tell(std::move(read));
  });
  if (!sent) {
    failed("is away: nothing is found in the cache");
    return true;
  }
  pending = std::make_unique<Waiting>(found);
  return false;
}

void RedisCache::store(std::string_view key, std::string content, std::int64_t duration_ms) {
  if (duration_ms <= 0) {
    remove(key);
    return;
  }
  const std::string name = name_of(key);
  content.insert(0, head_of(clock_->unix_ms()));
  const std::string duration = std::to_string(std::min(duration_ms, kLongestMs));
  const std::array<std::string_view, 5> words = {"SET", name, content, "PX", duration};
  const bool sent = redis_.send(words, [this](RedisReply* reply) {
    if (!reply || reply->is_error()) failed("did not store a value");
  });
  if (!sent) failed("is away: a value was not stored");
}

void RedisCache::remove(std::string_view key) {
  const std::string name = name_of(key);
  const std::array<std::string_view, 2> words = {"DEL", name};
  const bool sent = redis_.send(words, [this](RedisReply* reply) {
    if (!reply || reply->is_error()) failed("did not remove a value");
  });
  if (!sent) failed("is away: a value was not removed");
}

}  // namespace gateway::policy
