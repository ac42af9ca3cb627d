#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/error.h>
#include <gateway/result.h>

namespace configd {

// What a process ends with.
enum ExitCode : int {
  kDone = 0,
  kBadSettings = 2,  // the command line, or a file that it names
  kStartFailed = 3,  // the port is taken, or the database is in use or broken
};

struct ServeOptions {
  std::string database;
  std::string address = "127.0.0.1";
  std::uint16_t port = 8090;
  std::string tls_certificate;  // PEM files; both or none
  std::string tls_key;
  bool allow_http = false;
  std::string admin_token;
  std::string admin_token_file;
};
// Serves until SIGTERM or SIGINT.
int serve(const ServeOptions& options);

struct ImportDocumentOptions {
  std::string database;
  std::string file;
  std::string api;          // its name
  std::string path;         // "" = what it has, or its name
  std::string service_url;  // "" = what the document says
  std::optional<bool> subscription_required;
  std::vector<std::string> protocols;
  std::vector<std::string> gateways;  // that it is assigned to; made where missing
  std::vector<std::string> products;
};
// Reads an OpenAPI or Swagger document into the database.
int import_document(const ImportDocumentOptions& options);

struct ImportFolderOptions {
  std::string database;
  std::string folder;
  std::string overrides;  // a file; "" = none
};
// Reads an APIOps folder into the database.
int import_folder(const ImportFolderOptions& options);

struct TokenOptions {
  std::string database;
  std::string gateway;
  std::string expiry;  // RFC 3339; "" = `days` from now
  unsigned days = 30;
  bool primary = true;
};
// Prints a gateway's token.
int print_token(const TokenOptions& options);

// The Error for an option or a file that it names.
[[nodiscard]] gateway::Error refuse(std::string option, std::string message);
// The whole text of a file of at most 64 MiB.
[[nodiscard]] gateway::Result<std::string> read_file(const std::string& option,
                                                     const std::string& path);
// Prints the error for the command to standard error; returns what to end with.
int fail(std::string_view command, const gateway::Error& error, ExitCode code);

}  // namespace configd
