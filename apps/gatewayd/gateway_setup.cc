#include "gateway_setup.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gateway/cloud_source.h>
#include <gateway/ingress_source.h>

#include "cpu_limit.h"

namespace gatewayd {
namespace {

using gateway::ConflictRule;
using gateway::Error;
using gateway::ErrorCode;
using gateway::GatewayOptions;

constexpr const char* kDefaultStateFolder = "/apim/config";

std::string_view variable(const std::vector<std::string>& environment, std::string_view name) {
  for (const std::string& entry : environment) {
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name)) {
      return std::string_view(entry).substr(name.size() + 1);
    }
  }
  return {};
}

class Setup {
 public:
  explicit Setup(const Settings& settings) : settings_(settings) {}

  GatewaySetup build(const std::vector<std::string>& environment) && {
    listeners();
    certificate();
    limits();
    conflicts();
    policies();
    life();
    if (settings_.flag("k8s.ingress.enabled")) ingress(environment);
    cloud();
    files();
    if (out_.sources.empty() && out_.problems.empty()) {
      problem("k8s.ingress.enabled, config.service.endpoint, config.file.path",
              "no source is configured: set k8s.ingress.enabled=true, config.service.endpoint, or config.file.path to "
              "a file or folder of Kubernetes manifests and documents");
    }
    return std::move(out_);
  }

 private:
  void problem(std::string where, std::string message) {
    out_.problems.push_back({ErrorCode::InvalidArgument, "settings", std::move(message), std::move(where), false});
  }

  std::uint16_t port(std::string_view key) const { return static_cast<std::uint16_t>(settings_.number(key)); }

  void listeners() {
    GatewayOptions& options = out_.options;
    const std::string& address = settings_.text("net.server.address");
    options.listeners = {{address, port("net.server.http.port"), false},
                         {address, port("net.server.https.port"), true}};
    options.redirect_to_https = settings_.flag("net.server.http.redirect-to-https");
    options.allow_encoded_slash = settings_.flag("net.server.http.encoded-slash");
    options.admin = {true, settings_.text("admin.address"), port("admin.port")};
    options.monitor = {true, address, port("monitor.port")};
    options.access_log = settings_.flag("log.access");
    options.workers = settings_.given("workers") ? static_cast<unsigned>(settings_.number("workers")) : usable_cpus();
    static constexpr std::array<std::string_view, 4> kPorts{"net.server.http.port", "net.server.https.port", "admin.port",
                                                            "monitor.port"};
    for (std::size_t i = 0; i < kPorts.size(); ++i) {
      for (std::size_t j = i + 1; j < kPorts.size(); ++j) same_port(kPorts[i], kPorts[j]);
    }
  }

  void same_port(std::string_view a, std::string_view b) {
    if (settings_.number(a) != 0 && settings_.number(a) == settings_.number(b)) {
      problem(std::string(a) + ", " + std::string(b),
              "both are " + std::to_string(settings_.number(a)) + ": each listener needs a port of its own");
    }
  }

  std::string read(std::string_view key) {
    const std::string& path = settings_.text(key);
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
      problem(std::string(key), "'" + path + "' cannot be read: " + std::strerror(errno));
    }
    return text.str();
  }

  void certificate() {
    const bool chain = !settings_.text("net.server.tls.certificate.path").empty();
    const bool key = !settings_.text("net.server.tls.key.path").empty();
    if (chain != key) {
      problem("net.server.tls.certificate.path, net.server.tls.key.path", "both or none must be given");
    } else if (chain) {
      out_.options.default_chain_pem = read("net.server.tls.certificate.path");
      out_.options.default_key_pem = read("net.server.tls.key.path");
    }
  }

  void limits() {
    gateway::Timeouts& t = out_.options.timeouts;
    t.client_header = settings_.duration("timeouts.client.header");
    t.client_body = settings_.duration("timeouts.client.body");
    t.client_write = settings_.duration("timeouts.client.write");
    t.client_idle = settings_.duration("timeouts.client.idle");
    t.tls_handshake = settings_.duration("timeouts.tls.handshake");
    t.connect = settings_.duration("timeouts.connect");
    t.backend_header = settings_.duration("timeouts.backend.header");
    t.backend_body = settings_.duration("timeouts.backend.body");
    t.backend_idle = settings_.duration("timeouts.backend.idle");
    gateway::Limits& l = out_.options.limits;
    l.header_bytes = settings_.number("limits.header.bytes");
    l.header_count = settings_.number("limits.header.count");
    l.connections = settings_.number("limits.connections");
    l.pool_idle_per_endpoint = settings_.number("limits.pool.idle");
    l.body_watermark = settings_.number("limits.body.watermark");
  }

  void policies() {
    gateway::PolicyOptions& options = out_.options.policies;
    if (settings_.text("k8s.ingress.policy") == "global") {
      options.routes_source = settings_.text("config.policy.source");
    } else {
      options.routes_source.clear();
    }
    options.refuse_not_offered = settings_.text("policies.not-offered") == "refuse";
    options.body_bytes = settings_.number("policies.body.bytes");
    options.cache_bytes = settings_.number("policies.cache.bytes");
    options.redis = settings_.text("policies.redis");
    options.region = settings_.text("policies.deployment.region");
    options.service_name = settings_.text("policies.deployment.service-name");
    options.federated_token_file = settings_.text("policies.identity.token.path");
    options.client_id = settings_.text("policies.identity.client-id");
    options.tenant_id = settings_.text("policies.identity.tenant-id");
    options.authority = settings_.text("policies.identity.authority");
    options.debug_credential = settings_.text("policies.debug.credential");
    if (!options.debug_credential.empty() && options.debug_credential.size() < 16)
      problem("policies.debug.credential", "it must have 16 bytes or more");
  }

  void conflicts() {
    gateway::ConflictOptions& conflict = out_.options.conflict;
    const std::string& rule = settings_.text("config.conflict");
    conflict.rule = rule == "precedence"      ? ConflictRule::Precedence
                    : rule == "arrival_order" ? ConflictRule::ArrivalOrder
                                              : ConflictRule::LastWriteWins;
    conflict.precedence = settings_.list("config.precedence");
    conflict.protected_paths = settings_.list("config.conflict.protected");
    for (const std::string& path : conflict.protected_paths) {
      if (path.find('/') == std::string::npos) {
        problem("config.conflict.protected", "'" + path + "' is not allowed: expected host/path or /path");
      }
    }
  }

  void life() {
    GatewayOptions& options = out_.options;
    options.start_timeout = settings_.duration("config.start.timeout");
    options.start_serves_partial = settings_.flag("config.start.partial");
    options.drain_delay = settings_.duration("drain.delay");
    options.drain_timeout = settings_.duration("drain.timeout");
    std::error_code ignored;
    if (settings_.given("config.backup.path")) {
      options.state_folder = settings_.text("config.backup.path");
      if (!options.state_folder.empty() && !std::filesystem::is_directory(options.state_folder, ignored)) {
        problem("config.backup.path", "'" + options.state_folder + "' is not a folder: make it, writable for this user");
      }
    } else if (std::filesystem::is_directory(kDefaultStateFolder, ignored)) {
      options.state_folder = kDefaultStateFolder;
    }
  }

  gateway::IngressTranslation translation() const {
    gateway::IngressTranslation translation;
    translation.class_names = settings_.list("k8s.ingress.class.names");
    translation.endpoints = settings_.text("k8s.ingress.endpoints") == "service"
                                ? gateway::IngressTranslation::Endpoints::ServiceName
                                : gateway::IngressTranslation::Endpoints::Addresses;
    translation.dns_suffix = settings_.text("k8s.ingress.dns.suffix");
    translation.preserve_host = settings_.text("k8s.ingress.host") == "preserve";
    translation.allow_external_name = settings_.flag("k8s.ingress.external-name");
    translation.redirect_to_https = settings_.flag("net.server.http.redirect-to-https");
    return translation;
  }

  void ingress(const std::vector<std::string>& environment) {
    gateway::IngressSourceOptions options;
    options.kubeconfig = settings_.text("k8s.ingress.config.path");
    options.service_host = variable(environment, "KUBERNETES_SERVICE_HOST");
    if (const std::string text(variable(environment, "KUBERNETES_SERVICE_PORT")); !text.empty()) {
      char* end = nullptr;
      const unsigned long number = std::strtoul(text.c_str(), &end, 10);
      if (*end != '\0' || number == 0 || number > 65535) {
        return problem("environment variable KUBERNETES_SERVICE_PORT", "'" + text + "' is not allowed: expected a port");
      }
      options.service_port = static_cast<std::uint16_t>(number);
    }
    if (options.kubeconfig.empty() && options.service_host.empty()) {
      return problem("k8s.ingress.enabled",
                     "no cluster is known: outside of a pod (no KUBERNETES_SERVICE_HOST in the environment) "
                     "k8s.ingress.config.path must name a kubeconfig file");
    }
    if (settings_.given("k8s.ingress.namespace")) options.name_space = settings_.text("k8s.ingress.namespace");
    options.translation = translation();
    options.max_response_bytes = settings_.number("limits.kubernetes.response.bytes");
    const std::string scope = options.kubeconfig.empty()
                                  ? options.service_host + ":" + std::to_string(options.service_port)
                                  : options.kubeconfig;
    add({"ingress", "ingress", scope}, gateway::make_ingress_source(std::move(options)), "k8s.ingress.enabled");
  }

  void cloud() {
    static constexpr std::array<std::string_view, 2> kNeedEndpoint{"config.service.auth", "config.service.auth.file"};
    std::string endpoint = settings_.text("config.service.endpoint");
    if (endpoint.empty()) {
      for (const std::string_view key : kNeedEndpoint) {
        if (!settings_.text(key).empty()) problem(std::string(key), "needs config.service.endpoint");
      }
      return;
    }
    if (endpoint.find("://") == std::string::npos) endpoint.insert(0, "https://");
    gateway::CloudSourceOptions options;
    options.endpoint = endpoint;
    options.token = settings_.text("config.service.auth");
    options.token_file = settings_.text("config.service.auth.file");
    options.allow_http = settings_.flag("config.service.allow-http");
    options.validate_certificate = !settings_.flag("config.service.endpoint.disableCertificateValidation");
    if (!settings_.text("config.service.ca.path").empty()) options.ca_pem = read("config.service.ca.path");
    options.proxy = settings_.text(endpoint.starts_with("https:") ? "HTTPS_PROXY" : "HTTP_PROXY");
    if (!options.proxy.empty() && options.proxy.find("://") == std::string::npos) options.proxy.insert(0, "http://");
    options.no_proxy = settings_.list("NO_PROXY");
    // A token for this machine, where plain http is allowed, leaves it on no account.
    options.no_proxy.insert(options.no_proxy.end(), {"localhost", "127.0.0.0/8", "::1"});
    options.poll_interval = settings_.duration("config.service.poll.interval");
    options.heartbeat_interval = settings_.duration("config.service.heartbeat.interval");
    options.backup_folder = out_.options.state_folder;
    options.backup_key = settings_.text("config.backup.key");
    if (!settings_.text("config.backup.key.path").empty()) {
      if (!options.backup_key.empty()) {
        problem("config.backup.key, config.backup.key.path", "one of both must be given, not both");
      }
      options.backup_key = read("config.backup.key.path");
      while (options.backup_key.ends_with('\n') || options.backup_key.ends_with('\r')) options.backup_key.pop_back();
    }
    options.backup_max_age =
        std::chrono::duration_cast<std::chrono::seconds>(settings_.duration("config.backup.max-age"));
    add({"cloud", "cloud", endpoint}, gateway::make_cloud_source(std::move(options)), "config.service");
  }

  void files() {
    unsigned number = 0;
    for (const std::string& path : settings_.list("config.file.path")) {
      ++number;
      const std::string name = number == 1 ? "file" : "file-" + std::to_string(number);
      gateway::FileSourceOptions options = file_source_options(settings_, path);
      options.translation = translation();
      add({name, "file", path}, gateway::make_file_source(std::move(options)), "config.file.path");
    }
  }

  void add(gateway::SourceOptions options, gateway::Result<std::unique_ptr<gateway::ConfigSource>> source,
           std::string_view key) {
    if (source) {
      out_.sources.push_back({std::move(options), std::move(source).value()});
      return;
    }
    Error error = std::move(source).error();
    error.where = std::string(key) + (error.where.empty() ? "" : ": " + error.where);
    out_.problems.push_back(std::move(error));
  }

  const Settings& settings_;
  GatewaySetup out_;
};

}  // namespace

gateway::FileSourceOptions file_source_options(const Settings& settings, const std::string& path) {
  gateway::FileSourceOptions options;
  options.path = path;
  options.overrides = settings.text("config.file.overrides");
  options.gateway = settings.text("config.file.gateway");
  options.max_bytes = settings.number("limits.document.bytes");
  options.max_depth = settings.number("limits.document.depth");
  options.max_yaml_aliases = settings.number("limits.document.yaml-aliases");
  return options;
}

GatewaySetup set_up_gateway(const Settings& settings, const std::vector<std::string>& environment) {
  return Setup(settings).build(environment);
}

}  // namespace gatewayd
