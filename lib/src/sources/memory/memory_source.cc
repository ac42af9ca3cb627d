#include <gateway/memory_source.h>

#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace gateway {
namespace {

class MemorySourceImpl final : public MemorySource {
 public:
  explicit MemorySourceImpl(bool synced) : synced_(synced) {}

  Result<void> start(SourceContext context) override {
    const std::lock_guard lock(content_mutex_);
    sink_ = std::move(context.sink);
    if (synced_) publish();
    if (degraded_) sink_->degraded(*degraded_);
    return {};
  }
  void stop(std::function<void()> done) noexcept override {
    {
      const std::lock_guard lock(content_mutex_);
      sink_.reset();
    }
    done();
  }
  void on_published(const PublishReport& report) noexcept override {
    const std::lock_guard lock(report_mutex_);
    report_ = report;
  }

  void replace(SourceSnapshot snapshot) override {
    const std::lock_guard lock(content_mutex_);
    content_ = std::move(snapshot);
    changed();
  }
  void update(const std::function<void(SourceSnapshot&)>& edit) override {
    const std::lock_guard lock(content_mutex_);
    edit(content_);
    changed();
  }
  void degrade(Error error) override {
    const std::lock_guard lock(content_mutex_);
    degraded_ = std::move(error);
    if (sink_) sink_->degraded(*degraded_);
  }
  PublishReport last_report() const override {
    const std::lock_guard lock(report_mutex_);
    return report_;
  }

 private:
  void changed() {
    synced_ = true;
    degraded_.reset();
    ++changes_;
    if (sink_) publish();
  }
  // Under the lock, so that the order of changes is the order of snapshots.
  void publish() {
    SourceSnapshot snapshot = content_;
    if (snapshot.revision.empty()) snapshot.revision = std::to_string(changes_);
    sink_->publish(std::move(snapshot));
  }

  std::mutex content_mutex_;
  SourceSnapshot content_;
  std::uint64_t changes_ = 0;  // the revision where the embedder counts none
  bool synced_;
  std::optional<Error> degraded_;
  std::shared_ptr<SnapshotSink> sink_;

  mutable std::mutex report_mutex_;
  PublishReport report_;
};

}  // namespace

std::unique_ptr<MemorySource> MemorySource::create(bool synced) {
  return std::make_unique<MemorySourceImpl>(synced);
}

}  // namespace gateway
