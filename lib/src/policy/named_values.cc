#include "policy/named_values.h"

#include <algorithm>

#include "base/strings.h"
#include "policy/xml_text.h"

namespace gateway::policy {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t kLongestName = 256;

bool is_display_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

// Where the start tag at `from` ends: the offset of its '>'.
std::size_t tag_end(std::string_view text, std::size_t from) noexcept {
  char quote = 0;
  for (auto i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quote) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i;
    }
  }
  return npos;
}

bool says_liquid(std::string_view tag) {
  for (auto at = tag.find("template"); at != npos; at = tag.find("template", at + 1)) {
    auto rest = trim(tag.substr(at + 8));
    if (!is_blank(tag[at - 1]) || rest.empty() || rest[0] != '=') continue;
    rest = trim(rest.substr(1));
    if (rest.size() > 7 && (rest[0] == '"' || rest[0] == '\'') && rest[7] == rest[0])
      return equals_ignoring_case(rest.substr(1, 6), "liquid");
  }
  return false;
}

class Writer {
 public:
  Writer(std::string_view text, const NamedValueLookup& lookup, std::vector<Problem>& problems)
      : text_(text), lookup_(lookup), problems_(problems), lines_(line_starts(text)) {}

  Substituted write() {
    while (at_ < text_.size()) {
      const auto next = text_.find_first_of("<{]", at_);
      copy_to(std::min(next, text_.size()));
      if (next == npos) break;
      if (text_[at_] == '<') {
        read_markup();
      } else if (text_[at_] == ']') {
        if (text_.compare(at_, 3, "]]>") == 0) in_cdata_ = false;
        copy_to(at_ + 1);
      } else if (!read_reference()) {
        copy_to(at_ + 1);
      }
      if (out_.text.size() > 8 * kMaxDocumentBytes) {
        problems_.push_back({{}, "the document is too large with its named values"});
        break;
      }
    }
    return std::move(out_);
  }

 private:
  void copy_to(std::size_t end) {
    out_.text.append(text_.substr(at_, end - at_));
    at_ = end;
  }

  void read_markup() {
    if (!in_cdata_ && text_.compare(at_, 4, "<!--") == 0 && !comments_end_) {
      const auto end = text_.find("-->", at_ + 4);
      comments_end_ = end == npos;
      if (end != npos) {
        copy_to(end + 3);
        return;
      }
    } else if (text_.compare(at_, 9, "<![CDATA[") == 0) {
      in_cdata_ = true;
    } else if (!in_liquid_ && text_.compare(at_, 9, "<set-body") == 0 && at_ + 9 < text_.size() &&
               is_blank(text_[at_ + 9])) {
      // A tag without an end is told by who reads the document, and looked for here once.
      const auto end = tags_end_ ? npos : tag_end(text_, at_ + 9);
      tags_end_ = tags_end_ || end == npos;
      if (end != npos && text_[end - 1] != '/' && says_liquid(text_.substr(at_, end - at_)))
        in_liquid_ = true;
    } else if (text_.compare(at_, 10, "</set-body") == 0) {
      in_liquid_ = false;
    }
    copy_to(at_ + 1);
  }

  // At "{{Name}}": puts its value there.
  bool read_reference() {
    if (text_.compare(at_, 2, "{{") != 0) return false;
    const auto window = text_.substr(at_ + 2, kLongestName + 16);
    const auto end = window.find_first_of("}{<\"");
    if (end == npos || window.compare(end, 2, "}}") != 0) return false;
    const auto name = trim(window.substr(0, end));
    if (!is_display_name(name)) return false;
    const std::string* value = lookup_ ? lookup_(name) : nullptr;
    const auto length = end + 4;
    if (!value) {
      if (in_liquid_) return false;
      if (problems_.size() < 100)
        problems_.push_back({position_in(lines_, at_), "there is no named value " + quote(name)});
      copy_to(at_ + length);
      return true;
    }
    Substituted::Put put;
    put.at = out_.text.size();
    put.source = at_;
    put.source_size = length;
    put.name = name;
    put.value = value;
    if (in_cdata_) {
      out_.text += *value;
    } else {
      append_escaped(*value, out_.text);
    }
    put.size = out_.text.size() - put.at;
    out_.puts.push_back(std::move(put));
    at_ += length;
    return true;
  }

  std::string_view text_;
  const NamedValueLookup& lookup_;
  std::vector<Problem>& problems_;
  std::vector<std::uint32_t> lines_;
  Substituted out_;
  std::size_t at_ = 0;
  bool in_cdata_ = false;
  bool in_liquid_ = false;
  bool comments_end_ = false;  // no "-->" follows any more
  bool tags_end_ = false;
};

}  // namespace

std::size_t Substituted::source_offset(std::size_t offset) const noexcept {
  const auto after =
      std::upper_bound(puts.begin(), puts.end(), offset,
                       [](std::size_t wanted, const Put& put) { return wanted < put.at; });
  if (after == puts.begin()) return offset;
  const Put& put = *(after - 1);
  if (offset < put.at + put.size) return put.source;
  return put.source + put.source_size + (offset - put.at - put.size);
}

Substituted put_named_values(std::string_view text, const NamedValueLookup& lookup,
                             std::vector<Problem>& problems) {
  return Writer(text, lookup, problems).write();
}

Redaction::Redaction(const std::vector<Substituted::Put>& puts) {
  std::set<const std::string*> seen;
  for (const auto& put : puts) {
    if (!seen.insert(put.value).second) continue;
    const std::string_view value = *put.value;
    for (std::size_t i = 0; i + kPart <= value.size(); ++i)
      parts_.emplace(value.substr(i, kPart), &put.name);
    if (!value.empty()) tokens_.emplace(value, &put.name);
    for (std::size_t i = 0; i < value.size();) {
      auto end = i;
      while (end < value.size() && (is_alpha(value[end]) || is_digit(value[end]))) ++end;
      if (end > i) tokens_.emplace(value.substr(i, end - i), &put.name);
      i = std::max(end, i + 1);
    }
  }
}

std::string Redaction::apply(std::string message) const {
  if (tokens_.empty()) return message;
  const std::string_view text = message;
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (i + kPart <= text.size()) {
      const auto found = parts_.find(text.substr(i, kPart));
      if (found != parts_.end()) {
        auto end = i + kPart;
        while (end < text.size() && parts_.count(text.substr(end - kPart + 1, kPart))) ++end;
        out.append("{{").append(*found->second).append("}}");
        i = end;
        continue;
      }
    }
    if (text[i] == '"' || text[i] == '\'') {
      const auto end = text.find(text[i], i + 1);
      const auto found =
          end == npos ? tokens_.end() : tokens_.find(text.substr(i + 1, end - i - 1));
      if (found != tokens_.end()) {
        out.append(1, text[i]).append("{{").append(*found->second).append("}}").append(1, text[i]);
        i = end + 1;
        continue;
      }
    }
    out += text[i++];
  }
  return out;
}

}  // namespace gateway::policy
