#include "tools/load/connection.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "engine/check.h"

namespace holdfast::load {
namespace {

constexpr size_t read_bytes = 64 * 1024;

}  // namespace

Connection::Connection(asio::io_context& context, ConnectionOwner& owner, uint32_t most)
    : owner_(owner), socket_(context), requests_(most) {}

cli::LinkError Connection::connect(const cli::Address& address) {
  cli::ServerLink link(address);
  if (auto error = link.connect()) return error;
  const int fd = ::fcntl(link.fd(), F_DUPFD_CLOEXEC, 0);  // the link closes its own
  if (fd < 0) return std::strerror(errno);
  asio::error_code error;
  socket_.assign(asio::generic::stream_protocol(address.socket.empty() ? AF_INET : AF_UNIX, 0), fd, error);
  if (!error) socket_.non_blocking(true, error);
  if (error) return error.message();
  return std::nullopt;
}

void Connection::start() {
  read();
}

void Connection::sent(const Exchange& exchange) {
  DCHECK(has_room());
  requests_[(oldest_ + under_way_) % requests_.size()] = exchange;
  ++under_way_;
}

void Connection::flush() {
  if (waits_to_write_ || failed_) return;
  while (!output_.empty()) {
    asio::error_code error;
    const size_t written = socket_.write_some(asio::buffer(output_.data(), output_.size()), error);
    output_.consume(written);
    if (error == asio::error::would_block) {
      waits_to_write_ = true;
      socket_.async_wait(asio::socket_base::wait_write, [this](const asio::error_code&) {
        waits_to_write_ = false;
        flush();
      });
      return;
    }
    if (error) return fail(error.message());
  }
}

void Connection::read() {
  socket_.async_read_some(asio::buffer(input_.prepare(read_bytes), read_bytes),
                          [this](const asio::error_code& error, size_t bytes) { on_read(error, bytes); });
}

void Connection::on_read(const asio::error_code& error, size_t bytes) {
  if (error) return fail(error == asio::error::eof ? "the server closed the connection" : error.message());
  const TimeNs now = now_ns();
  input_.commit(bytes);
  for (;;) {
    const ParseStatus status = reader_.read(input_.data(), input_.size());
    if (status == ParseStatus::error) return fail(fmt::format("this is no reply: {}", reader_.error()));
    if (status == ParseStatus::incomplete) break;
    if (under_way_ == 0) return fail("a reply that nobody asked for");
    const Exchange exchange = requests_[oldest_];
    oldest_ = (oldest_ + 1) % requests_.size();
    --under_way_;
    owner_.on_reply(*this, exchange, reader_, now);
    input_.consume(reader_.consumed());
  }
  read();
}

void Connection::fail(std::string text) {
  if (failed_) return;
  failed_ = true;
  owner_.on_failure(std::move(text));
}

}  // namespace holdfast::load
