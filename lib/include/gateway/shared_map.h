#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

// FNV-1a, 64 bit, with a final mix. The order of SharedMap::for_each depends on it, nothing stored does.
[[nodiscard]] constexpr std::uint64_t stable_hash(std::string_view text) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  hash ^= hash >> 32;
  return hash * 0x9e3779b97f4a7c15ULL;
}

// A map from a name to an immutable value. Copies are cheap and share structure: copying costs one
// reference, changing one entry copies one page of pointers and one shard, and comparing two maps
// that descend from one another costs what changed between them, not what they hold.
//
// A value type. Distinct copies may be used by different threads at once; one copy by one thread.
template <typename T>
class SharedMap {
 public:
  using Value = std::shared_ptr<const T>;
  struct Entry {
    std::string name;
    std::uint64_t hash = 0;
    Value value;
  };

  [[nodiscard]] std::size_t size() const noexcept { return root_ ? root_->size : 0; }
  [[nodiscard]] bool empty() const noexcept { return size() == 0; }

  // The value under `name`, or nullptr. No allocation.
  [[nodiscard]] const T* find(std::string_view name) const noexcept {
    const Entry* entry = find_entry(name);
    return entry ? entry->value.get() : nullptr;
  }
  // The same, sharing ownership; null where there is none.
  [[nodiscard]] Value get(std::string_view name) const {
    const Entry* entry = find_entry(name);
    return entry ? entry->value : nullptr;
  }

  // Adds or replaces. `value` must not be null.
  void set(std::string_view name, Value value) {
    const std::uint64_t hash = stable_hash(name);
    Page& page = mutable_page(hash);
    Shard& shard = mutable_shard(page, hash);
    auto at = lower_bound(shard, name, hash);
    if (at != shard.end() && at->hash == hash && at->name == name) {
      at->value = std::move(value);
    } else {
      shard.insert(at, Entry{std::string(name), hash, std::move(value)});
      ++root_->size;
    }
    page.entries[shard_of(hash)] = shard;
  }

  // Removes; true when there was one.
  bool erase(std::string_view name) {
    if (!find_entry(name)) return false;
    const std::uint64_t hash = stable_hash(name);
    Page& page = mutable_page(hash);
    Shard& shard = mutable_shard(page, hash);
    shard.erase(lower_bound(shard, name, hash));
    --root_->size;
    page.entries[shard_of(hash)] = shard;
    return true;
  }

  // Calls f(name, value) for every entry, in an order that depends only on the names.
  template <typename F>
  void for_each(F&& f) const {
    if (!root_) return;
    for (const auto& page : root_->pages) {
      if (!page) continue;
      for (const auto& shard : page->shards) {
        if (!shard) continue;
        for (const Entry& entry : *shard) f(std::string_view(entry.name), entry.value);
      }
    }
  }

  // All names, sorted.
  [[nodiscard]] std::vector<std::string_view> sorted_names() const {
    std::vector<std::string_view> names;
    names.reserve(size());
    for_each([&](std::string_view name, const Value&) { names.push_back(name); });
    std::sort(names.begin(), names.end());
    return names;
  }

  // True when both share all structure: a cheap test for "nothing changed".
  [[nodiscard]] bool same(const SharedMap& other) const noexcept { return root_ == other.root_; }

  // Calls f(name, before, after) for every name whose value pointer differs; either may be null.
  template <typename F>
  static void diff(const SharedMap& before, const SharedMap& after, F&& f) {
    if (before.root_ == after.root_) return;
    for (std::size_t p = 0; p < kPages; ++p) {
      const Page* a = before.root_ ? before.root_->pages[p].get() : nullptr;
      const Page* b = after.root_ ? after.root_->pages[p].get() : nullptr;
      if (a == b) continue;
      for (std::size_t s = 0; s < kShards; ++s) {
        const Shard* x = a ? a->shards[s].get() : nullptr;
        const Shard* y = b ? b->shards[s].get() : nullptr;
        if (x != y) diff_shard(x, y, f);
      }
    }
  }

 private:
  static constexpr std::size_t kPages = 64;
  static constexpr std::size_t kShards = 64;
  using Shard = std::vector<Entry>;  // sorted by (hash, name)
  struct Page {
    std::array<std::shared_ptr<Shard>, kShards> shards;
    // What is in them, so that a search takes one step less.
    std::array<std::span<const Entry>, kShards> entries;
  };
  struct Root {
    std::array<std::shared_ptr<Page>, kPages> pages;
    std::size_t size = 0;
  };

  static std::size_t page_of(std::uint64_t hash) noexcept { return (hash >> 58) & (kPages - 1); }
  static std::size_t shard_of(std::uint64_t hash) noexcept { return (hash >> 52) & (kShards - 1); }

  template <typename S>
  static auto lower_bound(S& shard, std::string_view name, std::uint64_t hash) {
    return std::lower_bound(shard.begin(), shard.end(), name,
                            [hash](const Entry& entry, std::string_view wanted) {
                              return entry.hash != hash ? entry.hash < hash : entry.name < wanted;
                            });
  }

  [[nodiscard]] const Entry* find_entry(std::string_view name) const noexcept {
    if (!root_) return nullptr;
    const std::uint64_t hash = stable_hash(name);
    const Page* page = root_->pages[page_of(hash)].get();
    if (!page) return nullptr;
    const std::span<const Entry> entries = page->entries[shard_of(hash)];
    auto at = lower_bound(entries, name, hash);
    return at != entries.end() && at->hash == hash && at->name == name ? &*at : nullptr;
  }

  // Copy on write: a part that only this map holds is changed in place.
  template <typename P>
  static P& own(std::shared_ptr<P>& part) {
    if (!part) {
      part = std::make_shared<P>();
    } else if (part.use_count() != 1) {
      part = std::make_shared<P>(*part);
    }
    return *part;
  }
  Page& mutable_page(std::uint64_t hash) { return own(own(root_).pages[page_of(hash)]); }
  Shard& mutable_shard(Page& page, std::uint64_t hash) {
    return own(page.shards[shard_of(hash)]);
  }

  template <typename F>
  static void diff_shard(const Shard* x, const Shard* y, F&& f) {
    static const Shard kNone;
    const Shard& a = x ? *x : kNone;
    const Shard& b = y ? *y : kNone;
    auto i = a.begin();
    auto j = b.begin();
    const auto before = [](const Entry& l, const Entry& r) {
      return l.hash != r.hash ? l.hash < r.hash : l.name < r.name;
    };
    while (i != a.end() || j != b.end()) {
      if (j == b.end() || (i != a.end() && before(*i, *j))) {
        f(std::string_view(i->name), i->value, Value());
        ++i;
      } else if (i == a.end() || before(*j, *i)) {
        f(std::string_view(j->name), Value(), j->value);
        ++j;
      } else {
        if (i->value != j->value) f(std::string_view(i->name), i->value, j->value);
        ++i;
        ++j;
      }
    }
  }

  std::shared_ptr<Root> root_;
};

}  // namespace gateway
