#include "gateway_view.h"

#include <cstddef>
#include <utility>

namespace configd {
namespace {

void toggle(gateway::Digest& into, const gateway::Digest& other) {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] ^= other[i];
}

}  // namespace

GatewayView::GatewayView(const Catalogue& catalogue, std::string gateway)
    : catalogue_(catalogue), gateway_(std::move(gateway)) {
  catalogue_.items().for_each([this](std::string_view id, const auto&) { assign(id); });
  catalogue_.items().for_each([this](std::string_view id, const auto& item) {
    if (sees(item->audience)) put(id, item);
  });
}

GatewayView::Difference GatewayView::apply(const std::vector<std::string>& touched) {
  Ids look(touched.begin(), touched.end());
  for (const std::string& id : touched) {
    if (!assign(id)) continue;
    const auto& tree = catalogue_.of_api(assigned_by(id));
    look.insert(tree.begin(), tree.end());
  }
  Difference difference;
  for (const std::string& id : look) {
    const auto before = items_.get(id);
    auto now = visible(id);
    if (before == now || (before && now && before->digest == now->digest)) continue;
    put(id, now);
    if (now) {
      difference.upserts.push_back(std::move(now));
    } else {
      difference.removes.push_back(id);
    }
  }
  return difference;
}

GatewayView::Difference GatewayView::since(const std::vector<std::string>& touched) const {
  Ids look(touched.begin(), touched.end());
  Ids reassigned;
  for (const std::string& id : touched) {
    const std::string_view api = assigned_by(id);
    if (api.empty()) continue;
    reassigned.emplace(api);
    const auto& tree = catalogue_.of_api(api);
    look.insert(tree.begin(), tree.end());
  }
  Difference difference;
  for (const std::string& id : look) {
    if (auto now = visible(id)) {
      difference.upserts.push_back(std::move(now));
      continue;
    }
    // Other gateways' names are none of its business.
    const Audience audience = audience_of(id);
    if (sees(audience) ||
        (audience.kind == Audience::Kind::Api && reassigned.contains(audience.name))) {
      difference.removes.push_back(id);
    }
  }
  return difference;
}

bool GatewayView::sees(const Audience& audience) const {
  switch (audience.kind) {
    case Audience::Kind::Nobody:
      return false;
    case Audience::Kind::Every:
      return true;
    case Audience::Kind::Gateway:
      return audience.name == gateway_;
    case Audience::Kind::Api:
      return apis_.contains(audience.name);
  }
  return false;
}

std::string_view GatewayView::assigned_by(std::string_view id) const {
  const auto parts = gateway::arm::id_parts(id);
  const bool own =
      parts.size() == 4 && parts[0] == "gateways" && parts[1] == gateway_ && parts[2] == "apis";
  return own ? without_revision(parts[3]) : std::string_view();
}

bool GatewayView::assign(std::string_view id) {
  const std::string api(assigned_by(id));
  if (api.empty()) return false;
  Ids& links = apis_[api];
  const bool before = !links.empty();
  if (catalogue_.items().find(id)) {
    links.emplace(id);
  } else {
    links.erase(std::string(id));
  }
  const bool now = !links.empty();
  if (!now) apis_.erase(api);
  return before != now;
}

std::shared_ptr<const Item> GatewayView::visible(std::string_view id) const {
  auto item = catalogue_.items().get(id);
  return item && sees(item->audience) ? item : nullptr;
}

void GatewayView::put(std::string_view id, const std::shared_ptr<const Item>& item) {
  if (const Item* before = items_.find(id)) toggle(digest_, before->digest);
  if (item) {
    toggle(digest_, item->digest);
    items_.set(id, item);
  } else {
    items_.erase(id);
  }
}

}  // namespace configd
