#include "arm/facts.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

constexpr std::size_t kMaxId = 8192;
constexpr std::size_t kMaxText = 256;

// What an id names below "/subscriptions/…/service/{name}": "" for the service itself. Nothing
// where it is no id in full.
std::optional<std::string_view> below_service(std::string_view id) {
  constexpr std::size_t kPrefix = 8;
  const auto parts = id_parts(id);
  const bool full = id.starts_with('/') && parts.size() >= kPrefix &&
                    equals_ignoring_case(parts[0], "subscriptions") &&
                    equals_ignoring_case(parts[2], "resourceGroups") &&
                    equals_ignoring_case(parts[4], "providers") &&
                    equals_ignoring_case(parts[5], "Microsoft.ApiManagement") &&
                    equals_ignoring_case(parts[6], "service") && !parts[1].empty() &&
                    !parts[3].empty() && !parts[7].empty();
  if (!full) return std::nullopt;
  return id.substr(static_cast<std::size_t>(parts[7].data() + parts[7].size() - id.data()));
}

bool is_all_apis(std::string_view scope) {
  const auto below = below_service(scope);
  if (below && (below->empty() || *below == "/")) return true;
  std::string_view rest = below.value_or(scope);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  return equals_ignoring_case(rest, "/apis");
}

void read_scope(const Members& properties, Subscription& subscription) {
  constexpr std::string_view kAllowed =
      "allowed are /apis, /apis/{api}, /products/{product}, or the id of the service, in full or "
      "short";
  std::string scope;
  if (!properties.find("scope")) {
    properties.complain("scope", "is missing; " + std::string(kAllowed));
    return;
  }
  if (!properties.read("scope", scope, kMaxId)) return;
  if (is_all_apis(scope)) {
    subscription.scope = Subscription::Scope::AllApis;
    return;
  }
  const auto known = short_id(scope);
  const std::string kind = known.ok() ? kind_of(*known) : std::string();
  if (kind == "apis") {
    subscription.target = split_revision(id_parts(*known)[1]).first;
  } else if (kind == "products") {
    subscription.scope = Subscription::Scope::Product;
    subscription.target = id_parts(*known)[1];
  } else {
    properties.complain("scope", "is " + quote(scope) + "; " + std::string(kAllowed));
  }
}

bool read_active(const Members& properties) {
  std::string state = "active";
  properties.read("state", state, kMaxText);
  if (equals_ignoring_case(state, "active")) return true;
  for (const std::string_view known :
       {"suspended", "submitted", "rejected", "cancelled", "expired"}) {
    if (equals_ignoring_case(state, known)) return false;
  }
  properties.complain(
      "state", "is " + quote(state) +
                   "; allowed are active, suspended, submitted, rejected, cancelled and expired");
  return false;
}

}  // namespace

Product read_product(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  Product product;
  product.id = id_parts(resource.id)[1];
  product.provenance = {.kind = "Product", .space = "", .name = product.id, .revision = ""};
  const Members properties = envelope.properties();
  properties.read("subscriptionRequired", product.subscription_required);
  properties.read("displayName", product.display_name, kMaxText * 4);
  properties.read("approvalRequired", product.approval_required);
  std::string state = "published";
  if (properties.find("state")) properties.read("state", state, kMaxText);
  product.published = equals_ignoring_case(state, "published");
  product.defect = join_problems(problems);
  return product;
}

std::string read_api_link(const Resource& resource, Problems& problems) {
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  std::string id;
  if (!properties.find("apiId")) {
    properties.complain("apiId", "is missing; allowed is the id of an API, such as /apis/users");
    return "";
  }
  if (!properties.read("apiId", id, kMaxId)) return "";
  const auto known = short_id(id);
  if (known.ok() && kind_of(*known) == "apis")
    return std::string(split_revision(id_parts(*known)[1]).first);
  properties.complain("apiId",
                      "is " + quote(id) + "; allowed is the id of an API, such as /apis/users");
  return "";
}

Subscription read_subscription(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  const Members properties = envelope.properties();
  Subscription subscription;
  subscription.id = id_parts(resource.id)[1];
  subscription.provenance = {
      .kind = "Subscription", .space = "", .name = subscription.id, .revision = ""};
  subscription.scope = Subscription::Scope::Api;
  read_scope(properties, subscription);
  subscription.active = read_active(properties);
  properties.read("primaryKey", subscription.primary_key, kMaxText);
  properties.read("secondaryKey", subscription.secondary_key, kMaxText);
  properties.read("displayName", subscription.display_name, kMaxText);
  properties.read("createdDate", subscription.created, 64);
  properties.read("startDate", subscription.start, 64);
  properties.read("endDate", subscription.end, 64);
  std::string owner;
  if (properties.find("ownerId") && properties.read("ownerId", owner, kMaxId)) {
    const auto known = short_id(owner);
    if (known.ok() && kind_of(*known) == "users") subscription.user = id_parts(*known)[1];
  }
  if (!problems.empty()) subscription.active = false;
  subscription.defect = join_problems(problems);
  return subscription;
}

}  // namespace gateway::arm
