// OpenAPI and Swagger documents in JSON and YAML: whatever they say, the import ends, and what
// comes out is bounded, fit to be resources and the same each time.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "arm/openapi.h"
#include "base/strings.h"
#include "model/url_template.h"

using namespace gateway;

namespace {

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

std::string compact(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

std::string_view text_of(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

bool is_fit(std::string_view name) {
  return !name.empty() && name.size() <= 256 && name != "." && name != ".." &&
         name.find_first_of("*#&+:<>?/\\") == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  DocumentLimits limits;
  limits.max_bytes = 64 << 10;
  limits.max_depth = 32;
  const auto api = arm::read_openapi(text, limits, "fuzz");
  if (!api.ok()) {
    require(!api.error().message.empty(), "an error without words", text);
    require(is_utf8(api.error().to_string()), "an error that is not UTF-8", text);
    return 0;
  }
  for (const auto& notice : api->notices) {
    require(!notice.empty() && is_utf8(notice), "a notice that is not UTF-8", text);
  }
  require(api->notices.size() < 200, "notices without end", text);
  require(api->service_url.empty() || api->service_url.starts_with("http"),
          "a service URL that is none", text);
  require(is_utf8(api->title) && is_utf8(api->description), "a title that is not UTF-8", text);

  std::set<std::string> names;
  require(api->operations.IsArray(), "operations that are no list", text);
  for (const auto& operation : api->operations.GetArray()) {
    const auto name = text_of(operation["id"]);
    const auto& properties = operation["properties"];
    require(is_fit(name), "a name that is not fit", text);
    require(names.insert(to_lower(name)).second, "a name that is there twice", text);
    require(url_template_problem(text_of(properties["urlTemplate"])).empty(),
            "a template that is none", text);
    require(!text_of(properties["method"]).empty(), "no method", text);
    require(!text_of(properties["displayName"]).empty(), "no display name", text);
  }
  const std::string once = compact(api->operations);
  require(is_utf8(once), "operations that are not UTF-8", text);
  require(once.size() <= 8 * limits.max_bytes, "operations without end", text);
  const auto again = arm::read_openapi(text, limits, "fuzz");
  require(again.ok() && compact(again->operations) == once, "another result the second time", text);
  return 0;
}
