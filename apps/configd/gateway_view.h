#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue.h"

namespace configd {

// What one gateway sees of the service: what is for every gateway, what is its own, and the APIs
// that are assigned to it. Kept up to date by what commits touch, with the digest of the whole.
class GatewayView {
 public:
  // `catalogue` outlives the view.
  GatewayView(const Catalogue& catalogue, std::string gateway);

  struct Difference {
    std::vector<std::shared_ptr<const Item>> upserts;  // in the order of their ids, as are
    std::vector<std::string> removes;
    [[nodiscard]] bool empty() const noexcept { return upserts.empty() && removes.empty(); }
  };
  // Takes what a commit touched, after the catalogue has. It costs what was touched; assigning an
  // API costs the size of that API.
  Difference apply(const std::vector<std::string>& touched);
  // What brings a gateway up to date that has seen everything but the changes to these ids. May
  // name for removal what that gateway never had.
  [[nodiscard]] Difference since(const std::vector<std::string>& touched) const;

  [[nodiscard]] const Catalogue::Items& items() const noexcept { return items_; }
  // The XOR of the digests of all; 32 zero bytes for none.
  [[nodiscard]] const gateway::Digest& digest() const noexcept { return digest_; }

 private:
  using Ids = std::set<std::string, std::less<>>;

  [[nodiscard]] bool sees(const Audience& audience) const;
  // The API that this id assigns to this gateway, or "".
  [[nodiscard]] std::string_view assigned_by(std::string_view id) const;
  [[nodiscard]] std::shared_ptr<const Item> visible(std::string_view id) const;
  // True when that makes, or ends, an assignment.
  bool assign(std::string_view id);
  void put(std::string_view id, const std::shared_ptr<const Item>& item);

  const Catalogue& catalogue_;
  std::string gateway_;
  std::map<std::string, Ids, std::less<>> apis_;  // those assigned, each with the ids that do so
  Catalogue::Items items_;
  gateway::Digest digest_{};
};

}  // namespace configd
