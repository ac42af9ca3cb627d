#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include <gateway/policy_trial.h>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>

#include "commands.h"

namespace gatewayd {
namespace {

using gateway::Error;
using gateway::ErrorCode;
using gateway::PolicyTrial;
using gateway::TrialMessage;
using rapidjson::Value;

std::optional<std::string> read_file(const std::string& path, std::vector<Error>& problems) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    problems.push_back({ErrorCode::NotFound, "policy", "cannot be read", path, false});
    return std::nullopt;
  }
  return text.str();
}

std::string text_of(const Value& object, const char* name) {
  const auto at = object.FindMember(name);
  return at != object.MemberEnd() && at->value.IsString()
             ? std::string(at->value.GetString(), at->value.GetStringLength())
             : std::string();
}

// A message as it goes over the wire, with line ends of either kind.
bool read_message(std::string text, const std::string& where, TrialMessage& message, std::vector<Error>& problems) {
  std::size_t at = 0;
  const auto next_line = [&] {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    at = std::min(end + 1, text.size());
    return line;
  };
  const auto refuse = [&](std::string why) {
    problems.push_back({ErrorCode::InvalidArgument, "policy", std::move(why), where, false});
    return false;
  };
  const std::string start = next_line();
  const std::size_t first = start.find(' '), second = start.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos)
    return refuse("must begin with a line such as GET /orders?x=1 HTTP/1.1");
  message.method = start.substr(0, first);
  std::string target = start.substr(first + 1, second - first - 1);
  std::string host = "localhost";
  while (at < text.size()) {
    const std::string line = next_line();
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || colon == 0) return refuse("the line '" + line + "' is no header field: Name: value");
    std::string value = line.substr(colon + 1);
    value.erase(0, value.find_first_not_of(" \t"));
    const std::string name = line.substr(0, colon);
    if (name == "Host" || name == "host") host = value;
    message.headers.emplace_back(name, value);
  }
  message.url = target.find("://") != std::string::npos ? target : "https://" + host + target;
  message.body = text.substr(at);
  return true;
}

void read_backend(const Value& backend, TrialMessage& message) {
  if (const auto at = backend.FindMember("status"); at != backend.MemberEnd() && at->value.IsInt())
    message.status = at->value.GetInt();
  if (const auto at = backend.FindMember("headers"); at != backend.MemberEnd() && at->value.IsObject()) {
    for (const auto& field : at->value.GetObject()) {
      if (field.value.IsString()) message.headers.emplace_back(field.name.GetString(), field.value.GetString());
    }
  }
  message.body = text_of(backend, "body");
}

// What `context` is; members that are not known are problems.
bool read_context(const std::string& text, const std::string& where, PolicyTrial& trial, std::vector<Error>& problems) {
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  const auto refuse = [&](std::string why) {
    problems.push_back({ErrorCode::InvalidArgument, "policy", std::move(why), where, false});
    return false;
  };
  if (document.HasParseError()) {
    return refuse("is no JSON: " + std::string(rapidjson::GetParseError_En(document.GetParseError())) +
                  " at byte " + std::to_string(document.GetErrorOffset()));
  }
  if (!document.IsObject()) return refuse("must be an object");
  for (const auto& member : document.GetObject()) {
    const std::string name(member.name.GetString(), member.name.GetStringLength());
    const Value& value = member.value;
    if (name == "clientAddress" && value.IsString()) {
      trial.client_address = value.GetString();
      continue;
    }
    if (!value.IsObject()) return refuse(name + " must be an object");
    if (name == "namedValues") {
      for (const auto& one : value.GetObject()) {
        gateway::NamedValue named;
        named.id = named.display_name = one.name.GetString();
        if (!one.value.IsString()) return refuse("namedValues." + named.id + " must be a string");
        named.value = one.value.GetString();
        trial.surroundings.set(std::move(named));
      }
    } else if (name == "fragments") {
      for (const auto& one : value.GetObject()) {
        gateway::PolicyFragment fragment;
        fragment.id = one.name.GetString();
        if (!one.value.IsString()) return refuse("fragments." + fragment.id + " must be a string");
        fragment.document = one.value.GetString();
        trial.surroundings.set(std::move(fragment));
      }
    } else if (name == "api") {
      trial.api.id = trial.api.name = text_of(value, "id");
      trial.api.display_name = text_of(value, "name");
      trial.api.version = text_of(value, "version");
    } else if (name == "operation") {
      trial.operation.id = text_of(value, "id");
      trial.operation.name = text_of(value, "name");
      trial.operation.method = text_of(value, "method");
      trial.operation.url_template = text_of(value, "urlTemplate");
    } else if (name == "product") {
      trial.with_product = true;
      trial.product.id = text_of(value, "id");
      trial.product.display_name = text_of(value, "name");
    } else if (name == "subscription") {
      trial.with_subscription = true;
      trial.subscription.id = text_of(value, "id");
      trial.subscription.display_name = text_of(value, "name");
      trial.subscription.primary_key = text_of(value, "key");
    } else if (name == "backend") {
      read_backend(value, trial.backend);
    } else {
      return refuse(name + " is not known; allowed are api, backend, clientAddress, fragments, namedValues, "
                           "operation, product and subscription");
    }
  }
  return true;
}

void print_message(const TrialMessage& message) {
  for (const auto& [name, value] : message.headers) std::printf("  %s: %s\n", name.c_str(), value.c_str());
  if (message.body.empty()) return;
  std::printf("\n");
  std::istringstream lines(message.body);
  for (std::string line; std::getline(lines, line);) std::printf("  %s\n", line.c_str());
}

}  // namespace

std::vector<Error> check_policy_document(const std::string& path, const std::string& scope) {
  std::vector<Error> problems;
  const auto text = read_file(path, problems);
  if (!text) return problems;
  PolicyTrial trial;
  trial.document = *text;
  trial.scope = scope;
  trial.operation.id = "operation";
  trial.operation.method = "GET";
  trial.operation.url_template = "/*";
  gateway::TrialReport report = gateway::compile_policy(trial);
  for (Error& problem : report.problems) {
    problem.where = path + (problem.where.empty() ? "" : ": " + problem.where);
    problems.push_back(std::move(problem));
  }
  for (const Error& warning : report.warnings)
    std::printf("warning: %s: %s: %s\n", path.c_str(), warning.where.c_str(), warning.message.c_str());
  return problems;
}

int run_policy(const CommandLine& line) {
  std::vector<Error> problems;
  PolicyTrial trial;
  trial.scope = line.scope;
  trial.operation.id = "operation";
  trial.operation.method = "*";
  trial.operation.url_template = "/*";
  const auto document = read_file(line.policy, problems);
  const auto request = read_file(line.request, problems);
  if (request) (void)read_message(*request, line.request, trial.request, problems);
  if (!line.context.empty()) {
    if (const auto context = read_file(line.context, problems)) (void)read_context(*context, line.context, trial, problems);
  }
  if (!problems.empty()) {
    print_problems(problems);
    return kBadSettings;
  }
  trial.document = *document;
  const gateway::TrialReport report = gateway::try_policy(trial);
  for (const Error& warning : report.warnings)
    std::printf("warning: %s: %s: %s\n", line.policy.c_str(), warning.where.c_str(), warning.message.c_str());
  if (!report.problems.empty()) {
    for (const Error& problem : report.problems)
      std::printf("problem: %s: %s: %s\n", line.policy.c_str(), problem.where.c_str(), problem.message.c_str());
    return kBadSettings;
  }
  std::string section;
  for (const gateway::TrialStep& step : report.steps) {
    if (step.section != section) {
      section = step.section;
      std::printf("%s\n", section.c_str());
    }
    std::printf("  %s  [%s] %s\n", step.path.c_str(), step.scope.c_str(), step.outcome.c_str());
    for (const std::string& change : step.changes) std::printf("      %s\n", change.c_str());
    for (const std::string& message : step.messages) std::printf("      trace %s\n", message.c_str());
  }
  for (const TrialMessage& sent : report.forwarded) {
    std::printf("to the backend\n  %s %s\n", sent.method.c_str(), sent.url.c_str());
    print_message(sent);
  }
  std::printf("response\n  %d\n", report.response.status);
  print_message(report.response);
  return kDone;
}

}  // namespace gatewayd
