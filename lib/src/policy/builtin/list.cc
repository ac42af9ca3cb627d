#include "policy/builtin/list.h"

namespace gateway::policy {

namespace {

constexpr std::string_view kManaged = "self-hosted gateways do not have it";
constexpr std::string_view kModels = "this gateway has no policies for language models";
constexpr std::string_view kDapr = "this gateway does not work with Dapr";
constexpr std::string_view kResolver = "this gateway resolves no GraphQL, it only passes it on";
constexpr std::string_view kSchema = "this gateway does not read schemas of this kind";

// A policy that documents may have and that has no effect here.
PolicyKind not_offered(std::string_view name, std::string_view why) {
  PolicyKind kind;
  kind.name = name;
  kind.sections = kEverySection;
  kind.scopes = kEveryScope;
  kind.not_offered = why;
  return kind;
}

}  // namespace

// In the order of the reference's chapters. <base/> and <include-fragment/> are the compiler's own.
std::span<const PolicyKind> builtin_policies() {
  static const PolicyKind kinds[] = {
      // control flow
      {"choose", kEverySection, kEveryScope, compile_choose, false, true, true},
      {"retry", kEverySection, kEveryScope, compile_retry, false, true, true},
      {"wait", kInbound | kBackend | kOutbound, kEveryScope, compile_wait, false, true, true},
      {"limit-concurrency", kEverySection, kEveryScope, compile_limit_concurrency, false, true, true},
      // rate limits and quotas
      {"rate-limit", kInbound, kProductScope | kApiScope | kOperationScope, compile_rate_limit, true},
      {"rate-limit-by-key", kInbound, kEveryScope, compile_rate_limit_by_key},
      {"quota", kInbound, kProductScope, compile_quota, true},
      {"quota-by-key", kInbound, kEveryScope, compile_quota_by_key},
      // authentication and authorization
      {"check-header", kInbound, kEveryScope, compile_check_header},
      {"ip-filter", kInbound, kEveryScope, compile_ip_filter},
      {"authentication-basic", kInbound, kEveryScope, compile_authentication_basic, true},
      {"authentication-certificate", kInbound, kEveryScope, compile_authentication_certificate},
      {"authentication-managed-identity", kInbound, kEveryScope, compile_authentication_managed_identity},
      {"validate-jwt", kInbound, kEveryScope, compile_validate_jwt},
      {"validate-azure-ad-token", kInbound, kEveryScope, compile_validate_azure_ad_token},
      {"validate-client-certificate", kInbound, kEveryScope, compile_validate_client_certificate},
      // validation of content
      {"validate-content", kInbound | kOutbound | kOnError, kEveryScope, compile_validate_content},
      {"validate-parameters", kInbound, kEveryScope, compile_validate_parameters, true},
      {"validate-headers", kOutbound | kOnError, kEveryScope, compile_validate_headers, true},
      {"validate-status-code", kOutbound | kOnError, kEveryScope, compile_validate_status_code, true},
      // caching
      {"cache-lookup", kInbound, kEveryScope, compile_cache_lookup, true, false},
      {"cache-store", kOutbound, kEveryScope, compile_cache_store, true},
      {"cache-lookup-value", kEverySection, kEveryScope, compile_cache_lookup_value},
      {"cache-store-value", kEverySection, kEveryScope, compile_cache_store_value},
      {"cache-remove-value", kEverySection, kEveryScope, compile_cache_remove_value},
      {"cache-value", kEverySection, kEveryScope, compile_cache_value},
      // transformation
      {"set-header", kEverySection, kEveryScope, compile_set_header},
      {"set-status", kEverySection, kEveryScope, compile_set_status},
      {"set-method", kInbound | kOnError, kEveryScope, compile_set_method},
      {"set-body", kEverySection, kEveryScope, compile_set_body},
      {"set-query-parameter", kInbound | kBackend, kEveryScope, compile_set_query_parameter},
      {"set-variable", kEverySection, kEveryScope, compile_set_variable},
      {"rewrite-uri", kInbound, kEveryScope, compile_rewrite_uri},
      {"find-and-replace", kEverySection, kEveryScope, compile_find_and_replace},
      {"redirect-content-urls", kInbound | kOutbound, kEveryScope, compile_redirect_content_urls, true},
      {"return-response", kEverySection, kEveryScope, compile_return_response},
      {"mock-response", kInbound | kOutbound | kOnError, kEveryScope, compile_mock_response},
      {"xml-to-json", kInbound | kOutbound | kOnError, kEveryScope, compile_xml_to_json},
      {"json-to-xml", kInbound | kOutbound | kOnError, kEveryScope, compile_json_to_xml},
      {"xsl-transform", kInbound | kOutbound, kEveryScope, compile_xsl_transform, true},
      // routing
      {"forward-request", kBackend, kEveryScope, compile_forward_request},
      {"set-backend-service", kInbound | kBackend, kEveryScope, compile_set_backend_service},
      {"proxy", kInbound, kEveryScope, compile_proxy},
      // integration
      {"send-request", kEverySection, kEveryScope, compile_send_request},
      {"send-one-way-request", kEverySection, kEveryScope, compile_send_one_way_request},
      {"log-to-eventhub", kEverySection, kEveryScope, compile_log_to_eventhub},
      // cross-domain
      {"cors", kInbound, kEveryScope, compile_cors, true},
      {"cross-domain", kInbound, kGlobalScope, compile_cross_domain},
      {"jsonp", kOutbound, kEveryScope, compile_jsonp, true},
      // logging
      {"trace", kEverySection, kEveryScope, compile_trace},
      {"emit-metric", kEverySection, kEveryScope, compile_emit_metric},
      // known to the vendor, and skipped
      not_offered("get-authorization-context", kManaged),
      not_offered("send-service-bus-message", kManaged),
      not_offered("llm-semantic-cache-lookup", kManaged),
      not_offered("llm-semantic-cache-store", kManaged),
      not_offered("azure-openai-semantic-cache-lookup", kManaged),
      not_offered("azure-openai-semantic-cache-store", kManaged),
      not_offered("llm-token-limit", kModels),
      not_offered("azure-openai-token-limit", kModels),
      not_offered("llm-emit-token-metric", kModels),
      not_offered("azure-openai-emit-token-metric", kModels),
      not_offered("llm-content-safety", kModels),
      not_offered("publish-to-dapr", kDapr),
      not_offered("invoke-dapr-binding", kDapr),
      not_offered("validate-graphql-request", kSchema),
      not_offered("validate-odata-request", kSchema),
      not_offered("http-data-source", kResolver),
      not_offered("sql-data-source", kResolver),
      not_offered("cosmosdb-data-source", kResolver),
      not_offered("set-graphql-resolver", kResolver),
      not_offered("publish-event", kResolver),
  };
  return kinds;
}

}  // namespace gateway::policy
