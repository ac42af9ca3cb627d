#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rapidjson/document.h>

#include <gateway/error.h>

#include "arm/json_reference.h"

namespace gateway::arm {

// What was left out or changed, for people: each single case up to a number, and sums.
class Notices {
 public:
  void note(std::string text);
  // For what happens often: told once, with its number.
  void tally(std::string_view text);
  [[nodiscard]] std::vector<std::string> take();

 private:
  std::vector<std::string> texts_;
  std::size_t more_ = 0;
  std::vector<std::pair<std::string_view, std::size_t>> tallies_;
};

// The output of an import, and what it may cost: a document that refers to itself often is bounded
// by what comes of it, not by its own size.
class Output {
 public:
  Output(rapidjson::Document& document, std::size_t max_cost)
      : allocator_(document.GetAllocator()), left_(max_cost) {}

  // False: nothing is left. Then what was built is useless; loops end.
  bool spend(std::size_t cost);
  [[nodiscard]] bool exhausted() const { return exhausted_; }
  [[nodiscard]] rapidjson::Value text(std::string_view text);
  void add(rapidjson::Value& object, std::string_view name,
           rapidjson::Value value);  // `name`: a literal
  void push(rapidjson::Value& array, rapidjson::Value value);

 private:
  rapidjson::Document::AllocatorType& allocator_;
  std::size_t left_;
  bool exhausted_ = false;
};

// One document on its way to an ImportedApi.
struct OpenapiImport {
  const rapidjson::Value& root;
  bool swagger;  // 2.0
  std::string_view where;
  References& references;
  Notices& notices;
  Output& output;

  // The Error for a member that makes the document none: `message` says what is allowed.
  [[nodiscard]] Error refuse(std::string_view member, std::string message) const;
};

[[nodiscard]] inline std::string_view text_of(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}
// The text of a string member, else "".
[[nodiscard]] std::string_view text_member(const rapidjson::Value& object, const char* name);
// The member of an object, or null.
[[nodiscard]] const rapidjson::Value* find_member(const rapidjson::Value& object, const char* name);
// At most `max` bytes of UTF-8, no character in two.
[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t max);

}  // namespace gateway::arm
