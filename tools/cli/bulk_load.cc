#include "tools/cli/bulk_load.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/check.h"
#include "protocol/buffer.h"

namespace holdfast::cli {
namespace {

constexpr size_t piece_bytes = 256 * 1024;
constexpr int pieces_a_turn = 16;

std::string random_word() {
  std::array<unsigned char, 10> bytes{};
  CHECK(::getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  std::string word;
  for (const unsigned char byte : bytes) word += fmt::format("{:02x}", byte);
  return word;
}

class BulkLoad {
 public:
  BulkLoad(ServerLink& link, int input, int timeout_s) : link_(link), input_(input), timeout_s_(timeout_s) {}

  BulkOutcome run() {
    while (!answered_ && outcome_.failure.empty() && !outcome_.timed_out) turn();
    return outcome_;
  }

 private:
  void turn() {
    const bool wants_input = input_open_ && output_.empty();
    const bool wants_output = !output_.empty();
    std::array<pollfd, 2> ends{};
    ends[0] = {link_.fd(), static_cast<short>(wants_output ? POLLIN | POLLOUT : POLLIN), 0};
    ends[1] = {wants_input ? input_ : -1, POLLIN, 0};
    const bool only_waits = !wants_input && !wants_output && timeout_s_ > 0;
    const int ready = ::poll(ends.data(), ends.size(), only_waits ? timeout_s_ * 1000 : -1);
    if (ready == 0) outcome_.timed_out = true;
    if (ready <= 0) return;
    if (ends[0].revents != 0) receive();
    if (ends[1].revents != 0) read_input();
    if (!output_.empty()) send();
  }

  void read_input() {
    const ssize_t got = ::read(input_, output_.prepare(piece_bytes), piece_bytes);
    if (got > 0) return output_.commit(static_cast<size_t>(got));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got < 0) {
      outcome_.failure = fmt::format("cannot read stdin: {}", std::strerror(errno));
      return;
    }
    input_open_ = false;
    // CRLF first: the input may end in a line without one. An empty line asks nothing.
    output_.append("\r\n");
    const std::array<std::string_view, 2> echo = {"ECHO", last_word_};
    output_.append(request_of(echo));
    fmt::print("All data transferred. Waiting for the last reply...\n");
    std::fflush(stdout);
  }

  void send() {
    while (!output_.empty()) {
      const ssize_t sent = link_.send_some(output_.view());
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) {  // the server has hung up; what it said before is still to be read
        output_.clear();
        input_open_ = false;
        return;
      }
      output_.consume(static_cast<size_t>(sent));
    }
  }

  void receive() {
    for (int piece = 0; piece < pieces_a_turn && !answered_; ++piece) {
      const ssize_t got = link_.receive_some(replies_.prepare(piece_bytes), piece_bytes);
      if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
      if (got <= 0) {
        outcome_.failure = got == 0 ? "the server closed the connection" : std::strerror(errno);
        return;
      }
      replies_.commit(static_cast<size_t>(got));
      count_replies();
      if (!outcome_.failure.empty()) return;
    }
  }

  void count_replies() {
    while (!answered_) {
      const ParseStatus status = reader_.read(replies_.data(), replies_.size());
      if (status == ParseStatus::incomplete) return;
      if (status == ParseStatus::error) {
        outcome_.failure = fmt::format("this is no reply: {}", reader_.error());
        return;
      }
      count(reader_.first());
      replies_.consume(reader_.consumed());
    }
  }

  void count(const ReplyNode& reply) {
    if (reply.kind == ReplyKind::push) return;
    if (!input_open_ && reply.kind == ReplyKind::text && reader_.text(reply) == last_word_) {
      answered_ = true;
      return;
    }
    ++outcome_.replies;
    if (reply.kind != ReplyKind::error) return;
    ++outcome_.errors;
    fmt::print(stderr, "{}\n", reader_.text(reply));
  }

  ServerLink& link_;
  const int input_;
  const int timeout_s_;
  const std::string last_word_ = random_word();
  bool input_open_ = true;
  bool answered_ = false;
  Buffer output_;
  Buffer replies_;
  RespReader reader_;
  BulkOutcome outcome_;
};

}  // namespace

BulkOutcome load_bulk(ServerLink& link, int input_fd, int timeout_s) {
  return BulkLoad(link, input_fd, timeout_s).run();
}

}  // namespace holdfast::cli
