#define PCRE2_CODE_UNIT_WIDTH 8
#include "expression/library/regex_cache.h"

#include <algorithm>
#include <chrono>
#include <list>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <pcre2.h>

#include "base/strings.h"

namespace gateway::expression {
namespace {

// Units of the match limit: about 2 ms of machine code, 6 ms of the interpreter.
constexpr std::uint32_t kMatchLimit = 1'000'000;
constexpr std::uint32_t kInterpretedLimit = 600'000;
constexpr std::uint32_t kHeapKilobytes = 16 * 1024;
constexpr std::size_t kCached = 256;

std::int64_t now_ns() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

// What a thread needs to match: the stack of machine code and the limits.
struct Matcher {
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  pcre2_jit_stack* stack = pcre2_jit_stack_create(32 * 1024, 512 * 1024, nullptr);
  Matcher() {
    pcre2_jit_stack_assign(context, nullptr, stack);
    pcre2_set_heap_limit(context, kHeapKilobytes);
  }
  ~Matcher() {
    pcre2_jit_stack_free(stack);
    pcre2_match_context_free(context);
  }
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;
};

Matcher& matcher() {
  thread_local Matcher the;
  return the;
}

// Looks at the clock at every `interval`th callout: seldom where little can happen in between.
struct Deadline {
  std::int64_t at_ns;
  std::uint32_t interval;
  std::uint32_t left;
};

int on_callout(pcre2_callout_block*, void* data) {
  auto& deadline = *static_cast<Deadline*>(data);
  if (--deadline.left != 0) return 0;
  deadline.left = deadline.interval;
  return now_ns() > deadline.at_ns ? PCRE2_ERROR_CALLOUT : 0;
}

std::uint32_t compile_options(std::int32_t options) {
  std::uint32_t out = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DUPNAMES | PCRE2_ALT_CIRCUMFLEX;
  if (options & RegexOptions::kIgnoreCase) out |= PCRE2_CASELESS;
  if (options & RegexOptions::kMultiline) out |= PCRE2_MULTILINE;
  if (options & RegexOptions::kSingleline) out |= PCRE2_DOTALL;
  if (!(options & RegexOptions::kEcmaScript)) out |= PCRE2_UCP;
  return out;
}

Error refuse(std::string_view pattern, std::string message) {
  return Error{ErrorCode::InvalidArgument, "expression",
               fmt::format("Invalid pattern {}: {}.", quote(pattern), message), ""};
}

}  // namespace

struct CompiledRegex::Code {
  pcre2_code* code = nullptr;
  pcre2_match_data* data = nullptr;
  ~Code() {
    pcre2_match_data_free(data);
    pcre2_code_free(code);
  }
};

CompiledRegex::~CompiledRegex() = default;

CompiledRegex::Outcome CompiledRegex::match(std::string_view text, std::size_t from,
                                            std::int64_t limit_ns) {
  pcre2_match_context* context = matcher().context;
  const auto interval = static_cast<std::uint32_t>(
      std::clamp<std::size_t>((std::size_t{64} << 10) / (text.size() + 1), 1, 32));
  Deadline deadline{now_ns() + std::min(limit_ns, kLongestNs), interval, interval};
  pcre2_set_callout(context, on_callout, &deadline);
  pcre2_set_match_limit(context, kMatchLimit);
  const auto attempt = [&](std::uint32_t flags) {
    return pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                       PCRE2_NO_UTF_CHECK | flags, code_->data, context);
  };
  int rc = attempt(0);
  if (rc == PCRE2_ERROR_JIT_STACKLIMIT) {
    pcre2_set_match_limit(context, kInterpretedLimit);
    rc = attempt(PCRE2_NO_JIT);
  }
  if (rc == PCRE2_ERROR_NOMATCH) return Outcome::NoMatch;
  if (rc <= 0) return Outcome::TimedOut;  // a limit
  const PCRE2_SIZE* found = pcre2_get_ovector_pointer(code_->data);
  std::fill(spans_.begin(), spans_.end(), kUnset);
  // \K is not in the language, so that begin <= end holds. Of groups with one number the last one set counts.
  spans_[0] = found[0];
  spans_[1] = found[1];
  for (std::size_t i = 0; i < slots_.size() && i + 1 < static_cast<std::size_t>(rc); ++i) {
    const auto group = static_cast<std::size_t>(slots_[i]);
    if (found[2 * i + 2] == PCRE2_UNSET) continue;
    spans_[2 * group] = found[2 * i + 2];
    spans_[2 * group + 1] = found[2 * i + 3];
  }
  return Outcome::Match;
}

Result<std::shared_ptr<CompiledRegex>> compile_regex(std::string_view pattern, std::int32_t options) {
  if (pattern.size() > kMaxPattern) {
    return refuse(pattern, fmt::format("it has more than {} bytes", kMaxPattern));
  }
  if (options & ~RegexOptions::kKnown) return refuse(pattern, "unknown RegexOptions");
  if (options & RegexOptions::kRightToLeft) {
    return refuse(pattern, "RegexOptions.RightToLeft is not supported");
  }
  if (!is_utf8(pattern)) return refuse(pattern, "it is not UTF-8");
  auto translated = translate_regex(pattern, options);
  if (!translated) return translated.error();

  std::shared_ptr<CompiledRegex> out(new CompiledRegex);
  out->code_ = std::make_unique<CompiledRegex::Code>();
  std::unique_ptr<pcre2_compile_context, decltype(&pcre2_compile_context_free)> context(
      pcre2_compile_context_create(nullptr), &pcre2_compile_context_free);
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE offset = 0;
  out->code_->code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated->pattern.data()),
                                   translated->pattern.size(), compile_options(options), &error, &offset,
                                   context.get());
  if (!out->code_->code) {
    PCRE2_UCHAR reason[256] = {};
    pcre2_get_error_message(error, reason, sizeof reason);
    return refuse(pattern, reinterpret_cast<const char*>(reason));
  }
  pcre2_jit_compile(out->code_->code, PCRE2_JIT_COMPLETE);  // without, it is interpreted
  out->code_->data = pcre2_match_data_create_from_pattern(out->code_->code, nullptr);
  out->pattern_ = pattern;
  out->options_ = options;
  out->groups_ = std::move(translated->groups);
  out->slots_ = std::move(translated->slots);
  out->spans_.resize(out->groups_.size() * 2, CompiledRegex::kUnset);
  return out;
}

namespace {

class Cache {
 public:
  Result<std::shared_ptr<CompiledRegex>> get(std::string_view pattern, std::int32_t options,
                                             bool& compiled) {
    compiled = false;
    const Key key{pattern, options};
    if (const auto found = index_.find(key); found != index_.end()) {
      used_.splice(used_.begin(), used_, found->second);
      return used_.front();
    }
    compiled = true;
    auto made = compile_regex(pattern, options);
    if (!made) return made;
    if (used_.size() == kCached) {
      index_.erase({used_.back()->pattern(), used_.back()->options()});
      used_.pop_back();
    }
    used_.push_front(*made);
    index_[{used_.front()->pattern(), options}] = used_.begin();
    return made;
  }

 private:
  struct Key {
    std::string_view pattern;  // of the CompiledRegex
    std::int32_t options;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::string_view>{}(key.pattern) ^ (static_cast<std::size_t>(key.options) << 1);
    }
  };
  std::list<std::shared_ptr<CompiledRegex>> used_;  // the last used first
  std::unordered_map<Key, std::list<std::shared_ptr<CompiledRegex>>::iterator, Hash> index_;
};

}  // namespace

Result<std::shared_ptr<CompiledRegex>> cached_regex(std::string_view pattern, std::int32_t options,
                                                    bool& compiled) {
  thread_local Cache cache;
  return cache.get(pattern, options, compiled);
}

}  // namespace gateway::expression
