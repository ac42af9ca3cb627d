// What reading one head costs: time, and instructions where the kernel lets a process count its
// own.
#include <benchmark/benchmark.h>

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/http1_parser.h"
#include "http/path.h"

using namespace gateway;

namespace {

constexpr std::string_view kWrk =
    "GET /users/42 HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";

constexpr std::string_view kBrowser =
    "GET /shop/items/4711?colour=blue&size=xl HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://shop.example.com/shop/items?page=3\r\n"
    "DNT: 1\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=0af7651916cd43dd8448eb211c80319c; theme=dark; consent=yes; "
    "_ga=GA1.1.1234567890\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Priority: u=0, i\r\n"
    "\r\n";

constexpr std::string_view kResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx\r\n"
    "Date: Mon, 23 Nov 2026 08:30:00 GMT\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 128\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

// Instructions that this thread retires in user space; absent where perf events are forbidden.
class Instructions {
 public:
  Instructions() {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.size = sizeof attributes;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = 1;
    attributes.exclude_hv = 1;
    fd_ = static_cast<int>(syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  }
  ~Instructions() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] bool available() const { return fd_ >= 0; }
  [[nodiscard]] std::uint64_t read() const {
    std::uint64_t value = 0;
    if (fd_ < 0 || ::read(fd_, &value, sizeof value) != sizeof value) return 0;
    return value;
  }

 private:
  int fd_ = -1;
};

template <typename Work>
void measure(benchmark::State& state, Work work) {
  const Instructions instructions;
  work();  // what a first message allocates stays
  const std::uint64_t before = instructions.read();
  for (auto _ : state) work();
  if (instructions.available()) {
    state.counters["instructions"] = benchmark::Counter(
        static_cast<double>(instructions.read() - before), benchmark::Counter::kAvgIterations);
  }
}

void read_head(benchmark::State& state, Http1Parser::Kind kind, std::string_view wire) {
  Http1Parser parser(kind, {});
  measure(state, [&] {
    parser.reset();
    auto result = parser.parse_head(wire);
    if (result.status != Http1Parser::Status::Complete) std::abort();
    benchmark::DoNotOptimize(result);
  });
}

void normal_path(benchmark::State& state) {
  std::string scratch;
  measure(state, [&] {
    auto result = normalise_path("/shop/items/4711/details.json", {}, scratch);
    benchmark::DoNotOptimize(result);
  });
}

void authority(benchmark::State& state) {
  std::string scratch;
  measure(state, [&] {
    auto result = parse_authority("shop.example.com:8080", scratch);
    benchmark::DoNotOptimize(result);
  });
}

}  // namespace

BENCHMARK_CAPTURE(read_head, wrk_request, Http1Parser::Kind::Request, kWrk);
BENCHMARK_CAPTURE(read_head, browser_request, Http1Parser::Kind::Request, kBrowser);
BENCHMARK_CAPTURE(read_head, response, Http1Parser::Kind::Response, kResponse);
BENCHMARK(normal_path);
BENCHMARK(authority);
BENCHMARK_MAIN();
