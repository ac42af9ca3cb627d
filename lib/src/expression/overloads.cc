#include <algorithm>

#include "expression/binder.h"
#include "expression/type_text.h"

namespace gateway::expression {

const Type* Binder::parameter_type(const Match& match, std::size_t parameter) const {
  const Parameter& it = match.candidate.member->parameters[parameter];
  const Type* type = match.expanded && it.params ? it.type->arguments[0] : it.type;
  return match.bindings->apply(type);
}

// Which arguments each parameter takes.
bool Binder::place(const Member& member, const std::vector<GivenArgument>& arguments, Match& match, std::string* why) {
  const auto& parameters = member.parameters;
  const auto fail = [&](std::string reason) {
    if (why) *why = std::move(reason);
    return false;
  };
  match.sources.assign(parameters.size(), {});
  std::size_t next = 0;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const GivenArgument& argument = arguments[i];
    std::size_t at = next;
    if (!argument.name.empty()) {
      at = 0;
      while (at < parameters.size() && parameters[at].name != argument.name) ++at;
      if (at == parameters.size()) return fail("it has no parameter '" + std::string(argument.name) + "'");
    } else if (match.expanded && at + 1 >= parameters.size()) {
      at = parameters.size() - 1;
    } else {
      ++next;
    }
    if (at >= parameters.size()) return fail("it takes at most " + std::to_string(parameters.size()) + " arguments");
    const bool rest = match.expanded && parameters[at].params;
    if (!match.sources[at].empty() && !rest) return fail("'" + parameters[at].name + "' is given twice");
    if (parameters[at].out != argument.out) {
      return fail(parameters[at].out ? "'" + parameters[at].name + "' needs 'out'" : "'" + parameters[at].name + "' takes no 'out'");
    }
    match.sources[at].push_back(i);
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (match.sources[i].empty() && !parameters[i].optional && !(match.expanded && parameters[i].params)) {
      return fail("'" + parameters[i].name + "' is missing");
    }
  }
  return true;
}

bool Binder::infer(Match& match, std::vector<GivenArgument>& arguments, std::string* why) {
  const Member& member = *match.candidate.member;
  Bindings& bindings = *match.bindings;
  const auto fail = [&](std::string reason) {
    if (why) *why = std::move(reason);
    return false;
  };
  const auto wanted = [&](std::size_t i) {
    const Parameter& it = member.parameters[i];
    return match.expanded && it.params ? it.type->arguments[0] : it.type;
  };
  const auto is_bound = [&](const std::string& name) { return bindings.get(name) != nullptr; };
  for (std::size_t i = 0; i < match.sources.size(); ++i) {
    for (const std::size_t source : match.sources[i]) {
      const Bound& bound = arguments[source].bound;
      if (!bound.is_value() || !bound.type) continue;
      if (bound.type == dynamic_) {
        if (!is_open(wanted(i))) continue;
        const auto give_up = [&](const auto& self, const Type* type) -> void {
          if (type->is_type_parameter && !bindings.get(type->name)) bindings.set(type->name, dynamic_);
          for (const Type* each : type->arguments) self(self, each);
        };
        give_up(give_up, wanted(i));
        continue;
      }
      if (!bindings.infer(wanted(i), bound.type, member.type_parameters)) {
        return fail("'" + display(bound.type) + "' is no '" + display(bindings.apply(wanted(i))) + "'");
      }
    }
  }
  // What lambdas give, once it is known what they take.
  for (std::size_t round = 0; round <= arguments.size(); ++round) {
    if (std::all_of(member.type_parameters.begin(), member.type_parameters.end(), is_bound)) return true;
    bool learned = false;
    for (std::size_t i = 0; i < match.sources.size(); ++i) {
      for (const std::size_t source : match.sources[i]) {
        const Bound& bound = arguments[source].bound;
        const bool lambda = bound.what == Bound::What::Lambda;
        if (!lambda && bound.what != Bound::What::Methods && bound.what != Bound::What::Function) continue;
        const Type* type = wanted(i);
        std::vector<const Type*> parameters;
        const Type* result = nullptr;
        if (!delegate_types(type, parameters, result)) continue;
        if (lambda && bound.syntax->parameters.size() != parameters.size()) return fail("a lambda has another number of parameters");
        if (lambda) {
          for (std::size_t p = 0; p < parameters.size(); ++p) {
            const syntax::TypeName* written = bound.syntax->parameters[p].type;
            const Type* given = written ? resolve_quietly(written) : nullptr;
            if (given) bindings.infer(parameters[p], given, member.type_parameters);
          }
        }
        for (const Type*& each : parameters) each = bindings.apply(each);
        if (std::any_of(parameters.begin(), parameters.end(), is_open)) continue;
        if (!is_open(bindings.apply(result))) continue;
        const Type* given = nullptr;
        if (lambda) {
          const LambdaResult& body = bind_lambda(*bound.syntax, parameters, nullptr, false);
          if (!body.errors.empty()) {
            // Its own mistakes are what is wrong, not the call.
            given = dynamic_;
          } else {
            given = body.is_void ? nullptr : body.type ? body.type : object_;
          }
        } else {
          given = group_result(bound, parameters);
        }
        if (!given) return fail("a function must give a value");
        bindings.infer(result, given, member.type_parameters);
        learned = true;
      }
    }
    if (!learned) break;
  }
  for (const auto& name : member.type_parameters) {
    if (!is_bound(name)) return fail("the type argument '" + name + "' cannot be inferred: write it");
  }
  return true;
}

std::optional<Match> Binder::fit(const Candidate& candidate, std::vector<GivenArgument>& arguments,
                                 const std::vector<const Type*>& type_arguments, bool expanded, std::string* why) {
  const Member& member = *candidate.member;
  Match match;
  match.candidate = candidate;
  match.expanded = expanded;
  match.cost = (expanded ? 3 : 0) + static_cast<int>(member.type_parameters.size());
  match.bindings.emplace(catalog_);
  match.bindings->add(candidate.owner);
  if (!place(member, arguments, match, why)) return std::nullopt;
  if (!type_arguments.empty()) {
    if (type_arguments.size() != member.type_parameters.size()) {
      if (why) *why = "it takes " + std::to_string(member.type_parameters.size()) + " type arguments";
      return std::nullopt;
    }
    for (std::size_t i = 0; i < type_arguments.size(); ++i) match.bindings->set(member.type_parameters[i], type_arguments[i]);
  } else if (!infer(match, arguments, why)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < match.sources.size(); ++i) {
    if (match.sources[i].empty()) match.cost += 1;
    for (const std::size_t source : match.sources[i]) {
      const Type* wanted = parameter_type(match, i);
      const GivenArgument& argument = arguments[source];
      if (argument.out) {
        const Type* known = argument.declared ? argument.declared->type : argument.bound.type;
        if (known && known != wanted && known != dynamic_) {
          if (why) *why = "'" + member.parameters[i].name + "' needs a variable of type '" + display(wanted) + "'";
          return std::nullopt;
        }
        continue;
      }
      const Conversion conversion = classify(argument.bound, wanted);
      if (!conversion) {
        if (why) {
          *why = "'" + member.parameters[i].name + "' must be '" + display(wanted) + "'";
          if (argument.bound.is_value() && argument.bound.type) *why += ", not '" + display(argument.bound.type) + "'";
        }
        return std::nullopt;
      }
      match.cost += conversion.cost * 4;
    }
  }
  return match;
}

std::optional<Match> Binder::choose(const std::vector<Candidate>& candidates, std::vector<GivenArgument>& arguments,
                                    const std::vector<const Type*>& type_arguments) {
  std::optional<Match> best;
  for (const Candidate& candidate : candidates) {
    const auto consider = [&](bool expanded) {
      auto match = fit(candidate, arguments, type_arguments, expanded, nullptr);
      const bool better = match && (!best || match->cost < best->cost);
      if (better) best = std::move(match);
      return better;
    };
    const auto& parameters = candidate.member->parameters;
    (void)consider(false);
    if (!parameters.empty() && parameters.back().params) (void)consider(true);
  }
  return best;
}

}  // namespace gateway::expression
