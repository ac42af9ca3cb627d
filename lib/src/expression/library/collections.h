#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "expression/evaluation.h"

// System.Collections.Generic, in the arena. List<T> and T[] are ListObject (evaluation.h).
namespace gateway::expression {

// Keys with values, in the order they came. Hashing and equality are the evaluation's, or those of
// `comparer`.
class KeyTable {
 public:
  struct Entry {
    Value key;
    Value value;
    std::int32_t hash;
    std::int32_t next;  // in its bucket; -1: the last; kDead: removed
  };
  static constexpr std::int32_t kDead = -2;

  explicit KeyTable(Arena& arena) : entries_(&arena), buckets_(&arena) {}

  // Strings as StringComparer.OrdinalIgnoreCase has them, where there is no comparer.
  bool ignore_case = false;
  Value comparer;  // an IEqualityComparer<…>, or null

  [[nodiscard]] Entry* find(Evaluation& eval, const Value& key);
  // The entry of this key, made with a null value where there was none.
  struct Place {
    Entry* entry;  // until the next change
    bool added;
  };
  Place put(Evaluation& eval, const Value& key);
  bool remove(Evaluation& eval, const Value& key);
  void clear() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return live_; }
  // Changes with every key that comes or goes.
  [[nodiscard]] std::uint32_t version() const noexcept { return version_; }

  // Live entries by position: at(0) … at(slots() - 1), null where one was removed.
  [[nodiscard]] std::size_t slots() const noexcept { return entries_.size(); }
  [[nodiscard]] Entry* at(std::size_t slot) noexcept {
    return entries_[slot].next == kDead ? nullptr : &entries_[slot];
  }

 private:
  [[nodiscard]] std::int32_t hash_of(Evaluation& eval, const Value& key) const;
  [[nodiscard]] bool same(Evaluation& eval, const Value& a, const Value& b) const;
  [[nodiscard]] Entry* find(Evaluation& eval, const Value& key, std::int32_t hash);
  void rebuild(Evaluation& eval);

  std::pmr::vector<Entry> entries_;
  std::pmr::vector<std::int32_t> buckets_;
  std::size_t live_ = 0;
  std::uint32_t version_ = 0;
};

// KeyValuePair<K, V>. A value type.
struct PairObject final : Object {
  PairObject(const Type* the_type, const Value& the_key, const Value& the_value)
      : Object(the_type), key(the_key), value(the_value) {}
  Value key, value;
};

// Dictionary<K, V>; every object whose type is, or has, IReadOnlyDictionary<K, V> or IDictionary<K, V> is
// one. Iterates over PairObjects.
struct DictionaryObject final : Enumerable {
  DictionaryObject(const Type* the_type, Arena& arena) : Enumerable(the_type), table(arena) {}
  KeyTable table;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(table.size());
  }
  // Null where the key is not there.
  [[nodiscard]] const Value* find(Evaluation& eval, const Value& key) {
    const KeyTable::Entry* entry = table.find(eval, key);
    return entry ? &entry->value : nullptr;
  }
  void set(Evaluation& eval, const Value& key, const Value& value) {
    table.put(eval, key).entry->value = value;
  }
};

// HashSet<T>.
struct SetObject final : Enumerable {
  SetObject(const Type* the_type, Arena& arena) : Enumerable(the_type), table(arena) {}
  KeyTable table;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(table.size());
  }
};

// Queue<T> and Stack<T>: a stack iterates from its top.
struct LineObject final : Enumerable {
  LineObject(const Type* the_type, Arena& arena, bool the_stack)
      : Enumerable(the_type), items(&arena), stack(the_stack) {}
  std::pmr::vector<Value> items;
  std::size_t first = 0;  // of a queue: those before it have been taken
  bool stack;
  std::uint32_t version = 0;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(items.size() - first);
  }
};

// Empty ones of these types. A null type argument is `object`.
[[nodiscard]] ListObject* make_list(Evaluation& eval, const Type* element);
// Not of bytes: a byte[] is a BytesObject.
[[nodiscard]] ListObject* make_array(Evaluation& eval, const Type* element);
[[nodiscard]] DictionaryObject* make_dictionary(Evaluation& eval, const Type* key, const Type* value);
[[nodiscard]] SetObject* make_set(Evaluation& eval, const Type* element);
[[nodiscard]] Value make_pair(Evaluation& eval, const Type* key_type, const Type* value_type,
                              const Value& key, const Value& value);
// "System.Collections.Generic.List" of these arguments; `definition` as it is declared, with
// placeholders: generic_type(eval, "List<T>", {element}).
[[nodiscard]] const Type* generic_type(Evaluation& eval, std::string_view definition,
                                       std::initializer_list<const Type*> arguments);
// A T[] of the items, of whatever type.
[[nodiscard]] Value array_value(Evaluation& eval, const Type* element, std::pmr::vector<Value> items);
// All items, iterated once.
[[nodiscard]] std::pmr::vector<Value> items_of(Evaluation& eval, const Value& sequence);


// The element type of T[]; null: it is no array.
[[nodiscard]] const Type* array_element(const Type* type) noexcept;
// Its values can be iterated: it is, or has, an IEnumerable<T>.
[[nodiscard]] bool is_sequence(const Type* type) noexcept;
[[nodiscard]] bool is_dictionary(const Type* type) noexcept;

}  // namespace gateway::expression
