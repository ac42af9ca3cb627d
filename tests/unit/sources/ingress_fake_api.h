#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "../http/client_support.h"
#include "model/document.h"

namespace gateway::test {

// An API server in the test's own process, as far as listing and watching go. Thread-safe.
class FakeApi {
 public:
  explicit FakeApi(std::string discovery = "v1") : discovery_(std::move(discovery)) {}
  ~FakeApi() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    server_.reset();
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  // Adds or changes an object (YAML) of a collection such as "ingresses".
  void put(const std::string& collection, const std::string& yaml) {
    auto documents = parse_yaml(yaml, {}, "test").value();
    auto& object = documents.at(0);
    const std::lock_guard lock(mutex_);
    auto& allocator = object.GetAllocator();
    auto& metadata = object["metadata"];
    metadata.RemoveMember("resourceVersion");
    metadata.AddMember("resourceVersion", rapidjson::Value(std::to_string(++version_).c_str(), allocator), allocator);
    const std::string name = metadata["name"].GetString();
    const std::string space = metadata.HasMember("namespace") ? metadata["namespace"].GetString() : "";
    const bool there = objects_[collection].contains(space + '/' + name);
    objects_[collection][space + '/' + name] = {name, text(object)};
    record({version_, collection, name, there ? "MODIFIED" : "ADDED", text(object)});
  }
  void remove(const std::string& collection, const std::string& key, bool seen = true) {
    const std::lock_guard lock(mutex_);
    const Object object = objects_[collection][key];
    objects_[collection].erase(key);
    ++version_;
    if (seen) record({version_, collection, object.name, "DELETED", object.json});
  }
  // Ends every watch after sending `last` as it is; what was recorded so far is forgotten if `compact`.
  void end_watches(const std::string& last = "", bool compact = false) {
    const std::lock_guard lock(mutex_);
    if (compact) {
      history_.clear();
      compacted_ = ++version_;
    }
    last_words_ = last;
    ++generation_;
    changed_.notify_all();
  }
  // The next `times` requests whose target contains `part` get this status.
  void answer(const std::string& part, int status, int times = 1, const std::string& headers = "") {
    const std::lock_guard lock(mutex_);
    scripted_.push_back({part, status, times, headers});
  }
  void set_page(std::size_t page) {
    const std::lock_guard lock(mutex_);
    page_ = page;
  }
  void set_token(const std::string& token) {
    const std::lock_guard lock(mutex_);
    token_ = token;
  }
  // The targets of requests so far that contain `part`.
  [[nodiscard]] std::vector<std::string> seen(const std::string& part) {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> found;
    for (const auto& target : requests_) {
      if (target.find(part) != std::string::npos) found.push_back(target);
    }
    return found;
  }
  [[nodiscard]] int watching(const std::string& collection) {
    const std::lock_guard lock(mutex_);
    return watching_[collection];
  }
  // Out of reach: open connections are cut, new ones too, until back().
  void leave() {
    {
      const std::lock_guard lock(mutex_);
      away_ = true;
    }
    server_->cut();
    const std::lock_guard lock(mutex_);
    ++generation_;
    changed_.notify_all();
  }
  void back() {
    const std::lock_guard lock(mutex_);
    away_ = false;
  }

 private:
  struct Object {
    std::string name;
    std::string json;
  };
  struct Event {
    int version;
    std::string collection;
    std::string name;
    std::string type;
    std::string json;
  };
  struct Scripted {
    std::string part;
    int status;
    int times;
    std::string headers;
  };

  static std::string text(const rapidjson::Value& value) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return buffer.GetString();
  }
  void record(Event event) {
    history_.push_back(std::move(event));
    changed_.notify_all();
  }
  static std::string parameter(const std::string& target, const std::string& name) {
    const auto at = target.find(name + '=');
    if (at == std::string::npos) return "";
    const auto begin = at + name.size() + 1;
    return target.substr(begin, target.find('&', begin) - begin);
  }
  // The one name that a fieldSelector asks for; "" = all.
  static std::string selected(const std::string& target) {
    const std::string selector = parameter(target, "fieldSelector");
    return selector.empty() ? "" : selector.substr(selector.find("%3D") + 3);
  }

  void serve(Peer& peer) {
    while (const auto head = peer.read_head()) {
      std::string target = head->substr(4, head->find(' ', 4) - 4);
      std::unique_lock lock(mutex_);
      if (away_) return;
      requests_.push_back(target);
      const bool trusted = token_.empty() || head->find("Authorization: Bearer " + token_ + "\r\n") != std::string::npos;
      if (!trusted) {
        peer.answer(401, R"({"kind":"Status","code":401})");
        continue;
      }
      const auto rule = std::find_if(scripted_.begin(), scripted_.end(), [&](const Scripted& s) {
        return s.times > 0 && target.find(s.part) != std::string::npos;
      });
      if (rule != scripted_.end()) {
        --rule->times;
        peer.answer(rule->status, R"({"kind":"Status","message":"scripted"})", rule->headers);
        continue;
      }
      if (target == "/apis/discovery.k8s.io") {
        answer_discovery(peer);
        continue;
      }
      const std::string path = target.substr(0, target.find('?'));
      const std::string collection = path.substr(path.rfind('/') + 1);
      if (collection == "kube-system") {
        peer.answer(200, R"({"kind":"Namespace","metadata":{"name":"kube-system","uid":"the-cluster"}})");
      } else if (target.find("watch=1") == std::string::npos) {
        list(peer, collection, target);
      } else if (!watch(peer, lock, collection, target)) {
        return;
      }
    }
  }

  void answer_discovery(Peer& peer) {
    if (discovery_.empty()) {
      peer.answer(404, "{}");
      return;
    }
    peer.answer(200, R"({"kind":"APIGroup","versions":[{"groupVersion":"discovery.k8s.io/)" + discovery_ +
                         R"(","version":")" + discovery_ + "\"}]}");
  }

  void list(Peer& peer, const std::string& collection, const std::string& target) {
    const std::string from = parameter(target, "continue");
    const std::string only = selected(target);
    std::string items;
    std::string next;
    std::size_t count = 0;
    std::size_t position = 0;
    const std::size_t begin = from.empty() ? 0 : std::stoul(from);
    for (const auto& [key, object] : objects_[collection]) {
      if (!only.empty() && object.name != only) continue;
      if (position++ < begin) continue;
      if (count++ == page_) {
        next = std::to_string(begin + page_);
        break;
      }
      items += (items.empty() ? "" : ",") + object.json;
    }
    peer.answer(200, R"({"kind":"List","metadata":{"resourceVersion":")" + std::to_string(version_) +
                         R"(","continue":")" + next + R"("},"items":[)" + items + "]}");
  }

  // False when the connection is to be cut.
  bool watch(Peer& peer, std::unique_lock<std::mutex>& lock, const std::string& collection, const std::string& target) {
    const int from = std::stoi(parameter(target, "resourceVersion"));
    const std::string only = selected(target);
    if (from < compacted_) {
      peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      peer.chunk("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}\n");
      peer.write("0\r\n\r\n");
      return true;
    }
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    ++watching_[collection];
    int sent = from;
    const int generation = generation_;
    while (!closing_ && generation == generation_) {
      for (const auto& event : history_) {
        if (event.version <= sent || event.collection != collection) continue;
        sent = event.version;
        if (!only.empty() && event.name != only) continue;
        // in two pieces, as networks do
        const std::string line = "{\"type\":\"" + event.type + "\",\"object\":" + event.json + "}\n";
        peer.chunk(line.substr(0, line.size() / 2));
        peer.chunk(line.substr(line.size() / 2));
      }
      changed_.wait(lock);
    }
    --watching_[collection];
    if (closing_ || away_) return false;
    if (!last_words_.empty()) {
      peer.chunk(last_words_);
      return false;
    }
    peer.write("0\r\n\r\n");
    return true;
  }

  std::string discovery_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::map<std::string, Object>> objects_;
  std::vector<Event> history_;
  std::vector<std::string> requests_;
  std::vector<Scripted> scripted_;
  std::map<std::string, int> watching_;
  std::string token_;
  std::string last_words_;
  std::size_t page_ = 500;
  int version_ = 100;
  int compacted_ = 0;
  int generation_ = 0;
  bool away_ = false;
  bool closing_ = false;
  std::unique_ptr<TestServer> server_ = std::make_unique<TestServer>([this](Peer& peer, int) { serve(peer); });
};

}  // namespace gateway::test
