#include <openssl/mem.h>

#include <utility>
#include <variant>

#include "actions.h"
#include "api_paths.h"
#include "arm/resource.h"
#include "arm_error.h"
#include "arm_paths.h"
#include "base/strings.h"
#include "contracts.h"
#include "draft.h"
#include "entity_write.h"
#include "json_members.h"
#include "model/canonical.h"
#include "preconditions.h"
#include "references.h"
#include "removal.h"
#include "revisions.h"
#include "service.h"
#include "store_error.h"
#include "subscription_keys.h"
#include "views.h"

namespace configd {
namespace {

using gateway::HttpServer;
using rapidjson::Document;
using Request = HttpServer::Request;
using Response = HttpServer::Response;

Response with_allow(std::string allow) {
  Response response =
      to_response(ArmError{405, "MethodNotAllowed", "This method is not allowed here.", ""});
  response.headers.emplace_back("Allow", std::move(allow));
  return response;
}

// In constant time, whatever is sent.
bool same_secret(std::string_view a, std::string_view b) {
  const auto left = gateway::sha256(a), right = gateway::sha256(b);
  return CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

class Management final : public Face {
 public:
  Management(Store& store, std::string token, gateway::Environment environment)
      : store_(store),
        token_(std::move(token)),
        environment_(std::move(environment)),
        paths_(store),
        keys_(store) {
    store.on_commit([this](const Commit& commit) {
      paths_.update(store_, commit);
      keys_.update(store_, commit);
    });
  }

  bool take(Request& request, const std::shared_ptr<HttpServer::Responder>& responder) override {
    if (request.path == "/v1" || request.path.starts_with("/v1/")) return false;
    Response response = answer(request);
    if (request.method == "HEAD") response.body.clear();
    responder->send(std::move(response));
    return true;
  }

 private:
  [[nodiscard]] bool authorized(const Request& request) const {
    constexpr std::string_view kScheme = "Bearer ";
    const std::string* header = request.header("authorization");
    if (!header || token_.empty() || header->size() < kScheme.size()) return false;
    const std::string_view text(*header);
    if (!gateway::equals_ignoring_case(text.substr(0, kScheme.size()), kScheme)) return false;
    return same_secret(gateway::trim(text.substr(kScheme.size())), token_);
  }

  Response answer(const Request& request) {
    if (!authorized(request)) {
      Response response = to_response(
          ArmError{401, "AuthenticationFailed", "The management API wants its bearer token.", ""});
      response.headers.emplace_back("WWW-Authenticate", "Bearer");
      return response;
    }
    auto read = read_path(request.path);
    if (const auto* error = std::get_if<ArmError>(&read)) return to_response(*error);
    Target& target = std::get<Target>(read);
    const std::string* version = request.parameter("api-version");
    if (version ? !is_api_version(*version) : !target.prefix.empty()) {
      return to_response(ArmError{
          400, version ? "InvalidApiVersionParameter" : "MissingApiVersionParameter",
          "The query parameter api-version must be a date such as 2022-08-01.", "api-version"});
    }
    switch (target.what) {
      case Target::What::Collection:
        return answer_collection(request, target);
      case Target::What::Action:
        return answer_action(request, target);
      case Target::What::Entity:
        return answer_entity(request, target);
    }
    return {};
  }

  Response answer_collection(const Request& request, const Target& target) {
    if (request.method != "GET" && request.method != "HEAD") return with_allow("GET, HEAD");
    const Draft draft(store_);
    const std::string missing = missing_parent(draft, kept_id(draft, target.id + "/-"));
    if (!missing.empty()) return to_response(not_found(told_id(draft, missing)));
    return show_list(store_, target, request);
  }

  Response answer_action(const Request& request, Target target) {
    if (request.method != "POST") return with_allow("POST");
    target.id = kept_id(Draft(store_), target.id);
    return perform(store_, environment_, target, request);
  }

  Response answer_entity(const Request& request, const Target& target) {
    const Draft draft(store_);
    const std::string id = kept_id(draft, target.id);
    const Stored* stored = store_.find(id);
    if (request.method == "PUT") return put(request, target, id);
    if (request.method == "DELETE") return remove(request, target, id);
    if (request.method == "PATCH")
      return stored ? patch(request, target, id) : to_response(not_found(target.id));
    if (request.method != "GET" && request.method != "HEAD")
      return with_allow("GET, HEAD, PUT, PATCH, DELETE");
    if (!stored) return to_response(not_found(target.id));
    if (names_etag(request.header("if-none-match"), stored->etag)) {
      Response response;
      response.status = 304;
      response.headers.emplace_back("ETag", stored->etag);
      return response;
    }
    return show_entity(store_, *stored, target.prefix, 200);
  }

  // The `properties` of a request's body.
  [[nodiscard]] static std::variant<Document, Response> read_properties(const Request& request,
                                                                        bool optional) {
    if (gateway::trim(request.body).empty() && optional) return Document(rapidjson::kObjectType);
    auto body = gateway::parse_json(request.body, {}, "request body");
    if (!body)
      return to_response(validation_error("", body.error().where + ": " + body.error().message));
    if (!body->IsObject())
      return to_response(validation_error("", "The body must be a JSON object."));
    const rapidjson::Value* properties = member(std::as_const(*body), "properties");
    if (!properties && optional) return Document(rapidjson::kObjectType);
    if (!properties) return to_response(validation_error("properties", "is missing"));
    if (!properties->IsObject())
      return to_response(validation_error("properties", "must be an object"));
    return copy_of(*properties);
  }

  Response put(const Request& request, const Target& target, const std::string& id) {
    if (const auto failed = check_preconditions(request, store_.find(id), false))
      return to_response(*failed);
    const Contract* contract = find_contract(target.kind);
    auto read = read_properties(request, contract && contract->body_optional);
    if (auto* failed = std::get_if<Response>(&read)) return std::move(*failed);
    return write(target, id, std::move(std::get<Document>(read)));
  }

  Response patch(const Request& request, const Target& target, const std::string& id) {
    const Stored* stored = store_.find(id);
    if (const auto failed = check_preconditions(request, stored, true)) return to_response(*failed);
    auto read = read_properties(request, false);
    if (auto* failed = std::get_if<Response>(&read)) return std::move(*failed);
    Document merged = copy_of(*properties_of(*stored));
    merge_patch(merged, std::get<Document>(read), merged.GetAllocator());
    return write(target, id, std::move(merged));
  }

  Response write(const Target& target, const std::string& id, Document properties) {
    Draft draft(store_);
    if (const std::string missing = missing_parent(draft, id); !missing.empty()) {
      return to_response(not_found(told_id(draft, missing)));
    }
    const bool fresh = !draft.exists(id);
    Problems problems;
    std::vector<std::string> notices;
    Writing writing{draft, environment_, problems, notices};
    if (fresh && target.kind == "apis") check_revision_has_api(draft, target, problems);
    write_entity(writing, id, std::move(properties));
    if (problems.empty()) check_references(draft, id, problems);
    if (problems.empty() && target.kind == "apis/operations")
      check_operation_unique(draft, id, problems);
    if (problems.empty()) paths_.check(draft, problems);
    if (problems.empty()) keys_.check(draft, problems);
    if (!problems.empty()) return to_response(problems);
    if (auto committed = store_.commit(draft.changes()); !committed) {
      return to_response(to_arm_error(committed.error()));
    }
    Response response = show_entity(store_, *store_.find(id), target.prefix, fresh ? 201 : 200);
    if (!notices.empty())
      response.headers.emplace_back("x-import-notices", std::to_string(notices.size()));
    return response;
  }

  static void check_revision_has_api(const Draft& draft, const Target& target, Problems& problems) {
    const auto [base, number] = split_revision(gateway::arm::id_parts(target.id)[1]);
    if (number.empty() || !revisions_of(draft, base).empty()) return;
    problems.push_back(validation_error(
        "", "A revision is one of an API that exists; /apis/" + std::string(base) + " does not."));
  }

  Response remove(const Request& request, const Target& target, const std::string& id) {
    Response done;
    const Stored* stored = store_.find(id);
    if (!stored) {
      done.status = 204;
      return done;
    }
    if (const auto failed = check_preconditions(request, stored, true)) return to_response(*failed);
    const auto flag = [&](std::string_view name) {
      const std::string* text = request.parameter(name);
      return text && gateway::equals_ignoring_case(*text, "true");
    };
    Draft draft(store_);
    Problems problems;
    const bool whole_api = split_revision(target.id).number.empty();
    remove_entity(draft, id, whole_api, {flag("deleteRevisions"), flag("deleteSubscriptions")},
                  problems);
    if (!problems.empty()) return to_response(problems);
    if (auto committed = store_.commit(draft.changes()); !committed) {
      return to_response(to_arm_error(committed.error()));
    }
    return done;
  }

  Store& store_;
  std::string token_;
  gateway::Environment environment_;
  ApiPaths paths_;
  SubscriptionKeys keys_;
};

}  // namespace

std::unique_ptr<Face> make_management(Store& store, std::string admin_token,
                                      const gateway::Environment& environment) {
  const gateway::Environment system = gateway::Environment::system();
  return std::make_unique<Management>(
      store, std::move(admin_token),
      gateway::Environment{environment.clock ? environment.clock : system.clock,
                           environment.entropy ? environment.entropy : system.entropy});
}

}  // namespace configd
