#include "protocol/event_loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/clock.h"

namespace holdfast {
namespace {

constexpr TimeUs hour_us = 3'600'000'000;

// One end is watched, the other is the test's.
class WatchedSocket final : public Watcher {
 public:
  explicit WatchedSocket(EventLoop& loop) : loop_(loop) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()), 0);
    loop_.watch(ends_[0], *this);
  }
  ~WatchedSocket() {
    ::close(ends_[0]);
    hang_up();
  }

  void on_ready(Readiness ready) override { told.push_back(ready); }
  void say(const std::string& what) { EXPECT_EQ(::write(ends_[1], what.data(), what.size()), ssize_t(what.size())); }
  void hang_up() { ::close(std::exchange(ends_[1], -1)); }
  void fill() {
    const std::string much(65'536, 'x');
    while (::write(ends_[0], much.data(), much.size()) > 0) continue;
  }
  void take_all() {
    std::string much(65'536, 'x');
    while (::read(ends_[1], much.data(), much.size()) > 0) continue;
  }
  void change(Interest interest) { loop_.change(ends_[0], *this, interest); }
  void forget() { loop_.forget(ends_[0]); }

  std::vector<Readiness> told;

 private:
  EventLoop& loop_;
  std::array<int, 2> ends_{};
};

TEST(EventLoop, TellsOfBytesOnceAndAgainWhenMoreCome) {
  EventLoop loop;
  WatchedSocket socket(loop);
  loop.run_once(0);
  EXPECT_TRUE(socket.told.empty());
  socket.say("a");
  loop.run_once(0);
  loop.run_once(0);  // nobody has read it, and it is not told again
  ASSERT_EQ(socket.told.size(), 1u);
  EXPECT_TRUE(socket.told[0].can_read);
  EXPECT_FALSE(socket.told[0].has_ended);
  socket.say("b");
  loop.run_once(0);
  EXPECT_EQ(socket.told.size(), 2u);
}

TEST(EventLoop, TellsOfAnEnd) {
  EventLoop loop;
  WatchedSocket socket(loop);
  socket.hang_up();
  loop.run_once(0);
  ASSERT_EQ(socket.told.size(), 1u);
  EXPECT_TRUE(socket.told[0].can_read);
  EXPECT_TRUE(socket.told[0].has_ended);
}

TEST(EventLoop, TellsOfRoomToWriteOnlyWhoAsksForIt) {
  EventLoop loop;
  WatchedSocket socket(loop);
  socket.fill();
  socket.take_all();
  loop.run_once(0);
  EXPECT_TRUE(socket.told.empty());
  socket.fill();
  socket.change(Interest::read_and_write);
  loop.run_once(0);
  EXPECT_TRUE(socket.told.empty());
  socket.take_all();
  loop.run_once(0);
  ASSERT_EQ(socket.told.size(), 1u);
  EXPECT_TRUE(socket.told[0].can_write);
  EXPECT_FALSE(socket.told[0].can_read);
}

TEST(EventLoop, TellsOfWhatIsReadyAlreadyWhenTheInterestChanges) {
  EventLoop loop;
  WatchedSocket socket(loop);
  socket.say("a");
  loop.run_once(0);
  socket.change(Interest::read);
  loop.run_once(0);
  EXPECT_EQ(socket.told.size(), 2u);
}

TEST(EventLoop, TellsNothingOfWhatIsForgotten) {
  EventLoop loop;
  WatchedSocket socket(loop);
  socket.forget();
  socket.say("a");
  loop.run_once(0);
  EXPECT_TRUE(socket.told.empty());
}

TEST(EventLoop, ExecutesWhatOthersPostInTheirOrderAndWakesUpForIt) {
  EventLoop loop;
  std::vector<int> done;
  std::thread other([&] {
    loop.post([&] { done.push_back(1); });
    loop.post([&] { done.push_back(2); });
  });
  while (done.size() < 2) loop.run_once(never_us);
  other.join();
  EXPECT_EQ(done, (std::vector<int>{1, 2}));
}

TEST(EventLoop, HearsABellThatRangBeforeItSlept) {
  EventLoop loop;
  loop.wake();
  loop.run_once(never_us);  // returns
  loop.wake();
  loop.run_once(never_us);
}

TEST(EventLoop, PostedWorkMayPostMore) {
  EventLoop loop;
  int done = 0;
  loop.post([&] { loop.post([&] { ++done; }); });
  loop.run_once(0);
  EXPECT_EQ(done, 0);
  loop.run_once(never_us);
  EXPECT_EQ(done, 1);
}

TEST(Alarm, GoesOffOnceWhenItsTimeHasCome) {
  EventLoop loop;
  int rings = 0;
  EventLoop::Alarm alarm(loop, [&] { ++rings; });
  EXPECT_EQ(loop.next_alarm(), never_us);
  alarm.set(engine_now() + hour_us);
  EXPECT_TRUE(alarm.is_set());
  loop.run_once(0);
  EXPECT_EQ(rings, 0);
  alarm.set(engine_now());
  loop.run_once(0);
  loop.run_once(0);
  EXPECT_EQ(rings, 1);
  EXPECT_FALSE(alarm.is_set());
}

TEST(Alarm, IsSilentWhenItIsCancelledOrGone) {
  EventLoop loop;
  int rings = 0;
  EventLoop::Alarm cancelled(loop, [&] { ++rings; });
  cancelled.set(engine_now());
  cancelled.cancel();
  {
    EventLoop::Alarm gone(loop, [&] { ++rings; });
    gone.set(engine_now());
  }
  EXPECT_EQ(loop.next_alarm(), never_us);
  loop.run_once(0);
  EXPECT_EQ(rings, 0);
}

TEST(Alarm, TheFirstOneIsNext) {
  EventLoop loop;
  EventLoop::Alarm late(loop, [] {});
  EventLoop::Alarm early(loop, [] {});
  const TimeUs now = engine_now();
  late.set(now + 2 * hour_us);
  early.set(now + hour_us);
  EXPECT_EQ(loop.next_alarm(), now + hour_us);
}

TEST(Alarm, MayEndItselfAndBeSetAgainWhereItGoesOff) {
  EventLoop loop;
  int rings = 0;
  std::unique_ptr<EventLoop::Alarm> mortal;
  mortal = std::make_unique<EventLoop::Alarm>(loop, [&] {
    ++rings;
    mortal.reset();
  });
  mortal->set(engine_now());
  EventLoop::Alarm again(loop, [&] {
    if (++rings < 3) again.set(engine_now() + hour_us);
  });
  again.set(engine_now());
  loop.run_once(0);
  EXPECT_EQ(rings, 2);
  EXPECT_TRUE(again.is_set());
}

}  // namespace
}  // namespace holdfast
