#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <gateway/environment.h>

// A folder of a test's own, gone with it.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "gateway-file-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Over what is there, as `echo > file` does.
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove(path_ / name); }

 private:
  std::filesystem::path path_;
};

struct ManualClock : gateway::Clock {
  std::int64_t unix_ms() const noexcept override { return 1'795'422'600'000 + ns / 1'000'000; }
  std::int64_t steady_ns() const noexcept override { return ns; }
  std::int64_t ns = 0;
};

// Our document with one API for each path, all on one backend named after the first.
inline std::string document_of(const std::string& ids) {
  std::string apis;
  for (const char id : ids) {
    apis += std::string("- {id: ") + id + ", path: /" + id + ", backend: " + ids.front() + "}\n";
  }
  return "apiVersion: gateway/v1\nkind: Configuration\napis:\n" + apis + "backends:\n- id: " +
         ids.front() + "\n  endpoints: [{address: 127.0.0.1, port: 80}]\n";
}

inline std::string ingress_of(const std::string& name, const std::string& more = "") {
  return "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: " + name +
         "\nspec:\n" + more + "  rules:\n  - http:\n      paths:\n      - {path: /" + name +
         ", pathType: Prefix, backend: {service: {name: " + name + ", port: {number: 80}}}}\n";
}
