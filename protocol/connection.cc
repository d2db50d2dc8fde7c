#include "protocol/connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/limits.h"
#include "protocol/reactor_loop.h"

namespace holdfast {
namespace {

constexpr size_t read_bytes = 16 * 1024;
constexpr size_t read_bytes_idle = 1024;  // what a connection that waits for its next request costs

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
  socket_.native_non_blocking(true, error);
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

void Connection::start() { read(); }

void Connection::read() {
  if (reading_ || !socket_.is_open() || draining_ || !session_.may_read()) return;
  reading_ = true;
  Buffer& input = session_.input();
  const size_t room = input.empty() && input.capacity() == 0 ? read_bytes_idle : read_bytes;
  char* at = input.prepare(room);
  socket_.async_read_some(asio::buffer(at, room),
                          [self = shared_from_this()](const asio::error_code& error, size_t bytes) {
                            self->reading_ = false;
                            if (error == asio::error::operation_aborted) return;
                            if (error) {
                              error == asio::error::eof ? self->session_.end_of_input() : self->session_.abandon();
                            } else {
                              self->session_.input().commit(bytes);
                              self->loop_.counters().bytes_in += bytes;
                            }
                            self->loop_.give_turn(*self);
                          });
}

void Connection::turn() {
  if (!socket_.is_open()) return;
  session_.process(limits::commands_a_turn);
  if (draining_) receive_rest();
}

void Connection::write() {
  if (!socket_.is_open() || writing_) return;
  Buffer& output = session_.output();
  while (!output.empty()) {
    asio::error_code error;
    const size_t sent = socket_.send(asio::buffer(output.data(), output.size()), 0, error);
    if (error == asio::error::would_block || error == asio::error::try_again) return wait_to_write();
    if (error == asio::error::interrupted) continue;
    if (error) return close();
    output.consume(sent);
    loop_.counters().bytes_out += sent;
  }
  output.release_if_empty();
  if (session_.finished()) return close();
  read();
}

void Connection::wait_to_write() {
  writing_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code& error) {
    self->writing_ = false;
    if (error == asio::error::operation_aborted) return;
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

// While the session takes it; what it cannot take yet is left for the next turn.
void Connection::receive_rest() {
  while (session_.may_read()) {
    char* at = session_.input().prepare(read_bytes);
    asio::error_code error;
    const size_t got = socket_.receive(asio::buffer(at, read_bytes), 0, error);
    if (error || got == 0) return session_.end_of_input();
    session_.input().commit(got);
    session_.process(limits::commands_a_turn);
  }
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
