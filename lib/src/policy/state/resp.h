#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace gateway::policy {

// A reply of Redis. Owns its text.
struct RedisReply {
  enum class Kind : std::uint8_t { Nil, Integer, Text, Error, Array };
  Kind kind = Kind::Nil;
  std::int64_t integer = 0;
  std::string text;  // of Text and Error
  std::vector<RedisReply> items;
  [[nodiscard]] bool is_error() const noexcept { return kind == Kind::Error; }
};

// Appends one command as the protocol (RESP2) sends it.
void append_command(std::string& out, std::span<const std::string_view> words);

// Replies from bytes as they come.
class RespReader {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;  // of one reply

  RespReader();
  ~RespReader();
  RespReader(const RespReader&) = delete;
  RespReader& operator=(const RespReader&) = delete;

  // Calls `reply` for each whole one, until it says false. False: the bytes are no replies, or one is too
  // large; the reader is of no use any more.
  [[nodiscard]] bool feed(std::string_view bytes, const std::function<bool(RedisReply&)>& reply);
  // Forgets what came so far.
  void reset();

 private:
  redisReader* reader_;
  std::size_t unanswered_ = 0;  // bytes since the last whole reply
};

}  // namespace gateway::policy
