#include "settings.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <set>

#include <catch2/catch.hpp>

#include "edit_distance.h"

using namespace gatewayd;
using std::chrono::milliseconds;

namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    const int descriptor = mkstemp(path_.data());
    REQUIRE(descriptor >= 0);
    close(descriptor);
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/settings-XXXXXX";
};

SettingsReading from_sets(std::vector<std::string> sets) { return read_settings({{}, {}, std::move(sets)}); }
SettingsReading from_environment(std::vector<std::string> entries) { return read_settings({std::move(entries), {}, {}}); }
SettingsReading from_file(const std::string& text) {
  const TemporaryFile file(text);
  return read_settings({{}, file.path(), {}});
}

}  // namespace

TEST_CASE("the table has each key once, and its defaults are allowed") {
  std::set<std::string_view> keys;
  for (const SettingRow& row : setting_rows()) {
    CAPTURE(row.key);
    CHECK(keys.insert(row.key).second);
    if (row.origin != SettingOrigin::VendorInert) CHECK_FALSE(row.meaning.empty());
  }
  CHECK(read_settings({}).problems.empty());
}

TEST_CASE("durations") {
  struct Row {
    const char* text;
    std::int64_t ms;  // -1 = refused
  };
  for (const Row& row : {Row{"5s", 5000}, Row{"100ms", 100}, Row{"2m", 120'000}, Row{"1h", 3'600'000},
                         Row{"1.5s", 1500}, Row{"0", 0}, Row{"0s", 0}, Row{"00:01:40", 100'000}, Row{"1.00:00:00", 86'400'000},
                         Row{"00:00:00.250", 250}, Row{"5", -1}, Row{"", -1}, Row{"s", -1}, Row{"-5s", -1}, Row{"5 parsecs", -1},
                         Row{"00:61:00", -1}, Row{"00:01", -1}, Row{"24:00:00", -1}, Row{"1e9s", -1}, Row{"99999999999999999999s", -1},
                         Row{"9999999d", -1}, Row{"1.s", -1}}) {
    CAPTURE(row.text);
    const auto value = parse_duration(row.text);
    CHECK((value ? value->count() : -1) == row.ms);
  }
}

TEST_CASE("sizes") {
  struct Row {
    const char* text;
    std::int64_t bytes;  // -1 = refused
  };
  for (const Row& row : {Row{"512", 512}, Row{"512B", 512}, Row{"64KiB", 65'536}, Row{"1MiB", 1 << 20}, Row{"2GiB", 2LL << 30},
                         Row{"64 KiB", 65'536}, Row{"64kB", 64'000}, Row{"1MB", 1'000'000}, Row{"", -1}, Row{"KiB", -1},
                         Row{"1.5MiB", -1}, Row{"-1", -1}, Row{"64KiBs", -1}, Row{"99999999999GiB", -1}}) {
    CAPTURE(row.text);
    const auto value = parse_size(row.text);
    CHECK((value ? static_cast<std::int64_t>(*value) : -1) == row.bytes);
  }
}

TEST_CASE("values come from the environment with dots, and for vendor keys in upper case") {
  const auto reading = from_environment({"k8s.ingress.enabled=true", "K8S_INGRESS_NAMESPACE=", "drain.delay=1s", "workers=3",
                                         "HOME=/root", "TELEMETRY_LOGS_STD_LEVEL=warn"});
  CHECK(reading.problems.empty());
  CHECK(reading.settings.flag("k8s.ingress.enabled"));
  CHECK(reading.settings.given("k8s.ingress.namespace"));
  CHECK(reading.settings.text("k8s.ingress.namespace").empty());
  CHECK(reading.settings.duration("drain.delay") == milliseconds(1000));
  CHECK(reading.settings.number("workers") == 3);
  CHECK(reading.settings.text("telemetry.logs.std.level") == "warn");
}

TEST_CASE("what Kubernetes sets for Services is no setting") {
  const auto reading = from_environment({"ADMIN_PORT=tcp://10.0.0.1:80", "WORKERS=7", "CONFIG_SERVICE_HOST=10.0.0.1",
                                         "CONFIG_SERVICE_PORT=80", "MONITOR_PORT=tcp://10.0.0.2:80", "K8S_INGRESS_SERVICE_HOST=10.0.0.1"});
  CHECK(reading.problems.empty());
  CHECK(reading.notices.empty());
  CHECK(reading.settings.number("admin.port") == 8082);
  CHECK_FALSE(reading.settings.given("workers"));
}

TEST_CASE("an upper-case near miss is told, not refused") {
  const auto reading = from_environment({"K8S_INGRESS_ENABLD=true"});
  CHECK(reading.problems.empty());
  REQUIRE(reading.notices.size() == 1);
  CHECK_THAT(reading.notices[0], Catch::Contains("K8S_INGRESS_ENABLED"));
}

TEST_CASE("the environment wins over the file, and --set over both") {
  const TemporaryFile file("drain: {delay: 1s, timeout: 1s}\ntelemetry.logs.std: json\n");
  const auto reading = read_settings({{"drain.delay=2s", "drain.timeout=2s"}, file.path(), {"drain.delay=3s"}});
  CHECK(reading.problems.empty());
  CHECK(reading.settings.duration("drain.delay") == milliseconds(3000));
  CHECK(reading.settings.duration("drain.timeout") == milliseconds(2000));
  CHECK(reading.settings.text("telemetry.logs.std") == "json");
}

TEST_CASE("files may be YAML or JSON, nested or dotted, with lists") {
  for (const char* text : {"net:\n  server:\n    http:\n      port: 9\nconfig.file.path: [a, b]\n",
                           "{\"net.server\": {\"http.port\": 9}, \"config\": {\"file\": {\"path\": \"a,b\"}}}"}) {
    const auto reading = from_file(text);
    CAPTURE(text);
    CHECK(reading.problems.empty());
    CHECK(reading.settings.number("net.server.http.port") == 9);
    CHECK(reading.settings.list("config.file.path") == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("every problem is reported at once, with what is allowed") {
  const auto reading = from_sets({"net.server.http.port=70000", "telemetry.logs.std=jsn", "drain.delay=5", "log.access=yes",
                                  "net.server.address=localhost", "workers=0", "limits.header.bytes=0", "k8s.ingres.enabled=true", "nothing"});
  std::vector<std::string> texts;
  for (const auto& problem : reading.problems) texts.push_back(problem.to_string());
  REQUIRE(texts.size() == 9);
  const auto some = [&](std::initializer_list<const char*> parts) {
    return std::any_of(texts.begin(), texts.end(), [&](const std::string& text) {
      return std::all_of(parts.begin(), parts.end(), [&](const char* part) { return text.find(part) != std::string::npos; });
    });
  };
  CHECK(some({"net.server.http.port", "'70000'", "0 to 65535"}));
  CHECK(some({"telemetry.logs.std", "'jsn'", "none, text, json", "did you mean 'json'?"}));
  CHECK(some({"drain.delay", "'5'", "5s"}));
  CHECK(some({"log.access", "'yes'", "true or false"}));
  CHECK(some({"net.server.address", "'localhost'", "127.0.0.1"}));
  CHECK(some({"workers", "'0'", "1 to 256"}));
  CHECK(some({"limits.header.bytes", "'0'", "from 1KiB to 1MiB"}));
  CHECK(some({"unknown setting 'k8s.ingres.enabled'", "did you mean 'k8s.ingress.enabled'?"}));
  CHECK(some({"--set", "key=value"}));
}

TEST_CASE("an unknown key under a known prefix of the environment is refused, any other is not ours") {
  CHECK(from_environment({"k8s.ingress.enable=true"}).problems.size() == 1);
  CHECK(from_environment({"some.other.thing=1", "BASH_FUNC_x%%=()"}).problems.empty());
}

TEST_CASE("vendor keys without effect are accepted with one notice") {
  const auto reading = from_environment({"gateway.name=x", "CONFIG_SERVICE_AUTH_AZUREAD_CLIENTSECRET=secret", "telemetry.metrics.cloud=false"});
  CHECK(reading.problems.empty());
  REQUIRE(reading.notices.size() == 1);
  CHECK_THAT(reading.notices[0], Catch::Contains("gateway.name") && Catch::Contains("config.service.auth.azureAd.clientSecret") &&
                                     Catch::Contains("telemetry.metrics.cloud") && !Catch::Contains("secret"));
}

TEST_CASE("broken files name file and line") {
  struct Row {
    const char* text;
    const char* expected;
  };
  for (const Row& row : {Row{"a: [", "not YAML"}, Row{"drain:\n  delay:\n", "has no value"}, Row{"- a\n", "expected keys"},
                         Row{"drain.delay: 1s\ndrain: {delay: 2s}\n", "said twice"}, Row{"workers: 1\n---\nworkers: 2\n", "one YAML document"},
                         Row{"config.file.path: [[a]]\n", "texts only"}, Row{"workers: 1\n\nworkerss: 2\n", "did you mean 'workers'?"}}) {
    CAPTURE(row.text);
    const auto reading = from_file(row.text);
    REQUIRE(reading.problems.size() == 1);
    const std::string text = reading.problems[0].to_string();
    CHECK_THAT(text, Catch::Contains(row.expected) && Catch::Contains("/tmp/settings-"));
  }
  CHECK(read_settings({{}, "/nonexistent/settings.yaml", {}}).problems.size() == 1);
  CHECK(read_settings({{}, "/tmp", {}}).problems.size() == 1);
  CHECK(from_file("").problems.empty());
}

TEST_CASE("a hostile file is bounded") {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "{a: ";
  deep += "1" + std::string(200, '}');
  CHECK(from_file(deep).problems.size() == 1);
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'j'; ++c) {
    laughs += std::string(1, c) + ": &" + c + " {";
    for (int i = 0; i < 9; ++i) laughs += "k" + std::to_string(i) + ": *" + static_cast<char>(c - 1) + (i < 8 ? ", " : "");
    laughs += "}\n";
  }
  CHECK_FALSE(from_file(laughs).problems.empty());
  CHECK(from_file(std::string((1 << 20) + 1, '#')).problems.size() == 1);
}

TEST_CASE("suggestions are near or none") {
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ab", "ba") == 1);
  CHECK(nearest("K8S.Ingress.Enabled", {"k8s.ingress.enabled", "workers"}) == "k8s.ingress.enabled");
  CHECK(nearest("something else", {"k8s.ingress.enabled", "workers"}).empty());
}
