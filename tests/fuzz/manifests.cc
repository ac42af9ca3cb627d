// Files of a manifests folder, as YAML and as JSON: whatever Kubernetes objects they hold, the
// translation ends, what it calls sound holds together, and nothing is left when the objects go.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "base/strings.h"
#include "sources/file/content.h"
#include "sources/ingress/translate.h"

using namespace gateway;

namespace {

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

void check_messages(const std::vector<Error>& errors, std::string_view input) {
  for (const Error& error : errors) {
    require(!error.message.empty(), "a problem without words", input);
    require(is_utf8(error.to_string()), "a message that is not UTF-8", input);
  }
}

void check_file(std::string_view text, std::string_view name) {
  DocumentLimits limits;
  limits.max_bytes = 64 << 10;
  limits.max_depth = 32;
  const auto content = file::read_content(text, name, limits);
  if (!content.ok()) return check_messages({content.error()}, text);
  check_messages((*content)->rejected, text);

  IngressTranslator::Options options;
  options.unknown_class = IngressTranslator::Options::UnknownClass::Take;
  options.missing_service_is_dns = true;
  options.manifests = true;
  options.translation.allow_external_name = true;
  IngressTranslator translator(options);
  for (const file::Manifest& manifest : (*content)->manifests) {
    translator.upsert(*manifest.object, manifest.where);
  }
  const SourceSnapshot snapshot = translator.snapshot();
  check_messages(snapshot.rejected, text);
  snapshot.apis.for_each([&](std::string_view id, const auto& api) {
    require(api->id == id, "an API under another id", text);
    if (!api->defect.empty()) return;
    require(api->path.starts_with('/'), "a sound API without a path", text);
    require(snapshot.backends.find(api->backend) != nullptr, "a sound API without its backend", text);
  });
  snapshot.hostnames.for_each([&](std::string_view id, const auto& hostname) {
    require(hostname->id == id, "a host name under another id", text);
  });
  for (const file::Manifest& manifest : (*content)->manifests) {
    translator.remove(manifest.kind, manifest.space, manifest.name);
  }
  const SourceSnapshot empty = translator.snapshot();
  require(empty.apis.empty() && empty.backends.empty() && empty.certificates.empty() && empty.hostnames.empty(),
          "something is left", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_file(text, "fuzz.yaml");
  check_file(text, "fuzz.json");
  return 0;
}
