#include "protocol/connection.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "engine/limits.h"
#include "protocol/admission.h"
#include "protocol/reactor_loop.h"

namespace holdfast {
namespace {

constexpr size_t read_bytes = 16 * 1024;

}  // namespace

Connection::Connection(ReactorLoop& loop, Socket socket, uint64_t id, const TlsContext* tls)
    : loop_(loop), socket_(std::move(socket)), session_(loop, id) {
  asio::error_code error;
  socket_.non_blocking(true, error);
  Client& client = session_.client();
  client.fd = socket_.native_handle();
  client.shard = loop.index();
  client.connected_us = client.active_us = loop.now();
  const auto remote = socket_.remote_endpoint(error);
  if (!error) client.address = address_text(static_cast<const sockaddr*>(remote.data()));
  const auto local = socket_.local_endpoint(error);
  if (!error) client.local_address = address_text(static_cast<const sockaddr*>(local.data()));
  const auto* address = static_cast<const sockaddr*>(local.data());
  if (!error && address->sa_family != AF_UNIX) {
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    set_tcp_options(socket_.native_handle(), loop.services().settings());
  }
  if (tls) tls_ = std::make_unique<TlsStream>(*tls, socket_.native_handle());
}

void Connection::start() {
  if (tls_) limit_handshake();
  wait_to_read();
}

void Connection::wait_to_read() {
  if (reading_ || !socket_.is_open() || draining_ || !session_.may_read()) return;
  reading_ = true;
  socket_.async_wait(Socket::wait_read, [self = shared_from_this()](const asio::error_code& error) {
    if (error == asio::error::operation_aborted) return;
    self->reading_ = false;
    if (error) return self->close();
    self->receive();
    self->loop_.give_turn(*self);
  });
}

void Connection::limit_handshake() {
  const std::chrono::microseconds limit(loop_.services().settings().tls_handshake_timeout_us);
  handshake_limit_ = std::make_unique<asio::steady_timer>(loop_.context(), limit);
  handshake_limit_->async_wait([self = weak_from_this()](const asio::error_code& cancelled) {
    const auto connection = self.lock();
    if (!cancelled && connection && connection->is_open() && !connection->tls_->is_ready()) connection->close();
  });
}

size_t Connection::receive_some(char* at, size_t room, asio::error_code& error) {
  if (!tls_) return socket_.receive(asio::buffer(at, room), 0, error);
  const size_t got = tls_->receive(at, room, error);
  if (handshake_limit_ && tls_->is_ready()) handshake_limit_.reset();
  if (error == asio::error::would_block && tls_->wants_write() && !writing_) wait_to_write();
  return got;
}

size_t Connection::send_some(size_t bytes, asio::error_code& error) {
  const char* const from = session_.output().data();
  return tls_ ? tls_->send(from, bytes, error) : socket_.send(asio::buffer(from, bytes), 0, error);
}

bool Connection::receive() {
  Buffer& input = session_.input();
  loop_.equip(input);
  const size_t room = tls_ ? read_bytes + tls_record_bytes : read_bytes;
  char* at = input.prepare(room);
  asio::error_code error;
  const size_t got = receive_some(at, room, error);
  if (!error) {
    input.commit(got);
    loop_.counters().bytes_in += got;
    if (tls_ && tls_->has_ended()) session_.end_of_input();  // of which the socket itself may tell nothing
    return true;
  }
  loop_.reclaim(input);
  if (error == asio::error::would_block || error == asio::error::interrupted) return false;
  error == asio::error::eof ? session_.end_of_input() : session_.abandon();
  return false;
}

// A server that stops reads what has already arrived.
void Connection::turn() {
  if (!socket_.is_open()) return;
  session_.process(limits::commands_a_turn);
  while (draining_ && session_.may_read()) {
    if (!receive()) session_.end_of_input();
    session_.process(limits::commands_a_turn);
  }
}

void Connection::write() {
  if (!socket_.is_open()) return;
  Buffer& output = session_.output();
  if (loop_.replies_wait_for_disk()) gate_.cover(output.size(), loop_.last_seq());
  if (writing_) return;
  while (const size_t bytes = may_leave()) {
    asio::error_code error;
    const size_t sent = send_some(bytes, error);
    if (error == asio::error::would_block || error == asio::error::try_again) return wait_to_write();
    if (error == asio::error::interrupted) continue;
    if (error) return close();
    output.consume(sent);
    sent_bytes_ += sent;
    gate_.sent(sent);
    loop_.counters().bytes_out += sent;
  }
  if (!output.empty() || session_.awaits_disk()) loop_.await_disk(*this);
  loop_.reclaim(output);
  if (output.empty() && session_.finished()) return close();
  wait_to_read();
}

size_t Connection::may_leave() {
  return loop_.replies_wait_for_disk() ? gate_.passes(loop_.durable()) : session_.output().size();
}

// What it has acknowledged: the kernel takes bytes in chunks that may last a slow client for minutes.
uint64_t Connection::taken_bytes() {
  int queued = 0;
  const int result = ioctl(socket_.native_handle(), SIOCOUTQ, &queued);
  return sent_bytes_ - (result == 0 ? static_cast<uint64_t>(queued) : 0);
}

// A client for which more than the soft limit is waiting has to take as much again before the time is up. One that is
// slow and takes it stays: it is no longer read from, so what is waiting does not grow.
void Connection::watch_reader() {
  if (reader_watch_) return;
  const TimeUs limit_us = loop_.services().settings().output_limit_time_us;
  reader_watch_ = std::make_unique<asio::steady_timer>(loop_.context(), std::chrono::microseconds(limit_us));
  reader_watch_->async_wait([weak = weak_from_this(), before = taken_bytes()](const asio::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || !self->is_open()) return;
    self->reader_watch_.reset();
    const auto soft_limit = static_cast<size_t>(self->loop_.services().settings().output_limit_soft);
    if (self->session_.output().size() <= soft_limit) return;
    self->taken_bytes() - before < soft_limit ? self->close_for_output() : self->watch_reader();
  });
}

void Connection::close_for_output() {
  ++loop_.counters().output_closed;
  close();
}

void Connection::wait_to_write() {
  const Settings& settings = loop_.services().settings();
  const size_t waiting = session_.output().size();
  if (waiting > static_cast<size_t>(settings.output_limit_hard)) return close_for_output();
  if (waiting > static_cast<size_t>(settings.output_limit_soft)) watch_reader();
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code& error) {
    if (error == asio::error::operation_aborted) return;
    self->writing_ = false;
    if (error) return self->close();
    if (self->tls_ && !self->tls_->is_ready()) self->receive();  // a handshake that had more to say
    self->loop_.give_turn(*self);
  });
}

void Connection::drain() {
  if (!socket_.is_open() || draining_) return;
  draining_ = true;
  asio::error_code error;
  socket_.cancel(error);
  reading_ = writing_ = false;
  loop_.give_turn(*this);
}

// What the client has not read of our last words is still delivered: nothing of its input is left unread, which would
// make the kernel send a reset instead.
void Connection::close() {
  asio::error_code error;
  handshake_limit_.reset();
  if (tls_) tls_->say_goodbye();
  reader_watch_.reset();
  socket_.shutdown(Socket::shutdown_both, error);
  socket_.close(error);
  session_.abandon();
  loop_.forget(*this);
}

}  // namespace holdfast
