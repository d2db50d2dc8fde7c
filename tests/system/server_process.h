// What it is: holdfast-server as a process of its own, and a plain blocking client, for system tests.
// Threads: one. Time: each wait ends after ten seconds at most, with a failed test and not with a hanging one.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/child_process.h"

namespace holdfast {

using ServerOptions = ChildOptions;

class ServerProcess : public ChildProcess {
 public:
  explicit ServerProcess(const ServerOptions& options) : ChildProcess("holdfast-server", options) {}
  explicit ServerProcess(std::vector<std::string> flags)
      : ServerProcess(ServerOptions{.flags = std::move(flags), .environment = {}}) {}

  // Reads stdout until the Ready line. False where the process ends before it.
  bool ready() { return read_output_until("Ready to accept connections\n"); }
  // What a figure of the log says: logged("port") after ready(). The empty text where it says nothing.
  std::string logged(std::string_view name) const;
  uint16_t port() const;
};

// One that nobody listens on now.
uint16_t free_port();

class TestClient {
 public:
  explicit TestClient(uint16_t port);
  explicit TestClient(const std::string& unix_path);
  // To this IPv4 address, from that one (empty: as the kernel chooses).
  TestClient(const std::string& to, uint16_t port, const std::string& from = "");
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view bytes);
  // Exactly so many bytes, or fewer where the server closes first.
  std::string receive(size_t bytes);
  std::string receive_all();  // until the server closes
  // What is there, at least one byte; the empty text where the server closed, or (a failed test) nothing came in time.
  std::string receive_some(int patience_ms = 10'000);
  bool has_bytes() const;  // right now
  void close_sending_side();
  // Sends, and receives as much as is expected: EXPECT_EQ(client.ask("PING\r\n", "+PONG\r\n"), "+PONG\r\n")
  std::string ask(std::string_view request, std::string_view expected);

 private:
  int fd_ = -1;
  bool connected_ = false;
};

}  // namespace holdfast
