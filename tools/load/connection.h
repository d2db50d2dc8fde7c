// What it is: one connection of the load: requests go out behind each other, replies come back in the same order.
// Threads: its worker's. Time: a reply costs its bytes; what one turn writes goes out in one piece.
// Fails: a connection that breaks off, or says what is no reply, is told to its owner once.
// Limits: `most` requests under way.
#pragma once

#include <asio.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/buffer.h"
#include "tools/cli/resp_reader.h"
#include "tools/cli/server_link.h"
#include "tools/load/workload.h"

namespace holdfast::load {

class Connection;

class ConnectionOwner {
 public:
  virtual ~ConnectionOwner() = default;
  // The request is not under way any more.
  virtual void on_reply(Connection& connection, const Exchange& exchange, const RespReader& reply, TimeNs now) = 0;
  virtual void on_failure(std::string text) = 0;
};

class Connection {
 public:
  Connection(asio::io_context& context, ConnectionOwner& owner, uint32_t most);

  cli::LinkError connect(const cli::Address& address);  // waits for it
  void start();                                         // begins to read

  bool has_room() const { return under_way_ < requests_.size(); }
  uint32_t under_way() const { return under_way_; }
  // A request is written here, and then told. REQUIRES: has_room().
  Buffer& output() { return output_; }
  void sent(const Exchange& exchange);
  void flush();

  bool is_queued = false;  // for its owner: it stands among those with room
  bool is_dirty = false;   // for its owner: it is to be flushed

 private:
  void read();
  void on_read(const asio::error_code& error, size_t bytes);
  void fail(std::string text);

  ConnectionOwner& owner_;
  asio::generic::stream_protocol::socket socket_;
  Buffer output_;
  Buffer input_;
  RespReader reader_;
  std::vector<Exchange> requests_;  // a ring
  size_t oldest_ = 0;
  uint32_t under_way_ = 0;
  bool waits_to_write_ = false;
  bool failed_ = false;
};

}  // namespace holdfast::load
