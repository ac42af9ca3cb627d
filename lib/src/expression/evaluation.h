#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

#include <gateway/environment.h>

#include "expression/arena.h"
#include "expression/catalog.h"

namespace gateway::expression {

// .NET's System.Exception and all below it.
struct ExceptionObject : Object {
  using Object::Object;
  std::string_view message;
  Value inner;
};

// What evaluations of one exchange share. One thread. Made for each exchange, cheaply.
class Evaluation {
 public:
  static constexpr std::uint64_t kSteps = 1'000'000;             // about 10 ms
  static constexpr std::size_t kMemory = std::size_t{16} << 20;  // bytes, of one evaluation

  Evaluation(Arena& arena, const Catalog& catalog, const Environment& environment)
      : arena_(arena), catalog_(catalog), environment_(environment) {}

  [[nodiscard]] Arena& arena() noexcept { return arena_; }
  [[nodiscard]] const Catalog& catalog() const noexcept { return catalog_; }
  [[nodiscard]] const Environment& environment() const noexcept { return environment_; }

  // Begins one evaluation: a whole budget again.
  void begin(std::uint64_t steps = kSteps, std::size_t memory = kMemory) noexcept {
    steps_left_ = steps;
    arena_.set_limit(arena_.used() + memory);
  }
  // Work of about `steps` operations of the evaluator (10 ns each) or bytes/8 looked at.
  void charge(std::uint64_t steps) {
    if (steps > steps_left_) throw BudgetExceeded{"the time of an evaluation"};
    steps_left_ -= steps;
  }
  [[nodiscard]] std::uint64_t steps_left() const noexcept { return steps_left_; }

  // Throws Raised. `type`: short name of an exception type of the catalog.
  [[noreturn]] void raise(std::string_view type, std::string_view message);
  // Calls a lambda or a method group (an Object of a Func, Action, Predicate or Comparison type).
  Value invoke(const Value& function, std::initializer_list<Value> args);

  // A string value with this text, copied into the arena.
  Value text(std::string_view text) { return Value::of(arena_.copy(text)); }
  // Object.ToString() of any value; null gives "".
  std::string_view to_text(const Value& value);
  // object.Equals; numbers of one type by value, strings ordinal, objects by their Equals member.
  bool equal(const Value& a, const Value& b);
  std::int32_t hash(const Value& value);
  // Comparer<object>.Default; raises ArgumentException where there is no order.
  int compare(const Value& a, const Value& b);
  // Explicit C# conversion at run time: (T)value; raises InvalidCastException.
  Value cast(const Value& value, const Type* to);
  // A member by run-time type; raises RuntimeBinderException where none fits.
  Value call_member(std::string_view name, std::span<Value> receiver_and_args);
  // IEnumerable<…> of any value that is one (arrays, lists, dictionaries, strings, JArray, lazy LINQ):
  // calls `each` until it says false. Raises where the value is none.
  template <typename F>
  void for_each(const Value& sequence, F&& each) {
    iterate(sequence, [](void* f, const Value& item) { return (*static_cast<F*>(f))(item); }, &each);
  }
  void iterate(const Value& sequence, bool (*each)(void*, const Value&), void* data);

  // Held during a call that may call others without end: throws BudgetExceeded where that goes too deep.
  class Nesting {
   public:
    explicit Nesting(Evaluation& eval) : eval_(eval) { eval.enter(); }
    ~Nesting() { --eval_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Evaluation& eval_;
  };

 private:
  static constexpr unsigned kDeepest = 200;
  static constexpr std::ptrdiff_t kStack = std::ptrdiff_t{512} << 10;  // bytes
  void enter();

  Arena& arena_;
  const Catalog& catalog_;
  const Environment& environment_;
  std::uint64_t steps_left_ = kSteps;
  unsigned depth_ = 0;
  const char* stack_ = nullptr;  // where the outermost call stood
};

// What `iterate` asks of an object: run-time types that can be iterated derive from it.
struct Enumerable : Object {
  using Object::Object;
  // Calls `each` for each item until it says false.
  virtual void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) = 0;
  // How many, where that is known without iterating; -1.
  [[nodiscard]] virtual std::int64_t known_size() const noexcept { return -1; }

 protected:
  ~Enumerable() = default;  // the arena forgets it; members are trivial or pmr in the arena
};

// T[] of every T but byte, and List<T>, and the results of LINQ that are held.
struct ListObject final : Enumerable {
  ListObject(const Type* the_type, Arena& arena) : Enumerable(the_type), items(&arena) {}
  std::pmr::vector<Value> items;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(items.size());
  }
};

// byte[].
struct BytesObject final : Enumerable {
  BytesObject(const Type* the_type, std::span<std::uint8_t> the_bytes) : Enumerable(the_type), bytes(the_bytes) {}
  std::span<std::uint8_t> bytes;
  void iterate(Evaluation& eval, bool (*each)(void*, const Value&), void* data) override;
  [[nodiscard]] std::int64_t known_size() const noexcept override {
    return static_cast<std::int64_t>(bytes.size());
  }
};

}  // namespace gateway::expression
