// Requests of one connection: however their bytes are cut into reads the outcome is the same, and
// what is accepted says the same again when it is written anew.
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

std::string written_anew(const RequestHead& head) {
  std::string out;
  out.append(head.method).append(" ").append(head.target).append(" HTTP/1.");
  out.append(std::to_string(head.minor_version)).append("\r\n");
  for (const auto& field : head.headers) {
    out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return out.append("\r\n");
}

void check_meaning(std::string_view wire) {
  Http1Parser first(Http1Parser::Kind::Request, {});
  if (first.parse_head(wire).status != Http1Parser::Status::Complete) return;
  const RequestHead& a = first.request();
  const auto copy = written_anew(a);
  Http1Parser second(Http1Parser::Kind::Request, {});
  const auto result = second.parse_head(copy);
  require(result.status == Http1Parser::Status::Complete, "refused when written anew", wire);
  require(result.consumed == copy.size(), "ends elsewhere when written anew", wire);
  const RequestHead& b = second.request();
  require(a.framing == b.framing && a.content_length == b.content_length && a.host == b.host &&
              a.path == b.path && a.query == b.query && a.keep_alive == b.keep_alive &&
              a.expect_continue == b.expect_continue && a.upgrade == b.upgrade &&
              a.headers.size() == b.headers.size(),
          "means something else when written anew", wire);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view wire(reinterpret_cast<const char*>(data), size);
  const auto whole = test::events(Http1Parser::Kind::Request, wire);
  test::Arrival arrival;
  std::size_t mix = size;
  for (const char byte : wire) mix = mix * 31 + static_cast<unsigned char>(byte);
  for (int round = 0; round < 3 && size > 1; ++round, mix /= 7) {
    const std::size_t cut = 1 + mix % (size - 1);
    arrival.cuts = {cut, cut + 1 + mix / 3 % 16};
    require(test::events(Http1Parser::Kind::Request, wire, arrival) == whole,
            "cuts change the outcome", wire);
  }
  if (size <= 512) {
    arrival.byte_by_byte = true;
    require(test::events(Http1Parser::Kind::Request, wire, arrival) == whole,
            "dripping changes the outcome", wire);
  }
  check_meaning(wire);
  return 0;
}
