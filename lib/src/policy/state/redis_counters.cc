#include "policy/state/redis_counters.h"

#include <vector>

#include <openssl/sha.h>

#include "model/canonical.h"

namespace gateway::policy {
namespace {

constexpr std::size_t kLongestKey = 256;  // longer ones are known by their digest

// KEYS[1]: a hash. ARGV: limit, increment, period, sliding, anchor, only look, even above.
// A sliding counter holds its calls as a queue of "until:count" in the fields h … t, as MemoryCounters do in
// a ring; a fixed one its window and what was used of it. Answers admitted, used, milliseconds to wait.
constexpr std::string_view kScript = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local key = KEYS[1]
local limit, increment, period = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local sliding, anchor = ARGV[4] == '1', tonumber(ARGV[5])
local look, above = ARGV[6] == '1', ARGV[7] == '1'
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local number = function(n) return string.format('%.0f', n) end
local slot = function(i)
  local text = redis.call('HGET', key, number(i))
  local colon = string.find(text, ':', 1, true)
  return tonumber(string.sub(text, 1, colon - 1)), tonumber(string.sub(text, colon + 1))
end
if not sliding then
  local window = 0
  if period > 0 then window = math.floor((now - anchor) / period) * period + anchor end
  local state = redis.call('HMGET', key, 'w', 'u')
  local used = 0
  if tonumber(state[1] or '') == window then used = tonumber(state[2]) end
  local admitted = used + increment <= limit
  if (admitted or above) and not look and increment > 0 then
    used = used + increment
    redis.call('HSET', key, 'w', number(window), 'u', number(used))
    if period > 0 then
      redis.call('PEXPIREAT', key, number(window + period + 1000))
    else
      redis.call('PERSIST', key)
    end
  end
  local wait = 0
  if not admitted then
    wait = -1
    if period > 0 and increment <= limit then wait = window + period - now end
  end
  return {admitted and 1 or 0, used, wait}
end
local state = redis.call('HMGET', key, 'u', 'h', 't')
local used, head, tail = tonumber(state[1] or 0), tonumber(state[2] or 1), tonumber(state[3] or 0)
local first = head
while head <= tail do
  local till, count = slot(head)
  if now - till < period then break end
  used = used - count
  redis.call('HDEL', key, number(head))
  head = head + 1
end
local admitted = used + increment <= limit
if (admitted or above) and not look and increment > 0 then
  local till, count = nil, 0
  if head <= tail then till, count = slot(tail) end
  if till and now <= till then
    count = count + increment
  else
    local width = 1
    if tail - head + 1 >= 1024 then width = 1 + math.floor(period / 1024) end
    tail = tail + 1
    till, count = now + width - 1, increment
  end
  used = used + increment
  redis.call('HSET', key, number(tail), number(till) .. ':' .. number(count), 'u', number(used),
             'h', number(head), 't', number(tail))
  redis.call('PEXPIREAT', key, number(till + period + 1000))
elseif head ~= first then
  redis.call('HSET', key, 'u', number(used), 'h', number(head))
end
local wait = 0
if not admitted then
  wait = -1
  if increment <= limit then
    local left, i = used, head
    while left + increment > limit and i <= tail do
      local till, count = slot(i)
      left = left - count
      wait = till + period - now
      i = i + 1
    end
  end
end
return {admitted and 1 or 0, used, wait}
)lua";

std::string sha1_of(std::string_view text) {
  std::uint8_t digest[SHA_DIGEST_LENGTH];
  SHA1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), digest);
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : digest) out.append({kHex[byte >> 4], kHex[byte & 15]});
  return out;
}

// Lua counts in doubles: whole up to 2^53.
std::string lua_number(std::uint64_t value) {
  return std::to_string(std::min<std::uint64_t>(value, std::uint64_t{1} << 53));
}

}  // namespace

struct RedisCounters::Question {
  CounterQuery query;  // its key is `key` here
  std::string key;
  std::string redis_key;
  std::vector<std::string> arguments;
  std::function<void(const CounterAnswer&)> later;  // null: nobody wants to know any more
};

// The question goes on when nobody waits: it counts.
class RedisCounters::Waiting final : public Pending {
 public:
  explicit Waiting(std::shared_ptr<Question> question) : question_(std::move(question)) {}
  ~Waiting() override { question_->later = nullptr; }

 private:
  std::shared_ptr<Question> question_;
};

RedisCounters::RedisCounters(Redis& redis, Counters& local, Reporter* reporter)
    : redis_(redis), local_(local), reporter_(reporter), script_sha1_(sha1_of(kScript)) {}

RedisCounters::~RedisCounters() = default;

CounterAnswer RedisCounters::decide_locally(const CounterQuery& query) {
  CounterAnswer answer;
  std::unique_ptr<Pending> none;
  (void)local_.take(query, answer, nullptr, none);
  answer.unavailable = true;
  return answer;
}

bool RedisCounters::take(const CounterQuery& query, CounterAnswer& answer,
                         std::function<void(const CounterAnswer&)> later,
                         std::unique_ptr<Pending>& pending) {
  auto question = std::make_shared<Question>();
  question->query = query;
  question->key = query.key;
  question->query.key = question->key;
  // Another period or kind is another counter.
  const bool sliding = query.sliding && query.period_ms > 0;
  question->redis_key = redis_.settings().key_prefix + (sliding ? "s" : "f") +
                        std::to_string(query.period_ms) + ":" +
                        (query.key.size() > kLongestKey ? "#" + hex(sha256(query.key))
                                                        : std::string(query.key));
  question->arguments = {lua_number(query.limit),
                         lua_number(query.increment),
                         std::to_string(query.period_ms),
                         sliding ? "1" : "0",
                         std::to_string(query.anchor_unix_ms),
                         query.only_look ? "1" : "0",
                         query.even_above ? "1" : "0"};
  question->later = std::move(later);
  if (!ask(question, false)) {
    if (reporter_)
      reporter_->warn("Redis " + redis_.settings().display() +
                      " is away: limits are counted by this gateway alone");
    answer = decide_locally(query);
    return true;
  }
  pending = std::make_unique<Waiting>(std::move(question));
  return false;
}

bool RedisCounters::ask(const std::shared_ptr<Question>& question, bool whole_script) {
  std::vector<std::string_view> words = {whole_script ? "EVAL" : "EVALSHA",
                                         whole_script ? kScript : std::string_view(script_sha1_), "1",
                                         question->redis_key};
  words.insert(words.end(), question->arguments.begin(), question->arguments.end());
  return redis_.send(words, [this, question](RedisReply* reply) { answered(question, reply); });
}

void RedisCounters::answered(const std::shared_ptr<Question>& question, RedisReply* reply) {
  if (reply && reply->is_error() && reply->text.starts_with("NOSCRIPT") && ask(question, true)) return;
  CounterAnswer answer;
  if (reply && reply->kind == RedisReply::Kind::Array && reply->items.size() == 3) {
    answer.admitted = reply->items[0].integer != 0;
    answer.used = static_cast<std::uint64_t>(std::max<std::int64_t>(0, reply->items[1].integer));
    answer.remaining =
        answer.used < question->query.limit ? question->query.limit - answer.used : 0;
    answer.retry_after_ms = reply->items[2].integer;
  } else {
    if (reporter_) {
      reporter_->warn("Redis " + redis_.settings().display() +
                      (reply ? " refused to count: limits are counted by this gateway alone"
                             : " is away: limits are counted by this gateway alone"));
    }
    answer = decide_locally(question->query);
  }
  if (const auto later = std::exchange(question->later, nullptr)) later(answer);
}

}  // namespace gateway::policy
