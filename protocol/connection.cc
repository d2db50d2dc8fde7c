#include "protocol/connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/limits.h"
#include "protocol/reactor_loop.h"

namespace holdfast {
namespace {

constexpr size_t read_bytes = 16 * 1024;

std::string endpoint_text(const asio::generic::stream_protocol::endpoint& endpoint) {
  const auto* address = static_cast<const sockaddr*>(endpoint.data());
  if (address->sa_family == AF_INET) {
    asio::ip::tcp::endpoint tcp;
    std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
    return fmt::format("{}:{}", tcp.address().to_string(), tcp.port());
  }
  if (address->sa_family == AF_INET6) {
    asio::ip::tcp::endpoint tcp(asio::ip::tcp::v6(), 0);
    std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
    return fmt::format("[{}]:{}", tcp.address().to_string(), tcp.port());
  }
  return "unix";
}

}  // namespace

Connection::Connection(ReactorLoop& loop, Socket socket, uint64_t id)
    : loop_(loop), socket_(std::move(socket)), session_(loop, id) {
  asio::error_code error;
  socket_.non_blocking(true, error);
  Client& client = session_.client();
  client.fd = socket_.native_handle();
  client.shard = loop.index();
  client.connected_us = client.active_us = loop.now();
  const auto remote = socket_.remote_endpoint(error);
  if (!error) client.address = endpoint_text(remote);
  const auto local = socket_.local_endpoint(error);
  if (!error) client.local_address = endpoint_text(local);
  const auto* address = static_cast<const sockaddr*>(local.data());
  if (!error && address->sa_family != AF_UNIX) socket_.set_option(asio::ip::tcp::no_delay(true), error);
}

void Connection::start() {
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

bool Connection::receive() {
  Buffer& input = session_.input();
  loop_.equip(input);
  char* at = input.prepare(read_bytes);
  asio::error_code error;
  const size_t got = socket_.receive(asio::buffer(at, read_bytes), 0, error);
  if (!error) {
    input.commit(got);
    loop_.counters().bytes_in += got;
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
    const size_t sent = socket_.send(asio::buffer(output.data(), bytes), 0, error);
    if (error == asio::error::would_block || error == asio::error::try_again) return wait_to_write();
    if (error == asio::error::interrupted) continue;
    if (error) return close();
    output.consume(sent);
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

void Connection::wait_to_write() {
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code& error) {
    if (error == asio::error::operation_aborted) return;
    self->writing_ = false;
    if (error) return self->close();
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
  socket_.shutdown(Socket::shutdown_both, error);
  socket_.close(error);
  session_.abandon();
  loop_.forget(*this);
}

}  // namespace holdfast
