// What it is: what a server does that executes one request after the other, in a few hundred lines without any of
// ours: it judges the replies of one connection, which nobody else disturbs, in the order of the requests. Ids and
// sequence numbers are the server's to choose; the model learns them from the first reply that shows them, and from
// then on holds the server to them.
// Threads: one. Time: no hold here lives to see its deadline.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/system/reply_client.h"

namespace holdfast {

class PipelineModel {
 public:
  using Words = std::vector<std::string>;

  // Executes the request. Empty, or what is wrong with the reply.
  std::string judge(const Words& request, const WireReply& reply);

  // Of all holds so far.
  std::vector<std::string> ids() const;

  static constexpr int64_t ttl_ms = 3'600'000;

 private:
  struct Sku {
    int64_t on_hand = 0;
    int64_t held = 0;
    int64_t sold = 0;
    int64_t oversell = 0;
    int64_t version = 1;
    bool paused = false;

    int64_t balance() const { return on_hand + oversell - held; }
  };
  struct Hold {
    std::string id;
    std::string cart;
    std::vector<std::pair<std::string, int64_t>> items;
    std::string state = "HELD";
    std::string ref;
    size_t made_by = 0;  // facts
    size_t ended_by = 0;
  };

  // Each returns the reply as shown() shows it.
  std::string set_stock(const Words& words, bool adds);
  std::string policy(const Words& words);
  std::string delete_stock(const std::string& name);
  std::string stock(const std::string& name) const;
  std::string reserve(const Words& words, const WireReply& reply);
  std::string commit(const Words& words);
  std::string release(const std::string& id);
  std::string extend(const std::string& id);
  std::string revoke(const std::string& cart);
  std::string holds(const std::string& cart) const;
  std::string hold(const std::string& id, const WireReply& reply);
  std::string last_seq(const WireReply& reply);

  void end(Hold& hold, const std::string& state);
  std::string state_error(const Hold& hold) const;
  size_t fact();
  // The number of that fact is this: the first time nobody can tell but by those of facts which a command that comes
  // after all before it (LASTSEQ, HOLDS ...) stands between. Empty, or what is wrong.
  std::string learn(size_t fact, int64_t seq);

  std::map<std::string, Sku> skus_;
  std::vector<Hold> holds_;  // in the order in which they were made
  std::map<std::string, size_t> by_id_;
  size_t facts_ = 0;
  size_t last_fact_ = 0;  // what LASTSEQ is about
  std::map<size_t, int64_t> seqs_;
  std::vector<size_t> eras_{0};  // of each fact: how many such commands came before it
  size_t era_ = 0;
  std::string wrong_;
};

}  // namespace holdfast
