// What it is: a Session with its socket (TCP or Unix). Reads when the session may read, writes what it has to say at
// the end of the turn, and writes on when the client takes more.
// Threads: its reactor's. Errors end the connection; they are never thrown.
// Invariant: while something may be left to be read (readable_), the event loop need not tell of it again. It holds no
// buffer while nothing is to be read or written: an idle one costs little.
#pragma once

#include <asio/error_code.hpp>
#include <cstdint>
#include <memory>

#include "protocol/event_loop.h"
#include "protocol/output_gate.h"
#include "protocol/session.h"
#include "protocol/tls.h"

namespace holdfast {

class ReactorLoop;

class Connection final : public std::enable_shared_from_this<Connection>, private Watcher {
 public:
  // Takes the descriptor. `tls`: null for a plain one.
  Connection(ReactorLoop& loop, int fd, int family, uint64_t id, const TlsContext* tls);
  ~Connection();

  Session& session() { return session_; }
  bool is_open() const { return fd_ >= 0; }

  void start();
  void receive();  // takes what has arrived, where the session may read
  void turn();     // executes what was read
  void write();    // sends what can be sent; closes when all is said
  void drain();    // the server stops: reads what has already arrived, answers it, closes
  void close();
  bool wants_turn() const { return is_open() && (session_.wants_turn() || may_receive()); }

 private:
  void on_ready(Readiness ready) override;
  bool may_receive() const { return readable_ && !draining_ && session_.may_read(); }
  bool receive_once();  // false: nothing more is there for now
  void judge_output();
  void wait_to_write();
  uint64_t taken_bytes() const;  // by the client
  void watch_reader();
  void look_at_reader();
  size_t may_leave();  // bytes of the output

  size_t receive_some(char* at, size_t room, asio::error_code& error);
  size_t send_some(size_t bytes, asio::error_code& error);

  ReactorLoop& loop_;
  int fd_;  // -1: closed
  std::unique_ptr<TlsStream> tls_;
  Session session_;
  OutputGate gate_;
  EventLoop::Alarm handshake_limit_;
  EventLoop::Alarm reader_watch_;    // while much is waiting for the client
  uint64_t taken_when_watched_ = 0;  // taken_bytes() when the watch began
  uint64_t sent_bytes_ = 0;
  bool readable_ = false;    // something may be there to be read
  bool peer_ended_ = false;  // and the end behind it
  bool writing_ = false;     // the event loop tells when the client takes more
  bool draining_ = false;
  bool listed_ = false;       // among those that have a turn
  bool awaits_disk_ = false;  // among those that wait for the journal
  int64_t noted_memory_ = 0;  // see ClientMemory
  friend class ReactorLoop;
};

}  // namespace holdfast
