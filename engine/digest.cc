#include "engine/digest.h"

#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

class Summer {
 public:
  // Of one thing, part by part: fixed-size numbers, and texts with their lengths.
  Summer& begin(char kind) {
    size_ = 0;
    *room(1) = kind;
    return *this;
  }
  template <class... Numbers>
  Summer& add(Numbers... numbers) {
    const uint64_t words[] = {static_cast<uint64_t>(numbers)...};
    std::memcpy(room(sizeof words), words, sizeof words);
    return *this;
  }
  Summer& add_text(std::string_view text) {
    add(text.size());
    std::copy(text.begin(), text.end(), room(text.size()));
    return *this;
  }
  void end() {
    const XXH128_hash_t hash = XXH3_128bits(bytes_.data(), size_);
    sum_.low += hash.low64;
    sum_.high += hash.high64;
  }
  Digest sum() const { return sum_; }

 private:
  char* room(size_t bytes) {
    if (size_ + bytes > bytes_.size()) [[unlikely]]
      grow(bytes);
    size_ += bytes;
    return bytes_.data() + size_ - bytes;
  }
  [[gnu::noinline]] void grow(size_t bytes) { bytes_.resize(2 * (size_ + bytes)); }

  std::vector<char> bytes_ = std::vector<char>(1024);
  size_t size_ = 0;  // of what is written of them
  Digest sum_;
};

void add_stock(Summer& sum, const Stock& stock) {
  sum.begin('s').add_text(stock.sku.view());
  sum.add(stock.on_hand, stock.held, stock.sold, stock.oversell, stock.percart, stock.paused, stock.challenge,
          stock.version);
  if (stock.carts) {
    std::vector<std::pair<std::string_view, int64_t>> carts(stock.carts->units.begin(), stock.carts->units.end());
    std::sort(carts.begin(), carts.end());
    sum.add(stock.carts->since, carts.size());
    for (const auto& [cart, units] : carts) sum.add_text(cart).add(units);
  }
  sum.end();
}

void add_hold(Summer& sum, const State& state, const Hold& hold) {
  const HoldExtra* extra = state.holds.extra_if(hold);
  sum.begin('h').add(hold.id.high, hold.id.low, hold.state, hold.seq, hold.timer.deadline_us);
  sum.add(hold.state == HoldState::held ? static_cast<uint64_t>(hold.made_us) : hold.end_seq);
  sum.add_text(hold.cart.view()).add_text(extra ? extra->ref.view() : std::string_view{});
  sum.add(extra ? extra->key_hash : 0);
  state.holds.for_each_item(hold, [&](std::string_view sku, uint64_t, uint32_t quantity, Seq taken_seq) {
    if (quantity > 0) sum.add_text(sku).add(quantity);
    if (quantity > 0 && taken_seq != 0) sum.add(taken_seq);
  });
  sum.end();
}

void add_guard(Summer& sum, const Guard& guard) {
  sum.begin('k').add_text(guard.cart.view()).add_text(guard.key.view());
  sum.add(guard.fingerprint[0], guard.fingerprint[1], guard.id.high, guard.id.low);
  for (const auto& [hash, units] : guard.granted) sum.add(hash, units);
  sum.end();
}

}  // namespace

std::string Digest::text() const {
  std::string text;
  for (const uint64_t half : {high, low}) {
    for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[half >> shift & 15];
  }
  return text;
}

Digest digest_of(std::span<const State* const> states, TimeUs at_us, TimeUs tombstone_ttl_us) {
  Summer sum;
  const auto is_remembered = [&](const State& state, Index index) {
    if (index == no_index) return false;
    const Hold& hold = state.holds[index];
    return hold.state == HoldState::held || at_us < hold.timer.deadline_us + tombstone_ttl_us;
  };
  for (const State* state : states) {
    state->stocks.for_each([&](Index index) { add_stock(sum, state->stocks[index]); });
    state->holds.for_each([&](Index index) {
      if (is_remembered(*state, index)) add_hold(sum, *state, state->holds[index]);
    });
    state->guards.for_each([&](Index index) {
      const Guard& guard = state->guards[index];
      const State& home = *states[shard_of(guard.id.slot(), static_cast<uint32_t>(states.size()))];
      if (is_remembered(home, home.holds.find(guard.id))) add_guard(sum, guard);
    });
    state->locks.for_each([&](Index index) {
      const Lock& lock = state->locks[index];
      sum.begin('l').add_text(lock.name.view()).add(lock.token, lock.timer.deadline_us).end();
    });
  }
  return sum.sum();
}

}  // namespace holdfast
