#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <fmt/format.h>
#include <rapidjson/document.h>

#include "commands.h"

namespace gatewayd {
namespace {

constexpr std::size_t kMaxAnswer = 16u << 20;

int fail(const std::string& message) {
  std::fprintf(stderr, "gatewayd: explain: %s\n", message.c_str());
  return kBadSettings;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// "[::1]:8082" or "127.0.0.1:8082" as host and port.
std::optional<std::pair<std::string, std::string>> split_endpoint(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return std::nullopt;
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return std::pair(host, text.substr(colon + 1));
}

class Socket {
 public:
  Socket(const std::string& host, const std::string& port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return;
    for (const addrinfo* at = found; at && descriptor_ < 0; at = at->ai_next) {
      descriptor_ = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
      if (descriptor_ >= 0 && connect(descriptor_, at->ai_addr, at->ai_addrlen) != 0) {
        close(descriptor_);
        descriptor_ = -1;
      }
    }
    freeaddrinfo(found);
    const timeval limit{10, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] bool connected() const { return descriptor_ >= 0; }
  [[nodiscard]] bool send_all(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Everything until the peer closes.
  [[nodiscard]] std::optional<std::string> receive_all() const {
    std::string out;
    char buffer[16384];
    for (;;) {
      const ssize_t count = recv(descriptor_, buffer, sizeof buffer, 0);
      if (count == 0) return out;
      if (count < 0 || out.size() > kMaxAnswer) return std::nullopt;
      out.append(buffer, static_cast<std::size_t>(count));
    }
  }

 private:
  int descriptor_ = -1;
};

std::string text(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  return found != object.MemberEnd() && found->value.IsString() ? found->value.GetString() : "";
}

std::string where(const rapidjson::Value& candidate) {
  const auto found = candidate.FindMember("provenance");
  if (found == candidate.MemberEnd() || !found->value.IsObject()) return "";
  const std::string space = text(found->value, "space");
  return text(found->value, "kind") + " " + (space.empty() ? "" : space + "/") + text(found->value, "name");
}

std::string stamp(const rapidjson::Value& candidate) {
  const auto seconds = candidate.FindMember("stamp");
  if (seconds == candidate.MemberEnd() || !seconds->value.IsInt64() || seconds->value.GetInt64() == 0) return "-";
  const time_t time = seconds->value.GetInt64();
  tm parts{};
  gmtime_r(&time, &parts);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%SZ", &parts);
  const auto observed = candidate.FindMember("stamp_observed");
  return std::string(buffer) +
         (observed != candidate.MemberEnd() && observed->value.IsBool() && observed->value.GetBool() ? " (observed)" : "");
}

void print(const std::string& url, const rapidjson::Value& answer) {
  fmt::print("{}\n  outcome   {}\n", url, text(answer, "outcome"));
  if (const auto path = text(answer, "normalised_path"); !path.empty()) fmt::print("  path      {}\n", path);
  if (const auto backend = text(answer, "backend"); !backend.empty()) fmt::print("  backend   {}\n", backend);
  if (const auto revision = text(answer, "revision"); !revision.empty()) fmt::print("  revision  {}\n", revision);
  if (const auto operation = text(answer, "operation"); !operation.empty()) fmt::print("  operation {}\n", operation);
  if (const auto version = answer.FindMember("version"); version != answer.MemberEnd() && version->value.IsUint64()) {
    fmt::print("  version   {}\n", version->value.GetUint64());
  }
  const auto candidates = answer.FindMember("candidates");
  if (candidates == answer.MemberEnd() || !candidates->value.IsArray()) return;
  for (const auto& candidate : candidates->value.GetArray()) {
    if (!candidate.IsObject()) continue;
    const auto answers = candidate.FindMember("answers");
    const bool winner = answers != candidate.MemberEnd() && answers->value.IsBool() && answers->value.GetBool();
    const std::string host = text(candidate, "host");
    fmt::print("\n{} {}@{}  {} {}{}\n", winner ? "*" : " ", text(candidate, "api"), text(candidate, "source"),
               text(candidate, "match"), host.empty() ? "(any host)" : host, text(candidate, "path"));
    fmt::print("    from      {}\n    changed   {}\n    state     {}\n    reason    {}\n", where(candidate),
               stamp(candidate), text(candidate, "state"), text(candidate, "reason"));
  }
}

}  // namespace

int explain(const CommandLine& line) {
  std::string admin = line.admin;
  if (admin.empty()) {
    const SettingsReading reading = read_settings(line.settings);
    if (!reading.problems.empty()) {
      print_problems(reading.problems);
      return kBadSettings;
    }
    const std::string& address = reading.settings.text("admin.address");
    admin = (address.find(':') == std::string::npos ? address : "[" + address + "]") + ":" +
            reading.settings.text("admin.port");
  }
  const auto endpoint = split_endpoint(admin);
  if (!endpoint) return fail("--admin: '" + admin + "' is not allowed: expected HOST:PORT");

  const Socket socket(endpoint->first, endpoint->second);
  if (!socket.connected()) return fail("no gateway answers at " + admin + ": " + std::strerror(errno));
  std::optional<std::string> answer;
  if (socket.send_all("GET /explain?url=" + escape(line.url) + " HTTP/1.1\r\nHost: " + admin +
                      "\r\nConnection: close\r\n\r\n")) {
    answer = socket.receive_all();
  }
  const std::size_t body = answer ? answer->find("\r\n\r\n") : std::string::npos;
  if (body == std::string::npos) return fail("no answer from " + admin);
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(answer->c_str() + body + 4);
  if (document.HasParseError() || !document.IsObject()) return fail(admin + " is not a gateway's admin listener");
  if (const std::string error = text(document, "error"); !error.empty()) return fail(error);
  if (text(document, "outcome").empty()) return fail(admin + " is not a gateway's admin listener");
  print(line.url, document);
  return kDone;
}

}  // namespace gatewayd
