#include <arpa/inet.h>

#include <array>
#include <compare>
#include <cstring>
#include <optional>
#include <vector>

#include "base/strings.h"
#include "policy/builtin/list.h"
#include "policy/run.h"

// ip-filter: lets pass, or refuses, callers by their address. IPv4 and IPv6 are never compared.
namespace gateway::policy {
namespace {

struct Address {
  bool is_v6 = false;
  std::array<unsigned char, 16> bytes{};  // of IPv4 the first four
  auto operator<=>(const Address&) const = default;
};

// IPv4 in IPv6 ("::ffff:1.2.3.4") is the IPv4 address.
std::optional<Address> parse_address(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  char zero_ended[INET6_ADDRSTRLEN + 1] = {};
  if (text.empty() || text.size() >= sizeof zero_ended) return std::nullopt;
  std::memcpy(zero_ended, text.data(), text.size());
  Address out;
  if (inet_pton(AF_INET, zero_ended, out.bytes.data()) == 1) return out;
  if (inet_pton(AF_INET6, zero_ended, out.bytes.data()) != 1) return std::nullopt;
  constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(out.bytes.data(), kMapped, sizeof kMapped) == 0) {
    Address v4;
    std::memcpy(v4.bytes.data(), out.bytes.data() + 12, 4);
    return v4;
  }
  out.is_v6 = true;
  return out;
}

class Bound {
 public:
  Bound(ElementCompiler& in, Step& step, Operand operand, Position at)
      : operand_(std::move(operand)) {
    in.mark(step, {&operand_});
    if (!operand_.present() || operand_.is_expression()) return;
    known_ = parse_address(operand_.literal());
    if (!known_) {
      in.problem(at, quote(operand_.literal()) + " is no IP address" +
                         (operand_.literal().find('/') == std::string::npos
                              ? ""
                              : ": a network is an <address-range from=\"\" to=\"\"/>"));
    }
  }
  [[nodiscard]] std::optional<Address> address(Run& run) const {
    return operand_.is_expression() ? parse_address(operand_.text(run)) : known_;
  }

 private:
  Operand operand_;
  std::optional<Address> known_;
};

class IpFilter final : public Step {
 public:
  explicit IpFilter(ElementCompiler& in) : action_(in.operand("action", true)) {
    in.only_children(in.element(), {"address", "address-range"});
    in.mark(*this, {&action_});
    if (action_.present() && !action_.is_expression()) {
      allows_ = in.literal_choice("action", {"allow", "forbid"}, 0) == 0;
    }
    for (const Element& child : in.element().children) {
      if (child.name == "address") {
        addresses_.emplace_back(in, *this, in.text_operand(child, true), child.at);
      } else if (child.name == "address-range") {
        ElementCompiler& range = in.child(child);
        ranges_.push_back({Bound(in, *this, range.operand("from", true), child.at),
                           Bound(in, *this, range.operand("to", true), child.at)});
      }
    }
    if (in.element().children.empty()) {
      in.problem(in.element().at, "<ip-filter> has at least one <address> or <address-range>");
    }
  }

  Flow run(Strand& strand) const override {
    Run& run = strand.run();
    const bool allows = action_.is_expression() ? action_of(run) : allows_;
    const std::string_view text = run.host().client_address();
    const std::optional<Address> caller = parse_address(text);
    if (!caller) {
      if (!allows) return Flow::Next;
      return refuse(strand, "FailedToParseCallerIP",
                    "Failed to establish IP address for the caller. Access denied.");
    }
    if (is_listed(run, *caller) == allows) return Flow::Next;
    if (!allows)
      return refuse(strand, "CallerIpBlocked", "Caller IP address is blocked. Access denied.");
    return refuse(strand, "CallerIpNotAllowed",
                  run.arena().copy("Caller IP address " + std::string(text) +
                                   " is not allowed. Access denied."));
  }

 private:
  struct Range {
    Bound from, to;
  };
  bool is_listed(Run& run, const Address& caller) const {
    for (const Bound& one : addresses_)
      if (const auto address = one.address(run); address && *address == caller) return true;
    for (const Range& range : ranges_) {
      const auto from = range.from.address(run), to = range.to.address(run);
      if (from && to && from->is_v6 == caller.is_v6 && to->is_v6 == caller.is_v6 &&
          *from <= caller && caller <= *to) {
        return true;
      }
    }
    return false;
  }
  bool action_of(Run& run) const {
    const std::string_view said = trim(action_.text(run));
    if (equals_ignoring_case(said, "allow")) return true;
    if (equals_ignoring_case(said, "forbid")) return false;
    throw Failure{500, "InvalidAction", "The action of ip-filter is allow or forbid.", {}, {}};
  }
  static Flow refuse(Strand& strand, std::string_view reason, std::string_view message) {
    Failure failure;
    failure.status = 403;
    failure.reason = reason;
    failure.message = message;
    failure.public_message = "Forbidden";
    return strand.run().fail(strand, failure);
  }

  Operand action_;
  bool allows_ = true;
  std::vector<Bound> addresses_;
  std::vector<Range> ranges_;
};

}  // namespace

std::unique_ptr<Step> compile_ip_filter(ElementCompiler& in) {
  return std::make_unique<IpFilter>(in);
}

}  // namespace gateway::policy
