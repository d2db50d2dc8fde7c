// What it is: a Session with its socket (TCP or Unix). Reads when the session may read, writes what it has to say at
// the end of the turn, and writes on when the client takes more.
// Threads: its reactor's. Errors end the connection; they are never thrown.
// Invariant: at most one wait for reading and one for writing are under way, and a connection lives until both are
// over. It holds no buffer while nothing is to be read or written: an idle one costs little.
#pragma once

#include <asio.hpp>
#include <cstdint>
#include <memory>

#include "protocol/output_gate.h"
#include "protocol/session.h"
#include "protocol/tls.h"

namespace holdfast {

class ReactorLoop;

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using Socket = asio::generic::stream_protocol::socket;

  // `tls`: null for a plain one.
  Connection(ReactorLoop& loop, Socket socket, uint64_t id, const TlsContext* tls);

  Session& session() { return session_; }
  bool is_open() const { return socket_.is_open(); }

  void start();
  void turn();   // executes what was read
  void write();  // sends what can be sent; closes when all is said
  void drain();  // the server stops: reads what has already arrived, answers it, closes
  void close();

 private:
  void wait_to_read();
  bool receive();  // false: nothing more is there for now
  void wait_to_write();
  uint64_t taken_bytes();  // by the client
  void watch_reader();
  void close_for_output();
  size_t may_leave();  // bytes of the output

  void limit_handshake();
  size_t receive_some(char* at, size_t room, asio::error_code& error);
  size_t send_some(size_t bytes, asio::error_code& error);

  ReactorLoop& loop_;
  Socket socket_;
  std::unique_ptr<TlsStream> tls_;
  std::unique_ptr<asio::steady_timer> handshake_limit_;  // until the handshake is done
  Session session_;
  OutputGate gate_;
  std::unique_ptr<asio::steady_timer> reader_watch_;  // while much is waiting for the client
  uint64_t sent_bytes_ = 0;
  bool reading_ = false;
  bool writing_ = false;
  bool draining_ = false;
  bool listed_ = false;       // among those that have a turn
  bool awaits_disk_ = false;  // among those that wait for the journal
  friend class ReactorLoop;
};

}  // namespace holdfast
