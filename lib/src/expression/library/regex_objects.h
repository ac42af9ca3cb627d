#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "expression/evaluation.h"
#include "expression/library/regex_cache.h"

namespace gateway::expression {

struct RegexObject final : Object {
  RegexObject(const Type* the_type, std::shared_ptr<CompiledRegex> the_code, std::int64_t the_limit)
      : Object(the_type), code(std::move(the_code)), limit_ns(the_limit) {}
  std::shared_ptr<CompiledRegex> code;
  std::int64_t limit_ns;  // of one match
};

// The text that is searched, as UTF-8, and what all matches in it share.
struct RegexInputText {
  RegexObject* regex;
  std::string_view text;
};

// Capture, Group and Match: from the least to the most.
struct CaptureObject : Object {
  using Object::Object;
  const RegexInputText* input = nullptr;
  std::size_t begin = 0, end = 0;
  [[nodiscard]] std::string_view value() const noexcept {
    return input ? input->text.substr(begin, end - begin) : std::string_view();
  }
};
struct GroupObject : CaptureObject {
  using CaptureObject::CaptureObject;
  bool success = false;
  std::string_view name;
};
struct MatchObject final : GroupObject {
  using GroupObject::GroupObject;
  std::size_t group_count = 0;
  const std::size_t* spans = nullptr;  // begin and end of each group; kUnset
};

// GroupCollection, CaptureCollection and MatchCollection: of Group, Capture and Match.
struct RegexCollection final : Enumerable {
  RegexCollection(const Type* the_type, Arena& arena) : Enumerable(the_type), items(&arena) {}
  std::pmr::vector<Value> items;
  const MatchObject* match = nullptr;  // of groups
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(items.size());
  }
};

// From the cache. Raises ArgumentException.
[[nodiscard]] RegexObject* make_regex(Evaluation& eval, std::string_view pattern, std::int32_t options,
                                      std::int64_t limit_ns);
[[nodiscard]] RegexInputText* make_input(Evaluation& eval, RegexObject& regex, std::string_view text);

// Raises RegexMatchTimeoutException; charges what it took. Whether there is a match at or behind `from`;
// its spans are regex.code->spans().
bool find_match(Evaluation& eval, const RegexInputText& input, std::size_t from);
// The match that was just found.
[[nodiscard]] MatchObject* take_match(Evaluation& eval, const RegexInputText& input);
// Match.Empty.
[[nodiscard]] MatchObject* no_match(Evaluation& eval);
// Where the search goes on behind a match: one character later where it was empty; npos: nowhere.
[[nodiscard]] std::size_t next_start(std::string_view text, std::size_t begin, std::size_t end) noexcept;
[[nodiscard]] GroupObject* group_at(Evaluation& eval, const MatchObject& match, std::size_t index);

// "$1", "${name}", "$$", "$&", "$`", "$'", "$+", "$_" for one match.
void expand_replacement(Evaluation& eval, std::string_view replacement, const MatchObject& match,
                        std::pmr::string& out);
// At most `count` matches at or behind `from` (count < 0: all). `evaluator` (a Func<Match, string>) or
// `replacement`.
[[nodiscard]] Value replace_matches(Evaluation& eval, const RegexInputText& input, const Value& evaluator,
                                    std::string_view replacement, std::int64_t count, std::size_t from);
[[nodiscard]] Value split_by_matches(Evaluation& eval, const RegexInputText& input, std::int64_t count,
                                     std::size_t from);

[[nodiscard]] std::string_view escape_regex(Evaluation& eval, std::string_view text);
[[nodiscard]] std::string_view unescape_regex(Evaluation& eval, std::string_view text);

}  // namespace gateway::expression
