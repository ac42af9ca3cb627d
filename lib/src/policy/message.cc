#include "policy/message.h"

#include <cstring>
#include <utility>

namespace gateway::policy {

std::string_view Fields::joined(std::string_view name, expression::Arena& arena,
                                bool* found) const {
  std::string_view only;
  std::size_t lines = 0, size = 0;
  for (const HeaderField& field : list) {
    if (!iequals(field.name, name)) continue;
    only = field.value;
    size += field.value.size() + 1;
    ++lines;
  }
  if (found) *found = lines > 0;
  if (lines <= 1) return only;
  char* const out = arena.bytes(size - 1);
  char* at = out;
  bool first = true;
  for (const HeaderField& field : list) {
    if (!iequals(field.name, name)) continue;
    if (!first) *at++ = ',';
    first = false;
    if (!field.value.empty()) std::memcpy(at, field.value.data(), field.value.size());
    at += field.value.size();
  }
  return {out, size - 1};
}

void Fields::remove(std::string_view name) {
  if (!has(name)) return;
  HeaderList kept;
  for (const HeaderField& field : list)
    if (!iequals(field.name, name)) kept.add(field.name, field.value, field.id);
  list = std::move(kept);
}

}  // namespace gateway::policy
