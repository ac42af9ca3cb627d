#include <catch2/catch.hpp>

#include "fixture.h"

using namespace gateway;
using namespace gateway::test;

namespace {

const auto kBoth = named({"ingress", "file"});

ConflictOptions rule(ConflictRule which) {
  ConflictOptions options;
  options.rule = which;
  return options;
}

Api object(const std::string& id, const std::string& route, std::int64_t created_at,
           std::int64_t changed_at) {
  Api made = api(id, route, changed_at);
  made.witness.created_at = created_at;
  return made;
}

}  // namespace

TEST_CASE(
    "until a source has synced again, its routes answer 503 and nobody else's answer for them") {
  const Folder folder;
  const std::vector<Api> ingress{api("i", "/users", 200), api("wide", "/", 1)},
      file{api("f", "/users", 100), api("mine", "/files", 1)};
  {
    TestRegistry registry(kBoth, {}, folder.path());
    registry.publish("ingress", ingress);
    registry.publish("file", file);
  }
  struct Row {
    const char *first, *users, *files, *other;
  };
  for (const Row& row : {Row{"", "503", "503", "503"}, Row{"file", "503", "mine@file", "503"},
                         Row{"ingress", "i@ingress", "503", "wide@ingress"}}) {
    INFO("synced: " << row.first);
    TestRegistry again(kBoth, {}, folder.path());
    if (row.first == std::string("file")) again.publish("file", file);
    if (row.first == std::string("ingress")) again.publish("ingress", ingress);
    again.registry().flush();
    // Without any snapshot there is nothing to flush: the first Version comes by itself.
    REQUIRE(again.reaches_version(1));
    CHECK(again.answer("h", "/users") == row.users);
    CHECK(again.answer("h", "/files") == row.files);
    CHECK(again.answer("h", "/other") == row.other);
    if (row.first == std::string("ingress")) continue;
    const Explanation told = again.view().explain({"h", "/users", "http"});
    CHECK(told.outcome == "tombstone");
    CHECK(told.candidates.front().reason ==
          "the source is not synced; the ledger knows that it holds this route");
    CHECK(told.candidates.front().stamp == 200);
  }
}

TEST_CASE("a route that its source no longer wants is free as soon as the source has synced") {
  const Folder folder;
  {
    TestRegistry registry(kBoth, {}, folder.path());
    registry.publish("ingress", {api("i", "/users", 200)});
  }
  TestRegistry again(kBoth, {}, folder.path());
  again.publish("file", {api("f", "/users", 100)});
  CHECK(again.answer("h", "/users") == "503");
  CHECK(again.state("f@file").reason.find("shadowed by i@ingress") == 0);
  again.publish("ingress", std::vector<Api>{});
  CHECK(again.answer("h", "/users") == "f@file");
}

TEST_CASE("what another cluster's source held holds nothing here") {
  const Folder folder;
  {
    TestRegistry registry({{"ingress", "ingress", "cluster-1"}}, {}, folder.path());
    registry.publish("ingress", {api("i", "/users", 200)});
  }
  TestRegistry again({{"ingress", "ingress", "cluster-2"}, {"file", "file"}}, {}, folder.path());
  again.publish("file", {api("f", "/users", 100)});
  CHECK(again.answer("h", "/users") == "f@file");
}

TEST_CASE(
    "a path that has become protected is not held by a source that may not claim it any more") {
  const Folder folder;
  const auto sources = named({"ingress", "cloud"});
  {
    TestRegistry registry(sources, {}, folder.path());
    registry.publish("ingress", {api("i", "/users", 200), api("wide", "a.example/", 200)});
  }
  ConflictOptions options;
  options.protected_paths = {"/users"};
  TestRegistry again(sources, options, folder.path());
  again.publish("cloud", {api("c", "/users", 100)});
  CHECK(again.answer("h", "/users") == "c@cloud");
  CHECK(again.answer("a.example", "/users") == "c@cloud");
  CHECK(again.answer("a.example", "/other") == "503");
}

TEST_CASE(
    "of two objects of an unsynced source the newer stamp counts: rather 503 than the wrong "
    "answer") {
  const Folder folder;
  const auto ingress = snapshot({object("old", "/x", 10, 100), object("young", "/x", 20, 900)});
  {
    TestRegistry registry(kBoth, {}, folder.path());
    registry.publish("ingress", ingress);
  }
  TestRegistry again(kBoth, {}, folder.path());
  again.publish("file", {api("f", "/x", 500)});
  CHECK(again.answer("h", "/x") == "503");
  again.publish("ingress", ingress);
  CHECK(again.answer("h", "/x") == "f@file");
}

TEST_CASE(
    "under the fixed order and the order of arrival unsynced sources hold their routes by those") {
  struct Row {
    ConflictRule rule;
    const char *known, *other, *before_sync;
  };
  for (const Row& row : {Row{ConflictRule::Precedence, "ingress", "file", "503"},
                         Row{ConflictRule::Precedence, "file", "ingress", "x@ingress"},
                         Row{ConflictRule::ArrivalOrder, "file", "ingress", "503"},
                         Row{ConflictRule::ArrivalOrder, "ingress", "file", "x@file"}}) {
    INFO(row.known << " is known, " << row.other << " syncs first");
    const Folder folder;
    {
      TestRegistry registry(kBoth, rule(row.rule), folder.path());
      registry.publish(row.known, {api("x", "/x", 100)});
    }
    TestRegistry again(kBoth, rule(row.rule), folder.path());
    again.publish(row.other, {api("x", "/x", 100)});
    CHECK(again.answer("h", "/x") == row.before_sync);
  }
}

TEST_CASE("a damaged ledger is reported, and what can be read of it decides") {
  const Folder folder;
  const auto file = snapshot({api("f", "/users")});
  {
    TestRegistry registry(kBoth, {}, folder.path(), 1000);
    registry.publish("file", file);
    registry.publish("ingress", {api("i", "/users", 500)});
  }
  // The last byte is of the record of ingress.
  const std::string path = folder.path() + "/ledger.0";
  const auto size = std::filesystem::file_size(path);
  std::fstream damaged(path, std::ios::in | std::ios::out | std::ios::binary);
  damaged.seekp(static_cast<std::streamoff>(size) - 1).put('\x7f');
  damaged.close();
  TestRegistry again(kBoth, {}, folder.path(), 2000);
  CHECK(again.records().has("LedgerDamaged"));
  again.publish("ingress", {api("i", "/users", 500)});
  CHECK(again.answer("h", "/users") == "503");
  again.publish("file", file);
  CHECK(again.answer("h", "/users") == "f@file");
}
