#pragma once

#include <initializer_list>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document_work.h"

namespace gateway::policy {

[[nodiscard]] std::string_view section_name(Section section) noexcept;
[[nodiscard]] std::string_view scope_name(ScopeKind scope) noexcept;

// Policies of which a section can have one only, that it has so far.
using OnceSeen = std::set<std::string_view>;

// Where a block of policies stands.
struct BlockPlace {
  Place place;
  Section section = Section::Inbound;
  std::string path;  // of what has the block: "" or "choose[3]/when[2]/"
  OnceSeen* once = nullptr;
};

// The policies of an element that a section's rules hold for: sections, fragments, when.
void compile_block(DocumentWork& work, const Element& of, const BlockPlace& place, Block& out);
// The policies of an element that has rules of its own; children called as in `others` are left
// out.
void compile_block_of(DocumentWork& work, const Element& of, const BlockPlace& place,
                      std::initializer_list<std::string_view> allowed,
                      std::initializer_list<std::string_view> others, Block& out);

}  // namespace gateway::policy
