#pragma once

#include <array>

#include "settings.h"

// The table of settings; included by settings.cc alone.
namespace gatewayd {

using enum SettingType;
using enum SettingOrigin;

inline constexpr auto kSettingRows = std::to_array<SettingRow>({
    // Sources
    {"k8s.ingress.enabled", Flag, "false", "", Vendor, "follow the Ingress objects of a Kubernetes API server"},
    {"k8s.ingress.namespace", Text, "", "", Vendor,
     "the namespace to follow; unset = the pod's own in a cluster, else `default`; empty = all"},
    {"k8s.ingress.dns.suffix", Text, "svc.cluster.local", "", Vendor, "what follows `service.namespace.` in the DNS name of a Service"},
    {"k8s.ingress.config.path", Text, "", "", Vendor, "a kubeconfig file; unset = the pod's service account"},
    {"k8s.ingress.class.names", List, "", "", Own,
     "values of `ingressClassName` that are ours without a look at IngressClass objects"},
    {"k8s.ingress.host", Choice, "preserve", "preserve,service", Own,
     "the Host header for a backend: the client's, or the DNS name of the Service"},
    {"k8s.ingress.endpoints", Choice, "addresses", "addresses,service", Own,
     "send to the addresses of the endpoints, or to the DNS name of the Service"},
    {"k8s.ingress.external-name", Flag, "false", "", Own, "allow Services of type ExternalName"},
    {"config.service.endpoint", Text, "", "", Vendor,
     "the configuration service: `https://host/base`, or `host` alone; plain http to loopback only"},
    {"config.service.auth", Text, "", "", Vendor, "the gateway's token: `GatewayKey id&yyyyMMddHHmm&signature`"},
    {"config.service.auth.file", Text, "", "", Own, "a file that holds the token and is read again when it is needed"},
    {"config.service.allow-http", Flag, "false", "", Own, "plain http to other machines than this one, too"},
    {"config.service.ca.path", Text, "", "", Own, "PEM roots to trust for the service; unset = the system's"},
    {"config.service.endpoint.disableCertificateValidation", Flag, "false", "", Vendor,
     "take any certificate of the service: for tests only"},
    {"config.service.poll.interval", Duration, "10s", "1s..1h", Own, "asks for changes this often where the service sends no events"},
    {"config.service.heartbeat.interval", Duration, "1m", "1s..1h", Own, "says this often that the gateway lives"},
    {"HTTPS_PROXY", Text, "", "", Vendor, "`[http://][user:password@]host:port` on the way to an https service"},
    {"HTTP_PROXY", Text, "", "", Vendor, "the same for an http one"},
    {"NO_PROXY", List, "", "", Vendor, "hosts, `.domains` and addresses that are reached without it, as loopback always is; `*` = all"},
    {"config.file.path", List, "", "", Own,
     "files or folders of our documents, Kubernetes manifests, ARM resources or APIOps artifacts; each is a source of its own: `file`, `file-2`, …"},
    {"config.file.overrides", Text, "", "", Own,
     "a file of ARM resources that are merged into those of `config.file.path`: keys, certificates, hostnames, addresses"},
    {"config.file.gateway", Text, "", "", Own,
     "the gateway among the ARM resources of `config.file.path` whose APIs and hostnames are served; unset = all APIs"},

    // Conflicts and state
    {"config.conflict", Choice, "last_write_wins", "last_write_wins,arrival_order,precedence", Own,
     "who answers when two sources claim one route"},
    {"config.conflict.protected", List, "", "", Own,
     "`host/path` or `/path` that only a source of kind `cloud` may claim and answer, with everything below"},
    {"config.precedence", List, "ingress,file,cloud", "", Own,
     "kinds or names of sources, strongest first: the rule of `precedence`, and the tie-break of the others"},
    {"config.backup.path", Text, "", "", Own,
     "folder of the ledger of changes and of the cloud's backup; unset = `/apim/config` when that folder exists, else none"},
    {"config.backup.key", Text, "", "", Own, "encrypts the backup (AES-256-GCM): any text of 16 bytes or more"},
    {"config.backup.key.path", Text, "", "", Own, "a file that holds that key"},
    {"config.backup.max-age", Duration, "0", "0..8760h", Own, "a backup older than this is not used; 0 = no limit"},
    {"config.start.timeout", Duration, "0", "0..24h", Own, "how long a start waits for all sources; 0 = for ever"},
    {"config.start.partial", Flag, "false", "", Own,
     "after `config.start.timeout`: serve what is there, instead of ending with exit code 3"},

    // Listeners
    {"net.server.address", Address, "::", "", Own, "address of the HTTP, HTTPS and monitor listeners; `::` is dual stack"},
    {"net.server.http.port", Port, "8080", "", Own, "plain-text listener; 0 = any free port"},
    {"net.server.https.port", Port, "8081", "", Own, "TLS listener; 0 = any free port"},
    {"net.server.http.redirect-to-https", Flag, "false", "", Own, "answer plain-text requests for hosts with TLS with 308 to https"},
    {"net.server.http.encoded-slash", Flag, "false", "", Own, "allow `%2F` in paths; refused with 400 otherwise"},
    {"net.server.tls.certificate.path", Text, "", "", Own,
     "PEM chain for clients without or with unknown SNI; unset = one made at start"},
    {"net.server.tls.key.path", Text, "", "", Own, "PEM key of that chain"},
    {"admin.address", Address, "127.0.0.1", "", Own, "address of the admin listener (`/status`, `/explain`, `/config`)"},
    {"admin.port", Port, "8082", "", Own, "admin listener; 0 = any free port"},
    {"monitor.port", Port, "8083", "", Own, "monitor listener (`/metrics`, `/live`, `/ready`); 0 = any free port"},
    {"workers", Count, "", "1..256", Own,
     "threads that carry traffic; unset = the lesser of CPU affinity and the cgroup's CPU limit, rounded up"},

    // Logs
    {"telemetry.logs.std", Choice, "text", "none,text,json", Vendor, "form of the log on standard output"},
    {"telemetry.logs.std.level", Choice, "info", "all,debug,info,warn,error,fatal", Vendor, "the least level that is logged"},
    {"log.access", Flag, "true", "", Own, "write the access log, JSON lines, to standard output"},

    // End
    {"drain.delay", Duration, "5s", "0..24h", Own, "after SIGTERM: not ready any more, but connections are still accepted"},
    {"drain.timeout", Duration, "30s", "0..24h", Own, "then requests under way have this long to end"},

    // Time limits; 0 = none
    {"timeouts.client.header", Duration, "15s", "0..24h", Own, "from the first byte of a request to the end of its head"},
    {"timeouts.client.body", Duration, "30s", "0..24h", Own, "between two reads of a request body"},
    {"timeouts.client.write", Duration, "30s", "0..24h", Own, "between two writes that make progress to a slow client"},
    {"timeouts.client.idle", Duration, "75s", "0..24h", Own, "between two requests of a kept connection"},
    {"timeouts.tls.handshake", Duration, "10s", "0..24h", Own, "a TLS handshake with a client"},
    {"timeouts.connect", Duration, "5s", "0..24h", Own, "connecting to one endpoint"},
    {"timeouts.backend.header", Duration, "60s", "0..24h", Own, "from the end of a request to the head of the response"},
    {"timeouts.backend.body", Duration, "60s", "0..24h", Own, "between two reads of a response body"},
    {"timeouts.backend.idle", Duration, "60s", "0..24h", Own, "of a kept connection to a backend"},

    // Limits
    {"limits.header.bytes", Size, "32KiB", "1KiB..1MiB", Own, "one request or response head"},
    {"limits.header.count", Count, "100", "8..10000", Own, "fields of one head"},
    {"limits.connections", Count, "65536", "1..10000000", Own, "connections of clients"},
    {"limits.pool.idle", Count, "64", "0..65536", Own, "kept idle connections for each worker and endpoint"},
    {"limits.body.watermark", Size, "256KiB", "16KiB..1GiB", Own, "bytes held in one direction of an exchange before reading pauses"},
    {"limits.document.bytes", Size, "64MiB", "1KiB..4GiB", Own, "one file of a file source"},
    {"limits.document.depth", Count, "64", "1..1000", Own, "nested values in such a file"},
    {"limits.document.yaml-aliases", Count, "100", "0..100000", Own, "YAML aliases in such a file"},
    {"limits.kubernetes.response.bytes", Size, "256MiB", "1MiB..4GiB", Own, "one answer of the Kubernetes API server"},

    // Keys of the vendor's gateway that have no effect here
    {"gateway.name", Text, "", "", VendorInert, ""},
    {"config.service.auth.azureAd.tenantId", Text, "", "", VendorInert, ""},
    {"config.service.auth.azureAd.clientId", Text, "", "", VendorInert, ""},
    {"config.service.auth.azureAd.clientSecret", Text, "", "", VendorInert, ""},
    {"config.service.auth.azureAd.certificatePath", Text, "", "", VendorInert, ""},
    {"config.service.auth.azureAd.authority", Text, "", "", VendorInert, ""},
    {"config.service.auth.tokenAudience", Text, "", "", VendorInert, ""},
    {"config.service.integration.timeout", Text, "", "", VendorInert, ""},
    {"neighborhood.host", Text, "", "", VendorInert, ""},
    {"neighborhood.heartbeat.port", Text, "", "", VendorInert, ""},
    {"policy.rate-limit.sync.port", Text, "", "", VendorInert, ""},
    {"net.server.http.forwarded.proto.enabled", Text, "", "", VendorInert, ""},
    {"net.server.tls.ciphers.allowed-suites", Text, "", "", VendorInert, ""},
    {"net.client.tls.ciphers.allowed-suites", Text, "", "", VendorInert, ""},
    {"telemetry.metrics.local", Text, "", "", VendorInert, ""},
    {"telemetry.metrics.local.statsd.endpoint", Text, "", "", VendorInert, ""},
    {"telemetry.metrics.local.statsd.sampling", Text, "", "", VendorInert, ""},
    {"telemetry.metrics.local.statsd.tag-format", Text, "", "", VendorInert, ""},
    {"telemetry.metrics.cloud", Text, "", "", VendorInert, ""},
    {"observability.opentelemetry.enabled", Text, "", "", VendorInert, ""},
    {"observability.opentelemetry.collector.uri", Text, "", "", VendorInert, ""},
    {"observability.opentelemetry.system-metrics.enabled", Text, "", "", VendorInert, ""},
    {"observability.opentelemetry.histogram.buckets", Text, "", "", VendorInert, ""},
    {"telemetry.logs.std.color", Text, "", "", VendorInert, ""},
    {"telemetry.logs.local", Text, "", "", VendorInert, ""},
    {"telemetry.logs.local.localsyslog.endpoint", Text, "", "", VendorInert, ""},
    {"telemetry.logs.local.localsyslog.facility", Text, "", "", VendorInert, ""},
    {"telemetry.logs.local.rfc5424.endpoint", Text, "", "", VendorInert, ""},
    {"telemetry.logs.local.rfc5424.facility", Text, "", "", VendorInert, ""},
    {"telemetry.logs.local.journal.endpoint", Text, "", "", VendorInert, ""},
    {"telemetry.logs.local.json.endpoint", Text, "", "", VendorInert, ""},
    {"certificates.local.ca.enabled", Text, "", "", VendorInert, ""},
    {"security.certificate-revocation.validation.enabled", Text, "", "", VendorInert, ""},
    {"Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls13", Text, "", "", VendorInert, ""},
    {"Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls12", Text, "", "", VendorInert, ""},
    {"Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls11", Text, "", "", VendorInert, ""},
    {"Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Tls10", Text, "", "", VendorInert, ""},
    {"Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Backend.Protocols.Ssl30", Text, "", "", VendorInert, ""},
    {"logs.applicationinsights.endpoint", Text, "", "", VendorInert, ""},
    {"runtime.deployment.mechanism", Text, "", "", VendorInert, ""},
    {"runtime.deployment.artifact.source", Text, "", "", VendorInert, ""},
    {"runtime.deployment.artifact.version", Text, "", "", VendorInert, ""},
    {"runtime.deployment.orchestrator.type", Text, "", "", VendorInert, ""},
    {"runtime.deployment.highAvailability.enabled", Text, "", "", VendorInert, ""},
    {"runtime.deployment.dapr.enabled", Text, "", "", VendorInert, ""},
});

}  // namespace gatewayd
