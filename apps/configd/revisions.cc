#include "revisions.h"

#include "json_members.h"

namespace configd {
namespace {

constexpr std::string_view kApis = "/apis/";
constexpr std::string_view kMark = ";rev=";

// "users;rev=2" and "/operations/get" of "/apis/users;rev=2/operations/get".
struct ApiId {
  std::string_view name;
  std::string_view rest;
};

std::optional<ApiId> split_api(std::string_view id) {
  if (!id.starts_with(kApis)) return std::nullopt;
  const std::string_view below = id.substr(kApis.size());
  const std::size_t slash = below.find('/');
  if (slash == std::string_view::npos) return ApiId{below, {}};
  return ApiId{below.substr(0, slash), below.substr(slash)};
}

// Releases and the list of revisions are the API's, not a revision's.
bool belongs_to_revision(std::string_view rest) {
  return !rest.starts_with("/releases") && !rest.starts_with("/revisions");
}

std::string api_id(std::string_view name) { return std::string(kApis) + std::string(name); }

}  // namespace

RevisionName split_revision(std::string_view name) {
  const std::size_t at = name.find(kMark);
  if (at == std::string_view::npos) return {name, {}};
  return {name.substr(0, at), name.substr(at + kMark.size())};
}

std::vector<std::string> revisions_of(const Draft& draft, std::string_view base) {
  std::vector<std::string> found;
  if (std::string id = api_id(base); draft.exists(id)) found.push_back(std::move(id));
  for (std::string& id : draft.ids(api_id(base) + std::string(kMark))) {
    if (id.find('/', kApis.size()) == std::string::npos) found.push_back(std::move(id));
  }
  return found;
}

std::string revision_number(const Draft& draft, std::string_view id) {
  if (const auto properties = draft.properties(id)) {
    const auto said = text_member(*properties, "apiRevision");
    if (said && !said->empty()) return std::string(*said);
  }
  const auto number = split_revision(id.substr(kApis.size())).number;
  return number.empty() ? "1" : std::string(number);
}

bool is_current(const Draft& draft, std::string_view id) {
  const auto properties = draft.properties(id);
  if (!properties) return false;
  return flag_member(*properties, "isCurrent")
      .value_or(split_revision(id.substr(kApis.size())).number.empty());
}

std::optional<std::string> current_revision(const Draft& draft, std::string_view base) {
  if (std::string id = api_id(base); is_current(draft, id)) return id;
  for (std::string& id : revisions_of(draft, base)) {
    if (is_current(draft, id)) return std::move(id);
  }
  return std::nullopt;
}

std::string kept_id(const Draft& draft, const std::string& id) {
  const auto api = split_api(id);
  if (!api || !belongs_to_revision(api->rest)) return id;
  const auto [base, number] = split_revision(api->name);
  if (number.empty()) {
    const auto current = current_revision(draft, base);
    return current ? *current + std::string(api->rest) : id;
  }
  for (const std::string& revision : revisions_of(draft, base)) {
    if (revision_number(draft, revision) == number) return revision + std::string(api->rest);
  }
  return id;
}

std::string told_id(const Draft& draft, const std::string& id) {
  const auto api = split_api(id);
  if (!api || !belongs_to_revision(api->rest)) return id;
  const std::string kept = api_id(api->name);
  if (!draft.exists(kept)) return id;
  std::string told = api_id(split_revision(api->name).base);
  if (!is_current(draft, kept)) told += std::string(kMark) + revision_number(draft, kept);
  return told + std::string(api->rest);
}

void make_current(Draft& draft, const std::string& id) {
  const auto base = split_revision(std::string_view(id).substr(kApis.size())).base;
  for (const std::string& revision : revisions_of(draft, base)) {
    const bool current = revision == id;
    if (is_current(draft, revision) == current) continue;
    rapidjson::Document properties = copy_of(*draft.properties(revision));
    set_flag(properties, "isCurrent", current);
    draft.put(revision, std::move(properties));
  }
}

}  // namespace configd
