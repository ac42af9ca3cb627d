#include "commands.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/strings.h"

namespace configd {

gateway::Error refuse(std::string option, std::string message) {
  gateway::Error error;
  error.code = gateway::ErrorCode::InvalidArgument;
  error.origin = "command line";
  error.where = std::move(option);
  error.message = std::move(message);
  return error;
}

gateway::Result<std::string> read_file(const std::string& option, const std::string& path) {
  constexpr std::uintmax_t kMaxBytes = 64u << 20;
  std::error_code code;
  const std::uintmax_t size = std::filesystem::file_size(path, code);
  std::ifstream file(path, std::ios::binary);
  if (code || !file) return refuse(option, "cannot read " + gateway::quote(path, 256));
  if (size > kMaxBytes) return refuse(option, gateway::quote(path, 256) + " has more than 64 MiB");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

int fail(std::string_view command, const gateway::Error& error, ExitCode code) {
  std::fprintf(stderr, "configd: %.*s: %s\n", static_cast<int>(command.size()), command.data(),
               error.to_string().c_str());
  return code;
}

}  // namespace configd
