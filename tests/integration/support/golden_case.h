#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/options.h>
#include <gateway/snapshot.h>

#include "support/canned_server.h"

namespace gateway::test {

// A folder of tests/golden: see its README.
class GoldenCase {
 public:
  explicit GoldenCase(std::filesystem::path folder);

  // Starts the servers of the case; from here on their ports can be named.
  void start_servers();
  // Everything that the gateway is told. Its documents are those of the folder, with names filled
  // in.
  [[nodiscard]] SourceSnapshot snapshot() const;
  // The problems of its documents, one a line: "policy.xml:3:7: …".
  [[nodiscard]] std::string problems() const;

  // request.http, or request-1.http, …: as they go over the wire.
  [[nodiscard]] std::vector<std::string> requests() const;
  // Files that say what is expected, by name: "expected-response.http", with names filled in.
  [[nodiscard]] std::optional<std::string> file(const std::string& name) const;
  [[nodiscard]] bool has(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
  }
  // "expected-response" with two or more requests: "expected-response-2".
  [[nodiscard]] std::optional<std::string> numbered(const std::string& stem,
                                                    std::size_t index) const;

  // What came to the backend; to the server of this name.
  [[nodiscard]] std::vector<Message> seen(const std::string& service = "") const;
  [[nodiscard]] std::vector<std::string> services() const;

 private:
  [[nodiscard]] std::string method_of_first_request() const;
  [[nodiscard]] std::string filled(std::string text) const;
  [[nodiscard]] std::vector<std::string> answers(const std::string& stem,
                                                 std::string_view fallback) const;

  std::filesystem::path folder_;
  std::map<std::string, std::unique_ptr<CannedServer>> servers_;  // "" = the backend
  std::unique_ptr<ClosedPort> closed_;
};

}  // namespace gateway::test
