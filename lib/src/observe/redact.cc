#include "observe/redact.h"

#include <algorithm>
#include <array>

#include "base/strings.h"

namespace gateway {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kBegin = "-----BEGIN ";

// A name that ends in one of these has a secret value: "Ocp-Apim-Subscription-Key",
// "client_secret".
constexpr std::array<std::string_view, 22> kSecretEndings{
    "subscription-key", "subscription_key", "authorization", "api-key",
    "api_key",          "apikey",           "token",         "password",
    "passwd",           "secret",           "cookie",        "signature",
    "private-key",      "private_key",      "key_pem",       "tls.key",
    "service.auth",     "service_auth",     "backup.key",    "credential",
    "accesskey",        "assertion"};
constexpr std::array<std::string_view, 4> kSecretNames{"sig", "pwd", "primarykey", "secondarykey"};

// Schemes whose name is no word of plain language; others are covered by their header's name.
constexpr std::array<std::string_view, 4> kSchemes{"bearer", "gatewaykey", "sharedaccesssignature",
                                                   "sharedkey"};

bool is_name_byte(char c) noexcept {
  return is_alpha(c) || is_digit(c) || c == '_' || c == '-' || c == '.';
}

bool ends_with(std::string_view text, std::string_view ending) noexcept {
  return text.size() >= ending.size() &&
         equals_ignoring_case(text.substr(text.size() - ending.size()), ending);
}

bool is_space(char c) noexcept { return c == ' ' || c == '\t'; }

// Walks over the text once; copies what is harmless.
class Redactor {
 public:
  explicit Redactor(std::string_view text) : text_(text) { out_.reserve(text.size()); }

  std::string run() {
    while (at_ < text_.size()) {
      if (private_key()) continue;
      if (!is_name_byte(text_[at_])) {
        out_.push_back(text_[at_++]);
        continue;
      }
      word();
    }
    return std::move(out_);
  }

 private:
  char peek(std::size_t at) const noexcept { return at < text_.size() ? text_[at] : '\0'; }

  bool at_pem() const noexcept { return text_.substr(at_, kBegin.size()) == kBegin; }

  // Passes over a private key.
  bool private_key() {
    if (!at_pem()) return false;
    const auto title_end = text_.find("-----", at_ + kBegin.size());
    const auto title = text_.substr(at_, title_end - at_);
    if (title.find("PRIVATE KEY") == std::string_view::npos) return false;
    const auto end = text_.find("-----END ", at_ + title.size());
    const auto close = end == std::string_view::npos ? end : text_.find("-----", end + 9);
    at_ = close == std::string_view::npos ? text_.size() : close + 5;
    out_.append(kMask);
    return true;
  }

  void word() {
    const std::size_t start = at_;
    do {
      ++at_;
    } while (at_ < text_.size() && is_name_byte(text_[at_]) && !at_pem());
    const auto name = text_.substr(start, at_ - start);
    if (name.size() > 20 && name.substr(0, 3) == "eyJ" &&
        name.find('.') != std::string_view::npos) {
      out_.append(kMask);
      return;
    }
    out_.append(name);
    if (is_secret_name(name)) {
      value_of(name);
    } else if (std::any_of(kSchemes.begin(), kSchemes.end(), [&](std::string_view scheme) {
                 return equals_ignoring_case(name, scheme);
               })) {
      credentials();
    }
  }

  // What follows a secret name: a separator with a value, or nothing of interest.
  void value_of(std::string_view name) {
    std::size_t at = at_;
    if (peek(at) == '"' || peek(at) == '\'') ++at;
    while (is_space(peek(at))) ++at;
    if (peek(at) != '=' && peek(at) != ':') return;
    ++at;
    while (is_space(peek(at))) ++at;
    const char quote = peek(at) == '"' || peek(at) == '\'' ? text_[at++] : '\0';
    out_.append(text_.substr(at_, at - at_));
    at_ = at;
    const bool whole_line = ends_with(name, "authorization") || ends_with(name, "cookie");
    if (quote == '\0' && private_key()) return;
    if (skip_value(quote, whole_line)) out_.append(kMask);
  }

  void credentials() {
    std::size_t at = at_;
    while (is_space(peek(at))) ++at;
    if (at == at_) return;
    out_.append(text_.substr(at_, at - at_));
    at_ = at;
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n\"'<>)]}").find(text_[at_]) == std::string_view::npos) {
      ++at_;
    }
    if (at_ > start) out_.append(kMask);
  }

  // Passes over a value; false when there was none.
  bool skip_value(char quote, bool whole_line) noexcept {
    const std::size_t start = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (quote != '\0') {
        if (c == '\\' && at_ + 1 < text_.size()) {
          ++at_;
        } else if (c == quote) {
          break;
        }
      } else if (c == '\r' || c == '\n' ||
                 (!whole_line &&
                  std::string_view(" \t&,;\"'<>)]}").find(c) != std::string_view::npos)) {
        break;
      }
      ++at_;
    }
    return at_ > start;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string out_;
};

}  // namespace

bool is_secret_name(std::string_view name) noexcept {
  return std::any_of(kSecretEndings.begin(), kSecretEndings.end(),
                     [&](std::string_view ending) { return ends_with(name, ending); }) ||
         std::any_of(kSecretNames.begin(), kSecretNames.end(),
                     [&](std::string_view secret) { return equals_ignoring_case(name, secret); });
}

std::string redact(std::string_view text) { return Redactor(text).run(); }

}  // namespace gateway
