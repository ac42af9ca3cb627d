// Paths and authorities: a normal form is its own normal form, holds nothing that could be resolved
// again, and what passes without a copy is what the slow way would have made.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/path.h"

using namespace gateway;

namespace {

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void check_path(std::string_view path, PathRules rules) {
  std::string first, second;
  const auto once = normalise_path(path, rules, first);
  if (!once.ok()) return;
  const std::string normal(*once);
  require(!normal.empty() && normal.front() == '/', "no slash in front", path);
  const std::string closed = normal + "/";
  require(!contains(normal, "//") && !contains(closed, "/./") && !contains(closed, "/../"),
          "not resolved", path);
  for (const char byte : normal)
    require(byte > 0x20 && byte < 0x7f, "a byte that is no path", path);
  if (!rules.allow_encoded_slash) {
    require(!contains(normal, "%2F") && !contains(normal, "%5C") && !contains(normal, "%2f") &&
                !contains(normal, "%5c"),
            "an encoded slash", path);
  }
  require(!contains(normal, "%00"), "an encoded NUL", path);
  const auto twice = normalise_path(normal, rules, second);
  require(twice.ok() && *twice == normal, "not its own normal form", path);
  // A prefix that forces the slow way must not change what comes out.
  const std::string forced = "/." + normal;
  const auto slow = normalise_path(forced, rules, second);
  require(slow.ok() && *slow == normal, "the fast way and the slow way differ", path);
}

void check_authority(std::string_view text) {
  std::string first, second;
  const auto once = parse_authority(text, first);
  require(once.ok() == is_authority(text), "parse_authority and is_authority differ", text);
  if (!once.ok()) return;
  std::string again(once->host);
  if (!once->port.empty()) again.append(":").append(once->port);
  const auto twice = parse_authority(again, second);
  require(twice.ok() && twice->host == once->host && twice->port == once->port,
          "not its own normal form", text);
  for (const char byte : again) {
    require(byte > 0x20 && byte < 0x7f && !(byte >= 'A' && byte <= 'Z'), "a byte that is no host",
            text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_path(text, {false});
  check_path(text, {true});
  check_authority(text);
  return 0;
}
