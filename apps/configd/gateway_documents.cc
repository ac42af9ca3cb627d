#include "gateway_documents.h"

#include "observe/json_text.h"

namespace configd {
namespace {

void append_position(std::string& out, const Position& position) {
  out += "{\"epoch\":";
  gateway::append_json_string(out, position.epoch);
  out += ",\"revision\":" + std::to_string(position.revision);
}

}  // namespace

std::string to_string(const Position& position) {
  return position.epoch + ":" + std::to_string(position.revision);
}

std::string write_change_event(const Position& position, const GatewayView::Difference& difference,
                               const gateway::Digest& digest) {
  std::size_t size = 512;
  for (const auto& item : difference.upserts) size += item->resource.json.size() + 1;
  for (const std::string& id : difference.removes) size += id.size() + 8;
  std::string out;
  out.reserve(size);
  out += "id: " + to_string(position) + "\nevent: change\ndata: ";
  append_position(out, position);
  out += ",\"upserts\":[";
  for (const auto& item : difference.upserts) {
    if (&item != &difference.upserts.front()) out += ',';
    out += item->resource.json;
  }
  out += "],\"removes\":[";
  for (const std::string& id : difference.removes) {
    if (&id != &difference.removes.front()) out += ',';
    gateway::append_json_string(out, id);
  }
  out += "],\"digest\":\"" + gateway::hex(digest) + "\"}\n\n";
  return out;
}

std::string SnapshotBody::at(const Position& position) {
  std::call_once(once_, [this] {
    std::size_t size = 0;
    items_.for_each(
        [&](std::string_view, const auto& item) { size += item->resource.json.size() + 1; });
    resources_.reserve(size);
    for (const std::string_view id : items_.sorted_names()) {
      if (!resources_.empty()) resources_ += ',';
      resources_ += items_.find(id)->resource.json;
    }
  });
  std::string out;
  out.reserve(resources_.size() + position.epoch.size() + 160);
  append_position(out, position);
  out += ",\"digest\":\"" + gateway::hex(digest_) + "\",\"resources\":[";
  out += resources_;
  out += "]}";
  return out;
}

}  // namespace configd
