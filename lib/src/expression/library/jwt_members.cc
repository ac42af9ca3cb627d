#include <string>

#include "expression/library/arguments.h"
#include "expression/library/crypto_types.h"
#include "expression/library/jwt.h"

// Jwt, BasicAuthCredentials, and the extensions of string that read them.
namespace gateway::expression {
namespace {

constexpr std::int64_t kUnixEpoch = 621'355'968'000'000'000;
constexpr std::int64_t kTicksOfSecond = 10'000'000;
constexpr std::uint32_t kUtc = 1;

Value date(const std::optional<std::int64_t>& seconds) {
  return seconds ? Value::date_time(kUnixEpoch + *seconds * kTicksOfSecond, kUtc) : Value();
}
Value text_or_null(std::string_view text) { return text.empty() ? Value() : Value::of(text); }

Value as_jwt(Call& call) {
  return call.args[0].is_null() ? Value() : Value::of(parse_jwt(call.eval, call.args[0].text()));
}
Value try_parse_jwt(Call& call) {
  call.args[1] = as_jwt(call);
  return Value::of(!call.args[1].is_null());
}
Value as_basic(Call& call) {
  return call.args[0].is_null() ? Value() : Value::of(parse_basic(call.eval, call.args[0].text()));
}
Value try_parse_basic(Call& call) {
  call.args[1] = as_basic(call);
  return Value::of(!call.args[1].is_null());
}

Value claims(Call& call) { return Value::of(self<JwtObject>(call).claims); }
Value raw(Call& call) { return Value::of(self<JwtObject>(call).raw); }
Value algorithm(Call& call) { return text_or_null(self<JwtObject>(call).algorithm); }
Value token_type(Call& call) { return text_or_null(self<JwtObject>(call).token_type); }
Value expires(Call& call) { return date(self<JwtObject>(call).expires); }
Value not_before(Call& call) { return date(self<JwtObject>(call).not_before); }
Value issued_at(Call& call) { return date(self<JwtObject>(call).issued_at); }

// The string[] of a claim; null: there is none.
const Value* claim(Call& call, std::string_view name) {
  return self<JwtObject>(call).claims->find(call.eval, Value::of(name));
}
Value first_of(Call& call, std::string_view name) {
  const Value* values = claim(call, name);
  if (!values) return {};
  const auto& items = static_cast<ListObject*>(values->object())->items;
  return items.empty() ? Value() : items.front();
}
Value id(Call& call) { return first_of(call, "jti"); }
Value issuer(Call& call) { return first_of(call, "iss"); }
Value subject(Call& call) { return first_of(call, "sub"); }
Value audiences(Call& call) {
  const Value* values = claim(call, "aud");
  return values ? *values : Value::of(make_array(call.eval, type_named(call.eval, "string")));
}

// (claims, name[, default]): the values, joined by ",".
Value claim_or_default(Call& call) {
  auto& claims = self<DictionaryObject>(call);
  const Value* values = claims.find(call.eval, Value::of(text_arg(call, 1, "name")));
  if (!values || values->is_null()) return call.args.size() > 2 ? call.args[2] : Value();
  std::pmr::string out = arena_text(call);
  bool first = true;
  call.eval.for_each(*values, [&](const Value& value) {
    if (!first) out += ',';
    first = false;
    out += call.eval.to_text(value);
    return true;
  });
  return made(call, out);
}

Value user(Call& call) { return Value::of(self<BasicObject>(call).user); }
Value password(Call& call) { return Value::of(self<BasicObject>(call).password); }

}  // namespace

void declare_tokens(Catalog& catalog) {
  catalog.declare("Jwt")
      .member("string Algorithm { get; }", algorithm)
      .member("IEnumerable<string> Audiences { get; }", audiences)
      .member("IReadOnlyDictionary<string, string[]> Claims { get; }", claims)
      .member("DateTime? ExpirationTime { get; }", expires)
      .member("string Id { get; }", id)
      .member("string Issuer { get; }", issuer)
      .member("DateTime? IssuedAt { get; }", issued_at)
      .member("DateTime? NotBefore { get; }", not_before)
      .member("string Subject { get; }", subject)
      .member("string Type { get; }", token_type)
      .member("string RawData { get; }", raw)
      .member("string ToString()", raw);
  catalog.declare("BasicAuthCredentials")
      .member("string UserId { get; }", user)
      .member("string Username { get; }", user)
      .member("string Password { get; }", password);
  catalog.declare("AuthorizationExtensions", {.is_static = true})
      .member("static Jwt AsJwt(this string input)", as_jwt)
      .member("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> claims, string name)",
              claim_or_default)
      .member("static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> claims, string name, "
              "string defaultValue)",
              claim_or_default)
      .member("static bool TryParseJwt(this string input, out Jwt result)", try_parse_jwt)
      .member("static BasicAuthCredentials AsBasic(this string input)", as_basic)
      .member("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", try_parse_basic);
}

}  // namespace gateway::expression
