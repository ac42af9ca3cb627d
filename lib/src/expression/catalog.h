#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "expression/type.h"

namespace gateway::expression {

// All types that an expression may name, and their members. Filled once, then immutable but for the
// constructed generics that compiling adds (thread-safe).
class Catalog {
 public:
  Catalog();
  ~Catalog();

  // With everything of library/: see library/libraries.h.
  static std::shared_ptr<Catalog> standard();

  // Declares types and members. Signatures are C#; a mistake in one is a bug and ends the program.
  class Declaration {
   public:
    // "static string Join(string separator, params string[] value)", "int Length { get; }",
    // "T this[int index] { get; }", "Value Value { set; }", "new(string text)", "T Value<T>(object key)",
    // "static bool TryParse(string s, out int result)", "static bool operator ==(Guid a, Guid b)",
    // "static implicit operator JToken(string value)",
    // "IEnumerable<R> Select<R>(Func<T, R> selector)" of an open type.
    // Extension methods: "static R[] ToArray<R>(this IEnumerable<R> source)" declared on a static class.
    Declaration& member(std::string_view signature, Native call);
    Declaration& enumerator(std::string_view name, std::int32_t number);
    [[nodiscard]] const Type* type() const noexcept { return type_; }

   private:
    friend class Catalog;
    Catalog* catalog_ = nullptr;
    Type* type_ = nullptr;
  };
  struct TypeOptions {
    std::string_view base = "object";
    std::vector<std::string> interfaces = {};  // C# type names, of declared types: "IEnumerable<T>"
    Kind kind = Kind::Object;
    bool value_type = false;
    bool is_enum = false;
    bool is_flags = false;
    bool is_static = false;
  };
  // `name`: "System.Text.StringBuilder", "System.Collections.Generic.Dictionary<TKey, TValue>".
  // Declaring the same name again adds to it. Names are known by short and by full name. A type may be
  // named in signatures before it is declared, as long as it is by the end (finish()).
  Declaration declare(std::string_view name, TypeOptions options);
  Declaration declare(std::string_view name) { return declare(name, TypeOptions{}); }
  // Resolves what was declared since it was last called: members are there from then on. Before threads
  // share the catalog. What standard() declares is resolved.
  void finish();

  // C# type text: "string", "int?", "string[]", "System.Guid", "List<string>"; "List<>" and "List<T>" (as it
  // is declared) are the open type. Null: unknown. int? is Nullable<int>; its values are the int's or Null.
  [[nodiscard]] const Type* find(std::string_view csharp_name) const;
  [[nodiscard]] const Type* construct(const Type* definition, std::vector<const Type*> arguments) const;
  [[nodiscard]] const Type* array_of(const Type* element) const;
  // The type of a value whose type only the evaluation knows: members are bound then.
  [[nodiscard]] const Type* dynamic() const noexcept;

  // Extension methods of this name, of all static types.
  [[nodiscard]] std::vector<const Member*> extensions(std::string_view name) const;
  // Full names of types begin with it and a dot.
  [[nodiscard]] bool is_namespace(std::string_view name) const;
  // The short name of a type that looks most like this one; "" where none does.
  [[nodiscard]] std::string nearest(std::string_view name) const;

  // Run-time type of a value.
  [[nodiscard]] const Type* type_of(const Value& value) const noexcept;

 private:
  friend class SignatureParser;
  [[nodiscard]] const Type* lookup(std::string_view name, std::size_t arity) const;
  [[nodiscard]] const Type* nullable_of(const Type* type) const;
  [[nodiscard]] const Type* type_parameter(std::string_view name) const;
  [[nodiscard]] std::string_view keep(std::string_view text) const;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway::expression
