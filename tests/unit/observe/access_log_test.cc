#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "observe/access_log.h"
#include "observe/json_text.h"

using namespace gateway;

namespace {

// Collects lines; holds the disk thread back while it is closed.
class Collector final : public Observer {
 public:
  void access_log(std::string_view lines) noexcept override {
    std::unique_lock lock(mutex_);
    entered_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    text_.append(lines);
    whole_lines_ = whole_lines_ && !lines.empty() && lines.back() == '\n';
    changed_.notify_all();
  }

  void hold() { set_open(false); }
  void release() { set_open(true); }

  // Until the disk thread is inside access_log, or text has arrived.
  bool wait_entered() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return entered_; });
  }
  bool wait_lines(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return lines() >= count; });
  }
  // Only once the writer is gone.
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t lines() const {
    return static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n'));
  }
  [[nodiscard]] bool whole_lines() const { return whole_lines_; }

 private:
  void set_open(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
  bool open_ = true;
  bool entered_ = false;
  bool whole_lines_ = true;
};

std::string json(std::string_view text, std::size_t max = 4096) {
  std::string out;
  append_json_string(out, text, max);
  return out;
}

}  // namespace

TEST_CASE("An exchange is one line of JSON with every field") {
  Collector collector;
  {
    const auto writer = AccessLogWriter::start(collector);
    REQUIRE(writer != nullptr);
    const auto log = writer->open();
    AccessRecord record;
    record.started_unix_ms = 1'795'422'645'007;
    record.request_id = "0af7651916cd43dd";
    record.client_address = "127.0.0.1";
    record.scheme = "https";
    record.protocol = "HTTP/1.1";
    record.method = "GET";
    record.host = "a.example";
    record.path = "/users";
    record.route = "users@ingress";
    record.source = "ingress";
    record.revision = "users;rev=2";
    record.operation = "get";
    record.product = "gold";
    record.subscription = "alice";
    record.backend = "svc@ingress";
    record.endpoint = "10.0.0.1:8080";
    record.tls_protocol = "TLSv1.3";
    record.sni = "a.example";
    record.version = 7;
    record.status = 200;
    record.backend_status = 200;
    record.bytes_in = 1;
    record.bytes_out = 2;
    record.total_us = 300;
    record.connect_us = 40;
    record.backend_us = 50;
    record.attempts = 1;
    log->write(record);
    record = {};
    record.started_unix_ms = 1'795'422'645'999;
    record.status = 404;
    record.reason = "no_path";
    log->write(record);
  }
  CHECK(
      collector.text() ==
      "{\"time\":\"2026-11-23T08:30:45.007Z\",\"request_id\":\"0af7651916cd43dd\",\"client\":\"127."
      "0.0.1\","
      "\"scheme\":\"https\",\"protocol\":\"HTTP/1.1\",\"method\":\"GET\",\"host\":\"a.example\","
      "\"path\":\"/"
      "users\",\"status\":200,\"reason\":\"\",\"route\":\"users@ingress\",\"source\":\"ingress\","
            "\"revision\":\"users;rev=2\",\"operation\":\"get\",\"product\":\"gold\",\"subscription\":\"alice\","
      "\"version\":7,\"backend\":\"svc@ingress\",\"endpoint\":\"10.0.0.1:8080\",\"backend_status\":"
      "200,"
      "\"bytes_in\":1,\"bytes_out\":2,\"duration_us\":300,\"connect_us\":40,\"backend_us\":50,"
      "\"attempts\":1,\"tls\":\"TLSv1.3\",\"sni\":\"a.example\"}\n"
      "{\"time\":\"2026-11-23T08:30:45.999Z\",\"request_id\":\"\",\"client\":\"\",\"scheme\":\"\","
      "\"protocol\":\"\",\"method\":\"\",\"host\":\"\",\"path\":\"\",\"status\":404,\"reason\":"
      "\"no_path\","
      "\"route\":\"\",\"source\":\"\",\"revision\":\"\",\"operation\":\"\",\"product\":\"\",\"subscription\":\"\",\"version\":0,\"backend\":\"\",\"endpoint\":\"\",\"backend_"
      "status\":0,"
      "\"bytes_in\":0,\"bytes_out\":0,\"duration_us\":0,\"connect_us\":0,\"backend_us\":0,"
      "\"attempts\":0,"
      "\"tls\":\"\",\"sni\":\"\"}\n");
}

TEST_CASE("What a client wrote cannot break a line of the log") {
  using namespace std::string_view_literals;
  CHECK(json("a\"b\\c\nd\re\tf\0g\x1fh\x7f"sv) ==
        "\"a\\\"b\\\\c\\nd\\re\\tf\\u0000g\\u001fh\\u007f\"");
  CHECK(json("h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "\"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
  CHECK(json("\xff"
             "a") == "\"\\ufffda\"");
  CHECK(json("\xc3") == "\"\\ufffd\"");
  CHECK(json("\xe2\x82") == "\"\\ufffd\"");
  CHECK(json("\xe2\x82"
             "a") == "\"\\ufffda\"");
  CHECK(json("\xc0\xaf") == "\"\\ufffd\\ufffd\"");
  CHECK(json("\xed\xa0\x80") == "\"\\ufffd\\ufffd\\ufffd\"");
  CHECK(json("\xf4\x90\x80\x80") == "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
  CHECK(json("\xe0\x80\x80") == "\"\\ufffd\\ufffd\\ufffd\"");
}

TEST_CASE("A long text is cut between characters, and shows it") {
  CHECK(json("abcdef", 3) == "\"abc…\"");
  CHECK(json("ab\xe2\x82\xac", 4) == "\"ab…\"");
  CHECK(json("abc", 3) == "\"abc\"");
}

TEST_CASE("A flush brings lines to the observer while the log is open") {
  Collector collector;
  const auto writer = AccessLogWriter::start(collector);
  const auto log = writer->open();
  log->write({});
  log->flush();
  CHECK(collector.wait_lines(1));
  log->flush();
  log->write({});
  log->flush();
  CHECK(collector.wait_lines(2));
}

TEST_CASE("Lines of several workers arrive whole and complete") {
  Collector collector;
  constexpr int kWorkers = 4;
  constexpr int kLines = 5'000;
  {
    const auto writer = AccessLogWriter::start(collector);
    std::vector<std::thread> workers;
    for (int worker = 0; worker < kWorkers; ++worker) {
      workers.emplace_back([&writer] {
        const auto log = writer->open();
        AccessRecord record;
        record.path = "/some/path";
        for (int line = 0; line < kLines; ++line) log->write(record);
      });
    }
    for (auto& worker : workers) worker.join();
    CHECK(writer->dropped() == 0);
  }
  CHECK(collector.lines() == kWorkers * kLines);
  CHECK(collector.whole_lines());
}

TEST_CASE(
    "When the disk falls behind, lines are dropped and counted, and none gets lost uncounted") {
  Collector collector;
  collector.hold();
  std::uint64_t dropped = 0;
  constexpr std::uint64_t kLines = 60'000;
  {
    const auto writer = AccessLogWriter::start(collector);
    {
      const auto log = writer->open();
      AccessRecord record;
      record.path = "/first";
      log->write(record);
      log->flush();
      REQUIRE(collector.wait_entered());
      const std::string path(200, 'p');
      record.path = path;
      for (std::uint64_t line = 1; line < kLines; ++line) log->write(record);
    }
    dropped = writer->dropped();
    CHECK(dropped > 0);
    CHECK(dropped < kLines);
    collector.release();
  }
  CHECK(collector.lines() + dropped == kLines);
  CHECK(collector.text().size() <= 16u * 1024 * 1024 + 1024);
}
