#include "expression/library/collections.h"

#include <algorithm>
#include <array>

#include "expression/library/arguments.h"
#include "expression/library/text.h"
#include "expression/type_text.h"

namespace gateway::expression {

std::int32_t KeyTable::hash_of(Evaluation& eval, const Value& key) const {
  eval.charge(key.is_string() ? 4 + key.text().size() / 8 : 4);
  if (key.is_null()) return 0;
  if (!comparer.is_null()) {
    std::array<Value, 2> args = {comparer, key};
    return static_cast<std::int32_t>(eval.call_member("GetHashCode", args).integer());
  }
  if (ignore_case && key.is_string()) return hash_text(key.text(), true, eval.arena());
  return eval.hash(key);
}

bool KeyTable::same(Evaluation& eval, const Value& a, const Value& b) const {
  eval.charge(a.is_string() ? 2 + a.text().size() / 8 : 2);
  if (!comparer.is_null()) {
    std::array<Value, 3> args = {comparer, a, b};
    return eval.call_member("Equals", args).boolean();
  }
  if (ignore_case && a.is_string() && b.is_string()) return equal_texts(a.text(), b.text(), true);
  return eval.equal(a, b);
}

KeyTable::Entry* KeyTable::find(Evaluation& eval, const Value& key) {
  return live_ ? find(eval, key, hash_of(eval, key)) : nullptr;
}

KeyTable::Entry* KeyTable::find(Evaluation& eval, const Value& key, std::int32_t hash) {
  if (buckets_.empty()) return nullptr;
  const std::uint32_t version = version_;
  std::int32_t slot = buckets_[static_cast<std::uint32_t>(hash) & (buckets_.size() - 1)];
  while (slot >= 0) {
    Entry& entry = entries_[static_cast<std::size_t>(slot)];
    if (entry.hash == hash && same(eval, entry.key, key)) {
      return version == version_ ? &entries_[static_cast<std::size_t>(slot)] : nullptr;
    }
    if (version != version_) return nullptr;
    slot = entries_[static_cast<std::size_t>(slot)].next;
    eval.charge(1);
  }
  return nullptr;
}

KeyTable::Place KeyTable::put(Evaluation& eval, const Value& key) {
  const std::int32_t hash = hash_of(eval, key);
  if (Entry* entry = find(eval, key, hash)) return {entry, false};
  if (entries_.size() == buckets_.size()) rebuild(eval);
  std::int32_t& bucket = buckets_[static_cast<std::uint32_t>(hash) & (buckets_.size() - 1)];
  entries_.push_back({key, {}, hash, bucket});
  bucket = static_cast<std::int32_t>(entries_.size() - 1);
  ++live_;
  ++version_;
  return {&entries_.back(), true};
}

// Without the dead, and with room for as many again.
void KeyTable::rebuild(Evaluation& eval) {
  eval.charge(entries_.size());
  std::erase_if(entries_, [](const Entry& entry) { return entry.next == kDead; });
  std::size_t size = 8;
  while (size < entries_.size() * 2) size *= 2;
  entries_.reserve(size);
  buckets_.assign(size, -1);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    std::int32_t& bucket = buckets_[static_cast<std::uint32_t>(entries_[i].hash) & (size - 1)];
    entries_[i].next = bucket;
    bucket = static_cast<std::int32_t>(i);
  }
}

bool KeyTable::remove(Evaluation& eval, const Value& key) {
  Entry* entry = find(eval, key);
  if (!entry) return false;
  const auto slot = static_cast<std::int32_t>(entry - entries_.data());
  std::int32_t* link = &buckets_[static_cast<std::uint32_t>(entry->hash) & (buckets_.size() - 1)];
  while (*link != slot) link = &entries_[static_cast<std::size_t>(*link)].next;
  *link = entry->next;
  *entry = {{}, {}, 0, kDead};
  --live_;
  ++version_;
  return true;
}

void KeyTable::clear() noexcept {
  entries_.clear();
  std::fill(buckets_.begin(), buckets_.end(), -1);
  live_ = 0;
  ++version_;
}

namespace {

[[noreturn]] void raise_modified(Evaluation& eval) {
  eval.raise("InvalidOperationException",
             "Collection was modified; enumeration operation may not execute.");
}

template <typename Item>
void iterate_table(Evaluation& eval, KeyTable& table, Item&& item) {
  const std::uint32_t version = table.version();
  for (std::size_t slot = 0; slot < table.slots(); ++slot) {
    eval.charge(1);
    const KeyTable::Entry* entry = table.at(slot);
    if (!entry) continue;
    if (!item(*entry)) return;
    if (version != table.version()) raise_modified(eval);
  }
}

}  // namespace

void DictionaryObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  const Type* pair = nullptr;
  if (type->arguments.size() == 2) {
    pair = generic_type(eval, "KeyValuePair<object, object>", {type->arguments[0], type->arguments[1]});
  } else {
    pair = generic_type(eval, "KeyValuePair<object, object>", {nullptr, nullptr});
  }
  iterate_table(eval, table, [&](const KeyTable::Entry& entry) {
    return each(data, Value::of(eval.arena().make<PairObject>(pair, entry.key, entry.value)));
  });
}

void SetObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  iterate_table(eval, table, [&](const KeyTable::Entry& entry) { return each(data, Value(entry.key)); });
}

void LineObject::iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) {
  const std::uint32_t seen = version;
  const std::size_t count = items.size() - first;
  for (std::size_t i = 0; i < count; ++i) {
    eval.charge(1);
    const Value item = stack ? items[items.size() - 1 - i] : items[first + i];
    if (!each(data, item)) return;
    if (version != seen) raise_modified(eval);
  }
}

const Type* generic_type(Evaluation& eval, std::string_view definition,
                         std::initializer_list<const Type*> arguments) {
  const Catalog& catalog = eval.catalog();
  const Type* known = catalog.find(definition);
  const Type* open = known->definition ? known->definition : known;
  std::vector<const Type*> filled(arguments);
  for (const Type*& argument : filled) {
    if (!argument) argument = catalog.find("object");
  }
  return catalog.construct(open, std::move(filled));
}

ListObject* make_list(Evaluation& eval, const Type* element) {
  return eval.arena().make<ListObject>(generic_type(eval, "List<object>", {element}), eval.arena());
}
ListObject* make_array(Evaluation& eval, const Type* element) {
  const Catalog& catalog = eval.catalog();
  return eval.arena().make<ListObject>(catalog.array_of(element ? element : catalog.find("object")),
                                       eval.arena());
}
Value array_value(Evaluation& eval, const Type* element, std::pmr::vector<Value> items) {
  if (element && element->kind == Kind::Byte) {
    BytesObject* bytes = new_bytes(eval, items.size());
    std::transform(items.begin(), items.end(), bytes->bytes.begin(),
                   [](const Value& item) { return static_cast<std::uint8_t>(item.integer()); });
    return Value::of(bytes);
  }
  ListObject* out = make_array(eval, element);
  out->items = std::move(items);
  return Value::of(out);
}
DictionaryObject* make_dictionary(Evaluation& eval, const Type* key, const Type* value) {
  return eval.arena().make<DictionaryObject>(
      generic_type(eval, "Dictionary<object, object>", {key, value}), eval.arena());
}
SetObject* make_set(Evaluation& eval, const Type* element) {
  return eval.arena().make<SetObject>(generic_type(eval, "HashSet<object>", {element}), eval.arena());
}
Value make_pair(Evaluation& eval, const Type* key_type, const Type* value_type, const Value& key,
                const Value& value) {
  return Value::of(eval.arena().make<PairObject>(
      generic_type(eval, "KeyValuePair<object, object>", {key_type, value_type}), key, value));
}

std::pmr::vector<Value> items_of(Evaluation& eval, const Value& sequence) {
  std::pmr::vector<Value> out(&eval.arena());
  eval.for_each(sequence, [&](const Value& item) {
    eval.charge(1);
    out.push_back(item);
    return true;
  });
  return out;
}

const Type* array_element(const Type* type) noexcept {
  return is_array(type) ? type->arguments[0] : nullptr;
}

namespace {

bool has_interface(const Type* type, std::string_view name) noexcept {
  for (; type; type = type->base) {
    if (type->name == name) return true;
    for (const Type* each : type->interfaces) {
      if (has_interface(each, name)) return true;
    }
  }
  return false;
}

}  // namespace

bool is_sequence(const Type* type) noexcept {
  return is_array(type) || has_interface(type, "IEnumerable");
}

bool is_dictionary(const Type* type) noexcept {
  return has_interface(type, "IReadOnlyDictionary") || has_interface(type, "IDictionary");
}

}  // namespace gateway::expression
