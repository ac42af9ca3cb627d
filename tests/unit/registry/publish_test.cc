#include <catch2/catch.hpp>

#include <thread>

#include "fixture.h"

using namespace gateway;
using namespace gateway::test;

TEST_CASE("version 0 is an empty table, and a Version is published only when something changed") {
  TestRegistry registry(named({"file"}));
  CHECK(registry.version() == 0);
  CHECK(registry.answer("h", "/") == "no host");
  SourceSnapshot content = snapshot({api("x", "/x", 1)});
  content.revision = "r1";
  registry.publish("file", content);
  CHECK(registry.version() == 1);

  content.revision = "r2";
  registry.publish("file", content);
  CHECK(registry.version() == 1);
  CHECK(registry.status("file").revision == "r2");
  CHECK(registry.reports("file").back().revision == "r2");
  CHECK(registry.reports("file").back().apis.empty());

  SourceSnapshot equal = snapshot({api("x", "/x", 1)});
  Backend moved = backend("b");
  moved.provenance.revision = "17";
  equal.set(moved);
  registry.publish("file", equal);
  CHECK(registry.version() == 1);

  equal.set(backend("b", 9090));
  registry.publish("file", equal);
  CHECK(registry.version() == 2);
  CHECK(registry.row("h", "/x")->backend->endpoints.front().port == 9090);
}

TEST_CASE("an empty snapshot is a configuration; a degraded source keeps what it said") {
  TestRegistry registry(named({"file", "cloud"}));
  registry.degrade("cloud", "connection refused");
  CHECK(registry.status("cloud").state == SyncState::NotSynced);
  CHECK(registry.status("cloud").degraded->message == "connection refused");

  registry.publish("file", {api("x", "/x")});
  registry.degrade("file", "gone");
  CHECK(registry.status("file").state == SyncState::Stale);
  CHECK(registry.answer("h", "/x") == "x@file");
  CHECK(registry.synced() == 0);

  registry.publish("cloud", SourceSnapshot());
  CHECK(registry.status("cloud").state == SyncState::Synced);
  CHECK_FALSE(registry.status("cloud").degraded);
  CHECK(registry.synced() == 1);
  registry.publish("file", SourceSnapshot());
  CHECK(registry.status("file").state == SyncState::Synced);
  CHECK(registry.answer("h", "/x") == "no host");
  CHECK(registry.synced() == 1);
}

TEST_CASE("a report has only the Apis whose state changed, also for another source's doing") {
  TestRegistry registry(named({"ingress", "file"}));
  registry.publish("ingress", {api("a", "/a", 1), api("b", "/b", 1)});
  REQUIRE(registry.reports("ingress").size() == 1);
  CHECK(registry.reports("ingress")[0].apis.size() == 2);
  CHECK(registry.reports("ingress")[0].version == 1);

  registry.publish("file", {api("b", "/b", 2)});
  REQUIRE(registry.reports("ingress").size() == 2);
  REQUIRE(registry.reports("ingress")[1].apis.size() == 1);
  CHECK(registry.reports("ingress")[1].apis[0].id == "b");
  CHECK(registry.reports("ingress")[1].apis[0].state == ApiState::Shadowed);
  CHECK(registry.reports("ingress")[1].version == 2);
  CHECK(registry.status("ingress").shadowed == 1);
}

TEST_CASE("another epoch: nothing said before holds, not even a last good form") {
  TestRegistry registry(named({"cloud"}));
  SourceSnapshot first = snapshot({api("x", "/x", 5), api("y", "/y", 5)});
  first.epoch = "1";
  registry.publish("cloud", first);
  Api defective = api("x", "/x", 5);
  defective.defect = "broken";
  SourceSnapshot second = snapshot({defective, api("z", "/z", 5)});
  second.epoch = "2";
  registry.publish("cloud", second);
  CHECK(registry.answer("h", "/x") == "503");
  CHECK(registry.answer("h", "/y") == "no path");
  CHECK(registry.answer("h", "/z") == "z@cloud");
}

TEST_CASE("publishing from many threads: the newest snapshot of each source is in force") {
  TestRegistry registry(named({"ingress", "file", "cloud"}));
  std::vector<std::thread> threads;
  for (const char* name : {"ingress", "file", "cloud"}) {
    threads.emplace_back([&registry, name, sink = registry.sink(name)] {
      SourceSnapshot kept = snapshot({});
      for (int i = 0; i < 200; ++i) {
        kept.set(
            api("n" + std::to_string(i % 7), std::string("/") + name + "/" + std::to_string(i), i));
        sink->publish(kept);
        if (i % 50 == 0) (void)registry.view().explain({"h", "/file/3", "http"});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  registry.registry().flush();
  for (const char* name : {"ingress", "file", "cloud"}) {
    CHECK(registry.answer("h", std::string("/") + name + "/199") == std::string("n3@") + name);
    CHECK(registry.answer("h", std::string("/") + name + "/192") == "no path");
  }
}

TEST_CASE("a sink outlives its registry and is ignored then") {
  std::shared_ptr<SnapshotSink> sink;
  {
    TestRegistry registry(named({"file"}));
    sink = registry.sink("file");
  }
  sink->publish(snapshot({api("x", "/x")}));
  sink->degraded({});
}

TEST_CASE("metrics tell the state of sources and the size of the table") {
  TestRegistry registry(named({"file", "cloud"}));
  registry.publish("file", {api("x", "/x"), api("y", "/y", 1, "nowhere")});
  std::string text;
  registry.view().write_metrics(text);
  for (const char* line :
       {"gateway_version 1\n", "gateway_source_state{source=\"file\",state=\"synced\"} 1\n",
        "gateway_source_state{source=\"cloud\",state=\"not_synced\"} 1\n",
        "gateway_source_apis{source=\"file\"} 2\n",
        "gateway_source_apis_quarantined{source=\"file\"} 1\n",
        "gateway_routes{kind=\"serving\"} 1\n", "gateway_routes{kind=\"tombstone\"} 1\n"}) {
    INFO(line);
    CHECK(text.find(line) != std::string::npos);
  }
}
