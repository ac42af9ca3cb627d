#include "registry/stamp.h"

#include <catch2/catch.hpp>

#include <limits>

#include "fixture.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr std::int64_t kNow = 1000;
constexpr std::int64_t kEver = std::numeric_limits<std::int64_t>::max();
using Seconds = std::optional<std::int64_t>;
const Digest kThis = sha256("this"), kOther = sha256("other");

struct Known {
  Seconds given;
  std::int64_t stamp;
  bool observed;
  std::string uid = "uid";
  std::int64_t generation = 5;
};

// What a source says of content kThis.
struct Said {
  Seconds given;
  std::int64_t generation = 5;
};

Stamp decide(const std::optional<Known>& known, const Digest& known_content, const Said& said,
             std::int64_t rival, bool durable) {
  LedgerEntry entry;
  if (known) {
    entry.content = known_content;
    entry.given = known->given;
    entry.stamp = known->stamp;
    entry.observed = known->observed;
    entry.identity = known->uid;
    entry.generation = known->generation;
  }
  Witness witness;
  witness.changed_at = said.given;
  witness.identity = "uid";
  witness.generation = said.generation;
  StampQuestion question;
  question.known = known ? &entry : nullptr;
  question.ledger = durable;
  question.witness = &witness;
  question.content = kThis;
  question.now = kNow;
  question.rival = rival;
  return decide_stamp(question);
}

std::string text(const Stamp& stamp) {
  return std::to_string(stamp.seconds) + (stamp.observed ? " observed" : " given");
}

Api unstamped(const std::string& id, const std::string& route, const std::string& backend = "b") {
  return api(id, route, {}, backend);
}

// Two backends to choose from: another backend is another content.
SourceSnapshot with_two(const Api& one) {
  SourceSnapshot made = snapshot({one});
  made.set(backend("b2", 9090));
  return made;
}

RouteCandidate candidate(const TestRegistry& registry, const std::string& source,
                         const std::string& path) {
  for (const RouteCandidate& one : registry.view().explain({"h", path, "http"}).candidates) {
    if (one.source == source) return one;
  }
  return {};
}

}  // namespace

TEST_CASE("the stamp of content that is seen for the first time") {
  struct Row {
    const char* what;
    bool durable;
    Said said;
    std::int64_t rival;
    std::string stamp;
  };
  for (const Row& row :
       {Row{"the source vouches", true, {500}, 0, "500 given"},
        Row{"the source vouches, and the rival is newer", true, {500}, 900, "500 given"},
        Row{"the source vouches for the future", true, {5000}, 0, "5000 given"},
        Row{"nobody vouches", true, {{}}, 0, "1000 observed"},
        Row{"the rival is older", true, {{}}, 999, "1000 observed"},
        Row{"the rival changed in this second", true, {{}}, 1000, "1001 observed"},
        Row{"the rival says it changed in the future", true, {{}}, 5000, "5001 observed"},
        Row{"the rival is as late as can be",
            true,
            {{}},
            kEver,
            std::to_string(kEver) + " observed"},
        Row{"no ledger, the source vouches", false, {500}, 900, "500 given"},
        Row{"no ledger, nobody vouches", false, {{}}, 900, "0 given"}}) {
    INFO(row.what);
    CHECK(text(decide({}, kThis, row.said, row.rival, row.durable)) == row.stamp);
  }
}

TEST_CASE("the stamp of content that the ledger knows: a replay is not a change") {
  struct Row {
    const char* what;
    Known known;
    Said said;
    std::string stamp;
  };
  for (const Row& row :
       {Row{"the same again", {500, 500, false}, {500}, "500 given"},
        Row{"the same again, not given", {{}, 700, true}, {{}}, "700 observed"},
        Row{"the same again, given but observed", {500, 700, true}, {500}, "700 observed"},
        Row{"something else of the object changed", {500, 700, true}, {500, 6}, "700 observed"},
        Row{"something else of the object changed, and it says when",
            {500, 500, false},
            {600, 6},
            "600 given"},
        Row{"... though it had been observed", {500, 700, true}, {600, 6}, "600 given"},
        Row{"the object was made anew", {500, 500, false, "another uid", 9}, {600, 1}, "600 given"},
        Row{"made anew, not given", {{}, 700, true, "another uid", 9}, {{}, 1}, "700 observed"},
        Row{"the source vouches from now on", {{}, 700, true}, {600}, "600 given"},
        Row{"the source vouches no more", {500, 500, false}, {{}}, "500 given"}}) {
    INFO(row.what);
    CHECK(text(decide(row.known, kThis, row.said, 900, true)) == row.stamp);
    // What is on the disk already counts, even when the disk takes nothing new.
    CHECK(text(decide(row.known, kThis, row.said, 900, false)) == row.stamp);
  }
}

TEST_CASE("the stamp of content that changed: given, or observed where the source cannot vouch") {
  struct Row {
    const char* what;
    Known known;
    Said said;
    std::int64_t rival;
    std::string stamp, without_disk;
  };
  for (const Row& row :
       {Row{"the given stamp moved", {500, 500, false}, {600, 6}, 900, "600 given", "600 given"},
        Row{"it moved back", {500, 500, false}, {400, 6}, 900, "400 given", "400 given"},
        Row{"it moved, after an observation",
            {500, 700, true},
            {600, 6},
            900,
            "600 given",
            "600 given"},
        Row{"the generation rose, the given stamp stood still",
            {500, 500, false},
            {500, 6},
            900,
            "1000 observed",
            "500 given"},
        Row{"... again", {500, 900, true}, {500, 6}, 0, "1000 observed", "500 given"},
        Row{"... and the rival changed in this second",
            {500, 500, false},
            {500, 6},
            1000,
            "1001 observed",
            "500 given"},
        Row{"the generation stood still too",
            {500, 500, false},
            {500, 5},
            900,
            "500 given",
            "500 given"},
        Row{"an older generation", {500, 500, false}, {500, 4}, 900, "500 given", "500 given"},
        Row{"another object, of a higher generation",
            {500, 500, false, "another uid", 1},
            {500, 6},
            900,
            "500 given",
            "500 given"},
        Row{"nobody vouches", {{}, 700, true}, {{}}, 900, "1000 observed", "0 given"},
        Row{"nobody vouches, and the rival is in the future",
            {{}, 700, true},
            {{}},
            5000,
            "5001 observed",
            "0 given"},
        Row{"the source vouches no more",
            {500, 500, false},
            {{}},
            0,
            "1000 observed",
            "0 given"}}) {
    INFO(row.what);
    CHECK(text(decide(row.known, kOther, row.said, row.rival, true)) == row.stamp);
    CHECK(text(decide(row.known, kOther, row.said, row.rival, false)) == row.without_disk);
  }
}

TEST_CASE(
    "a change that a source cannot vouch for wins from the moment it is seen, and after restarts") {
  const Folder folder;
  const auto sources = named({"ingress", "file"});
  const auto ingress = snapshot({api("i", "/users", 1'000'000)});
  const auto first = with_two(unstamped("f", "/users")),
             second = with_two(unstamped("f", "/users", "b2"));
  {
    TestRegistry registry(sources, {}, folder.path(), 999'000);
    registry.publish("file", first);
    registry.publish("ingress", ingress);
    CHECK(registry.answer("h", "/users") == "i@ingress");
    CHECK(candidate(registry, "file", "/users").stamp == 999'000);
    CHECK(candidate(registry, "file", "/users").stamp_observed);

    registry.clock().set(1'000'000);  // the second in which ingress changed
    registry.publish("file", second);
    CHECK(registry.answer("h", "/users") == "f@file");
    CHECK(candidate(registry, "file", "/users").stamp == 1'000'001);
    registry.publish("file", second);
    CHECK(candidate(registry, "file", "/users").stamp == 1'000'001);

    // Back to what it was: a change like any other.
    registry.clock().set(1'000'500);
    registry.publish("file", first);
    CHECK(candidate(registry, "file", "/users").stamp == 1'000'500);
  }
  for (const bool file_first : {true, false}) {
    TestRegistry again(sources, {}, folder.path(), 2'000'000);
    again.publish(file_first ? "file" : "ingress", file_first ? first : ingress);
    again.publish(file_first ? "ingress" : "file", file_first ? ingress : first);
    CHECK(again.answer("h", "/users") == "f@file");
    CHECK(candidate(again, "file", "/users").stamp == 1'000'500);
    CHECK(candidate(again, "file", "/users").stamp_observed);
  }
  // It changed while the gateway was down.
  TestRegistry later(sources, {}, folder.path(), 2'000'000);
  later.publish("file", second);
  CHECK(candidate(later, "file", "/users").stamp == 2'000'000);
}

TEST_CASE("a second write that leaves the object's times as they were counts as a change") {
  const Folder folder;
  TestRegistry registry(named({"ingress", "file"}), {}, folder.path(), 5000);
  const auto object = [](std::int64_t generation, const std::string& backend) {
    Api made = api("i", "/users", 1000, backend);
    made.witness.identity = "uid";
    made.witness.generation = generation;
    return with_two(made);
  };
  registry.publish("ingress", object(1, "b"));
  registry.publish("file", {api("f", "/users", 2000)});
  CHECK(registry.answer("h", "/users") == "f@file");
  registry.publish("ingress", object(2, "b"));  // of another path of the object
  CHECK(registry.answer("h", "/users") == "f@file");
  registry.publish("ingress", object(3, "b2"));
  CHECK(registry.answer("h", "/users") == "i@ingress");
  CHECK(candidate(registry, "ingress", "/users").stamp == 5000);
}

TEST_CASE("a hostname that changed unseen by its source is newer than its rival, synced or not") {
  const Folder folder;
  const auto hostname = [](std::optional<std::int64_t> changed_at, TlsVersion version) {
    SourceSnapshot made;
    Hostname one;
    one.id = "h";
    one.host = "a.example";
    one.min_version = version;
    one.witness.changed_at = changed_at;
    made.set(one);
    return made;
  };
  const auto holder = [](const TestRegistry& registry) {
    return registry.view().current()->tls.select("a.example")->source;
  };
  const auto sources = named({"ingress", "file"});
  {
    TestRegistry registry(sources, {}, folder.path(), 1000);
    registry.publish("file", hostname({}, TlsVersion::Tls1_2));
    registry.publish("ingress", hostname(3000, TlsVersion::Tls1_2));
    CHECK(holder(registry) == "ingress");
  }
  for (const bool file_first : {true, false}) {
    const Folder copy;
    std::filesystem::copy_file(folder.path() + "/ledger.0", copy.path() + "/ledger.0");
    TestRegistry again(sources, {}, copy.path(), 3000);
    const auto changed = hostname({}, TlsVersion::Tls1_3),
               same = hostname(3000, TlsVersion::Tls1_2);
    again.publish(file_first ? "file" : "ingress", file_first ? changed : same);
    again.publish(file_first ? "ingress" : "file", file_first ? same : changed);
    CHECK(holder(again) == "file");
  }
}

TEST_CASE("another scope or another epoch forgets what was observed") {
  const auto content = [](const std::string& epoch) {
    SourceSnapshot made = snapshot({unstamped("f", "/users")});
    made.epoch = epoch;
    return made;
  };
  struct Row {
    const char *scope, *epoch;
    std::int64_t stamp;
  };
  for (const Row& row :
       {Row{"cluster", "1", 1000}, Row{"cluster", "2", 2000}, Row{"other", "1", 2000}}) {
    INFO(row.scope << " " << row.epoch);
    const Folder folder;
    {
      TestRegistry registry({{"file", "file", "cluster"}}, {}, folder.path(), 1000);
      registry.publish("file", content("1"));
    }
    TestRegistry again({{"file", "file", row.scope}}, {}, folder.path(), 2000);
    again.publish("file", content(row.epoch));
    CHECK(candidate(again, "file", "/users").stamp == row.stamp);
  }
  // Without a restart too.
  const Folder folder;
  TestRegistry registry(named({"file"}), {}, folder.path(), 1000);
  registry.publish("file", content("1"));
  registry.clock().set(2000);
  registry.publish("file", content("2"));
  CHECK(candidate(registry, "file", "/users").stamp == 2000);
}

TEST_CASE("an entry goes only when a synced snapshot lacks its key") {
  const Folder folder;
  const auto sources = named({"file", "ingress"});
  const auto content = snapshot({unstamped("f", "/users")});
  const auto stamp_after_restart = [&](std::int64_t now) {
    TestRegistry again(sources, {}, folder.path(), now);
    again.publish("file", content);
    return candidate(again, "file", "/users").stamp;
  };
  {
    TestRegistry registry(sources, {}, folder.path(), 1000);
    registry.publish("file", content);
    registry.degrade("file", "gone");
  }
  {
    TestRegistry never_synced(sources, {}, folder.path(), 2000);
    never_synced.degrade("file", "unreachable");
    never_synced.publish("ingress", std::vector<Api>{});
  }
  CHECK(stamp_after_restart(3000) == 1000);
  {
    TestRegistry broken(sources, {}, folder.path(), 4000);
    Api defective = unstamped("f", "/users");
    defective.defect = "no such Service";
    broken.publish("file", {defective});
  }
  CHECK(stamp_after_restart(5000) == 1000);
  {
    TestRegistry gone(sources, {}, folder.path(), 6000);
    gone.publish("file", std::vector<Api>{});
  }
  CHECK(stamp_after_restart(7000) == 7000);
  {
    TestRegistry removed(sources, {}, folder.path(), 8000);
    removed.publish("file", content);
    removed.publish("file", std::vector<Api>{});
  }
  CHECK(stamp_after_restart(9000) == 9000);
}

TEST_CASE("the ids of Apis and hostnames do not meet in the ledger") {
  const Folder folder;
  SourceSnapshot content = snapshot({unstamped("hostname:h", "/users")});
  Hostname name;
  name.id = "h";
  name.host = "a.example";
  content.set(name);
  {
    TestRegistry registry(named({"file"}), {}, folder.path(), 1000);
    registry.publish("file", content);
  }
  TestRegistry again(named({"file"}), {}, folder.path(), 2000);
  again.publish("file", content);
  CHECK(candidate(again, "file", "/users").stamp == 1000);
}

TEST_CASE("without a folder nothing is observed: ties go by precedence, and a warning says so") {
  TestRegistry registry(named({"file", "ingress"}));
  CHECK(registry.records().has("NoLedger"));
  registry.publish("ingress", {unstamped("i", "/users")});
  registry.clock().advance(60);
  registry.publish("file", {unstamped("f", "/users")});
  CHECK(registry.answer("h", "/users") == "i@ingress");
  CHECK(candidate(registry, "file", "/users").stamp == 0);
  CHECK_FALSE(candidate(registry, "file", "/users").stamp_observed);

  ConflictOptions fixed;
  fixed.rule = ConflictRule::Precedence;
  CHECK_FALSE(TestRegistry(named({"file"}), fixed).records().has("NoLedger"));
}

TEST_CASE(
    "what cannot be written to the ledger is not published as observed, and an error says so") {
  auto folder = std::make_unique<Folder>();
  TestRegistry registry(named({"file", "ingress"}), {}, folder->path(), 1000);
  registry.publish("ingress", {api("i", "/users", 500), unstamped("j", "/orders")});
  registry.publish("file", {unstamped("f", "/orders")});
  CHECK(registry.answer("h", "/users") == "i@ingress");
  CHECK(registry.answer("h", "/orders") == "f@file");
  CHECK_FALSE(registry.records().has("LedgerLost"));

  folder.reset();
  registry.publish("file", {unstamped("f", "/users"), unstamped("g", "/other")});
  CHECK(registry.records().has("LedgerLost"));
  CHECK(registry.answer("h", "/users") == "i@ingress");
  CHECK(candidate(registry, "file", "/users").stamp == 0);
  CHECK(registry.answer("h", "/orders") == "j@ingress");
  CHECK(registry.answer("h", "/other") == "g@file");
  // No Version ever said otherwise.
  for (const VersionPtr& version : registry.published()) {
    CHECK(version->routes.match("h", "/users").api->id == "i@ingress");
  }
}

TEST_CASE("stamps at the end of time compare and are told") {
  TestRegistry registry(named({"ingress", "file"}));
  registry.publish("ingress", {api("i", "/users", kEver)});
  registry.publish("file", {api("f", "/users", kEver - 1)});
  CHECK(registry.answer("h", "/users") == "i@ingress");
  CHECK(candidate(registry, "file", "/users").reason.find("changed later") != std::string::npos);
}
