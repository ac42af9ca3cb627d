// configd: a configuration service for gateways. What it does is in serve.cc, import_command.cc and
// token.cc.

#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "commands.h"

int main(int argc, char** argv) {
  using namespace configd;
  CLI::App app("A configuration service for gateways.", "configd");
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done, 2 bad command line or input, 3 start-up failed.");

  ServeOptions serving;
  auto* serve_command = app.add_subcommand("serve", "serve until SIGTERM or SIGINT");
  serve_command
      ->add_option("--database", serving.database,
                   "the file that holds everything; made where missing")
      ->type_name("FILE")
      ->required();
  serve_command->add_option("--address", serving.address, "IP address to listen on")
      ->capture_default_str();
  serve_command
      ->add_option("--port", serving.port, "port to listen on; 0 = any free one, printed at start")
      ->capture_default_str();
  serve_command->add_option("--tls-certificate", serving.tls_certificate, "PEM chain, leaf first")
      ->type_name("FILE");
  serve_command->add_option("--tls-key", serving.tls_key, "its PEM key")->type_name("FILE");
  serve_command->add_flag("--allow-http", serving.allow_http,
                          "plain text on an address that is not loopback");
  serve_command
      ->add_option("--admin-token-file", serving.admin_token_file,
                   "holds the bearer token of the management API")
      ->type_name("FILE");
  serve_command
      ->add_option("--admin-token", serving.admin_token,
                   "that token itself; where neither is given, environment CONFIGD_ADMIN_TOKEN")
      ->type_name("TOKEN");

  auto* import_command = app.add_subcommand(
      "import", "read a document or a folder into the database of a stopped service");
  import_command->require_subcommand(1);
  ImportDocumentOptions document;
  auto* document_command = import_command->add_subcommand(
      "openapi", "an OpenAPI 3 or Swagger 2 document, in JSON or YAML");
  document_command
      ->add_option("--database", document.database,
                   "the file that holds everything; made where missing")
      ->type_name("FILE")
      ->required();
  document_command->add_option("FILE", document.file, "the document")->required();
  document_command->add_option("--api", document.api, "the name of the API")
      ->type_name("NAME")
      ->required();
  document_command->add_option("--path", document.path, "its path; none = what it has, or its name")
      ->type_name("PATH");
  document_command
      ->add_option("--service-url", document.service_url,
                   "its backend; none = as the document says")
      ->type_name("URL");
  document_command
      ->add_option("--subscription-required", document.subscription_required,
                   "whether it asks for a subscription key; none = what it has, or true")
      ->type_name("BOOL");
  document_command
      ->add_option("--protocol", document.protocols,
                   "http, https, ws or wss, which clients may use; none = as the document says, or "
                   "https")
      ->type_name("NAME")
      ->allow_extra_args(false);
  document_command
      ->add_option("--gateway", document.gateways, "assign it to this gateway; made where missing")
      ->type_name("NAME")
      ->allow_extra_args(false);
  document_command->add_option("--product", document.products, "put it into this product")
      ->type_name("NAME")
      ->allow_extra_args(false);
  ImportFolderOptions folder;
  auto* folder_command = import_command->add_subcommand("apiops", "an APIOps folder of artifacts");
  folder_command
      ->add_option("--database", folder.database,
                   "the file that holds everything; made where missing")
      ->type_name("FILE")
      ->required();
  folder_command->add_option("FOLDER", folder.folder, "the folder")->required();
  folder_command
      ->add_option("--overrides", folder.overrides,
                   "a file of what such trees lack, secrets for example")
      ->type_name("FILE");

  TokenOptions token;
  std::string key = "primary";
  auto* token_command = app.add_subcommand(
      "token", "print a gateway's token, from the database of a stopped service");
  token_command->add_option("--database", token.database, "the file that holds everything")
      ->type_name("FILE")
      ->required();
  token_command->add_option("--gateway", token.gateway, "its name")->type_name("NAME")->required();
  auto* expiry =
      token_command
          ->add_option("--expiry", token.expiry, "good until then, such as 2030-01-31T12:00:00Z")
          ->type_name("TIME");
  token_command->add_option("--days", token.days, "good for so many days")
      ->check(CLI::Range(1u, 36'500u))
      ->capture_default_str()
      ->excludes(expiry);
  token_command->add_option("--key", key, "the key that signs it: primary or secondary")
      ->check(CLI::IsMember({"primary", "secondary"}))
      ->capture_default_str();

  auto* version_command = app.add_subcommand("version", "print the version and exit");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kBadSettings;
  }
  if (*version_command) {
    std::puts("configd " GATEWAY_VERSION);
    return kDone;
  }
  if (*document_command) return import_document(document);
  if (*folder_command) return import_folder(folder);
  if (*token_command) {
    token.primary = key == "primary";
    return print_token(token);
  }
  const char* from_environment = std::getenv("CONFIGD_ADMIN_TOKEN");
  if (serving.admin_token.empty() && serving.admin_token_file.empty() && from_environment) {
    serving.admin_token = from_environment;
  }
  return serve(serving);
}
