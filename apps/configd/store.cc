#include "store.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include <rapidjson/document.h>

#include "base/strings.h"
#include "database_file.h"
#include "high_mark.h"
#include "keys.h"
#include "model/document.h"
#include "model/member_reader.h"
#include "service.h"
#include "sqlite.h"

namespace configd {
namespace {

using gateway::Error;
using gateway::Result;

constexpr std::size_t kKeptCommits = 10'000;

struct Row {
  Stored stored;
  std::int64_t created = 0;
  std::int64_t modified = 0;
};
using Rows = std::map<std::string, Row, std::less<>>;
using Pending = std::map<std::string, std::optional<Row>, std::less<>>;  // nullopt: removed

// "/apis/users" of "/apis/users/operations/get"; "" where it is below no API.
std::string_view api_above(std::string_view id) {
  constexpr std::string_view kApis = "/apis/";
  if (!id.starts_with(kApis)) return {};
  const std::size_t end = id.find('/', kApis.size());
  return end == std::string_view::npos ? std::string_view() : id.substr(0, end);
}

bool is_api(std::string_view id) {
  return id.starts_with("/apis/") && id.find('/', 6) == std::string_view::npos;
}
bool is_gateway(std::string_view id) {
  return id.starts_with("/gateways/") && id.find('/', 10) == std::string_view::npos;
}

// The version set that an API's envelope names; "" where it is in none.
std::string version_set_of(std::string_view json) {
  if (json.find("\"apiVersionSetId\"") == std::string_view::npos) return {};
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject() || !document.HasMember("properties"))
    return {};
  const auto& properties = document["properties"];
  if (!properties.IsObject()) return {};
  const auto found = properties.FindMember("apiVersionSetId");
  if (found == properties.MemberEnd() || !found->value.IsString()) return {};
  const std::string text(gateway::text_of(found->value));
  auto id = gateway::arm::short_id(text);
  return id ? std::move(*id) : text;
}

// "Microsoft.ApiManagement/service/apis/operations"
std::string type_of(std::string_view id) {
  return "Microsoft.ApiManagement/service/" + gateway::arm::kind_of(id);
}

void add_text(rapidjson::Document& envelope, rapidjson::GenericStringRef<char> name,
              std::string_view text) {
  auto& allocator = envelope.GetAllocator();
  envelope.AddMember(
      name, rapidjson::Value(text.data(), static_cast<rapidjson::SizeType>(text.size()), allocator),
      allocator);
}

Result<gateway::arm::Resource> envelope_of(std::string_view id, rapidjson::Document&& properties,
                                           std::int64_t created, std::int64_t modified) {
  rapidjson::Document envelope(rapidjson::kObjectType, &properties.GetAllocator());
  add_text(envelope, "id", id);
  add_text(envelope, "name", id.substr(id.rfind('/') + 1));
  add_text(envelope, "type", type_of(id));
  add_text(envelope, "created", gateway::format_rfc3339(created));
  add_text(envelope, "lastModified", gateway::format_rfc3339(modified));
  envelope.AddMember("properties", static_cast<rapidjson::Value&>(properties),
                     envelope.GetAllocator());
  return gateway::arm::make_resource(envelope);
}

class SqliteStore final : public Store {
 public:
  SqliteStore(Database database, HighMark high, const gateway::Environment& environment)
      : database_(std::move(database)), high_(std::move(high)), environment_(environment) {}

  Result<void> load();

  Result<Commit> commit(const std::vector<Change>& changes) override;
  [[nodiscard]] const std::string& epoch() const noexcept override { return epoch_; }
  [[nodiscard]] std::uint64_t revision() const noexcept override { return revision_; }
  [[nodiscard]] const Stored* find(std::string_view id) const noexcept override {
    const auto found = rows_.find(id);
    return found == rows_.end() ? nullptr : &found->second.stored;
  }
  void each(std::string_view prefix, const std::function<void(const Stored&)>& f) const override {
    for (auto at = rows_.lower_bound(prefix); at != rows_.end() && at->first.starts_with(prefix);
         ++at) {
      f(at->second.stored);
    }
  }
  [[nodiscard]] std::optional<std::vector<std::string>> touched_after(
      std::uint64_t revision) const override;
  void on_commit(std::function<void(const Commit&)> listener) override {
    listeners_.push_back(std::move(listener));
  }
  [[nodiscard]] std::optional<std::string> secret(std::string_view name) const override {
    const auto found = secrets_.find(name);
    return found == secrets_.end() ? std::nullopt : std::optional(found->second);
  }
  Result<void> set_secret(std::string_view name, std::string_view value) override;

 private:
  using Secrets = std::map<std::string, std::string, std::less<>>;
  using SecretChanges = std::map<std::string, std::optional<std::string>>;

  Result<void> prepare();
  Result<void> load_history();
  Result<void> begin_epoch();
  [[nodiscard]] const Row* current(const Pending& pending, std::string_view id) const;
  Result<void> plan_write(const Change& change, std::int64_t now, Pending& pending) const;
  void plan_removal(const std::string& id, Pending& pending) const;
  void restamp(Pending& pending, std::int64_t now) const;
  Result<void> restamp_api(Pending& pending, const std::string& id, std::int64_t at_least) const;
  void keep_changes_only(Pending& pending) const;
  [[nodiscard]] SecretChanges plan_keys(const Pending& pending) const;
  Result<void> write(const Pending& pending, const SecretChanges& keys, std::uint64_t revision);
  int write_rows(const Pending& pending, std::uint64_t revision);
  int write_secrets(const SecretChanges& keys);
  Result<void> in_transaction(const std::function<int()>& work);

  Database database_;
  HighMark high_;
  gateway::Environment environment_;
  std::optional<Statement> upsert_, erase_, touch_, forget_, set_meta_, put_secret_, erase_secret_;
  Rows rows_;
  Secrets secrets_;
  std::deque<Commit> history_;
  std::string epoch_;
  std::uint64_t revision_ = 0;
  std::vector<std::function<void(const Commit&)>> listeners_;
};

Result<void> SqliteStore::prepare() {
  const std::pair<std::optional<Statement>*, std::string_view> wanted[] = {
      {&upsert_, "INSERT OR REPLACE INTO resources VALUES(?1,?2,?3,?4,?5)"},
      {&erase_, "DELETE FROM resources WHERE id=?1"},
      {&touch_, "INSERT INTO touched VALUES(?1,?2)"},
      {&forget_, "DELETE FROM touched WHERE revision<=?1"},
      {&set_meta_, "INSERT OR REPLACE INTO meta VALUES(?1,?2)"},
      {&put_secret_, "INSERT OR REPLACE INTO secrets VALUES(?1,?2)"},
      {&erase_secret_, "DELETE FROM secrets WHERE name=?1"},
  };
  for (const auto& [into, sql] : wanted) {
    auto statement = Statement::prepare(database_, sql);
    if (!statement) return statement.error();
    *into = std::move(*statement);
  }
  return {};
}

Result<void> SqliteStore::load() {
  if (auto prepared = prepare(); !prepared) return prepared.error();
  auto epoch = database_.text("SELECT value FROM meta WHERE name='epoch'");
  if (!epoch) return epoch.error();
  auto revision = database_.text("SELECT value FROM meta WHERE name='revision'");
  if (!revision) return revision.error();
  const auto number = gateway::parse_decimal(*revision);
  if (epoch->size() != 32 || !number)
    return broken(database_.file(), "the database names no epoch and revision");
  epoch_ = std::move(*epoch);
  revision_ = *number;

  auto all = Statement::prepare(database_,
                                "SELECT id,json,etag,created,modified FROM resources ORDER BY id");
  if (!all) return all.error();
  int code = SQLITE_ROW;
  while ((code = all->step()) == SQLITE_ROW) {
    Row row;
    row.stored.resource = {std::string(all->text(0)), std::string(all->text(1))};
    row.stored.etag = all->text(2);
    row.created = all->number(3);
    row.modified = all->number(4);
    std::string id = row.stored.resource.id;
    rows_.emplace_hint(rows_.end(), std::move(id), std::move(row));
  }
  if (code != SQLITE_DONE) return database_.error(code);

  auto secrets = Statement::prepare(database_, "SELECT name,value FROM secrets");
  if (!secrets) return secrets.error();
  while ((code = secrets->step()) == SQLITE_ROW)
    secrets_[std::string(secrets->text(0))] = secrets->text(1);
  if (code != SQLITE_DONE) return database_.error(code);
  if (auto history = load_history(); !history) return history.error();
  return begin_epoch();
}

Result<void> SqliteStore::load_history() {
  auto touched =
      Statement::prepare(database_, "SELECT revision,id FROM touched ORDER BY revision,id");
  if (!touched) return touched.error();
  int code = SQLITE_ROW;
  while ((code = touched->step()) == SQLITE_ROW) {
    const auto revision = static_cast<std::uint64_t>(touched->number(0));
    if (history_.empty() || history_.back().revision != revision)
      history_.push_back({revision, {}});
    history_.back().touched.emplace_back(touched->text(1));
  }
  if (code != SQLITE_DONE) return database_.error(code);
  return {};
}

// A database that the mark beside it does not know, or knows to have been further, was put back
// from a copy (or its mark was lost): what gateways hold of the old epoch says nothing about it.
Result<void> SqliteStore::begin_epoch() {
  const auto mark = high_.read();
  const bool same = mark ? mark->epoch == epoch_ && mark->revision <= revision_ : revision_ == 0;
  if (!same) {
    std::string fresh = new_subscription_key(*environment_.entropy);
    auto written = in_transaction([&] { return set_meta_->bind(1, "epoch").bind(2, fresh).run(); });
    if (!written) return written.error();
    epoch_ = std::move(fresh);
  }
  if (mark == HighMark::Mark{epoch_, revision_}) return {};
  if (auto written = high_.write({epoch_, revision_}); !written) return written.error();
  return high_.sync();
}

std::optional<std::vector<std::string>> SqliteStore::touched_after(std::uint64_t revision) const {
  if (revision > revision_) return std::nullopt;
  if (revision == revision_) return std::vector<std::string>();
  if (history_.empty() || history_.front().revision > revision + 1) return std::nullopt;
  std::set<std::string> ids;
  for (auto at = history_.rbegin(); at != history_.rend() && at->revision > revision; ++at) {
    ids.insert(at->touched.begin(), at->touched.end());
  }
  return std::vector<std::string>(ids.begin(), ids.end());
}

const Row* SqliteStore::current(const Pending& pending, std::string_view id) const {
  if (const auto planned = pending.find(id); planned != pending.end()) {
    return planned->second ? &*planned->second : nullptr;
  }
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : &found->second;
}

Result<void> SqliteStore::plan_write(const Change& change, std::int64_t now,
                                     Pending& pending) const {
  auto properties = gateway::parse_json(*change.properties, {}, change.id);
  if (!properties) return properties.error();
  const Row* before = current(pending, change.id);
  Row row;
  row.created = before ? before->created : now;
  row.modified = before ? before->modified : now;
  auto resource = envelope_of(change.id, std::move(*properties), row.created, row.modified);
  if (!resource) return resource.error();
  if (before && *resource == before->stored.resource) return {};
  if (before && now > row.modified) {
    rapidjson::Document envelope;
    envelope.Parse(resource->json.data(), resource->json.size());
    row.modified = now;
    envelope.RemoveMember("lastModified");
    add_text(envelope, "lastModified", gateway::format_rfc3339(now));
    resource = gateway::arm::make_resource(envelope);
    if (!resource) return resource.error();
  }
  row.stored.resource = std::move(*resource);
  std::string id = row.stored.resource.id;
  pending[std::move(id)] = std::move(row);
  return {};
}

void SqliteStore::plan_removal(const std::string& id, Pending& pending) const {
  const std::string below = id + '/';
  for (auto at = pending.lower_bound(below); at != pending.end() && at->first.starts_with(below);
       ++at) {
    at->second.reset();
  }
  for (auto at = rows_.lower_bound(below); at != rows_.end() && at->first.starts_with(below);
       ++at) {
    pending[at->first].reset();
  }
  pending[id].reset();
}

Result<void> SqliteStore::restamp_api(Pending& pending, const std::string& id,
                                      std::int64_t at_least) const {
  const Row* before = current(pending, id);
  if (!before || before->modified >= at_least) return {};
  Row row = *before;
  row.modified = at_least;
  rapidjson::Document envelope;
  envelope.Parse(row.stored.resource.json.data(), row.stored.resource.json.size());
  if (envelope.HasParseError() || !envelope.IsObject())
    return broken(database_.file(), id + " is not readable");
  envelope.RemoveMember("lastModified");
  add_text(envelope, "lastModified", gateway::format_rfc3339(at_least));
  auto resource = gateway::arm::make_resource(envelope);
  if (!resource) return resource.error();
  row.stored.resource = std::move(*resource);
  pending[id] = std::move(row);
  return {};
}

// What a gateway compares is the newest `lastModified` of an API with its revisions, its version
// set's members and all below them. Whatever leaves that family hands its stamp on to those that
// stay.
void SqliteStore::restamp(Pending& pending, std::int64_t now) const {
  std::map<std::string, std::int64_t> apis;
  const auto raise = [&](std::string_view id, std::int64_t stamp) {
    auto& known = apis[std::string(id)];
    known = std::max(known, stamp);
  };
  const auto each_api = [&](std::string_view prefix, const auto& f) {
    for (auto at = rows_.lower_bound(prefix); at != rows_.end() && at->first.starts_with(prefix);) {
      if (const auto api = api_above(at->first); !api.empty()) {
        at = rows_.lower_bound(std::string(api) + '0');  // '0' follows '/': past all below the API
        continue;
      }
      f(at->first, at->second);
      ++at;
    }
  };
  for (const auto& [own_id, after] : pending) {
    const std::string& id = own_id;
    const auto found = rows_.find(id);
    const Row* before = found == rows_.end() ? nullptr : &found->second;
    if (static_cast<bool>(before) == static_cast<bool>(after) && !is_api(id)) continue;
    const std::int64_t stamp = std::max(now, before ? before->modified : 0);
    if (const auto api = api_above(id); !api.empty()) raise(api, stamp);
    if (!is_api(id) || !before) continue;
    if (!after) {
      const std::string base = id.substr(0, id.find(";rev="));
      each_api(base, [&](const std::string& other, const Row&) {
        if (other == base || other.starts_with(base + ";rev=")) raise(other, stamp);
      });
    }
    const std::string left = version_set_of(before->stored.resource.json);
    if (left.empty() || (after && version_set_of(after->stored.resource.json) == left)) continue;
    each_api("/apis/", [&](const std::string& other, const Row& row) {
      if (other != id && version_set_of(row.stored.resource.json) == left) raise(other, stamp);
    });
  }
  for (const auto& [id, stamp] : apis) (void)restamp_api(pending, id, stamp).ok();
}

void SqliteStore::keep_changes_only(Pending& pending) const {
  std::erase_if(pending, [this](const auto& one) {
    const auto found = rows_.find(one.first);
    if (found == rows_.end()) return !one.second;
    return one.second && one.second->stored.resource == found->second.stored.resource;
  });
}

// A gateway has its two keys from its first day on, and takes them with it.
SqliteStore::SecretChanges SqliteStore::plan_keys(const Pending& pending) const {
  SecretChanges keys;
  for (const auto& [id, after] : pending) {
    if (!is_gateway(id)) continue;
    const std::string_view gateway = std::string_view(id).substr(id.rfind('/') + 1);
    for (const bool primary : {true, false}) {
      const std::string name = gateway_key_name(gateway, primary);
      if (!after) {
        keys[name] = std::nullopt;
      } else if (!secrets_.contains(name)) {
        keys[name] = new_gateway_key(*environment_.entropy);
      }
    }
  }
  return keys;
}

Result<void> SqliteStore::in_transaction(const std::function<int()>& work) {
  if (auto begun = database_.execute("BEGIN IMMEDIATE"); !begun) return begun.error();
  if (const int code = work(); code != SQLITE_OK) {
    Error error = database_.error(code);
    (void)database_.execute("ROLLBACK").ok();
    return error;
  }
  auto committed = database_.execute("COMMIT");
  if (!committed && !sqlite3_get_autocommit(database_.handle()))
    (void)database_.execute("ROLLBACK").ok();
  return committed;
}

int SqliteStore::write_rows(const Pending& pending, std::uint64_t revision) {
  const auto number = static_cast<std::int64_t>(revision);
  for (const auto& [id, row] : pending) {
    const int code = row ? upsert_->bind(1, id)
                               .bind(2, row->stored.resource.json)
                               .bind(3, row->stored.etag)
                               .bind(4, row->created)
                               .bind(5, row->modified)
                               .run()
                         : erase_->bind(1, id).run();
    if (code != SQLITE_OK) return code;
    if (const int touched = touch_->bind(1, number).bind(2, id).run(); touched != SQLITE_OK)
      return touched;
  }
  if (revision > kKeptCommits) {
    const int code = forget_->bind(1, number - static_cast<std::int64_t>(kKeptCommits)).run();
    if (code != SQLITE_OK) return code;
  }
  const std::string text = std::to_string(revision);
  return set_meta_->bind(1, "revision").bind(2, text).run();
}

int SqliteStore::write_secrets(const SecretChanges& keys) {
  for (const auto& [name, value] : keys) {
    const int code = value ? put_secret_->bind(1, name).bind(2, *value).run()
                           : erase_secret_->bind(1, name).run();
    if (code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

Result<Commit> SqliteStore::commit(const std::vector<Change>& changes) {
  const std::int64_t now = environment_.clock->unix_ms() / 1000;
  Pending pending;
  for (const Change& change : changes) {
    if (!change.properties) {
      plan_removal(change.id, pending);
    } else if (auto planned = plan_write(change, now, pending); !planned) {
      return planned.error();
    }
  }
  keep_changes_only(pending);
  restamp(pending, now);
  if (pending.empty()) return Commit{revision_, {}};

  Commit made{revision_ + 1, {}};
  for (auto& [id, row] : pending) {
    made.touched.push_back(id);
    if (!row) continue;
    const auto found = rows_.find(id);
    // A stamp that was handed on is no change of content.
    const bool only_stamp = found != rows_.end() && row->stored.etag == found->second.stored.etag;
    if (!only_stamp)
      row->stored.etag = '"' + epoch_.substr(0, 8) + '-' + std::to_string(made.revision) + '"';
  }
  const SecretChanges keys = plan_keys(pending);
  auto written = in_transaction([&] {
    const int code = write_rows(pending, made.revision);
    return code == SQLITE_OK ? write_secrets(keys) : code;
  });
  if (!written) return written.error();

  revision_ = made.revision;
  for (auto& [id, row] : pending) {
    if (row) {
      rows_[id] = std::move(*row);
    } else {
      rows_.erase(id);
    }
  }
  for (const auto& [name, value] : keys) {
    if (value) {
      secrets_[name] = *value;
    } else {
      secrets_.erase(name);
    }
  }
  history_.push_back(made);
  while (!history_.empty() && history_.front().revision + kKeptCommits <= revision_)
    history_.pop_front();
  // Not synced: were it lost with the power, only a copy of the last seconds could go unnoticed.
  (void)high_.write({epoch_, revision_}).ok();
  for (const auto& listener : listeners_) listener(made);
  return made;
}

Result<void> SqliteStore::set_secret(std::string_view name, std::string_view value) {
  auto written = in_transaction([&] { return put_secret_->bind(1, name).bind(2, value).run(); });
  if (written) secrets_[std::string(name)] = value;
  return written;
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::string& file,
                                           const gateway::Environment& environment) {
  const gateway::Environment system = gateway::Environment::system();
  const gateway::Environment given{environment.clock ? environment.clock : system.clock,
                                   environment.entropy ? environment.entropy : system.entropy};
  auto database = open_database(file, *given.entropy);
  if (!database) return database.error();
  auto high = HighMark::open(file + ".high");
  if (!high) return high.error();
  auto store = std::make_unique<SqliteStore>(std::move(*database), std::move(*high), given);
  if (auto loaded = store->load(); !loaded) return loaded.error();
  return store;
}

}  // namespace configd
