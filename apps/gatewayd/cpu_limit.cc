#include "cpu_limit.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include <sched.h>

namespace gatewayd {
namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

// v2: "max 100000" or "150000 100000".
double v2_limit(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return kNoLimit;
  return std::strtod(quota.c_str(), nullptr) / period;
}

double v1_limit(const std::string& folder) {
  double quota = 0;
  double period = 0;
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  if (!(quota_file >> quota) || !(period_file >> period) || quota <= 0 || period <= 0) return kNoLimit;
  return quota / period;
}

// The least limit of a group and those that hold it. In a container the group's own path may not
// exist below the mount point; then the mount point itself is the group.
double least(const std::string& mount, std::string group, double (*limit)(const std::string&)) {
  double found = limit(mount);
  while (!group.empty() && group != "/") {
    found = std::min(found, limit(mount + group));
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
  return found;
}

double cgroup_limit(const std::string& root) {
  double found = kNoLimit;
  std::ifstream groups(root + "/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    std::istringstream fields(line);
    std::string id;
    std::string controllers;
    std::string path;
    if (!std::getline(fields, id, ':') || !std::getline(fields, controllers, ':') || !std::getline(fields, path)) {
      continue;
    }
    if (controllers.empty()) {
      found = std::min(found, least(root + "/sys/fs/cgroup", path, v2_limit));
      continue;
    }
    std::istringstream names(controllers);
    for (std::string name; std::getline(names, name, ',');) {
      if (name != "cpu") continue;
      found = std::min(found, least(root + "/sys/fs/cgroup/cpu", path, v1_limit));
      found = std::min(found, least(root + "/sys/fs/cgroup/" + controllers, path, v1_limit));
    }
  }
  return found;
}

}  // namespace

unsigned usable_cpus(const std::string& root) {
  double cpus = 1;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
  cpus = std::min(cpus, std::ceil(cgroup_limit(root)));
  return static_cast<unsigned>(std::clamp(cpus, 1.0, 256.0));
}

}  // namespace gatewayd
