// Responses of one connection: however their bytes are cut into reads the outcome is the same.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "../support/http1_events.h"

using namespace gateway;

namespace {

void require(bool holds, const char* what, std::string_view input) {
  if (holds) return;
  std::fprintf(stderr, "%s:\n%.*s\n", what, static_cast<int>(input.size()), input.data());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  std::size_t mix = size;
  for (const char byte : wire) mix = mix * 31 + static_cast<unsigned char>(byte);
  for (const bool to_head_request : {false, true}) {
    test::Arrival arrival;
    arrival.to_head_request = to_head_request;
    arrival.then_close = mix % 2 == 0;
    const auto whole = test::events(Http1Parser::Kind::Response, wire, arrival);
    for (int round = 0; round < 2 && size > 1; ++round, mix /= 7) {
      const std::size_t cut = 1 + mix % (size - 1);
      arrival.cuts = {cut, cut + 1 + mix / 3 % 16};
      require(test::events(Http1Parser::Kind::Response, wire, arrival) == whole,
              "cuts change the outcome", wire);
    }
    if (size > 512) continue;
    arrival.byte_by_byte = true;
    require(test::events(Http1Parser::Kind::Response, wire, arrival) == whole,
            "dripping changes the outcome", wire);
  }
  return 0;
}
