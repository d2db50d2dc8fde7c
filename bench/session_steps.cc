// The life of one-item holds through a session of one shard, step by step, without sockets and threads. Each step is a
// function of its own that nothing is inlined into, so that callgrind can say what was spent in it: bench/instructions
// runs this and divides. The text of the requests is put together outside of them.
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/check.h"
#include "tests/protocol/session_world.h"

namespace holdfast {

// A turn of the shard is one step. Each notes its name, or the compiler could make one function of all.
const char* last_step = nullptr;
[[gnu::noinline]] void step_warm_up(SessionWorld& world) {
  last_step = "warm_up";
  world.turn(0);
}
[[gnu::noinline]] void step_reserve(SessionWorld& world) {
  last_step = "reserve";
  world.turn(0);
}
[[gnu::noinline]] void step_commit(SessionWorld& world) {
  last_step = "commit";
  world.turn(0);
}
[[gnu::noinline]] void step_release(SessionWorld& world) {
  last_step = "release";
  world.turn(0);
}
[[gnu::noinline]] void step_expire(SessionWorld& world) {
  last_step = "expire";
  world.turn(0);
}
[[gnu::noinline]] void step_forget(SessionWorld& world) {
  last_step = "forget";
  world.turn(0);
}

namespace {

using Step = void (*)(SessionWorld& world);

constexpr int pipeline = 64;
constexpr int batches = 400;
constexpr TimeUs start_us = 1'000'000'000;
constexpr TimeUs turn_us = 100;
constexpr TimeUs ttl_us = 2'000'000;
constexpr TimeUs tombstone_ttl_us = 600'000'000;

class Shop {
 public:
  Shop() : session_(world_.connect()) {
    request({"SETSTOCK", sku, "1000000000"});
    world_.turn(0);
  }

  void reserve(Step step) {
    for (int i = 0; i < batches; ++i) {
      for (int k = 0; k < pipeline; ++k) {
        request({"RESERVE", "cart-" + std::to_string(1'000'000 + carts_++), "PX", "2000", "ITEMS", sku, "1"});
      }
      take(step);
      take_ids();
      world_.pass_time(turn_us);
    }
  }

  void end(std::string_view command, Step step) {
    for (size_t i = 0; i < ids_.size(); ++i) {
      request({command, ids_[i]});
      if ((i + 1) % pipeline == 0) take(step);
    }
    ids_.clear();
    CHECK(world_.shard(0).stats().live_holds == 0);
  }

  void expire(Step step) {
    world_.pass_time(ttl_us);
    while (world_.shard(0).stats().live_holds > 0) step(world_);
    ids_.clear();
  }

  void forget(Step step) {
    world_.pass_time(tombstone_ttl_us);
    while (world_.shard(0).stats().tombstones > 0) step(world_);
  }

 private:
  void request(std::initializer_list<std::string_view> words) {
    std::string text = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
      text.append("$").append(std::to_string(word.size())).append("\r\n").append(word).append("\r\n");
    }
    session_.input().append(text);
  }

  void take(Step step) {
    session_.output().clear();
    step(world_);
    CHECK(session_.input().empty() && session_.output().view().find('-') == std::string_view::npos);
  }

  void take_ids() {
    constexpr std::string_view before_id = "*2\r\n$24\r\n";
    constexpr std::string_view after_id = "\r\n:2000\r\n";
    constexpr size_t id_bytes = 24;
    std::string_view replies = session_.output().view();
    while (replies.starts_with(before_id)) {
      ids_.emplace_back(replies.substr(before_id.size(), id_bytes));
      replies.remove_prefix(before_id.size() + id_bytes + after_id.size());
    }
    CHECK(replies.empty());
  }

  static constexpr std::string_view sku = "sku:000000000042";

  // Begun at the same time always: where a deadline stands in the wheel decides how often its timer moves.
  SessionWorld world_{1, 1, start_us};
  Session& session_;
  uint64_t carts_ = 0;
  std::vector<std::string> ids_;
};

}  // namespace
}  // namespace holdfast

int main() {
  using namespace holdfast;
  Shop shop;
  shop.reserve(step_warm_up);
  shop.expire(step_warm_up);
  shop.forget(step_warm_up);
  shop.reserve(step_reserve);
  shop.expire(step_expire);
  shop.forget(step_forget);
  shop.reserve(step_warm_up);
  shop.end("COMMIT", step_commit);
  shop.forget(step_warm_up);
  shop.reserve(step_warm_up);
  shop.end("RELEASE", step_release);
}
