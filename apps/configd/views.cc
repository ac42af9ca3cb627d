#include "views.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "arm/resource.h"
#include "base/strings.h"
#include "contract_check.h"
#include "json_members.h"
#include "model/member_reader.h"
#include "revisions.h"

namespace configd {
namespace {

using gateway::HttpServer;
using rapidjson::Document;
using rapidjson::Value;

constexpr std::uint64_t kUsualPage = 100;
constexpr std::uint64_t kLargestPage = 1000;

Document envelope_of(const Stored& stored) {
  Document envelope;
  envelope.Parse(stored.resource.json.data(), stored.resource.json.size());
  if (envelope.HasParseError() || !envelope.IsObject()) envelope.SetObject();
  return envelope;
}

void prefix_text(Value& value, std::string_view prefix, Document::AllocatorType& allocator) {
  if (prefix.empty() || !gateway::text_of(value).starts_with('/')) return;
  const std::string text = std::string(prefix) + std::string(gateway::text_of(value));
  value.SetString(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator);
}

Document view(const Draft& draft, const Stored& stored, std::string_view prefix) {
  Document envelope = envelope_of(stored);
  const std::string told = told_id(draft, stored.resource.id);
  set_text(envelope, "id", std::string(prefix) + told);
  set_text(envelope, "name", std::string_view(told).substr(told.rfind('/') + 1));
  const std::string kind = gateway::arm::kind_of(stored.resource.id);
  const Contract* contract = find_contract(kind);
  const Value* found = member(std::as_const(envelope), "properties");
  if (!contract || !found) return envelope;
  Document properties = copy_of(*found);
  hide_secrets(*contract, properties);
  each_reference(*contract, properties, [&](Value& value, const std::string&, std::string_view) {
    prefix_text(value, prefix, properties.GetAllocator());
  });
  if (Value* scope =
          kind == "subscriptions" ? member(static_cast<Value&>(properties), "scope") : nullptr) {
    prefix_text(*scope, prefix, properties.GetAllocator());
  }
  set_member(envelope, "properties", properties);
  return envelope;
}

// "name eq 'users'", "displayName eq 'x'", "properties/displayName eq 'x'".
struct Filter {
  std::string field;
  std::string value;
};

std::optional<Filter> read_filter(std::string_view text) {
  text = gateway::trim(text);
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  std::string_view field = text.substr(0, space);
  if (field.starts_with("properties/")) field.remove_prefix(11);
  std::string_view rest = gateway::trim(text.substr(space));
  if (!rest.starts_with("eq ")) return std::nullopt;
  rest = gateway::trim(rest.substr(3));
  if (rest.size() < 2 || rest.front() != '\'' || rest.back() != '\'') return std::nullopt;
  rest = rest.substr(1, rest.size() - 2);
  std::string value;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\'' && (i + 1 == rest.size() || rest[++i] != '\'')) return std::nullopt;
    value += rest[i];
  }
  return Filter{std::string(field), std::move(value)};
}

bool passes(const Filter& filter, const Document& shown) {
  if (filter.field == "name") return text_member(shown, "name") == filter.value;
  const Value* properties = member(static_cast<const Value&>(shown), "properties");
  return properties && properties->IsObject() &&
         text_member(*properties, filter.field) == filter.value;
}

void add_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    const bool plain = gateway::is_alpha(c) || gateway::is_digit(c) ||
                       std::string_view("-._~$").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
}

std::string next_link(const HttpServer::Request& request, std::uint64_t skip) {
  std::string link = (request.tls ? "https://" : "http://") + request.host + request.path;
  char separator = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    link += std::exchange(separator, '&');
    add_escaped(link, name);
    link += '=';
    add_escaped(link, value);
  };
  for (const auto& [name, value] : request.query) {
    if (name != "$skip") add(name, value);
  }
  add("$skip", std::to_string(skip));
  return link;
}

Document revision_view(const Draft& draft, const Store& store, const std::string& id,
                       std::string_view prefix) {
  const Document envelope = envelope_of(*store.find(id));
  const auto properties = draft.properties(id);
  const std::string number = revision_number(draft, id);
  const std::string base(split_revision(gateway::arm::id_parts(id)[1]).base);
  Document shown(rapidjson::kObjectType);
  set_text(shown, "apiId", std::string(prefix) + "/apis/" + base + ";rev=" + number);
  set_text(shown, "apiRevision", number);
  set_text(shown, "createdDateTime", text_member(envelope, "created").value_or(""));
  set_text(shown, "updatedDateTime", text_member(envelope, "lastModified").value_or(""));
  if (const auto text = text_member(*properties, "apiRevisionDescription"))
    set_text(shown, "description", *text);
  set_text(shown, "privateUrl",
           "/" + std::string(text_member(*properties, "path").value_or("")) + ";rev=" + number);
  set_flag(shown, "isOnline", true);
  set_flag(shown, "isCurrent", is_current(draft, id));
  return shown;
}

std::vector<std::string> elements(const Store& store, const Draft& draft, const Target& target) {
  if (target.kind == "apis/revisions") {
    const std::string api = target.id.substr(0, target.id.rfind('/'));
    return revisions_of(draft, split_revision(gateway::arm::id_parts(api)[1]).base);
  }
  const std::string above = kept_id(draft, target.id) + '/';
  std::vector<std::string> found;
  store.each(above, [&](const Stored& stored) {
    const std::string& id = stored.resource.id;
    if (id.find('/', above.size()) == std::string::npos) found.push_back(id);
  });
  return found;
}

bool read_page(const HttpServer::Request& request, std::string_view name, std::uint64_t least,
               std::uint64_t most, std::uint64_t& out, Problems& problems) {
  const std::string* text = request.parameter(name);
  if (!text) return true;
  const auto number = gateway::parse_decimal(*text, most);
  if (number && *number >= least) {
    out = *number;
    return true;
  }
  problems.push_back(validation_error(
      std::string(name),
      "must be a number from " + std::to_string(least) + " to " + std::to_string(most)));
  return false;
}

}  // namespace

std::string to_json_text(const Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

HttpServer::Response show_entity(const Store& store, const Stored& stored, std::string_view prefix,
                                 int status) {
  HttpServer::Response response;
  response.status = status;
  response.headers.emplace_back("ETag", stored.etag);
  response.body = to_json_text(view(Draft(store), stored, prefix));
  return response;
}

HttpServer::Response show_list(const Store& store, const Target& target,
                               const HttpServer::Request& request) {
  Problems problems;
  std::uint64_t top = kUsualPage, skip = 0;
  read_page(request, "$top", 1, kLargestPage, top, problems);
  read_page(request, "$skip", 0, 1'000'000'000, skip, problems);
  std::optional<Filter> filter;
  if (const std::string* text = request.parameter("$filter")) {
    filter = read_filter(*text);
    if (!filter) problems.push_back(validation_error("$filter", "must be such as name eq 'users'"));
  }
  if (!problems.empty()) return to_response(problems);

  const Draft draft(store);
  const auto show = [&](const std::string& id) {
    if (target.kind == "apis/revisions") return revision_view(draft, store, id, target.prefix);
    return view(draft, *store.find(id), target.prefix);
  };
  Document list(rapidjson::kObjectType);
  auto& allocator = list.GetAllocator();
  Value values(rapidjson::kArrayType);
  std::uint64_t count = 0;
  for (const std::string& id : elements(store, draft, target)) {
    const bool on_page = count >= skip && count < skip + top;
    if (!on_page && !filter) {
      ++count;
      continue;
    }
    const Document shown = show(id);
    if (filter && !passes(*filter, shown)) continue;
    if (on_page) values.PushBack(Value(shown, allocator), allocator);
    ++count;
  }
  list.AddMember("value", values, allocator);
  list.AddMember("count", count, allocator);
  if (skip + top < count) set_text(list, "nextLink", next_link(request, skip + top));
  HttpServer::Response response;
  response.body = to_json_text(list);
  return response;
}

}  // namespace configd
