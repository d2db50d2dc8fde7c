// The timer wheel with ten million timers pending, deadlines as holds have them: five minutes ahead, one shard.
#include <benchmark/benchmark.h>

#include <random>

#include "bench/memory_floor.h"
#include "engine/pool.h"
#include "engine/timer_wheel.h"

namespace {

using namespace holdfast;

constexpr Index pending = 10'000'000;
constexpr TimeUs ttl_us = 300'000'000;
constexpr size_t bytes = size_t{pending} * 64;

struct Record {  // a cache line, as a hold has it
  TimerNode timer;
  char rest[40];
};

struct Nodes {
  Pool<Record>* records;
  TimerNode& operator()(Index index) const { return (*records)[index].timer; }
};

struct Timers {
  Timers() : wheel(Nodes{&records}, 0) {
    for (Index i = 0; i < pending; ++i) {
      wheel.schedule(records.allocate(), 1 + static_cast<TimeUs>(random() % ttl_us));
    }
  }

  Pool<Record> records;
  TimerWheel<Nodes> wheel;
  std::mt19937_64 random{1};
  TimeUs now = 0;
};

// A hold that is made and committed soon: the common case. Its record is warm.
void ScheduleAndCancel(benchmark::State& state) {
  Timers timers;
  const Index index = timers.records.allocate();
  TimeUs deadline = ttl_us;
  for (auto _ : state) {
    timers.wheel.schedule(index, ++deadline);
    timers.wheel.cancel(index);
  }
}
BENCHMARK(ScheduleAndCancel);

// Any of the ten million is given another deadline (EXTEND): its record is cold, and so are its neighbours', which are
// known when that has come.
void Reschedule(benchmark::State& state) {
  Timers timers;
  for (auto _ : state) {
    const Index index = static_cast<Index>(timers.random() % pending);
    timers.wheel.cancel(index);
    timers.wheel.schedule(index, timers.now + ttl_us + static_cast<TimeUs>(timers.random() % 1000));
  }
  tell_floor(state, 2 * miss_ns(bytes));
}
BENCHMARK(Reschedule);

// A steady state in which each hold expires and another is made: the whole life of a timer, all cascades included,
// with 33 of them due a millisecond. Each step of the wheel is of a timer that was not looked at for long.
void ScheduleAndAdvance(benchmark::State& state) {
  Timers timers;
  size_t delivered = 0;
  size_t budget_used = 0;
  const auto turn = [&] {
    size_t budget = 512;
    timers.now += 1000;
    while (!timers.wheel.advance(timers.now, budget, [&](Index index) {
      ++delivered;
      timers.wheel.schedule(index, timers.now + ttl_us);
    })) {
      budget_used += 512;
      budget = 512;
    }
    budget_used += 512 - budget;
  };
  constexpr size_t timers_an_iteration = 1'000'000;
  for (auto _ : state) {
    const size_t wanted = delivered + timers_an_iteration;
    while (delivered < wanted) turn();
  }
  state.counters["a_timer"] =
      benchmark::Counter(static_cast<double>(delivered), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  const double steps = static_cast<double>(budget_used) / static_cast<double>(delivered);
  state.counters["steps_a_timer"] = steps;
  tell_floor(state, timers_an_iteration * steps * miss_ns(bytes));
}
BENCHMARK(ScheduleAndAdvance)->Iterations(20)->Unit(benchmark::kMillisecond);

// What an idle or busy turn asks before it sleeps.
void NextWake(benchmark::State& state) {
  Timers timers;
  for (auto _ : state) benchmark::DoNotOptimize(timers.wheel.next_wake());
}
BENCHMARK(NextWake);

}  // namespace
