#pragma once

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "../http/client_support.h"
#include "arm/gateway_token.h"
#include "arm/resource.h"
#include "model/canonical.h"
#include "model/document.h"

namespace gateway::test {

// A configuration service in the test's own process, as far as one gateway's side goes.
// Thread-safe.
class FakeService {
 public:
  // One answer instead of the usual one; the connection is closed after it where it returns false.
  using Script = std::function<bool(Peer&)>;

  explicit FakeService(std::shared_ptr<const TlsTable> table = nullptr)
      : server_(std::make_unique<TestServer>([this](Peer& peer, int) { serve(peer); },
                                             std::move(table))) {}
  ~FakeService() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    server_.reset();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  // How it behaves; to be set before it is asked.
  bool offers_events = true;
  bool says_digest = true;
  bool says_etag = true;
  int events_status = 404;  // where it offers none

  // One transaction.
  void commit(const std::vector<std::string>& upserts, const std::vector<std::string>& removes = {},
              bool tell = true) {
    const std::lock_guard lock(mutex_);
    for (const auto& json : upserts) set_locked(json);
    for (const auto& id : removes) {
      resources_.erase(id);
      set_.erase(id);
    }
    ++revision_;
    if (!tell) return;
    std::string data = "{\"epoch\":\"" + epoch_ + "\",\"revision\":" + std::to_string(revision_) +
                       ",\"upserts\":[" + joined(upserts) + "],\"removes\":[";
    for (const auto& id : removes) data += (&id == &removes.front() ? "\"" : ",\"") + id + '"';
    data += "]" + digest_locked() + "}";
    tell_locked("change", std::move(data));
  }
  // An event as it stands.
  void tell(const std::string& type, std::string data) {
    const std::lock_guard lock(mutex_);
    tell_locked(type, std::move(data));
  }
  // Another database, with what was there and with its history forgotten.
  void restore(const std::string& epoch, int revision) {
    const std::lock_guard lock(mutex_);
    epoch_ = epoch;
    revision_ = revision;
    history_.clear();
  }
  void forget_history() {
    const std::lock_guard lock(mutex_);
    forgotten_ = true;
    history_.clear();
  }
  void set_token(const std::string& token) {
    const std::lock_guard lock(mutex_);
    token_ = token;
  }
  // The next `times` requests whose line contains `part`.
  void script(const std::string& part, Script answer, int times = 1) {
    const std::lock_guard lock(mutex_);
    scripted_.push_back({part, std::move(answer), times});
  }
  void answer(const std::string& part, int status, int times = 1, const std::string& headers = "",
              const std::string& body = "{}") {
    script(
        part, [=](Peer& peer) { return peer.answer(status, body, headers), true; }, times);
  }
  // The heads and bodies of requests so far whose line contains `part`.
  struct Seen {
    std::string head;
    std::string body;
  };
  [[nodiscard]] std::vector<Seen> seen(const std::string& part) {
    const std::lock_guard lock(mutex_);
    std::vector<Seen> found;
    for (const auto& one : requests_) {
      if (one.head.substr(0, one.head.find('\r')).find(part) != std::string::npos)
        found.push_back(one);
    }
    return found;
  }
  [[nodiscard]] int streaming() {
    const std::lock_guard lock(mutex_);
    return streaming_;
  }
  [[nodiscard]] int revision() {
    const std::lock_guard lock(mutex_);
    return revision_;
  }
  [[nodiscard]] std::string snapshot() {
    const std::lock_guard lock(mutex_);
    return snapshot_locked();
  }
  // Ends every stream after sending `last` as it is.
  void end_streams(const std::string& last = "") {
    const std::lock_guard lock(mutex_);
    last_words_ = last;
    ++generation_;
    changed_.notify_all();
  }
  // Out of reach: open connections are cut, new ones too, until back().
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      away_ = true;
    }
    server_->cut();
    end_streams();
  }
  void back() {
    const std::lock_guard lock(mutex_);
    away_ = false;
  }

 private:
  struct Event {
    int revision;
    std::string text;
  };
  struct Scripted {
    std::string part;
    Script answer;
    int times;
  };

  static std::string joined(const std::vector<std::string>& parts) {
    std::string all;
    for (const auto& part : parts) all += (all.empty() ? "" : ",") + part;
    return all;
  }
  void set_locked(const std::string& json) {
    const auto document = parse_json(json, {}, "test").value();
    const auto resource = arm::make_resource(document);
    if (resource) set_.upsert(*resource);
    resources_[resource ? resource->id : json] = json;
    if (resource) return;
    std::string canonical;
    arm::write_canonical_json(document, canonical);
    broken_.push_back(sha256(canonical));
  }
  std::string digest_locked() const {
    if (!says_digest) return "";
    Digest whole = set_.digest();
    for (const auto& one : broken_) {
      for (std::size_t i = 0; i < whole.size(); ++i)
        whole[i] = static_cast<std::uint8_t>(whole[i] ^ one[i]);
    }
    return ",\"digest\":\"" + hex(whole) + '"';
  }
  std::string snapshot_locked() const {
    std::vector<std::string> all;
    for (const auto& [id, json] : resources_) all.push_back(json);
    return "{\"epoch\":\"" + epoch_ + "\",\"revision\":" + std::to_string(revision_) +
           digest_locked() + ",\"resources\":[" + joined(all) + "]}";
  }
  void tell_locked(const std::string& type, std::string data) {
    history_.push_back({revision_, "id: " + epoch_ + ':' + std::to_string(revision_) +
                                       "\nevent: " + type + "\ndata: " + std::move(data) + "\n\n"});
    changed_.notify_all();
  }

  void serve(Peer& peer) {
    while (const auto head = peer.read_head()) {
      std::string body;
      if (const auto at = head->find("Content-Length: "); at != std::string::npos) {
        body = peer.read_body(std::stoul(head->substr(at + 16)));
      }
      const std::string line = head->substr(0, head->find('\r'));
      std::unique_lock lock(mutex_);
      if (away_) return;
      requests_.push_back({*head, body});
      if (!token_.empty() && head->find("Authorization: " + token_ + "\r\n") == std::string::npos) {
        peer.answer(401, R"({"error":{"code":"Unauthorized"}})");
        continue;
      }
      const auto rule = std::find_if(scripted_.begin(), scripted_.end(), [&](const Scripted& s) {
        return s.times > 0 && line.find(s.part) != std::string::npos;
      });
      if (rule != scripted_.end()) {
        --rule->times;
        const auto answer = rule->answer;
        lock.unlock();
        if (!answer(peer)) return;
      } else if (line.find("/snapshot") != std::string::npos) {
        const std::string text = snapshot_locked();
        const std::string etag = '"' + hex(sha256(text)).substr(0, 16) + '"';
        if (says_etag && head->find("If-None-Match: " + etag) != std::string::npos) {
          peer.write("HTTP/1.1 304 X\r\nETag: " + etag + "\r\n\r\n");
        } else {
          peer.answer(200, text, says_etag ? "ETag: " + etag + "\r\n" : "");
        }
      } else if (line.find("/events") != std::string::npos) {
        if (!stream(peer, lock, line)) return;
      } else {
        peer.write("HTTP/1.1 204 X\r\n\r\n");
      }
    }
  }

  // False when the connection is to be cut.
  bool stream(Peer& peer, std::unique_lock<std::mutex>& lock, const std::string& line) {
    if (!offers_events) return peer.answer(events_status, "{}"), true;
    const auto at = line.find("after=") + 6;
    const auto colon = line.find(':', at);
    int sent = std::stoi(line.substr(colon + 1));
    if (line.substr(at, colon - at) != epoch_ || forgotten_) {
      forgotten_ = false;
      return peer.answer(410, "{}"), true;
    }
    peer.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    peer.chunk(": hello\n\n");
    ++streaming_;
    const int generation = generation_;
    std::size_t told = 0;
    while (told < history_.size() && history_[told].revision <= sent) ++told;
    while (!closing_ && generation == generation_) {
      for (told = std::min(told, history_.size()); told < history_.size(); ++told) {
        // in two pieces, as networks do
        const std::string text = history_[told].text;
        peer.chunk(text.substr(0, text.size() / 2));
        peer.chunk(text.substr(text.size() / 2));
      }
      changed_.wait(lock);
    }
    --streaming_;
    if (closing_ || away_) return false;
    if (!last_words_.empty()) return peer.chunk(last_words_), false;
    peer.write("0\r\n\r\n");
    return true;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> resources_;
  std::vector<Digest> broken_;
  arm::ResourceSet set_;
  std::string epoch_ = "e1";
  int revision_ = 1;
  std::vector<Event> history_;
  std::vector<Seen> requests_;
  std::vector<Scripted> scripted_;
  std::string token_;
  std::string last_words_;
  int generation_ = 0;
  int streaming_ = 0;
  bool forgotten_ = false;
  bool away_ = false;
  bool closing_ = false;
  std::unique_ptr<TestServer> server_;
};

}  // namespace gateway::test
