#include <gateway/file_source.h>

#include <chrono>
#include <optional>

#include <catch2/catch.hpp>

#include "base/uv.h"
#include "file_fixture.h"

using namespace gateway;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

struct RecordingSink : SnapshotSink {
  void publish(SourceSnapshot snapshot) noexcept override {
    ++published;
    last = std::move(snapshot);
  }
  void degraded(Error error) noexcept override { errors.push_back(std::move(error)); }
  int published = 0;
  SourceSnapshot last;
  std::vector<Error> errors;
};

struct RecordingObserver : Observer {
  void log(const LogRecord& record) noexcept override {
    records.push_back(std::string(record.event) + ": " + record.message);
  }
  [[nodiscard]] bool has(std::string_view event) const {
    for (const auto& record : records) {
      if (record.starts_with(event)) return true;
    }
    return false;
  }
  std::vector<std::string> records;
};

// A loop on the test's own thread that plays the control thread.
struct Fixture : TaskRunner {
  uv::Loop loop;
  TemporaryFolder folder;
  std::shared_ptr<RecordingSink> sink = std::make_shared<RecordingSink>();
  RecordingObserver observer;
  Environment environment = Environment::system();
  std::unique_ptr<ConfigSource> source;

  ~Fixture() override { stop(); }

  void post(std::function<void()> task) override { task(); }
  void* native_loop() const noexcept override { return const_cast<uv::Loop&>(loop).get(); }

  void start(FileSourceOptions options) {
    auto made = make_file_source(std::move(options));
    REQUIRE(made.ok());
    source = std::move(*made);
    SourceContext context;
    context.name = "file";
    context.sink = sink;
    context.control = this;
    context.environment = &environment;
    context.observer = &observer;
    REQUIRE(source->start(std::move(context)));
  }
  void start(const std::filesystem::path& path) {
    FileSourceOptions options;
    options.path = path.string();
    start(std::move(options));
  }
  void stop() {
    if (!source) return;
    bool stopped = false;
    source->stop([&] { stopped = true; });
    run_until([&] { return stopped; });
    source.reset();
  }
  // Runs the loop until `condition` holds; how long that took.
  template <typename F>
  milliseconds run_until(F&& condition, milliseconds deadline = milliseconds(5'000)) {
    const auto begin = steady_clock::now();
    uv::Timer tick(loop.get());
    tick.start(milliseconds(1), [] {}, milliseconds(1));
    while (!condition()) {
      REQUIRE(steady_clock::now() - begin < deadline);
      uv_run(loop.get(), UV_RUN_ONCE);
    }
    return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  }
  [[nodiscard]] bool serves(std::string_view id) const { return sink->last.apis.find(id) != nullptr; }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a folder is published at start, and a changed file at once") {
  folder.write("a.yaml", document_of("a"));
  start(folder.path());
  run_until([&] { return sink->published == 1; });
  CHECK(serves("a"));
  CHECK(observer.has("FileConfigurationRead: 1 APIs, 0 problems"));

  folder.write("a.yaml", document_of("ab"));
  const auto changed = run_until([&] { return serves("b"); });
  folder.write("c.yaml", document_of("c"));
  const auto added = run_until([&] { return serves("c"); });
  folder.remove("a.yaml");
  const auto removed = run_until([&] { return !serves("a"); });
  CHECK(serves("c"));
  // The poll alone would take two seconds.
  CHECK(changed < milliseconds(1'000));
  CHECK(added < milliseconds(1'000));
  CHECK(removed < milliseconds(1'000));
  CHECK(sink->errors.empty());
}

TEST_CASE_METHOD(Fixture, "an empty folder is synced and empty on purpose") {
  start(folder.path());
  run_until([&] { return sink->published == 1; });
  CHECK(sink->last.apis.empty());
}

TEST_CASE_METHOD(Fixture, "a file that is renamed into place is followed, as one path and in a folder") {
  folder.write("a.yaml", document_of("a"));
  SECTION("one path") { start(folder.path() / "a.yaml"); }
  SECTION("a folder") { start(folder.path()); }
  run_until([&] { return serves("a"); });
  for (const char* next : {"b", "c", "d"}) {
    folder.write("temporary", document_of(next));
    std::filesystem::rename(folder.path() / "temporary", folder.path() / "a.yaml");
    CHECK(run_until([&] { return serves(next); }) < milliseconds(1'000));
    CHECK(sink->last.apis.size() == 1);
  }
}

TEST_CASE_METHOD(Fixture, "a broken file is logged once and changes nothing") {
  folder.write("a.yaml", document_of("a"));
  start(folder.path());
  run_until([&] { return serves("a"); });
  folder.write("a.yaml", "{{{");
  run_until([&] { return !sink->last.rejected.empty(); });
  CHECK(serves("a"));
  folder.write("b.yaml", document_of("b"));
  run_until([&] { return serves("b"); });
  CHECK(serves("a"));
  CHECK(std::count_if(observer.records.begin(), observer.records.end(),
                      [](const std::string& record) { return record.starts_with("FileRejected"); }) == 1);
}

TEST_CASE_METHOD(Fixture, "a path that is not there is degraded, not empty, and is found when it comes") {
  start(folder.path() / "later");
  run_until([&] { return sink->errors.size() == 1; });
  CHECK(sink->published == 0);
  CHECK(sink->errors[0].code == ErrorCode::NotFound);
  CHECK(observer.has("FileUnreadable"));
  std::filesystem::create_directory(folder.path() / "later");
  folder.write("later/a.yaml", document_of("a"));
  run_until([&] { return serves("a"); });

  std::filesystem::rename(folder.path() / "later", folder.path() / "gone");
  run_until([&] { return sink->errors.size() == 2; });
  CHECK(serves("a"));
  const int before = sink->published;
  std::filesystem::rename(folder.path() / "gone", folder.path() / "later");
  run_until([&] { return sink->published > before; });
  folder.write("later/a.yaml", document_of("ab"));
  CHECK(run_until([&] { return serves("b"); }) < milliseconds(1'000));
}

TEST_CASE_METHOD(Fixture, "a change behind a link to elsewhere is found by the poll") {
  const TemporaryFolder elsewhere;
  elsewhere.write("real", document_of("a"));
  std::filesystem::create_symlink(elsewhere.path() / "real", folder.path() / "a.yaml");
  start(folder.path());
  run_until([&] { return serves("a"); });
  elsewhere.write("real", document_of("b"));
  run_until([&] { return serves("b"); });
}

TEST_CASE_METHOD(Fixture, "without watching the files are read once") {
  folder.write("a.yaml", document_of("a"));
  FileSourceOptions options;
  options.path = folder.path().string();
  options.watch = false;
  start(std::move(options));
  run_until([&] { return serves("a"); });
  // Nothing is left that could wake the loop.
  run_until([&] { return true; });
  uv_run(loop.get(), UV_RUN_DEFAULT);
  CHECK(sink->published == 1);
}

TEST_CASE_METHOD(Fixture, "stop waits for the look that runs, and nothing is published after it") {
  folder.write("a.yaml", document_of("a"));
  start(folder.path());
  stop();
  CHECK(sink->published == 0);
  uv_run(loop.get(), UV_RUN_DEFAULT);
}

TEST_CASE("options that make no sense are refused with what is allowed") {
  FileSourceOptions options;
  CHECK(make_file_source(options).error().message == "must name a file or a folder");
  options.path = "x";
  options.max_depth = 0;
  CHECK(make_file_source(options).error().message == "must be between 1 and 1000");
}
