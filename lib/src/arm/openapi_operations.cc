#include "arm/openapi_operations.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>
#include <vector>

#include "arm/openapi_bodies.h"
#include "arm/openapi_parameters.h"
#include "arm/operation_names.h"
#include "base/strings.h"
#include "model/url_template.h"

namespace gateway::arm {
namespace {

using rapidjson::Value;

constexpr std::size_t kMaxOperations = 10'000;
constexpr std::size_t kMaxDisplayName = 300;
constexpr std::size_t kVisit = 16;

bool is_method(std::string_view name, bool swagger) {
  static constexpr std::array<std::string_view, 8> kMethods = {"get",  "put",     "post",  "delete",
                                                               "head", "options", "patch", "trace"};
  return std::find(kMethods.begin(), kMethods.end(), name) != kMethods.end() &&
         !(swagger && name == "trace");
}

bool is_name_byte(char c) {
  return is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("_-.~$").find(c) != std::string_view::npos;
}

// What is wrong with a path, to follow its quoted text in a message; "" when nothing. RFC 6570 has
// more forms ("{+path}", "{id*}") and frameworks have others ("{id:[0-9]+}") than a URL template
// has.
std::string path_problem(std::string_view path) {
  if (!path.starts_with('/')) return "must start with '/'";
  if (path.find_first_of("?#") != std::string_view::npos) {
    return "must be a path alone; query parameters belong to the operation's parameters";
  }
  for (std::size_t open = path.find('{'); open != std::string_view::npos;
       open = path.find('{', open + 1)) {
    const std::size_t close = path.find('}', open);
    if (close == std::string_view::npos) break;
    std::string_view name = path.substr(open + 1, close - open - 1);
    if (name.starts_with('*')) name.remove_prefix(1);
    if (name.starts_with('.') || !std::all_of(name.begin(), name.end(), is_name_byte)) {
      return "must have letters, digits and _-.~$ alone in each '{name}', not " +
             quote(path.substr(open, close + 1 - open), 40);
    }
  }
  return url_template_problem(path);
}

// Equal for templates that match the same requests.
std::string match_key(std::string_view method, const UrlTemplate& path) {
  std::string key(method);
  for (const TemplateElement& element : path.elements) {
    key += '/';
    key += element.text;
    if (element.kind == TemplateElement::Kind::Literal) continue;
    key += element.kind == TemplateElement::Kind::Parameter ? "{}" : "{*}";
    key += element.suffix;
  }
  return key;
}

std::string upper_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

class OperationReader {
 public:
  explicit OperationReader(OpenapiImport& import) : import_(import) {}

  Result<Value> read() {
    const Value* paths = find_member(import_.root, "paths");
    if (!paths) {
      // OpenAPI 3.1 knows documents of components and webhooks alone.
      import_.notices.note("the document has no paths, and so no operations");
      return std::move(operations_);
    }
    if (!paths->IsObject()) return import_.refuse("paths", "must be an object");
    for (const auto& [name, item] : paths->GetObject()) {
      if (text_of(name).starts_with("x-")) continue;
      if (auto read = read_path(text_of(name), item); !read.ok()) return std::move(read).error();
      if (import_.output.exhausted()) break;
    }
    return std::move(operations_);
  }

 private:
  Result<void> read_path(std::string_view path, const Value& member) {
    const std::string at = "paths." + quote(path);
    if (const auto problem = path_problem(path); !problem.empty()) {
      import_.notices.note(at + " " + problem + "; its operations are left out");
      return {};
    }
    const auto target = import_.references.follow(member);
    if (!target.value) {
      import_.notices.note(at + ": the reference " + quote(target.reference) + " " +
                           target.problem + "; its operations are left out");
      import_.output.spend(kVisit);
      return {};
    }
    if (!target.value->IsObject()) return import_.refuse(at, "must be an object");
    const Value& item = *target.value;
    const UrlTemplate url_template = read_url_template(path);
    const Value* shared = find_member(item, "parameters");
    if (shared && !shared->IsArray())
      return import_.refuse(at + ".parameters", "must be a list of objects");
    for (const auto& [name, operation] : item.GetObject()) {
      if (!import_.output.spend(kVisit)) return {};
      const std::string_view method = text_of(name);
      if (!is_method(method, import_.swagger)) {
        notice_other(at, method);
        continue;
      }
      if (++seen_ > kMaxOperations) {
        return Error{ErrorCode::TooLarge, "openapi",
                     "has more than " + std::to_string(kMaxOperations) +
                         " operations; make several APIs of it",
                     std::string(import_.where) + ": paths", false};
      }
      if (!operation.IsObject())
        return import_.refuse(at + "." + std::string(method), "must be an object");
      auto read = read_operation(path, url_template, method, operation, shared);
      if (!read.ok()) return read;
    }
    return {};
  }

  void notice_other(const std::string& at, std::string_view name) {
    if (name == "summary" || name == "description" || name == "parameters" || name == "$ref" ||
        name.starts_with("x-")) {
      return;
    }
    if (name == "servers") {
      import_.notices.note(at + kOwnServers);
    } else {
      import_.notices.note(at + "." + quote(name) +
                           " is left out; allowed are the methods get, put, post, " +
                           "delete, options, head, patch" + (import_.swagger ? "" : ", trace"));
    }
  }

  Result<void> read_operation(std::string_view path, const UrlTemplate& url_template,
                              std::string_view lower_method, const Value& operation,
                              const Value* shared) {
    const std::string method = upper_case(lower_method);
    const std::string at = method + " " + quote(path);
    const std::string item_at = "paths." + quote(path);
    Output& output = import_.output;
    if (!output.spend(kVisit * (1 + operation.MemberCount()))) return {};
    const auto parameters =
        read_parameters(import_, at, find_member(operation, "parameters"),
                        item_at + "." + std::string(lower_method), shared, item_at);
    if (!parameters.ok()) return parameters.error();
    if (!known_.insert(match_key(method, url_template)).second) {
      import_.notices.note(at + " matches what an operation before it matches; it is left out");
      return {};
    }
    if (find_member(operation, "servers")) import_.notices.note(at + kOwnServers);

    const std::string_view operation_id = text_member(operation, "operationId");
    const std::string name = names_.take(operation_id, method, path);
    if (!operation_id.empty() && name != operation_id) {
      import_.notices.tally(
          "operationIds that are there twice or have characters that no name may have "
          "are changed");
    }
    std::string_view title = text_member(operation, "summary");
    if (title.empty()) title = operation_id;
    const std::string fallback = method + " " + std::string(path);
    if (title.empty()) title = fallback;

    Value properties(rapidjson::kObjectType);
    output.add(properties, "displayName", output.text(cut_text(title, kMaxDisplayName)));
    output.add(properties, "method", output.text(method));
    output.add(properties, "urlTemplate", output.text(path));
    add_description(import_, operation, properties);
    output.add(properties, "templateParameters",
               template_parameters(at, url_template, *parameters));
    Value request = describe_request(import_, at, operation, *parameters);
    if (!request.ObjectEmpty()) output.add(properties, "request", std::move(request));
    Value responses = describe_responses(import_, at, operation);
    if (!responses.Empty()) output.add(properties, "responses", std::move(responses));

    Value entry(rapidjson::kObjectType);
    output.add(entry, "id", output.text(name));
    output.add(entry, "properties", std::move(properties));
    output.push(operations_, std::move(entry));
    return {};
  }

  // In the order of the template, which alone says what there is.
  Value template_parameters(const std::string& at, const UrlTemplate& url_template,
                            const std::vector<ImportedParameter>& parameters) {
    Value out(rapidjson::kArrayType);
    std::size_t declared_in_template = 0;
    for (const TemplateElement& element : url_template.elements) {
      if (element.name.empty()) continue;
      const auto declared = std::find_if(
          parameters.begin(), parameters.end(), [&](const ImportedParameter& parameter) {
            return parameter.in == "path" && parameter.name == element.name;
          });
      if (declared == parameters.end()) {
        import_.notices.note(at + ": the template's parameter " + quote(element.name) +
                             " is not declared; it is taken as a string");
      } else {
        ++declared_in_template;
      }
      import_.output.push(
          out, describe_parameter(import_, element.name,
                                  declared == parameters.end() ? nullptr : declared->value, true));
    }
    const auto declared =
        std::count_if(parameters.begin(), parameters.end(),
                      [](const auto& parameter) { return parameter.in == "path"; });
    if (static_cast<std::size_t>(declared) > declared_in_template) {
      import_.notices.note(at + ": path parameters that are not in the template are left out");
    }
    return out;
  }

  static constexpr const char* kOwnServers =
      " has servers of its own, which are left out: an API has one service URL";

  OpenapiImport& import_;
  OperationNames names_;
  std::unordered_set<std::string> known_;
  std::size_t seen_ = 0;
  Value operations_{rapidjson::kArrayType};
};

}  // namespace

Result<Value> read_operations(OpenapiImport& import) { return OperationReader(import).read(); }

}  // namespace gateway::arm
