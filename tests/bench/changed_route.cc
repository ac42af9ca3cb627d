// What one changed route costs in a large table: the CPU time of the whole process, from the change
// until every worker serves it. Words: hosts, paths of each, changes, workers. Prints one JSON
// object.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include <gateway/gateway.h>
#include <gateway/memory_source.h>

using namespace gateway;

namespace {

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "bench_changed_route: %s\n", why.c_str());
  std::_Exit(1);
}

double cpu_ms(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

class Published final : public Observer {
 public:
  void published(std::uint64_t version) noexcept override {
    const std::lock_guard lock(mutex_);
    version_ = version;
    changed_.notify_all();
  }
  void wait_for(std::uint64_t version) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(60), [&] { return version_ >= version; })) {
      die("version " + std::to_string(version) + " was not published within a minute");
    }
  }
  std::uint64_t version() {
    const std::lock_guard lock(mutex_);
    return version_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t version_ = 0;
};

// A kept connection; which worker has it is the kernel's choice.
class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      die("cannot connect");
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The status. The gateway answers by itself, with a body whose length it says.
  std::string ask(const std::string& host, const std::string& path) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    if (::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      die("send failed");
    std::string answer;
    char buffer[4096];
    for (;;) {
      const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
      if (n <= 0) die("the gateway closed a connection");
      answer.append(buffer, static_cast<std::size_t>(n));
      const std::size_t end = answer.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      std::string head = answer.substr(0, end);
      std::transform(head.begin(), head.end(), head.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const std::size_t length = head.find("content-length: ");
      if (length == std::string::npos) die("an answer without a length");
      if (answer.size() >= end + 4 + std::stoul(head.substr(length + 16)))
        return answer.substr(9, 3);
    }
  }

 private:
  int fd_;
};

std::string host_name(std::size_t host) { return "host-" + std::to_string(host) + ".example.com"; }

Api route(std::size_t host, std::size_t path, const std::string& text) {
  Api api;
  api.id = "api-" + std::to_string(host) + "-" + std::to_string(path);
  api.host = host_name(host);
  api.path = text;
  api.backend = "empty";
  return api;
}

}  // namespace

int main(int argc, char** argv) {
  const auto word = [&](int i, std::size_t usual) {
    return argc > i ? std::stoul(argv[i]) : usual;
  };
  const std::size_t hosts = word(1, 10'000), paths = word(2, 10), changes = word(3, 200),
                    workers = word(4, 2);

  std::string folder = (std::filesystem::temp_directory_path() / "changed-route-XXXXXX").string();
  if (!::mkdtemp(folder.data())) die("no temporary folder");
  GatewayOptions options;
  options.listeners = {{"127.0.0.1", 0, false}};
  options.workers = static_cast<unsigned>(workers);
  options.state_folder = folder;
  auto gateway = std::move(Gateway::create(std::move(options))).value();
  auto observer = std::make_shared<Published>();
  gateway->add_observer(observer);
  auto owned = MemorySource::create();
  MemorySource& source = *owned;
  SourceSnapshot table;
  Backend empty;  // known routes answer 503, unknown ones 404: no backend is in the way
  empty.id = "empty";
  table.set(empty);
  for (std::size_t host = 0; host < hosts; ++host) {
    for (std::size_t path = 0; path < paths; ++path)
      table.set(route(host, path, "/path-" + std::to_string(path)));
  }
  source.replace(std::move(table));
  if (!gateway->add_source({"memory", "memory", {}}, std::move(owned))) die("add_source");
  if (auto started = gateway->start(); !started) die(started.error().to_string());
  if (auto ready = gateway->wait_ready(); !ready) die(ready.error().to_string());
  observer->wait_for(1);

  // So many that no worker is without one.
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < 8 * workers; ++i)
    clients.push_back(std::make_unique<Client>(gateway->port(0)));
  for (auto& client : clients) {
    if (client->ask(host_name(hosts - 1), "/path-0") != "503") die("the table does not serve");
  }

  std::vector<double> cpu, elapsed;
  double retries = 0;
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t host = i * 7919 % hosts, path = i % paths;
    const std::string changed = "/changed-" + std::to_string(i);
    const std::uint64_t next = observer->version() + 1;
    const double process = cpu_ms(CLOCK_PROCESS_CPUTIME_ID), own = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
    const double began = cpu_ms(CLOCK_MONOTONIC);
    source.update([&](SourceSnapshot& content) { content.set(route(host, path, changed)); });
    const double update = cpu_ms(CLOCK_THREAD_CPUTIME_ID) - own;
    observer->wait_for(next);
    for (auto& client : clients) {
      while (client->ask(host_name(host), changed) != "503") ++retries;
    }
    elapsed.push_back(cpu_ms(CLOCK_MONOTONIC) - began);
    // Without what this thread did as a client.
    cpu.push_back(cpu_ms(CLOCK_PROCESS_CPUTIME_ID) - process -
                  (cpu_ms(CLOCK_THREAD_CPUTIME_ID) - own) + update);
  }
  clients.clear();
  gateway.reset();
  std::filesystem::remove_all(folder);

  std::sort(cpu.begin(), cpu.end());
  std::sort(elapsed.begin(), elapsed.end());
  const auto mean = [](const std::vector<double>& all) {
    double sum = 0;
    for (double one : all) sum += one;
    return sum / static_cast<double>(all.size());
  };
  const auto p99 = [](const std::vector<double>& all) {
    return all[(all.size() * 99 + 99) / 100 - 1];
  };
  std::printf(
      "{\"routes\": %zu, \"workers\": %zu, \"changes\": %zu, \"cpu_ms_mean\": %.3f, "
      "\"cpu_ms_p99\": %.3f, "
      "\"elapsed_ms_mean\": %.3f, \"elapsed_ms_p99\": %.3f, \"retries\": %.0f}\n",
      hosts * paths, workers, changes, mean(cpu), p99(cpu), mean(elapsed), p99(elapsed), retries);
  return 0;
}
