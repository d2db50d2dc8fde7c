// What it is: a hierarchical timer wheel (Varghese & Lauck, "Hashed and Hierarchical Timing Wheels", 1987) with a
// tick of one microsecond: 11 levels of 64 slots, level n in steps of 64^n us, so that every TimeUs has its place.
// A timer stands at the level of the highest base-64 digit in which its deadline differs from the wheel's time, in the
// slot of that digit: all of a lower level is due before all of a higher one, no slot ever holds two rounds, and the
// next event is the lowest bit of the lowest level's bitmap, however long the sleep was. When the wheel's time reaches
// a slot of a higher level, its timers are spread over the levels below.
// The links live in the owner's records; a list is a ring, closed by (0x80000000 | list number).
// Threads: one owner. Time: schedule, cancel, next_wake O(1); a timer cascades at most once a level.
// Invariant: a timer is never delivered before its deadline; after advance(now) returned true none that is due at now
// remains. A deadline already past counts as the time that the wheel has reached.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "engine/check.h"
#include "engine/types.h"

namespace holdfast {

struct TimerNode {
  TimeUs deadline_us = 0;
  Index prev = no_index;  // no_index: not scheduled
  Index next = no_index;
};

// Nodes: callable as TimerNode& (Index) const, for an Index below 2^31; the node must not move while scheduled.
template <class Nodes>
class TimerWheel {
 public:
  static constexpr size_t levels = 11;  // 64^11 > 2^63

  // REQUIRES: start >= 0.
  TimerWheel(Nodes nodes, TimeUs start) : nodes_(nodes), reached_us_(start), latest_us_(start) {
    CHECK(start >= 0);
    for (Index list = 0; list < lists_.size(); ++list) lists_[list] = {ring_end | list, ring_end | list};
  }
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;

  static bool scheduled(const TimerNode& node) { return node.prev != no_index; }

  // REQUIRES: not scheduled. Any deadline; one already past is delivered by the next advance.
  void schedule(Index index, TimeUs deadline_us) {
    TimerNode& node = nodes_(index);
    DCHECK(!scheduled(node));
    node.deadline_us = deadline_us;
    link(index, node);
    ++size_;
  }

  // REQUIRES: scheduled.
  void cancel(Index index) {
    TimerNode& node = nodes_(index);
    DCHECK(scheduled(node));
    unlink(node);
    --size_;
  }

  // Delivers what is due at now: on_due(Index), unlinked before, earliest deadline first, ties in any order. A
  // delivery and a move of one timer to a lower level each cost 1 of budget. True when nothing due at now is left;
  // false when the budget is used up first: call again, with this or a later now. An earlier now counts as the latest
  // seen. on_due may schedule and cancel here, also what is due at once, but not advance.
  template <class OnDue>
  bool advance(TimeUs now, size_t& budget, OnDue on_due) {
    if (now > latest_us_) latest_us_ = now;
    for (;;) {
      const Index list = next_list();
      const TimeUs due_us = list == no_index ? never_us : starts_at(list);
      if (list == no_index || due_us > latest_us_) {
        reached_us_ = latest_us_;
        return true;
      }
      if (budget == 0) return false;
      reached_us_ = due_us;
      list < slots ? deliver(list, budget, on_due) : spread(list, budget);
    }
  }

  // Every timer with a deadline up to here has been delivered (but for those scheduled when already past: then it is
  // one less than the time reached).
  TimeUs caught_up_to() const {
    const bool pending = cascading_ != no_index || (occupied_[0] >> digit(reached_us_, 0) & 1) != 0;
    return pending ? reached_us_ - 1 : reached_us_;
  }

  // When to call advance next: never after the earliest deadline. It is exact for a timer that is alone in its slot
  // and for one within 64 us; otherwise it may be a cascade's time, at most one a level. never_us when empty. Never
  // above the latest now while advance has left work undone.
  TimeUs next_wake() const {
    const Index list = next_list();
    if (list == no_index) return never_us;
    const TimeUs start_us = starts_at(list);
    const Ring& ring = lists_[list];
    if (ring.next != ring.prev || start_us <= latest_us_) return start_us;
    const TimeUs deadline_us = nodes_(ring.next).deadline_us;
    return deadline_us > start_us ? deadline_us : start_us;
  }

  size_t size() const { return size_; }

 private:
  static constexpr Index slots = 64;
  static constexpr int digit_bits = 6;
  static constexpr Index ring_end = 0x80000000u;

  struct Ring {
    Index prev, next;  // last and first of the list; (ring_end | its number) when empty
  };

  static Index digit(TimeUs time_us, size_t level) {
    return static_cast<Index>(time_us >> (level * digit_bits)) & (slots - 1);
  }

  static bool is_end(Index index) { return (index & ring_end) != 0; }
  Index& next_of(Index index) { return is_end(index) ? lists_[index & ~ring_end].next : nodes_(index).next; }
  Index& prev_of(Index index) { return is_end(index) ? lists_[index & ~ring_end].prev : nodes_(index).prev; }

  Index list_for(TimeUs deadline_us) const {
    if (deadline_us <= reached_us_) return digit(reached_us_, 0);
    const int highest_bit = 63 - std::countl_zero(static_cast<uint64_t>(deadline_us ^ reached_us_));
    const size_t level = static_cast<size_t>(highest_bit / digit_bits);
    return static_cast<Index>(level) * slots + digit(deadline_us, level);
  }

  // At the end of its list, so that timers that are scheduled anew when due cannot keep others from their turn.
  void link(Index index, TimerNode& node) { link(index, node, list_for(node.deadline_us)); }
  void link(Index index, TimerNode& node, Index list) {
    node.next = ring_end | list;
    node.prev = lists_[list].prev;
    next_of(node.prev) = index;
    lists_[list].prev = index;
    occupied_[list / slots] |= uint64_t{1} << (list % slots);
  }

  void note_empty(Index list) { occupied_[list / slots] &= ~(uint64_t{1} << (list % slots)); }

  void unlink(TimerNode& node) {
    next_of(node.prev) = node.next;
    prev_of(node.next) = node.prev;
    if (node.prev == node.next) {  // both are the ring's end: it was alone
      const Index list = node.prev & ~ring_end;
      note_empty(list);
      if (list == cascading_) cascading_ = no_index;
    }
    node.prev = node.next = no_index;
  }

  // What is due now. on_due may add to this list, and to none that is due before it.
  template <class OnDue>
  void deliver(Index list, size_t& budget, OnDue& on_due) {
    while (budget > 0 && !is_end(lists_[list].next)) {
      --budget;
      const Index index = lists_[list].next;
      unlink(nodes_(index));
      --size_;
      if (const Index next = lists_[list].next; !is_end(next)) __builtin_prefetch(&nodes_(next), 1);
      on_due(index);
    }
  }

  // The digit of these timers is reached: they go to lower levels.
  void spread(Index list, size_t& budget) {
    Index index = lists_[list].next;
    TimeUs deadline_us = 0;  // what came in one turn often has the same one
    Index to = no_index;
    while (budget > 0 && !is_end(index)) {
      --budget;
      TimerNode& node = nodes_(index);
      const Index moved = std::exchange(index, node.next);
      if (!is_end(index)) __builtin_prefetch(&nodes_(index), 1);
      if (to == no_index || node.deadline_us != deadline_us) {
        deadline_us = node.deadline_us;
        to = list_for(deadline_us);
      }
      link(moved, node, to);
    }
    lists_[list].next = index;
    prev_of(index) = ring_end | list;
    cascading_ = is_end(index) ? no_index : list;
    if (is_end(index)) note_empty(list);
  }

  // The list whose turn is next: one whose cascade was begun, else the earliest. no_index when all are empty.
  Index next_list() const {
    if (cascading_ != no_index) return cascading_;
    for (size_t level = 0; level < levels; ++level) {
      if (occupied_[level] == 0) continue;
      return static_cast<Index>(level) * slots + static_cast<Index>(std::countr_zero(occupied_[level]));
    }
    return no_index;
  }

  // The first microsecond of a list's slot: the time reached, with its digit put in and the lower ones 0.
  TimeUs starts_at(Index list) const {
    const size_t shift = size_t{list / slots} * digit_bits;
    const uint64_t above = shift + digit_bits >= 64 ? 0 : ~uint64_t{0} << (shift + digit_bits);
    return static_cast<TimeUs>((static_cast<uint64_t>(reached_us_) & above) | uint64_t{list % slots} << shift);
  }

  Nodes nodes_;
  std::array<Ring, levels * slots> lists_;
  std::array<uint64_t, levels> occupied_{};  // a bit a slot: its list is not empty
  Index cascading_ = no_index;               // the list whose cascade was begun and is not over
  TimeUs reached_us_;                        // the wheel's time
  TimeUs latest_us_;                         // the latest now seen
  size_t size_ = 0;
};

}  // namespace holdfast
