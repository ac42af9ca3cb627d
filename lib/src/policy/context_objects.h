#pragma once

#include <string_view>

#include "expression/library/arguments.h"
#include "policy/context.h"
#include "policy/run.h"

// The objects behind `context`, and what its files share.
namespace gateway::policy {

struct QueryObject final : LookupObject {
  using LookupObject::LookupObject;
  const Url* url = nullptr;
  bool find(expression::Evaluation& eval, std::string_view key, expression::Value& value) override;
  bool find_joined(expression::Evaluation& eval, std::string_view key,
                   expression::Value& value) override;
  const expression::Type* value_type(expression::Evaluation& eval) const override;
  void entries(expression::Evaluation& eval,
               bool (*each)(void*, std::string_view, const expression::Value&),
               void* data) override;
};

struct ParametersObject final : LookupObject {
  using LookupObject::LookupObject;
  const Run* run = nullptr;
  bool find(expression::Evaluation& eval, std::string_view key, expression::Value& value) override;
  const expression::Type* value_type(expression::Evaluation& eval) const override;
  void entries(expression::Evaluation& eval,
               bool (*each)(void*, std::string_view, const expression::Value&),
               void* data) override;
};

struct VariablesObject final : LookupObject {
  using LookupObject::LookupObject;
  const Run* run = nullptr;
  bool find(expression::Evaluation& eval, std::string_view key, expression::Value& value) override;
  const expression::Type* value_type(expression::Evaluation& eval) const override;
  void entries(expression::Evaluation& eval,
               bool (*each)(void*, std::string_view, const expression::Value&),
               void* data) override;
};

struct UrlObject final : expression::Object {
  using Object::Object;
  const Url* url = nullptr;
  QueryObject query{nullptr};
};

struct RequestObject final : expression::Object {
  using Object::Object;
  Run* run = nullptr;
  FieldsObject headers{nullptr};
  BodyObject body{nullptr};
  UrlObject url{nullptr}, original{nullptr};
  ParametersObject matched{nullptr};
  expression::Value certificate;  // made when it is asked for
};

// A part of the configuration.
template <typename T>
struct FactsObject final : expression::Object {
  using Object::Object;
  const T* facts = nullptr;
  Run* run = nullptr;
};

struct ContextObject final : expression::Object {
  ContextObject(const expression::Type* the_type, Run& the_run) : Object(the_type), run(the_run) {}
  Run& run;
  RequestObject request{nullptr};
  ResponseObject response{nullptr};
  VariablesObject variables{nullptr};
  FactsObject<ApiFacts> api{nullptr};
  FactsObject<OperationFacts> operation{nullptr};
  FactsObject<ProductFacts> product{nullptr};
  FactsObject<SubscriptionFacts> subscription{nullptr};
  FactsObject<UserFacts> user{nullptr};
  FactsObject<DeploymentFacts> deployment{nullptr};
  FactsObject<LastError> last_error{nullptr};
  FactsObject<Run> backend{nullptr};
  expression::Value request_id;
};

// What a property of this object is declared to be.
[[nodiscard]] const expression::Type* property_type(const expression::Object& of,
                                                    std::string_view property) noexcept;
// A part of another object, with its type once it is looked at.
template <typename T>
[[nodiscard]] expression::Value shown(const expression::Object& of, T& part,
                                      std::string_view property) noexcept {
  if (!part.type) part.type = property_type(of, property);
  return expression::Value::of(&part);
}
// `facts` as this property; null where there are none.
template <typename T>
[[nodiscard]] expression::Value shown_facts(const ContextObject& of, FactsObject<T>& part,
                                            const T* facts, std::string_view property) noexcept {
  if (!facts) return {};
  part.facts = facts;
  part.run = const_cast<Run*>(&of.run);
  return shown(of, part, property);
}

// A T's null, or its zero where it is a value type.
[[nodiscard]] expression::Value default_of(expression::Evaluation& eval,
                                           const expression::Type* type);
// "https://host:port/path?query", without the scheme's own port.
[[nodiscard]] std::string_view url_text(const Url& url, expression::Arena& arena);
// Of an absolute URL; a part that it has not is empty.
[[nodiscard]] Url split_url(std::string_view text) noexcept;
// RFC 3339; null for "".
[[nodiscard]] expression::Value date_value(std::string_view text) noexcept;

void declare_context_lookups(expression::Catalog& catalog);
void declare_context_url(expression::Catalog& catalog);
void declare_context_body(expression::Catalog& catalog);
void declare_context_messages(expression::Catalog& catalog);
void declare_context_facts(expression::Catalog& catalog);

}  // namespace gateway::policy
