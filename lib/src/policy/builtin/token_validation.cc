#include "policy/builtin/token_validation.h"

#include <algorithm>
#include <charconv>

#include "base/base64.h"
#include "base/strings.h"
#include "expression/library/jwt.h"
#include "model/document.h"
#include "policy/services.h"

namespace gateway::policy {
namespace {

constexpr std::size_t kMaxToken = 64 * 1024;

std::string text_of(const rapidjson::Value& value) {
  if (value.IsString()) return {value.GetString(), value.GetStringLength()};
  if (value.IsBool()) return value.GetBool() ? "true" : "false";
  if (value.IsInt64()) return std::to_string(value.GetInt64());
  if (value.IsUint64()) return std::to_string(value.GetUint64());
  if (value.IsDouble()) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value.GetDouble()).ptr;
    return {digits, end};
  }
  return {};
}

std::optional<std::int64_t> seconds_of(const rapidjson::Value& object, const char* name) {
  const auto at = object.FindMember(name);
  if (at == object.MemberEnd() || !at->value.IsNumber()) return std::nullopt;
  if (at->value.IsInt64()) return at->value.GetInt64();
  const double said = at->value.GetDouble();
  if (said >= -9e15 && said <= 9e15) return static_cast<std::int64_t>(said);
  return std::nullopt;
}

// False: it is no signed token.
bool read_token(std::string_view raw, Token& token) {
  const std::size_t first = raw.find('.'), last = raw.rfind('.');
  if (raw.size() > kMaxToken || first == std::string_view::npos || first == last ||
      raw.find('.', first + 1) != last) {
    return false;
  }
  std::string header, payload;
  if (!decode_base64url(raw.substr(0, first), header) ||
      !decode_base64url(raw.substr(first + 1, last - first - 1), payload) ||
      !decode_base64url(raw.substr(last + 1), token.signature)) {
    return false;
  }
  DocumentLimits limits;
  limits.max_bytes = kMaxToken;
  limits.max_depth = 16;
  const auto head = parse_json(header, limits, "header");
  const auto body = parse_json(payload, limits, "payload");
  if (!head || !body || !head->IsObject() || !body->IsObject()) return false;
  token.raw = raw;
  token.signed_text = raw.substr(0, last);
  if (const auto at = head->FindMember("alg"); at != head->MemberEnd()) token.algorithm = text_of(at->value);
  if (const auto at = head->FindMember("kid"); at != head->MemberEnd()) token.key_id = text_of(at->value);
  // What a token says must be understood (RFC 7515 §4.1.11) is not.
  if (head->HasMember("crit")) return false;
  for (const auto& member : body->GetObject()) {
    auto& values = token.claims[std::string(member.name.GetString(), member.name.GetStringLength())];
    if (member.value.IsArray()) {
      for (const rapidjson::Value& one : member.value.GetArray()) values.push_back(text_of(one));
    } else if (!member.value.IsNull()) {
      values.push_back(text_of(member.value));
    }
  }
  token.expires = seconds_of(*body, "exp");
  token.not_before = seconds_of(*body, "nbf");
  if (body->HasMember("exp") && !token.expires) return false;
  return true;
}

bool is_one_of(Run& run, const std::vector<Operand>& allowed, const std::vector<std::string>* said) {
  if (!said) return false;
  return std::any_of(allowed.begin(), allowed.end(), [&](const Operand& operand) {
    const std::string_view text = operand.text(run);
    return std::find(said->begin(), said->end(), text) != said->end();
  });
}

}  // namespace

struct TokenValidation::Work {
  Token token;
  std::vector<std::string> urls;
  bool asked_again = false;
};

std::vector<Operand> read_texts(ElementCompiler& in, std::string_view list, std::string_view one) {
  std::vector<Operand> out;
  const Element* element = in.element().child(list);
  if (!element) return out;
  in.only_children(*element, {one});
  for (const Element& child : element->children) {
    if (child.name == one) out.push_back(in.text_operand(child, true));
  }
  if (out.empty())
    in.problem(element->at, "<" + std::string(list) + "> needs at least one <" + std::string(one) + ">");
  return out;
}

std::vector<RequiredClaim> read_required_claims(ElementCompiler& in) {
  std::vector<RequiredClaim> out;
  const Element* list = in.element().child("required-claims");
  if (!list) return out;
  in.only_children(*list, {"claim"});
  for (const Element& element : list->children) {
    if (element.name != "claim") continue;
    ElementCompiler& child = in.child(element);
    RequiredClaim claim;
    claim.name = child.literal("name", std::nullopt);
    claim.any = child.literal_choice("match", {"all", "any"}, 0) == 1;
    claim.separator = child.literal("separator", "");
    in.only_children(element, {"value"});
    for (const Element& value : element.children) {
      if (value.name == "value") claim.values.push_back(in.text_operand(value, true));
    }
    out.push_back(std::move(claim));
  }
  return out;
}

void TokenValidation::read_common(ElementCompiler& in) {
  header_ = in.operand("header-name", false);
  query_ = in.operand("query-parameter-name", false);
  token_value_ = in.operand("token-value", false);
  status_ = in.int_operand("failed-validation-httpcode", false, 100, 599);
  message_ = in.operand("failed-validation-error-message", false);
  require_expiration_ = in.bool_operand("require-expiration-time", false);
  require_scheme_ = in.operand("require-scheme", false);
  require_signed_ = in.bool_operand("require-signed-tokens", false);
  clock_skew_ = in.int_operand("clock-skew", false, 0, 86'400);
  output_variable_ = in.literal("output-token-variable-name", "");
  audiences_ = read_texts(in, "audiences", "audience");
  claims_ = read_required_claims(in);
  in.mark(*this, {&header_, &query_, &token_value_, &status_, &message_});
}

// Without its scheme. A refusal says why there is none.
std::string_view TokenValidation::find_token(Run& run, Refusal& refusal) const {
  if (token_value_.present()) {
    const std::string_view text = trim(token_value_.text(run));
    if (text.empty()) refusal = {"TokenNotPresent", "JWT not present."};
    return text;
  }
  if (query_.present()) {
    const std::string_view wanted_name = query_.text(run);
    std::string_view query = run.request.original.query;
    if (query.starts_with('?')) query.remove_prefix(1);
    while (!query.empty()) {
      const std::size_t end = std::min(query.find('&'), query.size());
      const std::string_view part = query.substr(0, end);
      query.remove_prefix(std::min(end + 1, query.size()));
      const std::size_t equals = std::min(part.find('='), part.size());
      if (part.substr(0, equals) == wanted_name && equals < part.size()) return part.substr(equals + 1);
    }
    refusal = {"TokenNotPresent", "JWT not present."};
    return {};
  }
  const std::string_view wanted_name = header_.present() ? header_.text(run) : "Authorization";
  const HeaderField* field = run.request.fields.list.find(wanted_name);
  std::string_view text = field ? trim(field->value) : std::string_view();
  if (text.empty()) {
    refusal = {"TokenNotPresent", "JWT not present."};
    return {};
  }
  const std::size_t space = text.find(' ');
  const std::string_view scheme = space == std::string_view::npos ? std::string_view() : text.substr(0, space);
  if (equals_ignoring_case(wanted_name, "authorization")) {
    const std::string_view wanted = require_scheme_.present() ? require_scheme_.text(run) : std::string_view();
    if (!wanted.empty() && !equals_ignoring_case(scheme, wanted)) {
      refusal = {"TokenNotPresent", "JWT not present."};
      return {};
    }
  }
  return space == std::string_view::npos ? text : trim(text.substr(space + 1));
}

Flow TokenValidation::run(Strand& strand) const {
  Run& run = strand.run();
  Refusal refusal;
  const std::string_view raw = find_token(run, refusal);
  if (!refusal.reason.empty()) return refuse(strand, refusal);
  Work* work = run.arena().make<Work>();
  if (!read_token(raw, work->token)) return refuse(strand, {"JwtInvalid", "The token is not a well-formed signed JWT."});
  work->urls = providers(run);
  if (work->urls.empty()) return decide(strand, *work);
  auto pending = refresh_providers(run.services(), work->urls, false, [this, &strand, work] {
    strand.resume(strand.run().guard(strand, [&] { return decide(strand, *work); }));
  });
  if (!pending) return decide(strand, *work);
  strand.wait_for(std::move(pending));
  return Flow::Wait;
}

bool TokenValidation::issuer_fits(Run& run, std::string_view issuer, const std::vector<std::string>& urls) const {
  if (!issuers_.empty()) {
    return std::any_of(issuers_.begin(), issuers_.end(),
                       [&](const Operand& allowed) { return allowed.text(run) == issuer; });
  }
  if (urls.empty()) return true;
  auto& store = *static_cast<OpenIdStore*>(run.services().openid.get());
  return std::any_of(urls.begin(), urls.end(), [&](const std::string& url) {
    const auto provider = store.find(url);
    return provider && provider->issuer == issuer;
  });
}

TokenValidation::Refusal TokenValidation::check_claims(Run& run, const std::vector<RequiredClaim>& claims,
                                                       const Token& token) {
  std::string missing;
  for (const RequiredClaim& wanted : claims) {
    if (token.claim(wanted.name)) continue;
    if (!missing.empty()) missing += ", ";
    missing += wanted.name;
  }
  if (!missing.empty()) {
    return {"TokenClaimNotFound",
            "JWT token is missing the following claims: " + missing + ". Access denied."};
  }
  for (const RequiredClaim& wanted : claims) {
    std::vector<std::string> said = *token.claim(wanted.name);
    if (!wanted.separator.empty()) {
      std::vector<std::string> parts;
      for (const std::string& one : said) {
        for (std::size_t from = 0; from <= one.size();) {
          const std::size_t end = std::min(one.find(wanted.separator, from), one.size());
          if (end > from) parts.push_back(one.substr(from, end - from));
          from = end + wanted.separator.size();
        }
      }
      said = std::move(parts);
    }
    const auto holds = [&](const Operand& value) {
      const std::string_view text = value.text(run);
      return std::find(said.begin(), said.end(), text) != said.end();
    };
    const bool passes = wanted.values.empty() ||
                        (wanted.any ? std::any_of(wanted.values.begin(), wanted.values.end(), holds)
                                    : std::all_of(wanted.values.begin(), wanted.values.end(), holds));
    if (passes) continue;
    std::string all;
    for (const std::string& one : *token.claim(wanted.name)) {
      if (!all.empty()) all += ",";
      all += one;
    }
    return {"TokenClaimValueNotAllowed",
            "Claim " + wanted.name + " value of " + all + " is not allowed. Access denied."};
  }
  return {};
}

Flow TokenValidation::decide(Strand& strand, Work& work) const {
  Run& run = strand.run();
  const Token& token = work.token;
  const bool signed_only = !require_signed_.present() || require_signed_.boolean(run);
  const bool is_signed = !token.signature.empty() && token.algorithm != "none";
  if (is_signed || signed_only) {
    if (!is_signed)
      return refuse(strand, {"TokenSignatureInvalid", "The token is not signed. Access denied."});
    TokenKeys keys = keys_;
    for (const Operand& secret : secrets_) {
      if (auto bytes = decode_base64(secret.text(run))) keys.push_back(TokenKey::of_secret(std::move(*bytes)));
    }
    if (!work.urls.empty()) {
      auto& store = *static_cast<OpenIdStore*>(run.services().openid.get());
      for (const std::string& url : work.urls) {
        if (const auto provider = store.find(url))
          keys.insert(keys.end(), provider->keys.begin(), provider->keys.end());
      }
    }
    const SignatureOutcome outcome =
        check_signature(keys, token.algorithm, token.key_id, token.signed_text, token.signature);
    if (outcome == SignatureOutcome::NoKey && !work.urls.empty() && !work.asked_again) {
      work.asked_again = true;  // the provider may have new keys
      auto pending = refresh_providers(run.services(), work.urls, true, [this, &strand, &work] {
        strand.resume(strand.run().guard(strand, [&] { return decide(strand, work); }));
      });
      if (pending) {
        strand.keep_waiting_for(std::move(pending));
        return Flow::Wait;
      }
    }
    if (outcome == SignatureOutcome::NoKey)
      return refuse(strand, {"TokenSignatureKeyNotFound", "No key was found for the token's signature. Access denied."});
    if (outcome == SignatureOutcome::Invalid)
      return refuse(strand, {"TokenSignatureInvalid", "The token's signature is not valid. Access denied."});
  }
  const std::int64_t now = run.services().environment.clock->unix_ms() / 1000;
  const std::int64_t skew = clock_skew_.present() ? clock_skew_.integer(run) : 0;
  if (!token.expires && (!require_expiration_.present() || require_expiration_.boolean(run)))
    return refuse(strand, {"TokenExpired", "The token has no expiration time. Access denied."});
  if (token.expires && *token.expires <= now - skew)
    return refuse(strand, {"TokenExpired", "The token has expired. Access denied."});
  if (token.not_before && *token.not_before > now + skew)
    return refuse(strand, {"JwtInvalid", "The token is not valid yet."});
  const std::vector<std::string>* issuer = token.claim("iss");
  if ((!issuers_.empty() || !work.urls.empty()) &&
      (!issuer || issuer->size() != 1 || !issuer_fits(run, issuer->front(), work.urls))) {
    return refuse(strand, {"TokenIssuerNotAllowed", "The token's issuer is not allowed. Access denied."});
  }
  if (!audiences_.empty() && !is_one_of(run, audiences_, token.claim("aud")))
    return refuse(strand, {"TokenAudienceNotAllowed", "The token's audience is not allowed. Access denied."});
  if (const Refusal refusal = check_claims(run, claims_, token); !refusal.reason.empty())
    return refuse(strand, refusal);
  if (const Refusal refusal = check_more(run, token); !refusal.reason.empty()) return refuse(strand, refusal);
  if (!output_variable_.empty()) {
    if (expression::JwtObject* jwt = expression::parse_jwt(run.evaluation(), token.raw))
      run.set_variable(output_variable_, expression::Value::of(jwt));
  }
  return Flow::Next;
}

Flow TokenValidation::refuse(Strand& strand, const Refusal& refusal) const {
  Run& run = strand.run();
  Failure failure;
  failure.status = status_.present() ? static_cast<int>(std::clamp<std::int64_t>(status_.integer(run), 100, 599)) : 401;
  failure.reason = refusal.reason;
  failure.message = run.arena().copy(refusal.message);
  if (message_.present()) failure.public_message = message_.text(run);
  return run.fail(strand, failure);
}

}  // namespace gateway::policy
