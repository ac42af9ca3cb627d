// Policy documents in both forms: whatever they say, reading them ends, what is read is bounded and
// points into the document, problems have a place in it, and named values stay in their places.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "policy/reading.h"

using namespace gateway;
using namespace gateway::policy;

namespace {

constexpr std::string_view kValue = "m4rk3d<\"'>&{{V}}@(";

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

// Elements below and with this one, attributes too.
std::size_t check(const Document& document, const Element& element, int depth,
                  std::string_view input) {
  require(depth <= 64, "elements without end", input);
  require(!element.name.empty(), "an element without a name", input);
  require(document.offset_of(element.inner) <= document.source.size(), "a part of nothing", input);
  std::size_t count = 1;
  for (const Attribute& one : element.attributes) {
    require(!one.name.empty(), "an attribute without a name", input);
    require(is_utf8(one.value), "a value that is not UTF-8", input);
    require(element.attribute(one.name) == &one, "an attribute that is there twice", input);
    // The end of a value may be a reference's: what is before it is in the document in any case.
    const auto offset = document.offset_of(one.value);
    require(one.value.empty() || offset == document.offset_of(one.at), "a value in another place",
            input);
    ++count;
  }
  require(is_utf8(element.text), "a text that is not UTF-8", input);
  for (const Element& one : element.children) count += check(document, one, depth + 1, input);
  return count;
}

bool is_within(Position at, std::string_view text) {
  std::uint32_t line = 1;
  std::size_t start = 0;
  for (; line < at.line; ++line) {
    const auto end = text.find('\n', start);
    if (end == std::string_view::npos) return false;
    start = end + 1;
  }
  return at.line >= 1 && at.column >= 1 && start + at.column - 1 <= text.size();
}

void read(std::string_view text, DocumentForm form, const NamedValueLookup& lookup) {
  std::vector<Problem> problems;
  const auto reading = Reading::read(text, form, lookup, problems);
  require(reading || !problems.empty(), "no document and no problem", text);
  require(problems.size() <= 201, "problems without end", text);
  for (const Problem& one : problems) {
    require(!one.message.empty() && is_utf8(one.message), "a problem without words", text);
    require(is_within(one.at, text), "a problem that is nowhere", text);
    if (text.find("m4rk3") == std::string_view::npos)
      require(one.message.find("m4rk3") == std::string::npos, "a problem that tells a value", text);
  }
  if (!reading) return;
  const auto count = check(reading->document(), reading->document().root, 1, text);
  require(count <= text.size(), "more parts than bytes", text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const std::string value(kValue);
  const NamedValueLookup one = [](std::string_view name) { return name == "V" ? &value : nullptr; };
  const NamedValueLookup none = [](std::string_view) -> const std::string* { return nullptr; };
  for (const auto form : {DocumentForm::Lenient, DocumentForm::Xml}) {
    read(text, form, one);
    read(text, form, none);
  }
  return 0;
}
