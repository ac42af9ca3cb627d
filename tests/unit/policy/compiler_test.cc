#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compiler.h"
#include "policy/run.h"

using namespace gateway::policy;

namespace {

using Lines = std::vector<std::string>;

// Policies of an embedder, for what the built-in ones need not be: they do nothing.
class Nothing final : public Step {
 public:
  Block block;
  Flow run(Strand&) const override { return Flow::Next; }
};

std::unique_ptr<Step> probe(ElementCompiler& in) {
  auto step = std::make_unique<Nothing>();
  const std::string_view text = in.literal("text", "");
  (void)in.literal_bool("flag", false);
  (void)in.literal_int("count", 1, 1, 50);
  (void)in.literal_choice("mode", {"all", "any"}, 0);
  const Operand number = in.int_operand("number", false, 0, INT64_MAX);
  const Operand truth = in.bool_operand("truth", false);
  const Operand any = in.operand("any", false);
  in.mark(*step, {&number, &truth, &any});
  in.only_children(in.element(), {"item"});
  for (const Element& one : in.element().children)
    if (one.name == "item") (void)in.attribute_operand(one, "key", true);
  if (text == "warn") in.warning(in.element().attribute("text")->at, "a warning");
  if (text.starts_with("bad"))
    in.problem(in.element().attribute("text")->at, "not \"" + std::string(text) + "\"");
  return step;
}
std::unique_ptr<Step> box(ElementCompiler& in) {
  auto step = std::make_unique<Nothing>();
  step->block = in.block(in.element());
  return step;
}
std::unique_ptr<Step> call(ElementCompiler& in) {
  auto step = std::make_unique<Nothing>();
  step->block = in.block_of(in.element(), {"probe", "outbound-only"}, {"set-url"});
  return step;
}

struct World {
  std::map<std::string, std::string, std::less<>> values, fragments;
  Surroundings surroundings;

  World() {
    static const std::vector<PolicyKind> kinds = {
        {"probe", kEverySection, kEveryScope, probe},
        {"box", kEverySection, kEveryScope, box, false, true, true},
        {"call", kEverySection, kEveryScope, call},
        {"inbound-once", kInbound, kEveryScope, probe, true},
        {"outbound-only", kOutbound | kOnError, kEveryScope, probe},
        {"global-only", kEverySection, kGlobalScope, probe},
        {"no-fragment", kEverySection, kEveryScope, probe, false, false},
        {"absent", kEverySection, kEveryScope, nullptr, false, true, false, "nobody has it"},
    };
    surroundings.more_kinds = kinds;
    surroundings.named_value = [this](std::string_view name) { return find(values, name); };
    surroundings.fragment = [this](std::string_view id) { return find(fragments, id); };
  }

  static const std::string* find(const std::map<std::string, std::string, std::less<>>& in,
                                 std::string_view name) {
    const auto found = in.find(name);
    return found == in.end() ? nullptr : &found->second;
  }

  CompiledDocumentPtr document;
  Lines compile(std::string_view text, ScopeKind scope = ScopeKind::Api) {
    std::vector<Problem> problems;
    document = compile_document(text, scope, surroundings, problems);
    REQUIRE((document == nullptr) == !problems.empty());
    return lines(problems);
  }
  Lines inbound(const std::string& text, ScopeKind scope = ScopeKind::Api) {
    return compile("<policies><inbound>" + text + "</inbound></policies>", scope);
  }
  static Lines lines(const std::vector<Problem>& problems) {
    Lines out;
    for (const Problem& one : problems) {
      out.push_back(std::to_string(one.at.line) + ":" + std::to_string(one.at.column) + ": " +
                    one.message);
    }
    return out;
  }
  // "name path" of every step, those of blocks too.
  static void paths(const Block& block, Lines& out) {
    for (const auto& step : block) {
      out.push_back(step->path);
      if (const auto* nothing = dynamic_cast<const Nothing*>(step.get()))
        paths(nothing->block, out);
    }
  }
};

}  // namespace

TEST_CASE("A document's sections become blocks of steps that know where they are") {
  World world;
  CHECK(world.compile(
            "<policies>\n  <inbound>\n    <base id=\"b\"/>\n    <probe id=\"p\"/>\n  </inbound>\n"
            "  <on-error/>\n</policies>") == Lines{});
  const CompiledDocument& document = *world.document;
  CHECK(document.present[static_cast<int>(Section::Inbound)]);
  CHECK_FALSE(document.present[static_cast<int>(Section::Backend)]);
  CHECK_FALSE(document.present[static_cast<int>(Section::Outbound)]);
  CHECK(document.present[static_cast<int>(Section::OnError)]);
  const Block& inbound = document.sections[0];
  REQUIRE(inbound.size() == 2);
  CHECK(inbound[0]->name == "base");
  CHECK(inbound[0]->id == "b");
  CHECK(inbound[1]->name == "probe");
  CHECK(inbound[1]->id == "p");
  CHECK(inbound[1]->path == "probe[2]");
  CHECK(inbound[1]->scope == ScopeKind::Api);
  CHECK(inbound[1]->section == Section::Inbound);
  CHECK(inbound[1]->at.line == 4);
  CHECK(inbound[1]->at.column == 5);
}

TEST_CASE("A path counts elements among their siblings, from 1") {
  World world;
  world.fragments["f"] = "<fragment><probe/><box><probe/></box></fragment>";
  CHECK(
      world.inbound(
          "<base/><box><probe/><box><probe/><base/></box></box><include-fragment fragment-id='f'/>"
          "<call><set-url/><probe/></call>") == Lines{});
  Lines found;
  World::paths(world.document->sections[0], found);
  CHECK(found == Lines{"base[1]", "box[2]", "box[2]/probe[1]", "box[2]/box[2]",
                       "box[2]/box[2]/probe[1]", "box[2]/box[2]/base[2]",
                       "include-fragment[3]/probe[1]", "include-fragment[3]/box[2]",
                       "include-fragment[3]/box[2]/probe[1]", "call[4]", "call[4]/probe[2]"});
}

TEST_CASE("What is wrong with a document's frame") {
  const std::pair<std::string, Lines> table[] = {
      {"<policy/>", {"1:1: a policy document is a <policies> element, not <policy>"}},
      {"<fragment/>", {"1:1: a policy document is a <policies> element, not <fragment>"}},
      {"<policies x='1'/>", {"1:14: <policies> has no attribute \"x\", only: \"id\""}},
      {"<policies>text</policies>", {"1:11: text has no place in <policies>, only sections have"}},
      {"<policies><inbond/><set-header/></policies>",
       {"1:11: <inbond> is no section, these are: \"inbound\", \"backend\", \"outbound\", "
        "\"on-error\"; did you mean "
        "\"inbound\"?",
        "1:20: <set-header> is no section, these are: \"inbound\", \"backend\", \"outbound\", "
        "\"on-error\""}},
      {"<policies><inbound/><inbound/></policies>", {"1:21: the section <inbound> is there twice"}},
      {"<policies><inbound y='1'>text</inbound></policies>",
       {"1:23: <inbound> has no attribute \"y\", only: \"id\"",
        "1:26: text has no place in <inbound>, only policies have"}},
      {std::string(kMaxDocumentBytes + 1, ' '), {"1:1: the document is larger than 524288 bytes"}},
  };
  for (const auto& [text, problems] : table) {
    World world;
    CAPTURE(text.substr(0, 100));
    CHECK(world.compile(text) == problems);
  }
}

TEST_CASE("Where each policy may be is checked, through blocks and fragments") {
  World world;
  world.fragments["f"] = "<fragment><outbound-only/></fragment>";
  world.fragments["n"] = "<fragment><no-fragment/></fragment>";
  const std::pair<std::string, Lines> table[] = {
      {"<no-fragment/>", {}},
      {"<outbound-only/>",
       {"1:20: \"outbound-only\" cannot be in inbound, only in: outbound, on-error"}},
      {"<box><outbound-only/></box>",
       {"1:25: \"outbound-only\" cannot be in inbound, only in: outbound, on-error"}},
      {"<call><outbound-only/></call>", {}},
      {"<include-fragment fragment-id='f'/>",
       {"1:11: fragment f: \"outbound-only\" cannot be in inbound, only in: outbound, on-error"}},
      {"<include-fragment fragment-id='n'/>",
       {"1:11: fragment n: \"no-fragment\" cannot be in a fragment"}},
      {"<global-only/>", {"1:20: \"global-only\" cannot be at the scope api, only at: global"}},
      {"<probee/>", {"1:20: there is no policy \"probee\"; did you mean \"probe\"?"}},
      {"<outbound><base/></outbound>", {"1:20: there is no policy \"outbound\""}},
      {"<inbound-once/><probe/><inbound-once/>",
       {"1:43: \"inbound-once\" can be in a section only once"}},
      {"<inbound-once/><box><inbound-once/></box>",
       {"1:40: \"inbound-once\" can be in a section only once"}},
      {"<choose><when "
       "condition='true'><inbound-once/></when><otherwise><inbound-once/></otherwise></choose>",
       {}},
      {"<choose><when condition='true'><inbound-once/></when></choose><inbound-once/>",
       {"1:82: \"inbound-once\" can be in a section only once"}},
      {"<call><box/><set-url/></call>",
       {"1:26: <box> cannot be in <call>, only: \"set-url\", \"probe\", \"outbound-only\""}},
      {"<base x='1'/>", {"1:29: <base> has no attribute \"x\", only: \"id\""}},
      {"<base><probe/></base>", {"1:26: <probe> cannot be in <base>, which has no elements"}},
  };
  for (const auto& [text, problems] : table) {
    CAPTURE(text);
    CHECK(world.inbound(text) == problems);
  }
}

TEST_CASE(
    "Attributes are checked, and those that nobody knows are told with what was probably meant") {
  const std::pair<std::string, Lines> table[] = {
      {"<probe id='i' text='t' flag='True' count='50' mode='Any' number='7' truth='FALSE' "
       "any='@@x'/>",
       {}},
      {"<probe><item key='1'/><item key=''/></probe>", {}},
      {"<probe coount='1'/>",
       {"1:35: <probe> has no attribute \"coount\", only: \"text\", \"flag\", \"count\", \"mode\", "
        "\"number\", "
        "\"truth\", \"any\", \"id\"; did you mean \"count\"?"}},
      {"<probe flag='yes' count='51' mode='none' number='-1' truth='1'/>",
       {"1:33: \"flag\" of <probe> is \"true\" or \"false\", not \"yes\"",
        "1:45: \"count\" of <probe> is a whole number from 1 to 50, not \"51\"",
        "1:55: \"mode\" of <probe> is one of \"all\", \"any\", not \"none\"",
        "1:69: \"number\" of <probe> is an expression or a whole number from 0 on, not \"-1\"",
        "1:80: \"truth\" of <probe> is an expression, \"true\" or \"false\", not \"1\""}},
      {"<probe count='4 4'/>",
       {"1:34: \"count\" of <probe> is a whole number from 1 to 50, not \"4 4\""}},
      {"<probe text='@(1)'/>", {"1:33: \"text\" of <probe> cannot be an expression"}},
      {"<probe><item/><item key='1' y='2'/><thing/></probe>",
       {"1:27: <item> lacks the attribute \"key\"",
        "1:51: <item> has no attribute \"y\", only: \"key\", \"id\"",
        "1:55: <thing> cannot be in <probe>, only: \"item\""}},
      {"<include-fragment/>", {"1:20: <include-fragment> lacks the attribute \"fragment-id\""}},
      {"<include-fragment fragment-id='@(1)'/>",
       {"1:51: \"fragment-id\" of <include-fragment> cannot be an expression"}},
  };
  for (const auto& [text, problems] : table) {
    World world;
    CAPTURE(text);
    CHECK(world.inbound(text) == problems);
  }
}

TEST_CASE("Every problem of a document is told at once, those of its fragments last and once") {
  World world;
  world.fragments["f"] =
      "<fragment>\n  <base/>\n  <include-fragment fragment-id='f'/>\n  <nothing/></fragment>";
  world.fragments["broken"] = "<fragment>\n  <probe>\n</fragment>";
  world.fragments["other"] = "<policies/>";
  CHECK(world.compile(
            "<policies>\n<inbound>\n<probe count='x'/>\n{{missing}}<nothing/>\n"
            "<include-fragment fragment-id='f'/>\n<include-fragment fragment-id='broken'/>\n"
            "<include-fragment fragment-id='other'/>\n<include-fragment "
            "fragment-id='gone'/>\n</inbound>\n"
            "<outbound><include-fragment fragment-id='f'/><probe flag='{{missing}}'/></outbound>\n"
            "</policies>") ==
        Lines{"4:1: there is no named value \"missing\"",
              "10:59: there is no named value \"missing\"",
              "3:15: \"count\" of <probe> is a whole number from 1 to 50, not \"x\"",
              "4:1: text has no place in <inbound>, only policies have",
              "4:12: there is no policy \"nothing\"", "8:32: there is no policy fragment \"gone\"",
              "2:3: fragment f: <base/> cannot be in a fragment",
              "3:3: fragment f: a fragment cannot include another one",
              "4:3: fragment f: there is no policy \"nothing\"",
              "2:3: fragment broken: <probe> is not closed before </fragment>",
              "1:1: fragment other: a fragment is a <fragment> element, not <policies>"});
}

TEST_CASE("Fragments cannot make a document without bound") {
  World world;
  world.fragments["f"] =
      "<fragment>" + std::string(kMaxDocumentBytes / 2, ' ') + "<probe/></fragment>";
  std::string text;
  for (int i = 0; i < 100; ++i) text += "<include-fragment fragment-id='f'/>";
  const Lines problems = world.inbound(text);
  REQUIRE_FALSE(problems.empty());
  CHECK(problems[0].find("the document is too large with its fragments") != std::string::npos);
}

TEST_CASE("A named value's text is put in, and never told") {
  World world;
  world.values = {{"n", "7"}, {"secret", "bad-hunter2"}, {"markup", "'/><nothing/>"}};
  CHECK(world.inbound("<probe count='{{n}}' id='{{n}}{{markup}}'/>") == Lines{});
  REQUIRE(world.document->sections[0].size() == 1);
  CHECK(world.document->sections[0][0]->id == "7'/><nothing/>");
  CHECK(world.inbound("<probe text='{{secret}}'/><probe text='{{secret}}' count='{{secret}}'/>") ==
        Lines{"1:33: not \"{{secret}}\"", "1:59: not \"{{secret}}\"",
              "1:78: \"count\" of <probe> is a whole number from 1 to 50, not \"{{secret}}\""});
}

TEST_CASE("What is not offered is skipped with a warning, or refused") {
  World world;
  world.fragments["f"] = "<fragment><absent/></fragment>";
  const std::string text =
      "<absent x='1'><y/></absent><probe text='warn'/><include-fragment fragment-id='f'/>"
      "<get-authorization-context/><validate-odata-request/>";
  CHECK(world.inbound(text) == Lines{});
  CHECK(world.document->sections[0].size() == 1);
  CHECK_FALSE(world.document->plain);
  CHECK(
      World::lines(world.document->warnings) ==
      Lines{"1:20: \"absent\" is skipped: nobody has it", "1:60: a warning",
            "1:11: fragment f: \"absent\" is skipped: nobody has it",
            "1:102: \"get-authorization-context\" is skipped: self-hosted gateways do not have it",
            "1:130: \"validate-odata-request\" is skipped: this gateway does not read schemas of "
            "this kind"});
  world.surroundings.refuse_not_offered = true;
  CHECK(world.inbound("<absent/>") == Lines{"1:20: \"absent\" is skipped: nobody has it"});
}

TEST_CASE("<base/> is a step but at the global scope, where nothing is broader") {
  World world;
  CHECK(world.inbound("<base/><box><base/></box>", ScopeKind::Operation) == Lines{});
  CHECK(world.document->sections[0].size() == 2);
  CHECK(world.inbound("<base/>", ScopeKind::Global) == Lines{});
  CHECK(world.document->sections[0].empty());
}

TEST_CASE("A document is plain when it says what is done without it") {
  const std::tuple<std::string, ScopeKind, bool> table[] = {
      {"<policies/>", ScopeKind::Api, true},
      {"<policies><inbound><base/></inbound><backend><base/></backend></policies>", ScopeKind::Api,
       true},
      {"<policies><inbound> <!-- nothing --> <base /> </inbound></policies>", ScopeKind::Operation,
       true},
      {"<policies><inbound/></policies>", ScopeKind::Api, false},
      {"<policies><inbound><base/><base/></inbound></policies>", ScopeKind::Api, false},
      {"<policies><inbound><base/><probe/></inbound></policies>", ScopeKind::Api, false},
      {"<policies><inbound><base id='x'/></inbound></policies>", ScopeKind::Api, false},
      {"<policies><inbound/><outbound/></policies>", ScopeKind::Global, true},
      {"<policies><inbound><base/></inbound></policies>", ScopeKind::Global, true},
      {"<policies><backend/></policies>", ScopeKind::Global, false},
      {"<policies><backend><base/></backend></policies>", ScopeKind::Global, false},
      {"<policies><backend><forward-request/></backend></policies>", ScopeKind::Global, true},
      {"<policies><backend><forward-request timeout='9'/></backend></policies>", ScopeKind::Global,
       false},
      {"<policies><backend><forward-request/></backend></policies>", ScopeKind::Api, false},
  };
  for (const auto& [text, scope, plain] : table) {
    World world;
    CAPTURE(text, static_cast<int>(scope));
    REQUIRE(world.compile(text, scope) == Lines{});
    CHECK(world.document->plain == plain);
  }
}
