#include "policy/state/resp.h"

#include <new>

#include <hiredis/hiredis.h>

namespace gateway::policy {
namespace {

void convert(const redisReply& from, RedisReply& to) {
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      to.kind = RedisReply::Kind::Integer;
      to.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      to.kind = RedisReply::Kind::Text;
      to.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      to.kind = RedisReply::Kind::Error;
      to.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ARRAY:
      to.kind = RedisReply::Kind::Array;
      to.items.resize(from.elements);
      for (std::size_t i = 0; i < from.elements; ++i) convert(*from.element[i], to.items[i]);
      break;
    default:
      to.kind = RedisReply::Kind::Nil;
      break;
  }
}

}  // namespace

void append_command(std::string& out, std::span<const std::string_view> words) {
  out.append("*").append(std::to_string(words.size())).append("\r\n");
  for (const std::string_view word : words) {
    out.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
  }
}

RespReader::RespReader() : reader_(redisReaderCreate()) {
  if (!reader_) throw std::bad_alloc();
}

RespReader::~RespReader() {
  if (reader_) redisReaderFree(reader_);
}

void RespReader::reset() {
  redisReaderFree(reader_);
  reader_ = redisReaderCreate();
  unanswered_ = 0;
  if (!reader_) throw std::bad_alloc();
}

bool RespReader::feed(std::string_view bytes, const std::function<bool(RedisReply&)>& reply) {
  unanswered_ += bytes.size();
  if (redisReaderFeed(reader_, bytes.data(), bytes.size()) != REDIS_OK) return false;
  for (;;) {
    void* raw = nullptr;
    if (redisReaderGetReply(reader_, &raw) != REDIS_OK) return false;
    if (!raw) return unanswered_ <= kMostBytes;
    RedisReply read;
    convert(*static_cast<const redisReply*>(raw), read);
    freeReplyObject(raw);
    unanswered_ = reader_->len - reader_->pos;
    if (!reply(read)) return true;
  }
}

}  // namespace gateway::policy
