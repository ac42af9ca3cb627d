#include "policy/validation/content_coding.h"

#include <algorithm>

#include <zlib.h>

#include "base/strings.h"

namespace gateway::policy {

Decoding decode_content(std::string_view coding, std::string_view body, std::size_t most, std::string& out) {
  coding = trim(coding);
  if (coding.empty() || equals_ignoring_case(coding, "identity")) {
    if (body.size() > most) return Decoding::TooLarge;
    out.assign(body);
    return Decoding::Done;
  }
  const bool gzip = equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip");
  if (!gzip && !equals_ignoring_case(coding, "deflate")) return Decoding::Failed;
  z_stream stream{};
  if (inflateInit2(&stream, gzip ? 15 + 16 : 15) != Z_OK) return Decoding::Failed;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(body.size(), UINT32_MAX));
  Decoding result = Decoding::Failed;
  char piece[16 * 1024];
  for (;;) {
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    const int status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = sizeof piece - stream.avail_out;
    if (out.size() + made > most) {
      result = Decoding::TooLarge;
      break;
    }
    out.append(piece, made);
    if (status == Z_STREAM_END) {
      result = stream.avail_in == 0 ? Decoding::Done : Decoding::Failed;
      break;
    }
    if (status != Z_OK || (made == 0 && stream.avail_in == 0)) break;
  }
  inflateEnd(&stream);
  return result;
}

}  // namespace gateway::policy
