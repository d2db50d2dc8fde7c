#include "protocol/session.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/limits.h"
#include "tests/protocol/session_world.h"

namespace holdfast {
namespace {

// A session on shard 0 of three; nothing is in stock.
class SessionTest : public testing::Test {
 protected:
  void send(const std::string& bytes) { session_.input().append(bytes); }
  std::string said() { return take_output(session_); }
  static std::string no_sku(const std::string& sku) { return "-NOSKU sku=" + sku + "\r\n"; }
  std::string ask(const std::string& bytes) {
    send(bytes);
    world_.settle();
    return said();
  }

  SessionWorld world_{3};
  Session& session_ = world_.connect();
  const std::string near_ = world_.sku_on(0);
  const std::string far_ = world_.sku_on(1);
  const std::string farther_ = world_.sku_on(2);
};

TEST_F(SessionTest, AnswersInTheOrderOfTheRequestsWhicheverShardAnswersFirst) {
  send("STOCK " + far_ + "\r\nSTOCK " + farther_ + "\r\nSTOCK " + near_ + "\r\nPING\r\n");
  world_.turn(0);
  EXPECT_EQ(said(), "");
  world_.turn(2);
  world_.turn(0);
  EXPECT_EQ(said(), "") << "the first has not been answered";
  world_.turn(1);
  world_.turn(0);
  EXPECT_EQ(said(), no_sku(far_) + no_sku(farther_) + no_sku(near_) + "+PONG\r\n");
}

TEST_F(SessionTest, SaysWhatIsDueAsSoonAsItIsDue) {
  send("PING\r\nSTOCK " + far_ + "\r\nSTOCK " + farther_ + "\r\n");
  world_.turn(0);
  EXPECT_EQ(said(), "+PONG\r\n");
  world_.turn(1);
  world_.turn(0);
  EXPECT_EQ(said(), no_sku(far_));
  world_.turn(2);
  world_.turn(0);
  EXPECT_EQ(said(), no_sku(farther_));
}

TEST_F(SessionTest, KeepsTheOrderOfMoreRepliesThanItsRingBeganWith) {
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string sku = world_.sku_on(static_cast<ShardIndex>(1 + i % 2), i);
    send("STOCK " + sku + "\r\nECHO e" + std::to_string(i) + "\r\n");
    const std::string word = "e" + std::to_string(i);
    expected += no_sku(sku) + "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  world_.settle();
  EXPECT_EQ(said(), expected);
}

TEST_F(SessionTest, LetsLastseqWaitForAllBeforeIt) {
  send("SETSTOCK " + far_ + " 1\r\nLASTSEQ\r\n");
  world_.turn(0);
  EXPECT_EQ(said(), "");
  world_.settle();
  EXPECT_TRUE(said().ends_with("\r\n:" + std::to_string(world_.last_seq()) + "\r\n"));
}

// The near one is decided first and has the lower number; it is still the last change that this connection asked for.
TEST_F(SessionTest, TellsTheNumberOfTheChangeThatWasAskedForLast) {
  ask("SETSTOCK " + far_ + " 1\r\nSETSTOCK " + near_ + " 1\r\n");
  EXPECT_EQ(ask("LASTSEQ\r\n"), ":" + std::to_string(world_.last_seq() - 1) + "\r\n");
}

TEST_F(SessionTest, LeavesTheLastNumberWhereARequestChangedNothing) {
  ask("SETSTOCK " + far_ + " 1\r\n");
  const std::string last = ":" + std::to_string(world_.last_seq()) + "\r\n";
  ask("STOCK " + far_ + "\r\nDELSTOCK none\r\nRESERVE c ITEMS " + far_ + " 2\r\n");
  EXPECT_EQ(ask("LASTSEQ\r\n"), last);
}

// Where carts are paced, a RESERVE goes to the quota of its cart before it comes to its SKU.
TEST_F(SessionTest, LetsNothingOfASkuOvertakeTheReserveOfACartThatIsPaced) {
  for (const std::string setting : {"max-holds-per-cart", "max-reserves-per-minute-per-cart"}) {
    SessionWorld world{3};
    Session& session = world.connect();
    session.input().append("CONFIG SET " + setting + " 9\r\nSETSTOCK " + far_ + " 30\r\n");
    world.run();
    take_output(session);
    for (int held = 1; held <= 9; ++held) {
      session.input().append("RESERVE cart-" + std::to_string(held) + " ITEMS " + far_ + " 1\r\nSTOCK " + far_ +
                             "\r\n");
      world.run();
      const std::string figure = "$4\r\nheld\r\n:" + std::to_string(held) + "\r\n";
      EXPECT_NE(take_output(session).find(figure), std::string::npos) << setting << ' ' << held;
    }
  }
}

TEST_F(SessionTest, LetsNoExtendOvertakeACopyOfTheReserveThatMadeTheHold) {
  ask("SETSTOCK " + far_ + " 30\r\n");
  for (int cart = 1; cart <= 9; ++cart) {
    const std::string request = "RESERVE cart-" + std::to_string(cart) + " EX 60 KEY k ITEMS " + far_ + " 1\r\n";
    const std::string first = ask(request);
    const std::string id = first.substr(first.find("$24\r\n") + 5, 24);
    send(request + "EXTEND " + id + " PX 5\r\n" + request);
    world_.run();
    EXPECT_EQ(said(), first + ":5\r\n*2\r\n$24\r\n" + id + "\r\n:5\r\n") << cart;
  }
}

TEST_F(SessionTest, SaysNothingToTheRequestThatClientReplySkipNames) {
  EXPECT_EQ(ask("CLIENT REPLY SKIP\r\nSTOCK " + far_ + "\r\nPING\r\n"), "+PONG\r\n");
  EXPECT_EQ(ask("CLIENT REPLY SKIP\r\nNONSENSE\r\nSTOCK " + near_ + "\r\n"), no_sku(near_));
  EXPECT_EQ(ask("CLIENT REPLY SKIP\r\nPING\r\nSTOCK " + far_ + "\r\n"), no_sku(far_));
  EXPECT_EQ(ask("CLIENT REPLY SKIP\r\nRESET\r\nPING\r\n"), "+PONG\r\n");
  EXPECT_EQ(ask("CLIENT REPLY OFF\r\nPING\r\nRESET\r\nPING\r\n"), "+RESET\r\n+PONG\r\n");
}

TEST_F(SessionTest, SaysNothingFromClientReplyOffToOn) {
  const std::string unheard = "SETSTOCK " + far_ + " 5\r\nPING\r\nSTOCK none\r\nNONSENSE\r\nLASTSEQ\r\n";
  EXPECT_EQ(ask("PING\r\nCLIENT REPLY OFF\r\n" + unheard), "+PONG\r\n");
  EXPECT_EQ(ask("PING\r\nCLIENT REPLY ON\r\nPING\r\n"), "+OK\r\n+PONG\r\n");
  EXPECT_EQ(ask("DBSIZE\r\n"), ":1\r\n") << "what it did not say it still did";
}

TEST_F(SessionTest, AnswersAProtocolErrorAfterTheRepliesDueAndIsFinished) {
  send("STOCK " + far_ + "\r\n*1\r\n$x\r\nPING\r\n");
  world_.turn(0);
  EXPECT_FALSE(session_.finished());
  EXPECT_FALSE(session_.may_read());
  world_.settle();
  EXPECT_EQ(said(), no_sku(far_) + "-ERR Protocol error: invalid bulk length\r\n");
  EXPECT_TRUE(session_.finished());
}

TEST_F(SessionTest, AnswersWhatCameBeforeABrowserSpokeAndNothingElse) {
  for (const char* word : {"POST / HTTP/1.1\r\n", "Host: example.org\r\n"}) {
    Session& session = world_.connect();
    session.input().append("STOCK " + far_ + "\r\n" + word + "PING\r\n");
    world_.settle();
    EXPECT_EQ(take_output(session), no_sku(far_));
    EXPECT_TRUE(session.finished());
  }
}

TEST_F(SessionTest, AnswersWhatWasReceivedBeforeTheEndOfInput) {
  send("STOCK " + far_ + "\r\nPING\r\nPIN");
  session_.end_of_input();
  world_.turn(0);
  EXPECT_FALSE(session_.finished());
  world_.settle();
  EXPECT_EQ(said(), no_sku(far_) + "+PONG\r\n");
  EXPECT_TRUE(session_.finished());
}

TEST_F(SessionTest, StandsInNoLineAfterTheEndOfInputHoweverManyItAskedFor) {
  ask("SETSTOCK " + near_ + " 1\r\nSETSTOCK " + far_ + " 1\r\nRESERVE c ITEMS " + near_ + " 1 " + far_ + " 1\r\n");
  for (const std::string& sku : {near_, far_, near_}) send("RESERVE c WAIT 1000 ITEMS " + sku + " 1\r\nPING\r\n");
  world_.settle();
  session_.end_of_input();
  world_.run();
  const auto refused = [](const std::string& sku) {
    return "-OUTOFSTOCK sku=" + sku + " want=1 available=0 held=1\r\n+PONG\r\n";
  };
  EXPECT_EQ(said(), refused(near_) + refused(far_) + refused(near_));
  EXPECT_TRUE(session_.finished());
}

TEST_F(SessionTest, IsNotFinishedAtTheEndOfInputWhileRequestsWaitForTheirTurn) {
  send("PING\r\nPING\r\n");
  session_.end_of_input();
  session_.process(1);
  EXPECT_FALSE(session_.finished());
  session_.process(1);
  EXPECT_TRUE(session_.finished());
}

TEST_F(SessionTest, AnswersQuitAndNothingBehindIt) {
  EXPECT_EQ(ask("STOCK " + far_ + "\r\nQUIT\r\nPING\r\n"), no_sku(far_) + "+OK\r\n");
  EXPECT_TRUE(session_.finished());
}

TEST_F(SessionTest, ExecutesNoMoreThanItsBudgetAndAsksForAnotherTurn) {
  send("PING\r\nPING\r\nPING\r\nPING\r\n");
  session_.process(3);
  EXPECT_EQ(said(), "+PONG\r\n+PONG\r\n+PONG\r\n");
  EXPECT_TRUE(session_.wants_turn());
  EXPECT_FALSE(session_.may_read());
  session_.process(3);
  EXPECT_EQ(said(), "+PONG\r\n");
  EXPECT_FALSE(session_.wants_turn());
  EXPECT_TRUE(session_.may_read());
}

TEST_F(SessionTest, StopsWhenTheClientDoesNotTakeItsReplies) {
  const std::string word(100'000, 'x');
  for (int i = 0; i < 30; ++i) send("*2\r\n$4\r\nECHO\r\n$100000\r\n" + word + "\r\n");
  world_.settle();
  EXPECT_LT(session_.output().size(), limits::output_bytes + 2 * word.size());
  EXPECT_FALSE(session_.wants_turn());
  EXPECT_FALSE(session_.may_read());
  size_t total = 0;
  for (int i = 0; i < 30; ++i) total += ask("").size();
  EXPECT_EQ(total, 30 * (word.size() + 11));
  EXPECT_TRUE(session_.may_read());
}

// They are not in the output yet, and cost as much.
TEST_F(SessionTest, StopsForRepliesThatHaveToWaitForOneUnderWay) {
  send("STOCK " + far_ + "\r\n");
  const std::string word(100'000, 'x');
  for (int i = 0; i < 30; ++i) send("*2\r\n$4\r\nECHO\r\n$100000\r\n" + word + "\r\n");
  world_.turn(0);
  session_.refresh_client();
  EXPECT_EQ(session_.output().size(), 0U);
  EXPECT_LT(session_.client().output_bytes, limits::output_bytes + 2 * word.size());
  EXPECT_GT(session_.client().output_bytes, limits::output_bytes);
  EXPECT_FALSE(session_.wants_turn());
  EXPECT_FALSE(session_.may_read());
  size_t total = 0;
  for (int i = 0; i < 30; ++i) total += ask("").size();
  EXPECT_EQ(total, no_sku(far_).size() + 30 * (word.size() + 11));
  session_.refresh_client();
  EXPECT_EQ(session_.client().output_bytes, 0U);
}

TEST_F(SessionTest, HasNoMoreCommandsUnderWayThanTheLimit) {
  const size_t commands = limits::pending_replies + 100;
  for (size_t i = 0; i < commands; ++i) send("STOCK " + far_ + "\r\n");
  for (int i = 0; i < 10; ++i) world_.turn(0);
  session_.refresh_client();
  EXPECT_EQ(session_.client().in_flight, limits::pending_replies);
  EXPECT_FALSE(session_.wants_turn());
  for (int i = 0; i < 3; ++i) world_.settle();
  EXPECT_EQ(said().size(), commands * no_sku(far_).size());
}

TEST_F(SessionTest, IsSilentAndFinishedWhenItWasAbandoned) {
  send("STOCK " + far_ + "\r\n");
  world_.turn(0);
  send("PING\r\n");
  session_.abandon();
  EXPECT_FALSE(session_.finished()) << "the journey that is under way will come back to it";
  world_.settle();
  EXPECT_TRUE(session_.finished());
  EXPECT_EQ(said(), no_sku(far_));
}

}  // namespace
}  // namespace holdfast
