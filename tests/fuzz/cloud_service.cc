// What a configuration service sends: its event stream, cut anywhere, gives the same events; a
// snapshot or a change that is taken keeps its digest, and means the same the second time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "sources/cloud/endpoint.h"
#include "sources/cloud/event_stream.h"
#include "sources/cloud/mirror.h"
#include "sources/cloud/snapshot_document.h"

using namespace gateway;
using namespace gateway::cloud;

namespace {

constexpr std::size_t kMaxEvent = 4096;

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

struct Heard {
  bool sound = true;
  std::vector<std::string> events;
  bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view text, std::size_t piece) {
  EventStream stream(kMaxEvent);
  Heard heard;
  while (!text.empty() && heard.sound) {
    heard.sound = stream.push(text.substr(0, piece), [&](EventStream::Event event) {
      require(event.data.size() <= kMaxEvent, "an event that is too large", event.data);
      heard.events.push_back(event.type + '\n' + event.id + '\n' + event.data);
      return true;
    });
    text.remove_prefix(std::min(piece, text.size()));
  }
  return heard;
}

void check_message(const Error& error, std::string_view input) {
  require(!error.message.empty() && is_utf8(error.to_string()), "an error without words", input);
}

void take_documents(Mirror& mirror, std::string_view text) {
  auto snapshot = read_snapshot(text, 1u << 20);
  if (snapshot) {
    auto again = read_snapshot(text, 1u << 20);
    mirror.replace(std::move(snapshot).value());
    require(mirror.replace(std::move(again).value()) == Mirror::Outcome::Same,
            "another meaning the second time", text);
  } else {
    check_message(snapshot.error(), text);
  }
  auto change = read_change(text, 1u << 20);
  if (change) {
    const auto before = mirror.resources().digest();
    const auto outcome = mirror.apply(std::move(change).value());
    const bool untouched =
        outcome == Mirror::Outcome::Missed || outcome == Mirror::Outcome::Foreign;
    require(!untouched || mirror.resources().digest() == before, "what was refused left a trace",
            text);
  } else {
    check_message(change.error(), text);
  }
  for (const auto& error : mirror.snapshot().rejected) check_message(error, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Heard whole = hear(text, size);
  const Heard bytes = hear(text, 1);
  if (whole.sound) require(bytes == whole, "other events when cut", text);
  if (whole.sound && bytes.sound) require(hear(text, 7) == whole, "other events when cut", text);

  Mirror mirror("");
  take_documents(mirror, text);
  EventStream stream(kMaxEvent);
  (void)stream.push(text, [&](const EventStream::Event& event) {
    take_documents(mirror, event.data);
    return true;
  });

  const Origin origin{true, "a.example", 443};
  if (const auto location = resolve_location(text, origin, "/v1/snapshot")) {
    require(!location->target.empty(), "a location without a target", text);
    require(location->target.find_first_of(" \r\n") == std::string::npos, "a target of two lines",
            text);
  }
  (void)is_reached_directly(origin, {std::string(text)});
  if (const auto endpoint = parse_endpoint(text, true)) {
    const auto again = parse_endpoint(endpoint->url(), true);
    require(again.ok() && again->url() == endpoint->url(), "another endpoint when written", text);
  }
  return 0;
}
