#include <algorithm>
#include <initializer_list>
#include <limits>
#include <optional>
#include <vector>

#include <rapidjson/document.h>

#include "base/strings.h"
#include "model/canonical.h"

namespace gateway {
namespace {

using rapidjson::Value;

std::string_view text_of(const Value& value) { return {value.GetString(), value.GetStringLength()}; }

// Reads the members of one object, each once, and notes what is wrong with them.
class MemberReader {
 public:
  MemberReader(const Value& object, std::string path) : object_(object), path_(std::move(path)) {}

  [[nodiscard]] bool has(std::string_view name) { return find(name) != nullptr; }

  // An absent member leaves `out` as it is. False: it is there and cannot be read.
  bool read(std::string_view name, std::string& out) {
    const Value* value = find(name);
    if (!value) return true;
    if (!value->IsString()) return complain(name, "must be a string");
    out = text_of(*value);
    return true;
  }
  bool read(std::string_view name, bool& out) {
    const Value* value = find(name);
    if (!value) return true;
    if (!value->IsBool()) return complain(name, "must be true or false");
    out = value->GetBool();
    return true;
  }
  bool read(std::string_view name, std::int64_t& out, std::int64_t min,
            std::int64_t max = std::numeric_limits<std::int64_t>::max()) {
    const Value* value = find(name);
    if (!value) return true;
    if (!value->IsInt64() || value->GetInt64() < min || value->GetInt64() > max) {
      const bool open = max == std::numeric_limits<std::int64_t>::max();
      return complain(name, open ? "must be an integer of at least " + std::to_string(min)
                                 : "must be an integer between " + std::to_string(min) + " and " +
                                       std::to_string(max));
    }
    out = value->GetInt64();
    return true;
  }
  // Seconds since 1970, or an RFC 3339 string.
  bool read_time(std::string_view name, std::optional<std::int64_t>& out) {
    const Value* value = find(name);
    if (!value) return true;
    std::optional<std::int64_t> time;
    if (value->IsInt64()) time = value->GetInt64();
    if (value->IsString()) time = parse_rfc3339(text_of(*value));
    if (!time || *time < 0) {
      return complain(name, "must be a date and time such as 2026-11-23T08:30:00Z, or whole seconds since 1970");
    }
    out = time;
    return true;
  }
  template <typename Enum>
  bool read(std::string_view name, Enum& out,
            std::initializer_list<std::pair<std::string_view, Enum>> allowed) {
    const Value* value = find(name);
    if (!value) return true;
    std::string words;
    for (const auto& [word, meaning] : allowed) {
      if (value->IsString() && text_of(*value) == word) {
        out = meaning;
        return true;
      }
      words += (words.empty() ? "" : " or ") + quote(word);
    }
    return complain(name, "must be " + words);
  }
  // Calls f(element, path) for every element of an array of objects.
  template <typename F>
  void each(std::string_view name, F&& f) {
    const Value* value = find(name);
    if (!value) return;
    if (!value->IsArray()) {
      complain(name, "must be a list");
      return;
    }
    for (rapidjson::SizeType i = 0; i < value->Size(); ++i) {
      const std::string path = path_ + std::string(name) + "[" + std::to_string(i) + "]";
      if ((*value)[i].IsObject()) {
        f((*value)[i], path);
      } else {
        problems_.emplace_back(path, "must be an object");
      }
    }
  }
  template <typename F>
  void object(std::string_view name, F&& f) {
    const Value* value = find(name);
    if (!value) return;
    if (value->IsObject()) {
      f(*value, path_ + std::string(name));
    } else {
      complain(name, "must be an object");
    }
  }
  void require(std::string_view name) {
    if (!has(name)) complain(name, "is missing");
  }
  bool complain(std::string_view name, std::string message) {
    problems_.emplace_back(path_ + std::string(name), std::move(message));
    return false;
  }
  void adopt(MemberReader& inner) {
    inner.end();
    problems_.insert(problems_.end(), inner.problems_.begin(), inner.problems_.end());
  }
  // Call last: what was not asked for is not allowed.
  void end() {
    for (const auto& member : object_.GetObject()) {
      const std::string_view name = text_of(member.name);
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      std::vector<std::string> allowed(known_.begin(), known_.end());
      std::sort(allowed.begin(), allowed.end());
      allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
      const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return is_alpha(c); });
      problems_.emplace_back(path_ + (plain && name.size() < 64 ? std::string(name) : quote(name)),
                             "is not known; allowed are " + join(allowed, ", "));
    }
  }

  using Problems = std::vector<std::pair<std::string, std::string>>;  // member path and message
  [[nodiscard]] const Problems& problems() const { return problems_; }

 private:
  const Value* find(std::string_view name) {
    known_.push_back(name);
    const auto found = object_.FindMember(Value(
        rapidjson::StringRef(name.data(), static_cast<rapidjson::SizeType>(name.size()))));
    return found == object_.MemberEnd() ? nullptr : &found->value;
  }

  const Value& object_;
  std::string path_;  // with a '.' at its end, or empty
  std::vector<std::string_view> known_;
  Problems problems_;
};

void read_provenance(MemberReader& reader, Provenance& provenance) {
  reader.object("provenance", [&](const Value& value, const std::string& path) {
    MemberReader inner(value, path + ".");
    inner.read("kind", provenance.kind);
    inner.read("name", provenance.name);
    inner.read("revision", provenance.revision);
    inner.read("space", provenance.space);
    reader.adopt(inner);
  });
}

void read_witness(MemberReader& reader, Witness& witness) {
  reader.read_time("changedAt", witness.changed_at);
  std::optional<std::int64_t> created;
  if (reader.read_time("createdAt", created) && created) witness.created_at = *created;
  reader.read("identity", witness.identity);
  reader.read("generation", witness.generation, 0);
}

// Takes the elements of one document into a snapshot.
class DocumentReader {
 public:
  DocumentReader(std::string_view where, SourceSnapshot& into) : where_(where), into_(into) {}

  void read(const Value& document) {
    if (!document.IsObject()) {
      reject("", "must be an object with apiVersion, kind and what is configured");
      return;
    }
    MemberReader reader(document, "");
    std::string version;
    std::string kind;
    reader.read("apiVersion", version);
    reader.read("kind", kind);
    if (version != "gateway/v1") reader.complain("apiVersion", "must be \"gateway/v1\"");
    if (kind != "Configuration") reader.complain("kind", "must be \"Configuration\"");
    std::string schema;
    reader.read("$schema", schema);
    reader.read("epoch", into_.epoch);
    reader.read("revision", into_.revision);
    reader.each("apis", [&](const Value& v, const std::string& path) { read_api(v, path); });
    reader.each("backends", [&](const Value& v, const std::string& path) { read_backend(v, path); });
    reader.each("certificates", [&](const Value& v, const std::string& path) { read_certificate(v, path); });
    reader.each("hostnames", [&](const Value& v, const std::string& path) { read_hostname(v, path); });
    reader.end();
    reject_all(reader);
  }

 private:
  void read_api(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Api api;
    reader.require("id");
    reader.read("id", api.id);
    bool key = reader.read("host", api.host);
    key = reader.read("path", api.path) && key;
    key = reader.read("match", api.match, {{"exact", MatchType::Exact}, {"prefix", MatchType::Prefix}}) && key;
    reader.read("caseSensitive", api.case_sensitive);
    reader.read("backend", api.backend);
    reader.read("redirectToHttps", api.redirect_to_https);
    reader.read("defect", api.defect);
    read_witness(reader, api.witness);
    read_provenance(reader, api.provenance);
    // Without its RouteKey there is nothing that a quarantine could hold on to.
    take(std::move(api), reader, path, key, into_.apis);
  }

  void read_backend(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Backend backend;
    reader.require("id");
    reader.read("id", backend.id);
    reader.read("protocol", backend.protocol,
                {{"http", BackendProtocol::Http}, {"https", BackendProtocol::Https}});
    reader.each("endpoints", [&](const Value& element, const std::string& element_path) {
      MemberReader inner(element, element_path + ".");
      Endpoint endpoint;
      std::int64_t port = 0;
      inner.require("address");
      inner.read("address", endpoint.address);
      inner.require("port");
      inner.read("port", port, 1, 65535);
      endpoint.port = static_cast<std::uint16_t>(port);
      backend.endpoints.push_back(std::move(endpoint));
      reader.adopt(inner);
    });
    reader.read("hostHeader", backend.host_header);
    reader.read("pathPrefix", backend.path_prefix);
    reader.read("tlsServerName", backend.tls_server_name);
    reader.read("tlsCa", backend.tls_ca_pem);
    reader.read("tlsVerify", backend.tls_verify);
    read_provenance(reader, backend.provenance);
    reader.end();
    if (!reader.problems().empty()) {
      reject_all(reader);
    } else {
      insert(std::move(backend), path, into_.backends);
    }
  }

  void read_certificate(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Certificate certificate;
    reader.require("id");
    reader.read("id", certificate.id);
    reader.read("chain", certificate.chain_pem);
    reader.read("key", certificate.key_pem);
    reader.read("defect", certificate.defect);
    read_provenance(reader, certificate.provenance);
    take(std::move(certificate), reader, path, true, into_.certificates);
  }

  void read_hostname(const Value& value, const std::string& path) {
    MemberReader reader(value, path + ".");
    Hostname hostname;
    reader.require("id");
    reader.read("id", hostname.id);
    const bool key = reader.read("host", hostname.host);
    reader.read("certificate", hostname.certificate);
    reader.read("minVersion", hostname.min_version,
                {{"1.2", TlsVersion::Tls1_2}, {"1.3", TlsVersion::Tls1_3}});
    reader.read("http2", hostname.http2);
    reader.read("defect", hostname.defect);
    read_witness(reader, hostname.witness);
    read_provenance(reader, hostname.provenance);
    take(std::move(hostname), reader, path, key, into_.hostnames);
  }

  // A resource that can say itself that it is broken is taken with its defect, so that its last good
  // form serves on; one that has no name or no place is rejected.
  template <typename T>
  void take(T resource, MemberReader& reader, const std::string& path, bool placed,
            SharedMap<T>& resources) {
    reader.end();
    if (!reader.problems().empty() && (!placed || resource.id.empty())) {
      reject_all(reader);
      return;
    }
    for (const auto& [member, message] : reader.problems()) {
      if (!resource.defect.empty()) resource.defect += "; ";
      resource.defect += std::string(where_) + ": " + member + " " + message;
    }
    insert(std::move(resource), path, resources);
  }

  template <typename T>
  void insert(T resource, const std::string& path, SharedMap<T>& resources) {
    if (resource.id.empty()) {
      reject(path + ".id", "must not be empty");
    } else if (resources.find(resource.id)) {
      reject(path, "the id " + quote(resource.id) + " is taken by an earlier element; it must be unique");
    } else {
      const std::string id = resource.id;
      resources.set(id, std::make_shared<const T>(std::move(resource)));
    }
  }

  void reject(const std::string& path, std::string message) {
    std::string where(where_);
    if (!path.empty()) where += (where.empty() ? "" : ": ") + path;
    into_.rejected.push_back(
        {ErrorCode::InvalidArgument, "configuration", std::move(message), std::move(where), false});
  }
  void reject_all(const MemberReader& reader) {
    for (const auto& [path, message] : reader.problems()) reject(path, message);
  }

  std::string_view where_;
  SourceSnapshot& into_;
};

}  // namespace

void read_configuration_document(const rapidjson::Value& document, std::string_view where,
                                 SourceSnapshot& into) {
  DocumentReader(where, into).read(document);
}

}  // namespace gateway
