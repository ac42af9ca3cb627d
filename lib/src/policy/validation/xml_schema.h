#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

// XML Schema 1.0, by libxml2. Nothing is read from files or the network.
namespace gateway::policy {

struct XmlFinding {
  std::string message;
  std::size_t line = 1, column = 1;  // of what it is about; the column is 1 where it is not known
};

// Immutable; any thread.
class XmlSchema {
 public:
  // Null: it cannot be used; `problem` says why. A schema that takes in others by their location cannot.
  static std::shared_ptr<const XmlSchema> compile(std::string_view text, std::string& problem);
  ~XmlSchema();
  XmlSchema(const XmlSchema&) = delete;
  XmlSchema& operator=(const XmlSchema&) = delete;

  // The first finding; nothing: it conforms. `soap`: the elements in the Body of an Envelope (SOAP 1.1 or 1.2) are
  // validated, each for itself; there is one at least.
  [[nodiscard]] std::optional<XmlFinding> find_violation(std::string_view xml, bool soap) const;

 private:
  struct Compiled;
  explicit XmlSchema(std::unique_ptr<Compiled> compiled);
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace gateway::policy
