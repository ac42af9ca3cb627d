#pragma once

#include <cstdint>
#include <string_view>

#include "expression/arena.h"
#include "http/headers.h"

namespace gateway::policy {

// Views live as long as the exchange: in its arena, its storage, or the configuration.
struct Url {
  std::string_view scheme;  // "https"
  std::string_view host;    // without port; IPv6 in brackets
  std::uint16_t port = 0;
  std::string_view path;    // starts with '/'
  std::string_view query;   // "" or with its '?'
};

// Header fields that policies change. Names match in any case. Framing and hop-by-hop fields are the
// gateway's: Connection, Content-Length, Keep-Alive and Transfer-Encoding cannot be touched.
class Fields {
 public:
  HeaderList list;
  // The values of all lines of that name, joined by ","; `found` tells absent from empty.
  [[nodiscard]] std::string_view joined(std::string_view name, expression::Arena& arena, bool* found) const;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return list.find(name) != nullptr; }
  void remove(std::string_view name);
  // `name` and `value` live in the arena. The caller has checked them by is_token and is_field_value.
  void add(std::string_view name, std::string_view value) { list.add(name, value, header_id(name)); }
  void add(std::string_view name, std::string_view value, HeaderId id) { list.add(name, value, id); }
  void set(std::string_view name, std::string_view value) {
    remove(name);
    add(name, value);
  }
};

struct Body {
  enum class State : std::uint8_t {
    None,       // there is none
    Streaming,  // not read: it passes by as it comes
    Whole,      // `data` is all of it
    Consumed,   // an expression took it (Body.As without preserveContent): nothing is sent
  };
  State state = State::None;
  std::string_view data;
  [[nodiscard]] bool is_whole() const noexcept { return state == State::Whole; }
  void assign(std::string_view text) noexcept {
    state = State::Whole;
    data = text;
  }
};

struct RequestMessage {
  std::string_view method;
  Url original;  // as the client sent it
  Url url;       // as it goes to the backend: base of the backend, path after rewrite-uri, query
  std::string_view base_path;  // how much of url.path is the backend's: "" or "/base"
  Fields fields;
  Body body;
};

struct ResponseMessage {
  int status = 200;
  std::string_view reason;  // "" = the usual one
  Fields fields;
  Body body;
};

}  // namespace gateway::policy
