#include "protocol/listener.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "protocol/log.h"

namespace holdfast {
namespace {

constexpr auto rest = std::chrono::milliseconds(100);
constexpr auto between_lines = std::chrono::seconds(1);

template <class Protocol>
class ListenerOf final : public Listener {
 public:
  ListenerOf(asio::io_context& context, Deliver deliver)
      : acceptor_(context), pause_(context), deliver_(std::move(deliver)) {}

  asio::error_code open(const typename Protocol::endpoint& endpoint, int backlog) {
    asio::error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (error) return error;
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
      if (endpoint.protocol() == asio::ip::tcp::v6()) acceptor_.set_option(asio::ip::v6_only(true), error);
    }
    acceptor_.bind(endpoint, error);
    if (error) return error;
    acceptor_.listen(backlog, error);
    if (error) return error;
    family_ = endpoint.protocol().family();
    accept();
    return {};
  }

  void close() override {
    asio::error_code error;
    const auto endpoint = acceptor_.local_endpoint(error);
    acceptor_.close(error);
    pause_.cancel();
    if constexpr (!std::is_same_v<Protocol, asio::ip::tcp>) ::unlink(endpoint.path().c_str());
  }

  int64_t port() const override {
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      asio::error_code error;
      return acceptor_.local_endpoint(error).port();
    }
    return 0;
  }

 private:
  void accept() {
    acceptor_.async_accept([this](const asio::error_code& error, typename Protocol::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (error) return take_a_rest(error);
      asio::error_code ignored;
      const int fd = socket.release(ignored);
      deliver_(fd, family_);
      accept();
    });
  }

  void take_a_rest(const asio::error_code& error) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_line_ >= between_lines) {
      last_line_ = now;
      log_event(LogLevel::warning, "Cannot accept connections", {{"error", error.message()}});
    }
    pause_.expires_after(rest);
    pause_.async_wait([this](const asio::error_code& cancelled) {
      if (!cancelled && acceptor_.is_open()) accept();
    });
  }

  typename Protocol::acceptor acceptor_;
  asio::steady_timer pause_;
  Deliver deliver_;
  int family_ = 0;
  std::chrono::steady_clock::time_point last_line_{};
};

}  // namespace

std::unique_ptr<Listener> Listener::tcp(asio::io_context& context, const std::string& address, int64_t port,
                                        int64_t backlog, Deliver deliver, std::string& error) {
  asio::error_code code;
  const auto ip = asio::ip::make_address(address, code);
  auto listener = std::make_unique<ListenerOf<asio::ip::tcp>>(context, std::move(deliver));
  if (!code) code = listener->open({ip, static_cast<uint16_t>(port)}, static_cast<int>(backlog));
  if (!code) return listener;
  error = fmt::format("cannot listen on {}:{}: {}", address, port, code.message());
  return nullptr;
}

std::unique_ptr<Listener> Listener::local(asio::io_context& context, const std::string& path, int64_t backlog,
                                          Deliver deliver, std::string& error) {
  using Local = asio::local::stream_protocol;
  auto listener = std::make_unique<ListenerOf<Local>>(context, std::move(deliver));
  const asio::error_code code = listener->open(Local::endpoint(path), static_cast<int>(backlog));
  if (!code) return listener;
  error = fmt::format("cannot listen on unix socket {}: {}", path, code.message());
  return nullptr;
}

}  // namespace holdfast
