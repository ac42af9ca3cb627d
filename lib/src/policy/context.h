#pragma once

#include <cstdint>
#include <string_view>

#include "expression/catalog.h"
#include "expression/evaluation.h"
#include "policy/message.h"

// `context` of expressions: what they see of a Run. Objects are views; what is there only now and
// then is made when it is asked for, and lives in the arena.
namespace gateway::policy {

class Run;

// IProxyRequestContext and every type that is reached from it. Once, before Catalog::finish().
void declare_context(expression::Catalog& catalog);
// IProxyRequestContext.
[[nodiscard]] const expression::Type* context_type(const expression::Catalog& catalog);
// The value of `context`, of that type, in this run: until its reset.
[[nodiscard]] expression::Value make_context(Run& run, const expression::Type* type);

// A dictionary that is read through to what it shows: Headers, Query, MatchedParameters, Variables.
struct LookupObject : expression::Enumerable {
  using Enumerable::Enumerable;
  // False: no such key.
  virtual bool find(expression::Evaluation& eval, std::string_view key,
                    expression::Value& value) = 0;
  // All values of the key joined by ","; of Variables the value itself.
  virtual bool find_joined(expression::Evaluation& eval, std::string_view key,
                           expression::Value& value) {
    return find(eval, key, value);
  }
  [[nodiscard]] virtual const expression::Type* value_type(expression::Evaluation& eval) const = 0;
  // Calls `each` for each key and value until it says false.
  virtual void entries(expression::Evaluation& eval,
                       bool (*each)(void*, std::string_view, const expression::Value&),
                       void* data) = 0;
  void iterate(expression::Evaluation& eval, bool (*each)(void*, const expression::Value&),
               void* data) override;

 protected:
  ~LookupObject() = default;
};

// Headers.
struct FieldsObject final : LookupObject {
  using LookupObject::LookupObject;
  const Fields* fields = nullptr;
  bool find(expression::Evaluation& eval, std::string_view key, expression::Value& value) override;
  bool find_joined(expression::Evaluation& eval, std::string_view key,
                   expression::Value& value) override;
  const expression::Type* value_type(expression::Evaluation& eval) const override;
  void entries(expression::Evaluation& eval,
               bool (*each)(void*, std::string_view, const expression::Value&),
               void* data) override;
};

// IMessageBody.
struct BodyObject final : expression::Object {
  using Object::Object;
  Body* body = nullptr;
  const Fields* fields = nullptr;
};

// IResponse: context.Response, and what send-request puts into a variable.
struct ResponseObject final : expression::Object {
  using Object::Object;
  ResponseMessage* message = nullptr;
  FieldsObject headers{nullptr};
  BodyObject body{nullptr};
};
// One with an empty message of its own, in the arena. Status, reason, fields and body are to be
// filled in; their views must live as long as the exchange.
[[nodiscard]] ResponseObject* make_response_object(expression::Evaluation& eval);
// The response that a value is; null: it is none.
[[nodiscard]] ResponseObject* as_response(expression::Evaluation& eval,
                                          const expression::Value& value);

}  // namespace gateway::policy
