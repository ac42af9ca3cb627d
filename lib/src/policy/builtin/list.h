#pragma once

#include "policy/compiler.h"

// Each policy is one file of this folder, one line here, and one line in list.cc.
namespace gateway::policy {

#define GATEWAY_POLICY(function) std::unique_ptr<Step> function(ElementCompiler& in)
// control flow
GATEWAY_POLICY(compile_choose);
GATEWAY_POLICY(compile_retry);
GATEWAY_POLICY(compile_wait);
GATEWAY_POLICY(compile_limit_concurrency);
// rate limits and quotas
GATEWAY_POLICY(compile_rate_limit);
GATEWAY_POLICY(compile_rate_limit_by_key);
GATEWAY_POLICY(compile_quota);
GATEWAY_POLICY(compile_quota_by_key);
// authentication and authorization
GATEWAY_POLICY(compile_check_header);
GATEWAY_POLICY(compile_ip_filter);
GATEWAY_POLICY(compile_authentication_basic);
GATEWAY_POLICY(compile_authentication_certificate);
GATEWAY_POLICY(compile_authentication_managed_identity);
GATEWAY_POLICY(compile_validate_jwt);
GATEWAY_POLICY(compile_validate_azure_ad_token);
GATEWAY_POLICY(compile_validate_client_certificate);
// validation of content
GATEWAY_POLICY(compile_validate_content);
GATEWAY_POLICY(compile_validate_parameters);
GATEWAY_POLICY(compile_validate_headers);
GATEWAY_POLICY(compile_validate_status_code);
// caching
GATEWAY_POLICY(compile_cache_lookup);
GATEWAY_POLICY(compile_cache_store);
GATEWAY_POLICY(compile_cache_lookup_value);
GATEWAY_POLICY(compile_cache_store_value);
GATEWAY_POLICY(compile_cache_remove_value);
GATEWAY_POLICY(compile_cache_value);
// transformation
GATEWAY_POLICY(compile_set_header);
GATEWAY_POLICY(compile_set_status);
GATEWAY_POLICY(compile_set_method);
GATEWAY_POLICY(compile_set_body);
GATEWAY_POLICY(compile_set_query_parameter);
GATEWAY_POLICY(compile_set_variable);
GATEWAY_POLICY(compile_rewrite_uri);
GATEWAY_POLICY(compile_find_and_replace);
GATEWAY_POLICY(compile_redirect_content_urls);
GATEWAY_POLICY(compile_return_response);
GATEWAY_POLICY(compile_mock_response);
GATEWAY_POLICY(compile_xml_to_json);
GATEWAY_POLICY(compile_json_to_xml);
GATEWAY_POLICY(compile_xsl_transform);
// routing
GATEWAY_POLICY(compile_forward_request);
GATEWAY_POLICY(compile_set_backend_service);
GATEWAY_POLICY(compile_proxy);
// integration
GATEWAY_POLICY(compile_send_request);
GATEWAY_POLICY(compile_send_one_way_request);
GATEWAY_POLICY(compile_log_to_eventhub);
// cross-domain
GATEWAY_POLICY(compile_cors);
GATEWAY_POLICY(compile_cross_domain);
GATEWAY_POLICY(compile_jsonp);
// logging
GATEWAY_POLICY(compile_trace);
GATEWAY_POLICY(compile_emit_metric);
#undef GATEWAY_POLICY

}  // namespace gateway::policy
