#include "protocol/connection.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <cerrno>
#include <utility>

#include "protocol/admission.h"
#include "protocol/reactor_loop.h"

namespace holdfast {
namespace {

constexpr size_t read_bytes = 16 * 1024;

// As Asio's: what `result` of a system call on a socket says, 0 where it is an error.
size_t outcome(ssize_t result, asio::error_code& error) {
  if (result < 0) error.assign(errno, asio::system_category());
  return result < 0 ? 0 : static_cast<size_t>(result);
}

}  // namespace

Connection::Connection(ReactorLoop& loop, int fd, int family, uint64_t id, const TlsContext* tls)
    : loop_(loop),
      fd_(fd),
      session_(loop, id),
      handshake_limit_(loop.events(), [this] { loop_.close(*this, "tls-handshake-timeout"); }),
      reader_watch_(loop.events(), [this] { look_at_reader(); }) {
  Client& client = session_.client();
  client.fd = fd;
  client.shard = loop.index();
  client.connected_us = client.active_us = loop.now();
  client.address = peer_text(fd);
  client.local_address = local_text(fd);
  if (family != AF_UNIX) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    set_tcp_options(fd, loop.services().settings());
  }
  if (tls) tls_ = std::make_unique<TlsStream>(*tls, fd);
}

Connection::~Connection() {
  if (is_open()) ::close(fd_);
}

void Connection::start() {
  if (tls_) handshake_limit_.set(loop_.now() + loop_.services().settings().tls_handshake_timeout_us);
  loop_.events().watch(fd_, *this);
}

// Who stands in line and hangs up is noticed also where nothing is read, because more requests came behind the one that
// waits.
void Connection::on_ready(Readiness ready) {
  readable_ |= ready.can_read;
  peer_ended_ |= ready.has_ended;
  if (writing_ && ready.can_write) {
    writing_ = false;
    loop_.events().change(fd_, *this, Interest::read);
    if (tls_ && !tls_->is_ready()) readable_ = true;  // a handshake that had more to say
  }
  if (peer_ended_ && !session_.may_read()) session_.leave_lines();
  loop_.give_turn(*this);
}

size_t Connection::receive_some(char* at, size_t room, asio::error_code& error) {
  if (!tls_) {
    const size_t got = outcome(::recv(fd_, at, room, 0), error);
    if (got == 0 && !error) error = asio::error::eof;
    return got;
  }
  const size_t got = tls_->receive(at, room, error);
  if (tls_->is_ready()) handshake_limit_.cancel();
  if (error == asio::error::would_block && tls_->wants_write() && !writing_) wait_to_write();
  return got;
}

size_t Connection::send_some(size_t bytes, asio::error_code& error) {
  const char* const from = session_.output().data();
  return tls_ ? tls_->send(from, bytes, error) : outcome(::send(fd_, from, bytes, MSG_NOSIGNAL), error);
}

void Connection::receive() {
  if (may_receive()) receive_once();
}

// A plain socket that had less than was asked for is empty: one system call tells it.
bool Connection::receive_once() {
  Buffer& input = session_.input();
  loop_.equip(input);
  const size_t room = tls_ ? read_bytes + tls_record_bytes : read_bytes;
  char* at = input.prepare(room);
  asio::error_code error;
  const size_t got = receive_some(at, room, error);
  if (!error) {
    readable_ = peer_ended_ || (tls_ ? !tls_->is_drained() : got == room);
    input.commit(got);
    loop_.counters().bytes_in += got;
    if (tls_ && tls_->has_ended()) session_.end_of_input();  // of which the socket itself may tell nothing
    return true;
  }
  loop_.reclaim(input);
  if (error == asio::error::interrupted) return false;
  readable_ = false;
  if (error == asio::error::would_block) return false;
  if (tls_ && !tls_->is_ready()) loop_.note_closed(*this, "tls-handshake");
  error == asio::error::eof ? session_.end_of_input() : session_.abandon();
  return false;
}

// A server that stops reads what has already arrived.
void Connection::turn() {
  if (!is_open()) return;
  const auto budget = static_cast<size_t>(loop_.services().settings().commands_a_turn);
  session_.process(budget);
  while (draining_ && session_.may_read()) {
    if (!receive_once()) session_.end_of_input();
    session_.process(budget);
  }
}

void Connection::write() {
  if (!is_open()) return;
  Buffer& output = session_.output();
  if (loop_.replies_wait_for_disk()) gate_.cover(output.size(), loop_.last_seq());
  if (writing_) return judge_output();
  while (const size_t bytes = may_leave()) {
    asio::error_code error;
    const size_t sent = send_some(bytes, error);
    if (error == asio::error::would_block) return wait_to_write();
    if (error == asio::error::interrupted) continue;
    if (error) return close();
    output.consume(sent);
    sent_bytes_ += sent;
    gate_.sent(sent);
    loop_.counters().bytes_out += sent;
  }
  if (!output.empty() || session_.awaits_disk()) loop_.await_disk(*this);
  loop_.reclaim(output);
  if (output.empty() && session_.finished()) close();
}

size_t Connection::may_leave() {
  return loop_.replies_wait_for_disk() ? gate_.passes(loop_.durable()) : session_.output().size();
}

// What it has acknowledged: the kernel takes bytes in chunks that may last a slow client for minutes.
uint64_t Connection::taken_bytes() const {
  int queued = 0;
  const int result = ::ioctl(fd_, SIOCOUTQ, &queued);
  return sent_bytes_ - (result == 0 ? static_cast<uint64_t>(queued) : 0);
}

// A client for which more than the soft limit is waiting has to take as much again before the time is up. One that is
// slow and takes it stays: it is no longer read from, so what is waiting does not grow.
void Connection::watch_reader() {
  if (reader_watch_.is_set()) return;
  taken_when_watched_ = taken_bytes();
  reader_watch_.set(loop_.now() + loop_.services().settings().output_limit_time_us);
}

void Connection::look_at_reader() {
  const auto soft_limit = static_cast<size_t>(loop_.services().settings().output_limit_soft);
  if (session_.output().size() <= soft_limit) return;
  taken_bytes() - taken_when_watched_ < soft_limit ? loop_.close_for_output(*this) : watch_reader();
}

// Each time that more may be waiting: also while the socket takes nothing, for replies come in meanwhile.
void Connection::judge_output() {
  const Settings& settings = loop_.services().settings();
  const size_t waiting = session_.output().size();
  if (waiting > static_cast<size_t>(settings.output_limit_hard)) return loop_.close_for_output(*this);
  if (waiting > static_cast<size_t>(settings.output_limit_soft)) watch_reader();
}

void Connection::wait_to_write() {
  judge_output();
  if (!is_open()) return;
  writing_ = true;
  loop_.events().change(fd_, *this, Interest::read_and_write);
}

void Connection::drain() {
  if (!is_open() || draining_) return;
  draining_ = true;
  writing_ = false;
  loop_.give_turn(*this);
}

// What the client has not read of our last words is still delivered: nothing of its input is left unread, which would
// make the kernel send a reset instead.
void Connection::close() {
  if (!is_open()) return;
  if (tls_) tls_->say_goodbye();
  handshake_limit_.cancel();
  reader_watch_.cancel();
  const int fd = std::exchange(fd_, -1);
  ::shutdown(fd, SHUT_RDWR);
  ::close(fd);
  session_.abandon();
  loop_.forget(*this);
}

}  // namespace holdfast
