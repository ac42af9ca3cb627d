#include <gateway/memory_source.h>

#include <mutex>
#include <thread>

#include <catch2/catch.hpp>

using namespace gateway;

namespace {

struct RecordingSink : SnapshotSink {
  void publish(SourceSnapshot snapshot) noexcept override {
    const std::lock_guard lock(mutex);
    snapshots.push_back(std::move(snapshot));
  }
  void degraded(Error error) noexcept override {
    const std::lock_guard lock(mutex);
    errors.push_back(std::move(error));
  }
  std::mutex mutex;
  std::vector<SourceSnapshot> snapshots;
  std::vector<Error> errors;
};

Api api_named(std::string id) {
  Api api;
  api.id = std::move(id);
  return api;
}

void start(MemorySource& source, const std::shared_ptr<RecordingSink>& sink) {
  SourceContext context;
  context.name = "memory";
  context.sink = sink;
  REQUIRE(source.start(std::move(context)));
}

}  // namespace

TEST_CASE("a memory source publishes what was set before it started, then every change") {
  auto sink = std::make_shared<RecordingSink>();
  auto source = MemorySource::create();
  source->update([](SourceSnapshot& snapshot) { snapshot.set(api_named("a")); });
  CHECK(sink->snapshots.empty());
  start(*source, sink);
  REQUIRE(sink->snapshots.size() == 1);
  CHECK(sink->snapshots[0].apis.size() == 1);

  source->update([](SourceSnapshot& snapshot) { snapshot.set(api_named("b")); });
  REQUIRE(sink->snapshots.size() == 2);
  CHECK(sink->snapshots[1].apis.size() == 2);
  CHECK(sink->snapshots[1].apis.find("a") == sink->snapshots[0].apis.find("a"));
  CHECK(sink->snapshots[1].revision != sink->snapshots[0].revision);

  source->replace({});
  REQUIRE(sink->snapshots.size() == 3);
  CHECK(sink->snapshots[2].apis.empty());
}

TEST_CASE("empty on purpose and not yet synced are two things") {
  auto sink = std::make_shared<RecordingSink>();
  auto synced = MemorySource::create(true);
  start(*synced, sink);
  CHECK(sink->snapshots.size() == 1);
  auto later = MemorySource::create(false);
  start(*later, sink);
  CHECK(sink->snapshots.size() == 1);
  later->replace({});
  CHECK(sink->snapshots.size() == 2);
}

TEST_CASE("a degraded memory source says so until it is changed, at start too") {
  auto sink = std::make_shared<RecordingSink>();
  auto source = MemorySource::create();
  source->degrade({ErrorCode::Unavailable, "test", "away", "", true});
  start(*source, sink);
  CHECK(sink->snapshots.size() == 1);
  CHECK(sink->errors.size() == 1);

  auto recovered = MemorySource::create();
  recovered->degrade({ErrorCode::Unavailable, "test", "away", "", true});
  recovered->replace({});
  start(*recovered, sink);
  CHECK(sink->errors.size() == 1);
}

TEST_CASE("a revision that the embedder counts is kept") {
  auto sink = std::make_shared<RecordingSink>();
  auto source = MemorySource::create();
  start(*source, sink);
  SourceSnapshot snapshot;
  snapshot.epoch = "e";
  snapshot.revision = "42";
  source->replace(snapshot);
  CHECK(sink->snapshots.back().epoch == "e");
  CHECK(sink->snapshots.back().revision == "42");
}

TEST_CASE("nothing is published after stop, and the last report can be read") {
  auto sink = std::make_shared<RecordingSink>();
  auto source = MemorySource::create();
  start(*source, sink);
  CHECK(source->last_report().version == 0);
  PublishReport report;
  report.version = 3;
  source->on_published(report);
  CHECK(source->last_report().version == 3);
  bool stopped = false;
  source->stop([&] { stopped = true; });
  CHECK(stopped);
  source->replace({});
  CHECK(sink->snapshots.size() == 1);
}

TEST_CASE("changes of several threads are all there, in one order") {
  auto sink = std::make_shared<RecordingSink>();
  auto source = MemorySource::create();
  start(*source, sink);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        source->update([&](SourceSnapshot& snapshot) {
          snapshot.set(api_named(std::to_string(t) + "-" + std::to_string(i)));
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(sink->snapshots.back().apis.size() == 200);
  for (std::size_t i = 1; i < sink->snapshots.size(); ++i) {
    CHECK(sink->snapshots[i].apis.size() == sink->snapshots[i - 1].apis.size() + 1);
  }
}
