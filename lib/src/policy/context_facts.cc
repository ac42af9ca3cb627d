#include <string>

#include "base/strings.h"
#include "expression/library/calendar.h"
#include "expression/library/collections.h"
#include "policy/context_objects.h"
#include "policy/services.h"

namespace gateway::policy {

using expression::Call;
using expression::Value;

namespace {

template <typename T>
FactsObject<T>& it(Call& call) {
  return expression::self<FactsObject<T>>(call);
}
template <typename>
struct OwnerOf;
template <typename T, typename M>
struct OwnerOf<M T::*> {
  using Type = T;
};

// A property that is this member of the facts.
template <auto Member>
Value fact(Call& call) {
  const auto& value = it<typename OwnerOf<decltype(Member)>::Type>(call).facts->*Member;
  using Fact = std::remove_cvref_t<decltype(value)>;
  if constexpr (std::is_same_v<Fact, bool>) {
    return Value::of(value);
  } else {
    return Value::of(std::string_view(value));
  }
}
template <auto Member>
Value date(Call& call) {
  return date_value(it<typename OwnerOf<decltype(Member)>::Type>(call).facts->*Member);
}
Value no_text(Call&) { return Value::of(std::string_view()); }

// Another view of the same facts, for properties that group some of them.
template <typename T>
Value part(Call& call, std::string_view property) {
  auto* object =
      call.eval.arena().make<FactsObject<T>>(property_type(*call.args[0].object(), property));
  object->facts = it<T>(call).facts;
  object->run = it<T>(call).run;
  return Value::of(object);
}

expression::ListObject* new_array(Call& call, std::string_view element) {
  return expression::make_array(call.eval, call.eval.catalog().find(element));
}
template <typename T>
void add(Call& call, expression::ListObject& list, std::string_view type, const T& facts) {
  auto* object = call.eval.arena().make<FactsObject<T>>(call.eval.catalog().find(type));
  object->facts = &facts;
  list.items.push_back(Value::of(object));
}

// ---- API
// -----------------------------------------------------------------------------------------

Value api_protocols(Call& call) {
  expression::ListObject* list = new_array(call, "string");
  for (const std::string& one : it<ApiFacts>(call).facts->protocols)
    list->items.push_back(Value::of(std::string_view(one)));
  return Value::of(list);
}
Value api_service_url(Call& call) {
  const ApiFacts& facts = *it<ApiFacts>(call).facts;
  if (facts.service_url.empty()) return {};
  auto* url =
      call.eval.arena().make<UrlObject>(property_type(*call.args[0].object(), "ServiceUrl"));
  url->url = call.eval.arena().make<Url>(split_url(facts.service_url));
  return Value::of(url);
}
Value api_key_names(Call& call) { return part<ApiFacts>(call, "SubscriptionKeyParameterNames"); }

void declare_api(expression::Catalog& catalog) {
  catalog.declare("ISubscriptionKeyParameterNames")
      .member("string Header { get; }", fact<&ApiFacts::key_header>)
      .member("string Query { get; }", fact<&ApiFacts::key_query>);
  catalog.declare("IApi")
      .member("string Id { get; }", fact<&ApiFacts::id>)
      .member("string Name { get; }", fact<&ApiFacts::name>)
      .member("string Path { get; }", fact<&ApiFacts::path>)
      .member("string Revision { get; }", fact<&ApiFacts::revision>)
      .member("string Version { get; }", fact<&ApiFacts::version>)
      .member("bool IsCurrentRevision { get; }", fact<&ApiFacts::current>)
      .member("IEnumerable<string> Protocols { get; }", api_protocols)
      .member("IUrl ServiceUrl { get; }", api_service_url)
      .member("ISubscriptionKeyParameterNames SubscriptionKeyParameterNames { get; }",
              api_key_names);
  catalog.declare("IOperation")
      .member("string Id { get; }", fact<&OperationFacts::id>)
      .member("string Method { get; }", fact<&OperationFacts::method>)
      .member("string Name { get; }", fact<&OperationFacts::name>)
      .member("string UrlTemplate { get; }", fact<&OperationFacts::url_template>);
}

// ---- product, subscription, user
// -------------------------------------------------------------------

Value product_state(Call& call) {
  return Value::enumeration(call.eval.catalog().find("ProductState"),
                            it<ProductFacts>(call).facts->published ? 1 : 0);
}
Value product_limit(Call& call) {
  const int limit = it<ProductFacts>(call).facts->subscriptions_limit;
  return limit == 0 ? Value() : Value::of(std::int32_t{limit});
}
template <typename T>
Value groups(Call& call) {
  expression::ListObject* list = new_array(call, "IGroup");
  for (const GroupFacts& group : it<T>(call).facts->groups) add(call, *list, "IGroup", group);
  return Value::of(list);
}
Value product_apis(Call& call) { return Value::of(new_array(call, "IApi")); }

using Identity = std::pair<std::string, std::string>;
Value identities(Call& call) {
  expression::ListObject* list = new_array(call, "IUserIdentity");
  for (const Identity& one : it<UserFacts>(call).facts->identities)
    add(call, *list, "IUserIdentity", one);
  return Value::of(list);
}
Value subscription_key(Call& call) {
  return Value::of(it<SubscriptionFacts>(call).run->facts.subscription_key);
}
Value subscription_created(Call& call) {
  const Value date = date_value(it<SubscriptionFacts>(call).facts->created);
  return date.is_null() ? Value::date_time(0, expression::kUtc) : date;
}
Value user_registered(Call& call) {
  const Value date = date_value(it<UserFacts>(call).facts->registration_date);
  return date.is_null() ? Value::date_time(0, expression::kUtc) : date;
}

void declare_callers(expression::Catalog& catalog) {
  expression::Catalog::TypeOptions options;
  options.kind = expression::Kind::Enum;
  options.is_enum = options.value_type = true;
  catalog.declare("ProductState", options).enumerator("NotPublished", 0).enumerator("Published", 1);
  catalog.declare("IGroup")
      .member("string Id { get; }", fact<&GroupFacts::id>)
      .member("string Name { get; }", fact<&GroupFacts::name>);
  catalog.declare("IUserIdentity")
      .member("string Id { get; }", fact<&Identity::first>)
      .member("string Provider { get; }", fact<&Identity::second>);
  catalog.declare("IProduct")
      .member("string Id { get; }", fact<&ProductFacts::id>)
      .member("string Name { get; }", fact<&ProductFacts::name>)
      .member("ProductState State { get; }", product_state)
      .member("bool ApprovalRequired { get; }", fact<&ProductFacts::approval_required>)
      .member("bool SubscriptionRequired { get; }", fact<&ProductFacts::subscription_required>)
      .member("int? SubscriptionsLimit { get; }", product_limit)
      .member("int? SubscriptionLimit { get; }", product_limit)
      .member("IEnumerable<IGroup> Groups { get; }", groups<ProductFacts>)
      .member("IEnumerable<IApi> Apis { get; }", product_apis);
  catalog.declare("ISubscription")
      .member("string Id { get; }", fact<&SubscriptionFacts::id>)
      .member("string Key { get; }", subscription_key)
      .member("string Name { get; }", fact<&SubscriptionFacts::name>)
      .member("string PrimaryKey { get; }", fact<&SubscriptionFacts::primary_key>)
      .member("string SecondaryKey { get; }", fact<&SubscriptionFacts::secondary_key>)
      .member("DateTime CreatedDate { get; }", subscription_created)
      .member("DateTime? StartDate { get; }", date<&SubscriptionFacts::start>)
      .member("DateTime? EndDate { get; }", date<&SubscriptionFacts::end>);
  catalog.declare("IUser")
      .member("string Id { get; }", fact<&UserFacts::id>)
      .member("string Email { get; }", fact<&UserFacts::email>)
      .member("string FirstName { get; }", fact<&UserFacts::first_name>)
      .member("string LastName { get; }", fact<&UserFacts::last_name>)
      .member("string Note { get; }", fact<&UserFacts::note>)
      .member("DateTime RegistrationDate { get; }", user_registered)
      .member("IEnumerable<IGroup> Groups { get; }", groups<UserFacts>)
      .member("IEnumerable<IUserIdentity> Identities { get; }", identities);
}

// ---- deployment, backend, error
// ----------------------------------------------------------------------

Value gateway(Call& call) { return part<DeploymentFacts>(call, "Gateway"); }
Value is_managed(Call&) { return Value::of(false); }
Value sustainability(Call&) { return {}; }
Value certificates(Call& call) {
  return Value::of(expression::make_dictionary(call.eval, call.eval.catalog().find("string"),
                                               call.eval.catalog().find("X509Certificate2")));
}
Value backend_id(Call& call) { return Value::of(it<Run>(call).facts->backend_id); }
Value backend_type(Call& call) {
  return Value::enumeration(call.eval.catalog().find("BackendType"), 0);
}

void declare_surroundings(expression::Catalog& catalog) {
  catalog.declare("IGateway")
      .member("string Id { get; }", fact<&DeploymentFacts::gateway_id>)
      .member("string InstanceId { get; }", fact<&DeploymentFacts::instance_id>)
      .member("bool IsManaged { get; }", is_managed);
  catalog.declare("ISustainabilityInfo");
  catalog.declare("IDeployment")
      .member("IGateway Gateway { get; }", gateway)
      .member("string GatewayId { get; }", fact<&DeploymentFacts::gateway_id>)
      .member("string Region { get; }", fact<&DeploymentFacts::region>)
      .member("string ServiceId { get; }", fact<&DeploymentFacts::service_id>)
      .member("string ServiceName { get; }", fact<&DeploymentFacts::service_name>)
      .member("IReadOnlyDictionary<string, X509Certificate2> Certificates { get; }", certificates)
      .member("ISustainabilityInfo SustainabilityInfo { get; }", sustainability);
  expression::Catalog::TypeOptions options;
  options.kind = expression::Kind::Enum;
  options.is_enum = options.value_type = true;
  catalog.declare("BackendType", options).enumerator("Single", 0).enumerator("Pool", 1);
  catalog.declare("IBackend")
      .member("string Id { get; }", backend_id)
      .member("string AzureRegion { get; }", no_text)
      .member("BackendType Type { get; }", backend_type);
  catalog.declare("ILastError")
      .member("string Source { get; }", fact<&LastError::source>)
      .member("string Reason { get; }", fact<&LastError::reason>)
      .member("string Message { get; }", fact<&LastError::message>)
      .member("string Scope { get; }", fact<&LastError::scope>)
      .member("string Section { get; }", fact<&LastError::section>)
      .member("string Path { get; }", fact<&LastError::path>)
      .member("string PolicyId { get; }", fact<&LastError::policy_id>);
}

}  // namespace

Value date_value(std::string_view text) noexcept {
  const auto seconds = text.empty() ? std::nullopt : parse_rfc3339(text);
  if (!seconds) return {};
  return Value::date_time(expression::kUnixEpochTicks + *seconds * expression::kTicksPerSecond,
                          expression::kUtc);
}

void declare_context_facts(expression::Catalog& catalog) {
  declare_api(catalog);
  declare_callers(catalog);
  declare_surroundings(catalog);
}

}  // namespace gateway::policy
