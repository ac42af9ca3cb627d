#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/document.h"

namespace gateway::policy {

class Run;
class Strand;

enum class Section : std::uint8_t { Inbound, Backend, Outbound, OnError };
enum class ScopeKind : std::uint8_t { Operation, Api, Product, Global };  // narrow to broad

// What comes after a step.
enum class Flow : std::uint8_t {
  Next,    // the step after it
  Enter,   // Strand::enter was called: that block, then done() of its frame, then the step after it
  Wait,    // Strand::resume comes later
  Answer,  // run.response is what the client gets; no other section runs
  Fail,    // Run::fail was called: on-error
};

// One compiled policy element. Immutable; all workers run it at once. It keeps its state of a run in the
// run's arena or in the strand's frame.
class Step {
 public:
  virtual ~Step() = default;
  // May throw expression::Raised, expression::BudgetExceeded and Failure (run.h); nothing else.
  virtual Flow run(Strand& strand) const = 0;
  // The block that this step entered has ended with Next. `state` is what enter() was given.
  virtual Flow done(Strand&, void* /*state*/) const { return Flow::Next; }
  // The block that this step entered has failed, run.last_error() says how: Next swallows that, Enter
  // runs another block instead (after strand.enter), Fail passes it on.
  virtual Flow failed(Strand&, void* /*state*/) const { return Flow::Fail; }
  // The block that this step entered is left in whatever way, the exchange's end included; after
  // done() or failed() have said Next or Fail.
  virtual void left(Run&, void* /*state*/) const noexcept {}
  // Bodies that must be whole before run(): a step's own, not those of its blocks.
  bool reads_request_body = false;
  bool reads_response_body = false;
  // For traces and LastError.
  std::string_view name;  // "set-header"
  std::string path;       // "choose[3]/when[2]/set-header[1]": ordinals among the siblings, from 1
  std::string id;         // the attribute
  ScopeKind scope = ScopeKind::Global;
  Section section = Section::Inbound;
  Position at;
};

using Block = std::vector<std::unique_ptr<const Step>>;

// One document of one scope, compiled. Immutable.
struct CompiledDocument {
  Block sections[4];  // by Section
  bool present[4] = {false, false, false, false};  // a section that is absent is <base/> alone
  std::vector<Problem> warnings;
  // Only <base/>, and <forward-request/> without attributes where the global scope has it.
  bool plain = false;
  bool has_cors = false;  // its inbound section has a cors policy as a direct child
};
using CompiledDocumentPtr = std::shared_ptr<const CompiledDocument>;

}  // namespace gateway::policy
