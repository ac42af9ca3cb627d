#include "policy/document_reader.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "policy/expression_extent.h"
#include "policy/xml_text.h"

namespace gateway::policy {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t kMostProblems = 100;
constexpr std::size_t kDeepest = 64;
constexpr std::size_t kMostAttributes = 256;

class Reader {
 public:
  Reader(Document& document, DocumentForm form, std::vector<Problem>& problems)
      : document_(document),
        text_(document.source),
        lenient_(form == DocumentForm::Lenient),
        extents_(lenient_ ? text_ : std::string_view()),
        problems_(problems) {}

  bool read() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    if (text_.substr(at_).starts_with("<?xml") && at_ + 5 < text_.size() &&
        is_blank(text_[at_ + 5]))
      skip_past("?>", "the XML declaration");
    while (at_ < text_.size() && !stopped_) read_next();
    if (stopped_) return false;
    while (!open_.empty()) {
      problem(open_.back().start, "<" + name_of(open_.back()) + "> is never closed");
      close(text_.size());
    }
    if (!has_root_) problem(0, "the document has no element");
    return told_ == 0;
  }

 private:
  struct Piece {
    std::size_t from, to;
    bool resolve;
  };
  struct Open {
    Element element;
    std::size_t start = 0;    // its '<'
    std::size_t content = 0;  // after its '>'
    std::vector<Piece> pieces;
    bool blank = true;  // no character data but white space so far
  };

  static std::string name_of(const Open& open) { return printable(open.element.name); }
  static std::string printable(std::string_view name) {
    const std::string quoted = quote(name);
    return quoted.substr(1, quoted.size() - 2);
  }

  void problem(std::size_t offset, std::string message) {
    if (stopped_) return;
    problems_.push_back({document_.position_at(offset), std::move(message)});
    if (++told_ == kMostProblems) stopped_ = true;
  }
  void give_up(std::size_t offset, std::string message) {
    problem(offset, std::move(message));
    stopped_ = true;
  }
  [[nodiscard]] bool sees(std::string_view what) const noexcept {
    return text_.compare(at_, what.size(), what) == 0;
  }
  void skip_blanks() noexcept {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  // Comments and the like: what begins at the current place, up to and with `end`.
  std::string_view skip_past(std::string_view end, std::string_view what, std::size_t opening = 2) {
    const auto start = at_;
    const auto found = text_.find(end, at_ + opening);
    if (found == npos) {
      give_up(start, std::string(what) + " that starts here never ends");
      return {};
    }
    at_ = found + end.size();
    return text_.substr(start, at_ - start);
  }

  void read_next() {
    if (text_[at_] != '<') {
      read_text();
    } else if (sees("<!--")) {
      const auto start = at_;
      const auto comment = skip_past("-->", "the comment", 4);
      if (!lenient_ && comment.size() > 7 &&
          comment.substr(4, comment.size() - 7).find("--") != npos)
        problem(start, "a comment cannot have \"--\" inside");
    } else if (sees("<![CDATA[")) {
      read_cdata();
    } else if (sees("<!")) {
      give_up(at_, "a DOCTYPE or another declaration is not allowed");
    } else if (sees("<?")) {
      const auto start = at_;
      const auto instruction = skip_past("?>", "the processing instruction");
      if (!lenient_ && instruction.size() > 5 &&
          equals_ignoring_case(instruction.substr(2, 3), "xml") && !is_name_byte(instruction[5]))
        problem(start, "an XML declaration is only allowed at the start");
    } else if (sees("</")) {
      read_end_tag();
    } else if (at_ + 1 < text_.size() && is_name_start(text_[at_ + 1])) {
      read_start_tag();
    } else if (lenient_ && !open_.empty()) {
      open_.back().pieces.push_back({at_, at_ + 1, false});
      open_.back().blank = false;
      ++at_;
    } else {
      problem(at_, "a '<' that starts no element is written &lt;");
      ++at_;
    }
  }

  void read_cdata() {
    const auto start = at_;
    skip_past("]]>", "the CDATA section");
    if (stopped_) return;
    if (open_.empty()) {
      problem(start, "text is only allowed inside of elements");
      return;
    }
    open_.back().pieces.push_back({start + 9, at_ - 3, false});
    open_.back().blank = false;
  }

  ExpressionExtents::Extent find_expression(char quote) {
    const auto extent = extents_.find(at_, quote);
    if (extents_.exhausted()) give_up(at_, "too many expressions whose brackets do not match");
    return extent;
  }

  void read_text() {
    const auto start = at_;
    skip_blanks();
    if (open_.empty()) {
      if (at_ < text_.size() && text_[at_] != '<') {
        problem(at_, "text is only allowed inside of elements");
        at_ = std::min(text_.find('<', at_), text_.size());
      }
      return;
    }
    if (lenient_ && open_.back().blank && starts_expression(text_, at_)) {
      const auto extent = find_expression(0);
      open_.back().blank = false;
      if (extent.end != npos) {
        at_ = extent.end;
        open_.back().pieces.push_back({start, at_, !extent.as_written});
        return;
      }
      problem(at_, "the expression that starts here never ends");
    }
    const auto content = at_;
    at_ = std::min(text_.find('<', at_), text_.size());
    if (at_ > content) open_.back().blank = false;
    check_references(start, at_);
    if (!lenient_) {
      const auto end = text_.substr(0, at_).find("]]>", start);
      if (end != npos) problem(end, "\"]]>\" is only allowed at the end of a CDATA section");
    }
    open_.back().pieces.push_back({start, at_, true});
  }

  void check_references(std::size_t from, std::size_t to) {
    const auto part = text_.substr(0, to);
    for (auto at = part.find('&', from); at != npos; at = part.find('&', at + 1)) {
      const Reference found = reference_at(part, at);
      if (found.kind == Reference::Kind::Invalid) {
        problem(at, "a reference to a character that XML does not have");
      } else if (!lenient_ && found.kind == Reference::Kind::None) {
        problem(at, "a '&' that starts no entity is written &amp;");
      } else if (!lenient_ && found.kind == Reference::Kind::Unknown) {
        problem(at, "an unknown entity; amp, lt, gt, quot and apos are known");
      }
    }
  }

  std::string_view read_name() noexcept {
    const auto start = at_;
    while (at_ < text_.size() && is_name_byte(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  void read_end_tag() {
    const auto start = at_;
    at_ += 2;
    const auto name = read_name();
    skip_blanks();
    if (at_ < text_.size() && text_[at_] == '>') {
      ++at_;
    } else {
      problem(at_, "the end tag </" + printable(name) + " lacks its '>'");
      at_ = std::min(text_.find_first_of("<>", at_), text_.size());
      if (at_ < text_.size() && text_[at_] == '>') ++at_;
    }
    std::size_t depth = open_.size();
    while (depth > 0 && open_[depth - 1].element.name != name) --depth;
    if (depth == 0) {
      problem(start, "</" + printable(name) + "> closes nothing that is open");
      return;
    }
    while (open_.size() > depth) {
      problem(open_.back().start,
              "<" + name_of(open_.back()) + "> is not closed before </" + printable(name) + ">");
      close(start);
    }
    close(start);
  }

  void read_start_tag() {
    Open open;
    open.start = at_++;
    open.element.name = read_name();
    open.element.at = document_.position_at(open.start);
    bool empty = false;
    if (!read_attributes(open.element, open.start, empty)) return;
    open.content = at_;
    if (open_.empty() && has_root_) {
      problem(open.start, "a document has one element at its top, this is another");
    }
    if (open_.size() == kDeepest) {
      give_up(open.start, "elements are nested more than 64 deep");
      return;
    }
    open_.push_back(std::move(open));
    if (empty) close(at_);
  }

  // Up to and with the tag's end.
  bool read_attributes(Element& element, std::size_t start, bool& empty) {
    while (!stopped_) {
      const auto before = at_;
      skip_blanks();
      if (at_ >= text_.size()) {
        give_up(start, "the tag <" + printable(element.name) + " never ends");
        return false;
      }
      if (text_[at_] == '>') {
        ++at_;
        return true;
      }
      if (sees("/>")) {
        at_ += 2;
        empty = true;
        return true;
      }
      if (text_[at_] == '<') {
        problem(at_, "the tag <" + printable(element.name) + " lacks its '>'");
        return true;
      }
      if (!is_name_start(text_[at_])) {
        problem(at_, "the name of an attribute, '>' or \"/>\" is expected in <" +
                         printable(element.name));
        while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '>' &&
               text_[at_] != '<' && !(sees("/>")))
          ++at_;
        continue;
      }
      if (before == at_) problem(at_, "white space is expected before an attribute");
      read_attribute(element);
    }
    return false;
  }

  void read_attribute(Element& element) {
    const auto start = at_;
    const auto name = read_name();
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != '=') {
      problem(start, "the attribute " + quote(name) + " has no value");
      return;
    }
    ++at_;
    skip_blanks();
    if (at_ >= text_.size() || (text_[at_] != '"' && text_[at_] != '\'')) {
      problem(at_, "the value of " + quote(name) + " has to stand in quotes");
      while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '>' && text_[at_] != '<')
        ++at_;
      return;
    }
    Attribute attribute;
    attribute.name = name;
    const Piece value = read_value(name);
    if (stopped_) return;
    attribute.value = resolved({value});
    attribute.at = document_.position_at(value.from);
    if (element.attribute(name)) {
      problem(start, "the attribute " + quote(name) + " is there twice");
      return;
    }
    element.attributes.push_back(attribute);
    if (element.attributes.size() > kMostAttributes)
      give_up(start, "an element has more than 256 attributes");
  }

  // From the opening quote on, past the closing one.
  Piece read_value(std::string_view name) {
    const char mark = text_[at_++];
    const auto from = at_;
    if (lenient_) {
      skip_blanks();
      if (starts_expression(text_, at_)) {
        const auto extent = find_expression(mark);
        if (stopped_) return {from, from, false};
        if (extent.fits) {
          const auto to = text_.find(mark, extent.end);
          at_ = to + 1;
          return {from, to, !extent.as_written};
        }
        problem(at_, extent.end == npos ? "the expression of " + quote(name) + " never ends"
                                        : "after the expression of " + quote(name) +
                                              " its closing quote is expected");
        const auto to = likely_end(at_, mark);
        at_ = std::min(to + 1, text_.size());
        return {from, to, true};
      }
    }
    const auto to = text_.find(mark, from);
    if (to == npos) {
      give_up(from, "the value of " + quote(name) + " has no closing quote");
      return {from, from, false};
    }
    check_references(from, to);
    if (!lenient_) {
      const auto angle = text_.substr(0, to).find('<', from);
      if (angle != npos) problem(angle, "a '<' in an attribute is written &lt;");
    }
    at_ = to + 1;
    return {from, to, true};
  }

  // Where a value that went wrong ends: the quote before the tag's end or another attribute.
  [[nodiscard]] std::size_t likely_end(std::size_t from, char mark) const noexcept {
    for (auto end = text_.find(mark, from); end != npos; end = text_.find(mark, end + 1)) {
      auto i = end + 1;
      while (i < text_.size() && is_blank(text_[i])) ++i;
      if (text_.compare(i, 1, ">") == 0 || text_.compare(i, 2, "/>") == 0) return end;
      const auto name = i;
      while (i < text_.size() && is_name_byte(text_[i])) ++i;
      if (name > end + 1 && i > name &&
          (text_.compare(i, 2, "=\"") == 0 || text_.compare(i, 2, "='") == 0))
        return end;
    }
    return text_.size();
  }

  // The text of pieces: a view of the source where it can be.
  std::string_view resolved(const std::vector<Piece>& pieces) {
    if (pieces.empty()) return {};
    if (pieces.size() == 1) {
      const auto& one = pieces[0];
      const auto plain = text_.substr(one.from, one.to - one.from);
      if (!one.resolve || plain.find('&') == npos) return plain;
    }
    auto text = std::make_unique<ResolvedText>();
    for (const auto& piece : pieces) {
      if (piece.resolve) {
        append_resolved(text_, piece.from, piece.to, *text);
      } else {
        append_plain(text_, piece.from, piece.to, *text);
      }
    }
    if (text->text.empty()) return {};
    document_.resolved.push_back(std::move(text));
    return document_.resolved.back()->text;
  }

  void close(std::size_t inner_end) {
    Open open = std::move(open_.back());
    open_.pop_back();
    Element& element = open.element;
    element.inner = text_.substr(open.content, inner_end - std::min(inner_end, open.content));
    element.text_at = document_.position_at(open.content);
    if (!open.blank || element.children.empty()) element.text = resolved(open.pieces);
    for (const auto& piece : open.pieces) {
      auto first = piece.from;
      while (first < piece.to && is_blank(text_[first])) ++first;
      if (first == piece.to) continue;
      element.text_at = document_.position_at(first);
      break;
    }
    if (!open_.empty()) {
      open_.back().element.children.push_back(std::move(element));
    } else if (!has_root_) {
      document_.root = std::move(element);
      has_root_ = true;
    }
  }

  Document& document_;
  std::string_view text_;
  bool lenient_;
  ExpressionExtents extents_;
  std::vector<Problem>& problems_;
  std::vector<Open> open_;
  std::size_t at_ = 0;
  std::size_t told_ = 0;
  bool has_root_ = false;
  bool stopped_ = false;
};

}  // namespace

bool read_elements(Document& document, DocumentForm form, std::vector<Problem>& problems) {
  return Reader(document, form, problems).read();
}

}  // namespace gateway::policy
