#include "runtime/admin.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/strings.h"

namespace gateway {
namespace {

using Request = ControlServer::Request;
using Response = ControlServer::Response;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void text(Writer& writer, std::string_view value) {
  writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
}
void member(Writer& writer, std::string_view name, std::string_view value) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  text(writer, value);
}
void count(Writer& writer, std::string_view name, std::uint64_t value) {
  writer.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
  writer.Uint64(value);
}

void write_error(Writer& writer, const Error& error) {
  writer.StartObject();
  member(writer, "code", to_string(error.code));
  member(writer, "origin", error.origin);
  member(writer, "where", error.where);
  member(writer, "message", error.message);
  writer.EndObject();
}

const char* name_of(SyncState state) {
  switch (state) {
    case SyncState::NotSynced: return "not_synced";
    case SyncState::Synced: return "synced";
    case SyncState::Stale: return "stale";
  }
  return "";
}

const char* name_of(ApiState state) {
  switch (state) {
    case ApiState::Serving: return "serving";
    case ApiState::Shadowed: return "shadowed";
    case ApiState::Quarantined: return "quarantined";
    case ApiState::Stale: return "stale";
  }
  return "";
}

std::string write_status(const RoutesView& routes) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  const VersionStatus version = routes.version();
  writer.StartObject();
  writer.Key("version");
  writer.StartObject();
  member(writer, "boot_id", version.boot_id);
  count(writer, "number", version.number);
  writer.Key("published_at_ms");
  writer.Int64(version.published_at_ms);
  count(writer, "routes", version.routes);
  count(writer, "tombstones", version.tombstones);
  count(writer, "hostnames", version.hostnames);
  writer.EndObject();
  member(writer, "table_digest", routes.table_digest());
  writer.Key("sources");
  writer.StartArray();
  for (const SourceStatus& source : routes.sources()) {
    writer.StartObject();
    member(writer, "name", source.name);
    member(writer, "kind", source.kind);
    member(writer, "state", name_of(source.state));
    member(writer, "epoch", source.epoch);
    member(writer, "revision", source.revision);
    count(writer, "apis", source.apis);
    count(writer, "shadowed", source.shadowed);
    count(writer, "quarantined", source.quarantined);
    writer.Key("errors");
    writer.StartArray();
    for (const Error& error : source.errors) write_error(writer, error);
    writer.EndArray();
    if (source.degraded) {
      writer.Key("degraded");
      write_error(writer, *source.degraded);
    }
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string write_explanation(const RouteQuery& query, const Explanation& explanation) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("query");
  writer.StartObject();
  member(writer, "scheme", query.scheme);
  member(writer, "method", query.method);
  member(writer, "host", query.host);
  // Clients put keys into queries.
  member(writer, "path", std::string_view(query.path).substr(0, query.path.find('?')));
  writer.EndObject();
  count(writer, "version", explanation.version);
  member(writer, "outcome", explanation.outcome);
  member(writer, "normalised_path", explanation.normalised_path);
  member(writer, "backend", explanation.backend);
  if (!explanation.revision.empty()) member(writer, "revision", explanation.revision);
  if (!explanation.operation.empty()) member(writer, "operation", explanation.operation);
  writer.Key("candidates");
  writer.StartArray();
  for (const RouteCandidate& candidate : explanation.candidates) {
    writer.StartObject();
    member(writer, "source", candidate.source);
    member(writer, "api", candidate.api);
    member(writer, "host", candidate.host);
    member(writer, "path", candidate.path);
    member(writer, "match", candidate.match == MatchType::Exact ? "Exact" : "Prefix");
    member(writer, "state", name_of(candidate.state));
    writer.Key("answers");
    writer.Bool(candidate.answers);
    member(writer, "reason", candidate.reason);
    writer.Key("stamp");
    writer.Int64(candidate.stamp);
    writer.Key("stamp_observed");
    writer.Bool(candidate.stamp_observed);
    writer.Key("provenance");
    writer.StartObject();
    member(writer, "kind", candidate.provenance.kind);
    member(writer, "space", candidate.provenance.space);
    member(writer, "name", candidate.provenance.name);
    member(writer, "revision", candidate.provenance.revision);
    writer.EndObject();
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

Response refusal(int status, std::string_view what) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  member(writer, "error", what);
  writer.EndObject();
  Response response;
  response.status = status;
  response.body = {buffer.GetString(), buffer.GetSize()};
  return response;
}

// Scheme, host and path of an absolute URL; the query and the fragment say nothing about routes.
bool read_url(std::string_view url, RouteQuery& query) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  query.scheme = to_lower(url.substr(0, scheme));
  if (query.scheme != "http" && query.scheme != "https") return false;
  url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('#'));
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  query.host = url.substr(0, end);
  query.path = std::string(end == url.size() || url[end] == '?' ? "/" : "").append(url.substr(end));
  return true;
}

Response explain(const RoutesView& routes, const Request& request) {
  RouteQuery query;
  if (const std::string* url = request.parameter("url")) {
    if (!read_url(*url, query)) {
      return refusal(400, "the url is not allowed: expected http://host/path or https://host/path");
    }
  } else {
    if (const std::string* host = request.parameter("host")) query.host = *host;
    if (const std::string* path = request.parameter("path")) query.path = *path;
    if (const std::string* scheme = request.parameter("scheme")) query.scheme = *scheme;
    if (query.scheme != "http" && query.scheme != "https") {
      return refusal(400, "scheme: " + quote(query.scheme) + " is not allowed: expected http or https");
    }
  }
  if (const std::string* method = request.parameter("method")) query.method = *method;
  Response response;
  response.body = write_explanation(query, routes.explain(query));
  return response;
}

}  // namespace

ControlServer::Handler admin_handler(const RoutesView& routes,
                                     std::function<std::string(std::string_view)> trace_of) {
  return [&routes, trace_of = std::move(trace_of)](const Request& request) {
    if (request.path == "/explain") return explain(routes, request);
    Response response;
    if (request.path == "/status") {
      response.slow_body = [&routes] { return write_status(routes); };
    } else if (request.path == "/config") {
      response.slow_body = [&routes] { return routes.effective_json(); };
    } else if (request.path == "/trace" && trace_of) {
      const std::string* id = request.parameter("id");
      response.body = id ? trace_of(*id) : std::string();
      if (response.body.empty())
        return refusal(404, "there is no trace of this id; the last 64 are kept, of requests with the debug credential");
    } else {
      return refusal(404, "here are /status, /explain, /config and /trace");
    }
    return response;
  };
}

}  // namespace gateway
