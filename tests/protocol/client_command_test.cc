#include "protocol/client_command.h"

#include <gtest/gtest.h>

#include "tests/protocol/fake_server.h"

namespace holdfast {
namespace {

// Connections 1 (shard 0, the asker), 2 (shard 1) and 3 (shard 0).
class ClientCommand : public testing::Test {
 protected:
  std::string run(std::vector<std::string_view> args) { return server_.run(client_, std::move(args)); }

  std::vector<uint64_t> killed() {
    std::vector<uint64_t> ids = server_.reactors[0]->killed;
    ids.insert(ids.end(), server_.reactors[1]->killed.begin(), server_.reactors[1]->killed.end());
    return ids;
  }

  // The ids of a CLIENT LIST, in its order.
  std::string ids_of(const std::string& reply) {
    std::string ids;
    const std::string text = text_of(reply);
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      ids += text.substr(at + 3, text.find(' ', at) - at - 3) + " ";
    }
    return ids;
  }

  FakeServer server_{2};
  Client& client_ = server_.connect(0);
  Client& second_ = server_.connect(1);
  Client& third_ = server_.connect(0);
};

TEST_F(ClientCommand, InfoIsALineInRedissFormat) {
  server_.now_us += 7'900'000;
  client_.name = "till";
  client_.lib_name = "redis-py";
  client_.lib_version = "5.0.1";
  client_.input_bytes = 26;
  client_.input_room = 6;
  client_.memory_bytes = 32;
  EXPECT_EQ(text_of(run({"CLIENT", "INFO"})),
            "id=1 addr=127.0.0.1:5001 laddr=127.0.0.1:7379 fd=11 name=till age=7 idle=0 flags=N db=0 sub=0 psub=0 "
            "ssub=0 multi=-1 qbuf=26 qbuf-free=6 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 tot-mem=32 "
            "events=r cmd=client|info user=default redir=-1 resp=2 lib-name=redis-py lib-ver=5.0.1\n");
}

TEST_F(ClientCommand, InfoIsVerbatimTextInResp3) {
  client_.resp = 3;
  const std::string reply = run({"CLIENT", "INFO"});
  EXPECT_EQ(reply[0], '=');
  EXPECT_NE(reply.find("\r\ntxt:id=1 "), std::string::npos);
}

TEST_F(ClientCommand, ALineTellsHowLongTheConnectionIsIdleAndWhatWaits) {
  server_.now_us += 3'000'000;
  second_.output_bytes = 100;
  second_.memory_bytes = 256;
  second_.in_flight = 4;
  second_.no_evict = true;
  const std::string line = client_line(second_, server_.now_us);
  EXPECT_NE(line.find(" age=3 idle=3 flags=e "), std::string::npos);
  EXPECT_NE(line.find(" obl=100 oll=4 omem=100 tot-mem=256 events=rw cmd=NULL "), std::string::npos);
  EXPECT_NE(client_line(second_, 0).find(" age=0 idle=0 "), std::string::npos);
}

TEST_F(ClientCommand, ListShowsTheConnectionsOfAllShardsInOrder) {
  EXPECT_EQ(ids_of(run({"CLIENT", "LIST"})), "1 2 3 ");
}

TEST_F(ClientCommand, ListTakesTypeOrIds) {
  EXPECT_EQ(ids_of(run({"CLIENT", "LIST", "TYPE", "NORMAL"})), "1 2 3 ");
  EXPECT_EQ(run({"CLIENT", "LIST", "TYPE", "master"}), "$0\r\n\r\n");
  EXPECT_EQ(ids_of(run({"CLIENT", "LIST", "ID", "3", "2", "9"})), "2 3 ");
  EXPECT_EQ(run({"CLIENT", "LIST", "ID", "0"}), "$0\r\n\r\n");
}

TEST_F(ClientCommand, ListRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run({"CLIENT", "LIST", "TYPE", "foo"}), "-ERR Unknown client type 'foo'\r\n");
  EXPECT_EQ(run({"CLIENT", "LIST", "ID", "x"}), "-ERR Invalid client ID\r\n");
  EXPECT_EQ(run({"CLIENT", "LIST", "ID"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"CLIENT", "LIST", "TYPE", "normal", "x"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"CLIENT", "LIST", "FOO"}), "-ERR syntax error\r\n");
}

TEST_F(ClientCommand, KillByAddressSaysOkOrThatThereIsNone) {
  EXPECT_EQ(run({"CLIENT", "KILL", "127.0.0.1:5002"}), "+OK\r\n");
  EXPECT_EQ(killed(), std::vector<uint64_t>{2});
  EXPECT_EQ(run({"CLIENT", "KILL", "127.0.0.1:5002"}), "-ERR No such client\r\n");
}

TEST_F(ClientCommand, KillSparesItselfUnlessToldOtherwise) {
  EXPECT_EQ(run({"CLIENT", "KILL", "TYPE", "normal"}), ":2\r\n");
  EXPECT_EQ(killed(), (std::vector<uint64_t>{3, 2}));
  EXPECT_FALSE(client_.close_after_reply);
  EXPECT_EQ(run({"CLIENT", "KILL", "SKIPME", "no", "USER", "default"}), ":1\r\n");
  EXPECT_TRUE(client_.close_after_reply);
  EXPECT_EQ(killed(), (std::vector<uint64_t>{3, 2}));  // it gets its answer first
}

TEST_F(ClientCommand, KillByItsOwnAddressClosesAfterTheAnswer) {
  EXPECT_EQ(run({"CLIENT", "KILL", "127.0.0.1:5001"}), "+OK\r\n");
  EXPECT_TRUE(client_.close_after_reply);
}

TEST_F(ClientCommand, AllFiltersOfAKillMustFit) {
  EXPECT_EQ(run({"CLIENT", "KILL", "ID", "2", "ADDR", "127.0.0.1:5003"}), ":0\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "LADDR", "127.0.0.1:7379", "ADDR", "127.0.0.1:5003"}), ":1\r\n");
  EXPECT_EQ(killed(), std::vector<uint64_t>{3});
}

TEST_F(ClientCommand, KillRefusesWhatItDoesNotKnow) {
  EXPECT_EQ(run({"CLIENT", "KILL"}), "-ERR wrong number of arguments for 'client|kill' command\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "ID", "0"}), "-ERR client-id should be greater than 0\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "ID", "x"}), "-ERR client-id should be greater than 0\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "ID", "3", "ID"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "SKIPME", "x"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "TYPE", "foo"}), "-ERR Unknown client type 'foo'\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "USER", "foo"}), "-ERR No such user 'foo'\r\n");
  EXPECT_EQ(run({"CLIENT", "KILL", "FOO", "x"}), "-ERR syntax error\r\n");
  EXPECT_TRUE(killed().empty());
}

TEST_F(ClientCommand, ANameIsSetShownAndTakenAway) {
  EXPECT_EQ(run({"CLIENT", "GETNAME"}), "$-1\r\n");
  EXPECT_EQ(run({"CLIENT", "SETNAME", "till-1"}), "+OK\r\n");
  EXPECT_EQ(run({"CLIENT", "GETNAME"}), "$6\r\ntill-1\r\n");
  EXPECT_EQ(run({"CLIENT", "SETNAME", "a\nb"}),
            "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
  EXPECT_EQ(client_.name, "till-1");
  EXPECT_EQ(run({"CLIENT", "SETNAME", ""}), "+OK\r\n");
  EXPECT_EQ(run({"CLIENT", "GETNAME"}), "$-1\r\n");
}

TEST_F(ClientCommand, SetInfoTakesWhatLibrariesTellAtConnect) {
  EXPECT_EQ(run({"CLIENT", "SETINFO", "LIB-NAME", "ioredis"}), "+OK\r\n");
  EXPECT_EQ(run({"CLIENT", "SETINFO", "lib-ver", "5.4"}), "+OK\r\n");
  EXPECT_EQ(client_.lib_name, "ioredis");
  EXPECT_EQ(client_.lib_version, "5.4");
  EXPECT_EQ(run({"CLIENT", "SETINFO", "LIB-VER", "5 4"}),
            "-ERR LIB-VER cannot contain spaces, newlines or special characters.\r\n");
  EXPECT_EQ(run({"CLIENT", "SETINFO", "LIB-COLOR", "red"}), "-ERR Unrecognized option 'LIB-COLOR'\r\n");
}

TEST_F(ClientCommand, ReplyOffAndSkipSayNothingThemselves) {
  EXPECT_EQ(run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(client_.reply_mode, ReplyMode::skip_next);
  EXPECT_EQ(run({"CLIENT", "REPLY", "OFF"}), "");
  EXPECT_EQ(run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(client_.reply_mode, ReplyMode::off);
  EXPECT_EQ(run({"CLIENT", "REPLY", "ON"}), "+OK\r\n");
  EXPECT_EQ(client_.reply_mode, ReplyMode::on);
  EXPECT_EQ(run({"CLIENT", "REPLY", "x"}), "-ERR syntax error\r\n");
}

TEST_F(ClientCommand, SwitchesTakeOnAndOffOnly) {
  EXPECT_EQ(run({"CLIENT", "NO-EVICT", "on"}), "+OK\r\n");
  EXPECT_TRUE(client_.no_evict);
  EXPECT_EQ(run({"CLIENT", "NO-EVICT", "OFF"}), "+OK\r\n");
  EXPECT_FALSE(client_.no_evict);
  EXPECT_EQ(run({"CLIENT", "NO-EVICT", "x"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"CLIENT", "NO-TOUCH", "ON"}), "+OK\r\n");
  EXPECT_EQ(run({"CLIENT", "NO-TOUCH", "x"}), "-ERR syntax error\r\n");
}

TEST_F(ClientCommand, IdIsTheConnectionsNumber) {
  EXPECT_EQ(run({"CLIENT", "ID"}), ":1\r\n");
}

}  // namespace
}  // namespace holdfast
