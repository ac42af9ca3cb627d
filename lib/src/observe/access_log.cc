#include "observe/access_log.h"

#include <csignal>

#include <array>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "observe/json_text.h"

namespace gateway {
namespace {

constexpr std::size_t kChunk = 64 * 1024;
constexpr std::size_t kMaxQueued = 16 * 1024 * 1024;
constexpr std::size_t kMaxSpare = 32;

// Lines on their way from a worker to the disk thread.
struct Chunk {
  std::string text;
  std::uint64_t lines = 0;
};

// Where workers and the disk thread meet. The lock is held for a few pointer moves.
class ChunkQueue {
 public:
  // Takes a full chunk and gives an empty one in its place.
  void hand_over(Chunk& chunk) noexcept {
    std::unique_lock lock(mutex_);
    if (queued_bytes_ + chunk.text.size() > kMaxQueued) {
      dropped_.fetch_add(chunk.lines, std::memory_order_relaxed);
      chunk.text.clear();
      chunk.lines = 0;
      return;
    }
    queued_bytes_ += chunk.text.size();
    full_.push_back(std::move(chunk));
    chunk = {};
    if (!spare_.empty()) {
      chunk = std::move(spare_.back());
      spare_.pop_back();
    }
    const bool wake = std::exchange(waiting_, false);
    lock.unlock();
    if (wake) ready_.notify_one();
  }

  // Blocks for chunks and appends them to `out`; false once the queue is closed and empty. `done`
  // is what the last call gave, written by now.
  bool take(std::vector<Chunk>& out, std::vector<Chunk>& done) {
    std::unique_lock lock(mutex_);
    for (auto& chunk : done) {
      queued_bytes_ -= chunk.text.size();
      chunk.text.clear();
      chunk.lines = 0;
      if (spare_.size() < kMaxSpare) spare_.push_back(std::move(chunk));
    }
    done.clear();
    while (full_.empty() && !closed_) {
      waiting_ = true;
      ready_.wait(lock);
    }
    out.swap(full_);
    return !out.empty();
  }

  void close() noexcept {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_one();
  }

  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return dropped_.load(std::memory_order_relaxed);
  }

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
  std::vector<Chunk> full_, spare_;
  std::size_t queued_bytes_ = 0;  // handed over and not yet written
  bool waiting_ = false;
  bool closed_ = false;
  std::atomic<std::uint64_t> dropped_{0};
};

class WorkerLog final : public AccessLog {
 public:
  explicit WorkerLog(ChunkQueue& queue) : queue_(queue) {}
  ~WorkerLog() override { flush(); }

  void write(const AccessRecord& record) noexcept override {
    if (chunk_.text.capacity() < kChunk) chunk_.text.reserve(kChunk);
    format(record);
    ++chunk_.lines;
    if (chunk_.text.size() >= kChunk - 2048) flush();
  }

  void flush() noexcept override {
    if (!chunk_.text.empty()) queue_.hand_over(chunk_);
  }

 private:
  void text(std::string_view name, std::string_view value) {
    chunk_.text.append(name);
    append_json_string(chunk_.text, value);
  }

  template <typename Number>
  void number(std::string_view name, Number value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    chunk_.text.append(name).append(digits.data(), end);
  }

  void time(std::int64_t unix_ms) {
    std::int64_t second = unix_ms / 1000;
    std::int64_t ms = unix_ms % 1000;
    if (ms < 0) {
      ms += 1000;
      --second;
    }
    if (second != second_ || second_text_.empty()) {
      second_ = second;
      second_text_ = format_rfc3339(second);
      second_text_.back() = '.';  // in the place of its 'Z'
    }
    const std::array<char, 3> fraction{static_cast<char>('0' + ms / 100),
                                       static_cast<char>('0' + ms / 10 % 10),
                                       static_cast<char>('0' + ms % 10)};
    chunk_.text.append(second_text_).append(fraction.data(), fraction.size());
  }

  void format(const AccessRecord& r) {
    chunk_.text.append("{\"time\":\"");
    time(r.started_unix_ms);
    text("Z\",\"request_id\":", r.request_id);
    text(",\"client\":", r.client_address);
    text(",\"scheme\":", r.scheme);
    text(",\"protocol\":", r.protocol);
    text(",\"method\":", r.method);
    text(",\"host\":", r.host);
    text(",\"path\":", r.path);
    number(",\"status\":", r.status);
    text(",\"reason\":", r.reason);
    text(",\"route\":", r.route);
    text(",\"source\":", r.source);
    text(",\"revision\":", r.revision);
    text(",\"operation\":", r.operation);
    text(",\"product\":", r.product);
    text(",\"subscription\":", r.subscription);
    number(",\"version\":", r.version);
    text(",\"backend\":", r.backend);
    text(",\"endpoint\":", r.endpoint);
    number(",\"backend_status\":", r.backend_status);
    number(",\"bytes_in\":", r.bytes_in);
    number(",\"bytes_out\":", r.bytes_out);
    number(",\"duration_us\":", r.total_us);
    number(",\"connect_us\":", r.connect_us);
    number(",\"backend_us\":", r.backend_us);
    number(",\"attempts\":", r.attempts);
    text(",\"tls\":", r.tls_protocol);
    text(",\"sni\":", r.sni);
    chunk_.text.append("}\n");
  }

  ChunkQueue& queue_;
  Chunk chunk_;
  std::int64_t second_ = 0;
  std::string second_text_;
};

class Writer final : public AccessLogWriter {
 public:
  explicit Writer(Observer& observer) : observer_(observer), thread_([this] { run(); }) {}

  ~Writer() override {
    queue_.close();
    thread_.join();
  }

  std::unique_ptr<AccessLog> open() override { return std::make_unique<WorkerLog>(queue_); }
  [[nodiscard]] std::uint64_t dropped() const noexcept override { return queue_.dropped(); }

 private:
  void run() noexcept {
    sigset_t all;  // the host's signals are for the host's threads
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    std::vector<Chunk> chunks, done;
    while (queue_.take(chunks, done)) {
      for (const auto& chunk : chunks) observer_.access_log(chunk.text);
      done.swap(chunks);
    }
  }

  Observer& observer_;
  ChunkQueue queue_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<AccessLogWriter> AccessLogWriter::start(Observer& observer) {
  try {
    return std::make_unique<Writer>(observer);
  } catch (const std::system_error&) {
    return nullptr;
  }
}

}  // namespace gateway
