#include "tls/tls_table.h"

#include <array>

namespace gateway {
namespace {

constexpr std::size_t kMaxName = 253;

struct NormalName {
  std::array<char, kMaxName> bytes;
  std::size_t size = 0;

  // Lower case, without one trailing dot; empty when the name is longer than DNS allows.
  explicit NormalName(std::string_view name) noexcept {
    if (!name.empty() && name.back() == '.') name.remove_suffix(1);
    if (name.size() > kMaxName) return;
    for (char c : name) bytes[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), size}; }
  // "*.rest", built in place of the first label; empty when there is no label to replace.
  [[nodiscard]] std::string_view as_wildcard() noexcept {
    const std::size_t dot = text().find('.');
    if (dot == std::string_view::npos || dot == 0) return {};
    bytes[dot - 1] = '*';
    return text().substr(dot - 1);
  }
};

const TlsBinding* find_binding(const SharedMap<TlsBinding>& bindings, std::string_view host) noexcept {
  if (host.empty() || bindings.empty()) return nullptr;
  NormalName name(host);
  if (const TlsBinding* exact = bindings.find(name.text())) return exact;
  const std::string_view wildcard = name.as_wildcard();
  return wildcard.empty() ? nullptr : bindings.find(wildcard);
}

}  // namespace

const TlsBinding* TlsTable::select(std::string_view sni) const noexcept {
  const TlsBinding* found = find_binding(bindings_, sni);
  return found ? found : default_.get();
}

bool TlsTable::covers(std::string_view host) const noexcept {
  return find_binding(bindings_, host) != nullptr;
}

void TlsTable::set(std::shared_ptr<const TlsBinding> binding) {
  const std::string host = binding->host;
  bindings_.set(host, std::move(binding));
}

}  // namespace gateway
