#include <algorithm>
#include <cstring>

#include "arm/api_schema.h"
#include "arm/facts.h"
#include "arm/service_url.h"
#include "base/strings.h"
#include "model/member_reader.h"
#include "model/url_template.h"
#include "model/validate.h"

namespace gateway::arm {
namespace {

constexpr std::string_view kRevisionMark = ";rev=";
constexpr std::size_t kMaxPath = 400;
constexpr std::size_t kMaxName = 100;
constexpr std::size_t kMaxUrl = 2000;
constexpr std::uint64_t kMaxRevision = 1'000'000;

// RFC 9110 §5.6.2: methods and field names.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) ||
           (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
  });
}

bool is_parameter_name(std::string_view text) {
  return !text.empty() && is_utf8(text) && std::all_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '&' && c != '=' && c != '#';
  });
}

void read_field_name(const Members& members, std::string_view name, std::string& out) {
  std::string text;
  if (!members.read(name, text, kMaxName)) return;
  if (is_token(text)) {
    out = std::move(text);
  } else {
    members.complain(name, "must be the name of a header field");
  }
}

void read_parameter_name(const Members& members, std::string_view name, std::string& out) {
  std::string text;
  if (!members.read(name, text, kMaxName)) return;
  if (is_parameter_name(text)) {
    out = std::move(text);
  } else {
    members.complain(name, "must be the name of a query parameter");
  }
}

VersionSetFacts read_versioning(const Members& members, Problems& problems) {
  VersionSetFacts facts;
  std::string scheme;
  const std::size_t before = problems.size();
  if (!members.read("versioningScheme", scheme, kMaxName)) {
    if (problems.size() == before)
      members.complain("versioningScheme", "is missing; allowed are Segment, Query and Header");
  } else if (equals_ignoring_case(scheme, "Segment")) {
    facts.versioning = Versioning::Segment;
  } else if (equals_ignoring_case(scheme, "Query")) {
    facts.versioning = Versioning::Query;
    read_parameter_name(members, "versionQueryName", facts.parameter);
    if (facts.parameter.empty() && problems.size() == before) {
      members.complain("versionQueryName", "is missing; the scheme Query needs it");
    }
  } else if (equals_ignoring_case(scheme, "Header")) {
    facts.versioning = Versioning::Header;
    read_field_name(members, "versionHeaderName", facts.parameter);
    if (facts.parameter.empty() && problems.size() == before) {
      members.complain("versionHeaderName", "is missing; the scheme Header needs it");
    }
  } else {
    members.complain("versioningScheme",
                     "is " + quote(scheme) + "; allowed are Segment, Query and Header");
  }
  facts.problems.assign(problems.begin() + static_cast<std::ptrdiff_t>(before), problems.end());
  problems.resize(before);
  return facts;
}

// The name of the version set that `member` refers to.
void read_version_set_id(const Members& members, std::string_view member, std::string& out) {
  std::string id;
  if (!members.read(member, id, kMaxUrl) || id.empty()) return;
  const auto known = short_id(id);
  if (known.ok() && kind_of(*known) == "apiVersionSets") {
    out = id_parts(*known)[1];
  } else {
    members.complain(member, "must be the id of a version set, such as /apiVersionSets/users");
  }
}

class ApiReader {
 public:
  explicit ApiReader(const Resource& resource)
      : envelope_(resource, facts_.problems), properties_(envelope_.properties()) {
    revision().id = id_parts(resource.id)[1];
    properties_.read("displayName", revision().display_name, kMaxPath);
  }

  ApiFacts read() {
    facts_.times = envelope_.times();
    const bool websocket = read_type();
    read_path();
    read_revision();
    read_version();
    read_protocols();
    read_subscription();
    read_backend(websocket);
    return std::move(facts_);
  }

 private:
  ApiRevision& revision() { return facts_.revision; }

  // True for a WebSocket API, which is served like any other.
  bool read_type() {
    std::string type = "http";
    if (!properties_.read("type", type, kMaxName)) properties_.read("apiType", type, kMaxName);
    if (equals_ignoring_case(type, "websocket")) return true;
    if (!equals_ignoring_case(type, "http")) {
      properties_.complain(
          "type", "is " + quote(type) +
                      ", which this gateway does not serve; allowed are http and websocket");
    }
    return false;
  }

  void read_path() {
    std::string text;
    const std::size_t before = facts_.problems.size();
    if (!properties_.read("path", text, kMaxPath)) {
      if (facts_.problems.size() == before) {
        properties_.complain("path",
                             "is missing; allowed is a path such as users, or \"\" for all paths");
      }
      return;
    }
    std::string_view path = text;
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    Api probe;
    probe.id = probe.backend = "probe";
    probe.path = "/" + normal_percent_encoding(path);
    std::vector<Error> problems;
    validate(probe, "", problems);
    facts_.path = std::move(probe.path);
    facts_.path_sound = problems.empty();
    if (!problems.empty()) {
      properties_.complain("path",
                           "is no path that a request could have: " + problems.front().message);
    }
  }

  void read_revision() {
    const std::string_view id = revision().id;
    const auto [name, of_id] = split_revision(id);
    revision().name = name;
    std::string number;
    const bool said = properties_.read("apiRevision", number, kMaxName) && !number.empty();
    if (said && !of_id.empty() && number != of_id) {
      properties_.complain("apiRevision",
                           "is " + quote(number) + ", and the id says " + quote(of_id));
    }
    revision().revision = said ? number : of_id.empty() ? "1" : std::string(of_id);
    const std::string& text = revision().revision;
    if (text.starts_with('0') || parse_decimal(text, kMaxRevision).value_or(0) == 0) {
      properties_.complain("apiRevision",
                           "is " + quote(text) + "; allowed are numbers from 1 to 1000000");
    }
    revision().current = name.size() == id.size();
    properties_.read("isCurrent", revision().current);
    properties_.read("isOnline", revision().online);
  }

  void read_version() {
    properties_.read("apiVersion", revision().version, kMaxName);
    if (revision().version.find('/') != std::string::npos) {
      properties_.complain("apiVersion", "must not contain '/'");
    }
    read_version_set_id(properties_, "apiVersionSetId", facts_.version_set);
    const rapidjson::Value* said = properties_.find("apiVersionSet");
    if (!said) return;
    const Members members = properties_.object("apiVersionSet");
    if (!said->IsObject()) return;
    if (facts_.version_set.empty()) read_version_set_id(members, "id", facts_.version_set);
    if (members.find("versioningScheme") || facts_.version_set.empty()) {
      facts_.inline_set = read_versioning(members, facts_.problems);
    }
  }

  void read_protocols() {
    const rapidjson::Value* said = properties_.find("protocols");
    if (said && !said->IsArray())
      properties_.complain("protocols", "must be a list of http, https, ws and wss");
    if (!said || !said->IsArray() || said->Empty()) {
      revision().http = false;
      return;
    }
    revision().http = revision().https = false;
    for (const auto& protocol : said->GetArray()) {
      const std::string_view text = protocol.IsString() ? text_of(protocol) : std::string_view();
      if (equals_ignoring_case(text, "http") || equals_ignoring_case(text, "ws")) {
        revision().http = true;
      } else if (equals_ignoring_case(text, "https") || equals_ignoring_case(text, "wss")) {
        revision().https = true;
      } else {
        properties_.complain(
            "protocols", (protocol.IsString() ? "has " + quote(text)
                                              : std::string("has an element that is no string")) +
                             "; allowed are http, https, ws and wss");
      }
    }
  }

  void read_subscription() {
    revision().subscription_required = true;
    properties_.read("subscriptionRequired", revision().subscription_required);
    const Members names = properties_.object("subscriptionKeyParameterNames");
    read_field_name(names, "header", revision().key_header);
    read_parameter_name(names, "query", revision().key_query);
  }

  void read_backend(bool websocket) {
    revision().backend = "api:" + revision().id;
    std::string url;
    const std::size_t before = facts_.problems.size();
    if (!properties_.read("serviceUrl", url, kMaxUrl) || url.empty()) {
      if (facts_.problems.size() == before) facts_.backend.emplace();
    } else {
      std::vector<std::string> problems;
      facts_.backend = read_service_url(url, websocket, problems);
      for (const std::string& problem : problems) properties_.complain("serviceUrl", problem);
    }
    if (!facts_.backend) return;
    facts_.backend->id = revision().backend;
    facts_.backend->provenance = {
        .kind = "Api", .space = "", .name = revision().id, .revision = ""};
  }

  ApiFacts facts_;
  Envelope envelope_;
  Members properties_;
};

}  // namespace

std::pair<std::string_view, std::string_view> split_revision(std::string_view name) {
  const std::size_t mark = name.find(kRevisionMark);
  if (mark == std::string_view::npos || mark == 0) return {name, {}};
  return {name.substr(0, mark), name.substr(mark + kRevisionMark.size())};
}

TimesFacts read_times(const Resource& resource) {
  TimesFacts facts;
  facts.times = Envelope(resource, facts.problems).times();
  return facts;
}

SchemaFacts read_schema(const Resource& resource) {
  SchemaFacts facts;
  const Envelope envelope(resource, facts.problems);
  facts.times = envelope.times();
  facts.document = schema_document(id_parts(resource.id).back(), envelope.properties_value());
  return facts;
}

ApiFacts read_api(const Resource& resource) { return ApiReader(resource).read(); }

VersionSetFacts read_version_set(const Resource& resource) {
  Problems problems;
  const Envelope envelope(resource, problems);
  VersionSetFacts facts = read_versioning(envelope.properties(), problems);
  facts.problems.insert(facts.problems.begin(), problems.begin(), problems.end());
  return facts;
}

OperationFacts read_operation(const Resource& resource) {
  OperationFacts facts;
  Operation& operation = facts.operation;
  operation.id = id_parts(resource.id)[3];
  const Envelope envelope(resource, facts.problems);
  facts.times = envelope.times();
  const Members properties = envelope.properties();
  const std::size_t before = facts.problems.size();

  if (properties.read("method", operation.method, kMaxName)) {
    for (char& c : operation.method) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    if (!is_token(operation.method)) {
      properties.complain("method",
                          "is " + quote(operation.method) + "; allowed is a method such as GET");
    }
  } else if (facts.problems.size() == before) {
    properties.complain("method", "is missing; allowed is a method such as GET");
  }
  const std::size_t after_method = facts.problems.size();
  std::string display_name;
  if (properties.find("displayName") && properties.read("displayName", display_name, kMaxUrl))
    operation.name = std::move(display_name);
  if (properties.read("urlTemplate", operation.url_template, kMaxUrl)) {
    if (auto problem = url_template_problem(operation.url_template); !problem.empty()) {
      properties.complain("urlTemplate",
                          "is " + quote(operation.url_template) + ", which " + problem);
    }
  } else if (facts.problems.size() == after_method) {
    properties.complain("urlTemplate", "is missing; allowed is a template such as /customers/{id}");
  }
  facts.usable = facts.problems.size() == before;
  facts.schema = operation_schema(envelope.properties_value());
  return facts;
}

PolicyFacts read_policy(const Resource& resource) {
  PolicyFacts facts;
  const Envelope envelope(resource, facts.problems);
  facts.times = envelope.times();
  const Members properties = envelope.properties();
  std::string format = "xml";
  properties.read("format", format, kMaxName);
  if (format != "xml" && format != "rawxml") {
    properties.complain(
        "format", "is " + quote(format) +
                      "; allowed are xml and rawxml, with the document itself in properties.value");
  }
  const rapidjson::Value* value = properties.find("value");
  if (!value || !value->IsString()) {
    properties.complain("value",
                        value ? "must be a string" : "is missing; allowed is a policy document");
  } else {
    facts.document = text_of(*value);
  }
  return facts;
}

}  // namespace gateway::arm
