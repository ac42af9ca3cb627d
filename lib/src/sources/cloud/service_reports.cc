#include "sources/cloud/service_reports.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace gateway::cloud {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write_text(Writer& writer, const char* name, const std::string& text) {
  writer.Key(name);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_position(Writer& writer, const std::string& instance,
                    const ServiceReports::Served& served) {
  write_text(writer, "instance", instance);
  write_text(writer, "epoch", served.epoch);
  writer.Key("revision");
  writer.Uint64(served.revision);
  if (served.version == 0) return;
  writer.Key("version");
  writer.Uint64(served.version);
}

}  // namespace

std::string make_instance(const Entropy& entropy) {
  std::array<char, UV_MAXHOSTNAMESIZE> host{};
  std::size_t size = host.size();
  if (uv_os_gethostname(host.data(), &size) != 0) size = 0;
  std::array<unsigned char, 4> random{};
  entropy.fill(std::as_writable_bytes(std::span(random)));
  constexpr char kHex[] = "0123456789abcdef";
  std::string name(host.data(), size);
  name += name.empty() ? "" : "-";
  for (const unsigned char byte : random) name += {kHex[byte >> 4], kHex[byte & 15]};
  return name;
}

ServiceReports::ServiceReports(ServiceClient& service, uv_loop_t* loop,
                               std::chrono::milliseconds interval, std::string instance)
    : service_(service), instance_(std::move(instance)), interval_(interval), timer_(loop) {}

void ServiceReports::connected() {
  if (!std::exchange(connected_, true)) {
    timer_.start(
        interval_,
        [this] {
          beat();
          acknowledge();
        },
        interval_);
    beat();
  }
  acknowledge();
}

void ServiceReports::served(Served served) {
  served_ = std::move(served);
  due_ = true;
  acknowledge();
}

void ServiceReports::beat() {
  if (heartbeat_.call || heartbeat_.unwanted) return;
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  write_position(writer, instance_, served_);
  writer.EndObject();
  post(heartbeat_, "heartbeat", {buffer.GetString(), buffer.GetSize()}, [](bool) {});
}

void ServiceReports::acknowledge() {
  if (!connected_ || !due_ || acknowledgement_.call || acknowledgement_.unwanted) return;
  due_ = false;
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  write_position(writer, instance_, served_);
  writer.Key("rejected");
  writer.StartArray();
  for (std::size_t i = 0; i < std::min(served_.problems.size(), kMaxProblems); ++i) {
    writer.StartObject();
    write_text(writer, "id", served_.problems[i].id);
    write_text(writer, "reason", served_.problems[i].reason);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  post(acknowledgement_, "ack", {buffer.GetString(), buffer.GetSize()}, [this](bool told) {
    if (told) return acknowledge();
    due_ = true;  // with the next heartbeat
  });
}

void ServiceReports::post(Post& post, const char* path, std::string body,
                          std::function<void(bool)> ended) {
  post.status = 0;
  ServiceClient::Request request;
  request.method = "POST";
  request.path = path;
  request.headers = {{"Content-Type", "application/json"}};
  request.body = std::move(body);
  request.max_body = 64 * 1024;
  HttpClientHandler handler;
  handler.head = [&post](const HttpClientResponse& response) { post.status = response.status; };
  handler.done = [&post, ended = std::move(ended)](Result<void> result) {
    const auto call = std::move(post.call);
    post.unwanted = post.status == 404 || post.status == 405;
    ended(post.unwanted || (result && post.status >= 200 && post.status < 300));
  };
  post.call = service_.start(std::move(request), std::move(handler));
}

}  // namespace gateway::cloud
