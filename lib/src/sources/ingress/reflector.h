#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/environment.h>
#include <gateway/error.h>

#include "sources/ingress/api_client.h"
#include "base/backoff.h"
#include "sources/ingress/line_decoder.h"

namespace gateway::kubernetes {

// Which objects a reflector follows.
struct Collection {
  std::string api_version;     // "networking.k8s.io/v1"
  std::string kind;            // of the items, which do not say it in a list
  std::string path;            // "/apis/networking.k8s.io/v1/namespaces/gw/ingresses"
  std::string field_selector;  // "metadata.name=tls"; "" = all
};

// What a reflector says. Called from within loop callbacks; none of them may destroy the reflector.
struct ReflectorEvents {
  std::function<void(const rapidjson::Value& object)> upsert;
  std::function<void(std::string_view name_space, std::string_view name)> remove;
  std::function<void(std::string_view resource_version)> listing_began = {};
  // A list is complete, and everything that it lacks was removed.
  std::function<void(std::string_view resource_version)> listed;
  std::function<void(std::string_view resource_version)> watching = {};
  std::function<void()> expired = {};  // the server forgot our version: everything is listed anew
  // The server answered as it should after trouble(), or for the first time.
  std::function<void()> well;
  // A request failed. `status` is the HTTP status, 0 when there was no answer. It is tried again.
  std::function<void(const Error& error, int status)> trouble;
};

// Mirrors one collection of an API server: LIST, then WATCH from there on, for ever.
//
// A list is taken as a whole: what a new one lacks is removed when it is complete, not before. A watch
// that ends goes on from the last version; where the server says that this version is gone (410), a
// new list is the difference. Trouble changes nothing of what was mirrored.
class Reflector {
 public:
  struct Timing {
    Backoff::Limits backoff;
    std::chrono::seconds watch_least{300};  // a watch ends after a random time between these two
    std::chrono::seconds watch_most{600};
  };
  static constexpr std::size_t kPage = 500;
  static constexpr std::size_t kMaxWatchLine = 16u << 20;

  Reflector(ApiClient& api, uv_loop_t* loop, const Environment& environment, Timing timing,
            std::size_t max_response, Collection collection, ReflectorEvents events);

  void start() { list(); }
  // Before start(): takes over what `other` mirrored, so that the first list removes what it lacks.
  void inherit(const Reflector& other) { known_ = other.known_; }
  // Gives up waiting, if it waits because the server was out of reach or refused the credentials.
  void hurry();
  // Lists anew from nothing: another server is there now.
  void start_over();

  [[nodiscard]] bool listed() const noexcept { return listed_; }
  // The status that the last request failed with (0: no answer); nullopt while all is well.
  [[nodiscard]] const std::optional<int>& failing_status() const noexcept { return failing_; }
  // The newest resourceVersion seen; "" before the first list.
  [[nodiscard]] const std::string& resource_version() const noexcept { return version_; }

 private:
  enum class Next : std::uint8_t { List, Watch };

  void list();
  void request_page();
  void page_ended(Result<void> result);
  void take_list();
  void watch();
  void watch_head(const HttpClientResponse& response);
  void watch_ended(Result<void> result);
  bool take_line(std::string_view line);
  void take_object(std::string_view type, rapidjson::Value& object, rapidjson::Document::AllocatorType& allocator);
  void take_error(const rapidjson::Value& status);
  void upsert(rapidjson::Value& object, rapidjson::Document::AllocatorType& allocator);
  void fail(Error error, int status, Next next);
  void retry(std::chrono::milliseconds delay, Next next);
  void recover();
  [[nodiscard]] std::string target(std::string query) const;
  [[nodiscard]] std::uint64_t now() const noexcept { return uv_now(loop_); }

  ApiClient& api_;
  uv_loop_t* loop_;
  std::shared_ptr<const Entropy> entropy_;
  Timing timing_;
  std::size_t max_response_;
  Collection collection_;
  ReflectorEvents events_;

  uv::Timer timer_;
  Backoff backoff_;
  std::unique_ptr<ApiClient::Call> call_;

  // What is mirrored: key → (namespace, name).
  std::map<std::string, std::pair<std::string, std::string>, std::less<>> known_;
  std::string version_;
  bool listed_ = false;
  std::optional<int> failing_;
  bool told_well_ = false;

  // The request under way.
  int status_ = 0;
  std::chrono::seconds retry_after_{0};
  std::string body_;
  std::vector<rapidjson::Document> pages_;
  std::size_t pages_bytes_ = 0;
  std::string continue_;
  LineDecoder lines_{kMaxWatchLine};
  std::uint64_t watch_began_ = 0;
  std::uint64_t watch_events_ = 0;
  bool waiting_ = false;             // for the timer, then `next_`
  Next next_ = Next::List;
  bool may_hurry_ = false;
};

}  // namespace gateway::kubernetes
