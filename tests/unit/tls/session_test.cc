#include <catch2/catch.hpp>

#include <string>

#include "support.h"

using namespace gateway;
using namespace gateway::test;

namespace {

struct Server {
  std::shared_ptr<TicketKeys> keys = TicketKeys::create(Environment::system());
  std::vector<std::string> alpn{"http/1.1"};
  std::unique_ptr<TlsServer> tls = TlsServer::create(keys, alpn).value();
  std::shared_ptr<TlsTable> table = std::make_shared<TlsTable>();
};

// Both ends in memory; step() carries bytes until both are silent.
struct Pair {
  Wire to_client, to_server;
  std::unique_ptr<TlsSession> server, client;
  std::string at_server, at_client;
  std::size_t piece = 1 << 20;

  void step() {
    const auto text = [](std::string& out) {
      return [&out](std::span<const std::byte> data) {
        out.append(reinterpret_cast<const char*>(data.data()), data.size());
      };
    };
    for (int turns = 0; turns < 50; ++turns) {
      const auto up = to_server.take();
      const auto down = to_client.take();
      if (up.empty() && down.empty()) return;
      for (std::size_t i = 0; i < up.size(); i += piece) {
        server->feed(std::span(up).subspan(i, std::min(piece, up.size() - i)), text(at_server));
      }
      for (std::size_t i = 0; i < down.size(); i += piece) {
        client->feed(std::span(down).subspan(i, std::min(piece, down.size() - i)), text(at_client));
      }
    }
  }
};

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace

TEST_CASE("a handshake picks the certificate by name and carries data both ways") {
  const Pem a = make_pem("a.example");
  Server server;
  server.table->set_default(binding("", make_pem("default.example")));
  server.table->set(binding("a.example", a));
  for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    INFO("bytes at a time: " << piece);
    auto client = TlsClient::create({.ca_pem = a.chain}).value();
    Pair pair;
    pair.piece = piece;
    pair.server = server.tls->accept(server.table, pair.to_client);
    pair.client = client->connect("a.example", pair.to_server);
    pair.client->start();
    pair.step();
    REQUIRE(pair.client->state() == TlsSession::State::Open);
    REQUIRE(pair.server->state() == TlsSession::State::Open);
    CHECK(pair.server->server_name() == "a.example");
    CHECK(pair.server->protocol() == "TLSv1.3");
    const std::string big(100'000, 'x');
    CHECK(pair.client->write(bytes("hello")));
    CHECK(pair.server->write(bytes(big)));
    pair.step();
    CHECK(pair.at_server == "hello");
    CHECK(pair.at_client == big);
    pair.client->close();
    pair.step();
    CHECK(pair.server->state() == TlsSession::State::PeerClosed);
  }
}

TEST_CASE("a client refuses a certificate of another name or of an unknown CA") {
  const Pem a = make_pem("a.example");
  const Pem b = make_pem("b.example");
  Server server;
  server.table->set_default(binding("", a));
  for (const auto& [ca, name] : {std::pair{a.chain, "b.example"}, std::pair{b.chain, "a.example"}}) {
    auto client = TlsClient::create({.ca_pem = ca}).value();
    Pair pair;
    pair.server = server.tls->accept(server.table, pair.to_client);
    pair.client = client->connect(name, pair.to_server);
    pair.client->start();
    pair.step();
    CHECK(pair.client->state() == TlsSession::State::Failed);
    CHECK(pair.client->error().code == ErrorCode::ProtocolError);
    CHECK_FALSE(pair.client->error().message.empty());
    CHECK(pair.server->state() == TlsSession::State::Failed);
  }
}

TEST_CASE("garbage instead of a ClientHello fails without a crash") {
  Server server;
  server.table->set_default(binding("", make_pem("a.example")));
  for (const std::string& text : {std::string("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), std::string(300, '\x16'),
                                  std::string("\x16\x03\x01\xff\xff", 5) + std::string(70'000, 'x')}) {
    Wire out;
    auto session = server.tls->accept(server.table, out);
    CHECK(session->feed(bytes(text), [](auto) {}) == TlsSession::State::Failed);
  }
}

namespace {

// A bare client of BoringSSL, to see versions, protocols and tickets from outside.
struct RawClient {
  bssl::UniquePtr<SSL_CTX> context{SSL_CTX_new(TLS_method())};
  bssl::UniquePtr<SSL_SESSION> ticket;

  RawClient() {
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT);
    SSL_CTX_set_ex_data(context.get(), 0, this);
    SSL_CTX_sess_set_new_cb(context.get(), [](SSL* ssl, SSL_SESSION* session) {
      static_cast<RawClient*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0))->ticket.reset(session);
      return 1;
    });
  }

  struct Outcome {
    bool open = false;
    bool resumed = false;
    std::string alpn;
  };
  Outcome handshake(Server& server, const char* name, SSL_SESSION* resume, std::string_view alpn = {}) {
    bssl::UniquePtr<SSL> ssl(SSL_new(context.get()));
    SSL_set_connect_state(ssl.get());
    SSL_set_tlsext_host_name(ssl.get(), name);
    if (resume) SSL_set_session(ssl.get(), resume);
    if (!alpn.empty()) {
      SSL_set_alpn_protos(ssl.get(), reinterpret_cast<const std::uint8_t*>(alpn.data()),
                          static_cast<unsigned>(alpn.size()));
    }
    BIO* in = BIO_new(BIO_s_mem());
    BIO* out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), in, out);
    Wire wire;
    auto session = server.tls->accept(server.table, wire);
    for (int i = 0; i < 10; ++i) {
      SSL_do_handshake(ssl.get());
      char byte;
      SSL_read(ssl.get(), &byte, 1);
      const std::uint8_t* data = nullptr;
      std::size_t size = 0;
      BIO_mem_contents(out, &data, &size);
      session->feed(std::as_bytes(std::span(data, size)), [](auto) {});
      BIO_reset(out);
      // Any write flushes the tickets of TLS 1.3.
      if (session->state() == TlsSession::State::Open && i == 3) session->write(bytes("x"));
      const auto reply = wire.take();
      BIO_write(in, reply.data(), static_cast<int>(reply.size()));
    }
    return {session->state() == TlsSession::State::Open && SSL_is_init_finished(ssl.get()), session->resumed(),
            std::string(session->alpn())};
  }
};

}  // namespace

TEST_CASE("tickets resume on any worker that shares the keys, until the keys have rotated away") {
  for (const std::uint16_t version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    INFO("version " << version);
    Server first;
    first.table->set_default(binding("", make_pem("a.example")));
    Server second;
    second.keys = first.keys;
    second.tls = TlsServer::create(first.keys, second.alpn).value();
    second.table = first.table;
    RawClient client;
    SSL_CTX_set_max_proto_version(client.context.get(), version);
    REQUIRE(client.handshake(first, "a.example", nullptr).open);
    REQUIRE(client.ticket);
    bssl::UniquePtr<SSL_SESSION> kept = bssl::UpRef(client.ticket.get());
    CHECK(client.handshake(second, "a.example", kept.get()).resumed);
    first.keys->rotate();
    CHECK(client.handshake(second, "a.example", kept.get()).resumed);
    first.keys->rotate();
    first.keys->rotate();
    const auto late = client.handshake(second, "a.example", kept.get());
    CHECK(late.open);
    CHECK_FALSE(late.resumed);
  }
}

TEST_CASE("a ticket does not open under other demands on the client") {
  const Pem pem = make_pem("a.example");
  Server server;
  server.table->set_default(binding("", pem));
  server.table->set(binding("strict.example", pem, TlsVersion::Tls1_3));
  RawClient client;
  REQUIRE(client.handshake(server, "a.example", nullptr).open);
  bssl::UniquePtr<SSL_SESSION> kept = bssl::UpRef(client.ticket.get());
  CHECK(client.handshake(server, "a.example", kept.get()).resumed);
  const auto strict = client.handshake(server, "strict.example", kept.get());
  CHECK(strict.open);
  CHECK_FALSE(strict.resumed);
}

TEST_CASE("the lowest version is the binding's, and never below TLS 1.2") {
  const Pem pem = make_pem("a.example");
  Server server;
  server.table->set_default(binding("", pem));
  server.table->set(binding("strict.example", pem, TlsVersion::Tls1_3));
  RawClient old;
  SSL_CTX_set_max_proto_version(old.context.get(), TLS1_2_VERSION);
  CHECK(old.handshake(server, "a.example", nullptr).open);
  CHECK_FALSE(old.handshake(server, "strict.example", nullptr).open);
  RawClient ancient;
  SSL_CTX_set_min_proto_version(ancient.context.get(), TLS1_1_VERSION);
  SSL_CTX_set_max_proto_version(ancient.context.get(), TLS1_1_VERSION);
  CHECK_FALSE(ancient.handshake(server, "a.example", nullptr).open);
}

TEST_CASE("ALPN takes the server's first choice, and none where nothing is shared") {
  Server server;
  server.table->set_default(binding("", make_pem("a.example")));
  RawClient client;
  CHECK(client.handshake(server, "a.example", nullptr, std::string_view("\x02h2\x08http/1.1")).alpn == "http/1.1");
  const auto none = client.handshake(server, "a.example", nullptr, std::string_view("\x02h2"));
  CHECK(none.open);
  CHECK(none.alpn.empty());
}
