#include <string>
#include <vector>

#include <fmt/format.h>

#include "expression/library/arguments.h"
#include "expression/library/xml_nodes.h"

namespace gateway::expression {
namespace {

struct Declared {
  std::string_view prefix, uri;
};

// As XmlWriter does, with namespace declarations added where the tree lacks them.
class Writer {
 public:
  Writer(Evaluation& eval, bool indented, std::pmr::string& out)
      : eval_(eval), indented_(indented), out_(out), known_(&eval.arena()), written_(&eval.arena()),
        begin_(out.size()) {}

  // Declarations of the ancestors, which what is written does not show.
  void know_ancestors(const XObject& node) {
    std::vector<const XElement*> elements;
    for (const XContainer* at = node.parent; at && at->kind == XmlKind::Element; at = at->parent) {
      elements.push_back(static_cast<const XElement*>(at));
    }
    for (std::size_t i = elements.size(); i-- > 0;) know(*elements[i], known_);
  }

  void node(const XNode& node, int depth, bool& mixed) {
    eval_.charge(5);
    switch (node.kind) {
      case XmlKind::Document:
        for (const XNode* it = static_cast<const XDocument&>(node).first; it; it = it->next) {
          this->node(*it, depth, mixed);
        }
        break;
      case XmlKind::Element: element(static_cast<const XElement&>(node), depth, mixed); break;
      case XmlKind::Text:
        mixed = true;
        text(static_cast<const XCharacters&>(node).text);
        break;
      case XmlKind::CData: {
        mixed = true;
        std::string_view left = static_cast<const XCharacters&>(node).text;
        out_ += "<![CDATA[";
        for (std::size_t end; (end = left.find("]]>")) != std::string_view::npos; left.remove_prefix(end + 2)) {
          out_ += left.substr(0, end + 2);
          out_ += "]]><![CDATA[";
        }
        out_ += left;
        out_ += "]]>";
        break;
      }
      case XmlKind::Comment:
        line(depth, mixed);
        out_ += "<!--";
        out_ += static_cast<const XCharacters&>(node).text;
        out_ += "-->";
        break;
      case XmlKind::Instruction: {
        line(depth, mixed);
        const auto& instruction = static_cast<const XCharacters&>(node);
        out_ += "<?";
        out_ += instruction.target;
        if (!instruction.text.empty()) out_ += ' ';
        out_ += instruction.text;
        out_ += "?>";
        break;
      }
      case XmlKind::Attribute: break;
    }
  }

  void attribute(const XAttribute& attribute, int depth) {
    if (attribute.declares_namespace()) {
      out_ += attribute.name.space.empty() ? "" : "xmlns:";
    } else if (attribute.name.space == kXmlUri) {
      out_ += "xml:";
    } else if (!attribute.name.space.empty()) {
      std::string_view prefix;
      if (const Declared* found = find(attribute.name.space, false)) {
        prefix = found->prefix;
      } else {
        prefix = eval_.arena().copy(generated(depth));
        known_.push_back({prefix, attribute.name.space});
      }
      need(prefix, attribute.name.space);
      out_ += prefix;
      out_ += ':';
    }
    out_ += attribute.name.local;
    out_ += "=\"";
    value(attribute.value);
    out_ += '"';
  }

  void text(std::string_view text) {
    eval_.charge(text.size() / 8 + 1);
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      switch (c) {
        case '&': out_ += "&amp;"; break;
        case '<': out_ += "&lt;"; break;
        case '>': out_ += "&gt;"; break;
        case '\r':
          if (i + 1 == text.size() || text[i + 1] != '\n') out_ += '\n';
          break;
        default: character(c);
      }
    }
  }

 private:
  static void know(const XElement& element, std::pmr::vector<Declared>& scope) {
    for (const XAttribute* it = element.attributes; it; it = it->next) {
      if (it->declares_namespace()) {
        scope.push_back({it->name.space.empty() ? std::string_view() : it->name.local, it->value});
      }
    }
  }

  // The innermost declaration of a namespace that none further in hides.
  const Declared* find(std::string_view uri, bool default_too) {
    for (std::size_t i = known_.size(); i-- > 0;) {
      eval_.charge(1);
      const Declared& it = known_[i];
      if (it.uri != uri || (it.prefix.empty() && !default_too)) continue;
      bool hidden = false;
      for (std::size_t j = i + 1; j < known_.size(); ++j) hidden = hidden || known_[j].prefix == it.prefix;
      if (!hidden) return &it;
    }
    return nullptr;
  }
  std::string generated(int depth) {
    for (int i = 1;; ++i) {
      std::string prefix = i == 1 ? fmt::format("p{}", depth + 1) : fmt::format("p{}_{}", depth + 1, i);
      bool taken = false;
      for (const Declared& it : known_) taken = taken || it.prefix == prefix;
      if (!taken) return prefix;
    }
  }
  // The output must declare this; what it lacks is written at the end of the start tag.
  void need(std::string_view prefix, std::string_view uri) {
    for (std::size_t i = written_.size(); i-- > 0;) {
      if (written_[i].prefix != prefix) continue;
      if (written_[i].uri == uri) return;
      if (i >= own_) {
        eval_.raise("XmlException",
                    fmt::format("The prefix '{}' cannot be redefined from '{}' to '{}' within the same start "
                                "element tag.",
                                prefix, uri, written_[i].uri));
      }
      break;
    }
    if (prefix.empty() && uri.empty() && !default_written()) return;
    written_.push_back({prefix, uri});
    missing_.push_back({prefix, uri});
  }
  [[nodiscard]] bool default_written() const {
    for (std::size_t i = written_.size(); i-- > 0;) {
      if (written_[i].prefix.empty()) return !written_[i].uri.empty();
    }
    return false;
  }

  void element(const XElement& element, int depth, bool mixed) {
    if (depth > kXmlDepth) eval_.raise("XmlException", "The tree is nested too deep.");
    line(depth, mixed);
    const std::size_t known = known_.size(), written = written_.size(), outer = own_;
    own_ = written;
    know(element, known_);
    know(element, written_);
    std::string_view prefix;
    if (element.name.space == kXmlUri) {
      prefix = "xml";
    } else {
      const Declared* found = element.name.space.empty() ? nullptr : find(element.name.space, true);
      if (found) prefix = found->prefix;
      need(prefix, element.name.space);
    }
    out_ += '<';
    tag(prefix, element.name.local);
    for (const XAttribute* it = element.attributes; it; it = it->next) {
      eval_.charge(3);
      out_ += ' ';
      attribute(*it, depth);
    }
    for (const Declared& it : missing_) {
      out_ += it.prefix.empty() ? " xmlns" : " xmlns:";
      out_ += it.prefix;
      out_ += "=\"";
      value(it.uri);
      out_ += '"';
    }
    missing_.clear();
    if (!element.first && element.empty_tag) {
      out_ += " />";
    } else {
      out_ += '>';
      for (const XNode* it = element.first; it; it = it->next) node(*it, depth + 1, mixed);
      if (element.first) line(depth, mixed);
      out_ += "</";
      tag(prefix, element.name.local);
      out_ += '>';
    }
    known_.resize(known);
    written_.resize(written);
    own_ = outer;
  }

  void tag(std::string_view prefix, std::string_view local) {
    if (!prefix.empty()) {
      out_ += prefix;
      out_ += ':';
    }
    out_ += local;
  }
  void line(int depth, bool mixed) {
    if (!indented_ || mixed || out_.size() == begin_) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(depth) * 2, ' ');
  }
  void value(std::string_view text) {
    eval_.charge(text.size() / 8 + 1);
    for (const char c : text) {
      switch (c) {
        case '&': out_ += "&amp;"; break;
        case '<': out_ += "&lt;"; break;
        case '>': out_ += "&gt;"; break;
        case '"': out_ += "&quot;"; break;
        case '\n': out_ += "&#xA;"; break;
        case '\r': out_ += "&#xD;"; break;
        case '\t': out_ += "&#x9;"; break;
        default: character(c);
      }
    }
  }
  void character(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t') {
      eval_.raise("ArgumentException", fmt::format("'\\x{:02X}', hexadecimal value 0x{:02X}, is an invalid character.",
                                                   byte, byte));
    }
    out_ += c;
  }

  Evaluation& eval_;
  bool indented_;
  std::pmr::string& out_;
  std::pmr::vector<Declared> known_;    // in scope in the tree
  std::pmr::vector<Declared> written_;  // in scope in the output
  std::size_t own_ = 0;                 // in written_: where those of the current element begin
  std::vector<Declared> missing_;
  std::size_t begin_;
};

}  // namespace

void write_xml(Evaluation& eval, const XObject& node, bool indented, std::pmr::string& out) {
  Writer writer(eval, indented, out);
  writer.know_ancestors(node);
  if (node.kind == XmlKind::Attribute) {
    writer.attribute(static_cast<const XAttribute&>(node), 0);
    return;
  }
  bool mixed = false;
  writer.node(static_cast<const XNode&>(node), 0, mixed);
}

}  // namespace gateway::expression
