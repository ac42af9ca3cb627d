// Our own document, as JSON from outside: whatever is read can be written, and what is written is read
// again without a problem and written the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "model/canonical.h"
#include "model/document.h"
#include "model/validate.h"

using namespace gateway;

namespace {

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

void check_messages(const std::vector<Error>& errors, std::string_view input) {
  for (const Error& error : errors) {
    require(!error.message.empty() && !error.where.empty(), "a problem without words", input);
    require(is_utf8(error.to_string()), "a message that is not UTF-8", input);
  }
}

template <typename T>
void validate_all(const SharedMap<T>& resources, std::vector<Error>& problems) {
  resources.for_each([&](std::string_view id, const auto& resource) {
    validate(*resource, describe(resource->provenance, id), problems);
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  DocumentLimits limits;
  limits.max_depth = 16;
  const auto document = parse_json(text, limits, "fuzz");
  if (!document.ok()) {
    check_messages({document.error()}, text);
    return 0;
  }
  SourceSnapshot snapshot;
  read_configuration_document(*document, "fuzz", snapshot);
  check_messages(snapshot.rejected, text);
  std::vector<Error> problems;
  validate_all(snapshot.apis, problems);
  validate_all(snapshot.backends, problems);
  validate_all(snapshot.certificates, problems);
  validate_all(snapshot.hostnames, problems);
  check_messages(problems, text);

  const std::string written = write_configuration_document(snapshot);
  const auto again = parse_json(written, DocumentLimits(), "written");
  require(again.ok(), "what was written cannot be parsed", written);
  SourceSnapshot read;
  read_configuration_document(*again, "written", read);
  require(read.rejected.empty(), "what was written has problems", written);
  require(write_configuration_document(read) == written, "written differently the second time", written);
  snapshot.apis.for_each([&](std::string_view id, const auto& api) {
    require(read.apis.find(id) && *read.apis.find(id) == *api, "an API came back different", written);
    require(content_digest(*read.apis.find(id)) == content_digest(*api), "another digest", written);
  });
  return 0;
}
