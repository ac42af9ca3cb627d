#include "router/path_tree.h"

#include <algorithm>
#include <bit>

namespace gateway {
namespace {

constexpr std::uint64_t kSeed = 0xcbf29ce484222325ULL;
constexpr std::uint64_t kPrime = 0x100000001b3ULL;

constexpr char fold(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

constexpr std::uint64_t step(std::uint64_t hash, char c) noexcept {
  return (hash ^ static_cast<unsigned char>(c)) * kPrime;
}

std::uint64_t hash_of(std::string_view text, bool folded) noexcept {
  std::uint64_t hash = kSeed;
  for (char c : text) hash = step(hash, folded ? fold(c) : c);
  return hash;
}

// FNV leaves its low bits poorly mixed for short texts.
constexpr std::size_t slot_of(std::uint64_t hash, std::size_t mask) noexcept {
  return static_cast<std::size_t>((hash ^ hash >> 29) * 0x9e3779b97f4a7c15ULL >> 32) & mask;
}

template <bool kFold>
bool equal(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  if constexpr (!kFold) {
    return a == b;
  } else {
    return std::equal(a.begin(), a.end(), b.begin(),
                      [](char x, char y) { return fold(x) == fold(y); });
  }
}

}  // namespace

void PathTree::Table::build(const std::vector<Row>& rows, bool case_sensitive) {
  std::size_t count = 0;
  for (const Row& row : rows) count += row->case_sensitive == case_sensitive ? 1 : 0;
  if (count == 0) return;
  slots.resize(std::bit_ceil(count * 2));
  const std::size_t mask = slots.size() - 1;
  for (const Row& row : rows) {
    if (row->case_sensitive != case_sensitive) continue;
    const std::uint64_t hash = hash_of(row->path, !case_sensitive);
    longest = std::max(longest, row->path.size());
    std::size_t at = slot_of(hash, mask);
    const auto taken_by_another = [&](const Slot& slot) {
      if (!slot.used()) return false;
      const std::string_view there = slot.exact ? slot.exact->path : slot.prefix->path;
      return case_sensitive ? !equal<false>(there, row->path) : !equal<true>(there, row->path);
    };
    while (taken_by_another(slots[at])) at = (at + 1) & mask;
    slots[at].hash = hash;
    (row->match == MatchType::Exact ? slots[at].exact : slots[at].prefix) = row.get();
  }
}

template <bool kFold>
const PathTree::Slot* PathTree::Table::find(std::uint64_t hash,
                                            std::string_view path) const noexcept {
  const std::size_t mask = slots.size() - 1;
  for (std::size_t at = slot_of(hash, mask); slots[at].used(); at = (at + 1) & mask) {
    const Slot& slot = slots[at];
    if (slot.hash == hash &&
        equal<kFold>(slot.exact ? slot.exact->path : slot.prefix->path, path)) {
      return &slot;
    }
  }
  return nullptr;
}

template <bool kFold, typename F>
void PathTree::Table::walk(std::string_view path, F&& found) const noexcept {
  if (slots.empty()) return;
  std::uint64_t hash = kSeed;
  for (std::size_t i = 0;; ++i) {
    const bool end = i == path.size();
    if (end || path[i] == '/') {
      // The root's Prefix is the empty path; elsewhere a prefix ends before a slash or at the end.
      if (const Slot* slot = find<kFold>(hash, path.substr(0, i))) {
        if (slot->prefix) found(slot->prefix, i);
        if (end && slot->exact) found(slot->exact, i);
      }
      if (end) return;
    }
    if (i == longest) return;
    hash = step(hash, kFold ? fold(path[i]) : path[i]);
  }
}

PathTree::PathTree(std::vector<Row> rows) : rows_(std::move(rows)) {
  sensitive_.build(rows_, true);
  insensitive_.build(rows_, false);
}

const CompiledApi* PathTree::match(std::string_view path) const noexcept {
  const CompiledApi* best = nullptr;
  std::size_t length = 0;
  sensitive_.walk<false>(path, [&](const CompiledApi* row, std::size_t at) {
    best = row;
    length = at;
  });
  if (!insensitive_.slots.empty()) {
    insensitive_.walk<true>(path, [&](const CompiledApi* row, std::size_t at) {
      const bool longer = !best || at > length;
      const bool more_exact = best && at == length && row->match == MatchType::Exact &&
                              best->match == MatchType::Prefix;
      if (longer || more_exact) {
        best = row;
        length = at;
      }
    });
  }
  return best;
}

std::vector<PathTree::Row> PathTree::matches(std::string_view path) const {
  std::vector<std::pair<std::size_t, const CompiledApi*>> found;
  const auto add = [&](const CompiledApi* row, std::size_t length) {
    found.emplace_back(length, row);
  };
  sensitive_.walk<false>(path, add);
  insensitive_.walk<true>(path, add);
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first > b.first;
    if (a.second->match != b.second->match) return a.second->match == MatchType::Exact;
    return a.second->case_sensitive && !b.second->case_sensitive;
  });
  std::vector<Row> result;
  for (const auto& [length, row] : found) {
    for (const Row& owner : rows_) {
      if (owner.get() == row) result.push_back(owner);
    }
  }
  return result;
}

}  // namespace gateway
