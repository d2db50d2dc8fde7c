#include "protocol/listener.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <vector>

namespace holdfast {
namespace {

TEST(Listener, AcceptsSoManyAtOnceAndThenOthersHaveTheirTurn) {
  EventLoop loop;
  Settings settings;
  settings.accepts_a_turn = 2;
  size_t accepted = 0;
  const auto deliver = [&](int fd, int) {
    ++accepted;
    ::close(fd);
  };
  std::string error;
  const auto listener = Listener::tcp(loop, "127.0.0.1", 0, settings, deliver, error);
  ASSERT_TRUE(listener) << error;
  asio::io_context context;
  std::vector<asio::ip::tcp::socket> crowd;
  for (int i = 0; i < 5; ++i) {
    crowd.emplace_back(context).connect({asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(listener->port())});
  }
  std::vector<size_t> after_each;
  while (accepted < 5) {
    loop.run_once(0);
    after_each.push_back(accepted);
  }
  EXPECT_EQ(after_each, (std::vector<size_t>{2, 4, 5}));
}

}  // namespace
}  // namespace holdfast
