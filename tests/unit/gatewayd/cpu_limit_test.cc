#include "cpu_limit.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

using namespace gatewayd;
namespace fs = std::filesystem;

namespace {

// A /proc and a /sys of our own.
class FakeRoot {
 public:
  FakeRoot() { REQUIRE(mkdtemp(path_.data())); }
  ~FakeRoot() { fs::remove_all(path_); }
  FakeRoot(const FakeRoot&) = delete;
  FakeRoot& operator=(const FakeRoot&) = delete;
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories(fs::path(path_ + file).parent_path());
    std::ofstream(path_ + file) << text;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/cpus-XXXXXX";
};

unsigned affinity() {
  cpu_set_t set;
  REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  return static_cast<unsigned>(CPU_COUNT(&set));
}

}  // namespace

TEST_CASE("without a limit the affinity counts") {
  const FakeRoot root;
  CHECK(usable_cpus(root.path()) == affinity());
  root.write("/proc/self/cgroup", "0::/a/b\n");
  root.write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  CHECK(usable_cpus(root.path()) == affinity());
}

TEST_CASE("the least limit of a cgroup v2 and its ancestors counts, rounded up") {
  const FakeRoot root;
  root.write("/proc/self/cgroup", "0::/a/b\n");
  root.write("/sys/fs/cgroup/a/cpu.max", "20000 100000\n");
  root.write("/sys/fs/cgroup/a/b/cpu.max", "100000000 100000\n");
  CHECK(usable_cpus(root.path()) == 1);
}

TEST_CASE("in a container the mount point is the group") {
  const FakeRoot root;
  root.write("/proc/self/cgroup", "0::/../../elsewhere\n");
  root.write("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  CHECK(usable_cpus(root.path()) == 1);
}

TEST_CASE("a cgroup v1 quota counts, -1 is none") {
  const FakeRoot root;
  root.write("/proc/self/cgroup", "4:cpu,cpuacct:/pod\n0::/\n");
  root.write("/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us", "10000\n");
  root.write("/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_period_us", "100000\n");
  CHECK(usable_cpus(root.path()) == 1);
  root.write("/sys/fs/cgroup/cpu,cpuacct/pod/cpu.cfs_quota_us", "-1\n");
  CHECK(usable_cpus(root.path()) == affinity());
}
