#include "expression/library/arguments.h"
#include "expression/library/sequences.h"

namespace gateway::expression {
namespace {

KeyTable& table(const Call& call) { return self<DictionaryObject>(call).table; }

const Value& key_arg(Call& call) {
  if (call.args[1].is_null()) raise_null(call.eval, "key");
  return call.args[1];
}
const Type* type_of_part(Call& call, std::size_t part) {
  const Type* type = call.args[0].object()->type;
  return part < type->arguments.size() ? type->arguments[part] : nullptr;
}

[[noreturn]] void raise_duplicate(Call& call, const Value& key) {
  call.eval.raise("ArgumentException", "An item with the same key has already been added. Key: " +
                                           std::string(call.eval.to_text(key)));
}

void add_unique(Call& call, KeyTable& to, const Value& key, const Value& value) {
  const auto place = to.put(call.eval, key);
  if (!place.added) raise_duplicate(call, key);
  place.entry->value = value;
}

// new(), new(capacity), new(comparer), new(dictionary or pairs[, comparer]), new(capacity, comparer).
Value construct(Call& call) {
  DictionaryObject* out = make_dictionary(call.eval, type_arg(call, 0), type_arg(call, 1));
  for (const Value& arg : call.args) {
    if (arg.is_object() && !is_sequence(arg.object()->type)) use_comparer(out->table, arg);
  }
  if (call.args.empty() || !call.args[0].is_object() || !is_sequence(call.args[0].object()->type)) {
    return Value::of(out);
  }
  call.eval.for_each(call.args[0], [&](const Value& item) {
    const auto& pair = *static_cast<PairObject*>(item.object());
    add_unique(call, out->table, pair.key, pair.value);
    return true;
  });
  return Value::of(out);
}

Value get(Call& call) {
  if (const KeyTable::Entry* entry = table(call).find(call.eval, key_arg(call))) return entry->value;
  call.eval.raise("KeyNotFoundException", "The given key '" + std::string(call.eval.to_text(call.args[1])) +
                                              "' was not present in the dictionary.");
}
Value set(Call& call) {
  table(call).put(call.eval, key_arg(call)).entry->value = call.args[2];
  return {};
}
Value add(Call& call) {
  add_unique(call, table(call), key_arg(call), call.args[2]);
  return {};
}
Value try_add(Call& call) {
  const auto place = table(call).put(call.eval, key_arg(call));
  if (place.added) place.entry->value = call.args[2];
  return Value::of(place.added);
}
Value add_pair(Call& call) {
  const auto& pair = object_argument<PairObject>(call, 1, "item");
  add_unique(call, table(call), pair.key, pair.value);
  return {};
}
Value contains_key(Call& call) {
  return Value::of(table(call).find(call.eval, key_arg(call)) != nullptr);
}
Value contains_value(Call& call) {
  for (std::size_t i = 0; i < table(call).slots(); ++i) {
    call.eval.charge(2);
    const KeyTable::Entry* entry = table(call).at(i);
    if (entry && call.eval.equal(entry->value, call.args[1])) return Value::of(true);
  }
  return Value::of(false);
}
Value try_get(Call& call) {
  const KeyTable::Entry* entry = table(call).find(call.eval, key_arg(call));
  call.args[2] = entry ? entry->value : default_of(call.eval, type_of_part(call, 1));
  return Value::of(entry != nullptr);
}
Value remove(Call& call) { return Value::of(table(call).remove(call.eval, key_arg(call))); }
Value remove_out(Call& call) {
  const Value key = key_arg(call);
  (void)try_get(call);
  return Value::of(table(call).remove(call.eval, key));
}
Value clear(Call& call) {
  table(call).clear();
  return {};
}
Value parts(Call& call, bool keys) {
  ListObject* out = make_list(call.eval, type_of_part(call, keys ? 0 : 1));
  call.eval.charge(table(call).slots() / 2);
  for (std::size_t i = 0; i < table(call).slots(); ++i) {
    if (const KeyTable::Entry* entry = table(call).at(i)) {
      out->items.push_back(keys ? entry->key : entry->value);
    }
  }
  return Value::of(out);
}
Value keys(Call& call) { return parts(call, true); }
Value values(Call& call) { return parts(call, false); }

// CollectionExtensions.GetValueOrDefault(dictionary, key[, defaultValue]).
Value get_or_default(Call& call) {
  if (call.args[0].is_null()) raise_null(call.eval, "dictionary");
  if (const KeyTable::Entry* entry = table(call).find(call.eval, key_arg(call))) return entry->value;
  if (call.args.size() > 2) return call.args[2];
  return default_of(call.eval, type_arg(call, 1) ? type_arg(call, 1) : type_of_part(call, 1));
}

PairObject& pair(const Call& call) { return self<PairObject>(call); }

Value pair_text(Call& call) {
  auto out = arena_text(call);
  out += '[';
  out += call.eval.to_text(pair(call).key);
  out += ", ";
  out += call.eval.to_text(pair(call).value);
  out += ']';
  return made(call, out);
}

}  // namespace

void declare_dictionary(Catalog& catalog) {
  catalog
      .declare("System.Collections.Generic.KeyValuePair<TKey, TValue>", {.value_type = true})
      .member("new()",
              [](Call& call) {
                return make_pair(call.eval, type_arg(call, 0), type_arg(call, 1),
                                 default_of(call.eval, type_arg(call, 0)), default_of(call.eval, type_arg(call, 1)));
              })
      .member("new(TKey key, TValue value)",
              [](Call& call) {
                return make_pair(call.eval, type_arg(call, 0), type_arg(call, 1), call.args[0], call.args[1]);
              })
      .member("TKey Key { get; }", [](Call& call) { return pair(call).key; })
      .member("TValue Value { get; }", [](Call& call) { return pair(call).value; })
      .member("string ToString()", pair_text);
  catalog
      .declare("System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>",
               {.interfaces = {"IReadOnlyCollection<KeyValuePair<TKey, TValue>>"}})
      .member("TValue this[TKey key] { get; }", get)
      .member("IEnumerable<TKey> Keys { get; }", keys)
      .member("IEnumerable<TValue> Values { get; }", values)
      .member("bool ContainsKey(TKey key)", contains_key)
      .member("bool TryGetValue(TKey key, out TValue value)", try_get);
  catalog
      .declare("System.Collections.Generic.IDictionary<TKey, TValue>",
               {.interfaces = {"ICollection<KeyValuePair<TKey, TValue>>"}})
      .member("TValue this[TKey key] { get; }", get)
      .member("TValue this[TKey key] { set; }", set)
      .member("ICollection<TKey> Keys { get; }", keys)
      .member("ICollection<TValue> Values { get; }", values)
      .member("bool ContainsKey(TKey key)", contains_key)
      .member("bool TryGetValue(TKey key, out TValue value)", try_get)
      .member("void Add(TKey key, TValue value)", add)
      .member("void Add(KeyValuePair<TKey, TValue> item)", add_pair)
      .member("bool Remove(TKey key)", remove)
      .member("void Clear()", clear);
  catalog
      .declare("System.Collections.Generic.Dictionary<TKey, TValue>",
               {.interfaces = {"IDictionary<TKey, TValue>", "IReadOnlyDictionary<TKey, TValue>"}})
      .member("new()", construct)
      .member("new(int capacity)", construct)
      .member("new(IEqualityComparer<TKey> comparer)", construct)
      .member("new(int capacity, IEqualityComparer<TKey> comparer)", construct)
      .member("new(IEnumerable<KeyValuePair<TKey, TValue>> collection)", construct)
      .member("new(IEnumerable<KeyValuePair<TKey, TValue>> collection, IEqualityComparer<TKey> comparer)",
              construct)
      .member("int Count { get; }", count_of)
      .member("TValue this[TKey key] { get; }", get)
      .member("TValue this[TKey key] { set; }", set)
      .member("ICollection<TKey> Keys { get; }", keys)
      .member("ICollection<TValue> Values { get; }", values)
      .member("void Add(TKey key, TValue value)", add)
      .member("bool TryAdd(TKey key, TValue value)", try_add)
      .member("bool ContainsKey(TKey key)", contains_key)
      .member("bool ContainsValue(TValue value)", contains_value)
      .member("bool TryGetValue(TKey key, out TValue value)", try_get)
      .member("bool Remove(TKey key)", remove)
      .member("bool Remove(TKey key, out TValue value)", remove_out)
      .member("void Clear()", clear);
  catalog.declare("System.Collections.Generic.CollectionExtensions", {.is_static = true})
      .member("static TValue GetValueOrDefault<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> "
              "dictionary, TKey key)",
              get_or_default)
      .member("static TValue GetValueOrDefault<TKey, TValue>(this IReadOnlyDictionary<TKey, TValue> "
              "dictionary, TKey key, TValue defaultValue)",
              get_or_default);
}

}  // namespace gateway::expression
