#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <gateway/snapshot.h>

#include "arm/resource.h"

namespace gateway::arm {

struct TranslatorOptions {
  // The gateway whose hostnameConfigurations, certificateAuthorities and assigned APIs count
  // ("/gateways/{gateway}/apis/{api}"). "" = none named: every API is served, and where there is
  // exactly one gateway, its hostnames are taken.
  std::string gateway;
};

// Turns ARM resources into what the gateway serves, incrementally: one changed resource costs the
// rebuilding of the Api, Backend, Product … that it belongs to, however many others there are. The
// result is a function of the set of resources alone, whatever the order in which they came.
//
// Not thread-safe.
class Translator {
 public:
  explicit Translator(TranslatorOptions options);
  ~Translator();
  Translator(const Translator&) = delete;
  Translator& operator=(const Translator&) = delete;

  void upsert(const Resource& resource);
  void remove(std::string_view id);

  // What the resources mean now. Epoch and revision are the caller's to set. Apis that cannot be
  // built carry a `defect`; what is no resource at all is in `rejected`, named by its id.
  [[nodiscard]] SourceSnapshot snapshot();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway::arm
