// gatewayd: libgateway as a program. What it does is in run.cc, check.cc, explain.cc and policy.cc; to embed a
// gateway in a program of your own, start from examples/embed_minimal instead.

#include <cstdio>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "commands.h"

int main(int argc, char** argv) {
  using namespace gatewayd;
  CommandLine line;
  for (char** entry = environ; *entry; ++entry) line.settings.environment.emplace_back(*entry);

  CLI::App app("An API gateway. Without a command it runs.", "gatewayd");
  app.fallthrough();
  app.require_subcommand(0, 1);
  bool help_settings = false;
  app.add_option("--config", line.settings.file, "YAML or JSON file of settings")->type_name("FILE");
  app.add_option("--set", line.settings.sets, "a setting; stronger than environment and file")
      ->type_name("KEY=VALUE")->allow_extra_args(false);
  app.add_flag("--help-settings", help_settings, "print the table of settings and exit");
  app.footer("Exit codes: 0 drained, 2 bad settings, 3 start-up failed.");

  app.add_subcommand("run", "serve until SIGTERM or SIGINT");
  auto* check_command = app.add_subcommand("check", "check settings, documents and manifests; every problem on its own line");
  check_command->add_option("PATH", line.paths, "files or folders; none = what the settings name");
  check_command->add_option("--scope", line.scope, "of policy documents (*.xml): operation, api, product or global")
      ->check(CLI::IsMember({"operation", "api", "product", "global"}));
  auto* policy_command = app.add_subcommand("policy", "work with policy documents");
  policy_command->require_subcommand(1);
  auto* policy_run = policy_command->add_subcommand("run", "run a document against a request, and print every step");
  policy_run->add_option("--policy", line.policy, "the document, XML")->type_name("FILE")->required();
  policy_run->add_option("--request", line.request, "the request as it is sent: start line, fields, empty line, body")
      ->type_name("FILE")->required();
  policy_run->add_option("--context", line.context, "JSON: namedValues, fragments, api, operation, product, subscription, backend, clientAddress")
      ->type_name("FILE");
  policy_run->add_option("--scope", line.scope, "of the document: operation, api, product or global")
      ->check(CLI::IsMember({"operation", "api", "product", "global"}));
  auto* explain_command = app.add_subcommand("explain", "ask a running gateway what answers a URL, and why");
  explain_command->add_option("--admin", line.admin, "its admin listener; none = as the settings say")->type_name("HOST:PORT");
  explain_command->add_option("URL", line.url, "such as http://a.example/users")->required();
  auto* version_command = app.add_subcommand("version", "print the version and exit");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadSettings;
  }
  if (help_settings) {
    std::fputs(settings_table().c_str(), stdout);
    return kDone;
  }
  if (*version_command) {
    std::puts("gatewayd " GATEWAY_VERSION);
    return kDone;
  }
  if (*check_command) return check(line);
  if (*explain_command) return explain(line);
  if (*policy_run) return run_policy(line);
  return run(line);
}
