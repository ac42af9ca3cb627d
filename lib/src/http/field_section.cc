#include "http/field_section.h"

#include <llhttp.h>

namespace gateway {
namespace {

struct Reader {
  HeaderList* fields = nullptr;
  std::string_view name;
};

Reader& reader(llhttp_t* parser) noexcept { return *static_cast<Reader*>(parser->data); }

int on_name(llhttp_t* parser, const char* at, std::size_t length) noexcept {
  reader(parser).name = {at, length};
  return 0;
}

int on_value(llhttp_t* parser, const char* at, std::size_t length) noexcept {
  while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t')) --length;
  Reader& to = reader(parser);
  to.fields->add(to.name, {at, length}, header_id(to.name));
  return 0;
}

// The blank line is where a field section ends; llhttp's own idea of the body is not asked for.
int on_blank_line(llhttp_t*) noexcept { return HPE_PAUSED; }

const llhttp_settings_t& field_settings() noexcept {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    s.on_header_field = on_name;
    s.on_header_value = on_value;
    s.on_headers_complete = on_blank_line;
    return s;
  }();
  return settings;
}

const llhttp_settings_t& plain_settings() noexcept {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t s;
    llhttp_settings_init(&s);
    return s;
  }();
  return settings;
}

// A parser that has read `text`. Start lines are read elsewhere, since llhttp knows only a fixed
// set of methods and takes other protocols than HTTP; so every field section starts from a copy of
// this.
llhttp_t after(llhttp_type_t type, const llhttp_settings_t& settings,
               std::string_view text) noexcept {
  llhttp_t parser;
  llhttp_init(&parser, type, &settings);
  llhttp_execute(&parser, text.data(), text.size());
  return parser;
}

}  // namespace

const char* read_fields(std::string_view lines, bool request, HeaderList& fields) noexcept {
  static const llhttp_t kRequest = after(HTTP_REQUEST, field_settings(), "POST / HTTP/1.1\r\n");
  static const llhttp_t kResponse = after(HTTP_RESPONSE, field_settings(), "HTTP/1.1 200 OK\r\n");
  llhttp_t parser = request ? kRequest : kResponse;
  Reader to{&fields, {}};
  parser.data = &to;
  if (llhttp_execute(&parser, lines.data(), lines.size()) == HPE_PAUSED) return nullptr;
  const char* reason = llhttp_get_error_reason(&parser);
  return reason != nullptr && *reason != '\0' ? reason : "malformed field line";
}

const llhttp__internal_s& chunked_template() noexcept {
  static const llhttp_t kChunked = after(HTTP_REQUEST, plain_settings(),
                                         "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  return kChunked;
}

}  // namespace gateway
