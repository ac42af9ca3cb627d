#include "arm_error.h"

#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

namespace configd {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put_head(Writer& writer, const ArmError& error) {
  put(writer, "code", error.code);
  put(writer, "message", error.message);
  if (!error.target.empty()) put(writer, "target", error.target);
}

gateway::HttpServer::Response respond(int status, const ArmError& head, const Problems& details) {
  rapidjson::StringBuffer text;
  Writer writer(text);
  writer.StartObject();
  writer.Key("error");
  writer.StartObject();
  put_head(writer, head);
  writer.Key("details");
  writer.StartArray();
  for (const ArmError& detail : details) {
    writer.StartObject();
    put_head(writer, detail);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  writer.EndObject();
  gateway::HttpServer::Response response;
  response.status = status;
  response.body.assign(text.GetString(), text.GetSize());
  return response;
}

}  // namespace

ArmError validation_error(std::string target, std::string message) {
  return {400, "ValidationError", std::move(message), std::move(target)};
}

ArmError not_found(std::string_view what) {
  return {404, "ResourceNotFound", std::string(what) + " does not exist.", ""};
}

ArmError conflict(std::string message) { return {409, "Conflict", std::move(message), ""}; }

gateway::HttpServer::Response to_response(const ArmError& error) {
  Problems details;
  if (!error.target.empty()) details.push_back(error);
  ArmError head = error;
  head.target.clear();
  return respond(error.status, head, details);
}

gateway::HttpServer::Response to_response(const Problems& problems) {
  if (problems.size() == 1) return to_response(problems.front());
  ArmError head;
  head.status = problems.empty() ? 500 : problems.front().status;
  head.code = problems.empty() ? "InternalError" : problems.front().code;
  head.message = "One or more fields contain incorrect values:";
  return respond(head.status, head, problems);
}

std::string to_text(const Problems& problems) {
  std::string text;
  for (const ArmError& problem : problems) {
    if (!text.empty()) text += "; ";
    if (!problem.target.empty()) text += problem.target + ": ";
    text += problem.message;
  }
  return text;
}

}  // namespace configd
