#include "sources/ingress/reflector.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "base/strings.h"
#include "model/document.h"
#include "sources/ingress/json_view.h"

namespace gateway::kubernetes {
namespace {

using json::find;
using json::text_or;
using rapidjson::Value;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kMaxRetryAfter{60};

seconds parse_retry_after(const HttpClientResponse& response) {
  const auto given = parse_decimal(response.header("retry-after"), 3600);
  return given ? std::min(seconds(*given), kMaxRetryAfter) : seconds(0);
}

std::string key_of(std::string_view name_space, std::string_view name) {
  return std::string(name_space) + '/' + std::string(name);
}

}  // namespace

Reflector::Reflector(ApiClient& api, uv_loop_t* loop, const Environment& environment, Timing timing,
                     std::size_t max_response, Collection collection, ReflectorEvents events)
    : api_(api),
      loop_(loop),
      entropy_(environment.entropy),
      timing_(timing),
      max_response_(max_response),
      collection_(std::move(collection)),
      events_(std::move(events)),
      timer_(loop),
      backoff_(timing.backoff, environment.entropy) {}

std::string Reflector::target(std::string query) const {
  std::string whole = collection_.path + '?' + query;
  if (!collection_.field_selector.empty()) {
    whole += "&fieldSelector=" + percent_encode(collection_.field_selector);
  }
  return whole;
}

// --- LIST

void Reflector::list() {
  pages_.clear();
  pages_bytes_ = 0;
  continue_.clear();
  if (events_.listing_began) events_.listing_began(version_);
  request_page();
}

void Reflector::request_page() {
  std::string query = "limit=" + std::to_string(kPage);
  if (!continue_.empty()) query += "&continue=" + percent_encode(continue_);
  status_ = 0;
  body_.clear();
  retry_after_ = seconds(0);
  HttpClientHandler handler;
  handler.head = [this](const HttpClientResponse& response) {
    status_ = response.status;
    retry_after_ = parse_retry_after(response);
  };
  handler.body = [this](std::string_view data) { body_ += data; };
  handler.done = [this](Result<void> result) { page_ended(std::move(result)); };
  ApiClient::Request request;
  request.target = target(std::move(query));
  request.max_body = max_response_ - std::min(max_response_, pages_bytes_);
  call_ = api_.get(request, std::move(handler));
}

void Reflector::page_ended(Result<void> result) {
  const auto call = std::move(call_);
  if (!result) return fail(std::move(result).error(), 0, Next::List);
  if (status_ == 410 && !continue_.empty()) {
    // The list took longer than the server keeps a version: from the first page again.
    return retry(backoff_.next(now()), Next::List);
  }
  if (status_ != 200) return fail(api_status_error(status_, body_, collection_.path), status_, Next::List);
  auto page = parse_json(body_, {max_response_, 64, 0}, collection_.path);
  if (!page) return fail(std::move(page).error(), 0, Next::List);
  const auto* metadata = find(*page, "metadata");
  const auto* items = find(*page, "items");
  if (!metadata || (items && !items->IsArray())) {
    return fail({ErrorCode::ProtocolError, "ingress", "the answer is no list", collection_.path, true}, 0,
                Next::List);
  }
  pages_bytes_ += body_.size();
  continue_ = text_or(metadata, "continue");
  if (continue_.empty()) version_ = text_or(metadata, "resourceVersion");
  pages_.push_back(std::move(page).value());
  if (!continue_.empty()) return request_page();
  take_list();
}

void Reflector::take_list() {
  std::set<std::string, std::less<>> present;
  for (auto& page : pages_) {
    auto* items = find(page, "items");
    if (!items || !items->IsArray()) continue;
    for (auto& item : items->GetArray()) {
      if (!item.IsObject()) continue;
      const auto* metadata = find(item, "metadata");
      present.insert(key_of(text_or(metadata, "namespace"), text_or(metadata, "name")));
      upsert(item, page.GetAllocator());
    }
  }
  pages_.clear();
  for (auto known = known_.begin(); known != known_.end();) {
    if (present.contains(known->first)) {
      ++known;
      continue;
    }
    events_.remove(known->second.first, known->second.second);
    known = known_.erase(known);
  }
  listed_ = true;
  recover();
  events_.listed(version_);
  watch();
}

void Reflector::upsert(Value& object, rapidjson::Document::AllocatorType& allocator) {
  const auto* metadata = find(object, "metadata");
  const auto name_space = text_or(metadata, "namespace");
  const auto name = text_or(metadata, "name");
  if (!find(object, "kind")) {
    object.AddMember("kind", Value(collection_.kind.c_str(), allocator), allocator);
    object.AddMember("apiVersion", Value(collection_.api_version.c_str(), allocator), allocator);
  }
  known_.try_emplace(key_of(name_space, name), name_space, name);
  events_.upsert(object);
}

// --- WATCH

void Reflector::watch() {
  std::uint32_t random = 0;
  entropy_->fill(std::as_writable_bytes(std::span(&random, 1)));
  const auto range = static_cast<std::uint32_t>((timing_.watch_most - timing_.watch_least).count());
  const seconds limit = timing_.watch_least + seconds(range ? random % range : 0);
  status_ = 0;
  body_.clear();
  retry_after_ = seconds(0);
  lines_.clear();
  watch_events_ = 0;
  watch_began_ = now();
  HttpClientHandler handler;
  handler.head = [this](const HttpClientResponse& response) { watch_head(response); };
  handler.body = [this](std::string_view data) {
    if (status_ != 200) {
      if (body_.size() < 64 * 1024) body_ += data;
      return;
    }
    const bool sound = lines_.push(data, [this](std::string_view line) { return take_line(line); });
    if (sound) return;
    const auto call = std::move(call_);
    fail({ErrorCode::TooLarge, "ingress", "a line of the watch is too long", collection_.path, true}, 0, Next::List);
  };
  handler.done = [this](Result<void> result) { watch_ended(std::move(result)); };
  ApiClient::Request request;
  request.target = target("watch=1&allowWatchBookmarks=true&resourceVersion=" + percent_encode(version_) +
                          "&timeoutSeconds=" + std::to_string(limit.count()));
  request.idle_timeout = limit + seconds(30);
  request.max_body = SIZE_MAX;
  call_ = api_.get(request, std::move(handler));
}

void Reflector::watch_head(const HttpClientResponse& response) {
  status_ = response.status;
  retry_after_ = parse_retry_after(response);
  if (status_ != 200) return;
  recover();
  if (events_.watching) events_.watching(version_);
}

bool Reflector::take_line(std::string_view line) {
  auto event = parse_json(line, {kMaxWatchLine, 64, 0}, collection_.path);
  auto* object = event ? find(*event, "object") : nullptr;
  if (!object || !object->IsObject()) {
    const auto call = std::move(call_);
    fail({ErrorCode::ProtocolError, "ingress", "a line of the watch is no event", collection_.path, true}, 0,
         Next::Watch);
    return false;
  }
  ++watch_events_;
  const std::string type(text_or(&*event, "type"));
  if (type == "ERROR") {
    const auto call = std::move(call_);
    take_error(*object);
    return false;
  }
  take_object(type, *object, event->GetAllocator());
  return true;
}

void Reflector::take_object(std::string_view type, Value& object,
                            rapidjson::Document::AllocatorType& allocator) {
  const auto* metadata = find(object, "metadata");
  const std::string version(text_or(metadata, "resourceVersion"));
  if (type == "ADDED" || type == "MODIFIED") {
    upsert(object, allocator);
  } else if (type == "DELETED") {
    const auto at = known_.find(key_of(text_or(metadata, "namespace"), text_or(metadata, "name")));
    if (at != known_.end()) {
      events_.remove(at->second.first, at->second.second);
      known_.erase(at);
    }
  }
  // Of a BOOKMARK nothing but the version counts.
  if (!version.empty()) version_ = version;
}

// The object of an ERROR event, a Status.
void Reflector::take_error(const Value& status) {
  const auto code = static_cast<int>(json::integer_or(&status, "code", 0));
  if (code == 410) {
    if (events_.expired) events_.expired();
    return list();
  }
  fail(api_status_error(code, {}, collection_.path), code, code == 429 ? Next::Watch : Next::List);
}

void Reflector::watch_ended(Result<void> result) {
  const auto call = std::move(call_);
  if (status_ == 410) {
    if (events_.expired) events_.expired();
    return list();
  }
  if (status_ != 0 && status_ != 200) {
    // Refused for now is not forgotten: 429, and what a server says that is only coming or going.
    const bool same_version = status_ == 429 || status_ == 401 || status_ == 503;
    return fail(api_status_error(status_, body_, collection_.path), status_, same_version ? Next::Watch : Next::List);
  }
  if (!result && status_ == 0) return fail(std::move(result).error(), 0, Next::Watch);
  // It ended by its time, or was cut: both go on from the last version. Cut at once again and again, it
  // must not spin.
  const bool brief = now() - watch_began_ < 1000 && watch_events_ == 0;
  retry(brief ? backoff_.next(now()) : milliseconds(0), Next::Watch);
}

// --- trouble

void Reflector::fail(Error error, int status, Next next) {
  failing_ = status;
  told_well_ = false;
  if (status == 401) api_.reread();
  const auto delay = std::max(backoff_.next(now()), std::chrono::duration_cast<milliseconds>(retry_after_));
  may_hurry_ = status == 0 || status == 401;
  if (error.where.empty()) error.where = collection_.path;
  next_ = next;
  waiting_ = true;
  timer_.start(delay, [this] { hurry(); });
  events_.trouble(error, status);
}

void Reflector::retry(milliseconds delay, Next next) {
  next_ = next;
  waiting_ = true;
  may_hurry_ = false;
  timer_.start(delay, [this] { hurry(); });
}

void Reflector::hurry() {
  if (!waiting_ || (timer_.active() && !may_hurry_)) return;
  waiting_ = false;
  timer_.stop();
  if (next_ == Next::Watch && !version_.empty()) {
    watch();
  } else {
    list();
  }
}

void Reflector::start_over() {
  timer_.stop();
  waiting_ = false;
  call_.reset();
  version_.clear();
  list();
}

void Reflector::recover() {
  failing_.reset();
  if (std::exchange(told_well_, true)) return;
  events_.well();
}

}  // namespace gateway::kubernetes
