#include "tools/load/sweeper.h"

#include <chrono>
#include <memory>

namespace holdfast::load {
namespace {

constexpr auto interval = std::chrono::milliseconds(100);
constexpr int64_t most_holds = 1000;  // a few milliseconds of a server that serves nobody else meanwhile

}  // namespace

cli::LinkError Sweeper::begin(const cli::Address& address, const Dialect& dialect) {
  std::string request = dialect.sweep(most_holds);
  if (request.empty()) return std::nullopt;
  auto link = std::make_unique<cli::ServerLink>(address);
  if (auto error = link->connect()) return error;
  thread_ = std::thread([this, link = std::move(link), request = std::move(request)] { run(*link, request); });
  return std::nullopt;
}

void Sweeper::end() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void Sweeper::run(cli::ServerLink& link, const std::string& request) {
  auto next = std::chrono::steady_clock::now();
  while (!stop_) {
    for (int64_t swept = most_holds; swept == most_holds;) {
      auto error = link.send(request);
      if (!error) error = link.receive();
      if (!error && link.reply().first().kind != ReplyKind::integer) error = "the sweep was refused";
      if (error) {
        failure_ = *error;
        return;
      }
      swept = link.reply().first().number;
    }
    next = std::max(next + interval, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next);
  }
}

}  // namespace holdfast::load
