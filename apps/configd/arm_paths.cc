#include "arm_paths.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "arm_error.h"
#include "base/strings.h"
#include "contracts.h"

namespace configd {
namespace {

constexpr std::string_view kProvider = "Microsoft.ApiManagement";

int digit(char c) {
  if (gateway::is_digit(c)) return c - '0';
  return gateway::to_lower(c) - 'a' + 10;
}

std::optional<std::string> decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size() || !gateway::is_hex_digit(text[i + 1]) ||
        !gateway::is_hex_digit(text[i + 2])) {
      return std::nullopt;
    }
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

// The number of segments of the prefix: 8 or 0.
template <typename Parts>
std::size_t prefix_length(const Parts& parts) {
  const auto is = [&](std::size_t i, std::string_view word) {
    return gateway::equals_ignoring_case(parts[i], word);
  };
  const bool full = parts.size() >= 8 && is(0, "subscriptions") && is(2, "resourceGroups") &&
                    is(4, "providers") && is(5, kProvider) && is(6, "service");
  return full ? 8 : 0;
}

ArmError no_such_path() {
  return {404, "ResourceNotFound",
          "There is no resource of this kind; apis, products, gateways and the like are.", ""};
}

}  // namespace

std::string_view below_service(std::string_view id) {
  if (!id.starts_with('/')) return id;
  const auto parts = gateway::split(id.substr(1), '/');
  if (prefix_length(parts) == 0) return id;
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < 8; ++i) skipped += parts[i].size() + 1;
  const std::string_view rest = id.substr(skipped);
  return rest.empty() ? "/" : rest;
}

bool is_api_version(std::string_view text) {
  if (text.size() < 10 || text.size() > 40) return false;
  for (std::size_t i = 0; i < 10; ++i) {
    if (i == 4 || i == 7 ? text[i] != '-' : !gateway::is_digit(text[i])) return false;
  }
  if (text.size() == 10) return true;
  const auto word = text.substr(10);
  return word.front() == '-' && std::all_of(word.begin(), word.end(), [](char c) {
           return gateway::is_alpha(c) || gateway::is_digit(c) || c == '-';
         });
}

std::variant<Target, ArmError> read_path(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  std::vector<std::string> parts;
  for (const std::string_view raw : gateway::split(path.empty() ? path : path.substr(1), '/')) {
    auto part = decode(raw);
    // An encoded slash would be another path than the one that was written.
    if (!part || part->find('/') != std::string::npos) {
      return ArmError{400, "ValidationError", "The path has a malformed or a forbidden escape.",
                      ""};
    }
    parts.push_back(std::move(*part));
  }
  Target target;
  const std::size_t skipped = prefix_length(parts);
  for (std::size_t i = 0; i < skipped; ++i) {
    if (parts[i].empty()) return no_such_path();
    target.prefix += '/' + parts[i];
  }
  parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(skipped));
  if (parts.empty() || parts.front().empty()) return no_such_path();

  std::string text;
  for (std::size_t i = 0; i < parts.size(); i += 2) {
    std::string_view collection = spelled_collection(target.kind, parts[i]);
    const bool last = i + 1 == parts.size();
    if (collection.empty() && last && target.kind == "apis" &&
        gateway::equals_ignoring_case(parts[i], "revisions")) {
      collection = "revisions";
    }
    if (collection.empty()) {
      if (!last || i == 0) return no_such_path();
      target.what = Target::What::Action;
      target.action = parts[i];
      break;
    }
    if (!target.kind.empty()) target.kind += '/';
    target.kind += collection;
    text += '/';
    text += collection;
    if (last) {
      target.what = Target::What::Collection;
    } else {
      text += '/' + parts[i + 1];
    }
  }
  // The names of what is above a collection are checked with an element in it.
  const bool collection = target.what == Target::What::Collection;
  const std::size_t cut = collection ? text.rfind('/') : text.size();
  if (cut != 0) {
    auto id = gateway::arm::short_id(std::string_view(text).substr(0, cut));
    if (!id) return ArmError{400, "ValidationError", id.error().message, ""};
    text = *id + text.substr(cut);
  }
  target.id = std::move(text);
  return target;
}

}  // namespace configd
