#pragma once

#include <memory>
#include <string_view>

#include <gateway/export.h>
#include <gateway/source.h>

namespace gateway {

// A source whose content the embedder sets. The handle may be used from any thread, before and after
// the gateway starts; changes made before are the first snapshot.
class GATEWAY_EXPORT MemorySource : public ConfigSource {
 public:
  // Replaces everything.
  virtual void replace(SourceSnapshot snapshot) = 0;
  // Changes a few entries: `edit` gets the current snapshot; what it leaves is published.
  virtual void update(const std::function<void(SourceSnapshot&)>& edit) = 0;
  virtual void degrade(Error error) = 0;
  // The last report; the version is 0 before the first.
  [[nodiscard]] virtual PublishReport last_report() const = 0;

  // `synced`: whether the (possibly empty) content counts as synced at start, or only after the first replace/update.
  [[nodiscard]] static std::unique_ptr<MemorySource> create(bool synced = true);
};

}  // namespace gateway
