#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gateway::test {

// How long a test waits for what must come.
inline constexpr std::chrono::milliseconds kPatience{10'000};
// How long it watches for what must not come.
inline constexpr std::chrono::milliseconds kQuiet{300};

// How the peer's side of a connection stands after the last read.
enum class Ending : std::uint8_t { Open, Closed, Reset, TimedOut };

// One message as it was received, and what it means by its own framing. Read here independently of
// the library's parser, and trusting: it is the other end of what is tested.
struct Message {
  std::string head;      // start line and field lines, with the blank line, as received
  std::string body;      // without its framing
  std::string trailers;  // field lines as received
  bool whole = false;    // it ended as its framing says

  [[nodiscard]] std::string start_line() const;
  // The value of a field; of several lines, joined by ", ". "" without one.
  [[nodiscard]] std::string field(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] int status() const;  // of a response; 0 = nothing came
};

// One end of a TCP connection, used by one thread. Every call ends: by itself, with the connection,
// or after kPatience.
class Connection {
 public:
  Connection() = default;
  explicit Connection(int fd);
  virtual ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  // To 127.0.0.1. `receive_buffer`: SO_RCVBUF, for a client that can take little.
  [[nodiscard]] static Connection to(std::uint16_t port, int receive_buffer = 0);
  // A socket, to be connected later.
  [[nodiscard]] static Connection unconnected();
  bool connect_to(std::uint16_t port) noexcept;
  // Another SO_RCVBUF from now on.
  void set_receive_buffer(int bytes) noexcept;
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

  // False when the peer did not take all of it.
  bool send(std::string_view bytes);
  // Until the peer takes nothing for kQuiet, or all is sent; how much went.
  [[nodiscard]] std::size_t send_until_stalled(std::string_view bytes);
  void finish();  // FIN; the other direction stays open
  void reset();   // RST
  void close();

  // Each reads on from where the last one ended, and gives what came where less came.
  [[nodiscard]] std::string read(std::size_t size);
  [[nodiscard]] std::string read_through(std::string_view mark);
  [[nodiscard]] std::string read_to_end();
  [[nodiscard]] std::string read_head() { return read_through("\r\n\r\n"); }
  // The next message; `to_head`: an answer to HEAD.
  [[nodiscard]] Message read_request();
  [[nodiscard]] Message read_response(bool to_head = false);
  // What has arrived so far, waiting for nothing.
  [[nodiscard]] std::string read_available();
  [[nodiscard]] Ending ending() const noexcept { return ending_; }
  // Nothing more came before the peer ended its side.
  [[nodiscard]] bool ended_by_peer();
  // Nothing comes, not even an end, for `time`.
  [[nodiscard]] bool silent_for(std::chrono::milliseconds time);

  [[nodiscard]] int fd() const noexcept { return fd_; }

 protected:
  // Blocks until there is more (appended), the end (false), or `deadline`.
  virtual bool receive(std::string& more, std::chrono::steady_clock::time_point deadline);
  bool send_raw(std::string_view bytes);
  bool receive_raw(std::string& more, std::chrono::steady_clock::time_point deadline);
  virtual bool send_bytes(std::string_view bytes) { return send_raw(bytes); }
  Ending ending_ = Ending::Open;

 private:
  bool fill() { return fill(std::chrono::steady_clock::now() + kPatience); }
  bool fill(std::chrono::steady_clock::time_point deadline);
  void read_body(Message& message, bool until_close);

  int fd_ = -1;
  std::string received_;
};

// A listening socket on 127.0.0.1: a backend whose answers the test itself sends.
class ScriptedBackend {
 public:
  ScriptedBackend();
  ~ScriptedBackend();
  ScriptedBackend(const ScriptedBackend&) = delete;
  ScriptedBackend& operator=(const ScriptedBackend&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  // The next connection of the gateway; none (false) after kPatience.
  [[nodiscard]] Connection accept();
  // Nobody has connected since the last accept().
  [[nodiscard]] bool untouched() const;
  // Refuses from now on; the port stays this backend's.
  void stop_listening();
  // Lets handshakes of further connections go unanswered.
  void fill_queue();

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::vector<Connection> queue_;
};

// A port of 127.0.0.1 where nobody listens, and nobody else will while this lives.
class ClosedPort {
 public:
  ClosedPort();
  ~ClosedPort();
  ClosedPort(const ClosedPort&) = delete;
  ClosedPort& operator=(const ClosedPort&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

// The process can open no more than that many descriptors while this lives.
class FewDescriptors {
 public:
  explicit FewDescriptors(unsigned more);
  ~FewDescriptors();
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  unsigned long before_ = 0;
};

}  // namespace gateway::test
