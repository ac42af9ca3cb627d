#include "sources/cloud/publication.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace gateway::cloud {
namespace {

constexpr std::size_t kMaxUnserved = 64;
constexpr std::size_t kMaxReasonBytes = 1000;

// At most so many bytes, without a torn character at the end.
std::string cut(const std::string& text) {
  std::size_t size = std::min(text.size(), kMaxReasonBytes);
  while (size < text.size() && size > 0 &&
         (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    --size;
  }
  return text.substr(0, size);
}

std::string_view name_of(ApiState state) {
  switch (state) {
    case ApiState::Shadowed:
      return "shadowed: ";
    case ApiState::Stale:
      return "stale: ";
    case ApiState::Quarantined:
      return "quarantined: ";
    case ApiState::Serving:
      break;
  }
  return "";
}

}  // namespace

void Publication::publish(Taken taken) {
  tell_rejected(taken.snapshot);
  degraded_.reset();
  last_ = std::move(taken.snapshot);
  unserved_.push_back({*last_, taken.revision, std::move(taken.resources)});
  if (unserved_.size() > kMaxUnserved) unserved_.pop_front();
  sink_->publish(*last_);
}

bool Publication::degrade(Error error) {
  if (degraded_ && degraded_->code == error.code && degraded_->message == error.message)
    return false;
  degraded_ = error;
  sink_->degraded(std::move(error));
  return true;
}

bool Publication::recover() {
  if (!std::exchange(degraded_, std::nullopt)) return false;
  if (last_) sink_->publish(*last_);
  return true;
}

bool Publication::serve(const PublishReport& report) {
  for (const auto& api : report.apis) {
    if (api.state == ApiState::Serving) {
      not_serving_.erase(api.id);
    } else {
      not_serving_[api.id] = std::string(name_of(api.state)) + api.reason;
    }
  }
  const auto at = std::find_if(unserved_.rbegin(), unserved_.rend(), [&](const State& one) {
    return one.snapshot.revision == report.revision;
  });
  const bool news = at != unserved_.rend();
  if (news) {
    served_ = std::move(*at);
    unserved_.erase(unserved_.begin(), at.base());
  }
  if (served_) {
    std::erase_if(not_serving_,
                  [&](const auto& one) { return !served_->snapshot.apis.find(one.first); });
  }
  return news;
}

ServiceReports::Served Publication::describe_served(std::uint64_t version) const {
  ServiceReports::Served served{served_->snapshot.epoch, served_->revision, version, {}};
  for (const auto& [id, reason] : not_serving_) served.problems.push_back({id, cut(reason)});
  for (const auto& error : served_->snapshot.rejected) {
    served.problems.push_back({error.where, cut(error.message)});
  }
  return served;
}

void Publication::tell_rejected(const SourceSnapshot& now) const {
  std::set<std::pair<std::string_view, std::string_view>> known;
  if (last_) {
    for (const Error& error : last_->rejected) known.emplace(error.where, error.message);
  }
  for (const Error& error : now.rejected) {
    if (known.emplace(error.where, error.message).second) {
      log(observer_, LogLevel::Warn, "CloudResourceRejected", error);
    }
  }
}

}  // namespace gateway::cloud
