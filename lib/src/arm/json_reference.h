#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include <rapidjson/document.h>

namespace gateway::arm {

// Finds what the local references of one document stand for: {"$ref":"#/components/parameters/id"}.
// However large the document and however often it refers to itself, one look-up costs about the
// same. Refers to the document, which must outlive it. Not thread-safe.
class References {
 public:
  explicit References(const rapidjson::Value& root) : root_(root) {}

  struct Target {
    const rapidjson::Value* value = nullptr;  // null: see `problem`
    std::string problem;                      // follows the quoted reference in a message
    std::string_view reference;               // the last one followed; "" where there was none
  };
  // What `value` is in the end: itself, or where its "$ref" leads, over at most kMaxChain others.
  [[nodiscard]] Target follow(const rapidjson::Value& value);

  // The member of an object, or null.
  [[nodiscard]] const rapidjson::Value* member(const rapidjson::Value& object,
                                               std::string_view name);

  static constexpr int kMaxChain = 16;
  static constexpr std::size_t kMaxLength = 1000;

 private:
  using Members = std::unordered_map<std::string_view, const rapidjson::Value*>;

  Target resolve(std::string_view reference);
  const rapidjson::Value* walk(std::string_view reference, std::string& problem);

  const rapidjson::Value& root_;
  std::unordered_map<std::string_view, Target> resolved_;
  std::unordered_map<const rapidjson::Value*, Members> members_;  // of large objects
};

// The text of "$ref" where `value` is a reference, else "".
[[nodiscard]] std::string_view reference_of(const rapidjson::Value& value);

}  // namespace gateway::arm
